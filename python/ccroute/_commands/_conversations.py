"""Commands about conversations."""

from typing import ClassVar

import attrs

from ccroute._commands._command import Command
from ccroute._table import names_kept


@attrs.frozen(kw_only=True)
class Connected(Command):
    """Customer and agent are joined."""

    verb: ClassVar[str] = "connected"
    contact: str


@attrs.frozen(kw_only=True)
class FailConnection(Command):
    """Customer and agent cannot be joined: by the agent (missed, declined, busy, unreachable) or
    by nobody's fault (failed)."""

    verb: ClassVar[str] = "fail_connection"
    contact: str
    cause: str = "failed"


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
    """Another agent joins a conversation, or goes from consult to conference."""

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
class Dispose(Command):
    """The agent's codes for how it ended."""

    verb: ClassVar[str] = "dispose"
    contact: str
    codes: tuple[str, ...] = attrs.field(converter=names_kept)
