"""The observing half of the adapter holds the contract on the simulated Asterisk."""

from collections.abc import Mapping

from ccroute.adapters import Adapter, Setting, Time
from ccroute.testing import AdapterContract
from ccroute.testing.asterisk import ObservedAsteriskDriver
from ccroute_asterisk import asterisk


class TestObserving(AdapterContract):
    module = "ccroute_asterisk"

    def make_platform(self, time: Time) -> ObservedAsteriskDriver:
        return ObservedAsteriskDriver(time)

    def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
        return asterisk("pbx", config)
