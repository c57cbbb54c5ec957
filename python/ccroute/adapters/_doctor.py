"""What an adapter's distribution can find out about its platform before anybody runs: the
entry-point group ``ccroute.doctors``."""

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Protocol

import attrs

from ccroute._errors import AdapterError
from ccroute.adapters._adapter import Setting
from ccroute.adapters._time import Time

DOCTORS_GROUP = "ccroute.doctors"

FINDINGS = ("ok", "warning", "wrong", "unknown")
"""How a check can end. ``warning``: it works, and should be otherwise; ``unknown``: it could not be
looked at."""


@attrs.frozen(kw_only=True)
class Finding:
    """One thing that was looked at. ``check``: its name; ``found``: what is so, without secrets;
    ``remedy``: what to set where, unless all is well.

    >>> Finding(check="version", state="ok", found="Asterisk 22.10.1").remedy
    ''
    """

    check: str
    state: str = attrs.field(validator=attrs.validators.in_(FINDINGS))
    found: str
    remedy: str = ""


class Doctor(Protocol):
    """What an entry point of the group ``ccroute.doctors`` must load to, under the name of its
    adapter."""

    async def __call__(
        self, link: str, config: Mapping[str, Setting], time: Time
    ) -> Sequence[Finding]:
        """Looks at the platform of a link, and changes nothing there. ``config``: as the factory
        gets it. Whatever is wrong is a finding; what follows from it is not looked at.

        Raises:
            ConfigError: an extra is missing.
        """
        ...


def doctor_of(name: str) -> Doctor:
    """The doctor for an adapter.

    Raises:
        AdapterError: there is none, or it cannot be loaded.

    >>> doctor_of("nobody")
    Traceback (most recent call last):
    ...
    ccroute._errors.AdapterError: the adapter 'nobody' has no doctor (known: ...)
    """
    points = list(entry_points(group=DOCTORS_GROUP, name=name))
    if not points:
        known = ", ".join(sorted({it.name for it in entry_points(group=DOCTORS_GROUP)})) or "none"
        raise AdapterError(f"the adapter {name!r} has no doctor (known: {known})")
    try:
        loaded: Doctor = points[0].load()
    except Exception as error:
        # A broken plug-in is its own fault, told by name, whatever it raised.
        raise AdapterError(
            f"the doctor of {name!r} ({points[0].value}) cannot be loaded: {error}"
        ) from error
    return loaded
