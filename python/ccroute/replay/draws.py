"""Seeded draws that depend on what they are for, and on nothing else.

A draw is a hash of the seed and its purpose, so it is the same in whatever order draws
are made, on every machine and in every Python.
"""

from hashlib import sha256


def uniform(seed: int, purpose: str, contact: str, visit: int) -> float:
    """A number in (0, 1), never either end.

    >>> uniform(1, "talk", "c1", 1) == uniform(1, "talk", "c1", 1) != uniform(2, "talk", "c1", 1)
    True
    """
    digest = sha256("\0".join((str(seed), purpose, contact, str(visit))).encode()).digest()
    # 52 bits and a half step: every value is an exact float and none is 0 or 1.
    return ((int.from_bytes(digest[:8]) >> 12) + 0.5) / (1 << 52)
