"""What is asked is written down first, in order, by its owner only, and can be played again."""

import asyncio
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.host.stage import PLAN, Stage, play

from ccroute import (
    ConfigError,
    DataUnavailable,
    Enqueue,
    Link,
    ManualClock,
    NewContact,
    Observed,
    Plan,
    Ready,
    Reconcile,
    Rejected,
    Requirement,
    Router,
    SetPlan,
    SetScores,
    SignIn,
    SignOut,
)
from ccroute.host import Host
from ccroute.journal import (
    Checkpoint,
    Entry,
    Fenced,
    MemoryJournal,
    entry_from_json,
    entry_to_json,
)
from ccroute.testing import LoopbackAdapter, LoopbackPlatform, ManualTime

VALUES = st.one_of(st.text(max_size=5), st.booleans(), st.integers(-(2**40), 2**40))
NAMES = st.text(min_size=1, max_size=5)
TABLES = st.dictionaries(NAMES, VALUES, max_size=3)
CONTACTS = st.builds(
    NewContact,
    contact=NAMES,
    queue=st.none() | NAMES,
    attributes=st.none() | TABLES,
    preferred=st.none() | st.lists(NAMES, max_size=2) | st.dictionaries(NAMES, st.integers(0, 9)),
    excluded=st.none() | st.dictionaries(NAMES, st.none() | st.floats(0, 9), max_size=2),
    entered_at=st.none() | st.floats(0, 2e9),
    requirement=st.none() | st.builds(Requirement, all_of=st.dictionaries(NAMES, st.just(3))),
)
COMMANDS = st.one_of(
    st.builds(Ready, agent=NAMES),
    st.builds(
        SignIn,
        agent=NAMES,
        queues=st.none()
        | st.lists(NAMES, max_size=2)
        | st.dictionaries(NAMES, st.builds(Link, rank=st.integers(0, 9)), max_size=2),
        labels=st.none() | TABLES,
    ),
    CONTACTS.map(lambda it: Enqueue(**{name: getattr(it, name) for name in it.__slots__[:14]})),
    st.builds(
        Reconcile,
        observed=st.lists(st.builds(Observed, contact=NAMES, known=st.none() | CONTACTS)),
        among=st.none() | st.tuples(NAMES, VALUES),
    ),
    st.builds(
        SetScores,
        table=NAMES,
        scores=st.dictionaries(NAMES, st.dictionaries(NAMES, st.floats(-9, 9), max_size=2)),
        expires=st.floats(0, 2e9),
    ),
    st.just(SetPlan(plan=Plan.from_toml(PLAN))),
)


@given(
    command=COMMANDS,
    at=st.floats(0, 2e9),
    who=st.none() | NAMES,
    command_id=st.none() | NAMES,
)
def test_an_entry_comes_back_as_it_was(
    command: Ready, at: float, who: str | None, command_id: str | None
) -> None:
    entry = Entry(sequence=3, at=at, command=command, command_id=command_id, actor=who, reason=who)
    text = entry_to_json(entry)
    assert "\n" not in text
    assert entry_from_json(text) == entry


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"n":1}', '{"n":1,"at":0,"ask":"fly","with":{}}', "null",
             '{"n":1,"at":0,"ask":"ready","with":{"agent":{"is":"Bomb","with":{}}}}']
)  # fmt: skip
def test_what_is_no_entry_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="no entry of a journal"):
        entry_from_json(text)


def entries(*numbers: int) -> list[Entry]:
    return [Entry(sequence=it, at=float(it), command=Ready(agent="ana")) for it in numbers]


def test_the_log_fences_who_is_not_the_owner() -> None:
    async def whole() -> None:
        journal = MemoryJournal()
        first = (await journal.lease("acme")).epoch
        await journal.append("acme", entries(1, 2), expected=0, epoch=first)
        second = (await journal.lease("acme")).epoch
        assert second > first
        for wrong in (
            journal.append("acme", entries(3), expected=2, epoch=first),
            journal.append("acme", entries(3), expected=1, epoch=second),
            journal.append("other", entries(1), expected=0, epoch=1),
        ):
            with pytest.raises(Fenced):
                await wrong
        with pytest.raises(ConfigError, match="without gaps"):
            await journal.append("acme", entries(4), expected=2, epoch=second)
        await journal.append("acme", entries(3), expected=2, epoch=second)
        assert [it.sequence async for it in journal.read("acme", after=1)] == [2, 3]

    asyncio.run(whole())


def test_the_log_keeps_its_window_and_little_more() -> None:
    async def whole() -> None:
        journal = MemoryJournal(window=10.0)
        epoch = (await journal.lease("acme")).epoch
        for number in range(1, 101):
            await journal.append("acme", entries(number), expected=number - 1, epoch=epoch)
            if number % 4 == 0:
                await journal.save(
                    "acme",
                    Checkpoint(
                        sequence=number, at=float(number), epoch=epoch, state=b"", state_hash=""
                    ),
                )
        kept = list(await journal.checkpoints("acme"))
        assert [it.sequence for it in kept] == [88, 92, 96, 100]
        assert (await anext(journal.read("acme", after=88))).sequence == 89
        with pytest.raises(DataUnavailable, match="no longer kept"):
            _ = [it async for it in journal.read("acme", after=0)]
        with pytest.raises(ConfigError):
            MemoryJournal(window=0.0)

    asyncio.run(whole())


def test_a_hosts_log_plays_again_to_the_same_hash() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana", "ben")
        await stage.talk("c1", "ana")
        await stage.call("c2")
        with pytest.raises(Rejected):
            await stage.host.agent("zed").ready()
        stage.platform.cut()
        await stage.time.run(20)
        stage.platform.mend()
        await stage.time.run(40)
        stage.platform.hang_up("c1")
        await stage.time.run(40)
        journal = stage.host.journal
        first, *_ = await journal.checkpoints("main")
        router = Router.restore(first.state, clock=ManualClock(0.0))
        assert router.state_hash() == first.state_hash
        count = 0
        async for entry in journal.read("main", after=first.sequence):
            again = entry_from_json(entry_to_json(entry))
            count += 1
            with suppress(Rejected):
                router.apply(again.command, envelope=again.envelope, at=again.at)
        assert count > 20
        assert router.state_hash() == stage.host.router().state_hash()

    play(scenario)


def test_nothing_is_done_before_it_is_durable() -> None:
    class Slow(MemoryJournal):
        held: asyncio.Event | None = None

        async def append(self, *args: object, **more: object) -> None:
            if self.held is not None:
                await self.held.wait()
            await super().append(*args, **more)  # type: ignore[arg-type]

    async def whole() -> None:
        journal = Slow()
        router = Router(Plan.from_toml(PLAN))
        async with Host(router, journal=journal, time=ManualTime()) as host:
            await host.agent("ana").sign_in(queues=["billing"])
            journal.held = asyncio.Event()
            asked = asyncio.ensure_future(host.agent("ana").ready())
            await asyncio.sleep(0.01)
            assert host.router().explain_agent("ana").availability == "not_ready"
            assert not asked.done()
            journal.held.set()
            await asked
            assert host.router().explain_agent("ana").availability == "ready"

    asyncio.run(whole())


def test_who_lost_the_lease_stops_at_once() -> None:
    async def whole() -> None:
        journal = MemoryJournal()
        router = Router(Plan.from_toml(PLAN))
        async with Host(router, journal=journal, time=ManualTime()) as host:
            await host.apply(SignIn(agent="ana"), actor="test")
            await journal.lease("main")  # somebody else takes over
            with pytest.raises(Fenced):
                await host.apply(SignOut(agent="ana"), actor="test")
            assert host.router().explain_agent("ana").availability == "not_ready"
            assert not host.health().alive

    asyncio.run(whole())


def test_entries_are_plain_json() -> None:
    (entry,) = entries(1)
    assert json.loads(entry_to_json(entry)) == {
        "n": 1, "at": 1.0, "ask": "ready", "with": {"agent": "ana"},
    }  # fmt: skip


def test_who_waits_after_a_gap_is_made_durable_together() -> None:
    class Counting(MemoryJournal):
        appends = 0

        async def append(self, *args: object, **more: object) -> None:
            self.appends += 1
            await super().append(*args, **more)  # type: ignore[arg-type]

    async def whole() -> None:
        platform = LoopbackPlatform()
        for number in range(1_000):
            platform.call(f"c{number}", queue="billing")
        journal, time = Counting(), ManualTime()
        router = Router(Plan.from_toml(PLAN), clock=time)
        host = Host(router, adapters=[LoopbackAdapter(platform)], journal=journal, time=time)
        async with host:
            waiting = [it.contact for it in host.supervise().waiting()]
            assert waiting == [f"pbx:c{number}" for number in range(1_000)]
            assert journal.appends < 40

    asyncio.run(whole())
