"""How often: pauses between tries to connect, and turns for what must not come too fast."""

import random


class BackOff:
    """Pauses between tries: twice as long each time up to ``longest`` seconds, and up to half
    shorter by chance, so that a thousand links do not come back in the same second."""

    def __init__(self, chance: random.Random, longest: float) -> None:
        self._chance = chance
        self._longest = longest
        self._next = 0.5

    def pause(self) -> float:
        """Seconds until the next try."""
        pause = min(self._next, self._longest) * self._chance.uniform(0.5, 1.0)
        self._next = min(2 * self._next, 2 * self._longest)
        return pause

    def reset(self) -> None:
        """It worked."""
        self._next = 0.5


class Pace:
    """Lets so many through in a second, evenly."""

    def __init__(self, per_second: float) -> None:
        self._apart = 1.0 / per_second
        self._free = 0.0

    def turn(self, now: float) -> float:
        """When the next one may go; it is taken."""
        turn = max(now, self._free)
        self._free = turn + self._apart
        return turn
