"""The page: a plot a setting, cost of an event against size, both logarithmic."""

import html
import io
from collections import defaultdict
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

from benches import ledger, table
from benches.race import OURS
from benches.table import Row

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
pre { overflow-x: auto; font-size: 12px; line-height: 1.35 }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(32rem, 1fr)); gap: 1rem }
svg { max-width: 100%; height: auto }
"""


def write(rows: list[Row], *, quick: bool) -> Path:
    """Writes the page beside the figures."""
    path = ledger.results(quick=quick).with_suffix(".html")
    measured = [row for row in rows if "setting" in row]
    shown = table.text(table.comparisons(measured))
    plots = "\n".join(plot(setting, found) for setting, found in by_size(measured).items())
    path.write_text(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>ccroute: benchmark</title>"
        f"<style>{STYLE}</style><h1>ccroute beside its peers</h1>"
        f"<p>{html.escape(ledger.machine())}. Medians, one run; every decision compared.</p>"
        f"<pre>{html.escape(shown)}</pre><div class='plots'>{plots}</div></html>\n"
    )
    return path


def by_size(rows: list[Row]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Per setting and way the points, where there is more than one size."""
    found: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["size"] is not None:
            found[row["setting"]][row["way"]].append((row["size"], row["ns"]))
    return {
        setting: ways
        for setting, ways in found.items()
        if len({size for points in ways.values() for size, _ in points}) > 1
    }


def plot(setting: str, ways: dict[str, list[tuple[float, float]]]) -> str:
    """One plot, as SVG."""
    mpl.rcParams["svg.hashsalt"] = "ccroute"
    figure, axes = plt.subplots(figsize=(7, 4.5))
    for way, points in sorted(ways.items()):
        sizes, costs = zip(*sorted(points), strict=True)
        width = 2.5 if way.startswith(OURS) else 1.0
        axes.plot(sizes, costs, marker="o", markersize=3, linewidth=width, label=way)
    axes.set(xscale="log", yscale="log", title=setting, xlabel="size", ylabel="ns an event")
    axes.grid(visible=True, which="both", linewidth=0.3)
    axes.legend(fontsize=7)
    image = io.StringIO()
    figure.savefig(image, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    return image.getvalue()[image.getvalue().index("<svg") :]
