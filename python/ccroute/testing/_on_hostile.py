"""Assertions 37 to 41: bytes, words and clocks that are not as they should be."""

import attrs

from ccroute.adapters import (
    Arrived,
    Bridged,
    ContactSignal,
    DeviceSeen,
    Ended,
    LinkDown,
    LinkUp,
    OfferFailed,
    OfferSignal,
    Ring,
    Unmapped,
    Verdict,
)
from ccroute.testing._fold import Heard
from ccroute.testing._play import Play
from ccroute.testing._playing import Playing, assertion

HOUR = 3600.0


class OnHostile(Playing):
    """Bytes, words and clocks."""

    def test_37_bytes_in_any_pieces_say_the_same(self) -> None:
        """A conversation, whole and with every message split at every byte."""
        told: list[list[str]] = []

        async def scene(play: Play) -> None:
            await play.open()
            if told:
                await play.driver.fragment(1)
            contact = await play.conversation()
            await play.hang_up(contact)
            await play.wait_for(lambda: play.of(contact, Ended), f"{contact} is not Ended", 60.0)
            # In pieces it takes many turns of the loop, and little time.
            await play.until(lambda: not told or len(_plain(play.heard)) >= len(told[0]), 60.0)
            await play.settle_down()
            told.append(_plain(play.heard))
            if len(told) == 2:
                play.expect_same(told[1], told[0], "what was heard in pieces")

        for _ in range(2):
            self.play(37, scene, ("mode control",))

    @assertion(38)
    async def test_38_malformed_input_breaks_nothing(self, play: Play) -> None:
        """It is counted; the link is kept, or reset and comes again; text stays text."""
        await play.open()
        for name, data in play.driver.malformed().items():
            since, before = len(play.heard), await self._counted(play)
            await play.driver.inject_raw(data)
            await play.settle_down()
            if play.signals(LinkDown, since):
                await play.up_again(since)
            counted = await self._counted(play) > before
            told = bool(play.signals(LinkDown, since) or play.signals(Unmapped, since))
            play.expect(counted or told, f"{name}: neither counted nor told")
            contact = await play.call()
            await play.hang_up(contact)
            await play.settle_down()
        if play.can("ring"):
            await self._injected(play)

    async def _counted(self, play: Play) -> int:
        health = await play.finish(play.adapter.probe(), "probe")
        return sum(count for _, count in health.counters)

    async def _injected(self, play: Play) -> None:
        contact = await play.waiting()
        ring = play.ring_of(contact, play.agents[0])
        rude = 'x\r\n\r\n{"do": "drop"}\nAction: Logoff\r\n\r\n\x00'
        ring = attrs.evolve(ring, attributes={"name": rude})
        play.rings[ring.offer] = ring
        outcome = await play.ask(ring)
        await play.settle_down()
        effects = await play.driver.side_effects(ring)
        wanted = 1 if outcome.verdict is Verdict.DONE else 0
        play.expect_same(effects, wanted, f"line ends in an attribute: {outcome}; effects")
        play.expect_same(len(await play.legs("customer")), 1, "customers still there")

    @assertion(39)
    async def test_39_an_unknown_event_is_unmapped(self, play: Play) -> None:
        """Unmapped, the link stays, and the next event is heard."""
        await play.open()
        since = len(play.heard)
        await play.driver.unknown_event()
        await play.wait_for(lambda: play.signals(Unmapped, since), "no Unmapped")
        await play.call()
        play.expect(not play.signals(LinkDown, since), "LinkDown after an unknown event")

    @assertion(40, "mode control")
    async def test_40_a_wrong_clock_alters_no_duration(self, play: Play) -> None:
        """An hour ahead, then an hour behind, as when summer time begins and ends."""
        await play.open()
        for skew in (HOUR, -HOUR):
            await play.driver.skew_clock(skew)
            called = play.time.now()
            contact = await play.waiting()
            arrived = next(it for it in play.signals(Arrived) if it.contact == contact)
            self._near(play, arrived.entered_at, called, "entered_at")
            if play.can("ring"):
                ring = await play.ringing(contact, play.agents[0], 20.0)
                await self._fails_in_time(play, ring)
            if play.can("snapshot"):
                asked = play.time.now()
                snapshot = await play.finish(play.adapter.snapshot(), "snapshot")
                self._near(play, snapshot.taken_at, asked, "taken_at")
                for it in snapshot.contacts:
                    self._near(play, it.arrival.entered_at, called, "entered_at in the snapshot")
            await play.hang_up(contact)
            await play.settle_down()

    def _near(self, play: Play, told: float | None, true: float, what: str) -> None:
        if told is not None:
            play.expect(abs(told - true) <= 2.0, f"{what} is {told - true:+.0f} s beside our clock")

    async def _fails_in_time(self, play: Play, ring: Ring) -> None:
        await play.wait_for(lambda: play.of_offer(ring.offer, OfferFailed), "no OfferFailed", 30.0)
        late = play.time.now() - ring.until
        play.expect(abs(late) <= 1.0, f"no answer came {late:+.1f} s after the time was up")

    @assertion(41, "mode control")
    async def test_41_a_renamed_contact_keeps_its_id(self, play: Play) -> None:
        """Whatever the platform calls its leg; also across a broken link."""
        await play.open()
        contact = await play.waiting()
        handle = play.handles[contact]
        await play.driver.rename_contact(handle)
        await play.settle_down()
        await play.converse(contact, play.agents[0])
        await play.check_snapshot()
        if play.can("hold"):
            await play.driver.rename_contact(handle)
            await play.settle_down()
            await play.check_snapshot()
        await play.hang_up(contact)
        await play.settle_down()
        names = {it.contact for it in play.signals(ContactSignal)}
        play.expect_same(names, {contact}, "contacts that were heard of")
        play.expect_same(len(play.of(contact, Bridged)), 1, "Bridged of one contact")


def _plain(heard: list[Heard]) -> list[str]:
    """What happened without ids, numbers and times, which differ between two runs; so do the states
    of devices, which may be told together."""
    names: dict[object, str] = {}
    told = []
    for it in heard:
        if isinstance(it, ContactSignal):
            told.append(f"{type(it).__name__} {names.setdefault(it.contact, f'c{len(names)}')}")
        elif isinstance(it, OfferSignal):
            told.append(f"{type(it).__name__} {names.setdefault(it.offer, f'o{len(names)}')}")
        elif not isinstance(it, LinkUp | DeviceSeen):
            told.append(type(it).__name__)
    return told
