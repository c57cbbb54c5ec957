"""``ccroute doctor``: what is wrong with a platform, before anybody runs, and what to set where."""

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import attrs
import typer
from rich.table import Table
from rich.text import Text

from ccroute._errors import AdapterError, CcrouteError
from ccroute.adapters import Doctor, Finding, SystemTime, doctor_of
from ccroute.cli._console import fail, output
from ccroute.cli._reading import sentence
from ccroute.host import Centre, LinkPart
from ccroute.metrics import shown

CANNOT = 2
"""The exit code when nothing could be looked at."""
_STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red", "unknown": "dim"}


def doctor(
    adapter: Annotated[str, typer.Argument(help="Of which adapter, such as asterisk.")],
    centre: Annotated[
        Path, typer.Option("--centre", metavar="FILE", help="The document that has the links.")
    ] = Path("centre.toml"),
    link: Annotated[
        str | None, typer.Option("--link", help="Only this one; else all of the adapter.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at the platforms of a centre's links, and name what must be set otherwise.

    Nothing is changed there. Code 0: all can work, 1: something is wrong, 2: nothing could be
    looked at.
    """
    try:
        found = _examined(Centre.load(centre, environ=os.environ), adapter, link)
    except (CcrouteError, OSError) as error:
        words = sentence(error, centre)
        fail(words if str(centre) in words else f"{centre}: {words}", CANNOT)
    if not found:
        which = f"link {link!r} of" if link is not None else "link of"
        fail(f"{centre}: no {which} adapter {adapter!r}: give one in [links]", CANNOT)
    if as_json:
        told = {name: [attrs.asdict(it) for it in findings] for name, findings in found.items()}
        print(json.dumps({"links": told}, indent=1, ensure_ascii=False))
    else:
        for name, findings in found.items():
            _print(name, findings)
    if any(it.state == "wrong" for findings in found.values() for it in findings):
        raise typer.Exit(1)


def _examined(centre: Centre, adapter: str, link: str | None) -> dict[str, Sequence[Finding]]:
    links = {
        name: part
        for name, part in centre.links.items()
        if part.adapter == adapter and link in {None, name}
    }
    if not links:
        return {}
    examine = doctor_of(adapter)

    async def all_of_them() -> dict[str, Sequence[Finding]]:
        return {name: await _of_link(examine, name, part) for name, part in links.items()}

    return asyncio.run(all_of_them())


async def _of_link(examine: Doctor, name: str, part: LinkPart) -> Sequence[Finding]:
    try:
        return await examine(name, part.revealed(), SystemTime())
    except Exception as error:  # noqa: BLE001  # whatever a plug-in raises
        # A broken plug-in is its own fault; its words may hold what the document hides.
        words = f"links.{name}: the doctor of {part.adapter!r} broke: {error}"
        if isinstance(error, CcrouteError):
            words = str(error)
        for secret in part.secrets():
            words = secret.hide_in(words)
        raise AdapterError(words) from None


def _print(link: str, findings: Sequence[Finding]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in (f"link {shown(link)}", "", "found", "remedy"):
        table.add_column(column)
    for it in findings:
        state = Text(it.state, style=_STYLES[it.state])
        table.add_row(Text(it.check), state, Text(shown(it.found)), Text(shown(it.remedy)))
    output().print(table)
