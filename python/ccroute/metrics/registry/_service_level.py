"""Service levels: a(T) answered within T, b(T) abandoned within T, A answered, B abandoned.

There is no one service level, so each way of counting has its id. Visits that ``left`` for
another cause are in a variant only where it says so.
"""

from ccroute.metrics._kpi import Example, Kpi
from ccroute.metrics.registry._sources import (
    ASTERISK,
    CISCO,
    COMMON,
    CONNECT,
    GENESYS,
    ICMI,
    TASKROUTER,
)

_T = {"T": 20.0}
_T_S = {"T": 20.0, "S": 5.0}
_ICMI = {
    "answered": 1000,
    "abandoned": 60,
    "within(wait_answered, T)": 860,
    "within(wait_abandoned, T)": 20,
    "short(S)": 10,
}

_CLASSIC = (
    Kpi(
        id="sl.answered_within",
        heading="SL",
        number=2,
        title="Service level: answered within T of answered and abandoned",
        unit="ratio",
        numerator="within(wait_answered, T)",
        denominator="answered + abandoned",
        parameters=_T,
        aliases=("sl.cisco.negative",),
        source=f"{ICMI}, third; {CISCO}, abandons negative; the shape of Genesys Cloud's default",
        edge_cases="Every abandon is a failure, also one after a second.",
        example=Example(numbers=_ICMI, printed="81.1 %"),
    ),
    Kpi(
        id="sl.answered_below",
        number=2,
        title="Service level: answered in less than T of answered and abandoned",
        unit="ratio",
        numerator="below(wait_answered, T)",
        denominator="answered + abandoned",
        parameters=_T,
        source="Amazon Connect API: threshold with the comparison LT",
        edge_cases="With clocks of whole seconds < and <= differ by half a point and more.",
        example=Example(
            numbers={"below(wait_answered, T)": 850, "answered": 1000, "abandoned": 60},
            printed="80.2 %",
        ),
    ),
    Kpi(
        id="sl.answered_only",
        number=1,
        title="Service level: answered within T of answered",
        unit="ratio",
        numerator="within(wait_answered, T)",
        denominator="answered",
        parameters=_T,
        aliases=("sl.asterisk",),
        source=f"{ASTERISK}: ServicelevelPerf; {ICMI}, second, advised against",
        edge_cases="Blind to abandons: rises when callers give up. Asterisk counts A when the "
        "call ends, which is the basis completion.",
        example=Example(numbers=_ICMI, printed="86.0 %"),
    ),
    Kpi(
        id="sl.late_abandons",
        number=3,
        title="Service level: abandons within T left out",
        unit="ratio",
        numerator="within(wait_answered, T)",
        denominator="answered + abandoned - within(wait_abandoned, T)",
        parameters=_T,
        aliases=("sl.cisco.ignore", "sl.bright_pattern"),
        source=f"{ICMI}, fourth; {CISCO}, abandons ignored; Bright Pattern",
        edge_cases="None, and not 100 %, where all left within T.",
        example=Example(numbers=_ICMI, printed="82.7 %"),
    ),
    Kpi(
        id="sl.abandons_credited",
        number=4,
        title="Service level: abandons within T count as met",
        unit="ratio",
        numerator="within(wait_answered, T) + within(wait_abandoned, T)",
        denominator="answered + abandoned",
        parameters=_T,
        aliases=("sl.asterisk2", "sl.cisco.positive"),
        source=f"{ICMI}, first; {ASTERISK}: ServicelevelPerf2; {CISCO}, abandons positive",
        edge_cases="The best-looking one: quick hang-ups help. Asterisk's abandoned also has "
        "time-outs and queues that became empty; here those are left.",
        example=Example(numbers=_ICMI, printed="83.0 %"),
    ),
    Kpi(
        id="sl.short_excluded",
        number=5,
        title="Service level: abandons within S left out",
        unit="ratio",
        numerator="within(wait_answered, T)",
        denominator="answered + abandoned - short(S)",
        parameters=_T_S,
        aliases=("sl.ringcentral",),
        source=f"{GENESYS}, without short abandons; RingCentral abandonedThresholdSeconds",
        edge_cases="With S = 0 no abandon is short. With S = T it is sl.late_abandons.",
        example=Example(numbers=_ICMI, printed="81.9 %"),
    ),
    Kpi(
        id="sl.short_credited",
        number=6,
        title="Service level: abandons within S count as met",
        unit="ratio",
        numerator="within(wait_answered, T) + short(S)",
        denominator="answered + abandoned",
        parameters=_T_S,
        source=f"{ICMI}, fifth",
        edge_cases="With S = 0 no abandon is short.",
        example=Example(numbers=_ICMI, printed="82.1 %"),
    ),
    Kpi(
        id="sl.with_flow_outs",
        number=7,
        title="Service level: flow-outs count as missed",
        unit="ratio",
        numerator="within(wait_answered, T)",
        denominator="answered + abandoned + left",
        parameters=_T,
        aliases=("sl.vonage",),
        source=f"{GENESYS}, with flow-outs; NewVoiceMedia: Service Level (breakouts)",
        edge_cases="A callback taken is a flow-out; its later call is a visit of its own.",
        example=Example(numbers={**_ICMI, "left": 15}, printed="80.0 %"),
    ),
    Kpi(
        id="sl.no_abandons",
        number=8,
        title="Service level: abandons switched off",
        unit="ratio",
        numerator="within(wait_answered, T)",
        denominator="answered + abandoned - abandoned",
        parameters=_T,
        source=f"{GENESYS}, without abandons",
        edge_cases="The number of sl.answered_only, arrived at by a setting.",
        example=Example(numbers=_ICMI, printed="86.0 %"),
    ),
    Kpi(
        id="sl.genesys",
        number=(5, 7, 8),
        title="Service level by Genesys Cloud's three switches",
        unit="ratio",
        numerator="within(wait_answered, T)",
        denominator=(
            "answered + abandons * abandoned - abandons * (1 - shorts) * short(S) + flowouts * left"
        ),
        parameters={**_T_S, "flowouts": 0, "shorts": 1, "abandons": 1},
        switches=("flowouts", "shorts", "abandons"),
        source=GENESYS,
        edge_cases="flowouts, shorts and abandons are switches, 0 or 1. Genesys applies a changed "
        "switch to history, as the formula does here; shorts says nothing where abandons is 0.",
        example=Example(numbers={**_ICMI, "left": 15}, printed="81.1 %"),
    ),
    Kpi(
        id="sl.taskrouter_split",
        number=46,
        title="Service level from TaskRouter's split by wait",
        unit="ratio",
        numerator="below(wait_answered, T)",
        denominator="below(wait_answered, T) + above_answered + below(wait_abandoned, T) "
        "+ above_abandoned",
        names={
            "above_answered": "answered - below(wait_answered, T)",
            "above_abandoned": "abandoned - below(wait_abandoned, T)",
        },
        parameters=_T,
        source=TASKROUTER,
        edge_cases="A reservation accepted at exactly T counts as above.",
        example=Example(
            numbers={
                "below(wait_answered, T)": 850,
                "answered": 1000,
                "below(wait_abandoned, T)": 15,
                "abandoned": 60,
            },
            printed="80.2 %",
        ),
    ),
    Kpi(
        id="sl.grade_of_service",
        number=14,
        title="Grade of service: answered within T of offered",
        unit="ratio",
        numerator="within(wait_answered, T)",
        denominator="offered",
        parameters=_T,
        source=COMMON,
        edge_cases="A curve: ask for several T. Those still waiting count as not answered.",
        example=Example(
            numbers={"within(wait_answered, T)": 860, "offered": 1075}, printed="80.0 %"
        ),
    ),
    Kpi(
        id="sl.level_of_service",
        number=13,
        title="Level of service: answered of routed to agents",
        unit="ratio",
        numerator="answered",
        denominator="answered + abandoned + left",
        source="US IRS, by the Taxpayer Advocate's mid-year report 2024 and TIGTA 2011-40-087",
        edge_cases="No wait in it. The same year gave 88 % so and 32 % of all calls.",
        example=Example(numbers={"answered": 88, "abandoned": 9, "left": 3}, printed="88.0 %"),
    ),
    Kpi(
        id="sl.level_of_service.of_all",
        number=13,
        title="Level of service: answered of all that tried",
        unit="ratio",
        numerator="answered",
        denominator="answered + abandoned + left + refused",
        source="US Taxpayer Advocate, mid-year report 2024",
        edge_cases="Calls that never reached the queue are missing unless fed as refused.",
        example=Example(
            numbers={"answered": 32, "abandoned": 9, "left": 3, "refused": 56}, printed="32.0 %"
        ),
    ),
)

_AT_EVENT = (
    Kpi(
        id="sl.at_event",
        number=12,
        title="Service level at the event: answer, abandon or passing T, whichever is first",
        unit="ratio",
        numerator="within(wait_answered, T)",
        denominator="within(wait_answered, T) + within(wait_abandoned, T) + passed(T)",
        parameters=_T,
        source=f"{CISCO}: service level event, abandons negative",
        edge_cases="Who waits past T counts as missed at once, before an answer.",
        example=Example(
            numbers={
                "within(wait_answered, T)": 70,
                "within(wait_abandoned, T)": 10,
                "passed(T)": 20,
            },
            printed="70.0 %",
        ),
    ),
    Kpi(
        id="sl.at_event.late_abandons",
        number=12,
        title="Service level at the event: abandons within T left out",
        unit="ratio",
        numerator="within(wait_answered, T)",
        denominator="within(wait_answered, T) + passed(T)",
        parameters=_T,
        source=f"{CISCO}: service level event, abandons ignored",
        edge_cases="Cisco counts a re-route within T as an early abandon, we do not.",
        example=Example(
            numbers={"within(wait_answered, T)": 70, "passed(T)": 20}, printed="77.8 %"
        ),
    ),
    Kpi(
        id="sl.at_event.abandons_credited",
        number=12,
        title="Service level at the event: abandons within T count as met",
        unit="ratio",
        numerator="within(wait_answered, T) + within(wait_abandoned, T)",
        denominator="within(wait_answered, T) + within(wait_abandoned, T) + passed(T)",
        parameters=_T,
        source=f"{CISCO}: service level event, abandons positive",
        edge_cases="As sl.abandons_credited: quick hang-ups help.",
        example=Example(
            numbers={
                "within(wait_answered, T)": 70,
                "within(wait_abandoned, T)": 10,
                "passed(T)": 20,
            },
            printed="80.0 %",
        ),
    ),
    Kpi(
        id="sl.connect",
        number=9,
        title="Service level: out of the queue within T, whatever the cause",
        unit="ratio",
        numerator="removed",
        denominator="removed + passed(T)",
        names={
            "removed": "within(wait_answered, T) + within(wait_abandoned, T) + within(wait_left, T)"
        },
        parameters=_T,
        source=f"{CONNECT}: SERVICE_LEVEL, as commonly read",
        edge_cases="Of the visits whose T was decided: removed within it or still waiting when "
        "it passed. Who left by rule or for a callback within T is met.",
        example=Example(
            numbers={
                "within(wait_answered, T)": 70,
                "within(wait_abandoned, T)": 6,
                "within(wait_left, T)": 4,
                "passed(T)": 20,
            },
            printed="80.0 %",
        ),
    ),
)

_COMPUTED = (
    Kpi(
        id="sl.live",
        number=10,
        title="Service level of those waiting now",
        unit="ratio",
        numerator="waiting - waiting_past_T",
        denominator="waiting",
        computed_by="service_level_of_waiting(records, within, now)",
        source="AltiWare OE 4.0 and ACM 5.2 manuals: real-time service level",
        edge_cases="Over the records of the visits that wait; the live view has only what the "
        "last minutes came to. None where nobody waits.",
        example=Example(numbers={"waiting": 8, "waiting_past_T": 2}, printed="75.0 %"),
    ),
    Kpi(
        id="sl.rolling",
        number=11,
        title="Service level of the last 5, 15, 30 or 60 minutes",
        unit="ratio",
        numerator="within_T",
        denominator="within_T + abandoned_within_T + passed_T",
        computed_by="live().queues[queue].windows[minutes].service_level",
        source="Glia: service level over 600 s; Genesys Cloud: conditional routing over 30 min",
        edge_cases="None for an empty window; Glia says 100 % where nobody is staffed.",
        example=Example(
            numbers={"within_T": 12, "abandoned_within_T": 1, "passed_T": 3}, printed="75.0 %"
        ),
    ),
    Kpi(
        id="sl.attainment",
        number=15,
        title="Intervals that met the goal of those with visits",
        unit="ratio",
        numerator="intervals_met",
        denominator="intervals_with_offered",
        computed_by="report.attainment(kpi, goal)",
        source="COPC practice",
        edge_cases="Intervals without a service level count on neither side.",
        example=Example(
            numbers={"intervals_met": 30, "intervals_with_offered": 40}, printed="75.0 %"
        ),
    ),
    Kpi(
        id="sl.attainment.weighted",
        number=15,
        title="Visits in intervals that met the goal, of all visits",
        unit="ratio",
        numerator="visits_in_intervals_met",
        denominator="visits",
        computed_by="report.attainment(kpi, goal, weighted=True)",
        source="COPC practice, weighted by load",
        edge_cases="Weighted by what the service level divides by.",
        example=Example(numbers={"visits_in_intervals_met": 450, "visits": 900}, printed="50.0 %"),
    ),
)

SERVICE_LEVEL = (*_CLASSIC, *_AT_EVENT, *_COMPUTED)
