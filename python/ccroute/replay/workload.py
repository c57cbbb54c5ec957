"""What a day asked of a centre, read from its events.

Who came when and for which queue, how it ended, how long it was worked on, and who was
there to work.

Any source's events will do. Nothing is drawn or routed here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import Enum
from statistics import median

import attrs

from ccroute import _events as ev


class Outcome(Enum):
    """How a visit ended in the recording."""

    ANSWERED = "answered"
    """An agent talked with the customer, and the contact ended there."""
    TRANSFERRED = "transferred"
    """An agent talked with the customer and passed the contact on."""
    ABANDONED = "abandoned"
    """The customer left while waiting."""
    LEFT = "left"
    """The contact left the queue unserved, by rule, key or host."""
    OPEN = "open"
    """The recording ends before the visit does."""


@attrs.frozen(kw_only=True)
class Visit:
    """One stay of one contact in one queue.

    ``wait``, ``talk`` and ``wrap_up`` are in seconds. ``wait`` runs from entry to
    connection or to leaving (to the end of the recording while open). ``talk`` runs from
    connection to the end of the visit, over hold and hand-overs, and is ``None`` when
    nobody answered; of an open visit it is only the talk seen so far. ``agent`` is the
    last primary. ``wrap_up`` is the sum over all primaries of the visit: the work it
    caused, whoever did it; ``None`` when none was seen, or one not to its end. ``cause`` is
    that of the event that ended the visit.
    """

    contact: str
    number: int
    queue: str
    channel: str
    entered: float
    wait: float
    outcome: Outcome
    cause: str | None
    agent: str | None
    talk: float | None
    wrap_up: float | None

    @property
    def served(self) -> bool:
        """An agent talked with the customer."""
        return self.talk is not None


StaffEvent = (
    ev.AgentSignedIn | ev.AgentSignedOut | ev.AgentReady | ev.AgentNotReady | ev.AgentChanged
)
"""What says who was there: signed in or out, ready or not, serving which queues."""


@attrs.frozen(kw_only=True)
class Workload:
    """A day's demand and staff, as recorded.

    ``contacts`` holds each contact's visits in order, contacts by their first entry;
    ``staff`` the agents' comings and goings in order of time; ``ring`` the seconds each
    agent takes to answer, the median of what was observed (of all agents for one who
    answered nothing, under the key ``None``); ``ring_limit`` the seconds after which a
    queue gave up on an agent, the median of the offers that were missed.
    """

    contacts: Mapping[str, tuple[Visit, ...]]
    staff: tuple[StaffEvent, ...]
    ring: Mapping[str | None, float]
    ring_limit: Mapping[str, float]
    started: float
    ended: float

    def visits(self) -> Iterable[Visit]:
        """Every visit of every contact."""
        return (visit for visits in self.contacts.values() for visit in visits)

    @property
    def queues(self) -> tuple[str, ...]:
        """The names of all queues that were entered or served, sorted."""
        names = {visit.queue for visit in self.visits()}
        for event in self.staff:
            if isinstance(event, ev.AgentSignedIn | ev.AgentChanged):
                names.update(event.queues or ())
        return tuple(sorted(names))

    @property
    def agents(self) -> tuple[str, ...]:
        """The names of all agents that were signed in, sorted."""
        return tuple(sorted({event.agent for event in self.staff if event.agent}))


@attrs.define
class _Open:
    """A visit under construction."""

    queued: ev.ContactQueued
    connected: float | None = None
    ended: float | None = None
    outcome: Outcome = Outcome.OPEN
    cause: str | None = None
    agent: str | None = None
    # Since when each of its agents has been wrapping up, and how long those took who did.
    wrapping: dict[str | None, float] = attrs.field(factory=dict)
    wrapped: list[float] = attrs.field(factory=list)


def workload(events: Iterable[ev.Event]) -> Workload:
    """Reads the workload out of events in order of time.

    Events about contacts that were never queued are passed over.

    >>> day = workload([
    ...     ev.ContactQueued(source="x", sequence=1, at=5, contact="c", visit=1,
    ...                      queue="sales", channel="voice", since=5),
    ...     ev.ContactAbandoned(source="x", sequence=2, at=9, contact="c", visit=1),
    ... ])
    >>> [(v.queue, v.wait, v.outcome.value) for v in day.visits()]
    [('sales', 4, 'abandoned')]
    """
    open_visits: dict[tuple[str, int], _Open] = {}
    offered: dict[int, float] = {}
    rings: dict[str, list[float]] = defaultdict(list)
    missed: dict[str, list[float]] = defaultdict(list)
    staff: list[StaffEvent] = []
    started, ended = float("inf"), 0.0
    for event in events:
        started, ended = min(started, event.at), max(ended, event.at)
        if isinstance(event, StaffEvent):
            staff.append(event)
        elif isinstance(event, ev.OfferMade):
            offered[event.offer] = event.at
        elif isinstance(event, ev.OfferAccepted | ev.OfferMissed):
            made = offered.pop(event.offer, event.at)
            if isinstance(event, ev.OfferAccepted):
                rings[event.agent or ""].append(event.at - made)
            else:
                missed[event.queue or ""].append(event.at - made)
        elif event.contact is not None:
            _visit_event(event, (event.contact, event.visit), open_visits)
    contacts: dict[str, list[Visit]] = defaultdict(list)
    for visit in open_visits.values():
        contacts[visit.queued.contact or ""].append(_closed(visit, ended))
    return Workload(
        contacts={contact: tuple(visits) for contact, visits in contacts.items()},
        staff=tuple(staff),
        ring=_medians(rings),
        ring_limit={queue: median(times) for queue, times in missed.items()},
        started=min(started, ended),
        ended=ended,
    )


def _visit_event(
    event: ev.Event, key: tuple[str, int], open_visits: dict[tuple[str, int], _Open]
) -> None:
    if isinstance(event, ev.ContactQueued):
        open_visits.setdefault(key, _Open(event))
        return
    visit = open_visits.get(key)
    if visit is None:
        return
    match event:
        case ev.ContactConnected():
            visit.connected, visit.agent = event.at, event.agent
        case ev.ContactAbandoned():
            visit.outcome = Outcome.ABANDONED
        case ev.ContactLeft():
            visit.outcome = Outcome.LEFT
        case ev.ContactReleased():
            visit.outcome = Outcome.ANSWERED
        case ev.ContactTransferred() if event.cause != "handed_over":
            visit.outcome = Outcome.TRANSFERRED
        case ev.AgentJoined(role="primary"):
            # After a hand-over: the same conversation goes on with another agent.
            visit.agent = event.agent
        case ev.WrapUpStarted():
            visit.wrapping[event.agent] = event.at
        case ev.WrapUpEnded() if event.agent in visit.wrapping:
            visit.wrapped.append(event.at - visit.wrapping.pop(event.agent))
    if visit.ended is None and visit.outcome is not Outcome.OPEN:
        visit.ended, visit.cause = event.at, event.cause


def _closed(visit: _Open, end_of_recording: float) -> Visit:
    queued = visit.queued
    ended = end_of_recording if visit.ended is None else visit.ended
    waited_until = ended if visit.connected is None else visit.connected
    return Visit(
        contact=queued.contact or "",
        number=queued.visit,
        queue=queued.queue or "",
        channel=queued.channel or "voice",
        entered=queued.at,
        wait=waited_until - queued.at,
        outcome=visit.outcome,
        cause=visit.cause,
        agent=visit.agent,
        talk=None if visit.connected is None else ended - visit.connected,
        wrap_up=sum(visit.wrapped) if visit.wrapped and not visit.wrapping else None,
    )


def _medians(rings: Mapping[str, list[float]]) -> dict[str | None, float]:
    medians: dict[str | None, float] = {agent: median(times) for agent, times in rings.items()}
    every = [time for times in rings.values() for time in times]
    medians[None] = median(every) if every else 0.0
    return medians
