"""The lab itself: what the tests on a real Asterisk stand on."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.pbx import conftest, install
from tests.pbx.instance import Asterisk, free_ports
from tests.pbx.phones import Phones


def test_a_caller_and_an_agent_talk(pbx: Asterisk, phones: Phones) -> None:
    pbx.cli("queue add member Local/101@agents/n to sales")
    phones.agent("101", delay=0, talk=0.2)
    ref = phones.call("sales", context="queues")
    phones.wait_for("gone", role="caller", ref=ref)
    assert [seen.what for seen in phones.happened(role="caller", ref=ref)] == ["calls", "gone"]
    did = [seen.what for seen in phones.happened(agent="101", ref=ref)]
    assert did == ["rings", "answers", "hangs up", "gone"]
    assert "COMPLETEAGENT" in pbx.queue_log.read_text()


def test_an_agent_waits_for_the_test_to_answer(pbx: Asterisk, phones: Phones) -> None:
    pbx.cli("queue add member Local/102@agents/n to support")
    phones.agent("102", "wait")
    ref = phones.call("support", context="queues")
    phones.wait_for("rings", agent="102", ref=ref)
    phones.answer("102")
    phones.wait_for("answers", agent="102", ref=ref)
    phones.hang_up(ref)
    phones.wait_for("gone", agent="102", ref=ref)


def test_a_phone_registers_rings_and_goes(pbx: Asterisk, phones: Phones) -> None:
    assert "Unavailable" in pbx.cli("pjsip show endpoint 301")
    phones.register("301")
    assert "Not in use" in pbx.cli("pjsip show endpoint 301")
    phones.agent("301", "wait")
    pbx.cli("channel originate PJSIP/301 extension 700@transfer")
    phones.wait_for("rings", agent="301")
    assert "Ringing" in pbx.cli("pjsip show endpoint 301")
    phones.answer("301")
    phones.wait_for("answers", agent="301")
    phones.hang_up_agent("301")
    phones.wait_for("gone", agent="301")
    phones.unregister("301")
    assert "Unavailable" in pbx.cli("pjsip show endpoint 301")


def test_two_instances_call_each_other(
    pbx: Asterisk, start_asterisk: Callable[[str], Asterisk]
) -> None:
    north = start_asterisk("north")
    trunk = f"PJSIP/trunk/sip:103@127.0.0.1:{north.ports['sip']}"
    with Phones(north) as there:
        there.agent("103", delay=0, talk=0.2)
        pbx.cli(f"channel originate {trunk} extension 700@transfer")
        there.wait_for("gone", agent="103")
    north.remove()
    assert "fully booted" in pbx.cli("core waitfullybooted")


def test_killed_and_started_again_on_the_same_ports(
    start_asterisk: Callable[[str], Asterisk],
) -> None:
    south = start_asterisk("south")
    with Phones(south) as phones:
        phones.call("sales", context="queues", ref="lost")
        phones.wait_for("calls", ref="lost")
        ports, before = dict(south.ports), south.pid
        south.kill()
    south.start()
    assert (south.ports == ports, south.pid == before) == (True, False)
    with Phones(south) as phones:
        assert phones.happened() == []
    south.remove()
    assert not south.folder.exists()


def test_nobody_listens_so_the_dialplan_takes_over(pbx: Asterisk, phones: Phones) -> None:
    ref = phones.call("vip")
    assert phones.wait_for("fallback", ref=ref).fields["Status"] == "FAILED"
    phones.hang_up(ref)


def test_keys_of_a_caller_arrive(pbx: Asterisk, phones: Phones) -> None:
    ref = phones.call("fallback", context="queues")
    while "Local/caller@phones" not in pbx.cli("queue show fallback"):
        time.sleep(0.05)
    phones.press(ref, "5")
    phones.wait_for("gone", role="caller", ref=ref)
    assert "EXITWITHKEY|5" in pbx.queue_log.read_text()


def test_without_root_the_tests_say_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(install.CannotInstall, match="need root"):
        install.install()


def test_with_ci_a_missing_asterisk_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(install.shutil, "which", lambda program: None)
    root = conftest.asterisk_root.__wrapped__
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no real Asterisk here"):
        root()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no real Asterisk here"):
        root()


def test_a_failed_install_names_the_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(install.shutil, "which", lambda program: program)
    monkeypatch.setattr(install, "archive", lambda: "http://127.0.0.1:9/debian")
    monkeypatch.setattr(install, "build", lambda *given: install.run("false"))
    with pytest.raises(install.CannotInstall, match="sid: false failed: no output; forky: false"):
        install.install()
    assert not any(path.is_dir() for path in install.cache().iterdir())


def test_ports_are_free_and_all_different() -> None:
    assert len(set(free_ports(20))) == 20
