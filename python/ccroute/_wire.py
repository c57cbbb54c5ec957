"""The only importer of the extension: what crosses the boundary is named here."""

from typing import TYPE_CHECKING

from ccroute._core import EVENT_DTYPE, EVENT_DTYPE_VERSION, KpiAggregator, __version__

__all__ = [
    "EVENT_DTYPE",
    "EVENT_DTYPE_VERSION",
    "KpiAggregator",
    "__version__",
]

if TYPE_CHECKING:
    # Shapes of plain numbers: they stand in the stub, at run time there are only dicts.
    from ccroute._core import AgentNumbers, IntervalNumbers, QueueNumbers

    __all__ += ["AgentNumbers", "IntervalNumbers", "QueueNumbers"]
