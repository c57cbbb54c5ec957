"""The simulated cloud: a telephone platform far away, asked by HTTP and answering by webhooks.

Everything is in the process: no socket, and time is given. It has the bad habits of its kind:
messages come out of order, twice, late or not at all; requests are refused as too many, fail
after they were carried out, or are never answered.
"""

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias
from urllib.parse import unquote

from ccroute.adapters import HttpRequest, HttpResponse, Secret, Time
from ccroute.testing._cloud._messages import SIGNATURE, CloudEvent, Json, signature_of
from ccroute.testing._cloud._telephony import AgentLeg, Call, Telephony

Receiver: TypeAlias = Callable[[HttpRequest], Awaitable[HttpResponse]]
"""Whoever takes the cloud's requests: ``handle_http`` of an adapter."""


class SimulatedCloud:
    """A cloud at ``url`` that lets in who knows ``key``.

    Callers and agents are played by `call`, `leave`, `answer`, `reject`, `hang_up` and
    `set_phone`; accidents by the methods named after them. ``requests``: all that it sent or
    would have sent, as signed; ``refusals``: answers to them that were no 2xx, by status.

    >>> from ccroute.testing import ManualTime
    >>> cloud = SimulatedCloud(ManualTime())
    >>> asyncio.run(cloud.request(HttpRequest(method="GET", url=cloud.url + "/contacts"))).status
    401
    """

    def __init__(
        self, time: Time, *, url: str = "https://cloud.test", key: str = "cloud-key", seed: int = 1
    ) -> None:
        self.url = url
        self.requests: list[HttpRequest] = []
        self.refusals: Counter[int] = Counter()
        self.sign_ins: list[float] = []
        """When somebody tried to subscribe, let in or not."""
        self.carried_out: Counter[str] = Counter()
        """By id of the instruction, as ``x-request-id`` says it: how often."""
        self.asked: defaultdict[str, list[float]] = defaultdict(list)
        """By the same id: when it was asked, refused or not."""
        self.skew = 0.0
        """By how many seconds its clock is ahead."""
        self._time, self._key, self._seed = time, Secret(key), seed
        self._boot, self._mark, self._subscription = 1, 0, 0
        self._subscriber: str | None = None
        self.receiver: Receiver | None = None
        self._telephony = Telephony(time, self._tell)
        self._pending: list[HttpRequest] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._stalled: list[asyncio.Future[None]] = []
        self._disorder: random.Random | None = None
        self._cut = self._silent = self._stalls = self._keeps = False
        self._throttle, self._retry_after, self._failures = 0, 0.0, 0

    def deliver_to(self, receiver: Receiver) -> None:
        """Gives its requests to this receiver from now on."""
        self.receiver = receiver

    async def stop(self) -> None:
        """Leaves no task behind."""
        self._telephony.lose_everything()
        self._let_go()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Callers and agents --------------------------------------------------------------------

    def call(self, *, caller: str = "+34600000001", dialled: str = "900100") -> str:
        """Somebody calls; the id of the contact."""
        entered_at = self._now()
        return self._telephony.arrive(caller=caller, dialled=dialled, entered_at=entered_at)

    def leave(self, contact: str) -> None:
        """The customer hangs up; nothing when it is gone already."""
        self._telephony.leave(contact)

    def update(self, contact: str, attributes: Mapping[str, Json]) -> None:
        """The cloud knows more of a customer."""
        self._telephony.update(contact, attributes)

    def set_phone(self, address: str, manner: str) -> None:
        """What a phone does when it is called: rings, busy, rejects or unreachable."""
        self._telephony.set_phone(address, manner)

    def answer(self, address: str) -> None:
        """The agent takes the call that rings."""
        self._telephony.answer(address)

    def reject(self, address: str) -> None:
        """The agent rejects the call that rings."""
        self._telephony.reject(address)

    def hang_up(self, address: str) -> None:
        """The agent hangs up."""
        self._telephony.hang_up(address)

    # The truth -----------------------------------------------------------------------------

    def calls(self) -> list[Call]:
        """The calls there are."""
        return [*self._telephony.calls.values()]

    def sent_away(self) -> Mapping[str, str]:
        """Contacts that were transferred out of the house and talk there, and where to."""
        return self._telephony.outside

    @property
    def subscriber(self) -> str | None:
        """The address that is to hear of what happens."""
        return self._subscriber

    # Accidents -----------------------------------------------------------------------------

    def cut(self) -> None:
        """No request gets in and none gets out until `restore`; calls go on."""
        self._cut = True
        self._pending.clear()
        self._let_go(ConnectionResetError("the connection was cut"))

    def fall_silent(self) -> None:
        """Nothing gets out, replies neither, until `restore`; requests seem to get in."""
        self._silent = True
        self._pending.clear()

    def stall(self) -> None:
        """Requests are carried out, and replies kept back until `restore`."""
        self._stalls = True

    def keep_requests(self) -> None:
        """Requests are signed and kept, not sent, until `restore`, which does not send them."""
        self._keeps = True

    def restore(self) -> None:
        """All is well again."""
        broken = self._cut or self._silent
        self._cut = self._silent = self._stalls = self._keeps = False
        self._let_go(ConnectionResetError("the connection was cut") if broken else None)

    def restart(self) -> None:
        """Every call is lost, and so is who was to hear of them."""
        self._telephony.lose_everything()
        self._boot += 1
        self._mark, self._subscriber = 0, None
        self._pending.clear()

    def take_over(self) -> None:
        """Somebody else subscribes in our place."""
        self._subscription += 1
        self._subscriber = "https://another.test/hook"

    def throttle(self, times: int, retry_after: float) -> None:
        """The next ``times`` instructions are refused as too many."""
        self._throttle, self._retry_after = times, retry_after

    def fail_creates(self, times: int) -> None:
        """The next ``times`` legs are made, and answered with an error."""
        self._failures = times

    def disorder(self, *, on: bool = True) -> None:
        """From now on messages are sent late, out of order, and some of them twice."""
        self._disorder = random.Random(self._seed) if on else None  # noqa: S311  # no secret

    def signed(self, body: bytes, url: str | None = None) -> HttpRequest:
        """A request with this body, signed as the cloud does."""
        url = url or self._subscriber or self.url
        return HttpRequest(
            method="POST",
            url=url,
            headers={SIGNATURE: signature_of(self._key, url, body)},
            body=body,
        )

    def say(self, kind: str, data: Mapping[str, Json] | None = None) -> None:
        """A message about no contact."""
        self._send("", 0, kind, data or {})

    # Requests to the cloud -----------------------------------------------------------------

    async def request(self, request: HttpRequest) -> HttpResponse:
        """The way in, for the adapter.

        Raises:
            ConnectionRefusedError: nobody listens there, or it is cut: nothing was sent.
            ConnectionResetError: it was cut before there was a reply.
        """
        path = request.url.removeprefix(self.url + "/")
        if path == "subscriptions" and request.method == "POST":
            self.sign_ins.append(self._time.now())
        if path == request.url or self._cut:
            raise ConnectionRefusedError(f"nobody listens at {request.url}")
        reply = (
            HttpResponse(status=503)
            if self._silent
            else self._reply(request, [unquote(part) for part in path.split("/")])
        )
        if self._silent or self._stalls:
            kept = asyncio.get_running_loop().create_future()
            self._stalled.append(kept)
            await kept
        await asyncio.sleep(0)
        return reply

    def _reply(  # noqa: PLR0911  # one answer a request
        self, request: HttpRequest, path: list[str]
    ) -> HttpResponse:
        told = json.loads(request.body or b"{}")
        if request.headers.get("authorization") != f"Bearer {self._key.reveal()}":
            return HttpResponse(status=401)
        if path == ["subscriptions"]:
            if self._subscriber and told.get("instead_of") not in {"", str(self._subscription)}:
                return _answer(409, {"error": "replaced"})
            self._subscription += 1
            self._subscriber = str(told["url"])
            return _answer(201, {"subscription": str(self._subscription), "boot": self._boot})
        if request.headers.get("x-subscription") != str(self._subscription):
            return _answer(409, {"error": "replaced"})
        if self._subscriber is None:
            return _answer(410, {"error": "restarted"})
        match request.method, path:
            case "DELETE", ["subscriptions", _]:
                self._subscriber = None
                return HttpResponse(status=204)
            case "GET", ["contacts"]:
                return _answer(200, self._listing())
            case "GET", ["contacts", contact, "legs", label]:
                call = self._telephony.calls.get(contact)
                leg = call.legs.get(label) if call else None
                return _answer(200, _leg(leg)) if leg else HttpResponse(status=404)
            case _:
                return self._instructed(request, path, told)

    def _instructed(
        self, request: HttpRequest, path: list[str], told: dict[str, Json]
    ) -> HttpResponse:
        instruction = request.headers.get("x-request-id", "")
        self.asked[instruction].append(self._time.now())
        if self._throttle:
            self._throttle -= 1
            return HttpResponse(status=429, headers={"retry-after": f"{self._retry_after:g}"})
        call = self._telephony.calls.get(path[1]) if path[0] == "contacts" else None
        status = 404 if call is None else self._carry_out(call, request.method, path[2:], told)
        if 200 <= status < 300:
            self.carried_out[instruction] += 1
        if status == 201 and self._failures:
            self._failures -= 1
            return HttpResponse(status=502)
        return HttpResponse(status=status)

    def _carry_out(  # noqa: PLR0911  # one status a request
        self, call: Call, method: str, path: list[str], told: dict[str, Json]
    ) -> int:
        match method, path:
            case "POST", ["waiting"]:
                treatment = told.get("treatment")
                call.treatment = treatment if isinstance(treatment, str) else None
                return self._telephony.wait(call, _table(told.get("attributes")))
            case "POST", ["legs"]:
                return self._telephony.dial(
                    call,
                    str(told["label"]),
                    str(told["to"]),
                    float(str(told["timeout"])),
                    _table(told.get("tags")),
                )
            case "DELETE", ["legs", label]:
                return self._telephony.cancel(call, label)
            case "POST", ["bridge"]:
                return self._telephony.bridge(call, str(told["label"]))
            case "POST", ["hold"]:
                return self._telephony.hold(call, on=told.get("on") is True)
            case "POST", ["transfer"]:
                return self._telephony.transfer(call, str(told["to"]))
            case "DELETE", []:
                self._telephony.leave(call.contact, by="system")
                return 204
            case _:
                return 405

    def _listing(self) -> dict[str, Json]:
        contacts: list[Json] = []
        for call in self.calls():
            leg = call.legs.get(call.bridge or "")
            contacts.append(
                {
                    "contact": call.contact,
                    "seq": call.seq,
                    "entered_at": call.entered_at,
                    "caller": call.caller,
                    "dialled": call.dialled,
                    "attributes": call.attributes,
                    "agent": leg.tags.get("agent") if leg else None,
                    "held": call.held,
                    "legs": [_leg(one) for one in call.legs.values()],
                }
            )
        now = self._now()
        return {"boot": self._boot, "mark": self._mark, "now": now, "contacts": contacts}

    # Requests from the cloud ---------------------------------------------------------------

    def _tell(self, call: Call, kind: str, data: Mapping[str, Json]) -> None:
        call.seq += 1
        self._send(call.contact, call.seq, kind, data)

    def _send(self, contact: str, seq: int, kind: str, data: Mapping[str, Json]) -> None:
        self._mark += 1
        if self._subscriber is None:
            return
        event = CloudEvent(
            boot=self._boot,
            mark=self._mark,
            contact=contact,
            seq=seq,
            kind=kind,
            at=self._now(),
            data=dict(data),
        )
        request = self.signed(event.body())
        self.requests.append(request)
        if self._cut or self._silent or self._keeps or self.receiver is None:
            return
        self._pending.append(request)
        if len(self._pending) == 1:
            self._do(self._deliver())

    async def _deliver(self) -> None:
        if self._disorder is not None:
            # So that there is something to mix up.
            await self._time.sleep_until(self._time.now() + self._disorder.uniform(0.05, 0.5))
        while self._pending:
            batch, self._pending = self._pending, []
            if self._disorder is not None:
                batch += self._disorder.sample(batch, len(batch) // 3)
                self._disorder.shuffle(batch)
            for request in batch:
                await self._give(request)

    async def _give(self, request: HttpRequest) -> None:
        if self.receiver is None or self._cut or self._silent:
            return
        reply = await self.receiver(request)
        if not 200 <= reply.status < 300:
            self.refusals[reply.status] += 1

    def _do(self, work: "Awaitable[None]") -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _let_go(self, error: Exception | None = None) -> None:
        stalled, self._stalled = self._stalled, []
        for kept in stalled:
            if kept.done():
                continue
            if error is None:
                kept.set_result(None)
            else:
                kept.set_exception(error)

    def _now(self) -> float:
        return self._time.now() + self.skew


def _leg(leg: AgentLeg) -> dict[str, Json]:
    return {"label": leg.label, "state": leg.state, "tags": leg.tags}


def _table(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _answer(status: int, told: Mapping[str, Json]) -> HttpResponse:
    return HttpResponse(status=status, body=json.dumps(told).encode())
