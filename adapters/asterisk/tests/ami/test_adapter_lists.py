"""What the observing adapter knows by lists and logs, where no event told it."""

import asyncio
from pathlib import Path

from adapters.asterisk.tests.ami.scripted_ami import Manager
from adapters.asterisk.tests.ami.watching import JOIN, played, until, watching

from ccroute import AgentSignedIn
from ccroute.adapters import (
    Gap,
    LinkDown,
    LinkUp,
)


def test_a_member_list_tells_who_is_signed_in_and_paused() -> None:
    async def scene(manager: Manager) -> None:
        member = {"Event": "QueueMember", "Queue": "sales", "Status": 1, "Paused": 0}
        manager.listed = [
            member | {"Name": "Ana", "Location": "PJSIP/301"},
            member | {"Name": "Bea", "Location": "PJSIP/302", "Paused": 1, "PausedReason": "lunch"},
        ]
        async with watching(manager) as watched:
            told = [(it.kind, it.agent, it.reason) for it in watched.events()]
            assert ("agent_ready", "Ana", None) in told
            assert ("agent_not_ready", "Bea", "lunch") in told
            signed_in = [it for it in watched.events() if isinstance(it, AgentSignedIn)]
            assert [it.queues for it in signed_in] == [None, None]  # plain values, for a journal
            manager.listed = manager.listed[:1]
            manager.event("Reload", Module="app_queue.so")
            await until(lambda: "agent_signed_out" in watched.kinds())

    played(scene)


def test_what_no_event_told_is_seen_in_the_next_list() -> None:
    async def scene(manager: Manager) -> None:
        async with watching(manager, sweep=0.2) as watched:
            came = manager.now() - 9
            manager.listed = [
                {"Event": "QueueMember", "Queue": "sales", "Name": "Ana", "Location": "PJSIP/301"},
                {"Event": "QueueEntry", "Queue": "sales", "Uniqueid": "u.1",
                 "Wait": lambda: int(manager.now() - came)},
            ]  # fmt: skip
            await until(lambda: "contact_queued" in watched.kinds())
            assert {"agent_signed_in", "agent_ready", "agent_device"} < set(watched.kinds())
            assert (await watched.counters())["corrected"] == 3
            manager.listed = manager.listed[:1]
            await until(lambda: "contact_left" in watched.kinds())
            assert watched.events()[-1].cause == "reconciled"
            assert not watched.signals(LinkDown)

    played(scene)


def test_a_clock_that_is_set_back_makes_nobody_leave() -> None:
    async def scene(manager: Manager) -> None:
        came = manager.now() - 60
        async with watching(manager, sweep=0.2, ping=1000.0) as watched:
            manager.event("QueueCallerJoin", **JOIN, Timestamp=f"{came:.6f}")
            await until(lambda: watched.kinds() == ["contact_queued"])
            manager.listed = [
                {"Event": "QueueEntry", "Queue": "sales", "Uniqueid": "u.1",
                 "Wait": lambda: int(manager.now() - came)},
            ]  # fmt: skip
            manager.ahead = -10.0
            asked = len(manager.asked)
            lists = lambda: [it["Action"] for it in manager.asked[asked:]].count("QueueStatus")  # noqa: E731
            await until(lambda: lists() >= 2)
            assert watched.kinds() == ["contact_queued"]
            assert "corrected" not in await watched.counters()

    played(scene)


def test_a_list_that_is_refused_by_now_costs_the_link() -> None:
    async def scene(manager: Manager) -> None:
        async with watching(manager, sweep=0.2) as watched:
            manager.denied = {"QueueStatus"}
            await until(lambda: bool(watched.signals(LinkDown)))
            (down, *_) = watched.signals(LinkDown)
            assert isinstance(down, LinkDown)
            assert "no QueueStatus: Permission denied" in down.reason
            manager.denied = set()
            await until(lambda: len(watched.signals(LinkUp)) == 2)

    played(scene)


def test_a_bookmark_is_up_to_date_also_when_nothing_more_comes(tmp_path: Path) -> None:
    async def scene(manager: Manager) -> None:
        mark = tmp_path / "bookmark"
        async with watching(manager, bookmark=str(mark)) as watched:
            manager.event("QueueCallerJoin", **JOIN)
            manager.event("QueueCallerJoin", **JOIN | {"Uniqueid": "u.2"})  # right behind it
            await until(lambda: mark.exists() and "u.2" in mark.read_text())
            assert "u.1" in mark.read_text()
            assert len(watched.events()) == 2

    played(scene)


def test_a_host_that_is_started_again_tells_what_it_missed_and_nothing_twice(
    tmp_path: Path,
) -> None:
    """By the log, from where its bookmark is."""

    async def scene(manager: Manager) -> None:
        log, mark = tmp_path / "queue_log", tmp_path / "bookmark"
        log.touch()
        more = {"queue_log": str(log), "bookmark": str(mark)}
        told: list[tuple[str, str | None]] = []
        for number in range(2):
            async with watching(manager, **more) as watched:
                manager.event("QueueCallerJoin", **JOIN | {"Uniqueid": f"u.{number}"})
                await until(lambda: "contact_queued" in watched.kinds())
                at = int(watched.events()[-1].at)
                told += [(it.kind, it.contact) for it in watched.events()]
            with log.open("a") as file:
                file.write(f"{at}|u.{number}|sales|NONE|ENTERQUEUE||1|1\n")
                if not number:
                    file.write(f"{at}|u.{number}|sales|NONE|ABANDON|1|1|0\n")
            await asyncio.sleep(2.1)
        assert told == [
            ("contact_queued", "u.0"), ("contact_abandoned", "u.0"), ("contact_queued", "u.1"),
        ]  # fmt: skip

    played(scene)


def test_a_log_that_cannot_be_read_is_counted_and_leaves_a_gap(tmp_path: Path) -> None:
    async def scene(manager: Manager) -> None:
        mark = str(tmp_path / "nowhere" / "bookmark")
        async with watching(manager, queue_log=str(tmp_path), bookmark=mark) as watched:
            manager.event("QueueCallerJoin", **JOIN)
            await until(lambda: watched.kinds() == ["contact_queued"])
            manager.cut()
            await until(lambda: len(watched.signals(LinkUp)) == 2)
            assert len(watched.signals(Gap)) == 1
            counters = await watched.counters()
            assert counters["unreadable_log"] >= 2
            assert counters["unwritten_bookmarks"] >= 1

    played(scene)


def test_a_log_that_calls_agents_by_their_phones_means_the_same_agents(tmp_path: Path) -> None:
    """As it does unless `log_membername_as_agent` is set."""

    async def scene(manager: Manager) -> None:
        began = int(manager.now()) - 100
        log = tmp_path / "queue_log"
        log.write_text(
            f"{began}|NONE|sales|PJSIP/301|ADDMEMBER|\n"
            f"{began + 1}|u.1|sales|NONE|ENTERQUEUE||1|1\n"
            f"{began + 5}|u.1|sales|PJSIP/301|CONNECT|4|u.2|2\n"
            f"{began + 9}|u.1|sales|PJSIP/301|COMPLETEAGENT|4|4|1\n"
        )
        manager.listed = [
            {"Event": "QueueMember", "Queue": "sales", "Name": "Ana", "Location": "PJSIP/301"}
        ]
        async with watching(manager, queue_log=str(log), history=3600.0) as watched:
            assert {event.agent for event in watched.events() if event.agent} == {"Ana"}
            assert watched.kinds().count("agent_signed_in") == 1
            assert "contact_released" in watched.kinds()

    played(scene)


def test_a_broken_link_is_a_gap_when_the_log_is_away(tmp_path: Path) -> None:
    async def scene(manager: Manager) -> None:
        async with watching(manager, queue_log=str(tmp_path / "no_such_log")) as watched:
            manager.cut()
            await until(lambda: len(watched.signals(LinkUp)) == 2)
            assert len(watched.signals(Gap)) == 1
            assert (await watched.counters())["unreadable_log"] > 0

    played(scene)
