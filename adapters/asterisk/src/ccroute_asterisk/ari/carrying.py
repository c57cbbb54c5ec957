"""An instruction on its way: its requests, no faster than may be, and what became of it.

What the requests are is in `ccroute_asterisk.ari.orders`.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs

from ccroute import LinkError
from ccroute.adapters import (
    CancelRing,
    Connect,
    HangUp,
    Instruction,
    Outcome,
    Ring,
    StopHold,
    Time,
    failed,
    unknown,
)
from ccroute_asterisk.ari.codec import Reply, Request
from ccroute_asterisk.ari.orders import Order, Turn
from ccroute_asterisk.ari.over_http import NotSent
from ccroute_asterisk.ari.pace import Pace
from ccroute_asterisk.ari.session import Session
from ccroute_asterisk.ari.wire import Wire

HELD = 0.05
"""Seconds after which it is looked whether replies come promptly again."""
LONGEST_HELD = 1.0
"""Seconds after which a ring goes all the same: where all is late for long, to ring nobody would
only let more people wait."""
RANKS: Mapping[type[Instruction], int] = MappingProxyType(
    {CancelRing: 0, HangUp: 0, Connect: 1, StopHold: 1, Ring: 2}
)
"""Which instructions go before others (3) when there are many."""


class Throttled(Exception):
    """It was too much at once, and not done; it may be tried again in ``pause`` seconds."""

    def __init__(self, words: str, pause: float) -> None:
        super().__init__(words)
        self.pause = pause


@attrs.frozen(kw_only=True)
class Carrying:
    """One instruction on one link. ``flush``: called when something is to be told or done that
    follows from a reply."""

    instruction: Instruction
    wire: Wire
    session: Session
    pace: Pace
    counters: Counter[str]
    time: Time
    flush: Callable[[], None]

    async def outcome(self, order: Order) -> Outcome:
        """What became of it, when all is done, or nothing more can be."""
        try:
            return await self._made(order)
        except Throttled as error:
            return failed("throttled", str(error), retry_after=error.pause)
        except LinkError as error:
            return unknown(str(error))
        except TimeoutError:
            return unknown("no reply")
        finally:
            order.close()
            self.flush()

    async def _made(self, order: Order) -> Outcome:
        """Makes the requests of an order, one after the other."""
        sent = False
        self.session.now = self.time.now()
        try:
            step = next(order)
            while True:
                if isinstance(step, Turn):
                    await self._turn()
                    reply = Reply(200)
                else:
                    reply = await self._borne(step)
                    sent = True
                self.session.now = self.time.now()
                step = order.send(reply)
                self.flush()
        except StopIteration as stop:
            found: Outcome = stop.value
            return found
        except NotSent as error:
            if sent:
                raise
            if self.wire.ended.done():
                return failed("link_down", str(error))
            raise Throttled(str(error), 1.0) from error

    async def _turn(self) -> None:
        """Waits until another phone may be rung.

        Raises:
            Throttled: that is too late.
        """
        until, deadline = math.inf, self.instruction.deadline
        while True:
            until = await self._hold(until)
            now = self.time.now()
            turn = self.pace.turn(now, deadline)
            if turn >= deadline:
                raise Throttled("too many rings", turn - now)
            await self.time.sleep_until(turn)
            if not self._is_held(until):
                return

    async def _hold(self, until: float) -> float:
        """Waits while replies are late, up to ``until``; that, or when it is if it began here."""
        while self._is_held(until):
            now = self.time.now()
            if until == math.inf:
                until = now + LONGEST_HELD
                self.counters["rings_held"] += 1
            await self.time.sleep_until(min(now + HELD, until))
        return until

    def _is_held(self, until: float) -> bool:
        return self.time.now() < until and not self.wire.ended.done() and self.wire.is_slow()

    async def _borne(self, request: Request) -> Reply:
        """A request's reply, when it was not too much for Asterisk.

        Raises:
            Throttled: it still is when the time is up.
        """
        name, deadline = self.instruction.id, self.instruction.deadline
        rank = RANKS.get(type(self.instruction), 3)
        while True:
            reply = await self.wire.ask(request, deadline, rank=rank, name=name)
            if reply.status not in {429, 503}:
                return reply
            pause = reply.retry_after or 0.5
            self.counters["throttled"] += 1
            if self.time.now() + pause >= deadline:
                raise Throttled(reply.said, pause)
            # It was refused for certain, so it may be sent again.
            await self.time.sleep_until(self.time.now() + pause)
