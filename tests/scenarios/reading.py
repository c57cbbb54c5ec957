"""Scenario files, read: what stands in them, and each command as a call of `ccroute.Router`.

The grammar stands in ``rust/ccroute-core/tests/scenarios/README.md``. Playing is next door.
"""

import re
from collections import deque

from ccroute import HelpWhen, Link, NewContact, Observed, Plan, Requirement


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


def seconds(word):
    assert re.fullmatch(r"\d+(\.\d{1,6})?s", word), f"`{word}` is no time"
    return float(word[:-1])


def shift(word):
    return -seconds(word[1:]) if word.startswith("-") else seconds(word)


def read(text):
    """The plan, those that ``set_plan`` may name, and the lines of a file; a line that begins
    with ``->`` continues one."""
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
    return plans(rows[:start]), [Line(*line) for line in lines]


def plans(header):
    """The plan, under the name ``None``, and those after lines ``plan NAME:``."""
    texts, name = {None: []}, None
    for line in header:
        if begun := re.fullmatch(r"plan (.+):\s*", line):
            name = begun[1]
            texts[name] = []
        else:
            texts[name].append(line)
    return {name: Plan.from_toml("\n".join(lines)) for name, lines in texts.items()}


def listed(word, between=","):
    return [] if word == "-" else word.split(between)


def paired(word, value=str, between="="):
    """``a=1,b=2`` as a table; of equal names the first counts."""
    found = {}
    for item in listed(word):
        name, mark, written = item.partition(between)
        assert mark, f"`{item}` has no `{between}`"
        found.setdefault(name, value(written))
    return found


def numbers(word):
    return paired(word, int)


def typed(word):
    """A flag, a whole number, or else a text, which may stand in quotes."""
    if word in {"true", "false"}:
        return word == "true"
    return int(word) if re.fullmatch(r"-?\d+", word) else word.strip('"')


def levels(word, between):
    pairs = (item.partition(">=") for item in listed(word, between))
    return {skill: int(level or 1) for skill, _, level in pairs}


def links(word):
    """``vip:rank=1:waiting=3,sales``: how an agent serves queues."""
    made = {"rank": int, "position": int, "delay": seconds, "waiting": int, "waited": seconds}
    found = {}
    for item in listed(word):
        queue, *parts = item.split(":")
        said = {key: made[key](value) for key, value in (part.split("=") for part in parts)}
        help_when = {key: said.pop(key) for key in ("waiting", "waited") if key in said}
        found[queue] = Link(help_when=HelpWhen(**help_when) if help_when else None, **said)
    return found


def excluded(word):
    pairs = (item.partition(":") for item in listed(word))
    return {agent: seconds(lasts) if lasts else None for agent, _, lasts in pairs}


def scores(word):
    """``sales:ana=0.5``: type, agent, score."""
    found = {}
    for item in listed(word):
        who, score = item.split("=")
        kind, agent = who.split(":")
        found.setdefault(kind, {})[agent] = float(score)
    return found


SETTINGS = {
    "skills": numbers,
    "labels": lambda word: paired(word, typed),
    "queues": links,
    "capacity": numbers,
    "budget": int,
    "lines": listed,
}
NO_SETTINGS = {"skills": {}, "labels": {}, "queues": {}, "capacity": {}, "budget": 0, "lines": []}
OPTIONS = {
    "on": ("queue", str),
    "via": ("channel", str),
    "band": ("band", int),
    "head_start": ("head_start", shift),
    "with": ("attributes", lambda word: paired(word, typed)),
    "prefers": ("preferred", numbers),
    "excludes": ("excluded", excluded),
    "entered_at": ("entered_at", seconds),
    "not_before": ("not_before", seconds),
    "customer": ("customer", str),
    "conversation": ("conversation", str),
    "previous": ("previous", str),
}


def settings(words):
    """What is said of an agent, as far as written."""
    found = {}
    while words:
        label, value = words.popleft(), words.popleft()
        found[label] = SETTINGS[label](value)
    return found


def options(words):
    """What is said of a contact beside its name, as far as written."""
    found, needs = {}, {}
    while words:
        label, value = words.popleft(), words.popleft()
        match label:
            case "needs":
                needs["all_of"] = levels(value, ",")
            case "any":
                needs.setdefault("any_of", []).append(levels(value, "|"))
            case "not":
                needs["none_of"] = levels(value, ",")
            case "where":
                before = f"({needs['where']}) && " if "where" in needs else ""
                needs["where"] = f"{before}({value})"
            case _:
                name, made = OPTIONS[label]
                found[name] = made(value)
    if needs:
        found["requirement"] = Requirement(**needs)
    return found


def arrival(words):
    return {"channel": "voice"} | options(words)


def with_whom(words, alone):
    """``engaged ana``, or the word for nobody."""
    word = words.popleft()
    assert word in {"engaged", alone}, f"`{word}` is neither `engaged` nor `{alone}`"
    return words.popleft() if word == "engaged" else None


def observed(words):
    contact, agent = words.popleft(), with_whom(words, "present")
    known = NewContact(contact=contact, **arrival(words)) if words else None
    return Observed(contact=contact, agent=agent, known=known)


def report(words):
    """``among site=lima of c1 present | c2 engaged ana on vip``."""
    more = {}
    if words and words[0] == "among":
        ((attribute, value),) = paired(behind(words, "among"), typed).items()
        more["among"] = (attribute, value)
    if words:
        assert words.popleft() == "of"
    parts = " ".join(words).split(" | ") if words else []
    words.clear()
    return [observed(deque(part.split())) for part in parts], more


def behind(words, literal):
    assert words.popleft() == literal
    return words.popleft()


def after(words, literal, name, made=str):
    """What follows ``literal``, if that comes next, as a keyword."""
    return {name: made(behind(words, literal))} if words and words[0] == literal else {}


def told_next(*names):
    return lambda words: {name: words.popleft() for name in names}


def either(words, name, yes, no):
    return {name: {yes: True, no: False}[words.popleft()]}


def nothing_more(_words):
    return {}


def reason(words):
    return {"reason": words.popleft()} if words else {}


def table(words):
    version, expires = int(behind(words, "version")), seconds(behind(words, "until"))
    return {"version": version, "expires": expires, "scores": scores(words.popleft())}


def fraction(words):
    numerator, denominator = words.popleft().split("/")
    return {"numerator": int(numerator), "denominator": int(denominator)}


# What stands behind a command and the name it begins with, as keywords of the call.
CALLS = {"change": "change_agent"}
COMMANDS = {
    "sign_in": lambda words: NO_SETTINGS | settings(words),
    "change": settings,
    "not_ready": reason,
    "set_device": told_next("device"),
    "decline": lambda words: after(words, "as", "failure") | reason(words),
    "pick": told_next("contact"),
    "end_wrap_up": told_next("contact"),
    "extend_wrap_up": lambda words: {"contact": words.popleft(), "by": seconds(words.popleft())},
    "enqueue": arrival,
    "adopt": lambda words: {"agent": with_whom(words, "waiting"), **arrival(words)},
    "cancel": told_next("cause"),
    "reprioritise": options,
    "update": options,
    "exclude": lambda words: {
        "agent": words.popleft(),
        **after(words, "for", "lasts", seconds),
    },
    "readmit": told_next("agent"),
    "transfer": lambda words: {
        "queue": behind(words, "to"),
        "keep_age": bool(words) and words.popleft() == "keep_age",
    },
    "join": told_next("agent", "role"),
    "leave": told_next("agent"),
    "hand_over": told_next("agent"),
    "release": lambda words: {"by": behind(words, "by")},
    "dispose": lambda words: {"codes": listed(words.popleft())},
    "press": told_next("key"),
    "request_callback": lambda words: after(words, "at", "at", seconds),
    "fail_connection": told_next("cause"),
    "fail_callback": told_next("cause"),
    "suspend": lambda words: after(words, "for", "lasts", seconds),
    "set_queue_open": lambda words: either(words, "open", "open", "closed"),
    "set_line": lambda words: either(words, "up", "up", "down"),
    "observe_kpi": fraction,
    "set_scores": table,
    **dict.fromkeys(
        (
            *("sign_out", "ready", "ready_all", "accept", "connected", "hold", "resume"),
            *("reclassify", "reinstate", "set_plan"),
        ),
        nothing_more,
    ),
}
