"""Commands about agents, and what agents do with offers."""

from collections.abc import Iterable, Mapping

from ccroute._models import Envelope, asked, listed, settings
from ccroute._plan import Plan, Queues, Value
from ccroute._router._driven import Driven

Levels = Mapping[str, int]


class AgentCommands(Driven):
    """What hosts ask about agents."""

    _plan: Plan

    def sign_in(
        self,
        agent: str,
        *,
        skills: Levels | None = None,
        labels: Mapping[str, Value] | None = None,
        queues: Queues | None = None,
        capacity: Levels | None = None,
        budget: int | None = None,
        lines: Iterable[str] | None = None,
        envelope: Envelope | None = None,
    ) -> int:
        """Signs an agent in, not ready yet; returns the agent's key.

        What is not given comes from the plan's entry for the agent, else: nothing, but for
        one contact at a time on the plan's first channel. Skills map names to proficiency
        1–10, capacity maps channels to contacts at once; queues are names, or map names to
        `Link`.

        Raises:
            Rejected: ``agent_signed_in``; ``unknown_queue``, ``unknown_skill``, ``unknown_channel``
                or ``unknown_line`` for what the plan has not; ``invalid_value``.
        """
        with self._turn.lock:  # no other plan between our look at it and the engine's
            known = self._plan.agents.get(agent)
            if known is not None:
                skills = known.skills if skills is None else skills
                labels = known.labels if labels is None else labels
                queues = known.queues if queues is None else queues
                capacity = known.capacity if capacity is None else capacity
                budget = known.budget if budget is None else budget
                lines = known.lines if lines is None else lines
            if capacity is None:
                capacity = {self._plan.channels[0]: 1}
            given = settings(skills, labels, queues, capacity, budget, lines)
            return self._ask(self._engine.sign_in, agent, given, asked(envelope))

    def sign_out(self, agent: str, *, envelope: Envelope | None = None) -> None:
        """Signs an agent out: offers are taken back, wrap-up ends, conversations go on.

        Raises:
            Rejected: ``unknown_agent``, ``agent_signed_out``.
        """
        self._ask(self._engine.sign_out, agent, asked(envelope))

    def ready(self, agent: str, *, envelope: Envelope | None = None) -> None:
        """The agent wants contacts.

        Raises:
            Rejected: ``unknown_agent``, ``agent_signed_out``.
        """
        self._ask(self._engine.ready, agent, asked(envelope))

    def ready_all(self, agents: Iterable[str], *, envelope: Envelope | None = None) -> None:
        """Several agents want contacts at once, as when a shift starts; under the plan's
        ``assign_together`` contacts are shared out among them for the best total score.

        Raises:
            Rejected: ``unknown_agent``, ``agent_signed_out``; then nobody is ready.
        """
        self._ask(self._engine.ready_all, listed("agents", agents), asked(envelope))

    def not_ready(
        self, agent: str, *, reason: str | None = None, envelope: Envelope | None = None
    ) -> None:
        """The agent wants none; a live offer is taken back.

        Raises:
            Rejected: ``unknown_agent``, ``agent_signed_out``.
        """
        self._ask(self._engine.not_ready, agent, reason, asked(envelope))

    def set_device(self, agent: str, device: str, *, envelope: Envelope | None = None) -> None:
        """The agent's device was observed: unknown, available, in_use, ringing, unreachable or
        invalid.

        Raises:
            Rejected: ``unknown_agent``; ``invalid_value`` for another word.
        """
        self._ask(self._engine.set_device, agent, device, asked(envelope))

    def change_agent(
        self,
        agent: str,
        *,
        skills: Levels | None = None,
        labels: Mapping[str, Value] | None = None,
        queues: Queues | None = None,
        capacity: Levels | None = None,
        budget: int | None = None,
        lines: Iterable[str] | None = None,
        envelope: Envelope | None = None,
    ) -> None:
        """Replaces settings of an agent; what is ``None`` stays. ``budget`` 0: the plan's.

        Raises:
            Rejected: ``unknown_agent``; ``unknown_queue``, ``unknown_skill``, ``unknown_channel``
                or ``unknown_line`` for what the plan has not; ``invalid_value``.
        """
        given = settings(skills, labels, queues, capacity, budget, lines)
        self._ask(self._engine.change_agent, agent, given, asked(envelope))

    def accept(self, offer: int, *, envelope: Envelope | None = None) -> None:
        """The agent takes an offer, named by ``OfferMade.offer``; whoever else was offered the
        contact has lost it.

        Raises:
            Rejected: ``offer_ended``.
        """
        self._ask(self._engine.accept, offer, asked(envelope))

    def decline(
        self,
        offer: int,
        *,
        failure: str = "declined",
        reason: str | None = None,
        envelope: Envelope | None = None,
    ) -> None:
        """The agent does not take an offer; the contact keeps its place. ``failure``: declined,
        missed (nobody answered), busy or unreachable (the phone).

        Raises:
            Rejected: ``offer_ended``; ``invalid_value`` for another failure.
        """
        self._ask(self._engine.decline, offer, failure, reason, asked(envelope))

    def pick(self, agent: str, contact: str, *, envelope: Envelope | None = None) -> None:
        """The agent chooses a waiting contact of a queue they serve, skilled or not.

        Raises:
            Rejected: ``unknown_agent``, ``unknown_contact``, ``agent_signed_out``, ``wrong_phase``,
                ``already_joined``, ``not_serving``, ``no_capacity``.
        """
        self._ask(self._engine.pick, agent, contact, asked(envelope))

    def extend_wrap_up(
        self, agent: str, contact: str, *, by: float, envelope: Envelope | None = None
    ) -> None:
        """Gives the agent ``by`` more seconds of wrap-up after the contact.

        Raises:
            Rejected: ``unknown_agent``, ``unknown_contact``, ``not_joined``, ``wrap_up_rule``,
                ``invalid_value``.
        """
        self._ask(self._engine.extend_wrap_up, agent, contact, by, asked(envelope))

    def end_wrap_up(self, agent: str, contact: str, *, envelope: Envelope | None = None) -> None:
        """The agent finishes wrap-up after the contact.

        Raises:
            Rejected: ``unknown_agent``, ``unknown_contact``, ``not_joined``, ``wrap_up_rule``.
        """
        self._ask(self._engine.end_wrap_up, agent, contact, asked(envelope))
