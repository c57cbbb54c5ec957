"""Assertions 6 to 16 and 18: a contact's way from its coming to its end."""

import asyncio

from ccroute import ContactAbandoned, ContactConnected, ContactLeft, ContactQueued, ContactReleased
from ccroute.adapters import (
    Abandoned,
    Announce,
    Answered,
    Arrived,
    Bridged,
    ContactSignal,
    Dialled,
    Disconnected,
    Ended,
    Measured,
    OfferFailed,
    Parked,
    Ring,
    Ringing,
    SendAway,
    Verdict,
)
from ccroute.testing._on_call_backs import bridged_when_answered
from ccroute.testing._play import Play
from ccroute.testing._playing import Playing, assertion

_STORY = ContactQueued, ContactConnected, ContactReleased, ContactAbandoned, ContactLeft
"""What every platform that routes must tell of a contact."""


class OnCalls(Playing):
    """A contact's way."""

    @assertion(6)
    async def test_06_a_customer_who_comes_is_told_once(self, play: Play) -> None:
        """One Arrived each, the first signal about the contact, under an id that stays; where the
        platform routes, one contact_queued each, and no contact of ours."""
        await play.open()
        if play.adapter.info.observes:
            came = [await play.call(), await play.call()]
            await play.pass_time(5.0)
            play.expect_same(play.arrivals(), came, "who came")
            play.expect_same(play.signals(ContactSignal), [], "contacts of an observing link")
            return
        first = await play.call(caller="+34600000001")
        second = await play.call(caller="+34600000002")
        play.expect(first != second, f"two customers have the same id {first!r}")
        if play.can("park"):
            await play.do(play.park_of(first))
        await play.pass_time(5.0)
        for contact, caller in ((first, "+34600000001"), (second, "+34600000002")):
            told = play.of(contact)
            play.expect_same(len(play.of(contact, Arrived)), 1, f"Arrived of {contact}")
            play.expect(isinstance(told[0], Arrived), f"before Arrived: {told[0]}")
            said = play.of(contact, Arrived)[0]
            play.expect(
                isinstance(said, Arrived) and said.caller in {caller, None},
                f"{caller} called, and heard was {said}",
            )
        play.expect_same(len(play.signals(Arrived)), 2, "Arrived signals of two customers")
        if play.can("snapshot"):
            held = await play.finish(play.adapter.snapshot(), "snapshot")
            ids = sorted(it.contact for it in held.contacts)
            play.expect_same(ids, sorted([first, second]), "contacts in the snapshot")

    @assertion(7, "park")
    async def test_07_parking_is_told_once(self, play: Play) -> None:
        """Parked once; treatment and announcement are taken where they are declared. A phone that
        rings meanwhile rings on."""
        await play.open()
        contact = await play.call()
        treatment = "music" if play.can("treatment") else None
        await play.do(play.park_of(contact, treatment))
        await play.settle_down()
        play.expect_same(len(play.of(contact, Parked)), 1, "Parked signals")
        if treatment is not None:
            gets = await play.driver.treatment(play.handles[contact])
            play.expect_same(gets, treatment, "what the customer gets meanwhile")
        if play.can("announce"):
            await play.do(Announce(**play.envelope(), contact=contact, prompt="position"))
        await play.settle_down()
        play.expect_same(len(play.of(contact, Parked)), 1, "Parked signals later")
        play.expect_same(len(await play.legs("customer")), 1, "customers on the platform")
        if play.can("ring"):
            ring = await play.ringing(contact, play.agents[0])
            await play.do(play.park_of(contact, treatment))
            await play.settle_down()
            play.expect(await play.legs("agent"), "parked again, and the phone rings no more")
            told = play.of_offer(ring.offer, OfferFailed)
            play.expect(not told, f"parked again, and told was {told}")

    @assertion(8, "ring")
    async def test_08_ringing_is_told_in_order(self, play: Play) -> None:
        """Dialled, Ringing (or not), Answered: each once."""
        await play.open()
        contact = await play.waiting()
        ring = await play.answered(contact, play.agents[0])
        kinds = [type(it) for it in play.of_offer(ring.offer)]
        play.expect(
            kinds in ([Dialled, Ringing, Answered], [Dialled, Answered]),
            f"ringing was told as {[kind.__name__ for kind in kinds]}",
        )
        named = {it.contact for it in play.of_offer(ring.offer)} - {None, contact}
        play.expect(not named, f"rung for {contact}, and told of {named}")

    @assertion(9, "mode control")
    async def test_09_bridged_means_both_in_one_bridge(self, play: Play) -> None:
        """Whenever Bridged is heard, the platform has both in one bridge."""
        await play.open()
        contact = await play.waiting()
        agent = play.agents[0]
        if not play.can("ring"):
            await play.converse(contact, agent)
        else:
            await self._bridged_by_phone(play, contact, agent)
        if play.can("call_customer"):
            await play.hang_up(contact)
            await play.settle_down()
            await bridged_when_answered(play)

    async def _bridged_by_phone(self, play: Play, contact: str, agent: str) -> None:
        ring = await play.answered(contact, agent)
        play.expect(not play.of(contact, Bridged), "Bridged before Connect")
        asked = play.begin(play.connect_of(ring))
        try:
            await self._watch_bridge(play, contact)
        finally:
            await asyncio.gather(asked, return_exceptions=True)
        play.expect_same(asked.result().verdict, Verdict.DONE, "the outcome of Connect")
        await play.settle_down()
        (told, *more) = play.signals(Bridged)
        play.expect(not more, "Bridged twice")
        play.expect_same((told.agent, told.offer), (agent, ring.offer), "agent and offer bridged")

    async def _watch_bridge(self, play: Play, contact: str) -> None:
        end = play.time.now() + 10.0
        while True:
            heard = bool(play.of(contact, Bridged))
            bridges = [leg.bridge for leg in await play.driver.legs()]
            if heard:
                together = len(bridges) == 2 and bridges[0] is not None and len(set(bridges)) == 1
                play.expect(together, f"Bridged, and the legs are in {bridges}")
                return
            play.expect(play.time.now() < end, f"Connect led to no Bridged; legs are in {bridges}")
            await play.pass_time(0.01)

    @assertion(10, "ring")
    async def test_10_an_agent_hangs_up(self, play: Play) -> None:
        """Disconnected(by="agent"), then Ended."""
        await play.open()
        contact = await play.conversation()
        await play.driver.hang_up_agent(play.address(play.agents[0]))
        await self._ended_by(play, contact, "agent")

    @assertion(11, "mode control")
    async def test_11_a_customer_hangs_up(self, play: Play) -> None:
        """Disconnected(by="customer"), then Ended."""
        await play.open()
        contact = await play.conversation()
        await play.hang_up(contact)
        await self._ended_by(play, contact, "customer")
        play.expect(not play.of(contact, Abandoned), "Abandoned after a conversation")

    async def _ended_by(self, play: Play, contact: str, by: str) -> None:
        await play.wait_for(lambda: play.of(contact, Ended), f"{contact} is not Ended")
        await play.settle_down()
        last = play.of(contact, Disconnected, Ended)
        play.expect_same(
            [type(it).__name__ for it in last], ["Disconnected", "Ended"], "the end was told as"
        )
        first = last[0]
        play.expect(isinstance(first, Disconnected) and first.by == by, f"by {by}, told {first}")
        if play.can("ring"):
            play.expect(not await play.legs("agent"), "the agent's leg is still there")

    @assertion(12, "ring")
    async def test_12_no_answer_is_told_in_time(self, play: Play) -> None:
        """OfferFailed(no_answer) within a second of ``until``; the customer still waits."""
        await play.open()
        contact = await play.waiting()
        low, high = play.adapter.info.limits.ring or (20.0, 20.0)
        seconds = min(max(20.0, low), high)
        ring = await play.ringing(contact, play.agents[0], seconds)
        await play.wait_for(
            lambda: play.of_offer(ring.offer, OfferFailed), "no OfferFailed", seconds + 5.0
        )
        late = self._heard_at(play, ring) - ring.until
        play.expect(abs(late) <= 1.0, f"OfferFailed came {late:+.1f} s after the time was up")
        self._failed_as(play, ring, "no_answer")
        play.expect_same(len(await play.legs("customer")), 1, "customers who still wait")
        play.expect(not play.of(contact, Abandoned, Ended), "the customer is told to be gone")
        play.expect(not await play.legs("agent"), "the agent's phone still rings")

    def _heard_at(self, play: Play, ring: Ring) -> float:
        return next(
            at
            for it, at in zip(play.heard, play.ear.heard_at, strict=True)
            if isinstance(it, OfferFailed) and it.offer == ring.offer
        )

    def _failed_as(self, play: Play, ring: Ring, reason: str) -> None:
        # How often it is told is the matter of 19.
        told = {it.reason for it in play.signals(OfferFailed) if it.offer == ring.offer}
        play.expect_same(told, {reason}, f"reasons why offer {ring.offer} failed")

    @assertion(13, "ring")
    async def test_13_failures_are_told_apart(self, play: Play) -> None:
        """Busy, rejected, unreachable: each by its name, and the customer still waits."""
        await play.open()
        contact = await play.waiting()
        for agent, reason in zip(play.agents, ("busy", "unreachable", "rejected"), strict=False):
            address = play.address(agent)
            if reason == "busy":
                await play.driver.busy(address)
            elif reason == "unreachable":
                await play.driver.unreachable(address)
            ring = play.ring_of(contact, agent)
            await play.ask(ring)
            if reason == "rejected":
                await play.settle_down(1.0)
                await play.driver.reject(address)
            await play.wait_for(
                lambda ring=ring: play.of_offer(ring.offer, OfferFailed),  # type: ignore[misc]
                f"{reason}: no OfferFailed",
            )
            self._failed_as(play, ring, reason)
            await play.driver.ignore(address)
        play.expect_same(len(await play.legs("customer")), 1, "customers who still wait")

    @assertion(14, "ring")
    async def test_14_a_customer_leaves_while_it_rings(self, play: Play) -> None:
        """Abandoned(offering), OfferFailed(caller_gone), Ended; the leg is gone in a second."""
        await play.open()
        contact = await play.waiting()
        ring = await play.ringing(contact, play.agents[0])
        await play.hang_up(contact)
        play.expect(await play.until_no_legs("agent", within=1.0), "the phone rings on after 1 s")
        await play.settle_down()
        self._abandoned_in(play, contact, "offering")
        self._failed_as(play, ring, "caller_gone")

    def _abandoned_in(self, play: Play, contact: str, phase: str) -> None:
        told = [it.phase for it in play.signals(Abandoned) if it.contact == contact]
        play.expect_same(told, [phase], f"phases in which {contact} was abandoned")
        play.expect_same(len(play.of(contact, Ended)), 1, f"Ended of {contact}")
        play.expect(not play.of(contact, Disconnected), "Disconnected without a conversation")

    @assertion(15, "ring")
    async def test_15_a_customer_leaves_before_the_bridge(self, play: Play) -> None:
        """After the answer, before and while they are joined: no Bridged, no leg left."""
        await play.open()
        for asked in (False, True):
            contact = await play.waiting()
            ring = await play.answered(contact, play.agents[0])
            task = play.begin(play.connect_of(ring)) if asked else None
            # Not a moment between: nothing the platform says can be heard before.
            await play.hang_up(contact)
            if task is not None:
                await play.wait_for(task.done, "Connect has no outcome", within=12.0)
            gone = await play.until_no_legs("agent", within=2.0)
            play.expect(gone, "the agent's leg is still there after 2 s")
            await play.settle_down()
            play.expect(not play.of(contact, Bridged), "Bridged, and the customer had left")
            self._abandoned_in(play, contact, "connecting")
            self._failed_as(play, ring, "caller_gone")

    @assertion(16, "cancel_ring")
    async def test_16_ringing_can_be_cancelled_at_any_moment(self, play: Play) -> None:
        """Before, with, during and after ringing: done or gone, and no leg is left."""
        await play.open()
        contact = await play.waiting()
        agent = play.agents[0]
        never = play.ring_of(contact, agent)
        del play.rings[never.offer]
        await self._cancel(play, never)
        # At the same moment as the ringing itself.
        ring = play.ring_of(contact, agent)
        both = play.begin(ring), play.begin(play.cancel_of(ring))
        await play.wait_for(lambda: all(it.done() for it in both), "no outcome", within=15.0)
        if not await play.until_no_legs("agent", within=3.0):
            await self._cancel(play, ring)  # the cancel may have come first
        for moment in ("ringing", "answered", "ended"):
            await play.settle_down(0.5)
            play.expect(not await play.legs("agent"), f"a leg is left before {moment}")
            if moment == "answered":
                ring = await play.answered(contact, agent)
            else:
                ring = await play.ringing(contact, agent)
            if moment == "ended":
                await play.driver.reject(ring.address)
                await play.settle_down()
            await self._cancel(play, ring)
            if moment == "ringing":
                await play.settle_down(0.5)
                self._failed_as(play, ring, "cancelled")
        play.expect(not play.of(contact, Abandoned, Ended), "the customer is told to be gone")

    async def _cancel(self, play: Play, ring: Ring) -> None:
        outcome = await play.ask(play.cancel_of(ring))
        fine = outcome.verdict is Verdict.DONE or outcome.failure == "gone"
        play.expect(fine, f"CancelRing led to {outcome}")
        gone = await play.until_no_legs("agent", within=2.0)
        play.expect(gone, "the agent's leg is there 2 s after CancelRing")

    @assertion(18)
    async def test_18_who_is_sent_away_has_not_abandoned(self, play: Play) -> None:
        """By the host's instruction, or where the platform routes by its own rules."""
        observes = "observe" in play.adapter.info.modes
        if not (observes or play.can("hangup_party") or play.can("blind_transfer")):
            play.skip("not declared: hangup_party, blind_transfer, mode observe")
        if "control" in play.adapter.info.modes:
            await play.open()
            if play.can("hangup_party"):
                contact = await play.waiting()
                await play.do(play.hang_up_of(contact))
                await self._sent_away(play, contact)
            if play.can("blind_transfer"):
                contact = await play.waiting()
                address = play.driver.outside()
                away = SendAway(**play.envelope(), contact=contact, address=address)
                await play.do(away)
                await self._sent_away(play, contact)
        if observes:
            await self._observed(play)

    async def _sent_away(self, play: Play, contact: str) -> None:
        await play.wait_for(lambda: play.of(contact, Ended), f"{contact} is not Ended")
        await play.settle_down()
        play.expect(not play.of(contact, Abandoned), f"{contact} was sent away: Abandoned")

    async def _observed(self, play: Play) -> None:
        if play.opened:
            await play.all_go_home()
            await play.finish(play.adapter.close(1.0), "close")
        play.adapter = play.make_adapter(play.driver.observe_settings())
        await play.open()
        for why in ("timeout", "no_agents"):
            since = len(play.heard)
            call = await play.driver.place_call()
            await play.settle_down()
            await play.driver.leave_queue(call, why)
            await play.settle_down()
            kinds = [it.event.kind for it in play.signals(Measured, since)]
            play.expect("contact_abandoned" not in kinds, f"{why} was told as {kinds}")
            play.expect("contact_left" in kinds, f"{why}: no contact_left among {kinds}")
            await play.driver.hang_up(call)
        await self._measured(play)

    async def _measured(self, play: Play) -> None:
        """Who was served was, and who left had abandoned; each event has a number of its own. What
        else is known, as whose phone rang for them, may be told too."""
        served, left = await play.call(), await play.call()
        await play.driver.answer(play.address(play.agents[0]))
        await play.pass_time(30.0)
        await play.hang_up(served)
        await play.hang_up(left)
        await play.settle_down()
        stories = {}
        for contact in (served, left):
            events = [it for it in play.measured(*_STORY) if it.contact == contact]
            stories[contact] = [it.kind for it in events]
            if contact == served and len(events) == 3:
                talked = events[2].at - events[1].at
                play.expect(abs(talked - 30.0) <= 2.0, f"they talked 30 s, told were {talked}")
        play.expect_same(
            list(stories.values()),
            [["contact_queued", "contact_connected", "contact_released"],
             ["contact_queued", "contact_abandoned"]],
            "what was measured of who was served, and of who left",
        )  # fmt: skip
        numbers = [(it.source, it.sequence) for it in play.measured() if it.sequence]
        play.expect_same(len(set(numbers)), len(numbers), "numbers of events, each once")
