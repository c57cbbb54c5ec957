"""Customers who are called back: what assertions 9 and 20 try where that is declared."""

from ccroute.adapters import (
    Arrived,
    Bridged,
    CallCustomer,
    CustomerFailed,
    Disconnected,
    Ended,
    OfferFailed,
)
from ccroute.testing._play import Play


async def bridged_when_answered(play: Play) -> None:
    """Bridged when the customer answers, and not before; then a contact like any other."""
    since = len(play.heard)
    call = await play.calling(play.agents[0])
    await play.settle_down()
    play.expect(not play.of(call.contact), f"told before the answer: {play.of(call.contact)}")
    await _held(play, call, calling=True)
    await play.do(call)  # once more
    legs = await play.legs("customer")
    play.expect(len(legs) == 1, f"told twice to call {call.contact}, there is {legs}")
    await play.driver.answer(call.address)
    await play.wait_for(lambda: play.of(call.contact, Bridged), f"{call.contact} is not Bridged")
    bridges = {leg.bridge for leg in await play.driver.legs() if leg.kind != "outside"}
    play.expect(len(bridges) == 1 and None not in bridges, f"Bridged, legs are in {bridges}")
    (told,) = (it for it in play.signals(Bridged, since) if it.contact == call.contact)
    play.expect_same((told.agent, told.offer), (call.agent, call.offer), "agent and offer bridged")
    await _held(play, call, calling=False)
    await play.hang_up(call.contact)
    await play.wait_for(lambda: play.of(call.contact, Ended), f"{call.contact} is not Ended")
    await play.settle_down()
    by = [it.by for it in play.signals(Disconnected, since) if it.contact == call.contact]
    play.expect_same(by, ["customer"], "by whom the conversation ended")
    play.expect(not play.signals(Arrived, since), "who is called back is told to have come")
    play.expect(not await play.legs("agent"), "the agent's leg is still there")


async def _held(play: Play, call: CallCustomer, *, calling: bool) -> None:
    if not play.can("snapshot"):
        return
    snapshot = await play.finish(play.adapter.snapshot(), "snapshot")
    found = [
        (it.calling, it.arrival.tenant) for it in snapshot.contacts if it.contact == call.contact
    ]
    wanted = [(calling, call.tenant)]
    play.expect_same(found, wanted, f"{call.contact} in the snapshot, `calling` and tenant")


async def ended_once(play: Play) -> None:
    """No answer, busy, unreachable, an agent who hangs up, an end by the host: one Ended each, and
    no leg is left."""
    for reason in ("no_answer", "busy", "unreachable", "agent", "host"):
        address = play.driver.customer_address()
        if reason in {"busy", "unreachable"}:
            await getattr(play.driver, reason)(address)
        call = await play.calling(play.agents[0], seconds=10.0)
        if reason == "agent" and play.can("ring"):
            await play.driver.hang_up_agent(play.address(call.agent))
        elif reason in {"agent", "host"}:
            await play.do(play.hang_up_of(call.contact))
        await play.wait_for(
            lambda call=call: play.of(call.contact, Ended),  # type: ignore[misc]
            f"{reason}: {call.contact} is not Ended",
            within=15.0,
        )
        await play.driver.ignore(address)
        await play.settle_down()
        _told_as(play, call, reason)
        for kind in ("agent", "customer"):
            legs = await play.legs(kind)
            play.expect(not legs, f"{reason}: called back in vain, and there is still {legs}")


def _told_as(play: Play, call: CallCustomer, reason: str) -> None:
    ended = [it.cause for it in play.signals(Ended) if it.contact == call.contact]
    play.expect_same(ended, ["failed"], f"{reason}: causes of the end")
    told = [it.reason for it in play.signals(CustomerFailed) if it.contact == call.contact]
    wanted = [] if reason in {"agent", "host"} else [reason]
    play.expect_same(told, wanted, f"{reason}: why the customer was not reached")
    play.expect(not play.of(call.contact, Bridged), f"{reason}: told as Bridged")
    if wanted and play.can("ring"):
        left = [it.reason for it in play.signals(OfferFailed) if it.offer == call.offer]
        play.expect_same(left, ["caller_gone"], f"{reason}: why the agent's leg went")
