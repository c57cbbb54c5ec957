"""The simulated Asterisk for adapters that only observe its queues, by AMI."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from ccroute.adapters import Instruction, Setting, Time
from ccroute.testing._time import settle
from ccroute.testing.asterisk._driver import PHONES, AsteriskDriver

QUEUE = "sales"
_BATCH = 200


class ObservedAsteriskDriver(AsteriskDriver):
    """Plays everybody around a `SimulatedAsterisk` whose app_queue routes.

    All agents are members of the queue ``sales``, by their names; ``settings`` are the adapter's,
    besides ``mode``, ``host``, ``port``, ``user`` and ``password``.
    """

    cannot: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "steal_session": "AMI lets in as many sessions as come",
            "throttle": "whoever observes asks for nothing",
            "fail_creates": "whoever observes makes nothing",
            "stall_replies": "whoever observes gives no instructions",
            "rename_contact": "app_queue keeps the caller's channel",
            "unknown_event": "AMI's filters let through only what was asked for",
        }
    )

    def __init__(self, time: Time, *, settings: Mapping[str, Setting] | None = None) -> None:
        super().__init__(time, settings=settings)
        self._link = self.pbx.ami_wire

    async def start(self) -> None:
        """See `PlatformDriver`."""
        await super().start()
        self._staff()

    def _staff(self) -> None:
        for name, address in PHONES.items():
            self.pbx.queues.add(QUEUE, address, name)

    def settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return {
            "mode": "observe", "host": "127.0.0.1", "port": self.pbx.ami_port,
            "user": "ccroute", "password": "swordfish", **self._more,
        }  # fmt: skip

    def observe_settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return self.settings()

    def refused_settings(self) -> Mapping[str, Setting]:
        """See `PlatformDriver`."""
        return {**self.settings(), "port": self._refused}

    async def place_call(self, *, caller: str = "+34600000001", dialled: str = "900100") -> str:
        """See `PlatformDriver`."""
        call = self.pbx.call_queue(QUEUE, caller=caller)
        self._names[call] = call
        return call

    async def leave_queue(self, call: str, why: str) -> None:
        """See `PlatformDriver`."""
        self.pbx.leave_queue(call, why)

    async def side_effects(self, instruction: Instruction) -> int:
        """See `PlatformDriver`."""
        return 0

    async def attempts(self, instruction: Instruction) -> Sequence[float]:
        """See `PlatformDriver`."""
        return []

    async def links(self) -> int:
        """See `PlatformDriver`."""
        return len(self.pbx.ami.sessions)

    async def restart_platform(self) -> None:
        """See `PlatformDriver`."""
        await super().restart_platform()
        self._staff()

    async def stall_replies(self) -> None:
        """See ``cannot``."""
        raise NotImplementedError("stall_replies")

    async def steal_session(self) -> None:
        """See ``cannot``."""
        raise NotImplementedError("steal_session")

    async def fail_creates(self, times: int) -> None:
        """See ``cannot``."""
        raise NotImplementedError("fail_creates")

    async def rename_contact(self, call: str) -> None:
        """See ``cannot``."""
        raise NotImplementedError("rename_contact")

    async def storm(self, events: int) -> None:
        """See `PlatformDriver`."""
        members = [self.pbx.queues.member(QUEUE, address) for address in PHONES.values()]
        for number in range(events):
            member = members[number % len(members)]
            assert member is not None
            self.pbx.queues.say_member("QueueMemberStatus", member)
            if number % _BATCH == _BATCH - 1:
                # What was sent is read before more is: the socket's memory is not the adapter's.
                await settle(8)

    async def inject_raw(self, data: bytes) -> None:
        """See `PlatformDriver`."""
        self._link.inject(data)

    def malformed(self) -> Mapping[str, bytes]:
        """See `PlatformDriver`."""
        join = b"Event: QueueCallerJoin\r\nQueue: sales\r\nUniqueid: x\r\nPosition: 1\r\n"
        return {
            "not UTF-8": join + b"CallerIDName: \xff\xfe\r\n\r\n",
            "a megabyte": b"Event: " + b"x" * (1 << 20) + b"\r\n\r\n",
            "a key twice": join + b"Uniqueid: y\r\n\r\n",
            "no colon": b"Event: QueueCallerJoin\r\nnonsense\r\n\r\n",
            "no key": b": QueueCallerJoin\r\n\r\n",
            "a number that is none": join.replace(b"Position: 1", b"Position: one") + b"\r\n",
            "an answer that nobody asked for": b"Response: Success\r\nActionID: 0\r\n\r\n",
            "neither event nor answer": b"Uniqueid: x\r\n\r\n",
            "nothing but line ends": b"\r\n" * 8,
        }

    async def unknown_event(self) -> None:
        """See ``cannot``."""
        raise NotImplementedError("unknown_event")
