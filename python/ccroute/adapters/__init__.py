"""The contract between the host and a platform: what an adapter is, hears and says.

Who writes one imports from here, and tries it with `ccroute.testing`. Ours use nothing else.

How a contact goes, signal by signal (platform) and instruction by instruction (host):

**It comes.** `Arrived`, once, before anything else about it. `Park` leads to `Parked`.

**An agent is rung.** `Ring` leads to `Dialled`, `Ringing` (or not), `Answered`. Ringing that comes
to nothing is `OfferFailed`, with the reason. An offer that was dialled ends once: by that, or with
its conversation. Several may ring: who answers and is not connected has ``lost_race`` when the
leg goes. `CancelRing` lets a leg go in any state.

**They speak.** `Connect` leads to `Bridged`, when both legs are in one bridge and not when the
platform has taken the order. Where nobody is rung (no ``ring``), `Connect` does it alone.
`StartHold` and `StopHold` lead to `PutOnHold` and `TakenOffHold`; recording to `RecordingSeen`. A
customer who is asked first (``consent``) is recorded only after a yes: ``started``; a no,
silence, or going away from the conversation before is ``refused``.
`Listen`, `Whisper` and `Barge` lead to `PartyJoined` as ``monitor`` when the supervisor has
answered, `StopMonitoring` to `PartyLeft`.

**They are called back.** A customer who left the line by our leave has ended on the platform. The
new call has an id that the host chose: `CallCustomer` gives it, and where agents are rung, `Ring`
(``callback``) before. From then on the platform calls the contact so, in signals and snapshots
(``calling``, until the customer answers, and with the tenant that the instruction named). Once
the agent is there the customer is dialled: `Bridged`, when both hear each other; or
`CustomerFailed`, with the reason, then `OfferFailed` (``caller_gone``) for the agent's leg, which
goes within a second, and `Ended` (``failed``). There is no `Arrived`. When the last leg goes before
the customer was dialled, `Ended` (``failed``) tells so; another try comes under another id.

**They write.** Each message of a chat, a mail or the like is a `Wrote`; a customer's first one is
in its `Arrived`, and needs none.

**It moves.** `Consult` leads to `PartyJoined` as ``consult`` when the second agent has answered, or
to `PartyLeft` when nobody does; the customer is on hold meanwhile. Then `CancelConsult`:
`PartyLeft`; or `CompleteConsult`: `SentAway` (``consult``, to the second agent, who has the
customer) and the first agent's leg goes. `Conference` leads to `PartyJoined` once more, as
``conference``, when the three hear each other (and to `TakenOffHold` where `PutOnHold` was told);
both ways out stay, and a first agent who hangs up is as good as `CompleteConsult`.
`SendAway` leads to `SentAway` (``blind``) and `Ended` (``transferred``). `Park` of a contact that
is engaged lets the agent's leg go: `Parked` ends the conversation, and the contact waits again.
Each of the three ends the conversation's offer; no `Disconnected` follows.

**It ends.** `Disconnected`, by whom, then `Ended`: when one side of a conversation goes, the
adapter sees to it that the other goes too. A customer who leaves before the conversation:
`Abandoned` with the phase, `OfferFailed` (``caller_gone``) for each offer that lives, whose legs
go within a second, and `Ended`. Who is sent away by `HangUp` or by a rule of the platform has
not abandoned. `Ended` comes once, and nothing about the contact follows.

**The link breaks.** `LinkDown`, then by itself, with growing and random pauses: `LinkUp`, `Gap`,
and a snapshot through ``sink.resync``. The snapshot speaks for the gap: what it lacks has ended, as
lost by the platform when the epoch is another; what it has besides has come. The adapter need
not tell either; what it tells it marks as ``inferred``, and tells it once. Legs that ring for
nobody any more it lets go. Instructions that wait for an outcome are unknown, those that come
while the link is down ``link_down``. Another client that takes our session away: `LinkDown`
with ``final``, and no reconnect, for it would be a fight without end.

**What cannot be.** An instruction whose capability is not declared fails as ``unsupported``, one
about a contact or leg that is not there as ``gone``. What is throttled was not done: the adapter
tries it again when the platform allows it, until the deadline, or says ``throttled`` with
``retry_after``.
"""

from ccroute.adapters._adapter import (
    Adapter,
    AdapterFactory,
    Setting,
)
from ccroute.adapters._doctor import (
    DOCTORS_GROUP,
    FINDINGS,
    Doctor,
    Finding,
    doctor_of,
)
from ccroute.adapters._held import (
    HeldContact,
    HeldOffer,
    HeldParty,
    HeldRecording,
    LinkHealth,
    PlatformSnapshot,
)
from ccroute.adapters._http import (
    HttpRequest,
    HttpResponse,
)
from ccroute.adapters._info import (
    ADAPTER_API,
    CAPABILITIES,
    MODES,
    AdapterInfo,
    Limits,
)
from ccroute.adapters._instructions import (
    INSTRUCTIONS,
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
from ccroute.adapters._outcome import (
    FAILURES,
    Outcome,
    Verdict,
    done,
    failed,
    unknown,
)
from ccroute.adapters._registry import (
    ADAPTERS_GROUP,
    Adapters,
    check_api,
)
from ccroute.adapters._secret import (
    Secret,
)
from ccroute.adapters._settings import (
    read_settings,
)
from ccroute.adapters._signals import (
    AGENT_WISHES,
    CUSTOMER_FAILURES,
    LIFECYCLE,
    OFFER_FAILURES,
    PARTIES,
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
    Gap,
    KeyPressed,
    LinkDown,
    LinkUp,
    Measured,
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
    Unmapped,
    Wrote,
)
from ccroute.adapters._sink import (
    BoundedSink,
    Sink,
)
from ccroute.adapters._time import (
    SystemTime,
    Time,
    within,
)

__all__ = [
    "ADAPTERS_GROUP",
    "ADAPTER_API",
    "AGENT_WISHES",
    "CAPABILITIES",
    "CUSTOMER_FAILURES",
    "DOCTORS_GROUP",
    "FAILURES",
    "FINDINGS",
    "INSTRUCTIONS",
    "LIFECYCLE",
    "MODES",
    "OFFER_FAILURES",
    "PARTIES",
    "Abandoned",
    "Adapter",
    "AdapterFactory",
    "AdapterInfo",
    "Adapters",
    "AgentAsked",
    "AgentSignal",
    "Announce",
    "Answered",
    "Arrived",
    "AttributesSeen",
    "Barge",
    "BoundedSink",
    "Bridged",
    "CallCustomer",
    "CancelConsult",
    "CancelRing",
    "CompleteConsult",
    "Conference",
    "Connect",
    "Consult",
    "ContactInstruction",
    "ContactSignal",
    "CustomerFailed",
    "DeviceSeen",
    "Dialled",
    "Disconnected",
    "Doctor",
    "Ended",
    "Finding",
    "Gap",
    "HangUp",
    "HeldContact",
    "HeldOffer",
    "HeldParty",
    "HeldRecording",
    "HttpRequest",
    "HttpResponse",
    "Instruction",
    "KeyPressed",
    "Limits",
    "LinkDown",
    "LinkHealth",
    "LinkUp",
    "Listen",
    "Measured",
    "MirrorAgent",
    "OfferFailed",
    "OfferSignal",
    "Outcome",
    "Park",
    "Parked",
    "PartyJoined",
    "PartyLeft",
    "PauseRecording",
    "PlatformSnapshot",
    "PutOnHold",
    "RecordingSeen",
    "ResumeRecording",
    "Ring",
    "Ringing",
    "Secret",
    "SendAway",
    "SentAway",
    "Setting",
    "Signal",
    "Sink",
    "StartHold",
    "StartRecording",
    "StopHold",
    "StopMonitoring",
    "StopRecording",
    "SystemTime",
    "TakenOffHold",
    "Time",
    "Unmapped",
    "Verdict",
    "Whisper",
    "Wrote",
    "check_api",
    "doctor_of",
    "done",
    "failed",
    "read_settings",
    "unknown",
    "within",
]
