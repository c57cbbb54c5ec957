"""One queue: contacts waiting under one set of rules."""

import json
from collections.abc import Iterable, Mapping
from typing import Literal, Self, TypeAlias

import attrs

from ccroute._plan._escalation import Step
from ccroute._plan._fields import (
    all_are,
    named,
    names_of,
    part,
    part_or_none,
    parts,
    read,
    table,
    tuple_of,
    word_or_names,
)
from ccroute._plan._joining import Admission, CallbackRule, Closed, Exit, Help, KeepFree, Leaving
from ccroute._plan._offers import OfferPolicy, ServiceTarget, WrapUp
from ccroute._plan._order import OrderRule
from ccroute._plan._requirement import RankWindow, Requirement
from ccroute._wire import CheckedPlan

Strategy: TypeAlias = Literal[
    "longest_idle",
    "most_proficient",
    "least_recent",
    "least_occupied",
    "fewest_handled",
    "least_talk_time",
    "weighted_score",
    "best_match",
    "fewest_skills",
    "least_flexible",
    "round_robin",
    "ordered",
    "lowest_rank",
    "random",
    "weighted_random",
    "scores",
]
"""A key by which eligible agents are ranked."""


# A type checker reads what lists may be made of from converters, and takes no others than
# functions with names.
def _steps_of(given: Iterable[Step]) -> tuple[Step, ...]:
    return tuple_of(given)


def _help_of(given: Iterable[Help]) -> tuple[Help, ...]:
    return tuple_of(given)


@attrs.frozen(kw_only=True)
class PreferredRule:
    """Agents whom contacts ask for by name; durations in seconds.

    For ``first`` only they may take a contact, if one of them is signed in.
    ``last_agent``: who last talked with the customer within this is preferred too.
    """

    first: float = 0.0
    without_skills: bool = False
    last_agent: float = 0.0
    keep_on_transfer: bool = False


@attrs.frozen(kw_only=True)
class QueuePlan:
    """One queue: contacts waiting under one set of rules (`docs/plan.md` says what each does).

    >>> QueuePlan.preset("asterisk.rrmemory").strategy
    ('lowest_rank', 'round_robin')
    """

    strategy: Strategy | tuple[Strategy, ...] = attrs.field(
        default="longest_idle", converter=word_or_names
    )
    weights: Mapping[str, float] = table()
    scores: str | None = None
    preferred: PreferredRule = part(PreferredRule)
    requires: Requirement = part(Requirement)
    ranks: RankWindow = part(RankWindow)
    order: OrderRule = part(OrderRule)
    offer: OfferPolicy = part(OfferPolicy)
    wrap_up: WrapUp = part(WrapUp)
    dispositions: tuple[str, ...] = attrs.field(default=(), converter=names_of)
    service_level: ServiceTarget = part(ServiceTarget)
    escalation: tuple[Step, ...] = attrs.field(
        default=(), converter=_steps_of, validator=all_are(Step), metadata=parts(Step)
    )
    admission: Admission = part(Admission)
    leaving: Leaving = part(Leaving)
    hours: str | None = None
    closed: Closed = part(Closed)
    exits: Mapping[str, Exit] = named(Exit)
    callback: CallbackRule | None = part_or_none(CallbackRule)
    keep_free: KeepFree | None = part_or_none(KeepFree)
    help: tuple[Help, ...] = attrs.field(
        default=(), converter=_help_of, validator=all_are(Help), metadata=parts(Help)
    )
    lines: tuple[str, ...] = attrs.field(default=(), converter=names_of)
    resets_idle: bool = True
    suspension: float = 3_600.0
    frozen: bool = False
    expected_wait: bool = False

    @classmethod
    def preset(cls, name: str) -> Self:
        """A queue that works as in another system; ``attrs.evolve`` changes what else it does.

        Raises:
            ConfigError: there is no such preset; the message lists them.
        """
        text = json.dumps({"queues": {"it": {"preset": name}}})
        form = json.loads(CheckedPlan.from_json(text).to_json())["queues"]["it"]
        return read(cls, form)
