"""The command line: what it prints, what machines get, and how it refuses."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenarios.prompt import Prompt, Ran

import ccroute
from ccroute import Plan

ROOT = Path(__file__).parents[1]
LOG = ROOT / "examples" / "asterisk" / "queue_log"
PLAN = ROOT / "examples" / "asterisk" / "plan.toml"
TRUTH = ROOT / "adapters" / "asterisk" / "tests" / "captures" / "day.truth.json"


@pytest.fixture
def ccroute_at(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Prompt:
    return Prompt(monkeypatch, capsys)


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def test_version(ccroute_at: Prompt) -> None:
    assert ccroute_at("version").out == f"{ccroute.__version__}\n"


def test_replay_prints_both_runs_side_by_side(ccroute_at: Prompt) -> None:
    ran = ccroute_at("replay", LOG, "--plan", PLAN, "--seed", "7")
    assert (ran.code, ran.err) == (0, "")
    told = lines(ran.out)
    assert told[0].startswith("queue_log: 1,298 lines, 335 contacts, 10 agents, 2 queues, 2026-")
    (sales,) = (n for n, line in enumerate(told) if line.startswith("sales "))
    assert told[sales].split() == ["sales", "happened", "routed", "again"]
    assert told[sales + 1].split()[:2] == ["offered", "166"]
    assert any(line.startswith("  service level, T = 20 s") for line in told)
    assert any(line.startswith("Agent 210") for line in told)
    assert (
        "service level: sl.answered_within = answered within T / (answered + abandoned)" in ran.out
    )
    assert "seed: 7" in told
    assert any("refused at the door" in line for line in told)


def test_what_happened_is_the_ground_truth(ccroute_at: Prompt) -> None:
    """Per queue and agent; but for day-0016, whose caller was gone 1.2 ms before the agent
    answered: for its far ends answered, for Asterisk abandoned.
    """
    calls = json.loads(TRUTH.read_text())["calls"]
    document = ccroute_at("replay", LOG, "--json").json
    for row in document["happened"]:
        mine = [call for call in calls if call["queue"] == row["queue"]]
        assert row["offered"] == len(mine)
        answered = [
            call
            for call in mine
            if any(ring["answered"] for ring in call["rings"]) and call["ref"] != "day-0016"
        ]
        assert row["answered"] == len(answered)
        assert row["abandoned"] == len(mine) - len(answered)
        waits = [
            next(r["answered"] for r in call["rings"] if r["answered"]) - call["entered"]
            for call in answered
        ]
        assert row["asa"] == pytest.approx(sum(waits) / len(waits), abs=0.5)
        assert row["wait_longest"] == pytest.approx(max(waits), abs=1)
        silent = [r for c in mine for r in c["rings"] if r["answered"] is None]
        assert row["missed"] == sum(r["gone"] - r["at"] >= 3.9 for r in silent)
    handled = {pair["agent"]: pair["happened"]["handled"] for pair in document["agents"]}
    assert handled == {
        f"Agent {name}": sum(
            call["ref"] != "day-0016" and ring["agent"] == name and ring["answered"] is not None
            for call in calls
            for ring in call["rings"]
        )
        for name in map(str, range(201, 211))
    }


def test_json_has_both_runs_for_machines(ccroute_at: Prompt) -> None:
    document = ccroute_at("replay", LOG, "--plan", PLAN, "--json", "--within", "15").json
    happened, routed = document["happened"], document["routed"]
    assert [row["queue"] for row in happened] == ["sales", "support"]
    assert [row["offered"] for row in happened] == [row["offered"] for row in routed] == [166, 169]
    for row in happened + routed:
        assert row["answered"] + row["abandoned"] + row["left"] == row["offered"]
        level = row["service_level"]
        assert (level["name"], level["within"]) == ("sl.answered_within", 15)
        assert level["denominator"] == row["answered"] + row["abandoned"]
    assert (document["seed"], document["faults"], document["waiting"]) == (1, [], [])
    assert len(document["agents"]) == 10


def test_each_queue_is_measured_by_its_own_target(ccroute_at: Prompt, tmp_path: Path) -> None:
    """However many there are: forty queues, and in each the same two waits, 10 and 40 s."""
    path, plan = tmp_path / "queue_log", tmp_path / "plan.toml"
    path.write_text(
        "".join(
            f"{at}|c{queue}-{at}|q{queue}|NONE|{word}\n"
            for at, word in (
                (100, "ENTERQUEUE|||1"),
                (110, "CONNECT|10|p|0"),
                (200, "ENTERQUEUE|||1"),
                (240, "CONNECT|40|p|0"),
            )
            for queue in range(40)
        )
        .replace("-110|", "-100|")
        .replace("-240|", "-200|")
        .replace("|NONE|CONNECT", "|Ann|CONNECT")
        + "300|c0-100|q0|Ann|COMPLETEAGENT|10|190|1\n"
    )
    plan.write_text(
        "".join(f"[queues.q{n}]\nservice_level = {{within = {5 + n}}}\n" for n in range(40))
    )
    document = ccroute_at("replay", path, "--plan", plan, "--json").json
    levels = {row["queue"]: row["service_level"] for row in document["happened"]}
    assert {queue: level["within"] for queue, level in levels.items()} == {
        f"q{n}": 5 + n for n in range(40)
    }
    assert {queue: level["numerator"] for queue, level in levels.items()} == {
        f"q{n}": (5 + n >= 10) + (5 + n >= 40) for n in range(40)
    }
    assert len(document["routed"]) == 40


def test_same_command_same_output(ccroute_at: Prompt) -> None:
    one, other = (ccroute_at("replay", LOG, "--plan", PLAN, "--json").out for _ in range(2))
    assert one == other


def test_why_tells_one_contacts_story_in_order(ccroute_at: Prompt) -> None:
    ran = ccroute_at("replay", LOG, "--plan", PLAN, "--why", "lab-day-0266")
    told = ran.out
    places = [told.index(word) for word in ("contact_queued", "offer_made", "contact_connected")]
    assert places == sorted(places)
    assert "out of" in told
    assert "(AHT)" not in told


def test_derived_plan_can_be_saved_and_used(ccroute_at: Prompt, tmp_path: Path) -> None:
    saved = tmp_path / "plan.toml"
    first = ccroute_at("replay", LOG, "--save-plan", saved, "--json").json
    assert list(Plan.load(saved).queues) == ["sales", "support"]
    assert ccroute_at("replay", LOG, "--plan", saved, "--json").json == first
    again = ccroute_at("replay", LOG, "--save-plan", saved)
    assert (again.code, again.err) == (
        1,
        f"ccroute: {saved} exists: give a new name with --save-plan\n",
    )


def test_bad_lines_are_listed_and_the_rest_is_used(ccroute_at: Prompt, tmp_path: Path) -> None:
    good = LOG.read_bytes().splitlines(keepends=True)
    bad = [
        *good[:100],
        b"1795369200|cut\n",
        good[99],
        b"1795369201|x|sales|NONE|MYSTERY|1\n",
        b"1795369202|x|sales|Jos\xe9|CONNECT|1|p|1\n",
        b"1795360000|x|sales|NONE|ENTERQUEUE|||1\n",
        *good[100:],
    ]
    path = tmp_path / "queue_log"
    path.write_bytes(b"".join(bad))
    whole = ccroute_at("replay", LOG, "--json").json
    document = ccroute_at("replay", path, "--json").json
    assert [fault["line"] for fault in document["faults"]] == [101, 102, 103, 104, 105]
    assert document["happened"] == whole["happened"]
    told = ccroute_at("replay", path).out
    assert "not used: 5 lines" in told
    assert "line 103: unknown verb 'MYSTERY'" in told


def test_impossible_length_of_time_costs_its_line(ccroute_at: Prompt, tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    end = b"1795370145|x|sales|Agent 201|COMPLETECALLER|1|999999999999|1\n"
    path.write_bytes(LOG.read_bytes() + end)
    document = ccroute_at("replay", path, "--plan", PLAN, "--json").json
    assert [fault["line"] for fault in document["faults"]] == [1299]
    assert "longer than 31 days" in document["faults"][0]["reason"]
    whole = ccroute_at("replay", LOG, "--plan", PLAN, "--json").json
    assert (document["happened"], document["routed"]) == (whole["happened"], whole["routed"])


def test_last_line_as_late_as_can_be_does_not_end_the_replay(
    ccroute_at: Prompt, tmp_path: Path
) -> None:
    path = tmp_path / "queue_log"
    entry = "|x|sales|NONE|ENTERQUEUE|||1\n"
    path.write_text(f"{LOG.read_text()}4294967295{entry}36028797018{entry}")
    document = ccroute_at("replay", path, "--plan", PLAN, "--json").json
    (fault,) = document["faults"]
    assert fault["reason"] == "'36028797018' is no time in seconds since the epoch"
    assert document["contacts"] == 336
    assert [row["offered"] for row in document["routed"]] == [167, 169]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds nothing to replay (0 lines)"),
        (b"\n\n", "holds nothing to replay (2 lines)"),
        (b"hello\nworld\n", "has no usable line in 2: is it a queue_log? Line 1: cut off"),
        (bytes(range(256)) * 40, "has no usable line in 41: is it a queue_log? Line 1: "),
        (bytes(100_000), "has no usable line in 1: is it a queue_log? Line 1: longer than"),
        (LOG.read_text().encode("utf-16"), "has no usable line in 1299: is it a queue_log? "),
        (gzip.compress(LOG.read_bytes(), mtime=0), "has no usable line in "),
    ],
)
def test_file_without_a_usable_line_is_one_sentence(
    content: bytes, reason: str, ccroute_at: Prompt, tmp_path: Path
) -> None:
    path = tmp_path / "queue_log"
    path.write_bytes(content)
    ran = ccroute_at("replay", path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"ccroute: {path} {reason}")
    assert ran.err.count("\n") == 1


def test_what_cannot_be_read_is_one_sentence(ccroute_at: Prompt, tmp_path: Path) -> None:
    missing, broken = tmp_path / "none", tmp_path / "broken.toml"
    broken.write_text("[queues.sales\n")
    other, zipped = tmp_path / "other.toml", tmp_path / "plan.toml.gz"
    zipped.write_bytes(gzip.compress(PLAN.read_bytes()))
    long_name = tmp_path / ("n" * 300)
    other.write_text("[queues.other]\n")
    for words, sentence in (
        ((missing,), f"no file {missing}"),
        ((tmp_path,), f"{tmp_path} is a directory: name the file in it"),
        ((LOG, "--plan", missing), f"{missing}: No such file or directory"),
        ((LOG, "--plan", broken), f"{broken}:1: not TOML"),
        ((LOG, "--plan", other), f"{other}: the plan has no queue 'sales'"),
        ((long_name,), f"{long_name}: File name too long"),
        ((LOG, "--plan", tmp_path), f"{tmp_path}: Is a directory"),
        ((LOG, "--plan", zipped), f"{zipped}:1: not UTF-8"),
        ((LOG, "--save-plan", missing / "plan.toml"), f"{missing / 'plan.toml'}: No such file"),
        ((LOG, "--why", "nobody"), f"no contact 'nobody' in {LOG}: the first is 'lab-day-0001'"),
        ((LOG, "--reader", "tape"), "no reader 'tape' for recordings (installed: queue_log)"),
        ((LOG, "--within", "nan"), "--within nan: give seconds"),
        # The plan is not to blame for what another option says.
        ((LOG, "--plan", PLAN, "--within", "1e300"), "threshold 1e300: give seconds"),
    ):
        ran = ccroute_at("replay", *words)
        assert (ran.code, ran.out) == (1, ""), words
        assert ran.err.startswith(f"ccroute: {sentence}"), ran.err
        assert ran.err.count("\n") == 1, ran.err


def test_log_without_answers_still_shows_what_happened(ccroute_at: Prompt, tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    path.write_text("10|c1|sales|NONE|ENTERQUEUE|||1\n14|c1|sales|NONE|ABANDON|1|1|4\n")
    ran = ccroute_at("replay", path)
    assert ran.code == 0
    assert "Not routed again: no talk came to its end in this recording" in ran.out
    document = ccroute_at("replay", path, "--json").json
    assert [row["abandoned"] for row in document["happened"]] == [1]
    assert (document["routed"], document["seed"]) == ([], None)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda log: log.replace(b"\n", b"\r\n"),
        lambda log: b"\xef\xbb\xbf" + log,
        lambda log: log + b"\0\0\0",
        lambda log: log.replace(b"\n", b"\n\0\n"),
    ],
    ids=["CRLF", "byte-order mark", "NUL at the end", "NUL lines"],
)
def test_odd_bytes_around_the_lines_change_no_figure(
    spoil: Callable[[bytes], bytes], ccroute_at: Prompt, tmp_path: Path
) -> None:
    path = tmp_path / "queue_log"
    path.write_bytes(spoil(LOG.read_bytes()))
    document, whole = (ccroute_at("replay", log, "--json").json for log in (path, LOG))
    assert (document["happened"], document["routed"]) == (whole["happened"], whole["routed"])


def shell(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A script in which ``ccroute`` stands for the command line, as a process of its own."""
    program = "from ccroute.cli import main; main()"
    return subprocess.run(
        ["bash", "-c", f'ccroute() {{ "$PYTHON" -c "{program}" "$@"; }}; {script}'],
        env=os.environ | {"PYTHON": sys.executable, "LOG": str(LOG)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("words", ['replay "$LOG"', 'replay "$LOG" --json', "version"])
def test_reader_who_has_seen_enough_is_not_told_off(words: str) -> None:
    ran = shell(f"ccroute {words} | exec true")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", ['replay "$LOG"', 'replay "$LOG" --json', "version"])
def test_results_that_cannot_be_written_are_one_sentence(words: str) -> None:
    ran = shell(f"ccroute {words} > /dev/full")
    assert (ran.returncode, ran.stderr) == (
        1,
        "ccroute: the results cannot be written: No space left on device\n",
    )


def test_closed_stdout_is_one_sentence() -> None:
    ran = shell('ccroute replay "$LOG" >&-')
    assert (ran.returncode, ran.stderr) == (
        1,
        "ccroute: stdout is closed: give the results somewhere to go\n",
    )


def test_terminal_that_lacks_a_character_shows_its_code(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    path.write_text("10|c1|büro|NONE|ENTERQUEUE|||1\n14|c1|büro|NONE|ABANDON|1|1|4\n")
    ran = shell('ccroute replay "$LOG"', LOG=str(path), PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "\nb\\xfcro " in ran.stdout


def test_same_seed_gives_the_same_bytes_in_every_process() -> None:
    for words in ("--json", "--why lab-day-0266", ""):
        one, other = (
            shell(f'ccroute replay "$LOG" --seed 5 {words}', PYTHONHASHSEED=number).stdout
            for number in ("1", "2")
        )
        assert one == other != ""


def test_without_the_extra_one_sentence_says_what_to_install() -> None:
    program = "import sys; sys.modules['typer'] = None\nfrom ccroute.cli import main; main()\n"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr == (
        "ccroute: the command line needs typer, which comes with the extra: "
        "pip install 'ccroute[cli]'\n"
    )


def piped(*words: str | Path, stdout: str = "", encoding: str = "utf-8") -> Ran:
    """The command in a process of its own, with its output in a file."""
    command = [sys.executable, "-c", "from ccroute.cli import main; main()", *map(str, words)]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    with Path(stdout or os.devnull).open("wb") as file:
        done = subprocess.run(
            command,
            stdout=file if stdout else subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            check=False,
        )
    return Ran(done.returncode, (done.stdout or b"").decode(encoding), done.stderr.decode())


def test_lines_are_not_wrapped_where_no_terminal_is(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    odd = f"1795369470|{'c' * 80}|sales|NONE|SURVEY|1"
    log.write_text(f"{odd}\n{LOG.read_text()}")
    assert f"  line 1: unknown verb 'SURVEY': {odd}\n" in piped("replay", log).out


def test_log_with_nothing_in_it_counts_its_one_line(ccroute_at: Prompt, tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_text("\n")
    assert "holds nothing to replay (1 line)\n" in ccroute_at("replay", log).err
