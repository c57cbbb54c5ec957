"""What happened, as ``ccroute replay`` tells it, against the delivered ground truth.

The truth is what the far ends of every call reported, whatever Asterisk's queue wrote down.
The files lie beside the project; what came of them everywhere else stands in the adapter's
captures. Where the log knows it otherwise the calls are named, each with the reason.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import attrs
import pytest

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "asterisk22"
pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="the recordings as delivered are not part of the project"
)

# Hung up by the caller 1.2 ms before the agent answered: for Asterisk an abandon.
TOO_LATE = {"day-0016"}
# Refused at the door of its queue (joinempty): no line at all.
REFUSED = {"join-empty-refused-055"}
# Ended or moved by the administrator while waiting, logged ABANDON.
LOGGED_ABANDON = {"redirect-waiting-047", "redirect-waiting-048", "admin-074"}
# Transferred into another queue, where the second of its agents answers: another visit.
INTO_A_QUEUE = {"blind-transfer-043": "support"}


@attrs.frozen
class Stay:
    """What the far ends saw of one visit; ``answered`` and ``gone`` are its agent's."""

    queue: str
    entered: float
    abandoned: bool
    agent: str | None
    answered: float = 0.0
    gone: float = 0.0


def stays(call: dict[str, Any]) -> list[Stay]:
    """The visits of a call of the ground truth, each with the agent who answered it."""
    ends = call["far_ends"]
    entered = next(e["t"] for e in ends if (e["role"], e["what"]) == ("caller", "answers"))
    answers = [e for e in ends if (e["role"], e["what"]) == ("agent", "answers")]
    assert [e["agent"] for e in answers] == call["agents_answered"]
    if not answers or call["ref"] in TOO_LATE:
        hung_up = any((e["role"], e["what"]) == ("caller", "hangs up") for e in ends)
        return [Stay(call["queue"], entered, hung_up or call["ref"] in LOGGED_ABANDON, None)]
    found = []
    for queue, answer in zip((call["queue"], INTO_A_QUEUE.get(call["ref"])), answers, strict=False):
        if queue is not None:
            over = [
                e["t"]
                for e in ends
                if e["what"] == "gone"
                and e["t"] >= answer["t"]
                and (e["role"] == "caller" or e["uniqueid"] == answer["uniqueid"])
            ]
            agent = f"Agent {answer['agent']}"
            found.append(Stay(queue, entered, False, agent, answer["t"], min(over)))
            entered = found[-1].gone
    return found


@attrs.frozen
class Day:
    """One recording: what is true of it, and the figures of the replay."""

    stays: list[Stay]
    calls: int
    document: dict[str, Any]

    def queues(self) -> list[tuple[dict[str, Any], list[Stay], list[Stay]]]:
        """Each queue's figures, its stays, and those of them that were answered."""
        rows = []
        for row in self.document["happened"]:
            mine = [stay for stay in self.stays if stay.queue == row["queue"]]
            rows.append((row, mine, [stay for stay in mine if stay.agent is not None]))
        return rows


@pytest.fixture(scope="module", params=[("day", 335), ("queue", 105)], ids=["day", "scenarios"])
def day(request: pytest.FixtureRequest) -> Day:
    name, number = request.param
    program = "from ccroute.cli import main; main()"
    words = [sys.executable, "-c", program, "replay", str(DATA / name / "queue_log"), "--json"]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    calls = json.loads((DATA / name / "ground_truth.json").read_text())["calls"]
    assert len(calls) == number
    seen = [call for call in calls if call["ref"] not in REFUSED]
    return Day([stay for call in seen for stay in stays(call)], len(seen), json.loads(ran.stdout))


def test_every_line_is_used_and_every_call_is_there(day: Day) -> None:
    assert day.document["faults"] == []
    assert day.document["contacts"] == day.calls
    assert {row["queue"] for row, *_ in day.queues()} == {stay.queue for stay in day.stays}


def test_offered_answered_abandoned_and_left(day: Day) -> None:
    for row, mine, answered in day.queues():
        gave_up = sum(stay.abandoned for stay in mine)
        assert (row["offered"], row["answered"]) == (len(mine), len(answered)), row["queue"]
        assert (row["abandoned"], row["waiting"]) == (gave_up, 0), row["queue"]
        assert row["left"] == len(mine) - len(answered) - gave_up


def test_waits_and_service_level(day: Day) -> None:
    """Stamps are whole seconds, cut: a length between two of them is off by less than one."""
    for row, _, answered in day.queues():
        waits = [stay.answered - stay.entered for stay in answered]
        level = row["service_level"]
        assert level["denominator"] == row["answered"] + row["abandoned"]
        least, most = (sum(w < level["within"] + more for w in waits) for more in (-1, 1))
        assert least <= level["numerator"] <= most
        if waits:
            assert row["asa"] == pytest.approx(sum(waits) / len(waits), abs=1)
            assert row["wait_longest"] == pytest.approx(max(waits), abs=1)
        else:
            assert row["asa"] is row["wait_longest"] is None


def test_handle_time(day: Day) -> None:
    for row, _, answered in day.queues():
        talks = [stay.gone - stay.answered for stay in answered]
        if talks:
            assert row["handle_time"] == pytest.approx(sum(talks) / len(talks), abs=1)
        else:
            assert row["handle_time"] is None


def test_who_handled_how_many(day: Day) -> None:
    handled = {
        pair["agent"]: pair["happened"]["handled"]
        for pair in day.document["agents"]
        if pair["happened"]["handled"]
    }
    assert handled == Counter(stay.agent for stay in day.stays if stay.agent is not None)
