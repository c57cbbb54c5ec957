"""The made-up PBX and everybody around it, as a driver for the contract."""

import asyncio
import json
import socket
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from ccroute.adapters import Instruction, Setting, Time
from ccroute.testing._driver import Leg, PlatformDriver
from ccroute.testing._pbx._exchange import Call, Exchange
from ccroute.testing._pbx._server import PbxServer

CODES: Mapping[str, str] = MappingProxyType(
    {"sign_in": "*11", "sign_out": "*12", "ready": "*21", "not_ready": "*22"}
)
USERS: Mapping[str, str] = MappingProxyType({"ana": "101", "bea": "102", "cai": "103"})


class SimulatedPbx(PlatformDriver):
    """A PBX that nobody makes, on a loopback port; deterministic under `ManualTime`.

    One JSON object a line. Commands have ``do`` and an ``id`` that the client chooses, and are
    replied to with ``re``, ``ok`` and, when refused, ``error`` (and ``after``, in seconds, when
    throttled). Events have ``ev``, a number ``n`` that counts since the boot, and the PBX's
    time ``t``. Sign-in comes first (``sign_in``: ``boot`` counts restarts), then
    ``subscribe``, without which no event comes; ``list`` says all it has. A user has one
    session: who signs in second ends the first (``taken_over``). A leg's id is
    the client's and is taken once. The PBX ends a conversation with either of its legs; a phone
    that still rings when the customer leaves is the client's business. Who is called back has a
    call of the client's id, opened by the first phone that rings for it (``dial`` with ``open``);
    ``call_out`` dials the customer and joins them with that phone.

    With ``routes`` it has a queue of its own, ``sales``, whose events (``q_in``, ``q_taken``,
    ``q_out``, ``q_lost``, ``q_done``) have a number ``q`` of their own too. It keeps its last
    events: ``subscribe`` with ``after`` sends those after that ``n`` once more.

    ``settings`` are those of the example adapter in ``examples/vendor_adapter``.
    """

    secrets: ClassVar[tuple[str, ...]] = ("swordfish", "wrong-fish")

    def __init__(self, time: Time, *, routes: bool = False) -> None:
        self.time = time
        self.routes = routes
        self.exchange = Exchange(USERS, routes=routes)
        self.server = PbxServer(self.exchange, time, {"ccroute": "swordfish"})
        self._refused = 0

    # -- The platform -------------------------------------------------------------------

    async def start(self) -> None:
        """See `PlatformDriver`."""
        self.exchange.advance(self.time.now())
        await self.server.start()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._refused = free.getsockname()[1]

    async def stop(self) -> None:
        """See `PlatformDriver`."""
        await self.server.stop()

    def settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return {
            "host": "127.0.0.1", "port": self.server.port, "user": "ccroute",
            "password": "swordfish", "mode": "observe" if self.routes else "control",
        }  # fmt: skip

    def observe_settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return self.settings() if self.routes else super().observe_settings()

    def wrong_settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return {**self.settings(), "password": "wrong-fish"}

    def refused_settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return {**self.settings(), "port": self._refused}

    def addresses(self) -> Mapping[str, str]:
        """See `PlatformDriver`."""
        return USERS

    def outside(self) -> str:
        """See `PlatformDriver`."""
        return "0034910000000"

    def customer_address(self) -> str:
        """See `PlatformDriver`."""
        return "0034600000009"

    # -- Customers ----------------------------------------------------------------------

    async def place_call(self, *, caller: str = "+34600000001", dialled: str = "900100") -> str:
        """See `PlatformDriver`."""
        self.exchange.advance(self.time.now())
        call = self.exchange.call_in(caller, dialled)
        self.server.happen()
        return call

    async def hang_up(self, call: str) -> None:
        """See `PlatformDriver`."""
        found = self._now().call_of(call)
        if found is not None:
            self.exchange.end_call(found, "hung_up")
            self.server.happen()

    async def leave_queue(self, call: str, why: str) -> None:
        """See `PlatformDriver`."""
        self.exchange.leave(self._call(call), why)
        self.server.happen()

    def _now(self) -> Exchange:
        self.exchange.advance(self.time.now())
        return self.exchange

    def _call(self, first: str) -> Call:
        call = self._now().call_of(first)
        assert call is not None, f"there is no call {first}"
        return call

    async def answer_consent(self, call: str, *, agrees: bool) -> None:
        """See `PlatformDriver`."""
        self._now().consent(self._call(call), agrees=agrees)
        self.server.happen()

    # -- Agents -------------------------------------------------------------------------

    async def answer(self, address: str) -> None:
        """See `PlatformDriver`."""
        leg = self._now().leg_at(address, "ringing")
        if leg is not None:
            self.exchange.answer(leg)
        elif self.routes:
            self.exchange.take(address)
        self.exchange.customer_answers(address)
        self.server.happen()

    async def reject(self, address: str) -> None:
        """See `PlatformDriver`."""
        leg = self._now().leg_at(address, "ringing")
        if leg is not None:
            self.exchange.end_leg(leg, "rejected")
            self.server.happen()

    async def ignore(self, address: str) -> None:
        """See `PlatformDriver`."""
        self._mood(address, "ring")

    async def busy(self, address: str) -> None:
        """See `PlatformDriver`."""
        self._mood(address, "busy")

    async def unreachable(self, address: str) -> None:
        """See `PlatformDriver`."""
        self._mood(address, "unreachable")

    def _mood(self, address: str, mood: str) -> None:
        if address not in self._now().phones:
            self.exchange.moods[address] = mood
            if mood == "ring":
                del self.exchange.moods[address]
            return
        self.exchange.phones[address].mood = mood
        self.exchange.look_at(address)
        self.server.happen()

    async def hang_up_agent(self, address: str) -> None:
        """See `PlatformDriver`."""
        leg = self._now().leg_at(address, "up")
        if leg is not None:
            self.exchange.end_leg(leg, "hung_up")
            self.server.happen()

    async def set_device(self, address: str, device: str) -> None:
        """See `PlatformDriver`."""
        self._now().phones[address].in_use = device == "in_use"
        self.exchange.look_at(address)
        self.server.happen()

    async def dial_code(self, address: str, wish: str) -> None:
        """See `PlatformDriver`."""
        user = self._now().phones[address].user
        self.exchange.say("code", user=user, code=CODES[wish])
        self.server.happen()

    # -- The truth ----------------------------------------------------------------------

    async def legs(self) -> Sequence[Leg]:
        """See `PlatformDriver`."""
        exchange = self._now()
        return [
            *(
                Leg(kind="customer", who=it.first, bridge=it.bridge)
                for it in exchange.calls.values()
                if it.state != "open"
            ),
            *(Leg(kind="agent", who=it.phone, bridge=it.bridge) for it in exchange.legs.values()),
            *(Leg(kind="outside", who=it) for it in exchange.outside),
        ]

    async def treatment(self, call: str) -> str | None:
        """See `PlatformDriver`."""
        return self._call(call).music

    async def side_effects(self, instruction: Instruction) -> int:
        """See `PlatformDriver`."""
        return self.server.commands.effects.get(instruction.id, 0)

    async def attempts(self, instruction: Instruction) -> Sequence[float]:
        """See `PlatformDriver`."""
        return self.server.commands.asked.get(instruction.id, [])

    async def links(self) -> int:
        """See `PlatformDriver`."""
        return len(self.server.sessions)

    async def sign_ins(self) -> Sequence[float]:
        """See `PlatformDriver`."""
        return list(self.server.connects)

    # -- Accidents ----------------------------------------------------------------------

    async def drop_link(self) -> None:
        """See `PlatformDriver`."""
        self.server.closed = True
        self.server.cut_all()

    async def half_open(self) -> None:
        """See `PlatformDriver`."""
        self.server.half_open = True
        for session in self.server.sessions:
            session.mute = True

    async def restore_link(self) -> None:
        """See `PlatformDriver`."""
        self.server.closed = False
        if self.server.half_open:
            self.server.half_open = False
            self.server.cut_all()
        self.server.let_go()

    async def stall_replies(self) -> None:
        """See `PlatformDriver`."""
        self.server.stalling = True

    async def restart_platform(self) -> None:
        """See `PlatformDriver`."""
        self._now().restart()
        self.server.cut_all()
        self.server.happen()

    async def steal_session(self) -> None:
        """See `PlatformDriver`."""
        self.server.take_over("ccroute")

    async def throttle(self, times: int, retry_after: float) -> None:
        """See `PlatformDriver`."""
        self.server.commands.throttled = times
        self.server.commands.throttled_for = retry_after

    async def storm(self, events: int) -> None:
        """See `PlatformDriver`."""
        phones = list(self._now().phones.values())
        for number in range(events):
            phone = phones[number % len(phones)]
            state = ("idle", "busy")[number // len(phones) % 2]
            self.exchange.say("phone", user=phone.user, phone=phone.number, state=state)
            if number % 1_000 == 999:
                self.server.happen()
                # What was sent is read before more is: the socket's memory is not the adapter's.
                await asyncio.sleep(0)
        self.server.happen()

    async def fragment(self, size: int) -> None:
        """See `PlatformDriver`."""
        self.server.piece = size

    async def inject_raw(self, data: bytes) -> None:
        """See `PlatformDriver`."""
        for session in self.server.sessions:
            session.send_bytes(data)

    def malformed(self) -> Mapping[str, bytes]:
        """See `PlatformDriver`."""
        event = {"ev": "call_in", "call": "x", "first": "x", "from": "1", "to": "2"}
        text = json.dumps(event).encode()
        return {
            "not UTF-8": text.replace(b'"x"', b'"\xff\xfe"') + b"\n",
            "a megabyte": b'{"ev":"' + b"x" * (1 << 20) + b'"}\n',
            "a key twice": b'{"ev":"call_in","ev":"call_gone","call":"x"}\n',
            "line ends inside": text.replace(b",", b",\n") + b"\n",
            "cut short": text[: len(text) // 2] + b"\n",
            "no number": text + b"\n",
            "a wrong type": b'{"ev":"call_in","n":"seven","call":7}\n',
            "no object": b'["call_in"]\n',
            "a number out of range": b'{"ev":"call_in","n":1e999,"call":"x"}\n',
            "deep": b"[" * 5_000 + b"\n",
        }

    async def unknown_event(self) -> None:
        """See `PlatformDriver`."""
        self._now().say("coffee_ready", cups=2)
        self.server.happen()

    async def skew_clock(self, seconds: float) -> None:
        """See `PlatformDriver`."""
        self._now().skew = seconds

    async def rename_contact(self, call: str) -> None:
        """See `PlatformDriver`."""
        self.exchange.rename(self._call(call))
        self.server.happen()
