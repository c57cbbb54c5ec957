"""A platform without a wire: an adapter whose other side the test holds in its hand."""

from collections.abc import Callable  # noqa: TC003

import attrs

from ccroute import LinkError
from ccroute.adapters import (
    AdapterInfo,
    Answered,
    Arrived,
    Bridged,
    CancelRing,
    Connect,
    Dialled,
    Disconnected,
    Ended,
    Gap,
    HangUp,
    HeldContact,
    HeldOffer,
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
    PlatformSnapshot,
    PutOnHold,
    Ring,
    Ringing,
    Signal,
    Sink,
    StartHold,
    StopHold,
    TakenOffHold,
    Time,
    done,
    failed,
)

ALL = [
    "park", "ring", "client_leg_ids", "cancel_ring", "multi_ring", "hold", "hangup_party",
    "snapshot", "restart_detect", "agent_mirror", "record", "record_pause", "listen", "whisper",
    "barge", "consult_transfer", "blind_transfer", "device_state", "agent_codes",
]  # fmt: skip


@attrs.define
class Caller:
    """A customer on the platform."""

    arrived: Arrived
    agent: str | None = None
    held: bool = False
    legs: dict[int, HeldOffer] = attrs.field(factory=dict)


class Platform:
    """What goes on between an adapter and its callers. It outlives the adapter, as a real one does
    the host."""

    def __init__(self, capabilities: list[str] | None = None) -> None:
        self.capabilities = ALL if capabilities is None else capabilities
        self.callers: dict[str, Caller] = {}
        self.told: list[Instruction] = []
        self.rings: list[Ring] = []
        self.sink: Sink | None = None
        self.time: Time | None = None
        self.up = True
        self.down_since = 0.0
        self.epoch = 0
        self.answers: Callable[[Instruction], Outcome | None] = lambda _: None
        """What `execute` says instead of doing it."""
        self.tell = True
        """Whether signals reach the adapter."""

    # -- What callers and agents do -----------------------------------------------------

    def call(self, contact: str, **fields: object) -> None:
        arrived = Arrived(contact=contact, entered_at=self._now(), **fields)
        self.callers[contact] = Caller(arrived)
        self.push(arrived)

    def answer(self, agent: str) -> None:
        contact, leg = self.leg(agent)
        self.callers[contact].legs[leg.offer] = attrs.evolve(leg, state="answered")
        self.push(Answered(offer=leg.offer))

    def refuse(self, agent: str, reason: str) -> None:
        contact, leg = self.leg(agent)
        del self.callers[contact].legs[leg.offer]
        self.push(OfferFailed(offer=leg.offer, reason=reason))

    def hang_up(self, contact: str, by: str = "customer") -> None:
        caller = self.callers.pop(contact)
        if caller.agent is not None:
            self.push(Disconnected(contact=contact, by=by))
        for offer in caller.legs:
            if caller.agent is None:
                self.push(OfferFailed(offer=offer, reason="caller_gone"))
        self.push(Ended(contact=contact))

    def leg(self, agent: str) -> tuple[str, HeldOffer]:
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
        if self.sink is not None and self.up and self.tell:
            self.sink.push(signal)

    def cut(self) -> None:
        self.up = False
        self.down_since = self._now()
        if self.sink is not None:
            self.sink.push(LinkDown(reason="cut"))

    def mend(self) -> None:
        assert self.sink is not None
        self.up = True
        self.sink.push(LinkUp(epoch=self.epoch))
        self.sink.push(Gap(since=self.down_since, until=self._now()))
        self.sink.resync(self.snapshot())

    def snapshot(self) -> PlatformSnapshot:
        return PlatformSnapshot(
            taken_at=self._now(),
            epoch=self.epoch,
            contacts=[
                HeldContact(
                    arrival=caller.arrived,
                    agent=caller.agent,
                    on_hold=caller.held,
                    offers=list(caller.legs.values()),
                )
                for caller in self.callers.values()
            ],
        )

    def execute(self, instruction: Instruction) -> Outcome:
        self.told.append(instruction)
        said = self.answers(instruction)
        if said is not None:
            return said
        if not self.up:
            return failed("link_down")
        contact = getattr(instruction, "contact", None)
        if contact is not None and contact not in self.callers:
            return failed("gone")
        self._do(instruction)
        return done()

    def _do(self, instruction: Instruction) -> None:
        match instruction:
            case Park(contact=contact):
                caller = self.callers[contact]
                if caller.agent is not None:
                    caller.agent, caller.legs = None, {}
                self.push(Parked(contact=contact))
            case Ring(contact=contact, offer=offer, agent=agent):
                self.rings.append(instruction)
                self.callers[contact].legs[offer] = HeldOffer(
                    offer=offer, agent=agent, state="ringing", instruction=instruction.id
                )
                self.push(Dialled(offer=offer))
                self.push(Ringing(offer=offer))
            case CancelRing(contact=contact, offer=offer):
                if self.callers[contact].legs.pop(offer, None) is not None:
                    self.push(OfferFailed(offer=offer, reason="cancelled"))
            case Connect(contact=contact, offer=offer, agent=agent):
                caller = self.callers[contact]
                caller.agent = agent
                caller.legs = {offer: HeldOffer(offer=offer, agent=agent, state="bridged")}
                self.push(Bridged(contact=contact, agent=agent, offer=offer))
            case StartHold(contact=contact) | StopHold(contact=contact):
                held = isinstance(instruction, StartHold)
                self.callers[contact].held = held
                kind = PutOnHold if held else TakenOffHold
                self.push(kind(contact=contact))
            case HangUp(contact=contact):
                self.hang_up(contact, by="system")
            case _:
                return

    def _now(self) -> float:
        return 0.0 if self.time is None else self.time.now()


class PlatformAdapter:
    """The adapter of a `Platform`."""

    def __init__(self, platform: Platform, name: str = "pbx") -> None:
        self.platform = platform
        self.info = AdapterInfo(
            name=name, version="1", platform="in process", capabilities=platform.capabilities
        )

    async def open(self, sink: Sink, time: Time) -> None:
        self.platform.sink, self.platform.time = sink, time
        if not self.platform.up:
            raise LinkError("cut")
        sink.push(LinkUp(epoch=self.platform.epoch))
        sink.resync(self.platform.snapshot())

    async def close(self, drain: float) -> None:
        self.platform.sink = None

    async def execute(self, instruction: Instruction) -> Outcome:
        return self.platform.execute(instruction)

    async def snapshot(self) -> PlatformSnapshot:
        if not self.platform.up:
            raise LinkError("cut")
        return self.platform.snapshot()

    async def probe(self) -> LinkHealth:
        return LinkHealth(up=self.platform.up)

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=404)
