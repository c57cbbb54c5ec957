"""Waiting customers are told their place and their wait, now and then, and only while they wait."""

import asyncio
from pathlib import Path

import attrs
import pytest
from tests.host.stage import SETTINGS, Stage, play

from ccroute import ConfigError, Plan, Router
from ccroute.adapters import Announce, Connect, Outcome, done, failed, unknown
from ccroute.host import Announcement, Host, TenantSettings
from ccroute.testing import TELEPHONE, LoopbackAdapter, LoopbackPlatform, ManualTime, settle

PLAN = """
[queues.billing]
wrap_up = { mode = "none" }
offer = { timeout = "15s" }
[queues.quiet]
"""


def telling(**rule: object) -> TenantSettings:
    given = {"prompt": "place", "after": 10.0, "every": 30.0, **rule}
    return attrs.evolve(SETTINGS, announcements={"billing": Announcement(**given)})  # type: ignore[arg-type]


def told(stage: Stage, contact: str | None = None) -> list[tuple[str, dict[str, object]]]:
    return [
        (it.contact, dict(it.values or {}))
        for it in stage.platform.told
        if isinstance(it, Announce) and contact in {None, it.contact}
    ]


def test_who_waits_is_told_after_some_seconds_and_then_every_so_many() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1")
        await stage.time.run(9)
        assert told(stage) == []
        await stage.time.run(2)
        assert told(stage) == [("c1", {"position": 1})]
        await stage.time.run(28)
        assert len(told(stage)) == 1
        await stage.time.run(2)
        assert len(told(stage)) == 2
        await stage.time.run(60)
        assert len(told(stage)) == 4
        assert stage.host.health().tenants["main"].counters["announced"] == 4
        stage.platform.hang_up("c1")
        await stage.time.run(120)
        assert len(told(stage)) == 4

    play(scenario, plan=PLAN, settings=telling())


def test_the_place_is_the_true_one() -> None:
    async def scenario(stage: Stage) -> None:
        for number in range(3):
            await stage.call(f"c{number}")
        await stage.time.run(11)
        assert told(stage) == [(f"c{it}", {"position": it + 1}) for it in range(3)]
        stage.platform.hang_up("c0")
        await stage.time.run(30)
        assert told(stage)[3:] == [("c1", {"position": 1}), ("c2", {"position": 2})]

    play(scenario, plan=PLAN, settings=telling())


def test_the_wait_is_told_where_it_is_known() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        for number in range(4):
            await stage.call(f"c{number}")
        for number in range(3):
            stage.platform.answer("ana")
            await stage.time.run(40)
            stage.platform.hang_up(f"c{number}")
            await settle()
        stage.platform.refuse("ana", "no_answer")
        await stage.time.run(40)
        (_, values) = told(stage, "c3")[-1]
        expected = stage.host.router().wait("pbx:c3").expected
        assert expected is not None
        assert values["position"] == 1
        assert isinstance(values["wait"], int)
        assert 0 < values["wait"] <= 120

    play(scenario, plan=PLAN, settings=telling())


def test_nobody_is_told_while_a_phone_rings_or_they_are_joined_or_speak() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        await stage.time.run(12)  # it would be due
        assert stage.phase("c1") == "offered"
        assert told(stage) == []
        stage.platform.refuse("ana", "no_answer")
        await stage.time.run(5)
        assert len(told(stage)) == 1  # in its next turn
        await stage.host.agent("ana").ready()
        await settle()
        stage.platform.answers = lambda it: done() if isinstance(it, Connect) else None
        stage.platform.answer("ana")
        await settle()
        assert stage.phase("c1") == "connecting"
        await stage.time.run(4)
        assert len(told(stage)) == 1

    play(scenario, plan=PLAN, settings=telling(every=5.0))


def test_it_is_off_unless_asked_for_by_queue_and_platform() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1")
        await stage.call("c2", queue="quiet")
        await stage.time.run(60)
        assert told(stage, "c2") == []

    play(scenario, plan=PLAN)
    played = play(scenario, plan=PLAN, settings=telling())
    assert len(told(played)) == 2
    can = [it for it in TELEPHONE if it != "announce"]
    assert told(play(scenario, plan=PLAN, settings=telling(), capabilities=can)) == []


def test_many_are_told_at_the_pace_that_others_bear() -> None:
    async def scenario(stage: Stage) -> None:
        for number in range(100):
            stage.platform.call(f"c{number}", queue="billing")
        await settle(400)  # each has a turn of its own
        await stage.time.run(10.05)
        assert 0 < len(told(stage)) <= 40
        await stage.time.run(1)
        assert len(told(stage)) == 100
        assert len({contact for contact, _ in told(stage)}) == 100

    play(scenario, plan=PLAN, settings=telling())


@pytest.mark.parametrize("outcome", [failed("throttled", retry_after=1.0), unknown("no reply")])
def test_what_was_not_told_is_not_told_late(outcome: Outcome) -> None:
    async def scenario(stage: Stage) -> None:
        stage.platform.answers = lambda it: outcome if isinstance(it, Announce) else None
        await stage.call("c1")
        await stage.time.run(35)
        assert len(told(stage)) == 1
        assert stage.host.looked_up == 0

    play(scenario, plan=PLAN, settings=telling())


def test_who_waited_through_a_restart_is_told_on(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform = ManualTime(), LoopbackPlatform()

        def host() -> Host:
            return Host(
                Router(Plan.from_toml(PLAN), clock=time),
                adapters=[LoopbackAdapter(platform)],
                settings=telling(),
                time=time,
                snapshot=tmp_path / "state",
            )

        async with host() as first:
            await Stage(first, platform, time).call("c1")
        async with host() as second:
            await time.run(11)
            assert told(Stage(second, platform, time)) == [("c1", {"position": 1})]

    asyncio.run(whole())


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"prompt": ""}, "no `prompt`"),
        ({"every": 1.0}, "give 5 or more"),
        ({"every": float("nan")}, "give 5 or more"),
        ({"after": -1.0}, "give 0 or more"),
        ({"values": "mood"}, "no value 'mood'"),
    ],
)
def test_what_cannot_be_is_refused(rule: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        telling(**rule)


def test_announcements_for_no_queue_are_refused() -> None:
    rule = {"nowhere": Announcement(prompt="place")}
    with pytest.raises(ConfigError, match="announcements for 'nowhere'"):
        Host(Router(Plan.from_toml(PLAN)), settings=TenantSettings(announcements=rule))
