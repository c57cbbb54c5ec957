"""Visits given whole, as rows of a table; corrections; marks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.telling import DAY, conversation, everything, figures, told

from ccroute import CAUSES, KpiAggregator, Rejected
from ccroute.metrics import Metrics

COUNTED, DUPLICATE, SUPERSEDED, CONFLICT, LATE = range(5)
ANSWERED, ABANDONED, LEFT, NOTHING = range(4)
SECOND = 1_000_000
KEY = 1 << 32  # keys of a source's own, as a router gives them
NAMES = [("queue", ["billing", "sales"]), ("agent", ["ana", "ben"])]


def table(rows: int = 1, **columns: object) -> dict[str, np.ndarray]:
    """Columns of visits one second apart: answered by ana after 4 s, 50 s of talk."""
    numbers = np.arange(rows)
    whole = {
        "contact": KEY + numbers,
        "entered_us": (DAY + numbers) * 1e6,
        "queue": np.zeros(rows),
        "agent": np.zeros(rows),
        "wait_us": np.full(rows, 4 * SECOND),
        "talk_us": np.full(rows, 50 * SECOND),
        **columns,
    }
    types = {"contact": "u8", "customer": "u8", "course": "u1", "cause": "u1"}
    types |= dict.fromkeys(("visit", "revision", "holds"), "u4")
    types |= dict.fromkeys(("entered_us", "wait_us", "talk_us", "hold_us", "wrap_up_us"), "i8")
    types["first_response_us"] = "i8"
    return {
        name: np.broadcast_to(column, (rows,)).astype(types.get(name, "i4"))
        for name, column in whole.items()
        if column is not None
    }


def post(aggregator: KpiAggregator, rows: int = 1, **columns: object) -> list[int]:
    return aggregator.post_visits(table(rows, **columns), names=NAMES).tolist()


def abandoned(wait: float, **columns: object) -> dict[str, object]:
    """Columns of one who hung up."""
    return {"course": ABANDONED, "agent": -1, "talk_us": 0, "wait_us": wait * SECOND, **columns}


def test_a_visit_given_whole_counts_as_its_events_would() -> None:
    events, facts = KpiAggregator(), KpiAggregator()
    told(events, *(e for e in conversation("c1", 0.0) if not e[0].startswith("offer")))
    posted = facts.post_visits(
        table(
            contact=facts.contacts(["c1"]),
            hold_us=10 * SECOND,
            holds=1,
            wrap_up_us=15 * SECOND,
            channel=0,
        ),
        names=[*NAMES, ("channel", ["voice"])],
    )
    assert posted.dtype == np.uint8
    assert posted.tolist() == [COUNTED]
    for of in ("queue", "agent"):
        fields = ["offered", "answered", "handled", "conversations", "held", "holds", "wrapped"]
        timings = ("wait_answered", "talk", "hold", "wrap_up", "handle")
        parts = ("count", "sum", "max", "exact")
        fields += [f"{timing}.{part}" for timing in timings for part in parts]
        one, other = (each.query([of], fields) for each in (events, facts))
        assert one["labels"] == other["labels"]
        assert {name: column.tolist() for name, column in one["columns"].items()} == {
            name: column.tolist() for name, column in other["columns"].items()
        }


def test_every_course_has_its_figures() -> None:
    aggregator = KpiAggregator()
    timed_out = CAUSES.index("timed_out")
    courses = [ANSWERED, ABANDONED, LEFT, NOTHING]
    posted = post(
        aggregator,
        4,
        course=courses,
        cause=[CAUSES.index("customer"), 0, timed_out, 0],
        agent=[0, -1, -1, -1],
        talk_us=[SECOND, 0, 0, 0],
    )
    assert posted == [COUNTED] * 4
    fields = ["offered", "answered", "abandoned", "left", "left.timed_out", "ended_by_customer"]
    assert figures(aggregator, *fields) == [3, 1, 1, 1, 1, 1]


def test_what_is_left_out_has_its_default() -> None:
    aggregator = KpiAggregator()
    few = {name: table()[name] for name in ("contact", "entered_us", "queue", "agent")}
    assert aggregator.post_visits(few, names=NAMES).tolist() == [COUNTED]
    (visit,) = Metrics(aggregator).visits(DAY, DAY + 900.0)
    assert (visit.contact, visit.key, visit.visit, visit.revision) == (None, KEY, 1, 1)
    assert (visit.outcome, visit.wait, visit.customer) == ("answered", 0.0, 0)
    assert figures(aggregator, "wait_answered.zero", "handle.sum") == [1, 0]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"contact": [KEY, 0, KEY + 1]}, "row 1: contact '0': give one of contacts"),
        ({"queue": [0, 0, 7]}, "row 2: queue '7': give a place in its list of names"),
        ({"queue": [0, -1, 0]}, "row 1: queue '-1': give a place in names: every visit is to a"),
        ({"agent": [0, 2, 0]}, "row 1: agent '2': give a place in its list of names"),
        ({"course": [0, 0, 9]}, "row 2: course '9': give 0 answered, 1 abandoned"),
        ({"cause": [0, 250, 0]}, "row 1: cause '250'"),
        ({"revision": [1, 0, 1]}, "row 1: revision 0 is what events say: number facts from 1"),
        ({"course": [0, 1, 0]}, "row 1: talk, hold or wrap-up without an answer"),
        ({"wait_us": [0, 0, 32 * 86_400 * SECOND]}, "row 2: wait .*: give at most 31 days"),
        ({"wait_us": [0, -1, 0]}, r"wait_us\[1\]"),
        ({"entered_us": [0, 1, -1]}, r"entered_us\[2\]"),
    ],
)
def test_a_row_that_cannot_be_is_named_and_none_is_counted(
    columns: dict[str, object], says: str
) -> None:
    aggregator = KpiAggregator()
    with pytest.raises(Rejected, match=says) as refused:
        post(aggregator, 3, **columns)
    assert refused.value.code == "invalid_value"
    assert figures(aggregator, "offered") in ([], [0])


@pytest.mark.parametrize(
    ("columns", "names", "says"),
    [
        ({"contact": None}, NAMES, "give the column contact"),
        ({"entered_us": None}, NAMES, "give the column entered_us"),
        ({"skill": 0}, NAMES, "column 'skill': give columns among contact"),
        ({}, NAMES[1:], "give those of the column queue"),
        ({}, [*NAMES, ("skill", ["a"])], "names 'skill'"),
    ],
)
def test_a_table_that_cannot_be_is_refused(
    columns: dict[str, object],
    names: list[tuple[str, list[str]]],
    says: str,
) -> None:
    with pytest.raises(Rejected, match=says):
        KpiAggregator().post_visits(table(**columns), names=names)


def test_columns_of_other_types_or_lengths_are_refused() -> None:
    for column in (np.zeros(2, "i8"), np.zeros(1, "f8"), np.zeros((1, 1), "i8")):
        with pytest.raises((TypeError, ValueError), match="wait_us"):
            KpiAggregator().post_visits({**table(), "wait_us": column}, names=NAMES)


def test_revisions_replace_and_the_order_of_arrival_does_not_matter() -> None:
    aggregator = KpiAggregator()
    assert post(aggregator, revision=2, talk_us=60 * SECOND) == [COUNTED]
    assert post(aggregator, revision=2, talk_us=60 * SECOND) == [DUPLICATE]
    assert post(aggregator, revision=1) == [SUPERSEDED]
    assert figures(aggregator, "offered", "talk.sum") == [1, 60 * SECOND]
    assert post(aggregator, revision=3, **abandoned(9.0)) == [COUNTED]
    assert figures(aggregator, "offered", "answered", "abandoned", "talk.sum") == [1, 0, 1, 0]
    assert post(aggregator, revision=4, queue=1) == [COUNTED]
    by_queue = aggregator.query(["queue"], ["answered"])
    counts = dict(zip(by_queue["labels"]["queue"], by_queue["columns"]["answered"], strict=True))
    assert {queue: count for queue, count in counts.items() if count} == {"sales": 1}
    assert post(aggregator, revision=5, course=NOTHING, agent=-1, talk_us=0) == [COUNTED]
    assert figures(aggregator, "offered", "answered") in ([], [0, 0])
    counters = aggregator.counters()
    assert (counters["duplicates"], counters["superseded"]) == (1, 1)


corrections = st.lists(
    st.tuples(
        st.integers(1, 3),  # contact
        st.integers(1, 3),  # revision
        st.sampled_from([0, 1]),  # queue
        st.sampled_from([ANSWERED, ABANDONED]),
        st.integers(0, 2_000),  # seconds waited
    ),
    max_size=12,
)


@given(corrections, st.randoms(use_true_random=False))
def test_what_stands_is_the_greatest_whatever_came_first(rows, random) -> None:
    aggregators = []
    for _ in range(2):
        aggregator = KpiAggregator()
        for contact, revision, queue, course, wait in rows:
            agent, talk = (0, 50 * SECOND) if course == ANSWERED else (-1, 0)
            said = {"course": course, "queue": queue, "agent": agent, "talk_us": talk}
            said |= {"contact": KEY + contact, "revision": revision, "wait_us": wait * SECOND}
            post(aggregator, **said)
        aggregators.append(aggregator)
        random.shuffle(rows)
    one, other = map(nonzero, aggregators)
    assert one == other
    assert sum(figures(aggregators[0], "offered")) == len({row[0] for row in rows})


def nonzero(aggregator: KpiAggregator) -> dict[object, object]:
    """Without what was taken back wholly, and whether it is final: that goes by the latest
    instant heard of, even in a fact that was superseded."""
    return {key: figure[:-1] for key, figure in everything(aggregator).items() if any(figure[:-1])}


def test_two_facts_of_one_revision_are_a_conflict_and_the_greater_stands() -> None:
    waits = [5.0, 8.0]
    sums = []
    for order in (waits, waits[::-1]):
        aggregator = KpiAggregator()
        assert [post(aggregator, **abandoned(wait)) for wait in order] == [[COUNTED], [CONFLICT]]
        assert aggregator.counters()["conflicts"] == 1
        sums += figures(aggregator, "wait_abandoned.sum")
    assert sums[0] == sums[1]


def test_events_that_are_over_are_corrected_and_those_under_way_are_not() -> None:
    aggregator = told(KpiAggregator(), *conversation("c1", 0.0))
    key = aggregator.contacts(["c1"])
    assert post(aggregator, contact=key, **abandoned(7.0)) == [COUNTED]
    assert figures(aggregator, "offered", "answered", "abandoned") == [1, 0, 1]
    told(aggregator, ("contact_queued", 100.0, "c2", None))
    with pytest.raises(Rejected, match="row 0: visit 1 is still under way") as refused:
        post(aggregator, contact=aggregator.contacts(["c2"]))
    assert refused.value.code == "wrong_phase"


def test_what_might_have_been_counted_and_forgotten_is_late() -> None:
    aggregator = KpiAggregator(retention=3600.0)
    assert post(aggregator, entered_us=(DAY + 86_400.0) * 1e6) == [COUNTED]
    assert post(aggregator, contact=KEY + 2) == [COUNTED]  # nothing was forgotten yet
    assert post(aggregator, contact=KEY + 3, entered_us=(DAY + 90_000.0) * 1e6) == [COUNTED]
    assert post(aggregator, contact=KEY + 4) == [LATE]
    assert aggregator.counters()["late"] == 1
    assert post(KpiAggregator(retention=0.0), 2) == [COUNTED] * 2


def test_labels_and_own_dimensions_come_in_columns() -> None:
    aggregator = KpiAggregator(dimensions=["site", "product"])
    names = [
        *NAMES,
        ("channel", ["chat"]),
        ("direction", ["inbound", "outbound"]),
        ("client", ["acme", "umbrella"]),
        ("campaign", ["spring"]),
        ("site", ["north"]),
        ("custom2", ["loans", "cards"]),
    ]
    columns = table(
        4, channel=0, direction=[0, 1, 0, 1], client=[0, 0, 1, -1], campaign=[-1, -1, 0, 0],
        custom1=[0, -1, -1, 0], custom2=[0, 1, 0, 1],
    )  # fmt: skip
    assert aggregator.post_visits(columns, names=names).tolist() == [COUNTED] * 4
    metrics = Metrics(aggregator)

    def counts(by: str, **asked: object) -> dict[str | None, float | None]:
        table = metrics.report(by, kpis=["offered"], **asked)
        return {row.labels[by]: row["offered"].value for row in table}

    assert counts("channel") == {"chat": 4}
    assert counts("direction") == {"inbound": 2, "outbound": 2}
    assert counts("client") == {None: 1, "acme": 2, "umbrella": 1}
    assert counts("site") == {None: 2, "north": 2}
    assert counts("product") == {"cards": 2, "loans": 2}
    assert counts("client", where={"campaign": ["spring"]}) == {None: 1, "umbrella": 1}
    assert counts("direction", where={"client": [None, "acme"]}) == {"inbound": 1, "outbound": 2}
    both = metrics.report(["client", "product"], kpis=["offered"])
    assert both["acme", "cards"]["offered"].value == 1


def test_customers_are_told_apart_without_their_ids() -> None:
    keys = KpiAggregator.customers(["573001", "573002", "573001", ""])
    assert keys.dtype == np.uint64
    assert (keys[0], keys[3]) == (keys[2], 0)
    assert len(set(keys.tolist())) == 3
    aggregator = KpiAggregator()
    post(aggregator, 4, customer=keys)
    assert figures(aggregator, "offered", "unique.customers", "unique.customers.exact") == [4, 2, 1]
    assert (
        str(Metrics(aggregator).report(kpis=["unique.customers"])["billing"]["unique.customers"])
        == "2"
    )


def test_many_customers_are_estimated_and_merge() -> None:
    parts = [KpiAggregator(), KpiAggregator()]
    whole = KpiAggregator()
    keys = KpiAggregator.customers([f"customer {number}" for number in range(6_000)])
    for place, part in enumerate(parts):
        mine = np.arange(4_000) + place * 2_000
        columns = {"customer": keys[mine], "contact": KEY + mine + 10_000 * place}
        post(part, 4_000, **columns)
        post(whole, 4_000, **columns)
    parts[0].merge(parts[1])
    found, exact = figures(parts[0], "unique.customers", "unique.customers.exact")
    assert [found, exact] == figures(whole, "unique.customers", "unique.customers.exact")
    assert found == pytest.approx(6_000, rel=0.05)


def test_marks_are_scores_amounts_and_codes() -> None:
    aggregator = KpiAggregator()
    post(aggregator, 3)
    for contact, score in ((0, 5), (1, 3), (2, 4)):
        assert aggregator.mark(KEY + contact, "csat", DAY + 100.0, score=score) == "counted"
    assert aggregator.mark(KEY, "cost", DAY + 100.0, amount=1.25) == "counted"
    assert aggregator.mark(KEY + 1, "cost", DAY + 100.0, amount=-0.25) == "counted"
    assert aggregator.mark(KEY + 1, "sale", DAY + 100.0) == "counted"
    kpis = ["csat.top_box", "csat.mean", "cost", "cost.per_contact", "disposition.sale"]
    row = Metrics(aggregator).report(kpis=kpis)["billing"]
    assert [str(value) for _, value in row] == ["66.7 %", "4.00", "1.00", "0.33", "1"]
    by_agent = Metrics(aggregator).report("agent", kpis=["csat.mean"])
    assert by_agent["ana"]["csat.mean"].value == 4.0


def test_a_mark_is_corrected_by_a_later_revision() -> None:
    aggregator = KpiAggregator()
    post(aggregator)
    said = [
        aggregator.mark(KEY, "csat", DAY + 1.0, score=2),
        aggregator.mark(KEY, "csat", DAY + 1.0, score=2),
        aggregator.mark(KEY, "csat", DAY + 1.0, score=4, revision=2),
        aggregator.mark(KEY, "csat", DAY + 1.0, score=5),
        aggregator.mark(KEY, "csat", DAY + 1.0, score=5, revision=2),
        aggregator.mark(KEY + 9, "csat", DAY + 1.0, score=5),
    ]
    assert said == ["counted", "duplicate", "counted", "superseded", "conflict", "held"]
    assert figures(aggregator, "score.csat", "score.csat.5") == [1, 1]
    # One that came before its visit waits for it.
    assert post(aggregator, contact=KEY + 9) == [COUNTED]
    assert figures(aggregator, "score.csat", "score.csat.5") == [2, 2]
    # A correction of the visit keeps them.
    assert post(aggregator, revision=2, queue=1) == [COUNTED]
    assert Metrics(aggregator).report(kpis=["csat.mean"])["sales"]["csat.mean"].value == 5.0


def test_the_first_word_of_an_agent_is_a_mark() -> None:
    aggregator = KpiAggregator()
    post(aggregator)
    said = [
        aggregator.mark(KEY, "first_response", DAY + 9.0, response=4.0),
        aggregator.mark(KEY, "first_response", DAY + 9.0, response=4.0),
        aggregator.mark(KEY, "first_response", DAY + 9.0, response=6.0, revision=2),
        aggregator.mark(KEY + 9, "first_response", DAY + 9.0, response=2.0),
    ]
    assert said == ["counted", "duplicate", "counted", "held"]

    def shown() -> tuple[int, float | None, float | None]:
        kpis = ["first_response", "first_response.p90"]
        (row,) = Metrics(aggregator).report((), kpis=kpis)
        (responded,) = figures(aggregator, "responded")
        return responded, row["first_response"].value, row["first_response.p90"].value

    assert shown() == (1, 6.0, 6.0)  # what it replaces is taken back
    assert post(aggregator, contact=KEY + 9) == [COUNTED]
    assert shown() == (2, 4.0, 6.0)
    assert post(aggregator, revision=2, queue=1) == [COUNTED]
    restored = KpiAggregator.restore(aggregator.snapshot())
    assert figures(restored, "responded") == figures(aggregator, "responded")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": ""}, "mark '': give it a name"),
        ({"score": 1, "amount": 1.0}, "a score, an amount or a response, not both"),
        ({"score": 256}, "score '256': give a whole number from 0 to 255"),
        ({"score": 1, "response": 1.0}, "a score, an amount or a response, not both"),
        ({"response": -1.0}, "response"),
        ({"amount": float("nan")}, "amount 'NaN': give a finite number"),
        ({"contact": 0}, "contact"),
        ({"at": -1.0}, "at -1: give seconds"),
    ],
)
def test_marks_that_cannot_be_are_refused(arguments: dict[str, object], says: str) -> None:
    aggregator = KpiAggregator()
    post(aggregator)
    with pytest.raises(Rejected, match=says):
        aggregator.mark(**{"contact": KEY, "name": "csat", "at": DAY, **arguments})


def test_negative_first_response_is_refused_unless_it_means_none() -> None:
    metrics = KpiAggregator()
    for wrong in (-2, -SECOND, 1 << 62):
        with pytest.raises(Rejected, match=f"row 1: first_response_us '{wrong}'"):
            metrics.post_visits(table(2, first_response_us=[-1, wrong]), names=NAMES)
    metrics.post_visits(table(2, first_response_us=[-1, 0]), names=NAMES)
    assert figures(metrics, "responded", "first_response.sum") == [1, 0]


@pytest.mark.parametrize("pad", ["u1", "u4"])
def test_fields_of_packed_records_are_read_as_they_are(pad: str) -> None:
    plain, packed = KpiAggregator(), KpiAggregator()
    columns = table(5, wait_us=np.arange(1, 6) * SECOND)
    records = np.zeros(5, dtype=[("pad", pad), *((name, c.dtype) for name, c in columns.items())])
    for name, column in columns.items():
        records[name] = column
    fields = {name: records[name] for name in columns}
    assert plain.post_visits(columns, names=NAMES).tolist() == [COUNTED] * 5
    assert packed.post_visits(fields, names=NAMES).tolist() == [COUNTED] * 5
    assert everything(packed) == everything(plain)


def test_a_refused_table_leaves_no_name_behind() -> None:
    aggregator = KpiAggregator(most_names=2)
    names = [("queue", ["typo", "slip"]), ("agent", ["ghost"])]
    for wrong in ({"revision": 0}, {"talk_us": 32 * 86_400 * SECOND}, {"course": ABANDONED}):
        with pytest.raises(Rejected):
            aggregator.post_visits(table(**wrong), names=names, source="nobody")
    assert aggregator.names("queue") == aggregator.names("agent") == []
    post(aggregator)
    assert aggregator.query(["queue"], ["offered"])["labels"]["queue"] == ["billing"]
