"""``ccroute kpis``: the catalogue at the prompt."""

from typing import Annotated

import typer

from ccroute._errors import ConfigError
from ccroute.cli._console import fail
from ccroute.metrics import BUILT_IN, explain


def kpis(
    word: Annotated[
        str | None, typer.Argument(help="A KPI to explain, or a word to look for.")
    ] = None,
) -> None:
    """List the KPIs, or explain one."""
    if word is not None and word.partition("(")[0] in BUILT_IN:
        try:
            typer.echo(explain(word))
        except ConfigError as error:
            fail(str(error))
        return
    wanted = (word or "").lower()
    found = [
        kpi
        for kpi in BUILT_IN
        if any(wanted in text.lower() for text in (kpi.id, *kpi.aliases, kpi.title))
    ]
    if not found:
        fail(f"no KPI has {word!r} in its names or its title: ccroute kpis lists them all")
    width = max(len(kpi.id) for kpi in found)
    for kpi in found:
        aliases = f" (also {', '.join(kpi.aliases)})" if kpi.aliases else ""
        mark = " " if kpi.computed_by is None else "*"
        typer.echo(f"{kpi.id:<{width}} {mark} {kpi.unit:<6}  {kpi.title}{aliases}")
    if any(kpi.computed_by is not None for kpi in found):
        typer.echo("* not in a report: ccroute kpis with its name says what gives it")
