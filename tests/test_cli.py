"""The command line: what it prints, what machines get, and how it refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ccroute
from ccroute import Plan
from ccroute.cli import main

ROOT = Path(__file__).parents[1]
LOG = ROOT / "examples" / "asterisk" / "queue_log"
PLAN = ROOT / "examples" / "asterisk" / "plan.toml"
TRUTH = ROOT / "adapters" / "asterisk" / "tests" / "captures" / "day.truth.json"


class Ran:
    """What a command left: exit code, stdout, stderr."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Prompt:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *words: str | Path) -> Ran:
        self._monkeypatch.setattr(sys, "argv", ["ccroute", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        written = self._capsys.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else int(code is not None), *written)


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


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds nothing to replay (0 lines)"),
        (b"\n\n", "holds nothing to replay (2 lines)"),
        (b"hello\nworld\n", "has no usable line in 2: is it a queue_log? Line 1: cut off"),
        (bytes(range(256)) * 40, "has no usable line in 41: is it a queue_log? Line 1: "),
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
    other = tmp_path / "other.toml"
    other.write_text("[queues.other]\n")
    for words, sentence in (
        ((missing,), f"no file {missing}"),
        ((tmp_path,), f"{tmp_path} is a directory: name the file in it"),
        ((LOG, "--plan", missing), f"{missing}: No such file or directory"),
        ((LOG, "--plan", broken), f"{broken}:1: not TOML"),
        ((LOG, "--plan", other), f"{other}: the plan has no queue 'sales'"),
        ((LOG, "--why", "nobody"), f"no contact 'nobody' in {LOG}: the first is 'lab-day-0001'"),
        ((LOG, "--reader", "tape"), "no reader 'tape' for recordings (installed: queue_log)"),
        ((LOG, "--within", "nan"), "--within nan: give seconds"),
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
    assert "Not routed again: nobody was answered in this recording" in ran.out
    document = ccroute_at("replay", path, "--json").json
    assert [row["abandoned"] for row in document["happened"]] == [1]
    assert (document["routed"], document["seed"]) == ([], None)


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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_full_disk_is_one_sentence(more: list[str]) -> None:
    ran = piped("replay", LOG, *more, stdout="/dev/full")
    assert ran.code == 1
    assert ran.err.startswith("ccroute: the output cannot be written: ")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_encoding_without_a_dash_costs_the_dash_only(tmp_path: Path, encoding: str) -> None:
    log = tmp_path / "queue_log"
    log.write_text(
        "10|c1|Vertrieb Köln ✓|NONE|ENTERQUEUE|||1\n14|c1|Vertrieb Köln ✓|NONE|ABANDON|1|1|4\n"
    )
    ran = piped("replay", log, encoding=encoding)
    assert (ran.code, ran.err) == (0, "")
    (queue,) = (line for line in lines(ran.out) if line.startswith("Vertrieb"))
    assert queue.startswith(f"Vertrieb K{'?' if encoding == 'ascii' else 'ö'}ln ?")
    assert any(
        line.startswith("  speed of answer (ASA)") and "?" in line for line in lines(ran.out)
    )


def test_lines_are_not_wrapped_where_no_terminal_is(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    odd = f"1795369470|{'c' * 80}|sales|NONE|SURVEY|1"
    log.write_text(f"{odd}\n{LOG.read_text()}")
    assert f"  line 1: unknown verb 'SURVEY': {odd}\n" in piped("replay", log).out


def test_log_with_nothing_in_it_counts_its_one_line(ccroute_at: Prompt, tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_text("\n")
    assert "holds nothing to replay (1 line)\n" in ccroute_at("replay", log).err
