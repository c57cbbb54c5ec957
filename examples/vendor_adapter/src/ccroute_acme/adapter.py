"""The adapter: the only socket, the only tasks. All thinking is done in the other files."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import ClassVar

import attrs

from ccroute import ConfigError, LinkError
from ccroute.adapters import (
    MODES,
    AdapterInfo,
    CallCustomer,
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
    Ring,
    Secret,
    Sink,
    SystemTime,
    Time,
    Verdict,
    failed,
    unknown,
    within,
)
from ccroute_acme.codec import Json, LineTooLong, Message, send
from ccroute_acme.commands import Commands, Gone, outcome_of
from ccroute_acme.messages import Malformed, text, whole
from ccroute_acme.session import QUIET, BackOff, EventsLost, Pace, Session
from ccroute_acme.translate import Translator

PATIENCE = 10.0
"""Seconds that connecting, signing in and listing may take each."""
REMEMBERED = 10_000
"""How many outcomes are kept, so that an instruction given again has no second effect."""

INFO = AdapterInfo(
    name="acme",
    version="0.1.0",
    platform="Acme PBX (made up)",
    capabilities=[
        "park", "treatment", "announce", "ring", "call_customer", "client_leg_ids", "cancel_ring",
        "multi_ring", "hold", "blind_transfer", "consult_transfer", "conference", "hangup_party",
        "record", "record_pause", "consent_prompt", "listen", "whisper", "barge", "device_state",
        "agent_mirror", "agent_codes", "snapshot", "native_seq", "restart_detect",
    ],
    limits=Limits(offers_per_second=10.0, ring=(5.0, 300.0)),
)  # fmt: skip


@attrs.frozen(kw_only=True)
class AcmeSettings:
    """What a document says of a link. ``mode``: whether we route, or look on."""

    host: str
    user: str
    password: Secret
    port: int = 4010
    mode: str = attrs.field(default="control", validator=attrs.validators.in_(MODES))


class Link:
    """A connection, from its first byte to its end. It ends once, for one reason."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.final = False
        self.signed_in = False
        self._writer = writer
        self._asked: dict[str, asyncio.Future[Message]] = {}
        self._at_once: dict[str, Callable[[Message], None]] = {}

    @property
    def stands(self) -> bool:
        """Whether instructions can be sent."""
        return self.signed_in and not self.ended.done()

    @property
    def pending(self) -> int:
        """How many commands were not replied to yet."""
        return len(self._asked)

    def tell(self, command: Message) -> None:
        """Sends a command whose reply is of no interest."""
        if not self.ended.done():
            self._writer.write(send(command))

    async def ask(
        self, command: Message, time: Time, deadline: float,
        at_once: Callable[[Message], None] | None = None,
    ) -> Message:  # fmt: skip
        """Sends a command; its reply. ``at_once`` gets it before any later event is heard.

        Raises:
            TimeoutError: none came in time.
            LinkError: the link ended before.
        """
        if self.ended.done():
            raise LinkError(self.ended.result())
        name = text(command, "id")
        reply: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._asked[name] = reply
        if at_once is not None:
            self._at_once[name] = at_once
        self.tell(command)
        try:
            return await within(time, deadline, reply)
        finally:
            self._asked.pop(name, None)
            self._at_once.pop(name, None)

    def replied(self, message: Message) -> None:
        """A reply came; one that nobody waits for any more is forgotten."""
        name = text(message, "re")
        if message.get("ok") is True and name in self._at_once:
            self._at_once.pop(name)(message)
        if (asked := self._asked.get(name)) is not None and not asked.done():
            asked.set_result(message)

    def end(self, reason: str, *, final: bool = False) -> None:
        """Cuts the connection; what was not replied to never will be."""
        if self.ended.done():
            return
        self.final = final
        self.ended.set_result(reason)
        self._writer.transport.abort()
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(LinkError(reason))


class AcmeAdapter:
    """A link to an Acme PBX. See `ccroute.adapters.Adapter`."""

    card: ClassVar[AdapterInfo] = INFO

    def __init__(self, link: str, settings: AcmeSettings) -> None:
        self._name = link
        self._settings = settings
        self._counters: Counter[str] = Counter()
        self._translator = Translator(self._counters)
        self._commands = Commands(self._translator)
        self._pace = Pace(INFO.limits.offers_per_second or 10.0)
        self._time: Time = SystemTime()
        self._sink: Sink | None = None
        self._link: Link | None = None
        self._session: Session | None = None
        self._epoch = 0
        self._last_heard: float | None = None
        self._closing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._outcomes: OrderedDict[str, asyncio.Task[Outcome]] = OrderedDict()

    @property
    def info(self) -> AdapterInfo:
        """See `ccroute.adapters.Adapter`."""
        return self.card

    def __repr__(self) -> str:
        return f"<AcmeAdapter {self._name!r} to {self._settings.host}:{self._settings.port}>"

    # -- Coming and going ---------------------------------------------------------------

    async def open(self, sink: Sink, time: Time) -> None:
        """See `ccroute.adapters.Adapter`."""
        self._sink, self._time = sink, time
        link = await self._come_up()
        self._start(self._keep_up(link))

    async def close(self, drain: float) -> None:
        """See `ccroute.adapters.Adapter`."""
        self._closing = True
        under_way = [task for task in self._outcomes.values() if not task.done()]
        if under_way:
            with suppress(TimeoutError):
                await within(self._time, self._time.now() + drain, asyncio.wait(under_way))
        if self._link is not None:
            self._link.end("closed")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *under_way, return_exceptions=True)

    async def _come_up(self) -> Link:
        """Connects, signs in, subscribes, lists: then the link stands.

        Raises:
            ConfigError: the PBX does not know us.
            LinkError: it cannot be reached, or says nothing.
        """
        time, settings = self._time, self._settings
        try:
            connecting = asyncio.open_connection(settings.host, settings.port)
            streams = await within(time, time.now() + PATIENCE, connecting)
        except (OSError, TimeoutError) as error:
            raise LinkError(f"{self!r} cannot connect: {error!r}") from error
        link, session = Link(*streams), Session(time.now(), self._counters)
        self._link, self._session = link, session
        self._start(self._read(link, session))
        try:
            await self._sign_in(link, session)
        except Malformed as error:
            raise LinkError(f"{self!r}: the PBX greets strangely") from error
        finally:
            if not link.signed_in:
                link.end("not signed in")
        self._start(self._watch(link, session))
        return link

    async def _sign_in(self, link: Link, session: Session) -> None:
        taken_at = self._time.now()

        def listed(reply: Message) -> None:
            self._stand(link, session, reply, taken_at)

        settings = self._settings
        password = settings.password.reveal()
        welcome = await self._greet(link, "sign_in", user=settings.user, password=password)
        self._epoch = whole(welcome, "boot")
        await self._greet(link, "subscribe")
        taken_at = self._time.now()
        await self._greet(link, "list", listed)

    async def _greet(
        self, link: Link, verb: str, at_once: Callable[[Message], None] | None = None, **more: Json
    ) -> Message:
        command = {"do": verb, "id": verb, **more}
        try:
            reply = await link.ask(command, self._time, self._time.now() + PATIENCE, at_once)
        except TimeoutError:
            raise LinkError(f"{self!r}: no reply to {verb}") from None
        if reply.get("error") == "credentials":
            raise ConfigError(f"links.{self._name}: the PBX refuses user or password")
        if reply.get("ok") is not True:
            raise LinkError(f"{self!r}: {verb} was refused: {reply.get('error')}")
        return reply

    def _stand(self, link: Link, session: Session, listed: Message, taken_at: float) -> None:
        """The link stands: from here on every event counts."""
        assert self._sink is not None
        now = self._time.now()
        snapshot = self._translator.snapshot(listed, taken_at, self._epoch, now)
        self._translator.start_from(listed, now)
        session.begin_after(whole(listed, "n"))
        link.signed_in = True
        self._sink.push(LinkUp(epoch=self._epoch))
        if self._last_heard is not None:
            self._sink.push(Gap(since=min(self._last_heard, now), until=now))
        self._sink.resync(snapshot)
        self._drop_strays()

    async def _keep_up(self, link: Link) -> None:
        """Tells the end of each link, and makes another, until there is no use."""
        assert self._sink is not None
        pauses = BackOff(f"{self._name} {self._settings.user}")
        while True:
            reason = await link.ended
            if self._session is not None:
                self._last_heard = self._session.last_heard
            self._sink.push(LinkDown(reason=reason, final=link.final))
            if link.final:
                return
            while True:
                await self._time.sleep_until(self._time.now() + pauses.pause())
                try:
                    link = await self._come_up()
                except LinkError:
                    self._counters["tries"] += 1
                except ConfigError as error:
                    self._sink.push(LinkDown(reason=str(error), final=True))
                    return
                else:
                    break
            pauses.reset()

    # -- Hearing ------------------------------------------------------------------------

    async def _read(self, link: Link, session: Session) -> None:
        try:
            while data := await link.reader.read(64 * 1024):
                for message in session.receive_data(data, self._time.now()):
                    self._hear(link, session, message)
        except (OSError, LineTooLong, EventsLost) as error:
            link.end(f"{type(error).__name__}: {error}")
        finally:
            # Whatever happened: a link that nobody reads must not look well.
            link.end("the PBX closed the connection")

    def _hear(self, link: Link, session: Session, message: Message) -> None:
        if link.ended.done():
            return
        try:
            if "re" in message:
                link.replied(message)
            elif message.get("ev") == "taken_over":
                # Whoever came in as us would be thrown out in turn: people must decide.
                link.end("another client has signed in as this user", final=True)
            elif session.counts(message):
                self._push(link, message)
        except Malformed:
            self._counters["malformed"] += 1

    def _push(self, link: Link, event: Message) -> None:
        assert self._sink is not None
        for signal in self._translator.hear(event, self._time.now()):
            if not self._sink.push(signal):
                # Nothing may be missing in between: begin again with a snapshot.
                link.end("the host takes no more signals")
                return
        self._drop_strays()

    def _drop_strays(self) -> None:
        for leg in self._translator.strays:
            if self._link is not None:
                self._link.tell({"do": "drop", "id": f"stray-{leg}", "leg": leg})
        self._translator.strays.clear()

    async def _watch(self, link: Link, session: Session) -> None:
        """Asks whether somebody is there when it is quiet, and ends a link that is dead."""
        pings = 0
        while not link.ended.done():
            await self._time.sleep_until(self._time.now() + QUIET / 2)
            now = self._time.now()
            if session.is_dead(now):
                link.end(f"no bytes for {now - session.last_heard:.0f} s")
            elif session.is_quiet(now):
                pings += 1
                link.tell({"do": "ping", "id": f"ping-{pings}"})

    # -- Telling ------------------------------------------------------------------------

    async def execute(self, instruction: Instruction) -> Outcome:
        """See `ccroute.adapters.Adapter`."""
        task = self._outcomes.get(instruction.id)
        if task is None:
            task = asyncio.ensure_future(self._carry_out(instruction))
            self._outcomes[instruction.id] = task
            while len(self._outcomes) > REMEMBERED and next(iter(self._outcomes.values())).done():
                self._outcomes.popitem(last=False)
        # Who is cancelled while waiting does not stop what is on its way.
        return await asyncio.shield(task)

    async def _carry_out(self, instruction: Instruction) -> Outcome:
        if not self.card.can(instruction.needs):
            return failed("unsupported")
        link = self._link
        if link is None or self._closing or not link.stands:
            return failed("link_down")
        try:
            command = self._commands.of(instruction)
        except Gone as gone:
            return failed("gone", str(gone))
        outcome = await self._sent(link, instruction, command)
        if outcome.verdict is Verdict.FAILED:
            self._commands.failed(instruction)
        return outcome

    async def _sent(self, link: Link, instruction: Instruction, command: Message) -> Outcome:
        time = self._time
        if isinstance(instruction, Ring):
            turn = self._pace.turn(time.now())
            if turn >= instruction.deadline:
                return failed("throttled", "too many rings", retry_after=turn - time.now())
            await time.sleep_until(turn)
            if not self._commands.is_wanted(instruction):
                return failed("gone", "cancelled before its turn came")
            command = {**command, "for": instruction.until - time.now()}
        if isinstance(instruction, CallCustomer):
            command = {**command, "for": max(0.0, instruction.until - time.now())}
        while True:
            try:
                reply = await link.ask(command, time, instruction.deadline)
            except TimeoutError:
                return unknown("no reply")
            except LinkError as error:
                return unknown(str(error))
            outcome = outcome_of(reply)
            again = time.now() + (outcome.retry_after or 0.0)
            if outcome.failure != "throttled" or again >= instruction.deadline:
                return outcome
            # It was refused for certain, so it may be sent again.
            self._counters["throttled"] += 1
            await time.sleep_until(again)

    # -- Asking -------------------------------------------------------------------------

    async def snapshot(self) -> PlatformSnapshot:
        """See `ccroute.adapters.Adapter`."""
        link = self._link
        if link is None or not link.stands:
            raise LinkError(f"{self!r} is not connected")
        taken_at = self._time.now()
        listed = await self._greet(link, "list")
        try:
            return self._translator.snapshot(listed, taken_at, self._epoch, self._time.now())
        except Malformed as error:
            raise LinkError(f"{self!r}: the PBX lists strangely") from error

    async def probe(self) -> LinkHealth:
        """See `ccroute.adapters.Adapter`."""
        link, session = self._link, self._session
        return LinkHealth(
            up=link is not None and link.stands,
            last_heard=session.last_heard if session else None,
            pending=link.pending if link else 0,
            counters=tuple(sorted(self._counters.items())),
        )

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        """See `ccroute.adapters.Adapter`; this PBX sends no requests."""
        return HttpResponse(status=404)

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
