"""A day of visits, the events they were, and the waits alone: columns from fixed seeds."""

import numpy as np
from numpy.typing import NDArray

QUEUES = 1_000
DAY_US = 86_400_000_000
CELL_US = 900_000_000
TARGET_US = 20_000_000
SHARES = (0.5, 0.9, 0.95, 0.99)
NAMES = [("queue", [f"queue-{number}" for number in range(QUEUES)])]

Columns = dict[str, NDArray[np.integer]]


def facts(size: int) -> Columns:
    """A day of visits in order of entry: half of them answered at once, one in ten lost."""
    rng = np.random.default_rng(7)
    waits = rng.lognormal(2.5, 1.2, size) * 1e6 * (rng.random(size) < 0.5)
    return {
        "queue": rng.integers(0, QUEUES, size).astype(np.int32),
        "entered_us": np.sort(rng.integers(0, DAY_US, size)),
        "course": (rng.random(size) < 0.1).astype(np.uint8),
        "wait_us": waits.astype(np.int64),
    }


def log() -> Columns:
    """A day of a million events in the order of time: half a million visits that begin, and end."""
    visits = facts(500_000)
    rng = np.random.default_rng(7)
    contact = rng.permutation(500_000).astype(np.uint64) + (1 << 32)
    ends = visits["entered_us"] + visits["wait_us"]
    at = np.concatenate([visits["entered_us"], ends])
    order = np.argsort(at, kind="stable")
    return {
        "contact": np.concatenate([contact, contact])[order],
        "kind": np.concatenate([np.zeros_like(visits["course"]), visits["course"] + 1])[order],
        "at_us": at[order],
        "queue": np.concatenate([visits["queue"], visits["queue"]])[order],
    }


def waits(size: int) -> NDArray[np.int64]:
    """Microseconds, lognormal: 12 s in the middle, some minutes at the end."""
    rng = np.random.default_rng(7)
    return (rng.lognormal(2.5, 1.2, size) * 1e6).astype(np.int64)
