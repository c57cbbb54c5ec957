"""Assertions 23 to 30: a link that breaks and comes again, and what happened meanwhile."""

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType

import attrs

from ccroute.adapters import (
    Answered,
    Arrived,
    ContactSignal,
    Ended,
    Gap,
    HeldContact,
    HeldOffer,
    LinkDown,
    LinkUp,
    OfferFailed,
    Outcome,
    PlatformSnapshot,
    Ring,
    Verdict,
)
from ccroute.testing._play import Play
from ccroute.testing._playing import Playing, assertion

KEPT: Mapping[str, str | int | bool] = MappingProxyType({"account": "A-7", "vip": True})
"""Attributes that a platform is to keep with a contact."""


async def broken_and_mended(play: Play, seconds: float = 5.0) -> int:
    """Cuts the link for some seconds; returns the place in what was heard where it broke."""
    since = len(play.heard)
    await play.driver.drop_link()
    await play.wait_for(lambda: play.signals(LinkDown, since), "no LinkDown", within=10.0)
    await play.pass_time(seconds)
    await mended(play, since)
    return since


async def mended(play: Play, since: int) -> None:
    """Mends the link and waits until it is up."""
    await play.driver.restore_link()
    await play.up_again(since)
    await play.settle_down()


def held(play: Play, contact: str, since: int) -> bool:
    """Whether the last snapshot since then has the contact."""
    return any(it.contact == contact for it in play.snapshots(since)[-1].contacts)


class OnLinks(Playing):
    """A link that breaks."""

    @assertion(23)
    async def test_23_a_broken_link_comes_again(self, play: Play) -> None:
        """LinkDown, tries with growing and random pauses, LinkUp, Gap with bounds, snapshot."""
        await play.open()
        stands = play.signals(LinkUp) and play.snapshots()
        play.expect(stands, "open returned before LinkUp and a snapshot were told")
        await play.pass_time(10.0)
        since, cut = len(play.heard), play.time.now()
        tried = len(await play.driver.sign_ins())
        await play.driver.drop_link()
        await play.wait_for(lambda: play.signals(LinkDown, since), "no LinkDown", within=10.0)
        away = 8 * self.back_off
        await play.pass_time(away)
        health = await play.finish(play.adapter.probe(), "probe")
        play.expect(not health.up, f"the link is down, and by the probe {health}")
        tries = (await play.driver.sign_ins())[tried:]
        self._pauses_are_right(play, [b - a for a, b in pairwise(tries)])
        mended_at = play.time.now()
        await mended(play, since)
        self._told_in_order(play, since, cut, mended_at)
        health = await play.finish(play.adapter.probe(), "probe")
        play.expect(health.up, f"the link is up, and by the probe {health}")
        await self._closed_while_down(play)

    async def _closed_while_down(self, play: Play) -> None:
        since = len(play.heard)
        await play.driver.drop_link()
        await play.wait_for(lambda: play.signals(LinkDown, since), "no LinkDown", within=10.0)
        await play.finish(play.adapter.close(1.0), "close of a broken link")
        tried = len(await play.driver.sign_ins())
        await play.pass_time(2 * self.back_off)
        play.expect_same(len(await play.driver.sign_ins()), tried, "tries to come in after close")
        await play.driver.restore_link()
        # What could not be told while it was down, another adapter puts right.
        play.adapter = play.make_adapter(play.driver.settings())
        await play.open()

    def _pauses_are_right(self, play: Play, pauses: list[float]) -> None:
        told = f"pauses between tries: {[round(it, 2) for it in pauses]}"
        play.expect(len(pauses) >= 4, f"too few tries; {told}")
        play.expect(pauses[0] < self.back_off / 2, f"the first pause is long; {told}")
        play.expect(pauses[-1] > 2 * pauses[0], f"they do not grow; {told}")
        play.expect(max(pauses) <= self.back_off + 1.0, f"over {self.back_off} s; {told}")
        last = {round(it, 3) for it in pauses[-4:]}
        play.expect(len(last) == len(pauses[-4:]), f"they are not random; {told}")

    def _told_in_order(self, play: Play, since: int, cut: float, mended_at: float) -> None:
        wanted = LinkDown, LinkUp, Gap, PlatformSnapshot
        kinds = [type(it) for it in play.heard[since:] if isinstance(it, wanted)]
        if play.can("event_backfill"):
            kinds = [kind for kind in kinds if kind is not Gap]
            wanted = LinkDown, LinkUp, PlatformSnapshot  # type: ignore[assignment]
        names = [kind.__name__ for kind in wanted]
        play.expect_same([kind.__name__ for kind in kinds], names, "told were")
        for gap in play.signals(Gap, since):
            play.expect(gap.since <= cut + 1.0, f"cut at {cut}, and {gap}")
            play.expect(gap.until >= mended_at - 1.0, f"mended at {mended_at}, and {gap}")
            play.expect(gap.until <= play.time.now(), f"ends in the future: {gap}")
        taken = play.snapshots(since)[-1].taken_at
        play.expect(taken >= mended_at - 1.0, f"a snapshot of {taken}, mended at {mended_at}")

    @assertion(24, "snapshot")
    async def test_24_what_ended_meanwhile_is_closed(self, play: Play) -> None:
        """The snapshot lacks it; what is told of it is told once, and as inferred."""
        await play.open()
        ended = await play.waiting()
        talking = await play.conversation()
        since = len(play.heard)
        await play.driver.drop_link()
        await play.wait_for(lambda: play.signals(LinkDown, since), "no LinkDown", within=10.0)
        await play.hang_up(ended)
        await play.hang_up(talking)
        await mended(play, since)
        for contact in (ended, talking):
            play.expect(not held(play, contact, since), f"the snapshot still has {contact}")
            told = [it for it in play.signals(ContactSignal, since) if it.contact == contact]
            sure = [it for it in told if not it.inferred]
            play.expect(
                not sure or play.can("event_backfill"), f"told as if it had been heard: {sure}"
            )
            play.expect(len(play.of(contact, Ended)) <= 1, f"{contact} ended more than once")
        play.expect(await play.until_no_legs("agent", 5.0), "the agent's leg is still there")

    @assertion(25, "snapshot")
    async def test_25_what_lives_on_keeps_its_id(self, play: Play) -> None:
        """In the snapshot, and in all that is told afterwards; and, for a host that lost
        everything, what was to be kept with it."""
        await play.open()
        contact = await play.call()
        if play.can("park"):
            await play.do(attrs.evolve(play.park_of(contact), attributes=KEPT))
        await play.converse(contact, play.agents[0])
        since = await broken_and_mended(play)
        play.expect(held(play, contact, since), f"the snapshot lacks {contact}")
        (found,) = (it for it in play.snapshots(since)[-1].contacts if it.contact == contact)
        play.expect_same(found.agent, play.agents[0], "the agent it is bridged with")
        play.expect(not play.signals(Arrived, since), "it is told to have come again")
        await self._found_by_another(play, found)
        await play.hang_up(contact)
        await play.wait_for(lambda: play.of(contact, Ended), f"{contact} is not Ended")
        others = {it.contact for it in play.signals(ContactSignal)} - {contact}
        play.expect(not others, f"there are other contacts: {others}")

    async def _found_by_another(self, play: Play, before: HeldContact) -> None:
        await play.finish(play.adapter.close(1.0), "close")
        play.adapter = play.make_adapter(play.driver.settings())
        since = len(play.heard)
        await play.open()
        after = [it for it in play.snapshots(since)[-1].contacts if it.contact == before.contact]
        play.expect_same(len(after), 1, "in the first snapshot of another adapter, the contact")
        play.expect_same(after[0].agent, before.agent, "the agent, for another adapter")
        if play.can("park"):
            attributes = after[0].arrival.attributes or {}
            kept = {key: value for key, value in attributes.items() if key in KEPT}
            play.expect_same(kept, dict(KEPT), "attributes that were to be kept")

    @assertion(26, "snapshot")
    async def test_26_what_came_meanwhile_is_found(self, play: Play) -> None:
        """In the snapshot; and it can be parked and ended as any other."""
        await play.open()
        since = len(play.heard)
        await play.driver.drop_link()
        await play.wait_for(lambda: play.signals(LinkDown, since), "no LinkDown", within=10.0)
        handle = await play.driver.place_call()
        await mended(play, since)
        found = [it.contact for it in play.snapshots(since)[-1].contacts]
        play.expect_same(len(found), 1, f"contacts in the snapshot: {found}; how many")
        contact = found[0]
        play.handles[contact] = handle
        if play.can("park"):
            await play.do(play.park_of(contact))
        await play.hang_up(contact)
        await play.wait_for(lambda: play.of(contact, Ended), f"{contact} is not Ended")

    @assertion(27, "ring", "snapshot")
    async def test_27_an_offer_in_flight_ends_or_lives(self, play: Play) -> None:
        """Answered, rejected or still ringing when the link is back: one of them, once."""
        await play.open()
        for meanwhile in ("rings", "answered", "rejected"):
            contact = await play.waiting()
            ring = await play.ringing(contact, play.agents[0], seconds=60.0)
            since = len(play.heard)
            await play.driver.drop_link()
            await play.wait_for(lambda: play.signals(LinkDown, since), "no LinkDown", 10.0)  # noqa: B023
            if meanwhile == "answered":
                await play.driver.answer(ring.address)
            elif meanwhile == "rejected":
                await play.driver.reject(ring.address)
            await mended(play, since)
            self._ends_or_lives(play, ring, since, meanwhile)
            await play.hang_up(contact)
            play.expect(await play.until_no_legs("agent", 5.0), "the agent's leg is still there")
            await play.settle_down()

    def _ends_or_lives(self, play: Play, ring: Ring, since: int, meanwhile: str) -> None:
        last = play.snapshots(since)[-1]
        alive: list[HeldOffer] = [
            offer for it in last.contacts for offer in it.offers if offer.offer == ring.offer
        ]
        ended = play.of_offer(ring.offer, OfferFailed)
        told = f"{meanwhile} meanwhile: in the snapshot {alive}, told {ended}"
        play.expect(len(alive) <= 1 and len(ended) <= 1, told)
        if meanwhile == "rejected":
            play.expect(not alive, told)
            return
        play.expect(bool(alive) != bool(ended), told)
        if alive and meanwhile == "answered":
            known = alive[0].state == "answered" or bool(play.of_offer(ring.offer, Answered))
            play.expect(known, told)
        if alive:
            play.expect_same(alive[0].agent, ring.agent, "the agent of the offer")

    @assertion(28, "ring")
    async def test_28_what_is_unknown_is_not_sent_again(self, play: Play) -> None:
        """Not after the reconnect, and not later."""
        await play.open()
        contact = await play.waiting()
        await play.driver.stall_replies()
        ring = play.ring_of(contact, play.agents[0], seconds=20.0)
        task = play.begin(ring)
        await play.pass_time(1.0)
        since = len(play.heard)
        await play.driver.drop_link()
        await play.wait_for(task.done, "no outcome after the link was cut")
        self._not_known(play, task.result())
        await mended(play, since)
        if play.can("snapshot"):
            await self._looked_up(play, ring)
        await play.pass_time(60.0)
        effects = await play.driver.side_effects(ring)
        play.expect(effects <= 1, f"{ring} was unknown, and was carried out {effects} times")
        tried = await play.driver.attempts(ring)
        play.expect(len(tried) <= 1, f"{ring} was unknown, and was sent {len(tried)} times")

    async def _looked_up(self, play: Play, ring: Ring) -> None:
        """Whether it was done is seen in a snapshot."""
        rings = bool(await play.legs("agent"))
        snapshot = await play.finish(play.adapter.snapshot(), "snapshot")
        found = [it for held in snapshot.contacts for it in held.offers if it.offer == ring.offer]
        play.expect_same(bool(found), rings, f"the phone rings: {rings}; it is in the snapshot")
        for it in found:
            play.expect(it.instruction in {ring.id, None}, f"made by {ring.id}, and held is {it}")

    def _not_known(self, play: Play, outcome: Outcome) -> None:
        play.expect_same(outcome.verdict, Verdict.UNKNOWN, f"{outcome}: the verdict")

    @assertion(29, "restart_detect", "snapshot")
    async def test_29_a_restart_is_a_new_epoch(self, play: Play) -> None:
        """A greater epoch, and the contacts are gone; who tells their end says system_lost."""
        await play.open()
        waiting, talking = await play.waiting(), await play.conversation()
        epoch = play.signals(LinkUp)[-1].epoch
        since = len(play.heard)
        await play.driver.restart_platform()
        await play.up_again(since)
        await play.settle_down()
        later = play.signals(LinkUp, since)[-1].epoch
        play.expect(later > epoch, f"epoch {later} after the restart, {epoch} before")
        last = play.snapshots(since)[-1]
        play.expect_same(last.epoch, later, "the epoch of the snapshot")
        for contact in (waiting, talking):
            play.expect(not held(play, contact, since), f"the snapshot still has {contact}")
            causes = [it.cause for it in play.signals(Ended, since) if it.contact == contact]
            play.expect(causes in ([], ["system_lost"]), f"{contact} ended by {causes}")
        contact = await play.call()
        play.expect(contact not in {waiting, talking}, f"the id {contact!r} was used before")

    @assertion(30)
    async def test_30_a_link_without_bytes_is_noticed(self, play: Play) -> None:
        """By the watchdog; and then it comes again. A quiet link is left alone."""
        await play.open()
        await play.pass_time(4 * self.watchdog)
        play.expect(not play.signals(LinkDown), "LinkDown, and the link was only quiet")
        since = len(play.heard)
        await play.driver.half_open()
        await play.wait_for(
            lambda: play.signals(LinkDown, since), "no LinkDown", within=self.watchdog
        )
        await mended(play, since)
        await play.call()
