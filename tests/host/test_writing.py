"""Chats and the like: how long customers waited for the first word of an agent."""

import asyncio
from pathlib import Path

import pytest
from tests.host.stage import Stage, begin, host_on, play

from ccroute.adapters import Wrote
from ccroute.host import host_incident
from ccroute.journal import Entry, MemoryJournal, Respond, entry_from_json, entry_to_json
from ccroute.testing import LoopbackPlatform, ManualTime, settle


def responses(stage: Stage) -> tuple[object, object]:
    report = stage.host.router().metrics.report(kpis=["first_response"])["billing"]
    return report["first_response"].n, report["first_response"].value


async def write(stage: Stage, contact: str, by: str) -> None:
    stage.platform.push(Wrote(contact=contact, by=by))
    await settle()


def test_the_first_word_of_an_agent_counts_from_the_coming_of_the_customer() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1")
        await stage.time.run(20)
        await write(stage, "c1", "customer")
        await write(stage, "c1", "system")  # we will be with you shortly
        await stage.staff("ana")
        stage.platform.answer("ana")
        await settle()
        await stage.time.run(10)
        assert responses(stage)[1] is None
        before = stage.host.router().state_hash()
        await write(stage, "c1", "agent")
        await stage.time.run(10)
        await write(stage, "c1", "customer")
        await write(stage, "c1", "agent")
        assert stage.host.router().state_hash() == before  # none of the engine's business
        assert responses(stage) == (1, 30.0)
        by_agent = stage.host.router().metrics.report("agent", kpis=["first_response"])
        assert by_agent["ana"]["first_response"].value == 30.0

    play(scenario)


def test_a_word_in_the_very_moment_of_the_connection_counts() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        await stage.time.run(5)
        stage.platform.answer("ana")
        stage.platform.push(Wrote(contact="c1", by="agent"))
        await settle()
        assert responses(stage) == (1, 5.0)

    play(scenario)


def test_each_queue_has_its_own_first_word() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        await write(stage, "c1", "agent")
        await stage.time.run(100)
        await stage.host.agent("ana").transfer("pbx:c1", queue="billing")
        await stage.time.run(11)  # wrap-up
        stage.platform.answer("ana")
        await stage.time.run(9)
        await write(stage, "c1", "agent")
        assert responses(stage) == (2, 10.0)  # 0 and 20 seconds

    play(scenario)


@pytest.mark.parametrize("saved", [True, False], ids=["saved", "in the journal"])
def test_what_was_written_is_counted_once_through_a_restart(saved: bool, tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), LoopbackPlatform(), tmp_path / "state"
        journal = MemoryJournal()
        stage = await begin(platform, time, path, journal=journal)
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        await time.run(10)
        await stage.host.save()
        await write(stage, "c1", "agent")
        if saved:
            await stage.host.save()
        await stage.dies()
        async with host_on(platform, time, path, journal=journal) as second:
            stage = Stage(second, platform, time)
            await time.run(10)
            await write(stage, "c1", "agent")
            assert responses(stage) == (1, 10.0)

    asyncio.run(whole())


def test_nobody_is_said_to_have_answered_whose_coming_nobody_heard() -> None:
    async def whole() -> None:
        time, platform = ManualTime(), LoopbackPlatform()
        stage = await begin(platform, time, None)
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        await stage.dies()
        async with host_on(platform, time, None) as second:
            stage = Stage(second, platform, time)
            await write(stage, "c1", "agent")
            assert responses(stage)[1] is None

    asyncio.run(whole())


def test_an_incident_and_a_journal_bear_it(tmp_path: Path) -> None:
    entry = Entry(
        sequence=1, at=5.0, command=Respond(source="router", contact=1 << 32, visit=2, wait=3.5)
    )
    assert entry_from_json(entry_to_json(entry)) == entry

    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        await write(stage, "c1", "agent")
        await host_incident(stage.host, tmp_path / "incident.zip")
        assert b'"respond"' not in (tmp_path / "incident.zip").read_bytes()

    play(scenario)
