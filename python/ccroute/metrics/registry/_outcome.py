"""What customers got out of it and what it cost: marks that hosts add to contacts.

Scores: ``csat`` 1 to 5, ``nps`` 0 to 10, ``ces`` 1 to 7, ``resolved`` 0 or 1. The scale
travels with the name; a survey on another scale needs another name.
"""

import json
import re
from datetime import timedelta

from ccroute.metrics._kpi import Example, Kpi
from ccroute.metrics.registry._sources import BROWN, COMMON, CONNECT, WFM

_WINDOWS = (1, 3, 7, 14, 30)


def disposition(name: str) -> Kpi:
    """How many contacts got this disposition, for any code of one's own.

    >>> disposition("moved house").numerator
    'code("moved house")'
    """
    code = f"code({json.dumps(name, ensure_ascii=False)})"
    word = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name)
    return Kpi(
        id=f"disposition.{word.lower()}",
        number=70,
        title=f"Disposition: {name}",
        unit="n",
        numerator=code,
        source="ccroute: the agent's code for how it ended",
        edge_cases="A contact may get several; a corrected code takes the old one back.",
        example=Example(numbers={code: 12}, printed="12"),
    )


_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds", "us": "microseconds"}


def first_contact(window: timedelta) -> Kpi:
    """First contact resolution by a window of one's own.

    >>> first_contact(timedelta(days=2)).id, first_contact(timedelta(hours=36)).id
    ('fcr.within_2d', 'fcr.within_36h')
    """
    sign, unit = next(
        (sign, unit)
        for sign, unit in _UNITS.items()
        if window % timedelta(**{unit: 1}) == timedelta(0)
    )
    count = window // timedelta(**{unit: 1})
    return Kpi(
        id=f"fcr.within_{count}{sign}",
        number=61,
        title=f"First contact resolution: no repeat within {count} "
        + (unit.removesuffix("s") if count == 1 else unit),
        unit="ratio",
        numerator="contacts - followed_by_the_same_customer_in_time",
        denominator="contacts",
        computed_by=f"first_contact_resolution(records, timedelta({unit}={count})).value",
        source=f"common usage; customers without an id as in {BROWN}",
        edge_cases="A contact counts once, at its first visit: a transfer is no repeat. Final "
        "only when the window has passed; contacts of unknown customers are left out and counted.",
        example=Example(
            code="first_contact_resolution("
            f"calls((1, 0), (1, {window / timedelta(days=2):g}), (2, 0)), "
            f"window=timedelta({unit}={count}))",
            printed="66.7 %",
        ),
    )


def first_contact_named(name: str) -> Kpi | None:
    """The one of an id, ``fcr.within_2d``; ``None`` for other names."""
    told = re.fullmatch(r"fcr\.within_([1-9]\d{0,8})(d|h|m|s|us)", name)
    return None if told is None else first_contact(timedelta(**{_UNITS[told[2]]: int(told[1])}))


_FCR = (
    *(first_contact(timedelta(days=days)) for days in _WINDOWS),
    Kpi(
        id="fcr.by_answer",
        number=62,
        title="First contact resolution: resolved, as asked",
        unit="ratio",
        numerator='score("resolved", 1, 1)',
        denominator='score("resolved")',
        source=COMMON,
        edge_cases="Only who answers is counted: read n.",
        example=Example(
            numbers={'score("resolved", 1)': 72, 'score("resolved")': 90}, printed="80.0 %"
        ),
    ),
    Kpi(
        id="fcr.gross",
        number=63,
        title="First contact resolution: by code, of all conversations handled",
        unit="ratio",
        numerator='code("resolved.first")',
        denominator="handled",
        source=COMMON,
        edge_cases="By the agent's code, one a contact, over conversations: a contact that was "
        "passed on is below the line with each of them. What could not be resolved at first "
        "contact counts against.",
        example=Example(numbers={'code("resolved.first")': 60, "handled": 100}, printed="60.0 %"),
    ),
    Kpi(
        id="fcr.net",
        number=63,
        title="First contact resolution: of the resolvable",
        unit="ratio",
        numerator='code("resolved.first")',
        denominator='code("resolvable.first")',
        source=COMMON,
        edge_cases="By the agent's codes; resolvable is what could be resolved at first contact.",
        example=Example(
            numbers={'code("resolved.first")': 60, 'code("resolvable.first")': 80},
            printed="75.0 %",
        ),
    ),
    Kpi(
        id="fcr.case",
        number=64,
        title="Cases resolved on first contact, of cases resolved",
        unit="ratio",
        numerator='code("case.resolved.first")',
        denominator='code("case.resolved")',
        source=f"{CONNECT}: Cases",
        edge_cases="Counts when the case is resolved, not when it came.",
        example=Example(
            numbers={'code("case.resolved.first")': 30, 'code("case.resolved")': 50},
            printed="60.0 %",
        ),
    ),
)

_SURVEYS = (
    Kpi(
        id="csat.top_box",
        number=65,
        title="Customer satisfaction: answers of 4 and 5 on 1 to 5",
        unit="ratio",
        numerator='score("csat", 4, 5)',
        denominator='score("csat", 1, 5)',
        source=COMMON,
        edge_cases="Answers off the scale are on neither side.",
        example=Example(
            numbers={f'score("csat", {n})': count for n, count in enumerate((2, 3, 5, 20, 20), 1)},
            printed="80.0 %",
        ),
    ),
    Kpi(
        id="csat.mean",
        number=65,
        title="Customer satisfaction: mean on 1 to 5",
        unit="points",
        numerator='score_sum("csat", 1, 5)',
        denominator='score("csat", 1, 5)',
        source=COMMON,
        edge_cases="Answers off the scale are on neither side.",
        example=Example(
            numbers={f'score("csat", {n})': count for n, count in enumerate((2, 3, 5, 20, 20), 1)},
            printed="4.06",
        ),
    ),
    Kpi(
        id="nps",
        number=66,
        title="Net promoter score",
        unit="points",
        numerator='100 * (score("nps", 9, 10) - score("nps", 0, 6))',
        denominator='score("nps", 0, 10)',
        source="Reichheld, The One Number You Need to Grow (2003)",
        edge_cases="-100 to 100; never a mean of scores: keep the three counts.",
        example=Example(
            numbers={
                'score("nps", 10)': 30,
                'score("nps", 9)': 20,
                'score("nps", 8)': 30,
                'score("nps", 3)': 20,
            },
            printed="30.00",
        ),
    ),
    *(
        Kpi(
            id=f"nps.{name}",
            number=66,
            title=f"Net promoter score: {name} ({low} to {high})",
            unit="n",
            numerator=f'score("nps", {low}, {high})',
            source="Reichheld, The One Number You Need to Grow (2003)",
            edge_cases="One of the three counts behind nps.",
            example=Example(numbers={f'score("nps", {low})': 7}, printed="7"),
        )
        for name, low, high in (("detractors", 0, 6), ("passives", 7, 8), ("promoters", 9, 10))
    ),
    Kpi(
        id="ces.mean",
        number=67,
        title="Customer effort score: mean on 1 to 7",
        unit="points",
        numerator='score_sum("ces", 1, 7)',
        denominator='score("ces", 1, 7)',
        source=COMMON,
        edge_cases="7 is easy; a 5-point survey is another score and needs another name.",
        example=Example(numbers={'score("ces", 7)': 30, 'score("ces", 4)': 10}, printed="6.25"),
    ),
    Kpi(
        id="ces.easy",
        number=67,
        title="Customer effort score: answers of 5 to 7",
        unit="ratio",
        numerator='score("ces", 5, 7)',
        denominator='score("ces", 1, 7)',
        source=COMMON,
        edge_cases="7 is easy; answers off the scale are on neither side.",
        example=Example(numbers={'score("ces", 7)': 30, 'score("ces", 4)': 10}, printed="75.0 %"),
    ),
    Kpi(
        id="quality.weighted",
        number=68,
        title="Quality: points of possible points",
        unit="ratio",
        numerator='amount("quality.points")',
        denominator='amount("quality.possible")',
        n='amounts("quality.points")',
        source=f"{CONNECT}: weighted average evaluation score",
        edge_cases="Long forms weigh more. An automatic fail is fed as 0 points.",
        example=Example(
            numbers={'amount("quality.points")': 170, 'amount("quality.possible")': 200},
            printed="85.0 %",
        ),
    ),
    Kpi(
        id="quality.plain",
        number=68,
        title="Quality: mean of the forms' scores",
        unit="points",
        numerator='amount("quality.score")',
        denominator='amounts("quality.score")',
        source=f"{CONNECT}: average evaluation score",
        edge_cases="Each form weighs the same. An automatic fail is fed as 0.",
        example=Example(
            numbers={'amount("quality.score")': 170, 'amounts("quality.score")': 2},
            printed="85.00",
        ),
    ),
)

_COST = (
    Kpi(
        id="cost",
        number=69,
        title="Cost",
        unit="money",
        numerator='amount("cost")',
        source=COMMON,
        edge_cases="In one currency; kept in millionths, never as a float.",
        example=Example(numbers={'amount("cost")': 425.5}, printed="425.50"),
    ),
    Kpi(
        id="cost.per_contact",
        number=69,
        title="Cost per handled conversation",
        unit="money",
        numerator='amount("cost")',
        denominator="handled",
        source=f"common usage, on paid time: {WFM}",
        edge_cases="Only costs fed as marks are known; overheads are yours to add.",
        example=Example(numbers={'amount("cost")': 425, "handled": 100}, printed="4.25"),
    ),
    Kpi(
        id="cost.per_resolved",
        number=69,
        title="Cost per contact resolved",
        unit="money",
        numerator='amount("cost")',
        denominator='code("resolved.first")',
        source=f"common usage, on paid time: {WFM}",
        edge_cases="By the agent's code, resolved at first contact.",
        example=Example(
            numbers={'amount("cost")': 425, 'code("resolved.first")': 50}, printed="8.50"
        ),
    ),
)

OUTCOME = (*_FCR, *_SURVEYS, *_COST)
