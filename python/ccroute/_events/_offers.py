"""What can have become of an offer."""

import attrs

from ccroute._events._event import Event


@attrs.frozen(kw_only=True)
class OfferMade(Event):
    """Proposed to ``agent``, over the line ``reason`` where there are lines.

    ``until``: when the offer runs out, where that is known. ``cause``: picked, when the agent
    chose it.
    """

    offer: int
    until: float | None = None


@attrs.frozen(kw_only=True)
class OfferAccepted(Event):
    """``agent`` took it. ``until``: when the connection must stand, where that is known."""

    offer: int
    until: float | None = None


@attrs.frozen(kw_only=True)
class OfferDeclined(Event):
    """``agent`` refused it."""

    offer: int


@attrs.frozen(kw_only=True)
class OfferMissed(Event):
    """``agent`` let it pass; ``cause``: busy or unreachable where the phone was."""

    offer: int


@attrs.frozen(kw_only=True)
class OfferWithdrawn(Event):
    """Taken back from ``agent``; ``cause`` says why."""

    offer: int


@attrs.frozen(kw_only=True)
class OfferLost(Event):
    """Another agent took it before ``agent``."""

    offer: int


@attrs.frozen(kw_only=True)
class ReservationReleased(Event):
    """``agent``, who was not quick enough, is free again; ``cause``: connected, limit, or what
    ended the connection."""
