"""Requests over HTTP, whose connections are kept."""

import ssl
from urllib.parse import quote

import httpx

from ccroute import LinkError
from ccroute.adapters import Secret
from ccroute_asterisk.ari.codec import LONGEST_REPLY, Reply, Request, read_reply
from ccroute_asterisk.ari.settings import AriSettings

NOBODY = (
    "set `enabled`, `bindaddr` and `bindport` in http.conf and give them as `url`, with https only "
    "for its TLS port"
)
UNTRUSTED = "give the certificate of who signed Asterisk's as `ca`, and the name in it as `url`"


class NotSent(LinkError):
    """A request was not sent, for certain."""


class OverHttp:
    """``trust``: whose certificates are believed; ``signed``: the header `Authorization`;
    ``told``: what errors call the link."""

    def __init__(
        self, settings: AriSettings, trust: ssl.SSLContext | None, signed: Secret, told: str
    ) -> None:
        # Not the client, which tells the log of every request; the injected time has the deadlines.
        self._transport = httpx.AsyncHTTPTransport(
            trust_env=False,
            verify=trust or False,
            limits=httpx.Limits(
                max_connections=settings.in_flight, max_keepalive_connections=settings.in_flight
            ),
        )
        self._ari = f"{settings.url.rstrip('/')}/ari"
        self._signed = signed
        self._told = told

    async def ask(self, request: Request, name: str | None) -> Reply:
        """A request's reply. ``name``: of the instruction, for who reads along.

        Raises:
            NotSent: there is no connection.
            LinkError: the connection broke.
        """
        content = request.content
        headers = {"Authorization": self._signed.reveal()}
        if content:
            headers["Content-Type"] = "application/json"
        if name is not None:
            headers["X-Request-ID"] = quote(name)
        try:
            reply = await self._transport.handle_async_request(
                httpx.Request(
                    request.method, self._ari + request.target, headers=headers, content=content
                )
            )
            body = await _read(reply)
        except httpx.ConnectError as error:
            remedy = UNTRUSTED if "CERTIFICATE_VERIFY_FAILED" in str(error) else NOBODY
            raise NotSent(f"{self._told}: cannot connect: {error}: {remedy}") from error
        except httpx.PoolTimeout as error:
            raise NotSent(f"{self._told}: no connection is free") from error
        except httpx.RemoteProtocolError as error:
            raise LinkError(
                f"{self._told}: what listens there speaks no HTTP, or broke off: give the port of "
                "http.conf as `url`"
            ) from error
        except httpx.HTTPError as error:
            raise LinkError(f"{self._told}: {type(error).__name__}") from error
        return read_reply(reply.status_code, body, reply.headers.get("Retry-After"))

    async def close(self) -> None:
        """Leaves no connection behind."""
        await self._transport.aclose()


async def _read(reply: httpx.Response) -> bytes:
    """A reply's body, up to a bound."""
    body = bytearray()
    try:
        async for part in reply.aiter_bytes():
            body += part
            if len(body) > LONGEST_REPLY:
                raise LinkError(f"a reply is longer than {LONGEST_REPLY} bytes")
    finally:
        await reply.aclose()
    return bytes(body)
