"""The adapter holds the contract on a real Asterisk."""

from collections.abc import Mapping
from typing import ClassVar

import pytest
from tests.pbx.driver import AsteriskDriver
from tests.pbx.instance import Asterisk

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
