"""From the lines of a queue_log to what happened, as ccroute's events.

Every verb's meaning stands here (those about agents in ``agents``). A line that cannot
be true after the lines before it becomes a fault and changes nothing.

Times are whole seconds, cut; the length of a ring is told at its end, so the offer is
dated back, but never before the entry of its contact or the end of its agent's work.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import attrs

from ccroute import ContactAbandoned, ContactTransferred, Event, Fault, OfferDeclined
from ccroute_asterisk.agents import AgentWord
from ccroute_asterisk.calls import Calls, Contact, Phase
from ccroute_asterisk.notes import notes
from ccroute_asterisk.queue_log import AGENT_VERBS, SILENT_VERBS, Line

LEFT = {
    "EXITWITHTIMEOUT": "timed_out",
    "EXITEMPTY": "no_agents",
    "EXITWITHKEY": "exited_by_key",
    "WITHDRAW": "withdrawn",
}
"""Why a call left the queue unserved, by verb."""


def translate(lines: Sequence[Line], *, source: str) -> tuple[list[Event], list[Fault], list[str]]:
    """Events in order of time, the lines that had to be left out, and notes.

    ``lines`` are in order of time; equal seconds are in order of the file.
    """
    calls = Calls(source=source)
    translation = LogTranslation(calls)
    faults = [fault for line in lines if (fault := translation.take(line)) is not None]
    events = [
        attrs.evolve(event, sequence=number) for number, event in enumerate(calls.drain(), start=1)
    ]
    return events, faults, translation.notes()


class LogTranslation:
    """Reads line by line and tells ``calls``, which others may tell too."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
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
            **dict.fromkeys(LEFT, self._leave),
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

    def notes(self) -> list[str]:
        """What the events cannot show, and what had to be inferred."""
        live = sum(it.phase is not Phase.GONE for it in self.calls.contacts.values())
        self._inferred["open"] = live
        return notes(self._inferred, tuple(self.calls.agents.appeared))

    # Contacts

    def _enter(self, line: Line) -> str | None:
        contact = self.calls.contacts.get(line.uniqueid)
        if contact is not None and contact.phase is not Phase.GONE:
            if line.text in self._seen:
                return f"the call {contact.phase.value} already"
            # Some ways out of a queue leave no line; the next entry proves it happened.
            self._inferred["unseen_exit"] += 1
            self.calls.end(contact, line.at, cause=None)
        if contact is not None:
            self._inferred["moved"] += self.calls.unabandon(contact)
        self.calls.enter(line.uniqueid, line.queue, line.at)
        return None

    def _waiting(self, line: Line, entered: float | None) -> Contact | str:
        """The contact of a line that only a waiting one can have.

        One never seen entered before the log began, or its line was unusable: it is
        taken to have entered when the line's own wait says (``entered``), if it says.
        """
        contact = self.calls.contacts.get(line.uniqueid)
        if contact is None:
            if entered is None:
                return "the call never entered a queue in this log"
            self._inferred["adopted"] += 1
            contact = self.calls.enter(line.uniqueid, line.queue, max(entered, 0.0))
        if contact.phase is not Phase.WAITING:
            return f"the call {contact.phase.value} already"
        if contact.queue != line.queue:
            return f"the call waits in {contact.queue!r}, not in {line.queue!r}"
        return contact

    def _leave(self, line: Line) -> str | None:
        contact = self._waiting(line, line.at - line.numbers["wait"])
        if isinstance(contact, str):
            return contact
        if line.verb == "ABANDON":
            end = ContactAbandoned(**self.calls.of(contact, line.at, line.agent or None))
            self.calls.close(contact, end)
        else:
            self.calls.end(contact, line.at, cause=LEFT[line.verb])
        return None

    # Offers

    def _offer(self, contact: Contact, agent: str, rang: float, until: float) -> int:
        """Writes the offer whose ring ended at ``until``."""
        free = self.calls.free_since.get(agent, 0.0)
        offer = self.calls.offer(contact, agent, max(until - rang, contact.entered, free))
        self.calls.free_since[agent] = until
        return offer

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
            self.calls.missed(contact, agent, offer, line.at)
            self.calls.requeue(contact, line.at, "missed")
        else:
            # No phone rang (busy, congested, unreachable): nothing the agent missed.
            self.calls.withdrawn(contact, agent, offer, line.at, "failed")
            self.calls.requeue(contact, line.at, "failed")
        return None

    def _ring_cancelled(self, line: Line) -> str | None:
        contact = self._waiting(line, None)
        if isinstance(contact, str):
            return contact
        if line.text in self._seen:
            return "the same ring ended already"
        agent = line.agent
        offer = self._offer(contact, agent, line.numbers["ring_ms"] / 1000, line.at)
        self.calls.withdrawn(contact, agent, offer, line.at, "customer")
        return None

    def _dump(self, line: Line) -> str | None:
        contact = self._waiting(line, None)
        if isinstance(contact, str):
            return contact
        agent = line.agent
        offer = self._offer(contact, agent, 0, line.at)
        declined = OfferDeclined(**self.calls.of(contact, line.at, agent), offer=offer)
        self.calls.refused(contact, declined)
        self.calls.requeue(contact, line.at, "declined")
        return None

    def _incompatible(self, line: Line) -> str | None:
        contact = self._waiting(line, None)
        if isinstance(contact, str):
            return contact
        agent = line.agent
        offer = self._offer(contact, agent, 0, line.at)
        self.calls.withdrawn(contact, agent, offer, line.at, "failed")
        self.calls.requeue(contact, line.at, "failed")
        return None

    # Conversations

    def _connect(self, line: Line) -> str | None:
        contact = self._waiting(line, line.at - line.numbers["hold"])
        if isinstance(contact, str):
            return contact
        agent = line.agent
        self._offer(contact, agent, line.numbers["ring"], line.at)
        self.calls.connect(contact, agent, line.at)
        return None

    def _engaged(self, line: Line) -> Contact | str:
        """The contact of a line that ends a conversation.

        The line tells how long it waited and talked, should the log know nothing of it.
        """
        contact = self.calls.contacts.get(line.uniqueid)
        if contact is None or (contact.phase is Phase.WAITING and contact.queue == line.queue):
            problem = self._adopt_conversation(line)
            if problem is not None:
                return problem
            contact = self.calls.contacts[line.uniqueid]
        if contact.phase is not Phase.ENGAGED:
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
        self.calls.connect(contact, line.agent, max(connected, contact.entered))
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
        self.calls.end(contact, line.at, cause)
        return None

    def _transfer(self, line: Line) -> str | None:
        contact = self._engaged(line)
        if isinstance(contact, str):
            return contact
        # Attended or not, the log does not say to whom: for it the contact is gone,
        # unless it enters a queue again.
        of = self.calls.of(contact, line.at, contact.agent)
        self.calls.close(contact, ContactTransferred(**of, cause="agent"))
        return None

    # Asterisk and its agents

    def _restart(self, line: Line) -> str | None:
        """Asterisk started: whatever call was in it before is gone, without a line."""
        if line.text in self._seen:
            return "Asterisk started in this second already"
        self._inferred["restart"] += self.calls.lost(line.at)
        return None

    def _agent_line(self, line: Line) -> str | None:
        told = AgentWord(line.verb, line.agent, line.queue, line.at, line.detail)
        if self.calls.agents.take(told) or line.text not in self._seen:
            # Saying again what is so (a PAUSE after its PAUSEALL) is no fault.
            return None
        return "it changes nothing"
