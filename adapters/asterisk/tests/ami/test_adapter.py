"""The observing adapter and its accidents, on a manager that does what the test wants."""

import asyncio

import pytest
from adapters.asterisk.tests.ami.scripted_ami import SECRET, Manager, packet
from adapters.asterisk.tests.ami.watching import JOIN, Watched, played, until, watching

from ccroute import ConfigError, ContactRequeued, LinkError
from ccroute.adapters import (
    Gap,
    LinkDown,
    LinkUp,
    Park,
    PlatformSnapshot,
    Setting,
    SystemTime,
    Unmapped,
    Verdict,
)
from ccroute_asterisk.ami.adapter import ObserveAdapter
from ccroute_asterisk.ami.observer import Observer


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
