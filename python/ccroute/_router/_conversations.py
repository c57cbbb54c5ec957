"""Commands about conversations."""

from collections.abc import Sequence

from ccroute._models import Envelope, asked, listed
from ccroute._router._driven import Driven


class ConversationCommands(Driven):
    """What hosts ask about conversations."""

    def connected(self, contact: str, *, envelope: Envelope | None = None) -> None:
        """Customer and agent are joined.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``.
        """
        self._ask(self._engine.connected, contact, asked(envelope))

    def fail_connection(
        self, contact: str, *, cause: str = "failed", envelope: Envelope | None = None
    ) -> None:
        """An offer was accepted, and customer and agent cannot be joined: missed, declined, busy
        and unreachable count against the agent as a declined offer does, failed (a fault of the
        platform) does not. The contact waits again in its place, and the agent is left out for
        as long as after any failure.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``; ``invalid_value`` for another cause.
        """
        self._ask(self._engine.fail_connection, contact, cause, asked(envelope))

    def hold(self, contact: str, *, envelope: Envelope | None = None) -> None:
        """The customer is put on hold.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``.
        """
        self._ask(self._engine.hold, contact, asked(envelope))

    def resume(self, contact: str, *, envelope: Envelope | None = None) -> None:
        """The customer is taken off hold.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``.
        """
        self._ask(self._engine.resume, contact, asked(envelope))

    def transfer(
        self,
        contact: str,
        *,
        queue: str,
        keep_age: bool = True,
        envelope: Envelope | None = None,
    ) -> None:
        """The contact goes to another queue, with its age or as if it came now.

        Raises:
            Rejected: ``unknown_contact``, ``unknown_queue``, ``wrong_phase``.
        """
        self._ask(self._engine.transfer, contact, queue, keep_age, asked(envelope))

    def join(
        self, contact: str, agent: str, *, role: str, envelope: Envelope | None = None
    ) -> None:
        """Another agent joins the conversation as consult, conference or monitor; who is in it as
        consult goes on as conference.

        Raises:
            Rejected: ``unknown_contact``, ``unknown_agent``, ``wrong_phase``, ``agent_signed_out``,
                ``already_joined``, ``no_capacity``; ``invalid_value`` for another role.
        """
        self._ask(self._engine.join, contact, agent, role, asked(envelope))

    def leave(self, contact: str, agent: str, *, envelope: Envelope | None = None) -> None:
        """An agent who joined leaves again.

        Raises:
            Rejected: ``unknown_contact``, ``unknown_agent``, ``not_joined``.
        """
        self._ask(self._engine.leave, contact, agent, asked(envelope))

    def hand_over(self, contact: str, agent: str, *, envelope: Envelope | None = None) -> None:
        """An agent who joined becomes the primary; the primary is done.

        Raises:
            Rejected: ``unknown_contact``, ``unknown_agent``, ``wrong_phase``, ``not_joined``.
        """
        self._ask(self._engine.hand_over, contact, agent, asked(envelope))

    def release(self, contact: str, *, by: str = "agent", envelope: Envelope | None = None) -> None:
        """The conversation ends; ``by``: customer, agent or system.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``; ``invalid_value`` for anybody else.
        """
        self._ask(self._engine.release, contact, by, asked(envelope))

    def dispose(
        self, contact: str, codes: Sequence[str], *, envelope: Envelope | None = None
    ) -> None:
        """Says how it ended, in codes of the queue's set; replaces an earlier set.

        Raises:
            Rejected: ``unknown_contact``, ``wrong_phase``, ``unknown_disposition``,
                ``invalid_value``.
        """
        self._ask(self._engine.dispose, contact, listed("codes", codes), asked(envelope))
