"""Outbound, self-service and the quality of the data.

Codes of dialled attempts: ``dial.attempt``, ``dial.connect`` (anything picked up),
``dial.live`` (a person, abandoned or not), ``dial.live_abandoned`` (of them, no agent in
time), ``dial.rpc`` (the right party); of calls that somebody listened to
``dial.amd_sampled``, and of them ``dial.amd_false_positive`` (a person taken for a machine) and
``dial.amd_false_negative``; ``sale``, ``promise``, ``promise.due``, ``promise.kept``. Amounts:
``promised``, ``paid``, ``dial.amd_estimated`` (false positives estimated from the sample).
"""

from ccroute.metrics._kpi import Example, Kpi
from ccroute.metrics.registry._outcome import disposition
from ccroute.metrics.registry._sources import COMMON, CONNECT, FCC, OFCOM

_SUCCESS = (
    disposition("sale"),
    disposition("promise"),
    Kpi(
        id="conversion.of_rpc",
        number=70,
        title="Conversion: sales of right-party contacts",
        unit="ratio",
        numerator='code("sale")',
        denominator='code("dial.rpc")',
        source=COMMON,
        edge_cases="The highest of the three.",
        example=Example(numbers={'code("sale")': 20, 'code("dial.rpc")': 100}, printed="20.0 %"),
    ),
    Kpi(
        id="conversion.of_handled",
        number=70,
        title="Conversion: sales of handled",
        unit="ratio",
        numerator='code("sale")',
        denominator="handled",
        source=COMMON,
        edge_cases="Inbound too; wrong parties are below the line.",
        example=Example(numbers={'code("sale")': 20, "handled": 160}, printed="12.5 %"),
    ),
    Kpi(
        id="conversion.of_attempts",
        number=70,
        title="Conversion: sales of attempts",
        unit="ratio",
        numerator='code("sale")',
        denominator='code("dial.attempt")',
        source=COMMON,
        edge_cases="The lowest of the three.",
        example=Example(
            numbers={'code("sale")': 20, 'code("dial.attempt")': 1000}, printed="2.0 %"
        ),
    ),
    Kpi(
        id="contact.rate",
        number=71,
        title="Contact rate: picked up by a person, of attempts",
        unit="ratio",
        numerator='code("dial.live")',
        denominator='code("dial.attempt")',
        source=COMMON,
        edge_cases="Machines are no contacts.",
        example=Example(
            numbers={'code("dial.live")': 300, 'code("dial.attempt")': 1000}, printed="30.0 %"
        ),
    ),
    Kpi(
        id="rpc.of_attempts",
        number=71,
        title="Right-party contacts of attempts",
        unit="ratio",
        numerator='code("dial.rpc")',
        denominator='code("dial.attempt")',
        source=COMMON,
        edge_cases="Name the base: there are three.",
        example=Example(
            numbers={'code("dial.rpc")': 100, 'code("dial.attempt")': 1000}, printed="10.0 %"
        ),
    ),
    Kpi(
        id="rpc.of_connects",
        number=71,
        title="Right-party contacts of connects",
        unit="ratio",
        numerator='code("dial.rpc")',
        denominator='code("dial.connect")',
        source=COMMON,
        edge_cases="Machines that picked up are below the line.",
        example=Example(
            numbers={'code("dial.rpc")': 100, 'code("dial.connect")': 400}, printed="25.0 %"
        ),
    ),
    Kpi(
        id="rpc.of_accounts",
        number=71,
        title="Right-party contacts of accounts",
        unit="ratio",
        numerator='code("dial.rpc")',
        denominator='given("accounts")',
        source=COMMON,
        edge_cases="The number of accounts is given with the report; an account reached twice "
        "counts twice.",
        example=Example(
            numbers={'code("dial.rpc")': 100, 'given("accounts")': 500}, printed="20.0 %"
        ),
    ),
    Kpi(
        id="promise.rate",
        number=72,
        title="Promises to pay of right-party contacts",
        unit="ratio",
        numerator='code("promise")',
        denominator='code("dial.rpc")',
        source=COMMON,
        edge_cases="A promise taken back is a correction.",
        example=Example(numbers={'code("promise")': 40, 'code("dial.rpc")': 100}, printed="40.0 %"),
    ),
    Kpi(
        id="promise.kept",
        number=72,
        title="Promises kept, by count of those due",
        unit="ratio",
        numerator='code("promise.kept")',
        denominator='code("promise.due")',
        source=COMMON,
        edge_cases="Kept is known days later, as a correction of the contact of the promise.",
        example=Example(
            numbers={'code("promise.kept")': 28, 'code("promise.due")': 40}, printed="70.0 %"
        ),
    ),
    Kpi(
        id="promise.kept_amount",
        number=72,
        title="Promises kept, by amount paid of promised",
        unit="ratio",
        numerator='amount("paid")',
        denominator='amount("promised")',
        n='amounts("promised")',
        source=COMMON,
        edge_cases="Part payments count; can pass 100 %.",
        example=Example(
            numbers={'amount("paid")': 650.5, 'amount("promised")': 1301}, printed="50.0 %"
        ),
    ),
)

_DIALLER = (
    Kpi(
        id="dialler.abandon_uk",
        number=73,
        title="Dialler abandon rate, United Kingdom",
        unit="ratio",
        numerator='code("dial.live_abandoned") + rounded("dial.amd_estimated")',
        denominator='code("dial.live") + rounded("dial.amd_estimated")',
        source=OFCOM,
        edge_cases="Per campaign and 24 hours: by campaign, interval day. The amount "
        "dial.amd_estimated is how many false positives machine detection is estimated to have "
        "had in all calls, told once a campaign and day; the hits in the sample, "
        "dial.amd_false_positive, are not it. Machines must not be among dial.live. 3 % was a "
        "yardstick; since 1 March 2017 there is no safe harbour.",
        example=Example(
            numbers={
                'code("dial.live_abandoned")': 20,
                'rounded("dial.amd_estimated")': 10,
                'code("dial.live")': 990,
            },
            printed="3.0 %",
        ),
    ),
    Kpi(
        id="dialler.abandon_us",
        number=74,
        title="Dialler abandon rate, United States",
        unit="ratio",
        numerator='code("dial.live_abandoned")',
        denominator='code("dial.live")',
        source=FCC,
        edge_cases="Per campaign and 30 days, at most 3 %; abandoned: no agent within 2 s of the "
        "greeting. Rolling or successive periods: ask counsel.",
        example=Example(
            numbers={'code("dial.live_abandoned")': 25, 'code("dial.live")': 1000},
            printed="2.5 %",
        ),
    ),
    *(
        Kpi(
            id=f"amd.{name}",
            number=75,
            title=f"Answering-machine detection: {words}, of sampled",
            unit="ratio",
            numerator=f'code("dial.amd_{name}")',
            denominator='code("dial.amd_sampled")',
            source=OFCOM,
            edge_cases="Sampled calls are those a person listened to; Ofcom wants the evidence. "
            "What follows for all calls is the estimate dial.amd_estimated.",
            example=Example(
                numbers={f'code("dial.amd_{name}")': 2, 'code("dial.amd_sampled")': 200},
                printed="1.0 %",
            ),
        )
        for name, words in (
            ("false_positive", "persons taken for machines"),
            ("false_negative", "machines taken for persons"),
        )
    ),
    Kpi(
        id="list.penetration",
        number=76,
        title="List penetration: records attempted of all",
        unit="ratio",
        numerator='given("records_attempted")',
        denominator='given("records")',
        n='given("records")',
        source=f"{CONNECT}: outbound campaigns",
        edge_cases="Both are given with the report: the list is the dialler's.",
        example=Example(
            numbers={'given("records_attempted")': 600, 'given("records")': 800}, printed="75.0 %"
        ),
    ),
    Kpi(
        id="attempts.per_contact",
        number=76,
        title="Attempts per person reached",
        unit="n",
        numerator='code("dial.attempt")',
        denominator='code("dial.live")',
        source=f"{CONNECT}: outbound campaigns",
        edge_cases="Attempts that reached nobody are above the line.",
        example=Example(
            numbers={'code("dial.attempt")': 1000, 'code("dial.live")': 400}, printed="2.50"
        ),
    ),
    Kpi(
        id="dials.per_hour",
        number=76,
        title="Dials per hour",
        unit="1/h",
        numerator='code("dial.attempt")',
        denominator="interval.length",
        n='code("dial.attempt")',
        source=f"{CONNECT}: outbound campaigns (per minute there)",
        edge_cases="By the length of the interval; needs a start and an end.",
        example=Example(
            numbers={'code("dial.attempt")': 450, "interval.length": 1800}, printed="900.0 /h"
        ),
    ),
    Kpi(
        id="self_service.containment",
        number=77,
        title="Self-service containment: ended without a queue, of entries",
        unit="ratio",
        numerator='given("self_service_ended")',
        denominator='given("self_service_entries")',
        source=f"{CONNECT}: bot metrics",
        edge_cases="Both are given with the report: such calls never reach a queue.",
        example=Example(
            numbers={'given("self_service_ended")': 300, 'given("self_service_entries")': 1000},
            printed="30.0 %",
        ),
    ),
)

_DATA = tuple(
    Kpi(
        id=f"data.{name}",
        number=79,
        title=f"Bad data: {words}, of events",
        unit="ratio",
        numerator=name,
        denominator="events",
        computed_by="counters()",
        source="ccroute: what cannot be counted is counted",
        edge_cases="Since the aggregator began; the other figures are unaffected.",
        example=Example(numbers={name: 3, "events": 1000}, printed="0.3 %"),
    )
    for name, words in (
        ("duplicates", "told twice"),
        ("orphans", "an end without its beginning"),
        ("incomplete", "without the contact, queue or agent they must name"),
        ("backwards", "durations that came out negative"),
    )
)

OUTBOUND = (*_SUCCESS, *_DIALLER, *_DATA)
