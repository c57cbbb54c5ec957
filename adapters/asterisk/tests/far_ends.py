"""What the far ends of every call of a capture did, and where what was told of it differs.

Whoever tells of the calls, from a queue_log or from AMI, is held to the same truth; how exact it
can be is its own. Differences are given by the names that the calls bear in the truth.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeAlias

from ccroute import AgentNotReady, AgentReady, AgentSignedIn, AgentSignedOut, Event
from ccroute.replay import Outcome, Visit, workload

CAPTURES = Path(__file__).parent / "captures"

EXACT = 0.05
"""Seconds by which the truth itself may be off."""

Call: TypeAlias = dict[str, Any]
Moment: TypeAlias = tuple[str | None, str | None, float]
"""An agent, what it did, and when."""

DIFFERENT_OUTCOME = {
    "day-0016": "the caller hung up 1.2 ms before the agent answered: told as abandoned",
}
REFUSED = {"join-empty-refused-055": "refused at the door: was in no queue"}
GONE_LATER = dict.fromkeys(
    (
        "timeout-no-agent-024",
        "timeout-no-agent-025",
        "timeout-no-agent-026",
        "timeout-while-ringing-027",
        "exit-key-038",
        "exit-key-ringing-040",
    ),
    "leaves the queue, and the dialplan hangs up a second later",
)
LIVES_ON = {"blind-transfer-041": "the conversation goes on after it, outside the queue"}


class Day:
    """A capture, by the truth and by the ``events`` that were made of it."""

    def __init__(self, name: str, events: Iterable[Event]) -> None:
        truth = json.loads((CAPTURES / f"{name}.truth.json").read_text())
        self.calls: list[Call] = truth["calls"]
        self.events = tuple(events)
        self.contacts = workload(self.events).contacts
        self._marks: list[dict[str, Any]] = truth["marks"]

    def named(self, *differences: dict[str, str]) -> set[str]:
        """The differences that this day's calls are said to have."""
        return {ref for known in differences for ref in known} & {it["ref"] for it in self.calls}

    def _pairs(self) -> list[tuple[Call, Visit]]:
        """Each call that is told of, with its first visit."""
        told = [call for call in self.calls if call["uniqueid"] in self.contacts]
        return [(call, self.contacts[call["uniqueid"]][0]) for call in told]

    def untold(self) -> set[str]:
        """Calls that were in no queue, as it is told."""
        return {it["ref"] for it in self.calls if it["uniqueid"] not in self.contacts}

    def answered_otherwise(self) -> set[str]:
        """Calls that another agent answered, or in another queue, or none."""
        different = set()
        for call, visit in self._pairs():
            first = _answers(call)[:1]
            expected = f"Agent {first[0]['agent']}" if first else None
            if visit.agent != expected or visit.queue != call["queue"]:
                different.add(call["ref"])
        return different

    def abandoned_otherwise(self) -> set[str]:
        """Calls that were abandoned, or told as that, and not both."""
        return {
            call["ref"]
            for call, visit in self._pairs()
            if (visit.outcome is Outcome.ABANDONED)
            != (call["hung_up_first"] == "caller" and not _answers(call))
        }

    def waits_off(self, by: float) -> set[str]:
        """Calls that waited ``by`` seconds longer or shorter."""
        different = set()
        for call, visit in self._pairs():
            answers = _answers(call)
            until = answers[0]["answered"] if answers else call["gone"]
            if abs(visit.wait - (until - call["entered"])) >= by:
                different.add(call["ref"])
        return different

    def talks_off(self, by: float) -> set[str]:
        """Calls that one agent talked with ``by`` seconds longer or shorter."""
        different = set()
        for call, visit in self._pairs():
            answers = _answers(call)
            if visit.talk is None or len(answers) != 1:
                continue
            if abs(visit.talk - (call["gone"] - answers[0]["answered"])) >= by:
                different.add(call["ref"])
        return different

    def ended_otherwise(self) -> set[str]:
        """Calls whose conversation another side ended."""
        words = {"caller": "customer", "agent": "agent", None: None}
        return {
            call["ref"]
            for call, visit in self._pairs()
            if visit.outcome is Outcome.ANSWERED and visit.cause != words[call["hung_up_first"]]
        }

    def rang_otherwise(self) -> set[str]:
        """Calls for which other phones rang, in another order, or were answered otherwise."""
        told: dict[str, list[tuple[str | None, bool]]] = {}
        for event in self.events:
            if event.kind in {"offer_accepted", "offer_missed", "offer_withdrawn"}:
                accepted = event.kind == "offer_accepted"
                told.setdefault(event.contact or "", []).append((event.agent, accepted))
        return {
            call["ref"]
            for call in self.calls
            if told.get(call["uniqueid"], [])
            != [(f"Agent {ring['agent']}", ring["answered"] is not None) for ring in call["rings"]]
        }

    def sign_ins_off(self, late: float) -> list[tuple[Moment | None, Moment | None]]:
        """Sign-ins and sign-outs as told and as they were, where these are not the same; see
        `_off`. An agent is in from the first queue to the last; the marks are one a queue."""
        queues: dict[str, set[str]] = {}
        expected: list[Moment] = []
        for mark in self._marks:
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
            for event in self.events
            if isinstance(event, AgentSignedIn | AgentSignedOut)
        ]
        return _off(told, expected, late)

    def pauses_off(self, late: float) -> list[tuple[Moment | None, Moment | None]]:
        """The same of pauses with their reasons, and of their ends."""
        expected: list[Moment] = [
            (f"Agent {mark['agent']}", mark.get("reason", "ready"), mark["t"])
            for mark in self._marks
            if mark["what"] in {"pause", "unpause"}
        ]
        told: list[Moment] = []
        signed_in_at: dict[str | None, float] = {}
        for event in self.events:
            if isinstance(event, AgentSignedIn):
                signed_in_at[event.agent] = event.at
            elif isinstance(event, AgentNotReady):
                told.append((event.agent, event.reason, event.at))
            elif isinstance(event, AgentReady) and event.at != signed_in_at.get(event.agent):
                told.append((event.agent, "ready", event.at))
        return _off(told, expected, late)


def _answers(call: Call) -> list[dict[str, Any]]:
    return [ring for ring in call["rings"] if ring["answered"] is not None]


def _off(
    told: Sequence[Moment], expected: Sequence[Moment], late: float
) -> list[tuple[Moment | None, Moment | None]]:
    """Moments that are not the same, agent by agent. ``late``: seconds by which the truth may be
    after what is told."""
    if not expected:
        raise AssertionError("a truth without moments proves nothing")

    def by_agent(moments: Sequence[Moment]) -> list[Moment]:
        return sorted(moments, key=lambda moment: (moment[0] or "", moment[2]))

    pairs = zip_longest(by_agent(told), by_agent(expected))
    return [(ours, its) for ours, its in pairs if not _same(ours, its, late)]


def _same(ours: Moment | None, its: Moment | None, late: float) -> bool:
    if ours is None or its is None or ours[:2] != its[:2]:
        return False
    return -EXACT < its[2] - ours[2] < late
