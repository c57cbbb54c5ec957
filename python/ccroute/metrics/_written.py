"""Values as tables write them: instants, durations and whole numbers, from text."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from ccroute._errors import ConfigError
from ccroute.metrics._intervals import micros_of, on_clock

_MICROS = 1_000_000
_LONGEST = 31 * 86_400 * _MICROS
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{2}(?:\.\d{1,6})?)")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


class Unreadable(Exception):
    """A text that is no such value; the message says what would do."""


def instant(text: str, zone: ZoneInfo | None) -> int:
    """Microseconds since the epoch.

    >>> instant("1970-01-01T00:00:01Z", None), instant("1.5", None)
    (1000000, 1500000)
    """
    if _NUMBER.fullmatch(text):
        micros = _scaled(text)
    else:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise Unreadable(
                "no instant: ISO 8601, as 2026-03-01T08:00:00-05:00, or seconds since the epoch"
            ) from None
        if at.utcoffset() is None:
            if zone is None:
                raise Unreadable("names no offset: say in which zone the table's clock is")
            try:
                at = on_clock(at, zone)
            except ConfigError as error:
                raise Unreadable(error.message) from None
        micros = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    try:
        micros_of(micros / _MICROS, "instant")
    except ConfigError:
        raise Unreadable(
            "absurdly far: from 1900 to 2200; milliseconds must be made seconds"
        ) from None
    if micros < 0:
        raise Unreadable("before 1970, where nothing is counted: mend the clock or leave it out")
    return micros


def duration(text: str) -> int:
    """Microseconds; nothing at all is none.

    >>> duration("7"), duration("1:00:00") // 1_000_000, duration("")
    (7000000, 3600, 0)
    """
    if not text:
        return 0
    if parts := _CLOCK.fullmatch(text):
        hours, minutes, seconds = parts.groups()
        minutes_of_hours = 60 * int(hours or 0)
        micros = (minutes_of_hours + int(minutes)) * 60 * _MICROS + _scaled(seconds)
    elif _NUMBER.fullmatch(text):
        micros = _scaled(text)
    elif _DECIMAL_COMMA.fullmatch(text):
        raise Unreadable("a comma is no decimal point: write 12.5")
    else:
        raise Unreadable("no duration: seconds, as 12.5, or h:mm:ss")
    if micros < 0:
        raise Unreadable("negative: a duration is at least 0")
    if micros > _LONGEST:
        raise Unreadable("longer than 31 days: seconds are expected, not milliseconds")
    return micros


def whole(text: str, least: int, most: int = (1 << 32) - 1) -> int:
    """A whole number from ``least`` to ``most``."""
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        raise Unreadable(f"no whole number from {least} on")
    if not least <= int(text) <= most:
        raise Unreadable(f"no whole number from {least} to {most}")
    return int(text)


def undecoded(text: str, encoding: str | None) -> str | None:
    r"""What is wrong with a text that holds no character where a byte could not be read
    (``surrogateescape``), or half a character; ``None``: nothing.

    >>> undecoded("café", None), undecoded("caf\udce9", "utf-8")
    (None, 'byte 0xe9 is not utf-8: name the encoding, as cp1252')
    """
    if text.isascii():
        return None
    found = next((sign for sign in text if "\ud800" <= sign <= "\udfff"), None)
    if found is None:
        return None
    if encoding is not None and "\udc80" <= found <= "\udcff":
        byte = f"byte 0x{ord(found) - 0xDC00:02x}"
        return f"{byte} is not {encoding}: name the encoding, as cp1252"
    return f"{found!r} is half a character (a lone surrogate): read the text with its own encoding"


def one_of(text: str, words: Sequence[str]) -> str:
    """One of some words, however it is capitalised."""
    word = text.strip().lower()
    if word not in words:
        raise Unreadable(f"one of {', '.join(words)}")
    return word


def _scaled(text: str) -> int:
    try:
        return int((Decimal(text) * _MICROS).to_integral_value())
    except (InvalidOperation, OverflowError):
        raise Unreadable("no number that seconds could have") from None
