"""What a platform holds now, and how its link does: the answers to ``snapshot`` and ``probe``."""

from collections.abc import Iterable

import attrs

from ccroute.adapters._signals import PARTIES, Arrived


@attrs.frozen(kw_only=True)
class HeldOffer:
    """An agent's leg. ``state``: dialling, ringing, answered or bridged.

    ``instruction``: the id of the `Ring` that made it, where the platform keeps it.
    """

    offer: int
    agent: str
    state: str = attrs.field(
        validator=attrs.validators.in_(("dialling", "ringing", "answered", "bridged"))
    )
    tenant: str | None = None
    instruction: str | None = None


@attrs.frozen(kw_only=True)
class HeldParty:
    """An agent in a conversation besides the first, as `PartyJoined` tells."""

    agent: str
    role: str = attrs.field(validator=attrs.validators.in_(PARTIES))


@attrs.frozen(kw_only=True)
class HeldRecording:
    """A recording that is not over. ``id``: as `StartRecording` gave it; ``state``: started or
    paused."""

    id: str
    state: str = attrs.field(
        default="started", validator=attrs.validators.in_(("started", "paused"))
    )


def _offers(given: Iterable[HeldOffer]) -> tuple[HeldOffer, ...]:
    return tuple(given)


def _parties(given: Iterable[HeldParty]) -> tuple[HeldParty, ...]:
    return tuple(given)


def _recordings(given: Iterable[HeldRecording]) -> tuple[HeldRecording, ...]:
    return tuple(given)


@attrs.frozen(kw_only=True)
class HeldContact:
    """A customer on the platform, or one who is being called back.

    ``arrival``: what the signal about its coming would say now, with ``entered_at`` where the
    platform knows it; ``agent``: who it is bridged with; ``on_hold``; ``parked``: whether it waits
    as after `Parked`, ``None``: the platform cannot tell; ``offers``: the agents' legs for
    it; ``parties``: the other agents in the conversation; ``recordings``: those that are not
    over; ``calling``: the customer is not on the line yet, for it is called back.
    """

    arrival: Arrived
    agent: str | None = None
    on_hold: bool = False
    parked: bool | None = None
    offers: tuple[HeldOffer, ...] = attrs.field(default=(), converter=_offers)
    parties: tuple[HeldParty, ...] = attrs.field(default=(), converter=_parties)
    recordings: tuple[HeldRecording, ...] = attrs.field(default=(), converter=_recordings)
    calling: bool = False

    @property
    def contact(self) -> str:
        """The platform's own id."""
        return self.arrival.contact


def _contacts(given: Iterable[HeldContact]) -> tuple[HeldContact, ...]:
    return tuple(given)


@attrs.frozen(kw_only=True)
class PlatformSnapshot:
    """All that a platform holds of ours.

    ``taken_at``: by our clock, before the first question was asked; ``epoch``: as in
    `LinkUp`; ``complete``: ``False`` where the platform could not tell all, then nothing is
    concluded from what is missing; ``devices``: agents with words of `ccroute.DEVICES`.
    """

    taken_at: float
    epoch: int = 0
    complete: bool = True
    contacts: tuple[HeldContact, ...] = attrs.field(default=(), converter=_contacts)
    devices: tuple[tuple[str, str], ...] = ()


@attrs.frozen(kw_only=True)
class LinkHealth:
    """How a link does.

    ``up``; ``last_heard``: by our clock, ``None``: never; ``lag``: seconds from happening to
    hearing, where known; ``pending``: instructions without an outcome; ``counters``: whatever
    the adapter counts, by name.
    """

    up: bool
    last_heard: float | None = None
    lag: float | None = None
    pending: int = 0
    counters: tuple[tuple[str, int], ...] = ()
