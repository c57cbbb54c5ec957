"""Prometheus' protobuf exposition, for native histograms: the text format has none.

Written by hand: what Prometheus' messages need of the protobuf encoding are four kinds of
fields, and the library with generated classes would be 2.7 MB that a scrape can do without.
Field numbers are those of `io/prometheus/client/metrics.proto` of prometheus/client_model.
"""

import struct
from collections.abc import Iterable, Iterator

from ccroute.export._families import Family
from ccroute.export._points import Buckets, Labels, Measured, Reading, Series, Spread

SCHEMA = 6
"""Buckets per power of two: 2^6."""

_MICROS = 1_000_000
_COUNTER, _GAUGE, _HISTOGRAM = 0, 1, 4
_TYPES = {"counter": _COUNTER, "gauge": _GAUGE, "histogram": _HISTOGRAM, "info": _GAUGE}


def protobuf(reading: Reading) -> bytes:
    """Messages of the type MetricFamily, each after its length."""
    families = (_family(measured, reading.bounds) for measured in reading.measured)
    return b"".join(_varint(len(each)) + each for each in families if each)


def _family(measured: Measured, bounds: tuple[int, ...]) -> bytes:
    """Empty where there are no series: a server refuses a family without metrics."""
    family = measured.family
    if not measured.series:
        return b""
    return b"".join(
        (
            _text(1, family.sample),
            _text(2, family.help),
            _unsigned(3, _TYPES[family.kind]),
            *(_bytes(4, _metric(family, series, bounds)) for series in measured.series),
            _text(5, family.prometheus_unit) if family.prometheus_unit else b"",
        )
    )


def _metric(family: Family, series: Series, bounds: tuple[int, ...]) -> bytes:
    labels = b"".join(_labels(series.labels))
    value = series.value
    if isinstance(value, Spread):
        return labels + _bytes(7, _histogram(value, bounds))
    field = 3 if family.kind == "counter" else 2
    return labels + _bytes(field, _double(1, value / family.scale))


def _labels(labels: Labels) -> Iterator[bytes]:
    for name, value in labels:
        yield _bytes(1, _text(1, name) + _text(2, value))


def _histogram(spread: Spread, bounds: tuple[int, ...]) -> bytes:
    """Classic and native in one: a server takes the native part, or both if told to.

    A server refuses buckets that do not add up to the count, so the count is their sum; of
    the classic ones none may exceed it, which events folded in between could bring about.
    """
    count = spread.bucketed
    spans, deltas = spans_of(spread.buckets or ())
    classic = zip(bounds, spread.cumulative, strict=True)
    return b"".join(
        (
            _unsigned(1, count),
            _double(2, spread.sum / _MICROS),
            *(
                _bytes(3, _unsigned(1, min(cumulative, count)) + _double(2, bound / _MICROS))
                for bound, cumulative in classic
            ),
            _signed(5, SCHEMA),
            _double(6, 0.0),
            _unsigned(7, spread.zeros),
            *(_bytes(12, _signed(1, offset) + _unsigned(2, length)) for offset, length in spans),
            _packed(13, deltas),
        )
    )


def spans_of(buckets: Buckets) -> tuple[list[tuple[int, int]], list[int]]:
    """Spans (gap, length) and differences from bucket to bucket.

    Prometheus numbers a bucket by its upper bound and OpenTelemetry by its lower: its number
    is one more. An empty histogram has one span of no length, which tells it from a classic
    one.

    >>> spans_of(((-1, 5), (0, 2), (3, 7)))
    ([(0, 2), (2, 1)], [5, -3, 5])
    """
    spans: list[tuple[int, int]] = []
    deltas: list[int] = []
    end = before = 0
    for index, count in buckets:
        number = index + 1
        if spans and number == end:
            gap, length = spans[-1]
            spans[-1] = (gap, length + 1)
        else:
            spans.append((number - end, 1))
        deltas.append(count - before)
        end, before = number + 1, count
    return spans or [(0, 0)], deltas


# The encoding ---------------------------------------------------------------------------


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _unsigned(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _signed(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(_zigzag(value))


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _packed(field: int, values: Iterable[int]) -> bytes:
    """As one field: readers of proto2 take repeated numbers in either form."""
    return _bytes(field, b"".join(_varint(_zigzag(value)) for value in values))
