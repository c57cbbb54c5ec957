"""Recordings of conversations, and the customers who are asked first.

The prompt is played to both, so that the agent hears when to go on. The customer says yes by a key;
another one, silence, or going away from the conversation is a no.
"""

import re
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, TypeAlias

from ccroute.adapters import (
    ContactInstruction,
    Outcome,
    PauseRecording,
    RecordingSeen,
    ResumeRecording,
    StartRecording,
    StopRecording,
    done,
    failed,
)
from ccroute_asterisk.ari import errands, requests
from ccroute_asterisk.ari.calls import Call, Consent
from ccroute_asterisk.ari.codec import Reply, Request
from ccroute_asterisk.ari.errands import Errand, Patient, Pause

if TYPE_CHECKING:
    from ccroute_asterisk.ari.known import Known

Asked: TypeAlias = Generator[Request, Reply, Outcome]


def start(session: "Known", it: StartRecording) -> Asked:
    """Records, or asks first."""
    call = session.contacts[it.contact]
    if call.talk is None or not call.bridged:
        return failed("rejected", "there is no conversation")
    if it.consent is None:
        reply = yield from _begun(session, call, it.recording)
        return call.outcome(reply)
    if not re.fullmatch(r"[\w./-]{1,128}", it.consent):
        # It may come from an agent's screen, and names media: no address, and no list of them.
        return failed("invalid", "that is no name of a prompt")
    if call.consent is not None:
        return failed("rejected", "the customer is being asked already")
    if call.bridge != call.talk:
        return failed("rejected", "the customer is on hold, and cannot be asked")
    playback = session.ids.leg(it.id)
    asked = Consent(recording=it.recording, bridge=call.talk, playback=playback)
    # Before it is sent: the customer may be gone before the reply.
    call.consent = asked
    media = session.settings.media(it.consent, {})
    reply = yield requests.play_to_all(call.talk, playback, media)
    if not reply.ok and call.consent is asked:
        call.consent = None
    return call.outcome(reply)


def change(
    session: "Known", it: StopRecording | PauseRecording | ResumeRecording, state: str
) -> Asked:
    """Stops it, pauses it, goes on with it. One that was asked for only is not begun any more."""
    call, recording = session.contacts[it.contact], it.recording
    if isinstance(it, StopRecording) and call.consent and call.consent.recording == recording:
        not_given(session, call)
        return done()
    if recording not in call.recordings:
        return failed("gone", recording)
    reply = yield _REQUESTS[type(it)](recording)
    if reply.ok and state != "stopped" and recording in call.recordings:
        session.recorded(call, recording, state)
    if reply.ok and not call.is_over():
        yield requests.keep(call.channel, call.tag())
    return call.outcome(reply)


_REQUESTS: dict[type[ContactInstruction], Callable[[str], Request]] = {
    StopRecording: requests.stop_recording,
    PauseRecording: requests.pause_recording,
    ResumeRecording: requests.resume_recording,
}


# -- Who is asked ---------------------------------------------------------------------------


def played(session: "Known", call: Call, consent: Consent, state: str) -> None:
    """The prompt was played to its end, or could not be."""
    if state == "failed":
        not_given(session, call, "failed")
    else:
        session.send(_patience(session, call, consent))


def pressed(session: "Known", call: Call, consent: Consent, key: str) -> None:
    """The customer answers."""
    if key != session.settings.consent_key:
        not_given(session, call)
        return
    call.consent = None
    session.send(errands.stop_playback(consent.playback), _given(session, call, consent.recording))


def not_given(session: "Known", call: Call, state: str = "refused") -> None:
    """Nothing is recorded, if it was asked for."""
    consent, call.consent = call.consent, None
    if consent is not None:
        seen = RecordingSeen(contact=call.contact, recording=consent.recording, state=state)
        session.tell(seen)
        session.send(errands.stop_playback(consent.playback))


def _patience(session: "Known", call: Call, consent: Consent) -> Patient:
    yield Pause(session.settings.consent_timeout)
    if call.consent is consent:
        not_given(session, call)


def _given(session: "Known", call: Call, recording: str) -> Errand:
    reply = None
    if call.talk is not None and call.bridged and not call.is_over():
        reply = yield from _begun(session, call, recording)
    if (reply is None or not reply.ok) and session.contacts.get(call.contact) is call:
        session.tell(RecordingSeen(contact=call.contact, recording=recording, state="failed"))


def _begun(session: "Known", call: Call, recording: str) -> Generator[Request, Reply, Reply]:
    assert call.talk is not None
    call.recordings[recording] = "asked"
    form = session.settings.recording_format
    reply = yield requests.record(call.talk, recording, form)
    if not reply.ok:
        call.recordings.pop(recording, None)
    elif not call.is_over():
        yield requests.keep(call.channel, call.tag())
    return reply
