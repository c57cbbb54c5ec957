"""The adapter holds the contract on a simulated Asterisk: this is all it takes to try it."""

import asyncio
from collections.abc import Mapping

import pytest

from ccroute import ConfigError
from ccroute.adapters import Adapter, BoundedSink, Setting, Time
from ccroute.testing import AdapterContract, ManualTime
from ccroute.testing.asterisk import AsteriskDriver, SimulatedAsterisk
from ccroute_asterisk import asterisk


class TestSimulatedAsterisk(AdapterContract):
    module = "ccroute_asterisk"

    def make_platform(self, time: Time) -> AsteriskDriver:
        return AsteriskDriver(time)

    def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
        return asterisk("pbx", config)


def test_an_asterisk_that_is_too_old_is_refused() -> None:
    async def opened() -> None:
        time = ManualTime()
        pbx = SimulatedAsterisk(time, version="13.38.3")
        await pbx.start()
        adapter = asterisk("pbx", {"url": pbx.url, "user": "ccroute", "password": "swordfish"})
        try:
            with pytest.raises(ConfigError, match=r"Asterisk 13\.38\.3 is too old: install 16 or"):
                await adapter.open(BoundedSink(), time)
        finally:
            await adapter.close(0.0)
            await pbx.stop()

    asyncio.run(opened())
