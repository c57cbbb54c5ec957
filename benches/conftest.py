"""Prints, after the table of times, what the README and the ledger speak of: rates."""

import pytest


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """One line a benchmark: how many a second, at the median round."""
    session = getattr(config, "_benchmarksession", None)
    rows = [] if session is None else session.benchmarks
    if rows:
        terminalreporter.section("from Python, per second")
    for row in rows:
        rate, unit = row.extra_info["rate"], row.extra_info["unit"]
        terminalreporter.write_line(f"{row.name:<48} {rate / 1e6:>8.3f} million {unit}")
