"""What Asterisk says, heard: events become signals, and errands that set right what they upset.

A state machine without socket, task or clock. `Session.hear` takes an event; ``signals`` are for
the host, ``errands`` are requests to be made meanwhile. How customers and legs go is in
`ccroute_asterisk.ari.going`, what the host wants done in `ccroute_asterisk.ari.orders`, what lists
say in `ccroute_asterisk.ari.listing`.

Events and replies come in any order, and events of one call overtake each other. So nothing is
concluded from a reply but that the request was taken, and every state is looked at again when
something has come in.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import attrs

from ccroute.adapters import (
    AgentAsked,
    Answered,
    Bridged,
    DeviceSeen,
    Dialled,
    KeyPressed,
    Parked,
    PutOnHold,
    Ringing,
    TakenOffHold,
    Unmapped,
)
from ccroute_asterisk.ari import calling_back, errands, messages, recording
from ccroute_asterisk.ari.calls import Call, Ids, Leg
from ccroute_asterisk.ari.going import Going
from ccroute_asterisk.ari.listing import Listing
from ccroute_asterisk.ari.messages import Event
from ccroute_asterisk.ari.settings import AriSettings
from ccroute_asterisk.ari.translate import CODE, arrived_of, asked_of, device_of

MOVED, SHUTDOWN = 2, 4
"""Flags of a hang-up that Asterisk itself wants: because somebody sends the channel to another
place in the dialplan; because Asterisk ends."""
ANNOUNCER = "Announcer/ARI_MOH"
"""How the channel is called by which Asterisk plays music to a bridge."""


class Session(Going):
    """What is known, and what events make of it."""

    def __init__(self, ids: Ids, settings: AriSettings, counters: Counter[str]) -> None:
        super().__init__(ids, settings, counters)
        self._at: float | None = None
        self.lag: float | None = None
        """Seconds from Asterisk's stamp to our hearing of the last event."""
        self._heard: Mapping[type[Event], Callable[..., None]] = {
            messages.StasisStart: self._started,
            messages.StasisEnd: self._ended,
            messages.ChannelStateChange: lambda it: self._state(it.channel.id, it.channel.state),
            messages.Dial: self._dial,
            messages.ChannelHangupRequest: self._hangs_up,
            messages.ChannelDestroyed: self._destroyed,
            messages.ChannelEnteredBridge: self._entered,
            messages.ChannelLeftBridge: self._left,
            messages.ChannelDtmfReceived: self._key,
            messages.ChannelHold: lambda it: self._held_by_phone(it.channel.id, PutOnHold),
            messages.ChannelUnhold: lambda it: self._held_by_phone(it.channel.id, TakenOffHold),
            messages.RecordingStarted: self._recording,
            messages.RecordingFinished: self._recording,
            messages.RecordingFailed: self._recording,
            messages.PlaybackFinished: self._played,
            messages.DeviceStateChanged: self._device,
            messages.Unknown: self._unknown,
        }

    def hear(self, event: Event, now: float) -> None:
        """Takes an event in; ``now`` by our clock."""
        self.now = now
        before = len(self.signals)
        if (hear := self._heard.get(type(event))) is not None:
            hear(event)
        at = event.at
        if at is not None:
            self.lag = now - at
        # Asterisk's stamps may go back a little between events; a story must not.
        if at is not None and (self._at is None or not 0 < self._at - at < 2.0):
            self._at = at
        if len(self.signals) > before:
            self.signals[before:] = [attrs.evolve(it, at=self._at) for it in self.signals[before:]]

    def start_from(self, listing: Listing) -> None:
        """Forgets what it knew, and goes on with what a list says."""
        super().start_from(listing)
        self.errands += [
            calling_back.join(self, call) for call in listing.calls if call.calling and call.up
        ]
        for channel in listing.codes:
            self._asked(channel, channel.args[1:])

    def catch_up(self, events: Iterable[Event], now: float) -> None:
        """Takes in what came while the lists were made: a snapshot says what it led to, but
        for what people asked for."""
        first, lag = self.signals, self.lag  # what the snapshot does not say
        self.signals = []
        for event in events:
            self.hear(event, now)
        first.extend(it for it in self.signals if isinstance(it, AgentAsked | KeyPressed))
        self.signals, self.lag = first, lag  # they had to wait for the lists

    # -- Coming -------------------------------------------------------------------------

    def _started(self, event: messages.StasisStart) -> None:
        channel = event.channel
        if event.replace_channel is not None:
            self._replaced(event.replace_channel.id, channel.id)
        elif channel.id in self.legs:
            self._leg_is_ours(self.legs[channel.id])
        elif self.ids.is_customer(channel.id):
            found = self.calls.get(channel.id)
            if found is None or found.is_over():
                self.send(errands.hang_up(channel.id))
            else:
                self.send(calling_back.dial(found, self.now))
        elif self.ids.is_snoop(channel.id):
            self._ear_begun(channel.id)
        elif self.ids.is_leg(channel.id):
            self.send(errands.hang_up(channel.id))  # for nobody any more
        elif event.args[:1] == (CODE,):
            self._asked(channel, event.args[1:])
        elif channel.id not in self.calls:
            arrived = arrived_of(channel, event.args, self.now)
            if channel.id in self.departed:  # it was ours before: another contact on the same leg
                self.departed[channel.id] += 1
                arrived = attrs.evolve(arrived, contact=f"{channel.id}~{self.departed[channel.id]}")
            self.keep(Call(channel=channel.id, arrival=arrived, up=channel.state == "Up"))
            self.tell(arrived)

    def _replaced(self, was: str, now: str) -> None:
        """Another channel took the place of one of ours: it is the same customer, or agent."""
        if call := self.calls.pop(was, None):
            call.channel = now
            call.leaving = False
            self.homes.leave(was)
            self.calls[now] = call
            self.send(errands.keep(call))
        elif leg := self.legs.pop(was, None):
            leg.id = now
            self.legs[now] = leg
            if (call := self.call_of(leg)) is None:
                return  # the customer is gone, and the phone on its way out
            call.legs.pop(was, None)
            call.legs[now] = leg
            if call.winner == was:
                call.winner = now

    def _asked(self, channel: messages.Channel, args: tuple[str, ...]) -> None:
        agent = self.agents.get(channel.name.rpartition("-")[0])
        contact = self.last_contact.get(agent or "")
        asked = asked_of(args, agent, contact)
        if asked is None:
            self.counters["codes_not_understood"] += 1
        else:
            self.tell(asked)
        self.send(errands.back_to_dialplan(channel.id))

    # -- Legs ---------------------------------------------------------------------------

    def _state(self, channel: str, state: str) -> None:
        if leg := self.legs.get(channel):
            if state == "Ringing":
                self._leg_rings(leg)
            elif state == "Up":
                self._leg_up(leg)
        elif state == "Up" and (call := self.calls.get(channel)):
            if call.calling and not call.up:
                self.send(calling_back.join(self, call))
            call.up = True

    def _dial(self, event: messages.Dial) -> None:
        if leg := self.legs.get(event.peer.id):
            if event.dialstatus in {"RINGING", "PROGRESS"}:
                self._leg_rings(leg)
            elif event.dialstatus == "ANSWER":
                self._leg_up(leg)

    def _leg_is_ours(self, leg: Leg) -> None:
        leg.ours = True
        self._leg_begun(leg)
        if leg.dial and not leg.cancelled:
            leg.dial = False
            self.send(errands.dial(leg, leg.until - self.now))

    def _leg_begun(self, leg: Leg) -> None:
        call = self.call_of(leg)
        if leg.cancelled or call is None or call.is_over():
            self.send(errands.hang_up(leg.id))
        if leg.state == "asked":
            self.get_on(leg, "dialling", Dialled)

    def _leg_rings(self, leg: Leg) -> None:
        if leg.state == "asked":
            self._leg_begun(leg)
        if leg.state == "dialling":
            self.get_on(leg, "ringing", Ringing)

    def _leg_up(self, leg: Leg) -> None:
        if leg.state == "asked":
            self._leg_begun(leg)
        if leg.state not in {"dialling", "ringing"}:
            return
        leg.state = "answered"
        call = self.call_of(leg)
        if leg.cancelled or leg.over or call is None or call.is_over():
            self.send(errands.hang_up(leg.id))
        elif leg.offer is not None:
            self.tell(leg.told(Answered))
        elif leg.role == "consult" or leg.how == "barge":
            self.send(errands.join(self, call, leg))
        else:
            self.send(errands.listen(self, call, leg))

    def _ear_begun(self, channel: str) -> None:
        leg = next((it for it in self.legs.values() if self.ids.snoop(it.id) == channel), None)
        if leg is None or leg.ear is None:
            self.send(errands.hang_up(channel))
        else:
            self.send(errands.put_together(leg.ear, leg.id, channel))

    # -- Bridges ------------------------------------------------------------------------

    def _entered(self, event: messages.ChannelEnteredBridge) -> None:
        bridge = event.bridge.id
        if call := self.calls.get(event.channel.id):
            call.bridge = bridge
            use = self.ids.use(bridge)
            if use in {"wait", "held"}:
                self._hears_music(call, bridge)
            if use == "wait":
                self._waits(call, bridge)
            elif use == "held" and call.hold == "asked":
                call.hold = "on"
                self.tell(PutOnHold(contact=call.contact))
            elif use == "held" and call.hold is None:
                self.send(errands.back_to_talk(call))  # its agent left on the way
            elif use == "talk":
                self._in_talk(call, bridge)
        elif leg := self.legs.get(event.channel.id):
            leg.bridge = bridge
            found = self.call_of(leg)
            if found is not None and leg.offer is not None:
                self._together(found)
            elif found is not None and not leg.joined and self.ids.use(bridge) in {"talk", "ear"}:
                leg.joined = True
                self.joined(found, leg)

    def _hears_music(self, call: Call, bridge: str) -> None:
        """Whoever comes into an empty bridge hears nothing: the music went with the last one."""
        inside = self.inside.setdefault(bridge, set())
        inside.add(call.channel)
        if len(inside) == 1:
            self.send(errands.music(bridge, self.music_of(call)))

    def _left(self, event: messages.ChannelLeftBridge) -> None:
        inside = self.inside.get(event.bridge.id, set())
        inside.discard(event.channel.id)
        self.homes.leave(event.channel.id, event.bridge.id)
        left = self.calls.get(min(inside)) if inside else None
        if left is not None and event.channel.name.startswith(ANNOUNCER):
            # It had been on its way out when somebody came in.
            self.send(errands.music(event.bridge.id, self.music_of(left)))
        call = self.calls.get(event.channel.id)
        if call is not None and call.consent and call.consent.bridge == event.bridge.id:
            recording.not_given(self, call)  # who has left hears no question
        found = call or self.legs.get(event.channel.id)
        if found is not None and found.bridge == event.bridge.id:
            found.bridge = None

    def _waits(self, call: Call, bridge: str) -> None:
        call.home = bridge
        if call.parking and not call.is_over():
            call.parking = False
            self.tell(Parked(contact=call.contact))

    def _in_talk(self, call: Call, bridge: str) -> None:
        if call.winner is None and not call.is_over():
            self.send(errands.back_to_wait(self, call))  # whoever was there is gone
            return
        if call.hold is not None and bridge == call.talk:
            if call.hold == "on":
                self.tell(TakenOffHold(contact=call.contact))
            call.hold = None
        self.confer(call)
        self._together(call)

    def _together(self, call: Call) -> None:
        leg = self.legs.get(call.winner or "")
        if leg is None or call.bridged or call.is_over() or leg.leaving or call.talk is None:
            return
        if call.bridge == leg.bridge == call.talk:
            call.bridged, call.home, call.calling = True, None, False
            leg.state = "bridged"
            self.last_contact[leg.agent] = call.contact
            self.tell(Bridged(contact=call.contact, agent=leg.agent, offer=leg.offer))

    # -- Going --------------------------------------------------------------------------

    def _hangs_up(self, event: messages.ChannelHangupRequest) -> None:
        call = self.calls.get(event.channel.id)
        if event.flags & MOVED:
            return  # it lives on, elsewhere: its end with us tells the rest
        shutdown = bool(event.flags & SHUTDOWN)
        if call is not None and call.calling:
            return  # how it failed its end says
        if call is not None and shutdown and call.ending in {None, "agent"}:
            call.ending = "lost"
        elif call is not None:
            self.customer_leaves(call)
        elif leg := self.legs.get(event.channel.id):
            leg.cause = leg.cause or event.q850
            self.leg_leaves(leg, "system" if shutdown else "agent")

    def _ended(self, event: messages.StasisEnd) -> None:
        if call := self.calls.get(event.channel.id):
            if call.calling:
                return
            if call.is_over():
                self.gone(call)
            else:  # whether it hung up or was taken from us, only Asterisk knows
                call.ending = "unknown"
                self.send(errands.look_for(self, call))
        elif leg := self.legs.get(event.channel.id):
            self.leg_leaves(leg)

    def _destroyed(self, event: messages.ChannelDestroyed) -> None:
        call = self.calls.get(event.channel.id)
        if call is not None and call.calling:
            calling_back.went(self, call, event.cause or 0)
        elif call is not None:
            self.customer_leaves(call)
            self.gone(call)
        elif leg := self.legs.get(event.channel.id):
            self.leg_gone(leg, event.cause or 0)

    # -- The rest -----------------------------------------------------------------------

    def _key(self, event: messages.ChannelDtmfReceived) -> None:
        call = self.calls.get(event.channel.id)
        if call is None or call.is_over():
            return
        if call.consent is not None:
            recording.pressed(self, call, call.consent, event.digit)
        else:
            self.tell(KeyPressed(contact=call.contact, key=event.digit))

    def _held_by_phone(self, channel: str, kind: type[PutOnHold] | type[TakenOffHold]) -> None:
        """The agent's phone did it by itself."""
        leg = self.legs.get(channel)
        call = None if leg is None else self.call_of(leg)
        if call is None or call.winner != channel or not call.bridged or call.is_over():
            return
        if kind is PutOnHold and call.hold is None:
            call.hold = "phone"
            self.tell(PutOnHold(contact=call.contact))
        elif kind is TakenOffHold and call.hold == "phone":
            call.hold = None
            self.tell(TakenOffHold(contact=call.contact))

    def _recording(self, event: messages.OfRecording) -> None:
        for call in self.contacts.values():
            if event.recording.name in call.recordings:
                self.recorded(call, event.recording.name, event.state)
                return

    def _played(self, event: messages.PlaybackFinished) -> None:
        for call in self.contacts.values():
            if call.playback == event.playback.id:
                call.playback = None
                return
            if (consent := call.consent) is not None and consent.playback == event.playback.id:
                recording.played(self, call, consent, event.playback.state or "done")
                return

    def _device(self, event: messages.DeviceStateChanged) -> None:
        seen = event.device_state
        agent, device = self.agents.get(seen.name), device_of(seen.state)
        # Asterisk tells a state again whenever anything about the device changes.
        if agent is not None and self.devices.get(agent) != device:
            self.devices[agent] = device
            self.tell(DeviceSeen(agent=agent, device=device))

    def _unknown(self, event: messages.Unknown) -> None:
        self.counters["unmapped"] += 1
        self.tell(Unmapped(what=event.kind))
