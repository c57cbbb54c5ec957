"""``Router``: what the scenarios do not show. Repetition, commands as objects, defaults,
snapshots. Refusals: ``test_router_refusals.py``; arrays and batches: ``test_router_batches.py``;
explanations: ``test_explain.py``.
"""

import inspect
import random

import attrs
import pytest
from tests.scenarios.busy import Timed, busy, router_at, visible
from tests.scenarios.playing import NO_OFFER, Clock
from tests.scenarios.routers import START

import ccroute
from ccroute import ConfigError, Envelope, ManualClock, Plan, Rejected, Router

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
    lambda r: r.accept(NO_OFFER, **K1),
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


# Snapshots


def test_a_default_plan_can_be_saved_and_restored():
    clock = ManualClock(START)
    router = Router(Plan.from_toml("[queues.q]"), clock=clock)
    assert Router.restore(router.snapshot(), clock=clock).state_hash() == router.state_hash()


def test_a_restored_router_has_the_plan_that_was_set_last():
    clock = ManualClock(START)
    before = "[scores.fit]\nby = 'kind'\n[calendars.day]\nzone = 'UTC'\n[queues.q]\n[queues.r]"
    router = Router(Plan.from_toml(before), clock=clock)
    router.set_plan(Plan.from_toml("[queues.r]"))
    assert Router.restore(router.snapshot(), clock=clock).plan == router.plan


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
