"""``ccroute replay``: reads a recording, measures it, routes it again, prints both. An incident
bundle is replayed as it was.
"""

import json
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from ccroute._errors import CcrouteError, ConfigError, DataUnavailable, Rejected
from ccroute._plan import Plan
from ccroute._recording import Recording
from ccroute.cli._console import fail, output, progress
from ccroute.cli._figures import Comparison, compare
from ccroute.cli._incident import USUAL_LAST, replay_incident
from ccroute.cli._reading import recorded, sentence
from ccroute.cli._tables import print_comparison, print_decisions, print_faults, print_source
from ccroute.host import is_bundle
from ccroute.replay import Rerouted, Workload, derive_plan, route_again, workload

# From here on a bar is worth its flicker.
_MANY_CONTACTS = 20_000


def replay(
    path: Annotated[
        Path, typer.Argument(help="A recording, as Asterisk's queue_log; or a bundle.")
    ],
    plan: Annotated[
        Path | None, typer.Option(help="Route under this plan (TOML); else one is derived.")
    ] = None,
    save_plan: Annotated[
        Path | None, typer.Option(help="Write the plan routed under to this new file.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of every draw: patience and talk times.")] = 1,
    within: Annotated[
        float | None,
        typer.Option(help="T of the service level in seconds; else each queue's own."),
    ] = None,
    why: Annotated[
        str | None, typer.Option(help="Explain the decisions about this contact.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    reader: Annotated[str, typer.Option(help="What the recording is.")] = "queue_log",
    explain: Annotated[
        int | None, typer.Option(help="Of a bundle: why the offer of this event was made.")
    ] = None,
    last: Annotated[
        int, typer.Option(min=0, help="Of a bundle: how many commands are shown; 0: all.")
    ] = USUAL_LAST,
    tenant: Annotated[str | None, typer.Option(help="Of a bundle: only this tenant.")] = None,
) -> None:
    """Shows what happened in a recording, beside the same contacts routed again; or what
    happened before an incident, from the bundle that `ccroute incident` wrote."""
    if is_bundle(path):
        replay_incident(path, tenant, explain, last)
        return
    recording = recorded(path, reader, "replay")
    day = workload(recording.events)
    if why is not None and why not in day.contacts:
        some = next(iter(day.contacts), None)
        fail(f"no contact {why!r} in {path}" + (f": the first is {some!r}" if some else ""))
    if within is not None and not (isfinite(within) and within > 0):
        fail(f"--within {within}: give seconds, a finite number above 0")
    chosen = _plan(plan, day)
    if save_plan is not None:
        _save(chosen, save_plan)
    routed, lacking = _route(day, chosen, seed, why, plan)
    try:
        figures = compare(recording, routed, chosen, within)
    except CcrouteError as error:
        fail(str(error))
    if as_json:
        print(json.dumps(_document(recording, day, figures, routed, lacking), indent=1))
        return
    console = output()
    print_source(console, recording, day)
    if why is not None and routed is not None:
        print_decisions(console, why, routed)
    else:
        print_comparison(console, figures, None if routed is None else routed.seed)
    notes = list(recording.notes)
    if lacking is not None:
        notes.append(f"Not routed again: {lacking}.")
    print_faults(console, recording, notes)
    if save_plan is not None:
        console.print(f"plan written to {save_plan}")


def _plan(path: Path | None, day: Workload) -> Plan:
    try:
        return derive_plan(day) if path is None else Plan.load(path)
    except (ConfigError, OSError) as error:
        fail(sentence(error, path))


def _route(
    day: Workload, plan: Plan, seed: int, why: str | None, path: Path | None
) -> tuple[Rerouted | None, str | None]:
    """The day routed again, or why the recording does not allow it.

    What the plan, which came from ``path``, does not allow ends the program.
    """
    with progress("routing", long=len(day.contacts) >= _MANY_CONTACTS) as report:
        try:
            return route_again(day, plan, seed=seed, why=why, progress=report), None
        except DataUnavailable as error:
            return None, str(error)
        except (ConfigError, Rejected) as error:
            fail(str(error) if path is None else f"{path}: {error}")


def _save(plan: Plan, path: Path) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(plan.to_toml())
    except FileExistsError:
        fail(f"{path} exists: give a new name with --save-plan")
    except OSError as error:
        fail(sentence(error, path))


def _document(
    recording: Recording,
    day: Workload,
    figures: Comparison,
    routed: Rerouted | None,
    lacking: str | None,
) -> dict[str, object]:
    """What ``--json`` prints. Durations and instants are seconds."""
    return {
        "source": recording.source,
        "lines": recording.lines,
        "contacts": len(day.contacts),
        "started": day.started,
        "ended": day.ended,
        **figures.document(),
        "seed": None if routed is None else routed.seed,
        "waiting": [] if routed is None else list(routed.waiting),
        "not_routed": lacking,
        "why": []
        if routed is None
        else [
            {
                "at": decision.at,
                "events": [event.kind for event in decision.events],
                "explanation": decision.explanation,
            }
            for decision in routed.decisions
        ],
        "faults": [
            {"line": fault.line, "reason": fault.reason, "text": fault.text}
            for fault in recording.faults
        ],
        "notes": list(recording.notes),
    }
