"""Incident bundles as they are read: replayed elsewhere, and found out when changed."""

import asyncio
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.host.incidents import (
    PLAN,
    in_a_day,
    only,
    replayed,
    unpacked,
)
from tests.host.running import CENTRE, PASSWORD, Running, centre
from tests.scenarios.prompt import Prompt

from ccroute import (
    Enqueue,
    Router,
)
from ccroute.host import (
    Host,
    host_incident,
    is_bundle,
    read_incident,
)
from ccroute.testing import LoopbackPlatform, ManualTime


@pytest.fixture
def ccroute_at(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Prompt:
    return Prompt(monkeypatch, capsys)


def test_prompt_tells_the_story_and_explains_an_offer(tmp_path: Path, ccroute_at: Prompt) -> None:
    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        await host_incident(host, tmp_path / "b.zip")

    in_a_day(test)
    assert is_bundle(tmp_path / "b.zip")
    told = ccroute_at("replay", tmp_path / "b.zip")
    assert (told.code, told.err) == (0, "")
    it = only(tmp_path / "b.zip")
    assert f"state {it.hashes.redacted}: the same as where the bundle was written" in told.out
    assert "agent:ana accept: refused, offer_ended" in told.out
    assert "queue billing is open: 1 waiting" in told.out
    assert "link pbx (pbx 1): up;" in told.out
    made = next(line for line in told.out.splitlines() if "offer_made" in line)
    why = ccroute_at("replay", tmp_path / "b.zip", "--explain", made.split()[0])
    assert (why.code, "ana" in why.out) == (0, True), why.err
    none = ccroute_at("replay", tmp_path / "b.zip", "--explain", "1")
    assert (none.code, "is no offer that was made" in none.err) == (1, True)
    few = ccroute_at("replay", tmp_path / "b.zip", "--last", "2")
    assert f"{len(it.commands) - 2} commands before these: see them by --last 0" in few.out
    assert ccroute_at("replay", tmp_path / "b.zip", "--tenant", "x").code == 1


def changed(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    parts = dict(unpacked(path.read_bytes()))
    other = path.with_name("changed.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, change(data) if name == part else data)
    return other


@pytest.mark.parametrize(
    ("part", "change", "words"),
    [
        ("0/commands.jsonl", lambda data: data[: data.rindex(b'{"n"')], "ANOTHER STATE than where"),
        ("0/commands.jsonl", lambda data: data[:-5], "no entry of a journal"),
        ("0/state", lambda data: data[:-5], "is damaged"),
        ("0/tenant.json", lambda data: b"{}", "no incident bundle, or a damaged one"),
        ("bundle.json", lambda data: data.replace(b'"format": 1', b'"format": 9'), "has format 9"),
    ],
)
def test_a_bundle_that_was_changed_is_found_out(
    tmp_path: Path, ccroute_at: Prompt, part: str, change: Callable[[bytes], bytes], words: str
) -> None:
    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        await host_incident(host, tmp_path / "b.zip")

    in_a_day(test)
    told = ccroute_at("replay", changed(tmp_path / "b.zip", part, change))
    assert told.code == 1
    assert words in told.out + told.err


def test_a_running_centre_is_replayed_elsewhere(tmp_path: Path, ccroute_at: Prompt) -> None:
    path = centre(tmp_path, CENTRE)
    bundle = tmp_path / "b.zip"
    with Running(path) as running:
        running.hear("runs: acme")
        ran = ccroute_at("incident", "--out", bundle, "--centre", path)
        assert (ran.code, ran.err) == (0, "")
        assert f"open it by `ccroute replay {bundle}`" in ran.out
        again = ccroute_at("incident", "--out", bundle, "--centre", path)
        assert (again.code, "exists: give a new name by --out" in again.err) == (1, True)
        assert running.stop() == 0
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o600
    told = ccroute_at("replay", bundle)
    assert (told.code, told.err) == (0, "")
    assert "what was written comes to the state that the host was in" in told.out
    assert "queue billing is open: 2 waiting" in told.out
    whole = b"".join(part for _, part in unpacked(bundle.read_bytes()))
    assert PASSWORD.encode() not in whole
    assert b"+346" not in whole
    assert b"caller-0" not in whole


def test_every_tenant_is_replayed_by_itself(tmp_path: Path, ccroute_at: Prompt) -> None:
    async def run() -> None:
        time = ManualTime()
        async with Host({"a": Router(PLAN), "b": Router(PLAN)}, time=time) as host:
            for tenant in ("a", "b"):
                told = Enqueue(contact="gomez-call", queue="sales", customer=f"cust-of-{tenant}")
                await host.apply(told, actor="crm", tenant=tenant)
            await host.agent("ana", tenant="b").sign_in()
            await host_incident(host, tmp_path / "b.zip")

    asyncio.run(run())
    tenants = read_incident(tmp_path / "b.zip").tenants
    assert list(tenants) == ["a", "b"]
    contacts = set()
    for it in tenants.values():
        router, *_ = replayed(it)
        assert it.agrees(router)
        assert {record.tenant for record in it.audit} == {it.name}
        contacts |= {command.contact for entry in it.commands
                     if isinstance(command := entry.command, Enqueue)}  # fmt: skip
    assert len(contacts) == 1  # one text, one pseudonym
    assert "gomez-call" not in contacts
    told = ccroute_at("replay", tmp_path / "b.zip", "--tenant", "b")
    assert (told.code, "tenant b: " in told.out, "tenant a: " in told.out) == (0, True, False)
    both = ccroute_at("replay", tmp_path / "b.zip")
    assert both.out.count("the same as where the bundle was written") == 2
    which = ccroute_at("replay", tmp_path / "b.zip", "--explain", "3")
    assert (which.code, "--explain needs a --tenant: one of a, b" in which.err) == (1, True)
