"""Past decisions, at random: every offer is explained as it was made, and a router restored at
any command goes on alike.
"""

import contextlib
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scenarios.routers import START, offers

from ccroute import (
    Accept,
    Connected,
    Decline,
    Enqueue,
    ManualClock,
    NotReady,
    OfferMade,
    Plan,
    Ready,
    Rejected,
    Release,
    Router,
    SetPlan,
    SetScores,
    SignIn,
)

STAYS = "offer = { on_missed = 'stay_ready' }"
PLAN = Plan.from_toml(f"""
skills = ["es"]
[scores.fit]
by = "kind"
[queues.q]
strategy = ["scores", "most_proficient", "random"]
scores = "fit"
requires = {{ all_of = {{ es = 3 }} }}
{STAYS}
escalation = [{{ after = "9s", drop = ["es"] }}]
[queues.r]
strategy = "round_robin"
offer = {{ on_missed = "stay_ready", parallel = 2 }}
""")
LATER = Plan.from_toml(f"""
skills = ["es"]
[queues.q]
{STAYS}
[queues.r]
strategy = "least_recent"
{STAYS}
""")
NAMES = [f"a{number}" for number in range(4)]
moves = st.one_of(
    st.builds(
        SignIn,
        agent=st.sampled_from(NAMES),
        skills=st.dictionaries(st.just("es"), st.integers(1, 9)),
        queues=st.sets(st.sampled_from(["q", "r"]), min_size=1).map(sorted),
    ),
    st.builds(Ready, agent=st.sampled_from(NAMES)),
    st.builds(Ready, agent=st.sampled_from(NAMES)),
    st.builds(NotReady, agent=st.sampled_from(NAMES)),
    st.builds(
        Enqueue,
        contact=st.integers(0, 30).map(str),
        queue=st.sampled_from(["q", "r"]),
        attributes=st.just({"kind": "gold"}),
    ),
    st.builds(
        SetScores,
        table=st.just("fit"),
        scores=st.fixed_dictionaries(
            {"gold": st.dictionaries(st.sampled_from(NAMES), st.floats(0, 1))}
        ),
        expires=st.just(START + 60),
    ),
    st.builds(SetPlan, plan=st.sampled_from([PLAN, LATER])),
    st.sampled_from(["accept", "decline", "connect", "release"]),
)


def carried_out(router, move, live):
    """Carries out a command, or what becomes of the last offer; refused ones are nothing."""
    commands = {
        "accept": lambda: Accept(offer=live[-1].offer),
        "decline": lambda: Decline(offer=live[-1].offer),
        "connect": lambda: Connected(contact=live[-1].contact),
        "release": lambda: Release(contact=live[-1].contact),
    }
    if isinstance(move, str):
        if not live:
            return
        move = commands[move]()
    with contextlib.suppress(Rejected):
        router.apply(move)


@settings(max_examples=60, deadline=None)
@given(
    script=st.lists(st.tuples(st.sampled_from([0.0, 1.0, 4.0, 16.0]), moves), max_size=60),
    recall=st.integers(1, 30),
)
def test_whoever_was_offered_a_contact_stands_first_among_its_candidates(script, recall):
    clock = ManualClock(START)
    router, plain = Router(PLAN, clock=clock, recall=recall), Router(PLAN, clock=clock)
    for name in NAMES:
        for each in (router, plain):
            each.sign_in(name, skills={"es": 5}, queues=["q", "r"])
            each.ready(name)
    router.events()
    live = []
    for passed, move in script:
        clock.advance(passed)
        for each in (router, plain):
            carried_out(each, move, live)
        made = offers(router)
        live += made
        for event in made:
            told = router.explain_offer(event)
            first = told.candidates[0]
            assert (told.contact, first.agent, told.at) == (event.contact, event.agent, event.at)
            assert len(told.candidates) == min(told.eligible, 10)
            known = len(router.names("agents"))
            assert told.eligible + sum(told.eliminated.values()) <= known
            assert told.text("es").count("\n") == str(told).count("\n")
    assert router.state_hash() == plain.state_hash()


@settings(max_examples=60, deadline=None)
@given(
    script=st.lists(st.tuples(st.sampled_from([0.0, 1.0, 4.0, 16.0]), moves), max_size=40),
    data=st.data(),
)
def test_a_router_restored_at_any_command_and_fed_the_log_goes_on_alike(script, data):
    """The log of commands and times is enough: with a snapshot from anywhere in it the same
    events come, to the last sequence number."""
    cut = data.draw(st.integers(0, len(script)))
    clock = ManualClock(START)
    router = Router(PLAN, clock=clock)
    for name in NAMES:
        router.sign_in(name, skills={"es": 5}, queues=["q", "r"])
        router.ready(name)
    log, live, snapshot, told = [], [], router.snapshot(), []
    router.events()
    for place, (passed, move) in enumerate([*script, (0.0, "accept")]):
        if place == cut:
            snapshot, log, told = router.snapshot(), [], []
        clock.advance(passed)
        log.append((clock.now(), move, list(live)))
        carried_out(router, move, live)
        fresh = router.events()
        told += fresh
        live += [event for event in fresh if isinstance(event, OfferMade)]
    again = ManualClock(log[0][0])
    restored = Router.restore(snapshot, clock=again)
    heard = []
    for at, move, offered in log:
        again.set(at)
        carried_out(restored, move, offered)
        heard += restored.events()
    assert heard == told
    assert restored.state_hash() == router.state_hash()
    assert list(restored.plan.queues.items()) == list(router.plan.queues.items())
    numbers = [event.sequence for event in heard]
    assert all(after == before + 1 for before, after in itertools.pairwise(numbers))
