"""Why a figure is what it is, in words."""

import pytest
from tests.metrics.engine import build
from tests.metrics.fake import CALLS, Fake, Seen

from ccroute import ConfigError
from ccroute.metrics import BUILT_IN, Kpi, explain


def test_explain_gives_formula_numbers_and_source() -> None:
    row = build(Fake(*CALLS), kpis=["sl.short_excluded", "aht", "asa"])["billing"]
    text = explain("sl.short_excluded", row)
    assert "formula:    within(wait_answered, T) / (answered + abandoned - short(S))" in text
    assert "parameters: T = 20 s, S = 5 s" in text
    assert "numbers:    1 / (2 + 2 - 1) = 33.3 %" in text
    assert "n:          3" in text
    assert "Genesys Cloud" in text
    assert "numbers:    370 s / 2 = 185.0 s" in explain("aht", row)


def test_explain_says_why_there_is_no_figure() -> None:
    row = build(Fake(Seen(end="abandoned")), kpis=["asa"])["billing"]
    assert "numbers:    0 s / 0 = - (nothing counted to divide by)" in explain("asa", row)
    assert "final:      yes" in explain("asa", row)


def test_a_figure_explains_itself() -> None:
    row = build(Fake(*CALLS), kpis=["sl.asterisk2(T=30)", "aht", "wait.p90"])["billing"]
    text = explain(row["sl.asterisk2"])
    assert "id:         sl.abandons_credited (sl.asterisk2, sl.cisco.positive)" in text
    assert "parameters: T = 30 s" in text
    assert "numbers:    3 / 4 = 75.0 %" in text
    assert "370000000 / 2 (durations in µs, amounts in millionths) = 185.0 s" in explain(row["aht"])
    assert "numbers:    25 = 25.0 s" in explain(row["wait.p90"])


def test_explain_says_what_named_parts_are() -> None:
    text = explain("occupancy.handling")
    assert "where:      handling = time.talk + time.hold + time.wrap_up\n" in text
    assert "            there = handling + time.connecting" in text


def test_explain_names_what_gives_the_others() -> None:
    assert "given by:   live()" in explain("waiting.now")
    with pytest.raises(ConfigError, match="near: asa"):
        explain("asaa")


@pytest.mark.parametrize("kpi", list(BUILT_IN), ids=lambda kpi: kpi.id)
def test_every_kpi_explains_itself(kpi: Kpi) -> None:
    text = explain(kpi)
    assert kpi.title in text
    assert kpi.source in text
    assert kpi.formula() in text
