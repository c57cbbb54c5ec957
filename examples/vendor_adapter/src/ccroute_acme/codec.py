"""Bytes to messages and back: one JSON object a line. No socket, no clock."""

import json
from collections.abc import Iterable, Mapping
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | Mapping[str, Json] | None"
Message: TypeAlias = Mapping[str, Json]

LONGEST = 64 * 1024
"""Bytes a line has at most; no sound PBX sends a longer one."""


class LineTooLong(Exception):
    """What comes is no longer in lines: the link must be made anew."""


class LineDecoder:
    r"""Collects bytes until they make lines.

    >>> decoder = LineDecoder()
    >>> decoder.receive_data(b'{"ev":"pho')
    []
    >>> decoder.receive_data(b'ne"}\n')
    [{'ev': 'phone'}]
    """

    def __init__(self) -> None:
        self._rest = b""
        self.malformed = 0
        """How many lines were no message."""

    def receive_data(self, data: bytes) -> list[Message]:
        """The messages that are whole now.

        Raises:
            LineTooLong: there is no end of a line where one must be.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST or any(len(line) > LONGEST for line in lines):
            self.malformed += 1
            raise LineTooLong
        messages = [_read(line) for line in lines]
        self.malformed += messages.count(None)
        return [message for message in messages if message is not None]


def send(message: Message) -> bytes:
    """The bytes of a message. JSON escapes line ends, so that no text can end the line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def _read(line: bytes) -> Message | None:
    try:
        message = json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _once(pairs: Iterable[tuple[str, Json]]) -> dict[str, Json]:
    """Of a key that is there twice nobody knows which was meant."""
    pairs = list(pairs)
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a key twice")
    return table
