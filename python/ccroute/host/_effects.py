"""Instructions on their way, and what becomes of them: done, failed, or looked up."""

import asyncio
import logging
from collections.abc import Callable, Mapping

import attrs

from ccroute._commands import Connected, Decline, Suspend
from ccroute._errors import LinkError
from ccroute.adapters import (
    Connect,
    ContactInstruction,
    HeldContact,
    Instruction,
    Outcome,
    PlatformSnapshot,
    Ring,
    Time,
    Verdict,
)
from ccroute.host._consequences import Effect
from ccroute.host._link import Link
from ccroute.host._placement import OVER
from ccroute.host._tenant import Tenant

_log = logging.getLogger("ccroute.host")
_TRIES = 5
"""How often an instruction that was throttled is asked."""
_PATIENCE = 5.0
"""Seconds within which the outcome of another try is due."""
_LOOKS = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looking for what became of an instruction; after them the next snapshot of
the link says so."""


class Effects:
    """Tells links what tenants want done, and tenants what became of it."""

    def __init__(self, links: Mapping[str, Link], time: Time, names: Callable[[], str]) -> None:
        self._links = links
        self._time = time
        self._names = names
        self._tasks: set[asyncio.Task[None]] = set()
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
                return
            case Verdict.FAILED:
                self._failed(tenant, link, instruction, outcome, tries)
            case Verdict.UNKNOWN:
                _log.warning(
                    "tenant %s, link %s: nobody knows what became of %s %s: %s",
                    tenant.name, link.name, type(instruction).__name__, instruction.id,
                    outcome.detail,
                )  # fmt: skip
                if isinstance(instruction, Ring | Connect):
                    self._start(self._look_up(tenant, link, instruction))

    def _failed(
        self, tenant: Tenant, link: Link, instruction: Instruction, outcome: Outcome, tries: int
    ) -> None:
        _log.info(
            "tenant %s, link %s: %s %s failed: %s %s",
            tenant.name, link.name, type(instruction).__name__, instruction.id,
            outcome.failure, outcome.detail,
        )  # fmt: skip
        if not isinstance(instruction, Ring):
            if outcome.failure == "throttled" and tries > 1:
                # Nothing was done, for certain: it may be asked again, under another id.
                pause = outcome.retry_after or 0.5
                self._start(self._again(tenant, link, instruction, pause, tries - 1))
            return
        found = tenant.placements.by_wire(instruction.offer)
        if found is None or found[1].state == OVER:
            return
        placed, rung = found
        if outcome.failure == "throttled" and self._time.now() < instruction.until:
            # Nothing was done, for certain: it may be asked again, under another id.
            self._start(self._ring_again(tenant, link, instruction, outcome.retry_after or 0.2))
            return
        rung.state = OVER
        if outcome.failure == "gone":
            return  # the contact's end is told by a signal
        if outcome.failure in {"link_down", "throttled"}:
            # Not the agent's fault, and no other agent would fare better.
            tenant.insert(Suspend(contact=placed.contact, lasts=5.0), actor="host")
            return
        tenant.insert(
            Decline(offer=rung.offer, failure="unreachable", reason=outcome.failure),
            actor="host",
        )

    async def _again(
        self, tenant: Tenant, link: Link, instruction: Instruction, pause: float, tries: int
    ) -> None:
        await self._time.sleep_until(self._time.now() + pause)
        deadline = self._time.now() + _PATIENCE
        again = attrs.evolve(instruction, id=self._names(), deadline=deadline)
        self.tell(tenant, Effect(link=link.name, instruction=again), tries)

    async def _ring_again(self, tenant: Tenant, link: Link, ring: Ring, seconds: float) -> None:
        await self._time.sleep_until(self._time.now() + seconds)
        found = tenant.placements.by_wire(ring.offer)
        if found is None or found[1].state == OVER:
            return
        patience = ring.deadline - self._time.now()
        again = attrs.evolve(ring, id=self._names(), deadline=self._time.now() + max(5.0, patience))
        found[1].instruction = again.id
        self.tell(tenant, Effect(link=link.name, instruction=again))

    async def _look_up(self, tenant: Tenant, link: Link, instruction: Ring | Connect) -> None:
        """Asks the platform until it says; it is never told again."""
        since = self._time.now()
        for pause in _LOOKS:
            await self._time.sleep_until(self._time.now() + pause)
            try:
                snapshot = await link.snapshot(5.0)
            except LinkError:
                continue
            if snapshot.taken_at < since:
                continue
            self.looked_up += 1
            self._found(tenant, instruction, snapshot)
            return

    def _found(
        self, tenant: Tenant, instruction: Ring | Connect, snapshot: PlatformSnapshot
    ) -> None:
        found = tenant.placements.by_wire(instruction.offer)
        held = _held(instruction, snapshot)
        match instruction:
            case Ring() if found is not None and found[1].state != OVER:
                rung = found[1]
                rings = held is not None and any(
                    leg.offer == instruction.offer for leg in held.offers
                )
                if not rings and snapshot.complete:
                    rung.state = OVER
                    tenant.insert(
                        Decline(offer=rung.offer, failure="unreachable", reason="not rung"),
                        actor="host",
                    )
            case Connect() if found is not None and held is not None:
                if held.agent == instruction.agent:
                    tenant.insert(Connected(contact=found[0].contact), actor="host")
            case _:
                return  # over meanwhile, or told by signals

    def _start(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Gives up what is not known yet."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _held(instruction: ContactInstruction, snapshot: PlatformSnapshot) -> HeldContact | None:
    return next((it for it in snapshot.contacts if it.contact == instruction.contact), None)
