"""The reader: files, bytes, and what bad lines leave of the good ones."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccroute import read_recording, recording_readers
from ccroute_asterisk import read_queue_log

DAY = Path(__file__).parent / "captures" / "day.queue_log"
GOOD = DAY.read_bytes().splitlines(keepends=True)[:200]

# What no log of this day has: each is a fault wherever it stands.
BAD = [
    b"\n179536|cut\n",
    b"1795369300|x|sales|NONE|MYSTERY|1\n",
    b"1795369300|x|sales|\xff\xfe|CONNECT|1|p|1\n",
    b"1|x|sales|NONE|ENTERQUEUE|||1\n",
    b"9999999999|x|sales|NONE|ENTERQUEUE|||1\n",
    b"1795369300|x|sales|Agent 201|COMPLETECALLER|1|999999999999|1\n",
    b"1795369300|x|sales|NONE|ABANDON|1|1|2678401\n",
    b"1795369300|x|\x00sales|NONE|ENTERQUEUE|||1\n",
]


def test_it_is_found_by_its_entry_point() -> None:
    assert "queue_log" in recording_readers()
    assert read_recording(DAY, reader="queue_log") == read_queue_log(DAY)


def test_file_and_bytes_say_the_same() -> None:
    file, data = read_queue_log(DAY), read_queue_log(DAY.read_bytes())
    assert (file.source, data.source) == ("day.queue_log", "queue_log")
    assert [event.kind for event in file.events] == [event.kind for event in data.events]
    assert file.lines == data.lines == 1298


def test_file_name_that_is_not_utf8_is_no_obstacle(tmp_path: Path) -> None:
    log = tmp_path / "queue\udcfflog"
    log.write_bytes(b"".join(GOOD))
    recording = read_queue_log(log)
    assert recording.source == recording.events[0].source == "queue\\udcfflog"


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(b"\n" * 2_500_000)
    told: list[tuple[int, int]] = []
    read_queue_log(log, progress=lambda *at: told.append(at))
    assert told == [(1 << 20, 2_500_000), (2 << 20, 2_500_000), (2_500_000, 2_500_000)]


def test_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_queue_log(tmp_path / "none")


# With more good lines behind them than there are of them, or the good ones would be to blame.
@given(st.lists(st.tuples(st.integers(20, 180), st.sampled_from(BAD)), max_size=12))
def test_bad_lines_cost_nothing_but_themselves(where: list[tuple[int, bytes]]) -> None:
    lines = list(GOOD)
    for at, bad in sorted(where, reverse=True):
        lines.insert(at, bad)
    spoilt, clean = read_queue_log(b"".join(lines)), read_queue_log(b"".join(GOOD))
    assert spoilt.events == clean.events
    assert len(spoilt.faults) == len(where)
    assert spoilt.notes == clean.notes


@given(st.integers(0, sum(map(len, GOOD))))
def test_log_cut_anywhere_is_read_to_the_cut(length: int) -> None:
    recording = read_queue_log(b"".join(GOOD)[:length])
    assert len(recording.faults) <= 1
    times = [event.at for event in recording.events]
    assert times == sorted(times)
    assert [event.sequence for event in recording.events] == list(range(1, len(times) + 1))
