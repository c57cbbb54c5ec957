"""The port behind which commands become durable before they are carried out.

A domain is what one owner works on at a time: in a host, a tenant. The lease elects an owner,
whose epoch is greater than all before; the log fences: an append by an older epoch, or one
that expects another end of the log, is refused.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import ClassVar, Protocol

import attrs

from ccroute._commands import Command
from ccroute._errors import CcrouteError
from ccroute._events import Event
from ccroute._models import Envelope


class Fenced(CcrouteError):
    """Somebody else owns the domain now: this owner must stop at once."""


@attrs.frozen(kw_only=True)
class Measure(Command):
    """What a platform that routes by itself did: for the metrics, and none of the engine's
    business. In the journal because they are as much of a centre's state as the engine is."""

    verb: ClassVar[str] = "measure"
    event: Event


@attrs.frozen(kw_only=True)
class Respond(Command):
    """An agent wrote for the first time in visit ``visit`` of a contact, ``wait`` seconds after it
    began: for the metrics too. ``source``: whose visit it is; ``contact``: its key, as
    `Router.enqueue` returned it."""

    verb: ClassVar[str] = "respond"
    source: str
    contact: int
    visit: int
    wait: float


@attrs.frozen(kw_only=True)
class Entry:
    """A command as it was asked: the number in its domain, from 1; the instant, float seconds since
    the epoch; under which id, by whom and why.

    Only one with a ``command_id`` is known again by the engine; a link's signals have none.
    """

    sequence: int
    at: float
    command: Command
    command_id: str | None = None
    actor: str | None = None
    reason: str | None = None

    @property
    def envelope(self) -> Envelope | None:
        """As `Router.apply` takes it."""
        if self.command_id is None:
            return None
        return Envelope(command_id=self.command_id, actor=self.actor, reason=self.reason)


@attrs.frozen(kw_only=True)
class Lease:
    """An owner's right to a domain: its epoch, and the number of the last entry, 0 without any."""

    epoch: int
    last: int


@attrs.frozen(kw_only=True)
class Checkpoint:
    """A state: after which entry, taken when, by which owner; as a router's snapshot, and what it
    hashes to."""

    sequence: int
    at: float
    epoch: int
    state: bytes
    state_hash: str


class Journal(Protocol):
    """Keeps what was asked, by domain, in order."""

    async def lease(self, domain: str) -> Lease:
        """Makes the caller the owner of the domain, in an epoch greater than all before."""
        ...

    async def append(
        self, domain: str, entries: Sequence[Entry], *, expected: int, epoch: int
    ) -> None:
        """Makes entries durable, in order, after entry ``expected``; when it returns, they are.

        Raises:
            Fenced: the domain has another owner, or the log another end.
        """
        ...

    def read(self, domain: str, *, after: int = 0) -> AsyncIterator[Entry]:
        """The entries after a number, in order.

        Raises:
            DataUnavailable: those that come first are no longer kept.
        """
        ...

    async def save(self, domain: str, checkpoint: Checkpoint) -> None:
        """Keeps a state from which to go on; entries that only older ones need may go.

        Raises:
            Fenced: the domain has another owner.
        """
        ...

    async def checkpoints(self, domain: str) -> Iterable[Checkpoint]:
        """The states that are kept, oldest first."""
        ...
