"""The fixture of comparisons, and what is printed and written when all have run."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benches import ledger, page, table
from benches.race import Race


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--quick``: small sizes and few rounds, for a first look."""
    parser.addoption("--quick", action="store_true", help="small sizes, few rounds")
    parser.addoption("--record", action="store_true", help="write the results and the ledger")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Gives a benchmark with ``cell`` its cells: ``@cells(quick=[...], more=[...])``."""
    mark = metafunc.definition.get_closest_marker("cells")
    if mark is not None:
        more = [] if metafunc.config.getoption("--quick") else mark.kwargs.get("more", [])
        metafunc.parametrize("cell", [*mark.kwargs["quick"], *more], ids=str)


@pytest.fixture(scope="session")
def answers() -> dict[tuple[str, str], list]:
    """Who answered first in each cell, and what."""
    return {}


@pytest.fixture
def race(
    benchmark: BenchmarkFixture,
    answers: dict[tuple[str, str], list],
    request: pytest.FixtureRequest,
) -> Race:
    """Times a way and compares its answers with those of the others."""
    return Race(benchmark, answers, request.config.getoption("--quick"))


def pytest_configure(config: pytest.Config) -> None:
    """Names the mark."""
    config.addinivalue_line("markers", "cells(quick, more): the sizes a comparison is made at")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """The table; what the host did; with ``--record`` the results, the page and the ledger."""
    session = getattr(config, "_benchmarksession", None)
    rows = [] if session is None else [dict(row.extra_info) for row in session.benchmarks]
    weighed = [row["weight"] for row in rows if "weight" in row]
    for row in [] if session is None else session.benchmarks:
        if "figures" in row.extra_info and "weight" not in row.extra_info:
            figures = row.extra_info["figures"].items()
            words = ", ".join(f"{word} {value:.3f}" for word, value in figures)
            terminalreporter.write_line(f"{row.name}: {words}")
    if weighed:
        terminalreporter.section("memory")
        terminalreporter.write_line(table.weights(weighed))
    lasted = [row for row in rows if "p99_ns" in row]
    if lasted:
        terminalreporter.section("latency")
        terminalreporter.write_line(table.latencies(lasted))
    compared = table.comparisons([row for row in rows if "setting" in row])
    if not compared:
        return
    quick = config.getoption("--quick")
    terminalreporter.section("best peer's median over ours, in this run")
    terminalreporter.write_line(table.text(compared))
    raced = [row for row in rows if "setting" in row]
    for line in [*table.means(compared), *table.growth(raced)]:
        terminalreporter.write_line(line)
    for line in ledger.regressions(compared, quick=quick):
        terminalreporter.write_line(line)
    if config.getoption("--record"):
        command = "make bench-quick" if quick else "make bench"
        ledger.write(rows, compared, command=command, quick=quick)
        page.write(rows, quick=quick)
