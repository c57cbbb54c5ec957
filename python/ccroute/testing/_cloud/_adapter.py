"""The cloud's adapter: instructions by request, signals by signed webhooks, the rest by looking.

What messages mean stands in ``_reducer``, how requests are sent in ``_client``, which request an
instruction is in ``_instructions``. Here is the link: when it is up, what was missed, and
what is done about it.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Mapping

from ccroute import ConfigError, LinkError
from ccroute.adapters import (
    AdapterInfo,
    Ended,
    Gap,
    HttpRequest,
    HttpResponse,
    Instruction,
    Limits,
    LinkDown,
    LinkHealth,
    LinkUp,
    OfferFailed,
    Outcome,
    PlatformSnapshot,
    Setting,
    Signal,
    Sink,
    Time,
    Verdict,
    failed,
    read_settings,
    unknown,
    within,
)
from ccroute.testing._cloud._client import CloudClient, CloudSettings, Transport, told_by
from ccroute.testing._cloud._instructions import carry_out
from ccroute.testing._cloud._messages import Json, event_of, is_signed, number, text
from ccroute.testing._cloud._reducer import Listing, Reducer, listing_of

_LARGEST = 1 << 20
_BEAT = 1.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_REMEMBERED = 10_000
_REPLACED = "somebody else has subscribed in our place"

INFO = AdapterInfo(
    name="cloud",
    version="1",
    platform="the simulated cloud",
    capabilities=[
        "park", "treatment", "ring", "client_leg_ids", "cancel_ring", "multi_ring", "hold",
        "blind_transfer", "hangup_party", "snapshot", "native_seq", "restart_detect", "webhook_in",
    ],
    limits=Limits(ring=(1.0, 120.0)),
)  # fmt: skip


class Replaced(LinkError):
    """Somebody else subscribes in our place."""


class CloudAdapter:
    """An adapter for `SimulatedCloud`. ``transport``: what sends requests to it.

    Raises:
        ConfigError: a setting that cannot be; see `ccroute.adapters.read_settings`.
    """

    def __init__(self, link: str, config: Mapping[str, Setting], transport: Transport) -> None:
        self._settings = read_settings(CloudSettings, config, link=link)
        self._transport = transport
        # Links that broke at one moment must not come back at one moment.
        self._jitter = random.Random(link)  # noqa: S311  # no secret
        self._reducer = Reducer()
        self._sink: Sink | None = None
        self._client: CloudClient | None = None
        self._time: Time | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._given: dict[str, asyncio.Task[Outcome]] = {}
        self._up = self._closed = self._doubtful = False
        self._cut: str | None = None
        self._boot = 0
        self._looked = 0.0
        """Up to when nothing was missed."""
        self._asked = 0.0
        self._heard: float | None = None
        self._behind: dict[str, tuple[int, float]] = {}
        self._early: list[bytes] | None = None
        self._counters: Counter[str] = Counter()
        self._wake = asyncio.Event()

    @property
    def info(self) -> AdapterInfo:
        """See `ccroute.adapters.Adapter`."""
        return INFO

    # Coming and going ----------------------------------------------------------------------

    async def open(self, sink: Sink, time: Time) -> None:
        """See `ccroute.adapters.Adapter`."""
        self._sink, self._time = sink, time
        self._client = CloudClient(self._settings, self._transport, time)
        await self._come_in(since=None)
        self._watcher = asyncio.ensure_future(self._watch())

    async def close(self, drain: float) -> None:
        """See `ccroute.adapters.Adapter`."""
        self._closed = True
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
            self._watcher = None
        under_way = [task for task in self._given.values() if not task.done()]
        if under_way and self._time is not None:
            late = self._time.now() + drain
            try:
                await within(self._time, late, asyncio.gather(*under_way, return_exceptions=True))
            except TimeoutError:
                for task in under_way:
                    task.cancel()
                await asyncio.gather(*under_way, return_exceptions=True)
        if self._up and self._client is not None:
            self._up = False
            try:
                await self._client.ask("DELETE", f"subscriptions/{self._client.subscription}")
            except LinkError:
                self._counters["not_unsubscribed"] += 1

    async def _come_in(self, since: float | None) -> None:
        """Subscribes and looks. Messages that come between the two are kept until then.

        ``since``: from when nothing was heard; ``None``: there was nothing before.
        """
        client, time, sink = self._parts()
        self._early = []
        try:
            # After a broken link only in place of our own: whoever came meanwhile stays.
            told: dict[str, Json] = {
                "url": self._settings.callback,
                "instead_of": client.subscription,
            }
            reply = await client.ask("POST", "subscriptions", told)
            if reply.status == 409:
                raise Replaced(_REPLACED)
            if reply.status in {401, 403}:
                raise ConfigError("the cloud does not let us in: give another key")
            if reply.status != 201:
                raise LinkError(f"the cloud answered {reply.status} when we subscribed")
            client.subscription = text(told_by(reply), "subscription")
            began = time.now()
            listing = await self._list()
        except ValueError as error:
            self._early = None
            raise LinkError("the cloud's answer cannot be read") from error
        except BaseException:
            self._early = None
            raise
        lost = self._restarted(listing) if listing.boot != self._boot else []
        self._up, self._cut, self._looked = True, None, began
        client.broken = False
        for signal in lost:
            self._push(signal)
        self._push(LinkUp(epoch=listing.boot))
        if since is not None:
            self._push(Gap(since=since, until=time.now()))
        self._behind.clear()
        waited = self._reducer.adopt(listing)
        early, self._early = self._early or [], None
        sink.resync(self._snapshot(listing, began))
        for signal in waited:
            self._push(signal)
        for body in early:
            self._hear(body)

    def _restarted(self, listing: Listing) -> list[Signal]:
        """The ends of all that was known before a restart."""
        first, self._boot = self._boot == 0, listing.boot
        known = self._reducer.forget()
        if first:
            return []
        self._counters["restarts"] += 1
        signals: list[Signal] = []
        for contact, it in known.items():
            signals += [
                OfferFailed(offer=leg.offer, tenant=leg.tenant, reason="error", inferred=True)
                for leg in it.legs.values()
                if leg.state != "bridged"
            ]
            signals.append(Ended(contact=contact, cause="system_lost", inferred=True))
        return signals

    # Looking -------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Looks now and then; comes in again when the link is broken."""
        _, time, _ = self._parts()
        while True:
            with contextlib.suppress(TimeoutError):
                await within(time, self._next_look(), self._wake.wait())
            self._wake.clear()
            try:
                if self._cut is None:
                    await self._look()
                if self._cut is not None:
                    raise LinkError(self._cut)
            except Replaced as error:
                self._down(str(error), final=True)
                return
            except LinkError as error:
                since = self._looked
                self._down(str(error))
                if not await self._come_back(since):
                    return

    def _next_look(self) -> float:
        """When there is something to do, if nothing wakes it before."""
        _, time, _ = self._parts()
        due = [self._asked + self._settings.poll]
        due += [since + self._settings.patience for _, since in self._behind.values()]
        return max(min(due), time.now() + _BEAT)

    async def _come_back(self, since: float) -> bool:
        """Tries until it is in again, with growing pauses; whether it may be at all."""
        _, time, _ = self._parts()
        pause = _FIRST_PAUSE
        while True:
            await time.sleep_until(time.now() + pause * self._jitter.uniform(0.5, 1.0))
            pause = min(2 * pause, _LONGEST_PAUSE)
            try:
                await self._come_in(since)
            except (ConfigError, Replaced) as error:
                self._down(str(error), final=True)
                return False
            except LinkError:
                continue
            return True

    async def _look(self) -> None:
        """Finds out what was missed: of what, stands in ``_behind``, since when too."""
        _, time, sink = self._parts()
        now = time.now()
        for contact, seq in self._reducer.wanting():
            self._behind.setdefault(contact, (seq, now))
        self._behind = {
            contact: (seq, since)
            for contact, (seq, since) in self._behind.items()
            if not self._reducer.has_come_to(contact, seq)
        }
        missed = self._reducer.crowded() or any(
            now - since >= self._settings.patience for _, since in self._behind.values()
        )
        if not missed and not self._doubtful and now - self._asked < self._settings.poll:
            return
        self._doubtful = False
        try:
            listing = await self._list()
        except ValueError as error:
            raise LinkError("the cloud's list cannot be read") from error
        if listing.boot != self._boot:
            raise LinkError("the cloud was restarted")
        behind = dict(self._reducer.behind(listing))
        if missed:
            # Waited for long enough: what they said is in the list.
            self._counters["gaps"] += 1
            self._push(Gap(since=self._looked, until=time.now()))
            waited = self._reducer.adopt(listing)
            sink.resync(self._snapshot(listing, now))
            for signal in waited:
                self._push(signal)
            self._behind.clear()
        elif behind:
            # Perhaps still under way.
            for contact, seq in behind.items():
                self._behind.setdefault(contact, (seq, now))
            return
        self._looked = now

    async def _list(self) -> Listing:
        client, time, _ = self._parts()
        self._asked = asked = time.now()
        reply = await client.ask("GET", "contacts")
        if reply.status == 409:
            raise Replaced(_REPLACED)
        if reply.status != 200:
            raise LinkError(f"the cloud answered {reply.status} when asked for all contacts")
        told = told_by(reply)
        listing = listing_of(told, ours_ahead=asked - number(told, "now"))
        self._heard = time.now()
        return listing

    def _snapshot(self, listing: Listing, taken_at: float) -> PlatformSnapshot:
        merged = self._reducer.merged(listing)
        return PlatformSnapshot(
            taken_at=taken_at,
            epoch=listing.boot,
            contacts=[known.held() for known in merged.values()],
        )

    async def snapshot(self) -> PlatformSnapshot:
        """See `ccroute.adapters.Adapter`."""
        if self._closed or self._client is None or self._time is None:
            raise LinkError("the link is not open")
        began = self._time.now()
        try:
            return self._snapshot(await self._list(), began)
        except ValueError as error:
            raise LinkError("the cloud's list cannot be read") from error

    async def probe(self) -> LinkHealth:
        """See `ccroute.adapters.Adapter`."""
        counters = self._counters + Counter(
            replayed=self._reducer.replayed, malformed=self._reducer.malformed
        )
        if self._client is not None:
            counters["throttled"] = self._client.throttled
        return LinkHealth(
            up=self._up,
            last_heard=self._heard,
            pending=sum(not task.done() for task in self._given.values()),
            counters=tuple(sorted(counters.items())),
        )

    # Instructions ----------------------------------------------------------------------------

    async def execute(self, instruction: Instruction) -> Outcome:
        """See `ccroute.adapters.Adapter`."""
        if not INFO.can(instruction.needs):
            return failed("unsupported", f"the cloud has no {instruction.needs}")
        task = self._given.get(instruction.id)
        if task is None:
            if self._closed or not self._up or self._client is None or self._time is None:
                return failed("link_down")
            work = self._carried_out(instruction, self._client, self._time)
            task = self._given[instruction.id] = asyncio.ensure_future(work)
            self._forget_old()
        try:
            # Who gives up waiting does not stop it: half a request would be an unknown leg.
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                return unknown("the link was closed meanwhile")
            raise

    async def _carried_out(
        self, instruction: Instruction, client: CloudClient, time: Time
    ) -> Outcome:
        outcome = await carry_out(instruction, client, time)
        # Then the link is looked after now, and not when its turn comes.
        self._doubtful |= outcome.verdict is Verdict.UNKNOWN
        if client.broken:
            self._cut = "a connection broke"
        if self._doubtful or client.broken:
            self._wake.set()
        return outcome

    def _forget_old(self) -> None:
        if len(self._given) > _REMEMBERED:
            oldest = next(key for key, task in self._given.items() if task.done())
            del self._given[oldest]

    # Webhooks --------------------------------------------------------------------------------

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        """See `ccroute.adapters.Adapter`."""
        if len(request.body) > _LARGEST:
            self._counters["too_large"] += 1
            return HttpResponse(status=413)
        # For another address: signed, it may be, but not for us.
        if request.url != self._settings.callback or not is_signed(self._settings.key, request):
            self._counters["forged"] += 1
            return HttpResponse(status=403)
        if self._early is not None:
            if len(self._early) >= _REMEMBERED:
                return HttpResponse(status=503)
            self._early.append(request.body)
            return HttpResponse(status=204)
        if not self._up or self._cut is not None:
            return HttpResponse(status=503)
        return HttpResponse(status=204 if self._hear(request.body) else 400)

    def _hear(self, body: bytes) -> bool:
        """Takes a message; whether it is one."""
        try:
            event = event_of(body)
            if event.boot != self._boot:
                self._counters["other_boot"] += 1
                return True
            signals = self._reducer.hear(event)
        except (ValueError, RecursionError):
            self._counters["malformed"] += 1
            return False
        self._heard = self._time.now() if self._time else None
        for signal in signals:
            self._push(signal)
        if any(contact not in self._behind for contact, _ in self._reducer.wanting()):
            self._wake.set()
        return True

    def _push(self, signal: Signal) -> None:
        """Tells a signal; without room for it the link is cut, and a snapshot tells all."""
        _, _, sink = self._parts()
        if self._cut is None and not sink.push(signal):
            self._counters["overflows"] += 1
            self._cut = "there was no room for a signal"
            self._wake.set()

    def _down(self, reason: str, *, final: bool = False) -> None:
        self._up = False
        _, _, sink = self._parts()
        sink.push(LinkDown(reason=self._settings.key.hide_in(reason), final=final))

    def _parts(self) -> tuple[CloudClient, Time, Sink]:
        if self._client is None or self._time is None or self._sink is None:
            raise LinkError("the link is not open: open it first")
        return self._client, self._time, self._sink
