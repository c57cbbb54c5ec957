"""A table of visits that answers for itself, against the same rows counted by an aggregator."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccroute import ConfigError, KpiAggregator, Rejected, VisitTable
from ccroute.metrics import Metrics, ReportTable, read_calls, report_visits

QUEUES, AGENTS, SITES = ["billing", "sales"], ["ana", "ben"], ["north"]
NAMES = [("queue", QUEUES), ("agent", AGENTS), ("site", SITES)]
SECOND = 1_000_000
KPIS = ["offered", "answered", "abandoned", "sl.answered_within", "asa", "wait.p90", "aht",
        "hold.rate", "transfer.rate", "abandon.of_answered_and_abandoned"]  # fmt: skip


def columns(rows: int, seed: int = 3) -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    course = rng.choice([0, 0, 0, 1, 2], rows).astype(np.uint8)
    talked = course == 0

    def spans(longest: int) -> np.ndarray[Any, Any]:
        return rng.integers(0, longest * SECOND, rows) * rng.integers(0, 2, rows)

    return {
        "queue": rng.integers(0, 2, rows).astype(np.int32),
        "agent": np.where(talked, rng.integers(0, 2, rows), -1).astype(np.int32),
        "custom1": rng.integers(-1, 1, rows).astype(np.int32),
        "entered_us": rng.integers(0, 3 * 86_400 * SECOND, rows),
        "course": course,
        "cause": np.where(talked, 0, 5).astype(np.uint8),
        "wait_us": spans(120),
        "talk_us": spans(600) * talked,
        "hold_us": spans(60) * talked,
        "wrap_up_us": spans(30) * talked,
        "customer": rng.integers(0, 50, rows).astype(np.uint64),
    }


def table(given: dict[str, np.ndarray[Any, Any]]) -> VisitTable:
    return VisitTable(given, names=NAMES, dimensions=["site"])


def counted(given: dict[str, np.ndarray[Any, Any]]) -> Metrics:
    aggregator = KpiAggregator(dimensions=["site"], retention=30 * 86_400.0)
    rows = len(given["queue"])
    keys = np.arange(1 << 32, (1 << 32) + rows, dtype=np.uint64)
    aggregator.post_visits({**given, "contact": keys}, names=NAMES)
    aggregator.advance(100 * 86_400.0)
    return Metrics(aggregator)


def said(report: ReportTable) -> str:
    """All that a report says, but that more may come: of a table nothing does."""
    return re.sub('"final": (true|false)', "", report.to_json())


@given(st.integers(0, 60), st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_reports_are_those_of_an_aggregator(rows: int, seed: int) -> None:
    visits = columns(rows, seed)
    ours, theirs = table(visits), counted(visits)
    for asked in (
        {"by": "queue", "interval": "30min", "zone": "Asia/Kolkata"},
        {"by": ["site", "queue"], "interval": "day", "zone": "America/Bogota", "basis": "event"},
        {"by": (), "where": {"queue": ["billing"], "site": [None]}, "basis": "completion"},
        {"by": "queue", "targets": {"billing": (20.0, 5.0)}} if rows > 20 else {"by": "queue"},
        {"by": "agent", "kpis": ["handled", "aht"]},
    ):
        question: dict[str, Any] = {"kpis": KPIS, **asked}
        if "interval" in question:
            question |= {"start": 86_400.0, "end": 4 * 86_400.0}
            if question["interval"] == "day":
                question |= {"start": 86_400.0 + 5 * 3600, "end": 3 * 86_400.0 + 5 * 3600}
        found = report_visits(ours, **question)
        expected = theirs.report(**question)
        assert said(found) == said(expected)


def test_thresholds_and_percentiles_are_exact_whatever_the_number() -> None:
    visits = columns(5_000)
    report = report_visits(table(visits), (), kpis=["sl.answered_within(T=17)", "wait.p90"])
    ((service, longest),) = [[value for _, value in row] for row in report]
    answered = np.sort(visits["wait_us"][visits["course"] == 0])
    assert service.numerator == int((answered <= 17 * SECOND).sum())
    assert longest.value == answered[-(-len(answered) * 9 // 10) - 1] / SECOND
    assert longest.exact
    assert not next(iter(next(iter(counted(visits).report((), kpis=["wait.p90"])))))[1].exact


WORDS = [
    "offered", "answered", "left", "talk.sum", "holds", "wait_answered.p90", "wait_answered.max",
    "wait_answered.within:20000000", "handle.deviation", "first_response.count",
]  # fmt: skip
WAITS = ["offered", "answered", "abandoned", "wait_answered.p50", "wait_abandoned.deviation"]


@given(
    rows=st.sampled_from([0, 1, 32_768, 65_536, 100_001]),
    seed=st.integers(0, 1000),
    threads=st.integers(2, 256),
    fields=st.sampled_from([WORDS, WAITS]),
    by=st.sampled_from([[], ["queue"], ["agent", "site"]]),
    basis=st.sampled_from(["offered", "event", "completion"]),
    every=st.sampled_from([None, 900, 86_400]),
)
@settings(max_examples=25, deadline=None)
def test_threads_change_nothing(
    rows: int, seed: int, threads: int, fields: list[str], by: list[str], basis: str,
    every: int | None,
) -> None:  # fmt: skip
    visits = columns(rows, seed)
    edges = None if every is None else np.arange(0, 86_401 * 3, every, dtype=np.int64) * SECOND
    alone = table(visits).query(by, fields, basis=basis, edges=edges)
    shared = VisitTable(visits, names=NAMES, dimensions=["site"], threads=threads)
    for found in (
        shared.query(by, fields, basis=basis, edges=edges),
        table(visits).query(by, fields, basis=basis, edges=edges, threads=threads),
    ):
        assert found["labels"] == alone["labels"]
        np.testing.assert_array_equal(found["interval"], alone["interval"])
        for name, column in alone["columns"].items():
            assert found["columns"][name].tobytes() == column.tobytes(), name
    assert shared.extent() == table(visits).extent()


def test_more_durations_than_lie_together_are_counted_once() -> None:
    rows = 1_200_000
    visits = {"entered_us": np.arange(rows), "wait_us": np.arange(rows) % 1000 * SECOND}
    expected = [rows, (rows // 1000 * 999_000 // 2) * SECOND, 899.0]
    for threads in (1, 2):
        answer = VisitTable(visits, names=[], threads=threads).query(
            [], ["wait_answered.count", "wait_answered.sum", "wait_answered.p90"]
        )
        assert [column.item() for column in answer["columns"].values()] == expected


def test_first_row_that_cannot_be_is_named_whichever_thread_finds_it() -> None:
    waits = np.zeros(200_000, np.int64)
    waits[[90_000, 90_001, 199_999]] = [-3, -2, -1]
    wrong = VisitTable({"entered_us": np.zeros_like(waits), "wait_us": waits}, names=[], threads=4)
    with pytest.raises(Rejected, match="row 90000: wait_us -3: give microseconds"):
        wrong.query([], ["offered"])
    with pytest.raises(Rejected, match="row 90000: wait_us -3: give microseconds"):
        wrong.extent()


@pytest.mark.parametrize("threads", [0, -1, 257, 2**63 - 1])
def test_threads_out_of_range_are_refused(threads: int) -> None:
    words = f"threads {threads}: give a whole number from 1 to 256"
    for ask in (
        lambda: VisitTable({"entered_us": np.zeros(1, np.int64)}, names=[], threads=threads),
        lambda: one().query([], ["offered"], threads=threads),
        lambda: read_calls(["queue,entered,outcome,wait"]).table(threads=threads),
    ):
        with pytest.raises(ConfigError) as refused:
            ask()
        assert str(refused.value) == words
    for threads_of_another_type in ("2", 2.0, None):
        with pytest.raises(TypeError):
            VisitTable({"entered_us": np.zeros(1, np.int64)}, names=[],
                       threads=threads_of_another_type)  # type: ignore[arg-type]  # fmt: skip


def test_intervals_may_begin_at_any_instant() -> None:
    visits = {"queue": np.zeros(3, np.int32), "entered_us": np.array([59, 60, 61]) * SECOND}
    report = report_visits(
        VisitTable(visits, names=[("queue", ["q"])]), start=60.0, end=61.0, kpis=["offered"]
    )
    assert report["q"]["offered"].value == 1
    # The last instant is in the interval that it begins.
    edge = {"queue": np.zeros(1, np.int32), "entered_us": np.array([900]) * SECOND}
    whole = report_visits(
        VisitTable(edge, names=[("queue", ["q"])]), interval="15min", kpis=["offered"]
    )
    assert [row["offered"].value for row in whole] == [1]


def test_columns_lie_where_they_are() -> None:
    rows = np.zeros(4, dtype=[("entered_us", "<i8"), ("queue", "<i4"), ("wait_us", "<i8")])
    rows["wait_us"] = [1, 2, 3, 4]
    packed = VisitTable(
        {name: rows[name] for name in rows.dtype.names or ()}, names=[("queue", ["q"])]
    )
    backward = VisitTable(
        {"entered_us": np.arange(4)[::-1], "wait_us": np.arange(8)[::2]}, names=[]
    )
    field = ["wait_answered.sum"]
    assert packed.query(["queue"], field)["columns"]["wait_answered.sum"].tolist() == [10]
    assert backward.query([], field)["columns"]["wait_answered.sum"].tolist() == [12]
    own = np.arange(4)
    shared = VisitTable({"entered_us": own}, names=[])
    own += 10
    assert shared.extent() == (10 / SECOND, 13 / SECOND)
    assert (len(shared), shared.dimensions()) == (4, [])
    assert VisitTable({"entered_us": np.zeros(0, np.int64)}, names=[]).extent() is None


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: VisitTable({}, names=[]), ConfigError, "the column entered_us"),
        (lambda: one(nonsense=np.zeros(1)), ConfigError, "column 'nonsense': give columns among"),
        (lambda: one(contact=np.zeros(1, np.uint64)), ConfigError, "column 'contact'"),
        (lambda: one(queue=np.zeros(1, np.int32)), ConfigError, "those of the column queue"),
        (lambda: one(queue=np.zeros(1, np.int64)), TypeError, "queue: give a one-dimensional"),
        (lambda: one(wait_us=np.zeros(2, np.int64)), ValueError, "wait_us has 2 rows where 1"),
        (lambda: one(wait_us=np.zeros((1, 1), np.int64)), ValueError, "not of 2 dimensions"),
        (lambda: one(wait_us=[1]), TypeError, "not list"),
        (
            lambda: VisitTable({"entered_us": np.zeros(1, np.int64)}, names=[("moon", ["a"])]),
            ConfigError,
            "names 'moon'",
        ),
        (
            lambda: VisitTable(
                {"entered_us": np.zeros(1, np.int64)}, names=[], dimensions=list("abcde")
            ),
            ConfigError,
            "5 dimensions of your own: give at most 4",
        ),
        (lambda: one().query(["moon"], ["offered"]), ConfigError, "dimension 'moon': give one of"),
        (lambda: one().query([], ["moon"]), ConfigError, "field 'moon' is not known"),
        (lambda: one().query([], ["time.idle"]), ConfigError, "a table of visits tells of none"),
        (lambda: one().query([], ["offered"], basis="split"), ConfigError, "basis 'split' of a"),
        (
            lambda: one(wait_us=np.array([-1])).query([], ["offered"]),
            Rejected,
            "row 0: wait_us -1: give microseconds, not negative",
        ),
        (
            lambda: one(wait_us=np.array([-1])).extent(),
            Rejected,
            "row 0: wait_us -1: give microseconds, not negative",
        ),
        (lambda: report_visits(one(), kpis=["offers.made"]), ConfigError, "tells of none"),
    ],
)
def test_what_cannot_be_is_refused(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as refused:
        make()
    assert words in str(refused.value)


def test_a_table_of_no_calls_has_no_visits() -> None:
    table = read_calls(["queue,entered,outcome,wait,site"], dimensions=["site"]).table()
    assert (len(table), table.dimensions(), table.extent()) == (0, ["site"], None)
    assert not len(report_visits(table, ["site", "queue"]))


def test_names_and_dimensions_are_given_once() -> None:
    entered = {"entered_us": np.zeros(1, np.int64)}
    for names, dimensions, words in (
        ([("queue", ["a"]), ("queue", ["b"])], [], "names 'queue': give the names of a dimension"),
        ([("site", ["a"]), ("custom1", ["b"])], ["site"], "names 'custom1': give the names of a"),
        ([("team", ["a"])], [], "names 'team': give names of queue, agent or a label"),
        ([], ["site", "site"], "dimension 'site' is there already"),
        ([], ["queue"], "dimension 'queue' is there already"),
        ([], [""], "dimension ''"),
    ):
        with pytest.raises(ConfigError) as refused:
            VisitTable(entered, names=names, dimensions=dimensions)
        assert words in str(refused.value)


def test_an_array_that_became_another_is_refused() -> None:
    entered = np.arange(4)
    table = VisitTable({"entered_us": entered}, names=[])
    entered.__setstate__((1, (4,), np.dtype("int8"), False, b"\0" * 4))
    with pytest.raises(TypeError, match="entered_us: give a one-dimensional numpy array of int64"):
        table.extent()
    shorter = np.arange(4)
    table = VisitTable({"entered_us": shorter}, names=[])
    shorter.resize(2, refcheck=False)
    with pytest.raises(ValueError, match="entered_us has 2 rows where 4 are needed"):
        table.extent()


def one(**more: object) -> VisitTable:
    return VisitTable({"entered_us": np.zeros(1, np.int64), **more}, names=[])  # type: ignore[dict-item]


def test_calls_are_a_table_of_what_stands() -> None:
    calls = read_calls(
        [
            "queue,entered,outcome,wait,contact,visit,revision,customer,site",
            "billing,900,answered,5,c1,1,1,4711,north",
            "billing,900,answered,7,c1,1,3,4711,north",
            "billing,900,answered,6,c1,1,2,4711,",
            "billing,950,abandoned,9,c1,2,1,,",
            "sales,960,void,0,c2,1,1,,",
            "sales,970,abandoned,4,c3,1,1,4712,",
        ],
        dimensions=["site"],
    )
    table = calls.table()
    assert len(table) == 3
    with pytest.raises(ConfigError, match="contact 'c1', visit 1: told twice as revision 1"):
        read_calls(
            [
                "queue,entered,outcome,wait,contact,visit",
                "q,900,abandoned,5,c1,1",
                "q,900,abandoned,6,c1,1",
            ]
        ).table()
    report = report_visits(table, kpis=["answered", "abandon.wait", "asa"])
    assert [report["billing"]["asa"].value, report["sales"]["abandon.wait"].value] == [7.0, 4.0]
    by_site = report_visits(table, "site", kpis=["offered"])
    assert [(row.labels["site"], row["offered"].value) for row in by_site] == [
        (None, 2),
        ("north", 1),
    ]
    unique = table.query([], ["unique.customers"])
    assert unique["columns"]["unique.customers"].tolist() == [2]
