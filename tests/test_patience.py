"""Patience: the product-limit estimate, and draws from its tail."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccroute import Rejected
from ccroute.replay import Outcome, Survival, Visit, estimate_patience, kaplan_meier

observations = st.lists(
    st.tuples(st.integers(0, 60).map(float), st.booleans()), min_size=1, max_size=40
)
draws = st.floats(0.0, 1.0, exclude_min=True, exclude_max=True).filter(lambda draw: draw > 1e-9)


def curve(observed: list[tuple[float, bool]]) -> Survival:
    return kaplan_meier([wait for wait, _ in observed], [gave_up for _, gave_up in observed])


def visit(contact: str, wait: float, outcome: Outcome, queue: str = "sales") -> Visit:
    return Visit(
        contact=contact,
        number=1,
        queue=queue,
        channel="voice",
        entered=0.0,
        wait=wait,
        outcome=outcome,
        cause=None,
        agent=None,
        talk=60.0 if outcome is Outcome.ANSWERED else None,
        wrap_up=None,
    )


def test_hand_computed_example() -> None:
    """Ten customers: at risk 10, 8, 5, 2; gave up 1, 2, 1, 1.

    0.9; 0.9 * 6/8 = 0.675; 0.675 * 4/5 = 0.54; 0.54 * 1/2 = 0.27.
    """
    waits = [2, 3, 4, 4, 5, 9, 9, 9, 12, 20]
    gave_up = [True, False, True, True, False, True, False, False, True, False]
    estimate = kaplan_meier(waits, gave_up)
    assert estimate.times == (2.0, 4.0, 9.0, 12.0)
    assert estimate.shares == pytest.approx((0.9, 0.675, 0.54, 0.27))
    # Later half: those past the median abandon (4 s) are 2, and the seconds waited past
    # it 1 + 5 + 5 + 5 + 8 + 16 = 40.
    assert estimate.hazard == pytest.approx(2 / 40)
    assert estimate.share(1.9) == 1.0
    assert estimate.share(4.0) == pytest.approx(0.675)
    assert estimate.share(22.0) == pytest.approx(0.27 * math.exp(-10 / 20))


def test_answered_at_the_instant_of_an_abandon_had_that_patience() -> None:
    estimate = kaplan_meier([5, 5], [True, False])
    assert estimate.shares == (0.5,)


def test_without_censoring_it_is_the_empirical_share() -> None:
    waits = [1.0, 2.0, 2.0, 7.0]
    estimate = kaplan_meier(waits, [True] * 4)
    for wait in (0.0, 1.0, 1.5, 2.0, 6.9):
        assert estimate.share(wait) == pytest.approx(sum(w > wait for w in waits) / 4)


def test_mean_of_abandoned_waits_is_biased_low() -> None:
    """Everybody waits up to 40 s, uniformly; a centre answers them all after 10 s."""
    patience = [float(seconds) for seconds in range(1, 41)]
    estimate = kaplan_meier([min(p, 10.0) for p in patience], [p <= 10 for p in patience])
    naive = sum(p for p in patience if p <= 10) / 10
    drawn = [estimate.beyond(0.0, (n + 0.5) / 400) for n in range(400)]
    assert naive < 6
    assert sum(drawn) / len(drawn) > 20


@given(observations)
def test_shares_fall_and_stay_between_nought_and_one(observed: list[tuple[float, bool]]) -> None:
    estimate = curve(observed)
    assert len(estimate.times) == len(set(estimate.times)) == len(estimate.shares)
    falling = [1.0, *estimate.shares]
    assert all(a > b >= -1e-12 for a, b in pairwise(falling))
    assert estimate.abandons == sum(gave_up for _, gave_up in observed)


@given(observations, draws, st.integers(0, 80).map(float))
def test_drawn_patience_lies_beyond_the_wait(
    observed: list[tuple[float, bool]], draw: float, wait: float
) -> None:
    assert curve(observed).beyond(wait, draw) > wait


@given(observations, draws, draws)
def test_greater_draw_is_less_patience(
    observed: list[tuple[float, bool]], one: float, other: float
) -> None:
    estimate = curve(observed)
    low, high = sorted((one, other))
    assert estimate.beyond(0.0, low) >= estimate.beyond(0.0, high)


@given(observations, st.integers(0, 59).map(float))
def test_draws_follow_the_conditional_curve(
    observed: list[tuple[float, bool]], wait: float
) -> None:
    estimate = curve(observed)
    there = estimate.share(wait)
    if there < 1e-9:
        return
    n = 400
    drawn = [estimate.beyond(wait, (i + 0.5) / n) for i in range(n)]
    for longer in (wait + 1, wait + 5, wait + 30):
        share = sum(patience > longer for patience in drawn) / n
        assert share == pytest.approx(estimate.share(longer) / there, abs=2 / n)


def test_nobody_gave_up_means_nobody_will() -> None:
    estimate = kaplan_meier([3, 9], [False, False])
    assert estimate.beyond(9.0, 0.001) == math.inf


def test_known_patience_is_not_drawn() -> None:
    visits = [visit(f"c{n}", float(n), Outcome.ABANDONED) for n in range(20)]
    patience = estimate_patience(visits)
    assert [patience.of(v, seed=1) for v in visits] == [v.wait for v in visits]


def test_queue_with_few_abandons_borrows_the_pooled_curve() -> None:
    visits = [visit(f"a{n}", 5.0, Outcome.ABANDONED) for n in range(10)]
    visits += [visit(f"b{n}", 50.0, Outcome.ABANDONED, "support") for n in range(9)]
    visits += [visit(f"c{n}", 2.0, Outcome.ANSWERED, "support") for n in range(9)]
    patience = estimate_patience(visits)
    assert set(patience.by_queue) == {"sales"}
    drawn = {patience.of(v, seed=1) for v in visits[-9:]}
    assert drawn == {5.0, 50.0}


def test_draws_depend_on_seed_and_contact_and_not_on_order() -> None:
    visits = [visit(f"c{n}", 1.0, Outcome.ANSWERED) for n in range(50)]
    visits += [visit(f"d{n}", float(n), Outcome.ABANDONED) for n in range(50)]
    patience, backwards = estimate_patience(visits), estimate_patience(reversed(visits))
    drawn = {v.contact: patience.of(v, seed=7) for v in visits}
    assert drawn == {v.contact: backwards.of(v, seed=7) for v in reversed(visits)}
    assert drawn != {v.contact: patience.of(v, seed=8) for v in visits}
    # Written down, so that no release changes them unnoticed.
    assert [drawn[f"c{n}"] for n in range(4)] == [19.0, 7.0, 20.0, 31.0]


@pytest.mark.parametrize("wait", [math.nan, math.inf, -1.0])
def test_wait_that_is_none_is_refused(wait: float) -> None:
    ask = kaplan_meier([2.0, 3.0], [True, False])
    for refused in (
        lambda: kaplan_meier([1.0, wait], [True, True]),
        lambda: ask.share(wait),
        lambda: ask.beyond(wait, 0.5),
    ):
        with pytest.raises(Rejected, match=f"the wait {wait!r}: give seconds") as error:
            refused()
        assert error.value.code == "invalid_value"


@pytest.mark.parametrize("draw", [0, 1, 2, -0.5, math.nan])
def test_draw_outside_of_0_to_1_is_refused(draw: float) -> None:
    with pytest.raises(Rejected, match=f"the draw {draw!r}: give a number between 0 and 1"):
        kaplan_meier([2.0], [True]).beyond(0.0, draw)


def test_one_abandoned_or_not_is_given_for_each_wait() -> None:
    with pytest.raises(Rejected, match="2 waits and 1 times abandoned or not: give one for each"):
        kaplan_meier([1.0, 2.0], [True])
