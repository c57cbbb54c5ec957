"""Adding up what several nodes counted, each sending all it has now and then."""

from collections.abc import Callable, Mapping

import attrs

from ccroute._errors import ConfigError
from ccroute._wire import KpiAggregator


@attrs.frozen(kw_only=True, order=True)
class Stand:
    """Which of a node's partials is the later: a restart begins an epoch, within one the
    sequence counts up."""

    epoch: int
    sequence: int


class Partials:
    """The last that each node sent, and their sum.

    A node sends ``aggregator.snapshot()`` under its name, with an epoch that grows at every
    restart and a sequence that grows with every sending. What is sent again, or late, takes
    the place of nothing; so every count is in the sum once, whatever the network does.

    >>> one, two = KpiAggregator(), KpiAggregator()
    >>> one.fold("contact_queued", 0.0, "a", queue="q")
    >>> two.fold("contact_queued", 0.0, "b", queue="q")
    >>> all_nodes = Partials()
    >>> [all_nodes.put("north", 1, 1, one.snapshot()), all_nodes.put("south", 1, 1, two.snapshot())]
    [True, True]
    >>> all_nodes.put("north", 1, 1, one.snapshot())
    False
    >>> all_nodes.total().query(["queue"], ["offered"])["columns"]["offered"].tolist()
    [2]
    """

    def __init__(self) -> None:
        self._nodes: dict[str, tuple[Stand, KpiAggregator]] = {}

    def put(self, node: str, epoch: int, sequence: int, snapshot: bytes) -> bool:
        """Takes a partial in; whether it is later than what is known of the node.

        Raises:
            ConfigError: The snapshot is none, or counts otherwise than those of the other
                nodes: by other thresholds, intervals, bases or dimensions.
        """
        stand = Stand(epoch=epoch, sequence=sequence)
        known = self._nodes.get(node)
        if known is not None and stand <= known[0]:
            return False
        aggregator = KpiAggregator.restore(snapshot)
        for other, (_, counted) in self._nodes.items():
            if other != node:
                _require_alike(node, aggregator, other, counted)
                break
        self._nodes[node] = (stand, aggregator)
        return True

    def forget(self, node: str) -> None:
        """Takes a node out of the sum."""
        self._nodes.pop(node, None)

    def stands(self) -> Mapping[str, Stand]:
        """How far each node is."""
        return {
            node: stand
            for node, (stand, _) in sorted(self._nodes.items(), key=lambda known: known[0])
        }

    def total(self) -> KpiAggregator:
        """The sum over all nodes: a new aggregator, equal whatever the order of arrival.

        Raises:
            ConfigError: No node has sent anything.
        """
        if not self._nodes:
            raise ConfigError("no partials: put() what a node sent first")
        parts = [
            aggregator
            for _, (_, aggregator) in sorted(self._nodes.items(), key=lambda known: known[0])
        ]
        total = KpiAggregator.restore(parts[0].snapshot())
        for part in parts[1:]:
            total.merge(part)
        return total


def _require_alike(node: str, one: KpiAggregator, other: str, two: KpiAggregator) -> None:
    for what, read in _SETTINGS.items():
        ours, theirs = read(one), read(two)
        if ours != theirs:
            raise ConfigError(
                f"node {node!r} counts by other {what} ({ours}) than node {other!r} ({theirs}): "
                "create both with the same"
            )


_SETTINGS: Mapping[str, Callable[[KpiAggregator], object]] = {
    "thresholds": KpiAggregator.thresholds,
    "intervals": KpiAggregator.interval,
    "bases": KpiAggregator.bases,
    "dimensions": KpiAggregator.dimensions,
}
