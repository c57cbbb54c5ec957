"""Skewed reality: `ccroute.Router` beside peers that only decide.

30 profiles for 5,000 agents, 300 queues, 40 of them an agent's, five escalation steps a contact.
The router keeps the steps' times, offers, acceptances, connections, events and figures; peers
are told of each step. Answers are contacts with the agents who
took them, in that order. Times are of a contact's life.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from benches.peers.profile_index import Decider, NaiveAgents, ProfileIndex
from benches.race import Race
from benches.traces import skewed
from benches.traces.skewed import (
    ACCEPT,
    ARRIVE,
    CANCEL,
    CONNECTED,
    ENQUEUE,
    FREE,
    LEAVE,
    OFFERED,
    Day,
)
from ccroute import EVENT_DTYPE, KINDS, ManualClock, Router

SETTING = "skewed reality"
BATCH = 1_000
PEERS = {"naive scan": NaiveAgents, "profile index": ProfileIndex}
MOST_OPERATIONS = {"naive scan": 1_500}
"""How many operations a slow peer answers for."""
BITS = 20
"""Of an answer, who took the contact that the bits above tell."""
QUEUED = KINDS.index("contact_queued")
CONTACT, OFFER, AGENT, KIND = (
    EVENT_DTYPE.names.index(field) for field in ("contact", "offer", "agent", "kind")
)


def decide(decider: Decider, operations: list[tuple[int, int, int]]) -> list[int]:
    """Contacts with who took them, in that order."""
    arrive, free, leave, widen = decider.arrive, decider.free, decider.leave, decider.widen
    taken: list[int] = []
    say = taken.append
    for kind, one, queue in operations:
        if kind == ARRIVE:
            agent = arrive(one, queue)
            if agent >= 0:
                say(one << BITS | agent)
        elif kind == FREE:
            contact = free(one)
            if contact >= 0:
                say(contact << BITS | one)
        elif kind == LEAVE:
            leave(one)
        else:
            agent = widen(one)
            if agent >= 0:
                say(one << BITS | agent)
    return taken


def in_batches(router: Router, commands: NDArray[np.void]) -> list[NDArray[np.void]]:
    """The events, a batch an array."""
    found = []
    for first in range(0, len(commands), BATCH):
        events, statuses = router.apply_batch(commands[first : first + BATCH])
        assert not statuses.any()
        found.append(events)
    return found


def from_events(found: list[NDArray[np.void]]) -> NDArray[np.int64]:
    """The same; keys of contacts are given out in the order they come."""
    events = np.concatenate(found)
    number: dict[int, int] = {}
    taken = []
    for event in events[np.isin(events["kind"], (QUEUED, OFFERED))].tolist():
        if event[KIND] == QUEUED:
            number[event[CONTACT]] = len(number)
        else:
            taken.append(number[event[CONTACT]] << BITS | event[AGENT])
    return np.array(taken)


def in_calls(router: Router, clock: ManualClock, rows: list[tuple]) -> list[int]:
    """The same, a call a command and a look at the events where there may be an offer."""
    enqueue, accept, connected = router.enqueue, router.accept, router.connected
    release, cancel, events, be = router.release, router.cancel, router.events_array, clock.set
    taken: list[int] = []
    offers: dict[str, int] = {}
    name: dict[int, str] = {}

    def look() -> None:
        for event in events().tolist():
            if event[KIND] == OFFERED:
                contact = name[event[CONTACT]]
                offers[contact] = event[OFFER]
                taken.append(int(contact) << BITS | event[AGENT])

    for op, at, contact, queue in rows:
        be(at)
        if op == ENQUEUE:
            name[enqueue(contact, queue=queue)] = contact
            look()
        elif op == ACCEPT:
            if contact not in offers:  # by a step that falls due now
                router.advance()
                look()
            accept(offers.pop(contact))
        elif op == CONNECTED:
            connected(contact)
        elif op == CANCEL:
            cancel(contact)
        else:
            release(contact)
            look()
    return taken


def call_rows(day: Day) -> list[tuple]:
    """Commands as calls take them."""
    commands = day.commands
    return list(
        zip(
            commands["op"].tolist(),
            (commands["at_us"] / 1e6).tolist(),
            map(str, commands["contact"].tolist()),
            map(str, commands["queue"].tolist()),
            strict=True,
        )
    )


@pytest.mark.cells(quick=["1000 agents, 300 queues"], more=["5000 agents, 300 queues"])
@pytest.mark.parametrize("way", [*PEERS, "ccroute calls", "ccroute batch"])
def test_skewed_reality(race: Race, cell: str, way: str) -> None:
    day = skewed.day(int(cell.split(maxsplit=1)[0]))
    if way == "ccroute batch":
        race(
            SETTING, cell, way, events=day.contacts, goal=10, rounds=3,
            prepare=lambda: (day.centre.router()[0], day.commands), work=in_batches,
            settle=from_events,
        )  # fmt: skip
    elif way == "ccroute calls":
        rows = call_rows(day)
        race(
            SETTING, cell, way, events=day.contacts, goal=5, rounds=3,
            prepare=lambda: (*day.centre.router(), rows), work=in_calls,
            settle=np.array,
        )  # fmt: skip
    else:
        operations = day.operations[: MOST_OPERATIONS.get(way)]
        contacts = sum(kind == ARRIVE for kind, _, _ in operations)
        race(
            SETTING, cell, way, events=contacts, rounds=3,
            prepare=lambda: (PEERS[way](day.centre, day.contacts), operations),
            work=decide, settle=np.array,
        )  # fmt: skip
