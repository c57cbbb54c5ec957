"""The object users hold: the engine and its metrics as a pair, on the host's clock.

Every method is one command of ``docs/engine.md``, carried out at the clock's time. A
command that the state forbids raises ``Rejected`` and changes nothing.
"""

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute._clock import Clock, SystemClock, Turn
from ccroute._commands import Advance, Command
from ccroute._models import Envelope, not_a
from ccroute._plan import Plan
from ccroute._router._agents import AgentCommands
from ccroute._router._centre import CentreCommands
from ccroute._router._contacts import ContactCommands
from ccroute._router._conversations import ConversationCommands
from ccroute._router._past import Past
from ccroute._router._readings import Readings, as_events
from ccroute._targets import measuring, targets
from ccroute._wire import COMMAND_DTYPE, Engine, KpiAggregator, Restored
from ccroute.metrics import Metrics


class Router(AgentCommands, ContactCommands, ConversationCommands, CentreCommands, Readings):
    """Decides who takes which contact and when, and measures every second of it.

    ``clock`` gives the time of each command (default: the system's); ``source`` names
    this router in its events; ``recall``: how many commands back :meth:`explain_offer` can
    look, at the cost of a snapshot each time so many have passed; ``aggregator``: what counts
    its metrics, for dimensions, bases and retention of one's own or for several routers together
    (default: a new one that counts by the plan's targets). Attributes of a contact that are called
    like a dimension, as ``client``, are its labels. One router may be used from several threads.

    Every command can raise `Rejected` besides what it says itself: ``time_backwards`` when the
    clock went back, ``invalid_value`` for a name, a number or a ``command_id`` that cannot be.
    An argument of the wrong type is a ``TypeError``.

    >>> from ccroute import ManualClock, Plan, Router
    >>> router = Router(Plan.from_toml("[queues.support]"), clock=ManualClock(0.0))
    >>> _ = router.sign_in("ana", queues=["support"], capacity={"voice": 1})
    >>> router.ready("ana")
    >>> _ = router.enqueue("c1", queue="support")
    >>> [event.kind for event in router.events()][-1]
    'offer_made'
    """

    def __init__(
        self,
        plan: Plan,
        *,
        clock: Clock | None = None,
        source: str = "router",
        recall: int = 0,
        aggregator: KpiAggregator | None = None,
    ) -> None:
        try:
            checked = plan.checked()
        except AttributeError:
            raise not_a("ccroute.Plan", "plan", plan) from None
        aggregator = measuring(plan) if aggregator is None else aggregator
        engine = Engine(checked, aggregator, source)
        self._setup(engine, aggregator, clock, source, plan, recall)

    def _setup(
        self,
        engine: Engine,
        aggregator: KpiAggregator,
        clock: Clock | None,
        source: str,
        plan: Plan,
        recall: int,
    ) -> None:
        self._engine = engine
        if clock is not None and not callable(getattr(clock, "now", None)):
            raise not_a("ccroute.Clock", "clock", clock)
        self._clock: Clock = SystemClock() if clock is None else clock
        self._turn = Turn(self._clock)
        self._source = source
        self._plan = plan
        self._recall = recall
        self._past = Past(recall)
        self._metrics = Metrics(aggregator, targets=targets(plan, aggregator.thresholds()))

    @classmethod
    def restore(
        cls,
        snapshot: bytes,
        *,
        clock: Clock | None = None,
        source: str = "router",
        recall: int = 0,
        aggregator: KpiAggregator | None = None,
    ) -> "Router":
        """The router a snapshot was taken of.

        ``aggregator``: the one that was saved with it (``metrics.aggregator.snapshot()``),
        under the same ``source``; without it the metrics start empty, and what began before
        counts as orphaned when it ends.

        Raises:
            ConfigError: the bytes are no snapshot, are damaged, or were written under other
                rules.
        """
        router = cls.__new__(cls)
        restored = Restored(snapshot)
        plan = Plan.from_json(restored.plan().to_json())
        aggregator = measuring(plan) if aggregator is None else aggregator
        engine = restored.engine(aggregator, source)
        router._setup(engine, aggregator, clock, source, plan, recall)
        return router

    def resumed(self, snapshot: bytes, *, aggregator: KpiAggregator | None = None) -> "Router":
        """A router on the same clock, under the same name, in the state of a snapshot; see
        `restore`.

        Raises:
            ConfigError: as `restore`.
        """
        return Router.restore(
            snapshot,
            clock=self._clock,
            source=self._source,
            recall=self._recall,
            aggregator=aggregator,
        )

    @property
    def plan(self) -> Plan:
        """The plan in force."""
        return self._plan

    @property
    def metrics(self) -> Metrics:
        """What all of it cost in time; fed by every command."""
        return self._metrics

    def apply(
        self, command: Command, *, envelope: Envelope | None = None, at: float | None = None
    ) -> int | None:
        """Carries out a command given as an object; returns what its method returns.

        ``at``: at that instant, float seconds since the epoch, whatever the clock says: for
        hosts that write down a command before they carry it out, and for replay.

        >>> from ccroute import Advance, Plan, Router
        >>> Router(Plan()).apply(Advance())
        """
        try:
            method = getattr(self, command.verb)
        except AttributeError:
            raise not_a("command", "command", command) from None
        fields = attrs.fields(type(command))
        arguments = {field.name: getattr(command, field.name) for field in fields}
        if not isinstance(command, Advance):
            arguments["envelope"] = envelope
        with self._turn.at(at):
            answer: int | None = method(**arguments)
        return answer

    def apply_batch(self, commands: NDArray[np.void]) -> tuple[NDArray[np.void], NDArray[np.uint8]]:
        """Carries out rows of dtype ``COMMAND_DTYPE`` in order, as the scalar calls would.

        The commands of ``COMMAND_OPS``, on contacts whose ids are decimal numbers. An
        ``enqueue`` row and a ``reprioritise`` row set both band and head start.

        Returns the events (dtype ``EVENT_DTYPE``) and a status a row: 0 accepted, else
        an index into ``STATUS_CODES``. The clock is not asked: rows carry ``at_us``.

        Raises:
            TypeError: an array of another dtype or shape, before any row is carried out.
            ValueError: a column that cannot be, likewise.
        """
        given = np.asarray(commands)
        if given.dtype != COMMAND_DTYPE or given.ndim != 1:
            message = (
                f"commands of dtype {given.dtype} with {given.ndim} dimensions: "
                "give one dimension of dtype ccroute.COMMAND_DTYPE"
            )
            raise TypeError(message)
        rows = np.ascontiguousarray(given).view(np.uint8)
        with self._turn.lock:  # no scalar call between its look at the clock and its command
            if self._past.keeps:
                self._past.note(self._engine, None, "apply_batch", (rows.copy(),))
            events, statuses = self._engine.apply_batch(rows)
        return as_events(events), statuses
