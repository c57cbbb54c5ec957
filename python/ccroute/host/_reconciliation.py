"""What we know and what a platform holds, made to agree: after a start, a broken link, a crash.

A generator of commands: what follows from one is done before the next is asked for.
"""

from collections.abc import Callable, Iterable, Iterator

import attrs

from ccroute._commands import (
    Accept,
    Adopt,
    Command,
    Connected,
    Decline,
    Hold,
    Pick,
    Reconcile,
    Reinstate,
    Resume,
    SetDevice,
    SignIn,
    Update,
)
from ccroute._models import NewContact, Observed
from ccroute.adapters import HeldContact, HeldOffer, PlatformSnapshot
from ccroute.host._placement import OVER, Placed, Placements, Rung, scoped
from ccroute.host._translation import contact_of

FIRST_CHOICE = 1000
"""The score of an agent whose phone rings already."""


def reconciliation(
    link: str,
    snapshot: PlatformSnapshot,
    placements: Placements,
    *,
    agents: Iterable[str],
    in_flight: Callable[[str], bool],
    now: float,
) -> Iterator[Command]:
    """The commands that make a tenant's contacts on a link agree with a snapshot of it, which holds
    that tenant's only.

    ``agents``: whom the engine knows; ``in_flight``: whether an instruction has no outcome yet.
    Leaves in ``placements.strays`` what rings for nobody.
    """
    held = {scoped(link, it.contact): it for it in snapshot.contacts}
    yield from _sign_in(held.values(), set(agents))
    gone = [
        placed for placed in placements.on(link) if snapshot.complete and placed.contact not in held
    ]
    for placed in gone:
        placed.gone = True
        for rung in placed.live():
            rung.state = OVER
    _note_strays(held, placements)
    for contact, it in held.items():
        placements.place(contact, link=link, native=it.contact).gone = False
    yield from _agree(link, held, placements, complete=snapshot.complete, now=now)
    for contact, it in held.items():
        yield from _one(contact, it, placements, in_flight, complete=snapshot.complete)
    for contact, agent in list(placements.strays):
        yield Pick(agent=agent, contact=contact)  # that phone rings: theirs, and nobody's else
    for agent, device in snapshot.devices:
        yield SetDevice(agent=agent, device=device)
    for placed in gone:
        placements.drop(placed.contact)


def _sign_in(held: Iterable[HeldContact], known: set[str]) -> Iterator[Command]:
    """Who is on the phone is there, whether we knew them or not."""
    for agent in dict.fromkeys(it.agent for it in held if it.agent is not None):
        if agent not in known:
            yield SignIn(agent=agent)


def _one(
    contact: str,
    it: HeldContact,
    placements: Placements,
    in_flight: Callable[[str], bool],
    *,
    complete: bool,
) -> Iterator[Command]:
    if it.agent is not None:
        yield Hold(contact=contact) if it.on_hold else Resume(contact=contact)
        return
    rings = {agent: FIRST_CHOICE for at, agent in placements.strays if at == contact}
    if rings:
        yield Update(contact=contact, preferred=rings)
    yield Reinstate(contact=contact)  # it was taken out when the link broke
    placed = placements.get(contact)
    if placed is not None:
        yield from _legs(placed, it, in_flight, complete=complete)


def _note_strays(held: dict[str, HeldContact], placements: Placements) -> None:
    placements.strays.clear()
    for contact, it in held.items():
        for leg in it.offers:
            found = placements.by_wire(leg.offer)
            if it.agent is None and (found is None or found[1].state == OVER):
                placements.strays[contact, leg.agent] = leg


def _agree(
    link: str,
    held: dict[str, HeldContact],
    placements: Placements,
    *,
    complete: bool,
    now: float,
) -> Iterator[Command]:
    observed = [
        Observed(contact=contact, agent=it.agent, known=_known(link, it, placements, now))
        for contact, it in held.items()
    ]
    if complete:
        yield Reconcile(observed=tuple(observed), among=("link", link))
        return
    for seen in observed:
        # Of what is missing nothing is concluded; of what is there, that it is there.
        if seen.known is not None:
            yield Adopt(agent=seen.agent, **attrs.asdict(seen.known, recurse=False))


def _known(link: str, it: HeldContact, placements: Placements, now: float) -> NewContact:
    arrival = contact_of(link, it.arrival, now)
    given = attrs.asdict(arrival, recurse=False)
    rings = [leg.agent for leg in it.offers if (arrival.contact, leg.agent) in placements.strays]
    if rings:
        given["preferred"] = {rings[0]: FIRST_CHOICE}
    return NewContact(**given)


def _legs(
    placed: Placed, it: HeldContact, in_flight: Callable[[str], bool], *, complete: bool
) -> Iterator[Command]:
    legs = {leg.offer: leg for leg in it.offers}
    for rung in list(placed.live()):
        leg = legs.get(rung.wire)
        if leg is not None:
            yield from _leg(placed, rung, leg)
        elif complete and not in_flight(rung.instruction):
            rung.state = OVER
            yield Decline(offer=rung.offer, failure="unreachable", reason="leg is gone")


def _leg(placed: Placed, rung: Rung, leg: HeldOffer) -> Iterator[Command]:
    if leg.state in {"answered", "bridged"} and rung.state != "answered":
        rung.state = "answered"
        yield Accept(offer=rung.offer)
    elif leg.state in {"dialling", "ringing"}:
        rung.state = leg.state
    if leg.state == "bridged":
        yield Connected(contact=placed.contact)
