"""Routes a recorded day's contacts again: the real engine, in virtual time.

The engine decides who takes whom; this room plays everybody else: customers who come
and lose patience, agents who come, go, answer and talk. What each of them does and
when is stated in ``docs/replay.md``.
"""

import heapq
import itertools
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial

import attrs

from ccroute import _events as ev
from ccroute._clock import ManualClock
from ccroute._errors import ConfigError, DataUnavailable, Rejected
from ccroute._hours import openings
from ccroute._plan import Plan
from ccroute._router import Router
from ccroute.replay.draws import uniform
from ccroute.replay.patience import estimate_patience
from ccroute.replay.staff import Staff
from ccroute.replay.workload import Outcome, Visit, Workload

# An agent who is slower than the plan's offer lasts answers this long before its end:
# misses are not played.
_LAST_MOMENT = 0.001

# So many steps pass between two words on progress.
_STEPS_TOLD = 1024

_CANCELLED_AS = frozenset({"withdrawn", "timed_out", "no_agents", "exited_by_key", "failed"})
_RELEASED_BY = frozenset({"customer", "agent", "system"})


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
    plan: Plan,
    *,
    seed: int,
    why: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Rerouted:
    """Routes the day's contacts under ``plan`` with a fresh engine, in virtual time.

    ``why`` is the id of a contact whose decisions are to be kept; ``progress`` is called
    now and then with (contacts gone, contacts in all).

    Raises:
        ConfigError: the plan lacks a queue or channel that contacts came by.
        DataUnavailable: no talk came to its end all day, so no talk time is known.
    """
    _check(plan, day)
    play = _Play(day, plan, seed, why)
    play.run(progress)
    return Rerouted(
        events=tuple(play.events),
        waiting=tuple(sorted(play.stages)),
        decisions=tuple(play.decisions),
        seed=seed,
    )


def _check(plan: Plan, day: Workload) -> None:
    for visit in day.visits():
        if visit.queue not in plan.queues:
            raise ConfigError(
                f"the plan has no queue {visit.queue!r}, which contacts of the recording "
                "entered: add it to the plan"
            )
        if visit.channel not in plan.channels:
            raise ConfigError(
                f"the plan has no channel {visit.channel!r}, by which contacts of the "
                "recording came: add it to the plan's channels"
            )


class _TalkTimes:
    """How long each customer talks, once answered.

    As observed; drawn for the others from the talks that came to their end in the same
    queue, or in all where it had none. The talk of a visit still open is censored: it is
    drawn from those that lasted longer.
    """

    def __init__(self, day: Workload, seed: int) -> None:
        self._seed = seed
        self._by_queue: dict[str, list[float]] = {}
        for visit in day.visits():
            if visit.talk is not None and visit.outcome is not Outcome.OPEN:
                self._by_queue.setdefault(visit.queue, []).append(visit.talk)
        for talks in self._by_queue.values():
            talks.sort()
        self._all = sorted(talk for talks in self._by_queue.values() for talk in talks)
        if not self._all:
            raise DataUnavailable(
                "no talk came to its end in this recording, so no talk time is known: "
                "routing again needs a recording with answered contacts"
            )

    def of(self, visit: Visit) -> float:
        if visit.talk is not None and visit.outcome is not Outcome.OPEN:
            return visit.talk
        seen = -1.0 if visit.talk is None else visit.talk
        draw = uniform(self._seed, "talk", visit.contact, visit.number)
        for talks in (self._by_queue.get(visit.queue, []), self._all):
            first = bisect_right(talks, seen)
            if first < len(talks):
                return talks[first + int(draw * (len(talks) - first))]
        # The longest talk of the day: nothing is known of what lies beyond it.
        return seen


class _Play:
    """The event loop: whatever is due next.

    That is a deadline of the engine, or a step of a customer or an agent.
    """

    def __init__(self, day: Workload, plan: Plan, seed: int, why: str | None) -> None:
        self.events: list[ev.Event] = []
        self.decisions: list[Decision] = []
        # Live contacts: which of their recorded visits they are in.
        self.stages: dict[str, int] = {}
        self._day = day
        self._clock = ManualClock(max(0.0, day.started))
        self._router = Router(plan, clock=self._clock)
        self._staff = Staff(day, self._router)
        self._seed = seed
        self._why = why
        self._patience = estimate_patience(day.visits())
        self._talk = _TalkTimes(day, seed)
        self._engaged: set[str] = set()
        # Contacts the plan's rules took out of a queue, unless they are in another by now.
        self._left: set[str] = set()
        self._offers: set[int] = set()
        # The recorded visit that was served in each visit of the engine.
        self._served: dict[tuple[str, int], Visit] = {}
        self._wrapping = 0
        self._gone = 0
        self._agenda: list[tuple[float, int, Callable[[], object]]] = []
        self._count = itertools.count()
        # Who was there before who came: at one instant queues open, then agents move.
        for instant, command in openings(plan, since=self._clock.now(), until=day.ended):
            self._at(instant, partial(self._router.apply, command))
        for event in day.staff:
            self._at(event.at, partial(self._staff.play, event))
        for contact, visits in day.contacts.items():
            self._at(visits[0].entered, partial(self._arrive, contact))

    def _at(self, instant: float, step: Callable[[], object]) -> None:
        heapq.heappush(self._agenda, (instant, next(self._count), step))

    def run(self, progress: Callable[[int, int], None] | None) -> None:
        """Until nothing is due and nobody lives, or nothing more can happen."""
        total = len(self._day.contacts)
        steps = 0
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
            steps += 1
            if progress is not None and steps % _STEPS_TOLD == 0:
                progress(self._gone, total)
        if progress is not None:
            progress(self._gone, total)

    def _react(self) -> None:
        """Reads what the engine did and lets everybody answer, until nobody has to."""
        while events := self._router.events():
            self.events.extend(events)
            for event in events:
                self._hear(event)
            if self._why is not None:
                self._note(self._why, events)
        for contact in self._left & self.stages.keys():
            self._leave(contact)
        self._left.clear()

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
                | ev.OfferLost(offer=offer)
            ):
                self._offers.discard(offer)
            case ev.OfferAccepted(contact=str(contact), offer=offer):
                self._offers.discard(offer)
                self._router.connected(contact)
            case ev.ContactLeft(contact=str(contact)) | ev.ContactRefused(contact=str(contact)):
                self._left.add(contact)
            case ev.ContactQueued(contact=str(contact)):
                self._left.discard(contact)
            case ev.ContactConnected(contact=str(contact)):
                self._engaged.add(contact)
                self._served[contact, event.visit] = self._visit(contact)
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
        """Starts the customer's patience.

        Where something else took the contact out of the queue in the recording, it does
        so again after the same wait.
        """
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
            self._leave(contact)
            self._router.cancel(contact, cause="abandoned")
        elif onward is not None:
            self._move_on(contact, onward)
        else:
            self._leave(contact)
            cause = visit.cause if visit.cause in _CANCELLED_AS else "withdrawn"
            self._router.cancel(contact, cause=str(cause))

    def _hang_up(self, contact: str) -> None:
        self._engaged.discard(contact)
        visit, onward = self._visit(contact), self._next_visit(contact)
        if onward is not None:
            self._move_on(contact, onward)
            return
        self._leave(contact)
        other = "agent" if visit.outcome is Outcome.TRANSFERRED else "customer"
        known = visit.served and visit.cause in _RELEASED_BY
        self._router.release(contact, by=str(visit.cause) if known else other)

    def _leave(self, contact: str) -> None:
        del self.stages[contact]
        self._gone += 1

    def _move_on(self, contact: str, onward: Visit) -> None:
        self.stages[contact] += 1
        self._router.transfer(contact, queue=onward.queue, keep_age=False)
        self._wait(onward)

    # Agents

    def _answer(self, offer: ev.OfferMade) -> None:
        if offer.offer in self._offers:
            self._router.accept(offer.offer)

    def _wrap_up(self, contact: str, number: int, agent: str, at: float) -> None:
        """A wrap-up seen in the recording lasts as long again.

        One that only the plan knows lasts its limit, which the engine keeps.
        """
        observed = self._served[contact, number].wrap_up
        if observed is not None:
            self._at(at + observed, partial(self._end_wrap_up, agent, contact))

    def _end_wrap_up(self, agent: str, contact: str) -> None:
        try:
            self._router.end_wrap_up(agent, contact)
        except Rejected as refusal:
            # Over already, or of a kind that the plan lets nobody end early.
            if refusal.code not in ("not_joined", "wrap_up_rule"):
                raise
