"""What is set right by itself: requests that follow from what was heard, and not from an order.

Each is a generator that gives requests and takes their replies. That something is gone already is
as good as done; what fails else, the next look at Asterisk's list puts right.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, TypeAlias

import attrs

from ccroute_asterisk.ari import requests
from ccroute_asterisk.ari.calls import Call, Leg
from ccroute_asterisk.ari.codec import Reply, Request

if TYPE_CHECKING:
    from ccroute_asterisk.ari.going import Going


@attrs.frozen
class Pause:
    """Given instead of a request: wait for so many seconds. Its reply says nothing."""

    seconds: float


Errand: TypeAlias = Generator[Request, Reply, None]
"""Requests to be made, one after the reply to the other."""
Patient: TypeAlias = Generator[Request | Pause, Reply, None]
"""An errand that may wait in between."""
Part: TypeAlias = Generator[Request, Reply, bool]
"""A part of an errand or an order; whether it was done."""

WHISPERS = {"whisper": "out"}
"""What a supervisor's voice reaches, in ARI's words."""


def hang_up(channel: str) -> Errand:
    """Ends a channel."""
    yield requests.hang_up(channel)


def dial(leg: Leg, seconds: float) -> Errand:
    """A leg rings."""
    reply = yield requests.dial(leg.id, max(round(seconds), 1))
    # What became of it events tell, unless Asterisk will not.
    if not reply.ok and reply.status != 404 and not leg.leaving:
        leg.cancelled = leg.failed = True
        yield requests.hang_up(leg.id)


def destroy(bridge: str) -> Errand:
    """Ends a bridge."""
    yield requests.destroy_bridge(bridge)


def keep(call: Call) -> Errand:
    """What Asterisk keeps of a customer is written anew."""
    yield requests.keep(call.channel, call.tag())


def tag(leg: Leg) -> Errand:
    """What Asterisk keeps of a leg is written anew."""
    yield requests.tag(leg)


def back_to_dialplan(channel: str) -> Errand:
    """A channel goes on behind ``Stasis()``."""
    yield requests.hand_back(channel)


def look_for(session: "Going", call: Call) -> Errand:
    """A customer is not ours any more: whether it hung up, or was taken from us."""
    reply = yield requests.channel(call.channel)
    call.ending = None
    if reply.ok:
        call.ending = "taken"
        if call.bridged:
            session.part(call, "system")
    else:
        session.customer_leaves(call)
    session.gone(call)


def music(bridge: str, name: str) -> Errand:
    """Plays music to those in a bridge."""
    yield requests.music(bridge, name)


def stop_playback(playback: str) -> Errand:
    """Plays no more of it."""
    yield requests.stop_playback(playback)


def silence(call: Call) -> Errand:
    """Ends what is played to a customer: as long as it is, whatever else is asked for waits."""
    if call.playback is not None:
        playback, call.playback = call.playback, None
        yield requests.stop_playback(playback)


def settle_in(session: "Going", call: Call, use: str, music: str) -> Part:
    """Brings a customer into the bridge with this music; makes it where there is none, and another
    one in place of one that broke down."""
    impatient = False
    for _ in range(4):
        bridge = session.homes.lodge(call.channel, use, music)
        if bridge not in session.made and (impatient or bridge not in session.making):
            # Of a hundred who come at once the first makes it; the others hope that it did.
            session.making.add(bridge)
            made = yield requests.create_bridge(bridge, "holding", f"{use} {music}")
            if not made.ok and made.status != 409:
                session.making.discard(bridge)
                return False
            session.made.add(bridge)
        if call.bridge == bridge:
            return True
        reply = yield requests.add(bridge, call.channel)
        if reply.ok:
            return True
        if reply.status != 404:
            return False
        impatient = bridge not in session.made
        if impatient:
            continue
        # The bridge is not there, though it was made: a ghost.
        session.counters["bridges_replaced"] += 1
        session.made.discard(bridge)
        session.homes.broke_down(bridge)
    return False


def back_to_wait(session: "Going", call: Call) -> Errand:
    """A connection came to nothing: the customer waits on."""
    talk = call.talk
    if call.is_over() or call.winner is not None:
        return
    yield from settle_in(session, call, "wait", session.music_of(call))
    if talk is not None and call.winner is None:
        call.talk = None
        yield requests.destroy_bridge(talk)


def back_to_talk(call: Call) -> Errand:
    """A consultation is over: its agent, whoever that is now, has the customer back."""
    if call.talk is not None and call.bridge != call.talk and not call.is_over():
        yield requests.add(call.talk, call.channel)


def amends(call: Call) -> list[Errand]:
    """What is to be done for a customer who was found in a list: whoever was let go goes."""
    found = [hang_up(call.channel)] if call.is_over() else []
    partner = call.partner
    if partner is not None and partner.offer is None:
        found.append(tag(partner))  # who inherited the customer may have been told nowhere
    return found + [hang_up(leg.id) for leg in call.legs.values() if leg.cancelled or leg.over]


def join(session: "Going", call: Call, leg: Leg) -> Errand:
    """A second agent, or a supervisor, comes into the conversation."""
    reply = None if call.talk is None else (yield requests.add(call.talk, leg.id))
    if reply is None or not reply.ok or call.is_over():
        leg.cancelled = True
        yield requests.hang_up(leg.id)


def listen(session: "Going", call: Call, leg: Leg) -> Errand:
    """A supervisor gets an ear in the agent's leg."""
    spied = session.legs.get(call.winner or "")
    leg.ear = session.new_bridge("ear", leg.agent)
    if spied is not None:
        made = yield requests.create_bridge(leg.ear, "mixing", call.contact)
        if made.ok:
            ear = session.ids.snoop(leg.id)
            whisper = WHISPERS.get(leg.how or "", "none")
            made = yield requests.snoop(spied.id, ear, session.settings.app, whisper)
        if made.ok:
            return  # both come together when the ear is there
    leg.cancelled = True
    yield requests.hang_up(leg.id)


def put_together(bridge: str, *channels: str) -> Errand:
    """Channels come into one bridge."""
    yield requests.add(bridge, *channels)
