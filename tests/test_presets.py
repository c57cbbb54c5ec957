"""Presets: what a page can hold of them, and what is drawn.

What each reproduces, offer by offer, stands in the scenarios under
``rust/ccroute-core/tests/scenarios/presets``; here is what a scenario cannot say: chances,
scores, many agents, and that the page about them tells the truth.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import attrs
import pytest

from ccroute import AgentPlan, Link, ManualClock, OfferMade, Plan, QueuePlan, Requirement, Router

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/presets.md").read_text()
SCENARIOS = ROOT / "rust/ccroute-core/tests/scenarios/presets"
SCHEMA = json.loads(Plan.json_schema())["properties"]["queues"]["additionalProperties"]
PRESETS = SCHEMA["properties"]["preset"]["enum"]
ROW = re.compile(r"^\| `(?P<name>[^`]+)` \| .+ \| (?P<sets>[^|]+) \|$", re.MULTILINE)
DRAWN = {"asterisk.random", "asterisk.wrandom", "freeswitch.random"}


def _rows() -> Iterator[tuple[str, str]]:
    """Each row of the page's tables of presets: the name, and the settings as TOML."""
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE):
        common = re.search(
            r"^```toml\n# each of these\n(.*?)^```$", section, re.DOTALL | re.MULTILINE
        )
        for row in ROW.finditer(section):
            own = re.findall(r"`([^`]+)`", row["sets"])
            yield row["name"], "\n".join([*own, common[1] if common else ""])


ROWS = list(_rows())


def test_the_page_has_every_preset_once_and_nothing_else() -> None:
    assert [name for name, _ in ROWS] == PRESETS


@pytest.mark.parametrize(("name", "sets"), ROWS, ids=[name for name, _ in ROWS])
def test_the_page_says_what_a_preset_sets(name: str, sets: str) -> None:
    said = Plan.from_toml(f"[queues.it]\n{sets}").queues["it"]
    assert said == QueuePlan.preset(name)


def test_every_preset_has_a_scenario_or_is_drawn() -> None:
    texts = [path.read_text() for path in SCENARIOS.glob("*.txt")]
    played = {
        name for text in texts for name in re.findall(r'^preset = "(.+)"$', text, re.MULTILINE)
    }
    assert played | DRAWN == set(PRESETS)


class Desk:
    """A router whose agents are all ready, one second after the other, and do nothing."""

    def __init__(self, plan: Plan) -> None:
        self.clock = ManualClock(0.0)
        self.router = Router(plan, clock=self.clock, recall=100)
        for agent in plan.agents:
            self.router.sign_in(agent)
            self.router.ready(agent)
            self.clock.advance(1.0)
        self.router.events()
        self.contacts = 0

    def come(self, queue: str = "it") -> OfferMade:
        """The offer of a new contact."""
        self.contacts += 1
        self.router.enqueue(f"c{self.contacts}", queue=queue)
        return self.made()

    def made(self) -> OfferMade:
        (offer,) = [event for event in self.router.events() if isinstance(event, OfferMade)]
        return offer

    def go(self) -> None:
        """The contact gives up, so that everybody is free again."""
        self.router.cancel(f"c{self.contacts}", cause="abandoned")
        self.router.events()

    def firsts(self, number: int) -> list[str | None]:
        """To whom each of so many contacts is offered, one after the other."""
        agents = []
        for _ in range(number):
            agents.append(self.come().agent)
            self.go()
        return agents

    def orders(self, number: int, length: int) -> list[tuple[str | None, ...]]:
        """In which order each of so many contacts goes round among so many who decline."""
        orders = []
        for _ in range(number):
            offer = self.come()
            order = [offer.agent]
            while len(order) < length:
                self.router.decline(offer.offer)
                offer = self.made()
                order.append(offer.agent)
            orders.append(tuple(order))
            self.go()
        return orders


def under(preset: str, seed: int = 7, **ranks: int) -> Plan:
    """A queue, and agents with their ranks in it."""
    agents = {name: AgentPlan(queues={"it": Link(rank=rank)}) for name, rank in ranks.items()}
    return Plan(seed=seed, queues={"it": QueuePlan.preset(preset)}, agents=agents)


def assert_drawn(
    drawn: Sequence[object], chances: Mapping[Any, Fraction], deviations: float = 4.5
) -> None:
    """Each value came as often as its chance says, but for so many standard deviations."""
    counts, n = Counter(drawn), len(drawn)
    assert sum(chances.values()) == 1
    assert counts.keys() <= chances.keys()
    for value, chance in chances.items():
        spread = math.sqrt(n * chance * (1 - chance))
        assert abs(counts[value] - n * chance) <= deviations * spread, (value, counts, n * chance)


@pytest.mark.parametrize("preset", ["asterisk.random", "freeswitch.random"])
def test_random_gives_each_agent_of_the_lowest_rank_the_same_chance(preset: str) -> None:
    desk = Desk(under(preset, worse=1, ana=0, bo=0, cy=0, dan=0))
    drawn = desk.firsts(4_000)
    assert_drawn(drawn, {name: Fraction(1, 4) for name in ("ana", "bo", "cy", "dan")})
    # Nobody's turn depends on whose it was before.
    names = ("ana", "bo", "cy", "dan")
    assert_drawn(
        list(pairwise(drawn)), {(one, other): Fraction(1, 16) for one in names for other in names}
    )


def test_random_goes_round_in_every_order() -> None:
    # Those who decline rest under freeswitch.random.
    desk = Desk(under("asterisk.random", ana=0, bo=0, cy=0, dan=0))
    orders = desk.orders(2_400, 4)
    assert_drawn(
        orders, {order: Fraction(1, 24) for order in permutations(["ana", "bo", "cy", "dan"])}
    )


def test_random_turns_to_the_next_rank_when_the_lowest_has_declined() -> None:
    desk = Desk(under("asterisk.random", worst=2, worse=1, ana=0, bo=0))
    orders = desk.orders(400, 4)
    chances = {(*first, "worse", "worst"): Fraction(1, 2) for first in permutations(["ana", "bo"])}
    assert_drawn(orders, chances)


def least_of_uniforms(*widths: int) -> list[Fraction]:
    """The chance of each of several draws, evenly from 0 to its width, to be the least.

    It is the integral, up to the least width, of 1/w times the product of (1 - x/v) over the
    others.
    """
    chances = []
    for at, width in enumerate(widths):
        product = [Fraction(1, width)]  # coefficients by powers of x
        for other in widths[:at] + widths[at + 1 :]:
            shifted = [Fraction(0), *(-each / other for each in product)]
            product = [a + b for a, b in zip([*product, Fraction(0)], shifted, strict=True)]
        least = min(widths)
        terms = (c * Fraction(least ** (p + 1), p + 1) for p, c in enumerate(product))
        chances.append(sum(terms, Fraction(0)))
    return chances


def test_least_of_uniforms() -> None:
    assert least_of_uniforms(1, 1) == [Fraction(1, 2), Fraction(1, 2)]
    assert least_of_uniforms(1, 2) == [Fraction(3, 4), Fraction(1, 4)]
    assert sum(least_of_uniforms(1, 2, 4)) == 1


def test_wrandom_takes_penalties_as_weights() -> None:
    # app_queue draws below (1 + penalty) x 1000, and the least goes first.
    penalties = {"ana": 0, "bo": 1, "cy": 3, "dan": 0}
    chances = least_of_uniforms(*(1 + penalty for penalty in penalties.values()))
    drawn = Desk(under("asterisk.wrandom", **penalties)).firsts(6_000)
    assert_drawn(drawn, dict(zip(penalties, chances, strict=True)))


@pytest.mark.parametrize("preset", sorted(DRAWN))
def test_what_is_drawn_comes_from_the_seed(preset: str) -> None:
    def drawn(seed: int) -> list[str | None]:
        return Desk(under(preset, seed, ana=0, bo=0, cy=0)).firsts(60)

    assert drawn(1) == drawn(1) != drawn(2)


def test_azure_scores_are_the_published_ones() -> None:
    text = (SCENARIOS / "azure_best_worker_scores_as_published.txt").read_text()
    desk = Desk(Plan.from_toml(text[: text.index("\nat ")]))
    candidates = desk.router.explain_offer(desk.come("jobs")).candidates
    assert [(each.agent, f"{each.values['best_match']:.3f}") for each in candidates] == [
        ("seller", "0.707"),
        ("cheap", "0.675"),
        ("exact", "0.667"),
        ("later", "0.667"),
    ]


def test_best_skills_looks_at_all_agents_not_at_the_hundred_idle_for_longest() -> None:
    asking = Requirement(all_of={"french": 1})
    queue = attrs.evolve(QueuePlan.preset("genesys.best_skills"), requires=asking)
    plain = {f"a{n}": AgentPlan(skills={"french": 3}, queues=["it"]) for n in range(100)}
    best = AgentPlan(skills={"french": 4}, queues=["it"])
    desk = Desk(Plan(queues={"it": queue}, agents={**plain, "best": best}))
    assert desk.come().agent == "best"
