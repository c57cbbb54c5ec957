"""An ACD as a bare script has it: the agent who is free longest, the caller who is there longest.

No engine, no host, no contract: events and requests over one WebSocket, dictionaries. What it does
not do: anything when something goes wrong. It is what ours is measured against.
"""

import asyncio
import base64
import json
import secrets
import sys
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import connect

from benches.pbx.callers import PHONES
from benches.pbx.client import Client, Figures

WANTED = (
    "StasisStart", "StasisEnd", "ChannelStateChange", "ChannelEnteredBridge", "ChannelDestroyed",
    "Dial", "RESTResponse",
)  # fmt: skip


class Bare:
    """See the module."""

    def __init__(self, agents: Iterable[str]) -> None:
        self.figures = Figures()
        self._idle = deque(agents)
        self._waiting: deque[str] = deque()
        self._talks: dict[str, tuple[str, str, str]] = {}  # by each leg: caller, leg, agent
        self._answered: dict[str, float] = {}
        self._decided: dict[str, float] = {}
        self._numbers = 0

    async def run(self, url: str, user: str, password: str, client: Client) -> None:
        """Until the client is told to stop."""
        signed = base64.b64encode(f"{user}:{password}".encode()).decode()
        address = url.replace("http", "ws", 1) + "/ari/events?app=ccroute"
        async with connect(
            address,
            additional_headers={"Authorization": f"Basic {signed}"},
            compression=None,
            max_queue=None,
            ping_interval=None,
        ) as self._socket:
            allowed = [{"type": kind} for kind in WANTED]
            await self._ask("PUT", "applications/ccroute/eventFilter", body={"allowed": allowed})
            self._hold = f"bare-{secrets.token_hex(4)}"
            await self._ask("POST", f"bridges/{self._hold}", type="holding")
            await self._ask("POST", f"bridges/{self._hold}/moh", mohClass="default")
            reading = asyncio.create_task(self._read())
            await client.measured()
            reading.cancel()
            await self._ask("DELETE", f"bridges/{self._hold}")

    async def _ask(self, method: str, path: str, body: object = None, **query: str) -> None:
        """Nobody waits for the reply; Asterisk does one request after the other."""
        self._numbers += 1
        uri = f"{path}?{urlencode(query)}" if query else path
        request = {
            "type": "RESTRequest", "transaction_id": "bare", "request_id": str(self._numbers),
            "method": method, "uri": uri,
        }  # fmt: skip
        if body is not None:
            request |= {"content_type": "application/json", "message_body": json.dumps(body)}
        await self._socket.send(json.dumps(request))

    async def _read(self) -> None:
        async for frame in self._socket:
            event = json.loads(frame)
            match event["type"]:
                case "StasisStart" if event["args"][:1] != ["leg"]:
                    await self._came(event["channel"]["id"])
                case "Dial" if event["dialstatus"] == "RINGING":
                    self._rings(event["peer"]["id"], instant(event))
                case "ChannelStateChange" if event["channel"]["state"] == "Ringing":
                    self._rings(event["channel"]["id"], instant(event))
                case "ChannelStateChange" if event["channel"]["state"] == "Up":
                    self._answered[event["channel"]["id"]] = instant(event)
                case "StasisStart":
                    await self._up(event["channel"]["id"])
                case "ChannelEnteredBridge":
                    self._entered(event)
                case "ChannelDestroyed" | "StasisEnd":
                    await self._gone(event["channel"]["id"])

    async def _came(self, caller: str) -> None:
        await self._ask("POST", f"bridges/{self._hold}/addChannel", channel=caller)
        self._waiting.append(caller)
        await self._match()

    async def _match(self) -> None:
        while self._waiting and self._idle:
            caller, agent = self._waiting.popleft(), self._idle.popleft()
            leg = f"leg-{secrets.token_hex(6)}"
            self._talks[caller] = self._talks[leg] = (caller, leg, agent)
            self._decided[leg] = self.figures.now()
            await self._ask(
                "POST", "channels", endpoint=agent, app="ccroute", appArgs="leg",
                channelId=leg, timeout="30",
            )  # fmt: skip

    def _rings(self, leg: str, at: float) -> None:
        if (decided := self._decided.pop(leg, None)) is not None:
            self.figures.decision_to_ring.append(at - decided)

    async def _up(self, leg: str) -> None:
        if leg not in self._talks:
            return
        bridge = f"talk-{leg}"
        await self._ask("POST", f"bridges/{bridge}", type="mixing")
        caller = self._talks[leg][0]
        await self._ask("POST", f"bridges/{bridge}/addChannel", channel=f"{caller},{leg}")

    def _entered(self, event: dict[str, Any]) -> None:
        if len(event["bridge"]["channels"]) == 2 and event["bridge"]["id"].startswith("talk-"):
            answered = self._answered[event["bridge"]["id"].removeprefix("talk-")]
            self.figures.answer_to_bridge.append(instant(event) - answered)

    async def _gone(self, channel: str) -> None:
        if channel not in self._talks:
            return
        caller, leg, agent = self._talks.pop(channel)
        self._talks.pop(leg if channel == caller else caller, None)
        other = caller if channel == leg else leg
        await self._ask("DELETE", f"channels/{other}")
        await self._ask("DELETE", f"bridges/talk-{leg}")
        self._answered.pop(leg, None)
        self._idle.append(agent)
        await self._match()


def instant(event: dict[str, Any]) -> float:
    """When it happened, by Asterisk."""
    return datetime.fromisoformat(event["timestamp"]).timestamp()


async def main(url: str, secret: str) -> None:
    bare = Bare(f"Local/{number}@agents/n" for number in PHONES)
    client = Client(bare.figures)
    await bare.run(url, "ccroute", secret, client)
    client.tell()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
