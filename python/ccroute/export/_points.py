"""What is exported at one instant, before it gets a format: exact integers with labels."""

from typing import TypeAlias

import attrs

from ccroute.export._families import Family

Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Names with values, in the order of the export; an empty value is none."""

Buckets: TypeAlias = tuple[tuple[int, int], ...]
"""Index and count of exponential buckets at scale 6, ascending, none of them empty. Bucket
``i`` holds durations above 2^(i/64) and up to 2^((i+1)/64) seconds."""


@attrs.frozen(kw_only=True)
class Spread:
    """A histogram's state."""

    count: int
    sum: int
    """Microseconds."""
    longest: int
    """Microseconds."""
    zeros: int
    cumulative: tuple[int, ...]
    """How many are no longer than each bound of the export."""
    buckets: Buckets | None
    """``None``: not asked for."""

    @property
    def bucketed(self) -> int:
        """How many the exponential buckets hold, zeros included."""
        return self.zeros + sum(count for _, count in self.buckets or ())


@attrs.frozen
class Series:
    """One combination of labels: an integer (durations in microseconds), a share or a spread."""

    labels: Labels
    value: int | float | Spread


@attrs.frozen
class Measured:
    """A family with its series."""

    family: Family
    series: tuple[Series, ...]


@attrs.frozen(kw_only=True)
class Reading:
    """Everything exported at one instant."""

    bounds: tuple[int, ...]
    """Upper bounds of the classic buckets in microseconds, ascending, without infinity."""
    measured: tuple[Measured, ...]
