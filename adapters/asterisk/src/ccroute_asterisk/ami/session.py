"""Who asked what: actions and what Asterisk answered them, sans-I/O.

An action is named by its ActionID, which is ours. Its answer is a response, and for a list the
events up to ``EventList: Complete``. One that is given up leaves a tombstone: what comes for it
later is nobody's, and no event either.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping

import attrs

from ccroute.adapters import Verdict
from ccroute_asterisk.ami.codec import AmiDecoder, Packet
from ccroute_asterisk.ami.messages import action

_TOMBSTONES = 1000
_MOST_ITEMS = 200_000
_ACTION_ID = b"\r\nActionID: "


@attrs.frozen
class Reply:
    """What became of an action.

    ``message``: Asterisk's words. ``items``: the events of a list, without the one that
    completes it; ``whole``: that came, and counted as many as there are.
    """

    verdict: Verdict
    fields: Mapping[str, str] = attrs.field(factory=dict)
    items: tuple[Packet, ...] = ()
    whole: bool = True

    @property
    def done(self) -> bool:
        """Whether Asterisk took it."""
        return self.verdict is Verdict.DONE

    @property
    def message(self) -> str:
        """What Asterisk says to it, for people."""
        return self.fields.get("Message", "")


UNKNOWN = Reply(Verdict.UNKNOWN)


@attrs.frozen
class Settled:
    """The action of this id has its answer."""

    action_id: str
    reply: Reply


@attrs.define
class _Pending:
    listing: bool
    fields: dict[str, str] | None = None
    items: list[Packet] = attrs.field(factory=list)


class AmiSession:
    r"""One connection's conversation.

    ``prefix``: of the ActionIDs, so that those of an earlier connection are not taken for ours.
    ``wanted`` and ``ignored``: the events to give out, and those not to; see `AmiDecoder`.

    >>> session = AmiSession("a")
    >>> number, data = session.ask("Ping")
    >>> said = b"Asterisk Call Manager/9.0.0\r\nResponse: Success\r\nActionID: a1\r\n\r\n"
    >>> settled, = session.receive_data(said)
    >>> (settled.action_id == number, settled.reply.done)
    (True, True)
    """

    def __init__(
        self, prefix: str, wanted: Mapping[str, str] | None = None, ignored: Collection[str] = ()
    ) -> None:
        self.decoder = AmiDecoder(wanted, ignored)
        self.counters = self.decoder.counters
        """Those of the codec, and ``late`` and ``strange`` answers."""
        self._prefix = prefix
        self._asked = 0
        self._pending: dict[str, _Pending] = {}
        self._given_up: OrderedDict[str, None] = OrderedDict()

    @property
    def pending(self) -> int:
        """How many actions have no answer yet."""
        return len(self._pending)

    def ask(
        self, name: str, fields: Mapping[str, str] | None = None, *, listing: bool = False
    ) -> tuple[str, bytes]:
        """An action's id, and what to send.

        Raises:
            ConfigError: A header holds a line end.
        """
        self._asked += 1
        action_id = f"{self._prefix}{self._asked}"
        data = action(name, {"ActionID": action_id} | dict(fields or {}))
        self._pending[action_id] = _Pending(listing)
        return action_id, data

    def give_up(self, action_id: str) -> None:
        """Nobody waits for this answer any more: what became of it is unknown."""
        if self._pending.pop(action_id, None) is not None:
            self._given_up[action_id] = None
            if len(self._given_up) > _TOMBSTONES:
                self._given_up.popitem(last=False)

    def lost(self) -> list[Settled]:
        """The connection is gone: what became of all that pends is unknown."""
        settled = [Settled(action_id, UNKNOWN) for action_id in self._pending]
        self._pending.clear()
        return settled

    def receive_data(self, data: bytes) -> list[Packet | Settled]:
        """Events and answers in the order in which they came."""
        packets = self.decoder.receive_data(data)
        told: list[Packet | Settled] = []
        for packet in packets:
            if packet.event and _ACTION_ID not in packet.raw:
                told.append(packet)
            elif (settled := self._answered(packet)) is not None:
                told.append(settled)
        return told

    def _answered(self, packet: Packet) -> Packet | Settled | None:
        """What a packet with an ActionID, or a response, settles."""
        fields = packet.fields
        action_id = fields.get("ActionID", "")
        pending = self._pending.get(action_id)
        if pending is None:
            return self._nobodys(action_id, packet)
        if not packet.event:
            return self._responded(action_id, pending, fields)
        if not pending.listing:
            return packet
        if fields.get("EventList", "").lower() == "complete":
            del self._pending[action_id]
            return Settled(action_id, _complete(pending, fields))
        if len(pending.items) < _MOST_ITEMS:
            pending.items.append(packet)
        return None

    def _nobodys(self, action_id: str, packet: Packet) -> Packet | None:
        if action_id in self._given_up:
            self.counters["late"] += 1
            return None
        if packet.event:  # of another session's action: OriginateResponse goes to all
            return packet
        self.counters["strange"] += 1
        return None

    def _responded(
        self, action_id: str, pending: _Pending, fields: dict[str, str]
    ) -> Settled | None:
        refused = fields.get("Response", "").lower() == "error"
        if refused or not pending.listing:
            del self._pending[action_id]
            return Settled(action_id, Reply(Verdict.FAILED if refused else Verdict.DONE, fields))
        pending.fields = fields
        return None


def _complete(pending: _Pending, last: Mapping[str, str]) -> Reply:
    listed = last.get("ListItems", "")
    count = int(listed) if listed.isascii() and listed.isdigit() else len(pending.items)
    whole = count == len(pending.items)
    return Reply(Verdict.DONE, pending.fields or {}, tuple(pending.items), whole)
