"""What was measured before: `results/latest.json`, and `LEDGER.md` with a dated line a run."""

import datetime as dt
import json
import os
import platform
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benches.table import Comparison, Row, growth, latencies, means, text, weights

FOLDER = Path(__file__).parent
LEDGER = FOLDER / "LEDGER.md"
NOISE = 0.15
"""Ratios of two runs that differ by less say nothing."""


def results(*, quick: bool) -> Path:
    """Where the figures of the last run are."""
    return FOLDER / "results" / ("quick.json" if quick else "latest.json")


def regressions(compared: Iterable[Comparison], *, quick: bool) -> Iterator[str]:
    """A line for each ratio that is lower than in the run before by more than noise."""
    path = results(quick=quick)
    if not path.exists():
        return
    before = json.loads(path.read_text())["ratios"]
    for one in compared:
        known = before.get(one.name)
        if known and one.ratio and one.ratio < known * (1 - NOISE):
            yield f"lower than before: {one.name}: {known:.2f} -> {one.ratio:.2f}"


def write(rows: list[Row], compared: list[Comparison], *, command: str, quick: bool) -> None:
    """Keeps the figures, and enters a full run into the ledger."""
    path = results(quick=quick)
    path.parent.mkdir(exist_ok=True)
    found: dict[str, Any] = {
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="minutes"),
        "machine": machine(),
        "command": command,
        "ratios": {one.name: one.ratio for one in compared if one.ratio is not None},
        "rows": [row for row in rows if "setting" in row],
        "weights": [row["weight"] for row in rows if "weight" in row],
    }
    path.write_text(json.dumps(found, indent=1) + "\n")
    if quick:
        return
    judged = [one.holds for one in compared if one.holds is not None]
    entry = (
        f"\n## {found['date']}\n\n{found['machine']}, `{command}`:"
        f" {sum(judged)} of {len(judged)} goals reached.\n\n```text\n{text(compared)}\n\n"
        + "\n".join([*means(compared), *growth(found["rows"])])
        + f"\n\n{latencies(row for row in found['rows'] if 'p99_ns' in row)}\n\n"
        f"{weights(found['weights'])}\n```\n"
    )
    with LEDGER.open("a") as ledger:
        ledger.write(entry)


def machine() -> str:
    """Processor, how many, and what runs on it."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":")[1] for line in info.read_text().splitlines() if "model name" in line
        ]
        cpu = names[0].strip() if names else cpu
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores of {cpu}, Python {platform.python_version()}, {platform.system()}"
