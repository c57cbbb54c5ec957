"""What the doctor finds on a simulated Asterisk, for each thing that can be wrong there."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest

from ccroute.testing import ManualTime, settle
from ccroute.testing.asterisk import AmiUser, SimulatedAsterisk
from ccroute_asterisk.doctor import diagnose

SECRET = "swordfish"


@asynccontextmanager
async def asterisk(**given):
    time = ManualTime()
    pbx = SimulatedAsterisk(time, **given)
    await pbx.start()
    try:
        yield pbx, time
    finally:
        await pbx.stop()


async def finished(work, time):
    """What the work returns, while time goes on."""
    task = asyncio.ensure_future(work)
    for _ in range(400):
        await settle()
        if task.done():
            break
        await time.run(0.1)
    return await task


def control(pbx, **more):
    return {"url": pbx.url, "user": "ccroute", "password": SECRET, **more}


def observe(pbx, **more):
    return {
        "mode": "observe", "host": "127.0.0.1", "port": pbx.ami_port, "user": "ccroute",
        "password": SECRET, **more,
    }  # fmt: skip


def found_by(settings, change=lambda pbx: None, **given):
    """The findings by check, after something was changed on a sound Asterisk."""

    async def scene():
        async with asterisk(**given) as (pbx, time):
            done = change(pbx)
            if done is not None:
                await done
            findings = await finished(diagnose("pbx", settings(pbx), time), time)
            assert SECRET not in str(findings)
            assert all(it.remedy for it in findings if it.state != "ok")
            return findings

    return {it.check: it for it in asyncio.run(scene())}


def states(found):
    return {check: it.state for check, it in found.items()}


# -- Control ------------------------------------------------------------------------------


def test_a_sound_asterisk_has_only_what_ari_cannot_show():
    found = found_by(lambda pbx: control(pbx, phones={"ana": "PJSIP/101"}))
    assert states(found) == {
        "reachability": "ok", "ari": "ok", "credentials": "ok", "version": "ok", "rights": "ok",
        "modules": "ok", "clock": "ok", "application": "warning", "phones": "ok",
        "recordings": "ok", "music": "unknown", "dialplan": "unknown",
    }  # fmt: skip
    assert "moh show classes" in found["music"].remedy


def test_nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = found_by(lambda pbx: control(pbx, url=f"http://127.0.0.1:{port}"))
    assert states(found) == {"reachability": "wrong"}
    assert "http.conf" in found["reachability"].remedy


def test_somebody_else_there():
    found = found_by(lambda pbx: control(pbx, url=f"http://127.0.0.1:{pbx.ami_port}"))
    assert states(found) == {"reachability": "wrong"}
    assert "speaks no HTTP" in found["reachability"].found


def test_somebody_there_who_says_nothing():
    def mute(pbx):
        pbx.wire.muted = True

    found = found_by(control, mute)
    assert states(found) == {"reachability": "wrong"}


def test_ari_is_off():
    def off(pbx):
        pbx.ari_enabled = False

    found = found_by(control, off)
    assert states(found) == {"reachability": "ok", "ari": "wrong"}
    assert "`enabled = yes` in ari.conf" in found["ari"].remedy


@pytest.mark.parametrize("more", [{"password": "guessed"}, {"user": "nobody"}])
def test_wrong_credentials(more):
    found = found_by(lambda pbx: control(pbx, **more))
    assert states(found) == {"reachability": "ok", "credentials": "wrong"}
    assert "guessed" not in str(found)


def test_a_user_who_may_only_look():
    found = found_by(control, lambda pbx: pbx.system.readers.add("ccroute"))
    assert found["rights"].state == "wrong"
    assert "`read_only = no`" in found["rights"].remedy


@pytest.mark.parametrize(
    ("version", "state"),
    [("13.38.3", "wrong"), ("16.28.0~dfsg-0", "warning"), ("22.10.1", "ok"),
     ("certified-18.9-cert1", "warning"), ("GIT-master", "unknown")],
)  # fmt: skip
def test_versions(version, state):
    found = found_by(control, version=version)
    assert found["version"].state == state
    assert ("modules" in found) == (state != "wrong")


@pytest.mark.parametrize(("version", "state"), [("22.4.0", "wrong"), ("22.5.0", None)])
def test_a_release_that_takes_no_requests_over_the_websocket(version, state):
    found = found_by(lambda pbx: control(pbx, requests="websocket"), version=version)
    assert states(found).get("requests") == state
    assert found["version"].state == "ok"


def test_missing_modules_are_named():
    def without(pbx):
        pbx.system.modules -= {"bridge_holding.so", "res_stasis_snoop.so"}

    found = found_by(control, without)
    assert found["modules"].found == "not running: bridge_holding.so, res_stasis_snoop.so"


def test_a_clock_that_is_wrong():
    def skew(pbx):
        pbx.switch.skew = 3600.0

    found = found_by(control, skew)
    assert (found["clock"].state, found["clock"].found) == ("warning", "+3600 s beside ours")


def test_an_application_that_is_listened_for_is_left_alone():
    from websockets.asyncio.client import connect

    async def scene(filtered):
        async with asterisk() as (pbx, time):
            where = f"{pbx.url.replace('http', 'ws', 1)}/ari/events?app=ccroute"
            async with connect(f"{where}&api_key=ccroute:{SECRET}") as host:
                if filtered:
                    pbx.switch.apps.by_name["ccroute"].allowed = [{"type": "StasisStart"}]
                pbx.call()
                findings = await finished(diagnose("pbx", control(pbx), time), time)
                said = [await host.recv()]
                assert "StasisStart" in str(said)
                assert len(pbx.sockets) == 1
            return {it.check: it for it in findings}

    found = asyncio.run(scene(filtered=True))
    assert found["application"].found == "'ccroute' is known there, with 1 channels"
    assert found["event filter"].state == "ok"
    assert asyncio.run(scene(filtered=False))["event filter"].state == "warning"


def test_phones_that_are_not_there():
    def away(pbx):
        pbx.set_phone("PJSIP/102", "unreachable")

    phones = {"ana": "PJSIP/101", "bea": "PJSIP/102", "cai": "PJSIP/999"}

    async def scene():
        async with asterisk() as (pbx, time):
            away(pbx)
            return await finished(diagnose("pbx", control(pbx, phones=phones), time), time)

    told = [(it.state, it.found) for it in asyncio.run(scene()) if it.check == "phones"]
    assert told == [
        ("wrong", "no such device: cai (PJSIP/999)"),
        ("warning", "not registered: bea (PJSIP/102)"),
    ]


def test_no_folder_for_recordings():
    def without(pbx):
        pbx.media.folder = False

    assert found_by(control, without)["recordings"].state == "warning"


def test_a_server_that_breaks_down_meanwhile():
    def breaks(pbx):
        pbx.faults.failing = 1

    found = found_by(control, breaks)
    assert found["ari"].state == "wrong"


@pytest.mark.parametrize("made", [control, observe])
@pytest.mark.parametrize(
    "said", [b"", b"\xff\xfe\r\n\r\n", b"x" * (2 << 20), b"HTTP/1.1 200 OK\r\n\r\n{",
             b"Asterisk Call Manager/11.0.0\r\n" + b"y" * (2 << 20),
             b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 100_000,
             b"Asterisk Call Manager/one\r\n\r\n"],
)  # fmt: skip
def test_nonsense_is_a_finding(made, said):
    """Whatever answers there, and however it breaks off."""

    async def scene():
        async def answers(reader, writer):
            await reader.read(100) if made is control else None
            writer.write(said)
            writer.close()

        time = ManualTime()
        server = await asyncio.start_server(answers, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        settings = {"user": "ccroute", "password": SECRET, "url": f"http://127.0.0.1:{port}"}
        if made is observe:
            settings |= {"mode": "observe", "port": port}
        findings = await finished(diagnose("pbx", settings, time), time)
        server.close()
        return findings

    found = asyncio.run(scene())
    assert [it for it in found if it.state == "wrong"]
    assert SECRET not in str(found)


# -- Observe ------------------------------------------------------------------------------


def rights(**more):
    def change(pbx):
        pbx.ami.users["ccroute"] = AmiUser(secret=SECRET, **more)

    return change


def with_a_queue(pbx):
    pbx.queues.add("sales", "PJSIP/101", "Ana")


def test_a_sound_manager(tmp_path):
    log = tmp_path / "queue_log"
    log.write_text("")
    found = found_by(lambda pbx: observe(pbx, queue_log=str(log)), with_a_queue)
    assert set(states(found).values()) == {"ok"}
    assert {"rights", "timestampevents", "modules", "clock", "queues", "dialplan"} <= found.keys()


def test_a_log_that_is_missing_or_not_given(tmp_path):
    assert found_by(observe)["queue_log"].state == "warning"
    found = found_by(lambda pbx: observe(pbx, queue_log=str(tmp_path / "nothing")))
    assert found["queue_log"].state == "wrong"


def test_no_manager_there():
    found = found_by(lambda pbx: observe(pbx, port=pbx.wire.port))
    assert found["ami"].state == "wrong"
    assert "no Asterisk manager" in found["ami"].found
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = found_by(lambda pbx: observe(pbx, port=port))
    assert "manager.conf" in found["reachability"].remedy


def test_a_manager_that_refuses():
    found = found_by(lambda pbx: observe(pbx, password="guessed"))
    assert found["credentials"].state == "wrong"
    assert "Authentication failed" in found["credentials"].found
    assert "guessed" not in str(found)


def test_classes_that_are_not_heard():
    found = found_by(observe, rights(read=frozenset({"agent", "system", "dialplan"})))
    assert found["rights"].state == "wrong"
    assert found["rights"].found.endswith("class call")
    assert "add `call` to `read`" in found["rights"].remedy


def test_a_user_who_may_not_ask():
    found = found_by(observe, rights(write=frozenset({"agent"})))
    assert found["rights"].state == "wrong"
    assert "`write = system,reporting`" in found["rights"].remedy


class Elsewhere(dict):
    """Users of another file: none is listed."""

    def items(self):
        return []


def test_a_user_whose_section_is_in_another_file():
    def change(pbx):
        pbx.ami.users = Elsewhere(pbx.ami.users)

    found = found_by(observe, change)
    assert found["rights"].state == "unknown"
    assert "stands elsewhere" in found["rights"].found


def test_rights_that_may_not_be_read():
    found = found_by(observe, rights(write=frozenset({"reporting"})))
    assert (found["rights"].state, found["modules"].state) == ("unknown", "unknown")


def test_a_document_that_is_wrong():
    found = found_by(lambda pbx: control(pbx, colour="blue"))
    assert states(found) == {"settings": "wrong"}
    assert "colour" in found["settings"].found
    found = found_by(lambda pbx: observe(pbx, port=0))
    assert states(found) == {"settings": "wrong"}
    found = found_by(lambda pbx: control(pbx, url="https://127.0.0.1:1", ca="nowhere.pem"))
    assert states(found) == {"settings": "wrong"}
    assert "links.pbx.ca: nowhere.pem" in found["settings"].found


def test_events_without_their_time():
    def without(pbx):
        pbx.ami.timestamps = False

    found = found_by(observe, without)
    assert found["timestampevents"].state == "wrong"
    assert "`timestampevents = yes`" in found["timestampevents"].remedy


def test_no_queue_module():
    found = found_by(observe, lambda pbx: pbx.system.modules.discard("app_queue.so"))
    assert found["modules"].found == "not running: app_queue.so"


def test_a_dialplan_without_a_fallback():
    def bare(pbx):
        pbx.dialling.fallback = "hangup"

    found = found_by(observe, bare)
    assert found["dialplan"].state == "warning"
    assert "behind Stasis()" in found["dialplan"].remedy
