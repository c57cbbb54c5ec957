"""Events paired by contact, against an aggregator that folds the same events one by one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccroute import CAUSES, EVENT_KINDS, ConfigError, KpiAggregator, Rejected
from ccroute.metrics import PairedVisits, pair_visits, report_visits

KINDS = ["contact_queued", "contact_connected", "contact_abandoned", "contact_left",
         "contact_held", "contact_resumed", "contact_released", "contact_transferred",
         "wrap_up_started", "wrap_up_ended", "offer_made"]  # fmt: skip
QUEUES, AGENTS = ["billing", "sales"], ["ana", "ben"]
NAMES = [("queue", QUEUES), ("agent", AGENTS)]
FIELDS = ["offered", "contacts", "answered", "abandoned", "left", "left.timed_out",
          "wait_answered.sum", "wait_answered.p90", "wait_abandoned.max", "wait_left.sum",
          "conversations", "talk.sum", "hold.sum", "holds", "wrap_up.sum", "handle.sum",
          "transferred", "ended_by_agent", "ended_by_customer"]  # fmt: skip
SECOND = 1_000_000

Event = tuple[str, int, int, int, str, str, str]
"""Kind, second, number of the contact, visit, queue, agent, cause."""

Columns = dict[str, np.ndarray[Any, Any]]


def of(events: Sequence[Event]) -> Columns:
    def column(place: int, dtype: str, words: Sequence[str] | None = None) -> Any:
        values = [event[place] for event in events]
        return np.array([words.index(v) if words else v for v in values], dtype=dtype)

    return {
        "contact": (1 << 32) + column(2, "u8"),
        "kind": column(0, "u1", KINDS),
        "at_us": column(1, "i8") * SECOND,
        "visit": column(3, "u4"),
        "queue": column(4, "i4", QUEUES),
        "agent": column(5, "i4", AGENTS),
        "cause": column(6, "u1", CAUSES),
    }


def by_labels(answer: Any, by: Sequence[str]) -> dict[Any, dict[str, float]]:
    """The figures of an answer by field, by label."""
    labels = answer["labels"][by[0]] if by else [None] * len(answer["interval"])
    return {
        label: {name: column[row].item() for name, column in answer["columns"].items()}
        for row, label in enumerate(labels)
    }


def folded(events: Sequence[Event]) -> KpiAggregator:
    aggregator = KpiAggregator(bases=["offered", "event", "completion"])
    for kind, second, contact, visit, queue, agent, cause in events:
        aggregator.fold(kind, float(second), f"c{contact}", visit=visit, queue=queue, agent=agent,
                        cause=cause)  # fmt: skip
    return aggregator


events_of = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 40),
        st.integers(1, 4),
        st.integers(1, 2),
        st.sampled_from(QUEUES),
        st.just("ana"),
        st.sampled_from(["none", "customer", "agent", "timed_out"]),
    ),
    max_size=60,
)


@given(events_of)
@settings(max_examples=150, deadline=None)
def test_figures_are_those_of_folding_the_same_events(steps: list[Event]) -> None:
    second = 0
    events: list[Event] = []
    for kind, passed, contact, visit, queue, agent, cause in steps:
        second += passed % 20
        events.append((kind, second, contact, visit, queue, agent, cause))
    # All that is open ends, so that rows can say it.
    events += [
        (kind, second, contact, visit, "billing", "ana", "none")
        for contact in range(1, 5)
        for visit in (1, 2)
        for kind in ("contact_released", "contact_abandoned")
    ]
    paired = pair_visits(of(events), kinds=KINDS)
    aggregator = folded(events)
    aggregator.advance(second + 3600.0)
    table = paired.table(names=NAMES)
    for by in ([], ["queue"], ["agent"]):
        fields = [f for f in FIELDS if by != ["agent"] or not f.startswith(("off", "aban", "left"))]
        found, expected = table.query(by, fields), aggregator.query(by, fields)
        rows, others = (by_labels(answer, by) for answer in (found, expected))
        # A visit that began without a row is none: there is nothing to say of it.
        assert rows.keys() <= others.keys()
        for labels, row in others.items():
            for name in fields if labels in rows else ():
                assert (
                    rows[labels][name] == row[name]
                    or np.isnan([rows[labels][name], row[name]]).all()
                ), name
            assert labels in rows or not sum(row[name] for name in ("answered", "conversations"))
    counted, theirs = paired.counters, aggregator.counters()
    assert counted["duplicates"] == theirs["duplicates"]
    assert (counted["backwards"], counted["incomplete"]) == (0, 0)
    assert (counted["waiting"], counted["talking"]) == (0, 0)
    # An offer of no visit is an orphan there, and of no bearing here.
    offers = sum(kind == "offer_made" for kind, *_ in events)
    assert counted["unused"] == offers
    assert counted["orphans"] <= theirs["orphans"] <= counted["orphans"] + offers


def simple(**more: object) -> PairedVisits:
    given: dict[str, Any] = {
        "contact": np.array([7, 8, 8, 7], dtype=np.uint64),
        "kind": np.array([0, 0, 2, 1], dtype=np.uint8),
        "at_us": np.array([0, 1, 4, 9]) * SECOND,
        **more,
    }
    return pair_visits({k: v for k, v in given.items() if v is not None}, kinds=KINDS)


def test_what_cannot_be_paired_is_counted() -> None:
    kinds = ["contact_queued", "contact_connected", "contact_abandoned", "contact_released"]
    rows = [
        (7, 0, 0), (7, 0, 1), (7, 2, 5), (7, 2, 6), (8, 1, 7), (9, 0, 10), (9, 1, 8), (9, 3, 20),
        (10, 0, 30), (11, 0, 31), (11, 1, 33), (0, 0, 34),
    ]  # fmt: skip
    contact, kind, at = zip(*rows, strict=True)
    paired = pair_visits(
        {
            "contact": np.array(contact, dtype=np.uint64),
            "kind": np.array(kind, dtype=np.uint8),
            "at_us": np.array(at) * SECOND,
        },
        kinds=kinds,
    )
    assert paired.counters == {
        "events": 12, "duplicates": 1, "orphans": 2, "incomplete": 1, "backwards": 1,
        "overlong": 0, "unused": 0, "waiting": 1, "talking": 1,
    }  # fmt: skip
    assert paired.waiting.tolist() == [8]
    assert {name: column.tolist() for name, column in paired.columns.items()} == {
        "contact": [7, 9, 11],
        "entered_us": [0, 10 * SECOND, 31 * SECOND],
        "course": [1, 0, 0],
        "wait_us": [5 * SECOND, 0, 2 * SECOND],
        "talk_us": [0, 12 * SECOND, 0],
    }
    assert len(paired) == 3


def test_a_log_that_tells_of_no_conversation_ends_visits_with_their_answer() -> None:
    again = pair_visits(
        {
            "contact": np.full(4, 7, dtype=np.uint64),
            "kind": np.array([0, 1, 0, 1], dtype=np.uint8),
            "at_us": np.arange(4) * SECOND,
        },
        kinds=KINDS[:2],
    )
    assert again.columns["entered_us"].tolist() == [0, 2 * SECOND]
    assert again.counters["talking"] == again.counters["duplicates"] == 0


def test_pairs_are_tables_and_facts() -> None:
    queue = np.array([0, 1, -1, -1], dtype=np.int32)
    paired = simple(queue=queue, customer=np.arange(1, 5, dtype=np.uint64))
    report = report_visits(paired.table(names=NAMES), kpis=["answered", "abandon.wait"])
    assert (report["billing"]["answered"].value, report["sales"]["abandon.wait"].value) == (1, 3.0)
    assert paired.columns["customer"].tolist() == [1, 2]
    aggregator = KpiAggregator()
    keys = aggregator.contacts(["c7", "c8", "c8", "c7"])
    posted = simple(queue=queue, contact=keys).post(aggregator, names=NAMES)
    assert posted == {"counted": 2, "duplicate": 0, "superseded": 0, "conflict": 0, "late": 0}
    figures = aggregator.query(["queue"], ["answered", "abandoned"])["columns"]
    assert [column.tolist() for column in figures.values()] == [[1, 0], [0, 1]]


def test_kinds_are_numbered_as_those_of_events() -> None:
    numbers = list(EVENT_KINDS)
    kinds = [numbers.index(KINDS[place]) for place in (0, 0, 2, 1)]
    given: Columns = {
        "contact": np.array([7, 8, 8, 7], dtype=np.uint64),
        "kind": np.array(kinds, dtype=np.uint8),
        "at_us": np.array([0, 1, 4, 9]) * SECOND,
    }
    assert pair_visits(given).columns["course"].tolist() == [0, 1]


def test_no_events_are_no_visits() -> None:
    none = simple(
        contact=np.zeros(0, np.uint64), kind=np.zeros(0, np.uint8), at_us=np.zeros(0, np.int64)
    )
    assert (len(none), none.waiting.tolist(), set(none.counters.values())) == (0, [], {0})


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"moon": np.zeros(4)}, ConfigError, "column 'moon': give columns among contact, kind"),
        ({"contact": None}, ConfigError, "give the column contact"),
        ({"at_us": None}, ConfigError, "give the column at_us"),
        ({"contact": np.zeros(4)}, TypeError, "contact: give a one-dimensional numpy array of u"),
        ({"kind": np.zeros(3, np.uint8)}, ValueError, "kind has 3 rows where 4 are needed"),
        (
            {"kind": np.array([0, 11, 2, 1], np.uint8)},
            Rejected,
            "row 1: kind 11: give a place in the 11 kinds",
        ),
        (
            {"at_us": np.array([0, 1, -4, 9])},
            Rejected,
            "row 2: at_us -4: give microseconds since the epoch, not negative",
        ),
        (
            {"cause": np.array([0, 0, 0, 255], np.uint8)},
            Rejected,
            "row 3: cause 255: give a code of CAUSES",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    given: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as refused:
        simple(**given)
    assert words in str(refused.value)


def test_kinds_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigError, match="kind 'moon': give words of EVENT_KINDS"):
        pair_visits({}, kinds=["moon"])
