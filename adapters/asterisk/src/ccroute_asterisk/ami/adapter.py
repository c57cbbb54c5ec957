"""The link that observes an Asterisk which keeps its own queues: the adapter of mode `observe`.

What events mean stands in `translate` and `members`, how AMI and the log go together in
`observer`. Here is when the link is up, what was missed, and what is done about it.
"""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from uuid import uuid4

import attrs

from ccroute import (
    AgentChanged,
    AgentSignedIn,
    ConfigError,
    ContactQueued,
    ContactRequeued,
    Event,
    LinkError,
)
from ccroute.adapters import (
    AdapterInfo,
    Gap,
    HttpRequest,
    HttpResponse,
    Instruction,
    LinkDown,
    LinkHealth,
    LinkUp,
    Measured,
    Outcome,
    PlatformSnapshot,
    Setting,
    Sink,
    Time,
    Unmapped,
    failed,
    within,
)
from ccroute_asterisk.ami.codec import Packet
from ccroute_asterisk.ami.elsewhere import ELSEWHERE
from ccroute_asterisk.ami.history import History
from ccroute_asterisk.ami.link import AmiLink, AmiLogin, connect
from ccroute_asterisk.ami.messages import event_filters, pattern_filter
from ccroute_asterisk.ami.observer import WANTED, Listed, Observer
from ccroute_asterisk.ami.settings import ObserveSettings
from ccroute_asterisk.ami.translate import ONLY

_STATE = ("FullyBooted", "Shutdown", "Reload")
_FIRST_PAUSE = 0.5
_MOST_STRANGERS = 1000
_SOURCE = "app_queue"
_RESTART = 2.0
"""Seconds by which the time of boot must move; Asterisk counts whole ones."""
_SKEW = 2.0
"""Seconds by which clocks must differ for Asterisk's times to be corrected."""
_LAG = 1.0
"""Seconds that events may be under way, before silence means that there is none."""


class ObserveAdapter:
    """A link to an Asterisk that routes by itself. See `ccroute.adapters.Adapter`.

    Raises:
        ConfigError: a setting that cannot be.
    """

    def __init__(self, link: str, config: Mapping[str, Setting]) -> None:
        self._settings = ObserveSettings.from_mapping(config, link=link)
        self._name = link
        self._info = _info(backfill=bool(self._settings.queue_log))
        # Links that broke at one moment must not come back at one moment.
        self._jitter = random.Random(link)  # noqa: S311  # no secret
        self._observer = Observer(_SOURCE)
        self._history = History(self._settings)
        self._sink: Sink | None = None
        self._time: Time | None = None
        self._link: AmiLink | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._out: deque[Event] = deque()
        self._boot: float | None = None
        self._uptime: float | None = None
        self._skew = 0.0
        self._changed = False
        self._pinged = self._looked = 0.0
        self._heard: float | None = None
        self._counters: Counter[str] = Counter()
        self._strangers: set[str] = set()

    def __repr__(self) -> str:
        return f"ObserveAdapter({self._name!r}, {self._settings.host}:{self._settings.port})"

    @property
    def info(self) -> AdapterInfo:
        """See `ccroute.adapters.Adapter`."""
        return self._info

    # Coming and going ----------------------------------------------------------------------

    async def open(self, sink: Sink, time: Time) -> None:
        """See `ccroute.adapters.Adapter`."""
        self._sink, self._time = sink, time
        await self._come_in(since=None)
        self._watcher = asyncio.ensure_future(self._watch())
        self._watcher.add_done_callback(self._watched)

    async def close(self, drain: float) -> None:
        """See `ccroute.adapters.Adapter`."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
            self._watcher = None
        if self._link is not None:
            await self._link.close()
            self._link = None
        self._history.close()

    async def _come_in(self, since: float | None) -> None:
        """Connects and looks. ``since``: from when nothing was heard; ``None``: never before."""
        time, sink = self._parts()
        settings = self._settings
        login = AmiLogin(
            host=settings.host,
            port=settings.port,
            user=settings.user,
            secret=settings.password,
            tls=settings.tls,
            ca=settings.ca,
            patience=settings.patience,
        )
        wanted = {**WANTED, **dict.fromkeys(_STATE, "")}
        prefix = f"{uuid4().hex[:8]}-"
        link = await connect(login, time, prefix=prefix, wanted=wanted, ignored=ELSEWHERE)
        try:
            await self._filter(link)
            if not await link.ping():
                raise LinkError(f"{self!r}: {link.reason or 'no answer to a ping'}")
            up_at = link.now()
            listed = await self._ask(link)
            self._counters["no_channels"] += listed.living is None
            whole = self._catch_up(link, up_at, listed, since)
        except BaseException:
            await link.close()
            raise
        self._link = link
        self._pinged = self._looked = time.now()
        sink.push(LinkUp(epoch=int(self._boot or 0)))
        if since is not None and not whole:
            sink.push(Gap(since=min(since, time.now()), until=time.now()))
        sink.resync(self._held())
        self._flush()

    async def _filter(self, link: AmiLink) -> None:
        """Lets Asterisk send only what is read here: one event of ten."""
        names = [*WANTED, *_STATE]
        first, *others = event_filters(names, ONLY)
        reply = await link.ask("Filter", first)
        if reply.done:
            await asyncio.gather(*(link.ask("Filter", it) for it in others))
            return
        if "denied" not in reply.message.lower():
            reply = await link.ask("Filter", pattern_filter(names, ONLY))
        self._counters["unfiltered"] += not reply.done

    def _catch_up(self, link: AmiLink, up_at: float, listed: Listed, since: float | None) -> bool:
        """What happened before the first event, then those that came meanwhile; whether the
        story has no hole."""
        self._skew = link.offset if abs(link.offset) > _SKEW else 0.0
        self._uptime = None
        for packet in link.early:
            if packet.event in _STATE:
                self._note(packet)
        # The log may call agents by where they are reached.
        self._observer.members.learn(listed.status)
        self._observer.up(up_at)
        whole = self._history.fill(self._observer, up_at, first=since is None)
        self._booted(up_at)
        link.hear = partial(self._hear, link)
        for packet in link.early:
            if packet.event not in _STATE:
                link.hear(packet)
        link.early.clear()
        self._observer.adopt(listed)
        return whole

    def _booted(self, up_at: float) -> None:
        if self._uptime is None:
            return  # the user may not read the class `system`
        boot = up_at - self._uptime
        if self._boot is not None and boot > self._boot + _RESTART:
            self._counters["restarts"] += 1
            self._observer.restarted(boot - 1.0)  # whole seconds, cut
        if self._boot is None or abs(boot - self._boot) > _RESTART:
            self._boot = boot

    async def _ask(self, link: AmiLink) -> Listed:
        """Asks who waits, who is a member, and which channels there are."""
        asked = link.now()
        status = await link.ask("QueueStatus", listing=True)
        if not status.done:
            raise LinkError(f"{self!r}: no QueueStatus: {status.message or link.reason}")
        channels = await link.ask("CoreShowChannels", listing=True)
        living = None
        if channels.done and channels.whole:
            living = frozenset(it.value("Uniqueid") for it in channels.items)
        return Listed(asked, status.items, living, status.whole)

    def _held(self) -> PlatformSnapshot:
        time, _ = self._parts()
        return PlatformSnapshot(taken_at=time.now(), epoch=int(self._boot or 0))

    # Hearing -------------------------------------------------------------------------------

    def _hear(self, link: AmiLink, packet: Packet) -> None:
        """Takes an event of AMI; nothing else is done in the reader."""
        if packet.event == "FullyBooted":
            # Else it comes with the sign-in: what was asked till now was asked too early.
            self._cut("Asterisk was only starting")
        elif packet.event in _STATE:
            self._changed = self._changed or packet.event == "Reload"
        elif packet.event not in WANTED:
            self._unmapped(packet.event)
        else:
            self._observer.hear(packet, link.heard_at + link.offset)
            self._flush()

    def _unmapped(self, name: str) -> None:
        """Once a name: whoever may not filter is sent all there is."""
        _, sink = self._parts()
        if name not in self._strangers and len(self._strangers) < _MOST_STRANGERS:
            self._strangers.add(name)
            sink.push(Unmapped(what=name))

    def _note(self, packet: Packet) -> None:
        uptime = packet.value("Uptime")
        if packet.event == "FullyBooted" and uptime.isascii() and uptime.isdigit():
            self._uptime = float(uptime)

    def _flush(self) -> None:
        """Tells what happened; without room for it the link is cut, and it is told later."""
        _, sink = self._parts()
        self._out.extend(it for it in self._observer.drain() if not self._history.knows(it))
        while self._out:
            event = self._told(self._out[0])
            if event is not None and not sink.push(Measured(event=event, at=self._out[0].at)):
                self._counters["overflows"] += 1
                self._cut("there was no room for an event")
                return
            self._history.told(self._out.popleft())

    def _told(self, event: Event) -> Event | None:
        """An event as the host takes it: by our clock, and of plain values. Which queues an
        agent serves is no figure."""
        if isinstance(event, AgentChanged):
            return None
        if isinstance(event, AgentSignedIn):
            event = attrs.evolve(event, queues=None)
        if not self._skew:
            return event
        if isinstance(event, ContactQueued | ContactRequeued):
            event = attrs.evolve(event, since=event.since - self._skew)
        return attrs.evolve(event, at=event.at - self._skew)

    def _cut(self, reason: str) -> None:
        if self._link is not None:
            self._link.end(reason)

    # Watching ------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Reads the log, pings, looks around, comes in again when the link is broken."""
        time, sink = self._parts()
        while True:
            link = self._link
            assert link is not None
            try:
                await within(time, time.now() + self._settings.look, link.ended.wait())
            except TimeoutError:
                await self._tend(link)
            if link.ended.is_set():
                self._heard = link.heard_at
                self._link = None
                self._observer.down()
                self._flush()
                sink.push(LinkDown(reason=link.reason))
                await link.close()
                await self._come_back(link.heard_at)

    def _watched(self, watcher: "asyncio.Task[None]") -> None:
        """Nobody watches any more: unless the link was closed, that is a defect, and is told."""
        if not watcher.cancelled() and (error := watcher.exception()) is not None:
            _, sink = self._parts()
            sink.push(LinkDown(reason=f"{type(error).__name__} in the adapter", final=True))

    async def _tend(self, link: AmiLink) -> None:
        time, _ = self._parts()
        now = time.now()
        self._history.poll(self._observer)
        self._observer.advance(link.now() - _LAG)
        self._flush()
        self._history.save()
        due = self._changed or now - self._looked >= self._settings.sweep
        due = due and not self._observer.compares
        # Lists tell how long somebody waits: by a clock that was just compared with ours.
        if due or now - self._pinged >= self._settings.ping:
            self._pinged = now
            if not await link.ping():
                link.end("Asterisk does not answer")
        if due and not link.ended.is_set():
            self._changed, self._looked = False, now
            try:
                self._observer.compare(await self._ask(link))
            except LinkError as error:
                link.end(str(error))

    async def _come_back(self, since: float) -> None:
        """Tries until it is in again, with growing pauses. It was let in before: what refuses it
        now may be an Asterisk that is being set up."""
        time, _ = self._parts()
        pause = _FIRST_PAUSE
        while True:
            await time.sleep_until(time.now() + pause * self._jitter.uniform(0.5, 1.0))
            pause = min(2 * pause, self._settings.longest_pause)
            self._history.poll(self._observer)
            self._flush()
            try:
                await self._come_in(since)
            except (ConfigError, LinkError):
                self._counters["refused"] += 1
            else:
                return

    # What the host asks --------------------------------------------------------------------

    async def execute(self, instruction: Instruction) -> Outcome:
        """See `ccroute.adapters.Adapter`: nothing is done here."""
        return failed("unsupported", f"{self._name} only observes")

    async def snapshot(self) -> PlatformSnapshot:
        """See `ccroute.adapters.Adapter`: nothing on this platform is ours."""
        if self._link is None or self._link.ended.is_set():
            raise LinkError(f"{self!r} is down")
        return self._held()

    async def probe(self) -> LinkHealth:
        """See `ccroute.adapters.Adapter`."""
        link = self._link
        counters = self._counters + Counter(
            corrected=self._observer.corrected,
            covered_lines=self._observer.covered,
            filled_lines=self._observer.filled,
            **self._history.counters(),
        )
        if link is not None:
            counters += link.counters
        return LinkHealth(
            up=link is not None and not link.ended.is_set(),
            last_heard=self._heard if link is None else link.heard_at,
            lag=None if link is None else link.lag,
            pending=0 if link is None else link.pending,
            counters=tuple(sorted(counters.items())),
        )

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        """See `ccroute.adapters.Adapter`: Asterisk sends none."""
        return HttpResponse(status=404)

    def _parts(self) -> tuple[Time, Sink]:
        if self._time is None or self._sink is None:
            raise LinkError("the link is not open: open it first")
        return self._time, self._sink


def _info(*, backfill: bool) -> AdapterInfo:
    return AdapterInfo(
        name="asterisk",
        version=version("ccroute-asterisk"),
        platform="Asterisk, its own queues",
        modes=["observe"],
        capabilities=["restart_detect", *(["event_backfill"] if backfill else [])],
    )
