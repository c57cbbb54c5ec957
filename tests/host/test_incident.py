"""Incident bundles: nothing personal in them, and the same decisions elsewhere."""

import asyncio
import io
import json
import stat
import zipfile
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import attrs
import pytest
from tests.host.running import CENTRE, PASSWORD, Running, centre
from tests.scenarios.prompt import Prompt

import ccroute
from ccroute import (
    Accept,
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
    TenantIncident,
    TenantSettings,
    host_incident,
    incident_bundle,
    is_bundle,
    read_incident,
)
from ccroute.journal import Checkpoint, Entry, MemoryJournal
from ccroute.testing import LoopbackAdapter, LoopbackPlatform, ManualTime, settle

PLAN = Plan.from_toml("""
[[classification.rules]]
name = "gold"
when = 'segment == "gold" || caller.startsWith("+34")'
queue = "billing"
[[classification.rules]]
queue = "sales"
[queues.billing]
preferred.last_agent = "600s"
[queues.sales]
leaving.resume_within = "60s"
exits = { "1" = { end = true } }
[agents.ana]
queues = ["billing", "sales"]
[agents.luis]
queues = ["billing"]
""")

PERSONAL = [
    "gomez-call", "ruiz-call", "600111222", "Evita", "dentist", "cust-gomez", "angry manager",
    "story-77", "before-9", "supervisor-eva", "wont-tell", "7654321",
]  # fmt: skip


@pytest.fixture
def ccroute_at(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Prompt:
    return Prompt(monkeypatch, capsys)


Test = Callable[[Host, LoopbackPlatform, ManualTime], Coroutine[None, None, None]]


def in_a_day(test: Test, journal: MemoryJournal | None = None) -> None:
    """Runs ``test`` on a host with a platform on which everything personal was told."""

    async def run() -> None:
        time, platform = ManualTime(), LoopbackPlatform()
        platform.time = time
        async with Host(
            Router(PLAN),
            adapters=[LoopbackAdapter(platform)],
            time=time,
            journal=journal,
            settings=TenantSettings(directory={"ana": {"pbx": "200"}}),
            checkpoint_every=60.0,
        ) as host:
            await a_day(host, platform, time)
            await test(host, platform, time)

    asyncio.run(run())


async def a_day(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
    ana = host.agent("ana")
    await ana.sign_in()
    await ana.ready()
    platform.call(
        "gomez-call",
        caller="+34600111222",
        attributes={"name": "Evita", "segment": "gold", "account": 7654321},
        customer="cust-gomez",
    )
    await time.run(1.0)
    platform.answer("ana")
    await time.run(1.0)
    with pytest.raises(Rejected):
        await host.apply(Accept(offer=1), actor="agent:ana")
    platform.call("ruiz-call", caller="600111222")
    told = Enqueue(contact="desk-1", queue="sales", conversation="story-77", previous="before-9")
    await host.apply(told, actor="crm-wont-tell")
    await time.run(130.0)
    await ana.pause("dentist")
    with pytest.raises(Rejected):
        await host.apply(Enqueue(contact="pbx:ruiz-call"), actor="crm-wont-tell")
    supervisor = host.supervise("supervisor-eva")
    await supervisor.move("pbx:ruiz-call", queue="billing", reason="angry manager")
    await time.run(1.0)


def unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


def only(path: Path) -> TenantIncident:
    (it,) = read_incident(path).tenants.values()
    return it


def replayed(it: TenantIncident) -> tuple[Router, list[tuple[str, ...]], list[str | None]]:
    """The router at the end, the events that came of it, and what was refused."""
    router = it.router()
    steps = list(it.replay(router))
    events = [
        (event.kind, event.agent or "", event.queue or "", str(getattr(event, "offer", "")))
        for step in steps
        for event in step.events
    ]
    return router, events, [step.refused for step in steps if step.refused is not None]


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
