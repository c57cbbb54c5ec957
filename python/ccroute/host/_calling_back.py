"""Customers who left the line to be called back: over which call of the platform, and at which
number."""

import logging
from collections.abc import Callable

from ccroute._commands import Command, FailCallback, Suspend
from ccroute._errors import Rejected
from ccroute._plan import Value
from ccroute.adapters import AdapterInfo, Arrived, HeldContact, PlatformSnapshot
from ccroute.host._conversing import Attributes
from ccroute.host._outside import Outside
from ccroute.host._placement import Placed, Placements, scoped
from ccroute.host._settings import TenantSettings

_log = logging.getLogger("ccroute.host")

PREFIX = "back-"
"""How the ids of calls begin that the host makes."""
CALLBACK_OF = "callback_of"
"""The attribute by which a call that was made for a contact is found again."""
_SOON = 1.0
"""Seconds after which a contact is offered again whose call back was lost."""


class CallBacks:
    """Which calls are made for the contacts of a tenant. ``names``: makes ids; ``instant``: the
    time now; ``attributes``: what is known of a contact."""

    def __init__(
        self,
        tenant: str,
        settings: TenantSettings,
        placements: Placements,
        outside: Outside,
        *,
        names: Callable[[], str],
        instant: Callable[[], float],
        attributes: Attributes,
    ) -> None:
        self._tenant = tenant
        self._settings = settings
        self._placements = placements
        self._outside = outside
        self._names = names
        self._instant = instant
        self._attributes = attributes

    def begins(self, placed: Placed, info: AdapterInfo) -> bool:
        """Whether the platform calls this customer back. Unless somebody rings for it already, the
        contact gets a call of its own there; without one, an agent calls as agents can."""
        if any(placed.live()):
            return True
        if not info.can("call_customer"):
            return False
        number = self._number(placed.contact)
        if not self._outside.allows(number):
            said = {"tenant": self._tenant, "contact": placed.contact}
            _log.warning(
                "tenant %s: %s is called back by hand: its number is on no pattern of the tenant's "
                "`destinations`", self._tenant, placed.contact, extra=said,
            )  # fmt: skip
            return False
        self._placements.move(placed, f"{PREFIX}{self._names()}")
        placed.gone = placed.parked = False
        placed.since = self._instant()
        return True

    def address(self, placed: Placed) -> str | Command:
        """What is to be dialled now; or what follows when nothing can be."""
        try:
            return self._outside.dial(self._number(placed.contact))
        except Rejected as refused:
            said = {"tenant": self._tenant, "contact": placed.contact}
            _log.warning(
                "tenant %s: %s is not called back now: %s",
                self._tenant, placed.contact, refused.code, extra=said,
            )  # fmt: skip
            if refused.code == "too_many_transfers":
                # That is no attempt: it is made as soon as it may be.
                return Suspend(contact=placed.contact, lasts=self._outside.full_for())
            return lost(placed)

    def attributes(self, contact: str) -> dict[str, Value]:
        """What the platform keeps with the call."""
        return {**self._attributes(contact), CALLBACK_OF: contact}

    def _number(self, contact: str) -> str:
        return str(self._attributes(contact).get(self._settings.callback_number, ""))


def rebind(link: str, snapshot: PlatformSnapshot, placements: Placements) -> None:
    """Finds the calls that were made for contacts of ours, by a host that died before it could say
    so."""
    held = {it.contact: it for it in snapshot.contacts}
    for native, it in held.items():
        # Only ids that no platform gives: what a caller says of itself binds it to nobody.
        if not native.startswith(PREFIX) or placements.at(link, native) is not None:
            continue
        named = (it.arrival.attributes or {}).get(CALLBACK_OF)
        placed = placements.get(named) if isinstance(named, str) else None
        if placed is None or placed.link != link or not placed.callback:
            continue
        # An earlier try, of which nothing is left.
        over = placed.native not in held and placed.since <= snapshot.taken_at
        if placed.gone or over:
            placements.move(placed, native)
            placed.gone = False


def tells_of_another(
    link: str, arrived: Arrived, placements: Placements, *, came: bool = True
) -> bool:
    """Whether a platform uses the id again, of a customer who left the line to be called back.
    ``came``: it says that somebody came, and not only that somebody is there."""
    placed = placements.get(placements.name(link, arrived.contact))
    if placed is None or placed.left is None or not _off_that_line(placed, arrived.contact):
        return False
    if came:
        return arrived.entered_at is None or arrived.entered_at >= placed.left
    return arrived.entered_at is not None and arrived.entered_at > placed.left


def is_left(link: str, native: str, placements: Placements) -> bool:
    """Whether it is the line of a customer who is called back over another call by now."""
    placed = placements.get(placements.name(link, native))
    return placed is not None and placed.native != native


def _off_that_line(placed: Placed, native: str) -> bool:
    return placed.native != native or placed.off_line


def is_over(link: str, it: HeldContact, placements: Placements, *, known: bool) -> bool:
    """Whether a call is there that we do not want: of who was let go to be called back, given up,
    or made for somebody of whom nothing is known any more."""
    placed = placements.at(link, it.contact)
    if placed is None:
        return it.calling and it.agent is None and not known
    if placed.gone and not known:
        return it.agent is None  # it was to go already, and is there still
    # The line that was left, or a call that came to nothing: another comes under another id.
    left = placed.gone or placed.contact == scoped(link, it.contact)
    return placed.callback and left and it.agent is None


def lost(placed: Placed) -> Command:
    """What follows when the call is not there any more: the attempt failed, if it was one."""
    return FailCallback(contact=placed.contact, cause="failed")


def put_off(placed: Placed) -> Command:
    """What follows when the call is gone before anybody accepted it: the phone that rang is silent,
    and nobody is to blame."""
    return Suspend(contact=placed.contact, lasts=_SOON)
