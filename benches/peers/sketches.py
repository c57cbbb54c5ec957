"""Distributions by sketches: ours, t-digest, KLL, ddsketch and hdrhistogram.

How far off a percentile may be is what each says of itself: a share of the value, or a share of
the rank. ddsketch is asked for the error that ours has; hdrhistogram is given two digits, so that
it is the cheapest that is near. t-digest promises nothing: a hundredth of the rank is ours to say.
"""

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import crick
import datasketches
import numpy as np
from ddsketch import DDSketch
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

from benches.traces.visits import DAY_US
from ccroute import Distribution

OUR_ERROR = 0.0055
KLL_SIZE = 200
COLUMN, ONE_BY_ONE = 10**6, 10**5


@attrs.frozen
class Sketch:
    """One of them, at the three things it is asked to do."""

    name: str
    form: Callable[[NDArray[np.int64]], Any]
    """Microseconds in the form that it likes best."""
    filled: Callable[[Any], Any]
    merged: Callable[[Sequence[Any]], Any]
    """A new one of many."""
    asked: Callable[[Any, Sequence[float]], Sequence[float]]
    """The microseconds of some shares."""
    count: Callable[[Any], float]
    value_error: float | None = None
    rank_error: float | None = None
    most: int = COLUMN
    """Of how many values it is given at most; fewer if it takes them one by one."""


def reals(column: NDArray[np.int64]) -> NDArray[np.float64]:
    return column.astype(np.float64)


def distribution(column: NDArray[np.int64]) -> Distribution:
    found = Distribution()
    found.record_batch(column)
    return found


def distributions_merged(parts: Sequence[Distribution]) -> Distribution:
    whole = Distribution()
    for part in parts:
        whole.merge(part)
    return whole


def distribution_asked(found: Distribution, shares: Sequence[float]) -> list[float]:
    return [(found.quantile(share) or 0.0) * 1e6 for share in shares]


def t_digest(column: NDArray[np.float64]) -> crick.TDigest:
    digest = crick.TDigest()
    digest.update(column)
    return digest


def t_digests_merged(parts: Sequence[crick.TDigest]) -> crick.TDigest:
    whole = crick.TDigest()
    whole.merge(*parts)
    return whole


def kll(column: NDArray[np.float64]) -> datasketches.kll_doubles_sketch:
    sketch = datasketches.kll_doubles_sketch(KLL_SIZE)
    sketch.update(column)
    return sketch


def klls_merged(
    parts: Sequence[datasketches.kll_doubles_sketch],
) -> datasketches.kll_doubles_sketch:
    whole = datasketches.kll_doubles_sketch(KLL_SIZE)
    for part in parts:
        whole.merge(part)
    return whole


def dd(values: list[float]) -> DDSketch:
    sketch = DDSketch(OUR_ERROR)
    add = sketch.add
    for value in values:
        add(value)
    return sketch


def dds_merged(parts: Sequence[DDSketch]) -> DDSketch:
    whole = DDSketch(OUR_ERROR)
    for part in parts:
        whole.merge(part)
    return whole


def dd_asked(sketch: DDSketch, shares: Sequence[float]) -> list[float]:
    return [sketch.get_quantile_value(share) for share in shares]


def hdr(values: list[int]) -> HdrHistogram:
    histogram = HdrHistogram(1, DAY_US, 2)
    record = histogram.record_value
    for value in values:
        record(value)
    return histogram


def hdrs_merged(parts: Sequence[HdrHistogram]) -> HdrHistogram:
    whole = HdrHistogram(1, DAY_US, 2)
    for part in parts:
        whole.add(part)
    return whole


def hdr_asked(histogram: HdrHistogram, shares: Sequence[float]) -> list[float]:
    """In one pass, which it recommends."""
    percentiles = [share * 100 for share in shares]
    found = histogram.get_percentile_to_value_dict(percentiles)
    return [found[percentile] for percentile in percentiles]


OURS = Sketch(
    "ccroute",
    lambda column: column,
    distribution,
    distributions_merged,
    distribution_asked,
    Distribution.count,
    value_error=OUR_ERROR,
)
PEERS = (
    Sketch(
        "t-digest",
        reals,
        t_digest,
        t_digests_merged,
        crick.TDigest.quantile,
        crick.TDigest.size,
        rank_error=0.01,
    ),
    Sketch(
        "KLL",
        reals,
        kll,
        klls_merged,
        datasketches.kll_doubles_sketch.get_quantiles,
        lambda sketch: sketch.n,
        # Said of 99 in 100 sketches: a run must not fail by chance.
        rank_error=2 * kll(np.zeros(1)).normalized_rank_error(as_pmf=False),
    ),
    Sketch(
        "ddsketch",
        lambda column: reals(column).tolist(),
        dd,
        dds_merged,
        dd_asked,
        lambda sketch: sketch.count,
        value_error=OUR_ERROR,
        most=ONE_BY_ONE,
    ),
    Sketch(
        "hdrhistogram",
        np.ndarray.tolist,
        hdr,
        hdrs_merged,
        hdr_asked,
        HdrHistogram.get_total_count,
        value_error=0.01,
        most=ONE_BY_ONE,
    ),
)
