"""The files behind ``ccroute report``: what is written in them, and what is wrong with them."""

from pathlib import Path

import pytest
from tests.scenarios.prompt import Prompt

HEAD = "contact,queue,entered,outcome,wait,talk,agent\n"
LOG = (
    "1763800000|c1|Atención|NONE|ENTERQUEUE|||1\n"
    "1763800008|c1|Atención|Ana|CONNECT|8|m.1|1\n"
    "1763800068|c1|Atención|Ana|COMPLETEAGENT|8|60|1\n"
)


@pytest.fixture
def ccroute(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Prompt:
    return Prompt(monkeypatch, capsys)


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return tmp_path / "calls.csv"


def test_rows_that_cannot_be_counted_are_named_and_the_rest_is(
    ccroute: Prompt, calls: Path
) -> None:
    calls.write_text(
        f"{HEAD}"
        "c1,billing,-5,answered,1,1,ana\n"
        "c2,billing,1969-12-31T23:59:59Z,answered,1,1,ana\n"
        "c3,billing,2026-03-29T02:30,abandoned,1,,\n"
        "c4,billing,2026-03-29T03:30,abandoned,1,,\n"
    )
    ran = ccroute("report", "--calls", calls, "--calls-zone", "Europe/Berlin", "--kpi", "offered")
    assert ran.code == 0
    assert ran.out.splitlines()[-1].split() == ["billing", "1"]
    first, *faults = ran.err.splitlines()
    assert first == f"ccroute: {calls}: 3 lines not used"
    assert [fault[: fault.index(":")] for fault in faults] == [
        "  line 2, entered '-5'",
        "  line 3, entered '1969-12-31T23",
        "  line 4, entered '2026-03-29T02",
    ]
    assert "before 1970, where nothing is counted" in faults[0]
    assert faults[2].endswith(
        "2026-03-29T02:30:00 is no time of Europe/Berlin: its clock skips that hour; take "
        "2026-03-29T01:30:00+01:00 or 2026-03-29T03:30:00+02:00"
    )


def test_a_table_may_be_in_another_encoding(ccroute: Prompt, calls: Path) -> None:
    calls.write_text(f"{HEAD}c1,Atención,900,abandoned,5,,\nc2,sales,900,abandoned,5,,\n", "cp1252")
    words = ("report", "--calls", calls, "--kpi", "offered", "--format", "csv")
    told = ccroute(*words, "--encoding", "cp1252")
    assert [line.split(",")[0] for line in told.out.splitlines()] == ["queue", "Atención", "sales"]
    assert told.err == ""
    plain = ccroute(*words)
    assert [line.split(",")[0] for line in plain.out.splitlines()] == ["queue", "sales"]
    first, fault = plain.err.splitlines()
    assert first == f"ccroute: {calls}: 1 line not used"
    assert fault.startswith(
        r"  line 2, queue 'Atenci\udcf3n': byte 0xf3 is not utf-8-sig: name the"
    )


def test_a_recording_may_be_in_another_encoding(ccroute: Prompt, tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_text(LOG, "latin-1")
    words = ("report", log, "--kpi", "offered", "--format", "csv")
    told = ccroute(*words, "--encoding", "latin-1")
    assert [line.split(",")[0] for line in told.out.splitlines()] == ["queue", "Atención"]
    assert "not UTF-8: byte 0xf3" in ccroute(*words).err
    wrong = ccroute(*words, "--encoding", "ascii")
    assert "not UTF-8: byte 0xf3" in wrong.err  # the line is named all the same


def test_an_encoding_that_there_is_not_is_refused(
    ccroute: Prompt, calls: Path, tmp_path: Path
) -> None:
    calls.write_text(f"{HEAD}c1,q,900,abandoned,5,,\n")
    log = tmp_path / "queue_log"
    log.write_text(LOG)
    for words in (("--calls", calls), (log,)):
        ran = ccroute("report", *words, "--encoding", "klingon")
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == "ccroute: no encoding 'klingon': one of Python's, as cp1252\n"
    ran = ccroute("report", "--calls", calls, "--encoding", "utf-16")
    assert ran.code == 1
    assert f"{calls}: is not utf-16: name its encoding, as cp1252" in ran.err
    assert ccroute("report", log, "--encoding", "utf-16").code == 1


def test_names_are_printed_and_not_obeyed(ccroute: Prompt, calls: Path) -> None:
    calls.write_text(
        f"{HEAD.strip()},odd\x1b[1m\n"
        'c1,"a\x1b[31m\tb",900,answered,5,1,ana,x\nc2,q,900,lost\x1b,5,,,x\n'
    )
    words = ("report", "--calls", calls, "--kpi", "offered", "--by")
    table = ccroute(*words, "queue")
    assert r"a\x1b[31m\tb" in table.out
    assert "\x1b" not in table.out + table.err
    assert r"note: columns not used: odd\x1b[1m" in table.err
    explained = ccroute("report", "--calls", calls, "--explain", "asa")
    assert r"queue a\x1b[31m\tb:" in explained.out
    assert "\x1b" not in explained.out
    assert "a\x1b[31m\tb" in ccroute(*words, "queue", "--format", "csv").out
    refused = ccroute(*words, "x\x1b[2J")
    assert refused.code == 1
    assert "\x1b" not in refused.err


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("2026-03-29T02:30", "--start 2026-03-29T02:30:00 is no time of Europe/Berlin"),
        ("2026-03-29T02:00", "take 2026-03-29T01:00:00+01:00 or 2026-03-29T03:00:00+02:00"),
    ],
)
def test_an_hour_that_the_clock_skips_is_no_start(
    ccroute: Prompt, calls: Path, start: str, said: str
) -> None:
    calls.write_text(f"{HEAD}c1,q,1774742400,abandoned,5,,\n")
    words = ("report", "--calls", calls, "--kpi", "offered", "--zone", "Europe/Berlin")
    ran = ccroute(*words, "--start", start)
    assert ran.code == 1
    assert said in ran.err


def test_a_day_begins_where_its_clock_does(ccroute: Prompt, calls: Path) -> None:
    # On 6 September 2026 the clock of Santiago goes from 24:00 to 01:00.
    calls.write_text(f"{HEAD}c1,q,2026-09-06T04:30:00Z,abandoned,5,,\n")
    words = ("report", "--calls", calls, "--kpi", "offered", "--zone", "America/Santiago")
    ran = ccroute(*words, "--start", "2026-09-06", "--interval", "day", "--format", "csv")
    assert "2026-09-06T01:00:00-03:00" in ran.out
    assert ccroute(*words, "--start", "2026-09-06T00:00").code == 1
