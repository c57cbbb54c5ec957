"""What the reader says against what the far ends of every call did.

The log is right within its whole seconds, but for the calls named here: each with what
app_queue does there.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ccroute import AgentNotReady, AgentReady, AgentSignedIn, AgentSignedOut, Recording
from ccroute.replay import Outcome, Visit, Workload, workload
from ccroute_asterisk import read_queue_log

CAPTURES = Path(__file__).parent / "captures"

GONE_LATER = "leaves the queue, and the dialplan hangs up a second later"
MOVED = "moved by the administrator, logged as if the caller had hung up"
BLAME = "logged COMPLETECALLER, which says nothing when there was no talk"
TRANSFER_FAILED = "an agent who hangs up after a failed attended transfer is logged COMPLETECALLER"
LIVES_ON = "the conversation goes on after the transfer, outside the queue"

DIFFERENT_OUTCOME = {
    "day-0016": "the caller hung up 1.2 ms before the agent answered: logged ABANDON",
}
DIFFERENT_WAIT = {
    "timeout-no-agent-024": GONE_LATER,
    "timeout-no-agent-025": GONE_LATER,
    "timeout-no-agent-026": GONE_LATER,
    "timeout-while-ringing-027": GONE_LATER,
    "exit-key-038": GONE_LATER,
    "exit-key-ringing-040": GONE_LATER,
    "redirect-waiting-048": MOVED,
}
DIFFERENT_TALK = {"blind-transfer-041": LIVES_ON}
DIFFERENT_BLAME = {
    "day-0068": BLAME,
    "day-0115": BLAME,
    "day-0159": BLAME,
    "day-0039": BLAME,
    "attended-transfer-045": TRANSFER_FAILED,
    "redirect-046": "moved in mid-call, logged COMPLETECALLER",
    **{f"race-answer-abandon-{n:03}": BLAME for n in (79, 81, 88, 90, 92, 93, 94, 95)},
    "answer-and-drop-104": BLAME,
    "answer-and-drop-105": BLAME,
}
NOT_IN_LOG = {"join-empty-refused-055": "refused at the door: no line at all"}
NOT_ABANDONED_BY_CUSTOMER = {
    "redirect-waiting-047": MOVED,
    "redirect-waiting-048": MOVED,
    "admin-074": "hung up by the administrator, logged ABANDON",
}


class Day:
    def __init__(self, name: str) -> None:
        self.recording: Recording = read_queue_log(CAPTURES / f"{name}.queue_log")
        self.workload: Workload = workload(self.recording.events)
        self.truth: dict[str, Any] = json.loads((CAPTURES / f"{name}.truth.json").read_text())

    def pairs(self) -> list[tuple[dict[str, Any], Visit]]:
        """Each call of the truth that is in the log, with its first visit."""
        contacts = self.workload.contacts
        return [
            (call, contacts[call["uniqueid"]][0])
            for call in self.truth["calls"]
            if call["uniqueid"] in contacts
        ]


@pytest.fixture(scope="module", params=["day", "scenarios"])
def day(request: pytest.FixtureRequest) -> Day:
    return Day(request.param)


def answers(call: dict[str, Any]) -> list[dict[str, Any]]:
    return [ring for ring in call["rings"] if ring["answered"] is not None]


def named(differences: dict[str, str], day: Day) -> set[str]:
    """The differences that this day's calls are said to have."""
    return set(differences) & {call["ref"] for call in day.truth["calls"]}


def test_nothing_of_the_log_is_left_out(day: Day) -> None:
    assert day.recording.faults == ()


def test_every_call_but_the_refused_is_in_the_log(day: Day) -> None:
    missing = {c["ref"] for c in day.truth["calls"] if c["uniqueid"] not in day.workload.contacts}
    assert missing == named(NOT_IN_LOG, day)


def test_who_answered(day: Day) -> None:
    different = set()
    for call, visit in day.pairs():
        first = answers(call)[:1]
        expected = f"Agent {first[0]['agent']}" if first else None
        if visit.agent != expected or visit.queue != call["queue"]:
            different.add(call["ref"])
    assert different == named(DIFFERENT_OUTCOME, day)


def test_who_abandoned(day: Day) -> None:
    different = {
        call["ref"]
        for call, visit in day.pairs()
        if (visit.outcome is Outcome.ABANDONED)
        != (call["hung_up_first"] == "caller" and not answers(call))
    }
    assert different == named(DIFFERENT_OUTCOME, day) | named(NOT_ABANDONED_BY_CUSTOMER, day)


def test_waits_within_the_whole_second(day: Day) -> None:
    different = set()
    for call, visit in day.pairs():
        until = answers(call)[0]["answered"] if answers(call) else call["gone"]
        if abs(visit.wait - (until - call["entered"])) >= 1:
            different.add(call["ref"])
    assert different == named(DIFFERENT_WAIT, day)


def test_talks_within_the_whole_second(day: Day) -> None:
    different = set()
    for call, visit in day.pairs():
        if visit.talk is None or len(answers(call)) != 1:
            continue
        if abs(visit.talk - (call["gone"] - answers(call)[0]["answered"])) >= 1:
            different.add(call["ref"])
    assert different == named(DIFFERENT_TALK, day)


def test_who_ended_the_conversation(day: Day) -> None:
    words = {"caller": "customer", "agent": "agent", None: None}
    different = {
        call["ref"]
        for call, visit in day.pairs()
        if visit.outcome is Outcome.ANSWERED and visit.cause != words[call["hung_up_first"]]
    }
    assert different == named(DIFFERENT_BLAME, day)


def test_every_ring_is_an_offer_with_its_agent_and_end() -> None:
    """Who rang, in order, and whether the agent answered.

    Of the day only: in the scenarios phones ring outside the queue too.
    """
    day = Day("day")
    heard: dict[str, list[tuple[str | None, str]]] = {}
    for event in day.recording.events:
        if event.contact and event.kind in ("offer_accepted", "offer_missed", "offer_withdrawn"):
            heard.setdefault(event.contact, []).append((event.agent, event.kind))
    different = set()
    for call in day.truth["calls"]:
        rang = [(f"Agent {r['agent']}", r["answered"] is not None) for r in call["rings"]]
        logged = [
            (agent, kind == "offer_accepted") for agent, kind in heard.get(call["uniqueid"], [])
        ]
        if rang != logged:
            different.add(call["ref"])
    assert different == set(DIFFERENT_OUTCOME)


def test_missed_and_withdrawn_offers_of_the_day() -> None:
    day = Day("day")
    kinds = Counter(event.kind for event in day.recording.events)
    rings = [ring for call in day.truth["calls"] for ring in call["rings"]]
    silent = [ring for ring in rings if ring["answered"] is None]
    # Phones ring four seconds before the queue gives up: those are the missed ones.
    missed = [ring for ring in silent if ring["gone"] - ring["at"] >= 3.9]
    assert kinds["offer_missed"] == len(missed) == 26
    # day-0016's agent answered; for the log the caller was gone before.
    assert kinds["offer_withdrawn"] == len(silent) - len(missed) + len(DIFFERENT_OUTCOME) == 7


def test_sign_ins_and_sign_outs(day: Day) -> None:
    """An agent is in from the first queue to the last; the marks are one a queue."""
    queues: dict[str, set[str]] = {}
    expected: list[tuple[str, str, float]] = []
    for mark in day.truth["marks"]:
        mine = queues.setdefault(mark["agent"], set())
        if mark["what"] == "agent login":
            if not mine:
                expected.append((f"Agent {mark['agent']}", "in", mark["t"]))
            mine.add(mark["queue"])
        elif mark["what"] == "agent logout":
            mine.discard(mark["queue"])
            if not mine:
                expected.append((f"Agent {mark['agent']}", "out", mark["t"]))
    logged = [
        (event.agent, "in" if isinstance(event, AgentSignedIn) else "out", event.at)
        for event in day.recording.events
        if isinstance(event, AgentSignedIn | AgentSignedOut)
    ]
    same_moments(logged, expected)


def test_pauses_with_their_reasons() -> None:
    day = Day("day")
    expected = [
        (f"Agent {mark['agent']}", mark.get("reason", "ready"), mark["t"])
        for mark in day.truth["marks"]
        if mark["what"] in ("pause", "unpause")
    ]
    logged = []
    signed_in_at: dict[str | None, float] = {}
    for event in day.recording.events:
        if isinstance(event, AgentSignedIn):
            signed_in_at[event.agent] = event.at
        elif isinstance(event, AgentNotReady):
            logged.append((event.agent, event.reason, event.at))
        elif isinstance(event, AgentReady) and event.at != signed_in_at.get(event.agent):
            logged.append((event.agent, "ready", event.at))
    same_moments(logged, expected)


def same_moments(
    logged: list[tuple[Any, Any, float]], expected: list[tuple[str, str, float]]
) -> None:
    """The same agents did the same, each within the log's whole second."""

    def by_agent(moments: list[tuple[Any, Any, float]]) -> list[tuple[Any, Any, float]]:
        return sorted(moments, key=lambda moment: (moment[0], moment[2]))

    assert len(logged) == len(expected) > 0
    for (agent, what, at), (its_agent, its_what, its_at) in zip(
        by_agent(logged), by_agent(expected), strict=True
    ):
        assert (agent, what) == (its_agent, its_what)
        assert -0.05 <= its_at - at < 1.05, (agent, what)
