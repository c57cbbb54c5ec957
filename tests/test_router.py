"""``Router``: what the scenarios do not show. Bad input, repetition, defaults,
explanations, snapshots, errors. Arrays and batches: ``test_router_batches.py``.
"""

import copy
import inspect
import math
import pickle
import random

import attrs
import pytest

import ccroute
from ccroute import (
    STATUS_CODES,
    ConfigError,
    Envelope,
    Plan,
    Rejected,
    Requirement,
    Router,
)

PLAN = Plan.from_toml("""
skills = ["es", "en"]
channels = ["voice", "chat"]
retention = "60s"
[queues.vip]
requires = { all_of = { es = 5 } }
wrap_up = { mode = "optional", limit = "30s", extension = "60s" }
dispositions = ["sale", "no_sale"]
escalation = [{ after = "50s", lower = { es = 2 } }]
[queues.mail]
offer = { on_missed = "stay_ready" }
[queues.fixed]
wrap_up = { mode = "timed", limit = "40s" }
[agents.ana]
skills = { es = 8 }
queues = ["vip", "mail", "fixed"]
[agents.bo]
skills = { es = 6, en = 3 }
queues = ["vip", "mail"]
capacity = { voice = 1, chat = 3 }
""")
START = 1000.0
NOBODY = (1 << 32) | 4_000_000  # well formed, but never given out


class Clock:
    """Goes anywhere, also where no clock should: the router itself has to refuse."""

    def __init__(self, at=START):
        self.at = at

    def now(self):
        return self.at


class Timed(Router):
    """A router and its clock."""

    def __init__(self, plan, clock):
        super().__init__(plan, clock=clock)
        self.clock = clock


def router_at(at=START):
    return Timed(PLAN, Clock(at))


def in_conversation(router, contact, agent, queue="vip"):
    """Brings a contact to an agent who is the only one ready."""
    router.ready(agent)
    router.enqueue(contact, queue=queue)
    router.accept(offer_of(router, contact))
    router.connected(contact)


def offer_of(router, contact):
    made = [e for e in router.events() if e.kind == "offer_made" and e.contact == contact]
    return made[-1].offer


def busy():
    """A router with somebody in every state: ``done`` is over and ``fixed`` too, with wrap-up
    under two rules; ``c1`` talks, ``c2`` rings, ``c3`` waits; nothing was read since.
    """
    router = router_at()
    router.sign_in("ana")
    in_conversation(router, "fixed", "ana", "fixed")
    router.release("fixed")
    router.sign_in("dora", skills={"es": 9}, queues=["vip"])
    in_conversation(router, "done", "dora")
    router.release("done")
    router.sign_in("eva", skills={"es": 9}, queues=["vip"])
    in_conversation(router, "c1", "eva")
    router.sign_in("cleo")
    router.sign_out("cleo")
    router.sign_in("bo")
    router.clock.at += 1
    router.events()
    router.ready("bo")
    router.enqueue("c2", queue="vip")
    router.enqueue("c3", queue="vip", requirement=Requirement(any_of=[{"en": 2, "es": 7}]))
    return router


def visible(router):
    """All that a host can see of a router; reading it takes the pending events away."""
    return router.state_hash(), router.next_deadline(), router.metrics.counters(), router.events()


def at(instant, call):
    def later(router):
        router.clock.at = instant
        call(router)

    return later


VIP = {"queue": "vip"}
HUGE = 10**400
REFUSALS = [
    (lambda r: r.ready("zoe"), "unknown_agent", "'zoe': sign it in"),
    (lambda r: r.set_device("zoe", "ringing"), "unknown_agent", "'zoe': sign it in"),
    (lambda r: r.explain_agent("zoe"), "unknown_agent", "'zoe': sign it in"),
    (lambda r: r.hand_over("c1", "zoe"), "unknown_agent", "'zoe': sign it in"),
    (lambda r: r.hold("c9"), "unknown_contact", "'c9': it never came"),
    (lambda r: r.explain("c9"), "unknown_contact", "'c9': it never came"),
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
        "'boss': give consult, conference",
    ),
    (lambda r: r.join("c1", "cleo", role="primary"), "invalid_value", "'primary' .*: give consult"),
    (lambda r: r.cancel("c3", cause="bored"), "invalid_value", "'bored': give abandoned, "),
    (lambda r: r.cancel("c3", cause="missed"), "invalid_value", "'missed' .*: give abandoned, "),
    (lambda r: r.release("c1", by="limit"), "invalid_value", "'limit' .*: give customer, agent"),
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
    (lambda r: r.enqueue("n", **VIP, head_start=315_360_001), "invalid_value", "ten years"),
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
    (lambda r: r.accept(NOBODY), "offer_ended", f"{NOBODY} has ended or never was: "),
    (lambda r: r.accept(0), "offer_ended", "offer 0 has ended or never was: take it from"),
    (lambda r: r.accept(-7), "offer_ended", "offer -7 has ended or never was: take it from"),
    (lambda r: r.accept(2**64), "offer_ended", "offer 18446744073709551616 has ended"),
    (lambda r: r.decline(HUGE, reason="new"), "offer_ended", "offer 1"),
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


@pytest.mark.parametrize(("call", "code", "words"), REFUSALS)
def test_a_refusal_names_value_and_remedy_and_changes_nothing(call, code, words):
    router = busy()
    with pytest.raises(Rejected, match=words) as refused:
        call(router)
    assert refused.value.code == code
    assert code in STATUS_CODES
    assert visible(router) == visible(busy())
    router.check()


MISTYPED = [
    (lambda r: r.sign_in(5), "agent"),
    (lambda r: r.sign_in("n", skills=["es"]), "skills: give a mapping, not list"),
    (lambda r: r.sign_in("n", skills=0), "skills: give a mapping, not int"),
    (lambda r: r.sign_in("n", skills={"es": "high"}), "skills"),
    (lambda r: r.sign_in("n", skills={"es": 7.5}), "skills"),
    (lambda r: r.sign_in("n", queues="vip"), "queues: give a list of names, not str"),
    (lambda r: r.sign_in("n", queues=5), "queues: give a list of names, not int"),
    (lambda r: r.sign_in("n", queues=[None]), "queues"),
    (lambda r: r.change_agent("bo", capacity=[("chat", 1)]), "capacity: give a mapping, not list"),
    (lambda r: r.ready("bo", envelope="k1"), "envelope: give a ccroute.Envelope, not str"),
    (lambda r: r.ready("bo", envelope=Envelope(command_id=5)), "asked"),
    (lambda r: r.enqueue(b"c9", queue="vip"), "contact"),
    (lambda r: r.enqueue("n", queue="vip", band=0.5), "band"),
    (lambda r: r.enqueue("n", queue="vip", band="1"), "band"),
    (lambda r: r.enqueue("n", queue="vip", head_start="1"), "head_start"),
    (lambda r: r.enqueue("n", queue="vip", attributes={"tier": 1.5}), "attributes"),
    (lambda r: r.enqueue("n", queue="vip", attributes="tier"), "attributes: give a mapping, not s"),
    (lambda r: r.enqueue("n", queue="vip", customer=7), "customer"),
    (
        lambda r: r.update("c3", requirement={"es": 5}),
        "requirement: give a ccroute.Requirement, not dict",
    ),
    (lambda r: r.transfer("c1", queue="mail", keep_age="yes"), "keep_age"),
    (lambda r: r.accept("o1"), "int"),
    (lambda r: r.decline(1.0), "int"),
    (lambda r: r.extend_wrap_up("dora", "done", by=None), "by"),
    (lambda r: r.dispose("done", "sale"), "codes: give a list of names, not str"),
    (lambda r: r.not_ready("bo", reason=3), "reason"),
    (lambda r: r.apply("ready"), "command: give a command, not str"),
    (lambda r: r.apply(Requirement()), "command: give a command, not Requirement"),
    (lambda r: r.apply(ccroute.Command()), "command: give a command, not Command"),
    (lambda r: r.apply(ccroute.Ready(agent=7)), "agent"),
    (lambda r: r.names(None), "kind"),
    (at("now", lambda r: r.advance()), "now"),
]


@pytest.mark.parametrize(("call", "words"), MISTYPED)
def test_a_wrong_type_is_a_type_error_and_changes_nothing(call, words):
    router = busy()
    with pytest.raises(TypeError, match=words):
        call(router)
    assert visible(router) == visible(busy())


@pytest.mark.parametrize("plan", [None, "[queues.vip]", {"queues": {}}])
def test_a_router_wants_a_plan(plan):
    with pytest.raises(TypeError, match=r"plan: give a ccroute\.Plan, not"):
        Router(plan)


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


# Repetition


def answer(router, call):
    try:
        return call(router)
    except Rejected as refusal:
        return refusal.code, str(refusal)


K1 = {"envelope": Envelope(command_id="k1", actor="desk", reason="asked")}
TWICE = [
    lambda r: r.enqueue("n", queue="mail", **K1),
    lambda r: r.sign_in("n", **K1),
    lambda r: r.cancel("c3", **K1),
    lambda r: r.accept(NOBODY, **K1),
    lambda r: r.ready("zoe", **K1),
    lambda r: r.enqueue("n", queue="nope", **K1),
    lambda r: r.sign_in("n", skills={"es": 300}, **K1),
    lambda r: r.join("c1", "bo", role="boss", **K1),
    lambda r: r.enqueue("n", queue="vip", head_start=-1.0, **K1),
]


@pytest.mark.parametrize("call", TWICE)
def test_a_repeated_command_id_gets_the_first_answer_and_nothing_happens(call):
    router, once = busy(), busy()
    answers = [answer(router, call), answer(router, call)]
    assert answers == [answer(once, call)] * 2
    assert visible(router) == visible(once)


def test_a_refusal_is_the_answer_even_when_it_would_be_accepted_later():
    router = busy()
    with pytest.raises(Rejected, match="'zoe'"):
        router.ready("zoe", envelope=Envelope(command_id="k1"))
    router.sign_in("zoe")
    with pytest.raises(Rejected, match="'zoe'"):
        router.ready("zoe", envelope=Envelope(command_id="k1"))
    router.ready("zoe", envelope=Envelope(command_id="k2"))
    assert router.explain_agent("zoe").availability == "ready"


def test_an_accepted_answer_comes_again_though_its_names_are_gone():
    router = busy()
    key = router.enqueue("n", queue="vip", envelope=Envelope(command_id="k1"))
    router.cancel("n")
    assert router.enqueue("n", queue="vip", envelope=Envelope(command_id="k1")) == key
    before = visible(router)[0]
    assert router.enqueue("other", queue="nope", envelope=Envelope(command_id="k1")) == key
    assert router.state_hash() == before


def test_an_answer_tells_who_asked_and_a_contact_whose_story_it_is():
    router = busy()
    envelope = Envelope(command_id="k1", actor="desk 4", reason="walk-in")
    router.enqueue("n", queue="vip", customer="u7", previous="n0", envelope=envelope)
    answer = router.answer("k1")
    assert (answer.command, answer.actor, answer.reason) == ("enqueue", "desk 4", "walk-in")
    assert (answer.at, answer.refused) == (router._clock.now(), None)
    with pytest.raises(Rejected):
        router.ready("nobody", envelope=Envelope(command_id="k2"))
    assert router.answer("k2").refused == "unknown_agent"
    assert router.answer("k3") is None
    story = router.story("n")
    assert (story.customer, story.conversation, story.previous) == ("u7", None, "n0")


def test_a_command_id_of_another_command_is_refused():
    router = busy()
    router.enqueue("n", queue="mail", envelope=Envelope(command_id="k1"))
    before = router.state_hash()
    router.events()
    for ask in (
        lambda e: router.sign_in("new", envelope=e),
        lambda e: router.ready("ana", envelope=e),
    ):
        with pytest.raises(Rejected, match="'k1' was used for enqueue: give each request an id"):
            ask(Envelope(command_id="k1"))
    assert (router.state_hash(), router.events()) == (before, [])


def test_a_command_id_is_free_again_after_retention():
    router = router_at()
    router.sign_in("ana")
    router.ready("ana", envelope=Envelope(command_id="k1"))
    router.not_ready("ana")
    router.clock.at += 59.999999
    router.ready("ana", envelope=Envelope(command_id="k1"))
    assert router.explain_agent("ana").availability == "not_ready"
    router.clock.at += 0.000001
    router.ready("ana", envelope=Envelope(command_id="k1"))
    assert router.explain_agent("ana").availability == "ready"


# Commands as objects


# Not __subclasses__: the classes that attrs makes slotted ones of linger there.
COMMANDS = [
    kind
    for kind in map(ccroute.__dict__.get, ccroute.__all__)
    if isinstance(kind, type) and issubclass(kind, ccroute.Command) and kind is not ccroute.Command
]


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.verb)
def test_a_command_has_the_arguments_and_defaults_of_its_method(kind):
    parameters = inspect.signature(getattr(Router, kind.verb)).parameters
    arguments = {name: it.default for name, it in parameters.items()}
    del arguments["self"]
    arguments.pop("envelope", None)
    nothing = {attrs.NOTHING: inspect.Parameter.empty}
    assert {
        field.name: nothing.get(field.default, field.default) for field in attrs.fields(kind)
    } == arguments


def test_a_command_as_an_object_does_what_its_method_does():
    router, other = busy(), busy()
    command = ccroute.Enqueue(contact="n", queue="vip", band=2, attributes={"tier": "gold"})
    key = router.apply(command, **K1)
    assert key == other.enqueue("n", queue="vip", band=2, attributes={"tier": "gold"}, **K1)
    assert router.apply(ccroute.Ready(agent="ana")) is other.ready("ana") is None
    for each in (router, other):
        with pytest.raises(Rejected, match="'zoe'"):
            each.apply(ccroute.Ready(agent="zoe"))
        each.clock.at += 20
    router.apply(ccroute.Advance())
    other.advance()
    assert router.apply(command, **K1) == key
    assert visible(router) == visible(other)


# Defaults and data


def test_sign_in_takes_from_the_plan_what_is_not_given():
    router = router_at()
    assert [router.sign_in(name) for name in ("bo", "new", "ana")] == [0, 1, 2]
    assert router.names("agents") == ["bo", "new", "ana"]
    for name in ("bo", "new"):
        router.ready(name)
    assert router.explain_agent("bo").open == ("voice", "chat")
    assert router.explain_agent("new").open == ("voice",)
    router.enqueue("c1", queue="vip")
    assert [chosen.agent for chosen in router.explain("c1").chosen] == ["bo"]


def test_sign_in_takes_what_is_given_before_the_plan_even_when_empty():
    router = router_at()
    router.sign_in("bo", skills={}, queues=[], capacity={})
    router.ready("bo")
    assert router.explain_agent("bo").open == ()
    router.enqueue("c1", queue="mail")
    assert router.explain("c1").eliminated == {"other_queue": 1}


def test_attributes_are_added_and_replaced_and_outlive_the_contact():
    router = router_at()
    router.enqueue("c1", queue="vip", attributes={"tier": "gold", "lang": "es"})
    router.update("c1", attributes={"tier": "lead", "": "ñ\0"})
    assert router.attributes("c1") == {"tier": "lead", "lang": "es", "": "ñ\0"}
    router.cancel("c1")
    assert router.attributes("c1")["lang"] == "es"
    router.clock.at += 60
    router.advance()
    with pytest.raises(Rejected, match="'c1'"):
        router.attributes("c1")


def test_names_say_what_the_integers_of_arrays_mean():
    router = router_at()
    router.sign_in("ana")
    router.not_ready("ana", reason="lunch")
    kinds = ["agents", "queues", "channels", "skills", "reasons"]
    assert [router.names(kind) for kind in kinds] == [
        ["ana"],
        ["vip", "mail", "fixed"],
        ["voice", "chat"],
        ["es", "en"],
        ["lunch"],
    ]


# Explanations


def test_explain_counts_each_agent_once_at_the_first_obstacle():
    router = router_at()
    spanish = {"skills": {"es": 8}, "queues": ["vip"]}
    router.sign_in("signed_out", **spanish)
    router.sign_out("signed_out")
    router.sign_in("elsewhere", skills={}, queues=["mail"])
    router.sign_in("unskilled", skills={"es": 4}, queues=["vip"])
    router.sign_in("resting", **spanish)
    for name, more in [("on_phone", {}), ("chatting", {"capacity": {"chat": 1}}), ("refuser", {})]:
        router.sign_in(name, **spanish, **more)
    for name in ("elsewhere", "unskilled", "on_phone", "chatting", "refuser"):
        router.ready(name)
    router.set_device("on_phone", "in_use")
    router.clock.at += 2.5
    router.enqueue("c0", queue="vip", band=1)
    router.decline(offer_of(router, "c0"))
    router.enqueue("c1", queue="vip", attributes={"tier": "gold"})
    router.decline(offer_of(router, "c1"))
    router.clock.at += 1
    why = router.explain("c1")
    obstacles = [
        "offline",
        "other_queue",
        "skills",
        "not_ready",
        "device",
        "no_slot",
        "excluded",
    ]
    assert list(why.eliminated.items()) == [(obstacle, 1) for obstacle in obstacles]
    assert sum(why.eliminated.values()) == len(router.names("agents"))
    assert (why.phase, why.ahead, why.since, why.chosen) == ("waiting", 1, START + 2.5, ())
    assert why.next_step == (1, START + 52.5)
    assert why.needs.all_of == {"es": 5}
    assert (
        str(why)
        == """\
contact c1 is waiting in vip, 1.0 s old, 1 ahead of it
  requirements: es >= 5; steps taken: 0
  step 1 is due in 49.0 s
  signed out: 1 agent
  not serving the queue: 1 agent
  without the skills: 1 agent
  not ready: 1 agent
  device busy or unreachable: 1 agent
  without a free slot: 1 agent
  excluded: just missed, declined or not connected, in wrap-up after it, or by the host: 1 agent
  nearest is refuser: the agent is excluded from it: just missed, declined or not connected, in\
 wrap-up after it, or by the host; passes by itself in 29.0 s"""
    )


def test_explain_names_the_chosen_agent_and_what_decided():
    router = router_at()
    for name in ("ana", "bo"):
        router.sign_in(name)
        router.ready(name)
        router.clock.at += 10
    router.enqueue("c1", queue="vip")
    router.clock.at += 5
    why = router.explain("c1")
    (chosen,) = why.chosen
    assert (chosen.agent, chosen.eligible, chosen.idle_since) == ("ana", 2, START)
    assert chosen.until == START + 35
    assert "offered to ana of 2 eligible, idle 25.0 s; runs out in 10.0 s" in str(why)
    router.accept(offer_of(router, "c1"))
    assert (router.explain("c1").phase, router.explain("c1").agent) == ("connecting", "ana")
    router.connected("c1")
    router.hold("c1")
    assert str(router.explain("c1")).splitlines()[:2] == [
        "contact c1 is held in vip, 5.0 s old",
        "  with ana",
    ]
    router.release("c1")
    assert router.explain("c1").phase == "closed"


def test_explain_agent_says_what_is_withheld_and_why():
    router = router_at()
    router.sign_in("bo", skills={"es": 4})
    router.not_ready("bo", reason="lunch")
    router.enqueue("c1", queue="vip")
    router.enqueue("c2", queue="fixed")
    router.enqueue("c3", queue="mail")
    router.enqueue("c4", queue="mail", requirement=Requirement(none_of={"es": 4}))
    why = router.explain_agent("bo")
    assert (why.availability, why.reason, why.activity) == ("not_ready", "lunch", "idle")
    assert why.withheld == {"other_queue": 1, "skills": 2, "not_ready": 1}
    assert (
        str(why)
        == """\
agent bo is not ready (lunch), idle, device unknown
  open on: no channel
  1 waiting contact withheld: in queues the agent does not serve
  2 waiting contacts withheld: the agent lacks the skills
  1 waiting contact withheld: the agent is not ready
  would take c3 next, were they free"""
    )


# Snapshots


def test_a_restored_router_is_equal_and_goes_on_alike():
    router = busy()
    router.events()
    snapshot = router.snapshot()
    clock = Clock(router.clock.at)
    restored = Timed.restore(snapshot, clock=clock)
    assert (restored.plan, restored.state_hash()) == (router.plan, router.state_hash())
    assert restored.snapshot() == snapshot
    assert restored.events() == []
    restored.clock = clock
    for each in (router, restored):
        each.clock.at += 16
        each.ready("bo", envelope=Envelope(command_id="k1"))
        each.release("c1", by="customer")
        each.clock.at += 40
        each.advance()
        each.check()
    assert restored.events() == router.events()
    assert restored.snapshot() == router.snapshot()


def test_a_restored_router_knows_the_time():
    router = busy()
    restored = Router.restore(router.snapshot(), clock=Clock(START - 1))
    with pytest.raises(Rejected) as refused:
        restored.advance()
    assert refused.value.code == "time_backwards"


def test_damaged_bytes_are_no_snapshot():
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    snapshot = busy().snapshot()
    damaged = [b"", b"ccroute1", b"{}", snapshot + b"\0", snapshot[1:], bytes(len(snapshot))]
    damaged += [snapshot[:length] for length in dice.sample(range(len(snapshot)), 30)]
    for place in dice.sample(range(len(snapshot)), 60):
        flipped = bytearray(snapshot)
        flipped[place] ^= 1 << dice.randrange(8)
        damaged.append(bytes(flipped))
    for data in damaged:
        with pytest.raises(ConfigError, match=r"snapshot .*: take it anew"):
            Router.restore(data)
    with pytest.raises(TypeError):
        Router.restore(snapshot.hex())


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
        ccroute.SkillMatcher().requirement(any_of=[{}])


def test_remedies_offer_what_would_do():
    router = busy()
    for ask, remedy in (
        (lambda: router.release("c1", by="dog"), "give customer, agent, system$"),
        (lambda: router.cancel("c3", cause="dog"), "give abandoned, withdrawn, timed_out, no_age"),
        (lambda: router.join("c1", "ana", role="dog"), "give consult, conference, monitor$"),
        (lambda: router.enqueue("n", queue="vip", head_start=1e300), "1e300: .*ten years"),
    ):
        with pytest.raises(Rejected, match=remedy):
            ask()
    with pytest.raises(TypeError, match=r"clock: give a ccroute\.Clock, not int"):
        Router(PLAN, clock=5)
