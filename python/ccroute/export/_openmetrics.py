"""What ``GET /metrics`` answers with."""

from typing import Literal, Unpack, overload

from ccroute._wire import KpiAggregator
from ccroute.export._protobuf import protobuf
from ccroute.export._ratchet import Ratchet
from ccroute.export._reading import read
from ccroute.export._selection import Choice, HasAggregator, aggregator_of, select
from ccroute.export._text import text

OPENMETRICS_CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
"""Of the text."""

PROTOBUF_CONTENT_TYPE = (
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
)
"""Of the bytes with native histograms."""


@overload
def openmetrics(
    source: KpiAggregator | HasAggregator,
    *,
    native: Literal[False] = False,
    now: float | None = None,
    ratchet: Ratchet | None = None,
    **choice: Unpack[Choice],
) -> str: ...
@overload
def openmetrics(
    source: KpiAggregator | HasAggregator,
    *,
    native: Literal[True],
    now: float | None = None,
    ratchet: Ratchet | None = None,
    **choice: Unpack[Choice],
) -> bytes: ...
@overload
def openmetrics(
    source: KpiAggregator | HasAggregator,
    *,
    native: bool,
    now: float | None = None,
    ratchet: Ratchet | None = None,
    **choice: Unpack[Choice],
) -> str | bytes: ...
def openmetrics(
    source: KpiAggregator | HasAggregator,
    *,
    native: bool = False,
    now: float | None = None,
    ratchet: Ratchet | None = None,
    **choice: Unpack[Choice],
) -> str | bytes:
    """All metrics, as a scrape wants them.

    Counters are totals over all time of the aggregator; a snapshot carries them over a
    restart. Buckets of histograms are the aggregator's thresholds and zero, counted exactly;
    sums are exact decimals of seconds.

    Args:
        source: An aggregator, or what leads to one, as ``Metrics``.
        native: Bytes for a server that takes native histograms (schema 6, the aggregator's
            own buckets), with the classic ones beside them; else OpenMetrics text.
        now: The instant of asking, seconds since the epoch, where waits and states that
            still last are cut (default: the time of the latest event).
        ratchet: Keeps counters from falling when a correction lowers them; the same object
            for every scrape. Without one they are what they are.
        choice: What is exported, see :class:`Choice`.

    Raises:
        ConfigError: A label, variant, target, goal or cap that cannot be.
        Rejected: ``now`` is no time.

    >>> from ccroute import KpiAggregator
    >>> openmetrics(KpiAggregator()).splitlines()[-1]
    '# EOF'
    """
    selection = select(source, choice)
    reading = read(aggregator_of(source), selection, now=now, spreads=native)
    if ratchet is not None:
        reading = ratchet.lift(reading)
    return protobuf(reading) if native else text(reading)
