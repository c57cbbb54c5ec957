"""The scenario files of the Rust core, played through the public API.

Reading and playing them stand in ``tests/scenarios/``.
"""

from collections import deque
from pathlib import Path

import pytest
from tests.scenarios.playing import disagreement
from tests.scenarios.reading import options, report, settings

from ccroute import HelpWhen, Link, NewContact, Observed, Requirement

FOLDER = Path(__file__).parents[1] / "rust/ccroute-core/tests/scenarios"
FILES = {
    path.relative_to(FOLDER).with_suffix("").as_posix(): path
    for path in sorted(FOLDER.rglob("*.txt"))
}
every_file = pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())


@every_file
def test_scenario(file):
    number_and_words = disagreement(file.read_text())
    assert number_and_words is None, number_and_words[1]


def test_there_are_scenarios():
    assert len(FILES) >= 230


@every_file
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
    [
        "at 1s ready ana",
        "at 1 ready ana -> nothing",
        "at 1s dance ana -> nothing",
        "ready ana",
        "at 1s enqueue c1 on vip colour red -> nothing",
        "at 1s enqueue c1 on vip excludes ana:later -> nothing",
        "at 1s adopt c1 on vip -> nothing",
        "at 1s reconcile c1 present -> nothing",
        "at 1s set_queue_open vip ajar -> nothing",
        "at 1s observe_kpi level 0.8 -> nothing",
        "at 1s set_plan later -> nothing",
    ],
)
def test_what_is_no_scenario_is_no_pass(line):
    with pytest.raises((AssertionError, KeyError, ValueError)):
        disagreement(f"{HEAD}at 0s advance -> nothing\n{line}\n")


TRIED = """[queues.vip]
callback = {}
[[classification.rules]]
queue = "vip"
[agents.ana]
queues = ["vip"]

at 0s enqueue c1 -> contact_classified c1 rule 1; contact_queued c1
at 0s request_callback c1 -> contact_left c1 callback; contact_queued c1
at 0s ready ana -> agent_ready ana; offer_made o1 c1 ana
at 0s accept o1 -> offer_accepted o1 c1 ana
at 1s fail_callback c1 busy -> callback_failed c1 ana busy attempt 1; contact_scheduled c1
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("rule 1", "rule 2"), ("attempt 1", "attempt 2")],
)
def test_a_wrong_number_is_noticed(right, wrong):
    assert disagreement(TRIED) is None
    number, _ = disagreement(TRIED.replace(right, wrong))
    assert right in TRIED.splitlines()[number - 1]


def in_words(text):
    return deque(text.split())


def test_all_that_is_said_of_an_agent_is_read():
    assert settings(
        in_words(
            'skills es=8 labels site=lima,floor=2,new=true,code="7" budget 10 lines a,b '
            "queues vip,billing:rank=1:position=2:delay=10s:waiting=3:waited=30s capacity chat=3"
        )
    ) == {
        "skills": {"es": 8},
        "labels": {"site": "lima", "floor": 2, "new": True, "code": "7"},
        "budget": 10,
        "lines": ["a", "b"],
        "queues": {
            "vip": Link(),
            "billing": Link(rank=1, position=2, delay=10, help_when=HelpWhen(waiting=3, waited=30)),
        },
        "capacity": {"chat": 3},
    }


def test_all_that_is_said_of_a_contact_is_read():
    assert options(
        in_words(
            "on vip via chat band -2 head_start -30s with n=-1 prefers ana=5,ana=6 "
            "excludes ana,bo:30s entered_at 0s not_before 9s customer k conversation s previous p "
            "needs es>=5,en any fr|de>=2 any pt not new where skills.es>3 where labels.a==1"
        )
    ) == {
        "queue": "vip",
        "channel": "chat",
        "band": -2,
        "head_start": -30,
        "attributes": {"n": -1},
        "preferred": {"ana": 5},
        "excluded": {"ana": None, "bo": 30},
        "entered_at": 0,
        "not_before": 9,
        "customer": "k",
        "conversation": "s",
        "previous": "p",
        "requirement": Requirement(
            all_of={"es": 5, "en": 1},
            any_of=[{"fr": 1, "de": 2}, {"pt": 1}],
            none_of={"new": 1},
            where="((skills.es>3)) && (labels.a==1)",
        ),
    }


def test_all_that_a_platform_reports_is_read():
    among, reported = (
        "among site=lima",
        "of c1 present | c2 engaged ana on vip | c3 present via chat",
    )
    known = NewContact(contact="c2", queue="vip", channel="voice")
    seen = [
        Observed(contact="c1"),
        Observed(contact="c2", agent="ana", known=known),
        Observed(contact="c3", known=NewContact(contact="c3", channel="chat")),
    ]
    assert report(in_words(f"{among} {reported}")) == (seen, {"among": ("site", "lima")})
    assert report(in_words("")) == ([], {})
