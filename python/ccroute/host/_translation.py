"""From signals to commands. What follows from a command is the engine's business; whether it
is still allowed, too: a refusal here means that somebody else was quicker.
"""

from collections.abc import Iterator

from ccroute._commands import (
    Accept,
    Cancel,
    Command,
    Connected,
    Decline,
    Dispose,
    Enqueue,
    FailCallback,
    FailConnection,
    HandOver,
    Hold,
    Join,
    Leave,
    NotReady,
    Press,
    Ready,
    Release,
    Resume,
    SetDevice,
    SignIn,
    SignOut,
    Update,
)
from ccroute.adapters import (
    Abandoned,
    AgentAsked,
    AgentSignal,
    Answered,
    Arrived,
    AttributesSeen,
    Bridged,
    ContactSignal,
    CustomerFailed,
    DeviceSeen,
    Dialled,
    Disconnected,
    Ended,
    KeyPressed,
    OfferFailed,
    OfferSignal,
    Parked,
    PartyJoined,
    PartyLeft,
    PutOnHold,
    RecordingSeen,
    Ringing,
    SentAway,
    Signal,
    TakenOffHold,
    Wrote,
)
from ccroute.host._calling_back import lost, put_off
from ccroute.host._placement import OVER, Placed, Placements, Rung
from ccroute.journal import Respond

# How ringing failed, as the engine's failures. The rest is no fault of the agent's: the caller is
# gone, we cancelled it, or another agent was quicker.
_FAILURES = {
    "no_answer": "missed",
    "busy": "busy",
    "rejected": "declined",
    "unreachable": "unreachable",
    "error": "unreachable",
}

# How joining them failed, once the agent had accepted. The caller's end is told by itself.
_BROKEN = {**_FAILURES, "error": "failed", "cancelled": "failed", "lost_race": "failed"}


_NOT_REACHED = {
    "no_answer": "missed",
    "busy": "busy",
    "unreachable": "unreachable",
    "error": "failed",
}
"""How calling back failed, as the engine's causes."""


def contact_of(link: str, arrived: Arrived, contact: str, now: float) -> Enqueue:
    """A newcomer as the engine takes it. Its link is an attribute: a snapshot of the link is about
    these contacts and no others."""
    said = {"dialled": arrived.dialled, "caller": arrived.caller, "link": link}
    known = {name: value for name, value in said.items() if value is not None}
    # A platform's clock may be ahead of ours: nobody has come in the future.
    entered = None if arrived.entered_at is None else min(arrived.entered_at, now)
    return Enqueue(
        contact=contact,
        queue=arrived.queue,
        channel=arrived.channel,
        attributes={**(arrived.attributes or {}), **known},
        entered_at=entered,
        customer=arrived.customer,
        conversation=arrived.conversation,
        previous=arrived.previous,
    )


def commands_of(link: str, signal: Signal, placements: Placements, now: float) -> Iterator[Command]:
    """The commands that a signal of a link means, to be tried in order; notes what it says of the
    platform."""
    match signal:
        case Arrived():
            placed = placements.place(link, signal.contact, since=now)
            yield contact_of(link, signal, placed.contact, now)
        case ContactSignal():
            known = placements.at(link, signal.contact)
            if known is not None:
                yield from _about_contact(known, signal, now)
        case OfferSignal():
            found = placements.by_wire(signal.offer)
            if found is not None and found[0].link == link:
                yield from _about_offer(*found, signal)
        case AgentSignal():
            yield from _about_agent(link, signal, placements)
        case _:
            return


def _about_contact(placed: Placed, signal: ContactSignal, now: float) -> Iterator[Command]:
    contact = placed.contact
    match signal:
        case Parked():
            placed.parked = True
        case Bridged():
            # Of an agent who lost it meanwhile the platform may still say so.
            if placed.joining is not None and placed.joining[0] == signal.agent:
                yield Connected(contact=contact)
        case PutOnHold():
            yield Hold(contact=contact)
        case TakenOffHold():
            yield Resume(contact=contact)
        case PartyJoined():
            yield Join(contact=contact, agent=signal.agent, role=signal.role)
        case PartyLeft():
            yield Leave(contact=contact, agent=signal.agent)
        case CustomerFailed() | Abandoned() | Disconnected() | SentAway() | Ended():
            yield from _about_end(placed, signal)
        case _:
            yield from _more_of(placed, signal, now)


def _more_of(placed: Placed, signal: ContactSignal, now: float) -> Iterator[Command]:
    """What is said, pressed, known and recorded, and moves the contact nowhere."""
    contact = placed.contact
    match signal:
        case Wrote(by="agent") if placed.unanswered is not None:
            (source, visit, entered), placed.unanswered = placed.unanswered, None
            wait = max(0.0, now - entered)
            yield Respond(source=source, contact=placed.key, visit=visit, wait=wait)
        case KeyPressed():
            yield Press(contact=contact, key=signal.key)
        case AttributesSeen():
            # By its link a contact is found again: that is not the platform's to change.
            seen_ = {name: it for name, it in signal.attributes.items() if name != "link"}
            yield Update(contact=contact, attributes=seen_)
        case RecordingSeen():
            placed.recording = signal.recording
            seen = {"recording": signal.recording, "recording_state": signal.state}
            yield Update(contact=contact, attributes=seen)
        case _:
            return


def _about_end(placed: Placed, signal: ContactSignal) -> Iterator[Command]:
    contact = placed.contact
    match signal:
        case SentAway(to=str(agent)):
            yield HandOver(contact=contact, agent=agent)
            return
        case CustomerFailed(reason=reason):
            placed.leave()
            yield FailCallback(contact=contact, cause=_NOT_REACHED[reason])
        case Abandoned() if placed.callback:
            yield lost(placed)
        case Abandoned():
            yield Cancel(contact=contact)
        case Disconnected(by=by):
            yield Release(contact=contact, by=by)
        case SentAway():
            yield Release(contact=contact, by="agent")
        case Ended(cause=cause):
            rings = any(placed.live())
            placed.leave()
            by_customer = cause in {"hangup", "silence"}
            if not placed.callback:
                yield Cancel(contact=contact, cause="abandoned" if by_customer else "failed")
            elif placed.joining is not None:
                yield lost(placed)
            elif rings:
                yield put_off(placed)  # else it is off the line, and in the queue still
            # In the queue still or in conversation: one of the two is refused.
            yield Release(contact=contact, by="customer" if cause == "hangup" else "system")
        case _:
            return


def _about_offer(placed: Placed, rung: Rung, signal: OfferSignal) -> Iterator[Command]:
    match signal:
        case Dialled():
            rung.state = "dialling"
        case Ringing():
            rung.state = "ringing"
        case Answered():
            rung.state = "answered"
            yield Accept(offer=rung.offer)  # refused when the agent accepted at the desk
        case OfferFailed(reason=reason):
            rung.state = OVER
            if placed.is_joining(rung.wire) and reason in _BROKEN:
                yield FailConnection(contact=placed.contact, cause=_BROKEN[reason])
            elif reason in _FAILURES and not placed.gone:
                yield Decline(offer=rung.offer, failure=_FAILURES[reason], reason=reason)
        case _:
            return


def _about_agent(link: str, signal: AgentSignal, placements: Placements) -> Iterator[Command]:
    match signal:
        case DeviceSeen(agent=agent, device=device):
            yield SetDevice(agent=agent, device=device)
        case AgentAsked(wish="sign_in", agent=agent):
            yield SignIn(agent=agent)
        case AgentAsked(wish="sign_out", agent=agent):
            yield SignOut(agent=agent)
        case AgentAsked(wish="ready", agent=agent):
            yield Ready(agent=agent)
        case AgentAsked(wish="not_ready", agent=agent, reason=reason):
            yield NotReady(agent=agent, reason=reason)
        case AgentAsked(wish="dispose", contact=str(contact), codes=codes):
            yield Dispose(contact=placements.name(link, contact), codes=codes)
        case _:
            return
