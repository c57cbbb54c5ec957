"""Past decisions: why an offer went to just this agent, read from its event when all has long
changed; and what is told when it lies too far back. At random: ``test_past_at_random.py``.
"""

import math

import numpy as np
import pytest
from tests.scenarios.routers import START, offers

from ccroute import (
    COMMAND_DTYPE,
    COMMAND_OPS,
    DataUnavailable,
    Envelope,
    Link,
    ManualClock,
    Plan,
    Rejected,
    Requirement,
    Router,
)

STAYS = "offer = { on_missed = 'stay_ready' }\n"


def recalling(plan, recall=100, **agents):
    """A router with ready agents of the queue q, one second apart, and its clock."""
    clock = ManualClock(START)
    router = Router(Plan.from_toml(plan), clock=clock, recall=recall)
    for name, given_ in agents.items():
        router.sign_in(name, **{"queues": ["q"], **given_})
        router.ready(name)
        clock.advance(1)
    router.events()
    return router, clock


def offer_to(router, contact, **new):
    """The offer that a new contact brings."""
    router.enqueue(contact, **{"queue": "q", **new})
    return next(event for event in offers(router) if event.contact == contact)


# What decided


def test_an_offer_is_laid_open_with_candidates_and_those_eliminated():
    router, clock = recalling(
        f"[queues.q]\n{STAYS}strategy = ['most_proficient', 'longest_idle']\n"
        "requires.all_of.es = 3\n[queues.r]",
        bo={"skills": {"es": 5}},
        ana={"skills": {"es": 8}},
        cleo={"skills": {"es": 5}},
        dora={"skills": {"es": 2}},
        eva={"queues": ["r"]},
    )
    router.sign_in("fay", queues=["q"], skills={"es": 9})
    router.enqueue("hard", queue="q", requirement=Requirement(all_of={"es": 10}))
    event = offer_to(router, "c1")
    told = router.explain_offer(event)
    assert (told.event, told.at, told.contact) == (event.sequence, clock.now(), "c1")
    assert (told.ahead, told.eligible) == (1, 3)
    assert told.keys == ("most_proficient", "longest_idle")
    assert [candidate.agent for candidate in told.candidates] == ["ana", "bo", "cleo"]
    assert [candidate.values for candidate in told.candidates] == [
        {"most_proficient": 8.0, "longest_idle": 4.0},
        {"most_proficient": 5.0, "longest_idle": 5.0},
        {"most_proficient": 5.0, "longest_idle": 3.0},
    ]
    assert [candidate.idle_since for candidate in told.candidates] == [START + 1, START, START + 2]
    assert told.eliminated == {"other_queue": 1, "skills": 1, "not_ready": 1}
    number = event.sequence
    assert str(told).splitlines() == [
        f"event {number}: contact c1, 1 ahead of it, to ana out of 3 eligible",
        "  1. ana: most_proficient 8, idle 4.0 s",
        "  2. bo: most_proficient 5, idle 5.0 s",
        "  3. cleo: most_proficient 5, idle 3.0 s",
        "  not serving the queue: 1 agent",
        "  without the skills: 1 agent",
        "  not ready: 1 agent",
    ]
    assert told.text("es").splitlines()[:2] == [
        f"evento {number}: contacto c1, con 1 por delante, a ana entre 3 posibles",
        "  1. ana: most_proficient 8, libre desde hace 4,0 s",
    ]
    assert router.explain_offer(number) == told
    with pytest.raises(ValueError, match="no language 'fr': give en, es"):
        told.text("fr")


def test_it_is_told_as_it_was_though_all_has_changed_since():
    router, clock = recalling(
        f"[queues.q]\n{STAYS}strategy = 'most_proficient'\nrequires.all_of.es = 3",
        ana={"skills": {"es": 8}},
        bo={"skills": {"es": 5}},
    )
    event = offer_to(router, "c1")
    told = router.explain_offer(event)
    router.cancel("c1")
    router.change_agent("ana", skills={})
    router.sign_out("bo")
    clock.advance(10_000)
    router.set_plan(Plan.from_toml("skills = ['es']\n[queues.other]"))
    before = router.state_hash(), router.next_deadline(), router.metrics.counters()
    assert router.explain_offer(event) == told
    assert (router.state_hash(), router.next_deadline(), router.metrics.counters()) == before


VALUES = [
    ("most_proficient", "", {"skills": {"es": 7}}, 7.0),
    ("weighted_score", "weights = { es = 2.5 }", {"skills": {"es": 4}}, 10.0),
    # 1 / (1 + e^-((7 - 2) / 2)), in millionths
    ("best_match", "", {"skills": {"es": 7}}, round(1 / (1 + math.exp(-2.5)), 6)),
    ("fewest_skills", "", {"skills": {"es": 4, "en": 1}}, 2.0),
    ("least_flexible", "", {"skills": {"es": 4}, "queues": ["q", "r"]}, 2.0),
    ("least_occupied", "", {"skills": {"es": 4}, "capacity": {"voice": 3, "chat": 1}}, 0.25),
    ("lowest_rank", "", {"skills": {"es": 4}, "queues": {"q": Link(rank=7)}}, 7.0),
    ("ordered", "", {"skills": {"es": 4}, "queues": {"q": Link(position=5)}}, 5.0),
    ("round_robin", "", {"skills": {"es": 4}, "queues": {"q": Link(position=5)}}, 5.0),
    ("fewest_handled", "", {"skills": {"es": 4}, "capacity": {"voice": 2}}, 1.0),
    ("least_talk_time", "", {"skills": {"es": 4}, "capacity": {"voice": 2}}, 0.0),
    ("longest_idle", "", {"skills": {"es": 4}}, 1.0),
]


@pytest.mark.parametrize(("key", "more", "ana", "value"), VALUES, ids=[row[0] for row in VALUES])
def test_what_a_key_made_of_an_agent_is_in_its_own_unit(key, more, ana, value):
    plan = (
        "skills = ['es', 'en']\nchannels = ['voice', 'chat']\n[queues.r]\n"
        f"[queues.q]\n{STAYS}strategy = '{key}'\n{more}\nrequires.all_of.es = 2"
    )
    router, _ = recalling(plan, ana=ana)
    if sum(ana.get("capacity", {}).values()) > 1:  # with a conversation that goes on
        first = offer_to(router, "first")
        router.accept(first.offer)
        router.connected("first")
    told = router.explain_offer(offer_to(router, "c1"))
    assert told.candidates[0].values == {key: value}
    shown = f"{key} {value:g}, idle" if key != "longest_idle" else "ana: idle 1.0 s"
    assert shown in str(told)


def test_times_are_told_in_seconds():
    plan = f"[queues.q]\n{STAYS}strategy = ['least_recent', 'least_talk_time', 'fewest_handled']"
    router, clock = recalling(plan, ana={})
    event = offer_to(router, "c1")
    (candidate,) = router.explain_offer(event).candidates
    assert candidate.values == {"least_recent": None, "least_talk_time": 0, "fewest_handled": 0}
    assert "ana: least_recent –, least_talk_time 0, fewest_handled 0" in str(
        router.explain_offer(event)
    )
    router.accept(event.offer)
    router.connected("c1")
    clock.advance(90)
    router.release("c1")
    clock.advance(8)
    (candidate,) = router.explain_offer(offer_to(router, "c2")).candidates
    assert candidate.values == {"least_recent": 8, "least_talk_time": 90, "fewest_handled": 1}


def test_scores_and_preference_are_told_and_who_has_none_has_none():
    router, _ = recalling(
        f"[scores.fit]\nby = 'segment'\n[queues.q]\n{STAYS}strategy = 'scores'\nscores = 'fit'",
        ana={},
        bo={},
        cleo={},
        dora={},
    )
    router.set_scores("fit", {"gold": {"bo": 0.25, "cleo": -1.5}}, expires=START + 100)
    event = offer_to(router, "c1", attributes={"segment": "gold"}, preferred={"dora": 70, "ana": 7})
    told = router.explain_offer(event)
    assert [(one.agent, one.preferred, one.values["scores"]) for one in told.candidates] == [
        ("dora", 70, None),
        ("ana", 7, None),
        ("bo", None, 0.25),
        ("cleo", None, -1.5),
    ]
    assert "1. dora: preferred 70, scores –, idle 1.0 s" in str(told)
    assert "1. dora: preferido 70, scores –, libre desde hace 1,0 s" in told.text("es")
    told = router.explain_offer(offer_to(router, "c2", attributes={"segment": "tin"}))
    assert {one.values["scores"] for one in told.candidates} == {None}
    assert "scores –, idle" in str(told)


def test_an_agent_of_another_queue_has_no_position():
    plan = (
        f"[queues.r]\n[queues.q]\n{STAYS}strategy = 'ordered'\n"
        "escalation = [{ after = '5s', widen = ['r'] }]"
    )
    router, clock = recalling(plan, ana={"queues": {"r": Link(position=3)}})
    router.enqueue("c1", queue="q")
    clock.advance(5)
    router.advance()
    (event,) = offers(router)
    assert router.explain_offer(event).candidates[0].values == {"ordered": None}


def test_draws_are_told_and_the_least_went_first():
    plan = f"seed = 7\n[queues.q]\n{STAYS}strategy = 'random'"
    router, _ = recalling(plan, **{f"a{number}": {} for number in range(6)})
    event = offer_to(router, "c1")
    told = router.explain_offer(event)
    draws = [candidate.values["random"] for candidate in told.candidates]
    assert draws == sorted(draws)
    assert len(set(draws)) == 6
    assert told.candidates[0].agent == event.agent


def test_the_first_ten_candidates_are_shown_and_all_counted():
    router, _ = recalling(f"[queues.q]\n{STAYS}", **{f"a{number:02}": {} for number in range(14)})
    told = router.explain_offer(offer_to(router, "c1"))
    assert told.eligible == 14
    assert [one.agent for one in told.candidates] == [f"a{number:02}" for number in range(10)]
    assert told.eliminated == {}


# How an offer can have come about


def test_an_offer_that_a_deadline_brought_is_found():
    plan = (
        f"[queues.q]\n{STAYS}requires.all_of.es = 5\n"
        "escalation = [{ after = '30s', lower = { es = 2 } }]"
    )
    router, clock = recalling(plan, ana={"skills": {"es": 3}})
    router.enqueue("c1", queue="q")
    clock.advance(100)
    router.enqueue("c2", queue="q")
    (event,) = offers(router)
    told = router.explain_offer(event)
    assert (told.contact, told.at) == ("c1", event.at)
    assert told.candidates[0].agent == "ana"


def test_picked_offers_and_offers_of_several_are_found():
    plan = "[queues.q]\noffer = { parallel = 2, on_missed = 'stay_ready' }\nrequires.all_of.es = 5"
    router, _ = recalling(plan, ana={}, bo={"skills": {"es": 5}}, cleo={"skills": {"es": 5}})
    router.enqueue("c1", queue="q")
    first, second = offers(router)
    assert [router.explain_offer(it).eligible for it in (first, second)] == [2, 1]
    assert [router.explain_offer(it).candidates[0].agent for it in (first, second)] == [
        "bo",
        "cleo",
    ]
    router.enqueue("c2", queue="q")
    router.pick("ana", "c2")
    (picked,) = offers(router)
    told = router.explain_offer(picked)
    assert (told.contact, told.agent, told.how) == ("c2", "ana", "picked")
    assert "ana" not in {candidate.agent for candidate in told.candidates}
    assert str(told).splitlines()[0].endswith(", picked by the agent")
    assert told.text("es").splitlines()[0].endswith(", elegido por el agente")


def test_offers_shared_out_together_are_found():
    plan = (
        "assign_together = 10\nskills = ['es', 'en']\n[queues.q]\n"
        f"{STAYS}strategy = 'weighted_score'\nweights = {{ es = 1, en = 1 }}"
    )
    router, _ = recalling(plan)
    for name, skills in (("ana", {"es": 9, "en": 1}), ("bo", {"es": 8})):
        router.sign_in(name, skills=skills, queues=["q"])
    router.enqueue("c1", queue="q")
    router.enqueue("c2", queue="q")
    router.ready_all(["ana", "bo"])
    made = offers(router)
    assert len(made) == 2
    for event in made:
        told = router.explain_offer(event)
        assert (told.contact, told.agent, told.how) == (event.contact, event.agent, "together")
        assert ", shared out for the best total score" in str(told)


def test_offers_of_a_batch_are_found():
    router, clock = recalling(f"[queues.q]\n{STAYS}", ana={})
    rows = np.zeros(1, COMMAND_DTYPE)
    rows["op"] = COMMAND_OPS.index("enqueue")
    rows["contact"], rows["at_us"] = 7, int(clock.now() * 1e6)
    events, statuses = router.apply_batch(rows)
    assert statuses.tolist() == [0]
    rows["contact"] = 8  # the host's own array, which it goes on to use
    (event,) = offers(router) or [None]
    number = int(events["sequence"][-1]) if event is None else event.sequence
    told = router.explain_offer(number)
    assert (told.contact, told.candidates[0].agent) == ("7", "ana")


def test_refusals_and_wrong_types_in_between_do_no_harm():
    router, _ = recalling(f"[queues.q]\n{STAYS}", ana={})
    with pytest.raises(Rejected):
        router.ready("zoe")
    with pytest.raises(TypeError):
        router.enqueue("c0", queue="q", band="high")
    with pytest.raises(TypeError):
        router.not_ready("ana", reason=5)
    with pytest.raises(Rejected):
        router.enqueue("c0", queue="q", head_start=math.nan)
    event = offer_to(router, "c1")
    assert router.explain_offer(event).candidates[0].agent == "ana"


def test_a_repeated_command_is_repeated_there_too():
    router, _ = recalling(f"[queues.q]\n{STAYS}", ana={}, bo={})
    for _ in range(3):
        router.enqueue("c1", queue="q", envelope=Envelope(command_id="k1"))
    event = offer_to(router, "c2")
    assert router.explain_offer(event).candidates[0].agent == event.agent == "bo"


# What is not kept


def test_without_recall_nothing_is_kept_and_the_remedy_is_told():
    router, _ = recalling(f"[queues.q]\n{STAYS}", recall=0, ana={})
    event = offer_to(router, "c1")
    with pytest.raises(DataUnavailable, match="keeps nothing of its past: make it with `recall`"):
        router.explain_offer(event)


def test_what_lies_too_far_back_is_forgotten_and_the_remedy_is_told():
    router, _ = recalling(f"[queues.q]\n{STAYS}", recall=5, ana={})
    event = offer_to(router, "c1")
    for _ in range(11):
        router.advance()
    words = f"event {event.sequence} lies further back than the last 5 commands: give .* greater"
    with pytest.raises(DataUnavailable, match=words):
        router.explain_offer(event)


@pytest.mark.parametrize("recall", [1, 2, 3, 7])
def test_at_least_so_many_commands_are_kept(recall):
    router, clock = recalling(f"[queues.q]\n{STAYS}", recall=recall, ana={})
    made = []
    for number in range(4 * recall):
        made.append(offer_to(router, f"c{number}"))
        kept = made[-(recall + 1) // 2 :]
        for event in kept:
            assert router.explain_offer(event).contact == event.contact
        clock.advance(1)
        router.cancel(f"c{number}")


def test_what_was_no_offer_has_not_happened_or_is_no_number_is_told_so():
    router, _ = recalling(f"[queues.q]\n{STAYS}", ana={})
    event = offer_to(router, "c1")
    for number in (event.sequence - 1, event.sequence + 1, event.sequence + 1000, 2**62):
        with pytest.raises(DataUnavailable, match=f"event {number} is no offer that was made"):
            router.explain_offer(number)
    for number in (0, -1):
        with pytest.raises(DataUnavailable):
            router.explain_offer(number)
    for wrong in ("1", None, 1.5):
        with pytest.raises(TypeError, match=r"give a ccroute\.OfferMade or its sequence number"):
            router.explain_offer(wrong)


def test_a_restored_router_keeps_its_past_from_then_on():
    router, clock = recalling(f"[queues.q]\n{STAYS}", ana={}, bo={})
    before = offer_to(router, "c1")
    restored = Router.restore(router.snapshot(), clock=clock, recall=10)
    with pytest.raises(DataUnavailable, match="lies further back"):
        restored.explain_offer(before)
    after = offer_to(restored, "c2")
    assert after.sequence > before.sequence
    told = restored.explain_offer(after)
    assert (told.contact, told.candidates[0].agent, told.ahead) == ("c2", "bo", 0)
