"""What AMI's events say, folded, against what the far ends of every call did.

Right to a hundredth of a second, but for the calls named here: each with what app_queue does
there. Blame is right for all of them, since who asked first to hang up is listened to.
"""

import json
from typing import Any

import pytest
from adapters.asterisk.tests.ami.captured import CAPTURES, observed, visits

from ccroute import AgentNotReady, AgentReady, AgentSignedIn, AgentSignedOut, ContactRefused
from ccroute.replay import Outcome, Visit

EXACT = 0.05

GONE_LATER = "leaves the queue, and the dialplan hangs up a second later"
MOVED = "moved by the administrator, told as if the caller had hung up"
LIVES_ON = "the conversation goes on after the transfer, outside the queue"

DIFFERENT_OUTCOME = {
    "day-0016": "the caller hung up 1.2 ms before the agent answered: told as abandoned",
}
DIFFERENT_WAIT = {
    "timeout-no-agent-024": GONE_LATER,
    "timeout-no-agent-025": GONE_LATER,
    "timeout-no-agent-026": GONE_LATER,
    "timeout-while-ringing-027": GONE_LATER,
    "exit-key-037": GONE_LATER,
    "exit-key-038": GONE_LATER,
    "exit-key-039": GONE_LATER,
    "exit-key-ringing-040": GONE_LATER,
    "redirect-waiting-048": "moved by the administrator: lives on outside the queue",
}
DIFFERENT_TALK = {
    "blind-transfer-041": LIVES_ON,
    "redirect-046": "moved in mid-call by the administrator: lives on outside the queue",
}
DIFFERENT_BLAME = {
    "attended-transfer-045": "the agent's leg, ended by the administrator: the truth has nobody",
}
NOT_ABANDONED_BY_CUSTOMER = {
    "redirect-waiting-047": MOVED,
    "admin-074": "hung up by the administrator, which AMI tells like a caller's hang-up",
}
REFUSED = {"join-empty-refused-055"}
TIMED_OUT = {
    "timeout-no-agent-024",
    "timeout-no-agent-025",
    "timeout-no-agent-026",
    "timeout-while-ringing-027",
}
LEFT_EMPTY = {"leave-empty-056", "leave-empty-057"}
KEYED_OUT = {"exit-key-037", "exit-key-038", "exit-key-039", "exit-key-ringing-040"}


class Day:
    def __init__(self, name: str) -> None:
        self.events = observed(name)
        self.workload = visits(self.events)
        truth: dict[str, Any] = json.loads((CAPTURES / f"{name}.truth.json").read_text())
        self.calls: list[dict[str, Any]] = truth["calls"]
        self.marks: list[dict[str, Any]] = truth["marks"]

    def pairs(self) -> list[tuple[dict[str, Any], Visit]]:
        """Each call of the truth that was in a queue, with its first visit."""
        contacts = self.workload.contacts
        return [
            (call, contacts[call["uniqueid"]][0])
            for call in self.calls
            if call["uniqueid"] in contacts
        ]

    def named(self, *differences: dict[str, str]) -> set[str]:
        refs = {call["ref"] for call in self.calls}
        return {ref for known in differences for ref in known if ref in refs}

    def refs(self, kind: str, cause: str) -> set[str]:
        by_id = {call["uniqueid"]: call["ref"] for call in self.calls}
        told = [it for it in self.events if (it.kind, it.cause) == (kind, cause)]
        return {by_id[it.contact or ""] for it in told}


@pytest.fixture(scope="module", params=["day", "scenarios"])
def day(request: pytest.FixtureRequest) -> Day:
    return Day(request.param)


@pytest.fixture(scope="module")
def scenarios() -> Day:
    return Day("scenarios")


def answers(call: dict[str, Any]) -> list[dict[str, Any]]:
    return [ring for ring in call["rings"] if ring["answered"] is not None]


def test_every_call_is_told_of(day: Day) -> None:
    """The one refused at the door too, which is in no queue_log and in no event of a queue."""
    missing = {c["ref"] for c in day.calls if c["uniqueid"] not in day.workload.contacts}
    assert missing == {ref for ref in REFUSED if ref in {c["ref"] for c in day.calls}}
    refused = [event for event in day.events if isinstance(event, ContactRefused)]
    assert [it.contact for it in refused] == [f"lab-{ref}" for ref in missing]
    assert [(it.queue, it.cause) for it in refused] == [("strict", "no_agents") for _ in missing]


def test_who_answered(day: Day) -> None:
    different = set()
    for call, visit in day.pairs():
        first = answers(call)[:1]
        expected = f"Agent {first[0]['agent']}" if first else None
        if visit.agent != expected or visit.queue != call["queue"]:
            different.add(call["ref"])
    assert different == day.named(DIFFERENT_OUTCOME)


def test_who_abandoned(day: Day) -> None:
    different = {
        call["ref"]
        for call, visit in day.pairs()
        if (visit.outcome is Outcome.ABANDONED)
        != (call["hung_up_first"] == "caller" and not answers(call))
    }
    assert different == day.named(DIFFERENT_OUTCOME, NOT_ABANDONED_BY_CUSTOMER)


def test_waits_to_the_hundredth_of_a_second(day: Day) -> None:
    different = set()
    for call, visit in day.pairs():
        until = answers(call)[0]["answered"] if answers(call) else call["gone"]
        if abs(visit.wait - (until - call["entered"])) >= EXACT:
            different.add(call["ref"])
    assert different == day.named(DIFFERENT_WAIT)


def test_talks_to_the_hundredth_of_a_second(day: Day) -> None:
    different = set()
    for call, visit in day.pairs():
        if visit.talk is None or len(answers(call)) != 1:
            continue
        if abs(visit.talk - (call["gone"] - answers(call)[0]["answered"])) >= EXACT:
            different.add(call["ref"])
    assert different == day.named(DIFFERENT_TALK)


def test_who_ended_the_conversation(day: Day) -> None:
    words = {"caller": "customer", "agent": "agent", None: None}
    different = {
        call["ref"]
        for call, visit in day.pairs()
        if visit.outcome is Outcome.ANSWERED and visit.cause != words[call["hung_up_first"]]
    }
    assert different == day.named(DIFFERENT_BLAME)


def test_why_callers_left_who_did_not_hang_up(scenarios: Day) -> None:
    assert scenarios.refs("contact_left", "timed_out") == TIMED_OUT
    assert scenarios.refs("contact_left", "no_agents") == LEFT_EMPTY
    assert scenarios.refs("contact_left", "exited_by_key") == KEYED_OUT
    assert scenarios.refs("contact_left", "withdrawn") == {"admin-073"}
    assert scenarios.refs("contact_left", "transferred") == {"redirect-waiting-048"}


def test_why_phones_were_not_answered(scenarios: Day) -> None:
    """Which a queue_log has one word for."""
    assert scenarios.refs("offer_missed", "busy") == {"agent-busy-034"}
    assert scenarios.refs("offer_declined", None) == {"agent-rejects-035"}  # type: ignore[arg-type]
    assert scenarios.refs("offer_missed", "unreachable") == {"agent-congestion-other-answers-036"}


def test_transfers_and_the_visit_after_one(scenarios: Day) -> None:
    moved = {"blind-transfer-041", "blind-transfer-042", "blind-transfer-043"}
    assert scenarios.refs("contact_transferred", "agent") == {*moved, "attended-transfer-044"}
    first, second = scenarios.workload.contacts["lab-blind-transfer-043"]
    assert (first.queue, second.queue) == ("sales", "support")
    assert second.outcome is Outcome.ANSWERED


def test_every_ring_is_an_offer_with_its_agent_and_end() -> None:
    """Who rang, in order, and whether the agent answered.

    Of the day only: in the scenarios phones ring outside the queue too.
    """
    day = Day("day")
    told: dict[str, list[tuple[str | None, bool]]] = {}
    for event in day.events:
        if event.kind in {"offer_accepted", "offer_missed", "offer_withdrawn"}:
            accepted = event.kind == "offer_accepted"
            told.setdefault(event.contact or "", []).append((event.agent, accepted))
    different = {
        call["ref"]
        for call in day.calls
        if told.get(call["uniqueid"], [])
        != [(f"Agent {ring['agent']}", ring["answered"] is not None) for ring in call["rings"]]
    }
    assert different == set(DIFFERENT_OUTCOME)


def test_every_offer_ends_once(day: Day) -> None:
    ends = {"offer_accepted", "offer_missed", "offer_withdrawn", "offer_declined", "offer_lost"}
    made = [getattr(it, "offer", 0) for it in day.events if it.kind == "offer_made"]
    ended = [getattr(it, "offer", 0) for it in day.events if it.kind in ends]
    assert sorted(ended) == sorted(made)
    assert len(set(made)) == len(made)


def test_sign_ins_and_sign_outs(day: Day) -> None:
    """An agent is in from the first queue to the last; the marks are one a queue."""
    queues: dict[str, set[str]] = {}
    expected: list[tuple[str, str, float]] = []
    for mark in day.marks:
        mine = queues.setdefault(mark["agent"], set())
        if mark["what"] == "agent login":
            if not mine:
                expected.append((f"Agent {mark['agent']}", "in", mark["t"]))
            mine.add(mark["queue"])
        elif mark["what"] == "agent logout":
            mine.discard(mark["queue"])
            if not mine:
                expected.append((f"Agent {mark['agent']}", "out", mark["t"]))
    told = [
        (event.agent, "in" if isinstance(event, AgentSignedIn) else "out", event.at)
        for event in day.events
        if isinstance(event, AgentSignedIn | AgentSignedOut)
    ]
    same_moments(told, expected)


def test_pauses_with_their_reasons() -> None:
    day = Day("day")
    expected = [
        (f"Agent {mark['agent']}", mark.get("reason", "ready"), mark["t"])
        for mark in day.marks
        if mark["what"] in {"pause", "unpause"}
    ]
    told = []
    signed_in_at: dict[str | None, float] = {}
    for event in day.events:
        if isinstance(event, AgentSignedIn):
            signed_in_at[event.agent] = event.at
        elif isinstance(event, AgentNotReady):
            told.append((event.agent, event.reason, event.at))
        elif isinstance(event, AgentReady) and event.at != signed_in_at.get(event.agent):
            told.append((event.agent, "ready", event.at))
    same_moments(told, expected)


def same_moments(
    told: list[tuple[Any, Any, float]], expected: list[tuple[str, str, float]]
) -> None:
    """The same agents did the same at the same time."""

    def by_agent(moments: list[tuple[Any, Any, float]]) -> list[tuple[Any, Any, float]]:
        return sorted(moments, key=lambda moment: (moment[0], moment[2]))

    assert len(told) == len(expected) > 0
    for (agent, what, at), (its_agent, its_what, its_at) in zip(
        by_agent(told), by_agent(expected), strict=True
    ):
        assert (agent, what) == (its_agent, its_what)
        assert abs(at - its_at) < EXACT, (agent, what)
