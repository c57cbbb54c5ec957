"""Which contacts lie where: the host's own memory of platforms, per tenant. Plain data, saved
with the host's state."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from ccroute.adapters import HeldOffer


OVER = "over"
AT_DESK = "at_desk"
_REMEMBERED = 8
"""How many legs of a contact that are over are kept: late words about older ones say nothing."""


@attrs.define(kw_only=True)
class Rung:
    """An agent's leg that we asked for. ``wire``: the number under which the platform knows the
    offer, never used again by any host; ``state``: asked, dialling, ringing, answered, over, or at
    desk: accepted there, and the platform begins the leg when it joins;
    ``awaited``: the engine has it accepted, so that it is connected as soon as it answers;
    ``since``: when it was asked for."""

    wire: int
    offer: int
    agent: str
    instruction: str
    state: str = "asked"
    awaited: bool = False
    since: float = 0.0


def _pair(given: Iterable[str | int] | None) -> tuple[str, int] | None:
    """From JSON it comes as a list."""
    if given is None:
        return None
    agent, wire = given
    return str(agent), int(wire)


def _unanswered(given: Iterable[str | int | float] | None) -> tuple[str, int, float] | None:
    if given is None:
        return None
    source, visit, entered = given
    return str(source), int(visit), float(entered)


@attrs.define(kw_only=True, on_setattr=attrs.setters.NO_OP)
class Placed:
    """A contact on a platform. ``native``: its id there; ``key``: its number in the engine;
    ``engaged``: whether the engine has it in
    conversation; ``parked``: the platform said that it waits there, ``park``: the instruction
    for it; ``joining``: the agent that accepted it, and the offer's number there; ``gone``: the
    platform said that it is gone, or we hung up; ``callback``: the customer left the line by our
    leave and is not back on it, ``left``: when; ``until``: when who accepted it must be connected;
    ``unanswered``: the visit in which no agent has written yet: its source, its number, and
    when it began; ``since``: when it came, or the call that was made for it."""

    contact: str
    link: str
    native: str
    key: int = 0
    queue: str = ""
    engaged: bool = False
    parked: bool = False
    park: str = ""
    joining: tuple[str, int] | None = attrs.field(default=None, converter=_pair)
    callback: bool = False
    left: float | None = None
    until: float | None = None
    unanswered: tuple[str, int, float] | None = attrs.field(default=None, converter=_unanswered)
    since: float = 0.0
    gone: bool = False
    recording: str | None = None
    rung: list[Rung] = attrs.field(factory=list)

    @property
    def off_line(self) -> bool:
        """Whether the customer left the line by our leave, and no call is made for them."""
        return self.callback and self.gone

    def is_joining(self, wire: int) -> bool:
        """Whether it is being joined with the agent who accepted the offer of this number."""
        joining = self.joining is not None and self.joining[1] == wire
        return joining and not (self.engaged or self.gone)

    def live(self) -> Iterator[Rung]:
        """The legs that are not over."""
        return (it for it in self.rung if it.state != OVER)

    def leave(self) -> None:
        """It is on its platform no longer, nor is any leg for it."""
        self.gone = True
        for rung in self.live():
            rung.state = OVER


class Placements:
    """All contacts of a tenant that lie on platforms, and the legs of agents for them."""

    def __init__(self) -> None:
        self._contacts: dict[str, Placed] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._again = 0
        self._wires: dict[int, tuple[Placed, Rung]] = {}
        self._offers: dict[int, tuple[Placed, Rung]] = {}
        self.strays: dict[tuple[str, str], HeldOffer] = {}
        """Legs on platforms of which the engine knows nothing, by contact and agent: left by a
        host that died. They ring, so no other may."""

    def name(self, link: str, native: str) -> str:
        """What a platform's contact is called in the engine."""
        return self._names.get((link, native)) or scoped(link, native)

    def rename(self, link: str, native: str) -> None:
        """The platform uses an id again, of a contact that the engine still remembers: from now on
        it is another contact."""
        self._again += 1
        self._names[link, native] = f"{scoped(link, native)}#{self._again}"

    def at(self, link: str, native: str) -> Placed | None:
        """The contact that a platform calls so."""
        placed = self._contacts.get(self.name(link, native))
        # Who is called back has another id there by now.
        return placed if placed is not None and placed.native == native else None

    def move(self, placed: Placed, native: str) -> None:
        """A contact has another id on its platform from now on."""
        self._forget_name(placed)
        placed.native = native
        self._names[placed.link, native] = placed.contact

    def place(self, link: str, native: str, *, since: float = 0.0) -> Placed:
        """Notes a contact; one that is known stays as it is."""
        contact = self.name(link, native)
        fresh = Placed(contact=contact, link=link, native=native, since=since)
        return self._contacts.setdefault(contact, fresh)

    def ring(self, placed: Placed, rung: Rung) -> None:
        """Notes an agent's leg."""
        over = [it for it in placed.rung if it.state == OVER]
        for it in over[:-_REMEMBERED]:
            placed.rung.remove(it)
            self._wires.pop(it.wire, None)
            self._offers.pop(it.offer, None)
        placed.rung.append(rung)
        self._wires[rung.wire] = self._offers[rung.offer] = placed, rung

    def restore(self, placed: Placed) -> None:
        """Takes over what was saved."""
        self._contacts[placed.contact] = placed
        if placed.contact != scoped(placed.link, placed.native):
            self._names[placed.link, placed.native] = placed.contact
            again = placed.contact.rpartition("#")[2]
            self._again = max(self._again, int(again) if again.isdecimal() else 0)
        for rung in placed.rung:
            self._wires[rung.wire] = self._offers[rung.offer] = placed, rung

    def drop(self, contact: str) -> None:
        """Forgets a contact and its legs."""
        placed = self._contacts.pop(contact, None)
        if placed is not None:
            self._forget_name(placed)
        for rung in () if placed is None else placed.rung:
            self._wires.pop(rung.wire, None)
            if self._offers.get(rung.offer, (None, None))[1] is rung:
                del self._offers[rung.offer]

    def _forget_name(self, placed: Placed) -> None:
        # By now the platform may call another contact so.
        if self._names.get((placed.link, placed.native)) == placed.contact:
            del self._names[placed.link, placed.native]

    def get(self, contact: str) -> Placed | None:
        """Where a contact lies."""
        return self._contacts.get(contact)

    def by_wire(self, wire: int) -> tuple[Placed, Rung] | None:
        """The leg that a platform knows by this number."""
        return self._wires.get(wire)

    def by_offer(self, offer: int) -> tuple[Placed, Rung] | None:
        """The leg that rings for an offer of the engine."""
        return self._offers.get(offer)

    def on(self, link: str) -> list[Placed]:
        """The contacts on a link, in the order of coming."""
        return [placed for placed in self._contacts.values() if placed.link == link]

    def __len__(self) -> int:
        return len(self._contacts)

    def __iter__(self) -> Iterator[Placed]:
        return iter(list(self._contacts.values()))


def scoped(link: str, native: str) -> str:
    """The id of a platform's contact in the engine: links may use the same ids."""
    return f"{link}:{native}"
