"""How often and how many: pauses between tries to connect, turns for what must not come too fast,
slots for what must not be too much at once."""

import asyncio
import heapq
import itertools
import math
import random

FIRST = 0.25
"""The first pause, in seconds."""
SLOW = 0.1
"""Seconds that replies may take more than at best."""
FRESH = 0.25
"""Seconds for which it counts how long the last reply took."""
_MINUTE = 60.0


class BackOff:
    """Pauses between tries: twice as long each time up to ``longest`` seconds, and up to half
    shorter by chance, so that a thousand links do not come back in the same second."""

    def __init__(self, chance: random.Random, longest: float) -> None:
        self._chance = chance
        self._longest = longest
        self._next = FIRST

    def pause(self) -> float:
        """Seconds until the next try."""
        pause = min(self._next, self._longest) * self._chance.uniform(0.5, 1.0)
        self._next = min(2 * self._next, 2 * self._longest)
        return pause

    def reset(self) -> None:
        """It worked."""
        self._next = FIRST


class Pace:
    """Lets so many through in a second, evenly."""

    def __init__(self, per_second: float) -> None:
        self._apart = 1.0 / per_second
        self._free = 0.0

    def turn(self, now: float, latest: float) -> float:
        """When the next one may go. It is taken, unless that is not before ``latest``: who is too
        late keeps nobody waiting."""
        turn = max(now, self._free)
        if turn < latest:
            self._free = turn + self._apart
        return turn


class Promptness:
    """How promptly requests are answered. Past its knee Asterisk breaks down, and we would: who
    was rung is not joined in time, hangs up, and the next is rung. Where it comes near that, no
    more phones are rung until replies come promptly again.

    Prompt is what takes little longer than at best, in this minute or the one before: a link may
    be far away.
    """

    def __init__(self) -> None:
        self._best = self._best_before = math.inf
        self._minute = -math.inf
        self._last = 0.0
        self._replied = self._stirred = -math.inf
        self._pending = 0

    def asked(self, now: float) -> None:
        """A request goes."""
        if not self._pending:
            self._stirred = now
        self._pending += 1

    def replied(self, asked: float, now: float, *, said: bool = True) -> None:
        """A reply came to what was asked at ``asked``; or is not waited for any more, when
        nothing was ``said``."""
        self._pending -= 1
        if not said:
            return
        self._last, self._replied, self._stirred = now - asked, now, now
        if now - self._minute >= _MINUTE:
            self._best_before, self._best, self._minute = self._best, math.inf, now
        self._best = min(self._best, self._last)

    def is_slow(self, now: float) -> bool:
        """Whether the last reply was late and has only just come, or none comes at all. Of a link
        on which nothing is asked nothing is known."""
        late = min(self._best, self._best_before) + SLOW
        if self._pending and now - self._stirred > late:
            return True
        return self._last > late and now - self._replied < FRESH


class Slots:
    """Lets so many through at once; of those who wait the lower rank first, then the older.

    A burst of new calls must not keep those waiting who have an agent already: past its knee
    Asterisk does not slow down, it breaks down.
    """

    def __init__(self, room: int) -> None:
        self._free = room
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    def take(self, rank: int) -> "asyncio.Future[None]":
        """Done when a slot was taken; it is to be given back by `give_back`, also when it is not
        waited for any more."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._free:
            self._free -= 1
            turn.set_result(None)
        else:
            heapq.heappush(self._waiting, (rank, next(self._order), turn))
        return turn

    def give_back(self, turn: "asyncio.Future[None]") -> None:
        """A slot is free again, or its turn is not waited for any more."""
        if not turn.done() or turn.cancelled() or turn.exception() is not None:
            turn.cancel()
            return
        while self._waiting:
            _, _, following = heapq.heappop(self._waiting)
            if not following.done():
                following.set_result(None)
                return
        self._free += 1
