"""Visits given whole one call at a time: as rows of a table count, by names and in seconds."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.telling import DAY, everything, figures

from ccroute import CAUSES, KpiAggregator, Rejected

QUEUES, AGENTS, CLIENTS = ["billing", "sales"], ["ana", "ben"], ["acme", "umbrella"]
COURSES = ("answered", "abandoned", "left", "none")
WORDS = ("counted", "duplicate", "superseded", "conflict", "late")
KEY = 1 << 32  # keys of a source's own, as a router gives them

Row = dict[str, int]


@st.composite
def visits(draw: st.DrawFn) -> Row:
    course = draw(st.integers(0, 3))
    short, talks = st.integers(0, 40), course == 0
    talk = {name: draw(short) if talks else 0 for name in ("talk", "hold", "wrap_up")}
    return {
        "contact": KEY + draw(st.integers(0, 3)),
        "visit": draw(st.integers(1, 2)),
        "revision": draw(st.integers(1, 2)),
        "queue": draw(st.integers(0, 1)),
        "client": draw(st.integers(-1, 1)),
        "agent": draw(st.integers(-1, 1)) if talks else -1,
        "course": course,
        "cause": draw(st.integers(0, len(CAUSES) - 1)),
        "entered": draw(st.integers(0, 2_000)),
        "wait": draw(short),
        "first_response": draw(st.integers(-1, 40)),
        **talk,
    }


def post_table(aggregator: KpiAggregator, rows: Sequence[Row]) -> list[str]:
    types = {"contact": "u8", "visit": "u4", "revision": "u4", "course": "u1", "cause": "u1"}
    columns = {}
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        if name in ("wait", "talk", "hold", "wrap_up"):
            columns[f"{name}_us"] = values.astype("i8") * 1_000_000
        elif name == "entered":
            columns["entered_us"] = (round(DAY) + values.astype("i8")) * 1_000_000
        elif name == "first_response":
            columns["first_response_us"] = np.where(values < 0, -1, values * 1_000_000).astype("i8")
        else:
            columns[name] = values.astype(types.get(name, "i4"))
    names = [("queue", QUEUES), ("agent", AGENTS), ("client", CLIENTS)]
    return [WORDS[code] for code in aggregator.post_visits(columns, names=names).tolist()]


def post_one(aggregator: KpiAggregator, row: Row) -> str:
    client, response, agent = row["client"], row["first_response"], row["agent"]
    return aggregator.post_visit(
        row["contact"],
        QUEUES[row["queue"]],
        DAY + row["entered"],
        float(row["wait"]),
        COURSES[row["course"]],
        agent=None if agent < 0 else AGENTS[agent],
        talk=float(row["talk"]),
        hold=float(row["hold"]),
        wrap_up=float(row["wrap_up"]),
        cause=list(CAUSES)[row["cause"]],
        first_response=None if response < 0 else float(response),
        labels=None if client < 0 else [("client", CLIENTS[client])],
        visit=row["visit"],
        revision=row["revision"],
    )


@given(rows=st.lists(visits(), min_size=1, max_size=8), keeps=st.booleans())
def test_one_by_one_is_as_tables_of_one_row(rows: list[Row], keeps: bool) -> None:
    retention = 172_800.0 if keeps else 0.0
    tables, calls = (KpiAggregator(retention=retention) for _ in range(2))
    for aggregator in (tables, calls):  # in one order, whatever is named first
        silent = dict.fromkeys(("talk", "hold", "wrap_up"), 0)
        post_table(
            aggregator, [{**rows[0], **silent, "contact": KEY + 9, "course": 3, "agent": -1}]
        )
    told = [post_table(tables, [row])[0] for row in rows]
    assert [post_one(calls, row) for row in rows] == told
    assert everything(calls) == everything(tables)
    assert calls.counters() == tables.counters()
    assert calls.snapshot() == tables.snapshot()


def test_a_contact_is_a_text_or_a_key() -> None:
    aggregator = KpiAggregator()
    assert aggregator.post_visit("call-1", "billing", DAY, 5.0) == "counted"
    (key,) = aggregator.contacts(["call-1"]).tolist()
    assert aggregator.post_visit(key, "billing", DAY, 5.0) == "duplicate"
    assert aggregator.post_visit(KEY, "billing", DAY, 5.0) == "counted"
    assert figures(aggregator, "answered", "wait_answered.sum") == [2, 10_000_000]
    aggregator.fold("contact_queued", DAY + 60.0, KEY + 1, queue="billing")
    aggregator.fold("contact_abandoned", DAY + 67.0, KEY + 1)
    assert figures(aggregator, "abandoned", "wait_abandoned.sum") == [1, 7_000_000]


def test_an_event_knows_its_contact_by_text_and_by_key() -> None:
    by_text, by_key = KpiAggregator(), KpiAggregator()
    (key,) = by_key.contacts(["call-1"]).tolist()
    for kind, at in (("contact_queued", 0.0), ("contact_connected", 4.0)):
        by_text.fold(kind, DAY + at, "call-1", queue="billing", agent="ana")
        by_key.fold(kind, DAY + at, key, queue="billing", agent="ana")
    assert by_key.snapshot() == by_text.snapshot()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"contact": 0}, "contact '0': give its text or its key"),
        ({"contact": -1}, "number -1: give a whole number"),
        ({"contact": 1 << 64}, "give a whole number, 0 or more, of at most 64 bits"),
        ({"entered": -1.0}, "entered -1: give seconds since the epoch"),
        ({"wait": float("nan")}, "wait NaN: give seconds"),
        ({"wait": 32 * 86_400.0}, "wait .*: give at most 31 days"),
        ({"course": "answer"}, "course 'answer': give one of answered, abandoned, left, none"),
        ({"course": "abandoned", "talk": 1.0}, "talk, hold or wrap-up without an answer"),
        ({"cause": "rain"}, "cause 'rain'"),
        ({"revision": 0}, "revision 0 is what events say"),
        ({"labels": [("weather", "rain")]}, "dimension 'weather'"),
        ({"labels": [("queue", "rain")]}, "dimension 'queue' is no label of a contact"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_no_name(
    arguments: dict[str, object], says: str
) -> None:
    aggregator = KpiAggregator(retention=0)
    visit = {"contact": "call-1", "queue": "billing", "entered": DAY, "agent": "ana"}
    with pytest.raises(Rejected, match=says):
        aggregator.post_visit(**{**visit, **arguments})  # type: ignore[arg-type]
    assert aggregator.names("queue") == aggregator.names("agent") == []
    assert figures(aggregator, "offered") == []


@pytest.mark.parametrize("contact", [None, 1.5, b"call-1"])
def test_a_contact_of_another_type_is_a_type_error(contact: object) -> None:
    with pytest.raises(TypeError, match="contact"):
        KpiAggregator().post_visit(contact, "billing", DAY)  # type: ignore[arg-type]


def test_a_visit_under_way_is_not_given_whole() -> None:
    aggregator = KpiAggregator(retention=0)
    aggregator.fold("contact_queued", DAY, "call-1", queue="billing")
    with pytest.raises(Rejected, match="visit 1 is still under way"):
        aggregator.post_visit("call-1", "billing", DAY, 500.0)
    assert aggregator.post_visit("call-2", "billing", DAY, 5.0) == "counted"
    assert figures(aggregator, "offered", "answered") == [2, 1]
