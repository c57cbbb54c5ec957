"""Agents: where their time went, and what they did with contacts."""

from ccroute.metrics._kpi import Example, Kpi
from ccroute.metrics.registry._occupancy import PARTS, SHIFT
from ccroute.metrics.registry._sources import AVAYA, COMMON, CONNECT

_STATES = {
    "talk": "talking with at least one contact",
    "hold": "every contact in conversation on hold",
    "connecting": "accepted, not yet joined",
    "offered": "being offered a contact",
    "wrap_up": "wrap-up",
    "idle": "ready, nothing to do",
    "device_busy": "ready, device in use for others",
    "not_ready": "not ready",
    "signed_in": "signed in",
}

_TIMES = tuple(
    Kpi(
        id=f"time.{state}",
        number=(52, 53),
        title=f"Time: {words}",
        unit="s",
        numerator=f"time.{state}",
        source=f"{AVAYA}; cut at the edges of intervals as its I_ items are",
        edge_cases="By the clock: a union of sessions, no sum; cut at now while it lasts.",
        example=Example(numbers={f"time.{state}": 3600}, printed="3600.0 s"),
    )
    for state, words in _STATES.items()
)

_WORK = (
    Kpi(
        id="concurrency.conversations",
        number=54,
        title="Conversations at once, while in any",
        unit="-",
        numerator="talk.sum + hold.sum",
        denominator="time.talk + time.hold",
        n="conversations",
        source=COMMON,
        edge_cases="Whole conversations above, time cut to the interval below: read it by day.",
        example=Example(
            numbers={"talk.sum": 27000, "hold.sum": 3000, "time.talk": 11000, "time.hold": 1000},
            printed="2.500",
        ),
    ),
    Kpi(
        id="concurrency.slots",
        number=54,
        title="Slot time busy of slot time offered",
        unit="ratio",
        numerator="handle.sum",
        denominator='given_seconds("slots")',
        n="handled",
        source=f"{CONNECT}: active slots",
        edge_cases="Slot time offered (slots × time signed in) is given with the report.",
        example=Example(
            numbers={"handle.sum": 32400, 'given_seconds("slots")': 43200}, printed="75.0 %"
        ),
    ),
    Kpi(
        id="handled.per_hour_signed_in",
        number=55,
        title="Handled per hour signed in",
        unit="1/h",
        numerator="handled",
        denominator="time.signed_in",
        n="handled",
        source=COMMON,
        edge_cases="Breaks are below the line. Whole conversations above, time cut to the "
        "interval below: read it by day.",
        example=Example(numbers={"handled": 40, "time.signed_in": 28800}, printed="5.0 /h"),
    ),
    Kpi(
        id="handled.per_productive_hour",
        number=55,
        title="Handled per hour there for work",
        unit="1/h",
        numerator="handled",
        denominator="there",
        names=PARTS,
        n="handled",
        source=COMMON,
        edge_cases="Not ready and a busy device are not below the line. Whole conversations "
        "above, time cut to the interval below: read it by day.",
        example=Example(numbers={**SHIFT, "handled": 40}, printed="7.2 /h"),
    ),
    Kpi(
        id="handled.per_paid_hour",
        number=55,
        title="Handled per paid hour",
        unit="1/h",
        numerator="handled",
        denominator='given_seconds("paid")',
        n="handled",
        source=COMMON,
        edge_cases="Paid time is given with the report, in seconds. Whole conversations above: "
        "read it by day.",
        example=Example(numbers={"handled": 40, 'given_seconds("paid")': 32000}, printed="4.5 /h"),
    ),
    Kpi(
        id="transfer.rate",
        number=56,
        title="Transfer rate: conversations passed on",
        unit="ratio",
        numerator="transferred",
        denominator="conversations",
        source=f"{CONNECT}: contacts transferred out",
        edge_cases="To a queue or an agent; with a consultation or without.",
        example=Example(numbers={"transferred": 12, "conversations": 100}, printed="12.0 %"),
    ),
    Kpi(
        id="transfer.blind",
        number=56,
        title="Transfers without consultation, of conversations",
        unit="ratio",
        numerator="transferred - handed_over",
        denominator="conversations",
        source="Asterisk queue_log: BLINDTRANSFER",
        edge_cases="What is transferred and was not handed over within the visit.",
        example=Example(
            numbers={"transferred": 12, "handed_over": 5, "conversations": 100}, printed="7.0 %"
        ),
    ),
    Kpi(
        id="transfer.handed_over",
        number=56,
        title="Conversations handed over to another agent, of all",
        unit="ratio",
        numerator="handed_over",
        denominator="conversations",
        source="Asterisk queue_log: ATTENDEDTRANSFER",
        edge_cases="Within the visit, the next agent being in already; the SQL sink of queue_log "
        "may lack the event the file has.",
        example=Example(numbers={"handed_over": 5, "conversations": 100}, printed="5.0 %"),
    ),
    Kpi(
        id="agent.hung_up_first",
        number=57,
        title="Ended by the agent, of conversations",
        unit="ratio",
        numerator="ended_by_agent",
        denominator="conversations",
        source=f"{CONNECT}: agent hung up; queue_log COMPLETEAGENT",
        edge_cases="Very short conversations ended by agents deserve a look.",
        example=Example(numbers={"ended_by_agent": 30, "conversations": 100}, printed="30.0 %"),
    ),
    Kpi(
        id="agent.hung_up_first.of_hang_ups",
        number=57,
        title="Ended by the agent, of those ended by agent or customer",
        unit="ratio",
        numerator="ended_by_agent",
        denominator="ended_by_agent + ended_by_customer",
        source="Asterisk queue_log: COMPLETEAGENT and COMPLETECALLER",
        edge_cases="Ends by transfer or by the system are in neither.",
        example=Example(numbers={"ended_by_agent": 30, "ended_by_customer": 60}, printed="33.3 %"),
    ),
    Kpi(
        id="abandoned.on_hold",
        number=58,
        title="Left on hold",
        unit="n",
        numerator="abandoned_on_hold",
        source=f"{CONNECT}: contacts hold abandons",
        edge_cases="Was answered: not in abandoned.",
        example=Example(numbers={"abandoned_on_hold": 2}, printed="2"),
    ),
    Kpi(
        id="abandoned.on_hold.of_held",
        number=58,
        title="Left on hold, of conversations held",
        unit="ratio",
        numerator="abandoned_on_hold",
        denominator="held",
        source=COMMON,
        edge_cases="Was answered: in no abandon rate.",
        example=Example(numbers={"abandoned_on_hold": 2, "held": 20}, printed="10.0 %"),
    ),
    Kpi(
        id="first_response",
        number=59,
        title="Time to the first response",
        unit="s",
        numerator="first_response.sum",
        denominator="first_response.count",
        source=f"{CONNECT}: agent first response time",
        edge_cases="From arrival, by the clock: closed hours count unless the host leaves them "
        "out.",
        example=Example(
            numbers={"first_response.sum": 4500, "first_response.count": 50}, printed="90.0 s"
        ),
    ),
    Kpi(
        id="first_response.p90",
        number=59,
        title="Time to the first response: 90th percentile",
        unit="s",
        numerator="first_response.p90",
        source="nearest rank; histogram of OpenTelemetry scale 6",
        edge_cases="Exact to 256 responses above zero, then at most 0.55 % off.",
        example=Example(
            numbers={"first_response.p90": 210, "first_response.count": 50}, printed="210.0 s"
        ),
    ),
    Kpi(
        id="speech.interruptions",
        number=60,
        title="Interruptions per conversation",
        unit="n",
        numerator='code("speech.interruption")',
        denominator="conversations",
        source=f"{CONNECT}: conversational analytics",
        edge_cases="Needs a feed of speech analytics; 0 without one.",
        example=Example(
            numbers={'code("speech.interruption")': 40, "conversations": 100}, printed="0.40"
        ),
    ),
    Kpi(
        id="speech.silence",
        number=60,
        title="Non-talk time per conversation analysed",
        unit="s",
        numerator='amount("speech.silence")',
        denominator='amounts("speech.silence")',
        source=f"{CONNECT}: conversational analytics",
        edge_cases="In seconds; of conversations analysed only.",
        example=Example(
            numbers={'amount("speech.silence")': 900, 'amounts("speech.silence")': 60},
            printed="15.0 s",
        ),
    ),
    Kpi(
        id="speech.agent_share",
        number=60,
        title="The agent's share of talking",
        unit="ratio",
        numerator='amount("speech.agent")',
        denominator='amount("speech.agent") + amount("speech.customer")',
        n='amounts("speech.agent")',
        source=f"{CONNECT}: conversational analytics",
        edge_cases="Both in seconds; of conversations analysed only.",
        example=Example(
            numbers={'amount("speech.agent")': 600, 'amount("speech.customer")': 400},
            printed="60.0 %",
        ),
    ),
)

AGENTS = (*_TIMES, *_WORK)
