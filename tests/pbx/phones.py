"""The people at the phones: callers and agents of a real Asterisk, played by the test.

Over an AMI session of its own, with as little code as that takes: what is tested must not
test itself. What each far end did is kept as the ground truth.
"""

import contextlib
import re
import socket
import threading
import time
import wave
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Self

from tests.pbx.instance import Asterisk

PATIENCE = 20.0  # seconds until `wait_for` gives up; a loaded machine is late
AUDIBLE = 1_000  # of 32,768: what is no noise


@dataclass(frozen=True)
class FarEnd:
    """What somebody at a phone did.

    `what` of a caller: `calls`, `presses KEYS`, `hangs up`, `gone`; of an agent: `rings`,
    `answers`, `rejects`, `hangs up`, `gone`; of the PBX: `fallback` (Stasis did not take the
    call), `queue over` (out of app_queue, alive). Gone comes whoever ended the call.
    """

    at: float
    role: str
    what: str
    ref: str
    agent: str
    channel: str
    unique_id: str
    fields: dict[str, str] = field(repr=False)


class Phones:
    """Callers (each with a `ref` of its own) and agents' phones 101 to 299 and 301 to 304."""

    def __init__(self, pbx: Asterisk) -> None:
        self.pbx = pbx
        self.seen: list[FarEnd] = []
        self._refs, self._actions = count(1), count(1)
        self._replies: dict[str, dict[str, str]] = {}
        self._news = threading.Condition()
        self._socket = socket.create_connection(("127.0.0.1", pbx.ports["ami"]), timeout=10)
        self._socket.settimeout(None)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.action("Login", Username="phones", Secret=pbx.secret, Events="user")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the session; calls go on."""
        with contextlib.suppress(OSError):  # Asterisk was first
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join(5)
        self._socket.close()

    # -- Callers ---------------------------------------------------------------------

    def call(
        self,
        queue: str,
        *,
        context: str = "ccroute",
        phone: str = "caller",
        talk: float | None = None,
        key: str = "",
        key_at: float | None = None,
        caller_id: str = "",
        ref: str = "",
        **variables: str,
    ) -> str:
        """Somebody calls an extension of a context and is answered; gives its `ref`.

        Args:
            queue: The extension.
            context: `ccroute` (Stasis), `queues` (app_queue) or another of the dialplan.
            phone: `caller`, or `tone` who is heard.
            talk: Seconds until the caller hangs up; else when told, by `hang_up`.
            key: What the caller presses, `key_at` seconds after the call began.
            key_at: See `key`.
            caller_id: Number shown.
            ref: Name of the call in the ground truth; else a fresh one.
            variables: More channel variables.
        """
        ref = ref or f"{self.pbx.name}-{next(self._refs)}"
        given = {"CALL_REF": ref, "CALL_KEY": key} | variables
        given |= {} if talk is None else {"CALL_TALK": str(talk)}
        given |= {} if key_at is None else {"CALL_KEY_AT": str(key_at)}
        self.action(
            "Originate",
            Channel=f"Local/{phone}@phones/n",
            Context=context,
            Exten=queue,
            Priority="1",
            Async="true",
            CallerID=caller_id,
            Variable=",".join(f"__{name}={value}" for name, value in given.items() if value),
        )
        return ref

    def hang_up(self, ref: str) -> None:
        """The caller hangs up now."""
        self.action("Hangup", Channel=self._channel("caller", ref=ref), Cause="16")

    def press(self, ref: str, keys: str) -> None:
        """The caller presses keys now."""
        channel = self._channel("caller", ref=ref)
        for key in keys:
            self.action("PlayDTMF", Channel=channel, Digit=key)

    # -- Agents ----------------------------------------------------------------------

    def agent(
        self, number: str, mode: str = "answer", *, delay: float = 0.2, talk: float = 600
    ) -> None:
        """What an agent's phone does from now on when it rings.

        Args:
            number: Extension in [agents]: dial `Local/NUMBER@agents/n`.
            mode: `answer` or `reject` after `delay` seconds, `busy` or `congestion` at once,
                `wait`: rings until the test says `answer`, `decline`, or the caller leaves.
            delay: Seconds.
            talk: Seconds until the agent hangs up.
        """
        for key, value in {"mode": mode, "delay": str(delay), "talk": str(talk)}.items():
            self.action("DBPut", Family=f"agent/{number}", Key=key, Val=value)

    def answer(self, number: str) -> None:
        """The ringing agent answers now."""
        channel = self._channel("agent", agent=number)
        self.action(
            "Redirect", Channel=channel, Context="agents-answer", Exten=number, Priority="1"
        )

    def decline(self, number: str, cause: int = 21) -> None:
        """The ringing agent rejects the call now."""
        self.action("Hangup", Channel=self._channel("agent", agent=number), Cause=str(cause))

    def hang_up_agent(self, number: str) -> None:
        """The talking agent hangs up now."""
        self.decline(number, cause=16)

    def dial_out(self, number: str, exten: str = "700", context: str = "transfer") -> str:
        """The agent makes a private call from a phone of [agents]; gives its `ref`."""
        ref = f"{self.pbx.name}-{next(self._refs)}"
        self.action(
            "Originate",
            Channel=f"Local/{number}@agents/n",
            Context=context,
            Exten=exten,
            Priority="1",
            Async="true",
            Variable=f"__CALL_REF={ref}",
        )
        return ref

    def register(self, number: str, *, expires: int = 3600, at: Asterisk | None = None) -> None:
        """A SIP phone (301 to 304) registers; 0 seconds unregisters it.

        Its calls ring at the far end of that number in `at`, which is this instance if not
        said otherwise: dial `PJSIP/NUMBER`.
        """
        here, there = self.pbx.ports["sip"], (at or self.pbx).ports["sip"]
        fresh = time.monotonic_ns()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.settimeout(5)
            phone.bind(("127.0.0.1", 0))
            lines = (
                f"REGISTER sip:127.0.0.1:{here} SIP/2.0",
                f"Via: SIP/2.0/UDP 127.0.0.1:{phone.getsockname()[1]};rport;branch=z9hG4bK{fresh}",
                "Max-Forwards: 70",
                f"From: <sip:{number}@127.0.0.1>;tag={fresh}",
                f"To: <sip:{number}@127.0.0.1>",
                f"Call-ID: {fresh}",
                "CSeq: 1 REGISTER",
                f"Contact: <sip:{number}@127.0.0.1:{there}>;expires={expires}",
                "Content-Length: 0",
                "\r\n",
            )
            phone.sendto("\r\n".join(lines).encode(), ("127.0.0.1", here))
            answer = phone.recv(4096).decode()
        assert answer.startswith("SIP/2.0 200"), answer

    def unregister(self, number: str) -> None:
        self.register(number, expires=0)

    def hears(self, number: str, *, seconds: float = 1.0) -> bool:
        """Whether the talking agent hears anything, in as many seconds from now."""
        channel, name = self._channel("agent", agent=number), f"{time.monotonic_ns()}"
        file = self.pbx.folder / "spool" / "monitor" / f"{name}.wav"
        received = f"r({name}.wav)"  # of what the far end's channel reads: what the phone plays
        self.action("MixMonitor", Channel=channel, File=f"{name}-both.wav", Options=received)
        time.sleep(seconds)
        self.action("StopMixMonitor", Channel=channel)
        self._wait_for_file(file)
        with wave.open(str(file)) as recorded:
            heard = array("h", recorded.readframes(recorded.getnframes()))
        return max(map(abs, heard), default=0) > AUDIBLE

    def _wait_for_file(self, file: Path) -> None:
        end = time.monotonic() + PATIENCE
        size = -1
        while not (file.exists() and file.stat().st_size == size):
            assert time.monotonic() < end, f"{file} is not written"
            size = file.stat().st_size if file.exists() else -1
            time.sleep(0.2)

    # -- Ground truth ----------------------------------------------------------------

    def happened(
        self, what: str = "", *, role: str = "", ref: str = "", agent: str = "", since: float = 0.0
    ) -> list[FarEnd]:
        """What far ends did so far, oldest first; each argument narrows it."""
        wanted = {"what": what, "role": role, "ref": ref, "agent": agent}
        with self._news:
            return [
                seen
                for seen in self.seen
                if seen.at >= since
                and all(not value or getattr(seen, name) == value for name, value in wanted.items())
            ]

    def wait_for(
        self,
        what: str,
        *,
        role: str = "",
        ref: str = "",
        agent: str = "",
        since: float = 0.0,
        times: int = 1,
    ) -> FarEnd:
        """Waits until it happened so often; gives the last of them."""

        def found() -> list[FarEnd]:
            return self.happened(what, role=role, ref=ref, agent=agent, since=since)

        with self._news:
            self._wait(lambda: len(found()) >= times, f"{what} {role}{ref}{agent} x{times}")
            return found()[times - 1]

    # -- The session -----------------------------------------------------------------

    def action(self, name: str, **headers: str) -> dict[str, str]:
        """Asks for an AMI action and gives its reply, which must not be an error."""
        number = str(next(self._actions))
        fields = {"Action": name, "ActionID": number} | headers
        lines = [f"{key}: {value}" for key, value in fields.items() if value]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        with self._news:
            self._wait(lambda: number in self._replies, f"a reply to {name}")
            reply = self._replies.pop(number)
        assert reply["Response"] != "Error", f"{name} {headers}: {reply.get('Message')}"
        return reply

    def _channel(self, role: str, *, ref: str = "", agent: str = "") -> str:
        """The far end's own channel in its latest call."""
        return self.happened(role=role, ref=ref, agent=agent)[-1].channel

    def _wait(self, condition: Callable[[], bool], described: str) -> None:
        if not self._news.wait_for(condition, PATIENCE):
            raise AssertionError(
                f"{self.pbx.name} waited in vain for {described}; seen: {self.seen}"
            )

    def _read(self) -> None:
        buffer = b""
        while received := self._receive():
            *blocks, buffer = (buffer + received).split(b"\r\n\r\n")
            for block in blocks:
                lines = block.decode(errors="replace").split("\r\n")
                pairs = (match for line in lines if (match := re.match(r"([\w-]+): ?(.*)", line)))
                self._told({match[1]: match[2] for match in pairs})

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except OSError:  # closed, here or there
            return b""

    def _told(self, fields: dict[str, str]) -> None:
        with self._news:
            if "Response" in fields and "Event" not in fields:
                self._replies[fields.get("ActionID", "")] = fields
            elif fields.get("UserEvent") == "FarEnd":
                known = (fields.get(name, "") for name in ("Role", "What", "Ref", "Agent"))
                role, what, ref, agent = known
                at = float(fields["Timestamp"])
                channel, unique_id = fields["Channel"], fields["Uniqueid"]
                self.seen.append(FarEnd(at, role, what, ref, agent, channel, unique_id, fields))
            self._news.notify_all()
