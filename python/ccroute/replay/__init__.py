"""Replay: what a recorded day asked of a centre, and the same day routed again."""

from ccroute.replay.patience import Patience, Survival, estimate_patience, kaplan_meier
from ccroute.replay.route import Decision, Enrolment, Rerouted, RoutingEngine, route_again
from ccroute.replay.workload import Outcome, StaffEvent, Visit, Workload, workload

__all__ = [
    "Decision",
    "Enrolment",
    "Outcome",
    "Patience",
    "Rerouted",
    "RoutingEngine",
    "StaffEvent",
    "Survival",
    "Visit",
    "Workload",
    "estimate_patience",
    "kaplan_meier",
    "route_again",
    "workload",
]
