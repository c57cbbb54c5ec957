"""One picture of a PBX's queues from two witnesses: AMI while it is heard, the queue_log for
the times when it was not. Nothing is counted twice.

A line of the log counts when its second lies outside what AMI was heard of. In the seconds at
the edges of that, AMI may have told of it or not: there a line counts unless AMI's events say
the same.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from math import floor

import attrs

from ccroute import Event
from ccroute_asterisk.ami import members, translate
from ccroute_asterisk.ami.codec import Packet
from ccroute_asterisk.ami.following import seconds
from ccroute_asterisk.calls import Calls, Contact, Phase
from ccroute_asterisk.queue_log import AGENT_VERBS, Line
from ccroute_asterisk.translate import LEFT, LogTranslation

WANTED: Mapping[str, str] = {**translate.WANTED, **members.WANTED}
"""The events that are read, with the text that must stand in one of them."""

_EDGE = 0.5
"""Seconds around the beginning and the end of what was heard, in which both may tell: clocks are
compared as well as a ping allows. A line's stamp is cut to the second."""
_SETTLED = 3.0
"""Seconds after which AMI has told what it had to tell of a second."""
_NEAR = 2.0
"""Seconds by which times of one thing may differ: both witnesses cut to whole ones."""
_MOST_LATEST = 10_000
"""Lines kept that AMI has told or is about to: seconds of a busy Asterisk."""
_RINGS = frozenset({"RINGNOANSWER", "RINGCANCELED", "AGENTDUMP", "SYSCOMPAT"})


@attrs.frozen
class Listed:
    """What Asterisk listed, and when it was asked, by its clock.

    ``status``: members, and who waits; ``living``: the unique ids of all channels, where it told
    them; ``whole``: whether what ``status`` lacks is not there.
    """

    asked: float
    status: tuple[Packet, ...]
    living: frozenset[str] | None
    whole: bool


class Observer:
    """Hears AMI's events, reads the log's lines, and writes events.

    Times are those of the PBX's clock. ``source``: the name that the events bear.
    """

    def __init__(self, source: str) -> None:
        self.calls = Calls(source=source)
        self._ami = translate.AmiTranslation(self.calls)
        self.members = members.Members(self.calls)
        self._log = LogTranslation(self.calls)
        self._ami.recall = self._recall
        self._ami.agent_at = self.members.at_channel
        self._up_at: float | None = None
        self._down_at = 0.0
        self._edge: deque[Line] = deque()
        self._latest: deque[Line] = deque(maxlen=_MOST_LATEST)
        self._later: list[Line] = []
        self._listed: Listed | None = None
        self.corrected = 0
        """What a list told otherwise than AMI's events had."""
        self.covered = 0
        """Lines that AMI had told."""
        self.filled = 0
        """Lines that told what AMI had not."""

    @property
    def now(self) -> float:
        """The time of the latest event heard."""
        return self._ami.now

    def drain(self) -> list[Event]:
        """The events since the last time, by time."""
        return self.calls.drain()

    # AMI

    def hear(self, packet: Packet, heard_at: float) -> None:
        """Takes an event. ``heard_at``: its time, should it not tell one itself."""
        if packet.event in translate.WANTED:
            self._ami.hear(packet, heard_at)
        elif packet.event != "QueueMemberStatus" or self.members.is_news(packet):
            self.members.hear(packet, self._ami.time_of(packet, heard_at))
        if self._edge:
            self._settle_edge(self._ami.now)

    def up(self, at: float) -> None:
        """From ``at`` on everything is heard."""
        self._up_at = at

    def down(self) -> None:
        """From the latest event on nothing is heard."""
        if self._up_at is not None:
            self._down_at = max(self._ami.now, self._up_at)
            self._up_at = self._listed = None
            # Read before, and perhaps ahead of what AMI would have told.
            while self._edge:
                self._fill(self._edge.popleft())
            lately = list(self._latest)
            self._latest.clear()
            self.read(lately)

    def advance(self, at: float) -> None:
        """It is ``at``."""
        self._ami.advance(at)
        self._settle_edge(at)
        if self._listed is not None and self._listed.asked + _SETTLED < at:
            listed, self._listed = self._listed, None
            self.corrected += self.adopt(listed)

    def _settle_edge(self, at: float) -> None:
        """By now AMI has told what it had to tell of the lines at the edge."""
        while self._edge and self._edge[0].at + _SETTLED < at:
            self._fill(self._edge.popleft())

    def restarted(self, at: float) -> None:
        """The PBX was started at ``at``: no call of before is there."""
        self._ami.forget_all()
        self.calls.lost(at, before=at)

    @property
    def compares(self) -> bool:
        """Whether there is a list that is still to be looked at."""
        return self._listed is not None

    def compare(self, listed: Listed) -> None:
        """Takes a list, and looks at it once AMI has told all that happened before it was made:
        what was under way is no difference."""
        self._listed = listed

    def adopt(self, listed: Listed) -> int:
        """Takes what was listed for what is the case; how much of it was told otherwise.

        Who came or went since it was asked for is not judged by it.
        """
        at = listed.asked
        corrected = self.members.list(listed.status, at, whole=listed.whole)
        waiting = {it.value("Uniqueid"): it for it in listed.status if it.event == "QueueEntry"}
        for contact in list(self.calls.contacts.values()):
            if contact.phase is Phase.GONE or contact.entered >= at - _EDGE:
                continue
            entry = waiting.get(contact.id)
            if entry is not None:
                entered = max(at - seconds(entry.value("Wait")), contact.entered)
                if entry.value("Queue") != contact.queue or entered > contact.entered + _NEAR:
                    # Out of that queue and into this one, which nobody told.
                    self.calls.end(contact, entered, "reconciled")
                    self.calls.enter(contact.id, entry.value("Queue"), entered)
                    corrected += 1
            elif self._is_over(contact, listed):
                self.calls.end(contact, at, "reconciled")
                corrected += 1
        for uniqueid, entry in waiting.items():
            known = self.calls.contacts.get(uniqueid)
            if known is None or (known.phase is Phase.GONE and known.gone_at < at - _NEAR):
                waited = seconds(entry.value("Wait"))
                self.calls.enter(uniqueid, entry.value("Queue"), at - waited)
                corrected += 1
        self._ami.take_over(self.members.interfaces)
        return corrected

    def _is_over(self, contact: Contact, listed: Listed) -> bool:
        """Whether a visit that is in no queue any more ended, and nobody told."""
        if contact.phase is Phase.WAITING and not self._ami.is_leaving(contact.id):
            return listed.whole
        return listed.living is not None and self._ami.channel_of(contact.id) not in listed.living

    # The log

    def begin(self, lines: Iterable[Line], since: float) -> list[Event]:
        """The history before the first word of AMI, told from ``since`` on. Gives what happened
        before, which is not told; see `go_on`."""
        later: list[Line] = []
        if self._up_at is not None:
            since = min(since, floor(self._up_at - _EDGE))
        for line in lines:
            if line.at < since:
                self._apply(line)
            else:
                later.append(line)
        before = self.calls.drain()
        contacts = self.calls.contacts
        for uniqueid in [it.id for it in contacts.values() if it.phase is Phase.GONE]:
            del contacts[uniqueid]
        self._later = later
        return before

    def go_on(self, before: Iterable[Event], since: float | None = None) -> None:
        """Tells all from the history's beginning on, and of what was ``before`` these events. Who
        is signed in is told too, as at ``since``, if that is given."""
        for event in before:
            self.calls.emit(event)
        if since is not None:
            self.calls.agents.restate(since)
        self.read(self._later)
        self._later = []

    def in_progress(self, events: Iterable[Event]) -> list[Event]:
        """Those of calls that go on."""
        contacts = self.calls.contacts
        return [
            event
            for event in events
            if (contact := contacts.get(event.contact or "")) and contact.visit == event.visit
        ]

    def read(self, lines: Iterable[Line]) -> None:
        """Takes lines of the log, in their order."""
        for line in lines:
            if self._up_at is not None and line.at > floor(self._up_at + _EDGE):
                self._witnessed(line)
            elif self._up_at is not None and line.at >= floor(self._up_at - _EDGE):
                self._edge.append(line)
            elif line.at < floor(self._down_at - _EDGE):
                continue  # told, and counted as such, if it was read when it was told
            elif line.at <= floor(self._down_at + _EDGE):
                self._fill(line)
            else:
                self._apply(line)

    def _recall(self, uniqueid: str) -> None:
        """AMI speaks of a call that it never began: what the log says of it goes first."""
        mine = [line for line in self._edge if line.uniqueid == uniqueid]
        for line in mine:
            self._edge.remove(line)
            self._fill(line)

    def _witnessed(self, line: Line) -> None:
        """AMI told it or is about to, but for the reason of some ways out."""
        self.covered += 1
        self._latest.append(line)
        while self._latest and self._latest[0].at + _SETTLED < self._ami.now:
            self._latest.popleft()
        if line.verb in LEFT:
            self._ami.told(line.uniqueid, LEFT[line.verb])

    def _fill(self, line: Line) -> None:
        if line.verb == "QUEUESTART":
            # Who came in the same second came after it: those before are told to be gone.
            self.calls.lost(line.at, before=line.at)
        elif self._told(line):
            self.covered += 1
        else:
            self._apply(line)

    def _apply(self, line: Line) -> None:
        name = self.members.named(line.agent)
        self.filled += 1
        self._log.take(line if name == line.agent else attrs.evolve(line, agent=name))

    def _told(self, line: Line) -> bool:
        """Whether AMI said the same. What cannot be true any more is refused by itself."""
        agent = self.members.named(line.agent)
        if line.verb in AGENT_VERBS:
            # Or something that came after it.
            return self.members.told_at.get(agent, 0.0) >= line.at - _NEAR
        contact = self.calls.contacts.get(line.uniqueid)
        if contact is None:
            return False
        if line.verb == "ENTERQUEUE":
            early = contact.adopted and line.at <= contact.entered
            near = abs(contact.entered - line.at) <= _NEAR
            return contact.queue == line.queue and (near or early)
        if line.verb in _RINGS:
            for refusal in contact.refusals:
                if refusal[0] == agent and abs(refusal[1] - line.at) <= _NEAR:
                    contact.refusals.remove(refusal)
                    return True
        return False
