"""The people at the phones of a bench: so many calls a second by AMI, and what became of them.

The far ends tell what they did themselves (`tests/pbx/conf/extensions.conf`), whoever routes.
"""

import asyncio
import itertools
from collections import Counter
from typing import Self

from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones

RING, TALK = 0.1, 0.5
"""Seconds that phones ring and that agents talk, as in the measurements of a bare script."""
PATIENCE = 3600
"""Seconds after which a caller who was never served hangs up."""
PHONES = range(101, 300)


def set_phones(pbx: Asterisk, talk: float = TALK) -> None:
    """All agents answer, and hang up."""
    with Phones(pbx) as phones:
        for number in PHONES:
            phones.agent(str(number), delay=RING, talk=talk)


class Callers:
    """Callers who are patient: whoever is not served stays."""

    def __init__(self, pbx: Asterisk) -> None:
        self.done: Counter[str] = Counter()
        """What far ends did, such as ``caller calls`` and ``agent answers``."""
        self._pbx = pbx
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        port = self._pbx.ports["ami"]
        self._told, self._asking = await asyncio.open_connection("127.0.0.1", port)
        self._ask("Login", Username="phones", Secret=self._pbx.secret, Events="user")
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._asking.close()
        await self._asking.wait_closed()

    @property
    def there(self) -> int:
        """How many callers have not gone."""
        return self.done["caller calls"] - self.done["caller gone"]

    def call(self, queue: str) -> None:
        """Somebody calls."""
        self._ask(
            "Originate", Channel="Local/caller@phones/n", Context="ccroute", Exten=queue,
            Priority="1", Async="true",
            Variable=f"__CALL_REF=bench-{next(self._numbers)},__CALL_TALK={PATIENCE}",
        )  # fmt: skip

    async def calls(self, queue: str, rate: float, seconds: float) -> int:
        """So many calls a second, evenly; how many."""
        loop = asyncio.get_running_loop()
        began, made = loop.time(), round(rate * seconds)
        for number in range(made):
            await asyncio.sleep(began + number / rate - loop.time())
            self.call(queue)
        return made

    async def until_gone(self, calls: int, within: float) -> bool:
        """Whether so many have called and all are gone in the end."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while self.done["caller gone"] < calls:
            if loop.time() > end:
                return False
            await asyncio.sleep(0.02)
        return True

    def _ask(self, action: str, **fields: str) -> None:
        lines = [f"Action: {action}", *(f"{key}: {value}" for key, value in fields.items())]
        self._asking.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def _read(self) -> None:
        while True:
            packet = await self._told.readuntil(b"\r\n\r\n")
            if b"UserEvent: FarEnd" in packet:
                fields = dict(
                    line.split(": ", 1) for line in packet.decode().split("\r\n") if ": " in line
                )
                self.done[f"{fields['Role']} {fields['What']}"] += 1
