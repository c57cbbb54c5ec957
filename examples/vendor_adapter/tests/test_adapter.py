"""The adapter as a host finds it: by name, with settings that are checked."""

import asyncio

import pytest

from ccroute import ConfigError
from ccroute.adapters import Adapters, BoundedSink, LinkUp, PlatformSnapshot
from ccroute.testing import ManualTime, SimulatedPbx
from ccroute_acme import AcmeAdapter

SETTINGS = {"host": "127.0.0.1", "user": "ccroute", "password": "swordfish"}


def test_it_is_found_by_its_name() -> None:
    adapters = Adapters()
    assert "acme" in adapters.names()
    built = adapters.build("acme", link="pbx", config=SETTINGS)
    assert isinstance(built, AcmeAdapter)
    assert repr(built) == "<AcmeAdapter 'pbx' to 127.0.0.1:4010>"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"pasword": "x"}, "links.pbx: no setting 'pasword'"),
        ({"port": "4010"}, "links.pbx.port: give a whole number"),
        ({"password": 7}, "links.pbx.password: give text"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Adapters().build("acme", link="pbx", config={**SETTINGS, **wrong})


def test_it_opens_with_a_link_and_a_snapshot() -> None:
    async def opened() -> list[object]:
        time, sink = ManualTime(), BoundedSink()
        pbx = SimulatedPbx(time)
        await pbx.start()
        adapter = Adapters().build("acme", link="pbx", config=pbx.settings())
        await adapter.open(sink, time)
        assert (await adapter.probe()).up
        await adapter.close(0.0)
        assert not (await adapter.probe()).up
        await pbx.stop()
        return list(sink.take(10))

    up, snapshot = asyncio.run(opened())
    assert up == LinkUp(epoch=1)
    assert isinstance(snapshot, PlatformSnapshot)
    assert dict(snapshot.devices) == {"ana": "available", "bea": "available", "cai": "available"}
