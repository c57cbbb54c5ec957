"""Pigeon itself, simulated: a messaging service with chats and e-mails, which does not exist.

It keeps threads, one for each customer and channel, and in them sessions: one begins when a
customer writes into a thread that has none. It routes nothing: sessions wait until they are
given an agent. Who is subscribed is sent all that happens; what cannot be sent is not sent
again.
"""

import asyncio
import itertools
import json
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias
from urllib.parse import unquote

import attrs

from ccroute.adapters import HttpRequest, HttpResponse, Secret, Time
from ccroute_pigeon.messages import SIGNATURE, Json, PigeonEvent, signature_of

Receiver: TypeAlias = Callable[[HttpRequest], Awaitable[HttpResponse]]


@attrs.define
class Talk:
    """A session, as Pigeon has it."""

    session: str
    thread: str
    channel: str
    customer: str
    started_at: float
    previous: str | None
    attributes: dict[str, Json]
    quiet_since: float
    word: int = 0
    said: int = 0
    waits: bool = False
    agent: str | None = None
    offer: int | None = None
    tenant: str | None = None
    texts: list[tuple[str, str]] = attrs.Factory(list)


class Pigeon:
    """The service. Customers and agents are played by `write`, `answer`, `leave` and `finish`.

    ``talks``: the sessions that go on; ``requests``: all that was sent or would have been;
    ``carried_out`` and ``asked``: by id of the request, how often and when.
    """

    def __init__(
        self, time: Time, *, url: str = "https://pigeon.test", key: str = "pigeon-key"
    ) -> None:
        self.url = url
        self.talks: dict[str, Talk] = {}
        self.requests: list[HttpRequest] = []
        self.carried_out: Counter[str] = Counter()
        self.asked: defaultdict[str, list[float]] = defaultdict(list)
        self.sign_ins: list[float] = []
        self.skew = 0.0
        self.receiver: Receiver | None = None
        self.subscriber: str | None = None
        self.cut = self.silent = self.stalls = self.keeps = False
        self.throttle: tuple[int, float] = (0, 0.0)
        """How many instructions are refused as too many, and after how long to try again."""
        self.failures = 0
        """How many are carried out and answered with an error."""
        self._time, self._key = time, Secret(key)
        self._boot, self._number, self._subscription = 1, 0, 0
        self._serial = itertools.count(1)
        self._last: dict[str, str] = {}
        self._pending: deque[HttpRequest] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stalled: list[asyncio.Future[None]] = []

    # Customers and agents ------------------------------------------------------------------

    def write(
        self, customer: str, text: str = "Hello", *, channel: str = "chat", subject: str = ""
    ) -> str:
        """The customer writes; the session it is in, a new one where there is none."""
        thread = f"{channel}:{customer}"
        talk = next((talk for talk in self.talks.values() if talk.thread == thread), None)
        if talk is None:
            return self._start(thread, channel, customer, {"subject": subject}, text)
        self._say(talk, "customer", text)
        return talk.session

    def answer(self, session: str, text: str = "Hello") -> None:
        """The agent writes."""
        self._say(self.talks[session], "agent", text)

    def leave(self, session: str) -> None:
        """The customer closes the window; nothing where it is closed."""
        if session in self.talks:
            self._close(self.talks[session], "customer", "hangup")

    def finish(self, session: str) -> None:
        """The agent closes the session at Pigeon's own desk."""
        self._close(self.talks[session], "agent", "hangup")

    # Accidents -----------------------------------------------------------------------------

    def break_off(self) -> None:
        """No request gets in, none gets out, and those that wait for a reply get none."""
        self.cut = True
        self._pending.clear()
        self._let_go(ConnectionResetError("the connection was cut"))

    def mend(self) -> None:
        """All is well again."""
        broken = self.cut or self.silent
        self.cut = self.silent = self.stalls = self.keeps = False
        self._let_go(ConnectionResetError("the connection was cut") if broken else None)

    def restart(self) -> None:
        """It is started anew, with nothing in it."""
        self.talks.clear()
        self._last.clear()
        self._boot += 1
        self._number, self.subscriber = 0, None
        self._pending.clear()

    def take_over(self) -> None:
        """Somebody else subscribes in our place."""
        self._subscription += 1
        self.subscriber = "https://another.test/hook"

    def tell(self, kind: str, session: str = "", data: Mapping[str, Json] | None = None) -> int:
        """Sends an event to who is subscribed; its number."""
        self._number += 1
        if self.subscriber is None:
            return self._number
        event = PigeonEvent(
            boot=self._boot,
            number=self._number,
            kind=kind,
            session=session,
            at=self._now(),
            data=data or {},
        )
        request = self.signed(event.body())
        self.requests.append(request)
        if not (self.cut or self.silent or self.keeps):
            self._pending.append(request)
            if len(self._pending) == 1:
                task = asyncio.ensure_future(self._deliver())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        return self._number

    def signed(self, body: bytes) -> HttpRequest:
        """A request with this body, signed."""
        url = self.subscriber or self.url
        signature = signature_of(self._key, url, body)
        return HttpRequest(method="POST", url=url, headers={SIGNATURE: signature}, body=body)

    async def stop(self) -> None:
        """Leaves no task behind."""
        self._let_go(None)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Requests ------------------------------------------------------------------------------

    async def request(self, request: HttpRequest) -> HttpResponse:
        """The way in.

        Raises:
            ConnectionRefusedError: nobody listens there, or it is cut.
            ConnectionResetError: it was cut before there was a reply.
        """
        path = request.url.removeprefix(self.url + "/")
        if (request.method, path) == ("POST", "subscription"):
            self.sign_ins.append(self._time.now())
        if path == request.url or self.cut:
            raise ConnectionRefusedError(f"nobody listens at {request.url}")
        reply = (
            HttpResponse(status=503)
            if self.silent
            else self._reply(request, [unquote(part) for part in path.split("/")])
        )
        if self.silent or self.stalls:
            kept = asyncio.get_running_loop().create_future()
            self._stalled.append(kept)
            await kept
        return reply

    def _reply(  # noqa: PLR0911  # one answer a request
        self, request: HttpRequest, path: list[str]
    ) -> HttpResponse:
        told = json.loads(request.body or b"{}")
        if request.headers.get("authorization") != f"Bearer {self._key.reveal()}":
            return HttpResponse(status=401)
        if (request.method, path) == ("POST", ["subscription"]):
            return self._subscribe(told)
        if request.headers.get("x-subscription") != str(self._subscription):
            return HttpResponse(status=409)
        if self.subscriber is None:
            return HttpResponse(status=410)
        if (request.method, path) == ("DELETE", ["subscription"]):
            self.subscriber = None
            return HttpResponse(status=204)
        if (request.method, path) == ("GET", ["sessions"]):
            return _answer(200, self._listing())
        status = self._instructed(request, path, told)
        again = {"retry-after": f"{self.throttle[1]:g}"} if status == 429 else {}
        return HttpResponse(status=status, headers=again)

    def _subscribe(self, told: dict[str, Json]) -> HttpResponse:
        if self.subscriber and told.get("instead_of") not in {"", str(self._subscription)}:
            return HttpResponse(status=409)
        self._subscription += 1
        self.subscriber = str(told["url"])
        return _answer(201, {"subscription": str(self._subscription)})

    def _instructed(self, request: HttpRequest, path: list[str], told: dict[str, Json]) -> int:
        asked_by = request.headers.get("x-request-id", "")
        self.asked[asked_by].append(self._time.now())
        times, _ = self.throttle
        if times:
            self.throttle = times - 1, self.throttle[1]
            return 429
        talk = self.talks.get(path[1]) if path[0] == "sessions" and len(path) == 3 else None
        status = 404 if talk is None else self._carry_out(talk, path[2], told)
        self.carried_out[asked_by] += status == 204
        if status == 204 and self.failures:
            self.failures -= 1
            return 502  # carried out all the same
        return status

    def _carry_out(self, talk: Talk, what: str, told: dict[str, Json]) -> int:
        match what:
            case "waiting" if not talk.waits:
                kept = told.get("attributes")
                talk.attributes |= kept if isinstance(kept, dict) else {}
                talk.waits, talk.agent, talk.offer = True, None, None
                self.tell("waiting", talk.session)
            case "agent" if talk.agent is None:
                talk.waits, talk.agent = False, str(told["agent"])
                talk.offer, talk.tenant = int(str(told["offer"])), str(told["tenant"])
                talk.quiet_since = self._now()
                joined = {name: told[name] for name in ("agent", "offer", "tenant")}
                talk.said = self.tell("joined", talk.session, joined)
            case "agent" if talk.offer != told["offer"]:
                return 409
            case "message":
                self._say(talk, "system", str(told["text"]))
            case "forward":
                # What was written goes to an address outside, where it is answered.
                if talk.agent is not None:
                    self.tell("forwarded", talk.session, {"to": told["to"]})
                self._close(talk, "system", "transferred")
            case "close":
                if talk.word > int(str(told.get("after", talk.word))):
                    return 412  # the customer has written meanwhile
                self._close(talk, "system", str(told["cause"]))
            case "waiting" | "agent":
                pass  # so it is already
            case _:
                return 405
        return 204

    # -------------------------------------------------------------------------------------

    def _start(
        self, thread: str, channel: str, customer: str, attributes: dict[str, Json], text: str
    ) -> str:
        session, now = f"S{next(self._serial):05}", self._now()
        talk = Talk(
            session, thread, channel, customer, now, self._last.get(thread), attributes, now
        )
        talk.texts.append(("customer", text))
        self.talks[session] = talk
        self._last[thread] = session
        names = ("thread", "channel", "customer", "previous", "attributes")
        talk.word = talk.said = self.tell(
            "started", session, {name: getattr(talk, name) for name in names}
        )
        return session

    def _say(self, talk: Talk, by: str, text: str) -> None:
        talk.texts.append((by, text))
        number = self.tell("message", talk.session, {"by": by})
        if by != "system":
            talk.said, talk.quiet_since = number, self._now()
        if by == "customer":
            talk.word = number

    def _close(self, talk: Talk, by: str, cause: str) -> None:
        del self.talks[talk.session]
        self.tell("closed", talk.session, {"by": by, "cause": cause})

    def _listing(self) -> dict[str, Json]:
        names = (
            "session", "thread", "channel", "customer", "previous", "attributes", "started_at",
            "quiet_since", "word", "said", "agent", "offer", "tenant",
        )  # fmt: skip
        sessions: list[Json] = [
            {name: getattr(talk, name) for name in names} for talk in self.talks.values()
        ]
        now = self._now()
        return {"boot": self._boot, "number": self._number, "now": now, "sessions": sessions}

    async def _deliver(self) -> None:
        while self._pending and self.receiver is not None:
            await self.receiver(self._pending[0])
            if self._pending:
                self._pending.popleft()

    def _let_go(self, error: Exception | None) -> None:
        stalled, self._stalled = self._stalled, []
        for kept in stalled:
            if not kept.done() and error is not None:
                kept.set_exception(error)
            elif not kept.done():
                kept.set_result(None)

    def _now(self) -> float:
        return self._time.now() + self.skew


def _answer(status: int, told: Mapping[str, Json]) -> HttpResponse:
    return HttpResponse(status=status, body=json.dumps(told).encode())
