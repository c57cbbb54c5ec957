"""A host that dies, and the one that goes on: from its file, and from what the platform holds."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from tests.host.stage import PLAN, SETTINGS, Stage, die, host_on, rung

from ccroute import ConfigError, Plan, Router
from ccroute.adapters import Ring
from ccroute.host import Host
from ccroute.journal import MemoryJournal
from ccroute.testing import LoopbackAdapter as PlatformAdapter
from ccroute.testing import LoopbackPlatform as Platform
from ccroute.testing import ManualTime, settle


def test_after_a_crash_nobody_is_rung_twice_and_every_call_ends(tmp_path: Path) -> None:
    """One talks, one rings, one waits, and one of each more since the last save."""

    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        first = host_on(platform, time, path)
        await first.start()
        stage = Stage(first, platform, time)
        await stage.staff("ana", "ben")
        await stage.talk("talks", "ana")
        await first.save()
        await stage.call("rings")
        assert platform.ringing() == [("rings", "ben")]
        await stage.staff("eva")
        await stage.call("rings2")
        assert platform.ringing()[1] == ("rings2", "eva")
        await stage.call("waits")
        await die(first)
        await time.run(3)

        second = host_on(platform, time, path)
        async with second:
            stage = Stage(second, platform, time)
            await settle()
            # Eva's sign-in was lost with the last seconds, and the plan does not know her: her
            # ring is stopped, the caller kept.
            assert [stage.phase(it) for it in ("talks", "rings", "rings2", "waits")] == [
                "engaged", "offered", "waiting", "waiting",
            ]  # fmt: skip
            assert rung(platform) == [("talks", "ana"), ("rings", "ben"), ("rings2", "eva")]
            platform.answer("ben")
            await settle()
            assert platform.callers["rings"].agent == "ben"
            assert stage.phase("rings") == "engaged"
            for contact in ("talks", "rings"):
                platform.hang_up(contact)
            await time.run(11)
            for agent in ("ana", "ben"):
                platform.answer(agent)
            await settle()
            assert {it.agent for it in platform.callers.values()} == {"ana", "ben"}
            for contact in list(platform.callers):
                platform.hang_up(contact)
            await time.run(11)
            assert second.supervise().waiting() == []
            assert second.health().tenants["main"].contacts == 0
            assert second.health().tenants["main"].counters["gaps"] == 1
            numbers = [it.offer for it in platform.told if isinstance(it, Ring)]
            assert len(set(numbers)) == len(numbers)
            second.router().check()

    asyncio.run(whole())


def test_without_a_file_the_platform_says_who_is_there() -> None:
    async def whole() -> None:
        time, platform = ManualTime(), Platform()
        first = host_on(platform, time, None)
        await first.start()
        stage = Stage(first, platform, time)
        await stage.staff("ana")
        await stage.talk("talks", "ana")
        await stage.call("waits")
        entered = time.now()
        await die(first)
        await time.run(5)
        async with host_on(platform, time, None) as second:
            stage = Stage(second, platform, time)
            assert stage.phase("talks") == "engaged"
            (waiting,) = second.supervise().waiting()
            assert (waiting.contact, waiting.since) == ("pbx:waits", entered)
            assert len(rung(platform)) == 1

    asyncio.run(whole())


def test_a_host_that_ends_in_order_goes_on_where_it_was(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        async with host_on(platform, time, path) as first:
            stage = Stage(first, platform, time)
            await stage.staff("ana")
            await stage.talk("c1", "ana")
            await time.run(30)
            before = first.router().state_hash()
        async with host_on(platform, time, path) as second:
            assert second.router().state_hash() == before
            stage = Stage(second, platform, time)
            await time.run(30)
            platform.hang_up("c1")
            await settle()
            assert stage.figures("answered", "att") == {"answered": 1, "att": 60.0}

    asyncio.run(whole())


def test_a_new_plan_comes_into_force_over_the_saved_one(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        async with host_on(platform, time, path) as first:
            await Stage(first, platform, time).call("c1")
        more = PLAN + "\n[queues.sales]\n"
        async with host_on(platform, time, path, plan=more) as second:
            await settle()
            assert "sales" in second.router().plan.queues
            assert [it.contact for it in second.supervise().waiting()] == ["pbx:c1"]

    asyncio.run(whole())


def test_a_damaged_file_gives_way_to_the_one_before(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        async with host_on(platform, time, path) as first:
            await Stage(first, platform, time).call("c1")
            await first.save()
        path.write_bytes(path.read_bytes()[:200])
        async with host_on(platform, time, path) as second:
            assert [it.contact for it in second.supervise().waiting()] == ["pbx:c1"]
        for it in (path, path.with_name("state.before")):
            it.write_bytes(b"PK nothing of the kind")
        with pytest.raises(ConfigError, match="move the files away"):
            await host_on(platform, time, path).start()

    asyncio.run(whole())


def test_the_state_of_other_tenants_is_refused(tmp_path: Path) -> None:
    async def whole() -> None:
        time, path = ManualTime(), tmp_path / "state"
        async with host_on(Platform(), time, path):
            pass
        other = Host({"acme": Router(Plan.from_toml(PLAN))}, time=time, snapshot=path)
        with pytest.raises(ConfigError, match="tenant 'main'"):
            await other.start()

    asyncio.run(whole())


def test_the_file_is_written_again_and_again(tmp_path: Path) -> None:
    async def whole() -> None:
        time, path = ManualTime(), tmp_path / "state"
        host = host_on(Platform(), time, path)
        await host.start()
        await time.run(5)
        while host.saved_at is None:  # noqa: ASYNC110  # a thread writes it
            await asyncio.sleep(0.01)
        assert path.exists()
        await die(host)

    asyncio.run(whole())


def test_a_clock_behind_the_saved_state_keeps_nobody_from_starting(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(2000.0), Platform(), tmp_path / "state"
        async with host_on(platform, time, path) as first:
            stage = Stage(first, platform, time)
            await stage.staff("ana")
            await stage.call("c1")
        behind = ManualTime(1999.0)
        async with host_on(platform, behind, path) as second:
            stage = Stage(second, platform, behind)
            await second.agent("ana").pause("tea")
            assert stage.activity("ana") == "idle"
            row = second.router().metrics.report(kpis=["offered"])["billing"]
            assert row.gap

    asyncio.run(whole())


def test_what_became_due_meanwhile_is_not_done_to_a_phone_that_was_answered(
    tmp_path: Path,
) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        first = host_on(platform, time, path)
        await first.start()
        stage = Stage(first, platform, time)
        await stage.staff("ana", "ben")
        await stage.call("c1")
        await first.save()
        ((_, agent),) = platform.ringing()
        await die(first)
        platform.sink = None
        platform.answer(agent)
        await time.run(20)  # the offer's time was 15 seconds
        async with host_on(platform, time, path) as second:
            stage = Stage(second, platform, time)
            await settle()
            assert stage.phase("c1") == "engaged"
            assert platform.callers["c1"].agent == agent
            assert rung(platform) == [("c1", agent)]

    asyncio.run(whole())


def test_links_that_say_nothing_are_waited_for_only_so_long(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        async with host_on(platform, time, path) as first:
            stage = Stage(first, platform, time)
            await stage.call("c1")
            await stage.staff("ana")
            await stage.call("c2")
        platform.up = False
        second = host_on(platform, time, path)
        await second.start()  # a link that does not come up keeps nobody waiting
        stage = Stage(second, platform, time)
        assert stage.phase("c1") == "offered"  # it may have been answered: who knows
        await time.run(11)
        assert {stage.phase(it) for it in ("c1", "c2")} == {"suspended"}
        await second.agent("ana").ready()  # time goes on, and nobody is offered anything
        assert stage.activity("ana") == "idle"
        await second.stop()

    asyncio.run(whole())


def test_a_platform_that_restarted_with_us_uses_the_same_id_for_another_caller(
    tmp_path: Path,
) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        async with host_on(platform, time, path) as first:
            stage = Stage(first, platform, time)
            await stage.call("1", customer="who waited")
        platform.callers.clear()
        platform.epoch += 1
        platform.call("1", queue="billing", customer="somebody else")
        async with host_on(platform, time, path) as second:
            await settle()
            assert Stage(second, platform, time).phase("1") == "closed"
            (waiting,) = second.supervise().waiting()
            assert second.router().story(waiting.contact).customer == "somebody else"

    asyncio.run(whole())


def test_a_link_that_is_gone_takes_its_contacts_with_it(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        async with host_on(platform, time, path) as first:
            stage = Stage(first, platform, time)
            await stage.staff("ana")
            await stage.talk("c1", "ana")
            await stage.call("c2")
        other = Host(
            Router(Plan.from_toml(PLAN), clock=time),
            adapters={"office": PlatformAdapter(platform)},
            settings=SETTINGS,
            time=time,
            snapshot=path,
        )
        async with other:
            await settle()
            seen = [it.contact for it in other.supervise().waiting()]
            assert "pbx:c2" not in seen
            talking = [it.contact for it in other.supervise().talking()]
            assert talking == ["office:c1"]

    asyncio.run(whole())


def test_a_start_that_fails_leaves_the_state_and_no_task(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        async with host_on(platform, time, path) as first:
            await Stage(first, platform, time).call("c1")
        before = path.read_bytes()
        wrong = Host({"typo": Router(Plan.from_toml(PLAN))}, time=time, snapshot=path)
        with pytest.raises(ConfigError):
            await wrong.start()
        await wrong.stop()
        assert path.read_bytes() == before
        left = [it for it in asyncio.all_tasks() if it is not asyncio.current_task()]
        assert left == []

    asyncio.run(whole())


def test_a_stop_goes_on_when_nobody_waits_for_it(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        host = host_on(platform, time, path)
        await host.start()
        screen = host.agent("ana").events()
        await anext(screen)
        stopping = asyncio.ensure_future(host.stop())
        await asyncio.sleep(0)
        stopping.cancel()
        await host.stop()
        assert path.exists()
        assert platform.sink is None
        with pytest.raises(StopAsyncIteration):  # screens are told no more
            await anext(screen)

    asyncio.run(whole())


def test_a_journal_that_outlives_the_file_closes_the_window(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        journal = MemoryJournal()

        def host() -> Host:
            return Host(
                Router(Plan.from_toml(PLAN), clock=time),
                adapters=[PlatformAdapter(platform)],
                settings=SETTINGS,
                time=time,
                snapshot=path,
                journal=journal,
            )

        first = host()
        await first.start()
        stage = Stage(first, platform, time)
        await first.save()
        await stage.staff("ana")  # after the last save: only the journal has it
        await stage.talk("c1", "ana")
        before = first.router().state_hash()
        await die(first)
        async with host() as second:
            assert second.router().state_hash() == before
            assert second.router().explain_agent("ana").availability == "ready"
            await second.agent("ana").pause("tea")

    asyncio.run(whole())


def test_who_began_to_talk_since_the_file_was_written_is_not_parked(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, journal = ManualTime(), Platform(), MemoryJournal()
        path = tmp_path / "state"
        first = host_on(platform, time, path, journal=journal)
        await first.start()
        stage = Stage(first, platform, time)
        await stage.staff("ana")
        await first.save()
        await stage.talk("c1", "ana")
        await die(first)
        platform.sink = None
        async with host_on(platform, time, path, journal=journal) as second:
            await settle()
            assert platform.callers["c1"].agent == "ana"
            assert Stage(second, platform, time).phase("c1") == "engaged"

    asyncio.run(whole())


def test_two_processes_do_not_share_a_file(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from ccroute import Plan, Router\n"
        "from ccroute.host import Host\n"
        "async def main():\n"
        "    async with Host(Router(Plan.from_toml('[queues.q]')), snapshot=sys.argv[1]):\n"
        "        print('works', flush=True)\n"
        "        sys.stdin.readline()\n"
        "asyncio.run(main())\n"
    )
    path = tmp_path / "state"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "works\n"
    with pytest.raises(ConfigError, match="in use by another host"):
        asyncio.run(Host(Router(Plan.from_toml(PLAN)), snapshot=path).start())
    child.communicate("\n", timeout=20)
    assert child.returncode == 0


def test_two_hosts_of_one_process_do_not_share_a_file(tmp_path: Path) -> None:
    async def whole() -> None:
        time, path = ManualTime(), tmp_path / "state"
        async with host_on(Platform(), time, path):
            with pytest.raises(ConfigError, match="in use by another host"):
                await host_on(Platform(), time, path).start()
        async with host_on(Platform(), time, path):  # given up, it is free
            pass
        with pytest.raises(ConfigError, match="no name of a file"):
            await host_on(Platform(), time, tmp_path / "a\0b").start()

    asyncio.run(whole())


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("answered", [True, False])
def test_an_agent_whose_sign_in_was_lost_is_known_by_the_phone_that_rings(
    answered: bool, signed_in: bool, tmp_path: Path
) -> None:
    plan = PLAN + '[agents.ana]\nqueues = ["billing"]\n[agents.ben]\nqueues = ["billing"]\n'

    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        first = host_on(platform, time, path, plan)
        await first.start()
        stage = Stage(first, platform, time)
        if not signed_in:
            await first.save()
        await stage.staff("ana")
        if signed_in:
            await first.save()
        await stage.call("c1")
        await die(first)
        platform.sink = None
        if answered:
            platform.answer("ana")
        await time.run(2)
        async with host_on(platform, time, path, plan) as second:
            stage = Stage(second, platform, time)
            await settle()
            if not answered:
                platform.answer("ana")
                await settle()
            assert stage.phase("c1") == "engaged"
            assert platform.callers["c1"].agent == "ana"
            assert rung(platform) == [("c1", "ana")]
            assert second.router().explain_agent("ana").availability == "ready"
            assert path.stat().st_mode & 0o077 == 0  # names of customers are in it

    asyncio.run(whole())
