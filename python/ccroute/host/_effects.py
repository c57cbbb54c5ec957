"""Instructions on their way, and what becomes of them: done, failed, or looked up."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ccroute._commands import Command, Connected, Decline, FailConnection, Suspend
from ccroute._errors import LinkError
from ccroute.adapters import (
    Announce,
    CallCustomer,
    CancelRing,
    Connect,
    ContactInstruction,
    HangUp,
    HeldContact,
    Instruction,
    Outcome,
    Park,
    PlatformSnapshot,
    Ring,
    Time,
    Verdict,
)
from ccroute.host._calling_back import PREFIX, is_left, lost
from ccroute.host._consequences import Effect
from ccroute.host._link import Link, said_of
from ccroute.host._placement import AT_DESK, OVER, Placed
from ccroute.host._tenant import Tenant

_log = logging.getLogger("ccroute.host")
_TRIES = 5
"""How often an instruction that was throttled is asked."""
_PATIENCE = 5.0
"""Seconds within which the outcome of another try is due."""
_LOOKS = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looking for what became of an instruction; after them the next snapshot of
the link says so."""
_EARLY = 0.5
"""Seconds before a connection is overdue, at which it is given up."""
_NOT_NOW = frozenset({"link_down", "throttled"})
"""Failures that say nothing of the agent, nor of the customer."""


class Effects:
    """Tells links what tenants want done, and tenants what became of it."""

    def __init__(self, links: Mapping[str, Link], time: Time, names: Callable[[], str]) -> None:
        self._links = links
        self._time = time
        self._names = names
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarms: set[asyncio.Future[None]] = set()
        self._looks: dict[str, asyncio.Task[PlatformSnapshot]] = {}
        self.looked_up = 0

    def tell(self, tenant: Tenant, effect: Effect, tries: int = _TRIES) -> None:
        """Hands an instruction to its link; what becomes of it is dealt with here."""
        link = self._links[effect.link]
        link.tell(
            effect.instruction, lambda outcome: self._settled(tenant, link, effect, outcome, tries)
        )

    async def perform(self, effect: Effect) -> Outcome:
        """Hands an instruction to its link, and says what became of it."""
        heard: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._links[effect.link].tell(
            effect.instruction,
            lambda outcome: None if heard.done() else heard.set_result(outcome),
        )
        return await heard

    def _settled(
        self, tenant: Tenant, link: Link, effect: Effect, outcome: Outcome, tries: int
    ) -> None:
        instruction = effect.instruction
        match outcome.verdict:
            case Verdict.DONE:
                if isinstance(instruction, Connect):
                    self._watch_joining(tenant, instruction)
            case Verdict.FAILED:
                self._failed(tenant, link, instruction, outcome, tries)
            case Verdict.UNKNOWN:
                tenant.counters.unknown += 1
                _log.warning(
                    "tenant %s, link %s: nobody knows what became of %s %s: %s",
                    tenant.name, link.name, type(instruction).__name__, instruction.id,
                    outcome.detail, extra=_said(tenant, link, instruction),
                )  # fmt: skip
                if isinstance(instruction, ContactInstruction) and not _is_past(instruction):
                    self._start(self._look_up(tenant, link, instruction, tries))

    def _failed(
        self, tenant: Tenant, link: Link, instruction: Instruction, outcome: Outcome, tries: int
    ) -> None:
        _log.info(
            "tenant %s, link %s: %s %s failed: %s %s",
            tenant.name, link.name, type(instruction).__name__, instruction.id,
            outcome.failure, outcome.detail, extra=_said(tenant, link, instruction),
        )  # fmt: skip
        if outcome.failure == "throttled" and tries > 1 and not _is_past(instruction):
            # Nothing was done, for certain: it may be asked again, under another id.
            pause = outcome.retry_after or 0.5
            self._start(self._again(tenant, link, instruction, pause, tries - 1))
        elif isinstance(instruction, Ring):
            self._not_rung(tenant, instruction, outcome.failure or "")
        elif isinstance(instruction, Connect | CallCustomer):
            self._not_joined(tenant, link, instruction, outcome.failure or "", tries)

    def _not_rung(self, tenant: Tenant, ring: Ring, failure: str) -> None:
        found = tenant.placements.by_wire(ring.offer)
        if found is None or found[1].state == OVER:
            return
        placed, rung = found
        rung.state = OVER
        if failure == "gone" and not ring.callback:
            return  # the contact's end is told by a signal
        if failure in _NOT_NOW:
            tenant.insert(_wait_for(placed, failure), actor="host")
            return
        decline = Decline(offer=rung.offer, failure="unreachable", reason=failure)
        tenant.insert(decline, actor="host")

    def _not_joined(
        self, tenant: Tenant, link: Link, join: Connect | CallCustomer, failure: str, tries: int
    ) -> None:
        placed = tenant.placements.at(link.name, join.contact)
        if placed is None or not placed.is_joining(join.offer):
            return
        follows: Command = FailConnection(contact=placed.contact)
        if failure in _NOT_NOW:
            follows = _wait_for(placed, failure)  # nobody was dialled, for certain: no attempt
        elif isinstance(join, CallCustomer):
            follows = lost(placed)
        elif failure == "gone":
            # Customer or agent: if the customer, nobody else must be rung.
            self._start(self._look_up(tenant, link, join, tries))
            return
        tenant.insert(follows, actor="host")

    def _watch_joining(self, tenant: Tenant, connect: Connect) -> None:
        """Who answered is not charged with a connection that the platform says it makes, and of
        which nothing is heard: it has failed shortly before it is overdue."""
        found = tenant.placements.by_wire(connect.offer)
        until = None if found is None else found[0].until
        # What is overdue after a start is given the time that stands still there.
        if found is None or until is None or until - _EARLY <= self._time.now():
            return
        placed, rung = found

        def overdue(alarm: "asyncio.Future[None]") -> None:
            self._alarms.discard(alarm)
            if alarm.cancelled():
                return
            if rung.state == "answered" and placed.is_joining(connect.offer):
                tenant.insert(FailConnection(contact=placed.contact), actor="host")

        alarm = self._time.alarm(until - _EARLY)
        self._alarms.add(alarm)
        alarm.add_done_callback(overdue)

    async def _again(
        self, tenant: Tenant, link: Link, instruction: Instruction, pause: float, tries: int
    ) -> None:
        await self._time.sleep_until(self._time.now() + pause)
        if not _wanted(tenant, link.name, instruction):
            return
        deadline = self._time.now() + _PATIENCE
        again = attrs.evolve(instruction, id=self._names(), deadline=deadline)
        _note_again(tenant, link.name, again)
        self.tell(tenant, Effect(link=link.name, instruction=again), tries)

    async def _look_up(
        self, tenant: Tenant, link: Link, instruction: ContactInstruction, tries: int
    ) -> None:
        """Asks the platform until it says; only what was not done, for certain, is told anew."""
        since = self._time.now()
        for pause in _LOOKS:
            await self._time.sleep_until(self._time.now() + pause)
            try:
                snapshot = await self._look(link)
            except LinkError:
                continue
            if snapshot.taken_at < since:
                continue
            self.looked_up += 1
            held = next((it for it in snapshot.contacts if it.contact == instruction.contact), None)
            if snapshot.complete or held is not None:
                self._found(tenant, link, instruction, held, tries)
            return

    async def _look(self, link: Link) -> PlatformSnapshot:
        """What a platform holds. Whoever asks while others wait for it gets the same: where much
        is unknown the platform is busy, and nothing costs it more than to list all."""
        look = self._looks.get(link.name)
        if look is None:
            look = asyncio.get_running_loop().create_task(link.snapshot(5.0))
            self._looks[link.name] = look
            look.add_done_callback(lambda done: self._looked(link.name, done))
        return await asyncio.shield(look)

    def _looked(self, link: str, look: "asyncio.Task[PlatformSnapshot]") -> None:
        del self._looks[link]
        if not look.cancelled():
            look.exception()  # nobody's, when who asked was cancelled

    def _found(
        self,
        tenant: Tenant,
        link: Link,
        instruction: ContactInstruction,
        held: HeldContact | None,
        tries: int,
    ) -> None:
        legs = {} if held is None else {leg.offer: leg for leg in held.offers}
        match instruction:
            case Ring(offer=wire):
                if wire not in legs:
                    self._not_rung(tenant, instruction, "not rung")
            case Connect():
                if held is not None:  # else its end is told
                    self._found_joining(tenant, link, instruction, held, tries)
            case CallCustomer() if held is None:
                self._not_joined(tenant, link, instruction, "", tries)
            case CancelRing(offer=wire) if wire in legs and tries > 1:
                self._start(self._again(tenant, link, instruction, 0.0, tries - 1))
            case HangUp() if held is not None and tries > 1:
                self._start(self._again(tenant, link, instruction, 0.0, tries - 1))
            case Park() if held is not None and held.agent is None and tries > 1:
                # Parked or not: to park who is parked changes nothing.
                self._start(self._again(tenant, link, instruction, 0.0, tries - 1))
            case _:
                return  # over meanwhile, or told by signals

    def _found_joining(
        self, tenant: Tenant, link: Link, connect: Connect, held: HeldContact, tries: int
    ) -> None:
        found = tenant.placements.by_wire(connect.offer)
        if found is None or not found[0].is_joining(connect.offer):
            return
        placed, rung = found
        there = rung.state == AT_DESK or any(it.offer == connect.offer for it in held.offers)
        if held.agent == connect.agent:
            tenant.insert(Connected(contact=placed.contact), actor="host")
        elif there and tries > 1:
            # Both are there and not joined: to join those who are joined changes nothing.
            self._start(self._again(tenant, link, connect, 0.0, tries - 1))
        else:
            tenant.insert(FailConnection(contact=placed.contact), actor="host")

    def _start(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Gives up what is not known yet."""
        for alarm in self._alarms:
            alarm.cancel()
        tasks: list[asyncio.Task[Any]] = [*self._tasks, *self._looks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _wait_for(placed: Placed, failure: str) -> Suspend:
    """Not the agent's fault, and no other agent would fare better: until the link stands."""
    return Suspend(contact=placed.contact, lasts=5.0 if failure == "throttled" else None)


def _wanted(tenant: Tenant, link: str, instruction: Instruction) -> bool:
    """Whether an instruction that was not carried out still says what is wanted."""
    if not isinstance(instruction, ContactInstruction):
        return True
    placed = tenant.placements.at(link, instruction.contact)
    if placed is None:
        ours = instruction.contact.startswith(PREFIX)  # and never anybody else's
        left = ours or is_left(link, instruction.contact, tenant.placements)
        return isinstance(instruction, HangUp) and left
    return _still_wanted(tenant, placed, instruction)


def _still_wanted(tenant: Tenant, placed: Placed, instruction: ContactInstruction) -> bool:
    match instruction:
        case Ring(offer=wire):
            found = tenant.placements.by_wire(wire)
            return found is not None and found[1].state != OVER and not placed.gone
        case Park():
            ours = placed.park == instruction.id
            return ours and not (placed.gone or placed.engaged or placed.joining)
        case HangUp():
            return placed.gone  # else the id is another's by now
        case Connect() | CallCustomer():
            return placed.joining == (instruction.agent, instruction.offer) and not placed.gone
        case _:
            return True


def _is_past(instruction: Instruction) -> bool:
    """Whether it only made sense at its moment: a place in a queue, told late, is wrong."""
    return isinstance(instruction, Announce)


def _note_again(tenant: Tenant, link: str, again: Instruction) -> None:
    """What is told again goes by another id."""
    if isinstance(again, Ring):
        found = tenant.placements.by_wire(again.offer)
        if found is not None:
            found[1].instruction = again.id
    elif isinstance(again, Park):
        placed = tenant.placements.at(link, again.contact)
        if placed is not None:
            placed.park = again.id


def _said(tenant: Tenant, link: Link, instruction: Instruction) -> dict[str, str | None]:
    """What a line of the log says of it."""
    said = {**said_of(instruction), "tenant": tenant.name, "link": link.name}
    if isinstance(instruction, ContactInstruction):
        said["contact"] = tenant.placements.name(link.name, instruction.contact)
    return said
