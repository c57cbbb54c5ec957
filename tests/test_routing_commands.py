"""The commands beyond queueing and talking, each as a host gives it: what comes of it, and each
refusal that ``docs/engine.md`` names. Plans and scores: ``test_plans_and_scores_in_force.py``.
"""

import math

import pytest

from ccroute import (
    STATUS_CODES,
    Link,
    ManualClock,
    NewContact,
    Observed,
    Plan,
    Rejected,
    Requirement,
    Router,
)

START = 1000.0
PLAN = Plan.from_toml("""
skills = ["es", "en"]
channels = ["voice", "chat"]
[[classification.rules]]
name = "gold"
when = 'segment == "gold"'
queue = "vip"
band = 2
[[classification.rules]]
name = "tin"
when = 'segment == "tin"'
queue = "desk"
[scores.fit]
by = "segment"
[queues.desk]
suspension = "10m"
preferred = { first = "20s" }
offer = { back_off = { declined = "5s" } }
callback = { queue = "calls", attempts = 2, retry = { busy = "10s" }, owner_first = "5s" }
help = [{ from = ["vip"], kpi = "sl", below = 0.8, until = 0.9, hold = "30s" }]
frozen = true
[queues.desk.exits]
1 = { move_to = "vip" }
2 = { offer_callback = true }
3 = { end = true }
4 = { move_to = "gone" }
[queues.vip]
strategy = "scores"
scores = "fit"
[queues.calls]
[queues.lined]
lines = ["north", "south"]
wrap_up = { mode = "optional" }
[queues.night]
hours = "office"
closed = { otherwise = "vip" }
[queues.gone]
[calendars.office]
zone = "UTC"
""")


@pytest.fixture
def clock():
    return ManualClock(START)


@pytest.fixture
def router(clock):
    return Router(PLAN, clock=clock)


def staffed(router, *agents, queues=("desk",), **given):
    for agent in agents:
        router.sign_in(agent, queues=list(queues), **given)
    router.ready_all(agents)
    router.events()


def told(router):
    """What happened: kind, whom, and why."""
    return [
        (event.kind, *(it for it in (event.contact, event.agent, event.cause) if it is not None))
        for event in router.events()
    ]


def connecting(router, contact):
    """Accepts the offer of a contact."""
    made = [event for event in router.events() if event.kind == "offer_made"]
    router.accept(next(event.offer for event in made if event.contact == contact))


def engaged(router, contact, **new):
    router.enqueue(contact, **{"queue": "desk", **new})
    connecting(router, contact)
    router.connected(contact)
    router.events()


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
    staffed(router, "ana")
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
    staffed(router, "ana", "bo", "cleo")
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
    staffed(router, "ana", "bo")
    router.not_ready("bo")
    router.enqueue("c1", queue="desk", preferred=["bo"])
    router.events()
    clock.advance(20)
    router.advance()
    assert told(router) == [("offer_made", "c1", "ana")]


def test_an_excluded_agent_is_passed_over_until_the_time_is_up(router, clock):
    staffed(router, "ana", "bo", "cleo")
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
    staffed(router, "ana")
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
    staffed(router, "ana")
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
    staffed(router, "ana")
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
    staffed(router, "ana", "bo", queues=["calls"])
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
    staffed(router, "ana", queues=["lined"])
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
    staffed(router, "ana", queues=["vip"])
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
    staffed(router, "ana", "bo", "cleo", "dora")
    for contact, agent in (("stays", "ana"), ("moved", "bo"), ("over", "cleo")):
        engaged(router, contact, preferred=[agent])
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


# Refusals


def busy(clock):
    """A router with a contact in every phase: c1 waits, c2 is offered, c3 connecting, c4 engaged,
    c5 closed, c6 suspended, c7 scheduled, c8 wrapped up after by dora and waiting again."""
    router = Router(PLAN, clock=clock)
    router.sign_in("dora", queues=["lined"], capacity={"voice": 2})
    router.ready("dora")
    router.enqueue("c8", queue="lined")
    connecting(router, "c8")
    router.connected("c8")
    router.transfer("c8", queue="lined")
    router.not_ready("dora")
    for contact, agent in (("c2", "ana"), ("c3", "bo"), ("c4", "cleo")):
        router.sign_in(agent, queues=["desk", "vip"])
        router.ready(agent)
        router.enqueue(contact, queue="desk")
        if contact != "c2":
            connecting(router, contact)
    router.connected("c4")
    router.sign_in("far", queues=["calls"])
    router.sign_in("late", queues={"desk": Link(delay=50)})
    router.sign_in("mute", queues=["desk"], capacity={"chat": 1})
    router.sign_in("away", queues=["desk"])
    router.sign_out("away")
    router.enqueue("c1", queue="desk")
    router.enqueue("c5", queue="desk")
    router.cancel("c5")
    router.enqueue("c6", queue="desk")
    router.suspend("c6")
    router.enqueue("c7", queue="desk", not_before=START + 500)
    router.enqueue("c9", queue="calls")
    router.enqueue("c10", queue="lined")
    router.set_line("north", up=False)
    router.set_line("south", up=False)
    router.events()
    return router


NEW = {"contact": "n"}
REFUSALS = [
    (lambda r: r.ready_all(["mute", "zoe"]), "unknown_agent", "'zoe': sign it in"),
    (lambda r: r.ready_all(["mute", "away"]), "agent_signed_out", "'away' is signed out: sign"),
    (lambda r: r.pick("zoe", "c1"), "unknown_agent", "'zoe': sign it in"),
    (lambda r: r.pick("ana", "c0"), "unknown_contact", "'c0': it never came"),
    (lambda r: r.pick("away", "c1"), "agent_signed_out", "'away' is signed out"),
    (lambda r: r.pick("late", "c2"), "wrong_phase", "'c2' is offered"),
    (lambda r: r.pick("late", "c6"), "wrong_phase", "'c6' is suspended"),
    (lambda r: r.pick("dora", "c8"), "already_joined", "'dora'"),
    (lambda r: r.pick("far", "c1"), "not_serving", "'far'"),
    (lambda r: r.pick("late", "c1"), "not_serving", "'late'"),
    (lambda r: r.pick("dora", "c10"), "not_serving", "'dora'"),
    (lambda r: r.pick("mute", "c1"), "no_capacity", "'mute'"),
    (lambda r: r.pick("cleo", "c1"), "no_capacity", "'cleo'"),
    (lambda r: r.enqueue("n"), "unclassified", "'n'"),
    (lambda r: r.enqueue("n", attributes={"segment": "lead"}), "unclassified", "'n'"),
    (
        lambda r: r.enqueue("n", queue="desk", entered_at=START + 1),
        "invalid_value",
        "entered_at|1001",
    ),
    (lambda r: r.enqueue("n", queue="desk", entered_at=math.nan), "invalid_value", "NaN"),
    (lambda r: r.enqueue("n", queue="desk", not_before=-1.0), "invalid_value", "-1"),
    (lambda r: r.enqueue("n", queue="desk", preferred={"ana": 1001}), "invalid_value", "1001"),
    (lambda r: r.enqueue("n", queue="desk", preferred={"ana": -1}), "invalid_value", "-1"),
    (lambda r: r.enqueue("n", queue="desk", excluded={"ana": -1.0}), "invalid_value", "-1"),
    (lambda r: r.cancel("c4"), "wrong_phase", "'c4' is engaged"),
    (lambda r: r.reprioritise("c4", band=1), "wrong_phase", "'c4' is engaged"),
    (lambda r: r.update("c5", attributes={"a": 1}), "wrong_phase", "'c5' is closed"),
    (lambda r: r.transfer("c7", queue="vip"), "wrong_phase", "'c7' is scheduled"),
    (lambda r: r.reclassify("c0"), "unknown_contact", "'c0'"),
    (lambda r: r.reclassify("c4"), "wrong_phase", "'c4' is engaged"),
    (lambda r: r.reclassify("c6"), "wrong_phase", "'c6' is suspended"),
    (lambda r: r.reclassify("c1"), "unclassified", "'c1'"),
    (lambda r: r.exclude("c5", "ana"), "wrong_phase", "'c5' is closed"),
    (lambda r: r.exclude("c0", "ana"), "unknown_contact", "'c0'"),
    (lambda r: r.exclude("c1", "ana", lasts=-1.0), "invalid_value", "-1"),
    (lambda r: r.exclude("c1", "ana", lasts=math.inf), "invalid_value", "inf"),
    (lambda r: r.exclude("c1", ""), "invalid_value", "agent ''"),
    (lambda r: r.readmit("c5", "ana"), "wrong_phase", "'c5' is closed"),
    (lambda r: r.readmit("c1", "zoe"), "unknown_agent", "'zoe'"),
    (lambda r: r.press("c1", "9"), "unknown_exit", "'9'.*1, 2, 3, 4"),
    (lambda r: r.press("c4", "1"), "wrong_phase", "'c4' is engaged"),
    (lambda r: r.press("c7", "1"), "wrong_phase", "'c7' is scheduled"),
    (lambda r: r.press("c9", "1"), "unknown_exit", "'1'"),
    (lambda r: r.request_callback("c9"), "no_callback", "'calls'|'c9'"),
    (lambda r: r.request_callback("c4"), "wrong_phase", "'c4' is engaged"),
    (lambda r: r.request_callback("c1", at=math.nan), "invalid_value", "NaN"),
    (lambda r: r.fail_callback("c3", cause="declined"), "invalid_value", "'declined'.*give missed"),
    (lambda r: r.fail_callback("c3", cause="bored"), "invalid_value", "'bored'"),
    (lambda r: r.fail_callback("c3"), "wrong_phase", "'c3'"),
    (lambda r: r.fail_callback("c1"), "wrong_phase", "'c1' is waiting"),
    (lambda r: r.suspend("c3"), "wrong_phase", "'c3' is connecting"),
    (lambda r: r.suspend("c6"), "wrong_phase", "'c6' is suspended"),
    (lambda r: r.suspend("c1", lasts=600.5), "invalid_value", "600.5"),
    (lambda r: r.suspend("c1", lasts=-1.0), "invalid_value", "-1"),
    (lambda r: r.reinstate("c1"), "wrong_phase", "'c1' is waiting"),
    (lambda r: r.set_queue_open("nope", open=True), "unknown_queue", "'nope': .* has desk, vip"),
    (lambda r: r.set_line("east", up=True), "unknown_line", "'east'.*north, south"),
    (lambda r: r.observe_kpi("aht", 1), "unknown_kpi", "'aht'.*sl"),
    (lambda r: r.observe_kpi("sl", 1, -2), "invalid_value", "-2"),
    (lambda r: r.set_scores("fits", {}, expires=START + 1), "unknown_table", "'fits'.*fit"),
    (lambda r: r.set_scores("fit", {}, expires=math.nan), "invalid_value", "NaN"),
    (lambda r: r.adopt("c1", queue="desk"), "duplicate_contact", "'c1' is waiting"),
    (lambda r: r.adopt("c5", queue="desk"), "duplicate_contact", "'c5' is closed"),
    (lambda r: r.adopt("n", queue="nope"), "unknown_queue", "'nope'"),
    (lambda r: r.adopt("n", queue="desk", agent="zoe"), "unknown_agent", "'zoe'"),
    (lambda r: r.adopt("n"), "unclassified", "'n'"),
    (lambda r: r.adopt("n", queue="desk", entered_at=2000.0), "invalid_value", "2000|entered"),
    (lambda r: r.reconcile([Observed(contact="c1", agent="zoe")]), "unknown_agent", "'zoe'"),
    (
        lambda r: r.reconcile([Observed(contact="c1"), Observed(contact="c1")]),
        "invalid_value",
        "'c1'",
    ),
    (
        lambda r: r.reconcile([Observed(contact="n", known=NewContact(**NEW, queue="nope"))]),
        "unknown_queue",
        "'nope'",
    ),
    (
        lambda r: r.reconcile([Observed(contact="n", known=NewContact(**NEW))]),
        "unclassified",
        "'n'",
    ),
]


@pytest.mark.parametrize(("call", "code", "words"), REFUSALS)
def test_a_refusal_names_value_and_remedy_and_changes_nothing(clock, call, code, words):
    router = busy(clock)
    before = router.state_hash(), router.next_deadline(), router.metrics.counters()
    with pytest.raises(Rejected, match=words) as refused:
        call(router)
    assert refused.value.code == code
    assert code in STATUS_CODES
    assert (router.state_hash(), router.next_deadline(), router.metrics.counters()) == before
    assert router.events() == []
    router.check()


CALM = Plan.from_toml("skills = ['es']\n[queues.desk]\n[queues.vip]")


def test_a_key_that_leads_to_a_queue_that_is_gone_is_refused(clock):
    router = busy(clock)
    router.set_plan(CALM)  # c1 keeps the rules it came under
    with pytest.raises(Rejected, match="'gone'") as refused:
        router.press("c1", "4")
    assert refused.value.code == "unknown_queue"
    router.press("c1", "1")
    assert router.explain("c1").queue == "vip"


MISTYPED = [
    (lambda r: r.ready_all("ana"), "agents: give a list of names, not str"),
    (lambda r: r.ready_all([1]), "int"),
    (lambda r: r.set_plan("[queues.desk]"), r"plan: give a ccroute\.Plan, not str"),
    (lambda r: r.set_plan(None), r"plan: give a ccroute\.Plan, not NoneType"),
    (lambda r: r.reconcile(["c1"]), r"observed: give a ccroute\.Observed, not str"),
    (lambda r: r.reconcile([NewContact(contact="n")]), r"give a ccroute\.Observed, not NewContact"),
    (lambda r: r.reconcile([Observed(contact="n", known={})]), r"ccroute\.NewContact, not dict"),
    (lambda r: r.reconcile([], among="site"), "among|tuple"),
    (lambda r: r.set_line("north", up="yes"), "up"),
    (lambda r: r.set_queue_open("night", open=1), "open"),
    (lambda r: r.observe_kpi("sl", 0.8), "numerator|float"),
    (lambda r: r.enqueue("n", queue="desk", preferred="ana"), "preferred: give a list of names"),
    (lambda r: r.enqueue("n", queue="desk", excluded="ana"), "excluded: give a list of names"),
    (lambda r: r.enqueue("n", queue="desk", not_before="now"), "not_before|str"),
    (lambda r: r.suspend("c1", lasts="long"), "lasts|str"),
    (lambda r: r.press("c1", 1), "key|int"),
]


@pytest.mark.parametrize(("call", "words"), MISTYPED)
def test_a_wrong_type_is_a_type_error_and_changes_nothing(clock, call, words):
    router = busy(clock)
    before = router.state_hash()
    with pytest.raises(TypeError, match=words):
        call(router)
    assert (router.state_hash(), router.events()) == (before, [])
