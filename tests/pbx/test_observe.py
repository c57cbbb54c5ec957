"""Observing a real Asterisk that keeps its own queues: AMI live, its queue_log, both."""

import asyncio

import pytest
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones
from tests.pbx.watching import PATIENCE, Watched, watching

from ccroute import Plan, Router
from ccroute.adapters import (
    Gap,
    LinkDown,
    LinkUp,
)
from ccroute.host import Host
from ccroute_asterisk.ami.adapter import ObserveAdapter
from ccroute_asterisk.ami.codec import Packet
from ccroute_asterisk.ami.observer import Observer


def test_every_way_out_of_a_queue_is_told_as_it_was(centre: Asterisk) -> None:
    async def watch() -> None:
        with Phones(centre) as phones:
            async with watching(centre) as watched:
                ask = asyncio.to_thread
                phones.agent("101", delay=0.1, talk=0.3)
                served = await ask(phones.call, "sales", context="queues")
                await ask(phones.wait_for, "gone", role="caller", ref=served)
                phones.agent("101", "wait")
                left = await ask(phones.call, "sales", context="queues")
                await ask(phones.wait_for, "rings", agent="101", ref=left)
                await ask(phones.hang_up, left)
                timed = await ask(phones.call, "sales", context="queues", QTIMEOUT="1")
                await ask(phones.wait_for, "queue over", ref=timed)
                keyed = await ask(phones.call, "fallback", context="queues", key="7", key_at=0.3)
                await ask(phones.wait_for, "gone", role="caller", ref=keyed)
                refused = await ask(phones.call, "strict", context="queues")
                await ask(phones.wait_for, "gone", role="caller", ref=refused)

                await watched.until(lambda: len(watched.of("contact_left")) == 2, "ways out")
                await watched.until(lambda: len(watched.of("contact_refused")) == 1, "a refusal")
                assert [(it.queue, it.cause) for it in watched.of("contact_left")] == [
                    ("sales", "timed_out"),
                    ("fallback", "exited_by_key"),
                ]
                (released,) = watched.of("contact_released")
                assert (released.agent, released.cause) == ("Agent 101", "agent")
                answered = phones.wait_for("answers", agent="101", ref=served).at
                (connected,) = watched.of("contact_connected")
                assert abs(connected.at - answered) < 0.1
                assert [it.cause for it in watched.of("contact_refused")] == ["no_agents"]
                assert watched.figures("sales") == {
                    "offered": 3, "answered": 1, "abandoned": 1, "left": 1, "refused": 0,
                }  # fmt: skip
                health = await watched.adapter.probe()
                assert health.up
                assert dict(health.counters).get("unfiltered", 0) == 0
                # Ten events of a hundred and more are let through.
                assert dict(health.counters)["packets"] < 200

    asyncio.run(watch())


def test_what_ami_was_not_heard_of_is_told_by_the_log_once(centre: Asterisk) -> None:
    """A call before the link, one across a restart of AMI, one in it, one after."""

    async def watch() -> None:
        ask = asyncio.to_thread
        with Phones(centre) as phones:
            phones.agent("101", delay=0, talk=600)
            phones.agent("102", delay=0, talk=0.2)
            before = await ask(phones.call, "support", context="queues")
            await ask(phones.wait_for, "gone", role="caller", ref=before)
            async with watching(centre, history=3600.0) as watched:
                await watched.until(lambda: len(watched.of("contact_released")) == 1, "history")
                across = await ask(phones.call, "sales", context="queues")
                await watched.until(lambda: len(watched.of("contact_connected")) == 2, "a talk")
                watched.adapter._link.end("cut by the test")  # type: ignore[union-attr]
                await ask(phones.hang_up, across)
                within = await ask(phones.call, "support", context="queues")
                await ask(phones.wait_for, "gone", role="caller", ref=within)
                await watched.until(lambda: watched.has(LinkUp) == 2, "the link")
                after = await ask(phones.call, "support", context="queues")
                await ask(phones.wait_for, "gone", role="caller", ref=after)
                await watched.until(lambda: len(watched.of("contact_released")) == 4, "the ends")
                await asyncio.sleep(4.5)  # the seconds at the edge are over
                assert watched.figures("support")["answered"] == 3
                assert watched.figures("sales") == {
                    "offered": 1, "answered": 1, "abandoned": 0, "left": 0, "refused": 0,
                }  # fmt: skip
                assert len(watched.of("contact_queued")) == 4
                assert (watched.has(LinkDown), watched.has(Gap)) == (1, 0)

    asyncio.run(watch())


def test_a_host_counts_what_the_pbx_does_and_routes_none_of_it(centre: Asterisk) -> None:
    async def watch() -> None:
        ask = asyncio.to_thread
        settings = Watched(centre).settings
        adapters = {"pbx": ObserveAdapter("pbx", settings)}
        async with Host(Router(Plan.from_toml("[queues.other]")), adapters=adapters) as host:
            with Phones(centre) as phones:
                phones.agent("101", delay=0, talk=0.3)
                refs = [await ask(phones.call, "sales", context="queues") for _ in range(3)]
                for ref in refs:
                    await ask(phones.wait_for, "gone", role="caller", ref=ref)
                metrics = host.router().metrics

                def handled() -> float | None:
                    rows = metrics.report(kpis=["handled"])
                    return rows["sales"]["handled"].value if len(rows) else None

                async with asyncio.timeout(PATIENCE):
                    while handled() != 3:  # noqa: ASYNC110  # another process
                        await asyncio.sleep(0.05)
            assert host.supervise().waiting() == []
            by_agent = metrics.report(by="agent", kpis=["handled"])
            assert by_agent["Agent 101"]["handled"].value == 3
            assert dict(host.health().links)["pbx"].up

    asyncio.run(watch())


def test_who_waits_when_the_link_comes_is_known_with_the_time_of_entry(centre: Asterisk) -> None:
    async def watch() -> None:
        ask = asyncio.to_thread
        with Phones(centre) as phones:
            phones.agent("101", "wait")
            waiting = await ask(phones.call, "sales", context="queues")
            entered = (await ask(phones.wait_for, "calls", ref=waiting)).at
            await asyncio.sleep(2.2)
            async with watching(centre, queue_log="") as watched:
                (queued,) = watched.of("contact_queued")
                assert abs(queued.at - entered) < 1.1
                await ask(phones.hang_up, waiting)
                await watched.until(lambda: len(watched.of("contact_abandoned")) == 1, "its end")
                signed_in = {event.agent for event in watched.of("agent_signed_in")}
                assert signed_in == {"Agent 101", "Agent 102"}

    asyncio.run(watch())


def test_why_a_sip_phone_was_not_answered(centre: Asterisk) -> None:
    """Its own words: busy, refused, not answered, and then answered."""

    async def watch() -> None:
        ask = asyncio.to_thread
        async with watching(centre) as watched:
            with Phones(centre) as phones:
                await ask(phones.register, "301")
                centre.cli('queue add member PJSIP/301 to everyone penalty 0 as "Agent 301"')
                for mode, kind in (
                    ("busy", "offer_missed"),
                    ("reject", "offer_declined"),
                    ("wait", "offer_missed"),
                ):
                    phones.agent("301", mode, delay=0.1)
                    before = len(watched.of(kind))
                    ref = await ask(phones.call, "everyone", context="queues")
                    await watched.until(lambda k=kind, b=before: len(watched.of(k)) > b, mode)
                    await ask(phones.hang_up, ref)
                    await ask(phones.wait_for, "gone", role="caller", ref=ref)
                causes = {event.cause for event in watched.of("offer_missed")}
                assert causes == {"busy", None}
                phones.agent("301", delay=0.1, talk=0.3)
                ref = await ask(phones.call, "everyone", context="queues")
                await ask(phones.wait_for, "gone", role="caller", ref=ref)
                await watched.until(lambda: len(watched.of("contact_released")) == 1, "an end")
                assert watched.of("contact_released")[0].cause == "agent"
                await ask(phones.unregister, "301")
                seen = lambda: [getattr(it, "device", "") for it in watched.of("agent_device")]  # noqa: E731
                await watched.until(lambda: seen()[-1] == "unreachable", "an unreachable phone")

    asyncio.run(watch())


def test_an_agent_who_hears_something_first_has_answered(centre: Asterisk) -> None:
    """The gosub of a queue: AgentConnect comes long after QueueCallerLeave."""

    async def watch() -> None:
        ask = asyncio.to_thread
        async with watching(centre) as watched:
            with Phones(centre) as phones:
                phones.agent("101", delay=0.1, talk=4)
                ref = await ask(phones.call, "greeted", context="queues")
                await ask(phones.wait_for, "gone", role="caller", ref=ref)
                await watched.until(lambda: len(watched.of("contact_released")) == 1, "its end")
                assert watched.figures("sales") == {
                    "offered": 1, "answered": 1, "abandoned": 0, "left": 0, "refused": 0,
                }  # fmt: skip

    asyncio.run(watch())


def test_a_talk_goes_on_when_a_local_channel_steps_aside(centre: Asterisk) -> None:
    """It does once somebody is heard, unless it is dialled with `/n`."""

    async def watch() -> None:
        ask = asyncio.to_thread
        async with watching(centre) as watched:
            with Phones(centre) as phones:
                await ask(phones.register, "301")
                phones.agent("301", delay=0.1, talk=2)
                centre.cli('queue add member Local/301@from-agent to sales penalty 0 as "Zoe"')
                centre.cli("queue pause member Local/101@agents/n queue sales")
                ref = await ask(phones.call, "plain", context="queues", phone="tone")
                await ask(phones.wait_for, "gone", role="caller", ref=ref)
                await watched.until(lambda: len(watched.of("contact_released")) == 1, "its end")
                (connected,) = watched.of("contact_connected")
                (released,) = watched.of("contact_released")
                assert (released.agent, released.cause) == ("Zoe", "agent")
                assert 1.5 < released.at - connected.at < 5

    asyncio.run(watch())


def test_an_agent_who_hangs_up_before_the_caller_is_there_declines(centre: Asterisk) -> None:
    async def watch() -> None:
        ask = asyncio.to_thread
        async with watching(centre) as watched:
            with Phones(centre) as phones:
                centre.cli(
                    'queue add member Local/101@agents/n to delayed penalty 0 as "Agent 101"'
                )
                phones.agent("101", delay=0.1, talk=0.5)
                ref = await ask(phones.call, "delayed", context="queues")
                await watched.until(lambda: bool(watched.of("offer_declined")), "a refusal")
                await ask(phones.hang_up, ref)
                await watched.until(lambda: len(watched.of("contact_abandoned")) == 1, "its end")
                assert watched.of("contact_requeued")[0].cause == "declined"
                assert watched.of("contact_connected") == []

    asyncio.run(watch())


def test_who_picks_up_anothers_phone_has_the_call(centre: Asterisk) -> None:
    async def watch() -> None:
        ask = asyncio.to_thread
        async with watching(centre) as watched:
            with Phones(centre) as phones:
                for number in ("301", "302"):
                    await ask(phones.register, number)
                    member = f'PJSIP/{number} to everyone penalty 0 as "Agent {number}"'
                    centre.cli(f"queue add member {member}")
                centre.cli("queue pause member PJSIP/302 queue everyone")
                phones.agent("301", "wait")
                phones.agent("302", delay=0, talk=1)
                ref = await ask(phones.call, "everyone", context="queues")
                await watched.until(lambda: bool(watched.of("offer_made")), "a ring")
                bell = {"Channel": "PJSIP/302", "Context": "pickup", "Exten": "301"}
                await ask(lambda: phones.action("Originate", **bell, Priority="1", Async="true"))
                await ask(phones.wait_for, "gone", role="caller", ref=ref)
                await watched.until(lambda: len(watched.of("contact_released")) == 1, "its end")
                assert [it.agent for it in watched.of("offer_lost")] == ["Agent 301"]
                assert watched.of("contact_connected")[0].agent == "Agent 302"
                assert watched.of("contact_released")[0].agent == "Agent 302"

    asyncio.run(watch())


def test_an_agent_of_a_pool_signs_in_there(centre: Asterisk) -> None:
    (centre.folder / "etc" / "agents.conf").write_text("[1001]\nfullname = Ana\n")
    centre.cli("module load app_agent_pool.so")
    centre.cli("dialplan add extension login,1,AgentLogin(1001) into pool")
    member = 'Local/1001@pool to everyone penalty 0 as "Ana" state_interface Agent:1001'
    centre.cli(f"queue add member {member}")

    async def watch() -> None:
        ask = asyncio.to_thread
        async with watching(centre) as watched:
            with Phones(centre) as phones:
                signed_in = lambda: [it.agent for it in watched.of("agent_signed_in")]  # noqa: E731
                assert "Ana" not in signed_in()
                ref = await ask(phones.call, "login", context="pool")
                await watched.until(lambda: "Ana" in signed_in(), "a log-in")
                await ask(phones.hang_up, ref)
                await watched.until(lambda: bool(watched.of("agent_signed_out")), "a log-off")
                await asyncio.sleep(4.5)  # the log tells the same, of 1001
                assert sorted(signed_in()) == ["Agent 101", "Agent 102", "Ana"]
                assert [it.agent for it in watched.of("agent_signed_out")] == ["Ana"]

    asyncio.run(watch())


def test_what_no_event_told_is_seen_in_asterisks_own_lists(
    centre: Asterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call of which nothing is heard, among others that are told of as ever."""
    hear, deaf = Observer.hear, []

    def selective(self: Observer, packet: Packet, heard_at: float) -> None:
        if not any(it in packet.raw for it in deaf):
            hear(self, packet, heard_at)

    monkeypatch.setattr(Observer, "hear", selective)

    async def watch() -> None:
        ask = asyncio.to_thread
        async with watching(centre, sweep=1.0, queue_log="") as watched:
            with Phones(centre) as phones:
                deaf.append(b"CallerIDNum: 7007")
                phones.agent("101", delay=0.1, talk=600)
                phones.agent("102", "wait")
                unheard = await ask(phones.call, "support", context="queues", caller_id="7007")
                deaf.append(b"MemberName: Agent 102")
                heard = await ask(phones.call, "sales", context="queues")
                await watched.until(lambda: len(watched.of("contact_queued")) == 2, "a caller")
                await watched.until(lambda: len(watched.of("contact_connected")) == 1, "a talk")
                centre.cli("queue pause member Local/102@agents/n queue support reason tea")
                await watched.until(lambda: len(watched.of("agent_not_ready")) == 1, "a pause")
                await ask(phones.hang_up, unheard)
                await watched.until(lambda: len(watched.of("contact_left")) == 1, "its end")
                assert watched.of("contact_left")[0].cause == "reconciled"
                await ask(phones.hang_up, heard)
                await watched.until(lambda: len(watched.of("contact_released")) == 1, "an end")
                await asyncio.sleep(5)  # several lists more
                assert len(watched.of("contact_queued")) == 2
                counters = dict((await watched.adapter.probe()).counters)
                assert counters["corrected"] >= 3  # and the states of that phone

    asyncio.run(watch())


def test_pauses_and_memberships_are_told(centre: Asterisk) -> None:
    async def watch() -> None:
        async with watching(centre) as watched:
            centre.cli("queue pause member Local/101@agents/n queue sales reason lunch")
            await watched.until(lambda: len(watched.of("agent_not_ready")) == 1, "the pause")
            assert watched.of("agent_not_ready")[0].reason == "lunch"
            centre.cli("queue unpause member Local/101@agents/n queue sales")
            await watched.until(lambda: len(watched.of("agent_ready")) == 3, "its end")
            centre.cli("queue remove member Local/101@agents/n from sales")
            await watched.until(lambda: len(watched.of("agent_signed_out")) == 1, "a sign-out")
            # Seen in the log as well, and not counted twice.
            await asyncio.sleep(4.5)
            assert len(watched.of("agent_signed_out")) == 1
            assert len(watched.of("agent_not_ready")) == 1

    asyncio.run(watch())
