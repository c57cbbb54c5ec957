"""Prints, after the table of times, rates, and ratios to the best peer."""

import pytest

OURS = "ccroute"


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """One line a benchmark: how many a second; then how much faster we are than the best peer."""
    session = getattr(config, "_benchmarksession", None)
    rows = [] if session is None else session.benchmarks
    if not rows:
        return
    terminalreporter.section("from Python, per second")
    for row in rows:
        if "rate" not in row.extra_info:
            continue
        rate, unit = row.extra_info["rate"], row.extra_info["unit"]
        terminalreporter.write_line(f"{row.name:<56} {rate / 1e6:>9.3f} million {unit}")
    terminalreporter.section("the host")
    for row in rows:
        if "figures" in row.extra_info:
            figures = row.extra_info["figures"].items()
            words = ", ".join(f"{name} {value:.3f}" for name, value in figures)
            terminalreporter.write_line(f"{row.name}: {words}")
    terminalreporter.section("best peer's time over ours, each at its shortest round")
    ways = sorted({row.params["way"] for row in rows if row.params and "way" in row.params})
    for own in (way for way in ways if way.startswith(OURS)):
        for name, ours in times(rows, own).items():
            peers = [
                (time, way)
                for way in ways
                if not way.startswith(OURS) and (time := times(rows, way).get(name)) is not None
            ]
            if peers:
                best, way = min(peers)
                words = name + own.removeprefix(OURS)
                terminalreporter.write_line(f"{words:<56} {best / ours:>7.2f} x {way}")


def times(rows: list, way: str) -> dict[str, float]:
    """The shortest round of each comparison, of one of the ways."""
    found = {}
    for row in rows:
        params = row.params or {}
        if params.get("way") == way:
            others = [str(value) for name, value in params.items() if name != "way"]
            found[" ".join([row.name.split("[")[0], *others])] = row.stats.min
    return found
