"""``SkillMatcher.arrive_with``: contacts that ask for skills of their own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccroute import MATCH_OPS, Rejected, SkillMatcher

ARRIVE, FREE, _, LEAVE = range(len(MATCH_OPS))
NAMES = ["es", "en", "fr"]

asked = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 4), max_size=3)
steps = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 99), asked), max_size=60)


def desk(strategy="longest_idle"):
    matcher = SkillMatcher(strategy)
    for number in range(100):
        levels = {name: number // 3**place % 5 for place, name in enumerate(NAMES)}
        matcher.add_agent({name: level for name, level in levels.items() if level})
    return matcher


@given(steps=steps, strategy=st.sampled_from(["longest_idle", "fewest_skills"]))
def test_own_skills_are_a_requirement_that_nobody_else_has(steps, strategy):
    own, shared, together = desk(strategy), desk(strategy), desk(strategy)
    numbers = together.skill_numbers(NAMES)
    waiting, rows, needs = [], [], []
    answers = []
    for at, (op, pick, skills) in enumerate(steps):
        needs.append(skills if op == ARRIVE else {})
        subject = pick
        if op == ARRIVE:
            answer = own.arrive_with(skills, float(at), pick % 3, pick / 10)
            assert answer == shared.arrive(shared.requirement(skills), at, pick % 3, pick / 10)
            answers.append(answer[1] if answer[0] is None else answer[0])
            waiting += [answer[1]] if answer[0] is None else []
        elif op == FREE:
            taken = own.free(pick, float(at))
            assert taken == shared.free(pick, float(at))
            answers.append(taken or 0)
            waiting = [handle for handle in waiting if handle != taken]
        else:
            subject = waiting.pop(pick % len(waiting)) if waiting else 7 << 32
            answers.append(subject if subject != 7 << 32 else 0)
            for matcher in (own, shared):
                if subject != 7 << 32:
                    matcher.cancel(subject)
        rows.append((LEAVE if op == 2 else op, subject, at * 1_000_000, pick % 3, pick * 100_000))
    assert len(own) == len(shared) == len(waiting)
    if rows:
        dtypes = (np.uint8, np.uint64, np.int64, np.int16, np.int64)
        columns = [np.array(c, t) for c, t in zip(zip(*rows, strict=True), dtypes, strict=True)]
        first = np.cumsum([0, *map(len, needs)]).astype(np.uint32)
        skills = [numbers[NAMES.index(name)] for need in needs for name in need]
        levels = [level for need in needs for level in need.values()]
        own_columns = (first, np.array(skills, np.uint32), np.array(levels, np.uint8))
        assert together.apply_batch(*columns, own_columns).tolist() == answers


def test_nothing_is_kept_of_skills_that_nobody_asks_for_any_more():
    matcher = SkillMatcher()
    agent = matcher.add_agent({"es": 5})
    for level in range(1, 6):
        _, handle = matcher.arrive_with({"es": level}, 1.0)
        assert matcher.free(agent, 2.0) == handle
    # A number is given out for the first time: the five before are free again.
    assert matcher.requirement({"es": 1}) == 0


def test_own_skills_are_no_requirement_to_ask_for():
    matcher = SkillMatcher()
    matcher.arrive_with({"es": 3}, 1.0)
    with pytest.raises(Rejected, match="no requirement 0"):
        matcher.arrive(0, 2.0)
    number = matcher.requirement({"es": 3})
    matcher.cancel(matcher.arrive(number, 2.0)[1])
    agent = matcher.add_agent({"es": 3})
    assert matcher.free(agent, 3.0) is not None  # the first still waits
    assert matcher.arrive(number, 4.0)[0] is None


def batch(matcher, first, skills, levels, ops=(ARRIVE,)):
    rows = len(ops)
    needs = (np.array(first, np.uint32), np.array(skills, np.uint32), np.array(levels, np.uint8))
    return matcher.apply_batch(
        np.array(ops, np.uint8), np.zeros(rows, np.uint64), np.ones(rows, np.int64), needs=needs
    )


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: m.arrive_with({"es": 0}, 1.0), Rejected, "level 0 of skill 'es': give 1 to 10"),
        (lambda m: m.arrive_with({"es": 3}, -1.0), Rejected, "at -1"),
        (lambda m: m.arrive_with({"es": 3}, 1.0, 2**20), Rejected, "band 1048576"),
        (lambda m: batch(m, [0, 1], [5], [3]), Rejected, "no skill 5: 1 are known; take numbers"),
        (lambda m: batch(m, [0, 1], [0], [11]), Rejected, "level 11 of skill 'es': give 1 to 10"),
        (lambda m: batch(m, [1, 0], [0], [3]), ValueError, "needs first: give places in 1 skills"),
        (lambda m: batch(m, [0, 2], [0], [3]), ValueError, "needs first: give places in 1 skills"),
        (lambda m: batch(m, [0], [0], [3]), ValueError, "needs first has 1 rows where 2"),
        (lambda m: batch(m, [0, 1], [0], [3, 4]), ValueError, "needs levels has 2 rows where 1"),
        (lambda m: batch(m, [0, 1], [2**32 - 1], [3]), ValueError, r"needs skills\[0\]"),
    ],
)
def test_wrong_skills_are_refused(call, error, words):
    matcher = SkillMatcher()
    matcher.add_agent({"es": 8})
    with pytest.raises(error, match=words):
        call(matcher)
    assert len(matcher) == 0


def test_only_arrivals_read_their_skills():
    matcher = SkillMatcher()
    matcher.add_agent({"es": 8})
    assert batch(matcher, [0, 1], [9], [99], ops=(FREE,)).tolist() == [0]
