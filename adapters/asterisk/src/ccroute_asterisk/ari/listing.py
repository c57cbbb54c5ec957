"""What Asterisk's lists say: the customers and legs that are ours, from the beginning.

A list is asked for when a link comes up, when the host wants a snapshot, and from time to time,
because no event is repeated that was missed. What Asterisk keeps in variables of the channels says
the rest: who a customer is, since when, and for which offer a leg rings.
"""

from collections.abc import Generator, Iterable, Mapping
from typing import TypeAlias, TypeVar

import attrs
import msgspec

from ccroute.adapters import HeldContact, HeldOffer, HeldParty, HeldRecording
from ccroute_asterisk.ari import requests
from ccroute_asterisk.ari.calls import CONTACT_VARIABLE, LEG_VARIABLE, Call, Ids, Leg
from ccroute_asterisk.ari.codec import Reply, Request
from ccroute_asterisk.ari.messages import Bridge, Channel, Json, instant_of
from ccroute_asterisk.ari.translate import CODE, arrived_again, device_of, kept_of

_MEANWHILE = 30.0
"""Seconds after a list was asked for, in which customers who are in it may have come."""


Listed = TypeVar("Listed")


class NotListed(Exception):
    """Asterisk did not give a list that it should have."""


class _Application(msgspec.Struct, frozen=True):
    channel_ids: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class Listing:
    """All that Asterisk has of ours. ``calls`` with their legs; ``strays``: channels that are
    nobody's; ``others``: channels that went on in the dialplan, of which Asterisk tells still;
    ``codes``: agents' phones that asked for something unheard; ``empty``: bridges of earlier starts
    without anybody; ``bridges``: all that are ours."""

    calls: tuple[Call, ...]
    strays: tuple[str, ...]
    empty: tuple[str, ...]
    bridges: frozenset[str]
    devices: tuple[tuple[str, str], ...] = ()
    others: frozenset[str] = frozenset()
    codes: tuple[Channel, ...] = ()


Asked: TypeAlias = Generator[Request, Reply, Listing]


def asked(
    ids: Ids,
    phones: Mapping[str, str],
    legs: Mapping[str, Leg],
    calls: Mapping[str, Call],
    now: float,
) -> Asked:
    """Asks for the lists and reads them. ``legs`` and ``calls`` that we know of: legs may not have
    been dialled yet, and that a recording is paused Asterisk does not say.

    Raises:
        NotListed: one was not given.
    """
    pinged = yield requests.ping()
    ahead = _ahead(pinged, now)
    ours = _ours((yield requests.application(ids.app)))
    channels = _read((yield requests.channels()), list[Channel])
    bridges = _read((yield requests.bridges()), list[Bridge])
    # Of those who went on in the dialplan Asterisk still tells: they are not ours any more.
    mine = [it for it in channels if it.id in ours and (it.app == ids.app or ids.chosen(it.id))]
    codes = [it for it in mine if it.args[:1] == (CODE,) and not ids.chosen(it.id)]
    mine = [it for it in mine if it not in codes]
    # What we gave a channel to keep we know; to ask for each would take a request for each.
    known: dict[str, Leg | Call] = {**legs, **{call.channel: call for call in calls.values()}}
    kept = {}
    for channel in mine:
        name = LEG_VARIABLE if ids.is_leg(channel.id) else CONTACT_VARIABLE
        keeper = known.get(channel.id)
        value = keeper.tag() if keeper else (channel.channelvars or {}).get(name)
        if not isinstance(value, str) and not ids.is_snoop(channel.id):
            reply = yield requests.variable(channel.id, name)
            value = _value(reply)
        kept[channel.id] = kept_of(value if isinstance(value, str) else None)
    devices = []
    for agent, device in phones.items():
        reply = yield requests.device(device)
        state = reply.body.get("state") if isinstance(reply.body, Mapping) else None
        if isinstance(state, str):
            devices.append((agent, device_of(state)))
    found = _Lists(ids, mine, bridges, kept, ahead, now)
    others = ours - {it.id for it in mine}
    listing = found.listing(legs, calls)
    return attrs.evolve(listing, devices=tuple(devices), others=others, codes=tuple(codes))


def ours_now(ids: Ids) -> Generator[Request, Reply, frozenset[str]]:
    """The channels that are ours, by one request.

    Raises:
        NotListed: the list was not given.
    """
    return _ours((yield requests.application(ids.app)))


def held_of(call: Call) -> HeldContact:
    """A customer as a snapshot shows it."""
    partner = call.partner
    return HeldContact(
        arrival=call.arrival,
        agent=partner.agent if partner else None,
        on_hold=call.hold in {"on", "phone"},
        parked=call.home is not None and call.home == call.bridge,
        calling=call.calling,
        parties=[
            HeldParty(agent=leg.agent, role=leg.party)
            for leg in call.legs.values()
            if leg.joined and leg.role != "agent" and not leg.over
        ],
        recordings=[
            HeldRecording(id=it, state="paused" if state == "paused" else "started")
            for it, state in call.recordings.items()
            if state != "asked"
        ],
        offers=[
            HeldOffer(
                offer=leg.offer, agent=leg.agent, tenant=leg.tenant, instruction=leg.ring,
                state="dialling" if leg.state == "asked" else leg.state,
            )
            for leg in call.legs.values()
            if leg.offer is not None and leg.role == "agent" and not leg.over
        ],
    )  # fmt: skip


class _Lists:
    """Lists, read together."""

    def __init__(
        self,
        ids: Ids,
        channels: Iterable[Channel],
        bridges: Iterable[Bridge],
        kept: Mapping[str, Mapping[str, Json]],
        ahead: float,
        now: float,
    ) -> None:
        self._ids = ids
        self._channels = list(channels)
        self._bridges = [it for it in bridges if ids.use(it.id) is not None]
        self._in = {channel: it.id for it in self._bridges for channel in it.channels}
        self._kept = kept
        self._ahead = ahead
        self._now = now

    def listing(self, known: Mapping[str, Leg], before: Mapping[str, Call]) -> Listing:
        ids = self._ids
        calls = {}
        for channel in self._channels:
            if not (ids.is_leg(channel.id) or ids.is_snoop(channel.id)):
                call = self._call(channel)
                if ids.is_customer(channel.id):
                    call.calling = True  # until it is found in a conversation
                    if channel.state == "Down" and call.contact not in before:
                        continue  # made, and never dialled
                calls[call.contact] = call
                if call.contact in before:
                    call.recordings = dict(before[call.contact].recordings)
        strays = []
        for channel in self._channels:
            if ids.is_leg(channel.id):
                leg = self._leg(channel, known)
                if leg is not None and leg.callback is not None and leg.contact not in calls:
                    calls[leg.contact] = self._called_back(leg.callback)
                if leg is None or leg.contact not in calls:
                    strays.append(channel.id)
                else:
                    calls[leg.contact].legs[leg.id] = leg
        for call in calls.values():
            self._joined(call)
        listening = {ids.snoop(leg) for call in calls.values() for leg in call.legs}
        strays += [it.id for it in self._channels if ids.is_snoop(it.id) and it.id not in listening]
        let_go = {it.id for call in calls.values() for it in call.legs.values() if it.over}
        going = let_go.union(strays)
        # Those in which people wait are used again. A conversation that ended unheard is over.
        empty = [
            it.id
            for it in self._bridges
            if set(it.channels) <= going
            and (not ids.is_fresh(it.id) or ids.use(it.id) in {"talk", "ear"})
        ]
        return Listing(
            calls=tuple(calls.values()), strays=tuple(strays), empty=tuple(empty),
            bridges=frozenset(it.id for it in self._bridges),
        )  # fmt: skip

    def _call(self, channel: Channel) -> Call:
        kept = self._kept.get(channel.id, {})
        created = self._now if channel.created is None else channel.created - self._ahead
        bridge = self._in.get(channel.id)
        recordings = kept.get("recordings")
        treatment = kept.get("treatment")
        came = min(created, self._now)
        call = Call(
            channel=channel.id, arrival=arrived_again(channel, kept, came, self._now + _MEANWHILE),
            up=channel.state == "Up", bridge=bridge,
            treatment=treatment if isinstance(treatment, str) else None,
        )  # fmt: skip
        if bridge is not None and self._ids.use(bridge) == "wait":
            call.home = bridge
        if isinstance(recordings, Mapping):
            call.recordings = {
                name: "started" if state == "asked" else state
                for name, state in recordings.items()
                if isinstance(state, str)
            }
        return call

    def _called_back(self, tag: str) -> Call:
        """A customer who has no channel yet."""
        kept = kept_of(tag)
        return Call(
            channel="",
            arrival=arrived_again(Channel(id=""), kept, self._now, self._now + _MEANWHILE),
            calling=True,
        )

    def _leg(self, channel: Channel, known: Mapping[str, Leg]) -> Leg | None:
        """A leg; ``None`` where it was made and never dialled, so that nobody hears it ring."""
        leg = Leg.of_tag(channel.id, self._kept.get(channel.id, {}))
        before = known.get(channel.id)
        if leg is None:
            return None
        if channel.state == "Down" and (before is None or before.cancelled):
            return None
        states = {"Up": "answered", "Ringing": "ringing", "Ring": "ringing"}
        leg.state = states.get(channel.state, "dialling")
        leg.bridge = self._in.get(channel.id)
        if before is not None:
            leg.cancelled, leg.over, leg.ear = before.cancelled, before.over, before.ear
            leg.role, leg.joined = before.role, before.joined
        if leg.offer is None and leg.bridge is not None:
            leg.joined = True
            if self._ids.use(leg.bridge) == "ear":
                leg.ear = leg.bridge
        return leg

    def _joined(self, call: Call) -> None:
        """Whom a customer speaks with: who is in its bridge, or waits in theirs while it is on
        hold."""
        here = None if call.bridge is None else self._ids.use(call.bridge)

        def talks(leg: Leg) -> bool:
            use = None if leg.bridge is None else self._ids.use(leg.bridge)
            return use == "talk" and (leg.bridge == call.bridge or here == "held")

        for leg in call.legs.values():
            if leg.role != "agent" or leg.over:
                continue
            if talks(leg):
                call.winner, call.talk, call.bridged = leg.id, leg.bridge, True
                call.calling, leg.state = False, "bridged"
            elif call.calling and call.channel and leg.state == "answered":
                call.winner = leg.id
        for leg in call.legs.values():
            if leg.role == "consult" and leg.joined and leg.bridge == call.bridge:
                leg.role = "conference"  # the customer hears them
        heir = call.heir
        if not call.bridged and heir is not None and talks(heir):
            # The first agent hung up while nobody listened.
            heir.role, heir.state = "agent", "bridged"
            call.winner, call.talk, call.bridged = heir.id, heir.bridge, True
        if not call.bridged and here in {"talk", "held"}:
            call.ending = "agent"  # who went while nobody listened: nobody stays alone
            call.talk = call.bridge if here == "talk" else None
        if call.bridged and here == "held":
            consulted = any(leg.role == "consult" for leg in call.legs.values())
            call.hold = "consult" if consulted else "on"


def _ahead(pinged: Reply, now: float) -> float:
    """By how many seconds Asterisk's clock is ahead of ours."""
    if not isinstance(pinged.body, Mapping):
        return 0.0
    theirs = instant_of(pinged.body.get("timestamp"))
    return 0.0 if theirs is None else theirs - now


def _ours(reply: Reply) -> frozenset[str]:
    return _read(reply, _Application).channel_ids


def _read(reply: Reply, kind: type[Listed]) -> Listed:
    if not reply.ok:
        raise NotListed(reply.said)
    try:
        return msgspec.convert(reply.body, kind)
    except msgspec.ValidationError as error:
        raise NotListed(f"no list: {error}") from error


def _value(reply: Reply) -> str | None:
    value = reply.body.get("value") if isinstance(reply.body, Mapping) else None
    return value if isinstance(value, str) else None
