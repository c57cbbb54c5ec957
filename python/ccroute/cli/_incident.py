"""``ccroute incident``: a bundle of a host that runs; what is in one, for ``ccroute replay``."""

import os
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ccroute._errors import CcrouteError, ConfigError, EngineBroken
from ccroute._events import Event
from ccroute._router import Router
from ccroute.cli._asking import USUAL, CentreFile, Socket, ask
from ccroute.cli._console import count, fail
from ccroute.cli._reading import sentence
from ccroute.host import Incident, ReplayedCommand, TenantIncident, read_incident
from ccroute.metrics import shown, shown_lines

_PATIENCE = 600.0
"""Seconds that a host may need for a bundle."""
USUAL_LAST = 50
"""Commands that are shown of a bundle."""


def incident(
    out: Annotated[
        Path | None, typer.Option("--out", help="The new file; else named by the time.")
    ] = None,
    centre: CentreFile = USUAL,
    socket: Socket = None,
) -> None:
    """Write a bundle of the last minutes, without what is personal, while the host goes on.

    `ccroute replay FILE` opens it, on any machine.
    """
    path = out or Path(f"incident-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip")
    if path.exists():
        fail(f"{path} exists: give a new name by --out")
    _, data = ask({"ask": "incident"}, centre, socket, patience=_PATIENCE)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError as error:
        fail(sentence(error, path))
    print(f"{path}: {len(data):,} bytes; open it by `ccroute replay {path}`")


def replay_incident(path: Path, tenant: str | None, explain: int | None, last: int) -> None:
    """Replays a bundle and tells its story; ends with code 1 when it comes to another state than
    the bundle says."""
    try:
        found = read_incident(path)
    except (ConfigError, OSError) as error:
        fail(sentence(error, path))
    if tenant is not None and tenant not in found.tenants:
        fail(f"no tenant {tenant!r} in {path}: it has {', '.join(found.tenants) or 'none'}")
    chosen = [it for name, it in found.tenants.items() if tenant in {None, name}]
    if explain is not None:
        if len(chosen) != 1:
            fail(f"--explain needs a --tenant: one of {', '.join(found.tenants)}")
        _explain(chosen[0], explain)
        return
    _print(_about(found))
    agree = True
    for it in chosen:
        agree = _told(it, last) and agree
    if not agree:
        raise typer.Exit(1)


def _told(it: TenantIncident, last: int) -> bool:
    """Prints a tenant's story; returns whether it came to the state that the bundle says."""
    print()
    _print(_head(it))
    shown_last: deque[ReplayedCommand] = deque(maxlen=last or None)
    broken: str | None = None
    try:
        router = it.router(recall=0)
    except CcrouteError as error:
        fail(f"tenant {it.name}: {error}")
    try:
        shown_last.extend(it.replay(router))
    except EngineBroken as error:
        broken = str(error)
    left_out = len(it.commands) - len(shown_last)
    if left_out > 0 and broken is None:
        print(f"  {count(left_out, 'command')} before these: see them by --last 0")
    for step in shown_last:
        _print(_step(step, it.since))
    if broken is not None:
        expected = it.hashes.redacted is None
        print(f"  here the engine breaks{', as it did' if expected else ''}: {shown(broken)}")
        return expected
    _print(_afterwards(it, router))
    agrees = it.agrees(router)
    if agrees:
        print(f"  state {it.hashes.redacted}: the same as where the bundle was written")
    else:
        print(f"  ANOTHER STATE than where the bundle was written: not {it.hashes.redacted}")
    return agrees


def _about(found: Incident) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    health = found.health
    why = health.get("why")
    ready = "ready" if health.get("ready") else "not ready"
    lines = [
        f"incident of {_instant(found.at)}: {versions}",
        f"host: {ready}, loop lag {_ms(health.get('loop_lag'))}",
    ]
    lines += [f"  {it}" for it in why] if isinstance(why, list) else []
    for name, link in found.links.items():
        state = "up" if link.get("up") else f"down ({link.get('error') or 'trying'})"
        counters = link.get("counters")
        told = counters.items() if isinstance(counters, dict) else ()
        counted = ", ".join(f"{value} {key}" for key, value in told if value)
        lines.append(
            f"link {name} ({link.get('adapter')} {link.get('version')}): {state}; {counted}"
        )
    return lines


def _head(it: TenantIncident) -> list[str]:
    span = f"from {_instant(it.since)} to {_instant(it.at)}"
    lines = [f"tenant {it.name}: {count(len(it.commands), 'command')} {span}, after {it.first}"]
    lines += [f"  note: {note}" for note in it.notes]
    if it.faithful:
        lines.append("  what was written comes to the state that the host was in")
    lines += [
        f"  gap on link {link} from {_instant(since)} for {until - since:.1f} s"
        for link, since, until in it.gaps
    ]
    return lines


def _step(step: ReplayedCommand, since: float) -> list[str]:
    entry = step.entry
    who = entry.actor or "?"
    refused = "" if step.refused is None else f": refused, {step.refused}"
    lines = [f"  +{entry.at - since:.3f} s {who} {entry.command.verb}{refused}"]
    return lines + [f"      {_event(event)}" for event in step.events]


def _event(event: Event) -> str:
    words = [f"{event.sequence} {event.kind}"]
    for name in ("contact", "agent", "queue", "offer", "cause", "reason"):
        value = getattr(event, name, None)
        if value is not None:
            words.append(f"{name} {value}" if name in {"offer", "cause", "reason"} else str(value))
    return " ".join(words)


def _afterwards(it: TenantIncident, router: Router) -> list[str]:
    lines = ["afterwards:"]
    for queue in router.plan.queues:
        told = router.explain_queue(queue)
        if told.waiting:
            lines += [f"  {line}" for line in told.text().splitlines()]
    if len(lines) == 1:
        lines.append("  nobody waits")
    held = [placed for placed in it.placed if not placed.get("gone")]
    lines.append(f"  {count(len(held), 'contact')} on platforms")
    return lines


def _explain(it: TenantIncident, sequence: int) -> None:
    try:
        router = it.router(recall=len(it.commands) + 1)
        for _ in it.replay(router):
            pass
        _print(router.explain_offer(sequence).text().splitlines())
    except CcrouteError as error:
        fail(f"tenant {it.name}: {error}")


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(shown_lines(line))


def _instant(at: float) -> str:
    try:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, TypeError):
        return f"{at}"


def _ms(seconds: object) -> str:
    return f"{seconds * 1000:.1f} ms" if isinstance(seconds, int | float) else "unknown"
