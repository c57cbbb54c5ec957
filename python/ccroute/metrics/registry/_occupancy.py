"""Agents: how full their time was, as planned and how evenly."""

from ccroute.metrics._kpi import Example, Kpi
from ccroute.metrics.registry._sources import COMMON, CONNECT, ICMI_2012, WFM

_HANDLING = "time.talk + time.hold + time.wrap_up"
_THERE = "handling + time.connecting + time.offered + time.idle"
SHIFT = {
    "time.talk": 12000,
    "time.hold": 1000,
    "time.wrap_up": 2000,
    "time.connecting": 300,
    "time.offered": 700,
    "time.idle": 4000,
    "time.signed_in": 24000,
}
PARTS = {"handling": _HANDLING, "there": _THERE}

_OCCUPANCY = (
    Kpi(
        id="occupancy.handling",
        number=47,
        title="Occupancy: handling of the time there for work",
        unit="ratio",
        numerator="handling",
        denominator="there",
        names=PARTS,
        n="conversations",
        source=f"{CONNECT}: occupancy; common WFM usage",
        edge_cases="Ringing is below the line only; not ready and a busy device are in neither.",
        example=Example(numbers=SHIFT, printed="75.0 %"),
    ),
    Kpi(
        id="occupancy.with_ringing",
        number=47,
        title="Occupancy: handling and ringing of the time there for work",
        unit="ratio",
        numerator="handling + time.connecting + time.offered",
        denominator="there",
        names=PARTS,
        n="conversations",
        source=COMMON,
        edge_cases="An offer nobody answers counts as work.",
        example=Example(numbers=SHIFT, printed="80.0 %"),
    ),
    Kpi(
        id="occupancy.with_meetings",
        number=47,
        title="Occupancy: with meetings and training",
        unit="ratio",
        numerator='handling + not_ready("meeting") + not_ready("training")',
        denominator='there + not_ready("meeting") + not_ready("training")',
        names=PARTS,
        n="conversations",
        source=ICMI_2012,
        edge_cases="By the not-ready reasons meeting and training; other words need a KPI of "
        "your own.",
        example=Example(numbers={**SHIFT, 'not_ready("meeting")': 4000}, printed="79.2 %"),
    ),
    Kpi(
        id="utilisation.signed_in",
        number=48,
        title="Utilisation: handling of signed-in time",
        unit="ratio",
        numerator="handling",
        denominator="time.signed_in",
        names=PARTS,
        n="conversations",
        source=f"common usage; {WFM}",
        edge_cases="Who signs out in a conversation goes on talking: can pass 100 %.",
        example=Example(numbers=SHIFT, printed="62.5 %"),
    ),
    Kpi(
        id="utilisation.paid",
        number=48,
        title="Utilisation: handling of paid time",
        unit="ratio",
        numerator="handling",
        denominator='given_seconds("paid")',
        names=PARTS,
        n="conversations",
        source=WFM,
        edge_cases="Paid time is given with the report, in seconds.",
        example=Example(numbers={**SHIFT, 'given_seconds("paid")': 28800}, printed="52.1 %"),
    ),
    Kpi(
        id="utilisation.with_idle",
        number=48,
        title="Utilisation: talk, hold, wrap-up and idle of signed-in time",
        unit="ratio",
        numerator="time.talk + time.hold + time.wrap_up + time.idle",
        denominator="time.signed_in",
        n="conversations",
        source=ICMI_2012,
        edge_cases="Being free counts as used: the opposite of occupancy.",
        example=Example(numbers=SHIFT, printed="79.2 %"),
    ),
    Kpi(
        id="utilisation.one_minus_shrinkage",
        number=48,
        title="Utilisation: scheduled time less shrinkage",
        unit="ratio",
        numerator='given_seconds("scheduled") - given_seconds("unavailable")',
        denominator='given_seconds("scheduled")',
        n='given("agents")',
        source=WFM,
        edge_cases="Times and head count are given with the report.",
        example=Example(
            numbers={
                'given_seconds("scheduled")': 28800,
                'given_seconds("unavailable")': 7200,
                'given("agents")': 1,
            },
            printed="75.0 %",
        ),
    ),
    Kpi(
        id="shrinkage.of_scheduled",
        number=49,
        title="Shrinkage: unavailable of scheduled time",
        unit="ratio",
        numerator='given_seconds("unavailable")',
        denominator='given_seconds("scheduled")',
        n='given("agents")',
        source=WFM,
        edge_cases="Staff needed is base / (1 - shrinkage), never base × (1 + shrinkage).",
        example=Example(
            numbers={
                'given_seconds("scheduled")': 28800,
                'given_seconds("unavailable")': 7200,
                'given("agents")': 1,
            },
            printed="25.0 %",
        ),
    ),
    Kpi(
        id="shrinkage.of_paid",
        number=49,
        title="Shrinkage: unavailable of paid time",
        unit="ratio",
        numerator='given_seconds("unavailable")',
        denominator='given_seconds("paid")',
        n='given("agents")',
        source=WFM,
        edge_cases="Paid and scheduled time give two numbers.",
        example=Example(
            numbers={
                'given_seconds("paid")': 30000,
                'given_seconds("unavailable")': 7200,
                'given("agents")': 1,
            },
            printed="24.0 %",
        ),
    ),
    Kpi(
        id="staff.required",
        number=49,
        title="Staff to schedule for a base of agents there",
        unit="n",
        numerator='given("base") * given_seconds("scheduled")',
        denominator='given_seconds("scheduled") - given_seconds("unavailable")',
        n='given("base")',
        source=f"{WFM}: base / (1 - shrinkage)",
        edge_cases="None where nobody would be left.",
        example=Example(
            numbers={
                'given("base")': 30,
                'given_seconds("scheduled")': 28800,
                'given_seconds("unavailable")': 7200,
            },
            printed="40",
        ),
    ),
)

_SCHEDULE = (
    Kpi(
        id="adherence",
        number=50,
        title="Adherence: scheduled time spent in the planned state",
        unit="ratio",
        numerator="seconds_as_planned",
        denominator="seconds_scheduled",
        computed_by="adherence(states, schedule) or Metrics.adherence(schedule)",
        source=f"{CONNECT}: adherence",
        edge_cases="A changed schedule changes history; Connect goes back 30 days.",
        example=Example(
            code='adherence(spans(("work", 0, 50), ("break", 50, 100)), '
            'spans(("work", 0, 60), ("break", 60, 100)))',
            printed="90.0 %",
        ),
    ),
    Kpi(
        id="conformance",
        number=51,
        title="Conformance: worked time of scheduled time",
        unit="ratio",
        numerator="seconds_worked",
        denominator="seconds_scheduled",
        computed_by="conformance(states, schedule)",
        source=COMMON,
        edge_cases="Whenever it was worked; can pass 100 %.",
        example=Example(
            code='conformance(spans(("work", 10, 70)), spans(("work", 0, 50)))', printed="120.0 %"
        ),
    ),
)

_FAIRNESS = (
    Kpi(
        id="fairness.gini",
        number=78,
        title="Fairness: Gini coefficient of occupancy among equally skilled agents",
        unit="-",
        numerator="the sum of |x - y| over all pairs of agents",
        denominator="2 × agents × the sum of x",
        computed_by="occupancy_fairness(handling, there).gini or Metrics.occupancy_fairness().gini",
        source="Gini, Variabilità e mutabilità (1912)",
        edge_cases="0 is equal. Compare only agents who could have had each other's work.",
        example=Example(code="round(gini([0.6, 0.8, 0.7, 0.9]), 3)", printed="0.083"),
    ),
    Kpi(
        id="fairness.variation",
        number=78,
        title="Fairness: coefficient of variation of occupancy",
        unit="-",
        numerator="standard deviation of occupancy",
        denominator="mean occupancy",
        computed_by="occupancy_fairness(handling, there).variation or "
        "Metrics.occupancy_fairness().variation",
        source=COMMON,
        edge_cases="Of the population, each agent once.",
        example=Example(
            code="round(occupancy_fairness([60, 80, 70, 90], [100] * 4).variation, 3)",
            printed="0.149",
        ),
    ),
)

OCCUPANCY = (*_OCCUPANCY, *_SCHEDULE, *_FAIRNESS)
