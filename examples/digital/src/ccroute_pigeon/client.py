"""Requests to Pigeon: what is sent, when again, and what a reply means."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias
from urllib.parse import quote

from ccroute import LinkError
from ccroute.adapters import (
    Announce,
    Connect,
    HangUp,
    HttpRequest,
    HttpResponse,
    Instruction,
    Outcome,
    Park,
    SendAway,
    Time,
    done,
    failed,
    unknown,
    within,
)
from ccroute_pigeon.messages import Json
from ccroute_pigeon.settings import PigeonSettings

Transport: TypeAlias = Callable[[HttpRequest], Awaitable[HttpResponse]]
"""Sends a request. Raises `ConnectionRefusedError` when nothing was sent, another `OSError` when
nobody knows."""


class NotSent(LinkError):
    """Nothing was sent."""


class Client:
    """Asks Pigeon. ``broken``: whether a connection was refused or broke."""

    def __init__(self, settings: PigeonSettings, transport: Transport, time: Time) -> None:
        self._settings, self._transport, self._time = settings, transport, time
        self.subscription = ""
        self.broken = False
        self.throttled = 0
        self._pause_until = 0.0

    async def ask(
        self,
        method: str,
        path: str,
        told: Mapping[str, Json] | None = None,
        *,
        until: float | None = None,
        request_id: str = "",
    ) -> HttpResponse:
        """Sends a request and returns the reply, whatever it says.

        Raises:
            NotSent: nobody listens there.
            LinkError: no reply in time, or the connection broke.
        """
        request = HttpRequest(
            method=method,
            url=f"{self._settings.url}/{path}",
            headers={
                "authorization": f"Bearer {self._settings.key.reveal()}",
                "x-subscription": self.subscription,
                "x-request-id": request_id,
            },
            body=b"" if told is None else json.dumps(told).encode(),
        )
        late = self._time.now() + self._settings.timeout
        late = late if until is None else min(late, until)
        try:
            return await within(self._time, late, self._transport(request))
        except TimeoutError as error:
            raise LinkError(f"{self._settings.url} did not reply in time") from error
        except OSError as error:
            self.broken = True
            refused = isinstance(error, ConnectionRefusedError)
            kind = NotSent if refused else LinkError
            raise kind(f"the connection to {self._settings.url} broke") from error

    async def ask_for_us(self, path: str, told: Mapping[str, Json]) -> None:
        """Asks for something of our own that is asked for again, if it matters, when its time comes
        again; not while Pigeon says that it is too much.

        Raises:
            LinkError: as `ask`.
        """
        if self._time.now() < self._pause_until:
            return
        reply = await self.ask("POST", path, told)
        if reply.status == 429:
            self.throttled += 1
            self._pause_until = self._time.now() + _seconds(reply)

    async def carry_out(self, instruction: Instruction) -> Outcome:
        """Sends the request that an instruction is, and again only when it was refused as too
        many: then nothing was done, and the reply says when."""
        path, told = _request(instruction)
        while True:
            try:
                reply = await self.ask(
                    "POST", path, told, until=instruction.deadline, request_id=instruction.id
                )
            except NotSent as error:
                return failed("link_down", str(error))
            except LinkError as error:
                return unknown(str(error))
            if reply.status != 429:
                return _outcome(reply)
            self.throttled += 1
            pause = _seconds(reply)
            if self._time.now() + pause >= instruction.deadline:
                return failed("throttled", retry_after=pause)
            await self._time.sleep_until(self._time.now() + pause)


def path_of(session: str, what: str) -> str:
    """Where a session is asked for something. Its id is Pigeon's, and no path of ours."""
    return f"sessions/{quote(session, safe='')}/{what}"


def _request(instruction: Instruction) -> tuple[str, Mapping[str, Json]]:
    match instruction:
        case Park():
            kept: dict[str, Json] = dict(instruction.attributes or {})
            told_of: dict[str, Json] = {"queue": instruction.queue, "attributes": kept}
            return path_of(instruction.contact, "waiting"), told_of
        case Connect():
            told: dict[str, Json] = {
                "agent": instruction.agent,
                "offer": instruction.offer,
                "tenant": instruction.tenant,
            }
            return path_of(instruction.contact, "agent"), told
        case Announce():
            values = " ".join(f"{name} {it}" for name, it in (instruction.values or {}).items())
            said = f"{instruction.prompt} {values}".strip()
            return path_of(instruction.contact, "message"), {"text": said}
        case SendAway():
            return path_of(instruction.contact, "forward"), {"to": instruction.address}
        case HangUp():
            return path_of(instruction.contact, "close"), {"cause": "hangup"}
        case _:
            raise AssertionError(f"{type(instruction).__name__} is declared and has no request")


def _outcome(reply: HttpResponse) -> Outcome:
    if 200 <= reply.status < 300:
        return done()
    if reply.status in {404, 410}:
        return failed("gone")
    if reply.status >= 500:
        return unknown(f"Pigeon answered {reply.status}")
    return failed("rejected", f"Pigeon answered {reply.status}")


def _seconds(reply: HttpResponse) -> float:
    try:
        return min(max(float(reply.headers.get("retry-after", "")), 0.1), 86_400.0)
    except ValueError:
        return 1.0
