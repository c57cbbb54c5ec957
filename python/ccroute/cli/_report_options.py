"""The options of ``ccroute report``: how each is written and what its help says."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer


class Format(StrEnum):
    """How the report is printed."""

    table = "table"
    csv = "csv"
    json = "json"


class Step(StrEnum):
    """How much time a row of an audit covers."""

    day = "day"
    month = "month"


Words: TypeAlias = list[str] | None
"""An option that may stand several times."""

Log = Annotated[Path | None, typer.Argument(help="A recording, e.g. Asterisk's queue_log.")]
CallTable = Annotated[
    Path | None, typer.Option(help="Instead: a table of calls (CSV), a row a visit.")
]
Kpis = Annotated[
    Words, typer.Option(help="KPIs by id, as asa or 'sl.answered_within(T=30)'; several: a,b.")
]
By = Annotated[Words, typer.Option(help="Dimensions of the rows; 'total' for none.")]
Interval = Annotated[
    str | None, typer.Option(help="15min, 30min, 1h, day, week or month; else one row each.")
]
Zone = Annotated[str, typer.Option(help="Whose clock intervals follow: an IANA name.")]
Basis = Annotated[str, typer.Option(help="offered, event, completion, split or sl_event.")]
Start = Annotated[
    str | None, typer.Option(help="From this edge on: ISO 8601, in --zone unless it says.")
]
End = Annotated[str | None, typer.Option(help="Up to this edge, without it.")]
Only = Annotated[Words, typer.Option(help="Only these: queue=billing, or queue=billing,sales.")]
PlanFile = Annotated[Path | None, typer.Option(help="Its queues' targets are measured by.")]
Targets = Annotated[Words, typer.Option(help="T and S of a queue in seconds: billing=20,5.")]
Givens = Annotated[Words, typer.Option(help="A number no cell holds: forecast=120.")]
Sort = Annotated[
    str | None, typer.Option(help="By this KPI or dimension; the greatest first: -asa.")
]
Explained = Annotated[
    Words,
    typer.Option("--explain", help="Print the arithmetic of these KPIs for each row: a,b."),
]
Form = Annotated[Format, typer.Option("--format", help="How to print it.")]
Reader = Annotated[
    str | None, typer.Option(help="What the recording is; else an Asterisk queue_log.")
]
Columns = Annotated[Words, typer.Option(help="What a column is called: queue=Cola.")]
CallsZone = Annotated[
    str | None, typer.Option(help="Zone of a table's instants that name no offset.")
]
Encoding = Annotated[
    str | None, typer.Option(help="Of the file, as cp1252 or latin-1; else UTF-8.")
]
Growing = Annotated[
    bool, typer.Option("--growing", help="The file still grows: its end is not final.")
]
