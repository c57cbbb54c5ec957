"""Pigeon's words: what it sends us, and how it signs that. No I/O.

All that it sends is numbered from 1, over all conversations, so that what is missing is seen.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import TypeAlias

import attrs

from ccroute.adapters import HttpRequest, Secret

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

SIGNATURE = "x-pigeon-signature"


@attrs.frozen(kw_only=True)
class PigeonEvent:
    """Something that happened. ``kind``: started, message, waiting, joined, forwarded or
    closed;
    ``session``: in which, empty for what is about none; ``boot``: how often Pigeon was started."""

    boot: int
    number: int
    kind: str
    session: str
    at: float
    data: Mapping[str, Json] = attrs.field(factory=dict)

    def body(self) -> bytes:
        """As it is sent."""
        return json.dumps(attrs.asdict(self, recurse=False)).encode()


def event_of(body: bytes) -> PigeonEvent:
    """The event of a request's body.

    Raises:
        ValueError: it is none.
    """
    told = read(body)
    return PigeonEvent(
        boot=whole(told, "boot"),
        number=whole(told, "number"),
        kind=text(told, "kind"),
        session=text(told, "session"),
        at=seconds(told, "at"),
        data=table(told, "data"),
    )


def read(body: bytes) -> dict[str, Json]:
    """An object.

    Raises:
        ValueError: it is none, or a key stands twice in it, of which two readers would take
            two different values.
    """

    def once_each(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    try:
        told = json.loads(body.decode(), object_pairs_hook=once_each)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(told, dict):
        raise ValueError("no object")
    return told


def signature_of(key: Secret, url: str, body: bytes) -> str:
    """Over the address too, or what is meant for one receiver would do for another."""
    signed = hmac.new(key.reveal().encode(), url.encode() + b"\n" + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"


def is_signed(key: Secret, request: HttpRequest) -> bool:
    """Whether Pigeon signed it, by the one algorithm there is; compared in constant time."""
    told = request.headers.get(SIGNATURE, "").encode("utf-8", "surrogateescape")
    return hmac.compare_digest(told, signature_of(key, request.url, request.body).encode())


def text(told: Mapping[str, Json], name: str) -> str:
    """A text that must be there, as the following ones."""
    value = told.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name}: no text")
    return value


def maybe(told: Mapping[str, Json], name: str) -> str | None:
    """A text that may be missing."""
    return None if told.get(name) is None else text(told, name)


def whole(told: Mapping[str, Json], name: str) -> int:
    """A whole number."""
    value = told.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name}: no whole number")
    return value


def seconds(told: Mapping[str, Json], name: str) -> float:
    """An instant or a duration."""
    value = told.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 1e12:
        raise ValueError(f"{name}: no number of seconds")
    return float(value)


def table(told: Mapping[str, Json], name: str) -> dict[str, Json]:
    """An object."""
    value = told.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"{name}: no object")
    return value


def tables(told: Mapping[str, Json], name: str) -> list[dict[str, Json]]:
    """A list of objects."""
    value = told.get(name)
    if not isinstance(value, list):
        raise ValueError(f"{name}: no list")
    return [table({name: it}, name) for it in value]
