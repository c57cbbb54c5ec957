"""From times to the table: per setting and cell ours, the best peer, and their ratio."""

import math
import re
from collections.abc import Iterable, Mapping
from statistics import geometric_mean, linear_regression
from typing import Any, TypeAlias

import attrs

from benches.race import OURS

Row: TypeAlias = Mapping[str, Any]


@attrs.frozen
class Comparison:
    """One line of the table. Times are nanoseconds an event, medians of the rounds."""

    setting: str
    cell: str
    way: str
    ns: float
    spread: float
    """Standard deviation over mean."""
    bytes: float | None
    goal: float | None
    peer: str | None
    peer_ns: float | None
    beyond_ns: float | None = None
    """Instead of a ratio: how much more than the peer it may take."""

    @property
    def ratio(self) -> float | None:
        """The best peer's time over ours."""
        return None if self.peer_ns is None else self.peer_ns / self.ns

    @property
    def name(self) -> str:
        """What tells it from others, run after run."""
        return f"{self.setting} | {self.cell} | {self.way}"

    @property
    def holds(self) -> bool | None:
        """Whether the goal is reached; ``None`` without one."""
        if self.peer_ns is None:
            return None
        if self.beyond_ns is not None:
            return self.ns - self.peer_ns <= self.beyond_ns
        return None if self.goal is None else self.peer_ns / self.ns >= self.goal

    @property
    def wanted(self) -> str:
        """The goal in words: a ratio, or nanoseconds more than the peer."""
        if self.beyond_ns is not None:
            return f"+{self.beyond_ns:g} ns"
        return "-" if self.goal is None else f"{self.goal:g}"


def comparisons(rows: Iterable[Row]) -> list[Comparison]:
    """Each way of ours beside the fastest peer of its setting and cell."""
    rows = list(rows)
    peers: dict[tuple[str, str], Row] = {}
    for row in rows:
        place = (row["setting"], row["cell"])
        known = peers.get(place)
        if not row["way"].startswith(OURS) and (known is None or row["ns"] < known["ns"]):
            peers[place] = row
    compared = []
    for row in rows:
        if row["way"].startswith(OURS):
            best = peers.get((row["setting"], row["cell"]))
            compared.append(
                Comparison(
                    setting=row["setting"],
                    cell=row["cell"],
                    way=row["way"],
                    ns=row["ns"],
                    spread=row["spread"],
                    bytes=row.get("bytes"),
                    goal=row["goal"],
                    peer=best and best["way"],
                    peer_ns=best and best["ns"],
                    beyond_ns=row.get("beyond_ns"),
                )
            )
    return compared


HEAD = ("setting", "cell", "ccroute", "ns", "+-", "best peer", "ns", "ratio", "goal", "", "bytes")


def text(compared: Iterable[Comparison]) -> str:
    """The table, in columns."""
    lines = [HEAD]
    for one in compared:
        verdict = {None: "", True: "ok", False: "SHORT"}[one.holds]
        lines.append(
            (
                one.setting,
                one.cell,
                one.way.removeprefix(OURS).strip() or "-",
                figure(one.ns),
                f"{one.spread:.0%}",
                one.peer or "-",
                figure(one.peer_ns),
                "-" if one.ratio is None else f"{one.ratio:.2f}",
                one.wanted,
                verdict,
                "" if one.bytes is None else f"{one.bytes:.0f}",
            )
        )
    return columns(lines, numbers={3, 4, 6, 7, 8, 10})


def means(compared: Iterable[Comparison]) -> list[str]:
    """The geometric mean of the ratios of each setting and way that was run in several cells."""
    ratios: dict[tuple[str, str], list[float]] = {}
    for one in compared:
        if one.ratio is not None and one.beyond_ns is None:
            ratios.setdefault((one.setting, one.way), []).append(one.ratio)
    return [
        f"geometric mean of {len(found)} cells: {setting}, {way}: {geometric_mean(found):.2f}"
        for (setting, way), found in ratios.items()
        if len(found) > 1
    ]


def growth(rows: Iterable[Row]) -> list[str]:
    """How the cost of each way of ours grows with size, beside the peer that is best at the
    largest: the exponent of a line through both logarithms, where there are three sizes or more.
    """
    found: dict[tuple[str, str], dict[str, dict[float, float]]] = {}
    for row in rows:
        if row["size"] is not None:
            kind = re.sub(r"[\d,]*\d(\^\d+)?", "", row["cell"], count=1).strip(" ,")
            ways = found.setdefault((row["setting"], kind), {})
            ways.setdefault(row["way"], {})[row["size"]] = row["ns"]
    lines = []
    for (setting, kind), ways in found.items():
        reaching = {way: at for way, at in ways.items() if len(at) > 2}
        largest = max((max(at) for way, at in reaching.items() if way.startswith(OURS)), default=0)
        peers = [way for way in reaching if not way.startswith(OURS) and largest in reaching[way]]
        best = min(peers, key=lambda way: reaching[way][largest], default=None)
        beside = f"; {best} by {exponent(reaching[best]):.2f}" if best else ""
        lines += [
            f"cost grows by an exponent of {exponent(at):.2f}: {setting}, {kind}, {way}{beside}"
            for way, at in reaching.items()
            if way.startswith(OURS)
        ]
    return lines


def exponent(cost: Mapping[float, float]) -> float:
    """The slope of cost against size, both logarithmic."""
    sizes, costs = [map(math.log, column) for column in zip(*cost.items(), strict=True)]
    return linear_regression(list(sizes), list(costs)).slope


def latencies(rows: Iterable[Row]) -> str:
    """Quantiles of single calls in microseconds, and how long the 99th percentile may be."""
    lines = [("cell", "way", "p50 us", "p99 us", "p99.9 us", "at most", "")]
    for row in rows:
        limit = row.get("limit_ns")
        verdict = "" if limit is None else "ok" if row["p99_ns"] <= limit else "SHORT"
        quantiles = [f"{row[name] / 1e3:,.1f}" for name in ("p50_ns", "p99_ns", "p999_ns")]
        most = "-" if limit is None else f"{limit / 1e3:g}"
        lines.append((row["cell"], row["way"], *quantiles, most, verdict))
    return columns(lines, numbers={2, 3, 4, 5})


def weights(rows: Iterable[Row]) -> str:
    """What things take in memory, and how much they may."""
    lines = [("what", "how many", "way", "bytes each", "at most", "")]
    for row in rows:
        limit = row["limit"]
        verdict = "" if limit is None else "ok" if row["bytes"] <= limit else "SHORT"
        most = "-" if limit is None else f"{limit:,.0f}"
        lines.append(
            (row["setting"], row["cell"], row["way"], f"{row['bytes']:,.1f}", most, verdict)
        )
    return columns(lines, numbers={3, 4})


def columns(lines: list[tuple[str, ...]], numbers: set[int]) -> str:
    """Lines of words side by side; those of ``numbers`` to the right."""
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            word.rjust(width) if place in numbers else word.ljust(width)
            for place, (word, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def figure(ns: float | None) -> str:
    """Nanoseconds in three digits or whole."""
    if ns is None:
        return "-"
    return f"{ns:,.0f}" if ns >= 100 else f"{ns:.3g}"
