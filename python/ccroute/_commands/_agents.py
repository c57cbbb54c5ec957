"""Commands about agents, and what agents do."""

from collections.abc import Mapping
from typing import ClassVar

import attrs

from ccroute._commands._command import Command
from ccroute._plan import Queues, Value
from ccroute._table import kept, names_kept, names_kept_or_none


@attrs.frozen(kw_only=True)
class SignIn(Command):
    """An agent comes in, not ready yet."""

    verb: ClassVar[str] = "sign_in"
    agent: str
    skills: Mapping[str, int] | None = kept()
    labels: Mapping[str, Value] | None = kept()
    queues: Queues | None = kept()
    capacity: Mapping[str, int] | None = kept()
    budget: int | None = None
    lines: tuple[str, ...] | None = attrs.field(default=None, converter=names_kept_or_none)


@attrs.frozen(kw_only=True)
class SignOut(Command):
    """An agent goes."""

    verb: ClassVar[str] = "sign_out"
    agent: str


@attrs.frozen(kw_only=True)
class Ready(Command):
    """An agent wants contacts."""

    verb: ClassVar[str] = "ready"
    agent: str


@attrs.frozen(kw_only=True)
class ReadyAll(Command):
    """Several agents want contacts, all at once."""

    verb: ClassVar[str] = "ready_all"
    agents: tuple[str, ...] = attrs.field(converter=names_kept)


@attrs.frozen(kw_only=True)
class NotReady(Command):
    """An agent wants none."""

    verb: ClassVar[str] = "not_ready"
    agent: str
    reason: str | None = None


@attrs.frozen(kw_only=True)
class SetDevice(Command):
    """A device was observed."""

    verb: ClassVar[str] = "set_device"
    agent: str
    device: str


@attrs.frozen(kw_only=True)
class ChangeAgent(Command):
    """An agent's settings change; what is ``None`` stays."""

    verb: ClassVar[str] = "change_agent"
    agent: str
    skills: Mapping[str, int] | None = kept()
    labels: Mapping[str, Value] | None = kept()
    queues: Queues | None = kept()
    capacity: Mapping[str, int] | None = kept()
    budget: int | None = None
    lines: tuple[str, ...] | None = attrs.field(default=None, converter=names_kept_or_none)


@attrs.frozen(kw_only=True)
class Accept(Command):
    """The agent takes an offer."""

    verb: ClassVar[str] = "accept"
    offer: int


@attrs.frozen(kw_only=True)
class Decline(Command):
    """The agent does not take an offer; ``failure``: declined, missed, busy or unreachable."""

    verb: ClassVar[str] = "decline"
    offer: int
    failure: str = "declined"
    reason: str | None = None


@attrs.frozen(kw_only=True)
class Pick(Command):
    """An agent chooses a waiting contact."""

    verb: ClassVar[str] = "pick"
    agent: str
    contact: str


@attrs.frozen(kw_only=True)
class ExtendWrapUp(Command):
    """An agent asks for ``by`` more seconds of wrap-up."""

    verb: ClassVar[str] = "extend_wrap_up"
    agent: str
    contact: str
    by: float


@attrs.frozen(kw_only=True)
class EndWrapUp(Command):
    """An agent finishes wrap-up before its end."""

    verb: ClassVar[str] = "end_wrap_up"
    agent: str
    contact: str
