"""The boundary holds: whatever a host passes in, a router answers or raises what it says.

Only ccroute's own errors and Python's errors for a wrong type or for text that is none;
never ``EngineBroken``, never a panic; and after every refusal the invariants hold.
"""

import contextlib
import hashlib
import inspect
import math

import numpy as np
import pytest
from attrs import fields
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scenarios.playing import Clock

import ccroute
from ccroute import (
    COMMAND_DTYPE,
    COMMAND_OPS,
    STATUS_CODES,
    Advance,
    CcrouteError,
    Command,
    ConfigError,
    EngineBroken,
    Envelope,
    KpiAggregator,
    Observed,
    Plan,
    PriorityQueue,
    Requirement,
    Router,
    SkillMatcher,
)

PLAN = Plan.from_toml("""
skills = ["es", "en"]
channels = ["voice", "chat"]
retention = "5s"
[queues.vip]
requires = { all_of = { es = 2 } }
wrap_up = { mode = "optional", limit = "5s", extension = "10s" }
dispositions = ["sale"]
strategy = ["scores", "random"]
scores = "fit"
offer = { parallel = 2, grace = "3s", back_off = { declined = "4s" } }
preferred = { first = "2s", last_agent = "1m" }
exits = { 1 = { move_to = "mail" }, 2 = { offer_callback = true } }
callback = { attempts = 2, retry = { missed = "3s" } }
leaving = { resume_within = "9s" }
lines = ["north", "south"]
expected_wait = true
[[queues.vip.escalation]]
after = "3s"
drop = ["es"]
[[queues.vip.escalation]]
when = "queue.waiting > 2 && contact.missed == 0"
widen = ["mail"]
[[queues.vip.escalation]]
after = "9s"
if = "queue.ready == 0"
move_to = "mail"
[queues.mail]
admission = { longest = 3, otherwise = "shut" }
leaving = { staff_free_of = "strict", after = "4s" }
help = [{ from = ["vip"], kpi = "sl", below = 0.8, until = 0.9, hold = "3s" }]
[queues.shut]
hours = "office"
closed = { waiting = "end" }
[calendars.office]
zone = "UTC"
[scores.fit]
by = "tier"
[[classification.rules]]
when = "tier == 'gold' || contact.channel == 'chat'"
queue = "vip"
band = 2
[[classification.rules]]
split = [{ queue = "vip", share = 1 }, { queue = "mail", share = 2 }]
[agents.ana]
skills = { es = 8 }
queues = { vip = {}, mail = { rank = 2, delay = "2s" } }
lines = ["north"]
""")
# Half a character cannot cross: Python says so itself, with a ValueError of its own.
FAIR = (CcrouteError, TypeError, UnicodeEncodeError)

names = st.sampled_from(
    [
        "ana",
        "bo",
        "c1",
        "c2",
        "c3",
        "vip",
        "mail",
        "shut",
        "es",
        "en",
        "voice",
        "chat",
        "fit",
        "north",
        "south",
        "sl",
        "tier",
        "gold",
        "1",
        "2",
    ]
)
words = st.sampled_from(
    [
        "sale",
        "ringing",
        "unreachable",
        "consult",
        "monitor",
        "customer",
        "abandoned",
        "agents",
        "missed",
        "busy",
    ]
)
texts = names | words | st.text(max_size=3) | st.sampled_from(["\0", "\ud800", "ñ" * 200])
integers = st.integers(-3, 12) | st.sampled_from(
    [1 << 32, (1 << 32) + 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, -(2**63), 2**64, 10**400]
)
floats = st.sampled_from([0.0, -0.0, 1.0, 2.5, 1e9, 1e18, -1.0]) | st.floats()
levels = st.dictionaries(names, integers, max_size=2)
wishes = st.builds(Requirement, all_of=levels, any_of=st.lists(levels, max_size=2), none_of=levels)
envelopes = st.builds(
    Envelope,
    command_id=texts | st.just("k1"),
    actor=st.none() | texts,
    reason=st.none() | texts,
)
wrong = st.sampled_from([None, True, b"c1", 1j, object(), [], (), {}, range(3), {"es"}, Ellipsis])
anything = (
    texts | integers | floats | levels | wishes | envelopes | st.lists(texts, max_size=3) | wrong
)

# What each argument is meant to be; two times in three it gets that.
MEANT = {
    "skills": levels,
    "capacity": levels,
    "queues": st.lists(names, max_size=2),
    "codes": st.lists(texts, max_size=2),
    "attributes": st.dictionaries(texts, texts, max_size=2),
    "requirement": st.none() | wishes,
    "envelope": st.none() | envelopes,
    "band": integers,
    "offer": integers,
    "head_start": floats,
    "by": floats | words,
    "keep_age": st.booleans(),
    "labels": st.dictionaries(texts, texts | integers | st.booleans(), max_size=2),
    "budget": st.none() | integers,
    "lines": st.lists(names, max_size=2),
    "preferred": st.lists(names, max_size=2) | levels,
    "excluded": st.lists(names, max_size=2) | st.dictionaries(names, floats, max_size=2),
    "entered_at": floats,
    "not_before": floats,
    "agents": st.lists(names, max_size=2),
    "open": st.booleans(),
    "up": st.booleans(),
    "numerator": integers,
    "denominator": integers,
    "scores": st.dictionaries(texts, st.dictionaries(names, floats, max_size=2), max_size=2),
    "expires": floats,
    "version": integers,
    "lasts": st.none() | floats,
    "at": st.none() | floats,
    "plan": st.just(PLAN) | st.just(Plan.from_toml("[queues.mail]\n[queues.new]")),
    "observed": st.lists(st.builds(Observed, contact=names, agent=st.none() | names), max_size=3),
    "among": st.none() | st.tuples(texts, texts),
    "failure": words,
}
COMMANDS = [
    kind
    for kind in map(ccroute.__dict__.get, ccroute.__all__)
    if isinstance(kind, type) and issubclass(kind, Command) and kind is not Command
]
MEANT["command"] = st.sampled_from(COMMANDS).flatmap(
    lambda kind: st.builds(kind, **{it.name: MEANT.get(it.name, texts) for it in fields(kind)})
)
METHODS = sorted(
    name
    for name, method in inspect.getmembers(Router, inspect.isfunction)
    if not name.startswith("_")
)
READINGS = {"advance", "check", "events", "events_array", "next_deadline", "snapshot", "state_hash"}


def arguments(data, method):
    """For every parameter of a method, what is meant or anything at all."""
    given = {}
    for name, parameter in list(inspect.signature(method).parameters.items())[1:]:
        if parameter.default is not inspect.Parameter.empty and data.draw(st.booleans()):
            continue
        meant = MEANT.get(name, texts)
        given[name] = data.draw(meant if data.draw(st.integers(0, 2)) else anything)
    return given


def call_fairly(call, *given, **named):
    """What was refused, in words; ``None`` when it was done."""
    try:
        call(*given, **named)
    except EngineBroken:
        raise
    except FAIR as error:
        return str(error)
    return None


def busy():
    clock = Clock(1.0)
    router = Router(PLAN, clock=clock)
    router.sign_in("ana", capacity={"voice": 2})
    router.ready("ana")
    for contact in ("c1", "c2", "c3"):
        router.enqueue(contact, queue="vip")
    offer = next(event.offer for event in router.events() if event.kind == "offer_made")
    router.accept(offer)
    router.connected("c1")
    return router, clock


def test_the_fuzz_knows_every_method():
    assert set(METHODS) >= READINGS | {"enqueue", "apply_batch", "explain", "dispose"}
    assert len(METHODS) >= 35


@settings(max_examples=250)
@given(data=st.data())
def test_whatever_a_method_is_given_the_router_stays_whole(data):
    router, clock = busy()
    for _ in range(data.draw(st.integers(1, 12))):
        name = data.draw(st.sampled_from(METHODS))
        moves = st.sampled_from([0.0, 0.0, 0.5, 4.0]) | floats | wrong
        passed = data.draw(moves)
        before, clock.at = clock.at, passed
        if isinstance(passed, float) and 0.0 <= passed < 10.0:
            before = clock.at = before + passed
        method = getattr(Router, name)
        call_fairly(method, router, **arguments(data, method))
        clock.at = before
        router.check()
    assert Router.restore(router.snapshot(), clock=clock).state_hash() == router.state_hash()


@settings(max_examples=60)
@given(data=st.data(), length=st.integers(0, 20))
def test_whatever_bytes_a_batch_holds_the_router_stays_whole(data, length):
    router, _ = busy()
    size = length * COMMAND_DTYPE.itemsize
    table = np.frombuffer(data.draw(st.binary(min_size=size, max_size=size)), COMMAND_DTYPE).copy()
    table["op"] %= len(COMMAND_OPS)
    table["at_us"] >>= data.draw(st.sampled_from([0, 8, 40]))
    table["contact"] %= 5
    for place in ("queue", "agent", "channel"):
        table[place][:: data.draw(st.integers(1, 4))] = 0
    events, statuses = router.apply_batch(table)
    assert len(statuses) == length
    assert set(statuses.tolist()) <= set(range(len(STATUS_CODES)))
    assert (
        KpiAggregator().fold_batch(
            events,
            **{kind: router.names(kind) for kind in ("queues", "agents", "channels", "reasons")},
        )
        is None
    )
    router.check()


@settings(max_examples=150)
@given(data=st.data())
def test_a_snapshot_forged_with_a_right_checksum_is_refused_or_sound(data):
    snapshot = bytearray(busy()[0].snapshot())
    body = len(snapshot) - 32
    for _ in range(data.draw(st.integers(1, 4))):
        snapshot[data.draw(st.integers(0, body - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([body, body, data.draw(st.integers(0, body))]))
    signed = bytes(snapshot[:cut])
    with contextlib.suppress(ConfigError):
        router = Router.restore(signed + hashlib.sha256(signed).digest(), clock=Clock(1.0))
        router.check()


PARTS = [PriorityQueue, SkillMatcher]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
@settings(max_examples=100)
@given(data=st.data())
def test_whatever_a_part_is_given_it_stays_whole(part, data):
    whole = part()
    methods = sorted(name for name in dir(part) if not name.startswith("_"))
    for _ in range(data.draw(st.integers(1, 10))):
        numbers = st.lists(integers | floats, max_size=3)
        columns = numbers.map(lambda values: np.array(values, dtype=object)) | st.builds(
            lambda size, dtype: np.full(size, 1, dtype),
            st.integers(0, 3),
            st.sampled_from([np.int64, np.uint64, np.int16, np.float64, np.bool_]),
        )
        given = data.draw(st.lists(anything | columns, max_size=4))
        with contextlib.suppress(ValueError):  # columns of other shapes
            call_fairly(getattr(whole, data.draw(st.sampled_from(methods))), *given)
        assert len(whole) >= 0


def test_a_clock_that_tells_no_time_is_refused_by_every_command():
    router, clock = busy()
    clock.at = math.nan
    before, commands = router.state_hash(), 0
    given = {
        "offer": 7,
        "by": 1.0,
        "codes": ["sale"],
        "command": Advance(),
        "agents": ["ana"],
        "open": True,
        "up": True,
        "numerator": 1,
        "scores": {},
        "expires": 1.0,
        "plan": PLAN,
        "observed": [],
    }
    for name in METHODS:
        parameters = inspect.signature(getattr(Router, name)).parameters
        if "envelope" not in parameters and name != "advance":
            continue
        needed = [key for key, it in parameters.items() if it.default is it.empty][1:]
        named = {key: given.get(key, "c1") for key in needed}
        refused = call_fairly(getattr(router, name), **named)
        assert "time NaN: give seconds since the epoch" in refused
        commands += 1
    assert commands == 43
    assert router.state_hash() == before
