"""The host's part in an assertion: instructions with ids of their own, and what they led to."""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from typing import ClassVar, NoReturn, TypedDict

import attrs

from ccroute import LinkError
from ccroute.adapters import (
    Adapter,
    Answered,
    Bridged,
    CallCustomer,
    CancelRing,
    Connect,
    HangUp,
    Instruction,
    Outcome,
    Park,
    Parked,
    Ring,
    Setting,
    Time,
    Verdict,
)
from ccroute.testing._assertions import ContractBroken, NotForThis
from ccroute.testing._driver import PlatformDriver
from ccroute.testing._fold import Fold
from ccroute.testing._stage import Stage

QUEUE = "sales"
PATIENCE = 10.0
"""Seconds until an instruction's deadline."""


class Envelope(TypedDict):
    """What every instruction needs."""

    id: str
    deadline: float
    tenant: str


class Play(Stage):
    """A stage with somebody in the host's part."""

    # Over all plays: a platform that lives longer than one remembers ids.
    _ids: ClassVar["itertools.count[int]"] = itertools.count(1)

    def __init__(
        self,
        number: int,
        driver: PlatformDriver,
        time: Time,
        make_adapter: Callable[[Mapping[str, Setting]], Adapter],
    ) -> None:
        super().__init__(number, driver, time, make_adapter)
        self.rings: dict[int, Ring] = {}
        self.called: set[str] = set()
        self.agents = tuple(driver.addresses())

    # -- Instructions -------------------------------------------------------------------

    def envelope(self, patience: float = PATIENCE) -> Envelope:
        """An id that nobody had, and a deadline in ``patience`` seconds."""
        number = next(self._ids)
        return {"id": f"i{number}", "deadline": self.time.now() + patience, "tenant": "acme"}

    def address(self, agent: str) -> str:
        """Of the agent's phone."""
        return self.driver.addresses()[agent]

    def ring_of(self, contact: str, agent: str, seconds: float = 30.0) -> Ring:
        """A `Ring` for the contact, under a new offer."""
        ring = Ring(
            **self.envelope(), contact=contact, offer=next(self._ids), agent=agent,
            address=self.address(agent), until=self.time.now() + seconds,
        )  # fmt: skip
        self.rings[ring.offer] = ring
        return ring

    def call_of(self, offer: int, agent: str, contact: str, seconds: float) -> CallCustomer:
        """A `CallCustomer`: the customer's phone rings for so long."""
        return CallCustomer(
            **self.envelope(), contact=contact, offer=offer, agent=agent,
            agent_address=self.address(agent), address=self.driver.customer_address(),
            until=self.time.now() + seconds,
        )  # fmt: skip

    def park_of(self, contact: str, treatment: str | None = None) -> Park:
        """A `Park` of the contact."""
        return Park(**self.envelope(), contact=contact, queue=QUEUE, treatment=treatment)

    def connect_of(self, ring: Ring) -> Connect:
        """The `Connect` for an offer."""
        return Connect(
            **self.envelope(), contact=ring.contact, offer=ring.offer, agent=ring.agent,
            address=ring.address,
        )  # fmt: skip

    def cancel_of(self, ring: Ring) -> CancelRing:
        """The `CancelRing` for an offer."""
        return CancelRing(**self.envelope(), contact=ring.contact, offer=ring.offer)

    def hang_up_of(self, contact: str) -> HangUp:
        """The `HangUp` of a contact."""
        return HangUp(**self.envelope(), contact=contact)

    async def ask(self, instruction: Instruction, within: float = PATIENCE + 5.0) -> Outcome:
        """Gives the instruction; its outcome, whatever it is."""
        kind = type(instruction).__name__
        return await self.finish(self.adapter.execute(instruction), kind, within)

    def begin(self, instruction: Instruction) -> "asyncio.Task[Outcome]":
        """Gives the instruction and does not wait."""
        return asyncio.ensure_future(self.adapter.execute(instruction))

    async def do(self, instruction: Instruction) -> None:
        """Gives the instruction, which must be done."""
        outcome = await self.ask(instruction)
        if outcome.verdict is not Verdict.DONE:
            self.broken(f"{instruction} was not done: {outcome}")

    # -- What a host does ---------------------------------------------------------------

    async def waiting(self) -> str:
        """A customer who came and was parked, where the adapter can."""
        contact = await self.call()
        if self.can("park"):
            await self.do(self.park_of(contact))
            await self.wait_for(lambda: self.of(contact, Parked), f"{contact} is not Parked")
        return contact

    async def ringing(self, contact: str, agent: str, seconds: float = 30.0) -> Ring:
        """An agent's phone that rings for the contact."""
        ring = self.ring_of(contact, agent, seconds)
        await self.do(ring)
        if not await self.until_a_leg("agent"):
            self.broken(f"{ring} was done, and the platform has no leg of an agent")
        await self.settle_down(0.5)
        return ring

    async def answered(self, contact: str, agent: str) -> Ring:
        """An agent who answered and is not bridged yet."""
        ring = await self.ringing(contact, agent)
        await self.driver.answer(ring.address)
        await self.wait_for(
            lambda: self.of_offer(ring.offer, Answered), f"offer {ring.offer} is not Answered"
        )
        return ring

    async def conversation(self, agent: str | None = None) -> str:
        """A customer who speaks with an agent, by default the first."""
        contact = await self.waiting()
        await self.converse(contact, agent or self.agents[0])
        return contact

    async def converse(self, contact: str, agent: str) -> Connect:
        """Lets the agent have the waiting customer."""
        if self.can("ring"):
            connect = self.connect_of(await self.answered(contact, agent))
        else:
            offer = next(self._ids)
            connect = Connect(**self.envelope(), contact=contact, offer=offer, agent=agent)
        before = len(self.of(contact, Bridged))
        await self.do(connect)
        await self.wait_for(
            lambda: len(self.of(contact, Bridged)) > before, f"{contact} is not Bridged"
        )
        await self.settle_down(0.5)
        return connect

    async def calling(self, agent: str, seconds: float = 30.0) -> CallCustomer:
        """A customer whose phone is dialled, to be called back by the agent."""
        number = next(self._ids)
        contact = f"back-{number}"
        self.called.add(contact)
        self.handles[contact] = contact
        if self.can("ring"):
            ring = attrs.evolve(self.ring_of(contact, agent), callback=True)
            self.rings[ring.offer] = ring
            await self.do(ring)
            if not await self.until_a_leg("agent"):
                self.broken(f"{ring} was done, and the platform has no leg of an agent")
            await self.settle_down(0.5)
            await self.driver.answer(ring.address)
            await self.wait_for(
                lambda: self.of_offer(ring.offer, Answered), f"offer {ring.offer} is not Answered"
            )
            number = ring.offer
        call = self.call_of(number, agent, contact, seconds)
        await self.do(call)
        await self.settle_down(0.5)
        return call

    def can(self, capability: str) -> bool:
        """Whether the adapter declares it."""
        return self.adapter.info.can(capability)

    def skip(self, why: str) -> NoReturn:
        """The assertion is not for this adapter.

        Raises:
            unittest.SkipTest: always.
        """
        raise NotForThis(why)

    async def turns(self, turns: int) -> None:
        """Lets the loop turn so often, and no time pass."""
        for _ in range(turns):
            await asyncio.sleep(0)

    # -- After every assertion -----------------------------------------------------------

    async def check_snapshot(self) -> None:
        """The snapshot must be what the signals add up to, where the adapter has one.

        Raises:
            ContractBroken: of assertion 49.
        """
        if not self.can("snapshot"):
            return
        try:
            snapshot = await self.finish(self.adapter.snapshot(), "snapshot")
        except LinkError:
            return  # the link is down, as the assertion left it
        if told := Fold(self.heard, self.rings, self.called).differences(snapshot):
            raise ContractBroken(49, "\n".join(told))

    async def all_go_home(self) -> None:
        """Every customer hangs up; nothing may be left.

        Raises:
            ContractBroken: of assertion 49, when a leg is.
        """
        for leg in await self.legs("customer"):
            await self.driver.hang_up(leg.who)
        # A link that is down tells nobody to hang up: then the ringing ends by itself.
        if not await self.until_no_legs("agent", within=90.0):
            left = [leg for leg in await self.driver.legs() if leg.kind != "outside"]
            raise ContractBroken(49, f"all customers have gone, and there is still {left}")
        await self.settle_down()
