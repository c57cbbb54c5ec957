"""Signals: what a platform told an adapter, one frozen class a kind; never what to do about it.

Ids of contacts are the platform's own: the host puts the name of the link before them, so
they need to be unique on their platform only. Offers carry the number that the host's `Ring`
gave. Names are chosen apart from those of the engine's events: a platform says that two legs
are ``Bridged``; that a contact is connected, the engine says.
"""

from collections.abc import Mapping

import attrs

from ccroute._errors import ConfigError
from ccroute._events import Event
from ccroute._plan import Value
from ccroute._table import kept, names_kept


@attrs.frozen(kw_only=True)
class Signal:
    """What all signals have in common.

    ``at``: when it happened by the platform's clock, float seconds since the epoch, ``None`` where
    it does not say; ``number``: the platform's own number of the message; ``inferred``: the
    adapter concluded it, the platform did not say so; ``raw``: the message itself, where the
    adapter was asked to keep it.
    """

    at: float | None = None
    number: int | None = None
    inferred: bool = False
    raw: bytes | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class ContactSignal(Signal):
    """A signal about one contact."""

    contact: str


@attrs.frozen(kw_only=True)
class Arrived(ContactSignal):
    """A customer is there.

    ``tenant``: whose; ``None`` where the link serves one only. ``queue``: ``None``: where the
    plan's rules say. ``channel``: default the plan's first. ``dialled``: the number or address
    the customer chose; ``caller``: the customer's own. Both become attributes of the contact.
    The rest is as in `ccroute.NewContact`.
    """

    tenant: str | None = None
    queue: str | None = None
    channel: str | None = None
    dialled: str | None = None
    caller: str | None = None
    attributes: Mapping[str, Value] | None = kept()
    entered_at: float | None = None
    customer: str | None = None
    conversation: str | None = None
    previous: str | None = None


@attrs.frozen(kw_only=True)
class Parked(ContactSignal):
    """The customer waits on the platform, with its music or whatever it gives."""


@attrs.frozen(kw_only=True)
class Bridged(ContactSignal):
    """Customer and agent hear each other: both are in one bridge.

    ``offer``: whose agent it is, where it came by one.
    """

    agent: str
    offer: int | None = None


@attrs.frozen(kw_only=True)
class PutOnHold(ContactSignal):
    """The customer was put on hold."""


@attrs.frozen(kw_only=True)
class TakenOffHold(ContactSignal):
    """The customer was taken off hold."""


@attrs.frozen(kw_only=True)
class Abandoned(ContactSignal):
    """The customer left before the conversation. ``phase``: waiting, offering (an agent's
    phone rang) or connecting (the agent had answered)."""

    phase: str = attrs.field(
        default="waiting", validator=attrs.validators.in_(("waiting", "offering", "connecting"))
    )


@attrs.frozen(kw_only=True)
class Disconnected(ContactSignal):
    """The conversation ended. ``by``: customer, agent or system."""

    by: str = attrs.field(validator=attrs.validators.in_(("customer", "agent", "system")))


PARTIES = ("consult", "conference", "monitor")
"""In which roles agents join a conversation besides the first."""


@attrs.frozen(kw_only=True)
class PartyJoined(ContactSignal):
    """``agent`` joined the conversation besides the first, or goes on in it as ``role``, a word of
    `PARTIES`: who was consulted is in the conference when the three hear each other."""

    agent: str
    role: str = attrs.field(validator=attrs.validators.in_(PARTIES))


@attrs.frozen(kw_only=True)
class PartyLeft(ContactSignal):
    """``agent``, who had joined, is gone from the conversation again."""

    agent: str


CUSTOMER_FAILURES = ("no_answer", "busy", "unreachable", "error")
"""How calling a customer back can come to nothing."""


@attrs.frozen(kw_only=True)
class CustomerFailed(ContactSignal):
    """Calling the customer back came to nothing."""

    reason: str = attrs.field(validator=attrs.validators.in_(CUSTOMER_FAILURES))


@attrs.frozen(kw_only=True)
class SentAway(ContactSignal):
    """The customer was transferred away from this agent. ``kind``: blind or consult; ``to``: the
    agent it went to, ``None``: out of the house."""

    kind: str = attrs.field(validator=attrs.validators.in_(("blind", "consult")))
    to: str | None = None


@attrs.frozen(kw_only=True)
class Ended(ContactSignal):
    """The contact is gone from the platform; nothing about it follows.

    ``cause``: hangup, system_lost (the platform lost it), transferred, silence (the customer wrote
    nothing for long) or failed.
    """

    cause: str = attrs.field(
        default="hangup",
        validator=attrs.validators.in_(
            ("hangup", "system_lost", "transferred", "silence", "failed")
        ),
    )


@attrs.frozen(kw_only=True)
class Wrote(ContactSignal):
    """Somebody wrote a message of the contact, in chats, e-mail and the like. ``by``: customer,
    agent or system (what no person wrote)."""

    by: str = attrs.field(validator=attrs.validators.in_(("customer", "agent", "system")))


@attrs.frozen(kw_only=True)
class KeyPressed(ContactSignal):
    """The customer pressed a key."""

    key: str


@attrs.frozen(kw_only=True)
class AttributesSeen(ContactSignal):
    """More is known of the contact; what is not named stays."""

    attributes: Mapping[str, Value] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class RecordingSeen(ContactSignal):
    """A recording of the contact changed. ``recording``: its id, as `StartRecording` gave it;
    ``state``: started, paused, resumed, stopped, refused (no consent) or failed."""

    recording: str
    state: str = attrs.field(
        validator=attrs.validators.in_(
            ("started", "paused", "resumed", "stopped", "refused", "failed")
        )
    )


@attrs.frozen(kw_only=True)
class OfferSignal(Signal):
    """A signal about an agent's phone that was rung for an offer. The number is the host's own,
    as in `Ring`, with the tenant it belongs to. ``contact``: the platform's own id, where the
    adapter knows it."""

    offer: int
    tenant: str | None = None
    contact: str | None = None


@attrs.frozen(kw_only=True)
class Dialled(OfferSignal):
    """The agent's leg was begun."""


@attrs.frozen(kw_only=True)
class Ringing(OfferSignal):
    """The agent's phone rings."""


@attrs.frozen(kw_only=True)
class Answered(OfferSignal):
    """The agent answered."""


OFFER_FAILURES = (
    "no_answer", "busy", "rejected", "unreachable", "caller_gone", "cancelled", "lost_race",
    "error",
)  # fmt: skip
"""How ringing can come to nothing."""


@attrs.frozen(kw_only=True)
class OfferFailed(OfferSignal):
    """Ringing came to nothing, or the agent's leg ended before the conversation."""

    reason: str = attrs.field(validator=attrs.validators.in_(OFFER_FAILURES))


@attrs.frozen(kw_only=True)
class AgentSignal(Signal):
    """A signal about an agent, in every tenant of the link that knows the name, or in
    ``tenant`` only."""

    agent: str
    tenant: str | None = None


@attrs.frozen(kw_only=True)
class DeviceSeen(AgentSignal):
    """The agent's device is ``device``: a word of `ccroute.DEVICES`."""

    device: str


AGENT_WISHES = ("sign_in", "sign_out", "ready", "not_ready", "dispose")
"""What agents can ask for from their phones."""


@attrs.frozen(kw_only=True)
class AgentAsked(AgentSignal):
    """The agent asked for something on the platform: by a feature code, or at its own client.

    ``wish``: sign_in, sign_out, ready, not_ready (``reason``) or dispose (``codes`` for
    ``contact``).
    """

    wish: str = attrs.field(validator=attrs.validators.in_(AGENT_WISHES))
    reason: str | None = None
    contact: str | None = None
    codes: tuple[str, ...] = attrs.field(default=(), converter=names_kept)


@attrs.frozen(kw_only=True)
class Measured(Signal):
    """What a platform that routes by itself did, as an event for the metrics (mode
    ``observe``)."""

    event: Event
    tenant: str | None = None


@attrs.frozen(kw_only=True)
class LinkUp(Signal):
    """The link stands. ``epoch``: grows with each restart of the platform."""

    epoch: int = 0


@attrs.frozen(kw_only=True)
class LinkDown(Signal):
    """The link is broken; the adapter tries again by itself, unless ``final``."""

    reason: str
    final: bool = False


@attrs.frozen(kw_only=True)
class Gap(Signal):
    """From ``since`` to ``until`` (by our clock) the adapter heard nothing: what happened then is
    known from snapshots only."""

    since: float
    until: float

    def __attrs_post_init__(self) -> None:
        if not self.since <= self.until:
            raise ConfigError(f"a gap from {self.since} to {self.until}: give its end last")


@attrs.frozen(kw_only=True)
class Unmapped(Signal):
    """The platform said ``what``, which this adapter does not know: counted, never an error."""

    what: str


LIFECYCLE: tuple[type[Signal], ...] = (
    Arrived, Abandoned, Answered, Bridged, Dialled, Disconnected, Ended, OfferFailed, Parked,
    PartyJoined, PartyLeft, PutOnHold, Ringing, SentAway, TakenOffHold, AgentAsked, KeyPressed,
    RecordingSeen, Measured, CustomerFailed, Wrote,
)  # fmt: skip
"""The kinds that are never dropped: when there is no room for one, the link is cut."""


def state_key(signal: Signal) -> tuple[str, ...] | None:
    """What a signal about a state replaces when both wait: the state before of the same thing.
    ``None`` for what happened, which nothing replaces."""
    match signal:
        case DeviceSeen():
            return "device", signal.tenant or "", signal.agent
        case AttributesSeen():
            # The names too: an older value of another attribute must not go with it.
            return "attributes", signal.contact, *sorted(signal.attributes)
        case Unmapped():
            return "unmapped", signal.what
        case _:
            return None
