"""For ``pytest_plugins`` in the conftest of an adapter: closes with the level it reached.

Needs the extra ``testing``. Everything else here works without pytest.
"""

from collections.abc import Generator

import pytest

from ccroute.testing._assertions import NotForThis
from ccroute.testing._contract import AdapterContract
from ccroute.testing._report import ContractReport, tests_by_number

_KEY = "ccroute_assertion"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: "pytest.CallInfo[None]"
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes on the report of a test which assertion of which class it is, and what came of it."""
    # Before pytest makes a skip of its own of it.
    reason = call.excinfo.value if call.excinfo is not None else None
    report = yield
    owner = getattr(item, "cls", None)
    name = getattr(item, "originalname", item.name)
    if not isinstance(owner, type) or not issubclass(owner, AdapterContract):
        return report
    numbers = {name: number for number, name in tests_by_number().items()}
    # A test that was replaced by another of the name is not the contract's.
    if name in numbers and getattr(owner, name) is getattr(AdapterContract, name):
        what = report.outcome
        if report.skipped:
            what = "skipped" if isinstance(reason, NotForThis) else "untried"  # type: ignore[assignment]
        if report.when == "call" or not report.passed:
            whose = f"{owner.__module__}.{owner.__qualname__}"
            told = "\t".join([str(numbers[name]), whose, what, str(reason or "")])
            report.user_properties.append((_KEY, told))
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
                if key == _KEY:
                    number, name, what, reason = value.split("\t", 3)
                    kept = found.setdefault(
                        name, {it: {} for it in ("passed", "skipped", "failed")}
                    )
                    kept.setdefault(what, {})[int(number)] = reason
    return [
        ContractReport(
            name=name.rpartition(".")[2],
            passed=frozenset(kept["passed"].keys() - kept["failed"].keys()),
            skipped=kept["skipped"],
            failed=kept["failed"],
        )
        for name, kept in found.items()
    ]
