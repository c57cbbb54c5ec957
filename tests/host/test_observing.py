"""Links that only observe: what their platforms do is measured, and nothing of it is ours."""

import asyncio
from pathlib import Path

import attrs
import pytest
from tests.host.stage import PLAN, SETTINGS, die

from ccroute import (
    ContactAbandoned,
    ContactConnected,
    ContactQueued,
    ContactReleased,
    Event,
    Plan,
    Router,
)
from ccroute.adapters import (
    Arrived,
    DeviceSeen,
    Gap,
    HeldContact,
    LinkDown,
    Measured,
    PlatformSnapshot,
)
from ccroute.host import Host, host_incident, read_incident
from ccroute.journal import Entry, Measure, MemoryJournal, entry_from_json, entry_to_json
from ccroute.testing import LoopbackAdapter, LoopbackPlatform, ManualTime, settle


def observing(platform: LoopbackPlatform | None = None) -> LoopbackPlatform:
    return platform or LoopbackPlatform(["native_seq", "agent_mirror", "hangup_party"], ["observe"])


def host_on(
    platform: LoopbackPlatform,
    time: ManualTime,
    path: Path | None = None,
    journal: MemoryJournal | None = None,
    **more: LoopbackAdapter,
) -> Host:
    return Host(
        Router(Plan.from_toml(PLAN), clock=time),
        adapters={"old": LoopbackAdapter(platform), **more},
        settings=SETTINGS,
        time=time,
        snapshot=path,
        journal=journal,
    )


def call(number: int, at: float, *, answered: bool = True) -> list[Event]:
    """What a platform did with a call; its events are numbered from ``number``."""
    about = {"source": "pbx", "contact": f"call-{number}", "visit": 1, "queue": "sales"}
    queued = ContactQueued(**about, sequence=number, at=at, since=at)  # type: ignore[arg-type]
    if not answered:
        return [queued, ContactAbandoned(**about, sequence=number + 1, at=at + 8)]  # type: ignore[arg-type]
    more = {**about, "agent": "eva"}
    return [
        queued,
        ContactConnected(**more, sequence=number + 1, at=at + 5),  # type: ignore[arg-type]
        ContactReleased(**more, sequence=number + 2, at=at + 65, cause="customer"),  # type: ignore[arg-type]
    ]


def tell(platform: LoopbackPlatform, events: list[Event]) -> None:
    for event in events:
        platform.push(Measured(event=event))


def figures(host: Host) -> dict[str, float | None]:
    row = host.router().metrics.report(kpis=["answered", "abandoned", "att"])["sales"]
    return {name: row[name].value for name in ("answered", "abandoned", "att")}


def test_what_is_measured_is_counted_and_the_engine_hears_nothing() -> None:
    async def whole() -> None:
        time, platform = ManualTime(1_000_000.0), observing()
        async with host_on(platform, time) as host:
            before = host.router().state_hash()
            tell(platform, [*call(1, time.now()), *call(4, time.now(), answered=False)])
            await settle()
            assert figures(host) == {"answered": 1, "abandoned": 1, "att": 60.0}
            assert host.router().state_hash() == before
            assert host.supervise().waiting() == []
            assert platform.told == []

    asyncio.run(whole())


def test_nothing_else_of_an_observing_link_is_taken() -> None:
    async def whole() -> None:
        time, platform = ManualTime(1_000_000.0), observing()
        async with host_on(platform, time) as host:
            await host.agent("ana").sign_in(queues=["billing"], capacity={"voice": 1})
            await host.agent("ana").ready()
            arrived = Arrived(contact="1", queue="billing")
            platform.push(arrived)
            platform.push(DeviceSeen(agent="ana", device="in_use"))
            assert platform.sink is not None
            platform.sink.resync(
                PlatformSnapshot(taken_at=time.now(), contacts=[HeldContact(arrival=arrived)])
            )
            platform.push(LinkDown(reason="cut"))
            await settle()
            assert host.supervise().waiting() == []
            assert host.router().explain_agent("ana").activity == "idle"
            assert platform.told == []  # not even hung up, and no agent is mirrored
            assert host.health().links["old"].counters["orphans"] == 3
            assert not host.health().links["old"].up

    asyncio.run(whole())


def test_an_event_that_is_told_twice_is_counted_once() -> None:
    async def whole() -> None:
        time, platform = ManualTime(1_000_000.0), observing()
        async with host_on(platform, time) as host:
            events = call(1, time.now())
            tell(platform, [*events, *events, events[1]])
            await settle()
            assert figures(host) == {"answered": 1, "abandoned": 0, "att": 60.0}

    asyncio.run(whole())


def test_old_events_after_a_gap_are_counted_once_and_the_gap_stays_flagged() -> None:
    async def whole() -> None:
        time, platform = ManualTime(1_000_000.0), observing()
        async with host_on(platform, time) as host:
            began = time.now()
            tell(platform, call(1, began))
            platform.cut()
            await settle()
            await time.run(100)
            platform.up = True
            platform.push(Gap(since=began + 70, until=time.now()))
            # It tells the last minutes again, some of which were heard.
            missed = call(4, began + 70)
            tell(platform, [*call(1, began), *missed])
            await settle()
            assert figures(host) == {"answered": 2, "abandoned": 0, "att": 60.0}
            row = host.router().metrics.report(kpis=["answered"])["sales"]
            assert row.gap

    asyncio.run(whole())


@pytest.mark.parametrize("again", [True, False], ids=["told again", "went on"])
def test_what_was_measured_survives_a_restart_with_the_file(again: bool, tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(1_000_000.0), observing(), tmp_path / "state"
        events = call(1, time.now())
        async with host_on(platform, time, path):
            tell(platform, events[:2])
            await settle()
        async with host_on(platform, time, path) as second:
            tell(platform, events if again else events[2:])
            await settle()
            assert figures(second) == {"answered": 1, "abandoned": 0, "att": 60.0}

    asyncio.run(whole())


def test_a_journal_that_outlives_the_file_has_what_was_measured(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(1_000_000.0), observing(), tmp_path / "state"
        journal = MemoryJournal()
        first = host_on(platform, time, path, journal)
        await first.start()
        await first.save()
        tell(platform, call(1, time.now()))
        await settle()
        await die(first)
        async with host_on(platform, time, path, journal) as second:
            assert figures(second) == {"answered": 1, "abandoned": 0, "att": 60.0}

    asyncio.run(whole())


def test_two_platforms_may_count_alike() -> None:
    async def whole() -> None:
        time = ManualTime(1_000_000.0)
        one, other = observing(), observing()
        router = LoopbackAdapter(other, "other")
        async with host_on(one, time, other=router) as host:
            events = call(1, time.now())
            for platform in (one, other):
                # Not even the name of our own router's events does any harm.
                tell(platform, [attrs.evolve(it, source="router") for it in events])
            await settle()
            assert figures(host) == {"answered": 2, "abandoned": 0, "att": 60.0}

    asyncio.run(whole())


def test_an_entry_of_a_journal_goes_to_text_and_back() -> None:
    for event in [*call(1, 5.0), *call(4, 9.0, answered=False)]:
        entry = Entry(sequence=7, at=5.5, command=Measure(event=event), actor="link:old")
        assert entry_from_json(entry_to_json(entry)) == entry


def test_an_incident_says_nothing_of_what_was_measured(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform = ManualTime(1_000_000.0), observing()
        async with host_on(platform, time) as host:
            await host.agent("ana").sign_in(queues=["billing"])
            tell(platform, call(1, time.now()))
            await settle()
            await host.agent("ana").ready()
            await host_incident(host, tmp_path / "incident.zip")
        assert b"call-1" not in (tmp_path / "incident.zip").read_bytes()
        (tenant,) = read_incident(tmp_path / "incident.zip").tenants.values()
        router = tenant.router()
        for _ in tenant.replay(router):
            pass
        assert tenant.agrees(router)

    asyncio.run(whole())


def test_nonsense_is_counted_and_stops_nobody() -> None:
    async def whole() -> None:
        time, platform = ManualTime(1_000_000.0), observing()
        async with host_on(platform, time) as host:
            event = call(1, time.now())[0]
            platform.push(Measured(event="x"))  # type: ignore[arg-type]
            platform.push(Measured(event=attrs.evolve(event, reason={})))
            platform.push(Measured(event=attrs.evolve(event, at=float("nan"))))
            tell(platform, call(1, time.now()))
            await settle()
            assert figures(host)["answered"] == 1
            assert host.health().tenants["main"].counters["nonsense"] == 2
            assert host.health().tenants["main"].counters["overtaken"] == 1

    asyncio.run(whole())
