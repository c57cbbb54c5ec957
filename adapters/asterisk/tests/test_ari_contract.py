"""The adapter holds the contract on a simulated Asterisk: this is all it takes to try it."""

from collections.abc import Mapping

from ccroute.adapters import Adapter, Setting, Time
from ccroute.testing import AdapterContract
from ccroute.testing.asterisk import AsteriskDriver
from ccroute_asterisk import asterisk


class TestSimulatedAsterisk(AdapterContract):
    module = "ccroute_asterisk"

    def make_platform(self, time: Time) -> AsteriskDriver:
        return AsteriskDriver(time)

    def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
        return asterisk("pbx", config)
