"""Commands as objects: what a host may ask, one frozen class a command.

Same commands, names and order as ``rust/ccroute-core/src/command.rs``; each field is an
argument of the method of :class:`ccroute.Router` that carries the command out. For hosts
that queue, log or replay what they ask; who asks at once calls the method.
"""

from collections.abc import Mapping
from typing import ClassVar

import attrs

from ccroute._plan import Requirement


@attrs.frozen(kw_only=True)
class Command:
    """One request. ``verb`` is the name of the router's method.

    >>> Cancel(contact="c1").verb
    'cancel'
    """

    verb: ClassVar[str]


@attrs.frozen(kw_only=True)
class SignIn(Command):
    """An agent comes in, not ready yet."""

    verb: ClassVar[str] = "sign_in"
    agent: str
    skills: Mapping[str, int] | None = None
    queues: tuple[str, ...] | None = None
    capacity: Mapping[str, int] | None = None


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
    skills: Mapping[str, int] | None = None
    queues: tuple[str, ...] | None = None
    capacity: Mapping[str, int] | None = None


@attrs.frozen(kw_only=True)
class Enqueue(Command):
    """A contact comes in."""

    verb: ClassVar[str] = "enqueue"
    contact: str
    queue: str
    channel: str | None = None
    band: int = 0
    head_start: float = 0.0
    requirement: Requirement | None = None
    attributes: Mapping[str, str] | None = None
    customer: str | None = None
    conversation: str | None = None
    previous: str | None = None


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
    attributes: Mapping[str, str] | None = None


@attrs.frozen(kw_only=True)
class Accept(Command):
    """The agent takes an offer."""

    verb: ClassVar[str] = "accept"
    offer: int


@attrs.frozen(kw_only=True)
class Decline(Command):
    """The agent refuses an offer."""

    verb: ClassVar[str] = "decline"
    offer: int
    reason: str | None = None


@attrs.frozen(kw_only=True)
class Connected(Command):
    """Customer and agent are joined."""

    verb: ClassVar[str] = "connected"
    contact: str


@attrs.frozen(kw_only=True)
class Hold(Command):
    """The customer is put on hold."""

    verb: ClassVar[str] = "hold"
    contact: str


@attrs.frozen(kw_only=True)
class Resume(Command):
    """The customer is taken off hold."""

    verb: ClassVar[str] = "resume"
    contact: str


@attrs.frozen(kw_only=True)
class Transfer(Command):
    """The contact goes to another queue."""

    verb: ClassVar[str] = "transfer"
    contact: str
    queue: str
    keep_age: bool = True


@attrs.frozen(kw_only=True)
class Join(Command):
    """Another agent joins a conversation."""

    verb: ClassVar[str] = "join"
    contact: str
    agent: str
    role: str


@attrs.frozen(kw_only=True)
class Leave(Command):
    """An agent who joined leaves again."""

    verb: ClassVar[str] = "leave"
    contact: str
    agent: str


@attrs.frozen(kw_only=True)
class HandOver(Command):
    """An agent who joined becomes the primary."""

    verb: ClassVar[str] = "hand_over"
    contact: str
    agent: str


@attrs.frozen(kw_only=True)
class Release(Command):
    """The conversation ends."""

    verb: ClassVar[str] = "release"
    contact: str
    by: str = "agent"


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


@attrs.frozen(kw_only=True)
class Dispose(Command):
    """The agent's codes for how it ended."""

    verb: ClassVar[str] = "dispose"
    contact: str
    codes: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Advance(Command):
    """Time passed, and nothing else."""

    verb: ClassVar[str] = "advance"
