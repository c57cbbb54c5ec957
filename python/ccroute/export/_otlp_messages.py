"""A reading as OTLP's messages: the only importer of the extra ``otel``."""

from collections.abc import Mapping

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from ccroute._wire import __version__
from ccroute.export._downscale import downscaled
from ccroute.export._families import Family
from ccroute.export._points import Buckets, Labels, Measured, Reading, Series, Spread

_NANOS = 1_000_000_000
_MICROS = 1_000_000
_TEMPORALITY = {
    True: AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA,
    False: AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE,
}


def request(
    reading: Reading,
    *,
    start: float,
    now: float,
    delta: bool,
    resource: Mapping[str, str | int | float | bool],
    most_buckets: int | None,
) -> ExportMetricsServiceRequest:
    """One resource with one scope, a metric a family that has any series."""
    times = (_nanos(start), _nanos(now))
    metrics = [
        _metric(measured, times, delta=delta, most_buckets=most_buckets)
        for measured in reading.measured
        if measured.series
    ]
    scope = ScopeMetrics(
        scope=InstrumentationScope(name="ccroute", version=__version__), metrics=metrics
    )
    attributes = [KeyValue(key=key, value=_any(value)) for key, value in resource.items()]
    whole = ResourceMetrics(resource=Resource(attributes=attributes), scope_metrics=[scope])
    return ExportMetricsServiceRequest(resource_metrics=[whole])


def _metric(
    measured: Measured, times: tuple[int, int], *, delta: bool, most_buckets: int | None
) -> Metric:
    family = measured.family
    name, description, unit = family.name, family.help, family.unit
    temporality = _TEMPORALITY[delta]
    if family.kind == "histogram":
        spreads = [
            _spread(series.labels, series.value, times, delta=delta, most_buckets=most_buckets)
            for series in measured.series
            if isinstance(series.value, Spread)
        ]
        histogram = ExponentialHistogram(data_points=spreads, aggregation_temporality=temporality)
        return Metric(
            name=name, description=description, unit=unit, exponential_histogram=histogram
        )
    numbers = [_number(family, series, times) for series in measured.series]
    if family.kind == "counter":
        total = Sum(data_points=numbers, aggregation_temporality=temporality, is_monotonic=True)
        return Metric(name=name, description=description, unit=unit, sum=total)
    gauge = Gauge(data_points=numbers)
    return Metric(name=name, description=description, unit=unit, gauge=gauge)


def _number(family: Family, series: Series, times: tuple[int, int]) -> NumberDataPoint:
    point = NumberDataPoint(time_unix_nano=times[1], attributes=_attributes(series.labels))
    if family.kind == "counter":
        point.start_time_unix_nano = times[0]
    value = series.value
    assert not isinstance(value, Spread), "a number's family has numbers"
    if family.scale != 1 or isinstance(value, float):
        point.as_double = value / family.scale
    else:
        point.as_int = value
    return point


def _spread(
    labels: Labels,
    spread: Spread,
    times: tuple[int, int],
    *,
    delta: bool,
    most_buckets: int | None,
) -> ExponentialHistogramDataPoint:
    scale, buckets = downscaled(spread.buckets or (), most_buckets)
    point = ExponentialHistogramDataPoint(
        start_time_unix_nano=times[0],
        time_unix_nano=times[1],
        attributes=_attributes(labels),
        count=spread.bucketed,
        sum=spread.sum / _MICROS,
        scale=scale,
        zero_count=spread.zeros,
        zero_threshold=0.0,
    )
    if buckets:
        point.positive.offset = buckets[0][0]
        point.positive.bucket_counts.extend(_dense(buckets))
    if spread.bucketed and not delta:  # the longest of a difference is not known
        point.max = spread.longest / _MICROS
    return point


def _dense(buckets: Buckets) -> list[int]:
    counts = [0] * (buckets[-1][0] - buckets[0][0] + 1)
    for index, count in buckets:
        counts[index - buckets[0][0]] = count
    return counts


def _attributes(labels: Labels) -> list[KeyValue]:
    return [
        KeyValue(key=attribute(name), value=AnyValue(string_value=value))
        for name, value in labels
        if value
    ]


def attribute(label: str) -> str:
    """The attribute of a label."""
    return f"ccroute.{label}"


def _any(value: str | float | bool) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=value)


def _nanos(seconds: float) -> int:
    # By way of microseconds, which a float of the present holds exactly.
    return round(seconds * _MICROS) * (_NANOS // _MICROS)
