"""AMI and the queue_log as two witnesses of one day: nothing is counted twice, nothing lost."""

import random
from collections import Counter

import pytest
from adapters.asterisk.tests.ami.captured import heard, lines, observed, packets, say, visits

from ccroute import Event
from ccroute.metrics import Metrics
from ccroute_asterisk.ami.observer import Observer
from ccroute_asterisk.queue_log import Line, QueueLogDecoder

FIELDS = ("offered", "answered", "abandoned", "left")


def figures(events: list[Event]) -> dict[str, tuple[float | None, ...]]:
    metrics = Metrics()
    metrics.fold_all(events)
    report = metrics.report(kpis=list(FIELDS))
    return {row.labels["queue"]: tuple(row[it].value for it in FIELDS) for row in report}


def fates(events: list[Event]) -> dict[str, list[tuple[str, str, str | None]]]:
    return {
        contact: [(visit.queue, visit.outcome.value, visit.agent) for visit in each]
        for contact, each in visits(events).contacts.items()
    }


def cut(name: str, since: float, until: float) -> tuple[Observer, list[Event]]:
    """A day on which AMI was not heard from ``since`` to ``until``, and the log filled in."""
    observer = Observer("pbx")
    told, log = packets(name), lines(name)
    observer.up(0.0)
    heard(observer, [it for it in told if float(it.value("Timestamp") or 0) < since])
    before = [line for line in log if line.at < since]
    observer.read(before)
    observer.down()
    observer.up(until)
    observer.read(log[len(before) :])
    heard(observer, [it for it in told if float(it.value("Timestamp") or 0) >= until])
    observer.advance(observer.now + 60)
    return observer, observer.drain()


@pytest.mark.parametrize("name", ["day", "scenarios"])
def test_a_log_beside_ami_changes_nothing(name: str) -> None:
    observer = Observer("pbx")
    observer.up(0.0)
    log = lines(name)
    for packet in packets(name):
        observer.hear(packet, 0.0)
        while log and log[0].at + 1 < observer.now:  # the tail looks a second later
            observer.read([log.pop(0)])
    observer.read(log)
    observer.advance(observer.now + 60)
    assert fates(observer.drain()) == fates(observed(name))
    assert (observer.covered, observer.filled) == (len(lines(name)), 0)


@pytest.mark.parametrize("name", ["day", "scenarios"])
def test_a_log_alone_tells_the_same_story(name: str) -> None:
    observer = Observer("pbx")
    observer.read(lines(name))
    told, expected = fates(observer.drain()), fates(observed(name))
    # Redirected in the queue, which the log cannot tell from a caller who hangs up.
    different = {it for it in expected if told.get(it) != expected[it]}
    assert different == ({"lab-redirect-waiting-048"} if name == "scenarios" else set())


@pytest.mark.parametrize("seed", range(30))
def test_wherever_ami_is_cut_the_log_fills_in_and_nothing_counts_twice(seed: int) -> None:
    draw = random.Random(seed)
    whole = observed("day")
    first, last = whole[0].at, whole[-1].at
    since = draw.uniform(first, last)
    until = min(since + draw.choice([0.3, 2.0, 5.0, 60.0, 400.0]), last)
    _, merged = cut("day", since, until)
    assert figures(merged) == figures(whole)
    assert fates(merged) == fates(whole)
    rings = Counter(event.kind for event in whole if event.kind.startswith("offer_"))
    again = Counter(event.kind for event in merged if event.kind.startswith("offer_"))
    # One that was given up in the very second of an edge may be missing; none is there twice.
    assert not again - rings
    assert sum((rings - again).values()) <= 2


def test_waits_over_a_cut_are_right_within_the_logs_second() -> None:
    whole = observed("day")
    since = whole[0].at + 300
    _, merged = cut("day", since, since + 60)
    expected = visits(whole).contacts
    for contact, each in visits(merged).contacts.items():
        for visit, its in zip(each, expected[contact], strict=True):
            assert abs(visit.wait - its.wait) < 1.05


def test_history_is_told_from_when_it_was_asked_for() -> None:
    log = lines("day")
    since = log[0].at + 400.0
    observer = Observer("pbx")
    observer.go_on(observer.in_progress(observer.begin(log, since)), since)
    events = observer.drain()
    early = {event.contact for event in events if event.contact and event.at < since}
    # Whoever was in the middle of a call then is told of from the beginning, nobody else.
    live = {
        contact
        for contact, each in visits(observed("day")).contacts.items()
        if each[0].entered < since - 1
        and (each[0].entered + each[0].wait + (each[0].talk or 0)) > since
    }
    assert live <= early <= set(visits(observed("day")).contacts)
    assert len(early) < 12
    signed_in = {event.agent for event in events if event.kind == "agent_signed_in"}
    assert len(signed_in) == 10
    assert min(event.at for event in events if event.kind == "agent_signed_in") == since


def test_what_the_log_says_of_an_agent_is_old_once_ami_told_more() -> None:
    start = 1_800_000_000.0
    observer = Observer("pbx")
    observer.up(start)
    (line,) = QueueLogDecoder().receive_data(b"1800000000|CLI|sales|Ana|ADDMEMBER|\n")
    assert isinstance(line, Line)
    observer.read([line])
    ana = {"Queue": "sales", "MemberName": "Ana", "Interface": "PJSIP/301", "Status": 1}
    say(observer, "QueueMemberAdded", start + 0.1, **ana)
    say(observer, "QueueMemberRemoved", start + 2.9, **ana)
    observer.advance(start + 10)
    kinds = [event.kind for event in observer.drain()]
    assert kinds == ["agent_signed_in", "agent_ready", "agent_signed_out"]
