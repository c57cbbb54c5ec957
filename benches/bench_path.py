"""The whole path: an event in, a decision, figures folded, a record for the journal encoded.

Against a plain distributor in Python, `benches.peers.acd`. Records are encoded and kept, not
written to a disk. Answers: the agent of each contact, and by queue how many were offered,
answered, abandoned, and answered within 20 s. Times are of a life.
"""

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benches.bench_router import AGENT, CONTACT, KIND, NOBODY, OFFER, Known, Row, Told
from benches.bench_router import batches as routers_of_batches
from benches.bench_router import calls as routers_of_calls
from benches.peers.acd import Acd
from benches.race import Race
from benches.traces import lives as trace
from benches.traces.lives import (
    ACCEPT,
    ADVANCE,
    CANCEL,
    CONNECTED,
    ENQUEUE,
    OFFERED,
    QUEUES,
    SECOND,
    Cell,
    Lives,
)
from ccroute import (
    Accept,
    Advance,
    Cancel,
    Command,
    Connected,
    Enqueue,
    OfferMade,
    Release,
    Router,
)
from ccroute.journal import Entry, entry_to_json

SETTING = "the whole path"
FIGURES = ["offered", "answered", "abandoned", f"wait_answered.within:{20 * SECOND}"]

Answers = tuple[NDArray[Any], NDArray[Any]]
"""By contact its agent; figures, by queue and field."""
Wanted = tuple[int, int, int, str, int, int]
"""op, at (µs), contact, queue, band, head start (µs)."""


def counted(router: Router) -> NDArray[np.int64]:
    """By queue and field of ``FIGURES``."""
    found = router.metrics.aggregator.query(["queue"], FIGURES)
    by_label = {label: place for place, label in enumerate(found["labels"]["queue"])}
    places = [by_label[trace.queue_name(number)] for number in range(QUEUES)]
    return np.stack([found["columns"][field][places] for field in FIGURES], axis=1)


def plain(day: Lives) -> tuple[object, ...]:
    """A distributor at the beginning of the timed part, and the events."""
    centre = day.centre
    acd = Acd(
        {name: queue.requires.all_of for name, queue in centre.plan.queues.items()},
        centre.skills,
        centre.links,
        wrap_up=trace.WRAP_UP * SECOND,
    )
    handle(acd, wanted(day.before))
    acd.records.clear()
    return acd, wanted(day.commands), day.contacts


def wanted(commands: NDArray[np.void]) -> list[Wanted]:
    """Events as a program of one's own would get them."""
    fields = ("op", "at_us", "contact", "queue", "band", "value_us")
    columns = [commands[field].tolist() for field in fields]
    columns[3] = [trace.queue_name(queue) for queue in columns[3]]
    return list(zip(*columns, strict=True))


def handle(acd: Acd, events: list[Wanted]) -> None:
    for op, at, contact, queue, band, head_start in events:
        if op == ENQUEUE:
            acd.arrive(at, contact, queue, band, head_start)
        elif op == ACCEPT:
            acd.accept(at, contact)
        elif op == CONNECTED:
            acd.connected(at, contact)
        elif op == ADVANCE:
            acd.tick(at)
        elif op == CANCEL:
            acd.abandon(at, contact)
        else:
            acd.release(at, contact)


def by_acd(acd: Acd, events: list[Wanted], contacts: int) -> Answers:
    handle(acd, events)
    agent_of = [acd.agent_of.get(contact, NOBODY) for contact in range(contacts)]
    return np.array(agent_of), np.array(acd.counts())


def by_batches(router: Router, known: Known, windows: list[NDArray[np.void]]) -> Answers:
    """The rows are the journal: carried out again they give the same. With a checksum each."""
    journal = []
    for rows in windows:
        record = rows.tobytes()
        journal.append((zlib.crc32(record), record))
        events, statuses = router.apply_batch(rows)
        assert not statuses.any()
        known.hear(rows, events)
    return known.agent_of, counted(router)


def command_of(row: Row, offer_of: dict[int, int]) -> Command:
    op, _, contact, name, queue, band, head_start = row
    if op == ENQUEUE:
        return Enqueue(contact=name, queue=queue, band=band, head_start=head_start)
    if op == ACCEPT:
        return Accept(offer=offer_of[contact])
    if op == CONNECTED:
        return Connected(contact=name)
    if op == ADVANCE:
        return Advance()
    return Cancel(contact=name) if op == CANCEL else Release(contact=name)


def by_calls(
    router: Router,
    clock: Told,
    number_of: dict[int, int],
    offer_of: dict[int, int],
    agent_of: list[int],
    rows: list[Row],
) -> Answers:
    """The journal's entry as JSON, a method, and the events as an array."""
    journal = []
    for number, row in enumerate(rows, 1):
        op, at, contact, name, queue, band, head_start = row
        clock.at = at
        entry = Entry(sequence=number, at=at, command=command_of(row, offer_of))
        journal.append(entry_to_json(entry))
        if op == ENQUEUE:
            key = router.enqueue(name, queue=queue, band=band, head_start=head_start)
            number_of[key] = contact
        elif op == ACCEPT:
            router.accept(offer_of[contact])
        elif op == CONNECTED:
            router.connected(name)
        elif op == ADVANCE:
            router.advance()
        elif op == CANCEL:
            router.cancel(name)
        else:
            router.release(name)
        for event in router.events_array().tolist():
            if event[KIND] == OFFERED:
                offered = number_of[event[CONTACT]]
                offer_of[offered] = event[OFFER]
                agent_of[offered] = event[AGENT]
    return np.array(agent_of), counted(router)


def by_objects(
    router: Router,
    _clock: Told,
    _number_of: dict[int, int],
    offer_of: dict[int, int],
    agent_of: list[int],
    rows: list[Row],
) -> Answers:
    """As `ccroute.host.Host` does: commands, entries and events are objects."""
    journal = []
    agents = {name: number for number, name in enumerate(router.names("agents"))}
    for number, row in enumerate(rows, 1):
        command = command_of(row, offer_of)
        entry = Entry(sequence=number, at=row[1], command=command)
        journal.append(entry_to_json(entry))
        router.apply(command, envelope=entry.envelope, at=entry.at)
        for event in router.events():
            if isinstance(event, OfferMade):
                offered = int(event.contact)
                offer_of[offered] = event.offer
                agent_of[offered] = agents[event.agent]
    return np.array(agent_of), counted(router)


WAYS: dict[str, tuple[Callable[[Lives], tuple[object, ...]], Callable[..., Answers], Any]] = {
    "plain Python ACD": (plain, by_acd, None),
    "ccroute batch": (routers_of_batches, by_batches, 20.0),
    "ccroute calls": (routers_of_calls, by_calls, 5.0),
    "ccroute calls, events as objects": (routers_of_calls, by_objects, None),
}


@pytest.mark.cells(quick=[Cell(1_000, "idle")], more=[Cell(1_000, "backlog")])
@pytest.mark.parametrize("way", WAYS)
def test_the_whole_path(race: Race, cell: Cell, way: str) -> None:
    day = trace.lives(cell)
    prepare, work, goal = WAYS[way]
    race(
        SETTING,
        str(cell),
        way,
        events=day.lives,
        prepare=lambda: prepare(day),
        work=work,
        size=cell.agents,
        goal=goal,
    )
