"""What Asterisk's lists say of who waits, talks, is on hold or is rung; and what is nobody's."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from adapters.asterisk.tests.ari_stage import Stage

from ccroute.adapters import Arrived, HeldContact, Secret
from ccroute_asterisk.ari.calls import Call, Ids, Leg
from ccroute_asterisk.ari.codec import Reply, Request
from ccroute_asterisk.ari.listing import Listing, NotListed, asked, held_of
from ccroute_asterisk.ari.session import Session
from ccroute_asterisk.ari.settings import AriSettings

NOW = 1_764_500_000.0
IDS = Ids("ccroute", "new")
WAIT, HELD, TALK = (f"ccroute-old-{use}-x-1" for use in ("wait", "held", "talk"))


class Pbx:
    """Lists, as a test wants them. ``ahead``: by how many seconds its clock is ahead of ours."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.channels: list[dict[str, object]] = []
        self.bridges: dict[str, list[str]] = {}
        self.kept: dict[str, str] = {}
        self.ahead = ahead

    def caller(self, name: str, bridge: str | None = None, **kept: object) -> None:
        self._channel(name, "Up", "Stasis", "ccroute,sales,vip=yes", bridge)
        if kept:
            self.kept[name] = json.dumps({"contact": name, **kept})

    def leg(self, name: str, state: str, bridge: str | None = None, **tag: object) -> str:
        channel = f"ccroute-leg-{name}"
        self._channel(channel, state, "", "", bridge)
        given = {"contact": "c1", "agent": "ana", "offer": 7, "ring": name, **tag}
        self.kept[channel] = json.dumps(given)
        return channel

    def _channel(self, name: str, state: str, app: str, data: str, bridge: str | None) -> None:
        self.channels.append(
            {
                "id": name, "name": f"PJSIP/{name}", "state": state, "caller": {"number": "555"},
                "dialplan": {"exten": "900100", "app_name": app, "app_data": data},
                "creationtime": _iso(NOW + self.ahead - 60),
            }
        )  # fmt: skip
        if bridge is not None:
            self.bridges.setdefault(bridge, []).append(name)

    def reply(self, request: Request) -> Reply:
        match request.path:
            case ("asterisk", "ping"):
                return Reply(200, {"timestamp": _iso(NOW + self.ahead)})
            case ("applications", _):
                return Reply(200, {"channel_ids": [str(it["id"]) for it in self.channels]})
            case ("channels",):
                return Reply(200, self.channels)  # type: ignore[arg-type]
            case ("bridges",):
                found = [{"id": it, "channels": who} for it, who in self.bridges.items()]
                return Reply(200, found)  # type: ignore[arg-type]
            case ("channels", name, "variable"):
                value = self.kept.get(name)
                return Reply(404) if value is None else Reply(200, {"value": value})
            case ("deviceStates", _):
                return Reply(200, {"state": "INUSE"})
            case _:
                raise AssertionError(request)


def _iso(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="milliseconds")


def listed(
    pbx: Pbx, legs: Mapping[str, Leg] | None = None, calls: Mapping[str, Call] | None = None
) -> Listing:
    steps = asked(IDS, {"ana": "PJSIP/301"}, legs or {}, calls or {}, NOW)
    try:
        request = next(steps)
        while True:
            request = steps.send(pbx.reply(request))
    except StopIteration as stop:
        return stop.value


def held(pbx: Pbx) -> HeldContact:
    (call,) = listed(pbx).calls
    return held_of(call)


def test_who_waits_is_found_with_what_was_kept() -> None:
    pbx = Pbx()
    attributes = {"account": "A-7", "vip": True}
    pbx.caller("c1", WAIT, entered_at=NOW - 40, queue="tech", tenant="acme", attributes=attributes)
    found = held(pbx)
    assert (found.parked, found.agent, found.offers) == (True, None, ())
    arrival = found.arrival
    assert (arrival.entered_at, arrival.queue, arrival.tenant) == (NOW - 40, "tech", "acme")
    assert arrival.attributes == attributes
    assert listed(pbx).devices == (("ana", "in_use"),)


def test_what_we_gave_channels_to_keep_is_not_asked_for() -> None:
    pbx = Pbx()
    pbx.caller("c1", WAIT, queue="tech")
    pbx.leg("l1", "Ringing")
    first = listed(pbx)
    (call,) = first.calls
    pbx.kept.clear()
    again = listed(pbx, call.legs, {call.contact: call})
    assert [held_of(it) for it in again.calls] == [held_of(call)]
    assert held_of(call).offers


@pytest.mark.parametrize("ahead", [0.0, 3600.0, -3600.0])
def test_who_came_unheard_has_the_arguments_and_the_age_by_our_clock(ahead: float) -> None:
    pbx = Pbx(ahead)
    pbx.caller("c1")
    arrival = held(pbx).arrival
    assert (arrival.queue, arrival.dialled, arrival.caller) == ("sales", "900100", "555")
    assert arrival.attributes == {"vip": "yes"}
    assert arrival.entered_at == pytest.approx(NOW - 60, abs=0.01)


@pytest.mark.parametrize(
    "kept",
    ['"entered_at":1e999', '"entered_at":NaN', '"entered_at":true', '"entered_at":-1',
     f'"entered_at":1{"0" * 400}', f'"entered_at":{NOW + 3600}', '"queue":"\\ud800"'],
)  # fmt: skip
def test_what_was_kept_and_makes_no_sense_is_not_believed(kept: str) -> None:
    pbx = Pbx()
    pbx.caller("c1", WAIT)
    pbx.kept["c1"] = f'{{"contact":"c1",{kept}}}'
    arrival = held(pbx).arrival
    assert (arrival.contact, arrival.entered_at) == ("c1", NOW - 60)
    assert arrival.queue in {None, "sales"}


def test_who_talks_and_who_is_on_hold() -> None:
    for bridge, on_hold in ((TALK, False), (HELD, True)):
        pbx = Pbx()
        pbx.caller("c1", bridge, queue="sales")
        pbx.leg("r1", "Up", TALK)
        found = held(pbx)
        assert (found.agent, found.on_hold, found.parked) == ("ana", on_hold, False)
        assert [(it.offer, it.state, it.instruction) for it in found.offers] == [
            (7, "bridged", "r1")
        ]


def test_a_consultation_is_no_hold() -> None:
    pbx = Pbx()
    pbx.caller("c1", HELD, queue="sales")
    pbx.leg("r1", "Up", TALK)
    pbx.leg("k1", "Up", TALK, role="consult", agent="bea", offer=None)
    found = held(pbx)
    assert (found.agent, found.on_hold) == ("ana", False)
    assert [(it.agent, it.role) for it in found.parties] == [("bea", "consult")]


@pytest.mark.parametrize("role", ["consult", "conference"])
def test_of_three_who_hear_each_other_one_is_in_conference_whatever_was_kept(role: str) -> None:
    pbx = Pbx()
    pbx.caller("c1", TALK, queue="sales")
    pbx.leg("r1", "Up", TALK)
    pbx.leg("k1", "Up", TALK, role=role, agent="bea", offer=None)
    found = held(pbx)
    assert (found.agent, found.on_hold) == ("ana", False)
    assert [(it.agent, it.role) for it in found.parties] == [("bea", "conference")]


def test_a_customer_of_a_conference_may_be_on_hold() -> None:
    pbx = Pbx()
    pbx.caller("c1", HELD, queue="sales")
    pbx.leg("r1", "Up", TALK)
    pbx.leg("k1", "Up", TALK, role="conference", agent="bea", offer=None)
    found = held(pbx)
    assert (found.agent, found.on_hold) == ("ana", True)
    assert [(it.agent, it.role) for it in found.parties] == [("bea", "conference")]


@pytest.mark.parametrize("bridge", [TALK, HELD])
def test_who_is_left_of_a_conference_has_the_customer(bridge: str) -> None:
    pbx = Pbx()
    pbx.caller("c1", bridge, queue="sales")
    leg = pbx.leg("k1", "Up", TALK, role="conference", agent="bea", offer=None)
    found = held(pbx)
    assert (found.agent, found.on_hold, found.parties) == ("bea", bridge == HELD, ())
    session = Session(IDS, AriSettings(user="u", password=Secret("swordfish")), Counter())
    session.start_from(listed(pbx))
    (tag,) = [next(errand) for errand in session.errands]
    assert (tag.path, '"role": "agent"' in str(tag.body)) == (("channels", leg, "variable"), True)


@pytest.mark.parametrize(("state", "told"), [("Ringing", "ringing"), ("Up", "answered")])
def test_a_phone_that_rings_is_found(state: str, told: str) -> None:
    pbx = Pbx()
    pbx.caller("c1", WAIT, queue="sales")
    pbx.leg("r1", state)
    assert [it.state for it in held(pbx).offers] == [told]


def test_what_is_nobodys_is_let_go() -> None:
    pbx = Pbx()
    pbx.caller("c1", WAIT, queue="sales")
    never_dialled = pbx.leg("r1", "Down")
    of_nobody = pbx.leg("r2", "Ringing", contact="gone")
    left_behind = pbx.leg("r4", "Up", TALK, contact="gone")
    told_nothing = pbx.leg("r3", "Ringing")
    pbx.kept[told_nothing] = "}{"
    pbx.bridges["ccroute-old-wait-x-2"] = []
    pbx.bridges["ccroute-new-wait-x-1"] = []
    pbx.bridges["ccroute-new-talk-ana-2"] = []
    pbx.bridges["of-somebody"] = []
    found = listed(pbx)
    assert set(found.strays) == {never_dialled, of_nobody, told_nothing, left_behind}
    assert set(found.empty) == {"ccroute-old-wait-x-2", "ccroute-new-talk-ana-2", TALK}
    assert held_of(found.calls[0]).offers == ()


def test_who_is_left_alone_in_a_conversation_is_let_go() -> None:
    pbx = Pbx()
    pbx.caller("c1", TALK, queue="sales")
    (call,) = listed(pbx).calls
    assert call.is_over()
    assert call.talk == TALK  # to be ended with it


def test_a_conversation_that_only_a_leg_on_its_way_out_is_in_is_over() -> None:
    pbx = Pbx()
    pbx.caller("c1", WAIT, queue="sales")  # passed on, when the link broke
    leg = pbx.leg("r1", "Up", TALK)
    before = Leg(id=leg, contact="c1", agent="ana", offer=7, over=True, cancelled=True)
    found = listed(pbx, {leg: before})
    assert (found.empty, found.strays) == ((TALK,), ())
    assert not found.calls[0].is_over()


def test_a_feature_code_that_nobody_heard_is_a_wish_and_no_customer() -> None:
    pbx = Pbx()
    pbx._channel("phone", "Up", "Stasis", "ccroute,agent-code,ready,agent=ana", None)
    found = listed(pbx)
    assert (found.calls, found.strays, [it.id for it in found.codes]) == ((), (), ["phone"])
    stage = Stage()
    stage.session.start_from(found)
    stage.session.catch_up([], NOW)
    assert stage.told() == ["AgentAsked"]
    stage.run_errands()
    assert stage.targets() == ["POST channels/phone/continue"]


def test_who_went_on_in_the_dialplan_is_not_ours() -> None:
    pbx = Pbx()
    pbx.caller("c1", queue="sales")
    pbx.channels[0]["dialplan"] = {"exten": "700", "app_name": "MusicOnHold"}
    found = listed(pbx)
    assert (found.calls, found.others) == ((), frozenset({"c1"}))


def test_who_is_called_back_is_found_by_the_agents_leg_and_by_their_own() -> None:
    tag = Call(channel="", arrival=Arrived(contact="c1", tenant="acme")).tag()
    pbx = Pbx()
    pbx.leg("r1", "Up", callback=tag)
    found = held(pbx)
    assert (found.calling, found.arrival.tenant) == (True, "acme")
    assert [it.state for it in found.offers] == ["answered"]
    pbx.caller("ccroute-out-b1", contact="c1")
    pbx.channels[-1]["state"] = "Ringing"
    pbx.kept["ccroute-out-b1"] = tag
    assert held(pbx).calling
    for channel in ("ccroute-out-b1", "ccroute-leg-r1"):
        pbx.bridges.setdefault(TALK, []).append(channel)
    found = held(pbx)
    assert (found.calling, found.agent) == (False, "ana")


@pytest.mark.parametrize(
    "broken", [Reply(500), Reply(200, None), Reply(200, {"channel_ids": [7]}), Reply(200, [])]
)
def test_a_list_that_is_none_is_told(broken: Reply) -> None:
    steps = asked(IDS, {}, {}, {}, NOW)
    next(steps)
    steps.send(Reply(200, {}))
    with pytest.raises(NotListed):
        steps.send(broken)
