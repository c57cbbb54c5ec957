"""The kit's driver on a real Asterisk: phones by the lab, accidents by a wire of our own."""

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar
from urllib.parse import unquote

import httpx
from tests.pbx.instance import Asterisk, free_ports
from tests.pbx.phones import Phones
from tests.pbx.proxy import Asked, Proxy, text_frame
from websockets.asyncio.client import connect

from ccroute.adapters import Instruction, Setting
from ccroute.testing import Leg, PlatformDriver

AGENTS = {"ana": "101", "bea": "102", "cai": "103"}
CUSTOMER = "199"
"""The phone of a customer who is called back."""
WRONG = "wrong-fish"


def _number(address: str) -> str:
    return address.removeprefix("Local/").partition("@")[0]


class AsteriskDriver(PlatformDriver):
    """Everybody around one Asterisk, which runs already."""

    cannot: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "skew_clock": "it runs on this machine, by this machine's clock",
            "rename_contact": "a Local channel cannot be put in the place of another from outside",
            "throttle": "over the WebSocket Asterisk refuses nothing as too much",
        }
    )

    def __init__(self, pbx: Asterisk, **more: Setting) -> None:
        self.pbx = pbx
        self._more = more
        self.secrets = (pbx.secret, WRONG)  # type: ignore[misc]
        self.proxy = Proxy(pbx.ports["http"])
        self._refused = free_ports(1)[0]
        self._phones: Phones | None = None
        self._thief: asyncio.Task[None] | None = None

    # -- The platform -------------------------------------------------------------------

    async def start(self) -> None:
        """See `PlatformDriver`."""
        self.pbx.cli("channel request hangup all")
        self._phones = Phones(self.pbx)
        for number in (*AGENTS.values(), CUSTOMER):
            self._phones.agent(number, "wait")
        self._http = httpx.AsyncClient(
            base_url=self.pbx.ari_url, auth=("ccroute", self.pbx.secret), trust_env=False
        )
        for _ in range(400):
            if not (await self._http.get("channels")).json():
                break
            await asyncio.sleep(0.05)
        await self.proxy.start()

    async def stop(self) -> None:
        """See `PlatformDriver`."""
        if self._thief is not None:
            self._thief.cancel()
            await asyncio.gather(self._thief, return_exceptions=True)
        self.pbx.cli("channel request hangup all")
        await self._http.aclose()
        self.phones.close()
        await self.proxy.stop()

    @property
    def phones(self) -> Phones:
        """The people."""
        assert self._phones is not None
        return self._phones

    def settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return {
            "url": f"http://127.0.0.1:{self.proxy.port}", "user": "ccroute",
            "password": self.pbx.secret, "watchdog": 4.0, "longest_pause": 2.0, "sweep": 5.0,
            "offers_per_second": 20.0,
            "phones": {agent: f"Local/{number}@agents" for agent, number in AGENTS.items()},
            "transfer_context": "transfer", "outbound": "{address}",
            "prompts": {"may-we-record": "sound:beep"}, **self._more,
        }  # fmt: skip

    def wrong_settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return {**self.settings(), "password": WRONG}

    def refused_settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return {**self.settings(), "url": f"http://127.0.0.1:{self._refused}"}

    def addresses(self) -> Mapping[str, str]:
        """See `PlatformDriver`."""
        return {agent: f"Local/{number}@agents/n" for agent, number in AGENTS.items()}

    def outside(self) -> str:
        """See `PlatformDriver`."""
        return "700"

    def customer_address(self) -> str:
        """See `PlatformDriver`."""
        return f"Local/{CUSTOMER}@agents/n"

    # -- Customers ----------------------------------------------------------------------

    async def place_call(self, *, caller: str = "+34600000001", dialled: str = "900100") -> str:
        """See `PlatformDriver`."""
        return self.phones.call("sales", context="ccroute-again", caller_id=caller)

    async def hang_up(self, call: str) -> None:
        """See `PlatformDriver`. Waits for nobody, so that nothing is heard in between."""
        with contextlib.suppress(AssertionError):  # it is gone already
            if call.startswith("back-"):
                self.phones.hang_up_agent(CUSTOMER)
            else:
                self.phones.hang_up(call)

    async def answer_consent(self, call: str, *, agrees: bool) -> None:
        """See `PlatformDriver`."""
        self.phones.press(call, "1" if agrees else "2")

    # -- Agents -------------------------------------------------------------------------

    async def answer(self, address: str) -> None:
        """See `PlatformDriver`."""
        self.phones.answer(_number(address))

    async def reject(self, address: str) -> None:
        """See `PlatformDriver`."""
        with contextlib.suppress(AssertionError):
            self.phones.decline(_number(address))

    async def ignore(self, address: str) -> None:
        """See `PlatformDriver`."""
        self.phones.agent(_number(address), "wait")

    async def busy(self, address: str) -> None:
        """See `PlatformDriver`."""
        self.phones.agent(_number(address), "busy")

    async def unreachable(self, address: str) -> None:
        """See `PlatformDriver`."""
        self.phones.agent(_number(address), "congestion")

    async def hang_up_agent(self, address: str) -> None:
        """See `PlatformDriver`."""
        self.phones.hang_up_agent(_number(address))

    async def set_device(self, address: str, device: str) -> None:
        """See `PlatformDriver`."""
        number = _number(address)
        if device == "in_use":
            self.phones.agent(number, "answer", delay=0)
            self.phones.dial_out(number)
            await asyncio.to_thread(self.phones.wait_for, "answers", agent=number)
            self.phones.agent(number, "wait")
        else:
            self.phones.hang_up_agent(number)

    async def dial_code(self, address: str, wish: str) -> None:
        """See `PlatformDriver`."""
        number = _number(address)
        self.phones.agent(number, "answer", delay=0)
        self.phones.dial_out(number, wish, "agent-codes")
        await asyncio.sleep(0.5)
        self.phones.agent(number, "wait")

    # -- The truth ----------------------------------------------------------------------

    async def legs(self) -> Sequence[Leg]:
        """See `PlatformDriver`."""
        bridges = {
            channel: it["id"]
            for it in (await self._http.get("bridges")).json()
            if it["bridge_type"] == "mixing"
            for channel in it["channels"]
        }
        callers = {it.channel.partition(";")[0]: it.ref for it in self.phones.happened("calls")}
        found = []
        for channel in (await self._http.get("channels")).json():
            name, half = channel["name"].split(";")
            if half != "1":
                continue
            bridge = bridges.get(channel["id"])
            if channel["id"].startswith("ccroute-out-"):
                path = f"channels/{channel['id']}/variable?variable=CCROUTE_CONTACT"
                kept = json.loads((await self._http.get(path)).json()["value"])
                found.append(Leg(kind="customer", who=kept["contact"], bridge=bridge))
            elif channel["id"].startswith("ccroute-leg-"):
                who = f"{name.rpartition('-')[0]}/n"
                found.append(Leg(kind="agent", who=who, bridge=bridge))
            elif name in callers:
                ours = channel["dialplan"]["app_name"] == "Stasis"
                kind = "customer" if ours else "outside"
                found.append(Leg(kind=kind, who=callers[name], bridge=bridge))
        return found

    async def treatment(self, call: str) -> str | None:
        """See `PlatformDriver`. Asterisk does not say which music it plays, but for what: its
        bridge's name was given with the music."""
        callers = {it.ref: it.channel.partition(";")[0] for it in self.phones.happened("calls")}
        channels = {it["id"]: it["name"] for it in (await self._http.get("channels")).json()}
        for bridge in (await self._http.get("bridges")).json():
            names = [channels.get(it, "").partition(";")[0] for it in bridge["channels"]]
            if bridge["bridge_type"] == "holding" and callers[call] in names:
                asked = f"/ari/bridges/{bridge['id']}/moh?mohClass="
                lines = [it.line.decode() for it in self.proxy.asked if it.status == 204]
                (played,) = {line.split()[1] for line in lines if asked in line}
                return unquote(played.partition("mohClass=")[2])
        return None

    def _asked(self, instruction: Instruction) -> list[Asked]:
        """The requests that the instruction begins with: what follows is told apart."""
        asked = [it for it in self.proxy.asked if it.name == instruction.id]
        return [it for it in asked if it.line == asked[0].line]

    async def side_effects(self, instruction: Instruction) -> int:
        """See `PlatformDriver`."""
        return sum(200 <= it.status < 300 for it in self._asked(instruction))

    async def attempts(self, instruction: Instruction) -> Sequence[float]:
        """See `PlatformDriver`."""
        return [it.at for it in self._asked(instruction)]

    async def links(self) -> int:
        """See `PlatformDriver`."""
        await asyncio.sleep(0.05)
        return len(self.proxy.wires)

    async def sign_ins(self) -> Sequence[float]:
        """See `PlatformDriver`."""
        return list(self.proxy.sign_ins)

    # -- Accidents ----------------------------------------------------------------------

    async def drop_link(self) -> None:
        """See `PlatformDriver`."""
        self.proxy.closed = True
        self.proxy.cut()

    async def half_open(self) -> None:
        """See `PlatformDriver`."""
        self.proxy.mute = True

    async def restore_link(self) -> None:
        """See `PlatformDriver`."""
        self.proxy.let_go()

    async def stall_replies(self) -> None:
        """See `PlatformDriver`."""
        self.proxy.stalled = True

    async def restart_platform(self) -> None:
        """See `PlatformDriver`. Killed, for one that is stopped says goodbye to every call."""
        self.phones.close()
        await asyncio.to_thread(self.pbx.kill)
        await asyncio.to_thread(self.pbx.start)
        self._phones = Phones(self.pbx)

    async def steal_session(self) -> None:
        """See `PlatformDriver`."""
        stolen: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._thief = asyncio.ensure_future(self._steal(stolen))
        await stolen

    async def _steal(self, stolen: "asyncio.Future[None]") -> None:
        url = f"{self.pbx.ari_url.replace('http', 'ws')}/events?app=ccroute&api_key=ccroute:"
        async with connect(url + self.pbx.secret, proxy=None) as socket:
            stolen.set_result(None)
            async for _ in socket:
                pass

    async def throttle(self, times: int, retry_after: float) -> None:
        """See `PlatformDriver`. What stands before Asterisk may refuse a request by HTTP."""
        if self._more.get("requests") != "http":
            raise NotImplementedError
        self.proxy.refusals, self.proxy.refused_for = times, retry_after

    async def storm(self, events: int) -> None:
        """See `PlatformDriver`."""
        frames = []
        for number in range(events):
            agent = list(AGENTS.values())[number % len(AGENTS)]
            state = ("NOT_INUSE", "INUSE")[number // len(AGENTS) % 2]
            frames.append(self._event("DeviceStateChanged", device_state={
                "name": f"Local/{agent}@agents", "state": state,
            }))  # fmt: skip
            if len(frames) == 1_000:
                self.proxy.inject(frames)
                frames = []
                await asyncio.sleep(0.001)
        self.proxy.inject(frames)

    def _event(self, kind: str, **more: object) -> bytes:
        told = {"type": kind, "application": "ccroute", "asterisk_id": "x", **more}
        return text_frame(json.dumps(told).encode())

    async def fragment(self, size: int) -> None:
        """See `PlatformDriver`."""
        self.proxy.piece = size

    async def inject_raw(self, data: bytes) -> None:
        """See `PlatformDriver`."""
        self.proxy.inject([data])

    def malformed(self) -> Mapping[str, bytes]:
        """See `PlatformDriver`."""
        event = json.dumps({"type": "ChannelDtmfReceived", "digit": "x", "channel": {"id": "y"}})
        text, wrong = event.encode(), text_frame
        return {
            "not UTF-8": wrong(text.replace(b'"x"', b'"\xff\xfe"')),
            "a megabyte": wrong(b'{"type":"' + b"x" * (1 << 20) + b'"}'),
            "a key twice": wrong(b'{"type":"StasisEnd","type":"StasisStart"}'),
            "line ends inside": wrong(b"{\r\n\r\nAction: Logoff\r\n\r\n}"),
            "cut short": wrong(text[: len(text) // 2]),
            "no kind": wrong(b'{"channel":{"id":"x"}}'),
            "a wrong type": wrong(b'{"type":"StasisStart","channel":7}'),
            "no object": wrong(b'["StasisStart"]'),
            "deep": wrong(b"[" * 5_000),
            "reserved bits": b"\xf1\x01x",
        }

    async def unknown_event(self) -> None:
        """See `PlatformDriver`."""
        self.proxy.inject([self._event("CoffeeReady", cups=2)])
