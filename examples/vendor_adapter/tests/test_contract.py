"""The Acme adapter holds the contract: this is all it takes to try it."""

from collections.abc import Mapping

from ccroute.adapters import Adapter, Setting, Time
from ccroute.testing import AdapterContract, SimulatedPbx
from ccroute_acme import acme


class TestAcme(AdapterContract):
    module = "ccroute_acme"

    def make_platform(self, time: Time) -> SimulatedPbx:
        return SimulatedPbx(time)

    def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
        return acme("pbx", config)


class TestAcmeObserving(AdapterContract):
    """The same adapter, looking on while the PBX routes."""

    module = "ccroute_acme"

    def make_platform(self, time: Time) -> SimulatedPbx:
        return SimulatedPbx(time, routes=True)

    def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
        return acme("pbx", config)
