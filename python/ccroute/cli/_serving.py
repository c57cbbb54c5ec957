"""Where ``ccroute run`` listens for HTTP, with the server that the extra ``serve`` brings."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from ccroute._errors import ConfigError
from ccroute._extras import of_extra
from ccroute.host import Host, HttpPart, asgi


def listening(http: HttpPart) -> socket.socket:
    """A socket at which the centre will be asked.

    Raises:
        ConfigError: the package is missing, or the place cannot be used.
    """
    of_extra("uvicorn", extra="serve", purpose="[http]")
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    try:
        at = socket.create_server((http.host, http.port), family=family, backlog=256)
    except (OSError, ValueError) as error:  # the latter: no name of a host
        why = (error.strerror if isinstance(error, OSError) else None) or error
        raise ConfigError(f"http: {http.host}:{http.port}: {why}: give another place") from error
    # Connections inherit it. A reply is written in pieces, and asyncio switches Nagle's rule off
    # for sockets that name TCP only: these do not, and each reply waited 40 ms.
    at.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return at


@asynccontextmanager
async def served(host: Host, http: HttpPart, at: socket.socket) -> AsyncIterator[None]:
    """Serves `ccroute.host.asgi` for as long as it lasts, then lets requests end."""
    uvicorn: Any = of_extra("uvicorn", extra="serve", purpose="[http]")
    config = uvicorn.Config(
        asgi(host, public_url=http.public_url),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        limit_concurrency=1_000,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # ours are caught already
    task = asyncio.create_task(server.serve(sockets=[at]))
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
