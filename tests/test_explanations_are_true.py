"""In small centres at random, explanations are true: nobody waits for whom nothing stops, and
what is proposed does what it promises.
"""

import contextlib

from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.scenarios.routers import START

from ccroute import HelpWhen, Link, ManualClock, Plan, Rejected, Requirement, Router

SKILLS = ("es", "en")
QUEUES = ("q", "r")
levels = st.integers(1, 4)
some_skills = st.dictionaries(st.sampled_from(SKILLS), levels, max_size=2)
needs = st.builds(
    Requirement,
    all_of=some_skills,
    any_of=st.lists(st.dictionaries(st.sampled_from(SKILLS), levels, min_size=1), max_size=1),
    none_of=st.dictionaries(st.sampled_from(SKILLS), st.just(4), max_size=1),
)
agents_at_random = st.fixed_dictionaries(
    {
        "skills": some_skills,
        "queues": st.sets(st.sampled_from(QUEUES), max_size=2).map(sorted),
        "state": st.sampled_from(["ready", "ready", "ready", "not_ready", "offline"]),
    }
)
contacts_at_random = st.fixed_dictionaries(
    {"queue": st.sampled_from(QUEUES), "requirement": st.none() | needs}
)
plans = st.fixed_dictionaries(
    dict.fromkeys(QUEUES, st.dictionaries(st.sampled_from(SKILLS), st.integers(3, 4), max_size=2))
)


def written(required, escalation=None):
    """The plan of a centre; ``escalation``: what the queue q no longer asks."""
    lines = [f"skills = {list(SKILLS)}"]
    for queue, skills in required.items():
        pairs = ", ".join(f"{skill} = {level}" for skill, level in skills.items())
        lines += [f"[queues.{queue}]", f"requires.all_of = {{ {pairs} }}"]
        if escalation is not None and queue == "q":
            lines.append(f"escalation = [{{ after = '1ms', {escalation} }}]")
    return Plan.from_toml("\n".join(lines))


def centre(required, agents, contacts):
    """A router with all of these; time has passed since they came."""
    clock = ManualClock(START)
    router = Router(written(required), clock=clock)
    for number, agent in enumerate(agents):
        router.sign_in(f"a{number}", skills=agent["skills"], queues=agent["queues"])
        if agent["state"] == "offline":
            router.sign_out(f"a{number}")
        elif agent["state"] == "ready":
            router.ready(f"a{number}")
    for number, contact in enumerate(contacts):
        router.enqueue(f"c{number}", **contact)
    clock.advance(1)
    router.advance()
    return router


def told(router, contacts):
    return [router.explain(f"c{number}") for number in range(len(contacts))]


def offered(router, contacts, queue=None):
    """Which contacts have an offer."""
    return {
        why.contact
        for why in told(router, contacts)
        if why.phase == "offered" and queue in {None, why.queue}
    }


in_a_centre = given(
    required=plans,
    agents=st.lists(agents_at_random, min_size=1, max_size=5),
    contacts=st.lists(contacts_at_random, min_size=1, max_size=6),
)


@settings(max_examples=100, deadline=None)
@in_a_centre
def test_nobody_waits_whom_an_agent_could_take(required, agents, contacts):
    router = centre(required, agents, contacts)
    for why in told(router, contacts):
        assert why.phase in {"waiting", "offered"}
        if why.phase == "waiting":
            assert sum(why.eliminated.values()) == len(agents)
            here = [agent for agent in agents if agent["state"] != "offline"]
            assert (why.nearest is None) == (not here)
            if why.nearest is not None:
                assert why.nearest.obstacles
                assert why.nearest.obstacles[0] == list(why.eliminated)[-1]
                lacks = {"skills"} & set(why.nearest.obstacles)
                assert lacks or not why.nearest.missing


@settings(max_examples=100, deadline=None)
@in_a_centre
def test_what_the_nearest_agent_is_told_to_lack_is_all_they_lack(required, agents, contacts):
    router = centre(required, agents, [{**contact, "requirement": None} for contact in contacts])
    for number in range(len(contacts)):
        why = router.explain(f"c{number}")
        if why.phase != "waiting" or why.nearest is None:
            continue
        nearest = why.nearest
        if not set(nearest.obstacles) <= {"other_queue", "skills", "not_ready"}:
            assert set(nearest.obstacles) & {"no_slot"}
            continue
        agent = agents[int(nearest.agent[1:])]
        skills = {
            **agent["skills"],
            **{name: asked for name, (asked, _) in nearest.missing.items()},
        }
        for name, (asked, held) in nearest.missing.items():
            assert held == agent["skills"].get(name, 0) < asked
        router.change_agent(
            nearest.agent, skills=skills, queues=sorted({*agent["queues"], why.queue})
        )
        if "not_ready" in nearest.obstacles:
            router.ready(nearest.agent)
        event(" and ".join(nearest.obstacles))
        # The agent is given this contact, or one that goes before it.
        assert router.explain_agent(nearest.agent).activity == "offered"
        return


@settings(max_examples=100, deadline=None)
@in_a_centre
def test_what_an_agent_would_take_next_is_what_they_take_once_ready(required, agents, contacts):
    router = centre(required, agents, contacts)
    for number, agent in enumerate(agents):
        if agent["state"] != "not_ready":
            continue
        following = router.explain_agent(f"a{number}").next
        before = offered(router, contacts)
        router.ready(f"a{number}")
        assert offered(router, contacts) - before == ({following} if following else set())


@settings(max_examples=200, deadline=None)
@in_a_centre
def test_the_change_a_queue_proposes_frees_what_it_promises(required, agents, contacts):
    """At least half of it: one after the other, contacts may take agents whom others need."""
    router = centre(required, agents, contacts)
    why = router.explain_queue("q")
    waiting = [one for one in told(router, contacts) if (one.queue, one.phase) == ("q", "waiting")]
    assert why.waiting == len(waiting)
    change = why.change
    if change is None:
        event("nothing proposed")
        return
    event(change.what)
    assert 1 <= change.frees <= len(waiting)
    before = offered(router, contacts, "q")
    if change.what in {"lower", "drop"}:
        eased = f"['{change.skill}']"
        if change.what == "lower":
            eased = f"{{ {change.skill} = {change.level} }}"
        router.set_plan(written(required, f"{change.what} = {eased}"))
    elif change.what == "link":
        for number, agent in enumerate(agents):
            if router.explain_agent(f"a{number}").open and "q" not in agent["queues"]:
                router.change_agent(f"a{number}", queues=["q", *agent["queues"]])
    else:
        for number, agent in enumerate(agents):
            if agent["state"] == "not_ready" and "q" in agent["queues"]:
                if "r" in agent["queues"]:
                    router.change_agent(f"a{number}", queues=["q"])
                router.ready(f"a{number}")
    freed = offered(router, contacts, "q") - before
    assert 2 * len(freed) >= change.frees
    if change.agents is not None:
        assert change.agents == change.frees


@settings(max_examples=100, deadline=None)
@in_a_centre
def test_where_nothing_is_proposed_no_single_easing_helps(required, agents, contacts):
    router = centre(required, agents, contacts)
    why = router.explain_queue("q")
    if why.change is not None or not why.waiting:
        return
    before = offered(router, contacts, "q")
    for skill in SKILLS:
        eased = centre(required, agents, contacts)
        eased.set_plan(written(required, f"drop = ['{skill}']"))
        assert offered(eased, contacts, "q") == before


# In centres with everything, as they go on


RICH = Plan.from_toml("""
skills = ["es", "en"]
channels = ["voice", "chat"]
capacity = { budget = 3, cost = { voice = 2 }, interrupted_by = { voice = [] } }
[queues.q]
requires.all_of.es = 3
ranks.max = 2
preferred.first = "6s"
lines = ["north", "south"]
offer = { back_off = { declined = "5s" }, exclude_for = "8s", on_missed = "stay_ready" }
escalation = [{ after = "7s", lower = { es = 2 } }, { after = "9s", widen = ["r"] }, \
{ after = "15s", ranks = { max = 9 } }]
[queues.r]
keep_free = { agents = 1, for = ["s"] }
offer = { parallel = 2, one_rank = true, timeout = "11s" }
[queues.s]
order = { by = "strict" }
wrap_up = { mode = "timed", limit = "4s" }
help = [{ from = ["q"], kpi = "sl", below = 0.5, until = 0.6, hold = "1s" }]
""")
WIDE = Plan.from_toml("""
skills = ["es", "en"]
channels = ["voice", "chat"]
[queues.r]
[queues.s]
[queues.q]
escalation = [{ after = "4s", widen = ["r"] }]
""")
NAMES = ("a0", "a1", "a2")
names = st.sampled_from(NAMES)
numbers = st.integers(0, 11).map(lambda number: f"c{number}")
links = st.builds(
    Link,
    rank=st.sampled_from([0, 0, 1, 3]),
    delay=st.sampled_from([0, 0, 4]),
    help_when=st.none() | st.builds(HelpWhen, waiting=st.just(2), waited=st.just(10.0)),
)
rich_settings = {
    "skills": st.dictionaries(st.sampled_from(SKILLS), levels),
    "queues": st.dictionaries(st.sampled_from(["q", "r", "s"]), links),
    "capacity": st.fixed_dictionaries({"voice": st.integers(0, 2), "chat": st.integers(0, 2)}),
    "lines": st.sets(st.sampled_from(["north", "south"])).map(sorted),
}
plain_settings = st.fixed_dictionaries(
    {"queues": st.sets(st.sampled_from(["r", "s"]), min_size=1).map(sorted)}
)
centres = st.one_of(
    st.tuples(
        st.just(RICH), st.lists(st.fixed_dictionaries(rich_settings), min_size=1, max_size=3)
    ),
    st.tuples(st.just(WIDE), st.lists(plain_settings, min_size=1, max_size=3)),
)
rich_moves = st.one_of(
    st.tuples(st.just("sign_in"), names, st.fixed_dictionaries(rich_settings)),
    st.tuples(st.just("change_agent"), names, st.fixed_dictionaries({}, optional=rich_settings)),
    st.tuples(st.sampled_from(["ready", "ready", "not_ready", "sign_out"]), names),
    st.tuples(st.just("set_device"), names, st.sampled_from(["available", "in_use"])),
    st.tuples(
        st.just("enqueue"),
        numbers,
        st.fixed_dictionaries(
            {"queue": st.sampled_from(["q", "q", "r", "s"])},
            optional={
                "channel": st.just("chat"),
                "requirement": needs,
                "preferred": st.sets(names).map(sorted),
                "excluded": st.dictionaries(names, st.none() | st.just(3.0)),
                "not_before": st.just(START + 9),
            },
        ),
    ),
    st.tuples(st.sampled_from(["exclude", "readmit"]), numbers, names),
    st.tuples(st.sampled_from(["suspend", "reinstate", "cancel", "release"]), numbers),
    st.tuples(st.just("transfer"), numbers, st.just({"queue": "s"})),
    st.tuples(st.just("set_line"), st.sampled_from(["north", "south"]), st.booleans()),
    st.tuples(st.just("observe_kpi"), st.just("sl"), st.integers(0, 1)),
    st.tuples(st.sampled_from(["accept", "decline"]), st.integers(0, 3)),
    st.tuples(st.just("pick"), names, numbers),
    st.tuples(st.just("advance")),
)


def carried_out(router, move, live):
    """Carries out a move; what is refused is nothing. ``live``: offers by when they came."""
    verb, *given_ = move
    named = given_.pop() if given_ and isinstance(given_[-1], dict) else {}
    if verb in {"accept", "decline"}:
        if given_[0] >= len(live):
            return
        made = live[-1 - given_[0]]
        given_ = [made.offer]
    with contextlib.suppress(Rejected):
        getattr(router, verb)(*given_, **named)
        if verb == "accept":
            router.connected(made.contact)


def whole(router, contact, parallel):
    """Whether a contact waits, or wants more offers, though something stops nobody."""
    try:
        why = router.explain(contact)
    except Rejected:
        return True
    wants = why.phase == "waiting" or (
        why.phase == "offered" and why.queue == "r" and len(why.chosen) < parallel
    )
    stopped = sum(why.eliminated.values()) + len(why.chosen)
    return not wants or stopped == len(router.names("agents"))


@settings(max_examples=150, deadline=None)
@given(
    script=st.lists(
        st.tuples(st.sampled_from([0.0, 0.0, 1.0, 4.0]), st.booleans(), rich_moves), max_size=60
    ),
    centre_=centres,
)
def test_nobody_ever_waits_whom_an_agent_could_take(script, centre_):
    clock = ManualClock(START)
    plan, staff = centre_
    router = Router(plan, clock=clock)
    for name, settings_ in zip(NAMES, staff, strict=False):
        router.sign_in(name, **settings_)
        router.ready(name)
    live = []
    for passed, to_the_deadline, move in script:
        due = router.next_deadline()
        if to_the_deadline and due is not None and due <= clock.now() + 5:
            clock.set(max(due, clock.now()))
        else:
            clock.advance(passed)
        carried_out(router, move, live)
        live += [event for event in router.events() if event.kind == "offer_made"]
        for number in range(12):
            assert whole(router, f"c{number}", plan.queues["r"].offer.parallel), str(
                router.explain(f"c{number}")
            )
        for name in router.names("agents"):
            why = router.explain_agent(name)
            assert not why.open or (why.availability, why.back_off) == ("ready", None)
            assert why.text("es").count("\n") == str(why).count("\n")
        for queue in ("q", "r", "s"):
            told_of = router.explain_queue(queue)
            assert sum(group.waiting for group in told_of.groups) == told_of.waiting
            assert sum(told_of.idle_kept.values()) <= told_of.idle
            assert told_of.text("es").count("\n") == str(told_of).count("\n")
