"""Drawn callers run through the engine: closed forms, a loop that does the same by hand, and what
is refused."""

import math
from heapq import heappop, heappush

import numpy as np
import pytest

from ccroute import (
    CALLER_OUTCOMES,
    AgentPlan,
    Plan,
    QueuePlan,
    Rejected,
    WrapUp,
    simulate,
)

UNIT = 300_000_000
"""A mean conversation, in µs."""


def drawn(seed, callers, *, load, patience=None):
    """Arrivals in Poisson's way, conversations and patience without memory; ``load``: arrivals in
    a mean conversation, ``patience``: its mean, in mean conversations."""
    rng = np.random.default_rng(seed)
    gaps = rng.exponential(UNIT / load, callers)
    columns = {
        "arrivals_us": np.cumsum(np.rint(gaps).astype(np.int64)),
        "service_us": np.rint(rng.exponential(UNIT, callers)).astype(np.int64),
    }
    if patience is not None:
        drawn = rng.exponential(UNIT * patience, callers)
        columns["patience_us"] = np.rint(drawn).astype(np.int64)
    return columns


def pool(agents):
    served = AgentPlan(queues=["support"])
    return Plan(
        queues={"support": QueuePlan()},
        agents={f"agent-{number}": served for number in range(agents)},
    )


def agrees(sample, expected, batches=40):
    """Whether a mean lies where 95 of 100 intervals of batch means would have it."""
    means = [part.mean() for part in np.array_split(np.asarray(sample, float), batches)]
    half = 2.02 * np.std(means, ddof=1) / math.sqrt(batches)  # Student's t, 39 degrees
    assert half < 0.2 * expected, "too few to tell"
    return abs(np.mean(means) - expected) <= half


def states(agents, load, patience=math.inf, most=2_000):
    """How likely so many are there: Erlang C's, with patience Erlang A's."""
    shares = [1.0]
    for there in range(1, most):
        leaving = min(there, agents) + max(there - agents, 0) / patience
        shares.append(shares[-1] * load / leaving)
    return np.array(shares) / sum(shares)


def test_mean_wait_is_that_of_erlang_c():
    agents, load = 20, 17.0
    likely = states(agents, load)
    expected = likely[agents:].sum() / (agents - load)
    ends = simulate(pool(agents), **drawn(7, 300_000, load=load))
    assert ends.answered.all()
    waits = ends.wait_us[30_000:] / UNIT
    assert agrees(waits, expected)
    assert agrees(waits > 0, likely[agents:].sum())


def test_abandonment_is_that_of_erlang_a():
    agents, load, patience = 50, 52.0, 1.0
    likely = states(agents, load, patience)
    queue = (likely * np.maximum(np.arange(len(likely)) - agents, 0)).sum()
    ends = simulate(pool(agents), **drawn(11, 200_000, load=load, patience=patience))
    assert (ends.answered | ends.abandoned).all()
    assert agrees(ends.abandoned[20_000:], queue / patience / load)
    # Little: those who wait are the arrivals in a mean wait.
    assert agrees(ends.wait_us[20_000:] / UNIT, queue / load)


N_MODEL = Plan(
    queues={"general": QueuePlan(), "special": QueuePlan()},
    agents={
        **{f"one-{number}": AgentPlan(queues=["general"]) for number in range(3)},
        **{f"both-{number}": AgentPlan(queues=["general", "special"]) for number in range(3)},
    },
)


def by_hand(arrivals, queues, service, patience):
    """The N-model as one would write it: everybody in order of arrival, the longest idle agent,
    talks end before patience, patience before newcomers. Waits, agents and who gave up."""
    idle = [(0, agent) for agent in range(6)]
    waiting: list[int] = []
    agenda = [(at, 2, row) for row, at in enumerate(arrivals)]
    wait, agent_of, gave_up = [-1] * len(arrivals), [-1] * len(arrivals), [False] * len(arrivals)

    def serves(agent, row):
        return agent >= 3 or queues[row] == 0

    def take(agent, row, now):
        wait[row], agent_of[row] = now - arrivals[row], agent
        heappush(agenda, (now + service[row], 0, row))

    agenda.sort()
    while agenda:
        now, what, row = heappop(agenda)
        if what == 0:
            agent = agent_of[row]
            first = next((other for other in waiting if serves(agent, other)), None)
            if first is None:
                idle.append((now, agent))
            else:
                waiting.remove(first)
                take(agent, first, now)
        elif what == 1:
            if wait[row] < 0:
                waiting.remove(row)
                wait[row], gave_up[row] = patience[row], True
        else:
            longest = min((one for one in idle if serves(one[1], row)), default=None)
            if longest is None:
                waiting.append(row)
                heappush(agenda, (now + patience[row], 1, row))
            else:
                idle.remove(longest)
                take(longest[1], row, now)
    return wait, agent_of, gave_up


@pytest.mark.parametrize("grain", [1, UNIT // 20], ids=["fine", "many at one instant"])
def test_n_model_is_that_of_a_loop_by_hand(grain):
    columns = drawn(5, 5_000, load=5.7, patience=2)
    columns = {name: column // grain * grain for name, column in columns.items()}
    queues = np.random.default_rng(6).integers(0, 2, 5_000)
    ends = simulate(N_MODEL, queues=queues, **columns)
    given = [columns["arrivals_us"], queues, columns["service_us"], columns["patience_us"]]
    wait, agent, gave_up = by_hand(*(column.tolist() for column in given))
    assert 100 < sum(gave_up) < 4_000
    np.testing.assert_array_equal(ends.wait_us, wait)
    np.testing.assert_array_equal(ends.abandoned, gave_up)
    np.testing.assert_array_equal(ends.agent, agent)
    talked = np.where(gave_up, 0, columns["service_us"])
    np.testing.assert_array_equal(ends.ended_us, columns["arrivals_us"] + wait + talked)


def micros(*seconds):
    return np.array(seconds, np.int64) * 1_000_000


def test_queues_go_by_name_or_by_place():
    columns = drawn(3, 500, load=5.0)
    by_name = simulate(N_MODEL, queues="special", **columns)
    by_place = simulate(N_MODEL, queues=np.ones(500, np.int64), **columns)
    np.testing.assert_array_equal(by_name.agent, by_place.agent)
    assert by_name.agent.min() == 3


def test_agents_may_be_others_than_the_plans():
    columns = {"arrivals_us": micros(0, 1), "service_us": micros(10, 10)}
    alone = simulate(pool(1), **columns)
    two = simulate(pool(1), agents=pool(2).agents, **columns)
    assert (alone.wait_us[1], two.wait_us[1]) == (9_000_000, 0)
    nobody = simulate(pool(1), agents={}, **columns)
    assert not nobody.answered.any()
    assert (nobody.agent == -1).all()


def test_rules_of_the_plan_hold():
    plan = Plan(
        queues={"support": QueuePlan(wrap_up=WrapUp(mode="timed", limit=5.0))},
        agents={"ana": AgentPlan(queues=["support"])},
    )
    ends = simulate(plan, arrivals_us=micros(0, 1), service_us=micros(10, 10))
    assert ends.wait_us.tolist() == [0, 14_000_000]


def test_queues_with_hours_are_open():
    plan = Plan.from_toml(
        "[calendars.day]\nzone = 'UTC'\nweekly = { mon = ['09:00-17:00'] }\n"
        "[queues.support]\nhours = 'day'\n[agents.ana]\nqueues = ['support']"
    )
    assert simulate(plan, arrivals_us=micros(0), service_us=micros(1)).answered.all()


def test_same_callers_have_the_same_ends():
    columns = drawn(9, 2_000, load=5.5, patience=1)
    first, again = (simulate(N_MODEL, queues="general", **columns) for _ in range(2))
    np.testing.assert_array_equal(first.agent, again.agent)
    np.testing.assert_array_equal(first.ended_us, again.ended_us)


def test_nobody_comes():
    ends = simulate(pool(1), arrivals_us=micros(), service_us=micros())
    assert [len(column) for column in (ends.outcome, ends.wait_us, ends.agent)] == [0, 0, 0]


COLUMNS = {"arrivals_us": micros(1, 2), "service_us": micros(1, 1)}


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"arrivals_us": micros(2, 1)}, "invalid_value", "caller 1 comes at 1s, before caller 0"),
        ({"arrivals_us": micros(-1, 1)}, "invalid_value", r"arrivals_us\[0\] is -1000000"),
        ({"service_us": micros(1, -1)}, "invalid_value", r"service_us\[1\] is -1000000"),
        ({"patience_us": micros(1, -1)}, "invalid_value", r"patience_us\[1\] is -1000000"),
        ({"queues": "vip"}, "unknown_queue", "no queue 'vip': the plan has support"),
        ({"queues": np.array([0, 1])}, "unknown_queue", r"queues\[1\] is 1: the plan has 1 queue"),
        ({"queues": np.array([0, -1])}, "unknown_queue", r"queues\[1\] is -1"),
    ],
)
def test_what_cannot_be_is_refused(given, code, message):
    with pytest.raises(Rejected, match=message) as refused:
        simulate(pool(1), **{**COLUMNS, **given})
    assert refused.value.code == code


def test_queue_must_be_said_where_there_are_several():
    with pytest.raises(Rejected, match="the plan has 2 queues"):
        simulate(N_MODEL, **COLUMNS)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"service_us": micros(1)}, ValueError, "service_us has 1 rows where 2 are needed"),
        ({"patience_us": micros(1)}, ValueError, "patience_us has 1 rows where 2 are needed"),
        ({"queues": np.zeros(3, np.int64)}, ValueError, "queues has 3 rows where 2 are needed"),
        ({"arrivals_us": np.zeros((2, 2), np.int64)}, ValueError, "arrivals_us: give a one-dim"),
        ({"service_us": np.ones(2)}, TypeError, "service_us: give a one-dimensional numpy array"),
        ({"arrivals_us": [1, 2]}, TypeError, "arrivals_us: give a one-dimensional numpy array"),
    ],
)
def test_columns_of_another_kind_are_errors(given, error, message):
    with pytest.raises(error, match=message):
        simulate(pool(1), **{**COLUMNS, **given})


@pytest.mark.parametrize("given", [{}, {"agents": {}}])
def test_plan_of_another_kind_is_an_error(given):
    with pytest.raises(TypeError, match=r"plan: give a ccroute\.Plan, not dict"):
        simulate({}, **COLUMNS, **given)


def test_outcomes_have_words():
    assert CALLER_OUTCOMES == ("waiting", "answered", "abandoned", "left", "refused")
