"""What reports need of whatever counts: one question over cells."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ccroute._wire import Groups

DIMENSIONS = ("queue", "channel", "direction", "client", "campaign", "tenant", "agent", "team")
"""What figures can be grouped by, besides an aggregator's own dimensions."""

Where: TypeAlias = Mapping[str, Sequence[str | None]]
"""Only these labels, by dimension; ``None`` stands for those without one."""


class Source(Protocol):
    """Counts by cells, as ``KpiAggregator`` does."""

    def query(
        self,
        by: Sequence[str],
        fields: Sequence[str],
        *,
        basis: str = "offered",
        edges: NDArray[np.int64] | None = None,
        where: Where | None = None,
        now: float | None = None,
    ) -> Groups:
        """Fields by dimensions and interval, on one basis.

        Raises:
            ConfigError: An unknown dimension, field or basis; a threshold off the ladder; an
                edge that is none of a cell.
            DataUnavailable: The answer needs facts no longer kept.
        """
        ...
