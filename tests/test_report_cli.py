"""``ccroute report`` and ``ccroute kpis`` at the prompt."""

import csv
import io
import re
from datetime import datetime
from pathlib import Path

import pytest
from tests.scenarios.january import DATA, needs_january
from tests.scenarios.prompt import Prompt, Ran

ROOT = Path(__file__).parents[1]
LOG = ROOT / "examples" / "asterisk" / "queue_log"
CALLS = """\
contact,queue,entered,outcome,wait,talk,agent,site
c1,billing,2026-03-01T08:00:00Z,answered,12,60,ana,north
c2,billing,2026-03-01T08:05:00Z,answered,31,30,ben,north
c3,billing,2026-03-01T08:20:00Z,abandoned,4,,,south
c4,sales,2026-03-01T08:20:00Z,timed_out,90,,,south
"""
GOLDEN = {
    "offered": "30140",
    "answered": "27060",
    "abandoned": "3080",
    "asa": "35.03",
    "asa.waited": "69.77",
    "abandon.wait": "61.14",
    "wait.p50": "3.00",
    "wait.p90": "111.00",
    "wait.p95": "157.00",
    "wait.p99": "259.00",
    "att": "183.45",
    "sl.asterisk": "60.61",
    "sl.answered_within": "54.42",
    "sl.answered_below": "53.83",
    "sl.late_abandons": "56.26",
    "sl.abandons_credited": "57.69",
    "sl.short_excluded": "54.74",
    "sl.short_credited": "55.00",
    "abandon.of_answered_and_abandoned": "10.22",
    "abandon.late_of_answered_and_abandoned": "9.70",
    "abandon.without_short(S=10)": "8.71",
}


@pytest.fixture
def ccroute(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Prompt:
    return Prompt(monkeypatch, capsys)


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    path = tmp_path / "calls.csv"
    path.write_text(CALLS)
    return path


def rows(ran: Ran) -> list[dict[str, str]]:
    assert ran.code == 0, ran.err
    return list(csv.DictReader(io.StringIO(ran.out)))


def test_a_recording_prints_a_table(ccroute: Prompt) -> None:
    ran = ccroute("report", LOG, "--kpi", "offered,answered,sl.answered_within")
    assert ran.code == 0
    assert "sl.answered_within(T=20s)" in ran.out
    assert re.search(r"^sales +166 +148 +83\.7 %$", ran.out, re.MULTILINE)
    assert re.search(r"^support +169 +142 +62\.7 %$", ran.out, re.MULTILINE)
    assert "*" not in ran.out
    assert "note: " in ran.err


def test_intervals_follow_the_clock_of_the_zone(ccroute: Prompt) -> None:
    ran = ccroute(
        *("report", LOG, "--interval", "15min", "--zone", "America/Bogota", "--format", "csv"),
        *("--kpi", "offered", "--by", "total"),
    )
    assert [(row["start"], row["offered"]) for row in rows(ran)] == [
        ("2026-11-22T12:30:00-05:00", "159"),
        ("2026-11-22T12:45:00-05:00", "176"),
    ]


def test_start_and_end_are_local_unless_they_say(ccroute: Prompt) -> None:
    zone = ("--zone", "America/Bogota", "--format", "csv", "--kpi", "offered", "--by", "total")
    local = rows(ccroute("report", LOG, "--start", "2026-11-22T12:45", *zone))
    told = rows(ccroute("report", LOG, "--start", "2026-11-22T17:45:00Z", *zone))
    assert local == told
    assert local[0]["offered"] == "176"


def test_json_carries_every_part_of_a_figure(ccroute: Prompt) -> None:
    ran = ccroute("report", LOG, "--format", "json", "--kpi", "asa", "--where", "queue=sales")
    (row,) = ran.json["rows"]
    assert row["labels"] == {"queue": "sales"}
    assert row["kpis"]["asa"]["denominator"] == 148
    assert row["kpis"]["asa"]["variant"] == "asa"
    assert row["final"] is True


def test_a_file_that_still_grows_is_not_final(ccroute: Prompt) -> None:
    ran = ccroute("report", LOG, "--growing", "--kpi", "offered")
    assert "* not final" in ran.out


def test_agents_have_figures_of_their_own(ccroute: Prompt) -> None:
    ran = ccroute("report", LOG, "--by", "agent", "--format", "csv", "--sort=-occupancy.handling")
    table = rows(ran)
    assert len(table) == 10
    occupancies = [float(row["occupancy.handling"]) for row in table]
    assert occupancies == sorted(occupancies, reverse=True)


def test_a_table_of_calls_is_reported_by_its_own_columns(ccroute: Prompt, calls: Path) -> None:
    ran = ccroute("report", "--calls", calls, "--by", "site", "--kpi", "offered,left.timed_out")
    assert re.search(r"^north +2 +0$", ran.out, re.MULTILINE)
    assert re.search(r"^south +2 +1$", ran.out, re.MULTILINE)


def test_targets_are_each_queues_own(ccroute: Prompt, calls: Path) -> None:
    words = ("report", "--calls", calls, "--kpi", "sl.short_excluded", "--format", "csv")
    assert rows(ccroute(*words))[0]["sl.short_excluded"] == "0.5"
    (billing, sales) = rows(ccroute(*words, "--target", "billing=35,3"))
    assert billing["sl.short_excluded.variant"] == "sl.short_excluded(T=35s, S=3s)"
    assert billing["sl.short_excluded.denominator"] == "3"
    assert sales["sl.short_excluded"] == ""
    ran = ccroute(*words, "--target", "biling=35")
    assert ran.code == 1
    assert ran.err == "ccroute: --target: no queue 'biling' in it: billing, sales\n"


def test_targets_come_from_a_plan(ccroute: Prompt, calls: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text("[queues.billing]\nservice_level = { within = 35.0 }\n[queues.sales]\n")
    words = ("report", "--calls", calls, "--kpi", "sl.answered_within", "--format", "csv")
    (billing, _) = rows(ccroute(*words, "--plan", plan))
    assert billing["sl.answered_within.numerator"] == "2"


def test_a_threshold_off_the_usual_ladder_is_counted_by(ccroute: Prompt, calls: Path) -> None:
    ran = ccroute(
        *("report", "--calls", calls, "--format", "csv", "--where", "queue=billing"),
        *("--kpi", "sl.genesys(T=12, S=4, shorts=0)", "--kpi", "sl.answered_within(T=11.5)"),
    )
    (row,) = rows(ran)
    assert row["sl.genesys(T=12, S=4, shorts=0)"] == "0.5"
    assert row["sl.answered_within(T=11.5).numerator"] == "0"


def test_the_arithmetic_is_shown_for_each_row(ccroute: Prompt, calls: Path) -> None:
    ran = ccroute("report", "--calls", calls, "--explain", "asa", "--by", "queue,channel")
    assert ran.code == 0
    assert "queue billing, channel voice:" in ran.out
    assert "43 s / 2 = 21.5 s" in ran.out
    both = ccroute(
        "report", "--calls", calls, "--explain", "asa,sl.asterisk(T=30)", "--by", "total"
    )
    assert both.out.count("numbers:") == 2
    assert "T = 30 s" in both.out


def test_a_number_that_no_cell_holds_is_given(ccroute: Prompt, calls: Path) -> None:
    words = ("report", "--calls", calls, "--by", "total", "--kpi", "forecast.variance")
    ran = ccroute(*words, "--given", "forecast=5", "--format", "csv")
    assert rows(ran)[0]["forecast.variance.denominator"] == "4"


def test_faults_are_told_and_the_rest_is_counted(ccroute: Prompt, calls: Path) -> None:
    calls.write_text(CALLS + "c5,sales,tomorrow,answered,1,1,ana,north\n")
    ran = ccroute("report", "--calls", calls, "--kpi", "offered")
    assert ran.code == 0
    assert f"ccroute: {calls}: 1 line not used\n  line 6, entered 'tomorrow': no instant" in ran.err
    assert "note: columns not used: site" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give a recording, or a table of calls with --calls"),
        ((LOG, "--kpi", "sl.answered_wthin"), "no KPI 'sl.answered_wthin'; near: sl.answered_w"),
        ((LOG, "--kpi", "sl.live"), "and a file gives no more: in Python (ccroute.metrics) "),
        ((LOG, "--kpi", "fcr.within_7d"), "'fcr.within_7d' is no formula over cells, and a file"),
        ((LOG, "--kpi", "asa(T=3)"), "KPI 'asa' has no parameter 'T'"),
        ((LOG, "--by", "site"), "no dimension 'site' in a recording: queue, channel"),
        ((LOG, "--by", "queue,queue"), "names a dimension twice"),
        ((LOG, "--zone", "Mars"), "no zone 'Mars'"),
        ((LOG, "--basis", "mean"), "basis 'mean': one of offered"),
        ((LOG, "--interval", "7min"), "interval '7min': one of 15min"),
        ((LOG, "--start", "yesterday"), "--start 'yesterday': ISO 8601"),
        ((LOG, "--start", "2026-11-22T17:31"), "take 2026-11-22T17:30:00+00:00"),
        ((LOG, "--where", "queue"), "--where 'queue': NAME=VALUE"),
        ((LOG, "--where", "queue=none"), "nothing was counted there"),
        ((LOG, "--target", "sales=a"), "sales=a: 'a' is no number"),
        ((LOG, "--target", "sales=20,5,1"), "--target sales=20,5,1: T and S in seconds"),
        ((LOG, "--sort", "aht.p50"), "KPI 'aht.p50' is not in this report"),
        ((LOG, "--kpi", "forecast.variance"), "needs a number: --given forecast=120"),
        ((LOG, "--kpi", "asa", "--given", "forecast=1"), "--given forecast: no KPI asked for"),
        ((LOG, "--column", "queue=Cola"), "--column is of a table of calls: give the table with"),
        ((LOG, "--calls-zone", "UTC"), "--calls-zone is of a table of calls"),
        (("--calls", LOG, "--reader", "queue_log"), "--reader says what a recording is"),
        ((LOG, "--explain", "asa", "--format", "csv"), "--explain prints text: leave out"),
        ((LOG, "--explain", "asa,aht.p50"), "no KPI 'aht.p50'; near: "),
        ((LOG, "--reader", "cdr"), "no reader 'cdr' for recordings (installed: "),
        ((LOG, "--plan", "none.toml"), "none.toml: No such file"),
        (("none",), "no file none"),
        ((ROOT,), "is a directory: name the file in it"),
        (("--calls", "none.csv"), "no file none.csv"),
        (("--calls", LOG), "queue_log:1: no column 'queue' among "),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    ccroute: Prompt, words: tuple[str | Path, ...], said: str
) -> None:
    ran = ccroute("report", *words)
    assert ran.code == 1
    assert ran.err.startswith("ccroute: ")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_table_without_a_usable_row_is_refused(ccroute: Prompt, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("queue,entered,outcome,wait\nq,2026-03-01T08:00,abandoned,3\n")
    ran = ccroute("report", "--calls", path)
    assert (ran.code, ran.out) == (1, "")
    assert "has no usable row in 1: line 2, entered '2026-03-01T08:00': names no offset" in ran.err
    assert ccroute("report", "--calls", path, "--calls-zone", "Europe/Madrid").code == 0


def test_the_catalogue_is_listed_and_searched(ccroute: Prompt) -> None:
    every = ccroute("kpis").out.splitlines()
    assert len(every) > 200
    (live,) = (line for line in every if line.startswith("sl.live "))
    assert live.split()[1] == "*"
    assert every[-1].startswith("* not in a report")
    assert "*" not in ccroute("kpis", "sl.answered_within").out
    assert "given by:   " in ccroute("kpis", "sl.live").out
    found = ccroute("kpis", "cisco").out.splitlines()
    assert found
    assert len(found) < 10
    assert any(line.startswith("sl.answered_within ") for line in found)


def test_a_kpi_is_explained(ccroute: Prompt) -> None:
    ran = ccroute("kpis", "sl.asterisk")
    assert "formula:    within(wait_answered, T) / answered" in ran.out
    ran = ccroute("kpis", "perpetual")
    assert (ran.code, ran.err) == (
        1,
        "ccroute: no KPI has 'perpetual' in its names or its title: ccroute kpis lists them all\n",
    )
    assert ccroute("kpis", "asa(T=1)").code == 1


@needs_january
def test_a_month_of_real_calls_gives_the_known_figures(ccroute: Prompt, tmp_path: Path) -> None:
    path = tmp_path / "january.csv"
    with DATA.open(newline="") as file, path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["queue", "entered", "outcome", "wait", "talk", "agent"])
        for row in csv.DictReader(file, delimiter="\t"):
            waited, answered = int(row["q_time"]) > 0, row["outcome"] == "AGENT"
            if not answered and not (row["outcome"] == "HANG" and waited):
                continue
            time = row["q_start"] if waited else row["vru_exit"]
            entered = datetime.strptime(row["date"] + time, "%y%m%d%H:%M:%S").isoformat()  # noqa: DTZ007
            end = ["answered", row["q_time"], row["ser_time"], row["server"] or "unknown"]
            end = end if answered else ["abandoned", row["q_time"], "", ""]
            writer.writerow(["bank", entered, *end])
    ran = ccroute(
        *("report", "--calls", path, "--calls-zone", "Asia/Jerusalem", "--zone", "Asia/Jerusalem"),
        *("--by", "total", "--format", "json"),
        *(word for kpi in GOLDEN for word in ("--kpi", kpi)),
    )
    assert ran.code == 0, ran.err
    (row,) = ran.json["rows"]
    assert row["final"] is True
    for kpi, known in GOLDEN.items():
        figure = row["kpis"][kpi]
        shown = figure["value"] * (100 if figure["unit"] == "ratio" else 1)
        if kpi in {"wait.p90", "wait.p95", "wait.p99"}:
            assert shown == pytest.approx(float(known), rel=0.0055), kpi
        elif figure["unit"] == "n":
            assert f"{shown:.0f}" == known, kpi
        else:
            assert f"{shown:.2f}" == known, kpi
