"""Handling: what a conversation costs, and what became of the offers before it."""

from ccroute.metrics._kpi import Example, Kpi
from ccroute.metrics.registry._sources import ASTERISK, COMMON, CONNECT, GENESYS, TASKROUTER

_HANDLE = (
    Kpi(
        id="aht",
        heading="AHT",
        number=38,
        title="Average handle time: talk, hold and wrap-up of the handled",
        unit="s",
        numerator="handle.sum",
        denominator="handle.count",
        source=f"{GENESYS}; {CONNECT}: average handle time",
        edge_cases="Conversations wholly done only; a transfer has one per agent.",
        example=Example(numbers={"handle.sum": 24000, "handle.count": 100}, printed="240.0 s"),
    ),
    Kpi(
        id="aht.with_ringing",
        number=38,
        title="Average handle time with ringing",
        unit="s",
        numerator="handle.sum + ringing + connecting",
        denominator="handle.count",
        source=COMMON,
        edge_cases="Ringing of accepted offers only; that of missed ones is in no handle time.",
        example=Example(
            numbers={"handle.sum": 24000, "ringing": 500, "connecting": 100, "handle.count": 100},
            printed="246.0 s",
        ),
    ),
    Kpi(
        id="aht.of_answered",
        number=38,
        title="Handle time per answered visit",
        unit="s",
        numerator="handle.sum",
        denominator="answered",
        source=COMMON,
        edge_cases="A visit handed over has all its conversations above; open ones are missing.",
        example=Example(numbers={"handle.sum": 24000, "answered": 96}, printed="250.0 s"),
    ),
    Kpi(
        id="aht.attention",
        number=(38, 54),
        title="Handle time by the agent's clock, shared out among contacts at once",
        unit="s",
        numerator="time.talk + time.hold + time.wrap_up",
        denominator="handled",
        source=COMMON,
        edge_cases="With several chats at once less than aht, which counts each by the wall clock. "
        "Time cut to the interval above, whole conversations below: read it by day.",
        example=Example(
            numbers={"time.talk": 9000, "time.hold": 500, "time.wrap_up": 2500, "handled": 100},
            printed="120.0 s",
        ),
    ),
    Kpi(
        id="handle.deviation",
        number=38,
        title="Handle time: standard deviation",
        unit="s",
        numerator="handle.deviation",
        source="of the population, from exact sums",
        edge_cases="None without a handled conversation.",
        example=Example(
            numbers={"handle.deviation": 229.73, "handle.count": 100}, printed="229.7 s"
        ),
    ),
    *(
        Kpi(
            id=f"handle.{name}",
            number=38,
            title=f"Handle time: {name[1:]}th percentile",
            unit="s",
            numerator=f"handle.{name}",
            source="nearest rank; histogram of OpenTelemetry scale 6",
            edge_cases="Exact to 256 handle times above zero, then at most 0.55 % off.",
            example=Example(
                numbers={f"handle.{name}": 480, "handle.count": 100}, printed="480.0 s"
            ),
        )
        for name in ("p50", "p90")
    ),
    Kpi(
        id="handle.longest",
        number=38,
        title="Longest handle time",
        unit="s",
        numerator="handle.max",
        source=COMMON,
        edge_cases="Built anew when a correction takes the longest away.",
        example=Example(numbers={"handle.max": 3600, "handle.count": 100}, printed="3600.0 s"),
    ),
    Kpi(
        id="conversations",
        number=38,
        title="Conversations ended",
        unit="n",
        numerator="conversations",
        source="ccroute: one a primary agent's part",
        edge_cases="Handing over makes two of one visit.",
        example=Example(numbers={"conversations": 110}, printed="110"),
    ),
    Kpi(
        id="att",
        number=39,
        title="Average talk time, without hold",
        unit="s",
        numerator="talk.sum",
        denominator="talk.count",
        source=COMMON,
        edge_cases="Of all conversations, also those still to be wrapped up.",
        example=Example(numbers={"talk.sum": 18000, "talk.count": 100}, printed="180.0 s"),
    ),
    Kpi(
        id="att.with_hold",
        number=39,
        title="Average talk time, with hold",
        unit="s",
        numerator="talk.sum + hold.sum",
        denominator="talk.count",
        source=f"{ASTERISK}: the call time of queue_log",
        edge_cases="What systems report that do not know about holds.",
        example=Example(
            numbers={"talk.sum": 18000, "hold.sum": 1000, "talk.count": 100}, printed="190.0 s"
        ),
    ),
    Kpi(
        id="hold.average",
        number=40,
        title="Average hold of those held",
        unit="s",
        numerator="hold.sum",
        denominator="hold.count",
        source=f"{CONNECT}: hold",
        edge_cases="All holds of a conversation together.",
        example=Example(numbers={"hold.sum": 1000, "hold.count": 20}, printed="50.0 s"),
    ),
    Kpi(
        id="hold.average_all",
        number=40,
        title="Average hold of all conversations",
        unit="s",
        numerator="hold.sum",
        denominator="conversations",
        source=f"{CONNECT}: hold, all contacts",
        edge_cases="Conversations without a hold are below the line.",
        example=Example(numbers={"hold.sum": 1000, "conversations": 100}, printed="10.0 s"),
    ),
    Kpi(
        id="hold.rate",
        number=40,
        title="Conversations held at all",
        unit="ratio",
        numerator="held",
        denominator="conversations",
        source=COMMON,
        edge_cases="Held twice counts once; see holds.per_conversation.",
        example=Example(numbers={"held": 20, "conversations": 100}, printed="20.0 %"),
    ),
    Kpi(
        id="holds.per_conversation",
        number=40,
        title="Holds per conversation",
        unit="n",
        numerator="holds",
        denominator="conversations",
        source=f"{CONNECT}: holds",
        edge_cases="Can pass 1.",
        example=Example(numbers={"holds": 35, "conversations": 100}, printed="0.35"),
    ),
    Kpi(
        id="acw",
        number=41,
        title="Average wrap-up of those wrapped up",
        unit="s",
        numerator="wrap_up.sum",
        denominator="wrap_up.count",
        source=f"{CONNECT}: after contact work time",
        edge_cases="Arrives minutes after the end: look at final.",
        example=Example(numbers={"wrap_up.sum": 2400, "wrap_up.count": 80}, printed="30.0 s"),
    ),
    Kpi(
        id="acw.of_handled",
        number=41,
        title="Average wrap-up of all handled",
        unit="s",
        numerator="wrap_up.sum",
        denominator="handled",
        source=COMMON,
        edge_cases="Conversations without wrap-up are below the line.",
        example=Example(numbers={"wrap_up.sum": 2400, "handled": 100}, printed="24.0 s"),
    ),
    Kpi(
        id="wrap_up.rate",
        number=41,
        title="Conversations wrapped up at all",
        unit="ratio",
        numerator="wrapped",
        denominator="conversations",
        source=COMMON,
        edge_cases="A wrap-up still to begin is missing.",
        example=Example(numbers={"wrapped": 80, "conversations": 100}, printed="80.0 %"),
    ),
)

_CONNECTING = (
    Kpi(
        id="ringing.average",
        number=42,
        title="Average ringing before acceptance",
        unit="s",
        numerator="ringing",
        denominator="offers_accepted",
        source=f"{CONNECT}: agent alerting and connecting time",
        edge_cases="Of the accepted offers only: missed ones rang to their deadline.",
        example=Example(numbers={"ringing": 660, "offers_accepted": 110}, printed="6.0 s"),
    ),
    Kpi(
        id="connecting.average",
        number=42,
        title="From acceptance to the join",
        unit="s",
        numerator="connecting",
        denominator="offers_accepted",
        source=f"{CONNECT}: connecting time",
        edge_cases="Zero where a platform joins at once.",
        example=Example(numbers={"connecting": 200, "offers_accepted": 100}, printed="2.0 s"),
    ),
)

_ENDS = {
    "accepted": ("accepted", "accepted"),
    "declined": ("declined", "rejected"),
    "missed": ("passed unanswered", "timed out"),
    "withdrawn": ("taken back", "cancelled"),
    "lost": ("taken by another agent first", "rescinded"),
}

_OFFERS = (
    Kpi(
        id="offers.made",
        number=45,
        title="Offers made to agents",
        unit="n",
        numerator="offers_made",
        source=f"{TASKROUTER}: reservations created",
        edge_cases="Ring-all makes one per agent: offers are no contacts.",
        example=Example(numbers={"offers_made": 110}, printed="110"),
    ),
    *(
        Kpi(
            id=f"offers.{name}",
            number=45,
            title=f"Offers {ours}",
            unit="n",
            numerator=f"offers_{name}",
            source=f"{TASKROUTER}: reservations {theirs}",
            edge_cases="All ends together never pass offers.made; the rest are open.",
            example=Example(numbers={f"offers_{name}": 4}, printed="4"),
        )
        for name, (ours, theirs) in _ENDS.items()
    ),
    Kpi(
        id="rona",
        number=43,
        title="Offers nobody answered, of all (RONA)",
        unit="ratio",
        numerator="offers_missed",
        denominator="offers_made",
        source=f"{ASTERISK}: queue_log RINGNOANSWER; {CONNECT}: agent non-response",
        edge_cases="RINGCANCELED is no RONA: those were withdrawn or lost.",
        example=Example(numbers={"offers_missed": 5, "offers_made": 100}, printed="5.0 %"),
    ),
    Kpi(
        id="rona.without_abandons",
        number=43,
        title="Offers nobody answered, of those the customer waited out",
        unit="ratio",
        numerator="offers_missed",
        denominator="offers_made - offers_withdrawn",
        source=f"{CONNECT}: agent non-response without customer abandons",
        edge_cases="An offer withdrawn for another reason is left out too.",
        example=Example(
            numbers={"offers_missed": 5, "offers_made": 110, "offers_withdrawn": 10},
            printed="5.0 %",
        ),
    ),
    Kpi(
        id="offers.not_accepted",
        number=43,
        title="Offers missed or declined, of all",
        unit="ratio",
        numerator="offers_missed + offers_declined",
        denominator="offers_made",
        source=COMMON,
        edge_cases="Offers withdrawn or lost are below the line only.",
        example=Example(
            numbers={"offers_missed": 5, "offers_declined": 3, "offers_made": 100}, printed="8.0 %"
        ),
    ),
    Kpi(
        id="agent.answer_rate",
        number=44,
        title="Agent answer rate: accepted of offers",
        unit="ratio",
        numerator="offers_accepted",
        denominator="offers_made",
        source=f"{CONNECT}: agent answer rate",
        edge_cases="With ring-all, offers lost to colleagues push it down.",
        example=Example(numbers={"offers_accepted": 90, "offers_made": 100}, printed="90.0 %"),
    ),
)

_T = {"T": 20.0}

_SPLIT = tuple(
    Kpi(
        id=f"taskrouter.{word}_{side}",
        number=46,
        title=f"TaskRouter split: {word} {'in less than' if side == 'below' else 'after'} T",
        unit="n",
        numerator=(
            f"below(wait_{field}, T)" if side == "below" else f"{field} - below(wait_{field}, T)"
        ),
        parameters=_T,
        source=TASKROUTER,
        edge_cases="Exactly T counts as above. All of the classic service levels follow from "
        "the four numbers.",
        example=Example(
            numbers={f"below(wait_{field}, T)": 40, field: 100},
            printed="40" if side == "below" else "60",
        ),
    )
    for word, field in (("accepted", "answered"), ("cancelled", "abandoned"))
    for side in ("below", "above")
)

HANDLING = (*_HANDLE, *_CONNECTING, *_OFFERS, *_SPLIT)
