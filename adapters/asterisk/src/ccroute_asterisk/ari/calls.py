"""What is going on at an Asterisk, as far as we were told: customers, agents' legs, bridges."""

import json
from collections.abc import Iterator, Mapping
from typing import TypeVar
from urllib.parse import quote

import attrs

from ccroute.adapters import PARTIES, Arrived, OfferSignal, Outcome, done, failed
from ccroute_asterisk.ari.codec import Reply
from ccroute_asterisk.ari.messages import Json

CONTACT_VARIABLE = "CCROUTE_CONTACT"
REFUSED_VARIABLE = "CCROUTE_REFUSED"
"""The channel variable in which Asterisk keeps what we must know of a customer."""
LEG_VARIABLE = "CCROUTE_LEG"
"""… and of an agent's leg."""


Offered = TypeVar("Offered", bound=OfferSignal)


@attrs.frozen
class Ids:
    """The ids that we choose. Those of legs are made of the instruction's, so that Asterisk refuses
    a second one; those of bridges are fresh for each start, because a bridge that broke down can
    neither be used nor made anew until Asterisk restarts.

    >>> Ids("ccroute", "7f").leg("i1"), Ids("ccroute", "7f").bridge("wait", "default", 1)
    ('ccroute-leg-i1', 'ccroute-7f-wait-default-1')
    """

    app: str
    run: str

    def leg(self, instruction: str) -> str:
        """A leg's, from the instruction that dials it."""
        return f"{self.app}-leg-{instruction}"

    def is_leg(self, channel: str) -> bool:
        """Whether a channel is a leg that we dialled."""
        return channel.startswith(f"{self.app}-leg-")

    def customer(self, instruction: str) -> str:
        """Of a customer who is called back, from the instruction that does."""
        return f"{self.app}-out-{instruction}"

    def is_customer(self, channel: str) -> bool:
        """Whether a channel is one that we called back."""
        return channel.startswith(f"{self.app}-out-")

    def chosen(self, channel: str) -> bool:
        """Whether we made a channel and chose its id."""
        return self.is_leg(channel) or self.is_customer(channel) or self.is_snoop(channel)

    def snoop(self, leg: str) -> str:
        """Of the ear that a supervisor has in a conversation."""
        return f"{self.app}-ear-{leg}"

    def is_snoop(self, channel: str) -> bool:
        """Whether a channel is such an ear."""
        return channel.startswith(f"{self.app}-ear-")

    def bridge(self, use: str, name: str, number: int) -> str:
        """A bridge's. ``use``: wait, held, talk or ear."""
        return f"{self.app}-{self.run}-{use}-{quote(name, safe='')}-{number}"

    def use(self, bridge: str) -> str | None:
        """What a bridge is for; ``None``: it is not ours. Those of earlier starts are."""
        if not bridge.startswith(f"{self.app}-"):
            return None
        _, _, rest = bridge.removeprefix(f"{self.app}-").partition("-")
        use = rest.partition("-")[0]
        return use if use in {"wait", "held", "talk", "ear"} else None

    def is_fresh(self, bridge: str) -> bool:
        """Whether it was made since this start."""
        return bridge.startswith(f"{self.app}-{self.run}-")


@attrs.define(kw_only=True)
class Leg:
    """A phone that we dialled for a contact.

    ``role``: agent, consult, conference or monitor; ``offer`` is of an agent's only. ``state``:
    asked, dialling, ringing, answered, bridged. ``until``: when ringing ends; ``ours``: it is in
    our application, before which Asterisk does not dial it; ``dial``: it is to be dialled then.
    ``cancelled``: we let it go, and ``failed``: not because anybody wanted it; ``over``: its end
    was told; ``cause``: the first that was told of its end; ``ear``: the bridge in which a
    supervisor hears; ``callback``: the tag of a customer who is to be called back, and has no
    channel that could keep it; ``invited``: it is in a conference as soon as the customer is there.
    """

    id: str
    contact: str
    agent: str
    role: str = "agent"
    how: str | None = None
    offer: int | None = None
    tenant: str | None = None
    ring: str | None = None
    state: str = "asked"
    bridge: str | None = None
    until: float = 0.0
    ours: bool = False
    dial: bool = False
    cancelled: bool = False
    failed: bool = False
    leaving: bool = False
    joined: bool = False
    over: bool = False
    cause: int = 0
    ear: str | None = None
    callback: str | None = None
    invited: bool = False

    @property
    def party(self) -> str:
        """As what it is in a conversation besides the agent's."""
        return self.role if self.role in PARTIES else "monitor"

    def told(self, kind: type[Offered], **more: str) -> Offered:
        """A signal about its offer."""
        assert self.offer is not None
        return kind(offer=self.offer, tenant=self.tenant, contact=self.contact, **more)  # type: ignore[arg-type]

    def tag(self) -> str:
        """What Asterisk is to keep with it."""
        return json.dumps(
            {
                "contact": self.contact, "agent": self.agent, "role": self.role, "how": self.how,
                "offer": self.offer, "tenant": self.tenant, "ring": self.ring,
                "callback": self.callback,
            }
        )  # fmt: skip

    @classmethod
    def of_tag(cls, channel: str, tag: Mapping[str, Json]) -> "Leg | None":
        """The leg of what was kept; ``None``: it says too little."""
        contact, agent, offer = tag.get("contact"), tag.get("agent"), tag.get("offer")
        if not isinstance(contact, str) or not isinstance(agent, str):
            return None
        return cls(
            id=channel, contact=contact, agent=agent, role=_text(tag, "role") or "agent",
            how=_text(tag, "how"), tenant=_text(tag, "tenant"), ring=_text(tag, "ring"),
            callback=_text(tag, "callback"),
            offer=offer if isinstance(offer, int) and not isinstance(offer, bool) else None,
        )  # fmt: skip


@attrs.frozen(kw_only=True)
class Consent:
    """A customer is asked whether the conversation may be recorded. ``recording``: under which id;
    ``bridge``: where ``playback`` is heard, and where the customer must stay to answer."""

    recording: str
    bridge: str
    playback: str


@attrs.define(kw_only=True)
class Call:
    """A customer.

    ``channel``: what Asterisk calls it now; ``arrival``: what was told of its coming. ``bridge``:
    where it is; ``home``: the bridge where it waits, with ``treatment``; ``talk``: the bridge of
    its conversation, also while it is on hold; ``winner``: the leg that it is, or is being, joined
    with; ``bridged``: both were in it, and `Bridged` was told. ``parking``: `Parked` is still to be
    told. ``hold``: asked, on, phone (the agent's own), consult (its agent speaks with another).
    ``leaving``: it hangs up; ``ending``: why we end it; ``parted``: the end of its conversation was
    told; ``let_go``: the host wants it gone; ``playback``: what is played to it; ``consent``: what
    it is asked. ``calling``: it is called back and not bridged yet; its channel, empty before it is
    dialled, rings until ``until``.
    """

    channel: str
    arrival: Arrived
    up: bool = False
    bridge: str | None = None
    home: str | None = None
    treatment: str | None = None
    talk: str | None = None
    winner: str | None = None
    bridged: bool = False
    parking: bool = False
    hold: str | None = None
    leaving: bool = False
    ending: str | None = None
    parted: bool = False
    let_go: bool = False
    playback: str | None = None
    consent: Consent | None = None
    calling: bool = False
    until: float = 0.0
    legs: dict[str, Leg] = attrs.Factory(dict)
    recordings: dict[str, str] = attrs.Factory(dict)

    @property
    def contact(self) -> str:
        """The id that stays."""
        return self.arrival.contact

    def is_over(self) -> bool:
        """Whether nothing can be begun with it any more."""
        return self.leaving or self.ending is not None

    @property
    def partner(self) -> Leg | None:
        """Whom the customer speaks with."""
        return self.legs.get(self.winner or "") if self.bridged else None

    @property
    def heir(self) -> Leg | None:
        """Who has the customer when the agent goes: who is in a conference with both."""
        for leg in self.legs.values():
            if leg.role == "conference" and leg.joined and not (leg.leaving or leg.cancelled):
                return leg
        return None

    def offered(self) -> Iterator[Leg]:
        """Agents' legs that were dialled, and whose end was not told."""
        for leg in self.legs.values():
            if leg.offer is not None and leg.state not in {"asked", "bridged"} and not leg.over:
                yield leg

    def outcome(self, reply: Reply) -> Outcome:
        """What a reply says became of an instruction about it."""
        if reply.ok:
            return done()
        gone = self.is_over() or reply.status == 404
        return failed("gone" if gone else "rejected", reply.said)

    def tag(self) -> str:
        """What Asterisk is to keep with it, so that a host that lost everything finds it again."""
        it = self.arrival
        kept = {
            "contact": it.contact, "entered_at": it.entered_at, "tenant": it.tenant,
            "queue": it.queue, "channel": it.channel, "dialled": it.dialled, "caller": it.caller,
            "customer": it.customer, "conversation": it.conversation, "previous": it.previous,
            "attributes": dict(it.attributes or {}), "recordings": self.recordings,
            "treatment": self.treatment,
        }  # fmt: skip
        return json.dumps({key: value for key, value in kept.items() if value is not None})


def _text(table: Mapping[str, Json], key: str) -> str | None:
    value = table.get(key)
    return value if isinstance(value, str) else None
