"""Settings with which it can never work, on a real Asterisk: one sentence each, with the remedy."""

import asyncio

import pytest
from tests.pbx.centre import config
from tests.pbx.instance import Asterisk, free_ports

from ccroute import ConfigError, LinkError
from ccroute.adapters import BoundedSink, Setting, SystemTime
from ccroute_asterisk import asterisk


def refused(pbx: Asterisk, **more: Setting) -> str:
    """What is said about settings that are refused, in one line."""

    async def opened() -> str:
        adapter = asterisk("pbx", {**config(pbx), **more})
        try:
            await adapter.open(BoundedSink(), SystemTime())
        except ConfigError as error:
            return str(error)
        finally:
            await adapter.close(0.0)
        raise AssertionError("it was let in")

    said = asyncio.run(opened())
    assert "\n" not in said
    assert pbx.secret not in said
    return said


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"password": "wrong"}, "refuses user 'ccroute' or its password: give those of a section"),
        ({"user": "nobody"}, "refuses user 'nobody' or its password"),
        ({"user": "watcher"}, "set `read_only = no` in its section of ari.conf"),
    ],
)
def test_what_can_never_work_is_told_with_the_remedy(
    pbx: Asterisk, more: dict[str, Setting], told: str
) -> None:
    assert told in refused(pbx, **more)


def test_a_wrong_prefix_is_told(pbx: Asterisk) -> None:
    url = f"http://127.0.0.1:{pbx.ports['http']}/pbx"
    assert "give the `prefix` of http.conf" in refused(pbx, url=url)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:{closed}", "set `enabled`, `bindaddr` and `bindport` in http.conf"),
        ("http://127.0.0.1:{ami}", "speaks no HTTP.*: give the port of http.conf"),
        ("https://127.0.0.1:{http}", "with https only for its TLS port"),
    ],
)
def test_what_may_be_better_later_is_told_with_the_remedy(
    pbx: Asterisk, url: str, told: str
) -> None:
    async def opened() -> None:
        where = url.format(closed=free_ports(1)[0], **pbx.ports)
        adapter = asterisk("pbx", config(pbx, url=where))
        with pytest.raises(LinkError, match=told):
            await adapter.open(BoundedSink(), SystemTime())
        await adapter.close(0.0)

    asyncio.run(opened())
