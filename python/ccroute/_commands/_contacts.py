"""Commands about contacts that wait."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

import attrs

from ccroute._commands._command import Command
from ccroute._models import NewContact
from ccroute._plan import Requirement, Value
from ccroute._table import kept


@attrs.frozen(kw_only=True)
class Enqueue(NewContact, Command):
    """A contact comes in."""

    verb: ClassVar[str] = "enqueue"


@attrs.frozen(kw_only=True)
class Adopt(NewContact, Command):
    """A contact that the platform holds already is taken over: it waits, or is in conversation
    with ``agent``."""

    verb: ClassVar[str] = "adopt"
    agent: str | None = None


@attrs.frozen(kw_only=True)
class Cancel(Command):
    """A contact leaves before it is connected."""

    verb: ClassVar[str] = "cancel"
    contact: str
    cause: str = "abandoned"


@attrs.frozen(kw_only=True)
class Reprioritise(Command):
    """A contact's place changes; what is ``None`` stays."""

    verb: ClassVar[str] = "reprioritise"
    contact: str
    band: int | None = None
    head_start: float | None = None


@attrs.frozen(kw_only=True)
class Update(Command):
    """A contact's data change; what is ``None`` stays."""

    verb: ClassVar[str] = "update"
    contact: str
    requirement: Requirement | None = None
    attributes: Mapping[str, Value] | None = kept()
    preferred: Iterable[str] | Mapping[str, int] | None = kept()


@attrs.frozen(kw_only=True)
class Reclassify(Command):
    """The rules look at a contact anew."""

    verb: ClassVar[str] = "reclassify"
    contact: str


@attrs.frozen(kw_only=True)
class Exclude(Command):
    """An agent is not offered a contact, for ``lasts`` seconds or (``None``) for good."""

    verb: ClassVar[str] = "exclude"
    contact: str
    agent: str
    lasts: float | None = None


@attrs.frozen(kw_only=True)
class Readmit(Command):
    """An agent may be offered a contact again."""

    verb: ClassVar[str] = "readmit"
    contact: str
    agent: str


@attrs.frozen(kw_only=True)
class Press(Command):
    """The customer presses a key."""

    verb: ClassVar[str] = "press"
    contact: str
    key: str


@attrs.frozen(kw_only=True)
class RequestCallback(Command):
    """The customer is to be called back, not before ``at`` (``None``: in its turn)."""

    verb: ClassVar[str] = "request_callback"
    contact: str
    at: float | None = None


@attrs.frozen(kw_only=True)
class FailCallback(Command):
    """The customer could not be reached: missed, busy, unreachable or failed."""

    verb: ClassVar[str] = "fail_callback"
    contact: str
    cause: str = "missed"


@attrs.frozen(kw_only=True)
class Suspend(Command):
    """A waiting contact is taken out of matching for ``lasts`` seconds (``None``: as long as its
    queue allows)."""

    verb: ClassVar[str] = "suspend"
    contact: str
    lasts: float | None = None


@attrs.frozen(kw_only=True)
class Reinstate(Command):
    """A suspended or scheduled contact waits for an agent from now on."""

    verb: ClassVar[str] = "reinstate"
    contact: str
