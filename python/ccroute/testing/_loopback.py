"""A platform without a wire: an adapter whose other side the test holds in its hand. For tests of
hosts, desks and plans; adapters are tried on platforms with one."""

from collections.abc import Callable, Iterable, Mapping

import attrs

from ccroute._errors import LinkError
from ccroute.adapters import (
    AdapterInfo,
    Answered,
    Arrived,
    Bridged,
    CallCustomer,
    CancelConsult,
    CancelRing,
    CompleteConsult,
    Conference,
    Connect,
    Consult,
    ContactInstruction,
    CustomerFailed,
    Dialled,
    Disconnected,
    Ended,
    Gap,
    HangUp,
    HeldContact,
    HeldOffer,
    HeldParty,
    HeldRecording,
    HttpRequest,
    HttpResponse,
    Instruction,
    LinkDown,
    LinkHealth,
    LinkUp,
    OfferFailed,
    Outcome,
    Park,
    Parked,
    PartyJoined,
    PartyLeft,
    PauseRecording,
    PlatformSnapshot,
    PutOnHold,
    RecordingSeen,
    ResumeRecording,
    Ring,
    Ringing,
    SendAway,
    SentAway,
    Signal,
    Sink,
    StartHold,
    StartRecording,
    StopHold,
    StopRecording,
    TakenOffHold,
    Time,
    done,
    failed,
)

TELEPHONE = (
    "park", "ring", "call_customer", "client_leg_ids", "cancel_ring", "multi_ring", "hold",
    "hangup_party", "snapshot", "restart_detect", "agent_mirror", "record", "record_pause",
    "listen", "whisper", "barge", "consult_transfer", "conference", "blind_transfer",
    "device_state", "agent_codes", "announce",
)  # fmt: skip
"""What a telephone platform can do, as far as this one does."""


@attrs.define
class LoopbackCaller:
    """A customer on the platform: how it arrived, whom it is joined with, whose phones ring; who
    else is in the conversation, and what is recorded, with its state."""

    arrived: Arrived
    agent: str | None = None
    held: bool = False
    parked: bool = False
    legs: dict[int, HeldOffer] = attrs.field(factory=dict)
    calling: bool = False
    parties: dict[str, str] = attrs.field(factory=dict)
    recordings: dict[str, str] = attrs.field(factory=dict)

    def holds(self) -> HeldContact:
        """What a snapshot says of it."""
        return HeldContact(
            arrival=self.arrived,
            agent=self.agent,
            on_hold=self.held,
            parked=self.parked,
            calling=self.calling,
            offers=list(self.legs.values()),
            parties=[HeldParty(agent=agent, role=role) for agent, role in self.parties.items()],
            recordings=[HeldRecording(id=it, state=state) for it, state in self.recordings.items()],
        )

    def waits(self) -> None:
        """It is parked; who was in conversation with it goes."""
        if self.agent is not None:
            self.agent, self.legs = None, {}
        self.held, self.parked = False, True
        self.parties, self.recordings = {}, {}


class LoopbackPlatform:
    """Callers and phones, for a `LoopbackAdapter`. It outlives the host, as a real one does.

    ``capabilities``: default `TELEPHONE`; ``modes``: as of `AdapterInfo`. ``told``: every
    instruction; ``rings``: those that rang a phone; ``answers``: what is said to an instruction
    instead of doing it, where that is not ``None``; ``tell``: whether signals reach the adapter.
    """

    def __init__(
        self, capabilities: Iterable[str] | None = None, modes: Iterable[str] = ("control",)
    ) -> None:
        self.capabilities = TELEPHONE if capabilities is None else tuple(capabilities)
        self.modes = tuple(modes)
        self.callers: dict[str, LoopbackCaller] = {}
        self.told: list[Instruction] = []
        self.rings: list[Ring] = []
        self.sink: Sink | None = None
        self.time: Time | None = None
        self.up = True
        self.down_since = 0.0
        self.epoch = 0
        self.answers: Callable[[Instruction], Outcome | None] = lambda _: None
        self.tell = True

    # -- What callers and agents do -----------------------------------------------------

    def call(
        self,
        contact: str,
        *,
        queue: str | None = None,
        channel: str | None = None,
        tenant: str | None = None,
        customer: str | None = None,
        dialled: str | None = None,
        caller: str | None = None,
        attributes: Mapping[str, str | int | bool] | None = None,
    ) -> None:
        """A customer comes; what is given is as of `Arrived`."""
        arrived = Arrived(
            contact=contact,
            entered_at=self._now(),
            queue=queue,
            channel=channel,
            tenant=tenant,
            customer=customer,
            dialled=dialled,
            caller=caller,
            attributes=attributes,
        )
        self.callers[contact] = LoopbackCaller(arrived)
        self.push(arrived)

    def answer(self, agent: str) -> None:
        """The agent answers the phone that rings."""
        contact, leg = self.leg(agent)
        self.callers[contact].legs[leg.offer] = attrs.evolve(leg, state="answered")
        self.push(Answered(offer=leg.offer))

    def refuse(self, agent: str, reason: str) -> None:
        """It does not come to a conversation, for a reason as of `OfferFailed`."""
        contact, leg = self.leg(agent)
        self._drop(contact, leg.offer, reason)

    def hang_up(self, contact: str, by: str = "customer") -> None:
        """The contact ends."""
        caller = self.callers.pop(contact)
        if caller.agent is not None:
            self.push(Disconnected(contact=contact, by=by))
        for offer in caller.legs:
            if caller.agent is None:
                self.push(OfferFailed(offer=offer, reason="caller_gone"))
        self.push(Ended(contact=contact))

    def _drop(self, contact: str, offer: int, reason: str) -> None:
        caller = self.callers[contact]
        if caller.calling and len(caller.legs) == 1:
            self._end_call_back(contact, reason)  # nobody is left who could be joined
        elif caller.legs.pop(offer, None) is not None:
            self.push(OfferFailed(offer=offer, reason=reason))

    def customer_answers(self, contact: str) -> None:
        """A customer who is called back answers: they speak with whose leg is there."""
        caller = self.callers[contact]
        ((offer, leg),) = caller.legs.items()
        caller.calling, caller.agent = False, leg.agent
        caller.legs[offer] = attrs.evolve(leg, state="bridged")
        self.push(Bridged(contact=contact, agent=leg.agent, offer=offer))

    def customer_fails(self, contact: str, reason: str) -> None:
        """A customer who is called back cannot be reached, as of `CustomerFailed`."""
        self.push(CustomerFailed(contact=contact, reason=reason))
        self._end_call_back(contact, "caller_gone")

    def _end_call_back(self, contact: str, reason: str) -> None:
        caller = self.callers.pop(contact)
        for offer in caller.legs:
            self.push(OfferFailed(offer=offer, reason=reason))
        self.push(Ended(contact=contact, cause="failed"))

    def leg(self, agent: str) -> tuple[str, HeldOffer]:
        """The contact and the leg for which the agent's phone rings."""
        return next(
            (contact, leg)
            for contact, caller in self.callers.items()
            for leg in caller.legs.values()
            if leg.agent == agent and leg.state != "bridged"
        )

    def ringing(self) -> list[tuple[str, str]]:
        """(contact, agent) of every leg that is not bridged."""
        return [
            (contact, leg.agent)
            for contact, caller in self.callers.items()
            for leg in caller.legs.values()
            if leg.state != "bridged"
        ]

    # -- The link -----------------------------------------------------------------------

    def push(self, signal: Signal) -> None:
        """Says something to the adapter, if it hears."""
        if self.sink is not None and self.up and self.tell:
            self.sink.push(signal)

    def cut(self) -> None:
        """The link breaks."""
        self.up = False
        self.down_since = self._now()
        if self.sink is not None:
            self.sink.push(LinkDown(reason="cut"))

    def mend(self) -> None:
        """The link stands again; a gap and a snapshot are told."""
        assert self.sink is not None
        self.up = True
        self.sink.push(LinkUp(epoch=self.epoch))
        self.sink.push(Gap(since=self.down_since, until=self._now()))
        self.sink.resync(self.snapshot())

    def snapshot(self) -> PlatformSnapshot:
        """What it holds."""
        return PlatformSnapshot(
            taken_at=self._now(),
            epoch=self.epoch,
            contacts=[caller.holds() for caller in self.callers.values()],
        )

    def execute(self, instruction: Instruction) -> Outcome:
        """Does as it is told."""
        self.told.append(instruction)
        said = self.answers(instruction)
        if said is not None:
            return said
        if not self.up:
            return failed("link_down")
        if isinstance(instruction, Ring) and instruction.callback:
            self._open(instruction)
        if isinstance(instruction, CallCustomer) and "ring" not in self.capabilities:
            self._open(instruction)
            leg = HeldOffer(offer=instruction.offer, agent=instruction.agent, state="answered")
            self.callers[instruction.contact].legs[instruction.offer] = leg
        if isinstance(instruction, ContactInstruction) and instruction.contact not in self.callers:
            return failed("gone")
        self._do(instruction)
        return done()

    def _open(self, it: Ring | CallCustomer) -> None:
        """A call for a customer who is not on the line, under the host's id."""
        arrived = Arrived(contact=it.contact, tenant=it.tenant, attributes=it.attributes)
        self.callers.setdefault(it.contact, LoopbackCaller(arrived, calling=True))

    def _do(self, instruction: Instruction) -> None:
        match instruction:
            case Park(contact=contact):
                self.callers[contact].waits()
                self.push(Parked(contact=contact))
            case Ring(contact=contact, offer=offer, agent=agent):
                self.rings.append(instruction)
                self.callers[contact].legs[offer] = HeldOffer(
                    offer=offer, agent=agent, state="ringing", instruction=instruction.id
                )
                self.push(Dialled(offer=offer))
                self.push(Ringing(offer=offer))
            case CancelRing(contact=contact, offer=offer):
                if offer in self.callers[contact].legs:
                    self._drop(contact, offer, "cancelled")
            case Connect(contact=contact, offer=offer, agent=agent):
                caller = self.callers[contact]
                caller.agent, caller.parked = agent, False
                caller.legs = {offer: HeldOffer(offer=offer, agent=agent, state="bridged")}
                self.push(Bridged(contact=contact, agent=agent, offer=offer))
            case _:
                self._do_more(instruction)

    def _do_more(self, instruction: Instruction) -> None:
        match instruction:
            case StartHold(contact=contact) | StopHold(contact=contact):
                held = isinstance(instruction, StartHold)
                self.callers[contact].held = held
                self.push(PutOnHold(contact=contact) if held else TakenOffHold(contact=contact))
            case SendAway(contact=contact):
                del self.callers[contact]
                self.push(SentAway(contact=contact, kind="blind"))
                self.push(Ended(contact=contact, cause="transferred"))
            case Consult(contact=contact, agent=agent):
                self.callers[contact].parties[agent] = "consult"
                self.push(PartyJoined(contact=contact, agent=agent, role="consult"))
            case Conference(contact=contact, agent=agent):
                self.callers[contact].parties[agent] = "conference"
                self.push(PartyJoined(contact=contact, agent=agent, role="conference"))
            case CancelConsult(contact=contact, agent=agent):
                self.callers[contact].parties.pop(agent, None)
                self.push(PartyLeft(contact=contact, agent=agent))
            case CompleteConsult(contact=contact, agent=agent):
                self.callers[contact].parties.pop(agent, None)
                self.callers[contact].agent = agent
                self.push(SentAway(contact=contact, kind="consult", to=agent))
            case StartRecording(contact=contact, recording=recording):
                self.callers[contact].recordings[recording] = "started"
                self.push(RecordingSeen(contact=contact, recording=recording, state="started"))
            case PauseRecording() | ResumeRecording():
                self._record_on(instruction, paused=isinstance(instruction, PauseRecording))
            case StopRecording(contact=contact, recording=recording):
                self.callers[contact].recordings.pop(recording, None)
                self.push(RecordingSeen(contact=contact, recording=recording, state="stopped"))
            case HangUp(contact=contact) if self.callers[contact].calling:
                self._end_call_back(contact, "cancelled")
            case HangUp(contact=contact):
                self.hang_up(contact, by="system")
            case _:
                return

    def _record_on(self, it: PauseRecording | ResumeRecording, *, paused: bool) -> None:
        contact, recording = it.contact, it.recording
        self.callers[contact].recordings[recording] = "paused" if paused else "started"
        state = "paused" if paused else "resumed"
        self.push(RecordingSeen(contact=contact, recording=recording, state=state))

    def _now(self) -> float:
        return 0.0 if self.time is None else self.time.now()


class LoopbackAdapter:
    """The adapter of a `LoopbackPlatform`. See `ccroute.adapters.Adapter`."""

    def __init__(self, platform: LoopbackPlatform, name: str = "pbx") -> None:
        self.platform = platform
        self.info = AdapterInfo(
            name=name,
            version="1",
            platform="in process",
            modes=platform.modes,
            capabilities=platform.capabilities,
        )

    async def open(self, sink: Sink, time: Time) -> None:
        """See `ccroute.adapters.Adapter`."""
        self.platform.sink, self.platform.time = sink, time
        if not self.platform.up:
            raise LinkError("cut")
        sink.push(LinkUp(epoch=self.platform.epoch))
        sink.resync(self.platform.snapshot())

    async def close(self, drain: float) -> None:
        """See `ccroute.adapters.Adapter`."""
        self.platform.sink = None

    async def execute(self, instruction: Instruction) -> Outcome:
        """See `ccroute.adapters.Adapter`."""
        return self.platform.execute(instruction)

    async def snapshot(self) -> PlatformSnapshot:
        """See `ccroute.adapters.Adapter`."""
        if not self.platform.up:
            raise LinkError("cut")
        return self.platform.snapshot()

    async def probe(self) -> LinkHealth:
        """See `ccroute.adapters.Adapter`."""
        return LinkHealth(up=self.platform.up)

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        """See `ccroute.adapters.Adapter`."""
        return HttpResponse(status=404)
