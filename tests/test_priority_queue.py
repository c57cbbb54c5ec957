"""``PriorityQueue``: who goes next, by handle and by id, one at a time and in columns."""

import doctest
import math
import threading

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

import ccroute
from ccroute import PriorityQueue, Rejected

NOBODY = 7 << 32  # well formed, but never given out here

bands = st.integers(-2, 2) | st.sampled_from([-32768, 32767])
micros = st.integers(0, 5_000_000) | st.just(1_700_000_000_000_000)


def column(values, dtype):
    return np.array(values, dtype=dtype)


def drained(queue):
    return queue.pop_batch(len(queue)).tolist()


class Waiting:
    """A contact in the model; ``number`` counts pushes, as the sequence does."""

    def __init__(self, number, at, band, head_start):
        self.number, self.at, self.band, self.head_start = number, at, band, head_start

    def place(self):
        return (-self.band, self.at - self.head_start, self.number)


class SortedList(RuleBasedStateMachine):
    """One queue by scalar calls, one by batches, and a list sorted whenever it is asked."""

    pushed = Bundle("pushed")

    def __init__(self):
        super().__init__()
        self.scalar, self.batch = PriorityQueue(), PriorityQueue()
        self.model = {}
        self.gone = []
        self.number = 0

    def line(self):
        return sorted(self.model, key=lambda handle: self.model[handle].place())

    @rule(
        target=pushed,
        rows=st.lists(st.tuples(micros, bands, micros), max_size=5),
        named=st.booleans(),
    )
    def push(self, rows, named):
        handles = []
        for at, band, head_start in rows:
            self.number += 1
            name = f"c{self.number}" if named else None
            handle = self.scalar.push(at / 1e6, name, band, head_start / 1e6)
            assert handle not in self.model
            assert handle not in self.gone
            assert self.scalar.id(handle) == name
            self.model[handle] = Waiting(self.number, at, band, head_start)
            handles.append(handle)
        in_batch = self.batch.push_batch(
            column([row[0] for row in rows], np.int64),
            column([row[1] for row in rows], np.int16),
            column([row[2] for row in rows], np.int64),
        )
        assert in_batch.tolist() == handles
        return handles

    @rule(n=st.integers(0, 6))
    def pop(self, n):
        expected = self.line()[:n]
        assert self.batch.pop_batch(n).tolist() == expected
        for handle in expected:
            assert self.scalar.peek() == handle
            name = self.scalar.id(handle)
            if self.model.pop(handle).number % 2:
                assert self.scalar.pop() == handle
            else:
                assert self.scalar.pop_entry() == (handle, name)
            assert name is None or self.scalar.find(name) is None
        self.gone += expected

    @rule(handles=consumes(pushed), by_id=st.booleans())
    def cancel(self, handles, by_id):
        waits = [handle in self.model for handle in handles]
        assert self.batch.cancel_batch(column(handles, np.uint64)).tolist() == waits
        for handle in handles:
            if self.model.pop(handle, None) is None:
                with pytest.raises(Rejected, match=str(handle)):
                    self.scalar.cancel(handle)
                continue
            name = self.scalar.id(handle) if by_id else None
            self.scalar.cancel(handle if name is None else name)
            self.gone.append(handle)

    @rule(handles=pushed, band=st.none() | bands, head_start=st.none() | micros)
    def reprioritise(self, handles, band, head_start):
        rows = len(handles)
        waits = self.batch.reprioritise_batch(
            column(handles, np.uint64),
            None if band is None else np.full(rows, band, np.int16),
            None if head_start is None else np.full(rows, head_start, np.int64),
        )
        assert waits.tolist() == [handle in self.model for handle in handles]
        seconds = None if head_start is None else head_start / 1e6
        for handle in handles:
            if handle not in self.model:
                with pytest.raises(Rejected, match=str(handle)):
                    self.scalar.reprioritise(handle, band, seconds)
                continue
            self.scalar.reprioritise(handle, band, seconds)
            contact = self.model[handle]
            contact.band = contact.band if band is None else band
            contact.head_start = contact.head_start if head_start is None else head_start

    @invariant()
    def both_agree_with_the_list(self):
        line = self.line()
        assert len(self.scalar) == len(self.batch) == len(line)
        assert self.scalar.peek() == (line[0] if line else None)
        assert [self.scalar.rank(handle) for handle in line] == list(range(len(line)))
        known = line + self.gone
        ranks = [*range(len(line)), *[-1] * len(self.gone)]
        assert self.batch.rank_batch(column(known, np.uint64)).tolist() == ranks
        assert not any(handle in self.scalar for handle in self.gone)


TestSortedList = SortedList.TestCase


def test_the_docstring_tells_the_truth():
    found = doctest.DocTestFinder().find(PriorityQueue, globs={"PriorityQueue": PriorityQueue})
    runner = doctest.DocTestRunner()
    for example in found:
        runner.run(example)
    assert runner.tries >= 4
    assert runner.failures == 0


def test_bands_are_strict_and_head_starts_are_time():
    queue = PriorityQueue()
    waits_long = queue.push(0.0)
    dear = queue.push(100.0, head_start=60.0)
    very_dear = queue.push(100.0, head_start=100.5)
    above = queue.push(1e9, band=1)
    assert drained(queue) == [above, very_dear, waits_long, dear]


def test_equals_go_in_the_order_they_were_pushed():
    queue = PriorityQueue()
    handles = [queue.push(5.0) for _ in range(300)]
    assert drained(queue) == handles


def test_times_may_go_back():
    queue = PriorityQueue()
    late, early = queue.push(20.0), queue.push(10.0)
    assert drained(queue) == [early, late]


def test_head_starts_behind_the_epoch_keep_their_distance():
    queue = PriorityQueue()
    near, far = queue.push(1.0, head_start=10.0), queue.push(1.0, head_start=20.0)
    assert drained(queue) == [far, near]


def test_a_score_of_the_host_goes_as_head_start():
    scores = [0.5, 97.25, 3.0, 97.25, 0.0, 97.250001]
    queue = PriorityQueue()
    by_handle = {queue.push(0.0, head_start=score): score for score in scores}
    order = [by_handle[handle] for handle in drained(queue)]
    assert order == sorted(scores, reverse=True)


def test_reprioritised_back_means_the_old_place():
    queue = PriorityQueue()
    handles = [queue.push(5.0, f"c{n}") for n in range(4)]
    queue.reprioritise("c2", band=3, head_start=9.0)
    assert queue.rank("c2") == 0
    queue.reprioritise("c2", band=0)
    assert queue.rank("c2") == 0
    queue.reprioritise("c2", head_start=0.0)
    assert drained(queue) == handles


def test_an_id_is_free_when_its_contact_has_left():
    queue = PriorityQueue()
    first = queue.push(1.0, "c1")
    queue.cancel("c1")
    assert "c1" not in queue
    second = queue.push(2.0, "c1")
    assert (queue.find("c1"), first in queue, second in queue) == (second, False, True)
    assert queue.pop_entry() == (second, "c1")
    assert queue.find("c1") is None


def test_a_handle_is_never_taken_for_its_successor():
    queue = PriorityQueue()
    stale = set()
    for _ in range(100):
        handle = queue.push(1.0)
        assert handle not in stale
        assert queue.rank_batch(column(sorted(stale), np.uint64)).tolist() == [-1] * len(stale)
        assert not queue.cancel_batch(column(sorted(stale), np.uint64)).any()
        assert queue.rank(handle) == 0
        queue.cancel(handle)
        stale.add(handle)


def test_an_empty_queue_has_nobody():
    queue = PriorityQueue()
    assert (queue.pop(), queue.pop_entry(), queue.peek(), len(queue)) == (None, None, None, 0)
    assert (queue.pop_batch(5).tolist(), queue.find("c1"), "c1" in queue) == ([], None, False)


def test_columns_have_the_types_they_say():
    queue = PriorityQueue()
    handles = queue.push_batch(column([3, 1, 2], np.int64))
    changed = queue.reprioritise_batch(handles, column([0, 0, 1], np.int16))
    ranks = queue.rank_batch(handles)
    popped, cancelled = queue.pop_batch(1), queue.cancel_batch(handles)
    dtypes = [array.dtype for array in (handles, changed, ranks, popped, cancelled)]
    assert dtypes == [np.uint64, np.bool_, np.int64, np.uint64, np.bool_]
    assert (ranks.tolist(), cancelled.tolist()) == ([2, 1, 0], [True, True, False])


def test_strided_and_read_only_columns_are_taken():
    at = np.arange(10, dtype=np.int64)
    at.flags.writeable = False
    queue = PriorityQueue()
    handles = queue.push_batch(at[::-2])
    assert queue.rank_batch(handles[::-1]).tolist() == [0, 1, 2, 3, 4]


NUMBERS = [
    (lambda queue: queue.push(math.nan, "new"), "invalid_value", "at NaN"),
    (lambda queue: queue.push(-1.0, "new"), "invalid_value", "at -1"),
    (lambda queue: queue.push(math.inf, "new"), "invalid_value", "at inf"),
    (lambda queue: queue.push(1e12, "new"), "invalid_value", "at 1000000000000"),
    (lambda queue: queue.push(1.0, "new", 0, -2.0), "invalid_value", "head_start -2"),
    (lambda queue: queue.push(1.0, "new", 0, math.nan), "invalid_value", "head_start NaN"),
    (lambda queue: queue.push(1.0, "new", 32768), "invalid_value", "band 32768"),
    (
        lambda queue: queue.push(1.0, "new", -(2**70)),
        "invalid_value",
        "band -118059162071741",
    ),
    (lambda queue: queue.reprioritise("c1", 1, math.inf), "invalid_value", "head_start inf"),
    (lambda queue: queue.reprioritise("c1", 99999), "invalid_value", "band 99999"),
    (lambda queue: queue.push(10**400, "new"), "invalid_value", "10{400}: give seconds"),
    (lambda queue: queue.pop_batch(-1), "invalid_value", "n -1"),
    (lambda queue: queue.pop_batch(2**70), "invalid_value", "number 1180591620717411303424: give"),
    (
        lambda queue: queue.push_batch(column([1, -2], np.int64)),
        "invalid_value",
        r"at_us\[1\] is -2",
    ),
    (
        lambda queue: queue.push_batch(column([1], np.int64), None, column([-3], np.int64)),
        "invalid_value",
        r"head_start_us\[0\] is -3",
    ),
    (
        lambda queue: queue.reprioritise_batch(
            column([queue.find("c1"), NOBODY], np.uint64), None, column([9, -3], np.int64)
        ),
        "invalid_value",
        r"head_start_us\[1\] is -3",
    ),
    (lambda queue: queue.push(1.0, "c1"), "duplicate_contact", "'c1'"),
    (lambda queue: queue.cancel("new"), "unknown_contact", "'new'"),
    (lambda queue: queue.rank("new"), "unknown_contact", "'new'"),
    (lambda queue: queue.reprioritise("new", 1), "unknown_contact", "'new'"),
    (lambda queue: queue.cancel(NOBODY), "unknown_contact", str(NOBODY)),
    (lambda queue: queue.id(NOBODY), "unknown_contact", str(NOBODY)),
    (lambda queue: queue.cancel(0), "unknown_contact", "0 is no handle"),
    (lambda queue: queue.cancel(-1), "unknown_contact", "-1 is no handle"),
    (lambda queue: queue.rank(2**70), "unknown_contact", "1180591620717411303424 is no handle"),
]

MALFORMED = [
    (lambda queue: queue.push("soon"), TypeError, "real number"),
    (lambda queue: queue.push(1.0, 5), TypeError, "id"),
    (lambda queue: queue.push(1.0, "new", 0.5), TypeError, "integer"),
    (lambda queue: queue.cancel(1.5), TypeError, "handle .int. or id .str., not float"),
    (lambda queue: None in queue, TypeError, "not NoneType"),
    (lambda queue: queue.push_batch([1, 2]), TypeError, "at_us: .* of int64, not list"),
    (lambda queue: queue.push_batch(np.zeros(2)), TypeError, "at_us: .* of int64, not of float64"),
    (lambda queue: queue.push_batch(np.zeros(2, ">i8")), TypeError, "at_us: .* not of >i8"),
    (lambda queue: queue.push_batch(np.zeros((2, 1), np.int64)), ValueError, "not of 2 dimensions"),
    (
        lambda queue: queue.push_batch(np.zeros(2, np.int64), np.zeros(3, np.int16)),
        ValueError,
        "band has 3 rows where 2",
    ),
    (
        lambda queue: queue.push_batch(np.zeros(2, np.int64), np.zeros(2, np.int64)),
        TypeError,
        "band: .* of int16, not of int64",
    ),
    (
        lambda queue: queue.reprioritise_batch(
            column([queue.find("c1")], np.uint64), None, np.zeros(0, np.int64)
        ),
        ValueError,
        "head_start_us has 0 rows where 1",
    ),
    (
        lambda queue: queue.reprioritise_batch(3, np.zeros(1, np.int16)),
        TypeError,
        "handles: ",
    ),
    (lambda queue: queue.cancel_batch(np.zeros(1, np.int64)), TypeError, "handles: .* of uint64"),
]


def three_waiting():
    queue = PriorityQueue()
    for number in range(3):
        queue.push(float(number), f"c{number}", head_start=1.0)
    return queue


def unchanged(queue):
    """Whether nothing happened since ``three_waiting``: the next handle tells what is hidden."""
    other = three_waiting()
    same = queue.push(0.0) == other.push(0.0)
    while (entry := other.pop_entry()) is not None:
        same &= queue.pop_entry() == entry
    return same and len(queue) == 0


@pytest.mark.parametrize(("call", "code", "words"), NUMBERS)
def test_a_refusal_names_the_value_and_changes_nothing(call, code, words):
    queue = three_waiting()
    with pytest.raises(Rejected, match=words) as refused:
        call(queue)
    assert refused.value.code == code
    assert isinstance(refused.value, ccroute.CcrouteError)
    assert unchanged(queue)


@pytest.mark.parametrize(("call", "error", "words"), MALFORMED)
def test_a_malformed_argument_says_what_is_expected_and_changes_nothing(call, error, words):
    queue = three_waiting()
    with pytest.raises(error, match=words):
        call(queue)
    assert unchanged(queue)


def test_threads_share_a_queue_without_losing_anyone():
    queue = PriorityQueue()
    rounds, size = 50, 200

    def push(band):
        for at in range(rounds):
            queue.push_batch(np.full(size, at, np.int64), np.full(size, band, np.int16))

    def pop(mine):
        while pushers_run.is_set() or len(queue):
            mine.extend(queue.pop_batch(size // 2).tolist())
            if (one := queue.pop()) is not None:
                mine.append(one)

    pushers_run = threading.Event()
    pushers_run.set()
    popped = [[], []]
    pushers = [threading.Thread(target=push, args=(band,)) for band in (0, 1)]
    poppers = [threading.Thread(target=pop, args=(mine,)) for mine in popped]
    for thread in pushers + poppers:
        thread.start()
    for thread in pushers:
        thread.join()
    pushers_run.clear()
    for thread in poppers:
        thread.join()
    everyone = popped[0] + popped[1]
    assert len(everyone) == len(set(everyone)) == 2 * rounds * size
