"""Both halves of the adapter hold the contract on a real Asterisk. By ARI with the requests over
the WebSocket, as they go there by themselves, and what requests have most to do with by HTTP too;
on the simulated one all of it is tried both ways."""

from collections.abc import Mapping
from typing import ClassVar

import pytest
from tests.pbx.driver import AsteriskDriver
from tests.pbx.instance import Asterisk
from tests.pbx.observed import ObservedDriver

from ccroute.adapters import Adapter, Setting, SystemTime, Time
from ccroute.testing import AdapterContract
from ccroute_asterisk import asterisk


class TestRealAsterisk(AdapterContract):
    module = "ccroute_asterisk"
    watchdog = 8.0
    back_off = 2.0
    pbx: ClassVar[Asterisk]

    @pytest.fixture(autouse=True)
    def _on(self, pbx: Asterisk) -> None:
        type(self).pbx = pbx

    def make_time(self) -> Time:
        return SystemTime()

    def make_platform(self, time: Time) -> AsteriskDriver:
        return AsteriskDriver(self.pbx)

    def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
        return asterisk("pbx", config)


class TestRealAsteriskByHttp(TestRealAsterisk):
    telling = frozenset({9, 16, 22, 32, 34, 48})
    """The assertions that are tried; see `conftest.py`."""

    def make_platform(self, time: Time) -> AsteriskDriver:
        return AsteriskDriver(self.pbx, requests="http")


class TestRealQueues(TestRealAsterisk):
    """Looking on at its own app_queue: what is for an adapter that gives no instructions."""

    watchdog = 5.0
    back_off = 3.0

    def make_platform(self, time: Time) -> ObservedDriver:
        return ObservedDriver(self.pbx)
