"""What is played on the real Asterisk and on the simulated one: requests and acts of people.

Each script leaves nothing behind: channels and bridges go at its end.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.asterisk.arena import APP, Arena, Played, as_dialled

Script = Callable[[Arena], Awaitable[None]]
SCRIPTS: dict[str, Script] = {}
RECORDED = Path(__file__).with_name("recorded.json")
"""What a real one did."""


async def played_on(arena: Arena, name: str) -> Played:
    """Plays a script."""
    async with asyncio.timeout(60):
        await SCRIPTS[name](arena)
    told = {name: as_dialled(lines) for name, lines in arena.told.items()}
    return {"asked": arena.asked, "told": told, "shapes": dict(sorted(arena.shapes.items()))}


def script(played: Script) -> Script:
    SCRIPTS[played.__name__] = played
    return played


async def waiting(on: Arena, *names: str) -> None:
    """Callers wait in a holding bridge."""
    await on.ask("POST", "bridges/hold", type="holding", name="hold")
    await on.ask("POST", "bridges/hold/moh", mohClass="default")
    for name in names:
        await on.comes(name)
        await on.ask("POST", f"channels/{name}/answer")
        await on.ask("POST", "bridges/hold/addChannel", channel=name)
        await on.until(name, "EnteredBridge")


async def made(on: Arena, leg: str, number: str = "101", **given: str) -> None:
    """A leg that is in the application and not dialled."""
    endpoint = f"Local/{number}@agents/n"
    await on.ask(
        "POST", "channels/create", endpoint=endpoint, app=APP, appArgs="leg", channelId=leg, **given
    )
    await on.until(leg, "StasisStart")


async def dialled(on: Arena, leg: str, number: str = "101", seconds: str = "30") -> None:
    """A leg that is dialled."""
    await made(on, leg, number)
    await on.ask("POST", f"channels/{leg}/dial", timeout=seconds)


async def talking(on: Arena, name: str, leg: str, number: str = "101") -> None:
    """A caller and an agent in a mixing bridge."""
    await waiting(on, name)
    await on.phone(number, "answer")
    await dialled(on, leg, number)
    await on.until(leg, "Dial", "ANSWER")
    await on.ask("POST", "bridges/talk", type="mixing")
    await on.ask("POST", "bridges/talk/addChannel", channel=leg)
    await on.ask("POST", "bridges/talk/addChannel", channel=name)
    await on.until(name, "EnteredBridge", "in talk")


async def gone(on: Arena, *channels: str, bridges: str = "hold") -> None:
    """Channels and bridges go."""
    for channel in channels:
        await on.ask("DELETE", f"channels/{channel}")
    await on.quiet()
    for bridge in bridges.split():
        await on.ask("DELETE", f"bridges/{bridge}")
    await on.quiet()


# -- Conversations ------------------------------------------------------------------------


@script
async def an_agent_answers_and_hangs_up(on: Arena) -> None:
    await talking(on, "ann", "leg")
    await on.hang_up_agent("101")
    await on.until("leg", "Destroyed")
    await gone(on, "ann", "leg", bridges="talk hold")


@script
async def a_caller_hangs_up_in_conversation(on: Arena) -> None:
    await talking(on, "ann", "leg")
    await on.hang_up("ann")
    await on.until("ann", "StasisEnd")
    await gone(on, "ann", "leg", bridges="talk hold")


@script
async def a_bridge_goes_and_its_members_stay(on: Arena) -> None:
    await talking(on, "ann", "leg")
    await on.ask("DELETE", "bridges/talk")
    await on.quiet()
    await on.ids("channel_ids")
    await on.ids("bridge_ids")
    await on.ask("POST", "bridges/hold/addChannel", channel="ann,leg")
    await on.until("leg", "in hold")
    await gone(on, "leg", "ann")


@script
async def a_third_comes_and_goes(on: Arena) -> None:
    await talking(on, "ann", "leg")
    await on.phone("102", "answer")
    await dialled(on, "third", "102")
    await on.until("third", "Dial", "ANSWER")
    await on.ask("POST", "bridges/talk/addChannel", channel="third")
    await on.ask("POST", "bridges/talk/removeChannel", channel="third")
    await on.ask("POST", "bridges/talk/removeChannel", channel="third")
    await on.ask("POST", "bridges/hold/addChannel", channel="ann")
    await on.ask("POST", "bridges/talk/addChannel", channel="ann")
    await on.quiet()
    await gone(on, "third", "ann", "leg", bridges="talk hold")


# -- Ringing ------------------------------------------------------------------------------


@script
async def a_caller_leaves_while_it_rings(on: Arena) -> None:
    await waiting(on, "ann")
    await on.phone("101", "wait")
    await dialled(on, "leg")
    await on.until("leg", "RINGING")
    await on.hang_up("ann")
    await on.until("ann", "StasisEnd")
    await gone(on, "leg", "ann")


@script
async def nobody_answers(on: Arena) -> None:
    await on.phone("101", "wait")
    await dialled(on, "leg", seconds="1")
    await on.until("leg", "Destroyed")
    await gone(on, "leg", bridges="")


@script
async def phones_that_do_not_take_it(on: Arena) -> None:
    for number, mode in (("101", "busy"), ("102", "reject"), ("103", "congestion")):
        await on.phone(number, mode)
        await dialled(on, mode, number)
        await on.until(mode, "Destroyed")
    await dialled(on, "nowhere", "777x")
    await on.until("nowhere", "Destroyed")
    await gone(on, bridges="")


@script
async def a_leg_is_let_go_at_any_moment(on: Arena) -> None:
    await on.phone("101", "wait")
    await made(on, "made")
    await gone(on, "made", bridges="")
    await dialled(on, "ringing")
    await on.until("ringing", "RINGING")
    await on.ask("POST", "channels/ringing/dial", timeout="5")
    await gone(on, "ringing", bridges="")
    await dialled(on, "up")
    await on.until("up", "RINGING")
    await on.answer("101")
    await on.until("up", "ANSWER")
    await on.ask("DELETE", "channels/up", reason_code="21")
    await on.until("up", "Destroyed")
    await gone(on, "up", bridges="")


@script
async def who_made_it_for_a_caller_hears_of_the_callers_end(on: Arena) -> None:
    await waiting(on, "ann")
    await on.phone("101", "wait")
    await made(on, "leg", originator="ann")
    await gone(on, "leg", "ann")


# -- Originate ----------------------------------------------------------------------------


async def originated(on: Arena, leg: str, mode: str, **given: str) -> None:
    await on.phone("104", mode)
    endpoint = "Local/104@agents/n"
    await on.ask("POST", f"channels/{leg}", endpoint=endpoint, app=APP, appArgs="leg", **given)


@script
async def originated_legs(on: Arena) -> None:
    for mode in ("busy", "reject", "congestion"):
        await originated(on, mode, mode)
        await on.until(mode, "Destroyed")
    await originated(on, "nobody", "wait", timeout="1")
    await on.until("nobody", "Destroyed")
    await originated(on, "dropped", "wait")
    await on.until("dropped", "RINGING")
    await on.ask("DELETE", "channels/dropped", reason="busy")
    await on.until("dropped", "Destroyed")
    await originated(on, "answered", "answer")
    await on.until("answered", "StasisStart")
    await on.hang_up_agent("104")
    await on.until("answered", "Destroyed")
    await gone(on, bridges="")


# -- What is heard ------------------------------------------------------------------------


@script
async def a_playback_blocks_its_channel(on: Arena) -> None:
    await waiting(on, "ann")
    await on.ask("POST", "channels/ann/play/long", media="sound:tt-monkeys")
    await on.until("long", "playing")
    await on.ask("GET", "playbacks/long")
    await on.ask("POST", "playbacks/long/control", operation="dance")
    await on.ask("DELETE", "playbacks/long")
    await on.until("long", "done")
    await on.quiet()  # a real one tells the end a moment before it forgets the playback
    await on.ask("DELETE", "playbacks/long")
    await on.ask("POST", "channels/ann/play/missing", media="sound:nonesuch")
    await on.until("missing", "failed")
    await on.ask("POST", "channels/ann/play/cut", media="sound:tt-monkeys")
    await on.until("cut", "playing")
    await on.hang_up("ann")
    await on.until("ann", "StasisEnd")
    await gone(on)


@script
async def keys_and_variables(on: Arena) -> None:
    await waiting(on, "ann")
    await on.press("ann", "5")
    await on.until("ann", "digit=5")
    await on.ask("POST", "channels/ann/variable", variable="CCROUTE", value="x")
    assert await on.ask("GET", "channels/ann/variable", variable="CCROUTE") == {"value": "x"}
    await on.ask("GET", "channels/ann/variable", variable="NOTHING")
    await on.ask("GET", "channels/ann/variable")
    body = {"variables": {"ONE": "1", "__TWO": "2"}}
    await on.ask(
        "POST", "channels/create", endpoint="Local/101@agents/n", app=APP, channelId="leg",
        appArgs="leg", body=body,
    )  # fmt: skip
    await on.until("leg", "StasisStart")
    assert await on.ask("GET", "channels/leg/variable", variable="ONE") == {"value": "1"}
    assert await on.ask("GET", "channels/leg/variable", variable="TWO") == {"value": "2"}
    await gone(on, "leg", "ann")


@script
async def a_supervisor_listens(on: Arena) -> None:
    await talking(on, "ann", "leg")
    given = {"app": APP, "appArgs": "ear"}
    await on.ask("POST", "channels/leg/snoop/ear", spy="both", whisper="none", **given)
    await on.until("ear", "StasisStart")
    await on.ask("POST", "channels/leg/snoop/ear", spy="both", **given)
    await on.ask("POST", "channels/leg/snoop/other", spy="sideways", **given)
    await on.ask("POST", "channels/leg/snoop/other", spy="both")
    await gone(on, "ear", "ann", "leg", bridges="talk hold")


@script
async def a_conversation_is_recorded(on: Arena) -> None:
    await talking(on, "ann", "leg")
    given = {"name": "tape", "format": "wav"}
    await on.ask("POST", "bridges/talk/record", **given)
    await on.until("tape", "recording")
    await on.ask("GET", "recordings/live/tape")
    await on.ask("POST", "bridges/talk/record", **given)
    await on.ask("POST", "recordings/live/tape/pause")
    await on.ask("DELETE", "recordings/live/tape/pause")
    await on.ask("POST", "recordings/live/tape/mute")
    await on.ask("DELETE", "recordings/live/tape/mute")
    await on.ask("POST", "recordings/live/tape/stop")
    await on.until("tape", "done")
    await on.ask("POST", "recordings/live/tape/stop")
    await on.ask("POST", "bridges/talk/record", **given)
    await on.ask("POST", "bridges/talk/record", name="thrown", format="wav", ifExists="overwrite")
    await on.until("thrown", "recording")
    await on.ask("DELETE", "recordings/live/thrown")
    await on.until("thrown", "done")
    await on.ask("GET", "recordings/stored/thrown")
    await on.ask("POST", "channels/leg/record", name="inside", format="wav")
    await on.until("inside", "failed")
    await on.ask("POST", "bridges/talk/record", name="cut", format="wav")
    await on.until("cut", "recording")
    await gone(on, "ann", "leg", bridges="talk hold")


@script
async def callers_move_between_applications_and_bridges(on: Arena) -> None:
    await waiting(on, "ann", "bob")
    await on.ask("POST", "channels/ann/move", app="nobody")
    await on.quiet()
    await on.ask("POST", "channels/ann/moh")
    await on.ask("DELETE", "channels/ann/moh")
    await on.ask("POST", "channels/ann/hold")
    await on.ask("DELETE", "channels/ann/hold")
    await on.ask("POST", "channels/ann/silence")
    await on.ask("DELETE", "channels/ann/silence")
    await on.ask("POST", "channels/ann/ring")
    await on.ask("DELETE", "channels/ann/ring")
    await on.ask("POST", "bridges/hold/removeChannel", channel="ann,bob")
    await on.ask("POST", "bridges/hold/addChannel", channel="bob", role="participant")
    await on.ask("POST", "bridges/hold/addChannel", channel="bob,ann", role="announcer")
    await on.quiet()
    await on.ask("POST", "channels/bob/redirect", endpoint="PJSIP/301")
    await gone(on, "bob", "ann")


@script
async def a_caller_goes_back_to_the_dialplan(on: Arena) -> None:
    await waiting(on, "ann", "bob")
    await on.ask("POST", "channels/ann/continue", context="transfer", extension="700")
    await on.until("ann", "StasisEnd")
    await on.ask("POST", "bridges/hold/addChannel", channel="ann")
    await on.ask("POST", "channels/ann/moh")
    await on.ask("POST", "channels/ann/dial")
    await on.ids("channel_ids")
    await gone(on, "ann", "bob")


# -- Links --------------------------------------------------------------------------------


@script
async def nobody_listens_for_a_while(on: Arena) -> None:
    await waiting(on, "ann", "bob")
    await on.deafen()
    await on.hang_up("bob")
    await on.call("fell through")
    await on.quiet()
    await on.listen()
    await on.ids("channel_ids")
    await on.ids("bridge_ids")
    await on.quiet()
    await on.ask("GET", "channels/bob")
    await gone(on, "ann")


@script
async def another_takes_the_application(on: Arena) -> None:
    first = await on.listen()
    await on.listen()
    await on.until("asterisk", "ApplicationReplaced")
    await on.comes("ann")
    await first.close()
    await gone(on, "ann", bridges="")


@script
async def what_is_kept_while_nobody_listens(on: Arena) -> None:
    where = f"applications/{APP}"
    device = "deviceState:Local/101@agents"
    await on.ask("POST", f"{where}/subscription", eventSource=device)
    await on.deafen()
    await on.quiet()
    await on.ask("GET", where)
    await on.listen()
    await on.ids("device_names")
    await on.ask("DELETE", f"{where}/subscription", eventSource=device)
    await waiting(on, "ann")
    await on.hang_up("ann")
    await on.until("ann", "StasisEnd")
    await on.ids("bridge_ids")
    await on.deafen()
    await on.quiet()
    await on.ask("GET", where)
    await on.ask("DELETE", "bridges/hold")
    await on.quiet()
    await on.ask("GET", where)
    await on.listen()


# -- Refusals -----------------------------------------------------------------------------


@script
async def nothing_of_the_kind(on: Arena) -> None:
    for method, path in (
        ("GET", "channels/none"), ("DELETE", "channels/none"), ("POST", "channels/none/answer"),
        ("POST", "channels/none/dial"), ("POST", "channels/none/moh"),
        ("POST", "channels/none/continue"), ("POST", "channels/none/snoop/x"),
        ("GET", "bridges/none"), ("DELETE", "bridges/none"), ("POST", "bridges/none/moh"),
        ("GET", "playbacks/none"), ("DELETE", "playbacks/none"), ("GET", "recordings/live/none"),
        ("POST", "recordings/live/none/stop"), ("POST", "recordings/live/none/pause"),
        ("GET", "recordings/stored/none"), ("GET", "applications/none"),
        ("GET", "endpoints/PJSIP/none"), ("GET", "asterisk/modules/none.so"),
        ("GET", "nothing"), ("GET", "channels/a/b"), ("PATCH", "channels"),
        ("DELETE", "channels"), ("POST", "asterisk/info"),
    ):  # fmt: skip
        await on.ask(method, path)
    await on.ask("POST", "bridges/none/addChannel", channel="none")
    await on.ask("PUT", "applications/none/eventFilter", body={})


@script
async def requests_that_make_no_sense(on: Arena) -> None:
    await on.ask("POST", "channels/create", app=APP)
    await on.ask("POST", "channels/create", endpoint="junk", app=APP)
    await on.ask("POST", "channels/x", app=APP)
    await on.ask("POST", "channels/x", endpoint="Local/101@agents/n")
    await on.ask("POST", "channels/create", endpoint="PJSIP/nobody", app=APP, channelId="x")
    await made(on, "leg")
    await on.ask("POST", "channels/create", endpoint="Local/101@agents/n", app=APP, channelId="leg")
    await on.ask("POST", "channels/leg", endpoint="Local/101@agents/n", app=APP)
    await on.ask("DELETE", "channels/leg", reason="boredom")
    await on.ask("POST", "bridges/hold", type="holding")
    await on.ask("POST", "bridges/hold", type="mixing")
    await on.ask("POST", "bridges", type="mixing", bridgeId="hold")
    await on.ask("POST", "bridges", type="suspension")
    await on.ask("DELETE", "bridges/hold/moh")
    await on.ask("POST", "bridges/hold/moh", mohClass="no such class")
    await on.ask("POST", "bridges/hold/addChannel")
    await on.ask("POST", "bridges/hold/addChannel", channel="none")
    await on.ask("POST", "bridges/hold/addChannel", channel="leg,none")
    await on.ask("POST", "bridges/hold/removeChannel", channel="leg")
    await on.ask("POST", "bridges/hold/record", name="x", format="nonsense")
    await gone(on, "leg")


@script
async def a_leg_that_is_not_up(on: Arena) -> None:
    await on.phone("101", "wait")
    await made(on, "leg")
    for state in ("down", "ringing"):
        for method, path in (
            ("POST", "mute"), ("POST", "moh"), ("DELETE", "moh"), ("POST", "hold"),
            ("POST", "silence"), ("POST", "dtmf"), ("POST", "ring"), ("POST", "play/x"),
            ("POST", "variable"),
        ):  # fmt: skip
            await on.ask(method, f"channels/leg/{path}")
        if state == "down":
            await on.ask("POST", "channels/leg/dial", timeout="30")
            await on.until("leg", "RINGING")
    await on.answer("101")
    await on.until("leg", "ANSWER")
    await on.ask("POST", "channels/leg/mute")
    await on.ask("POST", "channels/leg/mute", direction="in")
    await on.ask("POST", "channels/leg/dtmf")
    await on.ask("POST", "channels/leg/play/x")
    await gone(on, "leg", bridges="")


@script
async def what_asterisk_says_of_itself(on: Arena) -> None:
    await waiting(on, "ann")
    for path in ("asterisk/info", "asterisk/ping", f"applications/{APP}", "channels/ann",
                 "bridges/hold", "asterisk/modules/res_stasis.so"):  # fmt: skip
        await on.ask("GET", path)
    await on.ask("GET", "deviceStates/Stasis:nothing")
    await gone(on, "ann")


@script
async def subscriptions_and_filters(on: Arena) -> None:
    where = f"applications/{APP}/subscription"
    await on.ask("POST", where)
    await on.ask("POST", where, eventSource="deviceState:Local/101@agents")
    await on.ask("POST", where, eventSource="endpoint:PJSIP/nobody")
    await on.ask("POST", where, eventSource="channel:none")
    await on.ask("POST", where, eventSource="moon:full")
    await on.ask("DELETE", where, eventSource="deviceState:Local/101@agents")
    await on.ask("DELETE", where, eventSource="deviceState:Local/101@agents")
    where = f"applications/{APP}/eventFilter"
    await on.ask("PUT", where, body={"allowed": "all"})
    await on.ask("PUT", where, body={"allowed": [{"kind": "x"}]})
    await on.ask("PUT", where, body={"allowed": [{"type": "StasisEnd"}]})
    await on.call("ann")
    await on.quiet()
    await on.ids("channel_ids")
    await on.ask("PUT", where, body={})
    await on.ask("PUT", "deviceStates/Local%2F101@agents", deviceState="INUSE")
    await on.ask("PUT", "deviceStates/Stasis:lamp", deviceState="INUSE")
    await on.ask("GET", "deviceStates/Stasis:lamp")
    await on.ask("DELETE", "deviceStates/Stasis:lamp")
