"""What we know of an Asterisk, and what is to be said and done about it; not what events mean."""

from collections import Counter, OrderedDict
from typing import TYPE_CHECKING

from ccroute.adapters import OfferSignal, PartyJoined, RecordingSeen, Signal
from ccroute_asterisk.ari import errands, recording
from ccroute_asterisk.ari.calls import Call, Ids, Leg
from ccroute_asterisk.ari.errands import Patient
from ccroute_asterisk.ari.homes import Homes
from ccroute_asterisk.ari.listing import Listing
from ccroute_asterisk.ari.settings import AriSettings

if TYPE_CHECKING:
    from collections.abc import Mapping


class Known:
    """Customers, legs and bridges, as far as we were told.

    ``signals`` are for the host, ``errands`` to be run. ``homes``: the bridges of those who wait or
    are on hold; ``making`` and ``made``: those of them that
    are on the way, and there; ``inside``: the customers in each. ``departed``: channels
    that were customers, and how often. ``now``: the time of the last event or reply, by our clock.
    ``counters``: what is counted.
    """

    def __init__(self, ids: Ids, settings: AriSettings, counters: Counter[str]) -> None:
        self.ids = ids
        self.settings = settings
        self.counters = counters
        self.signals: list[Signal] = []
        self.errands: list[Patient] = []
        self.calls: dict[str, Call] = {}
        self.legs: dict[str, Leg] = {}
        self.homes = Homes(self.new_bridge)
        self.made: set[str] = set()
        self.making: set[str] = set()
        self.inside: dict[str, set[str]] = {}
        self.contacts: dict[str, Call] = {}
        self.last_contact: dict[str, str] = {}
        self.devices: dict[str, str] = {}
        self._others: frozenset[str] = frozenset()
        self.agents: Mapping[str, str] = {it: agent for agent, it in settings.phones.items()}
        self._bridges = 0
        self.departed: OrderedDict[str, int] = OrderedDict()
        self.now = 0.0

    def tell(self, *signals: Signal) -> None:
        """Signals for the host."""
        self.signals.extend(signals)

    def send(self, *errand: Patient) -> None:
        """Requests to be made meanwhile."""
        self.errands.extend(errand)

    def new_bridge(self, use: str, name: str) -> str:
        """An id for a bridge that there never was."""
        self._bridges += 1
        return self.ids.bridge(use, name, self._bridges)

    def start_from(self, listing: Listing) -> None:
        """Forgets what it knew: a list says all. What is nobody's is let go."""
        asked = [call for call in self.contacts.values() if call.consent is not None]
        self.calls, self.contacts, self.legs = {}, {}, {}
        self.inside = {}
        for call in listing.calls:
            self.keep(call)
            if call.bridge is not None:
                self.inside.setdefault(call.bridge, set()).add(call.channel)
        self.devices = dict(listing.devices)
        self._others = listing.others
        self.made &= listing.bridges
        self.making &= self.made
        self.homes.start_from(self.made, self.inside)
        self.signals.clear()
        self.errands = [errands.hang_up(it) for it in listing.strays]
        self.errands += [errands.destroy(it) for it in listing.empty]
        for call in listing.calls:
            self.errands += errands.amends(call)
        for call in asked:
            if call.contact in self.contacts:  # a yes may have been missed: it is asked again
                recording.not_given(self, call)

    def known(self) -> frozenset[str]:
        """The channels that are certainly there, as far as we know."""
        calls = {it.channel for it in self.calls.values() if not it.is_over()}
        legs = {it.id for it in self.legs.values() if it.state != "asked" and not it.leaving}
        return frozenset(calls | legs)

    def differing(self, before: frozenset[str], ours: frozenset[str]) -> frozenset[str]:
        """The channels by which Asterisk's list, asked for when we knew ``before``, differs: it
        lacks what is there still, or has what we never heard of."""
        lacking = (before & self.known()) - ours
        heard_of = self.calls.keys() | self.legs.keys() | self.departed.keys()
        strange = {it for it in ours - before - self._others if not self.ids.is_snoop(it)}
        return lacking | (strange - heard_of)

    def lingering(self, ours: frozenset[str]) -> frozenset[str]:
        """The channels that were let go, and are in Asterisk's list all the same."""
        calls = {it.channel for it in self.calls.values() if it.let_go or it.ending == "agent"}
        legs = {it.id for it in self.legs.values() if it.cancelled and it.state != "asked"}
        return ours & (calls | legs)

    def music_of(self, call: Call) -> str:
        """The class of music for who waits."""
        return call.treatment or self.settings.music

    def keep(self, call: Call) -> None:
        """Knows a customer from now on."""
        if call.channel:
            self.calls[call.channel] = call
        self.contacts[call.contact] = call
        self.legs.update(call.legs)

    def at_home(self, call: Call) -> bool:
        """Whether it is where it would wait."""
        return call.bridge in self.homes.bridges("wait", self.music_of(call))

    def call_of(self, leg: Leg) -> Call | None:
        """The customer of a leg, if still here."""
        return self.contacts.get(leg.contact)

    def get_on(self, leg: Leg, state: str, kind: type[OfferSignal]) -> None:
        """A leg has come further; told where there is an offer whose end was not."""
        leg.state = state
        if leg.offer is not None and not leg.over:
            self.tell(leg.told(kind))

    def joined(self, call: Call, leg: Leg) -> None:
        """Somebody is in the conversation besides the agent, or goes on in it as something else."""
        self.tell(PartyJoined(contact=call.contact, agent=leg.agent, role=leg.party))

    def confer(self, call: Call) -> None:
        """Who is to be in a conference is, once the customer is where the others are."""
        for leg in call.legs.values():
            if leg.invited and leg.joined and call.bridge == leg.bridge == call.talk:
                leg.invited, leg.role = False, "conference"
                self.joined(call, leg)
                self.send(errands.tag(leg))

    def recorded(self, call: Call, recording: str, state: str) -> None:
        """A recording is in another state."""
        if state in {"stopped", "failed"}:
            del call.recordings[recording]
        else:
            call.recordings[recording] = "paused" if state == "paused" else "started"
        self.tell(RecordingSeen(contact=call.contact, recording=recording, state=state))
