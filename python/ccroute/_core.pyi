"""The extension's truth, held by stubtest; ``ccroute._wire`` is its only importer."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, final, overload

import numpy as np
from numpy.typing import NDArray

from ccroute._wire import (
    AgentNumbers,
    AgentRow,
    AnswerRow,
    Asked,
    Bytes,
    ContactRow,
    EventRow,
    Fields,
    IntervalNumbers,
    Needs,
    Pairs,
    QueueNumbers,
    Story,
)

__all__ = [
    "EVENT_DTYPE",
    "EVENT_DTYPE_VERSION",
    "Engine",
    "KpiAggregator",
    "Plan",
    "PriorityQueue",
    "Restored",
    "SkillMatcher",
    "__version__",
    "array_words",
]

__version__: str

@final
class Plan:
    """A checked plan, ready for a router. `ccroute.Plan` is its readable side."""

    @staticmethod
    def from_toml(text: str) -> Plan: ...
    @staticmethod
    def from_json(text: str) -> Plan: ...
    def to_toml(self) -> str: ...
    def to_json(self) -> str: ...

@final
class SkillMatcher:
    """Who takes it: agents by skills, waiting contacts by requirement."""

    def __new__(cls, strategy: str = "longest_idle") -> SkillMatcher: ...
    def add_agent(self, skills: Mapping[str, int]) -> int: ...
    def set_skills(self, agent: int, skills: Mapping[str, int]) -> None: ...
    def requirement(
        self,
        all_of: Mapping[str, int] = {},
        any_of: Sequence[Mapping[str, int]] = [],
        none_of: Mapping[str, int] = {},
    ) -> int: ...
    def arrive(
        self, requirement: int, at: float, band: int = 0, head_start: float = 0.0
    ) -> tuple[int | None, int | None]: ...
    def free(self, agent: int, at: float) -> int | None: ...
    def busy(self, agent: int) -> None: ...
    def cancel(self, handle: int) -> None: ...
    def best_agent(self, requirement: int) -> int | None: ...
    def best_contact(self, agent: int) -> int | None: ...
    def __len__(self) -> int: ...
    def arrive_batch(
        self,
        requirements: NDArray[np.int64],
        at_us: NDArray[np.int64],
        band: NDArray[np.int16] | None = None,
        head_start_us: NDArray[np.int64] | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64]]: ...
    def free_batch(
        self, agents: NDArray[np.int64], at_us: NDArray[np.int64]
    ) -> NDArray[np.uint64]: ...
    def cancel_batch(self, handles: NDArray[np.uint64]) -> NDArray[np.bool_]: ...

@final
class PriorityQueue:
    """Who goes next: contacts by strict band, then by arrival less head start."""

    def __new__(cls) -> PriorityQueue: ...
    def push(
        self, at: float, id: str | None = None, band: int = 0, head_start: float = 0.0
    ) -> int: ...
    def pop(self) -> int | None: ...
    def pop_entry(self) -> tuple[int, str | None] | None: ...
    def peek(self) -> int | None: ...
    def cancel(self, contact: int | str) -> None: ...
    def reprioritise(
        self, contact: int | str, band: int | None = None, head_start: float | None = None
    ) -> None: ...
    def rank(self, contact: int | str) -> int: ...
    def find(self, id: str) -> int | None: ...
    def id(self, handle: int) -> str | None: ...
    def __len__(self) -> int: ...
    def __contains__(self, contact: int | str, /) -> bool: ...
    def push_batch(
        self,
        at_us: NDArray[np.int64],
        band: NDArray[np.int16] | None = None,
        head_start_us: NDArray[np.int64] | None = None,
    ) -> NDArray[np.uint64]: ...
    def pop_batch(self, n: int) -> NDArray[np.uint64]: ...
    def cancel_batch(self, handles: NDArray[np.uint64]) -> NDArray[np.bool_]: ...
    def reprioritise_batch(
        self,
        handles: NDArray[np.uint64],
        band: NDArray[np.int16] | None = None,
        head_start_us: NDArray[np.int64] | None = None,
    ) -> NDArray[np.bool_]: ...
    def rank_batch(self, handles: NDArray[np.uint64]) -> NDArray[np.int64]: ...

def array_words() -> tuple[Fields, list[tuple[str, list[str]]]]: ...

@final
class Restored:
    """A router that came back from a snapshot, before it is measured."""

    def __new__(cls, snapshot: bytes) -> Restored: ...
    def plan(self) -> Plan: ...
    def engine(self, aggregator: KpiAggregator, source: str) -> Engine: ...

@final
class Engine:
    """The state machine behind `ccroute.Router`."""

    def __new__(cls, plan: Plan, aggregator: KpiAggregator, source: str) -> Engine: ...
    def sign_in(
        self,
        now: float,
        agent: str,
        skills: Pairs,
        queues: list[str],
        capacity: Pairs,
        asked: Asked,
    ) -> int: ...
    def sign_out(self, now: float, agent: str, asked: Asked) -> None: ...
    def ready(self, now: float, agent: str, asked: Asked) -> None: ...
    def not_ready(self, now: float, agent: str, reason: str | None, asked: Asked) -> None: ...
    def set_device(self, now: float, agent: str, device: str, asked: Asked) -> None: ...
    def change_agent(
        self,
        now: float,
        agent: str,
        skills: Pairs | None,
        queues: list[str] | None,
        capacity: Pairs | None,
        asked: Asked,
    ) -> None: ...
    def enqueue(
        self,
        now: float,
        id: str,
        queue: str,
        channel: str | None,
        band: int,
        head_start: float,
        needs: Needs | None,
        attributes: list[tuple[str, str]],
        story: Story,
        asked: Asked,
    ) -> int: ...
    def cancel(self, now: float, contact: str, cause: str, asked: Asked) -> None: ...
    def reprioritise(
        self,
        now: float,
        contact: str,
        band: int | None,
        head_start: float | None,
        asked: Asked,
    ) -> None: ...
    def update(
        self,
        now: float,
        contact: str,
        needs: Needs | None,
        attributes: list[tuple[str, str]],
        asked: Asked,
    ) -> None: ...
    def accept(self, now: float, offer: int, asked: Asked) -> None: ...
    def decline(self, now: float, offer: int, reason: str | None, asked: Asked) -> None: ...
    def connected(self, now: float, contact: str, asked: Asked) -> None: ...
    def hold(self, now: float, contact: str, asked: Asked) -> None: ...
    def resume(self, now: float, contact: str, asked: Asked) -> None: ...
    def transfer(
        self, now: float, contact: str, queue: str, keep_age: bool, asked: Asked
    ) -> None: ...
    def join(self, now: float, contact: str, agent: str, role: str, asked: Asked) -> None: ...
    def leave(self, now: float, contact: str, agent: str, asked: Asked) -> None: ...
    def hand_over(self, now: float, contact: str, agent: str, asked: Asked) -> None: ...
    def release(self, now: float, contact: str, by: str, asked: Asked) -> None: ...
    def extend_wrap_up(
        self, now: float, agent: str, contact: str, by: float, asked: Asked
    ) -> None: ...
    def end_wrap_up(self, now: float, agent: str, contact: str, asked: Asked) -> None: ...
    def dispose(self, now: float, contact: str, codes: list[str], asked: Asked) -> None: ...
    def advance(self, now: float) -> None: ...
    def next_deadline(self) -> float | None: ...
    def take_events(self) -> list[EventRow]: ...
    def take_event_rows(self) -> Bytes: ...
    def apply_batch(self, rows: Bytes) -> tuple[Bytes, Bytes]: ...
    def names(self, kind: str) -> list[str]: ...
    def attributes(self, contact: str) -> list[tuple[str, str]]: ...
    def story(self, contact: str) -> Story: ...
    def answer(self, command_id: str) -> AnswerRow | None: ...
    def explain_contact(self, contact: str) -> ContactRow: ...
    def explain_agent(self, agent: str) -> AgentRow: ...
    def snapshot(self) -> bytes: ...
    def state_hash(self) -> bytes: ...
    def check(self) -> None: ...

EVENT_DTYPE: Final[np.dtype[np.void]]
EVENT_DTYPE_VERSION: Final[int]

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
        channel: str | None = "voice",
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
    def snapshot(self) -> bytes: ...
    @staticmethod
    def restore(snapshot: bytes) -> KpiAggregator: ...
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
    def names(self, kind: str) -> list[str]: ...
    def counters(self) -> dict[str, int]: ...
    def thresholds(self) -> list[float]: ...
    def interval(self) -> float: ...
