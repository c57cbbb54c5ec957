"""What the simulated cloud sends: numbered messages, signed over address and body.

Each contact numbers its own messages from 1 (``seq``), and all messages have one number more
(``mark``), by which a list that was taken earlier is told from one that was taken later.
"""

import hashlib
import hmac
import json
import math
from collections.abc import Mapping
from typing import TypeAlias

import attrs

from ccroute.adapters import HttpRequest, Secret

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

SIGNATURE = "x-cloud-signature"
ALGORITHM = "sha256"
"""The only one. What a header asks for is not what is done: that would be the sender's choice."""


@attrs.frozen(kw_only=True)
class CloudEvent:
    """A message of the cloud.

    ``boot``: how often the platform was started; ``at``: by its own clock; ``contact`` is empty
    and ``seq`` 0 in what is about no contact.
    """

    boot: int
    mark: int
    contact: str
    seq: int
    kind: str
    at: float
    data: Mapping[str, Json] = attrs.field(factory=dict)

    def body(self) -> bytes:
        """As it is sent."""
        return json.dumps(attrs.asdict(self, recurse=False), sort_keys=True).encode()

    def text(self, name: str) -> str | None:
        """A text of ``data``, ``None`` where it is not there."""
        value = self.data.get(name)
        return value if isinstance(value, str) else None


def event_of(body: bytes) -> CloudEvent:
    """The message of a body.

    Raises:
        ValueError: it is none.
    """
    told = json.loads(body.decode(), object_pairs_hook=_once_each)
    if not isinstance(told, dict):
        raise ValueError("a message is an object")
    event = CloudEvent(
        boot=whole(told, "boot"),
        mark=whole(told, "mark"),
        contact=text(told, "contact"),
        seq=whole(told, "seq"),
        kind=text(told, "kind"),
        at=number(told, "at"),
        data=table(told, "data"),
    )
    if bool(event.contact) != (event.seq > 0):
        raise ValueError("seq: of a contact it is 1 or more, of none 0")
    return event


def _once_each(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    told = dict(pairs)
    if len(told) < len(pairs):
        # Two readers would take two different values for the truth.
        raise ValueError("a key stands twice")
    return told


def signature_of(key: Secret, url: str, body: bytes) -> str:
    """What the cloud writes into the header: over the address too, or a message for one
    receiver would do for another."""
    signed = hmac.new(key.reveal().encode(), url.encode() + b"\n" + body, hashlib.sha256)
    return f"{ALGORITHM}={signed.hexdigest()}"


def is_signed(key: Secret, request: HttpRequest) -> bool:
    """Whether a request is the cloud's own, compared in constant time."""
    told = request.headers.get(SIGNATURE, "")
    expected = signature_of(key, request.url, request.body)
    return hmac.compare_digest(told.encode("utf-8", "surrogateescape"), expected.encode())


def text(told: Mapping[str, Json], name: str) -> str:
    """A text that must be there."""
    value = told.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name}: text is missing")
    return value


def whole(told: Mapping[str, Json], name: str) -> int:
    """A whole number that must be there."""
    value = told.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name}: a whole number is missing")
    return value


def number(told: Mapping[str, Json], name: str) -> float:
    """A number that must be there."""
    value = told.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
        raise ValueError(f"{name}: a number is missing")
    return float(value)


def table(told: Mapping[str, Json], name: str) -> dict[str, Json]:
    """An object that must be there."""
    value = told.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"{name}: an object is missing")
    return value


def tables(told: Mapping[str, Json], name: str) -> list[dict[str, Json]]:
    """A list of objects that must be there."""
    value = told.get(name)
    if not isinstance(value, list):
        raise ValueError(f"{name}: a list is missing")
    found = [it for it in value if isinstance(it, dict)]
    if len(found) < len(value):
        raise ValueError(f"{name}: not all are objects")
    return found
