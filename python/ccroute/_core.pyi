"""The extension's truth, held by stubtest; ``ccroute._wire`` is its only importer."""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias, TypedDict, final, overload, type_check_only

import numpy as np
from numpy.typing import NDArray

__version__: str

EVENT_DTYPE: Final[np.dtype[np.void]]
EVENT_DTYPE_VERSION: Final[int]

_Names: TypeAlias = Literal["queues", "agents", "channels", "reasons"]
# count, sum in µs, sum of squares in µs², longest in s; p50, p90, p95 and p99 in s
_Durations: TypeAlias = tuple[int, int, int, float, list[float | None]]
_Ratio: TypeAlias = tuple[int, int]

@type_check_only
class _Handling(TypedDict):
    answered: int
    offers_made: int
    offers_accepted: int
    offers_declined: int
    offers_missed: int
    offers_withdrawn: int
    conversations: int
    transferred: int
    holds: int
    talk_us: int
    hold_us: int
    wrap_up_us: int
    handle: _Durations

@type_check_only
class _Visits(_Handling):
    offered: int
    abandoned: int
    left: dict[str, int]
    answered_at_once: int
    wait_answered: _Durations
    wait_abandoned: _Durations
    wait_left_us: int
    service_level: _Ratio

@type_check_only
class QueueNumbers(_Visits):
    queue: str
    waiting: int
    longest_waiting: float | None

@type_check_only
class IntervalNumbers(_Visits):
    start: float

@type_check_only
class AgentNumbers(_Handling):
    agent: str
    time_talk_us: int
    time_hold_us: int
    time_connecting_us: int
    time_offered_us: int
    time_wrap_up_us: int
    time_idle_us: int
    time_not_ready_us: dict[str, int]
    time_signed_in_us: int
    occupancy: _Ratio

@final
class KpiAggregator:
    """Measures events of any source: one of the three parts that stand alone."""

    def __new__(
        cls, thresholds: Sequence[float] | None = None, interval: float = 900.0
    ) -> KpiAggregator: ...
    def fold(
        self,
        kind: str,
        at: float,
        contact: str | None = None,
        *,
        visit: int = 1,
        queue: str | None = None,
        agent: str | None = None,
        cause: str = "none",
        channel: str | None = ...,  # "voice"
        reason: str | None = None,
        number: int = 0,
        time: float | None = None,
        role: str = "primary",
        source: str = "",
        sequence: int = 0,
    ) -> None: ...
    def fold_batch(
        self,
        events: NDArray[np.void],
        *,
        queues: Sequence[str],
        agents: Sequence[str],
        channels: Sequence[str] | None = None,
        reasons: Sequence[str] | None = None,
        source: str = "",
    ) -> None: ...
    def contacts(self, ids: Sequence[str], *, source: str = "") -> NDArray[np.uint64]: ...
    def merge(self, other: KpiAggregator) -> None: ...
    @overload
    def report(
        self,
        by: Literal["queue"] = "queue",
        *,
        basis: str = "offered",
        start: float | None = None,
        end: float | None = None,
        now: float | None = None,
        service_level: str = "sl.answered_within",
        within: float = 20.0,
        short: float = 5.0,
    ) -> list[QueueNumbers]: ...
    @overload
    def report(
        self,
        by: Literal["agent"],
        *,
        basis: str = "offered",
        start: float | None = None,
        end: float | None = None,
        now: float | None = None,
        service_level: str = "sl.answered_within",
        within: float = 20.0,
        short: float = 5.0,
    ) -> list[AgentNumbers]: ...
    @overload
    def report(
        self,
        by: Literal["interval"],
        *,
        basis: str = "offered",
        start: float | None = None,
        end: float | None = None,
        now: float | None = None,
        service_level: str = "sl.answered_within",
        within: float = 20.0,
        short: float = 5.0,
    ) -> list[IntervalNumbers]: ...
    def cells(
        self,
        by: Literal["queue", "agent"] = "queue",
        *,
        basis: str = "offered",
        start: float | None = None,
        end: float | None = None,
    ) -> NDArray[np.void]: ...
    def names(self, kind: _Names) -> list[str]: ...
    def counters(self) -> dict[str, int]: ...
    def thresholds(self) -> list[float]: ...
    def interval(self) -> float: ...
