"""What agents and supervisors see and do, and what stands in their way."""

import asyncio

import pytest
from tests.host.stage import PLAN, Screen, Stage, play

from ccroute import AdapterError, ConfigError, LinkError, Rejected, Reprioritise
from ccroute.adapters import Instruction, Listen, Outcome, SendAway, StartHold, failed, unknown
from ccroute.host import DeskState, TenantSettings
from ccroute.testing import settle


async def refusal(work: object) -> str:
    with pytest.raises(Rejected) as refused:
        await work  # type: ignore[misc]
    return refused.value.code


def test_a_screen_shows_the_offer_before_the_phone_rings() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        rung: list[bool] = []
        async with Screen(stage.host.agent("ana")) as screen:
            stage.platform.answers = lambda _: rung.append("offer_made" in screen.kinds())
            await stage.call("c1", customer="Zoë 1/2", attributes={"tier": "gold"})
            await settle()
            offer = screen.event("offer_made")
            assert offer.url == "https://crm.example/Zo%C3%AB%201%2F2?contact=pbx%3Ac1&tier=gold"
            assert offer.attributes["tier"] == "gold"
            assert screen.kinds() == ["state", "offer_made"]
        assert len(rung) == 2  # Park and Ring

    play(scenario)


def test_a_screen_that_connects_anew_is_told_everything() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        async with Screen(stage.host.agent("ana")) as screen:
            (state,) = screen.shown
            assert isinstance(state, DeskState)
            assert state.agent is not None
            assert state.agent.activity == "engaged"
            assert state.contacts == ("pbx:c1",)
        await stage.staff("ben")
        await stage.call("c2")
        state = stage.host.agent("ben").state()
        assert [it.event.contact for it in state.offers] == ["pbx:c2"]

    play(scenario)


def test_a_screen_that_reads_too_slowly_is_told_the_whole_state() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        stream = stage.host.agent("ana").events()
        assert isinstance(await anext(stream), DeskState)
        ana = stage.host.agent("ana")
        for _ in range(600):
            await ana.pause("tea")
            await ana.ready()
        assert isinstance(await anext(stream), DeskState)
        await ana.pause("tea")
        event = await anext(stream)
        assert event.kind == "agent_not_ready"
        await stream.aclose()

    play(scenario)


def test_nobody_touches_what_is_anothers() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana", "ben")
        async with Screen(stage.host.agent("ana")) as screen:
            await stage.call("c1")
            offer = screen.event("offer_made").event.offer
            ben = stage.host.agent("ben")
            assert await refusal(ben.accept(offer)) == "not_yours"
            assert await refusal(ben.accept(offer + 99)) == "offer_ended"
            stage.platform.answer("ana")
            await settle()
            assert await refusal(ben.release("pbx:c1")) == "not_yours"
            assert await refusal(ben.hold("pbx:c1")) == "not_yours"
            assert await refusal(ben.transfer("pbx:nobody", queue="billing")) == "not_yours"
            assert stage.phase("c1") == "engaged"

    play(scenario)


def test_hold_is_done_where_the_customer_is() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        ana = stage.host.agent("ana")
        await ana.hold("pbx:c1")
        assert stage.platform.callers["c1"].held
        await stage.time.run(20)
        await ana.resume("pbx:c1")
        stage.platform.hang_up("c1")
        await stage.time.run(10)
        assert stage.figures("hold.average")["hold.average"] == 20.0

    play(scenario)


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (failed("rejected", "no"), AdapterError),
        (failed("link_down"), LinkError),
        (unknown("?"), AdapterError),
    ],
)
def test_a_hold_that_failed_is_told_and_changes_nothing(
    outcome: Outcome, error: type[Exception]
) -> None:
    async def scenario(stage: Stage) -> None:
        def fail(it: Instruction) -> Outcome | None:
            return outcome if isinstance(it, StartHold) else None

        stage.platform.answers = fail
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        with pytest.raises(error):
            await stage.host.agent("ana").hold("pbx:c1")
        assert not stage.host.supervise().talking()[0].held
        assert [it.outcome for it in stage.host.audit][-1] == error.__name__

    play(scenario)


def test_what_a_platform_cannot_is_refused_before_it_is_asked() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        asked = len(stage.platform.told)
        assert await refusal(stage.host.agent("ana").hold("pbx:c1")) == "unsupported"
        assert len(stage.platform.told) == asked

    play(scenario, capabilities=["park", "ring", "cancel_ring", "hangup_party", "snapshot"])


def test_only_listed_destinations_are_dialled_and_not_too_many() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        ana = stage.host.agent("ana")
        for bad in ("+44123", "+34600@elsewhere", "+34\r\nX", "", "sip:helpXexample.com", "+34６"):
            assert await refusal(ana.transfer_outside("pbx:c1", bad)) == "destination_refused"
        stage.platform.answers = lambda it: failed("rejected") if isinstance(it, SendAway) else None
        for _ in range(2):
            with pytest.raises(AdapterError):
                await ana.transfer_outside("pbx:c1", "+34600")
        code = await refusal(ana.transfer_outside("pbx:c1", "+34600"))
        assert code == "too_many_transfers"
        await stage.time.run(60)
        stage.platform.answers = lambda _: None
        await ana.transfer_outside("pbx:c1", "sip:help@example.com", reason="wants help")
        await settle()
        sent = stage.platform.told[-1]  # no HangUp follows: the customer talks on elsewhere
        assert isinstance(sent, SendAway)
        assert (sent.address, sent.actor, sent.reason) == (
            "sip:help@example.com", "agent:ana", "wants help",
        )  # fmt: skip
        assert stage.phase("c1") == "closed"

    play(scenario)


def test_a_supervisor_sees_the_true_order() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1")
        await stage.time.run(1)
        await stage.call("c2")
        await stage.host.apply(Reprioritise(contact="pbx:c2", band=3), actor="test")
        order = [(it.contact, it.position) for it in stage.host.supervise().waiting("billing")]
        assert order == [("pbx:c2", 1), ("pbx:c1", 2)]
        assert stage.host.supervise().waiting("nowhere") == []

    play(scenario)


def test_a_supervisor_steps_in_and_it_is_on_record() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        await stage.call("c2")
        boss = stage.host.supervise("boss")
        await boss.listen("pbx:c1", reason="training")
        listen = stage.platform.told[-1]
        assert isinstance(listen, Listen)
        assert (listen.supervisor, listen.address) == ("boss", "SIP/boss")
        await boss.whisper("pbx:c1", reason="training")
        await boss.barge("pbx:c1", reason="rude")
        await boss.stop_monitoring("pbx:c1")
        await boss.release("pbx:c1", reason="rude")
        await boss.release("pbx:c2", reason="closing")
        await boss.ready("ana", reason="needed")
        await boss.pause("ana", reason="calm down")
        await boss.sign_out("ana", reason="gone home")
        await settle()
        assert (stage.phase("c1"), stage.phase("c2")) == ("closed", "closed")
        records = [it for it in stage.host.audit if it.actor == "supervisor:boss"]
        assert [(it.action, it.about, it.reason, it.outcome) for it in records] == [
            ("Listen", "pbx:c1", "training", "done"),
            ("Whisper", "pbx:c1", "training", "done"),
            ("Barge", "pbx:c1", "rude", "done"),
            ("StopMonitoring", "pbx:c1", None, "done"),
            ("release", "pbx:c1", "rude", "done"),
            ("cancel", "pbx:c2", "closing", "done"),
            ("ready", "ana", "needed", "done"),
            ("not_ready", "ana", "calm down", "done"),
            ("sign_out", "ana", "gone home", "done"),
        ]

    play(scenario)


def test_refusals_are_on_record_too() -> None:
    async def scenario(stage: Stage) -> None:
        heard: list[str] = []
        stage.host.audit.listeners.append(lambda it: heard.append(it.outcome))
        stage.host.audit.listeners.append(lambda _: 1 / 0)  # theirs
        assert await refusal(stage.host.agent("ana").ready()) == "unknown_agent"
        assert heard == ["unknown_agent"]

    play(scenario)


def test_a_supervisor_without_a_phone_cannot_listen() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        nobody = stage.host.supervise("nobody")
        assert await refusal(nobody.listen("pbx:c1", reason="x")) == "no_address"

    play(scenario)


def test_wrap_up_is_the_agents_to_end() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        stage.platform.hang_up("c1")
        await settle()
        ana = stage.host.agent("ana")
        await ana.extend_wrap_up("pbx:c1", by=5.0)
        await ana.complete("pbx:c1", ["sold"])
        assert stage.activity("ana") == "idle"

    play(
        scenario,
        plan="""
[queues.billing]
wrap_up = { mode = "optional", limit = "60s", extension = "30s" }
dispositions = ["sold"]
""",
    )


def test_settings_that_cannot_be_are_refused() -> None:
    for wrong in (
        {"directory": {"ana": {"pbx": "SIP/ana\r\nEvil: 1"}}},
        {"crm_url": "https://x/{"},
        {"transfers_per_minute": -1},
    ):
        with pytest.raises(ConfigError):
            TenantSettings(**wrong)  # type: ignore[arg-type]


def test_commands_in_a_hurry_keep_their_order() -> None:
    async def scenario(stage: Stage) -> None:
        ana = stage.host.agent("ana")
        await asyncio.gather(
            ana.sign_in(queues=["billing"], capacity={"voice": 1}),
            ana.ready(),
            ana.pause("lunch"),
        )
        assert stage.host.router().explain_agent("ana").reason == "lunch"

    play(scenario, plan=PLAN)


def test_who_is_cancelled_has_asked_all_the_same() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        ana = stage.host.agent("ana")
        for work in (ana.pause("tea"), ana.hold("pbx:c1")):
            task = asyncio.ensure_future(work)
            await asyncio.sleep(0)
            task.cancel()
            await settle()
        assert stage.platform.callers["c1"].held
        assert stage.host.supervise().talking()[0].held
        assert [it.action for it in stage.host.audit][-2:] == ["not_ready", "StartHold"]

    play(scenario)


def test_a_host_that_stops_leaves_nobody_waiting() -> None:
    desks = []

    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        adapter = stage.host.links["pbx"].adapter

        async def hang(_: Instruction) -> Outcome:
            await asyncio.Event().wait()
            raise AssertionError

        adapter.execute = hang  # type: ignore[method-assign]
        desks.append(stage.host.agent("ana"))
        held = asyncio.ensure_future(desks[0].hold("pbx:c1"))
        await settle()
        stopping = asyncio.ensure_future(stage.host.stop())
        await stage.time.run(30)
        await stopping
        with pytest.raises(AdapterError, match="nobody knows"):
            await held
        assert await refusal(desks[0].ready()) == "stopped"

    async def alone() -> None:
        from tests.host.stage import SETTINGS

        from ccroute import Plan, Router
        from ccroute.host import Host
        from ccroute.testing import LoopbackAdapter, LoopbackPlatform, ManualTime

        time, platform = ManualTime(), LoopbackPlatform()
        host = Host(
            Router(Plan.from_toml(PLAN), clock=time),
            adapters=[LoopbackAdapter(platform)],
            settings=SETTINGS,
            time=time,
        )
        await host.start()
        await scenario(Stage(host, platform, time))

    asyncio.run(alone())
