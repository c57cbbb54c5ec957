"""``ccroute run``: a host of its own, from a document. Only here are signals caught and logging
configured."""

import asyncio
import gc
import logging
import os
import signal
import sys
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ccroute._commands import SetPlan
from ccroute._errors import CcrouteError
from ccroute.adapters import Secret
from ccroute.cli._console import count, fail
from ccroute.cli._reading import sentence
from ccroute.cli._serving import listening, served
from ccroute.host import Centre, ControlSocket, Host, JsonFormatter, incident_bundle
from ccroute.metrics import shown

_log = logging.getLogger("ccroute.run")


def run(
    path: Annotated[Path, typer.Argument(metavar="CENTRE", help="The centre, in TOML.")],
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether it could run; open nothing.")
    ] = False,
) -> None:
    """Run a centre: tenants with their plans, over links to platforms.

    SIGTERM and SIGINT end it in order, SIGHUP has it read its plans anew.
    """
    try:
        centre, host = Centre.load_host(path, environ=os.environ)
        if check:
            tenants, links = count(len(centre.tenants), "tenant"), count(len(centre.links), "link")
            print(f"{path}: {tenants}, {links}")
            return
        _configure_logging(centre)
        asyncio.run(_run(centre, host))
    except (CcrouteError, OSError) as error:
        words = sentence(error, path)
        fail(words if str(path) in words else f"{path}: {words}")


async def _run(centre: Centre, host: Host) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    reload = asyncio.Event()
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    async with AsyncExitStack() as stack:
        # The socket first: it says whether another host runs this document.
        bundle = partial(incident_bundle, host, hidden=centre.secrets)
        await stack.enter_async_context(ControlSocket(host, centre.control, bundle=bundle))
        if centre.http is not None:
            await stack.enter_async_context(served(host, centre.http, listening(centre.http)))
        stopping = asyncio.create_task(stop.wait())
        starting = asyncio.create_task(host.start())
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()  # what did not start is not stopped: it must not be saved
            stack.push_async_callback(host.stop)
            reloading = asyncio.create_task(_reload(centre, host, reload))
            stack.callback(reloading.cancel)
            # What is there now stays: looking through it again would stop all for tens of ms.
            gc.collect()
            gc.freeze()
            _log.info("runs: %s", ", ".join(centre.tenants))
            await stopping
        else:
            starting.cancel()  # a link that hangs does not keep it from stopping
            await asyncio.gather(starting, return_exceptions=True)
            stack.push_async_callback(host.stop)
        stopping.cancel()
        _log.info("stops")
    _log.info("stopped")


async def _reload(centre: Centre, host: Host, asked: asyncio.Event) -> None:
    """Each time it is asked for: plans that read otherwise than before come into force. One that
    is wrong is told of, and its tenant goes on under the one it has."""
    while True:
        await asked.wait()
        asked.clear()
        for name in centre.tenants:
            try:
                plan = await asyncio.to_thread(centre.plan, name)
                if plan == host.router(name).plan:
                    continue
                await host.apply(SetPlan(plan=plan), actor="operator", reason="SIGHUP", tenant=name)
            except CcrouteError as error:
                _log.error("tenant %s keeps its plan: %s", name, error, extra={"tenant": name})
            else:
                _log.info("tenant %s has a new plan", name, extra={"tenant": name})


class _Text(logging.Formatter):
    """Lines for people, without secrets. What a message or an exception holds that would move a
    terminal's cursor is written out, and what follows a record's line is indented: nobody can make
    another's."""

    def __init__(self, secrets: tuple[Secret, ...]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        head, *more = self._hidden(super().format(record)).split("\n")
        return "\n".join([head, *(f"  {shown(line)}" for line in more)])

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # as logging calls it
        return shown(self._hidden(super().formatMessage(record)))

    def _hidden(self, text: str) -> str:
        for secret in self._secrets:
            text = secret.hide_in(text)
        return text


def _configure_logging(centre: Centre) -> None:
    secrets = centre.secrets
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(secrets) if centre.log == "json" else _Text(secrets))
    logging.basicConfig(level=centre.log_level.upper(), handlers=[handler])
