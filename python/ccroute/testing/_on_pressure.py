"""Assertions 31 to 36: rivals, silence, limits and floods."""

import asyncio
import gc
from itertools import pairwise

from ccroute.adapters import (
    Announce,
    Answered,
    Arrived,
    BoundedSink,
    DeviceSeen,
    Gap,
    Instruction,
    LinkDown,
    LinkUp,
    Outcome,
    Parked,
    Verdict,
)
from ccroute.testing._on_links import broken_and_mended, held, mended
from ccroute.testing._play import Play
from ccroute.testing._playing import Playing, assertion

STORM = 100_000
ROOM = 1_000


class OnPressure(Playing):
    """Rivals, silence, limits and floods."""

    @assertion(31)
    async def test_31_a_stolen_session_is_not_fought_for(self, play: Play) -> None:
        """LinkDown as final, and no try to come in again."""
        await play.open()
        since = len(play.heard)
        tried = len(await play.driver.sign_ins())
        await play.driver.steal_session()
        await play.wait_for(lambda: play.signals(LinkDown, since), "no LinkDown", within=10.0)
        # The thief's own coming in is one of them.
        stolen = len(await play.driver.sign_ins())
        play.expect(stolen <= tried + 1, "it came in again at once")
        await play.pass_time(3 * self.back_off)
        play.expect_same(len(await play.driver.sign_ins()), stolen, "tries to come in")
        play.expect(play.signals(LinkDown, since)[-1].final, "LinkDown is not final")

    @assertion(32, "mode control")
    async def test_32_pending_instructions_become_unknown(self, play: Play) -> None:
        """When the link breaks, and when their deadline is over; none hangs."""
        await play.open()
        contacts = [await play.call() for _ in range(3)]
        await play.driver.stall_replies()
        late = self._given(play, contacts[0])
        task = play.begin(late)
        await play.wait_for(task.done, "no outcome at its deadline", within=12.0)
        self._unknown(play, late, task.result())
        given = [self._given(play, contact) for contact in contacts]
        tasks = [play.begin(it) for it in given]
        await play.pass_time(1.0)
        since = len(play.heard)
        await play.driver.drop_link()
        await play.wait_for(lambda: all(it.done() for it in tasks), "an outcome is missing")
        for it, done in zip(given, tasks, strict=True):
            self._unknown(play, it, done.result())
        await play.wait_for(lambda: play.signals(LinkDown, since), "no LinkDown", within=10.0)
        never_sent = await play.ask(self._given(play, contacts[0]))
        play.expect_same(never_sent.failure, "link_down", "without a link, the failure")
        await play.driver.restore_link()
        await play.up_again(since)
        pending = (await play.finish(play.adapter.probe(), "probe")).pending
        play.expect_same(pending, 0, "instructions that still wait")

    def _given(self, play: Play, contact: str) -> Instruction:
        if play.can("park"):
            return play.park_of(contact)
        return Announce(**play.envelope(), contact=contact, prompt="position")

    def _unknown(self, play: Play, instruction: Instruction, outcome: Outcome) -> None:
        play.expect_same(outcome.verdict, Verdict.UNKNOWN, f"{instruction} led to {outcome}")

    @assertion(33)
    async def test_33_everything_is_heard_again(self, play: Play) -> None:
        """Calls, offers and devices, as before the link broke."""
        await play.open()
        since = await broken_and_mended(play)
        contact = await play.call()
        if play.can("park"):
            await play.do(play.park_of(contact))
            await play.wait_for(lambda: play.of(contact, Parked), "nothing of parking is heard")
        agent = play.agents[0]
        if play.can("ring"):
            ring = await play.answered(contact, agent)
            play.expect(play.of_offer(ring.offer, Answered), "nothing of ringing is heard")
        if play.can("device_state"):
            other = play.agents[1]
            for device in ("in_use", "available"):
                await play.driver.set_device(play.address(other), device)
                await play.settle_down(0.5)
            told = [it.device for it in play.signals(DeviceSeen, since) if it.agent == other]
            play.expect_same(told[-2:], ["in_use", "available"], "devices that were heard")
            if play.can("snapshot"):
                snapshot = await play.finish(play.adapter.snapshot(), "snapshot")
                shown = dict(snapshot.devices).get(other)
                play.expect_same(shown, "available", f"{other}'s device in the snapshot")
        await play.hang_up(contact)
        await play.wait_for(lambda: play.endings(contact), "nothing of its end is heard")
        if play.can("event_backfill"):
            await self._told_afterwards(play)

    async def _told_afterwards(self, play: Play) -> None:
        """Who comes and goes in a gap is told later, once."""
        there = await play.call()
        since = len(play.heard)
        await play.driver.drop_link()
        await play.wait_for(lambda: play.signals(LinkDown, since), "no LinkDown", within=10.0)
        await play.hang_up(there)
        await play.driver.hang_up(await play.driver.place_call())
        await mended(play, since)
        came = play.arrivals(since)
        play.expect_same(len(came), 1, f"came in the gap, told afterwards: {came}; how many")
        for contact in (there, *came):
            play.expect_same(play.endings(contact), 1, f"ends of {contact}")

    @assertion(34, "mode control")
    async def test_34_what_is_throttled_is_paced(self, play: Play) -> None:
        """Not asked again before the time; then done, or told as throttled with the time."""
        await play.open()
        contact = await play.waiting()
        await self._throttled(play, self._given(play, contact), times=1)
        await self._throttled(play, self._given(play, contact), times=1000)
        await play.driver.throttle(0, 0.0)
        rate = play.adapter.info.limits.offers_per_second
        if rate is not None and play.can("ring"):
            await self._paced(play, contact, rate)

    async def _throttled(self, play: Play, instruction: Instruction, times: int) -> None:
        await play.driver.throttle(times, 2.0)
        began = play.time.now()
        outcome = await play.ask(instruction)
        tried = await play.driver.attempts(instruction)
        play.expect(tried, f"{instruction} was never tried, and led to {outcome}")
        pauses = [b - a for a, b in pairwise(tried)]
        play.expect(
            all(it >= 1.9 for it in pauses), f"to be tried after 2 s, and was after {pauses}"
        )
        effects = await play.driver.side_effects(instruction)
        if outcome.verdict is Verdict.DONE:
            play.expect_same(effects, 1, f"{instruction} is done; how often")
            return
        play.expect_same(outcome.failure, "throttled", f"{outcome}: the failure")
        play.expect(outcome.retry_after, f"{outcome}: no retry_after")
        play.expect_same(effects, 0, f"{instruction} was throttled; effects")
        told_in = play.time.now() - began
        play.expect(told_in <= 11.0, f"told after {told_in} s, and its deadline was after 10")

    async def _paced(self, play: Play, contact: str, rate: float) -> None:
        # Over ten seconds' worth would end after the deadline, with reason.
        count = max(int(rate * 4), 4)
        given = [play.ring_of(contact, play.agents[0]) for _ in range(count)]
        last = play.ring_of(contact, play.agents[1])
        tasks = [play.begin(it) for it in [*given, last]]
        if play.can("cancel_ring"):
            await play.turns(5)
            await play.ask(play.cancel_of(last))
        await play.wait_for(lambda: all(it.done() for it in tasks), "a ring has no outcome", 15.0)
        if play.can("cancel_ring"):
            await play.settle_down()
            ringing = [leg.who for leg in await play.legs("agent")]
            play.expect(
                last.address not in ringing, f"cancelled before its turn, and rings: {last}"
            )
        sent = sorted([at for it in given for at in await play.driver.attempts(it)])
        play.expect(len(sent) == count, f"{len(sent)} of {count} rings were sent")
        most = max(sum(1 for at in sent if began <= at < began + 1.0) for began in sent)
        play.expect(most <= rate + 1, f"{most} rings in a second, declared are {rate}")

    @assertion(35)
    async def test_35_a_full_sink_costs_the_link(self, play: Play) -> None:
        """LinkDown and a new beginning; afterwards nothing is missing."""
        await play.open()
        there = await play.call()
        play.ear.full = True
        since = len(play.heard)
        lost = await play.driver.place_call()
        await play.driver.hang_up(play.handles[there])
        came = await play.driver.place_call()
        await play.wait_for(lambda: play.ear.refused, "the adapter pushed nothing")
        play.ear.full = False
        await play.wait_for(
            lambda: play.signals(LinkDown, since), "a signal was refused, and no LinkDown", 10.0
        )
        await play.up_again(since)
        await play.settle_down()
        play.expect(play.signals(Gap, since) or play.can("event_backfill"), "no Gap is told")
        if play.can("snapshot"):
            play.expect(not held(play, there, since), f"{there} is gone and in the snapshot")

            def known() -> set[str]:
                # Who came while nobody listened may come in again by itself.
                came = {it.contact for it in play.signals(Arrived, since)}
                return came | {it.contact for it in play.snapshots(since)[-1].contacts}

            await play.until(lambda: len(known()) >= 2, 20.0)
            play.expect_same(len(known()), 2, "contacts told of, in the snapshot or after it")
        for handle in (lost, came):
            await play.driver.hang_up(handle)

    @assertion(36)
    async def test_36_a_storm_costs_no_memory(self, play: Play) -> None:
        """A hundred thousand events while nobody takes the signals; then all goes on."""
        await play.open()
        await play.call()
        await play.settle_down()
        gc.collect()
        before = len(gc.get_objects())
        play.ear.slow = BoundedSink(room=ROOM)
        since = len(play.heard)
        storm = asyncio.ensure_future(play.driver.storm(STORM))
        await play.wait_for(storm.done, "the storm does not end", within=60.0)
        await play.settle_down()
        waited = play.ear.catch_up()
        play.expect(waited <= ROOM + 10, f"{waited} signals waited, with room for {ROOM}")
        if play.can("device_state"):
            told = play.signals(DeviceSeen, since)
            play.expect(told, "no signal of the storm was heard")
            play.expect(len(told) <= ROOM / 2, f"{len(told)} states waited: not coalesced")
        if play.signals(LinkDown, since):
            await play.until(lambda: play.signals(LinkUp, since), within=60.0)
        gc.collect()
        grown = len(gc.get_objects()) - before
        play.expect(grown < 10_000, f"{grown} objects more than before the storm")
        arrived = len(play.arrivals())
        await play.call()
        play.expect(len(play.arrivals()) == arrived + 1, "a call after the storm")
