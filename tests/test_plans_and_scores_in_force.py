"""Plans and score tables that are put in force while contacts wait: scores from arrays, what no
score is, plans under a repeated command id, queues that are gone.
"""

import math

import numpy as np
import pytest
from tests.scenarios.routers import START, staff

import ccroute
from ccroute import Envelope, ManualClock, Plan, Rejected, Router

PLAN = Plan.from_toml("""
[scores.fit]
by = "segment"
[queues.desk]
[queues.vip]
strategy = "scores"
scores = "fit"
[queues.gone]
""")


@pytest.fixture
def clock():
    return ManualClock(START)


@pytest.fixture
def router(clock):
    return Router(PLAN, clock=clock)


# Scores


KINDS = ["gold", "tin"]
AGENTS = ["ana", "bo", "cleo"]


def table(array):
    """A score table from an array of types × agents."""
    return {
        kind: dict(zip(AGENTS, row, strict=True)) for kind, row in zip(KINDS, array, strict=True)
    }


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.int8])
def test_scores_come_from_arrays_of_any_number(router, dtype):
    staff(router, *AGENTS, queues=["vip"])
    scores = np.array([[1, 3, 2], [9, 1, 5]], dtype)
    router.set_scores("fit", table(scores), expires=START + 60, version=4)
    assert router.scores_status("fit") == ccroute.ScoresStatus(
        version=4, expires=START + 60, fallbacks=0
    )
    (event,) = router.events()
    assert (event.kind, event.reason, event.until) == ("scores_set", "fit", START + 60)
    chosen = []
    for number, kind in enumerate(["gold", "tin", "gold"]):
        router.enqueue(f"c{number}", queue="vip", attributes={"segment": kind})
        chosen.append(router.explain(f"c{number}").chosen[0])
    assert [one.agent for one in chosen] == ["bo", "ana", "cleo"]
    assert [one.score for one in chosen] == [3_000_000, 9_000_000, 2_000_000]


def test_scores_are_replaced_whole_and_expire(router, clock):
    staff(router, *AGENTS, queues=["vip"])
    router.set_scores("fit", {"gold": {"bo": 5.0}}, expires=START + 60)
    router.set_scores("fit", {"tin": {"cleo": 5.0}}, expires=np.float64(START + 60), version=1)
    gold = {"queue": "vip", "attributes": {"segment": "gold"}}
    tin = {"queue": "vip", "attributes": {"segment": "tin"}}
    router.enqueue("c1", **gold)  # no scores: the longest idle
    router.enqueue("c2", **tin)
    assert [router.explain(it).chosen[0].agent for it in ("c1", "c2")] == ["ana", "cleo"]
    assert router.scores_status("fit").fallbacks == 1
    router.cancel("c1")
    router.cancel("c2")
    clock.advance(60)
    router.enqueue("c3", **tin)
    assert router.explain("c3").chosen[0].agent == "ana"
    assert router.scores_status("fit").fallbacks == 2
    with pytest.raises(Rejected, match="no score table 'none': the plan has fit") as refused:
        router.scores_status("none")
    assert refused.value.code == "unknown_table"


BAD_SCORES = [
    (np.ones((2, 3)), TypeError, "scores: give a mapping, not ndarray"),
    ({"gold": np.ones(3)}, TypeError, "scores of 'gold': give a mapping, not ndarray"),
    ({"gold": {"ana": np.ones(3)}}, TypeError, "array"),
    ({"gold": {"ana": "high"}}, TypeError, "str"),
    ({"gold": {"ana": None}}, TypeError, "None"),
    ({"gold": {"ana": 1 + 2j}}, TypeError, "complex"),
    ({"gold": {7: 1.0}}, TypeError, "int"),
    ({7: {"ana": 1.0}}, TypeError, "int"),
    ([("gold", "ana", 1.0)], TypeError, "scores: give a mapping, not list"),
    ({"gold": {"ana": math.nan}}, Rejected, "NaN"),
    ({"gold": {"ana": np.float32("nan")}}, Rejected, "NaN"),
    ({"gold": {"ana": math.inf}}, Rejected, "inf"),
    ({"gold": {"ana": -1e300}}, Rejected, "of agent 'ana': give a finite number up to"),
    ({"gold": {"": 1.0}}, Rejected, "agent '' of 0 bytes: give 1 to 128 bytes"),
]


@pytest.mark.parametrize(("scores", "kind", "words"), BAD_SCORES)
def test_scores_that_are_none_are_refused_and_the_old_ones_stay(router, scores, kind, words):
    router.set_scores("fit", {"gold": {"bo": 5.0}}, expires=START + 60, version=1)
    before = router.state_hash()
    with pytest.raises(kind, match=words) as refused:
        router.set_scores("fit", scores, expires=START + 90, version=2)
    if kind is Rejected:
        assert refused.value.code == "invalid_value"
    assert router.state_hash() == before
    assert router.scores_status("fit").version == 1


# Plans


CALM = Plan.from_toml("skills = ['es']\n[queues.desk]\n[queues.vip]")
LOUD = Plan.from_toml("skills = ['es']\n[queues.desk]\n[queues.loud]")


def test_a_plan_set_under_a_repeated_command_id_is_set_once(router):
    once = Envelope(command_id="k1", actor="desk", reason="night")
    router.set_plan(CALM, envelope=once)
    assert next(iter(router.events())).kind == "plan_changed"
    assert router.plan is CALM
    before = router.state_hash()
    router.set_plan(LOUD, envelope=once)
    assert (router.plan, router.state_hash(), router.events()) == (CALM, before, [])
    answer = router.answer("k1")
    assert (answer.command, answer.actor, answer.refused) == ("set_plan", "desk", None)
    with pytest.raises(Rejected, match="'k1' was used for set_plan"):
        router.ready("x", envelope=once)
    router.set_plan(LOUD, envelope=Envelope(command_id="k2"))
    assert router.plan is LOUD


def test_a_refused_plan_is_refused_again_and_the_old_one_stays(router, clock):
    wide = [Plan(channels=[f"{kind}{n}" for n in range(150)]) for kind in "ab"]
    router = Router(wide[0], clock=clock)
    for _ in range(2):
        with pytest.raises(Rejected) as refused:
            router.set_plan(wide[1], envelope=Envelope(command_id="k1"))
        assert refused.value.code == "invalid_value"
        assert router.plan is wide[0]
    assert router.answer("k1").refused == "invalid_value"


def test_metrics_go_by_the_plan_in_force_as_far_as_they_count_by_it(router):
    router.enqueue("c1", queue="desk")
    for within, used in (("30s", 30), ("31s", 20), ("20s", 20)):
        plan = Plan.from_toml(f"[queues.desk]\nservice_level.within = '{within}'")
        router.set_plan(plan)
        level = router.metrics.report()["desk"]["sl.answered_within"]
        assert level.variant == f"sl.answered_within(T={used}s)"


def test_a_queue_that_is_gone_serves_those_in_it_and_takes_nobody(router):
    router.enqueue("c1", queue="gone")
    router.set_plan(CALM)
    router.events()
    router.sign_in("ana", queues=["desk"])
    for ask in (
        lambda: router.enqueue("c2", queue="gone"),
        lambda: router.transfer("c1", queue="gone"),
        lambda: router.adopt("c2", queue="gone"),
    ):
        with pytest.raises(Rejected, match="'gone'") as refused:
            ask()
        assert refused.value.code == "unknown_queue"
    router.ready("ana")
    assert router.explain("c1").eliminated == {"other_queue": 1}
    router.sign_in("bo", queues=["gone"])
    router.ready("bo")
    assert [chosen.agent for chosen in router.explain("c1").chosen] == ["bo"]
    router.transfer("c1", queue="desk")
    assert [chosen.agent for chosen in router.explain("c1").chosen] == ["ana"]
