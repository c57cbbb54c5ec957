"""What the PBX is to be told: instructions become commands. No socket, no clock."""

from collections.abc import Callable, Mapping

from ccroute.adapters import (
    Announce,
    Barge,
    CallCustomer,
    CancelConsult,
    CancelRing,
    CompleteConsult,
    Conference,
    Connect,
    Consult,
    ContactInstruction,
    HangUp,
    Instruction,
    Listen,
    MirrorAgent,
    Outcome,
    Park,
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
from ccroute_acme.codec import Json, Message
from ccroute_acme.translate import Call, Leg, Translator

SPIES_RING = 30.0
"""Seconds that a second agent's or a supervisor's phone rings."""
FAILURES = {
    "no_such_call": "gone", "no_such_leg": "gone", "no_such_user": "gone",
    "not_now": "rejected", "bad_value": "invalid", "no_such_verb": "unsupported",
    "throttled": "throttled",
}  # fmt: skip


class Gone(Exception):
    """What the instruction is about is not there any more."""


def outcome_of(reply: Message) -> Outcome:
    """What a reply says became of an instruction."""
    error = reply.get("error")
    # A leg's id is made of the instruction's: the leg that exists is the one we asked for.
    if reply.get("ok") is True or error == "exists":
        return done()
    after = reply.get("after")
    return failed(
        FAILURES.get(str(error), "rejected"), str(error),
        retry_after=after if isinstance(after, int | float) else None,
    )  # fmt: skip


class Commands:
    """Makes the command of an instruction, from what the translator knows of the contact."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator
        self._made: Mapping[type[Instruction], Callable[..., dict[str, Json]]] = {
            Park: self._park,
            Announce: lambda it: self._about(
                it, "play", prompt=it.prompt, values=_plain(it.values)
            ),
            Ring: self._ring,
            CancelRing: lambda it: _drop(self._rung(it)),
            Connect: self._connect,
            CallCustomer: self._call_customer,
            StartHold: lambda it: self._about(it, "hold"),
            StopHold: lambda it: self._about(it, "unhold"),
            SendAway: lambda it: self._about(it, "redirect", to=it.address),
            Consult: lambda it: self._dial(it, "consult", it.agent, it.address),
            Conference: lambda it: self._about(
                it, "conference", leg=self._party(it, it.agent).id
            ),
            CompleteConsult: lambda it: self._about(
                it, "hand_over", leg=self._party(it, it.agent).id
            ),
            CancelConsult: lambda it: _drop(self._party(it, it.agent)),
            # Phones that still ring are dropped when the PBX says that the call is gone.
            HangUp: lambda it: self._about(it, "end", cause=it.cause),
            StartRecording: lambda it: self._about(
                it, "record", recording=it.recording, ask=it.consent
            ),
            StopRecording: lambda it: self._about(it, "record_stop", recording=it.recording),
            PauseRecording: lambda it: self._about(it, "record_pause", recording=it.recording),
            ResumeRecording: lambda it: self._about(it, "record_resume", recording=it.recording),
            Listen: lambda it: self._dial(it, "spy", it.supervisor, it.address, how="listen"),
            Whisper: lambda it: self._dial(it, "spy", it.supervisor, it.address, how="whisper"),
            Barge: lambda it: self._dial(it, "spy", it.supervisor, it.address, how="barge"),
            StopMonitoring: lambda it: _drop(self._party(it, it.supervisor)),
            MirrorAgent: lambda it: {
                "do": "lamp", "user": it.agent, "lit": it.ready, "note": it.why
            },
        }  # fmt: skip

    def of(self, instruction: Instruction) -> dict[str, Json]:
        """The command, under the instruction's id, by which the PBX's records can be searched.

        Raises:
            Gone: the contact or the leg is not there.
        """
        return {**self._made[type(instruction)](instruction), "id": instruction.id}

    def is_wanted(self, ring: Ring) -> bool:
        """Whether a ring that waited for its turn is still to be sent: nobody cancelled it."""
        call = self._translator.call_of(ring.contact)
        return call is not None and _leg_id(ring) in call.legs

    def failed(self, instruction: Instruction) -> None:
        """The PBX did not take it: what was noted beforehand is not so."""
        call = self._translator.call_of(getattr(instruction, "contact", ""))
        if call is None:
            return
        if isinstance(instruction, Ring):
            call.legs.pop(_leg_id(instruction), None)
            if instruction.callback and not call.legs:
                del self._translator.calls[call.id]
        elif isinstance(instruction, CancelRing):
            # It was not there yet: then it shall not come.
            asked = [it for it in call.legs.values() if it.state == "asked"]
            for leg in asked:
                if (leg.offer, leg.tenant) == (instruction.offer, instruction.tenant):
                    del call.legs[leg.id]
        elif isinstance(instruction, Connect | CallCustomer) and call.partner is None:
            call.winner = None

    # -- Those that are more than a word -------------------------------------------------

    def _park(self, it: Park) -> dict[str, Json]:
        return self._about(it, "wait", music=it.treatment, tags=_kept(it))

    def _ring(self, it: Ring) -> dict[str, Json]:
        if it.callback:
            self._translator.open(it.contact)
        call = self._call(it)
        leg = Leg(
            id=_leg_id(it), agent=it.agent, offer=it.offer, tenant=it.tenant, ring=it.id,
            state="asked",
        )  # fmt: skip
        # Before it is sent: the first event about the leg may come before the reply.
        call.legs.setdefault(leg.id, leg)
        tags = {**leg.tags(), "show": _plain(it.attributes)}
        more: dict[str, Json] = {"open": True, "keep": _kept(it)} if it.callback else {}
        return self._about(it, "dial", leg=leg.id, to=it.address, tags=tags, **more)

    def _connect(self, it: Connect) -> dict[str, Json]:
        leg = self._rung(it)
        self._call(it).winner = leg.id
        return self._about(it, "join", leg=leg.id)

    def _call_customer(self, it: CallCustomer) -> dict[str, Json]:
        leg = self._rung(it)
        self._call(it).winner = leg.id
        return self._about(it, "call_out", leg=leg.id, to=it.address)

    def _dial(
        self, it: ContactInstruction, verb: str, name: str, address: str, **more: Json
    ) -> dict[str, Json]:
        tags = Leg(id=_leg_id(it), agent=name, tenant=it.tenant).tags()
        more["for"] = SPIES_RING
        return self._about(it, verb, leg=_leg_id(it), to=address, tags=tags, **more)

    # -- What it is about ---------------------------------------------------------------

    def _about(self, it: ContactInstruction, verb: str, **more: Json) -> dict[str, Json]:
        return {"do": verb, "call": self._call(it).id, **more}

    def _call(self, it: ContactInstruction) -> Call:
        call = self._translator.call_of(it.contact)
        if call is None:
            raise Gone(it.contact)
        return call

    def _rung(self, it: CancelRing | Connect | CallCustomer) -> Leg:
        for leg in self._call(it).legs.values():
            if (leg.offer, leg.tenant) == (it.offer, it.tenant):
                return leg
        raise Gone(f"offer {it.offer}")

    def _party(self, it: ContactInstruction, name: str) -> Leg:
        for leg in self._call(it).legs.values():
            if leg.agent == name and leg.role != "agent":
                return leg
        raise Gone(name)


def _leg_id(instruction: Instruction) -> str:
    return f"leg-{instruction.id}"


def _kept(it: Park | Ring) -> dict[str, Json]:
    """What the PBX is to keep with a call."""
    kept: dict[str, Json] = {"tenant": it.tenant, "attributes": _plain(it.attributes)}
    return {**kept, "queue": it.queue} if isinstance(it, Park) else kept


def _drop(leg: Leg) -> dict[str, Json]:
    return {"do": "drop", "leg": leg.id}


def _plain(values: Mapping[str, object] | None) -> dict[str, Json]:
    """Attributes as JSON has them."""
    return {
        key: it if isinstance(it, str | int | float | bool) else str(it)
        for key, it in (values or {}).items()
    }
