"""An agent's desk: what an agent does, and what the agent's screen is told."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING

import attrs

from ccroute._commands import (
    Accept,
    Command,
    Connected,
    Decline,
    Dispose,
    EndWrapUp,
    ExtendWrapUp,
    HandOver,
    Hold,
    Join,
    Leave,
    NotReady,
    Pick,
    Ready,
    Release,
    Resume,
    SignIn,
    SignOut,
    Transfer,
)
from ccroute._events import Event
from ccroute._explain import AgentExplanation
from ccroute._plan import Value
from ccroute.adapters import (
    CancelConsult,
    CompleteConsult,
    Conference,
    Consult,
    PauseRecording,
    ResumeRecording,
    SendAway,
    StartHold,
    StartRecording,
    StopHold,
    StopRecording,
)

if TYPE_CHECKING:
    from ccroute.host._floor import Floor

_ROOM = 1_000
_ENGAGED = frozenset(
    {
        "hold", "resume", "transfer_outside", "consult", "conference", "complete_transfer",
        "cancel_consult",
    }
)  # fmt: skip
"""What is done with a conversation, and told to the platform before the engine."""


@attrs.frozen(kw_only=True)
class DeskState:
    """All that a screen must show, when it connects or has missed something.

    ``agent``: as `Router.explain_agent` tells, ``None`` before the first sign-in; ``offers``:
    those that are live; ``contacts``: those the agent has a part in.
    """

    agent: AgentExplanation | None
    offers: tuple["DeskEvent", ...]
    contacts: tuple[str, ...]


@attrs.frozen(kw_only=True)
class DeskEvent:
    """Something happened to the agent or to a contact of the agent's.

    ``attributes``: of the contact, where there is one; ``url``: what to open, with an offer.
    """

    event: Event
    attributes: Mapping[str, Value]
    url: str | None = None

    @property
    def kind(self) -> str:
        """The event's kind."""
        return self.event.kind

    @property
    def offer(self) -> int | None:
        """The offer it is about, as `AgentDesk.accept` takes it."""
        number: int | None = getattr(self.event, "offer", None)
        return number


class Feed:
    """What a screen has not read yet, up to a bound; past it, it is told the whole state."""

    def __init__(self) -> None:
        self._waiting: deque[DeskEvent] = deque()
        self._awake = asyncio.Event()
        self.behind = True
        self.closed = False

    def put(self, event: DeskEvent) -> None:
        """Adds an event."""
        if len(self._waiting) >= _ROOM:
            self._waiting.clear()
            self.behind = True
        self._waiting.append(event)
        self._awake.set()

    def close(self) -> None:
        """There will be no more."""
        self.closed = True
        self._awake.set()

    async def take(self) -> DeskEvent | None:
        """The next event; ``None``: the whole state comes first, in which all that waits is, or
        there will be no more."""
        while not self._waiting and not self.behind and not self.closed:
            self._awake.clear()
            await self._awake.wait()
        if self.closed:
            return None
        if self.behind:
            self.behind = False
            self._waiting.clear()
            return None
        return self._waiting.popleft()


class AgentDesk:
    """What one agent does. Each method is carried out in its turn and then returns, or raises
    ``Rejected`` with the engine's reason; what is done at a platform raises `LinkError` or
    `AdapterError` when that failed.

    Every action can carry a ``reason`` and is kept in the host's audit with the actor, who is
    the agent unless another is named (`as_actor`).
    """

    def __init__(self, floor: "Floor", agent: str, actor: str | None = None) -> None:
        self._floor = floor
        self.agent = agent
        self._actor = actor or f"agent:{agent}"

    def as_actor(self, actor: str) -> "AgentDesk":
        """The same desk, used by somebody else: ``actor`` stands in the audit."""
        return AgentDesk(self._floor, self.agent, actor)

    # -- Presence -----------------------------------------------------------------------

    async def sign_in(
        self,
        *,
        skills: Mapping[str, int] | None = None,
        queues: Mapping[str, object] | Iterable[str] | None = None,
        capacity: Mapping[str, int] | None = None,
        reason: str | None = None,
    ) -> None:
        """As `Router.sign_in`; what is not given comes from the plan."""
        command = SignIn(
            agent=self.agent,
            skills=skills,
            queues=queues,
            capacity=capacity,
        )
        await self._ask(command, reason)

    async def sign_out(self, *, reason: str | None = None) -> None:
        """The agent goes."""
        await self._ask(SignOut(agent=self.agent), reason)

    async def ready(self) -> None:
        """The agent wants contacts."""
        await self._ask(Ready(agent=self.agent))

    async def pause(self, reason: str | None = None) -> None:
        """The agent wants none; ``reason``: such as lunch."""
        await self._ask(NotReady(agent=self.agent, reason=reason), reason)

    # -- Offers -------------------------------------------------------------------------

    async def accept(self, offer: int) -> None:
        """Takes an offer of this agent's."""
        self._offered("accept", offer)
        await self._ask(Accept(offer=offer))

    async def decline(self, offer: int, *, reason: str | None = None) -> None:
        """Does not take it."""
        self._offered("decline", offer)
        await self._ask(Decline(offer=offer, reason=reason), reason)

    async def pick(self, contact: str) -> None:
        """Takes a waiting contact of the agent's choice."""
        await self._ask(Pick(agent=self.agent, contact=contact))

    # -- Conversations ------------------------------------------------------------------

    async def connected(self, contact: str) -> None:
        """Customer and agent speak: for contacts that no link tells us about."""
        await self._ask(Connected(contact=self._mine(contact, "connected")))

    async def hold(self, contact: str) -> None:
        """Puts the customer on hold."""
        self._mine(contact, "hold")
        await self._floor.perform(contact, StartHold, Hold(contact=contact), self._actor)

    async def resume(self, contact: str) -> None:
        """Takes the customer off hold."""
        self._mine(contact, "resume")
        await self._floor.perform(contact, StopHold, Resume(contact=contact), self._actor)

    async def transfer(
        self, contact: str, *, queue: str, keep_age: bool = True, reason: str | None = None
    ) -> None:
        """Passes the customer on to a queue, with its age."""
        command = Transfer(contact=self._mine(contact, "transfer"), queue=queue, keep_age=keep_age)
        await self._ask(command, reason)

    async def transfer_outside(
        self, contact: str, address: str, *, reason: str | None = None
    ) -> None:
        """Sends the customer to an address outside, which the tenant's `destinations` must allow.

        Raises:
            Rejected: ``destination_refused``, ``too_many_transfers``.
        """
        self._mine(contact, "transfer_outside")
        with self._floor.on_record(self._actor, "transfer_outside", contact):
            allowed = self._floor.destination(address)
        # The engine hears it from the platform: told before, it would end the contact there.
        await self._floor.perform(contact, SendAway, None, self._actor, reason, address=allowed)

    async def consult(self, contact: str, agent: str) -> None:
        """Asks another agent, while the customer is on hold. The other joins when they answer."""
        self._mine(contact, "consult")
        with self._floor.on_record(self._actor, "consult", contact):
            self._floor.check_free(agent)
        command = Join(contact=contact, agent=agent, role="consult")
        await self._floor.perform(
            contact, Consult, command, self._actor, when_linked=False, agent=agent
        )

    async def conference(self, contact: str, agent: str) -> None:
        """The agent who is consulted and the customer hear each other too. Afterwards either agent
        can go: `complete_transfer`, `cancel_consult`.

        Raises:
            Rejected: ``not_joined``: the agent is not consulted; ``already_joined``: the three
                speak already.
        """
        self._mine(contact, "conference")
        with self._floor.on_record(self._actor, "conference", contact):
            self._floor.check_consulted(contact, agent)
        command = Join(contact=contact, agent=agent, role="conference")
        await self._floor.perform(
            contact, Conference, command, self._actor, when_linked=False, agent=agent
        )

    async def complete_transfer(self, contact: str, agent: str) -> None:
        """The agent who was consulted takes over."""
        self._mine(contact, "complete_transfer")
        command = HandOver(contact=contact, agent=agent)
        await self._floor.perform(
            contact, CompleteConsult, command, self._actor, when_linked=False, agent=agent
        )

    async def cancel_consult(self, contact: str, agent: str) -> None:
        """The agent who was consulted goes again."""
        self._mine(contact, "cancel_consult")
        command = Leave(contact=contact, agent=agent)
        await self._floor.perform(
            contact, CancelConsult, command, self._actor, when_linked=False, agent=agent
        )

    async def release(self, contact: str, *, reason: str | None = None) -> None:
        """Ends the conversation; the customer's leg goes too."""
        await self._ask(Release(contact=self._mine(contact, "release"), by="agent"), reason)

    async def dispose(self, contact: str, codes: Iterable[str]) -> None:
        """The codes for how it ended; again: they replace those before."""
        self._mine(contact, "dispose", lately=True)
        await self._ask(Dispose(contact=contact, codes=_listed(codes)))

    async def complete(self, contact: str, codes: Iterable[str] = ()) -> None:
        """The agent is through with the contact: codes, if any, and the end of wrap-up."""
        given = _listed(codes)
        if given:
            await self.dispose(contact, given)
        await self._ask(EndWrapUp(agent=self.agent, contact=contact))

    async def extend_wrap_up(self, contact: str, *, by: float) -> None:
        """``by`` more seconds for the work after it."""
        await self._ask(ExtendWrapUp(agent=self.agent, contact=contact, by=by))

    # -- Recording ----------------------------------------------------------------------

    async def start_recording(self, contact: str, *, consent: str | None = None) -> str:
        """Records; returns the recording's id, which is kept with the contact, with its state
        (attributes ``recording`` and ``recording_state``). ``consent``: a prompt by which the
        customer is asked first; a no is the state ``refused``.

        Raises:
            Rejected: ``unsupported``: the platform cannot record, or cannot ask.
        """
        self._mine(contact, "start_recording")
        recording = self._floor.name()
        await self._floor.perform(
            contact, StartRecording, None, self._actor, recording=recording, consent=consent
        )
        return recording

    async def pause_recording(self, contact: str) -> None:
        """Records nothing for now, as while a card's number is told."""
        await self._recording(contact, PauseRecording)

    async def resume_recording(self, contact: str) -> None:
        """Records on."""
        await self._recording(contact, ResumeRecording)

    async def stop_recording(self, contact: str) -> None:
        """Stops."""
        await self._recording(contact, StopRecording)

    async def _recording(
        self,
        contact: str,
        kind: type[PauseRecording | ResumeRecording | StopRecording],
    ) -> None:
        recording = self._floor.recording(self._mine(contact, kind.__name__))
        await self._floor.perform(contact, kind, None, self._actor, recording=recording)

    # -- The screen ---------------------------------------------------------------------

    async def events(self) -> AsyncIterator[DeskState | DeskEvent]:
        """What the agent's screen shows: first the whole state, then what happens, an offer before
        the phone rings. A screen that reads too slowly is told the whole state again; one that
        connects anew begins anew. Ends when the host stops."""
        with self._floor.feed(self.agent) as feed:
            while True:
                event = await feed.take()
                if feed.closed:
                    return
                yield self.state() if event is None else event

    def state(self) -> DeskState:
        """All that a screen must show."""
        return self._floor.desk_state(self.agent)

    def _mine(self, contact: str, action: str, *, lately: bool = False) -> str:
        with self._floor.on_record(self._actor, action, contact):
            self._floor.check_part(self.agent, contact, lately=lately)
            if action in _ENGAGED:
                self._floor.check_engaged(contact)
        return contact

    def _offered(self, action: str, offer: int) -> None:
        with self._floor.on_record(self._actor, action, str(offer)):
            self._floor.check_offer(self.agent, offer)

    async def _ask(self, command: Command, reason: str | None = None) -> None:
        await self._floor.ask(command, self._actor, reason)


def _listed(codes: Iterable[str]) -> tuple[str, ...]:
    if isinstance(codes, str):
        # Else "sold" would be the four codes "s", "o", "l" and "d".
        raise TypeError("codes: give a list of names, not str")
    return tuple(codes)
