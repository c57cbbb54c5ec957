"""The kit catches broken adapters, each by the assertion meant for it.

Every one is the example adapter with one thing done wrong: the mistakes of real ones.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import attrs
import pytest

import ccroute_acme.adapter as module
from ccroute import ConfigError, LinkError
from ccroute.adapters import (
    Abandoned,
    Adapter,
    AdapterInfo,
    AgentAsked,
    Arrived,
    AttributesSeen,
    Bridged,
    CancelRing,
    Connect,
    ContactSignal,
    DeviceSeen,
    Dialled,
    Disconnected,
    Ended,
    Gap,
    HangUp,
    Instruction,
    LinkHealth,
    LinkUp,
    OfferFailed,
    OfferSignal,
    Outcome,
    Parked,
    PlatformSnapshot,
    Ring,
    Ringing,
    SentAway,
    Setting,
    Signal,
    Sink,
    Time,
    Unmapped,
    Verdict,
    done,
)
from ccroute.testing import ASSERTIONS, AdapterContract, SimulatedPbx, try_contract
from ccroute_acme import AcmeAdapter, acme, codec, commands, session

SLOW = {36, 50}
"""What takes longest, and is tried on those only that are meant to fail it."""
BROKEN: list[Any] = []
Made = TypeVar("Made", bound=type[AcmeAdapter])


def breaks(number: int, *also: int) -> Callable[[Made], Made]:
    """Notes which assertion catches an adapter, and which others must see it too."""

    def noted(broken: Made) -> Made:
        BROKEN.append(pytest.param(number, also, broken, id=f"{number:02}-{broken.__name__}"))
        return broken

    return noted


def contract_of(broken: type[AcmeAdapter]) -> type[AdapterContract]:
    class Tried(AdapterContract):
        module = "ccroute_acme"

        def make_platform(self, time: Time) -> SimulatedPbx:
            return SimulatedPbx(time)

        def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
            sound: Any = acme("pbx", config)
            return broken(sound._name, sound._settings)

    return Tried


class Telling(AcmeAdapter):
    """Tells something else than what it heard."""

    told: Sink

    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [signal]

    def show(self, snapshot: PlatformSnapshot) -> PlatformSnapshot:
        return snapshot

    async def open(self, sink: Sink, time: Time) -> None:
        adapter = self
        self.told = sink

        class Between:
            def push(self, signal: Signal) -> bool:
                return all(sink.push(it) for it in adapter.tell(signal))

            def resync(self, snapshot: PlatformSnapshot) -> None:
                sink.resync(adapter.show(snapshot))

        await super().open(Between(), time)


# -- Coming and going -----------------------------------------------------------------------


@breaks(1)
class DoesWhatItDoesNotDeclare(AcmeAdapter):
    @property
    def info(self) -> AdapterInfo:
        return attrs.evolve(super().info, capabilities=super().info.capabilities - {"announce"})


@breaks(2)
class TakesWrongCredentialsForTrouble(AcmeAdapter):
    async def open(self, sink: Sink, time: Time) -> None:
        try:
            await super().open(sink, time)
        except ConfigError as error:
            raise LinkError("later perhaps") from error


@breaks(2)
class TriesWrongCredentialsAgain(AcmeAdapter):
    async def open(self, sink: Sink, time: Time) -> None:
        for tries in range(3):
            try:
                return await super().open(sink, time)
            except ConfigError:
                if tries == 2:
                    raise
        return None


@breaks(3)
class LetsNativeErrorsOut(AcmeAdapter):
    async def open(self, sink: Sink, time: Time) -> None:
        try:
            await super().open(sink, time)
        except LinkError as error:
            raise ConnectionRefusedError from error


@breaks(4)
class LeavesTasks(AcmeAdapter):
    async def close(self, drain: float) -> None:
        await super().close(drain)
        self.left = asyncio.ensure_future(asyncio.Event().wait())


@breaks(4)
class LeavesASocket(AcmeAdapter):
    async def open(self, sink: Sink, time: Time) -> None:
        await super().open(sink, time)
        settings = self._settings
        self.left = await asyncio.open_connection(settings.host, settings.port)


@breaks(5)
class ShowsItsPassword(AcmeAdapter):
    def __repr__(self) -> str:
        return f"<Acme {self._settings.user}:{self._settings.password.reveal()}>"


@breaks(5)
class LogsItsPassword(AcmeAdapter):
    async def open(self, sink: Sink, time: Time) -> None:
        logging.getLogger("acme").debug("as %s", self._settings.password.reveal())
        await super().open(sink, time)


# -- Calls ----------------------------------------------------------------------------------


@breaks(6)
class ArrivesTwice(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [signal, signal] if isinstance(signal, Arrived) else [signal]


@breaks(7)
class ParksTwice(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [signal, signal] if isinstance(signal, Parked) else [signal]


@breaks(8)
class RingsBeforeItDials(Telling):
    """Keeps Dialled back until the next signal about the offer."""

    kept: Dialled | None = None

    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, Dialled):
            self.kept = signal
            return []
        if isinstance(signal, Ringing | OfferFailed) and self.kept is not None:
            kept, self.kept = self.kept, None
            late = attrs.evolve(kept, number=None, at=None)
            return [signal, late] if isinstance(signal, Ringing) else [kept, signal]
        return [signal]


@breaks(9)
class BridgedTooEarly(Telling):
    """Takes the reply for the deed."""

    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [] if isinstance(signal, Bridged) and signal.offer is not None else [signal]

    async def execute(self, instruction: Instruction) -> Outcome:
        outcome = await super().execute(instruction)
        if isinstance(instruction, Connect) and outcome.verdict is Verdict.DONE:
            self.told.push(bridged(instruction))
        return outcome


def bridged(asked: Connect) -> Bridged:
    return Bridged(contact=asked.contact, agent=asked.agent, offer=asked.offer)


@breaks(10)
class TakesAgentsForCustomers(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [attrs.evolve(signal, by="customer") if by(signal, "agent") else signal]


@breaks(11)
class TakesCustomersForAgents(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [attrs.evolve(signal, by="agent") if by(signal, "customer") else signal]


def by(signal: Signal, who: str) -> bool:
    return isinstance(signal, Disconnected) and signal.by == who


@breaks(12, 40)
class RingsTooLong(AcmeAdapter):
    async def execute(self, instruction: Instruction) -> Outcome:
        if isinstance(instruction, Ring):
            instruction = attrs.evolve(instruction, until=instruction.until + 3.0)
        return await super().execute(instruction)


@breaks(13)
class TakesBusyForRejected(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        busy = isinstance(signal, OfferFailed) and signal.reason == "busy"
        return [attrs.evolve(signal, reason="rejected") if busy else signal]


@breaks(14)
class AbandonsInAnotherPhase(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        offering = isinstance(signal, Abandoned) and signal.phase == "offering"
        return [attrs.evolve(signal, phase="waiting") if offering else signal]


@breaks(14)
class LetsPhonesRingOn(AcmeAdapter):
    """For a second and a half."""

    def _drop_strays(self) -> None:
        if self._translator.strays:
            self._start(self.drop_later())

    async def drop_later(self) -> None:
        await self._time.sleep_until(self._time.now() + 1.5)
        super()._drop_strays()


@breaks(15)
class BridgesWhoHasLeft(Telling):
    """Tells Bridged when the customer went while they were joined."""

    asked: Connect | None = None

    async def execute(self, instruction: Instruction) -> Outcome:
        if isinstance(instruction, Connect):
            self.asked = instruction
        return await super().execute(instruction)

    def tell(self, signal: Signal) -> Sequence[Signal]:
        asked = self.asked
        if isinstance(signal, Bridged):
            self.asked = None
        if isinstance(signal, Abandoned) and asked and asked.contact == signal.contact:
            return [bridged(asked), signal]
        return [signal]


@breaks(16, 42)
class CancelsOnlyWhatRings(AcmeAdapter):
    async def execute(self, instruction: Instruction) -> Outcome:
        if isinstance(instruction, CancelRing):
            call = self._translator.call_of(instruction.contact)
            for leg in call.legs.values() if call else ():
                if leg.offer == instruction.offer and leg.state == "answered":
                    return Outcome(verdict=Verdict.DONE)
        return await super().execute(instruction)


@breaks(17)
class RaisesForWhatIsGone(AcmeAdapter):
    async def execute(self, instruction: Instruction) -> Outcome:
        outcome = await super().execute(instruction)
        if isinstance(instruction, HangUp) and outcome.failure == "gone":
            raise LookupError(instruction.contact)
        return outcome


@breaks(18)
class AbandonsWhoIsSentAway(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, Ended) and signal.contact in self.sent:
            return [Abandoned(contact=signal.contact), signal]
        return [signal]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.sent: set[str] = set()

    async def execute(self, instruction: Instruction) -> Outcome:
        if isinstance(instruction, HangUp):
            self.sent.add(instruction.contact)
        return await super().execute(instruction)


@breaks(19)
class FailsTwice(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [signal, signal] if isinstance(signal, OfferFailed) else [signal]


@breaks(20)
class EndsTwice(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, Abandoned) and signal.phase == "waiting":
            self.alone = signal.contact
        twice = isinstance(signal, Ended) and signal.contact == self.alone
        return [signal, signal] if twice else [signal]

    alone = ""


@breaks(21)
class TalksOnAfterTheEnd(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, Ended):
            return [signal, AttributesSeen(contact=signal.contact, attributes={"cost": 1})]
        return [signal]


@breaks(22)
class RemembersNoIds(AcmeAdapter):
    async def execute(self, instruction: Instruction) -> Outcome:
        self._outcomes.clear()
        return await super().execute(instruction)


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


@breaks(29)
class KnowsNoRestart(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [attrs.evolve(signal, epoch=0) if isinstance(signal, LinkUp) else signal]

    def show(self, snapshot: PlatformSnapshot) -> PlatformSnapshot:
        return attrs.evolve(snapshot, epoch=0)


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


@breaks(42)
class KnowsNoRace(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        lost = isinstance(signal, OfferFailed) and signal.reason == "lost_race"
        return [attrs.evolve(signal, reason="cancelled") if lost else signal]


@breaks(46)
class SendsAwayTwice(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [signal, signal] if isinstance(signal, SentAway) else [signal]


@breaks(47)
class HearsItsOwnEcho(AcmeAdapter):
    def __init__(self, *given: Any) -> None:
        super().__init__(*given)

        def lamp(event: codec.Message) -> Iterator[Signal]:
            wish = "ready" if event["lit"] else "not_ready"
            yield AgentAsked(agent=str(event["user"]), wish=wish)

        self._translator._words = {**self._translator._words, "lamp": lamp}


@breaks(48)
class ForgetsWhatWasCancelled(Telling):
    """The phone rings, and no signal tells of it."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.forgotten: set[int] = set()

    async def execute(self, instruction: Instruction) -> Outcome:
        try:
            return await super().execute(instruction)
        except asyncio.CancelledError:
            if isinstance(instruction, Ring):
                self.forgotten.add(instruction.offer)
            raise

    def tell(self, signal: Signal) -> Sequence[Signal]:
        forgotten = isinstance(signal, OfferSignal) and signal.offer in self.forgotten
        return [] if forgotten else [signal]


@breaks(49)
class ForgetsHold(AcmeAdapter):
    async def snapshot(self) -> PlatformSnapshot:
        found = await super().snapshot()
        forgotten = [attrs.evolve(it, on_hold=False) for it in found.contacts]
        return attrs.evolve(found, contacts=forgotten)


# -- The tests ------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "also", "broken"), BROKEN)
def test_a_broken_adapter_is_caught_by_the_assertion_meant_for_it(
    number: int,
    also: tuple[int, ...],
    broken: type[AcmeAdapter],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for where, name, value in getattr(broken, "patches", ()):
        monkeypatch.setattr(where, name, value)
    report = try_contract(contract_of(broken), sorted(ASSERTIONS.keys() - (SLOW - {number})))
    told = "\n".join(f"{caught}: {text}" for caught, text in report.failed.items())
    assert report.caught == {number, *also}, told
    assert report.failed.keys() >= {number}, told
