"""``ccroute run`` in a process of its own, with an adapter that an entry point names."""

import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import pytest

ROOT = Path(__file__).parents[2]

ADAPTER = """
import asyncio
import logging
import attrs
from ccroute import ConfigError
from ccroute.adapters import Secret, read_settings
from ccroute.testing import LoopbackAdapter, LoopbackPlatform

@attrs.frozen(kw_only=True)
class Settings:
    password: Secret
    callers: int = 0
    hangs: bool = False

def build(link, config):
    settings = read_settings(Settings, config, link=link)
    if settings.password.reveal() == "wrong":
        raise ConfigError(f"links.{link}: {settings.password.reveal()} is no password")
    platform = LoopbackPlatform()
    adapter = LoopbackAdapter(platform, link)
    connect = adapter.open

    async def opened(sink, time):
        if settings.hangs:
            logging.getLogger("pbx").warning("it hangs")
            await asyncio.Event().wait()
        platform.time = time
        for number in range(settings.callers):
            platform.call(f"caller-{number}", caller=f"+3460000000{number}", queue="billing",
                          tenant="acme")
        await connect(sink, time)

    adapter.open = opened
    return adapter
"""

PLAN = """
[queues.billing]
[agents.ana]
queues = ["billing"]
"""

CENTRE = """
snapshot = "state.zip"
control = "c.sock"
log = "json"

[tenants.acme]
plan = "acme.toml"
destinations = ["+34*"]

[tenants.acme.directory.ana]
pbx = "200"

[links.pbx]
adapter = "in_process"
password = { env = "PBX_PASSWORD" }
callers = 2
"""

PASSWORD = "swordfish-17"


def install(folder: Path) -> None:
    """Makes the adapter one that is installed, for who has ``folder`` in its path."""
    (folder / "in_process_adapter.py").write_text(ADAPTER)
    info = folder / "in_process_adapter-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: in-process-adapter\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[ccroute.adapters]\nin_process = in_process_adapter:build\n"
    )


def centre(folder: Path, text: str = CENTRE, plan: str = PLAN) -> Path:
    """A document with its plan, and the adapter that it names."""
    install(folder)
    (folder / "acme.toml").write_text(plan)
    path = folder / "centre.toml"
    path.write_text(text)
    return path


class Running:
    """A host that runs, for as long as the ``with`` lasts."""

    def __init__(self, path: Path, **environ: str) -> None:
        self.path = path
        self._environ = {"PBX_PASSWORD": PASSWORD, **environ}
        self.lines: list[str] = []

    def __enter__(self) -> Self:
        folder = str(self.path.parent)
        told = [folder, str(ROOT / "python"), str(ROOT), os.environ.get("PYTHONPATH", "")]
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from ccroute.cli import main; main()", "run", str(self.path)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(told), **self._environ},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self._heard: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._heard.put(line)
        self._heard.put(None)

    def hear(self, words: str) -> str:
        """The next line of the log with ``words`` in it."""
        while (line := self._heard.get(timeout=30)) is not None:
            self.lines.append(line)
            if words in line:
                return line
        pytest.fail(f"it ended without saying {words!r}: {''.join(self.lines)}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ends it; returns its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(timeout=30)
        self._reader.join()
        while (line := self._heard.get_nowait()) is not None:
            self.lines.append(line)
        return code

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
