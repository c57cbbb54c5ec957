"""Requests by HTTP/1.1, one connection each: all that this example needs of a web client."""

import asyncio
from urllib.parse import urlsplit

from ccroute.adapters import HttpRequest, HttpResponse

_LARGEST = 16 << 20


async def send(request: HttpRequest) -> HttpResponse:
    """Sends a request and reads the reply.

    Raises:
        ConnectionRefusedError: nothing was sent.
        OSError: the connection broke, or what came is no reply.
    """
    url = urlsplit(request.url)
    head = _head(request, url.netloc, f"{url.path}?{url.query}".rstrip("?"))
    secure = url.scheme == "https"
    try:
        reader, writer = await asyncio.open_connection(
            url.hostname, url.port or (443 if secure else 80), ssl=secure or None
        )
    except OSError as error:
        raise ConnectionRefusedError(f"{url.hostname} cannot be reached: {error}") from error
    try:
        writer.write(head + request.body)
        await writer.drain()
        return await _reply(reader)
    except (EOFError, ValueError, asyncio.LimitOverrunError) as error:
        raise ConnectionResetError(f"{url.hostname} did not reply as it should") from error
    finally:
        writer.close()


def _head(request: HttpRequest, host: str, target: str) -> bytes:
    headers = {
        **request.headers,
        "host": host,
        "content-type": "application/json",
        "content-length": str(len(request.body)),
        "connection": "close",
    }
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    if any("\r" in line or "\n" in line for line in lines):
        # Whoever wrote that wanted to say more than a header.
        raise ConnectionRefusedError("a line end in a header: nothing was sent")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def _reply(reader: asyncio.StreamReader) -> HttpResponse:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = [line.partition(":") for line in head[1:] if line]
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= _LARGEST:
        raise ValueError(f"a body of {length} bytes")
    return HttpResponse(
        status=int(head[0].split(" ")[1]), headers=headers, body=await reader.readexactly(length)
    )
