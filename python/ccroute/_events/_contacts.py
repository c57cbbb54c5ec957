"""What can have happened to a contact."""

import attrs

from ccroute._events._event import Event


@attrs.frozen(kw_only=True)
class ContactClassified(Event):
    """A rule said where it goes. ``rule``: which, from 1; ``reason``: its name."""

    rule: int


@attrs.frozen(kw_only=True)
class ContactRefused(Event):
    """Not let into the queue; ``cause``: full, no_agents or closed. It goes on where the plan
    says, else it is gone."""


@attrs.frozen(kw_only=True)
class ContactScheduled(Event):
    """Waits for ``until`` before it (again) waits for an agent."""

    until: float


@attrs.frozen(kw_only=True)
class ContactQueued(Event):
    """A visit began. ``since``: the instant its age counts from."""

    since: float


@attrs.frozen(kw_only=True)
class ContactRequeued(Event):
    """Waits again, and the visit goes on: an offer or connection came to nothing (``cause``: how),
    a suspension is over (limit or reinstated), or a callback is tried again (due). ``since``: as in
    `ContactQueued`."""

    since: float


@attrs.frozen(kw_only=True)
class ContactEscalated(Event):
    """An escalation step was taken, or (``cause`` passed_over) not. ``step``: how many are behind
    it; ``reason``: the name of this one."""

    step: int


@attrs.frozen(kw_only=True)
class ContactReprioritised(Event):
    """Band or head start changed. ``band``: the band now."""

    band: int


@attrs.frozen(kw_only=True)
class ContactUpdated(Event):
    """Requirement, attributes or preferred agents changed, or an agent was excluded or
    readmitted."""


@attrs.frozen(kw_only=True)
class ContactSuspended(Event):
    """Taken out of matching, until ``until`` at the latest."""

    until: float


@attrs.frozen(kw_only=True)
class ContactConnected(Event):
    """Customer and ``agent`` are joined: the wait is over."""


@attrs.frozen(kw_only=True)
class ContactHeld(Event):
    """Put on hold by ``agent``."""


@attrs.frozen(kw_only=True)
class ContactResumed(Event):
    """Taken off hold by ``agent``."""


@attrs.frozen(kw_only=True)
class ContactAbandoned(Event):
    """The customer left while waiting; ``agent`` when one was being connected."""


@attrs.frozen(kw_only=True)
class ContactLeft(Event):
    """Left the queue unserved for ``cause``, which is not the customer's doing."""


@attrs.frozen(kw_only=True)
class ContactTransferred(Event):
    """``agent`` passed it on; the visit ends, the contact goes on."""


@attrs.frozen(kw_only=True)
class ContactReleased(Event):
    """The conversation with ``agent`` ended; ``cause``: by whom, where that is known."""


@attrs.frozen(kw_only=True)
class ContactDisposed(Event):
    """Disposition code ``reason`` by ``agent``.

    ``revision``: 1 for the first set of codes, more for a correction, which replaces the
    set before.
    """

    revision: int


@attrs.frozen(kw_only=True)
class CallbackOffered(Event):
    """The host may offer to call back. ``step``: after how many steps."""

    step: int


@attrs.frozen(kw_only=True)
class CallbackFailed(Event):
    """``agent`` tried in vain to reach the customer; ``cause``: why, ``attempts``: so far."""

    attempts: int
