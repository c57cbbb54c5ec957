"""The PBX's messages, read with care: nothing that comes in is trusted to be as it should."""

import math
from collections.abc import Iterable

from ccroute_acme.codec import Json, Message


class Malformed(Exception):
    """A field is missing or of another type."""


def text(message: Message, key: str) -> str:
    """A text that must be there."""
    value = message.get(key)
    if not isinstance(value, str):
        raise Malformed(key)
    return value


def maybe_text(message: Message, key: str) -> str | None:
    """A text that may be missing."""
    return None if message.get(key) is None else text(message, key)


def number(message: Message, key: str) -> float:
    """A finite number."""
    value = message.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Malformed(key)
    return value


def whole(message: Message, key: str) -> int:
    """A whole number."""
    value = message.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(key)
    return value


def maybe_whole(message: Message, key: str) -> int | None:
    """A whole number that may be missing."""
    return None if message.get(key) is None else whole(message, key)


def table(message: Message, key: str) -> dict[str, Json]:
    """A table; empty where it is missing."""
    value = message.get(key, {})
    if not isinstance(value, dict):
        raise Malformed(key)
    return value


def tables(message: Message, key: str) -> list[Message]:
    """A list of tables."""
    value = message.get(key)
    if not isinstance(value, list):
        raise Malformed(key)
    return [table({key: it}, key) for it in value]


def only_values(given: Iterable[tuple[str, Json]]) -> dict[str, str | int | bool]:
    """What can be an attribute of a contact."""
    return {key: it for key, it in given if isinstance(it, str | int | bool)}
