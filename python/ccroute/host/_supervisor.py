"""A supervisor's view and reach: who waits in which order, who does what, and stepping in."""

import attrs

from ccroute._commands import Cancel, NotReady, Ready, Release, SignOut, Transfer
from ccroute._errors import Rejected
from ccroute._explain import AgentExplanation, QueueExplanation
from ccroute.adapters import Barge, Listen, StopMonitoring, Whisper
from ccroute.host._floor import Floor
from ccroute.host._live import LiveContact
from ccroute.metrics import LiveView


@attrs.frozen(kw_only=True)
class WaitingContact:
    """A contact in a queue. ``position``: from 1, in the order in which they go; ``None``: it does
    not wait for its turn. ``since``: when its age counts from, float seconds since the epoch."""

    contact: str
    queue: str
    channel: str | None
    position: int | None
    since: float
    phase: str


class Supervisor:
    """Sees everything of a tenant and may step in; every action stands in the audit, with this
    supervisor's name and the reason."""

    def __init__(self, floor: Floor, name: str) -> None:
        self._floor = floor
        self.name = name
        self._actor = f"supervisor:{name}"

    # -- Seeing -------------------------------------------------------------------------

    def waiting(self, queue: str | None = None) -> list[WaitingContact]:
        """Who is in the queue (``None``: in any): those being offered first, then those who wait in
        the order in which they go, then those who are suspended or whose time has not come."""
        found = [
            self._waiting(it)
            for it in self._floor.live
            if it.phase != "engaged" and queue in {None, it.queue}
        ]
        first = {"offered": 0, "connecting": 0, "waiting": 1}
        return sorted(
            found, key=lambda it: (it.queue, first.get(it.phase, 2), it.position or 0, it.since)
        )

    def _waiting(self, it: LiveContact) -> WaitingContact:
        try:
            position = self._floor.tenant.router.wait(it.contact).position
        except Rejected:  # scheduled or suspended: it has no place
            position = None
        return WaitingContact(
            contact=it.contact,
            queue=it.queue,
            channel=it.channel,
            position=position,
            since=it.since,
            phase=it.phase,
        )

    def talking(self) -> list[LiveContact]:
        """The contacts in conversation."""
        return [it for it in self._floor.live if it.phase == "engaged"]

    def agents(self) -> list[AgentExplanation]:
        """Every agent known, with what they do and what they could take."""
        router = self._floor.tenant.router
        return [router.explain_agent(agent) for agent in router.names("agents")]

    def queue(self, queue: str) -> QueueExplanation:
        """Why contacts wait in a queue."""
        return self._floor.tenant.router.explain_queue(queue)

    def live(self) -> LiveView:
        """The figures of now."""
        return self._floor.tenant.router.metrics.live(self._floor.tenant.instant())

    # -- Stepping in --------------------------------------------------------------------

    async def release(self, contact: str, *, reason: str) -> None:
        """Ends a conversation, or takes a contact out of its queue."""
        it = self._floor.live.get(contact)
        if it is not None and it.phase != "engaged":
            command: Cancel | Release = Cancel(contact=contact, cause="withdrawn")
        else:
            command = Release(contact=contact, by="system")
        await self._floor.ask(command, self._actor, reason)

    async def move(self, contact: str, *, queue: str, reason: str) -> None:
        """Moves a contact to another queue, with its age."""
        command = Transfer(contact=contact, queue=queue)
        await self._floor.ask(command, self._actor, reason)

    async def ready(self, agent: str, *, reason: str) -> None:
        """Makes an agent ready."""
        await self._floor.ask(Ready(agent=agent), self._actor, reason)

    async def pause(self, agent: str, *, reason: str) -> None:
        """Makes an agent not ready, for this reason."""
        await self._floor.ask(NotReady(agent=agent, reason=reason), self._actor, reason)

    async def sign_out(self, agent: str, *, reason: str) -> None:
        """Signs an agent out."""
        await self._floor.ask(SignOut(agent=agent), self._actor, reason)

    async def listen(self, contact: str, *, reason: str) -> None:
        """Hears a conversation, unheard. The supervisor's phone stands in the directory."""
        await self._monitor(contact, Listen, reason)

    async def whisper(self, contact: str, *, reason: str) -> None:
        """Speaks to the agent alone."""
        await self._monitor(contact, Whisper, reason)

    async def barge(self, contact: str, *, reason: str) -> None:
        """Speaks to both."""
        await self._monitor(contact, Barge, reason)

    async def stop_monitoring(self, contact: str) -> None:
        """Goes again."""
        await self._monitor(contact, StopMonitoring, None)

    async def _monitor(
        self,
        contact: str,
        kind: type[Listen | Whisper | Barge | StopMonitoring],
        reason: str | None,
    ) -> None:
        await self._floor.perform(contact, kind, None, self._actor, reason, supervisor=self.name)
