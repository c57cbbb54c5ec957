"""A day in a small centre: three queues, twelve agents, a thousand callers, one seed.

Callers arrive at random, some lose patience, some agents miss a call. The engine decides,
this program only plays the world: it rings, talks, hangs up, and asks for the next deadline.
"""

import heapq
import random
from contextlib import suppress

from ccroute import (
    Accept,
    AgentNotReady,
    Cancel,
    Command,
    Connected,
    ContactConnected,
    ContactQueued,
    Enqueue,
    Event,
    ManualClock,
    OfferMade,
    Plan,
    Ready,
    Rejected,
    Release,
    Router,
)

PLAN = """
skills = ["sales", "support", "english"]

[queues.sales]
requires = { all_of = { sales = 3 } }
wrap_up = { mode = "optional", limit = "45s" }
dispositions = ["sold", "not_sold"]

[queues.support]
strategy = "most_proficient"
requires = { all_of = { support = 5 } }
escalation = [{ after = "20s", lower = { support = 2 } }]

[queues.english]
requires = { all_of = { english = 4 }, any_of = [{ sales = 3, support = 5 }] }
escalation = [{ after = "30s", lower = { english = 2 } }]
"""
OPENS, HOURS, CALLERS = 1_800_000_000.0, 8, 1_000


class Day:
    """The world around the router: what it will ask, and when."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.clock = ManualClock(OPENS)
        self.router = Router(Plan.from_toml(PLAN), clock=self.clock)
        self.agenda: list[tuple[float, int, Command]] = []
        self.written = 0
        for number in range(12):
            agent = f"agent-{number:02}"
            skills = {skill: self.dice.randint(1, 10) for skill in ("sales", "support", "english")}
            self.router.sign_in(agent, skills=skills, queues=["sales", "support", "english"])
            self.router.ready(agent)
        for number in range(CALLERS):
            queue = self.dice.choice(["sales", "support", "support", "english"])
            arrival = self.dice.uniform(0, HOURS * 3600)
            self.later(arrival, Enqueue(contact=f"c{number:04}", queue=queue))

    def later(self, after: float, command: Command) -> None:
        """Puts a command on the agenda, ``after`` seconds from now."""
        self.written += 1
        heapq.heappush(self.agenda, (self.clock.now() + after, self.written, command))

    def react(self, event: Event) -> None:
        """What people do about what happened."""
        match event:
            case ContactQueued(contact=str(contact)):
                self.later(self.dice.expovariate(1 / 120), Cancel(contact=contact))
            case OfferMade(contact=str(contact), offer=offer):
                if self.dice.random() < 0.95:  # one in twenty phones rings in vain
                    rings = self.dice.uniform(1, 6)
                    self.later(rings, Accept(offer=offer))
                    self.later(rings, Connected(contact=contact))
            case ContactConnected(contact=str(contact)):
                talk = self.dice.expovariate(1 / 180)
                self.later(talk, Release(contact=contact, by="customer"))
            case AgentNotReady(agent=str(agent)):
                self.later(60, Ready(agent=agent))

    def play(self) -> None:
        """Until nothing is left to do: the next deadline or the next on the agenda."""
        while self.agenda or self.router.next_deadline() is not None:
            deadline = self.router.next_deadline()
            if deadline is not None and (not self.agenda or deadline <= self.agenda[0][0]):
                self.clock.set(deadline)
                self.router.advance()
            else:
                when, _, command = heapq.heappop(self.agenda)
                self.clock.set(when)
                with suppress(Rejected):  # somebody was faster: patience ends in talks, too
                    self.router.apply(command)
            for event in self.router.events():
                self.react(event)


if __name__ == "__main__":
    day = Day(seed=7)
    day.play()
    print(day.router.metrics.report())
    print()
    print(day.router.metrics.report(by="agent"))
