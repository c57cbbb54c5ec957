"""``Distribution``: durations one by one and by columns, against their sorted list."""

import math
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccroute import ConfigError, Distribution, Rejected

DURATIONS = st.lists(
    st.one_of(st.just(0), st.just(45_000_000), st.integers(1, 2**40)), min_size=1, max_size=600
)


def filled(micros: list[int], thresholds: list[float] | None = None) -> Distribution:
    distribution = Distribution(thresholds)
    distribution.record_batch(np.array(micros, dtype=np.int64))
    return distribution


def read(distribution: Distribution) -> tuple[object, ...]:
    shares = [distribution.quantile(share) for share in (0.0, 0.5, 0.9, 1.0)]
    counts = [distribution.within(45.0), distribution.below(45.0), distribution.zeros()]
    return (
        distribution.count(), distribution.sum(), distribution.max(), distribution.is_exact(),
        shares, counts, distribution.deviation(), distribution.buckets(),
    )  # fmt: skip


@given(DURATIONS)
def test_a_column_counts_as_its_rows_do(micros: list[int]) -> None:
    one_by_one = Distribution()
    for duration in micros:
        one_by_one.record(duration / 1e6)
    assert read(filled(micros)) == read(one_by_one)


@given(DURATIONS)
def test_agrees_with_the_sorted_list(micros: list[int]) -> None:
    distribution, ordered = filled(micros), sorted(micros)
    assert distribution.count() == len(distribution) == len(micros)
    assert distribution.zeros() == micros.count(0)
    assert distribution.max() == ordered[-1] / 1e6
    assert distribution.within(45.0) == sum(duration <= 45_000_000 for duration in micros)
    assert distribution.below(45.0) == sum(duration < 45_000_000 for duration in micros)
    assert distribution.is_exact() == (len(micros) - micros.count(0) <= 256)
    for share in (0.5, 0.9, 0.99):
        exact = ordered[max(math.ceil(share * len(ordered)), 1) - 1] / 1e6
        found = distribution.quantile(share)
        assert found == pytest.approx(exact, rel=0 if distribution.is_exact() else 0.0055)
    assert sum(count for _, count in distribution.buckets()) == len(micros) - micros.count(0)


@given(DURATIONS, st.integers(0, 600))
def test_parts_add_up_to_the_whole_in_either_order(micros: list[int], cut: int) -> None:
    first, second = filled(micros[:cut]), filled(micros[cut:])
    other_first, other_second = filled(micros[cut:]), filled(micros[:cut])
    first.merge(second)
    other_first.merge(other_second)
    assert read(first) == read(other_first) == read(filled(micros))


def test_without_any_there_is_nothing_to_say() -> None:
    empty = Distribution()
    assert (empty.quantile(0.5), empty.deviation(), empty.buckets()) == (None, None, [])
    assert (empty.count(), empty.sum(), empty.max()) == (0, 0.0, 0.0)


def test_thresholds_of_ones_own_stay_exact_among_many() -> None:
    many = filled([second * 1_000_000 for second in range(1, 1_001)], [7.0, 25.0])
    assert (many.within(25.0), many.below(25.0), many.within(7.0)) == (25, 24, 7)
    with pytest.raises(ConfigError, match="threshold 20s is not on the ladder"):
        many.within(20.0)


@pytest.mark.parametrize("seconds", [-1.0, math.nan, math.inf, 1e300])
def test_a_duration_that_cannot_be_is_refused(seconds: float) -> None:
    distribution = Distribution()
    with pytest.raises(Rejected, match="duration"):
        distribution.record(seconds)
    assert distribution.count() == 0


def test_a_wrong_row_refuses_its_column() -> None:
    distribution = filled([1_000_000])
    with pytest.raises(Rejected, match=r"durations_us\[1\] is -1"):
        distribution.record_batch(np.array([5, -1], dtype=np.int64))
    with pytest.raises(TypeError, match="int64"):
        distribution.record_batch(np.array([5.0]))
    with pytest.raises(ValueError, match="one-dimensional"):
        distribution.record_batch(np.zeros((2, 2), dtype=np.int64))
    assert distribution.count() == 1


@pytest.mark.parametrize("pad", ["u1", "u4"])
def test_a_field_of_packed_records_is_read_as_it_is(pad: str) -> None:
    records = np.zeros(5, dtype=[("pad", pad), ("wait", "i8")])
    records["wait"] = np.arange(1, 6) * 1_000_000
    for column in (records["wait"], records["wait"][::2], records["wait"][::-1]):
        distribution = Distribution()
        distribution.record_batch(column)
        assert distribution.sum() == column.sum() / 1e6
    raw = np.frombuffer(b"\0" + np.arange(3, dtype="i8").tobytes(), dtype="i8", offset=1)
    distribution = Distribution()
    distribution.record_batch(raw)
    assert (distribution.count(), distribution.max()) == (3, 2e-6)


@pytest.mark.parametrize("threshold", [math.nan, math.inf, -1.0, 0.0])
def test_a_threshold_that_cannot_be_is_refused(threshold: float) -> None:
    with pytest.raises(ConfigError, match="threshold"):
        Distribution([threshold])


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_a_share_is_from_0_to_1(share: float) -> None:
    with pytest.raises(Rejected, match="share"):
        Distribution().quantile(share)


def test_thresholds_must_be_a_ladder_and_the_same_to_merge() -> None:
    with pytest.raises(ConfigError, match="ascending"):
        Distribution([5.0, 5.0])
    with pytest.raises(ConfigError, match="different thresholds"):
        Distribution([5.0]).merge(Distribution([6.0]))


def test_merging_with_itself_is_refused() -> None:
    distribution = filled([1_000_000] * 300)
    with pytest.raises(ConfigError, match="itself"):
        distribution.merge(distribution)
    assert distribution.count() == 300


def test_several_threads_lose_nothing() -> None:
    distribution = Distribution()
    column = np.arange(1, 10_001, dtype=np.int64)
    threads = [threading.Thread(target=distribution.record_batch, args=(column,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert distribution.count() == 80_000
    assert distribution.sum() == pytest.approx(8 * column.sum() / 1e6)
