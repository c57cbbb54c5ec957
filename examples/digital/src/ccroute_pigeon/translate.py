"""From Pigeon's events to signals, and what is known of its sessions. No I/O and no clock.

A session is a contact. The thread it lies in is the customer's story: it goes on with the next
session when the customer writes again, which names the session before.
"""

from collections.abc import Mapping

import attrs

from ccroute.adapters import (
    Abandoned,
    Arrived,
    Bridged,
    Disconnected,
    Ended,
    HeldContact,
    HeldOffer,
    Parked,
    PlatformSnapshot,
    SentAway,
    Signal,
    Unmapped,
    Wrote,
)
from ccroute_pigeon.messages import (
    Json,
    PigeonEvent,
    maybe,
    seconds,
    table,
    tables,
    text,
    whole,
)

MOST_EARLY = 1_000
"""So many events wait for one before them; then all is looked up."""


@attrs.define
class Session:
    """A session, as far as is known. ``word``: the number of the customer's last message;
    ``said``: of the last of anybody, or of an agent's coming; ``quiet_since``: when that was, by
    our clock."""

    arrival: Arrived
    word: int
    said: int
    quiet_since: float
    agent: str | None = None
    offer: int | None = None
    tenant: str | None = None
    warned: bool = False

    def held(self) -> HeldContact:
        """As a snapshot says it."""
        offers = []
        if self.agent is not None and self.offer is not None:
            offers = [
                HeldOffer(offer=self.offer, agent=self.agent, state="bridged", tenant=self.tenant)
            ]
        return HeldContact(arrival=self.arrival, agent=self.agent, offers=offers)


@attrs.frozen(kw_only=True)
class Listing:
    """What Pigeon holds, when its events had come to ``number``."""

    boot: int
    number: int
    sessions: Mapping[str, Session]

    def snapshot(self, taken_at: float) -> PlatformSnapshot:
        """For the host."""
        return PlatformSnapshot(
            taken_at=taken_at,
            epoch=self.boot,
            contacts=[session.held() for session in self.sessions.values()],
        )


class Sessions:
    """What is known, up to the event ``number``. What comes early waits for what is missing,
    what came already says nothing: so any order and number of the same events ends in the same
    state."""

    def __init__(self) -> None:
        self.known: dict[str, Session] = {}
        self.boot = self.number = self.replayed = self.malformed = 0
        self.early: dict[int, PigeonEvent] = {}

    def adopt(self, listing: Listing) -> None:
        """From now on this holds."""
        for name, session in listing.sessions.items():
            before = self.known.get(name)
            if before is not None and before.said == session.said:
                # Heard by our own clock, which does not leap.
                session.quiet_since, session.warned = before.quiet_since, before.warned
        self.known = dict(listing.sessions)
        self.boot, self.number = listing.boot, listing.number
        self.early = {at: event for at, event in self.early.items() if at > self.number}

    def hear(self, event: PigeonEvent, now: float) -> list[Signal]:
        """The signals of an event, and of those that have waited for it. One that lacks what
        its kind must have is counted, and says nothing."""
        if event.boot != self.boot or event.number <= self.number or event.number in self.early:
            self.replayed += 1
            return []
        self.early[event.number] = event
        signals: list[Signal] = []
        while (following := self.early.pop(self.number + 1, None)) is not None:
            self.number += 1
            try:
                taken = self._take(following, now)
            except ValueError:
                self.malformed += 1
                continue
            signals += [
                attrs.evolve(signal, at=following.at, number=following.number) for signal in taken
            ]
        return signals

    def _take(  # noqa: PLR0911  # one story an event
        self, event: PigeonEvent, now: float
    ) -> list[Signal]:
        if event.kind == "started":
            arrival = arrival_of(event.session, event.data)
            self.known[event.session] = Session(arrival, event.number, event.number, now)
            return [arrival]
        session = self.known.get(event.session)
        if session is None:
            return [Unmapped(what=event.kind)]
        match event.kind:
            case "message":
                by = text(event.data, "by")
                if by == "customer":
                    session.word, session.warned = event.number, False
                if by in {"customer", "agent"}:
                    session.said, session.quiet_since = event.number, now
                known = by if by in {"customer", "agent"} else "system"
                return [Wrote(contact=event.session, by=known)]
            case "waiting":
                session.agent = session.offer = None
                return [Parked(contact=event.session)]
            case "joined":
                return [self._joined(event, session, now)]
            case "forwarded":
                session.agent = None
                return [SentAway(contact=event.session, kind="blind")]
            case "closed":
                return self._closed(event, session)
            case _:
                return [Unmapped(what=event.kind)]

    def _joined(self, event: PigeonEvent, session: Session, now: float) -> Signal:
        session.agent, session.offer = text(event.data, "agent"), whole(event.data, "offer")
        session.tenant = maybe(event.data, "tenant")
        session.said, session.quiet_since = event.number, now
        return Bridged(contact=event.session, agent=session.agent, offer=session.offer)

    def _closed(self, event: PigeonEvent, session: Session) -> list[Signal]:
        contact, by = event.session, text(event.data, "by")
        end = Ended(contact=contact, cause=maybe(event.data, "cause") or "hangup")
        del self.known[contact]
        if session.agent is not None:
            return [Disconnected(contact=contact, by=by), end]
        return [Abandoned(contact=contact), end] if by == "customer" else [end]


def listing_of(told: Mapping[str, Json], *, now: float) -> Listing:
    """The answer to a request for all sessions.

    Raises:
        ValueError: it is none.
    """
    # Ages and not instants: Pigeon's clock may be wrong.
    theirs = seconds(told, "now")
    sessions = {}
    for it in tables(told, "sessions"):
        name = text(it, "session")
        sessions[name] = Session(
            arrival_of(name, it, entered_at=now - (theirs - seconds(it, "started_at"))),
            word=whole(it, "word"),
            said=whole(it, "said"),
            quiet_since=now - (theirs - seconds(it, "quiet_since")),
            agent=maybe(it, "agent"),
            offer=None if it.get("offer") is None else whole(it, "offer"),
            tenant=maybe(it, "tenant"),
        )
    return Listing(boot=whole(told, "boot"), number=whole(told, "number"), sessions=sessions)


def arrival_of(
    session: str, told: Mapping[str, Json], *, entered_at: float | None = None
) -> Arrived:
    """How a session began."""
    attributes = table(told, "attributes")
    return Arrived(
        contact=session,
        channel=text(told, "channel"),
        dialled=maybe(told, "to"),
        caller=maybe(told, "customer"),
        customer=maybe(told, "customer"),
        conversation=maybe(told, "thread"),
        previous=maybe(told, "previous"),
        attributes={
            name: value for name, value in attributes.items() if isinstance(value, str | int | bool)
        },
        entered_at=entered_at,
    )
