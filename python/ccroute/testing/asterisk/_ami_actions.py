"""AMI's actions. Importing this makes them known."""

from datetime import UTC, datetime

from ccroute.testing.asterisk._ami import AmiDesk, AmiSession, Fields, action
from ccroute.testing.asterisk._members import headers


def _whole(given: Fields, key: str, otherwise: int) -> int:
    """A number; what is none counts as nothing given."""
    try:
        return int(given[key])
    except (KeyError, ValueError):
        return otherwise


@action("Ping")
def _ping(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    session.reply(number, "Success", Ping="Pong", Timestamp=f"{desk.switch.clock():.6f}")


@action("Events")
def _events(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    session.listen(given.get("EventMask", "on"))
    off = given.get("EventMask", "on").lower() in {"off", "none"}
    session.reply(number, "Success", Events="Off" if off else "On")


@action("Filter", "system", "all")
def _filter(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    if given.get("Operation", "").lower() == "add" and session.add_filter(given):
        session.reply(number, "Success", Message="Success")
    else:
        session.reply(number, "Error", Message="Filter format error")


@action("CoreSettings", "system", "reporting", "all")
def _settings(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    session.reply(
        number, "Success", AMIversion="11.0.0", AsteriskVersion=desk.switch.version,
        SystemName="simulated",
    )  # fmt: skip


@action("CoreStatus", "system", "reporting", "all")
def _status(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    booted = datetime.fromtimestamp(desk.switch.booted, UTC)
    session.reply(
        number, "Success", CoreStartupDate=f"{booted:%Y-%m-%d}",
        CoreStartupTime=f"{booted:%H:%M:%S}", CoreCurrentCalls=str(len(desk.switch.channels)),
    )  # fmt: skip


@action("CoreShowChannels", "system", "reporting", "all")
def _channels(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    items = [
        {"Event": "CoreShowChannel", **headers(it), "Application": it.doing[0]}
        for it in desk.switch.channels.values()
    ]
    desk.listed(session, number, "Channels will follow", "CoreShowChannelsComplete", list(items))


@action("DeviceStateList", "call", "reporting", "all")
def _devices(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    switch = desk.switch
    items = [
        {"Event": "DeviceStateChange", "Device": it, "State": switch.state_of(it)}
        for it in (*switch.phones, *switch.devices)
    ]
    message = "Device State Changes will follow"
    desk.listed(session, number, message, "DeviceStateListComplete", list(items))


@action("ModuleCheck", "system", "all")
def _module(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    name = given.get("Module", "").removesuffix(".so")
    if f"{name}.so" in desk.modules:
        session.reply(number, "Success", Message="Module is loaded")
    else:
        session.reply(number, "Error", Message="Module not loaded")


@action("GetConfig", "system", "config", "all")
def _config(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    if given.get("Filename") != "manager.conf":
        session.reply(number, "Error", Message="Config file not found")
        return
    lines = {"Category-000000": "general", "Line-000000-000000": "enabled=yes"}
    if desk.timestamps:
        lines["Line-000000-000001"] = "timestampevents=yes"
    for at, (name, user) in enumerate(desk.users.items(), 1):
        lines[f"Category-{at:06d}"] = name
        lines[f"Line-{at:06d}-000000"] = f"secret={user.secret}"
        lines[f"Line-{at:06d}-000001"] = f"read={','.join(sorted(user.read))}"
        lines[f"Line-{at:06d}-000002"] = f"write={','.join(sorted(user.write))}"
    session.reply(number, "Success", **lines)


@action("ShowDialPlan", "config", "reporting", "all")
def _dialplan(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    items = [
        {
            "Event": "ListDialplan", "Context": "from-carrier", "Extension": "_X.",
            "Priority": str(at), "Application": name, "AppData": data, "Registrar": "pbx_config",
        }
        for at, (name, data) in enumerate(desk.dialplan(), 1)
    ]  # fmt: skip
    message = "Dialplan list will follow"
    desk.listed(session, number, message, "ShowDialPlanComplete", list(items))


@action("Hangup", "system", "call", "all")
def _hangup(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    named = given.get("Channel", "")
    for channel in list(desk.switch.channels.values()):
        if named in {channel.name, channel.id}:
            session.reply(number, "Success", Message="Channel Hungup")
            desk.queues.gone(channel)
            desk.switch.hang_up(channel, _whole(given, "Cause", 16), asked=True)
            return
    session.reply(number, "Error", Message="No such channel")


# -- Queues -----------------------------------------------------------------------------


@action("QueueStatus")
def _queue_status(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    queues, items = desk.queues, list[Fields]()
    names = dict.fromkeys([*queues.members, *(it.queue for it in queues.visits)])
    for name in [it for it in names if given.get("Queue") in {None, "", it}]:
        there = queues.waiting(name)
        items.append(
            {
                "Event": "QueueParams", "Queue": name, "Max": "0", "Strategy": "rrmemory",
                "Calls": str(len(there)), "Holdtime": "0", "TalkTime": "0", "Completed": "0",
                "Abandoned": "0", "ServiceLevel": "0", "ServicelevelPerf": "0.0",
                "ServicelevelPerf2": "0.0", "Weight": "0",
            }
        )  # fmt: skip
        for member in queues.members.get(name, ()):
            shown = queues.shown(member)
            shown = {"Queue": name, "Name": member.name, "Location": member.interface} | shown
            del shown["MemberName"], shown["Interface"], shown["Ringinuse"]
            items.append({"Event": "QueueMember", **shown})
        for place, visit in enumerate(there, 1):
            wait = f"{desk.switch.clock() - visit.entered:.0f}"
            items.append(
                {
                    "Event": "QueueEntry", "Queue": name, "Position": str(place),
                    "Channel": visit.caller.name, "Uniqueid": visit.caller.id,
                    "CallerIDNum": visit.caller.caller[1] or "unknown",
                    "CallerIDName": visit.caller.caller[0] or "unknown",
                    "ConnectedLineNum": "unknown", "ConnectedLineName": "unknown",
                    "Wait": wait, "Priority": "0",
                }
            )  # fmt: skip
    desk.listed(session, number, "Queue status will follow", "QueueStatusComplete", items)


@action("QueueAdd", "agent", "all")
def _queue_add(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    queue, interface = given.get("Queue", ""), given.get("Interface", "")
    if not queue or not interface:
        what = "Queue" if not queue else "Interface"
        session.reply(number, "Error", Message=f"'{what}' not specified.")
    elif desk.queues.member(queue, interface):
        why = "Unable to add interface: Already there"
        session.reply(number, "Error", Message=why)
    else:
        session.reply(number, "Success", Message="Added interface to queue")
        name, penalty = given.get("MemberName", ""), _whole(given, "Penalty", 0)
        desk.queues.add(queue, interface, name, penalty)


@action("QueueRemove", "agent", "all")
def _queue_remove(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    found = desk.queues.member(given.get("Queue", ""), given.get("Interface", ""))
    if found is None:
        session.reply(number, "Error", Message="Unable to remove interface: Not there")
        return
    session.reply(number, "Success", Message="Removed interface from queue")
    desk.queues.remove(found)


@action("QueuePause", "agent", "all")
def _queue_pause(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    queue = given.get("Queue")
    found = [
        member
        for name, members in desk.queues.members.items()
        for member in members
        if member.interface == given.get("Interface") and queue in {None, "", name}
    ]
    if not found:
        session.reply(number, "Error", Message="Interface not found")
        return
    paused = given.get("Paused", "").lower() in {"true", "yes", "1", "on"}
    told = "paused" if paused else "unpaused"
    session.reply(number, "Success", Message=f"Interface {told} successfully")
    for member in found:
        desk.queues.pause(member, paused=paused, reason=given.get("Reason", ""))


@action("QueueWithdrawCaller")
def _withdraw(desk: AmiDesk, session: AmiSession, given: Fields, number: str) -> None:
    named = given.get("Caller", "")
    for visit in desk.queues.waiting(given.get("Queue", "")):
        if named in {visit.caller.name, visit.caller.id}:
            session.reply(number, "Success", Message="Withdraw requested successfully")
            desk.queues.exit(visit, "withdrawn")
            return
    session.reply(number, "Error", Message="No such caller")
