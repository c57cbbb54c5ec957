"""``apply_batch`` of ``PriorityQueue`` and ``SkillMatcher``: any operations, row by row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccroute import MATCH_OPS, QUEUE_OPS, PriorityQueue, Rejected, SkillMatcher

PUSH, POP, CANCEL, REPRIORITISE = range(len(QUEUE_OPS))
ARRIVE, FREE, BUSY, LEAVE = range(len(MATCH_OPS))
NOBODY = 7 << 32  # well formed, but never given out here

kinds = st.integers(0, 3)
places = st.integers(0, 2**31)
micros = st.integers(0, 3_000_000)
rows = st.lists(st.tuples(kinds, places, micros, st.integers(-2, 2), micros), max_size=60)
cuts = st.lists(st.integers(1, 20), max_size=5)


def columns(found):
    dtypes = (np.uint8, np.uint64, np.int64, np.int16, np.int64)
    found = list(zip(*found, strict=True)) or [()] * len(dtypes)
    return [np.array(column, dtype) for column, dtype in zip(found, dtypes, strict=True)]


def windows(found, cuts):
    """The rows in batches of these lengths, the rest in the last."""
    start = 0
    for length in cuts:
        yield found[start : start + length]
        start += length
    yield found[start:]


class Named:
    """Whom a row means: somebody of a batch before by handle, of this one by row."""

    def __init__(self):
        self.known = []

    def choose(self, place, here):
        """``here``: rows of this batch that gave a handle."""
        everybody = self.known + here
        return everybody[place % len(everybody)] if everybody else NOBODY


@given(rows=rows, cuts=cuts, plain=st.booleans())
def test_a_queue_does_row_by_row_what_the_calls_do(rows, cuts, plain):
    one_by_one, together, named = PriorityQueue(), PriorityQueue(), Named()
    for batch in windows(rows, cuts):
        given, wanted, here = [], [], []
        for row, (op, place, at, band, start) in enumerate(batch):
            contact = named.choose(place, here)
            given.append((op, contact, at, band, start))
            handle = wanted[contact] if contact < 2**32 else contact
            extra = () if plain else (band, start / 1e6)
            if op == PUSH:
                wanted.append(one_by_one.push(at / 1e6, None, *extra))
                here.append(row)
            elif op == POP:
                wanted.append(one_by_one.pop() or 0)
            elif handle not in one_by_one:
                wanted.append(0)
            elif op == CANCEL:
                one_by_one.cancel(handle)
                wanted.append(handle)
            else:
                one_by_one.reprioritise(handle, *extra)
                wanted.append(handle)
        *needed, bands, starts = columns(given)
        answers = together.apply_batch(*needed, *(() if plain else (bands, starts)))
        assert answers.dtype == np.uint64
        assert answers.tolist() == wanted
        named.known += [wanted[row] for row in here]
    assert len(together) == len(one_by_one)


def desks():
    for _ in range(2):
        desk = SkillMatcher()
        for number in range(6):
            desk.add_agent({"es": 1 + number, "en": 7 - number})
        for level in (2, 4, 6):
            desk.requirement({"es": level})
            desk.requirement({"en": level, "es": 1})
        yield desk


@given(rows=rows, cuts=cuts)
def test_a_matcher_does_row_by_row_what_the_calls_do(rows, cuts):
    (one_by_one, together), named, waiting = desks(), Named(), set()
    for batch in windows(rows, cuts):
        given, wanted, here = [], [], []
        for row, (op, place, at, band, start) in enumerate(batch):
            subject = named.choose(place, here) if op == LEAVE else place % 6
            given.append((op, subject, at, band, start))
            if op == ARRIVE:
                agent, handle = one_by_one.arrive(subject, at / 1e6, band, start / 1e6)
                wanted.append(handle if agent is None else agent)
                if agent is None:
                    here.append(row)
                    waiting.add(handle)
            elif op == FREE:
                taken = one_by_one.free(subject, at / 1e6)
                waiting.discard(taken)
                wanted.append(taken or 0)
            elif op == BUSY:
                one_by_one.busy(subject)
                wanted.append(0)
            else:
                handle = wanted[subject] if subject < 2**32 else subject
                wanted.append(handle if handle in waiting else 0)
                if handle in waiting:
                    waiting.discard(handle)
                    one_by_one.cancel(handle)
        answers = together.apply_batch(*columns(given))
        assert answers.tolist() == wanted
        named.known += [wanted[row] for row in here]
    assert len(together) == len(one_by_one) == len(waiting)


def one_row(make, op, subject=0, at=1, **more):
    ops, subjects = np.array([op], np.uint8), np.array([subject], np.uint64)
    return make.apply_batch(ops, subjects, np.array([at], np.int64), **more)


def desk():
    matcher = SkillMatcher()
    matcher.add_agent({"es": 8})
    matcher.requirement({"es": 5})
    return matcher


STARTS = {"head_start_us": np.array([-3], np.int64)}


@pytest.mark.parametrize(
    ("make", "call", "error", "words"),
    [
        (PriorityQueue, lambda it: one_row(it, 4), ValueError, r"ops\[0\] is 4: give 0 to 3"),
        (PriorityQueue, lambda it: one_row(it, PUSH, at=-1), Rejected, r"at_us\[0\] is -1"),
        (PriorityQueue, lambda it: one_row(it, PUSH, **STARTS), Rejected, r"head_start_us\[0\]"),
        (
            PriorityQueue,
            lambda it: one_row(it, REPRIORITISE, **STARTS),
            Rejected,
            r"head_start_us\[0\] is -3",
        ),
        (
            PriorityQueue,
            lambda it: one_row(it, PUSH, band=np.zeros(2, np.int16)),
            ValueError,
            "band has 2 rows where 1",
        ),
        (PriorityQueue, lambda it: it.apply_batch([0], [0], [0]), TypeError, "ops: .* of uint8"),
        (desk, lambda it: one_row(it, 9), ValueError, r"ops\[0\] is 9: give 0 to 3 \(arrive, "),
        (desk, lambda it: one_row(it, ARRIVE, 1), Rejected, "no requirement 1"),
        (desk, lambda it: one_row(it, ARRIVE, 2**63), Rejected, r"subjects\[0\] is 92233"),
        (desk, lambda it: one_row(it, FREE, 1), Rejected, "no agent 1: 1 were added"),
        (desk, lambda it: one_row(it, BUSY, 2**40), Rejected, "no agent"),
        (desk, lambda it: one_row(it, ARRIVE, at=-1), Rejected, r"at_us\[0\] is -1"),
        (desk, lambda it: one_row(it, FREE, at=-1), Rejected, r"at_us\[0\] is -1"),
        (desk, lambda it: one_row(it, ARRIVE, **STARTS), Rejected, r"head_start_us\[0\] is -3"),
    ],
)
def test_a_wrong_row_refuses_them_all(make, call, error, words):
    it = make()
    with pytest.raises(error, match=words):
        call(it)
    assert len(it) == 0


def test_what_an_operation_does_not_read_may_hold_anything():
    assert one_row(PriorityQueue(), POP, NOBODY, at=-1, **STARTS).tolist() == [0]
    assert one_row(PriorityQueue(), CANCEL, 3, at=-1, **STARTS).tolist() == [0]
    assert one_row(desk(), BUSY, at=-1, **STARTS).tolist() == [0]
    assert one_row(desk(), LEAVE, NOBODY, at=-1, **STARTS).tolist() == [0]


def test_a_row_that_gave_no_handle_means_nobody():
    ops = np.array([POP, CANCEL, CANCEL, CANCEL], np.uint8)
    rows = np.array([0, 0, 2, 9], np.uint64)
    assert PriorityQueue().apply_batch(ops, rows, np.zeros(4, np.int64)).tolist() == [0] * 4
    matcher = desk()
    matcher.free(0, 0.0)
    taken = matcher.apply_batch(
        np.array([ARRIVE, LEAVE], np.uint8), np.zeros(2, np.uint64), np.ones(2, np.int64)
    )
    assert taken.tolist() == [0, 0]
