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
from ccroute.metrics import BUILT_IN, Kpi, Metrics, Value

SECOND = 1_000_000
HALF_HOUR = 1_800 * SECOND
KEY = 1 << 32
QUEUES = ["billing", "sales"]
LEFT = ["timed_out", "no_agents", "exited_by_key", "overflowed", "closed", "withdrawn"]
ENDINGS = ["customer", "agent", "transferred", "handed_over", "system"]
CODES = ["sale", "promise", "resolved.first", "resolvable.first", "dial.rpc", "dial.attempt",
         "dial.live", "promise.kept", "promise.due", "speech.interruption"]  # fmt: skip
SCALES = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7), "resolved": (0, 1)}
AMOUNTS = ["cost", "paid", "promised", "quality.points", "quality.possible", "quality.score",
           "speech.silence", "speech.agent", "speech.customer"]  # fmt: skip
UNTOLD = ("offers_", "ringing", "connecting", "refused", "callbacks_", "waiting", "time.",
          "interval.", "given", "unique.", "abandoned_on_hold")  # fmt: skip
"""Fields that facts do not tell."""

RATIONAL = [
    kpi
    for kpi in BUILT_IN
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
    """0 answered, 1 abandoned, 2 left, 3 none."""
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

    @property
    def answered(self) -> bool:
        return self.course == 0

    @property
    def word(self) -> str:
        words = ENDINGS if self.answered else LEFT
        return words[self.cause % len(words)]

    def told(self) -> Iterator[tuple[int, str, int]]:
        """When, what, how much: amounts in microseconds or as they are."""
        ended = self.entered + self.wait
        over = ended + self.talk + self.hold if self.answered else ended
        if self.course == 3:
            return
        yield self.entered, "offered", 1
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

    def completed(self) -> int:
        return self.entered + self.wait + (self.talk + self.hold if self.answered else 0)


whole = st.integers(0, 700)
visits = st.lists(
    st.builds(
        Seen,
        queue=st.integers(0, 1),
        entered=st.integers(0, 7_200),
        visit=st.integers(1, 2),
        wait=st.sampled_from([0, 5, 10, 20, 21, 60]) | whole,
        course=st.sampled_from([0, 0, 1, 2, 3]),
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
    ),
    min_size=1,
    max_size=25,
)


def posted(seen: Sequence[Seen]) -> Metrics:
    """The same as facts and marks."""
    aggregator = KpiAggregator()

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
        for at, what, amount in each.told():
            moment = {"offered": each.entered, "completion": each.completed()}.get(basis, at)
            rows.append((QUEUES[each.queue], moment, what, amount))
        if basis == "sl_event" and each.course != 3 and each.wait > 20:
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
        waits = {name: Spread(name) for name in ("wait_answered", "wait_abandoned")}
        spreads = ("talk", "hold", "wrap_up", "handle", "first_response")
        self |= waits | {name: Spread(name) for name in spreads}
        self |= {
            "within": lambda of, t: number((of.samples <= t * SECOND).sum()),
            "below": lambda of, t: number((of.samples < t * SECOND).sum()),
            "short": lambda s: number((waits["wait_abandoned"].samples <= s * SECOND).sum()),
            "passed": lambda t: number(amounts("passed").len()),
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
        plain = re.sub(r"\bleft\.(\w+)", r"left__\1", formula)
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


def same(value: Value, kpi: Kpi, above: float | None, below: int | None) -> bool:
    if kpi.denominator is not None:
        assert value.value is None if not below else value.value is not None
        return (value.numerator, value.denominator) == (above, below)
    if re.search(r"\.(max|deviation|p\d\d)$", kpi.numerator):
        if above is None:
            return value.value is None
        return value.value == pytest.approx(above / SECOND, rel=1e-9, abs=1e-9)
    return value.numerator == (above or 0)


def test_most_of_the_catalogue_is_recomputed() -> None:
    assert len(RATIONAL) > 80
    assert {"sl.genesys", "wait.longest", "handle.deviation", "csat.mean", "nps"} <= {
        kpi.id for kpi in RATIONAL
    }


@pytest.mark.parametrize("basis", ["offered", "event", "completion", "sl_event"])
@settings(max_examples=25, deadline=None)
@given(seen=visits)
def test_the_report_is_what_polars_computes(basis: str, seen: list[Seen]) -> None:
    if basis == "sl_event":
        kpis = [kpi for kpi in RATIONAL if kpi.bases == ("sl_event",)]
    else:
        kpis = [kpi for kpi in RATIONAL if not kpi.bases or basis in kpi.bases]
    metrics = posted(seen)
    report = metrics.report(interval="30min", basis=basis, kpis=[kpi.id for kpi in kpis])
    rows = {(row.labels["queue"], row.start): row for row in report}
    found = set()
    for queue, start, figures in recomputed(frame(seen, basis), kpis):
        if basis == "sl_event" and not any(below for _, below in figures.values()):
            continue
        found.add((queue, start))
        row = rows[queue, start]
        wrong = {
            kpi.id: (row[kpi.id], figures[kpi.id])
            for kpi in kpis
            if not same(row[kpi.id], kpi, *figures[kpi.id])
        }
        assert not wrong
    assert {key for key, row in rows.items() if any(value.numerator for _, value in row)} <= found
