"""Adapters that are wrong about who else is there, what is recorded, and who is called back."""

from collections.abc import Sequence

import attrs
from tests.testing.broken import Telling, breaks

from ccroute.adapters import (
    Arrived,
    Bridged,
    CallCustomer,
    Conference,
    CustomerFailed,
    Ended,
    HeldContact,
    Instruction,
    OfferSignal,
    Outcome,
    PartyJoined,
    PlatformSnapshot,
    Ring,
    Signal,
    StartRecording,
    Verdict,
    done,
)
from ccroute_acme import AcmeAdapter


class Forgetting(AcmeAdapter):
    """Something is not in its snapshots."""

    def without(self, it: HeldContact) -> HeldContact:
        return it

    async def snapshot(self) -> PlatformSnapshot:
        found = await super().snapshot()
        return attrs.evolve(found, contacts=[self.without(it) for it in found.contacts])


@breaks(49)
class ForgetsWhoListens(Forgetting):
    def without(self, it: HeldContact) -> HeldContact:
        return attrs.evolve(it, parties=[one for one in it.parties if one.role != "monitor"])


@breaks(49)
class ForgetsWhoIsConsulted(Forgetting):
    def without(self, it: HeldContact) -> HeldContact:
        return attrs.evolve(it, parties=[one for one in it.parties if one.role != "consult"])


@breaks(46)
class TakesAConferenceForAConsultation(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, PartyJoined) and signal.role == "conference":
            return [attrs.evolve(signal, role="consult")]
        return [signal]


@breaks(46)
class LeavesTheCustomerOutOfTheConference(AcmeAdapter):
    """Says so, and has told the PBX nothing."""

    async def execute(self, instruction: Instruction) -> Outcome:
        return done() if isinstance(instruction, Conference) else await super().execute(instruction)


@breaks(49)
class ForgetsWhatIsRecorded(Forgetting):
    def without(self, it: HeldContact) -> HeldContact:
        return attrs.evolve(it, recordings=())


@breaks(49)
class TakesEverybodyForParked(Forgetting):
    def without(self, it: HeldContact) -> HeldContact:
        return attrs.evolve(it, parked=True)


@breaks(49)
class RecordsWithoutAsking(AcmeAdapter):
    async def execute(self, instruction: Instruction) -> Outcome:
        if isinstance(instruction, StartRecording):
            instruction = attrs.evolve(instruction, consent=None)
        return await super().execute(instruction)


@breaks(8)
class NamesAnotherContact(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [attrs.evolve(signal, contact="x") if isinstance(signal, OfferSignal) else signal]


# -- Called back ----------------------------------------------------------------------------


@breaks(9)
class TakesADialledCustomerForBridged(Telling):
    async def execute(self, instruction: Instruction) -> Outcome:
        outcome = await super().execute(instruction)
        if isinstance(instruction, CallCustomer) and outcome.verdict is Verdict.DONE:
            contact, agent, offer = instruction.contact, instruction.agent, instruction.offer
            self.told.push(Bridged(contact=contact, agent=agent, offer=offer))
        return outcome


@breaks(9)
class TakesWhoIsCalledBackForOneWhoCame(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        back = isinstance(signal, Bridged) and signal.contact.startswith("back-")
        return [Arrived(contact=signal.contact), signal] if back else [signal]


@breaks(9)
class HoldsWhoIsNotOnTheLine(Forgetting):
    def without(self, it: HeldContact) -> HeldContact:
        return attrs.evolve(it, calling=False)


@breaks(9)
class ForgetsForWhomItCalls(Forgetting):
    def without(self, it: HeldContact) -> HeldContact:
        tenant = None if it.calling else it.arrival.tenant
        return attrs.evolve(it, arrival=attrs.evolve(it.arrival, tenant=tenant))


@breaks(9)
class CallsWhomItCallsAlready(AcmeAdapter):
    async def execute(self, instruction: Instruction) -> Outcome:
        if isinstance(instruction, CallCustomer):
            self._outcomes.pop(instruction.id, None)
        return await super().execute(instruction)


@breaks(20)
class TakesBusyForNoAnswer(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        busy = isinstance(signal, CustomerFailed) and signal.reason == "busy"
        return [attrs.evolve(signal, reason="no_answer") if busy else signal]


@breaks(20)
class NeverEndsACallBack(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [] if isinstance(signal, Ended) and signal.cause == "failed" else [signal]


@breaks(9)
class LooksForWhoIsNotOnTheLine(AcmeAdapter):
    """Rings for nobody whom the platform has not told of."""

    async def execute(self, instruction: Instruction) -> Outcome:
        if isinstance(instruction, Ring):
            instruction = attrs.evolve(instruction, callback=False)
        return await super().execute(instruction)
