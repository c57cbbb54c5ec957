"""The simulated Asterisk and everybody around it, as a driver for the adapter contract."""

import json
import socket
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from ccroute._extras import of_extra
from ccroute.adapters import Announce, ContactInstruction, Instruction, Park, Ring, Setting, Time
from ccroute.testing._driver import Leg, PlatformDriver
from ccroute.testing._time import settle
from ccroute.testing.asterisk._objects import Request
from ccroute.testing.asterisk._server import WEBSOCKET, SimulatedAsterisk

PHONES: Mapping[str, str] = MappingProxyType(
    {"ana": "PJSIP/101", "bea": "PJSIP/102", "cai": "PJSIP/103"}
)
CUSTOMER = "PJSIP/199"
"""The phone of a customer who is called back."""
_BATCH = 1_000
_BYTES = 24


class AsteriskDriver(PlatformDriver):
    """Plays everybody around a `SimulatedAsterisk`, for an adapter that controls it by ARI.

    Args:
        time: When things happen.
        settings: Settings of the adapter's, besides ``url``, ``user``, ``password``, ``app`` and
            ``phones``.
        code: What ``Stasis()`` is given before the wish when an agent dials a code.
    """

    secrets: ClassVar[tuple[str, ...]] = ("swordfish", "wrong-fish")
    cannot: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"throttle": "Asterisk refuses nothing as too many: it slows down, then breaks down"}
    )

    def __init__(
        self, time: Time, *, settings: Mapping[str, Setting] | None = None, code: str = "agent-code"
    ) -> None:
        self.pbx = SimulatedAsterisk(time, phones=[*PHONES.values(), CUSTOMER])
        self.pbx.dialling.fallback = "retry"
        self._more = dict(settings or {})
        self._code = code
        self._names: dict[str, str] = {}
        self._refused = 0
        self._unframed: set[bytes] = set()
        self._link = self.pbx.wire

    # -- The platform -------------------------------------------------------------------

    async def start(self) -> None:
        """See `PlatformDriver`."""
        await self.pbx.start()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._refused = free.getsockname()[1]

    async def stop(self) -> None:
        """See `PlatformDriver`."""
        await self.pbx.stop()

    def settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return {
            "url": self.pbx.url, "user": "ccroute", "password": "swordfish",
            "app": self.pbx.dialling.app, "phones": dict(PHONES), "outbound": "{address}",
            **self._more,
        }  # fmt: skip

    def wrong_settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return {**self.settings(), "password": "wrong-fish"}

    def refused_settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return {**self.settings(), "url": f"http://127.0.0.1:{self._refused}"}

    def addresses(self) -> Mapping[str, str]:
        """See `PlatformDriver`."""
        return PHONES

    def outside(self) -> str:
        """See `PlatformDriver`."""
        return "0034910000000"

    def customer_address(self) -> str:
        """See `PlatformDriver`."""
        return CUSTOMER

    # -- Customers and agents -----------------------------------------------------------

    async def place_call(self, *, caller: str = "+34600000001", dialled: str = "900100") -> str:
        """See `PlatformDriver`."""
        channel = self.pbx.call(caller=caller, dialled=dialled, args=())
        self._names[channel] = channel
        return channel

    async def hang_up(self, call: str) -> None:
        """See `PlatformDriver`."""
        if call in self._names:
            self.pbx.hang_up(self._names[call])
        else:
            self.pbx.hang_up_phone(CUSTOMER)

    async def answer_consent(self, call: str, *, agrees: bool) -> None:
        """See `PlatformDriver`. Who does not agree presses another key."""
        self.pbx.press(self._names[call], "1" if agrees else "2")

    async def answer(self, address: str) -> None:
        """See `PlatformDriver`."""
        self.pbx.answer(address)

    async def reject(self, address: str) -> None:
        """See `PlatformDriver`."""
        self.pbx.reject(address)

    async def ignore(self, address: str) -> None:
        """See `PlatformDriver`."""
        self.pbx.set_phone(address, "ring")

    async def busy(self, address: str) -> None:
        """See `PlatformDriver`."""
        self.pbx.set_phone(address, "busy")

    async def unreachable(self, address: str) -> None:
        """See `PlatformDriver`."""
        self.pbx.set_phone(address, "unreachable")

    async def hang_up_agent(self, address: str) -> None:
        """See `PlatformDriver`."""
        self.pbx.hang_up_phone(address)

    async def set_device(self, address: str, device: str) -> None:
        """See `PlatformDriver`."""
        self.pbx.set_phone(address, in_use=device == "in_use")

    async def dial_code(self, address: str, wish: str) -> None:
        """See `PlatformDriver`."""
        self.pbx.call_from(address, self._code, wish)

    # -- The truth ----------------------------------------------------------------------

    async def legs(self) -> Sequence[Leg]:
        """See `PlatformDriver`."""
        self.pbx.advance()
        names = {now: first for first, now in self._names.items()}
        found = []
        for channel in self.pbx.switch.channels.values():
            talk = channel.bridge
            bridge = talk.id if talk is not None and not talk.holding else None
            if channel.address == CUSTOMER:
                kept = json.loads(channel.variables.get("CCROUTE_CONTACT", "{}"))
                found.append(Leg(kind="customer", who=str(kept.get("contact")), bridge=bridge))
            elif channel.kind in {"customer", "agent"}:
                who = channel.address or names.get(channel.id, channel.id)
                found.append(Leg(kind=channel.kind, who=who, bridge=bridge))
            elif channel.kind == "outside":
                to = channel.waiting_for or channel.address
                found.append(Leg(kind="outside", who=to, bridge=bridge))
        return found

    async def treatment(self, call: str) -> str | None:
        """See `PlatformDriver`."""
        channel = self.pbx.switch.channels[self._names[call]]
        return None if channel.bridge is None else channel.bridge.music

    async def side_effects(self, instruction: Instruction) -> int:
        """See `PlatformDriver`."""
        return sum(1 for it in self._asked(instruction) if it.status < 300)

    async def attempts(self, instruction: Instruction) -> Sequence[float]:
        """See `PlatformDriver`."""
        return [it.at for it in self._asked(instruction)]

    def _asked(self, instruction: Instruction) -> list[Request]:
        """The requests that did what the instruction says: a leg has its id, the others are known
        by what is done to whom."""
        made = [it for it in self.pbx.requests if it.method == "POST"]
        if isinstance(instruction, Ring):
            paths = [(it, it.path.split("/")) for it in made]
            legs = [it for it, (first, *more) in paths if first == "channels" and len(more) <= 1]
            end = f"-{instruction.id}"
            return [it for it in legs if str(it.given.get("channelId") or it.path).endswith(end)]
        if not isinstance(instruction, ContactInstruction):
            return [it for it in made if it.says(instruction.id)]
        channel = self._names.get(instruction.contact, instruction.contact)
        match instruction:
            case Park():
                joins = [it for it in made if it.path.endswith("/addChannel")]
                return [it for it in joins if it.given.get("channel") == channel]
            case Announce():
                return [it for it in made if it.path.startswith(f"channels/{channel}/play")]
            case _:
                return [it for it in made if it.says(instruction.id)]

    async def links(self) -> int:
        """See `PlatformDriver`."""
        return len(self.pbx.sockets)

    async def sign_ins(self) -> Sequence[float]:
        """See `PlatformDriver`."""
        return list(self.pbx.sign_ins)

    # -- Accidents ----------------------------------------------------------------------

    async def drop_link(self) -> None:
        """See `PlatformDriver`. As behind a network that is gone: Asterisk notices nothing, calls
        still come into the application, and nobody hears of them."""
        self._link.closed = True
        self._link.cut(leave=WEBSOCKET)

    async def half_open(self) -> None:
        """See `PlatformDriver`."""
        self._link.muted = True

    async def restore_link(self) -> None:
        """See `PlatformDriver`."""
        self._link.closed = False
        self._link.cut_left()
        if self._link.muted:
            self._link.muted = False
            self._link.cut()
        self.pbx.faults.stalled = False
        self.pbx.happen()

    async def stall_replies(self) -> None:
        """See `PlatformDriver`."""
        self.pbx.faults.stalled = True

    async def restart_platform(self) -> None:
        """See `PlatformDriver`."""
        self.pbx.restart()

    async def steal_session(self) -> None:
        """See `PlatformDriver`."""
        self.pbx.steal(self.pbx.dialling.app)

    async def fail_creates(self, times: int) -> None:
        """See `PlatformDriver`."""
        self.pbx.faults.failing_creates = times

    async def storm(self, events: int) -> None:
        """See `PlatformDriver`."""
        phones = list(PHONES.values())
        for number in range(events):
            state = ("INUSE", "NOT_INUSE")[number // len(phones) % 2]
            device: Mapping[str, str] = {"name": phones[number % len(phones)], "state": state}
            self.pbx.say("DeviceStateChanged", device_state=device)
            if number % _BATCH == _BATCH - 1:
                await self._sent()
        await self._sent()

    async def _sent(self) -> None:
        while any(it.waiting for it in self.pbx.sockets):
            await settle(2)

    async def fragment(self, size: int) -> None:
        """See `PlatformDriver`. The pieces are longer than asked for: an event has a thousand
        bytes, and by manual time deadlines pass while they come one by one."""
        self._link.piece = size * _BYTES

    async def inject_raw(self, data: bytes) -> None:
        """See `PlatformDriver`. All but what is no frame comes as a text message."""
        framed = data if data in self._unframed else _frame(data)
        self._link.inject(framed, WEBSOCKET)

    def malformed(self) -> Mapping[str, bytes]:
        """See `PlatformDriver`."""
        event = {"type": "StasisStart", "application": "ccroute", "args": [], "channel": {}}
        text = json.dumps(event).encode()
        unframed = {
            "no frame at all": b"HTTP/1.1 500 Internal Server Error\r\n\r\n" + b"x" * 200,
            "a frame's length that is none": b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff" + text,
            "a masked frame": b"\x81\x82\x00\x00\x00\x00{}",
            "bits that mean nothing": b"\xf1\x02{}",
        }
        self._unframed = set(unframed.values())
        return {
            "not UTF-8": text.replace(b"ccroute", b"\xff\xfe"),
            "a megabyte": b'{"type":"' + b"x" * (1 << 20) + b'"}',
            "a key twice": b'{"type":"StasisStart","type":"StasisEnd","channel":{"id":"x"}}',
            "line ends inside": text.replace(b"StasisStart", b"Stasis\r\nStart"),
            "cut short": text[: len(text) // 2],
            "no type": b'{"application":"ccroute"}',
            "a channel without an id": text,
            "a wrong type": b'{"type":["StasisStart"],"channel":7}',
            "no object": b'["StasisStart"]',
            "a number out of range": b'{"type":"ChannelDestroyed","cause":1e999}',
            "deep": b"[" * 5_000,
            "empty": b"",
            **unframed,
        }

    async def unknown_event(self) -> None:
        """See `PlatformDriver`."""
        self.pbx.say("CoffeeReady", cups=2)

    async def skew_clock(self, seconds: float) -> None:
        """See `PlatformDriver`."""
        self.pbx.switch.skew = seconds

    async def rename_contact(self, call: str) -> None:
        """See `PlatformDriver`."""
        self._names[call] = self.pbx.rename(self._names[call])


def _frame(data: bytes) -> bytes:
    """``data`` as a text message of a WebSocket, from the server's side."""
    frames: Any = of_extra("websockets.frames", extra="testing", purpose="AsteriskDriver")
    return bytes(frames.Frame(frames.Opcode.TEXT, data).serialize(mask=False))
