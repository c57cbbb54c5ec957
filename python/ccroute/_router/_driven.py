"""The engine on the host's clock: one turn a command, and what was asked of late."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from ccroute._clock import Clock, Turn
from ccroute._router._past import Past
from ccroute._wire import Engine

Arguments = ParamSpec("Arguments")
Reply = TypeVar("Reply")


class Driven:
    """What the commands of a router are carried out with."""

    _engine: Engine
    _clock: Clock
    _turn: Turn
    _past: Past

    def _ask(
        self,
        call: Callable[Concatenate[float, Arguments], Reply],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Reply:
        """Carries out a command of the engine at the clock's time."""
        with self._turn.lock:
            now = self._turn.now()
            if self._past.keeps:
                self._past.note(self._engine, now, call.__name__, args)
            return call(now, *args, **kwargs)

    def _at(self) -> float:
        return self._clock.now()
