"""The extension's truth, held by stubtest; ``ccroute._wire`` is its only importer."""

from collections.abc import Mapping, Sequence
from typing import Final, Self, final

import numpy as np
from numpy.typing import NDArray

from ccroute._wire import (
    AgentRow,
    AnswerRow,
    Asked,
    Bytes,
    ContactArgument,
    ContactRow,
    DecisionRow,
    EventRow,
    Fact,
    Fields,
    FindingRow,
    Groups,
    LiveAgentRow,
    LiveQueueRow,
    Needs,
    ObservedArgument,
    Pairs,
    QueueRow,
    SettingsArgument,
    Story,
    VisitRecord,
    WaitRow,
)

__all__ = [
    "EVENT_DTYPE",
    "EVENT_DTYPE_VERSION",
    "Distribution",
    "Engine",
    "KpiAggregator",
    "Plan",
    "PriorityQueue",
    "Redaction",
    "Restored",
    "SkillMatcher",
    "VisitTable",
    "__version__",
    "array_words",
    "pair_visits",
]

__version__: str

@final
class Plan:
    """A checked plan, ready for a router. `ccroute.Plan` is its readable side."""

    @staticmethod
    def from_toml(text: str) -> Plan: ...
    @staticmethod
    def from_json(text: str) -> Plan: ...
    @staticmethod
    def json_schema() -> str: ...
    @staticmethod
    def reference() -> str: ...
    def to_toml(self) -> str: ...
    def to_json(self) -> str: ...
    def findings(self) -> list[FindingRow]: ...

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

@final
class Distribution:
    """How durations are spread: exact up to 256, then percentiles at most 0.55 % off."""

    def __new__(cls, thresholds: Sequence[float] | None = None) -> Self:
        """Thresholds in seconds, ascending, 1 to 32; ``ConfigError`` for others."""
    def record(self, seconds: float) -> None:
        """Counts a duration; ``Rejected`` when it is negative or not finite."""
    def record_batch(self, durations_us: NDArray[np.int64]) -> None:
        """Counts a column in microseconds: all of it or, with a wrong row, none."""
    def merge(self, other: Distribution) -> None:
        """Adds every duration of another; ``ConfigError`` unless its thresholds are the same."""
    def count(self) -> int:
        """How many durations."""
    def zeros(self) -> int:
        """How many of them were zero."""
    def sum(self) -> float:
        """Seconds in all."""
    def max(self) -> float:
        """The longest in seconds; 0.0 without any."""
    def is_exact(self) -> bool:
        """Whether percentiles are exact."""
    def quantile(self, share: float) -> float | None:
        """Seconds, by nearest rank, of a share from 0 to 1; ``Rejected`` for another."""
    def deviation(self) -> float | None:
        """The standard deviation of all of them, in seconds."""
    def within(self, threshold: float) -> int:
        """How many are at most so many seconds; ``ConfigError`` off the ladder, if not exact."""
    def below(self, threshold: float) -> int:
        """How many are shorter than so many seconds; errors as ``within``."""
    def buckets(self) -> list[tuple[float, int]]:
        """Upper bounds in seconds and counts, of those not empty; zeros are apart."""
    def __len__(self) -> int: ...

def array_words() -> tuple[Fields, list[tuple[str, list[str]]]]: ...

@final
class Restored:
    """A router that came back from a snapshot, before it is measured."""

    def __new__(cls, snapshot: bytes) -> Restored: ...
    def plan(self) -> Plan: ...
    def engine(self, aggregator: KpiAggregator, source: str) -> Engine: ...
    def snapshot(self) -> bytes: ...
    def state_hash(self) -> bytes: ...
    def redacted(self, redaction: Redaction | None) -> Restored: ...

@final
class Redaction:
    """Keyed pseudonyms that answer what plans ask as the texts do."""

    def __new__(cls, key: bytes) -> Redaction: ...
    def heed(self, plan: Plan) -> None: ...
    def heed_state(self, restored: Restored) -> None: ...
    def text(self, text: str) -> str: ...
    def reason(self, text: str) -> str: ...
    def actor(self, text: str) -> str: ...
    def customer(self, text: str) -> str: ...
    def conversation(self, text: str) -> str: ...
    def previous(self, text: str) -> str: ...
    def value(self, attribute: str, value: Fact) -> Fact: ...

@final
class Engine:
    """The state machine behind `ccroute.Router`."""

    def __new__(cls, plan: Plan, aggregator: KpiAggregator, source: str) -> Engine: ...
    def sign_in(self, now: float, agent: str, settings: SettingsArgument, asked: Asked) -> int: ...
    def sign_out(self, now: float, agent: str, asked: Asked) -> None: ...
    def ready(self, now: float, agent: str, asked: Asked) -> None: ...
    def ready_all(self, now: float, agents: list[str], asked: Asked) -> None: ...
    def not_ready(self, now: float, agent: str, reason: str | None, asked: Asked) -> None: ...
    def set_device(self, now: float, agent: str, device: str, asked: Asked) -> None: ...
    def change_agent(
        self, now: float, agent: str, settings: SettingsArgument, asked: Asked
    ) -> None: ...
    def pick(self, now: float, agent: str, contact: str, asked: Asked) -> None: ...
    def accept(self, now: float, offer: int, asked: Asked) -> None: ...
    def decline(
        self, now: float, offer: int, failure: str, reason: str | None, asked: Asked
    ) -> None: ...
    def extend_wrap_up(
        self, now: float, agent: str, contact: str, by: float, asked: Asked
    ) -> None: ...
    def end_wrap_up(self, now: float, agent: str, contact: str, asked: Asked) -> None: ...
    def enqueue(self, now: float, contact: ContactArgument, asked: Asked) -> int: ...
    def adopt(
        self, now: float, contact: ContactArgument, agent: str | None, asked: Asked
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
        attributes: list[tuple[str, Fact]],
        preferred: Pairs | None,
        asked: Asked,
    ) -> None: ...
    def reclassify(self, now: float, contact: str, asked: Asked) -> None: ...
    def exclude(
        self, now: float, contact: str, agent: str, lasts: float | None, asked: Asked
    ) -> None: ...
    def readmit(self, now: float, contact: str, agent: str, asked: Asked) -> None: ...
    def press(self, now: float, contact: str, key: str, asked: Asked) -> None: ...
    def request_callback(
        self, now: float, contact: str, at: float | None, asked: Asked
    ) -> None: ...
    def fail_callback(self, now: float, contact: str, cause: str, asked: Asked) -> None: ...
    def suspend(self, now: float, contact: str, lasts: float | None, asked: Asked) -> None: ...
    def reinstate(self, now: float, contact: str, asked: Asked) -> None: ...
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
    def dispose(self, now: float, contact: str, codes: list[str], asked: Asked) -> None: ...
    def advance(self, now: float) -> None: ...
    def set_queue_open(self, now: float, queue: str, open: bool, asked: Asked) -> None: ...
    def set_line(self, now: float, line: str, up: bool, asked: Asked) -> None: ...
    def observe_kpi(
        self, now: float, kpi: str, numerator: int, denominator: int, asked: Asked
    ) -> None: ...
    def set_scores(
        self,
        now: float,
        table: str,
        version: int,
        expires: float,
        rows: list[tuple[str, str, float]],
        asked: Asked,
    ) -> None: ...
    def set_plan(self, now: float, plan: Plan, asked: Asked) -> bool: ...
    def reconcile(
        self,
        now: float,
        observed: list[ObservedArgument],
        among: tuple[str, Fact] | None,
        asked: Asked,
    ) -> None: ...
    def next_deadline(self) -> float | None: ...
    def sequence(self) -> int: ...
    def take_events(self) -> list[EventRow]: ...
    def take_event_rows(self) -> Bytes: ...
    def apply_batch(self, rows: Bytes) -> tuple[Bytes, Bytes]: ...
    def names(self, kind: str) -> list[str]: ...
    def attributes(self, contact: str) -> list[tuple[str, Fact]]: ...
    def story(self, contact: str) -> Story: ...
    def answer(self, command_id: str) -> AnswerRow | None: ...
    def wait(self, contact: str) -> WaitRow: ...
    def foretold(self, queue: str) -> tuple[int, float, float]: ...
    def scores(self, table: str) -> tuple[int, float, int]: ...
    def explain_contact(self, contact: str) -> ContactRow: ...
    def explain_agent(self, agent: str) -> AgentRow: ...
    def explain_queue(self, queue: str) -> QueueRow: ...
    def trace(self, event: int) -> None: ...
    def traced_decision(self) -> DecisionRow | None: ...
    def snapshot(self) -> bytes: ...
    def state_hash(self) -> bytes: ...
    def check(self) -> None: ...

EVENT_DTYPE: Final[np.dtype[np.void]]
EVENT_DTYPE_VERSION: Final[int]

@final
class KpiAggregator:
    """Measures events of any source: one of the three parts that stand alone."""

    def __new__(
        cls,
        thresholds: Sequence[float] | None = None,
        interval: float = 900.0,
        *,
        bases: Sequence[str] | None = None,
        dimensions: Sequence[str] | None = None,
        retention: float = 172800.0,
        most_records: int = 1000000,
        lateness: float = 120.0,
        most_names: int = 100000,
        most_labels: int = 1000,
    ) -> KpiAggregator: ...
    def fold(
        self, kind: str, at: float, contact: str | int | None = None, *, visit: int = 1,
        queue: str | None = None, agent: str | None = None, cause: str = "none",
        channel: str | None = "voice", reason: str | None = None, number: int = 0,
        time: float | None = None, role: str = "primary", source: str = "", sequence: int = 0,
    ) -> None:  # fmt: skip
        """Folds one event. ``contact``: its text, or a router's key or one of ``contacts()``."""

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
    def describe(
        self,
        contact: str,
        labels: Sequence[tuple[str, str]],
        *,
        customer: str | None = None,
        source: str = "",
    ) -> None: ...
    def set_team(self, agent: str, team: str) -> None: ...
    def set_target(self, queue: str, within: float) -> None: ...
    def set_hold(self, hold: float | None, *, source: str = "") -> None: ...
    def flush(self) -> None: ...
    def advance(self, now: float, *, source: str = "") -> None: ...
    def live(
        self, now: float | None = None
    ) -> tuple[float, list[LiveQueueRow], list[LiveAgentRow]]: ...
    @staticmethod
    def customers(ids: Sequence[str]) -> NDArray[np.uint64]: ...
    def post_visits(
        self,
        columns: dict[str, NDArray[np.integer]],
        *,
        names: Sequence[tuple[str, Sequence[str]]],
        source: str = "",
    ) -> NDArray[np.uint8]:
        """Counts visits given as a whole, a row each, in place of what was known of them.

        Columns (arrays of one length): contact uint64 (of ``contacts()``), entered_us int64;
        and where they are left out, the value in brackets: visit uint32 (1), revision uint32
        (1), queue, channel, direction, client, campaign, custom1 to custom4, tenant, agent int32:
        places in ``names`` (-1: none), customer uint64 of ``customers()`` (0: unknown),
        course uint8 (0: 0 answered, 1 abandoned, 2 left, 3 none), cause uint8 (0: place in
        the causes; why it left, or who ended it), wait_us, talk_us, hold_us, wrap_up_us int64
        (0), holds uint32 (0), first_response_us int64 (-1: none).

        Returns a row each: 0 counted, 1 duplicate, 2 superseded, 3 conflict, 4 late.

        Raises ``Rejected`` with the row for what cannot be, and for a visit under way that, by its
        source's clock, is not over yet; then no row was counted.
        """

    def post_visit(
        self, contact: str | int, queue: str, entered: float, wait: float = 0.0,
        course: str = "answered", *, agent: str | None = None, talk: float = 0.0, hold: float = 0.0,
        holds: int = 0, wrap_up: float = 0.0, cause: str = "none",
        first_response: float | None = None, channel: str | None = None,
        labels: Sequence[tuple[str, str]] | None = None, customer: str | None = None,
        visit: int = 1, revision: int = 1, source: str = "",
    ) -> str:  # fmt: skip
        """Counts one visit given as a whole, as a row of ``post_visits``, but by names and in
        seconds.

        contact: its text, or its key. course: answered, abandoned, left or none; cause: why it
        left, or who ended it. labels: of the visit, by dimension.

        Returns counted, duplicate, superseded, conflict or late.

        Raises ``Rejected`` as ``post_visits``; then nothing was counted, and no name is new.
        """

    def mark(
        self,
        contact: str | int,
        name: str,
        at: float,
        *,
        visit: int = 1,
        score: int | None = None,
        amount: float | None = None,
        revision: int = 1,
        source: str = "",
    ) -> str:
        """Returns counted, duplicate, superseded, conflict, late, or held: until its visit is
        known."""
    def query(
        self,
        by: Sequence[str],
        fields: Sequence[str],
        *,
        basis: str = "offered",
        edges: NDArray[np.int64] | None = None,
        where: Mapping[str, Sequence[str | None]] | None = None,
        now: float | None = None,
    ) -> Groups: ...
    def distributions(
        self,
        by: Sequence[str],
        timing: str,
        *,
        basis: str = "offered",
        edges: NDArray[np.int64] | None = None,
        where: Mapping[str, Sequence[str | None]] | None = None,
    ) -> list[tuple[list[str | None], int, int, int, list[tuple[int, int]]]]: ...
    def visits(
        self,
        start: float,
        end: float,
        *,
        basis: str = "offered",
        where: Mapping[str, Sequence[str | None]] | None = None,
    ) -> list[VisitRecord]: ...
    def changed(
        self, seen: int = 0
    ) -> tuple[list[tuple[list[tuple[str, str]], str, float]], int]: ...
    def watermark(self) -> float: ...
    def extent(self, now: float | None = None) -> tuple[float, float] | None: ...
    def dimensions(self) -> list[str]: ...
    def bases(self) -> list[str]: ...
    def names(self, kind: str) -> list[str]: ...
    def counters(self) -> dict[str, int]: ...
    def thresholds(self) -> list[float]: ...
    def interval(self) -> float: ...

@final
class VisitTable:
    """Visits as columns that answer as a ``KpiAggregator`` that was told of them."""

    def __new__(
        cls,
        columns: Mapping[str, NDArray[np.integer]],
        *,
        names: Sequence[tuple[str, Sequence[str]]],
        dimensions: Sequence[str] = (),
        threads: int = 1,
    ) -> VisitTable: ...
    def query(
        self,
        by: Sequence[str],
        fields: Sequence[str],
        *,
        basis: str = "offered",
        edges: NDArray[np.int64] | None = None,
        where: Mapping[str, Sequence[str | None]] | None = None,
        now: float | None = None,
        threads: int | None = None,
    ) -> Groups: ...
    def extent(self) -> tuple[float, float] | None: ...
    def dimensions(self) -> list[str]: ...
    def __len__(self) -> int: ...

def pair_visits(
    columns: dict[str, NDArray[np.integer]], *, kinds: Sequence[str]
) -> tuple[dict[str, NDArray[np.integer]], NDArray[np.int64], dict[str, int]]:
    """Columns of visits, the events that began visits which still wait, and counters."""
