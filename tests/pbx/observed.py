"""The kit's driver on a real Asterisk that keeps its own queues: AMI through a wire of our own."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from tests.pbx.driver import WRONG, AsteriskDriver
from tests.pbx.instance import Asterisk
from tests.pbx.phones import PATIENCE
from tests.pbx.proxy import Proxy, Wire

from ccroute.adapters import Instruction, Setting
from ccroute.testing import Leg

QUEUE = "leaving"
PHONE = "101"
"""Of the only member: whoever is at the head of the queue rings there."""
_INTERFACE = f"Local/{PHONE}@agents/n"


class AmiProxy(Proxy):
    """A `Proxy` for AMI: between whole packets others can go."""

    async def _serve(self, wire: Wire, reader: asyncio.StreamReader) -> None:
        self.sign_ins.append(time.time())
        answers, wire.server = await asyncio.open_connection("127.0.0.1", self.to)
        wire.is_events = True
        await self._events(wire, reader, answers)

    async def _up(self, wire: Wire, reader: asyncio.StreamReader) -> None:
        assert wire.server is not None
        while data := await reader.read(1 << 16):
            if not self.mute:
                wire.server.write(data)

    async def _down(self, wire: Wire, answers: asyncio.StreamReader) -> None:
        await self._give(wire, await answers.readline())
        while data := await answers.read(1 << 16):
            if wire not in self.wires:
                continue  # cut: Asterisk talks to nobody
            whole, end, wire.rest = (wire.rest + data).rpartition(b"\r\n\r\n")
            if not self.mute:
                await self._give(wire, whole + end)


class ObservedDriver(AsteriskDriver):
    """Everybody around one Asterisk whose app_queue routes, which runs already."""

    cannot: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "steal_session": "AMI lets in as many sessions as come",
            "throttle": "whoever observes asks for nothing",
            "fail_creates": "whoever observes makes nothing",
            "stall_replies": "whoever observes gives no instructions",
            "rename_contact": "app_queue keeps the caller's channel",
            "skew_clock": "it runs on this machine, by this machine's clock",
        }
    )

    def __init__(self, pbx: Asterisk) -> None:
        super().__init__(pbx)
        self.proxy = AmiProxy(pbx.ports["ami"])

    async def start(self) -> None:
        """See `PlatformDriver`."""
        await super().start()
        # Of the test before; Asterisk only ever adds to it.
        self.pbx.queue_log.write_text("")
        self.phones.action("QueueAdd", Queue=QUEUE, Interface=_INTERFACE, MemberName="ana")

    async def stop(self) -> None:
        """See `PlatformDriver`."""
        self.phones.action("QueueRemove", Queue=QUEUE, Interface=_INTERFACE)
        await super().stop()

    def settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`. Whoever signs in wrongly is answered after a second."""
        return {
            "mode": "observe", "host": "127.0.0.1", "port": self.proxy.port, "user": "ccroute",
            "password": self.pbx.secret, "queue_log": str(self.pbx.queue_log), "look": 0.1,
            "ping": 0.5, "patience": 2.0, "longest_pause": 3.0,
        }  # fmt: skip

    def observe_settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return self.settings()

    def wrong_settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return {**self.settings(), "password": WRONG}

    def refused_settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return {**self.settings(), "port": self._refused}

    # -- Customers and agents -----------------------------------------------------------

    async def place_call(self, *, caller: str = "+34600000001", dialled: str = "900100") -> str:
        """See `PlatformDriver`. Comes back when the caller is in the queue."""
        self._pause(paused=False)
        before = self._entered()
        ref = self.phones.call(QUEUE, context="queues", caller_id=caller)
        async with asyncio.timeout(PATIENCE):
            while self._entered() == before:  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.005)
        return ref

    async def leave_queue(self, call: str, why: str) -> None:
        """See `PlatformDriver`. Whose time is to be up is called into the queue again, with a
        second to wait."""
        if why == "no_agents":
            self._pause(paused=True)
            await self.reject(_INTERFACE)
            return
        channel = self.phones.happened("calls", ref=call)[0].channel.replace(";2", ";1")
        self.phones.action("Setvar", Channel=channel, Variable="QTIMEOUT", Value="1")
        self.phones.action("Redirect", Channel=channel, Context="queues", Exten=QUEUE, Priority="1")

    async def answer(self, address: str) -> None:
        """See `PlatformDriver`. The queue rings it for some seconds at a time."""
        while (seen := self.phones.happened(agent=PHONE))[-1].what != "rings":
            await asyncio.to_thread(self.phones.wait_for, "rings", agent=PHONE, since=seen[-1].at)
        self.phones.answer(PHONE)

    def _entered(self) -> int:
        return self.pbx.queue_log.read_text().count("|ENTERQUEUE|")

    def _pause(self, *, paused: bool) -> None:
        word = "true" if paused else "false"
        self.phones.action("QueuePause", Queue=QUEUE, Interface=_INTERFACE, Paused=word)

    # -- The truth ----------------------------------------------------------------------

    async def legs(self) -> Sequence[Leg]:
        """See `PlatformDriver`."""
        callers = {it.channel.partition(";")[0]: it.ref for it in self.phones.happened("calls")}
        found = []
        for channel in (await self._http.get("channels")).json():
            name, half = channel["name"].split(";")
            if half == "1" and name in callers:
                found.append(Leg(kind="customer", who=callers[name]))
            elif half == "1":
                found.append(Leg(kind="agent", who=f"{name.rpartition('-')[0]}/n"))
        return found

    async def side_effects(self, instruction: Instruction) -> int:
        """See `PlatformDriver`."""
        return 0

    async def attempts(self, instruction: Instruction) -> Sequence[float]:
        """See `PlatformDriver`."""
        return []

    # -- Accidents ----------------------------------------------------------------------

    async def stall_replies(self) -> None:
        """See ``cannot``."""
        raise NotImplementedError("stall_replies")

    async def steal_session(self) -> None:
        """See ``cannot``."""
        raise NotImplementedError("steal_session")

    async def throttle(self, times: int, retry_after: float) -> None:
        """See ``cannot``."""
        raise NotImplementedError("throttle")

    async def storm(self, events: int) -> None:
        """See `PlatformDriver`."""
        for number in range(0, events, 1_000):
            status = 1 + number // 1_000 % 2
            packet = (
                f"Event: QueueMemberStatus\r\nQueue: {QUEUE}\r\nMemberName: ana\r\n"
                f"Interface: {_INTERFACE}\r\nStatus: {status}\r\nPaused: 0\r\n\r\n"
            )
            self.proxy.inject([packet.encode() * 1_000])
            await asyncio.sleep(0.005)

    def malformed(self) -> Mapping[str, bytes]:
        """See `PlatformDriver`. Each costs seconds here; the simulated one is given more."""
        join = b"Event: QueueCallerJoin\r\nQueue: sales\r\nUniqueid: x\r\nPosition: 1\r\n"
        return {
            "not UTF-8": join + b"CallerIDName: \xff\xfe\r\n\r\n",
            "a megabyte": b"Event: " + b"x" * (1 << 20) + b"\r\n\r\n",
        }

    async def unknown_event(self) -> None:
        """See `PlatformDriver`."""
        self.proxy.inject([b"Event: CoffeeReady\r\nCups: 2\r\n\r\n"])
