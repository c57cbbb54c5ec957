"""What we know and what a platform holds, made to agree: after a start, a broken link, a crash.

Generators of commands: what follows from one is done before the next is asked for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from ccroute._commands import (
    Accept,
    Adopt,
    Cancel,
    Command,
    Connected,
    Decline,
    Exclude,
    Hold,
    Pick,
    Ready,
    Reconcile,
    Reinstate,
    Release,
    Resume,
    SignIn,
    Suspend,
    Update,
)
from ccroute._models import Observed
from ccroute.adapters import AdapterInfo, HeldContact, HeldOffer, PlatformSnapshot
from ccroute.host._calling_back import lost, put_off
from ccroute.host._conversing import Attributes, Parts, takes_up
from ccroute.host._placement import AT_DESK, OVER, Placed, Placements, Rung
from ccroute.host._translation import contact_of

FIRST_CHOICE = 1000
"""The score of an agent whose phone rings already."""
_AGAIN = 10.0
"""Seconds for which a contact is not offered again to whose leg was lost."""
_NOBODY = ""
"""A link that no contact has: then nothing is concluded from what is missing."""

Held = Mapping[str, HeldContact]
"""Contacts on a platform, by our ids."""


@attrs.frozen(kw_only=True)
class Both:
    """A snapshot of a link beside what a tenant knows of it. ``known``: contacts that the engine
    has, and has not closed; ``strangers``: the rest, in the order in which they came."""

    link: str
    info: AdapterInfo
    snapshot: PlatformSnapshot
    known: Held
    strangers: Held

    @classmethod
    def of(
        cls,
        link: str,
        info: AdapterInfo,
        snapshot: PlatformSnapshot,
        placements: Placements,
        is_known: Callable[[str], bool],
    ) -> "Both":
        """Tells the ones from the others."""
        held = {placements.name(link, it.contact): it for it in snapshot.contacts}
        known = {contact: it for contact, it in held.items() if is_known(contact)}
        came = sorted(held.items(), key=lambda item: item[1].arrival.entered_at or 0.0)
        return cls(
            link=link,
            info=info,
            snapshot=snapshot,
            known=known,
            strangers={contact: it for contact, it in came if contact not in known},
        )


def agree(
    both: Both,
    placements: Placements,
    *,
    agents: Iterable[str],
    in_flight: Callable[[str], bool],
    parts: Parts,
    attributes: Attributes,
    now: float,
) -> Iterator[Command]:
    """The commands by which what we know agrees with the snapshot; who waits stays suspended
    until `go_on`, but for those whose phones ring. Who talks, or is rung, is taken over at
    once.

    ``agents``: who is signed in; ``in_flight``: whether an instruction has no outcome yet;
    ``parts``, ``attributes``: what the engine has of a contact.
    Leaves in ``placements.strays`` what rings for nobody.
    """
    held = {**both.known, **both.strangers}
    gone = _gone(both, placements)
    # Before anything else: what follows from any command may be an offer to whom a phone rings.
    _note_strays(held, placements)
    lost = _lost_sign_ins(held.values(), agents)
    for agent in lost:
        yield SignIn(agent=agent)
    yield from _lost_calls(gone)
    for it in both.known.values():
        here = placements.place(both.link, it.contact)
        here.gone = False
        # What a journal gave back was done without us, and a conversation is not to be parked.
        here.engaged = it.agent is not None
        _note_parked(here, it)
    observed = [Observed(contact=contact, agent=it.agent) for contact, it in both.known.items()]
    observed += _since(both, placements)
    among = ("link", both.link if both.snapshot.complete else _NOBODY)
    yield Reconcile(observed=tuple(observed), among=among)
    for contact, it in both.known.items():
        placed = placements.get(contact)
        if placed is not None and it.agent is not None:
            yield Hold(contact=contact) if it.on_hold else Resume(contact=contact)
            yield from takes_up(placed, it, both.info, parts, attributes)
    for contact, it in both.known.items():
        placed = placements.get(contact)
        if placed is not None and it.agent is None:
            yield from _legs(placed, it, in_flight, both.snapshot)
    yield from _taken(both, held, placements, parts, attributes, now)
    for agent, was_ready in lost.items():
        if was_ready:
            yield Ready(agent=agent)
    for ended in gone:
        if not ended.callback:
            placements.drop(ended.contact)


def _taken(
    both: Both,
    held: Held,
    placements: Placements,
    parts: Parts,
    attributes: Attributes,
    now: float,
) -> Iterator[Command]:
    """Before anything else becomes due: who talks is not free, nor is one whose phone rings, for
    whomever."""
    for it in both.strangers.values():
        if it.agent is not None:
            yield from _adopt(both.link, it, placements, now)
            placed = placements.place(both.link, it.contact)
            yield from takes_up(placed, it, both.info, parts, attributes)
    for contact, it in held.items():
        if contact in both.strangers and _rings(contact, placements):
            yield from _adopt(both.link, it, placements, now)
        yield from _with_its_phone(contact, placements)
        for leg in it.offers if it.agent is None else ():
            found = placements.by_wire(leg.offer)
            if leg.state == "answered" and found is not None and found[1].state == "answered":
                yield Accept(offer=found[1].offer)  # while nobody listened


def go_on(
    both: Both, placements: Placements, phase: Callable[[str], str | None], now: float
) -> Iterator[Command]:
    """The commands by which all go on: those who were there, then those whom we did not know, as
    they came. ``phase``: of a contact, as the engine has it."""
    for placed in placements.on(both.link):
        # Who is called back may also have been put off: that is not undone.
        taken_out = placed.off_line and phase(placed.contact) == "suspended"
        if taken_out or not (placed.gone or placed.engaged):
            yield Reinstate(contact=placed.contact)  # it was taken out when the link broke
    for contact, it in both.strangers.items():
        if it.agent is None and placements.get(contact) is None:
            yield from _adopt(both.link, it, placements, now)


def _adopt(link: str, it: HeldContact, placements: Placements, now: float) -> Iterator[Command]:
    placed = placements.place(link, it.contact)
    placed.gone = False
    _note_parked(placed, it)
    given = attrs.asdict(contact_of(link, it.arrival, placed.contact, now), recurse=False)
    rings = _rings(placed.contact, placements)
    if rings:
        given["preferred"] = rings
    yield Adopt(agent=it.agent, **given)
    if it.agent is not None and it.on_hold:
        yield Hold(contact=placed.contact)


def _note_parked(placed: Placed, it: HeldContact) -> None:
    """Who waits on the platform already need not be parked; where it cannot tell, our own memory
    counts."""
    if it.parked is not None:
        placed.parked = it.parked


def _with_its_phone(contact: str, placements: Placements) -> Iterator[Command]:
    """A phone rings for it, and nobody knows why: it is theirs, and nobody else's."""
    rings = _rings(contact, placements)
    if not rings:
        return
    yield Update(contact=contact, preferred=rings)
    yield Reinstate(contact=contact)
    for agent in rings:
        if (contact, agent) in placements.strays:
            yield Pick(agent=agent, contact=contact)


def _lost_sign_ins(held: Iterable[HeldContact], signed_in: Iterable[str]) -> dict[str, bool]:
    """Agents who are not signed in, though they talk or their phones ring: they had been, and who
    is rung had been ready (true)."""
    known, lost = set(signed_in), dict[str, bool]()
    for it in held:
        if it.agent is not None:
            # Supervisors listen without being signed in.
            others = [party.agent for party in it.parties if party.role != "monitor"]
            for agent in [it.agent, *others]:
                if agent not in known:
                    lost.setdefault(agent, False)
        for leg in it.offers:
            if it.agent is None and leg.agent not in known:
                lost[leg.agent] = True
    return lost


def _gone(both: Both, placements: Placements) -> list[Placed]:
    """The contacts that ended in the gap. One that came after the snapshot was taken is not in
    it."""
    if not both.snapshot.complete:
        return []
    gone = [
        placed
        for placed in placements.on(both.link)
        if placed.contact not in both.known
        and placed.contact not in both.strangers
        and placed.since <= both.snapshot.taken_at
        and not placed.off_line
    ]
    for placed in gone:
        placed.leave()
    return gone


def _lost_calls(gone: Iterable[Placed]) -> Iterator[Command]:
    for placed in gone:
        if placed.callback:
            yield lost(placed)
            yield put_off(placed)


def lost_all(placed: Placed) -> Iterator[Command]:
    """The commands when a platform has lost all that it held; who is off the line loses nothing."""
    if placed.off_line:
        return
    placed.leave()
    if placed.callback:
        yield from _lost_calls([placed])
        return
    yield Cancel(contact=placed.contact, cause="failed")
    yield Release(contact=placed.contact, by="system")


def _since(both: Both, placements: Placements) -> Iterator[Observed]:
    """The contacts that came after the snapshot was taken: they are as we know them."""
    for placed in placements.on(both.link):
        here = placed.contact in both.known or placed.contact in both.strangers
        if not placed.gone and not here:
            talks = placed.joining is not None and placed.engaged
            yield Observed(
                contact=placed.contact,
                agent=placed.joining[0] if placed.joining and talks else None,
            )


def _note_strays(held: Held, placements: Placements) -> None:
    placements.strays.clear()
    for contact, it in held.items():
        for leg in it.offers:
            found = placements.by_wire(leg.offer)
            if it.agent is None and (found is None or found[1].state == OVER):
                placements.strays[contact, leg.agent] = leg


def _rings(contact: str, placements: Placements) -> dict[str, int]:
    return {agent: FIRST_CHOICE for at, agent in placements.strays if at == contact}


def _legs(
    placed: Placed,
    it: HeldContact,
    in_flight: Callable[[str], bool],
    snapshot: PlatformSnapshot,
) -> Iterator[Command]:
    legs = {leg.offer: leg for leg in it.offers}
    several = len(list(placed.live())) > 1
    for rung in list(placed.live()):
        leg = legs.get(rung.wire)
        if leg is not None:
            yield from _leg(placed, rung, leg)
        elif rung.state == AT_DESK:
            continue  # what became of joining them is told by signals
        elif (
            snapshot.complete
            and rung.since <= snapshot.taken_at  # else it may ring since
            and not in_flight(rung.instruction)
        ):
            rung.state = OVER
            if several:
                yield Decline(offer=rung.offer, failure="unreachable", reason="leg is gone")
                continue
            # Nobody's fault, and nobody else's turn before all legs are looked at.
            yield Exclude(contact=placed.contact, agent=rung.agent, lasts=_AGAIN)
            yield Suspend(contact=placed.contact)


def _leg(placed: Placed, rung: Rung, leg: HeldOffer) -> Iterator[Command]:
    if leg.state in {"answered", "bridged"} and rung.state != "answered":
        rung.state = "answered"
        yield Accept(offer=rung.offer)
    elif leg.state in {"dialling", "ringing"}:
        rung.state = leg.state
    if leg.state == "bridged":
        yield Connected(contact=placed.contact)
