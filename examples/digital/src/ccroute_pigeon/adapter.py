"""The adapter: the link to Pigeon, what was missed, and customers who fall silent."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Mapping

from ccroute import ConfigError, LinkError
from ccroute.adapters import (
    AdapterInfo,
    Bridged,
    Ended,
    Gap,
    HttpRequest,
    HttpResponse,
    Instruction,
    LinkDown,
    LinkHealth,
    LinkUp,
    Outcome,
    PlatformSnapshot,
    Setting,
    Signal,
    Sink,
    SystemTime,
    Time,
    Verdict,
    failed,
    read_settings,
    unknown,
    within,
)
from ccroute_pigeon.client import Client, Transport, path_of
from ccroute_pigeon.messages import Json, event_of, is_signed, read, text
from ccroute_pigeon.settings import PigeonSettings
from ccroute_pigeon.translate import MOST_EARLY, Listing, Session, Sessions, listing_of

LARGEST = 1 << 20
BEAT = 1.0
PAUSES = 1.0, 60.0
REMEMBERED = 10_000

INFO = AdapterInfo(
    name="pigeon",
    version="0.1.0",
    platform="Pigeon, a made-up messaging service",
    capabilities=[
        "park", "announce", "blind_transfer", "hangup_party", "snapshot", "native_seq",
        "restart_detect", "webhook_in",
    ],
)  # fmt: skip


class Replaced(LinkError):
    """Somebody else subscribed in our place."""


class PigeonAdapter:
    """An adapter for Pigeon. ``transport``: what sends requests to it.

    Raises:
        ConfigError: a setting that cannot be.
    """

    def __init__(self, link: str, config: Mapping[str, Setting], transport: Transport) -> None:
        self._settings = read_settings(PigeonSettings, config, link=link)
        self._transport = transport
        # So that links that broke at one moment do not come back at one moment.
        self._jitter = random.Random(link)
        self._sessions = Sessions()
        self._time: Time = SystemTime()
        self._client = Client(self._settings, transport, self._time)
        self._sink: Sink | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._given: dict[str, asyncio.Task[Outcome]] = {}
        self._up = self._closed = self._doubtful = False
        self._cut: str | None = None
        self._looked = self._asked = 0.0
        self._heard: float | None = None
        self._behind: tuple[int, float] | None = None
        self._waiting: list[bytes] | None = None
        self._counters: Counter[str] = Counter()
        self._wake = asyncio.Event()

    @property
    def info(self) -> AdapterInfo:
        """See `ccroute.adapters.Adapter`, as all that follows."""
        return INFO

    # Coming and going ----------------------------------------------------------------------

    async def open(self, sink: Sink, time: Time) -> None:
        """Subscribes, looks, and watches from now on."""
        self._sink, self._time = sink, time
        self._client = Client(self._settings, self._transport, time)
        await self._come_in(since=None)
        self._watcher = asyncio.ensure_future(self._watch())

    async def close(self, drain: float) -> None:
        """Ends what is under way and unsubscribes."""
        self._closed = True
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
            self._watcher = None
        under_way = [task for task in self._given.values() if not task.done()]
        if under_way:
            all_done = asyncio.gather(*under_way, return_exceptions=True)
            try:
                await within(self._time, self._time.now() + drain, all_done)
            except TimeoutError:
                self._counters["broken_off"] += len(under_way)
        if self._up:
            self._up = False
            try:
                await self._client.ask("DELETE", "subscription")
            except LinkError:
                self._counters["not_unsubscribed"] += 1

    async def _come_in(self, since: float | None) -> None:
        """Subscribes and looks; what comes between the two is kept until then."""
        self._waiting = []
        try:
            told: dict[str, Json] = {
                "url": self._settings.callback,
                # After a broken link only in place of our own: whoever came meanwhile stays.
                "instead_of": self._client.subscription,
            }
            reply = await self._client.ask("POST", "subscription", told)
            if reply.status in {401, 403}:
                raise ConfigError("Pigeon does not let us in: give another key")
            if reply.status == 409:
                raise Replaced("somebody else has subscribed in our place")
            if reply.status != 201:
                raise LinkError(f"Pigeon answered {reply.status} when we subscribed")
            self._client.subscription = text(read(reply.body), "subscription")
            began = self._time.now()
            listing = await self._list()
            waited = self._waiting
        except ValueError as error:
            raise LinkError("Pigeon's answer cannot be read") from error
        finally:
            self._waiting = None
        lost = self._sessions.known if 0 < self._sessions.boot < listing.boot else {}
        self._up, self._cut, self._client.broken = True, None, False
        for session in lost:
            self._push(Ended(contact=session, cause="system_lost", inferred=True))
        self._push(LinkUp(epoch=listing.boot))
        self._start_from(listing, began, since)
        for body in waited:
            self._hear(body)

    def _start_from(self, listing: Listing, began: float, since: float | None) -> None:
        """From now on the list holds; ``since``: from when on something may have been missed."""
        if since is not None:
            self._push(Gap(since=since, until=self._time.now()))
        early = self._sessions.early.values()
        self._sessions.adopt(listing)
        if self._sink is not None:
            self._sink.resync(listing.snapshot(began))
        self._looked, self._behind = began, None
        for event in [event for event in early if event.number > listing.number]:
            self._sessions.early.pop(event.number, None)
            self._take(self._sessions.hear(event, self._time.now()))

    # Watching ------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await within(self._time, self._next_look(), self._wake.wait())
            self._wake.clear()
            try:
                await self._look()
                await self._end_silent_ones()
                if self._cut is not None or self._client.broken:
                    raise LinkError(self._cut or "a connection broke")
            except Replaced as error:
                self._down(str(error), final=True)
                return
            except LinkError as error:
                self._down(str(error))
                if not await self._come_back():
                    return

    def _next_look(self) -> float:
        """When there is something to do, if nothing wakes it before."""
        due = [self._asked + self._settings.poll]
        if self._behind is not None:
            due.append(self._behind[1] + self._settings.patience)
        for session in self._sessions.known.values():
            channel = self._settings.of_channel(session.arrival.channel)
            if session.agent is not None and channel.silence is not None:
                early = 0.0 if session.warned else channel.warning or 0.0
                due.append(session.quiet_since + channel.silence - early)
        # What was asked for a moment ago may be under way: no hurry.
        return max(min(due), self._time.now() + BEAT)

    async def _come_back(self) -> bool:
        """Tries until it is in, with growing pauses; whether it may be at all."""
        pause, longest = PAUSES
        while True:
            wait = pause * self._jitter.uniform(0.5, 1.0)
            await self._time.sleep_until(self._time.now() + wait)
            pause = min(2 * pause, longest)
            try:
                await self._come_in(self._looked)
            except (ConfigError, Replaced) as error:
                self._down(str(error), final=True)
                return False
            except LinkError:
                continue
            return True

    async def _look(self) -> None:
        """Looks now and then whether Pigeon has come further than what was heard; when what is
        missing does not come in time, the list says it."""
        now, heard = self._time.now(), self._sessions.number
        if self._sessions.early and self._behind is None:
            self._behind = max(self._sessions.early), now
        if self._behind is not None and heard >= self._behind[0]:
            self._behind = None
        missed = self._behind is not None and now - self._behind[1] >= self._settings.patience
        missed = missed or len(self._sessions.early) > MOST_EARLY
        if not missed and not self._doubtful and now - self._asked < self._settings.poll:
            return
        self._doubtful = False
        try:
            listing = await self._list()
        except ValueError as error:
            raise LinkError("Pigeon's list cannot be read") from error
        if listing.boot != self._sessions.boot:
            raise LinkError("Pigeon was restarted")
        # What was heard while the list was under way is later than the list.
        ahead = listing.number > self._sessions.number
        if missed and ahead:
            self._counters["gaps"] += 1
            self._start_from(listing, now, self._looked)
        elif ahead and self._behind is None:
            self._behind = listing.number, now
        elif not ahead:
            self._looked = now

    async def _list(self) -> Listing:
        self._asked = self._time.now()
        reply = await self._client.ask("GET", "sessions")
        if reply.status == 409:
            raise Replaced("somebody else has subscribed in our place")
        if reply.status != 200:
            raise LinkError(f"Pigeon answered {reply.status} when asked for all sessions")
        self._heard = self._time.now()
        return listing_of(read(reply.body), now=self._asked)

    async def _end_silent_ones(self) -> None:
        """Ends conversations of customers who write nothing, and tells them before.

        Only those with an agent: who waits for one has nothing to say. Pigeon refuses to close
        what the customer has written into since (``after``); then that is heard soon.
        """
        now = self._time.now()
        for name, session in list(self._sessions.known.items()):
            channel = self._settings.of_channel(session.arrival.channel)
            if session.agent is None or channel.silence is None:
                continue
            left = session.quiet_since + channel.silence - now
            if left <= 0:
                told: dict[str, Json] = {"cause": "silence", "after": session.word}
                await self._client.ask_for_us(path_of(name, "close"), told)
            elif channel.warning is not None and left <= channel.warning and not session.warned:
                await self._warn(name, session, channel.text)

    async def _warn(self, name: str, session: Session, words: str) -> None:
        session.warned = True  # whatever becomes of it: nobody wants to be told twice
        await self._client.ask_for_us(path_of(name, "message"), {"text": words})

    async def snapshot(self) -> PlatformSnapshot:
        """What Pigeon holds now."""
        if self._closed or self._sink is None:
            raise LinkError("the link is not open")
        began = self._time.now()
        try:
            return (await self._list()).snapshot(began)
        except ValueError as error:
            raise LinkError("Pigeon's list cannot be read") from error

    async def probe(self) -> LinkHealth:
        """How the link does."""
        counters = self._counters + Counter(
            malformed=self._sessions.malformed,
            replayed=self._sessions.replayed,
            throttled=self._client.throttled,
        )
        return LinkHealth(
            up=self._up,
            last_heard=self._heard,
            pending=sum(not task.done() for task in self._given.values()),
            counters=tuple(sorted(counters.items())),
        )

    # Instructions ----------------------------------------------------------------------------

    async def execute(self, instruction: Instruction) -> Outcome:
        """Carries an instruction out, once for each id."""
        if not INFO.can(instruction.needs):
            return failed("unsupported", f"Pigeon has no {instruction.needs}")
        task = self._given.get(instruction.id)
        if task is None:
            if self._closed or not self._up:
                return failed("link_down")
            task = asyncio.ensure_future(self._carry_out(instruction))
            self._given[instruction.id] = task
            if len(self._given) > REMEMBERED:
                del self._given[next(key for key, it in self._given.items() if it.done())]
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                return unknown("the link was closed meanwhile")
            raise

    async def _carry_out(self, instruction: Instruction) -> Outcome:
        outcome = await self._client.carry_out(instruction)
        self._doubtful |= outcome.verdict is Verdict.UNKNOWN
        if self._doubtful or self._client.broken:
            self._wake.set()
        return outcome

    # Webhooks --------------------------------------------------------------------------------

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        """Takes what Pigeon sends, when it is signed, for this address and by the one algorithm."""
        if len(request.body) > LARGEST:
            self._counters["too_large"] += 1
            return HttpResponse(status=413)
        if request.url != self._settings.callback or not is_signed(self._settings.key, request):
            self._counters["forged"] += 1
            return HttpResponse(status=403)
        if self._waiting is not None and len(self._waiting) < REMEMBERED:
            self._waiting.append(request.body)
            return HttpResponse(status=204)
        if not self._up or self._cut is not None:
            return HttpResponse(status=503)
        return HttpResponse(status=204 if self._hear(request.body) else 400)

    def _hear(self, body: bytes) -> bool:
        """Takes an event; whether it is one."""
        try:
            event = event_of(body)
        except ValueError:
            self._counters["malformed"] += 1
            return False
        self._heard = self._time.now()
        self._take(self._sessions.hear(event, self._time.now()))
        if self._sessions.early and self._behind is None:
            self._wake.set()
        return True

    def _take(self, signals: list[Signal]) -> None:
        for signal in signals:
            self._push(signal)
            if isinstance(signal, Bridged):
                self._wake.set()  # from now on it may fall silent

    def _push(self, signal: Signal) -> None:
        """Tells a signal; without room for it the link is cut, and a snapshot tells all."""
        if self._cut is None and self._sink is not None and not self._sink.push(signal):
            self._counters["overflows"] += 1
            self._cut = "there was no room for a signal"
            self._wake.set()

    def _down(self, reason: str, *, final: bool = False) -> None:
        self._up = False
        if self._sink is not None:
            self._sink.push(LinkDown(reason=self._settings.key.hide_in(reason), final=final))
