"""Where an assertion is played: a platform, an adapter on it, and all that was heard."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import NoReturn, TypeVar

from ccroute import ContactAbandoned, ContactLeft, ContactQueued, ContactReleased, Event
from ccroute.adapters import (
    Adapter,
    Arrived,
    BoundedSink,
    ContactSignal,
    Ended,
    Gap,
    LinkDown,
    LinkUp,
    Measured,
    OfferSignal,
    PlatformSnapshot,
    Setting,
    Signal,
    Time,
)
from ccroute.testing._assertions import ContractBroken
from ccroute.testing._driver import Leg, PlatformDriver
from ccroute.testing._fold import Heard
from ccroute.testing._time import ManualTime, settle

Reply = TypeVar("Reply")
Kind = TypeVar("Kind", bound=Signal)

_ENDS = (ContactAbandoned, ContactLeft, ContactReleased)
STEP, LONGEST_STEP = 0.05, 0.25
"""How far time goes, in seconds, between two looks at what is waited for: more and more."""


class Ear:
    """The sink of the tests: remembers all it took, with the instant, and can be full.

    Behind it is a `BoundedSink` of ``room``, emptied at once unless ``slow``.
    """

    def __init__(self, time: Time) -> None:
        self._time = time
        self.heard: list[Heard] = []
        self.heard_at: list[float] = []
        self.full = False
        self.slow: BoundedSink | None = None
        self.refused = 0

    def push(self, signal: Signal) -> bool:
        """See `ccroute.adapters.Sink`."""
        if self.slow is not None and not self.slow.push(signal):
            self.refused += 1
            return False
        if self.full and not isinstance(signal, LinkUp | LinkDown | Gap):
            self.refused += 1
            return False
        if self.slow is None:
            self._take(signal)
        return True

    def resync(self, snapshot: PlatformSnapshot) -> None:
        """See `ccroute.adapters.Sink`."""
        if self.slow is not None:
            self.slow.resync(snapshot)
        else:
            self._take(snapshot)

    def catch_up(self) -> int:
        """Takes what waited while it was slow, and is quick again; how much that was."""
        waited = self.slow.take(1_000_000) if self.slow is not None else []
        self.slow = None
        for it in waited:
            self._take(it)
        return len(waited)

    def _take(self, it: Heard) -> None:
        self.heard.append(it)
        self.heard_at.append(self._time.now())


class Stage:
    """A platform, an adapter and what was heard, while one assertion is tried.

    ``number``: the assertion. All waiting goes through here, so that nothing hangs: neither by
    manual time nor by the machine's.
    """

    def __init__(
        self,
        number: int,
        driver: PlatformDriver,
        time: Time,
        make_adapter: Callable[[Mapping[str, Setting]], Adapter],
    ) -> None:
        self.number = number
        self.driver = driver
        self.time = time
        self.make_adapter = make_adapter
        self.ear = Ear(time)
        self.adapter = make_adapter(driver.settings())
        self.handles: dict[str, str] = {}
        self.opened = False

    # -- What was heard -----------------------------------------------------------------

    @property
    def heard(self) -> list[Heard]:
        """Signals and snapshots, in order."""
        return self.ear.heard

    def signals(self, kind: type[Kind], since: int = 0) -> list[Kind]:
        """The signals of a kind, from place ``since`` on."""
        return [it for it in self.heard[since:] if isinstance(it, kind)]

    def of(self, contact: str, *kinds: type[ContactSignal]) -> list[ContactSignal]:
        """The signals about a contact, of the kinds or of all."""
        return [
            it
            for it in self.signals(ContactSignal)
            if it.contact == contact and (not kinds or isinstance(it, kinds))
        ]

    def of_offer(self, offer: int, *kinds: type[OfferSignal]) -> list[OfferSignal]:
        """The signals about an offer, of the kinds or of all."""
        return [
            it
            for it in self.signals(OfferSignal)
            if it.offer == offer and (not kinds or isinstance(it, kinds))
        ]

    def measured(self, *kinds: type[Event], since: int = 0) -> list[Event]:
        """The events that an observing adapter told, of the kinds or of all."""
        told = [it.event for it in self.signals(Measured, since)]
        return [it for it in told if not kinds or isinstance(it, kinds)]

    def arrivals(self, since: int = 0) -> list[str]:
        """The contacts that came, as often as it was told."""
        if self.adapter.info.observes:
            return [it.contact or "" for it in self.measured(ContactQueued, since=since)]
        return [it.contact for it in self.signals(Arrived, since)]

    def endings(self, contact: str) -> int:
        """How often the contact was told to be over."""
        if self.adapter.info.observes:
            return sum(it.contact == contact for it in self.measured(*_ENDS))
        return len(self.of(contact, Ended))

    def snapshots(self, since: int = 0) -> list[PlatformSnapshot]:
        """The snapshots given to the sink."""
        return [it for it in self.heard[since:] if isinstance(it, PlatformSnapshot)]

    # -- Verdicts -----------------------------------------------------------------------

    def broken(self, told: str) -> NoReturn:
        """The adapter breaks the assertion.

        Raises:
            ContractBroken: always.
        """
        last = "".join(f"\n  {it}" for it in self.heard[-12:])
        raise ContractBroken(self.number, f"{told}\nheard last:{last or ' nothing'}")

    def expect(self, holds: object, told: str) -> None:
        """Breaks the assertion unless ``holds``."""
        if not holds:
            self.broken(told)

    def expect_same(self, found: object, wanted: object, what: str) -> None:
        """Breaks the assertion unless both are equal."""
        if found != wanted:
            self.broken(f"{what}: {found!r}, and not {wanted!r}")

    # -- Time ---------------------------------------------------------------------------

    async def pass_time(self, seconds: float) -> None:
        """Lets ``seconds`` pass: at once by manual time, else as they come."""
        if isinstance(self.time, ManualTime):
            await self.time.run(seconds)
        else:
            await self.time.sleep_until(self.time.now() + seconds)

    async def until(self, holds: Callable[[], object], within: float = 5.0) -> bool:
        """Waits until ``holds``, for ``within`` seconds at most; whether it does."""
        if isinstance(self.time, ManualTime):
            await settle()
        end, step = self.time.now() + within, STEP
        while not holds():
            if self.time.now() >= end:
                return False
            await self.pass_time(min(step, LONGEST_STEP))
            step *= 1.1
        return True

    async def wait_for(self, holds: Callable[[], object], told: str, within: float = 5.0) -> None:
        """As `until`; breaks the assertion when it does not hold in time."""
        if not await self.until(holds, within):
            self.broken(f"{told} (in {within:g} s)")

    async def finish(
        self, work: Coroutine[object, object, Reply], told: str, within: float = 15.0
    ) -> Reply:
        """What ``work`` returns; breaks the assertion when it takes longer.

        Raises:
            ContractBroken: it did.
        """
        task = asyncio.ensure_future(work)
        try:
            if not await self.until(task.done, within):
                self.broken(f"{told} takes more than {within:g} s")
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # -- The platform -------------------------------------------------------------------

    async def open(self) -> None:
        """Opens the adapter; it must be up and have given its snapshot."""
        await self.driver.attach(self.adapter)
        self.opened = True
        await self.finish(self.adapter.open(self.ear, self.time), "open", within=30.0)

    async def call(self, **given: str) -> str:
        """A customer comes; returns the contact's id as the adapter tells it."""
        known = set(self.arrivals())
        handle = await self.driver.place_call(**given)

        def new() -> list[str]:
            return [contact for contact in self.arrivals() if contact not in known]

        await self.wait_for(new, "a customer came, and nothing of it was heard", within=10.0)
        self.handles[new()[0]] = handle
        return new()[0]

    async def hang_up(self, contact: str) -> None:
        """The customer leaves."""
        await self.driver.hang_up(self.handles[contact])

    async def legs(self, kind: str) -> list[Leg]:
        """The platform's legs of a kind."""
        return [leg for leg in await self.driver.legs() if leg.kind == kind]

    async def until_no_legs(self, kind: str, within: float) -> bool:
        """Waits until the platform has no leg of a kind."""
        return await self._until_legs(kind, within, lambda legs: not legs)

    async def until_a_leg(self, kind: str, within: float = 5.0) -> bool:
        """Waits until the platform has a leg of a kind."""
        return await self._until_legs(kind, within, bool)

    async def _until_legs(
        self, kind: str, within: float, holds: Callable[[Sequence[Leg]], bool]
    ) -> bool:
        await self.pass_time(0)
        end = self.time.now() + within
        while not holds(await self.legs(kind)):
            if self.time.now() >= end:
                return False
            await self.pass_time(STEP)
        return True

    async def up_again(self, since: int, within: float = 180.0) -> None:
        """Waits until the link is up and the snapshot was given, counted from ``since``."""
        await self.wait_for(
            lambda: self.signals(LinkUp, since) and self.snapshots(since),
            "the link did not come up again with a snapshot",
            within,
        )

    async def settle_down(self, seconds: float = 2.0) -> None:
        """Lets what is under way arrive."""
        await self.pass_time(seconds)
