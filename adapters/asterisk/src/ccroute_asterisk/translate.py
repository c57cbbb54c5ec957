"""From the lines of a queue_log to what happened, as ccroute's events.

Every verb's meaning stands here (those about agents in ``agents``). A line that cannot
be true after the lines before it becomes a fault and changes nothing.

Times are whole seconds, cut; the length of a ring is told at its end, so the offer is
dated back, but never before the entry of its contact or the end of its agent's work.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import TypedDict

import attrs

from ccroute import (
    ContactAbandoned,
    ContactConnected,
    ContactLeft,
    ContactQueued,
    ContactReleased,
    ContactRequeued,
    ContactTransferred,
    Event,
    Fault,
    OfferAccepted,
    OfferDeclined,
    OfferMade,
    OfferMissed,
    OfferWithdrawn,
)
from ccroute_asterisk.agents import Agents
from ccroute_asterisk.notes import notes
from ccroute_asterisk.queue_log import AGENT_VERBS, SILENT_VERBS, Line

_CHANNEL = "voice"
_LEFT = {
    "EXITWITHTIMEOUT": "timed_out",
    "EXITEMPTY": "no_agents",
    "EXITWITHKEY": "exited_by_key",
    "WITHDRAW": "withdrawn",
}


class _Phase(Enum):
    WAITING = "still waits"
    ENGAGED = "is with an agent"
    GONE = "has left"


@attrs.define
class _Contact:
    """A call as the log knows it: in its last queue, unless it has left."""

    id: str
    queue: str
    entered: float
    visit: int = 1
    phase: _Phase = _Phase.WAITING
    agent: str | None = None
    # Where in the events its last visit ends, once it has.
    ended: int = -1


def translate(lines: Sequence[Line], *, source: str) -> tuple[list[Event], list[Fault], list[str]]:
    """Events in order of time, the lines that had to be left out, and notes.

    ``lines`` are in order of time; equal seconds are in order of the file.
    """
    translation = _Translation(source)
    faults = [fault for line in lines if (fault := translation.take(line)) is not None]
    return translation.events(), faults, translation.notes()


class _Translation:
    def __init__(self, source: str) -> None:
        self._source = source
        self._events: list[Event] = []
        self._contacts: dict[str, _Contact] = {}
        self._agents = Agents(self._events.append)
        # Since when an agent has had nothing to do that the log shows.
        self._free_since: dict[str, float] = {}
        self._offers = 0
        self._inferred: Counter[str] = Counter()
        self._second = -1
        self._seen: dict[str, int] = {}
        self._verbs: Mapping[str, Callable[[Line], str | None]] = {
            "ENTERQUEUE": self._enter,
            "CONNECT": self._connect,
            "RINGNOANSWER": self._ring_no_answer,
            "RINGCANCELED": self._ring_cancelled,
            "AGENTDUMP": self._dump,
            "SYSCOMPAT": self._incompatible,
            "ABANDON": self._leave,
            **dict.fromkeys(_LEFT, self._leave),
            "COMPLETECALLER": self._complete,
            "COMPLETEAGENT": self._complete,
            "BLINDTRANSFER": self._transfer,
            "TRANSFER": self._transfer,
            "ATTENDEDTRANSFER": self._transfer,
            "QUEUESTART": self._restart,
            **dict.fromkeys(AGENT_VERBS, self._agent_line),
        }

    def take(self, line: Line) -> Fault | None:
        """Applies a line, or says why it cannot be.

        A repeat is a line that stands in the log twice **and** cannot be true twice:
        the second says what already is so. Equal lines alone prove nothing: one second
        holds several failed rings of one agent, or a pause, its end and another pause.
        """
        if line.verb in SILENT_VERBS:
            return None
        if line.at != self._second:
            # The stamp is part of the text: only lines of one second can be equal.
            self._second = line.at
            self._seen.clear()
        problem = self._verbs[line.verb](line)
        first = self._seen.setdefault(line.text, line.number)
        if problem is None:
            return None
        return line.fault(problem if first == line.number else f"repeats line {first}")

    def events(self) -> list[Event]:
        """All events, by time; at equal times in the order of the lines they came from."""
        ordered = sorted(self._events, key=lambda event: event.at)
        return [
            attrs.evolve(event, source=self._source, sequence=number)
            for number, event in enumerate(ordered, start=1)
        ]

    def notes(self) -> list[str]:
        """What the events cannot show, and what had to be inferred."""
        live = sum(contact.phase is not _Phase.GONE for contact in self._contacts.values())
        self._inferred["open"] = live
        return notes(self._inferred, tuple(self._agents.appeared))

    # Contacts

    def _enter(self, line: Line) -> str | None:
        contact = self._contacts.get(line.uniqueid)
        if contact is None:
            self._admit(_Contact(line.uniqueid, line.queue, line.at))
            return None
        if contact.phase is not _Phase.GONE:
            if line.text in self._seen:
                return f"the call {contact.phase.value} already"
            # Some ways out of a queue leave no line; the next entry proves it happened.
            self._inferred["unseen_exit"] += 1
            self._end(contact, line.at, cause=None)
        self._unabandon(contact)
        contact.queue, contact.entered = line.queue, line.at
        contact.visit += 1
        self._admit(contact)
        return None

    def _admit(self, contact: _Contact) -> None:
        contact.phase, contact.agent = _Phase.WAITING, None
        self._contacts[contact.id] = contact
        at = contact.entered
        self._emit(ContactQueued(**self._of(contact, at), since=at))

    def _unabandon(self, contact: _Contact) -> None:
        """Takes an abandon back.

        A caller moved on by the administrator is logged ABANDON; that the same call
        enters a queue again shows that nobody hung up.
        """
        last = self._events[contact.ended]
        if isinstance(last, ContactAbandoned):
            self._inferred["moved"] += 1
            self._events[contact.ended] = ContactLeft(
                **self._of(contact, last.at), cause="transferred"
            )

    def _waiting(self, line: Line, entered: float | None) -> _Contact | str:
        """The contact of a line that only a waiting one can have.

        One never seen entered before the log began, or its line was unusable: it is
        taken to have entered when the line's own wait says (``entered``), if it says.
        """
        contact = self._contacts.get(line.uniqueid)
        if contact is None:
            if entered is None:
                return "the call never entered a queue in this log"
            self._inferred["adopted"] += 1
            contact = _Contact(line.uniqueid, line.queue, max(entered, 0.0))
            self._admit(contact)
        if contact.phase is not _Phase.WAITING:
            return f"the call {contact.phase.value} already"
        if contact.queue != line.queue:
            return f"the call waits in {contact.queue!r}, not in {line.queue!r}"
        return contact

    def _leave(self, line: Line) -> str | None:
        contact = self._waiting(line, line.at - line.numbers["wait"])
        if isinstance(contact, str):
            return contact
        if line.verb == "ABANDON":
            self._close(contact, ContactAbandoned(**self._of(contact, line.at, line.agent or None)))
        else:
            self._end(contact, line.at, cause=_LEFT[line.verb])
        return None

    def _end(self, contact: _Contact, at: float, cause: str | None) -> None:
        """The visit is over, and the customer did not hang up."""
        if contact.phase is _Phase.ENGAGED:
            end: Event = ContactReleased(**self._of(contact, at, contact.agent), cause=cause)
        else:
            end = ContactLeft(**self._of(contact, at), cause=cause)
        self._close(contact, end)

    def _close(self, contact: _Contact, end: Event) -> None:
        contact.ended = len(self._events)
        self._emit(end)
        if contact.agent is not None:
            self._free_since[contact.agent] = end.at
        contact.phase = _Phase.GONE

    # Offers

    def _offer(self, contact: _Contact, agent: str, rang: float, until: float) -> int:
        """Writes the offer whose ring ended at ``until``."""
        at = max(until - rang, contact.entered, self._free_since.get(agent, 0.0))
        self._agents.at_work(agent, contact.queue, at)
        self._offers += 1
        self._emit(OfferMade(**self._of(contact, at, agent), offer=self._offers))
        self._free_since[agent] = until
        return self._offers

    def _ring_no_answer(self, line: Line) -> str | None:
        rang = line.numbers["ring_ms"] / 1000
        contact = self._waiting(line, None)
        if isinstance(contact, str):
            return contact
        if rang >= 1 and line.text in self._seen:
            # Two rings of one agent cannot overlap, so two of a second or more cannot
            # end within the same one; shorter ones (busy, refused) can.
            return "the same ring ended already"
        agent = line.agent
        offer = self._offer(contact, agent, rang, line.at)
        if rang:
            self._emit(OfferMissed(**self._of(contact, line.at, agent), offer=offer))
            self._requeue(contact, line.at, "missed")
        else:
            # No phone rang (busy, congested, unreachable): nothing the agent missed.
            self._withdraw(contact, line.at, agent, offer, "failed")
            self._requeue(contact, line.at, "failed")
        return None

    def _ring_cancelled(self, line: Line) -> str | None:
        contact = self._waiting(line, None)
        if isinstance(contact, str):
            return contact
        if line.text in self._seen:
            return "the same ring ended already"
        agent = line.agent
        offer = self._offer(contact, agent, line.numbers["ring_ms"] / 1000, line.at)
        self._withdraw(contact, line.at, agent, offer, "customer")
        return None

    def _dump(self, line: Line) -> str | None:
        contact = self._waiting(line, None)
        if isinstance(contact, str):
            return contact
        agent = line.agent
        offer = self._offer(contact, agent, 0, line.at)
        self._emit(OfferDeclined(**self._of(contact, line.at, agent), offer=offer))
        self._requeue(contact, line.at, "declined")
        return None

    def _incompatible(self, line: Line) -> str | None:
        contact = self._waiting(line, None)
        if isinstance(contact, str):
            return contact
        agent = line.agent
        offer = self._offer(contact, agent, 0, line.at)
        self._withdraw(contact, line.at, agent, offer, "failed")
        self._requeue(contact, line.at, "failed")
        return None

    def _withdraw(self, contact: _Contact, at: float, agent: str, offer: int, cause: str) -> None:
        self._emit(OfferWithdrawn(**self._of(contact, at, agent), offer=offer, cause=cause))

    def _requeue(self, contact: _Contact, at: float, cause: str) -> None:
        event = ContactRequeued(**self._of(contact, at), since=contact.entered, cause=cause)
        self._emit(event)

    # Conversations

    def _connect(self, line: Line) -> str | None:
        contact = self._waiting(line, line.at - line.numbers["hold"])
        if isinstance(contact, str):
            return contact
        agent = line.agent
        offer = self._offer(contact, agent, line.numbers["ring"], line.at)
        self._emit(OfferAccepted(**self._of(contact, line.at, agent), offer=offer))
        self._emit(ContactConnected(**self._of(contact, line.at, agent)))
        contact.phase, contact.agent = _Phase.ENGAGED, agent
        return None

    def _engaged(self, line: Line) -> _Contact | str:
        """The contact of a line that ends a conversation.

        The line tells how long it waited and talked, should the log know nothing of it.
        """
        contact = self._contacts.get(line.uniqueid)
        if contact is None or (contact.phase is _Phase.WAITING and contact.queue == line.queue):
            problem = self._adopt_conversation(line)
            if problem is not None:
                return problem
            contact = self._contacts[line.uniqueid]
        if contact.phase is not _Phase.ENGAGED:
            return f"the call {contact.phase.value} already"
        if contact.queue != line.queue:
            return f"the call came from {contact.queue!r}, not from {line.queue!r}"
        return contact

    def _adopt_conversation(self, line: Line) -> str | None:
        connected = line.at - line.numbers["talk"]
        contact = self._waiting(line, connected - line.numbers["hold"])
        if isinstance(contact, str):
            return contact
        self._inferred["adopted_talk"] += 1
        agent = line.agent
        at = max(connected, contact.entered)
        self._agents.at_work(agent, contact.queue, at)
        self._emit(ContactConnected(**self._of(contact, at, agent)))
        contact.phase, contact.agent = _Phase.ENGAGED, agent
        return None

    def _complete(self, line: Line) -> str | None:
        contact = self._engaged(line)
        if isinstance(contact, str):
            return contact
        cause: str | None = "agent" if line.verb == "COMPLETEAGENT" else "customer"
        if cause == "customer" and line.numbers["talk"] == 0:
            # Asterisk blames the caller also when the agent hung up at once, and when
            # the caller was gone just before the answer: who it was is not known.
            self._inferred["no_talk"] += 1
            cause = None
        self._end(contact, line.at, cause)
        return None

    def _transfer(self, line: Line) -> str | None:
        contact = self._engaged(line)
        if isinstance(contact, str):
            return contact
        # Attended or not, the log does not say to whom: for it the contact is gone,
        # unless it enters a queue again.
        end = ContactTransferred(**self._of(contact, line.at, contact.agent), cause="agent")
        self._close(contact, end)
        return None

    # Asterisk and its agents

    def _restart(self, line: Line) -> str | None:
        """Asterisk started: whatever call was in it before is gone, without a line."""
        if line.text in self._seen:
            return "Asterisk started in this second already"
        for contact in self._contacts.values():
            if contact.phase is not _Phase.GONE:
                self._inferred["restart"] += 1
                engaged = contact.phase is _Phase.ENGAGED
                self._end(contact, line.at, "system" if engaged else "failed")
        return None

    def _agent_line(self, line: Line) -> str | None:
        if self._agents.take(line) or line.text not in self._seen:
            # Saying again what is so (a PAUSE after its PAUSEALL) is no fault.
            return None
        return "it changes nothing"

    # Writing

    def _emit(self, event: Event) -> None:
        self._events.append(event)

    def _of(self, contact: _Contact, at: float, agent: str | None = None) -> "_Envelope":
        return {
            "source": "",
            "sequence": 0,
            "at": float(at),
            "contact": contact.id,
            "visit": contact.visit,
            "queue": contact.queue,
            "channel": _CHANNEL,
            "agent": agent,
        }


class _Envelope(TypedDict):
    """What every event of a contact has; source and sequence come at the very end."""

    source: str
    sequence: int
    at: float
    contact: str
    visit: int
    queue: str
    channel: str
    agent: str | None
