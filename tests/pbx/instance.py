"""Instances of the installed Asterisk: on loopback, on ports of their own, several at once."""

import contextlib
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

CONFIGURATION = Path(__file__).with_name("conf")
# Asterisk says something about each that is missing.
EMPTY = ("acl", "ccss", "chan_websocket", "pjproject", "queuerules", "udptl", "websocket_client")
PORTS = ("ami", "ami_tls", "http", "https", "sip")
RANGE = range(10_000, 20_000)  # below what the system gives to connections that go out
BOOT = 30.0  # seconds; takes 0.6 on an idle machine


class Asterisk:
    """One instance. What it keeps (logs, database, queue_log) survives a restart.

    Attributes:
        name: Its system name, the beginning of its unique ids.
        ports: `ami`, `ami_tls`, `http` and `https` (ARI too), `sip`; the same after a restart.
        secret: Password of its users: `ccroute` (the adapter under test), `watcher` (who
            lacks rights) and `phones` (AMI only: the tests).
    """

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self.name = name
        self.secret = secrets.token_hex(8)
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self._base = f"/srv/{name}-{os.getpid()}-{secrets.token_hex(2)}"
        self._process: subprocess.Popen[bytes] | None = None
        self._configure()

    @property
    def folder(self) -> Path:
        """Its own files: etc, log, lib, spool, run."""
        return self._root / self._base[1:]

    @property
    def queue_log(self) -> Path:
        return self.folder / "log" / "queue_log"

    @property
    def certificate(self) -> Path:
        """What a client trusts to speak TLS with any instance: `localhost` and 127.0.0.1."""
        return self._root / "etc" / "certificate.pem"

    @property
    def ari_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['http']}/ari"

    @property
    def version(self) -> str:
        return self.cli("core show version")

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} does not run"
        return self._process.pid

    def start(self) -> None:
        """Starts it and waits until it is fully booted."""
        assert self._process is None, f"{self.name} runs already"
        program = ("/usr/sbin/asterisk", "-f", "-U", "asterisk", "-G", "asterisk")
        with (self.folder / "log" / "console").open("ab") as console:
            self._process = subprocess.Popen(
                ["chroot", str(self._root), *program, "-C", self._settings],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,  # a Ctrl-C is for the test run
            )
        (self.folder / "pid").write_text(str(self._process.pid))
        deadline = time.monotonic() + BOOT
        while "fully booted" not in self.cli("core waitfullybooted"):
            ended = self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                self.kill()
                told = "\n".join(self.log().splitlines()[-20:])
                raise AssertionError(f"{self.name} {'ended' if ended else 'hangs'}:\n{told}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends it as an administrator does; calls in it are hung up."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self.kill()

    def kill(self) -> None:
        """Kill -9: it says goodbye to nobody."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def remove(self) -> None:
        """Stops it and deletes what it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def cli(self, command: str) -> str:
        """What `asterisk -rx COMMAND` prints; nothing while it does not run."""
        inside = ["chroot", str(self._root), "asterisk", "-C", self._settings, "-rx", command]
        done = subprocess.run(inside, check=False, capture_output=True, text=True, timeout=60)
        return done.stdout

    def log(self) -> str:
        """Its warnings and errors."""
        files = [self.folder / "log" / name for name in ("console", "messages.log", "messages")]
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    @property
    def _settings(self) -> str:
        return f"{self._base}/etc/asterisk.conf"

    def _configure(self) -> None:
        for part in ("etc", "log/cdr-csv", "lib/keys", "spool/recording", "run", "cache"):
            (self.folder / part).mkdir(parents=True)
        marks = {
            "BASE": self._base,
            "NAME": self.name,
            "SECRET": self.secret,
            "CERTIFICATE": "/etc/asterisk-test.pem",
            "MODULES": "/" + str(modules(self._root).relative_to(self._root)),
        }
        marks |= {f"{name.upper()}_PORT": str(port) for name, port in self.ports.items()}
        for file in CONFIGURATION.glob("*.conf"):
            text = file.read_text()
            for mark, value in marks.items():
                text = text.replace(f"@{mark}@", value)
            (self.folder / "etc" / file.name).write_text(text)
        for name in EMPTY:
            (self.folder / "etc" / f"{name}.conf").touch()
        user = next(
            line.split(":")
            for line in (self._root / "etc/passwd").read_text().splitlines()
            if line.startswith("asterisk:")
        )
        for path in [self.folder, *self.folder.rglob("*")]:
            os.chown(path, int(user[2]), int(user[3]))


def modules(root: Path) -> Path:
    return next(root.glob("usr/lib/**/asterisk/modules/app_queue.so")).parent


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses at the moment, for TCP and UDP."""
    found: list[int] = []
    for port in random.sample(RANGE, len(RANGE)):
        if len(found) == count:
            break
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                taken = stack.enter_context(socket.socket(socket.AF_INET, kind))
                taken.bind(("127.0.0.1", port))
            found.append(port)
    return found


def sweep(root: Path) -> None:
    """Ends and deletes what test runs left behind that were killed themselves."""
    for folder in (root / "srv").glob("*-*-*"):
        owner = folder.name.split("-")[-2]
        if Path("/proc", owner).exists():
            continue
        kept = folder / "pid"
        pid = int(kept.read_text()) if kept.exists() and kept.read_text() else 0
        program = Path(f"/proc/{pid}/exe")
        # Only ever our own: its program is the one in the root, told this folder.
        with contextlib.suppress(OSError):
            ours = program.readlink() == root / "usr/sbin/asterisk"
            if ours and folder.name.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
