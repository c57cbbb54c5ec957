"""How a report prints, is looked up, and leaves for other programs."""

import csv
import io
import json

import numpy as np
import pytest
from tests.metrics.engine import build
from tests.metrics.fake import CALLS, DAY, NEXT, Fake, Seen

from ccroute import ConfigError


def test_an_empty_report_prints_and_leaves() -> None:
    table = build(Fake())
    assert len(table) == 0
    assert "offered" in str(table)
    assert table.to_csv().startswith("queue,offered,")
    assert json.loads(table.to_json())["rows"] == []
    assert len(table.to_numpy()) == 0


def test_a_table_prints_its_legend_and_marks_what_is_not_final() -> None:
    table = build(Fake(*CALLS), kpis=["offered", "sl.asterisk", "asa"], start=DAY, end=NEXT)
    assert str(table) == "\n".join(
        [
            "basis: offered; zone: UTC; times in seconds; * not final",
            "sl.asterisk: sl.answered_only(T=20s); ASA: asa",
            "queue    offered  sl.asterisk    ASA",
            "billing        5       50.0 %   14.5",
            "sales         2*      50.0 %*  25.0*",
        ]
    )


def test_a_range_without_an_end_says_once_that_it_is_not_final() -> None:
    for start in (None, DAY):
        text = str(build(Fake(*CALLS), kpis=["offered", "asa"], start=start))
        assert "*" not in text
        assert text.startswith("basis: offered; zone: UTC; times in seconds; open range: never")
    closed = str(build(Fake(*CALLS), kpis=["offered"], end=NEXT))
    assert closed.splitlines()[-1] == "sales         2*"


def test_rows_are_sorted_by_a_dimension_or_a_kpi() -> None:
    table = build(
        Fake(*CALLS, Seen(queue="quiet", wait=9, end="timed_out")), kpis=["offered", "asa"]
    )

    def queues(by: str, *, descending: bool = False) -> list[str | None]:
        return [row.labels["queue"] for row in table.sorted(by, descending=descending)]

    assert queues("queue", descending=True) == ["sales", "quiet", "billing"]
    assert queues("asa") == ["billing", "sales", "quiet"]
    assert queues("asa", descending=True) == ["sales", "billing", "quiet"]
    assert table.sorted("offered", descending=True)["sales"]["offered"].value == 2
    with pytest.raises(ConfigError, match="'aht' is not in this report; there are: offered, asa"):
        table.sorted("aht")


def test_a_long_table_is_cut_in_print() -> None:
    text = str(build(Fake(*(Seen(queue=f"q{n:04}") for n in range(500))), kpis=["offered"]))
    assert text.endswith("100 of 500 rows are not shown")


def test_columns_are_found_by_alias_and_by_id() -> None:
    row = build(Fake(*CALLS), kpis=["sl.asterisk2(T=30)"])["billing"]
    assert row["sl.asterisk2"] == row["sl.abandons_credited"] == row["sl.asterisk2(T=30)"]
    with pytest.raises(ConfigError, match="is not in this report"):
        row["asa"]
    with pytest.raises(KeyError, match="there are: billing"):
        row.table["biling"]


def test_the_share_of_intervals_that_met_the_goal() -> None:
    table = build(Fake(*CALLS), interval="15min", start=DAY, end=NEXT).select("billing")
    plain = table.attainment("sl.answered_within", 0.3)
    weighted = table.attainment("sl.answered_within", 0.3, weighted=True)
    assert (plain.numerator, plain.denominator) == (1, 2)
    assert (weighted.numerator, weighted.denominator) == (3, 4)
    with pytest.raises(ConfigError, match="no ratio"):
        table.attainment("offered", 0.8)


def test_csv_has_every_number_behind_a_ratio() -> None:
    table = build(
        Fake(*CALLS), interval="1h", start=DAY, end=NEXT, kpis=["offered", "sl.answered_within"]
    )
    rows = list(csv.DictReader(io.StringIO(table.to_csv())))
    assert rows[0] == {
        "queue": "billing",
        "start": "2026-06-01T12:00:00+00:00",
        "end": "2026-06-01T13:00:00+00:00",
        "offered": "5",
        "sl.answered_within": "0.25",
        "sl.answered_within.numerator": "1",
        "sl.answered_within.denominator": "4",
        "sl.answered_within.n": "4",
        "sl.answered_within.variant": "sl.answered_within(T=20s)",
        "final": "true",
        "revision": "0",
    }


def test_json_has_every_number_behind_a_ratio() -> None:
    rows = json.loads(build(Fake(*CALLS)).to_json())["rows"]
    assert rows[1]["labels"] == {"queue": "sales"}
    assert rows[1]["kpis"]["sl.answered_within"] == {
        "value": 0.5,
        "numerator": 1,
        "denominator": 2,
        "n": 2,
        "variant": "sl.answered_within(T=20s)",
        "unit": "ratio",
        "basis": "offered",
        "final": False,
        "revision": 2,
        "reason": None,
        "exact": True,
    }


def test_numpy_records_have_a_column_a_figure() -> None:
    records = build(Fake(*CALLS), kpis=["offered", "asa"], start=DAY).to_numpy()
    assert records.dtype.names is not None
    assert records["offered"].tolist() == [5, 2]
    assert records["offered"].dtype == np.int64
    assert records["asa"].tolist() == [14.5, 25.0]
    assert records["start"][0] == np.datetime64("2026-06-01T00:00:00")
    assert np.isnat(records["end"]).all()
    assert records["queue"].tolist() == ["billing", "sales"]
