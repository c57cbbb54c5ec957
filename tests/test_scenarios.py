"""The scenario files of the Rust core, played through the public API.

The grammar stands in ``rust/ccroute-core/tests/scenarios/README.md``. The clock here goes
wherever a file says, also backwards: refusing that is the router's business.
"""

import re
from collections import deque
from pathlib import Path

import pytest

from ccroute import (
    AgentJoined,
    AgentLeft,
    ContactQueued,
    ContactRequeued,
    Envelope,
    Plan,
    Rejected,
    Requirement,
    Router,
)

FOLDER = Path(__file__).parents[1] / "rust/ccroute-core/tests/scenarios"
FILES = sorted(FOLDER.glob("*.txt"))
NO_OFFER = (1 << 32) | 4_000_000  # well formed, but never given out
LABELS = {"step", "band", "set", "as", "on", "via", "visit", "since", "until"}
NUMBERS = (("step", "step"), ("band", "band"), ("set", "revision"))


class Line:
    """One line of a file: its number, its command in words, what must come of it."""

    def __init__(self, number, text):
        left, arrow, right = text.partition("->")
        assert arrow, f"line {number}: no `->`"
        words = deque(left.split())
        assert words.popleft() == "at", f"line {number}: no time"
        self.number, self.text = number, text
        self.at = seconds(words.popleft())
        self.command_id = words.pop()[3:] if words[-1].startswith("id=") else None
        self.words = words
        self.expected = [" ".join(event.split()) for event in right.split(";")]
        if self.expected == ["nothing"]:
            self.expected = []


class Clock:
    def __init__(self):
        self.at = 0.0

    def now(self):
        return self.at


def seconds(word):
    assert re.fullmatch(r"\d+(\.\d{1,6})?s", word), f"`{word}` is no time"
    return float(word[:-1])


def read(text):
    """The plan and the lines of a file; a line that begins with ``->`` continues one."""
    rows = text.splitlines()
    start = next((row for row, line in enumerate(rows) if line.startswith("at ")), len(rows))
    lines = []
    for row, line in enumerate(rows[start:], start + 1):
        written = line.strip()
        if line.startswith("at "):
            lines.append((row, written))
        elif line.startswith(" ") and written.startswith("->"):
            number, begun = lines[-1]
            glue = "; " if "->" in begun else " -> "
            lines[-1] = (number, begun + glue + written[2:].strip())
        else:
            assert not written or line.startswith("#"), f"line {row}: {line}"
    return Plan.from_toml("\n".join(rows[:start])), [Line(*line) for line in lines]


def listed(word, between=","):
    return [] if word == "-" else word.split(between)


def numbers(word):
    return {name: int(number) for name, number in (item.split("=") for item in listed(word))}


def levels(word, between):
    pairs = (item.partition(">=") for item in listed(word, between))
    return {skill: int(level or 1) for skill, _, level in pairs}


def settings(words):
    """What stands behind ``skills``, ``queues`` and ``capacity``, as far as written."""
    found = {}
    while words:
        label, value = words.popleft(), words.popleft()
        assert label in {"skills", "queues", "capacity"}, f"`{label}` is no setting"
        found[label] = listed(value) if label == "queues" else numbers(value)
    return found


def options(words):
    """Band, head start, requirement and attributes, as far as written."""
    found, needs = {}, {}
    while words:
        label, value = words.popleft(), words.popleft()
        match label:
            case "via":
                found["channel"] = value
            case "band":
                found["band"] = int(value)
            case "head_start":
                found["head_start"] = seconds(value)
            case "with":
                found["attributes"] = dict(item.split("=") for item in listed(value))
            case "needs":
                needs["all_of"] = levels(value, ",")
            case "any":
                needs.setdefault("any_of", []).append(levels(value, "|"))
            case "not":
                needs["none_of"] = levels(value, ",")
            case _:
                raise AssertionError(f"`{label}` is no option")
    if needs:
        found["requirement"] = Requirement(**needs)
    return found


def behind(words, literal):
    assert words.popleft() == literal
    return words.popleft()


def told_next(*names):
    return lambda words: {name: words.popleft() for name in names}


def nothing_more(_words):
    return {}


# What stands behind a command and the name it begins with, as keywords of the call.
CALLS = {"change": "change_agent"}
COMMANDS = {
    "sign_in": lambda words: {"skills": {}, "queues": [], "capacity": {}} | settings(words),
    "change": settings,
    "not_ready": lambda words: {"reason": words.popleft()} if words else {},
    "enqueue": lambda words: {"queue": behind(words, "on"), **options(words)},
    "reprioritise": options,
    "update": options,
    "cancel": told_next("cause"),
    "release": lambda words: {"by": behind(words, "by")},
    "transfer": lambda words: {
        "queue": behind(words, "to"),
        "keep_age": bool(words) and words.popleft() == "keep_age",
    },
    "join": told_next("agent", "role"),
    "leave": told_next("agent"),
    "hand_over": told_next("agent"),
    "set_device": told_next("device"),
    "end_wrap_up": told_next("contact"),
    "extend_wrap_up": lambda words: {"contact": words.popleft(), "by": seconds(words.popleft())},
    "dispose": lambda words: {"codes": listed(words.popleft())},
    **dict.fromkeys(["sign_out", "ready", "connected", "hold", "resume"], nothing_more),
}


class Player:
    """A router and the names of a file: offers go by the order of their making."""

    def __init__(self, plan):
        self.clock = Clock()
        self.router = Router(plan, clock=self.clock)
        self.offers = []
        for agent in plan.agents:
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
        elif verb in {"accept", "decline"}:
            number = int(words.popleft().removeprefix("o"))
            offer = self.offers[number - 1] if number <= len(self.offers) else NO_OFFER
            more = {"reason": words.popleft()} if words else {}
            getattr(self.router, verb)(offer, envelope=envelope, **more)
        else:
            name, more = words.popleft(), COMMANDS[verb](words)
            getattr(self.router, CALLS.get(verb, verb))(name, envelope=envelope, **more)
        assert not words, f"unexpected {words}"

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
    plan, lines = read(text)
    player = Player(plan)
    for line in lines:
        told = player.play(line)
        pairs = zip(told, line.expected, strict=False)
        if len(told) != len(line.expected) or not all(agrees(*pair) for pair in pairs):
            came = "\n  ".join(" ".join(ids + details) for ids, details in told) or "nothing"
            return line.number, f"{line.number}: {line.text}\ngot\n  {came}"
    return None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_scenario(file):
    number_and_words = disagreement(file.read_text())
    assert number_and_words is None, number_and_words[1]


def test_there_are_scenarios():
    assert len(FILES) >= 44


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_expectation_of_a_scenario_is_compared(file):
    rows = file.read_text().splitlines()
    starts = [row for row, line in enumerate(rows) if line.startswith("at ")]
    for row, after in zip(starts, [*starts[1:], len(rows)], strict=True):
        command = rows[row].partition("->")[0]
        silent = "-> nothing" in "\n".join(rows[row:after])
        wrong = "  -> agent_ready nobody" if silent else "  -> nothing"
        number, _ = disagreement("\n".join([*rows[:row], command, wrong]))
        assert number == row + 1


HEAD = '[queues.vip]\n[agents.ana]\nqueues = ["vip"]\n[agents.bo]\n'
WENT = "at 1s enqueue c1 on vip -> contact_queued c1\nat 2s ready ana -> "


@pytest.mark.parametrize(
    "wrong",
    [
        "agent_ready ana",
        "agent_ready ana; offer_made o1 c1",
        "agent_ready ana; offer_made o1 c1 bo",
        "agent_ready ana; offer_made o2 c1 ana",
        "agent_ready ana; offer_made o1 c1 ana until 18s",
        "agent_ready ana; offer_made o1 c1 ana since 17s",
        "agent_ready ana; offer_made o1 c1 ana until",
        "agent_ready ana; offer_made o1 c1 ana on sales",
        "agent_ready ana; offer_made o1 c1 ana via chat",
        "agent_ready ana; offer_made o1 c1 ana visit 2",
        "agent_ready ana; offer_made o1 c1 ana missed",
        "agent_ready ana; offer_made o1 c1 anaconda",
        "agent_ready ana; offer_made o1 c1 ana; agent_ready ana",
        "agent_ready ana; offer_made o1 c1 ana; refused agent_signed_out",
        "offer_made o1 c1 ana; agent_ready ana",
        "refused unknown_agent",
        "nothing",
    ],
)
def test_a_wrong_expectation_is_noticed(wrong):
    right = "agent_ready ana; offer_made o1 c1 ana visit 1 until 17s on vip via voice"
    assert disagreement(f"{HEAD}{WENT}{right}\n") is None
    number, words = disagreement(f"{HEAD}{WENT}{wrong}\n")
    assert number == 6
    assert "offer_made o1 c1 ana" in words


@pytest.mark.parametrize(
    "line",
    ["at 1s ready ana", "at 1 ready ana -> nothing", "at 1s dance ana -> nothing", "ready ana"],
)
def test_what_is_no_scenario_is_no_pass(line):
    with pytest.raises((AssertionError, KeyError)):
        disagreement(f"{HEAD}at 0s advance -> nothing\n{line}\n")
