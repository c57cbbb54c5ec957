"""A journal in memory: order, fences and the last minutes for who looks into them. What it
keeps is as durable as the process."""

from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence

import attrs

from ccroute._errors import ConfigError, DataUnavailable
from ccroute.journal._journal import Checkpoint, Entry, Fenced, Lease


@attrs.define
class _Domain:
    epoch: int = 0
    last: int = 0
    entries: deque[Entry] = attrs.field(factory=deque)
    checkpoints: deque[Checkpoint] = attrs.field(factory=deque)


class MemoryJournal:
    """Keeps at least the last ``window`` seconds of each domain for which a checkpoint was saved,
    and not much more: from the last checkpoint before them. Without checkpoints it keeps
    ``most`` entries.

    >>> import asyncio
    >>> from ccroute import Ready
    >>> async def example() -> list[int]:
    ...     journal = MemoryJournal()
    ...     lease = await journal.lease("acme")
    ...     entry = Entry(sequence=1, at=0.0, command=Ready(agent="ana"))
    ...     await journal.append("acme", [entry], expected=0, epoch=lease.epoch)
    ...     return [entry.sequence async for entry in journal.read("acme")]
    >>> asyncio.run(example())
    [1]
    """

    def __init__(self, *, window: float = 600.0, most: int = 1_000_000) -> None:
        if not window > 0 or most < 1:
            raise ConfigError(
                f"a window of {window} seconds and {most} entries: give more than 0 of each"
            )
        self._window = window
        self._most = most
        self._domains: dict[str, _Domain] = {}

    async def lease(self, domain: str) -> Lease:
        """See `Journal.lease`."""
        it = self._domains.setdefault(domain, _Domain())
        it.epoch += 1
        return Lease(epoch=it.epoch, last=it.last)

    async def append(
        self, domain: str, entries: Sequence[Entry], *, expected: int, epoch: int
    ) -> None:
        """See `Journal.append`."""
        it = self._owned(domain, epoch)
        if it.last != expected:
            raise Fenced(
                f"domain {domain!r} is at entry {it.last}, not {expected}: another owner wrote"
            )
        numbers = [entry.sequence for entry in entries]
        if numbers != list(range(expected + 1, expected + 1 + len(numbers))):
            raise ConfigError(f"entries {numbers} after {expected}: give them without gaps")
        it.entries.extend(entries)
        it.last += len(entries)
        while len(it.entries) > self._most:
            it.entries.popleft()

    async def read(self, domain: str, *, after: int = 0) -> AsyncIterator[Entry]:
        """See `Journal.read`."""
        it = self._domains.get(domain, _Domain())
        first = it.entries[0].sequence if it.entries else it.last + 1
        if after + 1 < first:
            raise DataUnavailable(
                f"domain {domain!r}: entries {after + 1} to {first - 1} are no longer kept: "
                f"give after={first - 1}, or a journal that keeps more"
            )
        for entry in list(it.entries):
            if entry.sequence > after:
                yield entry

    async def save(self, domain: str, checkpoint: Checkpoint) -> None:
        """See `Journal.save`."""
        it = self._owned(domain, checkpoint.epoch)
        it.checkpoints.append(checkpoint)
        # The second may go first only if it too lies before the window.
        while len(it.checkpoints) > 1 and it.checkpoints[1].at <= checkpoint.at - self._window:
            it.checkpoints.popleft()
        needed = it.checkpoints[0].sequence
        while it.entries and it.entries[0].sequence <= needed:
            it.entries.popleft()

    async def checkpoints(self, domain: str) -> Iterable[Checkpoint]:
        """See `Journal.checkpoints`."""
        it = self._domains.get(domain)
        return () if it is None else tuple(it.checkpoints)

    def _owned(self, domain: str, epoch: int) -> _Domain:
        it = self._domains.get(domain)
        if it is None or it.epoch != epoch:
            owner = "nobody" if it is None else f"epoch {it.epoch}"
            raise Fenced(f"domain {domain!r} belongs to {owner}, not to epoch {epoch}")
        return it
