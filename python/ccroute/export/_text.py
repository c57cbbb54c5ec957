"""OpenMetrics 1.0 text: exact decimals, cumulative buckets, one end."""

from collections.abc import Iterator

from ccroute.export._families import Family
from ccroute.export._points import Labels, Measured, Reading, Spread

_MICROS = 1_000_000


def text(reading: Reading) -> str:
    """The whole exposition, ``# EOF`` included."""
    lines = [line for measured in reading.measured for line in _family(measured, reading.bounds)]
    return "\n".join((*lines, "# EOF", ""))


def _family(measured: Measured, bounds: tuple[int, ...]) -> Iterator[str]:
    family = measured.family
    name = family.prometheus
    yield f"# TYPE {name} {family.kind}"
    if family.prometheus_unit:
        yield f"# UNIT {name} {family.prometheus_unit}"
    yield f"# HELP {name} {escaped(family.help)}"
    for series in measured.series:
        value = series.value
        if isinstance(value, Spread):
            yield from _histogram(name, series.labels, value, bounds)
        else:
            yield f"{family.sample}{_labels(series.labels)} {number(family, value)}"


def _histogram(name: str, labels: Labels, spread: Spread, bounds: tuple[int, ...]) -> Iterator[str]:
    own = _labels(labels)
    before = f"{name}_bucket{own[:-1]}," if own else f"{name}_bucket{{"
    for bound, count in zip(bounds, spread.cumulative, strict=True):
        yield f'{before}le="{bound / _MICROS!r}"}} {count}'
    yield f'{before}le="+Inf"}} {spread.count}'
    yield f"{name}_count{own} {spread.count}"
    yield f"{name}_sum{own} {decimal(spread.sum)}"


def number(family: Family, value: float) -> str:
    """A sample's value: microseconds as exact decimals of seconds."""
    if isinstance(value, int) and family.scale == _MICROS:
        return decimal(value)
    return repr(value)


def decimal(micros: int) -> str:
    """Microseconds in seconds, without rounding.

    >>> decimal(12_345_678_901_234_567), decimal(-500_000), decimal(3_000_000)
    ('12345678901.234567', '-0.5', '3')
    """
    whole, part = divmod(abs(micros), _MICROS)
    sign = "-" if micros < 0 else ""
    return f"{sign}{whole}.{part:06d}".rstrip("0").rstrip(".")


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{escaped(value)}"' for name, value in labels) + "}"


def escaped(value: str) -> str:
    r"""Text between quotes, as the format has it.

    >>> print(escaped('a "b"\\' + chr(10)))
    a \"b\"\\\n
    """
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
