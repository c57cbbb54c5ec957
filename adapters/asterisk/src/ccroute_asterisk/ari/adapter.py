"""The adapter: the only tasks, and by `ccroute_asterisk.ari.wire` the only sockets. All thinking is
done in the other files; how an instruction is carried out in `ccroute_asterisk.ari.carrying`."""

import asyncio
import random
import uuid
from collections import Counter, OrderedDict
from collections.abc import Coroutine, Generator, Iterable, Mapping
from contextlib import suppress
from importlib.metadata import version
from typing import TypeVar

from ccroute import ConfigError, LinkError
from ccroute.adapters import (
    AdapterInfo,
    Gap,
    HttpRequest,
    HttpResponse,
    Instruction,
    Limits,
    LinkDown,
    LinkHealth,
    LinkUp,
    Outcome,
    PlatformSnapshot,
    Setting,
    Sink,
    SystemTime,
    Time,
    failed,
    read_settings,
    within,
)
from ccroute_asterisk.ari import errands, requests
from ccroute_asterisk.ari.calls import Call, Ids
from ccroute_asterisk.ari.carrying import Carrying
from ccroute_asterisk.ari.codec import Reply, Request, event_of
from ccroute_asterisk.ari.errands import Patient, Pause
from ccroute_asterisk.ari.listing import Listing, NotListed, asked, held_of, ours_now
from ccroute_asterisk.ari.messages import (
    ApplicationReplaced,
    Event,
    Heard,
    RestResponse,
    instant_of,
)
from ccroute_asterisk.ari.orders import Orders
from ccroute_asterisk.ari.pace import BackOff, Pace
from ccroute_asterisk.ari.release import check_release, goes_by_websocket
from ccroute_asterisk.ari.session import Session
from ccroute_asterisk.ari.settings import AriSettings
from ccroute_asterisk.ari.wire import PATIENCE, Wire, refusal

REMEMBERED = 10_000
"""How many outcomes are kept, so that an instruction given again has no second effect."""
LOOKS = 2
"""How often Asterisk is asked for its lists again when a link comes up and something happened
meanwhile."""
SECOND_LOOK = 2.0
"""Seconds until what differs is looked at again."""
STEADY = 10.0
"""Seconds that a link must have stood for the pauses between tries to be short again."""
MOST_EARLY = 50_000
"""Events that are kept while a link comes up, at most."""
FIRST_REPLY = 5.0
"""Seconds that the first reply over the WebSocket may take, before HTTP is believed in more."""
TOGETHER = 50
"""How many devices are asked for by one request."""

CAPABILITIES = (
    "park", "treatment", "announce", "ring", "client_leg_ids", "cancel_ring", "multi_ring", "hold",
    "blind_transfer", "consult_transfer", "conference", "hangup_party", "record", "record_pause",
    "consent_prompt", "listen", "whisper", "barge", "device_state", "agent_codes", "snapshot",
    "restart_detect",
)  # fmt: skip

Result = TypeVar("Result")


def ari(link: str, config: Mapping[str, Setting]) -> "AriAdapter":
    """An adapter for a link.

    Raises:
        ConfigError: an unknown key, or a value that can never work.
    """
    return AriAdapter(link, read_settings(AriSettings, config, link=link))


class AriAdapter:
    """A link to an Asterisk by ARI. See `ccroute.adapters.Adapter`."""

    def __init__(self, link: str, settings: AriSettings) -> None:
        self.info = AdapterInfo(
            name="asterisk",
            version=version("ccroute-asterisk"),
            platform="Asterisk by ARI",
            capabilities={*CAPABILITIES, *(["call_customer"] if settings.outbound else [])},
            limits=Limits(
                offers_per_second=settings.offers_per_second, in_flight=4 * settings.in_flight
            ),
        )
        self._name = link
        self._settings = settings
        self._counters: Counter[str] = Counter()
        run = uuid.uuid4().hex[:8]
        self._session = Session(Ids(settings.app, run), settings, self._counters)
        self._orders = Orders(self._session)
        self._pace = Pace(settings.offers_per_second)
        self._chance = random.Random(run)  # noqa: S311  # pauses are no secret
        self._time: Time = SystemTime()
        self._sink: Sink | None = None
        self._wire: Wire | None = None
        self._stands = False
        self._early: list[Event] = []
        self._epoch = 0
        self._wary = False
        self._last_heard: float | None = None
        self._closing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way: dict[str, asyncio.Task[Outcome]] = {}
        self._outcomes: OrderedDict[str, Outcome] = OrderedDict()

    def __repr__(self) -> str:
        return f"<AriAdapter {self._name!r} to {self._settings.url}>"

    # -- Coming and going ---------------------------------------------------------------

    async def open(self, sink: Sink, time: Time) -> None:
        """See `ccroute.adapters.Adapter`."""
        self._sink, self._time = sink, time
        wire = await self._come_up()
        self._start(self._keep_up(wire)).add_done_callback(self._kept_up)

    async def close(self, drain: float) -> None:
        """See `ccroute.adapters.Adapter`."""
        self._closing = True
        under_way = list(self._under_way.values())
        if under_way:
            with suppress(TimeoutError):
                await within(self._time, self._time.now() + drain, asyncio.wait(under_way))
        if self._wire is not None:
            self._wire.end("closed")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *under_way, return_exceptions=True)
        if self._wire is not None:
            await self._wire.close()

    async def _come_up(self) -> Wire:
        """Connects, asks for events, lists: then the link stands.

        Raises:
            ConfigError: it can never work so.
            LinkError: it does not work now.
        """
        wire = Wire(self._name, self._settings, self._time)
        self._wire, self._stands, self._early = wire, False, []
        try:
            await self._look_at(wire)
            await wire.listen(lambda frame: self._hear(wire, frame))
            await self._subscribe(wire)
            await self._try_out(wire)
            await self._stand(wire)
        except NotListed as error:
            raise LinkError(f"{wire!r}: Asterisk lists strangely: {error}") from error
        except TimeoutError:
            raise LinkError(f"{wire!r}: no reply in {PATIENCE:g} s") from None
        except LinkError as error:
            if wire.final:  # who lost the application while coming up must not take it back
                raise ConfigError(wire.ended.result()) from error
            raise
        finally:
            if not self._stands:
                await wire.close()
        return wire

    async def _look_at(self, wire: Wire) -> None:
        """Whether it is an Asterisk that can do it, and when it started."""
        reply = await self._beginning(wire, requests.information())
        if not reply.ok:
            wrong = refusal(self._name, self._settings, reply.status, "asterisk/info")
            # While it starts, Asterisk says that there is no such thing.
            starting = reply.status == 404 and self._epoch
            raise LinkError(str(wrong)) if starting else wrong
        body = reply.body if isinstance(reply.body, Mapping) else {}
        system, status = body.get("system"), body.get("status")
        version = system.get("version") if isinstance(system, Mapping) else None
        version = wire.shown(version) if isinstance(version, str) else ""
        check_release(self._name, self._settings, version)
        wire.framed = goes_by_websocket(self._settings.requests, version) and not self._wary
        began = instant_of(status.get("startup_time")) if isinstance(status, Mapping) else None
        epoch = 1 if began is None else int(began * 1000)
        self._epoch = epoch if epoch >= self._epoch else self._epoch + 1

    async def _subscribe(self, wire: Wire) -> None:
        reply = await self._beginning(wire, requests.filter_events(self._settings.app))
        if reply.status in {401, 403}:
            raise refusal(self._name, self._settings, reply.status, "eventFilter")
        devices = sorted(set(self._settings.phones.values()))
        for first in range(0, len(devices), TOGETHER):
            some = devices[first : first + TOGETHER]
            reply = await self._beginning(wire, requests.watch_devices(self._settings.app, some))
            if not reply.ok:
                raise ConfigError(
                    f"links.{self._name}.phones: Asterisk cannot watch {', '.join(some)}: "
                    f"{reply.said}: give devices such as PJSIP/301"
                )

    async def _try_out(self, wire: Wire) -> None:
        """Whether requests over the WebSocket are answered; where not, all go by HTTP."""
        self._wary = False
        if not wire.framed:
            return
        only = self._settings.requests == "websocket"
        patience = PATIENCE if only else FIRST_REPLY
        try:
            await wire.ask(requests.ping(), self._time.now() + patience)
        except (TimeoutError, LinkError) as error:
            if isinstance(error, TimeoutError) and only:
                told = f'no reply over the WebSocket in {PATIENCE:g} s: give `requests = "auto"`'
                raise LinkError(f"{wire!r}: {told}") from None
            if only:
                raise
            self._counters["fell_back_to_http"] += 1
            # Had it cut the link for it, the next one would come no further.
            wire.framed, self._wary = False, wire.ended.done()

    async def _stand(self, wire: Wire) -> None:
        """Lists; from then on every event counts."""
        assert self._sink is not None
        session = self._session
        taken_at, listing = self._time.now(), await self._listed(wire)
        for _ in range(LOOKS):
            if not self._early:
                break  # nothing happened meanwhile: the lists are of one moment
            self._early, taken_at = [], self._time.now()
            listing = await self._listed(wire)
        if wire.ended.done():
            raise LinkError(wire.ended.result())
        now = self._time.now()
        session.start_from(listing)
        session.catch_up(self._early, now)
        self._sink.push(LinkUp(epoch=self._epoch))
        if self._last_heard is not None:
            self._sink.push(Gap(since=min(self._last_heard, now), until=now))
        self._sink.resync(self._snapshot(session.contacts.values(), listing.devices, taken_at))
        self._stands = True
        self._flush(wire)

    async def _keep_up(self, wire: Wire) -> None:
        """Tells the end of each link, and makes another, until there is no use."""
        assert self._sink is not None
        pauses = BackOff(self._chance, self._settings.longest_pause)
        while True:
            stands_since = self._time.now()
            looking = self._start(self._watch(wire)), self._start(self._sweep(wire))
            reason = await wire.ended
            self._stands, self._last_heard = False, wire.last_heard
            if self._time.now() - stands_since > STEADY:
                pauses.reset()
            for task in looking:
                task.cancel()
            self._sink.push(LinkDown(reason=reason, final=wire.final))
            await wire.close()
            if wire.final:
                return
            while True:
                await self._time.sleep_until(self._time.now() + pauses.pause())
                try:
                    wire = await self._come_up()
                except LinkError:
                    self._counters["tries"] += 1
                except Exception as error:  # noqa: BLE001  # whatever it is, it may pass
                    final = self._wire is not None and self._wire.final
                    known = isinstance(error, ConfigError)
                    why = str(error) if known else f"{type(error).__name__} in the adapter"
                    if final or why != reason:
                        reason = why
                        self._sink.push(LinkDown(reason=reason, final=final))
                    if final:
                        return
                    # It was let in before: what refuses it now, or says what is unheard of, may
                    # be an Asterisk that is being set up.
                    self._counters["tries"] += 1
                else:
                    break

    def _kept_up(self, keeper: "asyncio.Task[None]") -> None:
        """Nobody makes the link anew any more: where that is a defect, it is told."""
        if not keeper.cancelled() and (error := keeper.exception()) is not None:
            assert self._sink is not None
            reason = f"{type(error).__name__} in the adapter"
            self._sink.push(LinkDown(reason=reason, final=True))

    # -- Hearing ------------------------------------------------------------------------

    def _hear(self, wire: Wire, frame: Heard) -> None:
        event = event_of(frame)
        now = self._time.now()
        if event is None:
            self._counters["malformed"] += 1
        elif isinstance(event, ApplicationReplaced):
            # Whoever came would be thrown out in turn: people must decide.
            wire.end(
                f"another client has taken the application {self._settings.app!r}: give each "
                "host a name of its own in `app`",
                final=True,
            )
        elif isinstance(event, RestResponse):
            wire.replied(event)
        elif not self._stands:
            self._early.append(event)
            if len(self._early) > MOST_EARLY:
                wire.end(f"more than {MOST_EARLY} events while the link came up")
        else:
            self._session.hear(event, now)
            self._flush(wire)

    def _flush(self, wire: Wire) -> None:
        """Gives the host what is for it, and begins what is to be done meanwhile."""
        assert self._sink is not None
        session = self._session
        signals, session.signals = session.signals, []
        to_run, session.errands = session.errands, []
        if not self._stands or wire.ended.done():
            return  # a snapshot says it all
        for signal in signals:
            if not self._sink.push(signal):
                # Nothing may be missing in between: begin again with a snapshot.
                wire.end("the host takes no more signals")
                return
        for errand in to_run:
            self._start(self._run(wire, errand))

    async def _run(self, wire: Wire, errand: Patient) -> None:
        deadline = self._time.now() + PATIENCE
        with suppress(TimeoutError, LinkError):
            await self._through(wire, errand, deadline)

    async def _through(
        self, wire: Wire, steps: Generator[Request | Pause, Reply, Result], deadline: float
    ) -> Result:
        """Makes the requests of ``steps``, one after the other; a pause gives them anew as much
        time."""
        session = self._session
        try:
            request = next(steps)
            while True:
                if isinstance(request, Pause):
                    await self._time.sleep_until(self._time.now() + request.seconds)
                    if wire.ended.done():
                        raise LinkError(wire.ended.result())
                    reply, deadline = Reply(200), self._time.now() + PATIENCE
                else:
                    reply = await wire.ask(request, deadline)
                session.now = self._time.now()
                request = steps.send(reply)
                self._flush(wire)
        except StopIteration as stop:
            self._flush(wire)
            found: Result = stop.value
            return found
        finally:
            steps.close()

    async def _watch(self, wire: Wire) -> None:
        """Asks whether somebody is there when it is quiet, and ends a link that is dead."""
        pause = self._settings.watchdog / 4
        while not wire.ended.done():
            await self._time.sleep_until(self._time.now() + pause)
            quiet = self._time.now() - wire.last_heard
            if quiet >= self._settings.watchdog:
                wire.end(f"no bytes for {quiet:.0f} s")
            elif quiet >= pause:
                wire.ping()

    async def _sweep(self, wire: Wire) -> None:
        """Compares what we know with Asterisk's own list: not every event comes."""
        while not wire.ended.done():
            await self._time.sleep_until(self._time.now() + self._settings.sweep)
            with suppress(TimeoutError, LinkError, NotListed):
                differing, lingering = await self._look_over(wire)
                if not (differing or lingering):
                    continue
                # What is on its way only is not missing: another look tells.
                await self._time.sleep_until(self._time.now() + SECOND_LOOK)
                differing_still, lingering_still = await self._look_over(wire)
                for channel in lingering & lingering_still:
                    self._counters["let_go_again"] += 1
                    self._session.send(errands.hang_up(channel))
                self._flush(wire)
                if differing & differing_still:
                    self._counters["swept"] += 1
                    wire.end("Asterisk's list of channels is another than ours")

    async def _look_over(self, wire: Wire) -> tuple[frozenset[str], frozenset[str]]:
        """The channels by which Asterisk's list differs from what we know, and those in it that
        were let go."""
        before = self._session.known()
        steps = ours_now(self._session.ids)
        ours = await self._through(wire, steps, self._time.now() + PATIENCE)
        return self._session.differing(before, ours), self._session.lingering(ours)

    # -- Telling ------------------------------------------------------------------------

    async def execute(self, instruction: Instruction) -> Outcome:
        """See `ccroute.adapters.Adapter`."""
        if instruction.id in self._outcomes:
            return self._outcomes[instruction.id]
        task = self._under_way.get(instruction.id)
        if task is None:
            task = asyncio.ensure_future(self._carry_out(instruction))
            self._under_way[instruction.id] = task
            task.add_done_callback(lambda done: self._remember(instruction.id, done))
        # Who is cancelled while waiting does not stop what is on its way.
        return await asyncio.shield(task)

    def _remember(self, instruction: str, task: "asyncio.Task[Outcome]") -> None:
        del self._under_way[instruction]
        if task.cancelled() or task.exception() is not None:
            return
        self._outcomes[instruction] = task.result()
        while len(self._outcomes) > REMEMBERED:
            self._outcomes.popitem(last=False)

    async def _carry_out(self, instruction: Instruction) -> Outcome:
        if not self.info.can(instruction.needs):
            return failed("unsupported")
        wire = self._wire
        if wire is None or self._closing or not self._stands or wire.ended.done():
            return failed("link_down")
        carrying = Carrying(
            instruction=instruction, wire=wire, session=self._session, pace=self._pace,
            counters=self._counters, time=self._time, flush=lambda: self._flush(wire),
        )  # fmt: skip
        return await carrying.outcome(self._orders.of(instruction))

    # -- Asking -------------------------------------------------------------------------

    async def _beginning(self, wire: Wire, request: Request) -> Reply:
        return await wire.ask(request, self._time.now() + PATIENCE)

    async def _listed(self, wire: Wire) -> Listing:
        session, now = self._session, self._time.now()
        steps = asked(session.ids, self._settings.phones, session.legs, session.contacts, now)
        return await self._through(wire, steps, now + 3 * PATIENCE)

    def _snapshot(
        self, calls: Iterable[Call], devices: tuple[tuple[str, str], ...], taken_at: float
    ) -> PlatformSnapshot:
        return PlatformSnapshot(
            taken_at=taken_at,
            epoch=self._epoch,
            contacts=[held_of(call) for call in calls if not call.is_over()],
            devices=devices,
        )

    async def snapshot(self) -> PlatformSnapshot:
        """See `ccroute.adapters.Adapter`."""
        wire = self._wire
        if wire is None or not self._stands or wire.ended.done():
            raise LinkError(f"{self!r} is not connected")
        taken_at = self._time.now()
        try:
            listing = await self._listed(wire)
            return self._snapshot(listing.calls, listing.devices, taken_at)
        except NotListed as error:
            raise LinkError(f"{self!r}: Asterisk lists strangely: {error}") from error
        except TimeoutError:
            raise LinkError(f"{self!r}: no list in time") from None

    async def probe(self) -> LinkHealth:
        """See `ccroute.adapters.Adapter`."""
        wire = self._wire
        return LinkHealth(
            up=self._stands and wire is not None and not wire.ended.done(),
            last_heard=None if wire is None else wire.last_heard,
            lag=self._session.lag,
            pending=0 if wire is None else wire.pending,
            counters=tuple(sorted(self._counters.items())),
        )

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        """See `ccroute.adapters.Adapter`; Asterisk sends no requests."""
        del request
        return HttpResponse(status=404)

    def _start(self, work: Coroutine[object, object, None]) -> "asyncio.Task[None]":
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
