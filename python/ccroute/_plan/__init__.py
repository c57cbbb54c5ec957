"""The plan as objects, by what they are about. `docs/plan.md` says what each key does."""

from ccroute._plan._agents import AgentPlan, HelpWhen, Link, Queues, links_of
from ccroute._plan._escalation import Raise, RankChange, Step
from ccroute._plan._fields import Value
from ccroute._plan._joining import (
    Admission,
    CallbackRule,
    Closed,
    Exit,
    Help,
    KeepFree,
    Leaving,
    Retry,
)
from ccroute._plan._offers import BackOff, FailureLimits, OfferPolicy, ServiceTarget, WrapUp
from ccroute._plan._order import MarginalCost, OrderPlan, OrderRule, PickRule
from ccroute._plan._queue import PreferredRule, QueuePlan, Strategy
from ccroute._plan._requirement import RankWindow, Requirement
from ccroute._plan._whole import (
    Attachment,
    Calendar,
    CapacityPlan,
    Classification,
    Finding,
    Plan,
    Rule,
    ScoreTable,
    Split,
)

__all__ = [
    "Admission",
    "AgentPlan",
    "Attachment",
    "BackOff",
    "Calendar",
    "CallbackRule",
    "CapacityPlan",
    "Classification",
    "Closed",
    "Exit",
    "FailureLimits",
    "Finding",
    "Help",
    "HelpWhen",
    "KeepFree",
    "Leaving",
    "Link",
    "MarginalCost",
    "OfferPolicy",
    "OrderPlan",
    "OrderRule",
    "PickRule",
    "Plan",
    "PreferredRule",
    "QueuePlan",
    "Queues",
    "Raise",
    "RankChange",
    "RankWindow",
    "Requirement",
    "Retry",
    "Rule",
    "ScoreTable",
    "ServiceTarget",
    "Split",
    "Step",
    "Strategy",
    "Value",
    "WrapUp",
    "links_of",
]
