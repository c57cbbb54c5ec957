"""Names that would move a terminal's cursor: written out in print, kept as they are in data."""

import csv
import io
import json
from datetime import date

import pytest
from tests.metrics.telling import DAY, conversation, told

from ccroute import KpiAggregator
from ccroute.metrics import Kpi, LegalTarget, Metrics, explain, shown, shown_lines

EVIL = "vip\x1b[31m\n\tline\u202e"
WRITTEN = r"vip\x1b[31m\n\tline\u202e"
PRINTABLE = "Atención – 客服 \N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER} 100 %"


def of_queue(queue: str, agent: str = "ana") -> Metrics:
    return Metrics(told(KpiAggregator(), *conversation("c1", 0.0, agent), queue=queue))


def is_plain(text: str) -> bool:
    return all(letter.isprintable() for line in text.split("\n") for letter in line)


def test_controls_are_written_out_and_letters_are_not() -> None:
    assert shown(EVIL) == WRITTEN
    assert shown(PRINTABLE) == PRINTABLE
    assert shown("\x00\x7f\x9b\u2028\ud800") == r"\x00\x7f\x9b\u2028\ud800"
    assert shown(shown(EVIL)) == WRITTEN
    assert shown_lines("one\ntwo\t") == "one\ntwo\\t"


def test_a_table_prints_them_in_one_line() -> None:
    table = of_queue(EVIL).report(["queue", "channel"], kpis=["offered", "asa"])
    *_, head, row = str(table).split("\n")
    assert is_plain(str(table))
    assert row.startswith(f"{WRITTEN}  voice")
    assert head.index("channel") == row.index("voice")


def test_a_name_may_hold_whatever_a_terminal_shows() -> None:
    assert PRINTABLE in str(of_queue(PRINTABLE).report(kpis=["offered"]))


def test_data_keep_names_as_they_are() -> None:
    table = of_queue(EVIL).report(kpis=["offered"])
    assert next(csv.DictReader(io.StringIO(table.to_csv(), newline="")))["queue"] == EVIL
    assert json.loads(table.to_json())["rows"][0]["labels"]["queue"] == EVIL
    assert table.to_numpy()["queue"][0] == EVIL
    assert table[EVIL]["offered"].value == 1


def test_explanations_and_the_live_view_and_visits_print_them_too() -> None:
    metrics = of_queue(EVIL, EVIL)
    told(metrics.aggregator, ("agent_not_ready", 80.0, None, EVIL))
    metrics.aggregator.mark("c1", EVIL, DAY + 90.0)
    live, visits = str(metrics.live()), str(metrics.visits(DAY, DAY + 900.0))
    assert is_plain(explain("asa", metrics.report(kpis=["asa"]).row(0)))
    assert is_plain(live)
    assert is_plain(visits)
    assert WRITTEN in live
    assert WRITTEN in visits


def test_a_formula_that_names_them_is_explained_in_one_line() -> None:
    own = Kpi(id="my.code", title=f"Code {EVIL}", unit="n", numerator=r'code("a\x1bb")')
    assert is_plain(of_queue("billing").explain(own))


def test_an_audit_prints_them_in_one_line() -> None:
    target = LegalTarget(
        id="own",
        jurisdiction=EVIL,
        title="Own",
        text="",
        source="contract",
        valid_from=date(2020, 1, 1),
        kpi="sl.answered_within(T=20)",
        by=("queue",),
        zone="UTC",
    )
    audit = of_queue(EVIL).audit(target, year=2023)
    assert is_plain(str(audit))
    assert WRITTEN in str(audit)
    assert json.loads(audit.to_json())["rows"][0]["labels"]["queue"] == EVIL


@pytest.mark.parametrize("dimension", ["client", "campaign"])
def test_every_dimension_is_printed_so(dimension: str) -> None:
    aggregator = KpiAggregator()
    aggregator.describe("c1", [(dimension, EVIL)])
    told(aggregator, *conversation("c1", 0.0))
    assert WRITTEN in str(Metrics(aggregator).report(dimension, kpis=["offered"]))
