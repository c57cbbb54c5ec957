"""Contact records in files: written once they are final, read as they stand, counted anew."""

import importlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from ccroute import ConfigError, KpiAggregator
from ccroute.history import RECORDS_VERSION, History, Recorder
from ccroute.metrics import Metrics, first_contact_resolution, read_calls

DAY = 86_400.0
HEAD = "contact,visit,revision,queue,entered,outcome,wait,talk,wrap_up,agent,customer,client"


def call(
    contact: str,
    entered: float,
    outcome: str = "answered",
    *,
    wait: float = 10.0,
    talk: float = 60.0,
    revision: int = 1,
    customer: str = "",
) -> str:
    spoke = outcome == "answered"
    words = (contact, 1, revision, "billing", entered, outcome, wait, talk if spoke else "", "")
    return ",".join(map(str, (*words, "ana" if spoke else "", customer, "acme")))


def post(aggregator: KpiAggregator, *rows: str) -> dict[str, int]:
    return read_calls([HEAD, *rows], source="pbx").post(aggregator)


def told(aggregator: KpiAggregator, until: float) -> KpiAggregator:
    aggregator.advance(until + 120.0, source="pbx")
    return aggregator


def contacts(folder: Path, start: float = 0.0, end: float = 400 * DAY) -> list[str]:
    return History(folder).records(start, end)["contact"].tolist()


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.parquet"))


def test_visits_are_written_once_they_are_final(tmp_path: Path) -> None:
    aggregator = KpiAggregator()
    recorder = Recorder(aggregator, tmp_path)
    post(aggregator, call("c1", 100.0), call("c2", 1000.0, "abandoned"))
    assert recorder.record().rows == 0
    done = recorder.record() if told(aggregator, 900.0) else None
    assert done is not None
    assert (done.rows, done.through, done.lost) == (
        1,
        datetime(1970, 1, 1, 0, 15, tzinfo=UTC),
        None,
    )
    assert contacts(tmp_path) == ["c1"]
    told(aggregator, 2000.0)
    assert [recorder.record().rows, recorder.record().rows] == [1, 0]
    assert contacts(tmp_path) == ["c1", "c2"]


def test_a_record_says_what_is_known(tmp_path: Path) -> None:
    aggregator = KpiAggregator(dimensions=["site"])
    aggregator.describe("c1", [("client", "acme"), ("site", "north")], customer="4711", source="s")
    folded = (
        ("contact_queued", 0.0, {}),
        ("contact_connected", 12.0, {"agent": "ana"}),
        ("contact_released", 72.0, {"agent": "ana", "cause": "customer"}),
        ("wrap_up_started", 72.0, {"agent": "ana"}),
        ("wrap_up_ended", 102.0, {"agent": "ana", "cause": "agent"}),
    )
    for kind, at, names in folded:
        aggregator.fold(kind, at, "c1", queue="help", source="s", **names)
    aggregator.advance(5000.0, source="s")
    assert Recorder(Metrics(aggregator), tmp_path).record().rows == 1
    (record,) = History(tmp_path).records(0.0, 900.0, {"client": ["acme"], "site": ["north"]})
    assert {name: record[name].item() for name in ("queue", "channel", "agent", "outcome")} == {
        "queue": "help",
        "channel": "voice",
        "agent": "ana",
        "outcome": "answered",
    }
    assert [int(record[name]) for name in ("wait_us", "talk_us", "wrap_up_us", "ended_us")] == [
        *(12_000_000, 60_000_000, 30_000_000, 12_000_000)
    ]
    assert record["customer"] == KpiAggregator.customers(["4711"])[0]
    assert len(History(tmp_path).records(0.0, 900.0, {"site": ["south"]})) == 0
    with pytest.raises(ConfigError, match=r"no dimension 'sight' in the records: queue, .*site"):
        History(tmp_path).records(0.0, 900.0, {"sight": ["south"]})


def test_a_correction_takes_the_place_of_what_was_written(tmp_path: Path) -> None:
    aggregator = KpiAggregator()
    recorder = Recorder(aggregator, tmp_path)
    post(aggregator, call("c1", 100.0, wait=10.0), call("c2", 200.0))
    told(aggregator, 4000.0)
    assert recorder.record().rows == 2
    post(aggregator, call("c1", 100.0, wait=25.0, revision=2))
    assert recorder.record().rows == 1
    records = History(tmp_path).records(0.0, 900.0)
    assert records["wait_us"].tolist() == [25_000_000, 10_000_000]
    post(aggregator, call("c1", 100.0, "void", wait=0.0, revision=3))
    assert recorder.record().rows == 1
    assert contacts(tmp_path) == ["c2"]


def test_a_correction_may_move_a_visit_to_another_day(tmp_path: Path) -> None:
    aggregator = KpiAggregator()
    recorder = Recorder(aggregator, tmp_path)
    post(aggregator, call("c1", DAY - 100.0, talk=10.0))
    told(aggregator, 2 * DAY)
    recorder.record()
    post(aggregator, call("c1", DAY - 100.0, talk=5000.0, revision=2))
    recorder.record()
    (record,) = History(tmp_path).records(0.0, DAY)
    assert record["talk_us"] == 5_000_000_000
    assert contacts(tmp_path, DAY, 2 * DAY) == []


def test_a_wrap_up_that_ends_late_is_written_again(tmp_path: Path) -> None:
    aggregator = KpiAggregator()
    recorder = Recorder(aggregator, tmp_path)
    aggregator.fold("contact_queued", 0.0, "c1", queue="help")
    aggregator.fold("contact_connected", 5.0, "c1", queue="help", agent="ana")
    aggregator.fold("contact_released", 65.0, "c1", queue="help", agent="ana")
    aggregator.fold("wrap_up_started", 65.0, "c1", queue="help", agent="ana")
    aggregator.advance(4000.0)
    assert recorder.record().rows == 1
    assert History(tmp_path).records(0.0, 900.0)["wrap_up_us"].tolist() == [0]
    aggregator.fold("wrap_up_ended", 4065.0, "c1", queue="help", agent="ana")
    assert recorder.record().rows == 1
    assert History(tmp_path).records(0.0, 900.0)["wrap_up_us"].tolist() == [4_000_000_000]


def test_a_restart_writes_nothing_twice_and_leaves_nothing_out(tmp_path: Path) -> None:
    aggregator = KpiAggregator()
    post(aggregator, call("c1", 100.0), call("c2", 1000.0))
    told(aggregator, 900.0)
    Recorder(aggregator, tmp_path).record()
    state = tmp_path / "node.json"
    before = state.read_text()
    restored = KpiAggregator.restore(aggregator.snapshot())
    told(restored, 4000.0)
    assert Recorder(restored, tmp_path).record().rows == 1
    # As after a crash between the records and the note of how far they go.
    state.write_text(before)
    assert Recorder(KpiAggregator.restore(restored.snapshot()), tmp_path).record().rows == 1
    assert len(files(tmp_path)) == 3
    assert contacts(tmp_path) == ["c1", "c2"]


def test_what_a_crash_left_half_written_is_no_record(tmp_path: Path) -> None:
    aggregator = KpiAggregator()
    post(aggregator, call("c1", 100.0))
    told(aggregator, 900.0)
    recorder = Recorder(aggregator, tmp_path)
    recorder.record()
    half = tmp_path / "day=1970-01-01" / "node-000000000009.parquet.writing"
    half.write_bytes(b"PAR1")
    assert contacts(tmp_path) == ["c1"]
    told(aggregator, 2 * DAY)
    recorder.record()
    assert not half.exists()


def test_days_become_one_file_and_old_ones_go(tmp_path: Path) -> None:
    aggregator = KpiAggregator(retention=10 * DAY)
    recorder = Recorder(aggregator, tmp_path, keep=timedelta(days=2))
    for hour in range(0, 4 * 24, 6):
        post(aggregator, call(f"c{hour}", hour * 3600.0))
        told(aggregator, hour * 3600.0 + 900.0)
        recorder.record()
    days = [name.partition("/")[0] for name in files(tmp_path)]
    assert days.count("day=1970-01-01") == 0
    assert days.count("day=1970-01-02") == days.count("day=1970-01-03") == 1
    assert days.count("day=1970-01-04") == 4
    assert contacts(tmp_path) == [f"c{hour}" for hour in range(24, 96, 6)]


def test_what_was_no_longer_known_is_told(tmp_path: Path) -> None:
    aggregator = KpiAggregator(retention=3600.0)
    recorder = Recorder(aggregator, tmp_path)
    post(aggregator, call("c1", 100.0))
    told(aggregator, 900.0)
    recorder.record()
    for number in range(2, 12):
        post(aggregator, call(f"c{number}", number * 1800.0))
        aggregator.advance(number * 1800.0, source="pbx")
    told(aggregator, 21_000.0)
    done = recorder.record()
    assert done.lost is not None
    assert done.lost[0] == datetime(1970, 1, 1, 0, 15, tzinfo=UTC)
    assert contacts(tmp_path)[-1] == "c11"
    assert recorder.record().lost is None


def test_history_is_counted_anew_by_another_threshold(tmp_path: Path) -> None:
    aggregator = KpiAggregator(retention=30 * DAY)
    waits = [3.0, 12.0, 18.0, 26.0] * 100
    rows = [call(f"c{n}", n * 600.0, wait=wait) for n, wait in enumerate(waits)]
    rows += [call(f"a{n}", n * 600.0, "abandoned", wait=4.0) for n in range(100)]
    post(aggregator, *rows)
    told(aggregator, 5 * DAY)
    Recorder(aggregator, tmp_path).record()
    kpis = ["sl.answered_within(T=20)", "sl.short_excluded(T=20, S=5)", "asa", "aht", "abandoned"]
    anew = KpiAggregator([5.0, 17.0, 20.0], retention=30 * DAY)
    fates = History(tmp_path).post(anew, 0.0, 5 * DAY)
    assert (fates["counted"], fates["joined"]) == (500, 0)
    assert History(tmp_path).post(anew, 0.0, 5 * DAY)["duplicate"] == 500
    before, after = (Metrics(each).report(kpis=kpis)["billing"] for each in (aggregator, anew))
    figures = [[(value.value, value.n) for _, value in row] for row in (before, after)]
    assert figures[0] == figures[1]
    seventeen = Metrics(anew).report(kpis=["sl.answered_within(T=17)"])["billing"]
    assert str(seventeen["sl.answered_within"]) == "40.0 %"
    by_client = Metrics(anew).report(by="client", kpis=["offered"])
    assert by_client["acme"]["offered"].value == 500


def test_thirty_days_of_repeats(tmp_path: Path) -> None:
    aggregator = KpiAggregator(retention=100 * DAY)
    rows = [call(f"c{n}", n * 29 * DAY / 3, customer=f"{n % 2}") for n in range(6)]
    post(aggregator, *rows, call("x", 0.0))
    told(aggregator, 90 * DAY)
    Recorder(aggregator, tmp_path).record()
    records = History(tmp_path).records(0.0, 90 * DAY)
    found = first_contact_resolution(records, timedelta(days=30), until=90 * DAY)
    assert (found.value.numerator, found.value.denominator, found.unknown) == (2, 6, 1)


def test_nodes_share_a_folder(tmp_path: Path) -> None:
    for node in ("north", "south"):
        aggregator = KpiAggregator()
        post(aggregator, call(f"{node}-1", 100.0))
        told(aggregator, 900.0)
        Recorder(aggregator, tmp_path, node=node).record()
    assert contacts(tmp_path) == ["north-1", "south-1"]


def test_a_number_of_the_source_stays_a_number(tmp_path: Path) -> None:
    aggregator = KpiAggregator()
    aggregator.post_visits(
        {
            "contact": np.array([1 << 40], dtype=np.uint64),
            "entered_us": np.array([0], dtype=np.int64),
            "queue": np.array([0], dtype=np.int32),
            "course": np.array([1], dtype=np.uint8),
        },
        names=[("queue", ["q"])],
    )
    aggregator.advance(5000.0)
    Recorder(aggregator, tmp_path).record()
    anew = KpiAggregator()
    assert History(tmp_path).post(anew, 0.0, 900.0)["counted"] == 1
    assert anew.visits(0.0, 900.0)[0]["key"] == 1 << 40


def test_files_carry_the_version_of_their_columns(tmp_path: Path) -> None:
    aggregator = KpiAggregator()
    post(aggregator, call("c1", 100.0))
    told(aggregator, 900.0)
    Recorder(aggregator, tmp_path).record()
    (name,) = files(tmp_path)
    table = pq.read_table(tmp_path / name, partitioning=None)
    assert table.schema.metadata[b"ccroute.records"] == str(RECORDS_VERSION).encode()
    later = table.replace_schema_metadata({b"ccroute.records": b"99"})
    pq.write_table(later, tmp_path / name)
    with pytest.raises(ConfigError, match=r"parquet: records of version 99, .* update it"):
        contacts(tmp_path)
    pq.write_table(table.replace_schema_metadata(None), tmp_path / name)
    with pytest.raises(ConfigError, match="no contact records"):
        contacts(tmp_path)
    (tmp_path / name).write_text("nothing")
    with pytest.raises(ConfigError, match="no Parquet file"):
        contacts(tmp_path)


def test_what_is_asked_for_is_checked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at least a day"):
        Recorder(KpiAggregator(), tmp_path, keep=timedelta(hours=1))
    with pytest.raises(ConfigError, match="node 'a/b'"):
        Recorder(KpiAggregator(), tmp_path, node="a/b")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is a file: name the folder"):
        Recorder(KpiAggregator(), tmp_path / "file")
    with pytest.raises(ConfigError, match="does not lie after start"):
        History(tmp_path).records(10.0, 10.0)
    assert len(History(tmp_path / "none").records(0.0, 10.0)) == 0


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("ccroute.history")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"pyarrow is missing: pip install 'ccroute\[history\]'"):
        importlib.import_module("ccroute.history")
