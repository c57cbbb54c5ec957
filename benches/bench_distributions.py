"""How durations are spread, beside sketches in the same run: filled, merged, asked.

Percentiles of what everyone filled or merged are compared with the exact ones before anything is
timed, within the error that each documents: twice that of KLL, which holds for 99 sketches in 100,
and a hundredth of the rank for t-digest, which documents none. The worst is a figure of its row.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from benches.peers.sketches import OURS, PEERS, Sketch
from benches.race import Race
from benches.traces.visits import waits

SHARES = np.arange(1, 100) / 100
PARTS = 100
MERGED = 10**5

sketches = pytest.mark.parametrize("sketch", [OURS, *PEERS], ids=lambda sketch: sketch.name)


def worst(sketch: Sketch, whole: object, column: NDArray[np.int64]) -> float:
    """The greatest error of 99 percentiles, a share of the value; all are as near as promised.

    Sketches differ in which of two neighbours a rank that lies between them means.
    """
    assert sketch.count(whole) == len(column)
    ordered = np.sort(column)
    found = np.asarray(sketch.asked(whole, SHARES.tolist()))
    low, high = (
        ordered[rank((len(column) - 1) * SHARES).astype(int)] for rank in (np.floor, np.ceil)
    )
    if sketch.value_error is not None:
        assert (found >= low * (1 - sketch.value_error)).all()
        assert (found <= high * (1 + sketch.value_error)).all()
    if sketch.rank_error is not None:
        rank = np.searchsorted(ordered, found) / len(ordered)
        assert (abs(rank - SHARES) <= sketch.rank_error).all()
    return float(np.maximum(np.maximum(low / found - 1, found / high - 1), 0).max())


def way_of(sketch: Sketch, ours: str = "batch") -> str:
    return f"{sketch.name} {ours}" if sketch is OURS else sketch.name


@sketches
def test_filled(race: Race, sketch: Sketch) -> None:
    """A column of a million waits; ours also counts by twelve thresholds exactly. A sketch that
    takes them one by one, in Python, is given the first hundred thousand."""
    column = waits(10**6)[: sketch.most]
    given = sketch.form(column)
    error = worst(sketch, sketch.filled(given), column)
    race.compared(
        "distributions", "inserted", way_of(sketch), lambda: sketch.filled(given), len(column), 10.0
    )
    race.noted(**{"worst error of 99 percentiles in %": error * 100})


@sketches
def test_merged(race: Race, sketch: Sketch) -> None:
    """A hundred of a thousand waits each into one."""
    column = waits(10**6)[:MERGED]
    parts = [sketch.filled(sketch.form(part)) for part in np.array_split(column, PARTS)]
    error = worst(sketch, sketch.merged(parts), column)
    race.compared(
        "distributions", "merged", way_of(sketch), lambda: sketch.merged(parts), PARTS, 3.0
    )
    race.noted(**{"worst error of 99 percentiles in %": error * 100})


@sketches
def test_asked(race: Race, sketch: Sketch) -> None:
    """The 99 percentiles of a hundred thousand waits, again and again: what a sketch sorted for
    the first answer may be kept. All at once where it can do that, ours by a call each."""
    column = waits(10**6)[:MERGED]
    whole = sketch.filled(sketch.form(column))
    shares = SHARES.tolist()
    worst(sketch, whole, column)
    way = way_of(sketch, "calls")
    race.compared("distributions", "asked", way, lambda: sketch.asked(whole, shares), len(shares))
