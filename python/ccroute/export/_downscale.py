"""Fewer, wider buckets without an error: at the next lower scale two become one."""

from ccroute._errors import ConfigError
from ccroute.export._points import Buckets

SCALE = 6
_COARSEST = -10
"""Of OpenTelemetry: one bucket there is wider than any duration."""


def downscaled(buckets: Buckets, most: int | None) -> tuple[int, Buckets]:
    """The scale and the buckets, of which the first and the last are less than ``most`` apart.

    Bounds of a scale are bounds of every finer one, so each count stays exact.

    Raises:
        ConfigError: ``most`` is less than 2.

    >>> downscaled(((-1, 3), (0, 1), (1, 2), (130, 5)), 100)
    (5, ((-1, 3), (0, 3), (65, 5)))
    """
    if most is not None and most < 2:
        raise ConfigError(f"most_buckets = {most}: give at least 2, as 160, or None for all")
    scale = SCALE
    while most is not None and buckets and buckets[-1][0] - buckets[0][0] >= most:
        if scale == _COARSEST:
            break
        paired: dict[int, int] = {}
        for index, count in buckets:
            paired[index >> 1] = paired.get(index >> 1, 0) + count
        buckets, scale = tuple(paired.items()), scale - 1
    return scale, buckets
