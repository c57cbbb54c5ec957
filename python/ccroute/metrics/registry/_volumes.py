"""Volumes: what came, was answered, given up, sent on or refused."""

from ccroute.metrics._fields import LEFT_CAUSES
from ccroute.metrics._kpi import Example, Kpi
from ccroute.metrics.registry._sources import ASTERISK, COMMON, CONNECT, GENESYS

_S = {"S": 5.0}

_OFFERED = (
    Kpi(
        id="offered",
        number=16,
        title="Offered: visits begun",
        unit="n",
        numerator="offered",
        source=f"{GENESYS}: nOffered; {CONNECT}: contacts queued",
        edge_cases="A transfer to another queue is a visit of its own there; a re-queue is not.",
        example=Example(numbers={"offered": 1075}, printed="1075"),
    ),
    Kpi(
        id="offered.contacts",
        number=16,
        title="Offered contacts: each once, at its first visit",
        unit="n",
        numerator="contacts",
        source=COMMON,
        edge_cases="By queue, a contact counts in its first queue only.",
        example=Example(numbers={"contacts": 1000}, printed="1000"),
    ),
    Kpi(
        id="offered.without_short",
        number=16,
        title="Offered without short abandons",
        unit="n",
        numerator="offered - short(S)",
        parameters=_S,
        source=COMMON,
        edge_cases="With S = 0 it is offered.",
        example=Example(numbers={"offered": 1075, "short(S)": 10}, printed="1065"),
    ),
    Kpi(
        id="unique.customers",
        number=16,
        title="Different customers",
        unit="n",
        numerator="unique.customers",
        source="ccroute: exact set, then HyperLogLog",
        edge_cases="No sum of rows. Customers without an id are not in it; past the exact set it "
        "is an estimate (its value is not exact, ~ in print) and not corrected downwards.",
        example=Example(numbers={"unique.customers": 812}, printed="812"),
    ),
    Kpi(
        id="answered",
        number=17,
        title="Answered: visits joined with an agent",
        unit="n",
        numerator="answered",
        source=f"{GENESYS}, which posts at the connect",
        edge_cases="Counts at the join; who hangs up during a whisper before it abandoned.",
        example=Example(numbers={"answered": 1000}, printed="1000"),
    ),
    Kpi(
        id="handled",
        number=17,
        title="Handled: conversations wholly done, wrap-up included",
        unit="n",
        numerator="handled",
        source=f"{CONNECT}: contacts handled",
        edge_cases="A transferred contact has a conversation per agent.",
        example=Example(numbers={"handled": 990}, printed="990"),
    ),
    Kpi(
        id="answer.rate",
        number=18,
        title="Answer rate: answered of offered",
        unit="ratio",
        numerator="answered",
        denominator="offered",
        source=GENESYS,
        edge_cases="100 % less the abandon rate only where nobody left and nobody waits.",
        example=Example(numbers={"answered": 1000, "offered": 1075}, printed="93.0 %"),
    ),
)

_ABANDONED = (
    Kpi(
        id="abandoned",
        number=19,
        title="Abandoned: the customer left while waiting",
        unit="n",
        numerator="abandoned",
        source=f"{CONNECT}, where callbacks are no abandons",
        edge_cases=f"{ASTERISK} also counts time-outs and empty queues; Genesys Cloud also system "
        "disconnects. Here those are left.",
        example=Example(numbers={"abandoned": 60}, printed="60"),
    ),
    Kpi(
        id="abandoned.short",
        number=21,
        title="Short abandons: within S",
        unit="n",
        numerator="short(S)",
        parameters=_S,
        source=COMMON,
        edge_cases="S is a queue's own where it has one; with S = 0 there are none.",
        example=Example(numbers={"short(S)": 10}, printed="10"),
    ),
    Kpi(
        id="abandoned.late",
        number=21,
        title="Abandons after S",
        unit="n",
        numerator="abandoned - short(S)",
        parameters=_S,
        source=COMMON,
        edge_cases="With abandoned.short it makes up abandoned.",
        example=Example(numbers={"abandoned": 60, "short(S)": 10}, printed="50"),
    ),
    Kpi(
        id="abandon.of_answered_and_abandoned",
        heading="abandon rate",
        number=20,
        title="Abandon rate: of answered and abandoned",
        unit="ratio",
        numerator="abandoned",
        denominator="answered + abandoned",
        source=COMMON,
        edge_cases="Flow-outs and those still waiting are on neither side.",
        example=Example(numbers={"abandoned": 60, "answered": 1000}, printed="5.7 %"),
    ),
    Kpi(
        id="abandon.late_of_answered_and_abandoned",
        number=20,
        title="Abandon rate without short ones: of answered and abandoned",
        unit="ratio",
        numerator="abandoned - short(S)",
        denominator="answered + abandoned - short(S)",
        parameters=_S,
        source=COMMON,
        edge_cases="Short abandons are taken out of both sides.",
        example=Example(
            numbers={"abandoned": 60, "answered": 1000, "short(S)": 10}, printed="4.8 %"
        ),
    ),
    Kpi(
        id="abandon.of_offered",
        number=20,
        title="Abandon rate: of offered",
        unit="ratio",
        numerator="abandoned",
        denominator="offered",
        source=f"{GENESYS}: abandons / offered; {CONNECT}: abandonment rate",
        edge_cases="Those still waiting are below the line: it rises as they end.",
        example=Example(numbers={"abandoned": 60, "offered": 1075}, printed="5.6 %"),
    ),
    Kpi(
        id="abandon.without_short",
        number=20,
        title="Abandon rate without short ones: of offered",
        unit="ratio",
        numerator="abandoned - short(S)",
        denominator="offered - short(S)",
        parameters=_S,
        source=COMMON,
        edge_cases="Short abandons are taken out of both sides.",
        example=Example(
            numbers={"abandoned": 60, "offered": 1075, "short(S)": 10}, printed="4.7 %"
        ),
    ),
    Kpi(
        id="abandon.of_contacts",
        number=20,
        title="Abandon rate: of contacts, each once at its first visit",
        unit="ratio",
        numerator="abandoned",
        denominator="contacts",
        source=COMMON,
        edge_cases="A contact that abandons at its second queue counts above there, below at the "
        "first: by queue it can pass 100 %.",
        example=Example(numbers={"abandoned": 60, "contacts": 1000}, printed="6.0 %"),
    ),
)

_REFUSED = (
    Kpi(
        id="refused",
        number=22,
        title="Refused: not let into the queue",
        unit="n",
        numerator="refused",
        source=f"{ASTERISK}: queue_log FULL",
        edge_cases="No visits, and in no other figure. Busy trunks are unseen unless fed.",
        example=Example(numbers={"refused": 25}, printed="25"),
    ),
    Kpi(
        id="blocked.rate",
        number=22,
        title="Blocked: refused of all that tried",
        unit="ratio",
        numerator="refused",
        denominator="offered + refused",
        source=COMMON,
        edge_cases="Trunk busy signals are unseen unless fed as refused.",
        example=Example(numbers={"refused": 25, "offered": 475}, printed="5.0 %"),
    ),
    Kpi(
        id="blocked.full",
        number=22,
        title="Blocked because the queue was full",
        unit="ratio",
        numerator="refused.full",
        denominator="offered + refused",
        source=f"{ASTERISK}: queue_log FULL",
        edge_cases="Other refusals count below the line only.",
        example=Example(
            numbers={"refused.full": 10, "refused": 25, "offered": 475}, printed="2.0 %"
        ),
    ),
)

_WHO_COUNTS = {
    "exited_by_key": f"{ASTERISK}: queue_log EXITWITHKEY, which its own counters ignore",
}
_EDGES = {"exited_by_key": "One who presses for a callback left for it: left.callback."}

_LEFT = (
    Kpi(
        id="left",
        number=23,
        title="Left: unserved, not by the customer's giving up (flow-outs)",
        unit="n",
        numerator="left",
        source=GENESYS,
        edge_cases="A closed list of causes; a time-out is no abandonment.",
        example=Example(numbers={"left": 15}, printed="15"),
    ),
    *(
        Kpi(
            id=f"left.{cause}",
            number=(23, 33) if cause == "exited_by_key" else 23,
            title=f"Left: {words}",
            unit="n",
            numerator=f"left.{cause}",
            source=_WHO_COUNTS.get(cause, GENESYS),
            edge_cases=_EDGES.get(cause, "One of the causes of left; all of them make it up."),
            example=Example(numbers={f"left.{cause}": 3}, printed="3"),
        )
        for cause, words in LEFT_CAUSES.items()
    ),
    Kpi(
        id="flow_out.rate",
        number=23,
        title="Flow-out rate: left of offered",
        unit="ratio",
        numerator="left",
        denominator="offered",
        source=f"{GENESYS}; NewVoiceMedia: breakouts",
        edge_cases="Callbacks taken are in it.",
        example=Example(numbers={"left": 15, "offered": 1075}, printed="1.4 %"),
    ),
    *(
        Kpi(
            id=f"flow_out.{cause}",
            number=23,
            title=f"Flow-out rate by cause: {words}",
            unit="ratio",
            numerator=f"left.{cause}",
            denominator="offered",
            source=GENESYS,
            edge_cases="The rates of all causes add up to flow_out.rate.",
            example=Example(numbers={f"left.{cause}": 3, "offered": 60}, printed="5.0 %"),
        )
        for cause, words in LEFT_CAUSES.items()
    ),
)

VOLUMES = (*_OFFERED, *_ABANDONED, *_REFUSED, *_LEFT)
