"""Looking on while the PBX routes by its own queue: its events become those of the metrics."""

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, TypedDict

import attrs

from ccroute import (
    ContactAbandoned,
    ContactConnected,
    ContactLeft,
    ContactQueued,
    ContactReleased,
    Event,
    LinkError,
)
from ccroute.adapters import (
    AdapterInfo,
    Gap,
    LinkUp,
    Measured,
    PlatformSnapshot,
    Signal,
    Unmapped,
)
from ccroute_acme.adapter import INFO, AcmeAdapter, AcmeSettings, Link
from ccroute_acme.codec import Json, Message
from ccroute_acme.messages import number, text, whole
from ccroute_acme.session import Session

OBSERVING = attrs.evolve(
    INFO, modes=["observe"], capabilities=["event_backfill", "native_seq", "restart_detect"]
)
LEFT = {"timeout": "timed_out", "no_agents": "no_agents"}
"""Why the PBX's queue lets somebody go; anything else is a failure of the PBX."""
ELSEWHERE = frozenset(
    {
        "call_in", "call_waits", "call_gone", "leg_new", "leg_rings", "leg_up", "leg_gone",
        "in_bridge", "held", "unheld", "redirected", "handed_over", "recording", "renamed",
        "phone", "code", "lamp", "call_open", "calls_out",
    }
)  # fmt: skip
"""What the PBX says besides, of which its queue says all that is to be measured."""


class About(TypedDict):
    """What all its events say."""

    source: str
    sequence: int
    at: float
    contact: str
    visit: int
    queue: str
    channel: str


class Observer:
    """From the events of the PBX's queue to those of the metrics. No socket, no clock.

    Each boot is a source of its own, since the PBX counts from 1 again.
    """

    def __init__(self) -> None:
        self.boot = 0
        self.ahead = 0.0
        """By how many seconds our clock is ahead of the PBX's."""
        self._last = 0
        # The calls that are not over: in which queue, and with whom.
        self._open: dict[str, tuple[str, str | None]] = {}
        self._words: Mapping[str, Callable[[Message], Event]] = {
            "q_in": lambda it: ContactQueued(**self._about(it), since=self._at(it)),
            "q_taken": lambda it: ContactConnected(**self._about(it), agent=text(it, "user")),
            "q_out": lambda it: ContactLeft(
                **self._about(it), cause=LEFT.get(text(it, "why"), "failed")
            ),
            "q_lost": lambda it: ContactAbandoned(**self._about(it)),
            "q_done": lambda it: ContactReleased(
                **self._about(it), cause=text(it, "by"), agent=self._agent(it)
            ),
        }

    def hear(self, told: Message) -> Iterator[Signal]:
        """The signals of an event.

        Raises:
            Malformed: a field is not as it should be.
        """
        name, place = text(told, "ev"), whole(told, "n")
        if name in self._words:
            event = self._words[name](told)
            self._remember(event)
            yield Measured(event=event, at=number(told, "t"), number=place)
        elif name not in ELSEWHERE:
            yield Unmapped(what=name, at=number(told, "t"), number=place)

    def restarted(self, boot: int, now: float) -> list[Signal]:
        """The PBX lost all its calls."""
        told: list[Signal] = []
        for contact, (queue, agent) in self._open.items():
            self._last += 1
            about = self._made(self._last, now, contact, queue)
            lost: Event = ContactLeft(**about, cause="failed")
            if agent is not None:
                lost = ContactReleased(**about, cause="system", agent=agent)
            told.append(Measured(event=lost, inferred=True))
        self._open.clear()
        self.boot, self._last = boot, 0
        return told

    def _about(self, told: Message) -> About:
        return self._made(whole(told, "q"), self._at(told), text(told, "call"), text(told, "queue"))

    def _made(self, sequence: int, at: float, contact: str, queue: str) -> About:
        return {
            "source": f"boot-{self.boot}", "sequence": sequence, "at": at, "contact": contact,
            "visit": 1, "queue": queue, "channel": "voice",
        }  # fmt: skip

    def _at(self, told: Message) -> float:
        return number(told, "t") + self.ahead

    def _agent(self, told: Message) -> str | None:
        return self._open.get(text(told, "call"), ("", None))[1]

    def _remember(self, event: Event) -> None:
        self._last = event.sequence
        contact, queue = event.contact or "", event.queue or ""
        match event:
            case ContactQueued():
                self._open[contact] = queue, None
            case ContactConnected():
                self._open[contact] = queue, event.agent
            case _:
                self._open.pop(contact, None)


class AcmeObserver(AcmeAdapter):
    """A link to an Acme PBX that routes by itself. See `ccroute.adapters.Adapter`."""

    card: ClassVar[AdapterInfo] = OBSERVING

    def __init__(self, link: str, settings: AcmeSettings) -> None:
        super().__init__(link, settings)
        self._observer = Observer()
        self._told: int | None = None
        """The last event that the host took, since the PBX was booted."""

    async def snapshot(self) -> PlatformSnapshot:
        """See `ccroute.adapters.Adapter`: it holds nothing of ours."""
        if self._link is None or not self._link.stands:
            raise LinkError(f"{self!r} is down")
        return PlatformSnapshot(taken_at=self._time.now(), epoch=self._epoch)

    async def _sign_in(self, link: Link, session: Session) -> None:
        settings, observer = self._settings, self._observer
        password = settings.password.reveal()
        welcome = await self._greet(link, "sign_in", user=settings.user, password=password)
        self._epoch = whole(welcome, "boot")
        rebooted = observer.boot not in {0, self._epoch}
        lost = []
        if observer.boot != self._epoch:
            lost = observer.restarted(self._epoch, self._time.now())
        if rebooted:
            self._told = 0
        observer.ahead = self._time.now() - number(welcome, "now")
        after = self._told
        more: dict[str, Json] = {} if after is None else {"after": after}
        taken_at = self._time.now()

        def subscribed(reply: Message) -> None:
            # What comes now was missed, or is new: all of it counts.
            session.begin_after(whole(reply, "n") if after is None else after)
            whole_story = after is not None and whole(reply, "first") <= after + 1
            if not whole_story and after is not None:
                session.begin_after(whole(reply, "first") - 1)
            self._begin(link, lost, taken_at, gap=rebooted or not whole_story)

        await self._greet(link, "subscribe", subscribed, **more)

    def _begin(self, link: Link, lost: list[Signal], taken_at: float, *, gap: bool) -> None:
        assert self._sink is not None
        link.signed_in = True
        self._sink.push(LinkUp(epoch=self._epoch))
        if self._last_heard is not None and gap:
            now = self._time.now()
            self._sink.push(Gap(since=min(self._last_heard, now), until=now))
        self._sink.resync(PlatformSnapshot(taken_at=taken_at, epoch=self._epoch))
        for signal in lost:
            self._sink.push(signal)

    def _push(self, link: Link, event: Message) -> None:
        assert self._sink is not None
        for signal in self._observer.hear(event):
            if not self._sink.push(signal):
                link.end("the host takes no more signals")
                return
        self._told = whole(event, "n")
