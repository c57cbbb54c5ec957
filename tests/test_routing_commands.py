"""The commands beyond queueing and talking, each as a host gives it, and what comes of it.
Refusals: ``test_router_refusals.py``; plans and scores: ``test_plans_and_scores_in_force.py``.
"""

import pytest
from tests.scenarios.phases import PLAN
from tests.scenarios.routers import START, engaged, staff

from ccroute import (
    ManualClock,
    NewContact,
    Observed,
    Rejected,
    Requirement,
    Router,
)


@pytest.fixture
def clock():
    return ManualClock(START)


@pytest.fixture
def router(clock):
    return Router(PLAN, clock=clock)


def told(router):
    """What happened: kind, whom, and why."""
    return [
        (event.kind, *(it for it in (event.contact, event.agent, event.cause) if it is not None))
        for event in router.events()
    ]


# Agents


def test_ready_all_readies_everybody_before_anything_is_offered(router):
    for agent in ("ana", "bo"):
        router.sign_in(agent, queues=["vip"])
    router.set_scores("fit", {"gold": {"ana": 3, "bo": 9}}, expires=START + 60)
    router.enqueue("c1", attributes={"segment": "gold"})
    router.events()
    router.ready_all(["ana", "bo"])
    assert told(router) == [
        ("agent_ready", "ana"),
        ("agent_ready", "bo"),
        ("offer_made", "c1", "bo"),
    ]


def test_who_picks_a_contact_has_accepted_it(router):
    staff(router, "ana", queues=["desk"])
    router.not_ready("ana")
    router.enqueue("c0", queue="desk")
    router.enqueue("c1", queue="desk", requirement=Requirement(all_of={"es": 9}), excluded=["ana"])
    router.events()
    router.pick("ana", "c1")
    assert told(router) == [("offer_made", "c1", "ana", "picked"), ("offer_accepted", "c1", "ana")]
    assert router.explain("c1").agent == "ana"


# Contacts


def test_a_contact_without_a_queue_goes_by_the_rules(router):
    router.enqueue("c1", attributes={"segment": "gold"})
    classified, queued = router.events()
    assert (classified.kind, classified.rule, classified.reason) == (
        "contact_classified",
        1,
        "gold",
    )
    assert (queued.kind, queued.queue) == ("contact_queued", "vip")


def test_a_contact_whose_attributes_changed_is_classified_anew(router):
    router.enqueue("c1", attributes={"segment": "tin"})
    router.update("c1", attributes={"segment": "gold"})
    router.events()
    router.reclassify("c1")
    assert told(router) == [
        ("contact_classified", "c1"),
        ("contact_left", "c1", "transferred"),
        ("contact_queued", "c1"),
    ]
    assert router.explain("c1").queue == "vip"


def test_a_scheduled_contact_waits_for_its_time_or_is_brought_in_before(router, clock):
    for contact in ("c1", "c2"):
        router.enqueue(contact, queue="desk", not_before=START + 50)
    scheduled = router.events()
    assert [(event.kind, event.until) for event in scheduled] == [
        ("contact_scheduled", START + 50)
    ] * 2
    clock.advance(10)
    router.reinstate("c2")
    assert told(router) == [("contact_queued", "c2")]
    assert router.explain("c2").since == START + 10
    assert router.next_deadline() == START + 50
    clock.set(START + 50)
    router.advance()
    assert told(router) == [("contact_queued", "c1")]
    assert router.explain("c1").since == START + 50
    router.enqueue("c3", queue="desk", not_before=START + 50)  # its time has come already
    assert told(router) == [("contact_queued", "c3")]


def test_preferred_agents_have_a_contact_to_themselves_at_first(router, clock):
    staff(router, "ana", "bo", "cleo", queues=["desk"])
    router.not_ready("cleo")
    router.enqueue("c1", queue="desk", preferred=["cleo"])
    router.enqueue("c2", queue="desk", preferred={"bo": 10, "ana": 5})
    assert told(router)[-1] == ("offer_made", "c2", "bo")
    assert router.explain("c1").eliminated == {"not_ready": 1, "no_slot": 1, "others_first": 1}
    clock.advance(10)
    router.advance()
    assert router.explain("c1").phase == "waiting"
    router.update("c1", preferred=["ana"])
    assert told(router)[-2:] == [("contact_updated", "c1"), ("offer_made", "c1", "ana")]


def test_when_their_time_is_over_anybody_may_take_it(router, clock):
    staff(router, "ana", "bo", queues=["desk"])
    router.not_ready("bo")
    router.enqueue("c1", queue="desk", preferred=["bo"])
    router.events()
    clock.advance(20)
    router.advance()
    assert told(router) == [("offer_made", "c1", "ana")]


def test_an_excluded_agent_is_passed_over_until_the_time_is_up(router, clock):
    staff(router, "ana", "bo", "cleo", queues=["desk"])
    router.enqueue("c1", queue="desk", excluded={"ana": 30.0, "bo": None, "new": None, "cleo": 60})
    assert told(router) == [("contact_queued", "c1")]
    router.ready("ana")
    router.not_ready("bo")
    router.ready("bo")
    router.events()
    clock.advance(30)
    router.advance()
    assert told(router) == [("offer_made", "c1", "ana")]


def test_who_is_excluded_and_readmitted_is_offered_the_contact(router):
    staff(router, "ana", queues=["desk"])
    router.not_ready("ana")
    router.enqueue("c1", queue="desk")
    router.exclude("c1", "ana")
    router.exclude("c1", "newcomer", lasts=5)
    router.ready("ana")
    router.events()
    assert router.explain("c1").eliminated == {"offline": 1, "excluded": 1}
    router.readmit("c1", "ana")
    router.readmit("c1", "newcomer")
    assert told(router)[:2] == [("contact_updated", "c1"), ("offer_made", "c1", "ana")]


def test_an_exclusion_does_not_take_back_an_offer(router):
    staff(router, "ana", queues=["desk"])
    router.enqueue("c1", queue="desk")
    router.events()
    router.exclude("c1", "ana")
    assert told(router) == [("contact_updated", "c1")]
    assert router.explain("c1").phase == "offered"


def test_a_suspended_contact_keeps_its_place(router, clock):
    router.enqueue("c1", queue="desk")
    router.enqueue("c2", queue="desk")
    router.events()
    router.suspend("c1", lasts=100)
    (suspended,) = router.events()
    assert (suspended.kind, suspended.until) == ("contact_suspended", START + 100)
    staff(router, "ana", queues=["desk"])
    assert router.explain("c2").phase == "offered"
    router.suspend("c2")
    withdrawn, suspended = router.events()
    assert (withdrawn.kind, withdrawn.cause) == ("offer_withdrawn", "suspended")
    assert suspended.until == START + 600  # the queue's
    router.reinstate("c2")
    assert told(router) == [("contact_requeued", "c2", "reinstated"), ("offer_made", "c2", "ana")]
    clock.set(START + 15)
    router.not_ready("ana")
    router.events()
    clock.set(START + 100)
    router.advance()
    assert told(router) == [("contact_requeued", "c1", "limit")]
    assert [router.explain(contact).ahead for contact in ("c1", "c2")] == [0, 1]


def test_keys_move_call_back_and_end(router):
    for number in range(1, 5):
        router.enqueue(f"c{number}", queue="desk")
    router.events()
    router.press("c1", "1")
    assert told(router) == [
        ("contact_left", "c1", "exited_by_key"),
        ("contact_queued", "c1", "exited_by_key"),
    ]
    router.press("c2", "2")
    assert told(router) == [
        ("contact_left", "c2", "callback"),
        ("contact_queued", "c2", "callback"),
    ]
    assert router.explain("c2").queue == "calls"
    router.press("c3", "3")
    assert told(router) == [("contact_left", "c3", "exited_by_key")]
    router.press("c4", "4")
    assert router.explain("c4").queue == "gone"


def test_a_callback_keeps_its_age_is_tried_again_and_given_up(router, clock):
    router.enqueue("c1", queue="desk")
    clock.advance(7)
    router.events()
    router.request_callback("c1")
    left, queued = router.events()
    assert (left.kind, left.cause, queued.queue, queued.since) == (
        "contact_left",
        "callback",
        "calls",
        START,
    )
    staff(router, "ana", "bo", queues=["calls"])
    router.advance()
    assert router.explain("c1").phase == "offered"
    router.accept(_live_offer(router, "c1"))
    router.events()
    router.fail_callback("c1", cause="busy")
    failed, scheduled = router.events()
    assert (failed.kind, failed.cause, failed.agent, failed.attempts) == (
        "callback_failed",
        "busy",
        "ana",
        1,
    )
    assert (scheduled.kind, scheduled.until) == ("contact_scheduled", START + 17)
    clock.advance(10)
    router.advance()
    requeued, made = router.events()
    assert (requeued.kind, requeued.cause) == ("contact_requeued", "due")
    assert made.agent == "ana"  # who tried goes first
    router.accept(made.offer)
    router.events()
    router.fail_callback("c1")
    assert told(router) == [
        ("callback_failed", "c1", "ana", "missed"),
        ("contact_left", "c1", "missed"),
    ]
    assert router.explain("c1").phase == "closed"


def _live_offer(router, contact):
    """The key of an offer that was read already: declined offers tell theirs."""
    again = Router.restore(router.snapshot(), clock=ManualClock(router.explain(contact).at))
    again.cancel(contact)
    return next(event.offer for event in again.events() if event.kind == "offer_withdrawn")


def test_a_callback_at_an_hour_is_scheduled(router, clock):
    router.enqueue("c1", queue="desk")
    router.events()
    router.request_callback("c1", at=START + 3600)
    left, scheduled = router.events()
    assert (left.cause, scheduled.kind, scheduled.until) == (
        "callback",
        "contact_scheduled",
        START + 3600,
    )
    clock.set(START + 3600)
    router.advance()
    assert told(router) == [("contact_queued", "c1", "callback")]
    assert router.explain("c1").since == START


# Lines, figures, hours


def test_offers_over_a_line_that_goes_down_go_over_another(router):
    staff(router, "ana", queues=["lined"])
    router.enqueue("c1", queue="lined")
    made = router.events()[-1]
    assert (made.kind, made.reason) == ("offer_made", "north")
    router.set_line("north", up=False)
    events = router.events()
    assert [(event.kind, event.cause, event.reason) for event in events] == [
        ("offer_withdrawn", "line_down", None),
        ("line_went_down", None, "north"),
        ("contact_requeued", "line_down", None),
        ("offer_made", None, "south"),
    ]
    router.set_line("north", up=False)
    assert told(router) == []
    router.set_line("south", up=False)
    router.events()
    assert router.explain("c1").eliminated == {"line": 1}
    router.set_line("north", up=True)
    assert [event.kind for event in router.events()] == ["line_came_up", "offer_made"]


def test_a_bad_figure_brings_help_until_it_is_good_again_and_held(router, clock):
    staff(router, "ana", queues=["vip"])
    router.enqueue("c1", queue="desk")
    router.events()
    router.observe_kpi("sl", 80, 100)
    router.observe_kpi("sl", 5, 0)
    assert told(router) == []
    router.observe_kpi("sl", 79, 100)
    started, made = router.events()
    assert (started.kind, started.queue, started.rule, started.reason) == (
        "help_started",
        "desk",
        1,
        "sl",
    )
    assert (made.kind, made.agent) == ("offer_made", "ana")
    router.observe_kpi("sl", 9, 10)
    assert told(router) == []
    clock.advance(30)
    router.advance()
    assert ("help_ended",) in told(router)


def test_a_queue_with_hours_opens_and_closes_as_told(router):
    router.enqueue("c1", queue="night")
    assert told(router) == [("contact_refused", "c1", "closed"), ("contact_queued", "c1")]
    router.set_queue_open("night", open=True)
    router.set_queue_open("night", open=True)
    router.enqueue("c2", queue="night")
    assert told(router) == [("queue_opened",), ("contact_queued", "c2")]
    router.set_queue_open("night", open=False)
    assert told(router) == [("queue_closed",)]


# Taking over


def test_a_contact_the_platform_holds_is_adopted_with_its_age_or_its_agent(router, clock):
    clock.advance(100)
    router.sign_in("ana", queues=["desk"])
    router.events()
    router.adopt("c1", queue="night", entered_at=START + 40)
    (queued,) = router.events()
    assert (queued.kind, queued.cause, queued.since) == ("contact_queued", "adopted", START + 40)
    router.adopt("c2", queue="desk", agent="ana")
    assert told(router) == [
        ("contact_queued", "c2", "adopted"),
        ("contact_connected", "c2", "ana", "adopted"),
    ]
    router.adopt("c3", queue="desk", agent="ana")  # the slot is taken, free or not
    assert router.explain_agent("ana").activity == "engaged"
    router.release("c2")
    router.release("c3")
    router.ready("ana")
    assert router.explain_agent("ana").open == ("voice",)


def test_contacts_are_made_to_agree_with_what_the_platform_holds(router):
    staff(router, "ana", "bo", "cleo", "dora", queues=["desk"])
    for contact, agent in (("stays", "ana"), ("moved", "bo"), ("over", "cleo")):
        engaged(router, contact, queue="desk", preferred=[agent])
    for contact in ("waits", "gone"):
        router.enqueue(contact, queue="calls")
    router.events()
    router.reconcile(
        [
            Observed(contact="stays", agent="ana"),
            Observed(contact="moved", agent="dora"),
            Observed(contact="waits"),
            Observed(contact="unheard-of"),
            Observed(contact="new", known=NewContact(contact="any", queue="vip")),
            Observed(contact="talks", agent="cleo", known=NewContact(contact="any", queue="vip")),
        ]
    )
    assert told(router) == [
        ("contact_transferred", "moved", "bo", "handed_over"),
        ("agent_joined", "moved", "dora", "reconciled"),
        ("contact_released", "over", "cleo", "reconciled"),
        ("contact_left", "gone", "reconciled"),
        ("contact_queued", "new", "adopted"),
        ("contact_queued", "talks", "adopted"),
        ("contact_connected", "talks", "cleo", "adopted"),
    ]
    phases = {it: router.explain(it).phase for it in ("stays", "moved", "waits", "over", "talks")}
    assert phases == {
        "stays": "engaged",
        "moved": "engaged",
        "waits": "waiting",
        "over": "closed",
        "talks": "engaged",
    }
    with pytest.raises(Rejected, match="unheard-of"):
        router.explain("unheard-of")
    router.check()


def test_nothing_is_said_of_contacts_of_other_platforms(router):
    router.enqueue("ours", queue="desk", attributes={"site": 1})
    router.enqueue("theirs", queue="desk", attributes={"site": 2})
    router.enqueue("nobody's", queue="desk")
    router.events()
    router.reconcile([], among=("site", 1))
    assert told(router) == [("contact_left", "ours", "reconciled")]
    router.reconcile([])
    assert [event[1] for event in told(router)] == ["theirs", "nobody's"]
