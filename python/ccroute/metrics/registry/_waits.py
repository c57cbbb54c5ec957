"""Waits: from entry into the queue to the answer, the abandonment or the leaving."""

from ccroute.metrics._kpi import Example, Kpi
from ccroute.metrics.registry._sources import (
    BROWN,
    CISCO,
    COMMON,
    CONNECT,
    ICMI,
)

_PERCENTILES = {"p50": 3.0, "p80": 60.0, "p90": 111.0, "p95": 157.0, "p99": 259.0}

_DONE = (
    Kpi(
        id="asa",
        heading="ASA",
        number=24,
        title="Average speed of answer: mean wait of all answered",
        unit="s",
        numerator="wait_answered.sum",
        denominator="wait_answered.count",
        source=f"{ICMI}; {CISCO}",
        edge_cases="Zero waits are in it.",
        example=Example(
            numbers={"wait_answered.sum": 3500, "wait_answered.count": 100}, printed="35.0 s"
        ),
    ),
    Kpi(
        id="asa.waited",
        number=24,
        title="Mean wait of the answered who waited at all",
        unit="s",
        numerator="wait_answered.sum",
        denominator="wait_answered.count - wait_answered.zero",
        source=COMMON,
        edge_cases="About twice asa where half are answered at once.",
        example=Example(
            numbers={
                "wait_answered.sum": 3500,
                "wait_answered.count": 100,
                "wait_answered.zero": 50,
            },
            printed="70.0 s",
        ),
    ),
    Kpi(
        id="wait.all",
        number=25,
        title="Mean time in queue of all whose visit ended",
        unit="s",
        numerator="wait_answered.sum + wait_abandoned.sum + wait_left.sum",
        denominator="answered + abandoned + left",
        source=f"{CISCO}: average delay",
        edge_cases="Those still waiting are not in it.",
        example=Example(
            numbers={
                "wait_answered.sum": 3500,
                "wait_abandoned.sum": 600,
                "wait_left.sum": 900,
                "answered": 100,
                "abandoned": 10,
                "left": 15,
            },
            printed="40.0 s",
        ),
    ),
    Kpi(
        id="left.wait",
        number=26,
        title="Mean wait of those who left for another cause",
        unit="s",
        numerator="wait_left.sum",
        denominator="wait_left.count",
        source=COMMON,
        edge_cases="Time-outs lift it to the queue's limit: look at the causes.",
        example=Example(numbers={"wait_left.sum": 900, "wait_left.count": 15}, printed="60.0 s"),
    ),
    Kpi(
        id="abandon.wait",
        number=26,
        title="Mean wait of the abandoned",
        unit="s",
        numerator="wait_abandoned.sum",
        denominator="wait_abandoned.count",
        source=f"{CONNECT}: average queue abandon time; {CISCO}",
        edge_cases="No measure of patience: the answered might have waited longer.",
        example=Example(
            numbers={"wait_abandoned.sum": 611, "wait_abandoned.count": 10}, printed="61.1 s"
        ),
    ),
    Kpi(
        id="wait.longest",
        heading="longest",
        number=27,
        title="Longest wait of the answered",
        unit="s",
        numerator="wait_answered.max",
        source=f"{CISCO}, which keeps two maxima apart",
        edge_cases="Built anew when a correction takes the longest away.",
        example=Example(
            numbers={"wait_answered.max": 312.5, "wait_answered.count": 100}, printed="312.5 s"
        ),
    ),
    Kpi(
        id="abandon.longest",
        number=27,
        title="Longest wait of the abandoned",
        unit="s",
        numerator="wait_abandoned.max",
        source=f"{CISCO}, which keeps two maxima apart",
        edge_cases="Built anew when a correction takes the longest away.",
        example=Example(
            numbers={"wait_abandoned.max": 401, "wait_abandoned.count": 10}, printed="401.0 s"
        ),
    ),
    *(
        Kpi(
            id=f"wait.{name}",
            heading=name,
            number=29,
            title=f"Wait of the answered: {name[1:]}th percentile",
            unit="s",
            numerator=f"wait_answered.{name}",
            source="nearest rank; histogram of OpenTelemetry scale 6",
            edge_cases="Exact to 256 waits above zero, then at most 0.55 % off; never a mean of "
            "percentiles.",
            example=Example(
                numbers={f"wait_answered.{name}": seconds, "wait_answered.count": 100},
                printed=f"{seconds:.1f} s",
            ),
        )
        for name, seconds in _PERCENTILES.items()
    ),
    Kpi(
        id="abandon.p50",
        number=29,
        title="Wait of the abandoned: median",
        unit="s",
        numerator="wait_abandoned.p50",
        source="nearest rank; histogram of OpenTelemetry scale 6",
        edge_cases="No measure of patience: see patience.median.",
        example=Example(
            numbers={"wait_abandoned.p50": 42, "wait_abandoned.count": 10}, printed="42.0 s"
        ),
    ),
)

_NOW = (
    Kpi(
        id="waiting.oldest",
        number=28,
        title="Longest wait now",
        unit="s",
        numerator="now - entry_of_the_oldest",
        computed_by="live().queues[queue].oldest_wait",
        source=f"{CONNECT}: LongestQueueWaitTime",
        edge_cases="By the clock that is asked with; None where nobody waits.",
        example=Example(numbers={"now": 1000, "entry_of_the_oldest": 940}, printed="60.0 s"),
    ),
    Kpi(
        id="waiting.now",
        number=31,
        title="In queue now",
        unit="n",
        numerator="waiting",
        computed_by="live().queues[queue].waiting",
        source=COMMON,
        edge_cases="The size of a set, no difference of counters, which would drift.",
        example=Example(numbers={"waiting": 8}, printed="8"),
    ),
    Kpi(
        id="waiting",
        number=31,
        title="Waiting: visits of the range that wait now",
        unit="n",
        numerator="waiting",
        source="ccroute: offered less answered, abandoned and left",
        edge_cases="Only those who came within the range; in queue now is waiting.now.",
        example=Example(numbers={"waiting": 8}, printed="8"),
    ),
    Kpi(
        id="wait.estimated",
        number=32,
        title="Estimated wait of one who comes now",
        unit="s",
        numerator="position * seconds_of_answering",
        denominator="answered_in_the_window",
        computed_by="live().queues[queue].expected_wait",
        source="US IRS announces one; method: place in the queue × mean time between answers",
        edge_cases="None without an answer in the window; publish its error with it.",
        example=Example(
            numbers={"position": 4, "seconds_of_answering": 300, "answered_in_the_window": 20},
            printed="60.0 s",
        ),
    ),
    Kpi(
        id="patience.median",
        number=30,
        title="Patience: the wait at which half would have given up",
        unit="s",
        numerator="the least t at which the product of (1 - given_up / at_risk) is 1/2 or less",
        computed_by="patience(records).median()",
        source=f"Kaplan and Meier, JASA 53 (1958); {BROWN}",
        edge_cases="The answered are censored; None where fewer than half are seen to give up. "
        "The mean wait of the abandoned would be biased low.",
        example=Example(
            code="kaplan_meier([2, 3, 3, 5, 8], [True, True, False, True, False]).median()",
            printed="5.0",
        ),
    ),
    Kpi(
        id="concurrency.peak",
        number=36,
        title="Peak concurrency: most contacts at once",
        unit="n",
        numerator="the greatest number of contacts open at one instant",
        computed_by="peak_concurrency(records)",
        source=COMMON,
        edge_cases="Half-open: one that ends where another begins is not beside it. No sum over "
        "queues or nodes.",
        example=Example(code="peak_concurrency(visits((0, 10), (5, 20), (10, 30)))", printed="2"),
    ),
)

_CALLBACKS = (
    Kpi(
        id="callback.offered",
        number=34,
        title="Callbacks offered",
        unit="n",
        numerator="callbacks_offered",
        source=f"{CONNECT}: callback metrics",
        edge_cases="Counts offers; one who is offered it twice counts twice.",
        example=Example(numbers={"callbacks_offered": 50}, printed="50"),
    ),
    Kpi(
        id="callback.requested",
        number=34,
        title="Callbacks requested",
        unit="n",
        numerator="callbacks_taken",
        source=f"{CONNECT}: callback metrics",
        edge_cases="The visit left for it; with virtual hold the contact keeps its place.",
        example=Example(numbers={"callbacks_taken": 20}, printed="20"),
    ),
    Kpi(
        id="callback.taken_of_offered",
        number=34,
        title="Callbacks requested of offered",
        unit="ratio",
        numerator="callbacks_taken",
        denominator="callbacks_offered",
        source=COMMON,
        edge_cases="Requests without an offer (a web form) count above only.",
        example=Example(numbers={"callbacks_taken": 20, "callbacks_offered": 50}, printed="40.0 %"),
    ),
    Kpi(
        id="callback.success",
        number=34,
        title="Callbacks that reached the customer, of requested",
        unit="ratio",
        numerator='code("callback.reached")',
        denominator="callbacks_taken",
        source=f"{CONNECT}: callback metrics, by request",
        edge_cases="By the host's code, one a customer who is reached at last, however many "
        "attempts it took. The attempts belong to a later visit, on basis offered to the interval "
        "of that: over a short range it can pass 100 %.",
        example=Example(
            numbers={'code("callback.reached")': 17, "callbacks_taken": 20}, printed="85.0 %"
        ),
    ),
    Kpi(
        id="callback.reached_of_attempted",
        number=34,
        title="Callback attempts that reached the customer",
        unit="ratio",
        numerator='code("callback.reached")',
        denominator='code("callback.attempt")',
        source=f"{CONNECT}: callback metrics, by attempt",
        edge_cases="A customer called three times counts three times below.",
        example=Example(
            numbers={'code("callback.reached")': 17, 'code("callback.attempt")': 34},
            printed="50.0 %",
        ),
    ),
    Kpi(
        id="callback.delay",
        number=35,
        title="From the request of a callback to its first attempt",
        unit="s",
        numerator='amount("callback.delay")',
        denominator='amounts("callback.delay")',
        source=COMMON,
        edge_cases="In seconds, less the delay that was asked for; only first attempts.",
        example=Example(
            numbers={'amount("callback.delay")': 3600, 'amounts("callback.delay")': 12},
            printed="300.0 s",
        ),
    ),
)

_ARRIVALS = (
    Kpi(
        id="arrivals.per_hour",
        number=37,
        title="Arrival rate",
        unit="1/h",
        numerator="offered",
        denominator="interval.length",
        n="offered",
        source=COMMON,
        edge_cases="By the length of the interval, 23 or 25 hours on the days of a clock change; "
        "needs a start and an end.",
        example=Example(numbers={"offered": 90, "interval.length": 1800}, printed="180.0 /h"),
    ),
    Kpi(
        id="forecast.variance",
        number=37,
        title="Forecast less actual, of actual",
        unit="ratio",
        numerator='given("forecast") - offered',
        denominator="offered",
        source="NICE WFM: plan calculations",
        edge_cases="The forecast is given with the report. Variances of opposite sign cancel out "
        "in a total.",
        example=Example(numbers={'given("forecast")': 110, "offered": 100}, printed="10.0 %"),
    ),
)

WAITS = (*_DONE, *_NOW, *_CALLBACKS, *_ARRIVALS)
