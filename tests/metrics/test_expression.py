"""Formulas: what they need, what they come to, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.engine import parse

from ccroute import ConfigError
from ccroute.metrics import BASES

integers = st.integers(-(2**63), 2**63 - 1)


def value(text: str, **columns: int) -> int:
    numbers = {name: np.array([number], dtype=np.int64) for name, number in columns.items()}
    return int(parse(text).evaluate(numbers, {}, 1)[0])


def test_fields_are_known_before_anything_is_asked() -> None:
    formula = parse("within(wait_answered, T) + left.timed_out + short(S)", {"T", "S"})
    assert formula.fields({"T": 20, "S": 5}) == (
        "wait_answered.within:20000000",
        "left.timed_out",
        "wait_abandoned.within:5000000",
    )
    assert formula.thresholds() == {"T", "S"}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("below(wait_answered, 0.5)", "wait_answered.below:500000"),
        ("within(wait_answered, 0)", "wait_answered.zero"),
        ("passed(20)", "passed:20000000"),
        ("quantile(wait_answered, 0.9)", "wait_answered.p90"),
        ("quantile(handle, 0.999)", "handle.p99_9"),
        ("quantile(handle, 0.05)", "handle.p5"),
        ("handle.p99_9", "handle.p99_9"),
        ('code("dial.live")', "code.dial.live"),
        ('amount("cost")', "amount.cost"),
        ('amounts("cost")', "amount.cost.count"),
        ('rounded("estimate")', "amount.estimate"),
        ("within(wait_left, 20)", "wait_left.within:20000000"),
        ('score("csat")', "score.csat"),
        ('not_ready("lunch break")', "time.not_ready.lunch break"),
        ('given("forecast")', "given.forecast"),
    ],
)
def test_each_form_names_its_field(text: str, field: str) -> None:
    assert parse(text).fields({}) == (field,)


def test_a_threshold_of_nothing_needs_no_field() -> None:
    assert parse("short(S)", {"S"}).fields({"S": 0}) == ()
    assert parse("below(wait_answered, 0)").fields({}) == ()


def test_scores_are_added_up_and_weighed() -> None:
    assert parse('score("csat", 4, 5)').fields({}) == ("score.csat.4", "score.csat.5")
    columns = {f"score.csat.{n}": np.array([n]) for n in range(1, 6)}
    assert parse('score_sum("csat", 1, 5)').evaluate(columns, {}, 1).tolist() == [55]


def test_rounded_amounts_stand_beside_counts() -> None:
    formula = parse('answered + rounded("estimate")')
    columns = {"answered": np.array([3, 3]), "amount.estimate": np.array([8_600_000, 499_999])}
    assert formula.evaluate(columns, {}, 2).tolist() == [12, 3]
    assert formula.filled({"answered": 3, "amount.estimate": 8_600_000}, {}) == "3 + 9"
    assert formula.scale() == 0
    with pytest.raises(ConfigError, match="between a duration or amount and a count"):
        parse('answered + amount("estimate")')


def test_a_formula_knows_the_bases_of_its_fields() -> None:
    assert parse("talk.sum + wait_left.sum").bases() == BASES
    assert "split" not in parse("short(S)", {"S"}).bases()
    assert parse("offered + passed(20)").bases() == ("sl_event",)


def test_named_parts_are_put_in() -> None:
    formula = parse("served - offered", names={"served": "answered + abandoned"})
    assert formula.fields({}) == ("answered", "abandoned", "offered")


@given(integers, integers, integers)
def test_sums_and_products_are_exact_beyond_64_bits(a: int, b: int, c: int) -> None:
    assert value(
        "offered * answered - abandoned * offered", offered=a, answered=b, abandoned=c
    ) == (a * b - c * a)
    assert value("offered + answered + abandoned", offered=a, answered=b, abandoned=c) == a + b + c


def test_int64_stays_int64_where_it_is_enough() -> None:
    columns = {"offered": np.array([3, 4]), "answered": np.array([1, 2])}
    assert parse("2 * (offered - answered)").evaluate(columns, {}, 2).dtype == np.int64


def test_a_constant_has_a_row_for_each() -> None:
    assert parse("3 * 4").evaluate({}, {}, 2).tolist() == [12, 12]


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
def test_the_filled_formula_means_what_was_evaluated(a: int, b: int, c: int) -> None:
    text = "offered - (answered - abandoned) * 2 - (offered + answered)"
    numbers = {"offered": a, "answered": b, "abandoned": c}
    filled = parse(text).filled(numbers, {})
    assert value(filled) == value(text, **numbers)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("answerd", "near: answered"),
        ("wihtin(wait_answered, 20)", "near: within"),
        ("within(wait_answered, U)", "it has: T"),
        ("within(talk, T)", "only wait_answered, wait_abandoned, wait_left"),
        ("within(wait_answered)", "within(distribution, T)"),
        ("answered / offered", "denominator"),
        ("wait_answered", "wait_answered.sum"),
        ("__import__('os')", "no such function"),
        ("offered.__class__", "no such field"),
        ("answered if offered else 0", "all there is"),
        ("1.5 * answered", "whole numbers"),
        ("quantile(talk, 1)", "between 0 and 1"),
        ("code(sale)", "name in quotes"),
        ("score('csat', 5, 4)", "low to high"),
        ("answered +", "is no formula"),
        ("", "is no formula"),
        ("+".join(["offered"] * 500), "too long"),
        ("(" * 300 + "offered" + ")" * 300, "is no formula"),
    ],
)
def test_refusals_say_what_would_do(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=r".*") as refused:
        parse(text, {"T"})
    assert words in str(refused.value)


def test_a_part_made_of_itself_is_refused() -> None:
    with pytest.raises(ConfigError, match="made of itself"):
        parse("a", names={"a": "b", "b": "a + 1"})


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf"), 1e-9, 1e20])
def test_a_threshold_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(ConfigError, match="number of seconds"):
        parse("within(wait_answered, T)", {"T"}).fields({"T": seconds})


def test_durations_and_counts_do_not_mix() -> None:
    with pytest.raises(ConfigError, match="between a duration"):
        parse("talk.sum + answered").scale()
    assert parse("-talk.sum").scale() == 1
