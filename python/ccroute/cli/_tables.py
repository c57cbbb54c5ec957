"""What ``ccroute replay`` prints, and how. No figure is made here."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ccroute._events import Event
from ccroute._recording import Recording
from ccroute.cli._console import count
from ccroute.cli._figures import FORMULA, OCCUPANCY, VARIANT, AgentPair, Comparison, QueuePair
from ccroute.cli._reading import fault_lines
from ccroute.metrics import Value, shown
from ccroute.replay import Rerouted, Workload

_NOTHING = "–"

_LINES: tuple[tuple[str, str], ...] = (
    ("offered", "offered"),
    ("answered", "answered"),
    ("abandoned", "abandoned"),
    ("left otherwise", "left"),
    ("still waiting", "waiting"),
    ("service level", VARIANT),
    ("speed of answer (ASA)", "asa"),
    ("wait p50", "wait.p50"),
    ("wait p90", "wait.p90"),
    ("wait p95", "wait.p95"),
    ("wait longest", "wait.longest"),
    ("handle time (AHT)", "aht"),
)
# Nearly always nought; shown where they are not.
_RARE = frozenset({"left otherwise", "still waiting"})


def print_source(console: Console, recording: Recording, day: Workload) -> None:
    """What was read: lines, contacts, agents, span, faults."""
    console.print(
        f"{shown(recording.source)}: {count(recording.lines, 'line')}, "
        f"{count(len(day.contacts), 'contact')}, {count(len(day.agents), 'agent')}, "
        f"{count(len(day.queues), 'queue')}, {_moment(day.started)} to {_moment(day.ended)} UTC, "
        f"{count(len(recording.faults), 'fault')}"
    )


def print_comparison(console: Console, figures: Comparison, seed: int | None) -> None:
    """Queues, then agents: what happened beside what the engine made of it."""
    for pair in figures.queues:
        console.print()
        console.print(_queue_table(pair))
    if figures.agents:
        console.print()
        console.print(_agent_table(figures.agents))
    console.print()
    console.print(f"service level: {VARIANT} = {FORMULA}; waits: of the answered, in seconds")
    console.print(
        "occupancy: occupancy.handling = handling / (handling + connecting + offered + idle)"
    )
    if seed is not None:
        console.print(f"seed: {seed}")


def _queue_table(pair: QueuePair) -> Table:
    table = _table(pair.queue, "happened", "routed again")
    rows = (pair.happened, pair.routed)
    for label, kpi in _LINES:
        values = [None if row is None else row[kpi] for row in rows]
        if label in _RARE and not any(value and value.value for value in values):
            continue
        name = f"{label}, T = {pair.within:g} s" if label == "service level" else label
        table.add_row(Text(f"  {name}"), *map(_figure, values))
    return table


def _agent_table(agents: Sequence[AgentPair]) -> Table:
    titles = ("handled", "routed again", "occupancy", "routed again")
    table = _table("agent", *titles)
    for pair in agents:
        before, after = pair.happened, pair.routed
        table.add_row(
            Text(shown(pair.agent)),
            *(_figure(row["handled"] if row else None) for row in (before, after)),
            *(_figure(row[OCCUPANCY] if row else None) for row in (before, after)),
        )
    return table


def _table(first: str, *figures: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(Text(shown(first)), min_width=28)
    for figure in figures:
        table.add_column(figure, justify="right")
    return table


def print_decisions(console: Console, contact: str, routed: Rerouted) -> None:
    """One contact's way through the routed run, with the engine's reasons."""
    console.print()
    console.print(f"{shown(contact)}, routed again (seed {routed.seed}):")
    began = routed.decisions[0].at if routed.decisions else 0.0
    for decision in routed.decisions:
        console.print()
        told = "; ".join(map(_told, decision.events))
        console.print(f"{_moment(decision.at)}  +{decision.at - began:.1f} s  {told}")
        for line in (decision.explanation or "").splitlines():
            console.print(f"    {shown(line)}")


def print_faults(console: Console, recording: Recording, notes: Sequence[str]) -> None:
    """The lines that were left out, and what the figures do not show."""
    faults = recording.faults
    if faults:
        console.print()
        console.print(f"not used: {count(len(faults), 'line')}")
        for line in fault_lines(faults, ": --json has them all"):
            console.print(line)
    console.print()
    for note in notes:
        console.print(f"note: {shown(note)}")


def _told(event: Event) -> str:
    """An event in a few words: its kind, and who and why where it says."""
    cause = event.cause or ""
    words = [event.kind, event.agent, None if event.kind.endswith(cause) else cause]
    if event.kind == "contact_queued":
        words.append(f"in {event.queue}")
    return shown(" ".join(word for word in words if word))


def _figure(value: Value | None) -> str:
    if value is None or value.value is None:
        return _NOTHING
    match value.unit:
        case "n":
            return f"{value.value:,.0f}"
        case "s":
            return f"{'' if value.exact else '~'}{value.value:.1f}"
        case _:
            return str(value)


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"
