"""``ccroute audit`` at the prompt: the table of a target, from a file of calls."""

import csv
import io
from pathlib import Path

import pytest
from tests.scenarios.prompt import Prompt

ROOT = Path(__file__).parents[1]
LOG = ROOT / "examples" / "asterisk" / "queue_log"
CONTRACT = ROOT / "examples" / "asterisk" / "contract.toml"
SPAIN = "es.ley_10_2025.calls"
HEAD = "contact,queue,entered,outcome,wait,agent,campaign"


@pytest.fixture
def ccroute(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Prompt:
    return Prompt(monkeypatch, capsys)


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """January fails and February makes good, as in the document on audits."""
    path = tmp_path / "calls.csv"
    lines = [HEAD]
    lines += [f"a{n},help,2027-01-10T10:00:{n % 60:02},answered,10,ana,x" for n in range(90)]
    lines += [f"b{n},help,2027-01-10T11:00:{n % 60:02},answered,400,ana,x" for n in range(10)]
    lines += [f"c{n},help,2027-02-02T10:00:{n % 60:02},answered,170,ana,y" for n in range(200)]
    path.write_text("\n".join(lines))
    return path


def test_the_table_of_a_target_is_printed(ccroute: Prompt, calls: Path) -> None:
    words = ("audit", "--calls", calls, "--calls-zone", "Europe/Madrid", "--target", SPAIN)
    ran = ccroute(*words, "--year", "2027")
    assert ran.code == 0, ran.err
    head, january, february = ran.out.splitlines()[-3:]
    assert "target:     es.ley_10_2025.calls, in force from 2026-12-28" in ran.out
    assert "unverified: " in ran.out
    assert head.split()[:3] == ["from", "of", "counted"]
    counted = "2027-01-01  100  90  90.0 %  90.0 %  missed  yes  30"
    assert january.split() == counted.split()
    assert february.split()[:4] == ["2027-02-01", "200", "200", "100.0"]
    assert "96.7 %" in february
    assert "met" in february


def test_csv_and_json_are_those_of_the_library(ccroute: Prompt, calls: Path) -> None:
    words = ("audit", "--calls", calls, "--calls-zone", "Europe/Madrid", "--target", SPAIN)
    ran = ccroute(*words, "--year", "2027", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["start"], row["numerator_to_date"], row["met"]) for row in rows] == [
        ("2027-01-01", "90", "false"),
        ("2027-02-01", "290", "true"),
    ]
    told = ccroute(*words, "--year", "2027", "--format", "json").json
    assert told["target"]["id"] == SPAIN
    assert told["rows"][1]["denominator_to_date"] == 300


def test_a_range_a_step_a_zone_and_labels_are_asked_for(ccroute: Prompt, calls: Path) -> None:
    words = ("audit", "--calls", calls, "--calls-zone", "Europe/Madrid", "--target", SPAIN)
    ran = ccroute(
        *words,
        *("--start", "2027-02-01", "--end", "2027-02-03", "--step", "day", "--format", "json"),
        *("--zone", "UTC", "--where", "campaign=y"),
    )
    assert ran.code == 0, ran.err
    assert (ran.json["zone"], ran.json["where"]) == ("UTC", {"campaign": ["y"]})
    assert [(row["start"], row["denominator"]) for row in ran.json["rows"]] == [
        ("2027-02-01", 0),
        ("2027-02-02", 200),
    ]


def test_a_contract_is_read_from_its_file_and_a_recording_counted(ccroute: Prompt) -> None:
    ran = ccroute("audit", LOG, "--target", CONTRACT, "--year", "2026", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    november = {row["queue"]: row for row in rows if row["start"] == "2026-11-01"}
    assert (november["sales"]["denominator"], november["support"]["denominator"]) == ("166", "169")
    assert [november[queue]["met"] for queue in ("sales", "support")] == ["true", "false"]
    assert "note: " in ran.err
    growing = ccroute("audit", LOG, "--target", CONTRACT, "--year", "2026", "--growing")
    assert growing.code == 0


def test_what_could_not_be_used_is_told(ccroute: Prompt, calls: Path) -> None:
    calls.write_text(calls.read_text() + "\nz,Atenci\u00f3n,-1,abandoned,5,,\n", "utf-8")
    words = ("audit", "--calls", calls, "--calls-zone", "UTC", "--target", SPAIN)
    ran = ccroute(*words, "--year", "2027")
    assert ran.code == 0
    assert "1 line not used\n  line 302, entered '-1': before 1970" in ran.err
    calls.write_text(calls.read_text("utf-8"), "latin-1")
    told = ccroute(*words, "--year", "2027", "--encoding", "latin-1")
    assert "before 1970" in told.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((LOG, "--year", "2026"), "no --target: es.ley_10_2025.calls, gb.ofcom"),
        ((LOG, "--target", "x", "--year", "2026"), "no target 'x': es.ley_10_2025.calls, gb."),
        ((LOG, "--target", "x.toml", "--year", "2026"), "x.toml: No such file"),
        ((LOG, "--target", LOG, "--year", "2026"), "queue_log: no TOML"),
        ((LOG, "--target", CONTRACT), "give --year 2027, or --start 2027-01-01 and --end"),
        ((LOG, "--target", CONTRACT, "--start", "2026-03-01"), "give --year 2027, or --start"),
        ((LOG, "--target", CONTRACT, "--start", "May", "--end", "June"), "--start 'May': a day"),
        (
            (LOG, "--target", CONTRACT, "--year", "2026", "--start", "2026-03-01"),
            "year 2026, start 2026-03-01, end None: a range of days",
        ),
        ((LOG, "--target", SPAIN, "--year", "2026", "--zone", "Mars"), "no zone 'Mars'"),
        ((LOG, "--target", CONTRACT, "--year", "2020"), "is in force from 2026-03-01: not in"),
        ((LOG, "--target", CONTRACT, "--year", "2027"), "nothing was counted from 2027-01-01 to"),
        ((LOG, "--target", CONTRACT, "--year", "2026", "--where", "x"), "--where 'x': NAME="),
        ((LOG, "--target", CONTRACT, "--year", "2026", "--where", "site=a"), "no dimension 'site'"),
        (("--target", CONTRACT, "--year", "2026"), "give a recording, or a table of calls"),
        (("none", "--target", CONTRACT, "--year", "2026"), "no file none"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    ccroute: Prompt, words: tuple[str | Path, ...], said: str
) -> None:
    ran = ccroute("audit", *words)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("ccroute: ")
    assert said in ran.err


def test_a_target_file_that_is_no_text_is_named(ccroute: Prompt, tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_bytes(b'id = "caf\xe9"')
    ran = ccroute("audit", LOG, "--target", path, "--year", "2026")
    assert ran.code == 1
    assert f"{path}: is not UTF-8, as TOML is" in ran.err
