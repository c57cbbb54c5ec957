"""``docs/features.md`` says of every feature how it is said and which test shows it: here
each key, method, command and test it names is looked up. What has no test of its own
elsewhere is at the end.

In the third column, what stands in backticks is a key of the plan by its path without the
names between (``queues.order.by``, with `` = "value"`` where it is one of many words), a method
of ``Router``, a public name of ``ccroute``, or a command.
"""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import attrs
import pytest

import ccroute
from ccroute import ManualClock, Plan, Router

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "features.md"
SCENARIOS = ROOT / "rust" / "ccroute-core" / "tests" / "scenarios"
MATRIX = ROOT / ".." / "shared" / "field" / "routing.md"
NOT_HERE, ALWAYS = "Not in ccroute: ", "always so"
SYSTEMS = {
    "ACS": "Azure",
    "TR": "Twilio",
    "AC": "Amazon",
    "GC": "Genesys",
    "AQ": "Asterisk",
    "CC": "mod_callcenter",
    "FF": "mod_fifo",
    "KZ": "Kazoo",
    "OA": "OpenACD",
    "VD": "VICIDIAL",
    "OM": "open-match",
}


@attrs.frozen
class Row:
    """A row of the page, cell by cell."""

    number: int
    feature: str
    said: str
    tests: str
    others: str


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows_of(text: str) -> list[Row]:
    lines = [cells_of(line) for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    return [Row(int(number), *rest) for number, *rest in lines]


def in_backticks(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@cache
def keys_of_the_plan() -> dict[str, str]:
    """Path → what the reference says of it."""
    keys: dict[str, str] = {}
    section = ""
    for line in Plan.reference().splitlines():
        if heading := re.match(r"### (?:The whole|`(?P<path>.+)`)$", line):
            parts = (heading["path"] or "").replace("[]", "").split(".")
            section = "".join(f"{part}." for part in parts if part and not part.startswith("<"))
        elif key := re.match(r"\| `(\w+)` \|", line):
            keys[section + key[1]] = line
    return keys


def complaint_of_key(said: str) -> str | None:
    """What is wrong with one thing named in the third column."""
    path, _, value = said.partition(" = ")
    if said.startswith("ccroute "):
        known = command_is_known(*said.split()[1:])
    elif said.startswith("Router."):
        known = callable(getattr(Router, path.removeprefix("Router."), None))
    elif said.startswith("ccroute."):
        known = path.removeprefix("ccroute.") in dir(ccroute)
    elif said in OTHER_WORDS:
        known = True
    else:
        line = keys_of_the_plan().get(path, "")
        known = bool(line) and (not value or f"`{value.strip(chr(34))}`" in line)
    return None if known else f"there is no `{said}`"


# What is neither key nor name: an argument, a name of conditions, and the way in.
OTHER_WORDS = {"not_before", "agent", "import ccroute"}


@cache
def command_is_known(*words: str) -> bool:
    program = "from ccroute.cli import main; main()"
    asked = [sys.executable, "-c", program, *words, "--help"]
    return subprocess.run(asked, capture_output=True, check=False, timeout=60).returncode == 0


def complaint_of_test(named: str) -> str | None:
    """What is wrong with a test that is named: ``path::function``, or a scenario file."""
    path, _, function = named.partition("::")
    if not function:
        return None if (SCENARIOS / path).is_file() else f"there is no scenario {path}"
    if not (ROOT / path).is_file():
        return f"there is no file {path}"
    tree = ast.parse((ROOT / path).read_text())
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return None if function in defined else f"{path} has no {function}"


def row_complaints(row: Row) -> list[str]:
    named, tests = in_backticks(row.said), in_backticks(row.tests)
    complaints = [complaint_of_key(said) for said in named] + [
        complaint_of_test(it) for it in tests
    ]
    found = [complaint for complaint in complaints if complaint]
    if row.said.startswith(NOT_HERE):
        if row.tests != "none":
            found.append("a test of what is not in ccroute")
    else:
        if not tests:
            found.append("no test")
        if not named and not row.said.startswith(ALWAYS):
            found.append("nothing says how")
    return [f"{row.number}: {complaint}" for complaint in found]


ROWS = rows_of(PAGE.read_text())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_what_a_row_names_is_there(row: Row) -> None:
    assert row_complaints(row) == []


def test_rows_are_numbered_and_none_comes_twice() -> None:
    assert [row.number for row in ROWS] == list(range(1, len(ROWS) + 1))
    features = [row.feature.lower() for row in ROWS]
    assert len(set(features)) == len(features)


def test_a_key_in_the_rest_of_the_page_is_there_too() -> None:
    rest = PAGE.read_text().split("## Not the routing layer's")[1]
    named = [said for said in in_backticks(rest) if "." in said]
    assert named
    assert [complaint_of_key(said) for said in named] == [None] * len(named)


@pytest.mark.skipif(not MATRIX.exists(), reason="the field notes are not part of the project")
def test_every_row_of_the_field_notes_is_there_with_who_has_it() -> None:
    text = MATRIX.read_text()
    header = next(cells_of(line) for line in text.splitlines() if line.startswith("| # | Feature"))
    lines = [cells_of(line) for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    matrix = {int(cells[0]): cells[2:] for cells in lines if len(cells) == len(header)}
    assert len(matrix) > 70
    names = [SYSTEMS[word] for word in header[2:]]
    expected = {number: who_has_it(names, cells) for number, cells in matrix.items()}
    assert {row.number: row.others for row in ROWS} == expected


def who_has_it(names: list[str], cells: list[str]) -> str:
    """``Y/-`` is one of the two things that the row is about."""
    wholly = [name for name, cell in zip(names, cells, strict=True) if re.match(r"Y(?!/-)", cell)]
    partly = [
        name for name, cell in zip(names, cells, strict=True) if re.match(r"p\b|Y/-|debug", cell)
    ]
    said = [", ".join(wholly)] * bool(wholly) + ["partly " + ", ".join(partly)] * bool(partly)
    return "; ".join(said) or "none"


@pytest.mark.parametrize(
    ("said", "tests", "complaint"),
    [
        (
            "`queues.order.bye`",
            "`longest_idle_agent_first.txt`",
            "1: there is no `queues.order.bye`",
        ),
        ('`queues.strategy = "fair"`', "`longest_idle_agent_first.txt`", "1: there is no `queues."),
        ("`Router.guess`", "`longest_idle_agent_first.txt`", "1: there is no `Router.guess`"),
        ("`ccroute.Guess`", "`longest_idle_agent_first.txt`", "1: there is no `ccroute.Guess`"),
        ("`ccroute plan guess`", "`longest_idle_agent_first.txt`", "1: there is no `ccroute plan"),
        ("`seed`", "`shortest_idle_agent_first.txt`", "1: there is no scenario"),
        ("`seed`", "`tests/test_none.py::test_it`", "1: there is no file"),
        ("`seed`", "`tests/test_features.py::test_none`", "1: tests/test_features.py has no"),
        ("`seed`", "none", "1: no test"),
        ("somehow", "`longest_idle_agent_first.txt`", "1: nothing says how"),
        (NOT_HERE + "no", "`longest_idle_agent_first.txt`", "1: a test of what is not"),
    ],
)
def test_a_row_that_names_what_is_not_there_is_told(said: str, tests: str, complaint: str) -> None:
    (told,) = row_complaints(Row(1, "feature", said, tests, "none"))
    assert told.startswith(complaint)


def test_position_and_expected_wait_by_hand() -> None:
    """Two conversations began since 10 s; at 130 s that is one a minute."""
    clock = ManualClock()
    plan = Plan.from_toml('[queues.help]\nexpected_wait = true\n[agents.ana]\nqueues = ["help"]')
    router = Router(plan, clock=clock)
    router.sign_in("ana")
    router.ready("ana")

    def talk(contact: str, at: float) -> None:
        clock.set(at)
        router.enqueue(contact, queue="help")
        (offer,) = [event for event in router.events() if event.kind == "offer_made"]
        router.accept(offer.offer)  # type: ignore[attr-defined]
        router.connected(contact)

    talk("first", 10.0)
    clock.set(20.0)
    router.enqueue("gone", queue="help")
    assert router.wait("gone").expected is None  # one conversation says nothing
    router.cancel("gone")
    clock.set(60.0)
    router.release("first")
    talk("second", 70.0)
    for at, contact in ((80.0, "a"), (90.0, "b"), (130.0, "c")):
        clock.set(at)
        router.enqueue(contact, queue="help")
    router.reprioritise("b", band=1)
    waits = {contact: router.wait(contact) for contact in "abc"}
    assert {contact: wait.position for contact, wait in waits.items()} == {"a": 2, "b": 1, "c": 3}
    assert {contact: wait.expected for contact, wait in waits.items()} == {
        "a": 120.0,
        "b": 60.0,
        "c": 180.0,
    }
    assert waits["a"].foretold == 1 * (80.0 - 10.0) / 2
    assert waits["c"].foretold == 3 * (130.0 - 10.0) / 2
    clock.set(140.0)
    router.release("second")
    offer = [event for event in router.events() if event.kind == "offer_made"][-1]
    assert offer.contact == "b"
    router.accept(offer.offer)  # type: ignore[attr-defined]
    router.connected("b")
    # Foretold for b at 90 s: second in line, 2 x (90 - 10) / 2; it was 50 s, 30 less.
    foretold = router.foretold_waits("help")
    assert (foretold.count, foretold.bias, foretold.error) == (1, -30.0, 30.0)
    # What began more than half an hour ago says nothing any more.
    clock.set(70.0 + 1_700)
    router.advance()
    assert router.wait("a").expected is not None
    clock.set(140.0 + 1_801)
    router.advance()
    assert router.wait("a").expected is None
