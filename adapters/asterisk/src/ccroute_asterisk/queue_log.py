"""The queue_log codec: bytes in, lines out. No file, no clock, no meaning.

A line is ``epoch|uniqueid|queue|agent|verb|data…``. What a line means for a contact or
an agent is told in ``translate``; here stands only what a well-formed one looks like.
"""

from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from unicodedata import category

import attrs

from ccroute import Fault

LONGEST_LINE = 65_536
"""Bytes; what is longer is no queue_log line and must not fill the memory."""

LONGEST_NAME = 128
"""Bytes of the name of a call, queue or agent; the engine takes no longer one."""

_SHOWN = 120
# Seconds in 32 bits, until 2106. The engine counts on for a thousand years, so a day that
# begins there still ends.
_LATEST = (1 << 32) - 1

# The data of each verb that carries some we read, by name. They are anchored at the
# right, because older Asterisks let a `|` into names that stand to the left.
_DATA = {
    "CONNECT": ("hold", "member", "ring"),
    "RINGNOANSWER": ("ring_ms",),
    "RINGCANCELED": ("ring_ms",),
    "ABANDON": ("position", "origpos", "wait"),
    "EXITWITHTIMEOUT": ("position", "origpos", "wait"),
    "EXITEMPTY": ("position", "origpos", "wait"),
    "EXITWITHKEY": ("key", "position", "origpos", "wait"),
    "WITHDRAW": ("position", "origpos", "wait"),
    "COMPLETECALLER": ("hold", "talk", "origpos"),
    "COMPLETEAGENT": ("hold", "talk", "origpos"),
    "BLINDTRANSFER": ("exten", "context", "hold", "talk", "origpos"),
    "TRANSFER": ("exten", "context", "hold", "talk", "origpos"),
    "ATTENDEDTRANSFER": ("method", "target", "hold", "talk", "origpos"),
}
_WORDS = frozenset({"member", "key", "exten", "context", "method", "target"})
# Lengths of time by name, and how many of each make a second.
_PER_SECOND = {"hold": 1, "ring": 1, "talk": 1, "wait": 1, "ring_ms": 1000}
# No call waits, rings or talks longer; the metrics cut what lasts longer, too.
_LONGEST_DAYS = 31
# TRANSFER as Asterisk wrote it before it counted positions.
_OLD_TRANSFER = _DATA["TRANSFER"][:-1]

# How many data fields a verb can have at most. Absent are those with a text that may
# hold a `|` itself: a caller's name, a reason, a dialled number, a custom entry.
_MOST = {
    **{
        verb: len(names)
        for verb, names in _DATA.items()
        if verb not in {"WITHDRAW", "BLINDTRANSFER", "TRANSFER", "ATTENDEDTRANSFER"}
    },
    "AGENTDUMP": 0,
    "SYSCOMPAT": 0,
    "QUEUESTART": 0,
    "CONFIGRELOAD": 0,
    "ADDMEMBER": 1,
    "REMOVEMEMBER": 1,
    "PENALTY": 1,
    "RINGINUSE": 1,
    "AGENTLOGIN": 1,
    "AGENTLOGOFF": 2,
    "AGENTCALLBACKLOGIN": 1,
    "AGENTCALLBACKLOGOFF": 3,
}

CONTACT_VERBS = frozenset({*_DATA, "ENTERQUEUE", "AGENTDUMP", "SYSCOMPAT"})
"""Lines about a call: they name it and its queue."""

AGENT_VERBS = frozenset({
    "ADDMEMBER", "REMOVEMEMBER",
    "PAUSE", "UNPAUSE", "PAUSEALL", "UNPAUSEALL",
    "AGENTLOGIN", "AGENTLOGOFF", "AGENTCALLBACKLOGIN", "AGENTCALLBACKLOGOFF",
})  # fmt: skip
"""Lines about an agent: they name the agent."""

PLATFORM_VERBS = frozenset({"QUEUESTART"})
"""Lines about Asterisk itself."""

SILENT_VERBS = frozenset({"CONFIGRELOAD", "OUTCALL", "PENALTY", "RINGINUSE", "DID", "INFO"})
"""Well known, and saying nothing about who waited, who answered or who was there.

``DID`` (the number dialled) and ``INFO`` are written by dialplans, through the
application ``QueueLog()``.
"""

_KNOWN_VERBS = CONTACT_VERBS | AGENT_VERBS | PLATFORM_VERBS | SILENT_VERBS

_QUEUED_VERBS = CONTACT_VERBS | {"ADDMEMBER", "REMOVEMEMBER", "PAUSE", "UNPAUSE"}
_AGENT_NAMED = AGENT_VERBS | {
    "CONNECT", "RINGNOANSWER", "RINGCANCELED", "AGENTDUMP", "SYSCOMPAT",
    "COMPLETECALLER", "COMPLETEAGENT", "BLINDTRANSFER", "TRANSFER", "ATTENDEDTRANSFER",
}  # fmt: skip


@attrs.frozen(kw_only=True)
class Line:
    r"""One well-formed line.

    ``at`` is in whole seconds since the epoch: Asterisk cuts, it does not round.
    ``numbers`` holds what the verb carries: ``hold``, ``ring``, ``talk`` and ``wait`` in
    seconds, ``ring_ms`` in milliseconds, positions as they are. ``detail`` is the first
    data field: the reason of a pause, ``PAUSED`` of an ADDMEMBER. ``queue`` and ``agent``
    are empty where the line names none; a verb that needs them always has them.

    >>> line, = QueueLogDecoder().receive_data(b"17|c1|sales|Ann|CONNECT|4|m.2|1\n")
    >>> line.verb, line.agent, line.numbers["hold"]
    ('CONNECT', 'Ann', 4)
    """

    number: int
    at: int
    uniqueid: str
    queue: str
    agent: str
    verb: str
    numbers: Mapping[str, int]
    detail: str
    text: str

    def fault(self, reason: str) -> Fault:
        """This line as one that could not be used."""
        return _fault(self.number, reason, self.text)


class QueueLogDecoder:
    """Cuts bytes into lines, however they arrive, and never fails.

    >>> decoder = QueueLogDecoder()
    >>> decoder.receive_data(b"17|NONE|NO"), decoder.receive_data(b"NE|NONE|QUEUESTART|")
    ([], [])
    >>> [line.verb for line in decoder.finish()]
    ['QUEUESTART']
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._skipping = False
        self._lines = 0

    @property
    def lines(self) -> int:
        """How many lines began so far, empty ones included."""
        return self._lines

    def receive_data(self, data: bytes) -> list[Line | Fault]:
        """The lines that ``data`` completes, in order.

        A :class:`Fault` stands for each that is not well-formed; empty ones are passed
        over.
        """
        self._buffer += data
        found: list[Line | Fault] = []
        start = 0
        while (end := self._buffer.find(b"\n", max(start, self._searched))) >= 0:
            self._take(bytes(self._buffer[start:end]), found)
            start = end + 1
        del self._buffer[:start]
        self._searched = len(self._buffer)
        if len(self._buffer) > LONGEST_LINE:
            self._overflow(found)
        return found

    def finish(self) -> list[Line | Fault]:
        """The last line, when the data do not end with a line end."""
        found: list[Line | Fault] = []
        if self._buffer or self._skipping:
            self._take(bytes(self._buffer), found)
        self._buffer.clear()
        self._searched = 0
        return found

    def _overflow(self, found: list[Line | Fault]) -> None:
        # Reported once, when its length is known to be too great; the rest of the line
        # is dropped as it comes.
        if not self._skipping:
            found.append(_too_long(self._lines + 1, bytes(self._buffer[:_SHOWN])))
            self._skipping = True
        self._buffer.clear()
        self._searched = 0

    def _take(self, raw: bytes, found: list[Line | Fault]) -> None:
        self._lines += 1
        if self._skipping:
            self._skipping = False
            return
        if self._lines == 1:
            # Editors on Windows write a byte-order mark; it is none of the stamp.
            raw = raw.removeprefix(BOM_UTF8)
        if len(raw) > LONGEST_LINE:
            found.append(_too_long(self._lines, raw[:_SHOWN]))
        elif raw := raw.rstrip(b"\r"):
            found.append(_parse(self._lines, raw))


def _parse(number: int, raw: bytes) -> Line | Fault:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        reason = f"not UTF-8: byte 0x{raw[error.start]:02x} at column {error.start + 1}"
        return _fault(number, reason, raw.decode(errors="backslashreplace"))
    columns = text.split("|")
    misshapen = _misshapen(columns)
    if misshapen is not None:
        return _fault(number, misshapen, text)
    stamp, uniqueid, queue, agent, verb = columns[:5]
    if not _is_number(stamp) or int(stamp) > _LATEST:
        return _fault(number, f"{stamp[:20]!r} is no time in seconds since the epoch", text)
    data = columns[5:]
    numbers = _numbers(verb, data)
    problem = (
        _unfit(uniqueid, queue, agent)
        or _nameless(verb, uniqueid, _name(queue), _name(agent))
        or (numbers if isinstance(numbers, str) else _implausible(verb, int(stamp), numbers))
    )
    if problem is not None or isinstance(numbers, str):
        return _fault(number, problem or "", text)
    return Line(
        number=number,
        at=int(stamp),
        uniqueid=uniqueid,
        queue=_name(queue),
        agent=_name(agent),
        verb=verb,
        numbers=numbers,
        detail=data[0] if data else "",
        text=text,
    )


def _misshapen(columns: Sequence[str]) -> str | None:
    """What is wrong with a line before its verb is known.

    Of two lines run together neither is used: where the first was cut nobody knows.
    """
    if any("\r" in column for column in columns):
        return "two lines run together?"
    for at in range(1, len(columns) - 4):
        stamp = columns[at][-10:]
        if columns[at + 4] in _KNOWN_VERBS and len(stamp) == 10 and _is_number(stamp):
            return "two lines run together?"
    if len(columns) < 5:
        return f"cut off: {len(columns)} columns of at least 5"
    return None


def _unfit(uniqueid: str, queue: str, agent: str) -> str | None:
    """What is wrong with a name, for the engine to take it."""
    for what, name in (("call", uniqueid), ("queue", queue), ("agent", agent)):
        if (size := len(name.encode())) > LONGEST_NAME:
            return f"the name of the {what} has {size} bytes, more than {LONGEST_NAME}"
        if not name.isprintable() and any(category(letter) == "Cc" for letter in name):
            return f"the name of the {what} holds a control character"
    return None


def _numbers(verb: str, data: list[str]) -> dict[str, int] | str:
    """What a verb's data say in numbers, or what is wrong with them."""
    # Some exports pad the line to a fixed count of columns.
    filled = len(data)
    while filled and not data[filled - 1]:
        filled -= 1
    misfit = _misfit(verb, data[:filled])
    if misfit is not None:
        return misfit
    names = _DATA.get(verb)
    if names is None:
        return {}
    if verb == "TRANSFER" and filled == len(_OLD_TRANSFER):
        names = _OLD_TRANSFER
    # WITHDRAW is the one verb whose free text comes last.
    values = data[: len(names)] if verb == "WITHDRAW" else data[:filled][-len(names) :]
    if len(values) < len(names):
        return f"cut off: {verb} has {len(values)} data fields of {len(names)}"
    numbers: dict[str, int] = {}
    for name, value in zip(names, values, strict=True):
        if name in _WORDS:
            continue
        if not _is_number(value):
            return f"{verb} has {value[:20]!r} where a whole number ({name}) belongs"
        numbers[name] = int(value)
    return numbers


def _implausible(verb: str, at: int, numbers: Mapping[str, int]) -> str | None:
    """A length of time that no call can have had by then, or ``None``."""
    for name, per_second in _PER_SECOND.items():
        length = numbers.get(name, 0)
        if length > _LONGEST_DAYS * 86_400 * per_second:
            return f"{verb} has {length} as {name}: longer than {_LONGEST_DAYS} days"
        if length > at * per_second:
            return f"{verb} has {length} as {name}: that began before 1970"
    return None


def _misfit(verb: str, data: list[str]) -> str | None:
    """Why these data cannot be those of the verb, by their count."""
    if verb not in _KNOWN_VERBS:
        return f"unknown verb {verb[:40]!r}"
    # url|callerid|origpos[|callername]: a `|` may stand in either name, and nothing of
    # it is read; a line without any position is cut off.
    if verb == "ENTERQUEUE" and not any(_is_number(field) for field in data[2:]):
        return "cut off: ENTERQUEUE without a position"
    most = _MOST.get(verb, len(data))
    if len(data) > most:
        return f"{verb} has {len(data)} data fields of at most {most}: two lines run together?"
    return None


def _nameless(verb: str, uniqueid: str, queue: str, agent: str) -> str | None:
    """That a line does not name what its verb must."""
    if verb in CONTACT_VERBS and not _name(uniqueid):
        return f"{verb} names no call"
    if verb in _QUEUED_VERBS and not queue:
        return f"{verb} names no queue"
    if verb in _AGENT_NAMED and not agent:
        return f"{verb} names no agent"
    return None


def _name(column: str) -> str:
    return "" if column == "NONE" else column


def _is_number(field: str) -> bool:
    return field.isascii() and field.isdigit() and len(field) <= 15


def _too_long(number: int, start: bytes) -> Fault:
    reason = f"longer than {LONGEST_LINE} bytes"
    return _fault(number, reason, start.decode(errors="backslashreplace"))


def _fault(number: int, reason: str, text: str) -> Fault:
    # Control characters must not reach a terminal.
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:_SHOWN])
    return Fault(line=number, reason=reason, text=shown + ("…" if len(text) > _SHOWN else ""))
