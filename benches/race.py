"""One comparison: the same work by ccroute and by peers, in one run, their answers compared.

A *setting* is what is asked ("queue operations"), a *cell* one size of it, a *way* who does it.
Ways of ours begin with "ccroute": "ccroute batch" takes and gives arrays, "ccroute calls" is one
Python call an event. Whoever comes first says what the answers are; everyone after has to give
the same, one by one. Times are of an event; `table.py` makes ratios of their medians.
"""

import statistics
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

OURS = "ccroute"

Answer: TypeAlias = NDArray[Any] | Sequence[NDArray[Any]] | None


class Race:
    """What a benchmark calls: ``race(setting, cell, way, events, prepare, work)``."""

    def __init__(
        self, benchmark: "BenchmarkFixture", answers: dict[tuple[str, str], list], quick: bool
    ) -> None:
        self._benchmark = benchmark
        self._answers = answers
        self.quick = quick
        """Whether this is ``make bench-quick``: fewer rounds, and callers choose smaller sizes."""

    def __call__(
        self,
        setting: str,
        cell: str,
        way: str,
        *,
        events: int,
        work: Callable[..., Answer],
        prepare: Callable[[], tuple[object, ...]] = tuple,
        size: float | None = None,
        goal: float | None = None,
        rounds: int = 5,
        settle: Callable[[Any], Answer] = lambda found: found,
        tolerance: float = 0.0,
    ) -> None:
        """Times ``work`` on what ``prepare`` makes anew each round.

        ``events`` is how many it does, ``size`` what the plot's x axis shows, ``goal`` the ratio
        that this way of ours has to reach. ``settle`` brings what ``work`` returned into the form
        that is compared, untimed; a slow peer may answer for the first events alone. ``None`` is
        an answer that ``work`` compared by itself. Reals may differ by ``tolerance``, a share.
        """
        found: list[Any] = []

        def kept(*given: object) -> None:
            found[:] = [work(*given)]

        self._benchmark.pedantic(
            kept,
            setup=lambda: (prepare(), {}),
            rounds=3 if self.quick else rounds,
            warmup_rounds=0 if self.quick else 1,
        )
        answer = settle(found[0])
        if answer is not None:
            self._compare(setting, cell, way, answer, events, tolerance)
        times = self._benchmark.stats.stats.data
        self._benchmark.extra_info.update(
            setting=setting,
            cell=cell,
            way=way,
            size=size,
            events=events,
            ns=statistics.median(times) / events * 1e9,
            spread=statistics.pstdev(times) / statistics.mean(times),
            goal=goal,
        )

    def compared(
        self,
        setting: str,
        cell: str,
        way: str,
        work: Callable[[], object],
        events: int,
        goal: float | None = None,
        rounds: int = 7,
    ) -> None:
        """Times what does ``events`` things, the plot's x axis; its answers have been compared."""
        self(
            setting,
            cell,
            way,
            events=events,
            work=work,
            settle=lambda _: None,
            goal=goal,
            size=float(events),
            rounds=rounds,
        )

    def weighed(self, bytes_each: float) -> None:
        """Notes what one of the things measured takes in memory, in bytes."""
        self._benchmark.extra_info["bytes"] = bytes_each

    def noted(self, **figures: float) -> None:
        """Notes what else was found of this way: its error, say. Shown before the table."""
        self._benchmark.extra_info["figures"] = figures

    def _compare(
        self, setting: str, cell: str, way: str, answer: Any, events: int, tolerance: float
    ) -> None:
        columns = answer if isinstance(answer, (list, tuple)) else [answer]
        columns = [np.asarray(column) for column in columns]
        first = self._answers.setdefault((setting, cell), [way, columns])
        for expected, mine in zip(first[1], columns, strict=True):
            rows = min(len(expected), len(mine))
            if way.startswith(OURS) and rows < min(len(expected), events):
                pytest.fail(f"{setting}, {cell}: {way} gave {rows} of {len(expected)} answers")
            if tolerance:
                same = np.isclose(expected[:rows], mine[:rows], rtol=tolerance, equal_nan=True)
            else:
                same = expected[:rows] == mine[:rows]
            if not same.all():
                row = int(np.argmin(same))
                pytest.fail(
                    f"{setting}, {cell}: answer {row} of {way} is {mine[row]},"
                    f" that of {first[0]} {expected[row]}"
                )
        if len(columns[0]) > len(first[1][0]):
            first[:] = [way, columns]
