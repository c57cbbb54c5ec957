"""The hard cases of one call on a real Asterisk, as the far ends saw them."""

import asyncio

import pytest
from tests.pbx.centre import PLAN, Centre, all_gone, heard, play, quiet
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones

from ccroute.adapters import Abandoned, Bridged, Ended, OfferFailed, Ringing

QUICK = PLAN.replace("15s", "2s")


@pytest.fixture(autouse=True)
def _quiet(pbx: Asterisk, phones: Phones) -> None:
    quiet(pbx)


def test_the_caller_hangs_up_while_the_phone_rings(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("101", "wait")
        async with Centre({"pbx": pbx}) as centre:
            await centre.staff("a101")
            ref = phones.call("sales")
            await heard(phones, "rings", agent="101")
            phones.hang_up(ref)
            await heard(phones, "gone", agent="101")
            await all_gone(centre, pbx)
            assert [it.phase for it in centre.signals(Abandoned)] == ["offering"]
            assert [it.reason for it in centre.signals(OfferFailed)] == ["caller_gone"]
            # Nobody blames the agent.
            assert centre.activity("a101") == "idle"
            assert centre.router.explain_agent("a101").availability == "ready"
            assert centre.figures("offered", "abandoned") == {"offered": 1, "abandoned": 1}

    play(scenario)


def test_the_caller_hangs_up_between_answer_and_bridge(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("101", "wait")
        async with Centre({"pbx": pbx}) as centre:
            await centre.staff("a101")
            for number in range(12):
                ref = phones.call("sales")
                await heard(phones, "rings", agent="101", times=number + 1)
                first, second = (phones.hang_up, ref), (phones.answer, "101")
                if number % 2:
                    first, second = second, first
                first[0](first[1])
                # Up to twelve milliseconds later the other, without a look at what happens.
                await asyncio.sleep(0.001 * number)
                try:
                    second[0](second[1])
                except AssertionError:
                    assert second[0] == phones.answer  # it rings no more
                await heard(phones, "gone", agent="101", times=number + 1)
                await all_gone(centre, pbx)
            # Each is told as one thing or the other, and never as both.
            talked = {it.contact for it in centre.signals(Bridged)}
            abandoned = {it.contact for it in centre.signals(Abandoned)}
            assert not talked & abandoned
            assert len(talked | abandoned) == 12
            await centre.until(lambda: len(centre.signals(Ended)) >= 12, "the last end is told")
            assert len(centre.signals(Ended)) == 12
            figures = centre.figures("offered", "answered", "abandoned")
            assert figures == {
                "offered": 12, "answered": len(talked), "abandoned": len(abandoned),
            }  # fmt: skip
            assert centre.activity("a101") == "idle"

    play(scenario)


@pytest.mark.parametrize(
    ("mode", "reason"),
    [("reject", "rejected"), ("busy", "busy"), ("congestion", "unreachable")],
)
def test_an_agent_who_cannot_or_will_not_is_told_by_name(
    pbx: Asterisk, phones: Phones, mode: str, reason: str
) -> None:
    async def scenario() -> None:
        phones.agent("101", mode)
        phones.agent("102", delay=0.1)
        async with Centre({"pbx": pbx}) as centre:
            await centre.staff("a101")
            ref = phones.call("sales")
            await centre.until(lambda: centre.signals(OfferFailed), "the first comes to nothing")
            assert centre.signals(OfferFailed)[0].reason == reason
            await centre.came(ref)
            await centre.staff("a102")
            await centre.came(ref, "engaged")
            assert centre.activity("a102") == "engaged"
            phones.hang_up(ref)
            await all_gone(centre, pbx)

    play(scenario)


def test_an_agent_who_does_not_answer_costs_nobody_the_place(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("101", "wait")
        phones.agent("102", delay=0.1)
        async with Centre({"pbx": pbx}, plan=QUICK) as centre:
            await centre.staff("a101")
            first, second = phones.call("sales"), ""
            await heard(phones, "rings", agent="101")
            second = phones.call("sales")
            await heard(phones, "gone", agent="101")
            await centre.until(
                lambda: centre.activity("a101") == "idle", "the agent is free of the offer"
            )
            await centre.staff("a102")
            await centre.came(first, "engaged")
            assert centre.phase(centre.contact(second)) == "waiting"
            phones.hang_up(second)
            phones.hang_up(first)
            await all_gone(centre, pbx)
            reasons = {it.reason for it in centre.signals(OfferFailed)}
            assert reasons <= {"cancelled", "no_answer"}

    play(scenario)


def test_of_two_free_agents_one_is_rung(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        for number in ("101", "102"):
            phones.agent(number, "wait")
        async with Centre({"pbx": pbx}) as centre:
            await centre.staff("a101", "a102")
            ref = phones.call("sales")
            rung = (await heard(phones, "rings")).agent
            await asyncio.sleep(0.5)
            assert len(phones.happened("rings")) == 1
            phones.answer(rung)
            await centre.came(ref, "engaged")
            phones.hang_up(ref)
            await all_gone(centre, pbx)

    play(scenario)


def test_of_two_who_are_rung_one_wins(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        for number in ("101", "102"):
            phones.agent(number, "wait")
        plan = PLAN.replace("[queues.sales]", "[queues.sales]\n").replace(
            'offer = { timeout = "15s" }', 'offer = { timeout = "15s", parallel = 2 }', 1
        )
        async with Centre({"pbx": pbx}, plan=plan) as centre:
            await centre.staff("a101", "a102")
            ref = phones.call("sales")
            await heard(phones, "rings", times=2)
            phones.answer("102")
            phones.answer("101")  # in the same moment
            await centre.came(ref, "engaged")
            (winner,) = (it.agent for it in centre.signals(Bridged))
            loser = "101" if winner == "a102" else "102"
            await heard(phones, "gone", agent=loser)
            assert len(centre.signals(OfferFailed)) == 1
            phones.hang_up(ref)
            await all_gone(centre, pbx)

    play(scenario)


def test_an_agent_who_dials_out_privately_is_not_rung(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("101", delay=0.1)
        watched = {"a101": "Local/101@agents"}
        async with Centre({"pbx": pbx}, phones=watched) as centre:
            await centre.staff("a101")
            phones.dial_out("101")
            await heard(phones, "answers", agent="101")
            await centre.until(lambda: _device(centre) == "in_use", "the phone is in use")
            ref = phones.call("sales")
            await centre.came(ref)
            await asyncio.sleep(0.5)
            assert not centre.signals(Ringing)
            phones.hang_up_agent("101")
            await centre.came(ref, "engaged")
            phones.hang_up(ref)
            await all_gone(centre, pbx)

    play(scenario)


def _device(centre: Centre, agent: str = "a101") -> str:
    return centre.router.explain_agent(agent).device


def test_a_phone_that_is_not_registered_is_not_rung(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("301", delay=0.1)
        phones.register("301")
        directory = {"a301": {"pbx": "PJSIP/301"}}
        watched = {"a301": "PJSIP/301"}
        async with Centre({"pbx": pbx}, directory=directory, phones=watched) as centre:
            await centre.staff("a301")
            await centre.until(lambda: _device(centre, "a301") == "available", "it is there")
            phones.unregister("301")
            await centre.until(lambda: _device(centre, "a301") == "unreachable", "it is gone")
            ref = phones.call("sales")
            await centre.came(ref)
            await asyncio.sleep(0.5)
            assert not centre.signals(Ringing)
            phones.register("301")
            await centre.came(ref, "engaged")
            phones.hang_up(ref)
            await all_gone(centre, pbx)
            phones.unregister("301")

    play(scenario)


def test_a_phone_that_nobody_watches_is_found_unreachable(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("102", delay=0.1)
        directory = {"a302": {"pbx": "PJSIP/302"}, "a102": {"pbx": "Local/102@agents/n"}}
        async with Centre({"pbx": pbx}, directory=directory) as centre:
            await centre.staff("a302")
            ref = phones.call("sales")
            await centre.until(lambda: centre.signals(OfferFailed), "it comes to nothing")
            assert centre.signals(OfferFailed)[0].reason == "unreachable"
            await centre.staff("a102")
            await centre.came(ref, "engaged")
            phones.hang_up(ref)
            await all_gone(centre, pbx)

    play(scenario)


def test_a_pause_in_mid_offer_stops_the_phone(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("101", "wait")
        phones.agent("102", delay=0.1)
        async with Centre({"pbx": pbx}) as centre:
            await centre.staff("a101")
            ref = phones.call("sales")
            await heard(phones, "rings", agent="101")
            await centre.desk("a101").pause("lunch")
            await heard(phones, "gone", agent="101")
            assert centre.phase(centre.contact(ref)) == "waiting"
            await centre.staff("a102")
            await centre.came(ref, "engaged")
            assert centre.router.explain_agent("a101").availability == "not_ready"
            phones.hang_up(ref)
            await all_gone(centre, pbx)

    play(scenario)


def test_a_transfer_to_another_queue_keeps_the_age(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        for number in ("101", "102"):
            phones.agent(number, delay=0.1)
        async with Centre({"pbx": pbx}) as centre:
            await centre.staff("a101")
            ref = phones.call("sales")
            contact = await centre.came(ref, "engaged")
            since = centre.router.explain(contact).since
            await asyncio.sleep(0.5)
            await centre.desk("a101").transfer(contact, queue="support")
            await heard(phones, "gone", agent="101")
            told = centre.router.explain(contact)
            assert (told.phase, told.queue) == ("waiting", "support")
            assert told.since == pytest.approx(since, abs=0.3)
            await centre.staff("a102", queues=("support",))
            await heard(phones, "answers", agent="102")
            await centre.came(ref, "engaged")
            phones.hang_up(ref)
            await all_gone(centre, pbx)
            assert [it.agent for it in centre.signals(Bridged)] == ["a101", "a102"]

    play(scenario)


def test_a_caller_leaves_by_key(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        plan = PLAN.replace("[queues.sales]", '[queues.sales]\nexits = { "5" = { end = true } }')
        async with Centre({"pbx": pbx}, plan=plan) as centre:
            ref = phones.call("sales")
            await centre.came(ref)
            phones.press(ref, "5")
            await heard(phones, "gone", ref=ref)
            await all_gone(centre, pbx)
            assert not centre.signals(Abandoned)
            assert centre.figures("offered", "abandoned") == {"offered": 1, "abandoned": 0}

    play(scenario)
