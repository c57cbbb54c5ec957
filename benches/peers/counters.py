"""Live counters in Python: dicts with a t-digest a queue, and prometheus_client.

What is counted of a queue is `Counts`. A t-digest gives percentiles; prometheus_client has no
more than buckets, of which the target is one, so that its service level is exact and a
percentile lies somewhere in a bucket. Its children can be looked up by label at every event, as
most programs do, or be kept in a dict.
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise

import crick
from prometheus_client import CollectorRegistry, Counter, Histogram

from benches.traces.visits import SHARES, TARGET_US

Event = tuple[str, float, str, str]
"""kind, at, contact, queue; at first `QUEUED`, in the end something else"""
Visit = tuple[int, str, float, float, str]
"""contact, queue, entered, wait, course"""
Counts = dict[str, list[int]]
"""By queue: offered, answered, abandoned, answered within the target"""

QUEUED, ABANDONED = "contact_queued", "contact_abandoned"
TARGET = TARGET_US / 1e6
BOUNDS = (1.0, 2.0, 5.0, 10.0, 15.0, TARGET, 30.0, 45.0, 60.0, 90.0, 120.0, 300.0)


def rows_by_digest(rows: list[tuple[int, int, int]]) -> dict[int, list[int]]:
    """Queue, course and microseconds waited of visits in one pass; every percentile asked for."""
    counts: dict[int, list[int]] = {}
    digests: dict[int, crick.TDigest] = {}
    for queue, course, wait in rows:
        if queue not in counts:
            counts[queue], digests[queue] = [0, 0, 0, 0], crick.TDigest()
        row = counts[queue]
        row[0] += 1
        row[1 + course] += 1
        if course == 0:
            row[3] += wait <= TARGET_US
            digests[queue].add(wait)
    for digest in digests.values():
        digest.quantile(SHARES)
    return counts


def events_by_digest(events: list[Event]) -> dict[tuple[str, str], int]:
    """The obvious way: counters in dicts, and a t-digest of the waits of each queue."""
    waiting: dict[str, float] = {}
    counts: dict[tuple[str, str], int] = {}
    waits: dict[str, crick.TDigest] = {}
    for kind, at, contact, queue in events:
        counts[queue, kind] = counts.get((queue, kind), 0) + 1
        if kind == QUEUED:
            waiting[contact] = at
        else:
            digest = waits.get(queue)
            if digest is None:
                digest = waits[queue] = crick.TDigest()
            digest.add(at - waiting.pop(contact))
    return counts


def visits_by_digest(visits: list[Visit]) -> Counts:
    """The obvious way: counters in a dict, and a t-digest a queue."""
    counts: Counts = {}
    digests: dict[str, crick.TDigest] = {}
    for _, queue, _, wait, course in visits:
        if queue not in counts:
            counts[queue], digests[queue] = [0, 0, 0, 0], crick.TDigest()
        row = counts[queue]
        row[0] += 1
        if course == "answered":
            row[1] += 1
            row[3] += wait <= TARGET
            digests[queue].add(wait)
        else:
            row[2] += 1
    return counts


class Monitored:
    """The metrics of a program that prometheus_client watches."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.contacts = Counter("contacts", "-", ["queue", "kind"], registry=self.registry)
        self.waits = Histogram("wait", "-", ["queue"], buckets=BOUNDS, registry=self.registry)

    def counted(self) -> dict[tuple[str, str], int]:
        """By queue and kind."""
        return {
            (sample.labels["queue"], sample.labels["kind"]): int(sample.value)
            for metric in self.contacts.collect()
            for sample in metric.samples
            if sample.name == "contacts_total"
        }

    def buckets(self) -> dict[str, list[int]]:
        """By queue, how many waited no longer than each of `BOUNDS`, and how many at all."""
        found: dict[str, list[int]] = {}
        for metric in self.waits.collect():
            for sample in metric.samples:
                if sample.name == "wait_bucket":
                    found.setdefault(sample.labels["queue"], []).append(int(sample.value))
        return found

    def counts(self) -> Counts:
        """What the others count of visits."""
        counted, buckets = self.counted(), self.buckets()
        target = BOUNDS.index(TARGET)
        found: Counts = {}
        for queue in {queue for queue, _ in counted}:
            answered = counted.get((queue, "answered"), 0)
            abandoned = counted.get((queue, "abandoned"), 0)
            within = buckets[queue][target] if queue in buckets else 0
            found[queue] = [answered + abandoned, answered, abandoned, within]
        return found

    def percentile_buckets(self, share: float) -> dict[str, tuple[float, float]]:
        """By queue, where that percentile of the waits lies: above the one, at most the other."""
        bounds = list(pairwise((0.0, *BOUNDS, float("inf"))))
        return {
            queue: bounds[bisect_left(counts, share * counts[-1])]
            for queue, counts in self.buckets().items()
        }


def events_monitored(events: list[Event]) -> Monitored:
    """A child looked up by its labels at every event."""
    monitored, waiting = Monitored(), {}
    contacts, waits = monitored.contacts, monitored.waits
    for kind, at, contact, queue in events:
        contacts.labels(queue, kind).inc()
        if kind == QUEUED:
            waiting[contact] = at
        else:
            waits.labels(queue).observe(at - waiting.pop(contact))
    return monitored


def events_by_children(events: list[Event]) -> Monitored:
    """Children are kept in dicts."""
    monitored, waiting = Monitored(), {}
    counters = Children(monitored.contacts)
    histograms = Children(monitored.waits)
    for kind, at, contact, queue in events:
        counters[queue, kind].inc()
        if kind == QUEUED:
            waiting[contact] = at
        else:
            histograms[queue,].observe(at - waiting.pop(contact))
    return monitored


def visits_monitored(visits: Iterable[Visit]) -> Monitored:
    """A child looked up by its labels at every visit."""
    monitored = Monitored()
    contacts, waits = monitored.contacts, monitored.waits
    for _, queue, _, wait, course in visits:
        contacts.labels(queue, course).inc()
        if course == "answered":
            waits.labels(queue).observe(wait)
    return monitored


def visits_by_children(visits: Iterable[Visit]) -> Monitored:
    """Children are kept in dicts."""
    monitored = Monitored()
    counters = Children(monitored.contacts)
    histograms = Children(monitored.waits)
    for _, queue, _, wait, course in visits:
        counters[queue, course].inc()
        if course == "answered":
            histograms[queue,].observe(wait)
    return monitored


class Children(dict):
    """By label values the child of a metric, which is made when it is first asked for."""

    def __init__(self, metric: Counter | Histogram) -> None:
        super().__init__()
        self.metric = metric

    def __missing__(self, values: tuple[str, ...]) -> Counter | Histogram:
        child = self[values] = self.metric.labels(*values)
        return child
