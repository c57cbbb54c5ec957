"""A day written down by hand, routed again: for the tests of the replay."""

from typing import Any

import ccroute
from ccroute import Event, Plan
from ccroute.replay import Rerouted, Workload, route_again, workload


class Diary:
    """A day written down by hand: events of one source, numbered as they come."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._offers = 0

    def add(self, at: float, word: str, **fields: Any) -> None:
        kind = ccroute.EVENT_KINDS[word]
        number = len(self.events) + 1
        self.events.append(kind(source="diary", sequence=number, at=at, **fields))

    def agent(self, name: str, *queues: str, at: float = 0.0) -> None:
        self.add(at, "agent_signed_in", agent=name, queues=queues)
        self.add(at, "agent_ready", agent=name)

    def contact(self, name: str, at: float, queue: str = "sales", visit: int = 1) -> dict[str, Any]:
        of = {"contact": name, "visit": visit, "queue": queue, "channel": "voice"}
        self.add(at, "contact_queued", since=at, **of)
        return of

    def answered(
        self,
        name: str,
        at: float,
        *,
        agent: str,
        wait: float = 0.0,
        talk: float,
        ring: float = 0.0,
        queue: str = "sales",
        visit: int = 1,
        end: str = "contact_released",
        cause: str = "customer",
    ) -> None:
        of = self.contact(name, at, queue, visit) | {"agent": agent}
        self._offers += 1
        connected = at + wait
        self.add(connected - ring, "offer_made", offer=self._offers, **of)
        self.add(connected, "offer_accepted", offer=self._offers, **of)
        self.add(connected, "contact_connected", **of)
        self.add(connected + talk, end, cause=cause, **of)

    def unserved(
        self, name: str, at: float, wait: float, cause: str | None = None, **where: Any
    ) -> None:
        of = self.contact(name, at, **where)
        word = "contact_abandoned" if cause is None else "contact_left"
        self.add(at + wait, word, cause=cause, **of)

    def day(self) -> Workload:
        return workload(sorted(self.events, key=lambda event: event.at))


def plan(queues: str = "sales", **settings: str) -> Plan:
    """Queues with the same settings, each setting in TOML."""
    lines = [f"{key} = {value}" for key, value in settings.items()]
    return Plan.from_toml("\n".join(f"[queues.{q}]\n" + "\n".join(lines) for q in queues.split()))


def route(diary: Diary, under: Plan | None = None, *, seed: int = 1, **more: Any) -> Rerouted:
    return route_again(diary.day(), under or plan(), seed=seed, **more)


def story(routed: Rerouted, contact: str) -> list[str]:
    """One contact's events in words: time, kind, agent, cause."""
    return [
        " ".join(word for word in (f"{event.at:g}", event.kind, event.agent, event.cause) if word)
        for event in routed.events
        if event.contact == contact
    ]


def handed_over() -> Diary:
    """Talk of 20 s with ana, handed over to ben for 40 s more; both wrap up."""
    diary = Diary()
    diary.agent("ana", "sales")
    of = diary.contact("c1", 10)
    diary.add(15, "contact_connected", agent="ana", **of)
    diary.add(30, "agent_joined", agent="ben", role="consult", **of)
    diary.add(35, "contact_transferred", agent="ana", cause="handed_over", **of)
    diary.add(35, "wrap_up_started", agent="ana", **of)
    diary.add(35, "agent_joined", agent="ben", role="primary", **of)
    diary.add(41, "wrap_up_ended", agent="ana", **of)
    diary.add(75, "contact_released", agent="ben", cause="agent", **of)
    diary.add(75, "wrap_up_started", agent="ben", **of)
    return diary
