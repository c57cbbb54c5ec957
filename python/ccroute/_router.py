"""The object users hold: the engine and its metrics as a pair, on the host's clock.

Every method is one command of ``docs/engine.md``, carried out at the clock's time. A
command that the state forbids raises ``Rejected`` and changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute._clock import Clock, SystemClock, Turn
from ccroute._commands import Advance, Command
from ccroute._events import Event, read_events
from ccroute._explain import AgentExplanation, ContactExplanation
from ccroute._models import Answer, Envelope, Story, asked, listed, needs, not_a, pairs
from ccroute._plan import Plan, Requirement
from ccroute._targets import measuring, targets
from ccroute._wire import (
    COMMAND_DTYPE,
    EVENT_DTYPE,
    Engine,
    KpiAggregator,
    Restored,
)
from ccroute.metrics import Metrics

Levels = Mapping[str, int]


class Router:
    """Decides who takes which contact and when, and measures every second of it.

    ``clock`` gives the time of each command (default: the system's); ``source`` names
    this router in its events. One router may be used from several threads.

    >>> from ccroute import ManualClock, Plan, Router
    >>> router = Router(Plan.from_toml("[queues.support]"), clock=ManualClock(0.0))
    >>> _ = router.sign_in("ana", queues=["support"], capacity={"voice": 1})
    >>> router.ready("ana")
    >>> _ = router.enqueue("c1", queue="support")
    >>> [event.kind for event in router.events()][-1]
    'offer_made'
    """

    def __init__(self, plan: Plan, *, clock: Clock | None = None, source: str = "router") -> None:
        try:
            checked = plan.checked()
        except AttributeError:
            raise not_a("ccroute.Plan", "plan", plan) from None
        aggregator = measuring(plan)
        self._setup(Engine(checked, aggregator, source), aggregator, clock, source, plan)

    def _setup(
        self,
        engine: Engine,
        aggregator: KpiAggregator,
        clock: Clock | None,
        source: str,
        plan: Plan,
    ) -> None:
        self._engine = engine
        if clock is not None and not callable(getattr(clock, "now", None)):
            raise not_a("ccroute.Clock", "clock", clock)
        self._clock: Clock = SystemClock() if clock is None else clock
        self._turn = Turn(self._clock)
        self._source = source
        self._plan = plan
        self._metrics = Metrics(aggregator, targets=targets(plan, aggregator.thresholds()))

    @classmethod
    def restore(
        cls,
        snapshot: bytes,
        *,
        clock: Clock | None = None,
        source: str = "router",
        aggregator: KpiAggregator | None = None,
    ) -> "Router":
        """The router a snapshot was taken of.

        ``aggregator``: the one that was saved with it (``metrics.aggregator.snapshot()``),
        under the same ``source``; without it the metrics start empty, and what began before
        counts as orphaned when it ends.

        Raises ``ConfigError`` when the bytes are no snapshot, are damaged, or were
        written under other rules.
        """
        router = cls.__new__(cls)
        restored = Restored(snapshot)
        plan = Plan.from_json(restored.plan().to_json())
        aggregator = measuring(plan) if aggregator is None else aggregator
        router._setup(restored.engine(aggregator, source), aggregator, clock, source, plan)
        return router

    @property
    def plan(self) -> Plan:
        """The plan in force."""
        return self._plan

    @property
    def metrics(self) -> Metrics:
        """What all of it cost in time; fed by every command."""
        return self._metrics

    def apply(self, command: Command, *, envelope: Envelope | None = None) -> int | None:
        """Carries out a command given as an object; returns what its method returns.

        >>> from ccroute import Advance, Plan, Router
        >>> Router(Plan()).apply(Advance())
        """
        try:
            method = getattr(self, command.verb)
        except AttributeError:
            raise not_a("command", "command", command) from None
        arguments = attrs.asdict(command, recurse=False)
        if not isinstance(command, Advance):
            arguments["envelope"] = envelope
        answer: int | None = method(**arguments)
        return answer

    # Agents

    def sign_in(
        self,
        agent: str,
        *,
        skills: Levels | None = None,
        queues: Iterable[str] | None = None,
        capacity: Levels | None = None,
        envelope: Envelope | None = None,
    ) -> int:
        """Signs an agent in, not ready yet; returns the agent's key.

        What is not given comes from the plan's entry for the agent, else: no skills,
        no queues, one contact at a time on the plan's first channel. Skills map names to
        proficiency 1–10, capacity maps channels to contacts at once.
        """
        known = self._plan.agents.get(agent)
        if known is not None:
            skills = known.skills if skills is None else skills
            queues = known.queues if queues is None else queues
            capacity = known.capacity if capacity is None else capacity
        with self._turn as now:
            return self._engine.sign_in(
                now,
                agent,
                pairs("skills", {} if skills is None else skills),
                listed("queues", () if queues is None else queues),
                pairs("capacity", {"voice": 1} if capacity is None else capacity),
                asked(envelope),
            )

    def sign_out(self, agent: str, *, envelope: Envelope | None = None) -> None:
        """Signs an agent out: offers are taken back, wrap-up ends, conversations go on."""
        with self._turn as now:
            self._engine.sign_out(now, agent, asked(envelope))

    def ready(self, agent: str, *, envelope: Envelope | None = None) -> None:
        """The agent wants contacts."""
        with self._turn as now:
            self._engine.ready(now, agent, asked(envelope))

    def not_ready(
        self, agent: str, *, reason: str | None = None, envelope: Envelope | None = None
    ) -> None:
        """The agent wants none; a live offer is taken back."""
        with self._turn as now:
            self._engine.not_ready(now, agent, reason, asked(envelope))

    def set_device(self, agent: str, device: str, *, envelope: Envelope | None = None) -> None:
        """The agent's device was observed: unknown, available, in_use, ringing or
        unreachable."""
        with self._turn as now:
            self._engine.set_device(now, agent, device, asked(envelope))

    def change_agent(
        self,
        agent: str,
        *,
        skills: Levels | None = None,
        queues: Iterable[str] | None = None,
        capacity: Levels | None = None,
        envelope: Envelope | None = None,
    ) -> None:
        """Replaces an agent's skills, queues or capacity; what is ``None`` stays."""
        with self._turn as now:
            self._engine.change_agent(
                now,
                agent,
                None if skills is None else pairs("skills", skills),
                None if queues is None else listed("queues", queues),
                None if capacity is None else pairs("capacity", capacity),
                asked(envelope),
            )

    # Contacts in the queue

    def enqueue(
        self,
        contact: str,
        *,
        queue: str,
        channel: str | None = None,
        band: int = 0,
        head_start: float = 0.0,
        requirement: Requirement | None = None,
        attributes: Mapping[str, str] | None = None,
        customer: str | None = None,
        conversation: str | None = None,
        previous: str | None = None,
        envelope: Envelope | None = None,
    ) -> int:
        """A contact comes in; returns its key.

        ``contact``, ``customer``, ``conversation`` and ``previous`` are the host's own
        ids. ``channel``: default the plan's first. ``band``: strict class, −32768…32767,
        higher first. ``head_start``: seconds it counts as having come earlier.
        ``requirement``: what it needs beyond what the queue asks.
        """
        with self._turn as now:
            return self._engine.enqueue(
                now,
                contact,
                queue,
                channel,
                band,
                head_start,
                needs(requirement),
                pairs("attributes", {} if attributes is None else attributes),
                (customer, conversation, previous),
                asked(envelope),
            )

    def cancel(
        self, contact: str, *, cause: str = "abandoned", envelope: Envelope | None = None
    ) -> None:
        """A contact leaves before it is connected.

        ``cause``: abandoned (the customer left), withdrawn, timed_out, no_agents,
        exited_by_key or failed.
        """
        with self._turn as now:
            self._engine.cancel(now, contact, cause, asked(envelope))

    def reprioritise(
        self,
        contact: str,
        *,
        band: int | None = None,
        head_start: float | None = None,
        envelope: Envelope | None = None,
    ) -> None:
        """Changes a waiting contact's place; what is ``None`` stays."""
        with self._turn as now:
            self._engine.reprioritise(now, contact, band, head_start, asked(envelope))

    def update(
        self,
        contact: str,
        *,
        requirement: Requirement | None = None,
        attributes: Mapping[str, str] | None = None,
        envelope: Envelope | None = None,
    ) -> None:
        """Adds or replaces attributes; replaces the contact's own requirement if given."""
        with self._turn as now:
            self._engine.update(
                now,
                contact,
                needs(requirement),
                pairs("attributes", {} if attributes is None else attributes),
                asked(envelope),
            )

    # Offers

    def accept(self, offer: int, *, envelope: Envelope | None = None) -> None:
        """The agent takes an offer, named by ``OfferMade.offer``."""
        with self._turn as now:
            self._engine.accept(now, offer, asked(envelope))

    def decline(
        self, offer: int, *, reason: str | None = None, envelope: Envelope | None = None
    ) -> None:
        """The agent refuses an offer; the contact keeps its place."""
        with self._turn as now:
            self._engine.decline(now, offer, reason, asked(envelope))

    # Conversations

    def connected(self, contact: str, *, envelope: Envelope | None = None) -> None:
        """Customer and agent are joined."""
        with self._turn as now:
            self._engine.connected(now, contact, asked(envelope))

    def hold(self, contact: str, *, envelope: Envelope | None = None) -> None:
        """The customer is put on hold."""
        with self._turn as now:
            self._engine.hold(now, contact, asked(envelope))

    def resume(self, contact: str, *, envelope: Envelope | None = None) -> None:
        """The customer is taken off hold."""
        with self._turn as now:
            self._engine.resume(now, contact, asked(envelope))

    def transfer(
        self,
        contact: str,
        *,
        queue: str,
        keep_age: bool = True,
        envelope: Envelope | None = None,
    ) -> None:
        """The contact goes to another queue, with its age or as if it came now."""
        with self._turn as now:
            self._engine.transfer(now, contact, queue, keep_age, asked(envelope))

    def join(
        self, contact: str, agent: str, *, role: str, envelope: Envelope | None = None
    ) -> None:
        """Another agent joins the conversation as consult, conference or monitor."""
        with self._turn as now:
            self._engine.join(now, contact, agent, role, asked(envelope))

    def leave(self, contact: str, agent: str, *, envelope: Envelope | None = None) -> None:
        """An agent who joined leaves again."""
        with self._turn as now:
            self._engine.leave(now, contact, agent, asked(envelope))

    def hand_over(self, contact: str, agent: str, *, envelope: Envelope | None = None) -> None:
        """An agent who joined becomes the primary; the primary is done."""
        with self._turn as now:
            self._engine.hand_over(now, contact, agent, asked(envelope))

    def release(self, contact: str, *, by: str = "agent", envelope: Envelope | None = None) -> None:
        """The conversation ends; ``by``: customer, agent or system."""
        with self._turn as now:
            self._engine.release(now, contact, by, asked(envelope))

    def extend_wrap_up(
        self, agent: str, contact: str, *, by: float, envelope: Envelope | None = None
    ) -> None:
        """Gives the agent ``by`` more seconds of wrap-up after the contact."""
        with self._turn as now:
            self._engine.extend_wrap_up(now, agent, contact, by, asked(envelope))

    def end_wrap_up(self, agent: str, contact: str, *, envelope: Envelope | None = None) -> None:
        """The agent finishes wrap-up after the contact."""
        with self._turn as now:
            self._engine.end_wrap_up(now, agent, contact, asked(envelope))

    def dispose(
        self, contact: str, codes: Sequence[str], *, envelope: Envelope | None = None
    ) -> None:
        """Says how it ended, in codes of the queue's set; replaces an earlier set."""
        with self._turn as now:
            self._engine.dispose(now, contact, listed("codes", codes), asked(envelope))

    # Time

    def advance(self) -> None:
        """Fires every deadline that is due by the clock."""
        with self._turn as now:
            self._engine.advance(now)

    def next_deadline(self) -> float | None:
        """When ``advance`` will next have something to do, in float seconds since the
        epoch; ``None``: nothing is pending."""
        return self._engine.next_deadline()

    # Reading

    def events(self) -> list[Event]:
        """What happened since the last reading, in order, as objects."""
        return read_events(self._source, self._engine.take_events())

    def events_array(self) -> NDArray[np.void]:
        """As :meth:`events`, as a structured array of dtype ``EVENT_DTYPE``.

        Names behind the integers: :meth:`names`.
        """
        return self._engine.take_event_rows().view(EVENT_DTYPE)

    def apply_batch(self, commands: NDArray[np.void]) -> tuple[NDArray[np.void], NDArray[np.uint8]]:
        """Carries out rows of dtype ``COMMAND_DTYPE`` in order, as the scalar calls would.

        The commands of ``COMMAND_OPS``, on contacts whose ids are decimal numbers. A
        ``reprioritise`` row sets both band and head start.

        Returns the events (dtype ``EVENT_DTYPE``) and a status a row: 0 accepted, else
        an index into ``STATUS_CODES``. The clock is not asked: rows carry ``at_us``.
        Raises ``TypeError`` or ``ValueError`` only for a malformed array, before any
        row is carried out.
        """
        given = np.asarray(commands)
        if given.dtype != COMMAND_DTYPE or given.ndim != 1:
            message = (
                f"commands of dtype {given.dtype} with {given.ndim} dimensions: "
                "give one dimension of dtype ccroute.COMMAND_DTYPE"
            )
            raise TypeError(message)
        rows = np.ascontiguousarray(given).view(np.uint8)
        with self._turn:  # no scalar call between its look at the clock and its command
            events, statuses = self._engine.apply_batch(rows)
        return events.view(EVENT_DTYPE), statuses

    def names(self, kind: str) -> list[str]:
        """The names behind the integers of arrays, in order.

        ``kind``: agents (by first sign-in), queues, channels, skills or reasons.
        """
        return self._engine.names(kind)

    def explain(self, contact: str) -> ContactExplanation:
        """Why a contact is where it is now: who cannot take it, and what comes next."""
        return ContactExplanation.of(self._engine.explain_contact(contact), contact, self._at())

    def explain_agent(self, agent: str) -> AgentExplanation:
        """What an agent could take now, and why not."""
        return AgentExplanation.of(self._engine.explain_agent(agent), agent, self._at())

    def attributes(self, contact: str) -> dict[str, str]:
        """The host's data on a contact, live or retained."""
        return dict(self._engine.attributes(contact))

    def story(self, contact: str) -> Story:
        """The host's ids around a contact, live or retained."""
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

    # State

    def snapshot(self) -> bytes:
        """The whole state; events not yet read and metrics are not in it."""
        return self._engine.snapshot()

    def state_hash(self) -> str:
        """SHA-256 of the state, in hex: equal for equal histories."""
        return self._engine.state_hash().hex()

    def check(self) -> None:
        """Raises ``EngineBroken`` when an invariant does not hold: a defect of ccroute."""
        self._engine.check()

    def _at(self) -> float:
        return self._clock.now()
