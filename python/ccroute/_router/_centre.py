"""Commands about the centre as a whole, and about time."""

from collections.abc import Iterable, Mapping
from operator import index

from ccroute._models import Envelope, Observed, asked, newcomer, not_a, pairs
from ccroute._plan import Plan, Value
from ccroute._router._driven import Driven
from ccroute._targets import targets
from ccroute._wire import ObservedArgument
from ccroute.metrics import Metrics


class CentreCommands(Driven):
    """What hosts ask about queues, lines, figures, scores, the plan and what a platform holds."""

    _plan: Plan
    _metrics: Metrics

    def advance(self) -> None:
        """Fires every deadline that is due by the clock."""
        self._ask(self._engine.advance)

    def set_queue_open(
        self,
        queue: str,
        open: bool,  # noqa: A002  # as in the command and the events
        *,
        envelope: Envelope | None = None,
    ) -> None:
        """Opens or closes a queue. `ccroute.openings` gives these commands by the
        plan's calendars.

        Raises:
            Rejected: ``unknown_queue``.
        """
        self._ask(self._engine.set_queue_open, queue, open, asked(envelope))

    def set_line(self, line: str, up: bool, *, envelope: Envelope | None = None) -> None:
        """A line is up or down. When it goes down, offers over it are taken back and made over
        another; nobody loses their place.

        Raises:
            Rejected: ``unknown_line``.
        """
        self._ask(self._engine.set_line, line, up, asked(envelope))

    def observe_kpi(
        self,
        kpi: str,
        numerator: int,
        denominator: int = 1,
        *,
        envelope: Envelope | None = None,
    ) -> None:
        """Tells the engine a figure, as a fraction of whole numbers, by which queues get help;
        a denominator of 0 says nothing.

        Raises:
            Rejected: ``unknown_kpi``; ``invalid_value`` for a negative denominator.
        """
        above, below = _whole("numerator", numerator), _whole("denominator", denominator)
        self._ask(self._engine.observe_kpi, kpi, above, below, asked(envelope))

    def set_scores(
        self,
        table: str,
        scores: Mapping[str, Mapping[str, float]],
        *,
        expires: float,
        version: int = 0,
        envelope: Envelope | None = None,
    ) -> None:
        """Fills a score table of the plan anew: how well a contact of a type and an agent go
        together, higher is better. It holds until ``expires`` (float seconds since the epoch);
        then, and for types and agents it lacks, the queue falls back to its other keys.

        ``scores``: type of contact → agent → score, rounded to millionths.

        Raises:
            Rejected: ``unknown_table``, ``invalid_value``.
        """
        rows = [
            (kind, agent, score)
            for kind, of in pairs("scores", scores)
            for agent, score in pairs(f"scores of {kind!r}", of)
        ]
        self._ask(self._engine.set_scores, table, version, expires, rows, asked(envelope))

    def set_plan(self, plan: Plan, *, envelope: Envelope | None = None) -> None:
        """Puts another plan in force while contacts wait: nobody loses their place, and steps
        whose time has come are taken at once. Metrics go by its targets from now on, as far as
        the aggregator counts by them.

        Raises:
            Rejected: ``invalid_value`` when the plan cannot follow the one in force.
        """
        try:
            checked = plan.checked()
        except AttributeError:
            raise not_a("ccroute.Plan", "plan", plan) from None
        with self._turn.lock:  # no other command between the engine's plan and ours
            if self._ask(self._engine.set_plan, checked, asked(envelope)):
                self._plan = plan
                counted = self._metrics.aggregator.thresholds()
                self._metrics.set_targets(targets(plan, counted))

    def reconcile(
        self,
        observed: Iterable[Observed],
        *,
        among: tuple[str, Value] | None = None,
        envelope: Envelope | None = None,
    ) -> None:
        """Makes contacts agree with what a platform holds, all of it, after a crash or a gap:
        who talks with whom, who is gone, who is there that we did not know.

        ``among``: an attribute and its value: of contacts without it nothing is said.

        Raises:
            Rejected: ``unknown_agent``, ``invalid_value``, and as `enqueue` for what is known of
                newcomers.
        """
        rows = [_observed(seen) for seen in observed]
        self._ask(self._engine.reconcile, rows, among, asked(envelope))


def _whole(what: str, given: int) -> int:
    try:
        return index(given)
    except TypeError:
        wanted = "whole number (0.83 goes as numerator 83 and denominator 100)"
        raise not_a(wanted, what, given) from None


def _observed(seen: Observed) -> ObservedArgument:
    try:
        known = None if seen.known is None else newcomer(seen.known)
        return seen.contact, seen.agent, known
    except AttributeError:
        raise not_a("ccroute.Observed", "observed", seen) from None
