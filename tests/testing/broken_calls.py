"""Adapters that are wrong about themselves, calls and their ends."""

import asyncio
import itertools
import logging
import socket
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from tests.testing.broken import Telling, breaks

from ccroute import ConfigError, LinkError
from ccroute.adapters import (
    Abandoned,
    AdapterInfo,
    AgentAsked,
    Arrived,
    AttributesSeen,
    Bridged,
    CancelRing,
    Connect,
    Dialled,
    Disconnected,
    Ended,
    HangUp,
    Instruction,
    OfferFailed,
    OfferSignal,
    Outcome,
    Park,
    Parked,
    PlatformSnapshot,
    RecordingSeen,
    Ring,
    Ringing,
    SentAway,
    Signal,
    Sink,
    Time,
    Verdict,
)
from ccroute_acme import AcmeAdapter, codec, commands

# -- Coming and going -----------------------------------------------------------------------


@breaks(1)
class DoesWhatItDoesNotDeclare(AcmeAdapter):
    doing = False

    @property
    def info(self) -> AdapterInfo:
        info = super().info
        less = attrs.evolve(info, capabilities=info.capabilities - {"announce"})
        return info if self.doing else less

    async def execute(self, instruction: Instruction) -> Outcome:
        self.doing = True
        try:
            return await super().execute(instruction)
        finally:
            self.doing = False


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


LEFT: list[socket.socket] = []
"""To be closed by who looked at them."""


@breaks(4)
class LeavesASocket(AcmeAdapter):
    async def open(self, sink: Sink, time: Time) -> None:
        await super().open(sink, time)
        settings = self._settings
        LEFT.append(socket.create_connection((settings.host, int(settings.port))))


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


@breaks(7)
class ParksAndRingsNoMore(AcmeAdapter):
    async def execute(self, instruction: Instruction) -> Outcome:
        if isinstance(instruction, Park):
            call = self._translator.call_of(instruction.contact)
            for leg in call.legs.values() if call else ():
                if leg.bridge is None and self._link is not None:
                    self._link.tell({"do": "drop", "id": f"d-{leg.id}", "leg": leg.id})
        return await super().execute(instruction)


@breaks(7)
class PlaysNothing(AcmeAdapter):
    async def execute(self, instruction: Instruction) -> Outcome:
        if isinstance(instruction, Park):
            instruction = attrs.evolve(instruction, treatment=None)
        return await super().execute(instruction)


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


@breaks(12)
class HangsUpOnWhoIsNotAnswered(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, OfferFailed) and signal.reason == "no_answer":
            for call in self._translator.calls.values():
                end = {"do": "end", "id": f"end-{call.id}", "call": call.id}
                self._link.tell(end)  # type: ignore[union-attr]
        return [signal]


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


@breaks(21)
class CountsBackwards(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [attrs.evolve(signal, number=10**6 - signal.number) if signal.number else signal]


@breaks(22)
class MakesIdsOfItsOwn(AcmeAdapter):
    """Only its memory keeps it from ringing twice."""

    @staticmethod
    def leg_id(instruction: Instruction, made: Any = itertools.count()) -> str:  # noqa: B008
        return f"leg-{next(made)}"

    patches = ((commands, "_leg_id", leg_id),)


@breaks(22)
class RemembersNoIds(AcmeAdapter):
    async def execute(self, instruction: Instruction) -> Outcome:
        self._outcomes.clear()
        return await super().execute(instruction)


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
class TakesPausedForStopped(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        paused = isinstance(signal, RecordingSeen) and signal.state == "paused"
        return [attrs.evolve(signal, state="stopped") if paused else signal]


@breaks(49)
class ForgetsHold(AcmeAdapter):
    async def snapshot(self) -> PlatformSnapshot:
        found = await super().snapshot()
        forgotten = [attrs.evolve(it, on_hold=False) for it in found.contacts]
        return attrs.evolve(found, contacts=forgotten)
