"""What the host wants done: each instruction as requests, one after the reply to the other.

An order is a generator: it gives requests, takes replies, and returns the outcome. After every
reply it looks again whether customer and agent are still there: in the milliseconds in which a
request is on its way they leave as at any other time.
"""

from collections.abc import Callable, Generator, Mapping
from typing import TypeAlias

import attrs

from ccroute.adapters import (
    Announce,
    Arrived,
    Barge,
    CallCustomer,
    CancelConsult,
    CancelRing,
    CompleteConsult,
    Conference,
    Connect,
    Consult,
    ContactInstruction,
    Dialled,
    HangUp,
    Instruction,
    Listen,
    OfferFailed,
    Outcome,
    Park,
    Parked,
    PartyLeft,
    PauseRecording,
    ResumeRecording,
    Ring,
    SendAway,
    StartHold,
    StartRecording,
    StopHold,
    StopMonitoring,
    StopRecording,
    Whisper,
    done,
    failed,
)
from ccroute_asterisk.ari import calling_back, errands, recording, requests
from ccroute_asterisk.ari.calls import Call, Leg
from ccroute_asterisk.ari.codec import Reply, Request
from ccroute_asterisk.ari.session import Session


@attrs.frozen
class Turn:
    """Given instead of a request: wait until another phone may be rung. Its reply says nothing."""


Order: TypeAlias = Generator[Request | Turn, Reply, Outcome]

OTHERS_RING = 30.0
"""Seconds that a second agent's or a supervisor's phone rings."""
_GONE = 404
_HOLDERS = {"phone": "the agent's phone holds it", "consult": "its agent consults another"}
"""Holds that are not ours to begin or to end."""


class Orders:
    """Makes an order of an instruction, from what the session knows."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._made: Mapping[type[Instruction], Callable[..., Order]] = {
            Park: self._park,
            Announce: self._announce,
            Ring: self._ring,
            CancelRing: self._cancel,
            Connect: self._connect,
            CallCustomer: lambda it: calling_back.call(session, it),
            StartHold: self._hold,
            StopHold: self._unhold,
            SendAway: self._send_away,
            Consult: self._consult,
            Conference: self._confer,
            CompleteConsult: self._complete,
            CancelConsult: lambda it: self._drop(it, it.agent),
            HangUp: self._hang_up,
            StartRecording: lambda it: recording.start(session, it),
            StopRecording: lambda it: recording.change(session, it, "stopped"),
            PauseRecording: lambda it: recording.change(session, it, "paused"),
            ResumeRecording: lambda it: recording.change(session, it, "resumed"),
            Listen: lambda it: self._monitor(it, "listen"),
            Whisper: lambda it: self._monitor(it, "whisper"),
            Barge: lambda it: self._monitor(it, "barge"),
            StopMonitoring: lambda it: self._drop(it, it.supervisor),
        }

    def of(self, instruction: Instruction) -> Order:
        """The order. What it is about may be gone: then the outcome says so, and nothing is
        requested."""
        contact = getattr(instruction, "contact", "")
        if isinstance(instruction, Ring) and instruction.callback:
            self._begin_call_back(instruction)
        call = self._session.contacts.get(contact)
        if call is None or call.is_over():
            return (yield from _nothing(failed("gone", contact)))
        return (yield from self._made[type(instruction)](instruction))

    def _begin_call_back(self, it: Ring) -> None:
        session = self._session
        if session.settings.outbound and it.contact not in session.contacts:
            session.keep(calling_back.begun(it, session.now))

    def _call(self, it: ContactInstruction) -> Call:
        return self._session.contacts[it.contact]

    # -- Waiting ------------------------------------------------------------------------

    def _park(self, it: Park) -> Order:
        session, call = self._session, self._call(it)
        call.arrival = attrs.evolve(
            call.arrival, tenant=it.tenant, queue=it.queue,
            attributes=_attributes(call.arrival, it.attributes),
        )  # fmt: skip
        call.treatment = it.treatment
        yield from errands.silence(call)
        if not call.up:
            reply = yield requests.answer(call.channel)
            if reply.status == _GONE or call.is_over():
                return failed("gone", reply.said)
            if reply.ok:
                call.up = True
        yield requests.keep(call.channel, call.tag())
        if call.is_over():
            return failed("gone")
        legs = [leg for leg in call.legs.values() if leg.state == "bridged" or leg.offer is None]
        was_talking, talk = call.bridged, call.talk
        if was_talking:
            # From here on its conversation is over, and its end is nobody's news.
            call.bridged, call.winner, call.talk, call.hold = False, None, None, None
            for leg in legs:
                leg.cancelled = leg.over = True
        call.parking, settled = True, True
        if call.home is not None and call.home == call.bridge and session.at_home(call):
            call.parking = False
            session.tell(Parked(contact=call.contact))
        else:
            music = session.music_of(call)
            settled = yield from errands.settle_in(session, call, "wait", music)
        if was_talking:  # settled or not: who is on nobody's list any more must not be left there
            for leg in legs:
                yield requests.hang_up(leg.id)
            if talk is not None:
                yield requests.destroy_bridge(talk)
        if not settled:
            return failed("gone" if call.is_over() else "rejected", "it is in no bridge")
        return done()

    def _announce(self, it: Announce) -> Order:
        call = self._call(it)
        values = dict(it.values or {})
        wait = values.get("wait")
        if isinstance(wait, int):
            values["minutes"] = max(round(wait / 60), 1)
        media = self._session.settings.media(it.prompt, values)
        yield from errands.silence(call)
        call.playback = self._session.ids.leg(it.id)
        reply = yield requests.play(call.channel, call.playback, media)
        if not reply.ok:
            call.playback = None
        return call.outcome(reply)

    # -- Ringing ------------------------------------------------------------------------

    def _ring(self, it: Ring) -> Order:
        session, call = self._session, self._call(it)
        name = session.ids.leg(it.id)
        if name in session.legs:
            return (yield from _nothing(done("it rings already")))
        leg = Leg(
            id=name, contact=it.contact, agent=it.agent, offer=it.offer, tenant=it.tenant,
            ring=it.id, callback=call.tag() if it.callback else None,
        )  # fmt: skip
        # Before anything is sent: the first event about the leg may come before the reply.
        call.legs[name] = session.legs[name] = leg
        try:
            yield Turn()
            if leg.cancelled or call.is_over():
                self._forget(leg)
                return failed("gone", "cancelled before its turn came")
            return (yield from self._dialled(it, leg, it.address, it.until))
        except GeneratorExit:
            # Nobody waits for what becomes of it: a phone that is not dialled yet never is.
            self._forget(leg)
            raise

    def _forget(self, leg: Leg) -> None:
        leg.cancelled = leg.failed = True
        if leg.state == "asked":
            self._session.legs.pop(leg.id, None)
            if (call := self._session.call_of(leg)) is not None:
                call.legs.pop(leg.id, None)
                if leg.role == "consult" and call.hold == "consult":
                    self._session.send(errands.back_to_talk(call))
        elif leg.state == "dialling":
            self._session.send(errands.hang_up(leg.id))

    def _dialled(self, it: ContactInstruction, leg: Leg, address: str, until: float) -> Order:
        session, call = self._session, self._call(it)
        shown = _shown(call)
        app = session.settings.app
        reply = yield requests.create_leg(leg, app, address, call.channel, shown)
        if reply.status == 409:
            # It is there already; or Asterisk tells an old refusal again for what it cannot make.
            there = yield requests.channel(leg.id)
            if there.ok:
                return done("it is there already")
            return self._not_dialled(leg, Reply(500, reply.body))
        if not reply.ok:
            return self._not_dialled(leg, reply)
        if leg.state == "asked":
            session.get_on(leg, "dialling", Dialled)
        if leg.cancelled or call.is_over():
            yield requests.hang_up(leg.id)
            return failed("gone", "the customer is gone, or it was cancelled")
        if leg.ours:
            yield from errands.dial(leg, until - session.now)
        else:
            leg.until, leg.dial = until, True  # as soon as it is in our application
        return done()

    def _not_dialled(self, leg: Leg, reply: Reply) -> Outcome:
        """Asterisk cannot make the leg: no such endpoint, or no phone is registered there."""
        self._forget(leg)
        if reply.status not in {400, 500}:
            return failed("rejected", reply.said)
        if leg.offer is None:
            self._session.tell(PartyLeft(contact=leg.contact, agent=leg.agent))
        elif not leg.over:
            failure = leg.told(OfferFailed, reason="unreachable")
            self._session.tell(leg.told(Dialled), failure)
        return done(reply.said)

    def _cancel(self, it: CancelRing) -> Order:
        leg = _rung(self._call(it), it)
        if leg is None:
            return (yield from _nothing(failed("gone", f"offer {it.offer}")))
        leg.cancelled = True
        if leg.state == "asked":
            return (yield from _nothing(done("it is not dialled yet, and will not be")))
        return _let_go((yield requests.hang_up(leg.id)))

    def _connect(self, it: Connect) -> Order:
        session, call = self._session, self._call(it)
        leg = _rung(call, it)
        if leg is None or leg.leaving:
            return (yield from _nothing(failed("gone", f"offer {it.offer}")))
        if leg.state != "answered" or call.winner not in {None, leg.id}:
            words = f"offer {it.offer} is {leg.state}"
            return (yield from _nothing(failed("rejected", words)))
        call.winner = leg.id
        yield from errands.silence(call)
        call.talk = talk = session.new_bridge("talk", leg.agent)
        reply = yield requests.create_bridge(talk, "mixing", call.contact)
        if reply.ok and _both(session, call, leg):
            # The agent first: the customer keeps the music until there is somebody.
            reply = yield requests.add(talk, leg.id, call.channel)
            if reply.status in {409, 412, 422} and _both(session, call, leg):
                reply = yield requests.add(talk, leg.id, call.channel)
            if reply.ok and _both(session, call, leg):
                return done()
        return (yield from self._not_connected(call, leg, talk, reply))

    def _not_connected(self, call: Call, leg: Leg, talk: str, reply: Reply) -> Order:
        """One of the two left in between, or Asterisk will not: nobody stays alone."""
        session = self._session
        if call.winner == leg.id and not call.bridged:
            call.winner = None
        if call.bridged:
            return done()  # it was, for a moment
        if leg.id in session.legs:
            yield requests.hang_up(leg.id)
        if call.is_over():
            yield requests.destroy_bridge(talk)
            return failed("gone", "the customer left")
        yield from errands.back_to_wait(session, call)
        return failed("gone" if leg.leaving else "rejected", reply.said)

    # -- In conversation ----------------------------------------------------------------

    def _hold(self, it: StartHold) -> Order:
        session, call = self._session, self._call(it)
        if call.partner is None:
            return (yield from _nothing(failed("rejected", "there is no conversation")))
        if call.hold == "consult":
            return (yield from _nothing(failed("rejected", _HOLDERS["consult"])))
        if call.hold is not None:
            return (yield from _nothing(done("it is on hold")))
        call.hold = "asked"
        if (yield from errands.settle_in(session, call, "held", session.music_of(call))):
            return done()
        call.hold = None
        return failed("gone" if call.is_over() else "rejected")

    def _unhold(self, it: StopHold) -> Order:
        call = self._call(it)
        if call.hold is None or call.talk is None:
            return (yield from _nothing(done("it is not on hold")))
        if (words := _HOLDERS.get(call.hold)) is not None:
            return (yield from _nothing(failed("rejected", words)))
        return call.outcome((yield requests.add(call.talk, call.channel)))

    def _send_away(self, it: SendAway) -> Order:
        session, call = self._session, self._call(it)
        context = session.settings.transfer_context
        call.ending = "transferred"
        try:
            yield from errands.silence(call)
            reply = yield requests.go_on(call.channel, context, it.address)
        except GeneratorExit:
            call.ending = None  # whether it goes nobody knows; its end with us would tell
            raise
        if reply.ok:
            return done()
        call.ending = None
        return call.outcome(reply)

    def _consult(self, it: Consult) -> Order:
        session, call = self._session, self._call(it)
        if call.partner is None or call.hold is not None:
            words = "there is no conversation, or it is on hold"
            return (yield from _nothing(failed("rejected", words)))
        call.hold = "consult"
        try:
            held = yield from errands.settle_in(session, call, "held", session.music_of(call))
        except GeneratorExit:
            session.send(errands.back_to_talk(call))
            raise
        if not held:
            call.hold = None
            return failed("gone" if call.is_over() else "rejected")
        return (yield from self._other(it, it.agent, it.address, "consult", None))

    def _confer(self, it: Conference) -> Order:
        session, call = self._session, self._call(it)
        leg = _party(call, it.agent)
        here = leg is not None and leg.joined and not leg.leaving and leg.party != "monitor"
        if leg is None or not here or call.partner is None or call.talk is None:
            return (yield from _nothing(failed("gone", it.agent)))
        if call.hold == "phone":
            return (yield from _nothing(failed("rejected", _HOLDERS["phone"])))
        leg.invited = leg.role == "consult"
        session.confer(call)
        if call.bridge == call.talk:
            return (yield from _nothing(done()))
        reply = yield requests.add(call.talk, call.channel)
        if not reply.ok:
            leg.invited = False
        return call.outcome(reply)

    def _complete(self, it: CompleteConsult) -> Order:
        session, call = self._session, self._call(it)
        leg = _party(call, it.agent)
        first = session.legs.get(call.winner or "")
        if leg is None or not leg.joined or first is None or call.talk is None:
            return (yield from _nothing(failed("gone", it.agent)))
        if call.bridge != call.talk:
            reply = yield requests.add(call.talk, call.channel)
            if not reply.ok:
                return call.outcome(reply)
            if call.is_over() or call.winner != first.id or leg.leaving or leg.over:
                return failed("gone", "somebody hung up")
        session.pass_on(call, first, leg)
        yield requests.hang_up(first.id)
        yield requests.tag(leg)
        return done()

    def _monitor(self, it: Listen | Whisper | Barge, how: str) -> Order:
        if self._call(it).partner is None:
            return (yield from _nothing(failed("rejected", "there is no conversation")))
        return (yield from self._other(it, it.supervisor, it.address, "monitor", how))

    def _other(
        self, it: ContactInstruction, who: str, address: str, role: str, how: str | None
    ) -> Order:
        session, call = self._session, self._call(it)
        name = session.ids.leg(it.id)
        leg = Leg(
            id=name, contact=it.contact, agent=who, role=role, how=how, tenant=it.tenant, ring=it.id
        )
        call.legs[name] = session.legs[name] = leg
        try:
            return (yield from self._dialled(it, leg, address, session.now + OTHERS_RING))
        except GeneratorExit:
            self._forget(leg)
            raise

    def _drop(self, it: ContactInstruction, who: str) -> Order:
        leg = _party(self._call(it), who)
        if leg is None:
            return (yield from _nothing(failed("gone", who)))
        if leg.state == "asked":
            leg.cancelled = True
            return (yield from _nothing(done()))
        return _let_go((yield requests.hang_up(leg.id)))

    # -- The end ------------------------------------------------------------------------

    def _hang_up(self, it: HangUp) -> Order:
        session, call = self._session, self._call(it)
        if call.calling:
            session.release_legs(call, "cancelled")
            calling_back.over(session, call)
            return (yield from _nothing(done()))
        call.ending, call.let_go = "host", True
        if it.cause == "refused":
            # The plan has no place for this customer; the dialplan may have one.
            yield requests.note_refusal(call.channel)
            reply = yield requests.hand_back(call.channel)
        else:
            reply = yield requests.hang_up(call.channel)
        if reply.status == _GONE:
            session.gone(call)
        elif not reply.ok:
            call.ending = None
        return _let_go(reply)


def _nothing(outcome: Outcome) -> Order:
    """An outcome that needs no request."""
    yield from ()
    return outcome


def _both(session: Session, call: Call, leg: Leg) -> bool:
    return not call.is_over() and not leg.leaving and leg.id in session.legs


def _rung(call: Call, it: CancelRing | Connect) -> Leg | None:
    for leg in call.legs.values():
        if (leg.offer, leg.tenant) == (it.offer, it.tenant):
            return leg
    return None


def _party(call: Call, name: str) -> Leg | None:
    for leg in call.legs.values():
        if leg.agent == name and leg.role != "agent":
            return leg
    return None


def _let_go(reply: Reply) -> Outcome:
    """Who is gone already is as good as let go."""
    return done() if reply.ok or reply.status == _GONE else failed("rejected", reply.said)


def _attributes(
    arrival: Arrived, given: Mapping[str, str | int | bool] | None
) -> Mapping[str, str | int | bool] | None:
    return {**(arrival.attributes or {}), **(given or {})} or None


def _shown(call: Call) -> dict[str, str]:
    """Variables by which the agent's phone shows who calls."""
    shown = {}
    name = (call.arrival.attributes or {}).get("caller_name")
    if call.arrival.caller:
        shown["CONNECTEDLINE(num,i)"] = call.arrival.caller
    if isinstance(name, str):
        shown["CONNECTEDLINE(name,i)"] = name
    return shown
