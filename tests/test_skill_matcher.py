"""``SkillMatcher``: who takes it, one at a time and in columns, against a naive model."""

import doctest
import math
import threading

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import ccroute
from ccroute import Rejected, SkillMatcher

NOBODY = 7 << 32  # well formed, but never given out here
SKILLS = ["es", "en", "billing"]

micros = st.integers(0, 5_000_000) | st.just(1_700_000_000_000_000)
bands = st.integers(-1, 1) | st.sampled_from([-32768, 32767])
levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 10), max_size=3)
some_levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 10), min_size=1, max_size=3)
wishes = st.fixed_dictionaries(
    {
        "all_of": st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 6), max_size=2),
        "any_of": st.lists(some_levels, max_size=2),
        "none_of": st.dictionaries(st.sampled_from(SKILLS), st.integers(6, 10), max_size=1),
    }
)


def column(values, dtype):
    return np.array(values, dtype=dtype)


class Desk:
    """The model: everybody is looked at for every question."""

    def __init__(self, strategy):
        self.strategy = strategy
        self.skills, self.idle_since, self.wishes, self.waiting = [], {}, [], {}
        self.arrivals = 0

    def able(self, agent, wish):
        skills = self.skills[agent]

        def has(item):
            return skills.get(item[0], 0) >= item[1]

        return (
            all(map(has, wish["all_of"].items()))
            and all(any(map(has, group.items())) for group in wish["any_of"])
            and not any(map(has, wish["none_of"].items()))
        )

    def score(self, agent, wish):
        if self.strategy == "longest_idle":
            return 0
        skills = self.skills[agent]
        groups = (max(skills.get(skill, 0) for skill in group) for group in wish["any_of"])
        return sum(skills[skill] for skill in wish["all_of"]) + sum(groups)

    def best_agent(self, number):
        wish = self.wishes[number]
        able = [agent for agent in self.idle_since if self.able(agent, wish)]
        places = ((-self.score(agent, wish), self.idle_since[agent], agent) for agent in able)
        return min(places, default=(None,))[-1]

    def best_contact(self, agent):
        can = [
            handle
            for handle, (number, _) in self.waiting.items()
            if self.able(agent, self.wishes[number])
        ]
        return min(can, key=lambda handle: self.waiting[handle][1], default=None)

    def arrive(self, number, at, band, head_start):
        """The agent who takes it, or the place in line of one who waits."""
        agent = self.best_agent(number)
        if agent is not None:
            del self.idle_since[agent]
            return agent, None
        self.arrivals += 1
        return None, (-band, at - head_start, self.arrivals)

    def free(self, agent, at):
        handle = self.best_contact(agent)
        if handle is None:
            self.idle_since[agent] = at
        else:
            del self.waiting[handle]
            self.idle_since.pop(agent, None)
        return handle


def test_new_skills_take_effect_at_the_next_free():
    matcher = SkillMatcher()
    agent, spanish = matcher.add_agent({}), matcher.requirement({"es": 5})
    assert matcher.free(agent, 0.0) is None
    _, handle = matcher.arrive(spanish, 1.0)
    assert handle is not None
    matcher.set_skills(agent, {"es": 5})
    assert matcher.best_contact(agent) == handle
    assert matcher.free(agent, 2.0) == handle


class NaiveDesk(RuleBasedStateMachine):
    """One matcher by scalar calls, one by columns, and the model."""

    @initialize(strategy=st.sampled_from(["longest_idle", "most_proficient"]))
    def open(self, strategy):
        self.scalar, self.batch = SkillMatcher(strategy), SkillMatcher(strategy)
        self.model, self.gone = Desk(strategy), []

    @rule(skills=levels)
    def add_agent(self, skills):
        number = len(self.model.skills)
        assert self.scalar.add_agent(skills) == self.batch.add_agent(skills) == number
        self.model.skills.append(skills)

    @rule(wish=wishes)
    def requirement(self, wish):
        numbers = [matcher.requirement(**wish) for matcher in (self.scalar, self.batch)]
        assert numbers[0] == numbers[1] <= len(self.model.wishes)
        if wish in self.model.wishes:
            assert numbers[0] == self.model.wishes.index(wish)
        if numbers[0] == len(self.model.wishes):
            self.model.wishes.append(wish)

    @precondition(lambda self: self.model.skills)
    @rule(data=st.data(), skills=levels)
    def set_skills(self, data, skills):
        agent = data.draw(self.agents())
        for matcher in (self.scalar, self.batch):
            matcher.set_skills(agent, skills)
        self.model.skills[agent] = skills

    @precondition(lambda self: self.model.wishes)
    @rule(data=st.data())
    def arrive(self, data):
        wish = st.integers(0, len(self.model.wishes) - 1)
        rows = data.draw(st.lists(st.tuples(wish, micros, bands, micros), max_size=4))
        columns = zip(*rows, strict=True) if rows else [[]] * 4
        types = (np.int64, np.int64, np.int16, np.int64)
        agents, handles = self.batch.arrive_batch(*map(column, columns, types))
        assert (agents.dtype, handles.dtype) == (np.int64, np.uint64)
        for row, agent, handle in zip(rows, agents.tolist(), handles.tolist(), strict=True):
            number, at, band, head_start = row
            taken, place = self.model.arrive(*row)
            answer = (taken, None if taken is not None else handle)
            assert self.scalar.arrive(number, at / 1e6, band, head_start / 1e6) == answer
            assert (agent, handle != 0) == ((-1, True) if taken is None else (taken, False))
            if taken is None:
                assert handle not in self.model.waiting
                assert handle not in self.gone
                self.model.waiting[handle] = (number, place)

    @precondition(lambda self: self.model.skills)
    @rule(data=st.data())
    def free(self, data):
        rows = data.draw(st.lists(st.tuples(self.agents(), micros), max_size=4))
        columns = zip(*rows, strict=True) if rows else [[]] * 2
        handles = self.batch.free_batch(*(column(values, np.int64) for values in columns))
        assert handles.dtype == np.uint64
        for (agent, at), handle in zip(rows, handles.tolist(), strict=True):
            expected = self.model.free(agent, at)
            assert (self.scalar.free(agent, at / 1e6), handle) == (expected, expected or 0)
            self.gone += [] if expected is None else [expected]

    @precondition(lambda self: self.model.skills)
    @rule(data=st.data())
    def busy(self, data):
        agent = data.draw(self.agents())
        for matcher in (self.scalar, self.batch):
            matcher.busy(agent)
        self.model.idle_since.pop(agent, None)

    @precondition(lambda self: self.model.waiting or self.gone)
    @rule(data=st.data())
    def cancel(self, data):
        known = [*self.model.waiting, *self.gone]
        handles = data.draw(st.lists(st.sampled_from(known), unique=True, max_size=3))
        waited = [handle in self.model.waiting for handle in handles]
        assert self.batch.cancel_batch(column(handles, np.uint64)).tolist() == waited
        for handle in handles:
            if self.model.waiting.pop(handle, None) is None:
                with pytest.raises(Rejected, match=str(handle)):
                    self.scalar.cancel(handle)
            else:
                self.scalar.cancel(handle)
                self.gone.append(handle)

    def agents(self):
        return st.integers(0, len(self.model.skills) - 1)

    @invariant()
    def all_agree(self):
        if not hasattr(self, "model"):
            return
        for matcher in (self.scalar, self.batch):
            assert len(matcher) == len(self.model.waiting)
            for number in range(len(self.model.wishes)):
                assert matcher.best_agent(number) == self.model.best_agent(number)
            for agent in range(len(self.model.skills)):
                assert matcher.best_contact(agent) == self.model.best_contact(agent)


TestNaiveDesk = NaiveDesk.TestCase


def test_the_docstring_tells_the_truth():
    found = doctest.DocTestFinder().find(SkillMatcher, globs={"SkillMatcher": SkillMatcher})
    runner = doctest.DocTestRunner()
    for example in found:
        runner.run(example)
    assert runner.tries >= 5
    assert runner.failures == 0


def test_the_longest_idle_takes_it_and_the_first_added_among_equals():
    matcher = SkillMatcher()
    late, early, also_early = (matcher.add_agent({"es": n}) for n in (9, 3, 8))
    spanish = matcher.requirement(all_of={"es": 1})
    for agent, at in [(late, 2.0), (also_early, 1.0), (early, 1.0)]:
        assert matcher.free(agent, at) is None
    order = [matcher.arrive(spanish, 3.0)[0] for _ in range(4)]
    assert order == [early, also_early, late, None]


def test_the_most_proficient_takes_it_by_the_skills_asked_for_alone():
    matcher = SkillMatcher("most_proficient")
    broad = matcher.add_agent({"es": 5, "en": 4, "billing": 10})
    strong = matcher.add_agent({"es": 6, "en": 3, "fr": 6})
    equal = matcher.add_agent({"es": 5, "en": 4})
    both = matcher.requirement(all_of={"es": 3}, any_of=[{"en": 3, "fr": 9}])
    for agent, at in [(broad, 2.0), (strong, 3.0), (equal, 1.0)]:
        matcher.free(agent, at)
    order = [matcher.arrive(both, 4.0)[0] for _ in range(3)]
    assert order == [strong, equal, broad]


def test_bands_are_strict_and_head_starts_are_time():
    matcher = SkillMatcher()
    agent, anything = matcher.add_agent({}), matcher.requirement()
    waits = [
        matcher.arrive(anything, at, band, head_start)[1]
        for at, band, head_start in [
            (0.0, 0, 0.0),
            (100.0, 0, 60.0),
            (100.0, 0, 100.5),
            (1e9, 1, 0),
        ]
    ]
    order = [matcher.free(agent, 1e9) for _ in waits]
    assert order == [waits[3], waits[2], waits[0], waits[1]]


def test_an_agent_takes_only_what_the_skills_allow():
    matcher = SkillMatcher()
    agent = matcher.add_agent({"es": 5})
    _, fluent = matcher.arrive(matcher.requirement(all_of={"es": 6}), 0.0)
    _, beginner = matcher.arrive(matcher.requirement(none_of={"es": 5}), 0.0)
    _, either = matcher.arrive(matcher.requirement(any_of=[{"en": 1, "es": 5}]), 9.0)
    assert matcher.free(agent, 10.0) == either
    assert matcher.free(agent, 10.0) is None
    matcher.set_skills(agent, {"es": 6})
    assert matcher.best_contact(agent) == fluent
    matcher.set_skills(agent, {})
    assert matcher.free(agent, 11.0) == beginner
    assert len(matcher) == 1


def test_an_idle_agent_who_becomes_busy_is_not_chosen():
    matcher = SkillMatcher()
    agent, anything = matcher.add_agent({}), matcher.requirement()
    matcher.free(agent, 0.0)
    assert matcher.best_agent(anything) == agent
    matcher.busy(agent)
    assert matcher.best_agent(anything) is None


def test_equal_requirements_have_equal_numbers():
    matcher = SkillMatcher()
    groups = [{"en": 3, "fr": 3}, {"de": 1}]
    first = matcher.requirement({"es": 5, "billing": 2}, groups, {"trainee": 1})
    same = matcher.requirement({"billing": 2, "es": 5}, groups[::-1], {"trainee": 1})
    other = matcher.requirement({"billing": 2, "es": 4}, groups, {"trainee": 1})
    assert first == same != other


def test_a_handle_is_never_taken_for_its_successor():
    matcher = SkillMatcher()
    anything, stale = matcher.requirement(), set()
    for _ in range(100):
        handle = matcher.arrive(anything, 1.0)[1]
        assert handle not in stale
        assert not matcher.cancel_batch(column(sorted(stale), np.uint64)).any()
        matcher.cancel(handle)
        stale.add(handle)


def test_strided_and_read_only_columns_are_taken():
    matcher = SkillMatcher()
    wanted = np.zeros(6, np.int64)
    wanted[::2] = matcher.requirement({"es": 1})
    at = np.arange(6, dtype=np.int64)
    at.flags.writeable = False
    agents, handles = matcher.arrive_batch(wanted[::2], at[::-2])
    assert agents.tolist() == [-1, -1, -1]
    agent = matcher.add_agent({"es": 1})
    freed = matcher.free_batch(np.full(3, agent), at[:3])
    assert freed.tolist() == handles[::-1].tolist()


REFUSALS = [
    (lambda m: m.set_skills(9, {}), "unknown_agent", "no agent 9: 2 were added"),
    (lambda m: m.free(-1, 0.0), "unknown_agent", "no agent -1: 2 were added"),
    (lambda m: m.busy(2), "unknown_agent", "no agent 2: 2 were added"),
    (lambda m: m.best_contact(2**62), "unknown_agent", f"no agent {2**62}: 2 were added"),
    (lambda m: m.busy(2**70), "invalid_value", "number 1180591620717411303424: give"),
    (lambda m: m.best_agent(2**32 - 1), "invalid_value", "no requirement 4294967295: take it"),
    (lambda m: m.best_agent(7), "invalid_value", "no requirement 7: take it from requirement"),
    (lambda m: m.arrive(-1, 0.0), "invalid_value", "no requirement -1: take it from requirement"),
    (lambda m: m.arrive(2**62, 0.0), "invalid_value", f"no requirement {2**62}: take it"),
    (lambda m: m.arrive(0, math.nan), "invalid_value", "at NaN: give seconds"),
    (lambda m: m.arrive(0, -1.0), "invalid_value", "at -1: give seconds"),
    (lambda m: m.arrive(0, 1e12), "invalid_value", "at 1000000000000: give seconds"),
    (lambda m: m.arrive(0, 1.0, 40_000), "invalid_value", "band 40000: give a whole number"),
    (lambda m: m.arrive(0, 1.0, -(2**70)), "invalid_value", "band -1180591620717411303424: "),
    (lambda m: m.arrive(0, 1.0, 0, math.inf), "invalid_value", "head_start inf: give seconds"),
    (lambda m: m.free(0, -0.5), "invalid_value", "at -0.5: give seconds"),
    (lambda m: m.add_agent({"new": 0}), "invalid_value", "level 0 of skill 'new': give 1 to 10"),
    (lambda m: m.add_agent({"new": 11}), "invalid_value", "level 11 of skill 'new': give 1 to 10"),
    (lambda m: m.set_skills(0, {"es": -3}), "invalid_value", "level -3 of skill 'es': give"),
    (lambda m: m.requirement({"es": 300}), "invalid_value", "level 300 of skill 'es': give"),
    (
        lambda m: m.requirement(any_of=[{"en": 1}, {"es": 0}]),
        "invalid_value",
        "level 0 of skill 'es'",
    ),
    (lambda m: m.add_agent({"es": -(2**70)}), "invalid_value", "number -1180591620717411303424: g"),
    (lambda m: m.arrive(0, 10**400), "invalid_value", "10{400}: give seconds"),
    (lambda m: m.cancel(NOBODY), "unknown_contact", str(NOBODY)),
    (lambda m: m.cancel(0), "unknown_contact", "under handle 0: give what arrive gave"),
    (lambda m: m.cancel(-1), "unknown_contact", "under handle -1: give what arrive gave"),
    (lambda m: m.cancel(2**70), "unknown_contact", "under handle 1180591620717411303424: give"),
    (
        lambda m: m.arrive_batch(column([0, 9], np.int64), column([1, 2], np.int64)),
        "invalid_value",
        "no requirement 9: take it",
    ),
    (
        lambda m: m.arrive_batch(column([0, 0], np.int64), column([1, -2], np.int64)),
        "invalid_value",
        r"at_us\[1\] is -2",
    ),
    (
        lambda m: m.free_batch(column([0, 5], np.int64), column([1, 2], np.int64)),
        "unknown_agent",
        "no agent 5: 2 were added",
    ),
]

MALFORMED = [
    (lambda m: m.add_agent(["es"]), TypeError, "skills"),
    (lambda m: m.add_agent({"es": 2.5}), TypeError, "skills"),
    (lambda m: m.add_agent({5: 1}), TypeError, "skills"),
    (lambda m: m.requirement(any_of={"es": 1}), TypeError, "any_of"),
    (lambda m: m.free("ana", 0.0), TypeError, "agent"),
    (lambda m: m.arrive(0, "soon"), TypeError, "at"),
    (lambda m: m.arrive_batch([0], [1]), TypeError, "requirements: .* of int64, not list"),
    (
        lambda m: m.arrive_batch(np.zeros(2, np.int64), np.zeros(3, np.int64)),
        ValueError,
        "at_us has 3 rows where 2",
    ),
    (
        lambda m: m.arrive_batch(np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1)),
        TypeError,
        "band: .* of int16, not of float64",
    ),
    (
        lambda m: m.free_batch(np.zeros((1, 1), np.int64), np.zeros(1, np.int64)),
        ValueError,
        "agents: .* not of 2 dimensions",
    ),
    (lambda m: m.cancel_batch(np.zeros(1, np.int64)), TypeError, "handles: .* of uint64"),
]


def one_idle_one_busy():
    """Agent 0 is busy, agent 1 is idle; one waits for what neither can, one for agent 0."""
    matcher = SkillMatcher()
    matcher.add_agent({"es": 5})
    matcher.add_agent({"en": 5})
    spanish = matcher.requirement({"es": 3})
    matcher.arrive(spanish, 1.0)
    matcher.arrive(matcher.requirement({"fr": 1}), 2.0)
    assert matcher.free(1, 3.0) is None
    return matcher


def unchanged(matcher):
    """Whether nothing happened since: numbers and handles to come tell what is hidden."""
    other = one_idle_one_busy()
    questions = [
        len,
        lambda m: m.requirement({"new": 1}),
        lambda m: m.add_agent({"new": 1}),
        lambda m: [m.best_agent(number) for number in range(3)],
        lambda m: [m.best_contact(agent) for agent in range(3)],
        lambda m: m.arrive(2, 4.0),
        lambda m: m.free(0, 5.0),
        lambda m: m.free(2, 5.0),
        lambda m: m.arrive(0, 6.0),
    ]
    return [ask(matcher) for ask in questions] == [ask(other) for ask in questions]


@pytest.mark.parametrize(("call", "code", "words"), REFUSALS)
def test_a_refusal_names_the_value_and_changes_nothing(call, code, words):
    matcher = one_idle_one_busy()
    with pytest.raises(Rejected, match=words) as refused:
        call(matcher)
    assert refused.value.code == code
    assert isinstance(refused.value, ccroute.CcrouteError)
    assert unchanged(matcher)


@pytest.mark.parametrize(("call", "error", "words"), MALFORMED)
def test_a_malformed_argument_says_what_is_expected_and_changes_nothing(call, error, words):
    matcher = one_idle_one_busy()
    with pytest.raises(error, match=words):
        call(matcher)
    assert unchanged(matcher)


def test_a_strategy_that_there_is_not_is_refused_with_those_there_are():
    with pytest.raises(Rejected, match="'loudest': give longest_idle, most_proficient, "):
        SkillMatcher("loudest")


def test_threads_share_a_matcher_and_each_contact_is_taken_once():
    matcher = SkillMatcher()
    anything, rounds, size = matcher.requirement(), 50, 100
    agents = [matcher.add_agent({}) for _ in range(2)]
    waits, served = [[], []], [[], []]
    started = threading.Barrier(4)

    def bring(mine):
        started.wait()
        for at in range(rounds):
            handles = matcher.arrive_batch(
                np.full(size, anything, np.int64), np.full(size, at, np.int64)
            )[1]
            mine += handles[handles != 0].tolist()

    def serve(agent, mine):
        started.wait()
        while any(bringer.is_alive() for bringer in bringers) or len(matcher):
            mine += [matcher.free(agent, 0.0)]

    bringers = [threading.Thread(target=bring, args=(mine,)) for mine in waits]
    servers = [
        threading.Thread(target=serve, args=pair) for pair in zip(agents, served, strict=True)
    ]
    for thread in bringers + servers:
        thread.start()
    for thread in bringers + servers:
        thread.join()
    waited = waits[0] + waits[1]
    taken = [handle for handle in served[0] + served[1] if handle is not None]
    assert len(taken) == len(set(taken))
    assert sorted(taken) == sorted(waited)
