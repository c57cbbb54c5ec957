"""A day under one of the plans in ``examples/plans``."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ccroute import Event, ManualClock, Plan, Router

PLANS = Path(__file__).parents[2] / "examples" / "plans"


def plan_of(name: str) -> Plan:
    return Plan.from_toml((PLANS / f"{name}.toml").read_text())


class Day:
    """A router under one of the plans, its clock, and everything that has happened.

    Instants are seconds from the start, at which every queue is open.
    """

    def __init__(self, plan: str) -> None:
        self.plan = plan_of(plan)
        self.clock = ManualClock()
        self.router = Router(self.plan, clock=self.clock)
        self._events: list[Event] = []
        self._told = 0
        for name, queue in self.plan.queues.items():
            if queue.hours is not None:
                self.router.set_queue_open(name, True)

    def at(self, seconds: float) -> None:
        self.clock.set(seconds)
        self.router.advance()

    def quiet_until(self, seconds: float) -> None:
        """Nobody is offered anything before."""
        self.at(seconds - 0.001)
        assert self.offers() == []
        self.at(seconds)

    def staff(self, *agents: str) -> None:
        for agent in agents:
            self.router.sign_in(agent)
            self.router.ready(agent)

    def come(self, contact: str, **attributes: str | int | bool) -> None:
        """A contact by the rules of the plan."""
        self.router.enqueue(contact, attributes=attributes)

    def events(self) -> list[Event]:
        self._events += self.router.events()
        return self._events

    def all_of(self, *kinds: str) -> list[Event]:
        return [event for event in self.events() if event.kind in kinds]

    def offers(self) -> list[tuple[str | None, str | None]]:
        """Contact and agent of the offers made since this was last asked."""
        fresh = self.events()[self._told :]
        self._told = len(self._events)
        return [(event.contact, event.agent) for event in fresh if event.kind == "offer_made"]

    def last(self, kind: str, *fields: str) -> tuple[Any, ...]:
        """What the last event of the kind says in these fields."""
        event = self.all_of(kind)[-1]
        return tuple(getattr(event, field) for field in fields)

    def offer_of(self, contact: str) -> int:
        made = [e for e in self.all_of("offer_made") if e.contact == contact]
        offer: int = getattr(made[-1], "offer")  # noqa: B009
        return offer

    def talk(self, contact: str) -> None:
        """The last offer of the contact is accepted, unless it was at once, and joined."""
        if contact not in {event.contact for event in self.all_of("offer_accepted")}:
            self.router.accept(self.offer_of(contact))
        self.router.connected(contact)

    def queue_of(self, contact: str) -> str | None:
        queued = self.all_of("contact_queued")
        return [event.queue for event in queued if event.contact == contact][-1]


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
