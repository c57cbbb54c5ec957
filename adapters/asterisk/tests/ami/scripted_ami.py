"""A manager interface that says what the test wants: for accidents no real one has on demand."""

import asyncio
import time
from collections.abc import Mapping
from typing import Self

from ccroute_asterisk.ami.messages import challenge_key

SECRET = "swordfish"


def packet(fields: Mapping[str, object]) -> bytes:
    lines = "".join(f"{key}: {value}\r\n" for key, value in fields.items())
    return (lines + "\r\n").encode()


class Manager:
    """One that lets in who knows the secret, and answers what an observer asks."""

    def __init__(self) -> None:
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []
        self.asked: list[dict[str, str]] = []
        self.tries = 0
        # What it does not do any more.
        self.silent = self.closed = self.booting = False
        self.banner = b"Asterisk Call Manager/11.0.0\r\n"
        self.denied: set[str] = set()
        self.ahead = 0.0
        self.uptime = 100
        self.listed: list[dict[str, object]] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def now(self) -> float:
        return time.time() + self.ahead

    def cut(self) -> None:
        """Ends every connection."""
        for writer in self.writers:
            writer.close()
        self.writers.clear()

    def say(self, data: bytes) -> None:
        """Sends bytes to all who are in."""
        for writer in self.writers:
            writer.write(data)

    def event(self, name: str, **fields: object) -> None:
        """Sends an event."""
        stamp = {"Event": name, "Privilege": "agent,all", "Timestamp": f"{self.now():.6f}"}
        self.say(packet(stamp | fields))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tries += 1
        if self.closed:
            writer.close()
            return
        self.writers.append(writer)
        writer.write(self.banner)
        try:
            while block := await reader.readuntil(b"\r\n\r\n"):
                lines = block.decode().rstrip("\r\n").split("\r\n")
                asked = dict(line.split(": ", 1) for line in lines)
                self.asked.append(asked)
                if not self.silent:
                    self._answer(writer, asked)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    def _answer(self, writer: asyncio.StreamWriter, asked: dict[str, str]) -> None:
        name, of = asked["Action"], {"ActionID": asked["ActionID"]}
        if name in self.denied:
            told = {"Response": "Error", **of, "Message": "Permission denied"}
            writer.write(packet(told))
            return
        if name == "Login" and asked["Key"] != challenge_key("1234", SECRET):
            writer.write(packet({"Response": "Error", **of, "Message": "Authentication failed"}))
            return
        done: dict[str, object] = {"Response": "Success", **of}
        if name == "Challenge":
            done["Challenge"] = "1234"
        elif name == "Ping":
            done |= {"Ping": "Pong", "Timestamp": f"{self.now():.6f}"}
        writer.write(packet(done))
        if name == "Login" and not self.booting:
            writer.write(packet({"Event": "FullyBooted", "Uptime": self.uptime}))
        elif name in {"QueueStatus", "CoreShowChannels"}:
            items = self.listed if name == "QueueStatus" else []
            for item in items:
                told = {key: it() if callable(it) else it for key, it in item.items()}
                writer.write(packet(told | of))
            end = {"EventList": "Complete", "ListItems": len(items), **of}
            writer.write(packet({"Event": f"{name}Complete"} | end))
