"""The observing adapter and its accidents, on a manager that does what the test wants."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from adapters.asterisk.tests.ami.scripted_ami import SECRET, Manager, packet

from ccroute import AgentSignedIn, ConfigError, ContactRequeued, Event, LinkError
from ccroute.adapters import (
    BoundedSink,
    Gap,
    LinkDown,
    LinkUp,
    Measured,
    Park,
    PlatformSnapshot,
    Setting,
    Signal,
    SystemTime,
    Unmapped,
    Verdict,
)
from ccroute_asterisk.ami.adapter import ObserveAdapter
from ccroute_asterisk.ami.observer import Observer

JOIN = {"Uniqueid": "u.1", "Queue": "sales", "Position": 1}


class Watched:
    def __init__(self, manager: Manager, room: int, more: dict[str, Setting]) -> None:
        settings: dict[str, Setting] = {
            "user": "ccroute", "password": SECRET, "port": manager.port, "look": 0.02,
            "ping": 0.1, "patience": 10.0, "longest_pause": 0.1,
        }  # fmt: skip
        self.adapter = ObserveAdapter("pbx", settings | more)
        self.sink = BoundedSink(room)
        self.told: list[Signal | PlatformSnapshot] = []

    def signals(self, kind: type[Signal]) -> list[Signal]:
        self.told += self.sink.take(100_000)
        return [it for it in self.told if isinstance(it, kind)]

    def events(self) -> list[Event]:
        return [it.event for it in self.signals(Measured) if isinstance(it, Measured)]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events()]

    async def counters(self) -> dict[str, int]:
        return dict((await self.adapter.probe()).counters)


@asynccontextmanager
async def watching(
    manager: Manager, *, room: int = 10_000, **more: Setting
) -> AsyncIterator[Watched]:
    watched = Watched(manager, room, more)
    await watched.adapter.open(watched.sink, SystemTime())
    try:
        yield watched
    finally:
        await watched.adapter.close(1.0)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # a socket
            await asyncio.sleep(0.01)


def played(scene: Callable[[Manager], Awaitable[None]]) -> None:
    async def play() -> None:
        async with Manager() as manager:
            await scene(manager)

    asyncio.run(play())


def test_it_comes_up_with_a_snapshot_that_holds_no_contact() -> None:
    async def scene(manager: Manager) -> None:
        async with watching(manager) as watched:
            assert len(watched.signals(LinkUp)) == 1
            (snapshot,) = [it for it in watched.told if isinstance(it, PlatformSnapshot)]
            assert (snapshot.contacts, snapshot.complete) == ((), True)
            assert watched.adapter.info.observes
            filters = [it for it in manager.asked if it["Action"] == "Filter"]
            assert any(it.get("Filter") == "QUEUESTATUS" for it in filters)
            assert all(SECRET not in str(it) for it in manager.asked)
        assert manager.writers[0].is_closing() or await _is_closed(manager)

    played(scene)


async def _is_closed(manager: Manager) -> bool:
    await asyncio.sleep(0.05)
    return manager.writers[0].transport.is_closing()


def test_a_broken_link_comes_back_by_itself_with_a_gap() -> None:
    async def scene(manager: Manager) -> None:
        async with watching(manager) as watched:
            manager.event("QueueCallerJoin", **JOIN)
            await until(lambda: watched.kinds() == ["contact_queued"])
            manager.closed = True
            manager.cut()
            tried = manager.tries
            await until(lambda: manager.tries > tried + 2 and bool(watched.signals(LinkDown)))
            assert not (await watched.adapter.probe()).up
            with pytest.raises(LinkError):
                await watched.adapter.snapshot()
            manager.closed = False
            await until(lambda: len(watched.signals(LinkUp)) == 2)
            (gap,) = watched.signals(Gap)
            assert isinstance(gap, Gap)
            assert gap.since <= gap.until
            # The list that it asked for has no caller: gone, when and how nobody knows.
            await until(lambda: "contact_left" in watched.kinds())
            assert watched.events()[-1].cause == "reconciled"

    played(scene)


def test_a_link_that_looks_well_and_carries_nothing_is_given_up() -> None:
    async def scene(manager: Manager) -> None:
        async with watching(manager, patience=0.4) as watched:
            manager.silent = True  # and nothing was ever heard but answers
            await until(lambda: bool(watched.signals(LinkDown)))
            given_up = SystemTime().now()
            (first, *_) = watched.signals(LinkDown)
            assert isinstance(first, LinkDown)
            assert first.reason == "Asterisk does not answer"
            manager.silent = False
            await until(lambda: len(watched.signals(LinkUp)) == 2)
            (gap,) = watched.signals(Gap)
            assert isinstance(gap, Gap)
            # It may have been deaf since the last answer before the one that was given up.
            assert gap.since <= given_up - 0.4

    played(scene)


def test_a_restart_is_another_epoch_and_ends_what_was_there() -> None:
    async def scene(manager: Manager) -> None:
        async with watching(manager) as watched:
            manager.event("QueueCallerJoin", **JOIN)
            await until(lambda: watched.kinds() == ["contact_queued"])
            await asyncio.sleep(1.6)  # Asterisk tells its uptime in whole seconds
            manager.uptime = 0
            manager.cut()
            await until(lambda: len(watched.signals(LinkUp)) == 2)
            before, after = watched.signals(LinkUp)
            assert isinstance(before, LinkUp)
            assert isinstance(after, LinkUp)
            assert after.epoch > before.epoch
            await until(lambda: "contact_left" in watched.kinds())
            assert watched.events()[-1].cause == "failed"

    played(scene)


def test_one_that_was_only_starting_is_asked_again_when_it_is_there() -> None:
    async def scene(manager: Manager) -> None:
        manager.booting = True
        async with watching(manager) as watched:
            assert [it.epoch for it in watched.signals(LinkUp) if isinstance(it, LinkUp)] == [0]
            manager.booting, manager.uptime = False, 0
            manager.event("FullyBooted", Uptime=0)
            await until(lambda: len(watched.signals(LinkUp)) == 2)
            *_, up = watched.signals(LinkUp)
            assert isinstance(up, LinkUp)
            assert abs(up.epoch - manager.now()) < 20

    played(scene)


def test_without_room_the_link_is_cut_and_nothing_is_lost() -> None:
    async def scene(manager: Manager) -> None:
        async with watching(manager, room=3) as watched:
            for number in range(8):
                manager.event("QueueCallerJoin", **JOIN | {"Uniqueid": f"u.{number}"})
                manager.listed.append(
                    {"Event": "QueueEntry", "Queue": "sales", "Uniqueid": f"u.{number}", "Wait": 0}
                )
            await until(lambda: sorted(it.contact or "" for it in watched.events()) == [
                f"u.{number}" for number in range(8)
            ])  # fmt: skip
            assert (await watched.counters())["overflows"] >= 1
            assert set(watched.kinds()) == {"contact_queued"}

    played(scene)


def test_a_clock_that_is_wrong_by_an_hour_changes_no_length_of_time() -> None:
    async def scene(manager: Manager) -> None:
        manager.ahead = 3600.0
        async with watching(manager) as watched:
            now = SystemTime().now()
            manager.event("QueueCallerJoin", **JOIN)
            of = {**JOIN, "DestUniqueid": "l.1", "MemberName": "Ana", "Interface": "SIP/1"}
            manager.event("AgentCalled", **of)
            manager.event("AgentRingNoAnswer", **of, RingTime=0)
            await asyncio.sleep(0.2)
            manager.event("QueueCallerAbandon", **JOIN, HoldTime=0)
            manager.event("Hangup", Uniqueid="u.1", Cause=16)
            await until(lambda: "contact_abandoned" in watched.kinds())
            queued, requeued, abandoned = (
                it for it in watched.events() if it.kind.startswith("contact_")
            )
            assert isinstance(requeued, ContactRequeued)
            assert abs(queued.at - now) < 2
            assert abs(requeued.since - now) < 2
            assert 0.1 < abandoned.at - queued.at < 2

    played(scene)


def test_what_comes_early_without_a_time_of_its_own_has_that_of_its_arrival(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As without `timestampevents`; the clock is wrong by an hour on top."""

    async def scene(manager: Manager) -> None:
        answer = manager._answer

        def answer_and_more(writer: asyncio.StreamWriter, asked: dict[str, str]) -> None:
            answer(writer, asked)
            if asked["Action"] == "QueueStatus":
                writer.write(packet({"Event": "QueueCallerJoin"} | JOIN))

        monkeypatch.setattr(manager, "_answer", answer_and_more)
        manager.ahead = 3600.0
        now = SystemTime().now()
        async with watching(manager) as watched:
            (queued,) = watched.events()
            assert abs(queued.at - now) < 20

    played(scene)


def test_nothing_that_comes_breaks_it() -> None:
    async def scene(manager: Manager) -> None:
        async with watching(manager) as watched:
            manager.say(b"\xff\xfe\x00 no packet\r\n\r\n")
            manager.say(b"Event: QueueCallerJoin\r\nUniqueid: \xe9\xff\r\nQueue: \xf1\r\n\r\n")
            manager.say(b"Event: QueueCallerJoin\r\n\r\n")
            manager.say(b"Event: AgentConnect\r\nTimestamp: never\r\nHoldTime: -7\r\n\r\n")
            manager.say(b"Event: Hangup\r\nUniqueid: u.1\r\nUniqueid: u.2\r\nCause: x\r\n\r\n")
            manager.say(b"Key: " + b"x" * (3 << 20) + b"\r\n\r\n")
            for _ in range(3):
                manager.event("AnEventOfTheFuture", Uniqueid="u.9")
            manager.event("QueueCallerJoin", **JOIN)
            await until(lambda: "u.1" in {event.contact for event in watched.events()})
            assert not watched.signals(LinkDown)
            counters = await watched.counters()
            assert (counters["malformed"], counters["oversized"]) == (1, 1)
            assert [getattr(it, "what", "") for it in watched.signals(Unmapped)] == [
                "AnEventOfTheFuture"
            ]
            assert "\\xe9\\xff" in {event.contact for event in watched.events()}

    played(scene)


def test_a_defect_in_reading_breaks_the_link_and_deafens_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene(manager: Manager) -> None:
        async with watching(manager) as watched:
            with monkeypatch.context() as defect:
                defect.setattr(Observer, "hear", lambda *given: 1 / 0)
                manager.event("QueueCallerJoin", **JOIN)
                await until(lambda: bool(watched.signals(LinkDown)))
            await until(lambda: len(watched.signals(LinkUp)) == 2)
            manager.event("QueueCallerJoin", **JOIN)
            await until(lambda: watched.kinds() == ["contact_queued"])

    played(scene)


def test_a_defect_in_watching_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(manager: Manager) -> None:
        async with watching(manager) as watched:
            monkeypatch.setattr(Observer, "advance", lambda *given: 1 / 0)
            await until(lambda: bool(watched.signals(LinkDown)))
            (down,) = watched.signals(LinkDown)
            assert isinstance(down, LinkDown)
            assert down.final
            assert down.reason == "ZeroDivisionError in the adapter"

    played(scene)


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


@pytest.mark.parametrize(
    ("banner", "told"),
    [
        (b"Asterisk Call Manager/2.8.0\r\n", "too old: use Asterisk 16 or later"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no Asterisk manager, give its port"),
    ],
)
def test_who_greets_in_another_way_is_refused(banner: bytes, told: str) -> None:
    async def scene(manager: Manager) -> None:
        manager.banner = banner
        with pytest.raises(ConfigError, match=told):
            async with watching(manager):
                pass

    played(scene)


def test_a_wrong_secret_is_told_once_and_shown_nowhere() -> None:
    async def scene(manager: Manager) -> None:
        wrong = "wrong-secret"
        watched = Watched(manager, 10, {"password": wrong})
        with pytest.raises(ConfigError, match=r"Authentication failed.*manager\.conf") as raised:
            await watched.adapter.open(watched.sink, SystemTime())
        await asyncio.sleep(0.3)
        assert manager.tries == 1
        assert wrong not in f"{raised.value!r} {watched.adapter!r} {vars(watched.adapter)!r}"
        await watched.adapter.close(0.0)
        await watched.adapter.close(0.0)

    played(scene)


def test_an_older_asterisk_gets_one_pattern_and_one_that_denies_filters_none() -> None:
    async def scene(manager: Manager) -> None:
        manager.denied = {"Filter", "CoreShowChannels"}
        async with watching(manager) as watched:
            counters = await watched.counters()
            assert (counters["unfiltered"], counters["no_channels"]) == (1, 1)
            assert sum(it["Action"] == "Filter" for it in manager.asked) == 1

    played(scene)


def test_a_broken_link_is_a_gap_when_the_log_is_away(tmp_path: Path) -> None:
    async def scene(manager: Manager) -> None:
        async with watching(manager, queue_log=str(tmp_path / "no_such_log")) as watched:
            manager.cut()
            await until(lambda: len(watched.signals(LinkUp)) == 2)
            assert len(watched.signals(Gap)) == 1
            assert (await watched.counters())["unreadable_log"] > 0

    played(scene)


def test_it_is_given_nothing_to_do() -> None:
    async def scene(manager: Manager) -> None:
        async with watching(manager) as watched:
            park = Park(id="1", deadline=2e9, tenant="main", contact="u.1", queue="sales")
            outcome = await watched.adapter.execute(park)
            assert (outcome.verdict, outcome.failure) == (Verdict.FAILED, "unsupported")

    played(scene)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"port": 0}, "port is 0"),
        ({"ping": 0.0}, "ping is 0.0: give more than 0"),
        ({"history": 60.0}, "history without a queue_log"),
        ({"host": "a\0b"}, "is no name of a host"),
        ({"host": "a" * 70}, "is no name of a host"),
        ({"host": ".."}, "is no name of a host"),
        ({"host": ""}, "is no name of a host"),
        ({"user": "a\r\nAction: Command"}, "user: .* has a control character in it"),
        ({"queue_log": "a\0b"}, "queue_log: .* has a control character in it"),
        ({"sweep": 0.0}, "sweep is 0.0: give more than 0"),
        ({"pasword": "x"}, "no setting 'pasword'"),
        ({"mode": "control"}, "mode"),
    ],
)
def test_settings_that_cannot_be(setting: dict[str, Setting], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        ObserveAdapter("pbx", {"user": "u", "password": "p", **setting})
