"""What all test runs share: hypothesis profiles, one option, and the closing line.

No fixtures: a test says itself what it needs.
"""

import os
from collections.abc import Iterator

import hypothesis
import pytest

# Prints the level that each adapter reached.
pytest_plugins = ["ccroute.testing.pytest_plugin"]

# On a laptop every run tries new examples; the checks of a commit give one answer.
hypothesis.settings.register_profile("laptop", deadline=None, print_blob=True)
hypothesis.settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "laptop")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-notices",
        action="store_true",
        help="write THIRD_PARTY_NOTICES.md anew instead of checking it",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Closes with one line for people and machines, after pytest's own summary."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return

    def count(*outcomes: str) -> int:
        return sum(len(reporter.stats.get(outcome, [])) for outcome in outcomes)

    line = f"{count('passed', 'xfailed')} passed, {count('failed', 'error')} failed"
    skipped = count("skipped")
    reporter.write_line(line + (f", {skipped} skipped" if skipped else ""))
