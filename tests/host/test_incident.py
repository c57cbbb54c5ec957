"""Incident bundles as they are written: nothing personal in them, and what they hold."""

import asyncio
import json
import stat
from pathlib import Path

import attrs
import pytest
from tests.host.incidents import (
    PERSONAL,
    PLAN,
    in_a_day,
    only,
    replayed,
    unpacked,
)

import ccroute
from ccroute import (
    Advance,
    CcrouteError,
    Command,
    ConfigError,
    DataUnavailable,
    Enqueue,
    Plan,
    Rejected,
    Router,
    SetPlan,
    SignIn,
)
from ccroute.adapters import Secret
from ccroute.host import (
    Host,
    host_incident,
    incident_bundle,
    read_incident,
)
from ccroute.journal import Checkpoint, Entry, MemoryJournal
from ccroute.testing import LoopbackAdapter, LoopbackPlatform, ManualTime, settle


def test_a_bundle_replays_to_the_state_it_says(tmp_path: Path) -> None:
    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        live = host.router().state_hash()
        last = host.tenants["main"].sequence
        await host_incident(host, tmp_path / "b.zip")
        it = only(tmp_path / "b.zip")
        assert (it.hashes.live, it.hashes.replayed, it.notes) == (live, live, ())
        assert it.faithful
        assert (it.first, it.last, len(it.commands)) == (0, last, last)
        router, events, refused = replayed(it)
        assert it.agrees(router)
        assert it.hashes.redacted not in {live, None}
        assert {"offer_ended", "duplicate_contact"} <= set(refused)
        kinds = [kind for kind, *_ in events]
        assert {"offer_made", "contact_connected", "contact_left"} <= set(kinds)
        assert not it.agrees(it.router())

    in_a_day(test)


def test_nothing_personal_is_in_any_part(tmp_path: Path) -> None:
    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        data = await incident_bundle(host)
        parts = dict(unpacked(data))
        assert {"bundle.json", "0/state", "0/commands.jsonl", "0/audit.jsonl", "0/tenant.json"} == (
            set(parts)
        )
        found = [(text, name) for name, part in parts.items() for text in PERSONAL
                 if text.encode() in part]  # fmt: skip
        assert found == []
        told = parts["0/commands.jsonl"].decode()
        # Names of attributes, agents and queues, and what the plan compares with, stay.
        assert all(it in told for it in ("segment", '"gold"', "ana", "billing"))
        assert '"caller","+34~' in told

    in_a_day(test)


def test_the_same_text_has_the_same_pseudonym_everywhere_and_another_in_the_next_bundle(
    tmp_path: Path,
) -> None:
    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        names = []
        for number in range(2):
            await host_incident(host, tmp_path / f"{number}.zip")
            it = only(tmp_path / f"{number}.zip")
            contact = it.placed[1]["contact"]
            assert it.router().explain is not None
            moved = [record.about for record in it.audit if record.action == "transfer"]
            router, *_ = replayed(it)
            assert [contact] == moved
            assert router.explain(str(contact)).queue == "billing"
            names.append(contact)
        assert names[0] != names[1]

    in_a_day(test)


def test_the_live_router_is_not_touched(tmp_path: Path) -> None:
    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        before = host.router().state_hash()
        writing = asyncio.ensure_future(host_incident(host, tmp_path / "b.zip"))
        await settle()
        await host.agent("ana").ready()  # it goes on meanwhile
        await writing
        it = only(tmp_path / "b.zip")
        assert (it.hashes.live, it.faithful) == (before, True)
        assert host.router().state_hash() != before

    in_a_day(test)


def test_another_plan_on_the_way_is_replayed_too(tmp_path: Path) -> None:
    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        text = PLAN.to_toml().replace("+34", "+35") + "\n[queues.late]\n"
        await host.apply(SetPlan(plan=Plan.from_toml(text)), actor="operator")
        platform.call("late", caller="+35123456789", attributes={"note": "+34123456789"})
        await time.run(1.0)
        await host_incident(host, tmp_path / "b.zip")
        it = only(tmp_path / "b.zip")
        router, *_ = replayed(it)
        assert it.faithful
        assert it.agrees(router)
        assert "late" in router.plan.queues
        assert b"123456789" not in b"".join(
            part for _, part in unpacked((tmp_path / "b.zip").read_bytes())
        )

    in_a_day(test)


def test_what_went_on_behind_the_hosts_back_is_told_and_stepped_over(tmp_path: Path) -> None:
    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        host.router().apply(Enqueue(contact="behind", queue="sales"), at=time.now())
        await host.agent("ana").pause("again")
        await host_incident(host, tmp_path / "before.zip")
        it = only(tmp_path / "before.zip")
        assert not it.faithful
        assert "the commands do not lead to the live state" in it.notes
        router, *_ = replayed(it)
        assert it.agrees(router)  # what is in the bundle is still replayed alike
        await time.run(65.0)  # a checkpoint
        await host.agent("ana").ready()
        await host_incident(host, tmp_path / "after.zip")
        it = only(tmp_path / "after.zip")
        assert it.faithful
        assert it.first > 0
        assert "older commands do not lead to this state, and were left out" in it.notes
        router, *_ = replayed(it)
        assert it.agrees(router)

    in_a_day(test)


def test_at_least_ten_minutes_are_in_it(tmp_path: Path) -> None:
    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        for _ in range(60):
            await host.agent("ana").pause("x")
            await time.run(20.0)
            await host.agent("ana").ready()
        await host_incident(host, tmp_path / "b.zip")
        it = only(tmp_path / "b.zip")
        assert 600.0 <= it.at - it.since <= 720.0
        router, *_ = replayed(it)
        assert it.faithful
        assert it.agrees(router)

    in_a_day(test)


def test_a_tenant_that_has_stopped_is_in_it_up_to_there(tmp_path: Path) -> None:
    class Full(MemoryJournal):
        full = False

        async def append(self, domain: str, *rest: object, **named: object) -> None:
            if self.full:
                raise OSError("disk +34600111222 is full")
            await super().append(domain, *rest, **named)

    journal = Full()

    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        journal.full = True
        with pytest.raises(CcrouteError):
            await host.agent("ana").ready()
        data = await incident_bundle(host)
        assert b"600111222" not in b"".join(part for _, part in unpacked(data))
        (tmp_path / "b.zip").write_bytes(data)
        it = only(tmp_path / "b.zip")
        assert it.notes == ("the tenant has stopped: OSError",)
        assert it.faithful

    in_a_day(test, journal)


def test_secrets_in_messages_are_struck_out() -> None:
    class Talkative(LoopbackAdapter):
        async def open(self, *_: object) -> None:
            raise ConfigError("swordfish is no password of +34600111222")

    async def run() -> None:
        adapter = Talkative(LoopbackPlatform())
        async with Host(Router(PLAN), adapters=[adapter], time=ManualTime()) as host:
            data = await incident_bundle(host, hidden=[Secret("swordfish")])
        parts = dict(unpacked(data))
        index = json.loads(parts["bundle.json"])
        assert index["links"]["pbx"]["error"] == "can never work so: ... is no password of +#"
        assert index["health"]["why"] == [
            "link pbx is down: can never work so: ... is no password of +#"
        ]
        assert b"swordfish" not in b"".join(parts.values())

    asyncio.run(run())


def test_it_says_versions_and_how_links_do(tmp_path: Path) -> None:
    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        platform.cut()
        await time.run(3.0)
        platform.mend()
        await time.run(1.0)
        await host_incident(host, tmp_path / "b.zip")
        found = read_incident(tmp_path / "b.zip")
        assert found.versions["ccroute"] == ccroute.__version__
        link = found.links["pbx"]
        assert (link["adapter"], link["up"], link["counters"]["gaps"]) == ("pbx", True, 1)
        (gap,) = found.tenants["main"].gaps
        assert (gap[0], gap[2] - gap[1]) == ("pbx", 3.0)
        assert found.tenants["main"].counters["pause"] < 1.0

    in_a_day(test)


def test_a_file_is_not_written_over_and_is_its_owners_alone(tmp_path: Path) -> None:
    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        await host_incident(host, tmp_path / "b.zip")
        assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
        with pytest.raises(FileExistsError):
            await host_incident(host, tmp_path / "b.zip")

    in_a_day(test)


def test_a_journal_without_states_has_no_bundle() -> None:
    class Forgetful(MemoryJournal):
        async def checkpoints(self, domain: str) -> tuple[Checkpoint, ...]:
            return ()

    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        with pytest.raises(DataUnavailable, match="keeps no state of tenant 'main'"):
            await incident_bundle(host)

    in_a_day(test, Forgetful())


# -- The command line -------------------------------------------------------------------


def test_every_field_of_every_command_is_known_to_be_personal_or_not() -> None:
    """A new field must be decided on: until then no command with it could be written."""

    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        strange = [
            Enqueue(contact="x\ud800"),
            Enqueue(contact="n" * 200, attributes={"a": 1 << 70, "b": -(1 << 63), "c": True}),
            Enqueue(contact="q", attributes={"": "x", "d": 1.5}),
            SignIn(agent="ana", labels={"team": "a"}),
            Advance(),
        ]
        for command in strange:
            try:
                await host.apply(command, actor="x")
            except (Rejected, TypeError, ValueError):
                continue
        kinds = [
            kind
            for kind in vars(ccroute).values()
            if isinstance(kind, type) and issubclass(kind, Command) and kind is not Command
        ]
        assert len(kinds) > 30
        for kind in kinds:
            try:
                await host.apply(_filled(kind), actor="x")
            except (CcrouteError, TypeError, ValueError):
                continue
        data = await incident_bundle(host)
        index = json.loads(dict(unpacked(data))["0/tenant.json"])
        assert index["notes"] == []
        assert index["hashes"]["live"] == index["hashes"]["replayed"]

    in_a_day(test)


def _filled(kind: type[Command]) -> Command:
    given: dict[str, object] = {}
    for field in attrs.fields(kind):
        if field.name == "plan":
            given["plan"] = PLAN
        elif field.name in {"observed", "codes", "agents"}:
            given[field.name] = ()
        elif field.name == "scores":
            given["scores"] = {"gold": {"ana": 1.0}}
        elif field.default is attrs.NOTHING:
            given[field.name] = {"int": 1, "float": 1.0, "bool": True}.get(str(field.type), "x")
    return kind(**given)


def test_a_bundle_of_an_entry_nobody_can_write_says_so(tmp_path: Path) -> None:
    async def test(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
        with pytest.raises(TypeError):
            await host.apply(Enqueue(contact="b", attributes={"raw": b"x"}), actor="x")
        await host_incident(host, tmp_path / "b.zip")
        it = only(tmp_path / "b.zip")
        assert it.notes == ("1 commands could not be written",)
        assert it.faithful
        assert isinstance(it.commands[-1], Entry)
        assert it.commands[-1].command == Advance()

    in_a_day(test)
