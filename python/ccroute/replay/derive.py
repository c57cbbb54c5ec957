"""A plan derived from a recorded day: its queues, who serves them, how long they ring.

A start to edit. A recording shows no skills, no targets and no wrap-up rule, so the
plan has the defaults there.
"""

from ccroute import _events as ev
from ccroute._plan import AgentPlan, OfferPolicy, Plan, QueuePlan
from ccroute.replay.workload import Workload


def derive_plan(day: Workload) -> Plan:
    """The plan under which the day, as recorded, ran.

    Agents are given every queue they were ever in; an offer lasts as long as the queue
    let phones ring that nobody answered.

    Raises:
        ConfigError: a name in the recording that no plan can hold.
    """
    serving: dict[str, dict[str, None]] = {}
    pausing = False
    for event in day.staff:
        if isinstance(event, ev.AgentSignedIn | ev.AgentChanged):
            serving.setdefault(event.agent or "", {}).update(dict.fromkeys(event.queues or ()))
        elif isinstance(event, ev.AgentNotReady):
            pausing = pausing or event.cause == "missed"
    channels = sorted({visit.channel for visit in day.visits()}) or ["voice"]
    default = OfferPolicy()
    queues = {
        queue: QueuePlan(
            offer=OfferPolicy(
                # A ring of no length at all would be no offer.
                timeout=max(1.0, day.ring_limit.get(queue, default.timeout)),
                on_missed="not_ready" if pausing else "stay_ready",
            )
        )
        for queue in day.queues
    }
    agents = {
        agent: AgentPlan(queues=tuple(names), capacity=dict.fromkeys(channels, 1))
        for agent, names in sorted(serving.items())
    }
    return Plan(channels=tuple(channels), queues=queues, agents=agents)
