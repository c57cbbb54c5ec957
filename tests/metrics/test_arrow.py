"""Tables as Arrow streams, read by those who will read them."""

from datetime import UTC, datetime

import duckdb
import nanoarrow
import numpy as np
import polars as pl
import pytest
from tests.metrics.engine import build
from tests.metrics.fake import Fake, Seen

from ccroute import ConfigError
from ccroute.metrics import ReportTable

DAY = datetime(2026, 6, 1, 5, tzinfo=UTC)
NEXT = datetime(2026, 6, 2, 5, tzinfo=UTC)


def table() -> ReportTable:
    calls = [
        Seen(at=DAY.timestamp(), wait=4),
        Seen(at=DAY.timestamp() + 900, wait=30, queue=None, final=False, revision=3),
        Seen(at=DAY.timestamp() + 900, end="abandoned", queue="Zürich"),
    ]
    return build(
        Fake(*calls),
        interval="15min",
        zone="America/Bogota",
        start=DAY,
        end=NEXT,
        kpis=["offered", "asa", "wait.p90"],
    )


def test_without_nanoarrow_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "nanoarrow", None)
    with pytest.raises(ConfigError, match=r"nanoarrow is missing: pip install 'ccroute\[arrow\]'"):
        table().__arrow_c_stream__()


def test_the_numbers_are_the_reports_own_and_live_on() -> None:
    report = table()
    (chunk,) = nanoarrow.c_array_stream(report)
    asa = next(child for child in chunk.children if child.schema.name == "asa")
    values = report.column("asa").values
    assert asa.buffers[1] == values.ctypes.data
    del report, values
    assert asa.buffers[1]
    assert nanoarrow.Array(asa).to_pylist() == [30.0, None, 4.0]


def test_polars_reads_it() -> None:
    frame = pl.DataFrame(table())
    assert frame["queue"].to_list() == [None, "Zürich", "billing"]
    assert frame["offered"].to_list() == [1, 1, 1]
    assert frame["asa"].to_list() == [30.0, None, 4.0]
    assert frame["asa.variant"].to_list() == ["asa"] * 3
    assert frame["final"].to_list() == [False, True, True]
    assert frame["revision"].to_list() == [3, 0, 0]
    assert frame.schema["start"] == pl.Datetime("us", "America/Bogota")
    assert frame["start"][2] == DAY


def test_duckdb_reads_it_more_than_once() -> None:
    report = table()
    for _ in range(2):
        assert duckdb.sql("SELECT sum(offered)::INT FROM report").fetchall() == [(3,)]
    assert len(report) == 3


def test_an_empty_table_streams_too() -> None:
    frame = pl.DataFrame(build(Fake()))
    assert frame.height == 0
    assert frame.columns[0] == "queue"


def test_a_wide_sum_leaves_as_a_float() -> None:
    class Huge(Fake):
        def query(self, by, fields, **asked):  # type: ignore[no-untyped-def]
            groups = super().query(by, fields, **asked)
            groups["columns"] = {name: np.array([2**62]) for name in groups["columns"]}
            return groups

    frame = pl.DataFrame(build(Huge(Seen()), kpis=["wait.all"]))
    assert frame["wait.all"].to_list() == [1e-6]
