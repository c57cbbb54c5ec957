"""Events and facts by hand, and all that an aggregator has to say of them."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ccroute import EVENT_DTYPE, EVENT_KINDS, KpiAggregator
from ccroute.metrics import known_fields

NONE = 0xFFFFFFFF
DAY = 1_700_006_400.0  # an edge of every interval
BASES = ("offered", "event", "completion", "split", "sl_event")
QUEUES = ("queue", "channel", "direction", "client", "campaign")
AGENTS = ("agent", "team", "queue", "channel")

Told = tuple[str, float, str | None, str | None]
"""kind, seconds, contact, agent"""


def told(aggregator: KpiAggregator, *events: Told, queue: str = "billing") -> KpiAggregator:
    for kind, seconds, contact, agent in events:
        aggregator.fold(kind, DAY + seconds, contact, queue=queue if contact else None, agent=agent)
    return aggregator


def conversation(contact: str, start: float, agent: str = "ana") -> list[Told]:
    """Waits 4 s, of which it rings 3; talks 50 s, is held for 10; wrap-up of 15 s."""
    return [
        ("contact_queued", start, contact, None),
        ("offer_made", start, contact, agent),
        ("offer_accepted", start + 3, contact, agent),
        ("contact_connected", start + 4, contact, agent),
        ("contact_held", start + 20, contact, agent),
        ("contact_resumed", start + 30, contact, agent),
        ("contact_released", start + 64, contact, agent),
        ("wrap_up_started", start + 64, contact, agent),
        ("wrap_up_ended", start + 79, contact, agent),
    ]


def waited(contact: str, start: float, wait: float, end: str = "contact_abandoned") -> list[Told]:
    agent = "ana" if end == "contact_connected" else None
    return [("contact_queued", start, contact, None), (end, start + wait, contact, agent)]


def in_time(*stories: Sequence[Told]) -> list[Told]:
    """Several stories as one, by time."""
    return sorted((event for story in stories for event in story), key=lambda event: event[1])


def rows(events: Sequence[Told], contacts: np.ndarray, agents: list[str]) -> np.ndarray:
    """The same as rows of the public dtype: one queue, voice."""
    array = np.zeros(len(events), EVENT_DTYPE)
    array["time_us"] = -1
    array["reason"] = NONE
    for row, (kind, seconds, contact, agent), key in zip(array, events, contacts, strict=True):
        row["kind"] = list(EVENT_KINDS).index(kind)
        row["at_us"] = round((DAY + seconds) * 1e6)
        row["contact"] = key if contact else 0
        row["visit"] = 1 if contact else 0
        row["queue"] = 0 if contact else NONE
        row["channel"] = 0 if contact else 255
        row["agent"] = NONE if agent is None else agents.index(agent)
    return array


def everything(aggregator: KpiAggregator, *, bases: Sequence[str] = BASES) -> dict[Any, Any]:
    """Every figure by every basis, label and cell, in plain Python: two that count alike say
    the same."""
    extent = aggregator.extent()
    if extent is None:
        return {}
    fields = [name for name in known_fields() if name != "interval.length"]
    fields += [f"{name}.p{p}" for name in ("wait_answered", "handle") for p in ("50", "99_9")]
    fields += [f"wait_answered.below:{round(t * 1e6)}" for t in aggregator.thresholds()]
    of_queues = [name for name in fields if not name.startswith("time.")]
    length = aggregator.interval()
    cells = np.arange(extent[0], extent[1] + length, length) * 1e6
    own = aggregator.dimensions()
    answers = {}
    for basis in bases:
        customers = [name for name in of_queues if basis == "offered" or "unique" not in name]
        parts = [name for name in fields if "unique" not in name]
        for by, asked in (((*QUEUES, *own), customers), (AGENTS, parts)):
            groups = aggregator.query(by, asked, basis=basis, edges=cells.astype(np.int64))
            labels = list(zip(*(groups["labels"][name] for name in by), strict=True))
            starts = cells[groups["interval"]].tolist()
            columns = [map(_plain, groups["columns"][name].tolist()) for name in asked]
            figures = zip(*columns, groups["final"].tolist(), strict=True)
            rows = zip(labels, starts, figures, strict=True)
            answers |= {(basis, *label, start): figure for label, start, figure in rows}
    return answers


def figures(aggregator: KpiAggregator, *fields: str, **asked: Any) -> list[int]:
    """Fields over all rows and all time."""
    groups = aggregator.query([], fields, **asked)
    return [groups["columns"][name].tolist()[0] for name in fields] if len(groups["final"]) else []


def _plain(value: float) -> float | None:
    return None if isinstance(value, float) and math.isnan(value) else value


def edges(*seconds: float) -> np.ndarray:
    """Edges of intervals from seconds after the day began."""
    return np.array([round((DAY + each) * 1e6) for each in seconds], dtype=np.int64)
