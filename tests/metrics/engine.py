"""What these tests use of the metrics, and short ways to ask."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ccroute.metrics import BUILT_IN, Kpi, Metrics, Registry, ReportTable


def build(
    source: Any,
    registry: Registry = BUILT_IN,
    *,
    by: Sequence[str] = ("queue",),
    targets: Mapping[str, tuple[float, float]] | None = None,
    **asked: Any,
) -> ReportTable:
    """A report on whatever counts, as ``Metrics`` makes it."""
    return Metrics(source, registry=registry).report(by, targets=targets, **asked)


def parse(
    text: str, parameters: Collection[str] = (), names: Mapping[str, str] | None = None
) -> Any:
    """A formula, as a KPI has it; its parameters are 0 unless given."""
    kpi = Kpi(
        id="x",
        title="X",
        unit="-",
        numerator=text,
        parameters=dict.fromkeys(parameters, 0),
        names=names or {},
    )
    return kpi.above
