"""Routes a recorded day's contacts again: the real engine, in virtual time.

The engine decides who takes whom; this room plays everybody else: customers who come
and lose patience, agents who come, go, answer and talk. What each of them does and
when is stated in ``docs/replay.md``.
"""

import heapq
import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

import attrs

from ccroute import _events as ev
from ccroute._clock import ManualClock
from ccroute._errors import DataUnavailable, Rejected
from ccroute.replay.draws import uniform
from ccroute.replay.patience import Patience, estimate_patience
from ccroute.replay.workload import Outcome, StaffEvent, Visit, Workload

# An agent who is slower than the plan's offer lasts answers this long before its end:
# misses are not played.
_LAST_MOMENT = 0.001

_CANCELLED_AS = frozenset({"withdrawn", "timed_out", "no_agents", "exited_by_key", "failed"})
_RELEASED_BY = frozenset({"customer", "agent", "system"})


class RoutingEngine(Protocol):
    """What of :class:`ccroute.Router` a replay uses."""

    def sign_in(
        self,
        agent: str,
        *,
        skills: Mapping[str, int] | None = ...,
        queues: Sequence[str] = ...,
        capacity: Mapping[str, int] | None = ...,
    ) -> object: ...
    def sign_out(self, agent: str) -> object: ...
    def ready(self, agent: str) -> object: ...
    def not_ready(self, agent: str, *, reason: str | None = ...) -> object: ...
    def change_agent(self, agent: str, *, queues: Sequence[str] | None = ...) -> object: ...
    def enqueue(self, contact: str, *, queue: str, channel: str = ...) -> object: ...
    def cancel(self, contact: str, *, cause: str) -> object: ...
    def accept(self, offer: int) -> object: ...
    def connected(self, contact: str) -> object: ...
    def transfer(self, contact: str, *, queue: str, keep_age: bool = ...) -> object: ...
    def release(self, contact: str, *, by: str) -> object: ...
    def end_wrap_up(self, agent: str, contact: str) -> object: ...
    def advance(self) -> object: ...
    def next_deadline(self) -> float | None: ...
    def events(self) -> Sequence[ev.Event]: ...
    def explain(self, contact: str) -> object: ...


@attrs.frozen(kw_only=True)
class Enrolment:
    """What a plan says of an agent; ``queues`` is ``None`` where the recording decides."""

    skills: Mapping[str, int] = attrs.field(factory=dict)
    queues: tuple[str, ...] | None = None
    capacity: Mapping[str, int] | None = None


@attrs.frozen(kw_only=True)
class Decision:
    """What the engine did about one contact at one instant, and why in its own words."""

    at: float
    events: tuple[ev.Event, ...]
    explanation: str | None


@attrs.frozen(kw_only=True)
class Rerouted:
    """The same day routed again.

    ``waiting`` names the contacts nobody ever took and who never gave up; ``decisions``
    is filled for the contact asked about.
    """

    events: tuple[ev.Event, ...]
    waiting: tuple[str, ...]
    decisions: tuple[Decision, ...]
    seed: int


def route_again(
    day: Workload,
    router: RoutingEngine,
    clock: ManualClock,
    *,
    seed: int,
    agents: Mapping[str, Enrolment] | None = None,
    why: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Rerouted:
    """Plays the day against ``router``, whose clock must be ``clock``, set no later than
    ``day.started``.

    ``agents`` overrides what the recording says of an agent's queues and adds skills;
    ``why`` is the id of a contact whose decisions are to be kept; ``progress`` is called
    with (contacts gone, contacts in all).

    :raises DataUnavailable: nobody was answered all day, so no talk time is known.
    :raises Rejected: the plan lacks a queue or skill that the day needs.
    """
    play = _Play(day, router, clock, seed, agents or {}, why)
    play.run(progress)
    return Rerouted(
        events=tuple(play.events),
        waiting=tuple(sorted(play.stages)),
        decisions=tuple(play.decisions),
        seed=seed,
    )


class _TalkTimes:
    """What an unanswered customer would have talked: drawn from the talks of the same
    queue, or of all where the queue had none."""

    def __init__(self, day: Workload, seed: int) -> None:
        self._seed = seed
        self._by_queue: dict[str, list[float]] = {}
        for visit in day.visits():
            if visit.talk is not None:
                self._by_queue.setdefault(visit.queue, []).append(visit.talk)
        self._all = [talk for talks in self._by_queue.values() for talk in talks]
        if not self._all:
            raise DataUnavailable(
                "nobody was answered in this recording, so no talk time is known: "
                "routing again needs a recording with answered contacts"
            )

    def of(self, visit: Visit) -> float:
        if visit.talk is not None:
            return visit.talk
        talks = self._by_queue.get(visit.queue, self._all)
        draw = uniform(self._seed, "talk", visit.contact, visit.number)
        return talks[int(draw * len(talks))]


class _Play:
    """The event loop: whatever is due next, a deadline of the engine or a step of a
    customer or an agent."""

    def __init__(
        self,
        day: Workload,
        router: RoutingEngine,
        clock: ManualClock,
        seed: int,
        agents: Mapping[str, Enrolment],
        why: str | None,
    ) -> None:
        self.events: list[ev.Event] = []
        self.decisions: list[Decision] = []
        # Live contacts: which of their recorded visits they are in.
        self.stages: dict[str, int] = {}
        self._day = day
        self._router = router
        self._clock = clock
        self._seed = seed
        self._agents = agents
        self._why = why
        self._patience: Patience = estimate_patience(day.visits())
        self._talk = _TalkTimes(day, seed)
        self._engaged: set[str] = set()
        self._offers: set[int] = set()
        self._wrapping = 0
        self._signed_in: set[str] = set()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        # Who was there before who came: at one instant agents move first.
        for event in day.staff:
            self._at(event.at, partial(self._staff, event))
        for contact, visits in day.contacts.items():
            self._at(visits[0].entered, partial(self._arrive, contact))

    def _at(self, instant: float, step: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (instant, next(self._count), step))

    def run(self, progress: Callable[[int, int], None] | None) -> None:
        """Until nothing is due and nobody lives, or nothing more can happen."""
        total = len(self._day.contacts)
        while self._agenda or self.stages or self._wrapping:
            deadline = self._router.next_deadline()
            if self._agenda and (deadline is None or self._agenda[0][0] < deadline):
                instant, _, step = heapq.heappop(self._agenda)
                self._clock.set(max(instant, self._clock.now()))
                step()
            elif deadline is not None:
                self._clock.set(max(deadline, self._clock.now()))
                self._router.advance()
            else:
                break
            self._react()
            if progress is not None and len(self.events) % 512 == 0:
                progress(total - len(self.stages), total)

    def _react(self) -> None:
        """Reads what the engine did and lets everybody answer, until nobody has to."""
        while events := self._router.events():
            self.events.extend(events)
            for event in events:
                self._hear(event)
            if self._why is not None:
                self._note(self._why, events)

    def _hear(self, event: ev.Event) -> None:
        match event:
            case ev.OfferMade(offer=offer, agent=agent, until=until):
                self._offers.add(offer)
                usual = event.at + self._day.ring.get(agent, self._day.ring[None])
                latest = usual if until is None else until - _LAST_MOMENT
                self._at(max(event.at, min(usual, latest)), partial(self._answer, event))
            case (
                ev.OfferMissed(offer=offer)
                | ev.OfferWithdrawn(offer=offer)
                | ev.OfferDeclined(offer=offer)
            ):
                self._offers.discard(offer)
            case ev.ContactConnected(contact=str(contact)):
                self._engaged.add(contact)
                talk = self._talk.of(self._visit(contact))
                self._at(event.at + talk, partial(self._hang_up, contact))
            case ev.WrapUpEnded():
                self._wrapping -= 1
            case ev.WrapUpStarted(contact=str(contact), agent=str(agent)):
                self._wrapping += 1
                self._wrap_up(contact, event.visit, agent, event.at)
            case _:
                pass

    def _note(self, contact: str, events: Sequence[ev.Event]) -> None:
        about = tuple(event for event in events if event.contact == contact)
        if not about:
            return
        waiting = contact in self.stages and contact not in self._engaged
        explanation = str(self._router.explain(contact)) if waiting else None
        self.decisions.append(Decision(at=about[0].at, events=about, explanation=explanation))

    # Customers

    def _visit(self, contact: str) -> Visit:
        return self._day.contacts[contact][self.stages[contact]]

    def _next_visit(self, contact: str) -> Visit | None:
        visits = self._day.contacts[contact]
        stage = self.stages[contact] + 1
        return visits[stage] if stage < len(visits) else None

    def _arrive(self, contact: str) -> None:
        self.stages[contact] = 0
        visit = self._visit(contact)
        self._router.enqueue(contact, queue=visit.queue, channel=visit.channel)
        self._wait(visit)

    def _wait(self, visit: Visit) -> None:
        """Starts the customer's patience, or the clock of whatever took the contact out
        of the queue in the recording."""
        limit = (
            visit.wait if visit.outcome is Outcome.LEFT else self._patience.of(visit, self._seed)
        )
        if limit != float("inf"):
            self._at(self._clock.now() + limit, partial(self._give_up, visit))

    def _give_up(self, visit: Visit) -> None:
        contact = visit.contact
        if contact not in self.stages or contact in self._engaged:
            return
        if self._visit(contact) is not visit:
            return
        onward = self._next_visit(contact)
        if visit.outcome is not Outcome.LEFT:
            del self.stages[contact]
            self._router.cancel(contact, cause="abandoned")
        elif onward is not None:
            self._move_on(contact, onward)
        else:
            del self.stages[contact]
            cause = visit.cause if visit.cause in _CANCELLED_AS else "withdrawn"
            self._router.cancel(contact, cause=str(cause))

    def _hang_up(self, contact: str) -> None:
        self._engaged.discard(contact)
        visit, onward = self._visit(contact), self._next_visit(contact)
        if onward is not None:
            self._move_on(contact, onward)
            return
        del self.stages[contact]
        other = "agent" if visit.outcome is Outcome.TRANSFERRED else "customer"
        known = visit.served and visit.cause in _RELEASED_BY
        self._router.release(contact, by=str(visit.cause) if known else other)

    def _move_on(self, contact: str, onward: Visit) -> None:
        self.stages[contact] += 1
        self._router.transfer(contact, queue=onward.queue, keep_age=False)
        self._wait(onward)

    # Agents

    def _answer(self, offer: ev.OfferMade) -> None:
        if offer.offer in self._offers and offer.contact is not None:
            self._offers.discard(offer.offer)
            self._router.accept(offer.offer)
            self._router.connected(offer.contact)

    def _wrap_up(self, contact: str, number: int, agent: str, at: float) -> None:
        """A wrap-up seen in the recording lasts as long again; one that only the plan
        knows lasts its limit, which the engine keeps."""
        visits = self._day.contacts[contact]
        observed = visits[number - 1].wrap_up if number <= len(visits) else None
        if observed is not None:
            self._at(at + observed, partial(self._end_wrap_up, agent, contact))

    def _end_wrap_up(self, agent: str, contact: str) -> None:
        try:
            self._router.end_wrap_up(agent, contact)
        except Rejected as refusal:
            # Over already, or of a kind that the plan lets nobody end early.
            if refusal.code not in ("not_joined", "wrap_up_rule"):
                raise

    def _staff(self, event: StaffEvent) -> None:
        agent = event.agent
        if agent is None:
            return
        if isinstance(event, ev.AgentSignedIn):
            if agent not in self._signed_in:
                self._signed_in.add(agent)
                self._sign_in(agent, event.queues or ())
        elif agent not in self._signed_in:
            return
        elif isinstance(event, ev.AgentSignedOut):
            self._signed_in.discard(agent)
            self._router.sign_out(agent)
        elif isinstance(event, ev.AgentReady):
            self._router.ready(agent)
        elif isinstance(event, ev.AgentNotReady):
            self._router.not_ready(agent, reason=event.reason)
        elif event.queues is not None and self._enrolment(agent).queues is None:
            self._router.change_agent(agent, queues=event.queues)

    def _enrolment(self, agent: str) -> Enrolment:
        return self._agents.get(agent, _UNKNOWN)

    def _sign_in(self, agent: str, queues: Sequence[str]) -> None:
        known = self._enrolment(agent)
        self._router.sign_in(
            agent,
            skills=known.skills,
            queues=queues if known.queues is None else known.queues,
            capacity=known.capacity or {channel: 1 for channel in self._channels()},
        )

    def _channels(self) -> list[str]:
        return sorted({visit.channel for visit in self._day.visits()})


_UNKNOWN = Enrolment()
