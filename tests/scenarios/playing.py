"""Scenario files, played through the public API and compared with what they expect.

The clock here goes wherever a file says, also backwards: refusing that is the router's
business.
"""

from collections import deque

from tests.scenarios.reading import CALLS, COMMANDS, listed, read, report

from ccroute import (
    AgentJoined,
    AgentLeft,
    ContactQueued,
    ContactRequeued,
    Envelope,
    Rejected,
    Router,
)

NO_OFFER = (1 << 32) | 4_000_000  # well formed, but never given out
LABELS = {
    *("step", "attempt", "rule", "band", "set"),
    *("as", "on", "via", "visit", "since", "until"),
}
NUMBERS = (
    ("step", "step"),
    ("attempt", "attempts"),
    ("rule", "rule"),
    ("band", "band"),
    ("set", "revision"),
)


class Clock:
    def __init__(self, at=0.0):
        self.at = at

    def now(self):
        return self.at


class Player:
    """A router and the names of a file: offers go by the order of their making."""

    def __init__(self, plans):
        self.plans = plans
        self.clock = Clock()
        self.router = Router(plans[None], clock=self.clock)
        self.offers = []
        for agent in plans[None].agents:
            self.router.sign_in(agent)
        self.seen = len(self.router.events())

    def play(self, line):
        """What came of a line, each thing as its ids and its details."""
        self.clock.at = line.at
        envelope = None if line.command_id is None else Envelope(command_id=line.command_id)
        refused = []
        try:
            self.command(deque(line.words), envelope)
        except Rejected as refusal:
            refused = [([f"refused {refusal.code}"], [])]
        events = self.router.events()
        for event in events:
            self.seen += 1
            assert event.sequence == self.seen
        self.router.check()
        return [self.told(event) for event in events] + refused

    def command(self, words, envelope):
        verb = words.popleft()
        if verb == "advance":
            self.router.advance()
        elif verb == "reconcile":
            rows, more = report(words)
            self.router.reconcile(rows, envelope=envelope, **more)
        else:
            first, more = self.first(verb, words.popleft()), COMMANDS[verb](words)
            getattr(self.router, CALLS.get(verb, verb))(first, envelope=envelope, **more)
        assert not words, f"unexpected {words}"

    def first(self, verb, word):
        """What a command begins with: a name, or what a name stands for."""
        match verb:
            case "accept" | "decline":
                number = int(word.removeprefix("o"))
                return self.offers[number - 1] if number <= len(self.offers) else NO_OFFER
            case "ready_all":
                return listed(word)
            case "set_plan":
                return self.plans[word]
            case _:
                return word

    def told(self, event):
        """An event as a file may write it: the ids, all of them, and the details, any."""
        ids = [event.kind]
        if hasattr(event, "offer"):
            if event.kind == "offer_made":
                self.offers.append(event.offer)
            ids.append(f"o{self.offers.index(event.offer) + 1}")
        ids += [name for name in (event.contact, event.agent) if name is not None]
        details = [word for word in (event.cause, event.reason) if word is not None]
        if event.kind == "agent_device":
            details.append(event.device)
        details += [f"{word} {getattr(event, at)}" for word, at in NUMBERS if hasattr(event, at)]
        if isinstance(event, AgentJoined | AgentLeft):
            details.append(f"as {event.role}")
        details += [f"on {event.queue}", f"via {event.channel}", f"visit {event.visit}"]
        if isinstance(event, ContactQueued | ContactRequeued):
            details.append(f"since {duration(event.since)}")
        elif getattr(event, "until", None) is not None:
            details.append(f"until {duration(event.until)}")
        return ids, details


def duration(instant):
    return f"{instant:.6f}".rstrip("0").rstrip(".") + "s"


def agrees(told, expected):
    """Whether ``expected`` says nothing but what was told: every id, then any details."""
    ids, details = told
    head = " ".join(ids)
    if expected != head and not expected.startswith(f"{head} "):
        return False
    words = deque(expected[len(head) :].split())
    while words:
        said = words.popleft()
        if said in LABELS and words:
            said = f"{said} {words.popleft()}"
        if said not in details:
            return False
    return True


def disagreement(text):
    """The first line that goes another way, with what came; ``None``: all as written."""
    plans, lines = read(text)
    player = Player(plans)
    for line in lines:
        told = player.play(line)
        pairs = zip(told, line.expected, strict=False)
        if len(told) != len(line.expected) or not all(agrees(*pair) for pair in pairs):
            came = "\n  ".join(" ".join(ids + details) for ids, details in told) or "nothing"
            return line.number, f"{line.number}: {line.text}\ngot\n  {came}"
    return None
