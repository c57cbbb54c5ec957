"""Every formula of the catalogue computed again with polars from a plain table of what
happened: another reading of the same words, by queue, half-hour and basis.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.telling import DAY

from ccroute import CAUSES, KpiAggregator
from ccroute.metrics import BASES, BUILT_IN, LADDERS, LEFT_CAUSES, Kpi, Metrics, Value

SECOND = 1_000_000
CELL = 900
HALF_HOUR = 2 * CELL * SECOND
KEY = 1 << 32
QUEUES = ["billing", "sales"]
LEFT = list(LEFT_CAUSES)
REFUSED = ["full", "closed"]
ENDINGS = ["customer", "agent", "transferred", "handed_over", "system"]
CODES = ["sale", "promise", "resolved.first", "resolvable.first", "dial.rpc", "dial.attempt",
         "dial.live", "promise.kept", "promise.due", "speech.interruption",
         "callback.reached"]  # fmt: skip
SCALES = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7), "resolved": (0, 1)}
AMOUNTS = ["cost", "paid", "promised", "quality.points", "quality.possible", "quality.score",
           "speech.silence", "speech.agent", "speech.customer", "callback.delay"]  # fmt: skip
UNTOLD = ("offers_", "callbacks_offered", "time.")
"""Fields that neither facts nor refusals tell; what else they do not tell is 0."""
GIVEN = {"forecast": 40, "paid": 28_800, "scheduled": 30_000, "unavailable": 6_000, "base": 30,
         "agents": 7, "slots": 43_200, "accounts": 90, "records": 800, "records_attempted": 600,
         "self_service_ended": 300, "self_service_entries": 1_000}  # fmt: skip

SUMS = tuple(
    Kpi(id=f"test.{name}", title=name, unit="s", numerator=f"{name}.sum")
    for name in (*LADDERS, "talk", "hold", "wrap_up", "handle")
)
"""What `split` is for, and no KPI of the catalogue shows plainly."""
RATIONAL = [
    kpi
    for kpi in (*BUILT_IN, *SUMS)
    if kpi.computed_by is None and not any(field.startswith(UNTOLD) for field in kpi.fields({}))
]


@attrs.frozen(kw_only=True)
class Seen:
    """One visit, in whole seconds."""

    queue: int
    entered: int
    visit: int
    wait: int
    course: int
    """0 answered, 1 abandoned, 2 left, 3 none, 4 refused."""
    cause: int
    talk: int
    hold: int
    wrap_up: int
    response: int
    code: int
    scores: Mapping[str, int]
    amount: int
    marked: int
    """Seconds after the entry."""
    customer: int
    """0: unknown."""

    @property
    def answered(self) -> bool:
        return self.course == 0

    @property
    def word(self) -> str:
        words = {0: ENDINGS, 4: REFUSED}.get(self.course, LEFT)
        return words[self.cause % len(words)]

    def told(self) -> Iterator[tuple[int, str, int]]:  # noqa: C901, PLR0912 (a line a field)
        """When, what, how much: amounts in microseconds or as they are."""
        ended = self.entered + self.wait
        over = ended + self.talk + self.hold if self.answered else ended
        if self.course == 3:
            return
        if self.course == 4:
            yield self.entered, "refused", 1
            yield self.entered, f"refused__{self.word}", 1
            return
        yield self.entered, "offered", 1
        if self.customer:
            yield self.entered, "unique__customers", self.customer
        if self.visit == 1:
            yield self.entered, "contacts", 1
        wait = self.wait * SECOND
        match self.course:
            case 1:
                yield ended, "abandoned", 1
                yield ended, "wait_abandoned", wait
            case 2:
                yield ended, "left", 1
                yield ended, f"left__{self.word}", 1
                yield ended, "wait_left", wait
                if self.word == "callback":
                    yield ended, "callbacks_taken", 1
            case 0:
                yield ended, "answered", 1
                yield ended, "wait_answered", wait
                yield over, "conversations", 1
                yield over, "talk", self.talk * SECOND
                if self.word in {"transferred", "handed_over"}:
                    yield over, "transferred", 1
                if self.word == "handed_over":
                    yield over, "handed_over", 1
                if self.word in {"agent", "customer"}:
                    yield over, f"ended_by_{self.word}", 1
                if self.hold:
                    yield over, "held", 1
                    yield over, "holds", 2
                    yield over, "hold", self.hold * SECOND
                done = over + self.wrap_up
                yield done, "handled", 1
                yield done, "handle", (self.talk + self.hold + self.wrap_up) * SECOND
                if self.wrap_up:
                    yield done, "wrapped", 1
                    yield done, "wrap_up", self.wrap_up * SECOND
                yield self.entered + self.response, "responded", 1
                yield self.entered + self.response, "first_response", self.response * SECOND
        marked = self.entered + self.marked
        yield marked, f"code.{CODES[self.code]}", 1
        for name, score in self.scores.items():
            yield marked, f"score.{name}", score
        yield marked, f"amount.{AMOUNTS[self.code % len(AMOUNTS)]}", self.amount * SECOND

    def parts(self) -> Iterator[tuple[int, str, int]]:
        """What of it lies in each cell: when that began, what, how much."""
        ended = self.entered + self.wait
        over = ended + self.talk + self.hold
        names = {0: "wait_answered", 1: "wait_abandoned", 2: "wait_left"}
        for at, length in _cut(self.entered, ended) if self.course in names else ():
            yield at, "offered", 1
            yield at, names[self.course], length
        if not self.answered:
            return
        for at, length in _cut(ended, over):
            yield at, "conversations", 1
            yield at, "talk", length
            yield at, "handle", length
        for at, length in _cut(over - self.hold, over):  # facts do not say when: at the end
            yield at, "talk", -length
            yield at, "hold", length
        for at, length in _cut(over, over + self.wrap_up):
            yield at, "wrapped", 1
            yield at, "wrap_up", length
            yield at, "handle", length

    def completed(self) -> int:
        if self.course == 4:
            return self.entered
        return self.entered + self.wait + (self.talk + self.hold if self.answered else 0)


def _cut(since: int, until: int) -> Iterator[tuple[int, int]]:
    """A span by cells: seconds of the beginning, microseconds."""
    while since < until:
        end = min(until, since - since % CELL + CELL)
        yield since, (end - since) * SECOND
        since = end


whole = st.integers(0, 700)
visits = st.lists(
    st.builds(
        Seen,
        queue=st.integers(0, 1),
        entered=st.integers(0, 7_200),
        visit=st.integers(1, 2),
        wait=st.sampled_from([0, 5, 10, 20, 21, 60]) | whole,
        course=st.sampled_from([0, 0, 1, 2, 3, 4]),
        cause=st.integers(0, 20),
        talk=whole,
        hold=st.sampled_from([0, 30]),
        wrap_up=st.sampled_from([0, 15]),
        response=whole,
        code=st.integers(0, len(CODES) - 1),
        scores=st.fixed_dictionaries(
            {}, optional={name: st.integers(*scale) for name, scale in SCALES.items()}
        ),
        amount=st.integers(-50, 500),
        marked=whole,
        customer=st.integers(0, 3),
    ),
    min_size=1,
    max_size=25,
)


def posted(seen: Sequence[Seen]) -> Metrics:
    """The same as facts and marks."""
    aggregator = KpiAggregator()
    for number, each in enumerate(seen):
        if each.course == 4:
            aggregator.fold(
                "contact_refused",
                DAY + each.entered,
                f"refused {number}",
                queue=QUEUES[each.queue],
                cause=each.word,
            )
    seen = [each for each in seen if each.course != 4]

    def column(name: str, kind: str) -> np.ndarray:
        return np.array([getattr(each, name) for each in seen], dtype=kind)

    answered = column("answered", "?")
    keys = KEY + np.arange(len(seen), dtype=np.uint64)
    columns = {
        "contact": keys,
        "visit": column("visit", "u4"),
        "entered_us": (round(DAY) + column("entered", "i8")) * SECOND,
        "queue": column("queue", "i4"),
        "agent": np.where(answered, 0, -1).astype(np.int32),
        "course": column("course", "u1"),
        "cause": np.array([CAUSES.index(each.word) for each in seen], dtype=np.uint8),
        "wait_us": column("wait", "i8") * SECOND,
        "holds": np.where(answered & (column("hold", "i8") > 0), 2, 0).astype(np.uint32),
        # A row that says there was no visit has no customer either.
        "customer": np.where(column("course", "u1") == 3, 0, column("customer", "u8")),
        "first_response_us": np.where(answered, column("response", "i8") * SECOND, -1),
    }
    columns |= {
        f"{name}_us": np.where(answered, column(name, "i8") * SECOND, 0)
        for name in ("talk", "hold", "wrap_up")
    }
    names = [("queue", QUEUES), ("agent", ["ana"])]
    assert not aggregator.post_visits(columns, names=names).any()
    for key, each in zip(keys.tolist(), seen, strict=True):
        if each.course == 3:
            continue
        told: dict[str, Any] = {"at": DAY + each.entered + each.marked, "visit": each.visit}
        aggregator.mark(key, CODES[each.code], **told)
        for name, score in each.scores.items():
            aggregator.mark(key, name, score=score, **told)
        amount = AMOUNTS[each.code % len(AMOUNTS)]
        aggregator.mark(key, amount, amount=float(each.amount), **told)
    return Metrics(aggregator)


def frame(seen: Sequence[Seen], basis: str) -> pl.DataFrame:
    """A row a thing that happened, in the half-hour where it counts."""
    rows = []
    for each in seen:
        if basis == "split":
            rows += [(QUEUES[each.queue], at, what, amount) for at, what, amount in each.parts()]
            continue
        for at, what, amount in each.told():
            moment = {"offered": each.entered, "completion": each.completed()}.get(basis, at)
            rows.append((QUEUES[each.queue], moment, what, amount))
        if basis == "sl_event" and each.course < 3 and each.wait > 20:
            rows.append((QUEUES[each.queue], each.entered + 20, "passed", 1))
    schema = {"queue": pl.String, "at": pl.Int64, "what": pl.String, "amount": pl.Int64}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table.with_columns(slot=(pl.col("at") + round(DAY)) * SECOND // HALF_HOUR)


# The formulas, read by Python with expressions of polars in place of the names -----------


class Spread:
    """The samples of a distribution."""

    def __init__(self, name: str) -> None:
        self.samples = pl.col("amount").filter(pl.col("what") == name)
        self.count = self.samples.len().cast(pl.Int64)
        self.sum = self.samples.sum()
        self.max = self.samples.max()
        self.zero = (self.samples == 0).sum().cast(pl.Int64)
        self.deviation = self.samples.std(ddof=0)

    def __getattr__(self, name: str) -> pl.Expr:
        share = int(name.removeprefix("p"))
        place = (self.samples.len().cast(pl.Int64) * share + 99) // 100 - 1
        return self.samples.sort().get(place.clip(0), null_on_oob=True)


def amounts(what: str) -> pl.Expr:
    return pl.col("amount").filter(pl.col("what") == what)


def number(expression: pl.Expr) -> pl.Expr:
    return expression.cast(pl.Int64)


class Names(dict[str, Any]):
    """Every word of a formula."""

    def __init__(self, kpi: Kpi) -> None:
        super().__init__(kpi.parameters)
        self.kpi = kpi
        names = ("wait_answered", "wait_abandoned", "wait_left")
        waits = {name: Spread(name) for name in names}
        spreads = ("talk", "hold", "wrap_up", "handle", "first_response")
        self |= waits | {name: Spread(name) for name in spreads}
        self |= {
            "within": lambda of, t: number((of.samples <= t * SECOND).sum()),
            "below": lambda of, t: number((of.samples < t * SECOND).sum()),
            "short": lambda s: number((waits["wait_abandoned"].samples <= s * SECOND).sum()),
            "passed": lambda t: number(amounts("passed").len()),
            "unique__customers": number(amounts("unique__customers").n_unique()),
            "interval__length": pl.lit(HALF_HOUR),
            "given": lambda name: pl.lit(GIVEN[name]),
            "given_seconds": lambda name: pl.lit(GIVEN[name] * SECOND),
            "rounded": lambda name: amounts(f"amount.{name}").sum() // SECOND,
            "code": lambda name: number(amounts(f"code.{name}").len()),
            "amount": lambda name: amounts(f"amount.{name}").sum(),
            "amounts": lambda name: number(amounts(f"amount.{name}").len()),
            "score": lambda name, low=0, high=255: number(
                amounts(f"score.{name}").is_between(low, high).sum()
            ),
            "score_sum": lambda name, low, high: (
                amounts(f"score.{name}")
                .filter(amounts(f"score.{name}").is_between(low, high))
                .sum()
            ),
        }

    def __missing__(self, name: str) -> pl.Expr:
        if name in self.kpi.names:
            return self.read(self.kpi.names[name])
        return amounts(name).sum()  # a count, told one by one; or a sum

    def read(self, formula: str) -> pl.Expr:
        plain = re.sub(r"\b(left|refused|unique|interval)\.(\w+)", r"\1__\2", formula)
        result = eval(plain, {"__builtins__": {}}, self)
        return result if isinstance(result, pl.Expr) else pl.lit(result)


def recomputed(
    table: pl.DataFrame, kpis: Sequence[Kpi]
) -> Iterator[tuple[str, datetime, dict[str, tuple[float | None, int | None]]]]:
    columns = []
    for kpi in kpis:
        names = Names(kpi)
        columns.append(names.read(kpi.numerator).alias(f"{kpi.id} above"))
        if kpi.denominator is not None:
            columns.append(names.read(kpi.denominator).alias(f"{kpi.id} below"))
    for row in table.group_by("queue", "slot").agg(columns).iter_rows(named=True):
        start = datetime.fromtimestamp(row["slot"] * HALF_HOUR / SECOND, UTC)
        figures = {kpi.id: (row[f"{kpi.id} above"], row.get(f"{kpi.id} below")) for kpi in kpis}
        yield row["queue"], start, figures


def quotient(kpi: Kpi, above: float, below: int) -> float:
    """The figure in the KPI's unit, by what the unit says."""
    match kpi.unit:
        case "s" | "money":
            return above / below / SECOND
        case "points" if "amount(" in kpi.numerator:
            return above / below / SECOND
        case "1/h":
            return above / below * 3_600 * SECOND
        case _:
            return above / below


def same(value: Value, kpi: Kpi, above: float | None, below: int | None) -> bool:
    if kpi.denominator is not None:
        if (value.numerator, value.denominator) != (above, below):
            return False
        if not below:
            return value.value is None
        return value.value == pytest.approx(quotient(kpi, above or 0, below), rel=1e-12)
    if re.search(r"\.(max|deviation|p\d\d)$", kpi.numerator):
        if above is None:
            return value.value is None
        return value.value == pytest.approx(above / SECOND, rel=1e-9, abs=1e-9)
    counted = value.numerator == (above or 0)
    return counted and value.value == pytest.approx(quotient(kpi, above or 0, 1), rel=1e-12)


def test_most_of_the_catalogue_is_recomputed() -> None:
    assert len(RATIONAL) > 150
    known = {kpi.id for kpi in RATIONAL}
    assert {"sl.genesys", "sl.connect", "wait.longest", "handle.deviation", "nps"} <= known
    assert {"blocked.full", "unique.customers", "arrivals.per_hour", "left.callback"} <= known
    of_split = {kpi.id for kpi in RATIONAL if "split" in kpi.bases}
    assert {"offered", "conversations", "test.talk", "test.wait_left"} <= of_split


OUTSIDE = {kpi.id for kpi in RATIONAL if re.search("given|interval", kpi.formula())}
"""Those that are something also where nothing was counted."""


@pytest.mark.parametrize("basis", BASES)
@settings(max_examples=25, deadline=None)
@given(seen=visits)
def test_the_report_is_what_polars_computes(basis: str, seen: list[Seen]) -> None:
    kpis = [kpi for kpi in RATIONAL if basis in kpi.bases]
    report = posted(seen).report(interval="30min", basis=basis, kpis=kpis, given=GIVEN)
    rows = {(row.labels["queue"], row.start): row for row in report}
    found = set()
    for queue, start, figures in recomputed(frame(seen, basis), kpis):
        found.add((queue, start))
        row = rows[queue, start]
        wrong = {
            kpi.id: (row[kpi.id], figures[kpi.id])
            for kpi in kpis
            if not same(row[kpi.id], kpi, *figures[kpi.id])
        }
        assert not wrong
    counted = {
        key
        for key, row in rows.items()
        if any(value.numerator for name, value in row if name not in OUTSIDE)
    }
    assert counted <= found
