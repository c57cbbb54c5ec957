"""Instructions: what an adapter must tell its platform, one frozen class a kind.

An id is chosen by the host. The same id executed twice has one effect at most, on the platform
too where it takes our ids; so an instruction whose outcome is unknown is looked up and
never sent again. An address was looked up by the host in its own directory, or let through by
its list of destinations: it never holds what a caller or an agent said.
"""

from collections.abc import Mapping
from typing import ClassVar

import attrs

from ccroute._plan import Value
from ccroute._table import kept
from ccroute.adapters._info import AdapterInfo


@attrs.frozen(kw_only=True)
class Instruction:
    """What all instructions have in common.

    ``id``: the same id, the same instruction; ``deadline``: when its outcome is due, float seconds
    since the epoch: later the host takes it for unknown; ``tenant``, ``actor`` and ``reason``: on
    whose behalf. ``needs``: the capability without which it is not given.
    """

    needs: ClassVar[str]
    id: str
    deadline: float
    tenant: str
    actor: str | None = None
    reason: str | None = None

    @classmethod
    def possible_on(cls, info: AdapterInfo) -> bool:
        """Whether a platform with this card can do it."""
        return info.can(cls.needs)


@attrs.frozen(kw_only=True)
class ContactInstruction(Instruction):
    """An instruction about one contact, by the platform's own id."""

    contact: str


@attrs.frozen(kw_only=True)
class Park(ContactInstruction):
    """Let the customer wait; the agent it is joined with, if any, goes. Legs that ring go on.

    ``queue``: where; ``treatment``: what the customer gets meanwhile, a name of the platform's.
    ``attributes``: to be kept with the contact on the platform, so that a host that lost
    everything finds it again.
    """

    needs: ClassVar[str] = "park"
    queue: str
    treatment: str | None = None
    attributes: Mapping[str, Value] | None = kept()


@attrs.frozen(kw_only=True)
class Announce(ContactInstruction):
    """Play ``prompt`` to the waiting customer, with ``values`` such as position and wait (s)."""

    needs: ClassVar[str] = "announce"
    prompt: str
    values: Mapping[str, Value] | None = kept()


@attrs.frozen(kw_only=True)
class Ring(ContactInstruction):
    """Ring ``agent`` at ``address`` for ``offer``, until ``until`` at the latest.

    ``line``: over which, where the plan has lines; ``attributes``: to show; ``callback``: the
    customer is to be called back and not on the line, ``contact`` an id that we chose, with which
    ``attributes`` are to be kept, as by `Park` (only where the platform has ``call_customer``;
    `CallCustomer` follows in place of `Connect`).
    """

    needs: ClassVar[str] = "ring"
    offer: int
    agent: str
    address: str
    until: float
    line: str | None = None
    attributes: Mapping[str, Value] | None = kept()
    callback: bool = False


@attrs.frozen(kw_only=True)
class CancelRing(ContactInstruction):
    """Stop ringing for ``offer``; ended or not, the agent's leg goes."""

    needs: ClassVar[str] = "cancel_ring"
    offer: int


@attrs.frozen(kw_only=True)
class Connect(ContactInstruction):
    """Join customer and agent, whose leg answered for ``offer``, or who accepted at a desk."""

    needs: ClassVar[str] = "park"
    offer: int
    agent: str
    address: str | None = None


@attrs.frozen(kw_only=True)
class CallCustomer(ContactInstruction):
    """Dial the customer at ``address``, who is to be called back, until ``until`` at the latest,
    and join them with the agent, whose leg answered for ``offer``, or who accepted at a desk and is
    rung first, at ``agent_address``.

    ``contact``: an id that we chose, by which the platform's signals and snapshots call the new
    call; where it was rung for (`Ring.callback`), the same. ``address`` passed the tenant's list of
    destinations; ``attributes``: to be kept with the contact, as by `Park`.
    """

    needs: ClassVar[str] = "call_customer"
    offer: int
    agent: str
    address: str
    until: float
    agent_address: str | None = None
    attributes: Mapping[str, Value] | None = kept()


@attrs.frozen(kw_only=True)
class StartHold(ContactInstruction):
    """Put the customer on hold."""

    needs: ClassVar[str] = "hold"


@attrs.frozen(kw_only=True)
class StopHold(ContactInstruction):
    """Take the customer off hold."""

    needs: ClassVar[str] = "hold"


@attrs.frozen(kw_only=True)
class SendAway(ContactInstruction):
    """Transfer the customer to ``address`` outside, and let the agent go."""

    needs: ClassVar[str] = "blind_transfer"
    address: str


@attrs.frozen(kw_only=True)
class Consult(ContactInstruction):
    """Ring ``agent`` too, who then speaks with the first agent while the customer is on hold."""

    needs: ClassVar[str] = "consult_transfer"
    agent: str
    address: str


@attrs.frozen(kw_only=True)
class Conference(ContactInstruction):
    """The customer comes off hold: customer, first agent and ``agent``, whom the first agent
    consults, speak with each other."""

    needs: ClassVar[str] = "conference"
    agent: str


@attrs.frozen(kw_only=True)
class CompleteConsult(ContactInstruction):
    """The first agent goes, ``agent``, who was consulted or is in the conference, has the
    customer."""

    needs: ClassVar[str] = "consult_transfer"
    agent: str


@attrs.frozen(kw_only=True)
class CancelConsult(ContactInstruction):
    """``agent``, who was consulted or is in the conference, goes; the first agent has the customer
    back."""

    needs: ClassVar[str] = "consult_transfer"
    agent: str


@attrs.frozen(kw_only=True)
class HangUp(ContactInstruction):
    """End the contact, with all its legs. ``cause``: why, for the platform's records; ``refused``:
    nobody has a place for it, and the platform may give it to something else instead."""

    needs: ClassVar[str] = "hangup_party"
    cause: str = "normal"


@attrs.frozen(kw_only=True)
class StartRecording(ContactInstruction):
    """Record under the id ``recording``; with ``consent``: play that prompt and ask first (only
    where the platform has ``consent_prompt``). Done is that the customer is asked; the answer is
    a signal."""

    needs: ClassVar[str] = "record"
    recording: str
    consent: str | None = None


@attrs.frozen(kw_only=True)
class StopRecording(ContactInstruction):
    """Stop recording."""

    needs: ClassVar[str] = "record"
    recording: str


@attrs.frozen(kw_only=True)
class PauseRecording(ContactInstruction):
    """Pause recording, as while a card's number is told."""

    needs: ClassVar[str] = "record_pause"
    recording: str


@attrs.frozen(kw_only=True)
class ResumeRecording(ContactInstruction):
    """Record on."""

    needs: ClassVar[str] = "record_pause"
    recording: str


@attrs.frozen(kw_only=True)
class Listen(ContactInstruction):
    """Let ``supervisor`` hear the conversation; nobody hears the supervisor."""

    needs: ClassVar[str] = "listen"
    supervisor: str
    address: str


@attrs.frozen(kw_only=True)
class Whisper(ContactInstruction):
    """Let ``supervisor`` hear both and speak to the agent alone."""

    needs: ClassVar[str] = "whisper"
    supervisor: str
    address: str


@attrs.frozen(kw_only=True)
class Barge(ContactInstruction):
    """Let ``supervisor`` hear both and speak to both."""

    needs: ClassVar[str] = "barge"
    supervisor: str
    address: str


@attrs.frozen(kw_only=True)
class StopMonitoring(ContactInstruction):
    """``supervisor`` goes again."""

    needs: ClassVar[str] = "listen"
    supervisor: str

    @classmethod
    def possible_on(cls, info: AdapterInfo) -> bool:
        """Whoever can listen, whisper or barge can go again."""
        return not info.capabilities.isdisjoint({"listen", "whisper", "barge"})


@attrs.frozen(kw_only=True)
class MirrorAgent(Instruction):
    """Show on the platform that ``agent`` is ready or not, with the reason."""

    needs: ClassVar[str] = "agent_mirror"
    agent: str
    ready: bool
    why: str | None = None


INSTRUCTIONS: tuple[type[Instruction], ...] = (
    Park, Announce, Ring, CancelRing, Connect, CallCustomer, StartHold, StopHold, SendAway,
    Consult, Conference, CompleteConsult, CancelConsult, HangUp, StartRecording, StopRecording,
    PauseRecording, ResumeRecording, Listen, Whisper, Barge, StopMonitoring, MirrorAgent,
)  # fmt: skip
"""Every kind there is."""
