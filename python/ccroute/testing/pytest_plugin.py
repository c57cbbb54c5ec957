"""For ``pytest_plugins`` in the conftest of an adapter: closes with the level it reached.

Needs the extra ``testing``. Everything else here works without pytest.
"""

from collections.abc import Generator

import pytest

from ccroute.testing._contract import AdapterContract
from ccroute.testing._report import ContractReport, tests_by_number

_KEY = "ccroute_assertion"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes on the report of a test which assertion of which class it is."""
    report = yield
    owner = getattr(item, "cls", None)
    name = getattr(item, "originalname", item.name)
    if isinstance(owner, type) and issubclass(owner, AdapterContract):
        numbers = {name: number for number, name in tests_by_number().items()}
        # A test that was replaced by another of the name is not the contract's.
        if name in numbers and getattr(owner, name) is getattr(AdapterContract, name):
            report.user_properties.append((_KEY, f"{numbers[name]} {owner.__name__}"))
    return report


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the level of each test class, and what it lacks."""
    for report in _reports(terminalreporter):
        terminalreporter.section("ccroute adapter contract", sep="-")
        terminalreporter.write_line(str(report))


def _reports(terminalreporter: pytest.TerminalReporter) -> list[ContractReport]:
    found: dict[str, dict[str, dict[int, str]]] = {}
    for outcome in ("passed", "skipped", "failed", "error"):
        for test in terminalreporter.stats.get(outcome, []):
            for key, value in getattr(test, "user_properties", []):
                if key == _KEY and (outcome != "passed" or test.when == "call"):
                    number, _, name = value.partition(" ")
                    kept = found.setdefault(name, {"passed": {}, "skipped": {}, "failed": {}})
                    told = _reason(test)
                    # A skip that is not the contract's own leaves its assertion untried.
                    if outcome == "skipped" and not told.startswith(("not declared", "cannot ")):
                        continue
                    kept["failed" if outcome == "error" else outcome][int(number)] = told
    return [
        ContractReport(
            name=name, passed=frozenset(kept["passed"].keys() - kept["failed"].keys()),
            skipped=kept["skipped"], failed=kept["failed"],
        )
        for name, kept in found.items()
    ]  # fmt: skip


def _reason(report: pytest.TestReport) -> str:
    """Why it was skipped, without pytest's own word."""
    where = report.longrepr
    text = where[2] if isinstance(where, tuple) else str(where or "")
    return text.removeprefix("Skipped: ").removeprefix("unittest.case.SkipTest: ")
