"""Replay: what a recorded day asked of a centre, and the same day routed again."""

from ccroute.replay.derive import derive_plan
from ccroute.replay.patience import Patience, Survival, estimate_patience, kaplan_meier
from ccroute.replay.route import Decision, Rerouted, route_again
from ccroute.replay.workload import Outcome, StaffEvent, Visit, Workload, workload

__all__ = [
    "Decision",
    "Outcome",
    "Patience",
    "Rerouted",
    "StaffEvent",
    "Survival",
    "Visit",
    "Workload",
    "derive_plan",
    "estimate_patience",
    "kaplan_meier",
    "route_again",
    "workload",
]
