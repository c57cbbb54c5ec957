"""The AMI codec: bytes in, packets out. No socket, no clock, no meaning.

A banner line, then blocks of ``Key: Value`` lines that end with an empty one. A packet is
decoded as a whole when somebody asks for its fields, and never by TCP chunk: most events of a
busy Asterisk interest nobody, and are no more than their name.
"""

from collections import Counter
from collections.abc import Collection, Mapping

LONGEST_PACKET = 1 << 20
"""Bytes; what is longer is dropped and counted, so that no sender can fill the memory."""

_LONGEST_BANNER = 256
_END = b"\r\n\r\n"
_OTHER_END = b"\n\n"
_EVENT = b"Event: "
_NAME_INSIDE = b"\r\nEvent: "


class Packet:
    r"""One message of Asterisk: an event when it has that header, else a response.

    Also events about the outcome of an action have a header ``Response``; they are events.
    Bytes that are not UTF-8 are kept, written ``\xe9``.

    >>> packet = Packet("Hangup", b"Event: Hangup\r\nUniqueid: 17.1\r\nVar: a\r\nVar: b")
    >>> packet.fields["Uniqueid"], packet.all("Var")
    ('17.1', ['a', 'b'])
    """

    __slots__ = ("_fields", "event", "raw")

    def __init__(self, event: str, raw: bytes) -> None:
        self.event = event
        """Its name; empty for a response."""
        self.raw = raw
        self._fields: dict[str, str] | None = None

    @property
    def fields(self) -> dict[str, str]:
        """Values by key; of a key that is there several times, the last."""
        if self._fields is None:
            self._fields = _fields(self.raw)
        return self._fields

    def value(self, key: str) -> str:
        """The value of a key, of several the first; empty where there is none.

        Faster than `fields` where a few of many are wanted.
        """
        raw = self.raw
        marker = _MARKERS.get(key) or _marker(key)
        start = raw.find(marker)
        if start < 0:
            return ""
        start += len(marker)
        end = raw.find(b"\r\n", start)
        return (raw[start:] if end < 0 else raw[start:end]).decode(errors="backslashreplace")

    def all(self, key: str) -> list[str]:
        """Every value of a key."""
        pairs = (line.partition(":") for line in _text(self.raw).split("\r\n"))
        return [value.strip(" ") for name, _, value in pairs if name == key]

    def __repr__(self) -> str:
        return f"Packet({self.event or 'response'})"


class AmiDecoder:
    r"""Cuts bytes into packets, however they arrive, and never fails.

    ``wanted``: the events that are given out, by name with a text that must stand in them (empty:
    nothing must); ``ignored``: those that are counted only. Events of neither are given out, for
    somebody to wonder about, and so are responses and events that answer an action (with an
    ActionID). Default: all are wanted.

    >>> decoder = AmiDecoder()
    >>> decoder.receive_data(b"Asterisk Call Manager/9.0.0\r\nEvent: Hang")
    []
    >>> [packet.event for packet in decoder.receive_data(b"up\r\nCause: 16\r\n\r\n")]
    ['Hangup']
    >>> decoder.banner
    'Asterisk Call Manager/9.0.0'
    """

    def __init__(
        self,
        wanted: Mapping[str, str] | None = None,
        ignored: Collection[str] = (),
        *,
        banner: bool = True,
    ) -> None:
        self._wanted: dict[bytes, tuple[str, bytes]] | None = None
        if wanted is not None:
            self._wanted = {it.encode(): (it, text.encode()) for it, text in wanted.items()}
        self._ignored = frozenset(name.encode() for name in ignored)
        self._buffer = b""
        self._skipping = False
        self.banner: str | None = None if banner else ""
        """The first line, once it is there."""
        self.counters: Counter[str] = Counter()
        """``packets``, ``unwanted``, ``oversized`` and ``malformed`` ones."""

    def receive_data(self, data: bytes) -> list[Packet]:
        """The packets that ``data`` completes, in order."""
        data = self._buffer + data if self._buffer else data
        if self.banner is None:
            data = self._greeted(data)
        *blocks, rest = data.split(_END)
        if _OTHER_END in data:
            blocks, rest = [self._mended(it) for it in blocks], self._mended(rest)
        found: list[Packet] = []
        if blocks:
            if self._skipping:
                del blocks[0]
                self._skipping = False
            self._take(blocks, found)
        if len(rest) > LONGEST_PACKET:
            if not self._skipping:
                self.counters["oversized"] += 1
                self._skipping = True
            rest = rest[-len(_END) :]  # the end itself may be cut in two
        self._buffer = rest
        return found

    def _greeted(self, data: bytes) -> bytes:
        line, end, rest = data.partition(b"\r\n")
        if end or len(data) > _LONGEST_BANNER:
            self.banner = line[:_LONGEST_BANNER].decode(errors="backslashreplace")
            return rest
        return data

    def _mended(self, block: bytes) -> bytes:
        """What stands behind lines that end in another way, which are no packet."""
        _, end, rest = block.rpartition(_OTHER_END)
        self.counters["malformed"] += bool(end)
        return rest if end else block

    def _take(self, blocks: list[bytes], found: list[Packet]) -> None:
        wanted, ignored = self._wanted, self._ignored
        unwanted = 0
        for block in blocks:
            if len(block) > LONGEST_PACKET:
                self.counters["oversized"] += 1
            elif block.startswith(_EVENT):
                end = block.find(b"\r\n")
                name = block[7:] if end < 0 else block[7:end]
                known = None if wanted is None else wanted.get(name)
                if known is not None and known[1] in block:
                    found.append(Packet(known[0], block))
                elif (known is not None or name in ignored) and b"\r\nActionID: " not in block:
                    unwanted += 1
                else:
                    found.append(Packet(name.decode(errors="backslashreplace"), block))
            elif (packet := _response(block)) is not None:
                found.append(packet)
            else:
                self.counters["malformed"] += 1
        self.counters["packets"] += len(blocks)
        self.counters["unwanted"] += unwanted


_MARKERS: dict[str, bytes] = {}
"""How a key stands in a packet; only names that this package asks for are ever in it."""


def _marker(key: str) -> bytes:
    return _MARKERS.setdefault(key, f"\r\n{key}: ".encode())


def _response(block: bytes) -> Packet | None:
    """A packet that does not begin with its event; ``None`` where it has no field at all."""
    block = block.lstrip(b"\r\n")
    at = block.find(_NAME_INSIDE)
    if block.startswith(_EVENT):
        at = -2
    elif at < 0:
        return Packet("", block) if b":" in block else None
    name = block[at + len(_NAME_INSIDE) :].partition(b"\r\n")[0]
    return Packet(name.decode(errors="backslashreplace"), block)


def _text(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")


def _fields(raw: bytes) -> dict[str, str]:
    lines = _text(raw).split("\r\n")
    try:
        return dict([line.split(": ", 1) for line in lines])
    except ValueError:  # a line without the space, or without any colon
        pairs = (line.partition(":") for line in lines)
        return {key: value.removeprefix(" ") for key, colon, value in pairs if colon}
