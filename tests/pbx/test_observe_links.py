"""Observing a real Asterisk: links that come and go, bookmarks, settings, rights."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones
from tests.pbx.watching import Watched, watching

from ccroute import ConfigError, Event, LinkError
from ccroute.adapters import (
    Gap,
    LinkUp,
    Setting,
    SystemTime,
)


def test_an_older_asterisk_filters_by_one_pattern(
    centre: Asterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ccroute_asterisk.ami.adapter.event_filters",
        lambda *given: [{"Operation": "Add", "MatchCriteria": "nonsense"}],
    )

    async def watch() -> None:
        async with watching(centre) as watched:
            with Phones(centre) as phones:
                phones.agent("101", "wait")
                ref = await asyncio.to_thread(phones.call, "sales", context="queues", QTIMEOUT="1")
                await asyncio.to_thread(phones.wait_for, "queue over", ref=ref)
                await watched.until(lambda: len(watched.of("contact_left")) == 1, "a way out")
            assert watched.of("contact_left")[0].cause == "timed_out"
            counters = dict((await watched.adapter.probe()).counters)
            assert counters.get("unfiltered", 0) == counters.get("unwanted", 0) == 0

    asyncio.run(watch())


@pytest.mark.parametrize("log", [True, False])
def test_when_asterisk_restarts_whoever_was_in_it_is_lost(centre: Asterisk, log: bool) -> None:
    async def watch() -> None:
        ask = asyncio.to_thread
        more: Mapping[str, Setting] = {} if log else {"queue_log": ""}
        async with watching(centre, **more) as watched:
            with Phones(centre) as phones:
                phones.agent("101", "wait")
                await ask(phones.call, "sales", context="queues")
                await watched.until(lambda: len(watched.of("offer_made")) == 1, "a call")
            await ask(centre.kill)
            await asyncio.sleep(3)  # Asterisk counts its uptime in whole seconds
            await ask(centre.start)
            await watched.until(lambda: watched.has(LinkUp) == 2, "the link")
            await watched.until(lambda: len(watched.of("contact_left")) == 1, "its end")
            assert watched.figures("sales")["abandoned"] == 0
            ups = [it for it in watched.signals if isinstance(it, LinkUp)]
            assert ups[1].epoch > ups[0].epoch
            assert watched.has(Gap) == (0 if log else 1)

    asyncio.run(watch())


def test_a_host_that_is_restarted_goes_on_at_its_bookmark(centre: Asterisk) -> None:
    mark = str(centre.folder / "bookmark")

    async def watch(tell: Callable[[Watched], None]) -> None:
        async with watching(centre, bookmark=mark) as watched:
            with Phones(centre) as phones:
                ref = await asyncio.to_thread(phones.call, "support", context="queues")
                await asyncio.to_thread(phones.wait_for, "gone", role="caller", ref=ref)
            await watched.until(lambda: bool(watched.of("contact_released")), "a call")
            tell(watched)

    with Phones(centre) as phones:
        phones.agent("102", delay=0, talk=0.2)
        told: list[Event] = []
        asyncio.run(watch(lambda watched: told.extend(watched.events)))
        missed = phones.call("support", context="queues")
        phones.wait_for("gone", role="caller", ref=missed)
        asyncio.run(watch(lambda watched: told.extend(watched.events)))
    entered = [event.contact for event in told if event.kind == "contact_queued"]
    assert len(entered) == len(set(entered)) == 3


def test_wrong_settings_say_what_to_do(centre: Asterisk) -> None:
    async def tried(**more: Setting) -> str:
        watched = Watched(centre, **more)
        with pytest.raises((ConfigError, LinkError)) as raised:
            await watched.adapter.open(watched.sink, SystemTime())
        await watched.adapter.close(0.0)
        assert centre.secret not in str(raised.value)
        return f"{raised.type.__name__}: {raised.value}"

    password = asyncio.run(tried(password="wrong"))
    assert password.startswith("ConfigError")
    assert "check user, secret and `permit` in manager.conf" in password
    assert asyncio.run(tried(port=1)).startswith("LinkError")
    http = asyncio.run(tried(port=centre.ports["http"], patience=1.0))
    assert "give its port" in http
    plain = asyncio.run(tried(port=centre.ports["ami_tls"], patience=1.0))
    assert "`tls`" in plain
    unknown = asyncio.run(tried(port=centre.ports["ami_tls"], tls=True, host="localhost"))
    assert unknown.startswith("ConfigError")
    assert "`ca`" in unknown


def test_tls_with_the_certificate_of_this_asterisk(centre: Asterisk) -> None:
    async def watch() -> None:
        secure: dict[str, Setting] = {
            "port": centre.ports["ami_tls"],
            "tls": True,
            "ca": str(centre.certificate),
        }
        async with watching(centre, **secure) as watched:
            assert (await watched.adapter.probe()).up

    asyncio.run(watch())


def test_a_user_with_few_rights_is_told_of_it(centre: Asterisk) -> None:
    async def watch() -> None:
        async with watching(centre, user="watcher") as watched:
            counters = dict((await watched.adapter.probe()).counters)
            assert (counters["no_channels"], counters["unfiltered"]) == (1, 1)

    asyncio.run(watch())
