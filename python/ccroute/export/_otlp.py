"""OTLP: what an OpenTelemetry collector takes. Needs the extra ``otel``; sends nothing."""

from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Literal, TypeAlias, Unpack

from ccroute._errors import ConfigError
from ccroute._extras import of_extra
from ccroute._wire import KpiAggregator
from ccroute.export._downscale import downscaled
from ccroute.export._points import Buckets, Labels, Measured, Reading, Series, Spread
from ccroute.export._ratchet import Ratchet
from ccroute.export._reading import read
from ccroute.export._selection import Choice, HasAggregator, aggregator_of, select

if TYPE_CHECKING:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )

Temporality: TypeAlias = Literal["cumulative", "delta"]
Attribute: TypeAlias = str | int | float | bool

_LATEST = 18_446_744_073.0
"""Nanoseconds since the epoch go out in 64 bits."""


def otlp(
    source: KpiAggregator | HasAggregator,
    *,
    now: float,
    start: float = 0.0,
    resource: Mapping[str, Attribute] | None = None,
    most_buckets: int | None = None,
    **choice: Unpack[Choice],
) -> "ExportMetricsServiceRequest":
    """All metrics at one instant, cumulative; :class:`OtlpExporter` for more than once.

    Raises:
        ConfigError: The extra ``otel`` is not installed, or what :func:`openmetrics` raises.
        Rejected: ``now`` is no time.
    """
    exporter = OtlpExporter(
        source, start=start, resource=resource, most_buckets=most_buckets, **choice
    )
    return exporter.export(now)


class OtlpExporter:
    """Makes one request after another from what an aggregator counted.

    Durations go out as exponential histograms at scale 6, the aggregator's own buckets, zero
    exact; counts as monotone sums. What is counted never falls, as with a :class:`Ratchet`,
    so no difference is negative.

    Args:
        source: An aggregator, or what leads to one, as ``Metrics``.
        temporality: ``cumulative``: totals over all time. ``delta``: what came since the
            request before; the first has all there is.
        start: When counting began, seconds since the epoch (0: not known).
        resource: Attributes of the process; ``service.name`` is ``ccroute`` unless given.
        most_buckets: From this many on, pairs of buckets become one until they fit, without
            an error in any count. ``None``: all stay; 160 is what OpenTelemetry's own
            libraries hold.
        choice: What is exported, see :class:`Choice`.

    Raises:
        ConfigError: The extra ``otel`` is not installed; a label, variant, goal or cap
            that cannot be; an unknown temporality; a start that is no time.
    """

    def __init__(
        self,
        source: KpiAggregator | HasAggregator,
        *,
        temporality: Temporality = "cumulative",
        start: float = 0.0,
        resource: Mapping[str, Attribute] | None = None,
        most_buckets: int | None = None,
        **choice: Unpack[Choice],
    ) -> None:
        if temporality not in {"cumulative", "delta"}:
            raise ConfigError(f"temporality {temporality!r}: give 'cumulative' or 'delta'")
        of_extra("opentelemetry.proto.metrics.v1.metrics_pb2", extra="otel", purpose="OTLP")
        from ccroute.export import _otlp_messages  # noqa: PLC0415  # imports the extra

        downscaled((), most_buckets)
        self._messages = _otlp_messages
        self._source = aggregator_of(source)
        self._selection = select(source, choice)
        self._delta = temporality == "delta"
        self._start = _began(start)
        self._resource = {"service.name": "ccroute", **(resource or {})}
        self._most_buckets = most_buckets
        self._ratchet = Ratchet()
        self._before: dict[tuple[str, Labels], int | float | Spread] = {}

    def export(self, now: float) -> "ExportMetricsServiceRequest":
        """A request with everything at ``now``, in seconds since the epoch.

        Its bytes are ``.SerializeToString()``, to be sent as ``application/x-protobuf`` to
        ``/v1/metrics``; if that fails, differences of a lost request are lost too, which is
        what ``cumulative`` is for.

        Raises:
            ConfigError: A target is none of the thresholds.
            Rejected: ``now`` is no time.
        """
        reading = read(self._source, self._selection, now=now, spreads=True)
        reading = self._ratchet.lift(reading)
        start = self._start
        if self._delta:
            reading = self._difference(reading)
            self._start = now
        return self._messages.request(
            reading,
            start=start,
            now=now,
            delta=self._delta,
            resource=self._resource,
            most_buckets=self._most_buckets,
        )

    def _difference(self, reading: Reading) -> Reading:
        measured = []
        for each in reading.measured:
            if each.family.kind not in {"counter", "histogram"}:
                measured.append(each)
                continue
            series = []
            for one in each.series:
                key = (each.family.name, one.labels)
                series.append(Series(one.labels, _less(one.value, self._before.get(key))))
                self._before[key] = one.value
            measured.append(Measured(each.family, tuple(series)))
        return Reading(bounds=reading.bounds, measured=tuple(measured))


def _began(start: object) -> float:
    if type(start) is not bool and isinstance(start, Real) and 0 <= float(start) < _LATEST:
        return float(start)
    raise ConfigError(
        f"start {start!r}: when counting began, in seconds since the epoch; 0: not known"
    )


def _less(now: float | Spread, before: float | Spread | None) -> int | float | Spread:
    if before is None:
        return now
    if isinstance(now, Spread) and isinstance(before, Spread):
        former = dict(before.buckets or ())
        differences = ((index, n - former.get(index, 0)) for index, n in now.buckets or ())
        buckets: Buckets = tuple((index, n) for index, n in differences if n)
        pairs = zip(now.cumulative, before.cumulative, strict=True)
        return Spread(
            count=now.count - before.count,
            sum=now.sum - before.sum,
            longest=now.longest,
            zeros=now.zeros - before.zeros,
            cumulative=tuple(one - other for one, other in pairs),
            buckets=buckets,
        )
    assert not isinstance(now, Spread), "a series keeps its kind"
    assert not isinstance(before, Spread), "a series keeps its kind"
    return now - before
