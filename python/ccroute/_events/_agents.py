"""What an agent can have done, and what was done to them."""

import attrs

from ccroute._events._event import Event


@attrs.frozen(kw_only=True)
class AgentSignedIn(Event):
    """``agent`` signed in, not ready yet.

    ``queues``: which ones the agent serves, where the source says so. The engine's own
    events do not: whoever signed the agent in knows.
    """

    queues: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class AgentSignedOut(Event):
    """``agent`` signed out."""


@attrs.frozen(kw_only=True)
class AgentReady(Event):
    """``agent`` can be offered contacts."""


@attrs.frozen(kw_only=True)
class AgentNotReady(Event):
    """``agent`` cannot.

    ``reason``: the agent's own; ``cause``: agent, missed, declined, busy, unreachable or
    connect_timeout.
    """


@attrs.frozen(kw_only=True)
class AgentDevice(Event):
    """The state of ``agent``'s device changed.

    ``device``: unknown, available, in_use, ringing, unreachable or invalid.
    """

    device: str


@attrs.frozen(kw_only=True)
class AgentChanged(Event):
    """What ``agent`` can do or serves changed. ``queues``: as at sign-in."""

    queues: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class AgentJoined(Event):
    """``agent`` joined a conversation as ``role``, or goes on in it as ``role``: who was
    consulted, as conference or primary."""

    role: str


@attrs.frozen(kw_only=True)
class AgentLeft(Event):
    """``agent``, who was not the primary, left the conversation."""

    role: str


@attrs.frozen(kw_only=True)
class WrapUpStarted(Event):
    """``agent`` works on after release. ``until``: when that ends at the latest."""

    until: float | None = None


@attrs.frozen(kw_only=True)
class WrapUpExtended(Event):
    """``agent`` got more time. ``until``: the new end."""

    until: float | None = None


@attrs.frozen(kw_only=True)
class WrapUpEnded(Event):
    """``agent`` finished; ``cause``: agent, limit, signed_out or reconciled."""


@attrs.frozen(kw_only=True)
class BackOffStarted(Event):
    """``agent`` is left alone until ``until``; ``cause``: what went wrong."""

    until: float | None = None


@attrs.frozen(kw_only=True)
class BackOffEnded(Event):
    """``agent`` can be offered contacts again; ``cause``: limit, or what ended it early."""
