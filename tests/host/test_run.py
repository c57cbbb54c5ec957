"""`ccroute run` in a process of its own, and the commands that ask it."""

import json
import signal
import stat
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

import pytest
from tests.host.running import CENTRE, PASSWORD, PLAN, Running, centre
from tests.scenarios.prompt import Prompt


@pytest.fixture
def ccroute_at(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Prompt:
    return Prompt(monkeypatch, capsys)


def test_a_centre_runs_answers_and_stops(tmp_path: Path, ccroute_at: Prompt) -> None:
    path = centre(tmp_path)
    with Running(path) as running:
        running.hear("runs: acme")
        assert stat.S_IMODE((tmp_path / "c.sock").stat().st_mode) == 0o600
        healthy = ccroute_at("health", "--centre", path)
        assert (healthy.code, healthy.out.splitlines()[:2]) == (
            0,
            ["ready", "link pbx: up, 0 signals wait"],
        )
        told = ccroute_at("explain", "queue", "billing", "--centre", path)
        assert (told.code, told.out.splitlines()[0]) == (
            0,
            "queue billing is open: 2 waiting, 2 in it, 0 of its agents signed in, 0 idle in all",
        ), told.err
        spanish = ccroute_at("explain", "contact", "pbx:caller-0", "-l", "es", "--centre", path)
        assert (spanish.code, spanish.out.split()[:2]) == (0, ["el", "contacto"])
        data = ccroute_at("explain", "queue", "billing", "--json", "--centre", path).json
        assert (data["queue"], data["waiting"]) == ("billing", 2)
        unknown = ccroute_at("explain", "agent", "nobody", "--centre", path)
        assert (unknown.code, "nobody" in unknown.err) == (1, True)
        assert running.stop() == 0
    assert not (tmp_path / "c.sock").exists()
    assert (tmp_path / "state.zip").exists()
    logged = [json.loads(line) for line in running.lines]
    assert [it["message"] for it in logged if it["logger"] == "ccroute.run"] == [
        "runs: acme",
        "stops",
        "stopped",
    ]
    assert PASSWORD not in "".join(running.lines)
    assert "+3460000000" not in "".join(running.lines)


def test_interrupt_stops_it_in_order_too(tmp_path: Path) -> None:
    with Running(centre(tmp_path)) as running:
        running.hear("runs: acme")
        assert running.stop(signal.SIGINT) == 0
    assert (tmp_path / "state.zip").exists()


def test_it_goes_on_where_the_snapshot_stands(tmp_path: Path, ccroute_at: Prompt) -> None:
    path = centre(tmp_path)
    for _ in range(2):
        with Running(path) as running:
            running.hear("runs: acme")
            data = ccroute_at("explain", "queue", "billing", "--json", "--centre", path).json
            assert data["waiting"] == 2
            assert running.stop() == 0


def test_hangup_reads_the_plans_anew(tmp_path: Path, ccroute_at: Prompt) -> None:
    path = centre(tmp_path)
    with Running(path) as running:
        running.hear("runs: acme")
        (tmp_path / "acme.toml").write_text("[queues.billing]\nwrapup = 1\n")
        running.process.send_signal(signal.SIGHUP)
        kept = json.loads(running.hear("keeps its plan"))
        assert (kept["tenant"], kept["level"]) == ("acme", "error")
        assert "acme.toml:2: unknown key `wrapup`" in kept["message"]
        (tmp_path / "acme.toml").write_text(PLAN + "[queues.sales]\n")
        running.process.send_signal(signal.SIGHUP)
        assert json.loads(running.hear("has a new plan"))["tenant"] == "acme"
        assert ccroute_at("explain", "queue", "sales", "--centre", path).code == 0
        assert running.stop() == 0


def test_a_link_that_is_down_is_not_ready(tmp_path: Path, ccroute_at: Prompt) -> None:
    text = CENTRE.replace('log = "json"', 'log = "text"') + '[links.other]\nadapter = "broken"\n'
    path = centre(tmp_path, text)
    (tmp_path / "in_process_adapter-1.dist-info" / "entry_points.txt").write_text(
        "[ccroute.adapters]\nin_process = in_process_adapter:build\nbroken = down_adapter:build\n"
    )
    (tmp_path / "down_adapter.py").write_text(
        "from ccroute.testing import LoopbackAdapter, LoopbackPlatform\n"
        "def build(link, config):\n"
        "    platform = LoopbackPlatform()\n"
        "    platform.up = False\n"
        "    return LoopbackAdapter(platform, link)\n"
    )
    with Running(path) as running:
        assert "INFO ccroute.run: runs: acme" in running.hear("runs: acme")
        health = ccroute_at("health", "--centre", path)
        assert (health.code, health.out.splitlines()[0]) == (1, "not ready")
        assert "link other: down, 0 signals wait" in health.out
        assert ccroute_at("health", "--json", "--centre", path).json["ready"] is False
        assert running.stop() == 0


FORGER = """
import logging
from ccroute.testing import LoopbackAdapter, LoopbackPlatform

FORGED = "pbx:1\\n1970-01-01 INFO ccroute.run: stopped\\x1b[2K\\r\\x9b1A\\u202e\\ud800 año"

def build(link, config):
    adapter = LoopbackAdapter(LoopbackPlatform(), link)

    async def opened(sink, time):
        logging.getLogger("pbx").warning("%s %s said so", FORGED, config["password"])
        raise ValueError(f"{config['password']} {config['password']!r} {FORGED}")

    adapter.open = opened
    return adapter
"""


def test_nobody_forges_a_line_of_the_log(tmp_path: Path) -> None:
    """Neither in a message nor in the words of an exception; and secrets are hidden before they
    are written out."""
    text = CENTRE.replace('log = "json"', 'log = "text"').replace("callers = 2\n", "")
    path = centre(tmp_path, text)
    (tmp_path / "in_process_adapter.py").write_text(FORGER, encoding="utf-8")
    with Running(path, PBX_PASSWORD="sword\n\x1bfish") as running:
        message = running.hear("said so")
        running.hear("runs: acme")
        assert running.stop() == 0
    assert message.partition(" WARNING ")[2] == (
        r"pbx: pbx:1\n1970-01-01 INFO ccroute.run: stopped\x1b[2K\r\x9b1A\u202e\ud800 año "
        "... said so\n"
    )
    forged = [line for line in running.lines if "1970-01-01 INFO" in line]
    assert forged[1] == (
        r"  1970-01-01 INFO ccroute.run: stopped\x1b[2K\r\x9b1A\u202e\ud800 año" + "\n"
    )
    assert "  ValueError: ... '...' pbx:1\n" in running.lines
    assert "  Traceback (most recent call last):\n" in running.lines
    assert all(line.startswith(("20", "  ")) for line in running.lines)
    assert "fish" not in "".join(running.lines)


def test_two_hosts_do_not_run_one_centre(tmp_path: Path, ccroute_at: Prompt) -> None:
    path = centre(tmp_path)
    with Running(path) as running:
        running.hear("runs: acme")
        with Running(path) as second:
            second.hear("another host runs here: stop it first")
            assert second.process.wait(timeout=30) == 1
        assert ccroute_at("health", "--centre", path).code == 0
        assert running.stop() == 0


def test_a_killed_host_leaves_nothing_in_the_way(tmp_path: Path, ccroute_at: Prompt) -> None:
    path = centre(tmp_path)
    with Running(path) as running:
        running.hear("runs: acme")
        assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    gone = ccroute_at("health", "--centre", path)
    assert (gone.code, gone.out) == (2, "")
    assert f"no host runs at {tmp_path / 'c.sock'}: start one by `ccroute run`" in gone.err
    with Running(path) as running:
        running.hear("runs: acme")
        assert ccroute_at("health", "--centre", path).code == 0
        assert running.stop() == 0


def test_who_asks_is_told_where_nothing_runs(tmp_path: Path, ccroute_at: Prompt) -> None:
    missing = ccroute_at("health", "--centre", tmp_path / "centre.toml")
    assert (missing.code, "name the document that the host runs" in missing.err) == (2, True)
    nobody = ccroute_at("explain", "queue", "billing", "--socket", tmp_path / "x.sock")
    assert (nobody.code, "no host runs at" in nobody.err) == (2, True)


def test_a_path_that_no_socket_can_have_is_told_with_a_remedy(
    tmp_path: Path, ccroute_at: Prompt
) -> None:
    asked = ccroute_at("health", "--socket", tmp_path / ("x" * 150))
    assert (asked.code, len(asked.err.splitlines())) == (2, 1)
    assert "too long: give a shorter one by `control`, or by --socket" in asked.err


def test_an_interrupt_while_it_is_loaded_ends_it_quietly(
    ccroute_at: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupting(MetaPathFinder):
        def find_spec(self, fullname: str, *_: object) -> None:
            if fullname == "ccroute.cli._app":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "ccroute.cli._app", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    ended = ccroute_at("version")
    assert (ended.code, ended.out, ended.err) == (130, "", "")


def test_a_document_that_is_wrong_ends_it_with_a_sentence(tmp_path: Path) -> None:
    path = centre(tmp_path, CENTRE.replace("callers = 2", 'callers = "many"'))
    with Running(path) as running:
        line = running.hear("callers")
        assert running.process.wait(timeout=30) == 1
    at = CENTRE.split("\n").index("[links.pbx]") + 1
    assert line == (f"ccroute: {path}:{at}: links.pbx.callers: give a whole number, not 'many'\n")


def test_secrets_stay_out_of_what_it_says(tmp_path: Path) -> None:
    with Running(centre(tmp_path), PBX_PASSWORD="wrong") as running:
        line = running.hear("is no password")
        assert running.process.wait(timeout=30) == 1
    assert "links.pbx: ... is no password" in line


def test_a_document_can_be_checked_without_being_run(
    tmp_path: Path, ccroute_at: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = centre(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PBX_PASSWORD", PASSWORD)
    checked = ccroute_at("run", "--check", path)
    assert (checked.code, checked.out) == (0, f"{path}: 1 tenant, 1 link\n")
    assert not (tmp_path / "c.sock").exists()
    monkeypatch.delenv("PBX_PASSWORD")
    lacking = ccroute_at("run", "--check", path)
    assert (lacking.code, "the environment has no PBX_PASSWORD: set it" in lacking.err) == (1, True)


def test_a_link_that_hangs_keeps_nobody_from_stopping_it(
    tmp_path: Path, ccroute_at: Prompt
) -> None:
    path = centre(tmp_path, CENTRE.replace("callers = 2", "hangs = true"))
    with Running(path) as running:
        running.hear("hangs")
        health = ccroute_at("health", "--centre", path)
        assert (health.code, "link pbx is down: trying" in health.out) == (1, True)
        assert running.stop() == 0
    assert "stopped" in running.lines[-1]


def test_a_state_of_other_tenants_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = centre(tmp_path)
    with Running(path) as running:
        running.hear("runs: acme")
        assert running.stop() == 0
    saved = (tmp_path / "state.zip").read_bytes()
    path.write_text(CENTRE.replace("tenants.acme", "tenants.other"))
    with Running(path) as running:
        running.hear("is of tenant 'acme'")
        assert running.process.wait(timeout=30) == 1
    assert (tmp_path / "state.zip").read_bytes() == saved
    assert not (tmp_path / "c.sock").exists()
