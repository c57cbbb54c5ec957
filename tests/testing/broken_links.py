"""Adapters that are wrong about links, limits, bytes and clocks."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from tests.testing.broken import Telling, breaks

import ccroute_acme.adapter as module
from ccroute.adapters import (
    Arrived,
    ContactSignal,
    DeviceSeen,
    Ended,
    Gap,
    Instruction,
    LinkDown,
    LinkHealth,
    LinkUp,
    OfferFailed,
    Outcome,
    PlatformSnapshot,
    Signal,
    Sink,
    Time,
    Unmapped,
    Verdict,
    done,
    unknown,
)
from ccroute_acme import AcmeAdapter, codec, commands, session

# -- Links ----------------------------------------------------------------------------------


@breaks(23)
class ComesBackLikeClockwork(AcmeAdapter):
    class BackOff(session.BackOff):
        def pause(self) -> float:
            return 5.0

    patches = ((module, "BackOff", BackOff),)


@breaks(23)
class ComesBackWithoutChance(AcmeAdapter):
    class BackOff(session.BackOff):
        def pause(self) -> float:
            self._next *= 2
            return min(self._next, self._longest)

    patches = ((module, "BackOff", BackOff),)


@breaks(23)
class ComesBackAfterItsEnd(AcmeAdapter):
    async def close(self, drain: float) -> None:
        await super().close(drain)
        if self._link is not None and self._last_heard is not None:
            self.late = asyncio.ensure_future(self.again())

    async def again(self) -> None:
        await self._time.sleep_until(self._time.now() + 30.0)
        link = await asyncio.open_connection(self._settings.host, self._settings.port)
        link[1].transport.abort()


@breaks(23)
class LooksWell(AcmeAdapter):
    async def probe(self) -> LinkHealth:
        return attrs.evolve(await super().probe(), up=True)


@breaks(23, 35)
class TellsNoGap(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [] if isinstance(signal, Gap) else [signal]


@breaks(24)
class EndsWhatItDidNotHear(Telling):
    """Tells the end of what the snapshot lacks as if it had been heard."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.alive: set[str] = set()

    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, Arrived):
            self.alive.add(signal.contact)
        if isinstance(signal, Ended):
            self.alive.discard(signal.contact)
        return [signal]

    def show(self, snapshot: PlatformSnapshot) -> PlatformSnapshot:
        for contact in self.alive - {it.contact for it in snapshot.contacts}:
            self.told.push(Ended(contact=contact, cause="system_lost"))
        return snapshot


@breaks(25)
class GivesNewIds(Telling):
    """After a broken link, whoever speaks with an agent has another id."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.names: dict[str, str] = {}

    def show(self, snapshot: PlatformSnapshot) -> PlatformSnapshot:
        self.names = {it.contact: f"{it.contact}+" for it in snapshot.contacts if it.agent}
        return self.renamed(snapshot)

    def renamed(self, snapshot: PlatformSnapshot) -> PlatformSnapshot:
        return attrs.evolve(
            snapshot,
            contacts=[
                attrs.evolve(it, arrival=attrs.evolve(it.arrival, contact=self.name(it.contact)))
                for it in snapshot.contacts
            ],
        )

    def name(self, contact: str) -> str:
        return self.names.get(contact, contact)

    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, ContactSignal):
            return [attrs.evolve(signal, contact=self.name(signal.contact))]
        return [signal]

    async def snapshot(self) -> PlatformSnapshot:
        return self.renamed(await super().snapshot())


@breaks(25)
class KeepsNothing(Telling):
    def show(self, snapshot: PlatformSnapshot) -> PlatformSnapshot:
        bare = [
            attrs.evolve(it, arrival=attrs.evolve(it.arrival, attributes=None))
            for it in snapshot.contacts
        ]
        return attrs.evolve(snapshot, contacts=bare)


@breaks(26, 35)
class FindsNobodyNew(EndsWhatItDidNotHear):
    def show(self, snapshot: PlatformSnapshot) -> PlatformSnapshot:
        known = [it for it in snapshot.contacts if it.contact in self.alive]
        return attrs.evolve(snapshot, contacts=known)


@breaks(27)
class EndsOffersThatLive(Telling):
    def show(self, snapshot: PlatformSnapshot) -> PlatformSnapshot:
        for held in snapshot.contacts:
            for it in held.offers:
                if it.state != "bridged":
                    failed = OfferFailed(offer=it.offer, reason="error", inferred=True)
                    self.told.push(failed)
        return snapshot


@breaks(28)
class SendsAgain(Telling):
    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.again: list[Instruction] = []

    async def execute(self, instruction: Instruction) -> Outcome:
        outcome = await super().execute(instruction)
        if outcome.verdict is Verdict.UNKNOWN:
            self.again.append(instruction)
        return outcome

    def show(self, snapshot: PlatformSnapshot) -> PlatformSnapshot:
        for instruction in self.again:
            late = attrs.evolve(instruction, deadline=self._time.now() + 5.0)
            self._start(self.sent_again(late))
        self.again.clear()
        return snapshot

    async def sent_again(self, instruction: Instruction) -> None:
        await self._carry_out(instruction)


@breaks(28)
class CannotLookUp(AcmeAdapter):
    """A leg whose `Ring` was unknown is missing from the snapshot."""

    async def execute(self, instruction: Instruction) -> Outcome:
        outcome = await super().execute(instruction)
        if outcome.verdict is Verdict.UNKNOWN:
            self.unknown = instruction.id
        return outcome

    unknown = ""

    async def snapshot(self) -> PlatformSnapshot:
        found = await super().snapshot()
        fewer = [
            attrs.evolve(it, offers=[one for one in it.offers if one.instruction != self.unknown])
            for it in found.contacts
        ]
        return attrs.evolve(found, contacts=fewer)


@breaks(29)
class KnowsNoRestart(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [attrs.evolve(signal, epoch=0) if isinstance(signal, LinkUp) else signal]

    def show(self, snapshot: PlatformSnapshot) -> PlatformSnapshot:
        return attrs.evolve(snapshot, epoch=0)


@breaks(29)
class TakesARestartForHangingUp(EndsWhatItDidNotHear):
    def show(self, snapshot: PlatformSnapshot) -> PlatformSnapshot:
        for contact in self.alive - {it.contact for it in snapshot.contacts}:
            self.told.push(Ended(contact=contact, cause="hangup", inferred=True))
        return snapshot


@breaks(30)
class HasNoWatchdog(AcmeAdapter):
    async def _watch(self, link: module.Link, session: session.Session) -> None:
        await link.ended


@breaks(31)
class FightsForItsSession(AcmeAdapter):
    def _hear(self, link: module.Link, session: session.Session, message: Any) -> None:
        if message.get("ev") == "taken_over":
            link.end("taken over")
        super()._hear(link, session, message)


@breaks(31)
class GivesUpInSilence(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [attrs.evolve(signal, final=False) if isinstance(signal, LinkDown) else signal]


@breaks(32)
class WaitsForTheLink(AcmeAdapter):
    """Keeps what comes while the link is down, and gives it late."""

    async def execute(self, instruction: Instruction) -> Outcome:
        outcome = await super().execute(instruction)
        down = outcome.failure == "link_down" and not self._closing
        return unknown("later") if down else outcome


@breaks(32, 28)
class LetsInstructionsHang(AcmeAdapter):
    class Link(module.Link):
        def end(self, reason: str, *, final: bool = False) -> None:
            asked, self._asked = self._asked, {}
            super().end(reason, final=final)
            self._asked = asked

    patches = ((module, "Link", Link),)


@breaks(33)
class ForgetsDevices(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        gone = isinstance(signal, DeviceSeen) and self._last_heard is not None
        return [] if gone else [signal]


@breaks(33)
class ShowsNoDevices(AcmeAdapter):
    async def snapshot(self) -> PlatformSnapshot:
        return attrs.evolve(await super().snapshot(), devices=())


@breaks(34)
class AsksAgainAtOnce(AcmeAdapter):
    @staticmethod
    def outcome_of(reply: Any) -> Outcome:
        outcome = commands.outcome_of(reply)
        throttled = outcome.failure == "throttled"
        return attrs.evolve(outcome, retry_after=0.1) if throttled else outcome

    patches = ((module, "outcome_of", outcome_of),)


@breaks(34)
class LosesWhatIsThrottled(AcmeAdapter):
    @staticmethod
    def outcome_of(reply: Any) -> Outcome:
        outcome = commands.outcome_of(reply)
        return done() if outcome.failure == "throttled" else outcome

    patches = ((module, "outcome_of", outcome_of),)


@breaks(34)
class RingsAllAtOnce(AcmeAdapter):
    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._pace = session.Pace(10_000.0)


@breaks(34)
class RingsWhatWasCancelled(AcmeAdapter):
    """A ring that waits for its turn cannot be cancelled."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._commands.is_wanted = lambda ring: True  # type: ignore[method-assign]


@breaks(35)
class LosesWhatFindsNoRoom(Telling):
    async def open(self, sink: Sink, time: Time) -> None:
        class Deaf:
            def push(self, signal: Signal) -> bool:
                sink.push(signal)
                return True

            def resync(self, snapshot: PlatformSnapshot) -> None:
                sink.resync(snapshot)

        await super().open(Deaf(), time)


@breaks(36)
class KeepsEverything(Telling):
    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.kept: list[Signal] = []

    def tell(self, signal: Signal) -> Sequence[Signal]:
        self.kept.append(signal)
        return [signal]


# -- Bytes, words and clocks ----------------------------------------------------------------


@breaks(36)
class FloodsTheHost(Telling):
    """Tells states as if they had happened: none replaces another, and room is made by force."""

    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, DeviceSeen):
            return [attrs.evolve(signal, tenant=str(signal.number))]
        return [signal]


@breaks(37)
class ReadsPieceByPiece(AcmeAdapter):
    """Takes whatever comes at once for whole lines."""

    class LineDecoder(codec.LineDecoder):
        def receive_data(self, data: bytes) -> list[codec.Message]:
            messages = super().receive_data(data)
            self._rest = b""
            return messages

    patches = ((session, "LineDecoder", LineDecoder),)


@breaks(38)
class GoesDeaf(AcmeAdapter):
    """One line that cannot be read ends the reader; the link looks well."""

    async def _read(self, link: module.Link, session: session.Session) -> None:
        while data := await link.reader.read(64 * 1024):
            try:
                data.decode()
                for message in session.receive_data(data, self._time.now()):
                    self._hear(link, session, message)
            except (ValueError, codec.LineTooLong):
                return
        link.end("closed")


@breaks(38)
class CountsNothing(AcmeAdapter):
    async def probe(self) -> LinkHealth:
        return attrs.evolve(await super().probe(), counters=())


@breaks(39)
class KnowsEveryWord(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, Unmapped):
            raise KeyError(signal.what)
        return [signal]


@breaks(40)
class TrustsTheOtherClock(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, Arrived):
            return [attrs.evolve(signal, entered_at=signal.at)]
        return [signal]


@breaks(40)
class TakesSnapshotsByTheOtherClock(AcmeAdapter):
    async def snapshot(self) -> PlatformSnapshot:
        found = await super().snapshot()
        listed = await self._greet(self._link, "list")  # type: ignore[arg-type]
        return attrs.evolve(found, taken_at=listed["now"])


@breaks(41)
class TakesNewNamesForNewContacts(AcmeAdapter):
    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        words = dict(self._translator._words)

        def renamed(event: codec.Message) -> Iterator[Signal]:
            yield from words["renamed"](event)
            call = self._translator.calls[str(event["call"])]
            call.contact = call.id
            yield Arrived(contact=call.id)

        self._translator._words = {**words, "renamed": renamed}
