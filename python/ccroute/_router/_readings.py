"""What can be read of a router."""

from operator import index
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

from ccroute._events import Event, read_events
from ccroute._explain import (
    AgentExplanation,
    ContactExplanation,
    DecisionExplanation,
    QueueExplanation,
)
from ccroute._models import Answer, ForetoldWaits, ScoresStatus, Story, Wait, not_a
from ccroute._plan import Value
from ccroute._router._driven import Driven
from ccroute._wire import EVENT_DTYPE


def as_events(rows: NDArray[np.uint8]) -> NDArray[np.void]:
    """Bytes of the engine as rows of ``EVENT_DTYPE``; a view takes three times as long."""
    return np.ndarray(rows.size // EVENT_DTYPE.itemsize, EVENT_DTYPE, rows)


class Readings(Driven):
    """What hosts read; nothing changes."""

    _source: str

    def next_deadline(self) -> float | None:
        """When ``advance`` will next have something to do, in float seconds since the
        epoch; ``None``: nothing is pending."""
        return self._engine.next_deadline()

    def events(self) -> list[Event]:
        """What happened since the last reading, in order, as objects."""
        return read_events(self._source, self._engine.take_events())

    def events_array(self) -> NDArray[np.void]:
        """As :meth:`events`, as a structured array of dtype ``EVENT_DTYPE``.

        Names behind the integers: :meth:`names`.
        """
        return as_events(self._engine.take_event_rows())

    def names(self, kind: str) -> list[str]:
        """The names behind the integers of arrays, in order.

        ``kind``: agents (by when they became known), queues, channels, skills, reasons, lines,
        figures or tables.

        Raises:
            Rejected: ``invalid_value`` for another kind.
        """
        return self._engine.names(kind)

    def explain(self, contact: str) -> ContactExplanation:
        """Why a contact is where it is now: who cannot take it and why, who comes nearest, and
        what comes next.

        Raises:
            Rejected: ``unknown_contact``, also past retention.
        """
        return ContactExplanation.of(self._engine.explain_contact(contact), contact, self._at())

    def explain_agent(self, agent: str) -> AgentExplanation:
        """What an agent could take now, and why not.

        Raises:
            Rejected: ``unknown_agent``.
        """
        return AgentExplanation.of(self._engine.explain_agent(agent), agent, self._at())

    def explain_queue(self, queue: str) -> QueueExplanation:
        """Why contacts wait in a queue while agents are idle, and what would change it.

        Raises:
            Rejected: ``unknown_queue``.
        """
        return QueueExplanation.of(self._engine.explain_queue(queue), queue, self._at())

    def explain_offer(self, event_or_sequence: Event | SupportsIndex) -> DecisionExplanation:
        """Why an offer went to just this agent: by the event that says it was made, or by that
        event's ``sequence`` (which is not its ``offer``).

        Carries the last commands out again, so the Router must have been made with
        ``recall``.

        Raises:
            DataUnavailable: the event lies further back, or was no `OfferMade`.
        """
        given = event_or_sequence
        try:
            sequence = given.sequence if isinstance(given, Event) else index(given)
        except TypeError:
            what = "ccroute.OfferMade or its sequence number"
            raise not_a(what, "event_or_sequence", given) from None
        return DecisionExplanation.of(self._past.decision(sequence), sequence)

    def wait(self, contact: str) -> Wait:
        """Where a contact stands in its queue and how long it may still wait.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``.
        """
        position, competing, expected, foretold = self._engine.wait(contact)
        return Wait(position=position, competing=competing, expected=expected, foretold=foretold)

    def foretold_waits(self, queue: str) -> ForetoldWaits:
        """How well waits were foretold in a queue that has ``expected_wait``.

        Raises:
            Rejected: ``unknown_queue``.
        """
        count, bias, error = self._engine.foretold(queue)
        return ForetoldWaits(
            count=count,
            bias=bias / count if count else None,
            error=error / count if count else None,
        )

    def scores_status(self, table: str) -> ScoresStatus:
        """How a score table stands.

        Raises:
            Rejected: ``unknown_table`` when the plan has none of this name.
        """
        version, expires, fallbacks = self._engine.scores(table)
        # Nothing expires at the epoch but what was never set.
        return ScoresStatus(version=version, expires=expires or None, fallbacks=fallbacks)

    def attributes(self, contact: str) -> dict[str, Value]:
        """The host's data on a contact, live or retained.

        Raises:
            Rejected: ``unknown_contact``.
        """
        return dict(self._engine.attributes(contact))

    def story(self, contact: str) -> Story:
        """The host's ids around a contact, live or retained.

        Raises:
            Rejected: ``unknown_contact``.
        """
        customer, conversation, previous = self._engine.story(contact)
        return Story(customer=customer, conversation=conversation, previous=previous)

    def answer(self, command_id: str) -> Answer | None:
        """What was answered under a command id, and to whom; ``None`` when unknown or
        past retention."""
        row = self._engine.answer(command_id)
        if row is None:
            return None
        command, at, actor, reason, refused = row
        return Answer(command=command, at=at, actor=actor, reason=reason, refused=refused)

    def snapshot(self) -> bytes:
        """The whole state; events not yet read and metrics are not in it."""
        return self._engine.snapshot()

    def state_hash(self) -> str:
        """SHA-256 of the state, in hex: equal for equal histories."""
        return self._engine.state_hash().hex()

    def check(self) -> None:
        """Raises ``EngineBroken`` when an invariant does not hold: a defect of ccroute."""
        self._engine.check()
