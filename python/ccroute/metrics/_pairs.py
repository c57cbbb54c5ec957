"""Logs of events as columns, paired by contact: a row a visit, for tables and aggregators."""

from collections.abc import Mapping, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute import _wire
from ccroute._wire import FATES, KINDS, KpiAggregator, VisitTable

Names = Sequence[tuple[str, Sequence[str]]]
"""By dimension, the names that its column holds places in."""

_DURATIONS = ("wait_us", "talk_us", "hold_us", "wrap_up_us")


@attrs.frozen(kw_only=True, eq=False)
class PairedVisits:
    """Visits whose wait is over, a row each, in the order of their beginnings.

    ``columns`` are those of ``KpiAggregator.post_visits``, as far as the events told of them;
    ``waiting`` the places of the events that began visits which still wait: put them before the
    next events of the log. ``counters`` say what became of the events:

    - ``events``: in all; ``unused``: of kinds that no row tells of (offers, agents, changes);
    - ``duplicates``: beginnings of visits that were not over; ``orphans``: ends without a
      beginning, second ends, and what the state of the visit rules out; ``incomplete``:
      beginnings without a contact or queue;
    - ``backwards``: durations that came out negative, taken as zero; ``overlong``: longer than
      31 days, cut there;
    - ``waiting``: visits without an end, which no row tells of; ``talking``: rows of
      conversations without an end, whose talk is zero.
    """

    columns: Mapping[str, NDArray[np.integer]]
    waiting: NDArray[np.int64]
    counters: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.columns["contact"])

    def table(
        self, *, names: Names, dimensions: Sequence[str] = (), threads: int = 1
    ) -> VisitTable:
        """The visits as a table that answers for itself, for :func:`report_visits`.

        Raises:
            ConfigError: As ``VisitTable``.
        """
        columns = {name: column for name, column in self.columns.items() if name != "contact"}
        return VisitTable(columns, names=names, dimensions=dimensions, threads=threads)

    def post(self, aggregator: KpiAggregator, *, names: Names, source: str = "") -> dict[str, int]:
        """Counts all rows, those that ended first before the others, and says how many became
        what, as :meth:`Calls.post`. Contacts are keys of ``aggregator.contacts()``; one that comes
        back needs a number of the ``visit``: else its second row is a ``conflict`` with the first.

        Raises:
            Rejected: A row cannot be, or is of a visit whose events are still coming.
        """
        ends = self.columns["entered_us"] + sum(
            self.columns[name] for name in _DURATIONS if name in self.columns
        )
        order = np.argsort(ends, kind="stable")
        columns = {name: column[order] for name, column in self.columns.items()}
        fates = aggregator.post_visits(columns, names=names, source=source)
        counts = np.bincount(fates, minlength=len(FATES)).tolist()
        return dict(zip(FATES, counts, strict=True))


def pair_visits(
    columns: Mapping[str, NDArray[np.integer]], *, kinds: Sequence[str] = KINDS
) -> PairedVisits:
    """Pairs events by contact: a row a visit, with its wait and what became of it.

    An event means what it means to ``KpiAggregator.fold``: ``contact_queued`` begins a visit;
    ``contact_connected``, ``contact_abandoned`` and ``contact_left`` end its wait;
    ``contact_held``, ``contact_resumed``, ``contact_transferred`` and ``contact_released`` are
    of the conversation, ``wrap_up_started`` and ``wrap_up_ended`` of the wrap-up after it (where
    there is a column ``agent``: of the same agent). What is no figure of one row is left out: a
    conversation that is handed over ends there, and customers who hang up on hold end it as others
    do.

    Args:
        columns: Arrays of one length, a value an event, in the order of time: ``contact`` uint64
            (0: nobody), ``kind`` uint8, places in ``kinds``, ``at_us`` int64, microseconds since
            the epoch; and, where they are known, ``visit`` uint32 (left out: 1), ``cause`` uint8,
            places in the causes, ``customer`` uint64, and ``queue``, ``agent`` and the other
            columns of names of ``post_visits``, int32. Of a visit its beginning says whose and
            where it is, its answer the agent.
        kinds: The words that ``kind`` holds places in; left out: all, by number, as in
            ``EVENT_DTYPE``.

    Raises:
        ConfigError: A column or word that is none, or a needed column that is missing.
        Rejected: An event that cannot be, by row.
        TypeError, ValueError: A malformed column.

    >>> import numpy as np
    >>> events = {
    ...     "contact": np.array([7, 8, 8, 7, 9], dtype=np.uint64),
    ...     "kind": np.array([0, 0, 2, 1, 2], dtype=np.uint8),
    ...     "at_us": np.array([0, 1, 4, 9, 9]) * 1_000_000,
    ... }
    >>> kinds = ["contact_queued", "contact_connected", "contact_abandoned"]
    >>> paired = pair_visits(events, kinds=kinds)
    >>> [paired.columns[name].tolist() for name in ("contact", "course", "wait_us")]
    [[7, 8], [0, 1], [9000000, 3000000]]
    >>> paired.counters["orphans"]
    1
    """
    rows, waiting, counters = _wire.pair_visits(dict(columns), kinds=kinds)
    return PairedVisits(columns=rows, waiting=waiting, counters=counters)
