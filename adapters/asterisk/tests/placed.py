"""An adapter and the simulated Asterisk that it is for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ccroute.adapters import Adapter, Setting
from ccroute.testing import ManualTime
from ccroute.testing.asterisk import SimulatedAsterisk
from ccroute_asterisk import asterisk

SECRET = "swordfish"


@asynccontextmanager
async def placed(
    version: str = "22.10.1", **settings: Setting
) -> AsyncIterator[tuple[SimulatedAsterisk, Adapter, ManualTime]]:
    """Both, and their time; the adapter is not open yet."""
    time = ManualTime()
    pbx = SimulatedAsterisk(time, version=version)
    await pbx.start()
    given = {"url": pbx.url, "user": "ccroute", "password": SECRET, **settings}
    adapter = asterisk("pbx", given)
    try:
        yield pbx, adapter, time
    finally:
        await adapter.close(0.0)
        await pbx.stop()
