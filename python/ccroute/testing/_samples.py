"""One instruction of every kind about a contact, for what is asked of all kinds."""

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
    Listen,
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
)
from ccroute.testing._play import QUEUE, Play


def samples(play: Play, contact: str) -> list[ContactInstruction]:
    """The instructions, with ids of their own; about an offer that was never made."""
    agent = play.agents[0]
    address = play.address(agent)

    def about(kind: type[ContactInstruction], **more: object) -> ContactInstruction:
        return kind(**play.envelope(), contact=contact, **more)  # type: ignore[arg-type]

    return [
        about(Park, queue=QUEUE),
        about(Announce, prompt="welcome"),
        about(Ring, offer=900_001, agent=agent, address=address, until=play.time.now() + 20.0),
        about(CancelRing, offer=900_002),
        about(Connect, offer=900_003, agent=agent, address=address),
        about(
            CallCustomer, offer=900_004, agent=agent, address=address, agent_address=address,
            until=play.time.now() + 20.0,
        ),
        about(StartHold),
        about(StopHold),
        about(SendAway, address=address),
        about(Consult, agent=agent, address=address),
        about(Conference, agent=agent),
        about(CompleteConsult, agent=agent),
        about(CancelConsult, agent=agent),
        about(StartRecording, recording="r900001"),
        about(StopRecording, recording="r900001"),
        about(PauseRecording, recording="r900001"),
        about(ResumeRecording, recording="r900001"),
        about(Listen, supervisor=agent, address=address),
        about(Whisper, supervisor=agent, address=address),
        about(Barge, supervisor=agent, address=address),
        about(StopMonitoring, supervisor=agent),
        about(HangUp),
    ]  # fmt: skip
