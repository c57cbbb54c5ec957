"""Commands about contacts that wait, or are about to."""

from collections.abc import Iterable, Mapping

from ccroute._models import Envelope, asked, coming, needs, pairs, preferences
from ccroute._plan import Requirement, Value
from ccroute._router._driven import Driven


class ContactCommands(Driven):
    """What hosts ask about contacts that nobody talks with yet."""

    def enqueue(
        self,
        contact: str,
        *,
        queue: str | None = None,
        channel: str | None = None,
        band: int | None = None,
        head_start: float | None = None,
        requirement: Requirement | None = None,
        attributes: Mapping[str, Value] | None = None,
        preferred: Iterable[str] | Mapping[str, int] | None = None,
        excluded: Iterable[str] | Mapping[str, float | None] | None = None,
        entered_at: float | None = None,
        not_before: float | None = None,
        customer: str | None = None,
        conversation: str | None = None,
        previous: str | None = None,
        envelope: Envelope | None = None,
    ) -> int:
        """A contact comes in; returns its key. The arguments are those of `NewContact`.

        Whether it waits, goes on to another queue or is refused, the events say.

        Raises:
            Rejected: ``duplicate_contact``, ``unclassified``; ``unknown_queue``, ``unknown_skill``
                or ``unknown_channel`` for what the plan has not; ``invalid_value``.
        """
        new = coming(
            contact,
            queue,
            channel,
            band,
            head_start,
            requirement,
            attributes,
            preferred,
            excluded,
            entered_at,
            not_before,
            customer,
            conversation,
            previous,
        )
        return self._ask(self._engine.enqueue, new, asked(envelope))

    def adopt(
        self,
        contact: str,
        *,
        agent: str | None = None,
        queue: str | None = None,
        channel: str | None = None,
        band: int | None = None,
        head_start: float | None = None,
        requirement: Requirement | None = None,
        attributes: Mapping[str, Value] | None = None,
        preferred: Iterable[str] | Mapping[str, int] | None = None,
        excluded: Iterable[str] | Mapping[str, float | None] | None = None,
        entered_at: float | None = None,
        not_before: float | None = None,
        customer: str | None = None,
        conversation: str | None = None,
        previous: str | None = None,
        envelope: Envelope | None = None,
    ) -> int:
        """Takes over a contact that the platform holds already, after a crash of ours or a gap;
        returns its key.

        It waits, with its age by ``entered_at`` and asked by nobody whether it may; or is in
        conversation with ``agent``, whose slot is taken, free or not. The other arguments are
        those of `NewContact`.

        Raises:
            Rejected: as `enqueue`; ``unknown_agent``.
        """
        new = coming(
            contact,
            queue,
            channel,
            band,
            head_start,
            requirement,
            attributes,
            preferred,
            excluded,
            entered_at,
            not_before,
            customer,
            conversation,
            previous,
        )
        return self._ask(self._engine.adopt, new, agent, asked(envelope))

    def cancel(
        self, contact: str, *, cause: str = "abandoned", envelope: Envelope | None = None
    ) -> None:
        """A contact leaves before it is connected.

        ``cause``: abandoned (the customer left), withdrawn, timed_out, no_agents,
        exited_by_key or failed.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``; ``invalid_value`` for another cause.
        """
        self._ask(self._engine.cancel, contact, cause, asked(envelope))

    def reprioritise(
        self,
        contact: str,
        *,
        band: int | None = None,
        head_start: float | None = None,
        envelope: Envelope | None = None,
    ) -> None:
        """Changes a waiting contact's place; what is ``None`` stays.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``, ``invalid_value``.
        """
        self._ask(self._engine.reprioritise, contact, band, head_start, asked(envelope))

    def update(
        self,
        contact: str,
        *,
        requirement: Requirement | None = None,
        attributes: Mapping[str, Value] | None = None,
        preferred: Iterable[str] | Mapping[str, int] | None = None,
        envelope: Envelope | None = None,
    ) -> None:
        """Adds or replaces attributes; replaces the contact's own requirement, and whom it
        prefers, if given.

        Raises:
            Rejected: ``unknown_contact``, ``unknown_skill``, ``wrong_phase``, ``invalid_value``.
        """
        self._ask(
            self._engine.update,
            contact,
            needs(requirement),
            pairs("attributes", {} if attributes is None else attributes),
            preferences(preferred),
            asked(envelope),
        )

    def reclassify(self, contact: str, *, envelope: Envelope | None = None) -> None:
        """Lets the plan's rules look at a waiting contact anew, as it is now.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``, ``unclassified``.
        """
        self._ask(self._engine.reclassify, contact, asked(envelope))

    def exclude(
        self,
        contact: str,
        agent: str,
        *,
        lasts: float | None = None,
        envelope: Envelope | None = None,
    ) -> None:
        """The agent is not offered the contact, for ``lasts`` seconds or for good.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``, ``invalid_value``.
        """
        self._ask(self._engine.exclude, contact, agent, lasts, asked(envelope))

    def readmit(self, contact: str, agent: str, *, envelope: Envelope | None = None) -> None:
        """The agent may be offered the contact again, whoever or whatever excluded them.

        Raises:
            Rejected: ``unknown_contact``, ``unknown_agent``, ``wrong_phase``.
        """
        self._ask(self._engine.readmit, contact, agent, asked(envelope))

    def press(self, contact: str, key: str, *, envelope: Envelope | None = None) -> None:
        """The customer presses a key: one of the ``exits`` of the queue.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``, ``unknown_exit``, ``unknown_queue``,
                ``no_callback``.
        """
        self._ask(self._engine.press, contact, key, asked(envelope))

    def request_callback(
        self, contact: str, *, at: float | None = None, envelope: Envelope | None = None
    ) -> None:
        """The customer hangs up and keeps the place, to be called back: in its turn, or not
        before ``at`` (float seconds since the epoch).

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``, ``no_callback``, ``invalid_value``.
        """
        self._ask(self._engine.request_callback, contact, at, asked(envelope))

    def fail_callback(
        self, contact: str, *, cause: str = "missed", envelope: Envelope | None = None
    ) -> None:
        """The agent tried in vain to reach the customer: missed, busy, unreachable or failed.
        The rule of the queue says when it is tried again.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``; ``invalid_value`` for another cause.
        """
        self._ask(self._engine.fail_callback, contact, cause, asked(envelope))

    def suspend(
        self, contact: str, *, lasts: float | None = None, envelope: Envelope | None = None
    ) -> None:
        """Takes a waiting contact out of matching for ``lasts`` seconds (default: as long as its
        queue allows); it keeps its place.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``; ``invalid_value`` for longer than the
                queue allows.
        """
        self._ask(self._engine.suspend, contact, lasts, asked(envelope))

    def reinstate(self, contact: str, *, envelope: Envelope | None = None) -> None:
        """A suspended or scheduled contact waits for an agent from now on.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``.
        """
        self._ask(self._engine.reinstate, contact, asked(envelope))
