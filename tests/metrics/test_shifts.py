"""Schedules and fairness of what an aggregator counted, against spans written by hand."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.telling import DAY, conversation, in_time, told

from ccroute import ConfigError, KpiAggregator
from ccroute.metrics import (
    SPAN_DTYPE,
    Fairness,
    Metrics,
    adherence,
    occupancy_fairness,
)

MINUTE = 60.0


def spans(*rows: tuple[str, str, float, float]) -> np.ndarray:
    """Spans from agent, state, and minutes of the day."""
    micros = [
        (agent, state, *(round((DAY + at * MINUTE) * 1_000_000) for at in bounds))
        for agent, state, *bounds in rows
    ]
    return np.array(micros, dtype=SPAN_DTYPE)


def signed_in(*rows: tuple[str, float, str, str | None]) -> Metrics:
    """Agents by minute: signed in at 0, then events with their reason."""
    aggregator = KpiAggregator(interval=MINUTE)
    for agent in dict.fromkeys(agent for agent, *_ in rows):
        aggregator.fold("agent_signed_in", DAY, agent=agent)
    for agent, minute, kind, reason in sorted(rows, key=lambda row: row[1]):
        aggregator.fold(kind, DAY + minute * MINUTE, agent=agent, reason=reason)
    return Metrics(aggregator)


ANA = (
    ("ana", 0.0, "agent_ready", None),
    ("ana", 30.5, "agent_not_ready", "lunch"),
    ("ana", 61.0, "agent_ready", None),
)
SCHEDULE = (("ana", "work", 0, 30), ("ana", "lunch", 30, 60), ("ana", "work", 60, 90))


def test_time_as_planned_is_counted_by_state_and_reason() -> None:
    value = signed_in(*ANA).adherence(spans(*SCHEDULE), now=DAY + 90 * MINUTE)
    assert (value.variant, value.unit, value.n) == ("adherence", "ratio", 3)
    assert value.denominator == 90 * 60_000_000
    assert value.numerator == round((30 + 29.5 + 29) * 60_000_000)
    was = spans(("ana", "work", 0, 30.5), ("ana", "lunch", 30.5, 61), ("ana", "work", 61, 90))
    assert value.value == adherence(was, spans(*SCHEDULE)).value


def test_a_state_that_lasts_is_cut_at_the_instant_of_asking() -> None:
    metrics = signed_in(*ANA)
    early, late = (
        metrics.adherence(spans(*SCHEDULE), now=DAY + minutes * MINUTE) for minutes in (70, 90)
    )
    assert (late.numerator or 0) - (early.numerator or 0) == 20 * 60_000_000
    assert not late.final
    metrics.aggregator.advance(DAY + 200 * MINUTE)
    assert metrics.adherence(spans(*SCHEDULE), now=DAY + 90 * MINUTE).final


def test_handling_is_work() -> None:
    aggregator = told(KpiAggregator(), *conversation("c1", 0.0))  # in talk, hold, wrap-up to 89 s
    states = {"work": ["talk", "hold", "connecting", "offered", "wrap_up"]}
    value = Metrics(aggregator).adherence(spans(("ana", "work", 0, 15)), states=states)
    times = Metrics(aggregator).report("agent", kpis=["time.talk", "time.hold", "time.wrap_up"])
    handled = sum(each.value or 0 for _, each in times["ana"])
    assert handled > 0
    assert (value.numerator or 0) / 1e6 >= handled
    assert value.denominator == 900_000_000


def test_planned_names_stand_for_what_one_says() -> None:
    metrics = signed_in(*ANA)
    schedule = spans(("ana", "meal", 30, 60), ("ana", "idle", 0, 30), ("ana", "tea", 60, 90))
    plain = metrics.adherence(schedule, now=DAY + 90 * MINUTE)
    assert plain.numerator == 30 * 60_000_000  # no reason is called meal
    told_so = metrics.adherence(
        schedule, states={"meal": "not_ready.lunch", "tea": ["talk"]}, now=DAY + 90 * MINUTE
    )
    assert told_so.numerator == round(59.5 * 60_000_000)


def test_who_never_came_and_what_nobody_planned() -> None:
    metrics = signed_in(*ANA)
    assert metrics.adherence(spans(("ben", "work", 0, 10))).value == 0.0
    nothing = metrics.adherence(spans())
    assert (nothing.value, nothing.reason) == (None, "nothing counted to divide by")


def test_overlapping_plans_count_once() -> None:
    metrics = signed_in(*ANA)
    twice = spans(("ana", "work", 0, 20), ("ana", "work", 10, 30), ("ana", "work", 10, 20))
    once = metrics.adherence(spans(("ana", "work", 0, 30)))
    assert metrics.adherence(twice).denominator == once.denominator
    assert metrics.adherence(twice).numerator == once.numerator


def test_the_same_agent_in_two_aggregators_is_there_once() -> None:
    one, two = signed_in(*ANA), signed_in(*ANA)
    one.aggregator.merge(two.aggregator)
    assert one.adherence(spans(("ana", "work", 0, 30))).value == 1.0


MINUTES = st.lists(st.integers(0, 120), min_size=2, max_size=8, unique=True).map(sorted)


@given(changes=st.lists(st.tuples(st.integers(1, 1200), st.booleans()), max_size=6), plan=MINUTES)
def test_it_is_what_the_spans_say(changes: list[tuple[int, bool]], plan: list[int]) -> None:
    ordered = sorted(dict(changes).items())
    rows = [
        ("ana", tenth / 10, "agent_ready" if ready else "agent_not_ready", "lunch")
        for tenth, ready in ordered
    ]
    was: list[tuple[str, str, float, float]] = []
    bounds = [*(tenth for tenth, _ in ordered), 1200]
    for (begin, ready), end in zip(ordered, bounds[1:], strict=True):
        was.append(("ana", "work" if ready else "lunch", begin / 10, end / 10))
    spells = pairwise(plan)
    schedule = spans(
        *(("ana", ("work", "lunch")[place % 2], *spell) for place, spell in enumerate(spells))
    )
    metrics = signed_in(("ana", 0.0, "agent_not_ready", "late"), *rows)
    counted = metrics.adherence(schedule, now=DAY + 120 * MINUTE)
    told_by_spans = adherence(spans(*was), schedule)
    assert counted.value == told_by_spans.value
    assert (counted.numerator, counted.denominator) == (
        told_by_spans.numerator,
        told_by_spans.denominator,
    )


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (
            {"schedule": [("ana", "work", 0, 10.5)]},
            r"changes at 2023-11-15T00:10:30\+00:00, within",
        ),
        ({"schedule": [("ana", "work", 10, 5)]}, r"record 0 ends before it begins"),
        ({"states": 5}, r"states 5: what is planned, in states of agents, as {'work'"),
        ({"states": {"work": 5}}, r"states: work 5: one name or several"),
        ({"states": {"work": []}}, r"states: work with none: name at least one"),
        ({"states": {"work": ["talking"]}}, r"states: work with 'talking': one of talk, hold"),
        ({"states": {"work": ["not_ready", "not_ready.lunch"]}}, r"some time would count twice"),
        ({"states": {"work": ["talk", "talk"]}}, r"some time would count twice"),
        ({"states": {"work": ["signed_in", "talk"]}}, r"signed_in is all of them"),
        ({"now": "noon"}, r"now 'noon': an aware datetime"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: dict[str, Any], says: str) -> None:
    rows = asked.pop("schedule", [("ana", "work", 0, 10)])
    with pytest.raises(ConfigError, match=says):
        signed_in(*ANA).adherence(spans(*rows), **asked)


def test_records_without_columns_are_refused() -> None:
    with pytest.raises(ConfigError, match="records lack the column 'agent'"):
        Metrics().adherence(np.zeros(1, dtype=[("state", "U4")]))


# Fairness ------------------------------------------------------------------------------


def uneven() -> Metrics:
    """Ana has two conversations, ben one, both for an hour; cid is never ready."""
    aggregator = KpiAggregator()
    aggregator.set_team("ana", "north")
    for agent in ("ana", "ben", "cid"):
        aggregator.fold("agent_signed_in", DAY, agent=agent)
        if agent != "cid":
            aggregator.fold("agent_ready", DAY, agent=agent)
    stories = [conversation("c1", 10.0), conversation("c2", 200.0), conversation("c3", 20.0, "ben")]
    told(aggregator, *in_time(*stories))
    return Metrics(aggregator)


def test_fairness_is_that_of_the_occupancies_in_the_report() -> None:
    metrics = uneven()
    found = metrics.occupancy_fairness(now=DAY + 3600.0)
    table = metrics.report("agent", kpis=["occupancy.handling"], now=DAY + 3600.0)
    figures = [row["occupancy.handling"] for row in table]
    assert found == occupancy_fairness(
        [float(figure.numerator or 0) for figure in figures],
        [float(figure.denominator or 0) for figure in figures],
    )
    assert (found.agents, found.absent) == (2, 1)
    assert found.gini is not None
    assert found.gini > 0.1


def test_fairness_is_asked_of_those_who_could_have_had_each_others_work() -> None:
    metrics = uneven()
    alone = metrics.occupancy_fairness(where={"agent": ["ana"]}, now=DAY + 3600.0)
    assert (alone.gini, alone.agents) == (0.0, 1)
    ranged = metrics.occupancy_fairness(start=DAY + 1800.0, end=DAY + 3600.0, now=DAY + 3600.0)
    assert ranged.gini is None  # nobody handled anything then
    assert Metrics().occupancy_fairness() == Fairness(gini=None, variation=None, agents=0, absent=0)
    with pytest.raises(ConfigError, match="no dimension 'skill'"):
        metrics.occupancy_fairness(where={"skill": ["es"]})
