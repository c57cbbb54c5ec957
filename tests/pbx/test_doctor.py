"""What the doctor finds on a real Asterisk."""

import asyncio

from tests.pbx.instance import Asterisk

from ccroute.adapters import SystemTime
from ccroute_asterisk.doctor import diagnose


def examined(pbx: Asterisk, **settings):
    findings = asyncio.run(diagnose("pbx", settings, SystemTime()))
    assert pbx.secret not in str(findings)
    return {it.check: it for it in findings}


def control(pbx: Asterisk, user: str = "ccroute", **more):
    url = pbx.ari_url.removesuffix("/ari")
    return {"url": url, "user": user, "password": pbx.secret, **more}


def observe(pbx: Asterisk, user: str = "ccroute", **more):
    return {
        "mode": "observe", "port": pbx.ports["ami"], "user": user, "password": pbx.secret,
        "queue_log": str(pbx.queue_log), **more,
    }  # fmt: skip


def wrong(found):
    return {check for check, it in found.items() if it.state == "wrong"}


def test_the_lab_can_be_controlled(pbx: Asterisk) -> None:
    found = examined(pbx, **control(pbx, phones={"ana": "PJSIP/301"}))
    assert wrong(found) == set()
    assert found["modules"].state == found["version"].state == found["clock"].state == "ok"
    assert found["phones"].found == "not registered: ana (PJSIP/301)"


def test_what_is_wrong_with_who_may_not(pbx: Asterisk) -> None:
    assert wrong(examined(pbx, **control(pbx, user="watcher"))) == {"rights"}
    assert wrong(examined(pbx, **control(pbx, user="nobody"))) == {"credentials"}
    there = f"http://127.0.0.1:{pbx.ports['ami']}"
    assert wrong(examined(pbx, **control(pbx, url=there))) == {"reachability"}
    missing = examined(pbx, **control(pbx, phones={"ana": "PJSIP/nobody"}))
    assert wrong(missing) == {"phones"}


def test_the_lab_can_be_observed(pbx: Asterisk) -> None:
    found = examined(pbx, **observe(pbx))
    assert wrong(found) == set()
    for check in ("ami", "version", "rights", "timestampevents", "modules", "clock", "queues"):
        assert found[check].state == "ok", found[check]
    assert "Stasis(ccroute)" in found["dialplan"].found


def test_what_is_wrong_with_who_may_not_observe(pbx: Asterisk) -> None:
    assert wrong(examined(pbx, **observe(pbx, user="nobody"))) == {"credentials"}
    assert wrong(examined(pbx, **observe(pbx, user="watcher"))) == {"rights"}
    there = observe(pbx, port=pbx.ports["http"])
    assert wrong(examined(pbx, **there)) == {"ami"}


def test_it_leaves_no_trace(pbx: Asterisk) -> None:
    before = pbx.cli("core show channels") + pbx.cli("ari show apps")
    examined(pbx, **control(pbx))
    examined(pbx, **observe(pbx))
    assert pbx.cli("core show channels") + pbx.cli("ari show apps") == before
