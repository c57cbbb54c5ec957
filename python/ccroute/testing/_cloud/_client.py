"""Requests of the cloud's adapter: sent once, and only again where it is certain that nothing
was done."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import attrs

from ccroute import LinkError
from ccroute.adapters import HttpRequest, HttpResponse, Outcome, Secret, Time, failed, within
from ccroute.testing._cloud._messages import Json

Transport: TypeAlias = Callable[[HttpRequest], Awaitable[HttpResponse]]
"""Sends a request and returns the reply. Raises `ConnectionRefusedError` when nothing was sent,
another `OSError` when nobody knows."""

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


@attrs.frozen(kw_only=True)
class CloudSettings:
    """Of a link to the cloud.

    ``url``: where it is asked; ``callback``: our address, as it is written in what it signs;
    ``key``: of the account, for both ways; ``timeout``: seconds until a request is given up;
    ``poll``: seconds between two looks at all contacts; ``patience``: seconds for which a
    missing message is waited for.
    """

    url: str
    callback: str
    key: Secret
    timeout: float = attrs.field(default=5.0, validator=attrs.validators.gt(0))
    poll: float = attrs.field(default=30.0, validator=attrs.validators.gt(0))
    patience: float = attrs.field(default=10.0, validator=attrs.validators.gt(0))


class NotSent(LinkError):
    """Nothing was sent."""


class NotHeard(LinkError):
    """Something was sent, and there is no reply."""


class CloudClient:
    """Asks the cloud. ``subscription``: which one of ours it is about."""

    def __init__(self, settings: CloudSettings, transport: Transport, time: Time) -> None:
        self._settings, self._transport, self._time = settings, transport, time
        self.subscription = ""
        self.broken = False
        """Whether a connection was refused or broke since this was last set to ``False``."""
        self.throttled = 0
        """How often a request was refused as too many."""

    async def ask(
        self,
        method: str,
        path: str,
        told: Mapping[str, Json] | None = None,
        *,
        until: float | None = None,
        request_id: str = "",
    ) -> HttpResponse:
        """Sends a request, and returns the reply, whatever it says.

        Raises:
            NotSent: nobody listens there.
            NotHeard: no reply in time, or the connection broke before.
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
        except ConnectionRefusedError as error:
            self.broken = True
            raise NotSent(f"{self._settings.url} refused the connection") from error
        except TimeoutError as error:
            raise NotHeard(f"{self._settings.url} did not reply in time") from error
        except OSError as error:
            self.broken = True
            raise NotHeard(f"the connection to {self._settings.url} broke") from error

    async def ask_patiently(
        self,
        method: str,
        path: str,
        told: Mapping[str, Json] | None = None,
        *,
        until: float,
        request_id: str,
    ) -> HttpResponse | Outcome:
        """As `ask`; when it is refused as too many, which is certain to have done nothing,
        again after as long as the cloud says. The outcome ``throttled`` where that is too late.
        """
        pause = _FIRST_PAUSE
        while True:
            reply = await self.ask(method, path, told, until=until, request_id=request_id)
            if reply.status != 429:
                return reply
            self.throttled += 1
            wait = _seconds(reply.headers.get("retry-after")) or pause
            if self._time.now() + wait >= until:
                return failed("throttled", "too many requests", retry_after=wait)
            await self._time.sleep_until(self._time.now() + wait)
            pause = min(2 * pause, _LONGEST_PAUSE)


def told_by(reply: HttpResponse) -> dict[str, Json]:
    """What a reply says.

    Raises:
        ValueError: it is no object.
    """
    told = json.loads(reply.body.decode())
    if not isinstance(told, dict):
        raise ValueError("a reply is an object")
    return told


def _seconds(written: str | None) -> float | None:
    try:
        seconds = float(written or "")
    except ValueError:
        return None
    return seconds if 0 < seconds < 86_400 else None
