"""What a router refuses: values, names and states it cannot take, with code, value and remedy,
and nothing changed by it; the errors themselves. Wrong types: ``test_router_types.py``.
"""

import copy
import math
import pickle

import pytest
from tests.scenarios.busy import at, busy, router_at, visible
from tests.scenarios.phases import in_every_phase
from tests.scenarios.playing import NO_OFFER
from tests.scenarios.routers import START

import ccroute
from ccroute import (
    STATUS_CODES,
    ConfigError,
    NewContact,
    Observed,
    Plan,
    Rejected,
    Requirement,
    SkillMatcher,
)

VIP = {"queue": "vip"}
HUGE = 10**400
REFUSALS = [
    (lambda r: r.ready("zoe"), "unknown_agent", "'zoe': sign it in"),
    (lambda r: r.set_device("zoe", "ringing"), "unknown_agent", "'zoe': sign it in"),
    (lambda r: r.hand_over("c1", "zoe"), "unknown_agent", "'zoe': sign it in"),
    (lambda r: r.hold("c9"), "unknown_contact", "'c9': it never came"),
    (lambda r: r.attributes("c9"), "unknown_contact", "'c9': it never came"),
    (lambda r: r.enqueue("n", queue="nope"), "unknown_queue", "'nope': .* has vip, mail, fixed"),
    (lambda r: r.transfer("c1", queue="nope"), "unknown_queue", "'nope': .* has vip"),
    (lambda r: r.sign_in("n", queues=["nope"]), "unknown_queue", "'nope': .* has vip"),
    (lambda r: r.sign_in("n", skills={"fr": 3}), "unknown_skill", "'fr': .* has es, en"),
    (
        lambda r: r.update("c3", requirement=Requirement(none_of={"fr": 1})),
        "unknown_skill",
        "'fr': .* has es, en",
    ),
    (lambda r: r.enqueue("n", **VIP, channel="fax"), "unknown_channel", "'fax': .* voice, chat"),
    (lambda r: r.sign_in("n", capacity={"fax": 1}), "unknown_channel", "'fax': .* voice, chat"),
    (
        lambda r: r.join("c1", "cleo", role="boss"),
        "invalid_value",
        "'boss': give consult, conference, monitor$",
    ),
    (lambda r: r.join("c1", "cleo", role="primary"), "invalid_value", "'primary' .*: give consult"),
    (
        lambda r: r.cancel("c3", cause="bored"),
        "invalid_value",
        "'bored': give abandoned, withdrawn, timed_out, no_agents, exited_by_key, failed$",
    ),
    (lambda r: r.cancel("c3", cause="missed"), "invalid_value", "'missed' .*: give abandoned, "),
    (lambda r: r.release("c1", by="limit"), "invalid_value", "'limit' .*: give customer, agent"),
    (lambda r: r.release("c1", by="dog"), "invalid_value", "'dog': give customer, agent, system$"),
    (lambda r: r.set_device("bo", "off"), "invalid_value", "'off': give unknown, available"),
    (lambda r: r.names("fruit"), "invalid_value", "'fruit': give agents, queues"),
    (lambda r: r.enqueue("c1", **VIP), "duplicate_contact", "'c1' is engaged: give each"),
    (lambda r: r.enqueue("done", **VIP), "duplicate_contact", "'done' is closed: give each"),
    (lambda r: r.enqueue("n", **VIP, band=32768), "invalid_value", "band 32768: .* -32768 to"),
    (lambda r: r.reprioritise("c3", band=-32769), "invalid_value", "band -32769: .* to 32767"),
    (lambda r: r.reprioritise("c3", band=2**70), "invalid_value", "band 1180591620717411303424:"),
    (
        lambda r: r.enqueue("n", **VIP, head_start=math.nan),
        "invalid_value",
        "head_start NaN: give seconds",
    ),
    (lambda r: r.reprioritise("c3", head_start=-4e8), "invalid_value", "-400000000s: ten years"),
    (lambda r: r.reprioritise("c3", head_start=math.inf), "invalid_value", "inf: give seconds"),
    (lambda r: r.enqueue("n", **VIP, head_start=1e300), "invalid_value", "1e300: .*ten years"),
    (
        lambda r: r.enqueue("n", **VIP, head_start=315_360_001),
        "invalid_value",
        "360001s: ten years",
    ),
    (lambda r: r.enqueue("n", **VIP, head_start=4e8), "invalid_value", "400000000s: ten years"),
    (lambda r: r.enqueue("n", **VIP, head_start=HUGE), "invalid_value", "10{400}: give seconds"),
    (lambda r: r.extend_wrap_up("dora", "done", by=math.nan), "invalid_value", "by NaN: give"),
    (lambda r: r.extend_wrap_up("dora", "done", by=-5), "invalid_value", "by -5: give seconds"),
    (lambda r: r.extend_wrap_up("dora", "done", by=HUGE), "invalid_value", "10{400}: give seconds"),
    (lambda r: r.extend_wrap_up("dora", "done", by=60.5), "wrap_up_rule", "60.5s: .* 60s in all"),
    (lambda r: r.end_wrap_up("ana", "fixed"), "wrap_up_rule", "'ana' cannot end yet: it lasts"),
    (lambda r: r.end_wrap_up("bo", "done"), "not_joined", "'bo' is not wrapping up .*'done'"),
    (lambda r: r.sign_in("n", skills={"es": 0}), "invalid_value", "level 0 of skill 'es': give"),
    (lambda r: r.sign_in("n", skills={"es": 300}), "invalid_value", "level 300 of skill 'es': g"),
    (lambda r: r.sign_in("n", skills={"es": -1}), "invalid_value", "level -1 of skill 'es': give"),
    (lambda r: r.change_agent("bo", skills={"es": 2**70}), "invalid_value", "1180591620717411303"),
    (
        lambda r: r.enqueue("n", **VIP, requirement=Requirement(all_of={"es": 11})),
        "invalid_value",
        "level 11 of skill 'es': give",
    ),
    (lambda r: r.sign_in("n", capacity={"chat": -1}), "invalid_value", "capacity -1 .*: give 0"),
    (lambda r: r.sign_in("n", capacity={"chat": 65536}), "invalid_value", "capacity 65536 .*: gi"),
    (lambda r: r.sign_in("ana"), "agent_signed_in", "'ana' is signed in already: sign out"),
    (lambda r: r.ready("cleo"), "agent_signed_out", "'cleo' is signed out: sign"),
    (lambda r: r.accept(NO_OFFER), "offer_ended", f"{NO_OFFER} has ended or never was: "),
    (lambda r: r.accept(0), "offer_ended", "offer 0 has ended or never was: take it from"),
    (lambda r: r.accept(-7), "offer_ended", "offer -7 has ended or never was: take it from"),
    (lambda r: r.accept(2**64), "offer_ended", "offer 18446744073709551616 has ended"),
    (
        lambda r: r.decline(HUGE, reason="new"),
        "offer_ended",
        "offer 10{400} has ended or never was: take it from",
    ),
    (lambda r: r.connected("c2"), "wrong_phase", "'c2' is offered: "),
    (lambda r: r.dispose("c3", ["sale"]), "wrong_phase", "'c3' is waiting: "),
    (lambda r: r.dispose("done", ["gift"]), "unknown_disposition", "'gift' .*: it has sale, no_"),
    (lambda r: r.dispose("done", []), "invalid_value", "no code .*'done': give each code once"),
    (lambda r: r.dispose("done", ["sale", "sale"]), "invalid_value", "'sale' twice .*: give each"),
    (lambda r: r.join("c1", "eva", role="monitor"), "already_joined", "'eva' already .*: leave"),
    (lambda r: r.join("c1", "bo", role="consult"), "no_capacity", "'bo' has no room .*: wait"),
    (lambda r: r.leave("c1", "bo"), "not_joined", "'bo' .*'c1'"),
    (
        at(START - 1, lambda r: r.ready("ana")),
        "time_backwards",
        "999s lies before 1001s: give",
    ),
    (at(START - 1, lambda r: r.advance()), "time_backwards", "999s lies before 1001s: give"),
    (at(math.nan, lambda r: r.ready("ana")), "invalid_value", "time NaN: give seconds since"),
    (at(math.inf, lambda r: r.advance()), "invalid_value", "time inf: give seconds since"),
    (at(-1.0, lambda r: r.enqueue("n", **VIP)), "invalid_value", "time -1: give seconds since"),
    (at(1e12, lambda r: r.advance()), "invalid_value", "time 1000000000000: give seconds"),
    (at(HUGE, lambda r: r.advance()), "invalid_value", "10{400}: give seconds"),
]


NEW = {"contact": "n"}
BEYOND = [
    (lambda r: r.ready_all(["mute", "zoe"]), "unknown_agent", "'zoe': sign it in"),
    (lambda r: r.ready_all(["mute", "away"]), "agent_signed_out", "'away' is signed out: sign"),
    (lambda r: r.pick("zoe", "c1"), "unknown_agent", "'zoe': sign it in"),
    (lambda r: r.pick("ana", "c0"), "unknown_contact", "'c0': it never came"),
    (lambda r: r.pick("away", "c1"), "agent_signed_out", "'away' is signed out"),
    (lambda r: r.pick("late", "c2"), "wrong_phase", "'c2' is offered"),
    (lambda r: r.pick("late", "c6"), "wrong_phase", "'c6' is suspended"),
    (
        lambda r: r.pick("dora", "c8"),
        "already_joined",
        "'dora' wraps up after contact 'c8': end that first",
    ),
    (lambda r: r.pick("far", "c1"), "not_serving", "'far' does not serve queue 'desk' for now"),
    (lambda r: r.pick("late", "c1"), "not_serving", "'late' does not serve queue 'desk' for now"),
    (lambda r: r.pick("dora", "c10"), "not_serving", "'dora' does not serve queue 'lined' for now"),
    (
        lambda r: r.pick("mute", "c1"),
        "no_capacity",
        "'mute' has no room for voice: finish something first",
    ),
    (
        lambda r: r.pick("cleo", "c1"),
        "no_capacity",
        "'cleo' has no room for voice: finish something first",
    ),
    (lambda r: r.enqueue("n"), "unclassified", "'n' goes: name its queue, or end the rules"),
    (
        lambda r: r.enqueue("n", attributes={"segment": "lead"}),
        "unclassified",
        "'n' goes: name its queue, or end the rules",
    ),
    (
        lambda r: r.enqueue("n", queue="desk", entered_at=START + 1),
        "invalid_value",
        r"entered_at 1001s lies ahead of now \(1000s\): give now or less",
    ),
    (
        lambda r: r.enqueue("n", queue="desk", entered_at=math.nan),
        "invalid_value",
        "entered_at NaN: give seconds since the epoch, from 0 to",
    ),
    (
        lambda r: r.enqueue("n", queue="desk", not_before=-1.0),
        "invalid_value",
        "not_before -1: give seconds since the epoch, from 0 to",
    ),
    (
        lambda r: r.enqueue("n", queue="desk", preferred={"ana": 1001}),
        "invalid_value",
        "'ana': 1001: give a whole number from 0 to 1000",
    ),
    (
        lambda r: r.enqueue("n", queue="desk", preferred={"ana": -1}),
        "invalid_value",
        "'ana': -1: give a whole number from 0 to 1000",
    ),
    (
        lambda r: r.enqueue("n", queue="desk", excluded={"ana": -1.0}),
        "invalid_value",
        "excluded -1: give seconds, finite, from 0",
    ),
    (lambda r: r.cancel("c4"), "wrong_phase", "'c4' is engaged"),
    (lambda r: r.reprioritise("c4", band=1), "wrong_phase", "'c4' is engaged"),
    (lambda r: r.update("c5", attributes={"a": 1}), "wrong_phase", "'c5' is closed"),
    (lambda r: r.transfer("c7", queue="vip"), "wrong_phase", "'c7' is scheduled"),
    (lambda r: r.reclassify("c0"), "unknown_contact", "'c0': it never came"),
    (lambda r: r.reclassify("c4"), "wrong_phase", "'c4' is engaged"),
    (lambda r: r.reclassify("c6"), "wrong_phase", "'c6' is suspended"),
    (lambda r: r.reclassify("c1"), "unclassified", "'c1' goes: name its queue, or end the rules"),
    (lambda r: r.exclude("c5", "ana"), "wrong_phase", "'c5' is closed"),
    (lambda r: r.exclude("c0", "ana"), "unknown_contact", "'c0': it never came"),
    (
        lambda r: r.exclude("c1", "ana", lasts=-1.0),
        "invalid_value",
        "lasts -1: give seconds, finite, from 0",
    ),
    (
        lambda r: r.exclude("c1", "ana", lasts=math.inf),
        "invalid_value",
        "lasts inf: give seconds, finite, from 0",
    ),
    (lambda r: r.exclude("c1", ""), "invalid_value", "agent '' of 0 bytes: give 1 to 128 bytes"),
    (lambda r: r.readmit("c5", "ana"), "wrong_phase", "'c5' is closed"),
    (lambda r: r.readmit("c1", "zoe"), "unknown_agent", "'zoe': sign it in"),
    (lambda r: r.press("c1", "9"), "unknown_exit", "no exit '9': it has 1, 2, 3, 4$"),
    (lambda r: r.press("c4", "1"), "wrong_phase", "'c4' is engaged"),
    (lambda r: r.press("c7", "1"), "wrong_phase", "'c7' is scheduled"),
    (lambda r: r.press("c9", "1"), "unknown_exit", "no exit '1': it has none$"),
    (
        lambda r: r.request_callback("c9"),
        "no_callback",
        "'calls' calls nobody back: give it a `callback` rule",
    ),
    (lambda r: r.request_callback("c4"), "wrong_phase", "'c4' is engaged"),
    (
        lambda r: r.request_callback("c1", at=math.nan),
        "invalid_value",
        "at NaN: give seconds since the epoch, from 0 to",
    ),
    (lambda r: r.fail_callback("c3", cause="declined"), "invalid_value", "'declined'.*give missed"),
    (
        lambda r: r.fail_callback("c3", cause="bored"),
        "invalid_value",
        "'bored': give missed, busy, unreachable, failed$",
    ),
    (
        lambda r: r.fail_callback("c3"),
        "wrong_phase",
        "'c3' is connecting: only the connection of a callback",
    ),
    (lambda r: r.fail_callback("c1"), "wrong_phase", "'c1' is waiting"),
    (
        lambda r: r.fail_connection("c3", cause="bored"),
        "invalid_value",
        "'bored': give missed, declined, busy, unreachable, failed$",
    ),
    (
        lambda r: r.fail_connection("c1"),
        "wrong_phase",
        "'c1' is waiting: only a connection that was accepted",
    ),
    (lambda r: r.suspend("c4"), "wrong_phase", "'c4' is engaged"),
    (lambda r: r.suspend("c6"), "wrong_phase", "'c6' is suspended"),
    (
        lambda r: r.suspend("c1", lasts=600.5),
        "invalid_value",
        r"suspension of 600\.5s: the queue allows 600s",
    ),
    (
        lambda r: r.suspend("c1", lasts=-1.0),
        "invalid_value",
        "lasts -1: give seconds, finite, from 0",
    ),
    (lambda r: r.reinstate("c1"), "wrong_phase", "'c1' is waiting"),
    (lambda r: r.set_queue_open("nope", open=True), "unknown_queue", "'nope': .* has desk, vip"),
    (lambda r: r.set_line("east", up=True), "unknown_line", "'east': the plan has north, south$"),
    (lambda r: r.observe_kpi("aht", 1), "unknown_kpi", "no figure 'aht': the plan has sl$"),
    (lambda r: r.observe_kpi("sl", 1, -2), "invalid_value", "denominator -2: give 0 or more"),
    (
        lambda r: r.set_scores("fits", {}, expires=START + 1),
        "unknown_table",
        "no score table 'fits': the plan has fit$",
    ),
    (
        lambda r: r.set_scores("fit", {}, expires=math.nan),
        "invalid_value",
        "expires NaN: give seconds since the epoch, from 0 to",
    ),
    (
        lambda r: r.adopt("c1", queue="desk"),
        "duplicate_contact",
        "'c1' is waiting: give each contact an id of its own",
    ),
    (
        lambda r: r.adopt("c5", queue="desk"),
        "duplicate_contact",
        "'c5' is closed: give each contact an id of its own",
    ),
    (lambda r: r.adopt("n", queue="nope"), "unknown_queue", "'nope': the plan has desk, vip"),
    (lambda r: r.adopt("n", queue="desk", agent="zoe"), "unknown_agent", "'zoe': sign it in"),
    (lambda r: r.adopt("n"), "unclassified", "'n' goes: name its queue, or end the rules"),
    (
        lambda r: r.adopt("n", queue="desk", entered_at=2000.0),
        "invalid_value",
        r"entered_at 2000s lies ahead of now \(1000s\): give now or less",
    ),
    (
        lambda r: r.reconcile([Observed(contact="c1", agent="zoe")]),
        "unknown_agent",
        "'zoe': sign it in",
    ),
    (
        lambda r: r.reconcile([Observed(contact="c1"), Observed(contact="c1")]),
        "invalid_value",
        "'c1' is reported twice: report it once",
    ),
    (
        lambda r: r.reconcile([Observed(contact="n", known=NewContact(**NEW, queue="nope"))]),
        "unknown_queue",
        "'nope': the plan has desk, vip",
    ),
    (
        lambda r: r.reconcile([Observed(contact="n", known=NewContact(**NEW))]),
        "unclassified",
        "'n' goes: name its queue, or end the rules",
    ),
]


@pytest.mark.parametrize(
    ("make", "call", "code", "words"),
    [(busy, *row) for row in REFUSALS] + [(in_every_phase, *row) for row in BEYOND],
)
def test_a_refusal_names_value_and_remedy_and_changes_nothing(make, call, code, words):
    router = make()
    with pytest.raises(Rejected, match=words) as refused:
        call(router)
    assert refused.value.code == code
    assert code in STATUS_CODES
    assert visible(router) == visible(make())
    router.check()


CALM = Plan.from_toml("skills = ['es']\n[queues.desk]\n[queues.vip]")


def test_a_key_that_leads_to_a_queue_that_is_gone_is_refused():
    router = in_every_phase()
    router.set_plan(CALM)  # c1 keeps the rules it came under
    with pytest.raises(Rejected, match="'gone'") as refused:
        router.press("c1", "4")
    assert refused.value.code == "unknown_queue"
    router.press("c1", "1")
    assert router.explain("c1").queue == "vip"


def test_an_offer_that_ran_out_cannot_be_accepted():
    router, other = busy(), busy()
    offer = next(e for e in other.events() if e.kind == "offer_made" and e.contact == "c2").offer
    router.clock.at = other.clock.at = START + 16
    with pytest.raises(Rejected, match=f"offer {offer} has ended .*: ") as refused:
        router.accept(offer)
    assert refused.value.code == "offer_ended"
    other.advance()
    assert visible(router)[:3] == visible(other)[:3]


def test_what_was_due_happens_even_before_an_unknown_name_is_refused():
    router = busy()
    router.events()
    router.clock.at = START + 16
    with pytest.raises(Rejected, match="'zoe'"):
        router.ready("zoe")
    assert [event.kind for event in router.events()] == [
        "offer_missed",
        "agent_not_ready",
        "contact_requeued",
    ]


# Errors


@pytest.mark.parametrize(
    "error",
    [
        Rejected("offer_ended", "offer 7 has ended: take another"),
        ConfigError("no queue 'vip'", 3, "plan.toml"),
        ccroute.EngineBroken("a defect"),
        ccroute.DataUnavailable("gone"),
    ],
)
def test_errors_pickle_and_copy(error):
    for same in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(same) is type(error)
        assert (str(same), vars(same)) == (str(error), vars(error))


def test_a_refusal_prints_its_message_alone():
    error = Rejected("offer_ended", "offer 7 has ended")
    assert (str(error), error.code) == ("offer 7 has ended", "offer_ended")


def test_names_are_fit_to_be_read():
    router = router_at()
    for name, shown in (("", "''"), ("a\nb", "'a"), ("x" * 129, "'xxx"), ("\x1b[2J", "'")):
        for what, ask in (
            ("agent", router.sign_in),
            ("contact", lambda name: router.enqueue(name, queue="vip")),
        ):
            with pytest.raises(Rejected, match=f"^{what} {shown}.*give 1 to 128 bytes") as refused:
                ask(name)
            assert refused.value.code == "invalid_value"
    assert router.events() == []


def test_an_empty_group_is_refused_as_in_a_plan():
    router = router_at()
    with pytest.raises(Rejected, match="an empty group in any_of"):
        router.enqueue("c", queue="vip", requirement=Requirement(any_of=[{}]))
    with pytest.raises(Rejected, match="an empty group in any_of"):
        SkillMatcher().requirement(any_of=[{}])
