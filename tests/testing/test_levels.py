"""Levels: what was reached, what is missing, and that an author sees it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from ccroute.adapters import Adapter, Setting, Time
from ccroute.testing import (
    ASSERTIONS,
    LEVELS,
    AdapterContract,
    ContractBroken,
    ContractReport,
    SimulatedPbx,
    try_contract,
)
from ccroute_acme import acme

EVERY = frozenset(ASSERTIONS)


def report(*lacking: int, untried: tuple[int, ...] = (), skipped: tuple[int, ...] = ()) -> str:
    """The report of an adapter that fails some, as people see it; its level is checked."""
    made = ContractReport(
        name="TestIt",
        passed=EVERY - {*lacking, *untried, *skipped},
        skipped=dict.fromkeys(skipped, "not declared: webhook_in"),
        failed=dict.fromkeys(lacking, "it broke"),
    )
    return str(made)


def test_there_are_fifty_assertions_and_a_test_for_each() -> None:
    assert sorted(ASSERTIONS) == list(range(1, 51))
    tests = sorted(name for name in dir(AdapterContract) if name.startswith("test_"))
    assert [int(name[5:7]) for name in tests] == list(range(1, 51))
    assert [len(numbers) for numbers in LEVELS.values()] == [22, 36, 50]


def test_a_level_is_reached_when_nothing_up_to_it_is_missing() -> None:
    assert report() == "TestIt: gold (50 of 50 hold, 0 not for it)"
    assert report(37).startswith("TestIt: silver (49 of 50 hold")
    assert report(36, 50).startswith("TestIt: bronze ")
    assert report(22).startswith("TestIt: no level ")
    assert report(untried=(22,)).startswith("TestIt: no level ")


def test_what_is_missing_is_named_with_the_level_that_lacks_it() -> None:
    lines = report(9, 38, untried=(23,), skipped=(43, 44)).splitlines()
    assert lines[1:] == [
        f"  bronze lacks 09: {ASSERTIONS[9]} (does not hold)",
        "  silver lacks 23: a broken link: down, growing pauses, up, gap, snapshot (was not tried)",
        "  gold lacks 38: malformed input breaks nothing, and is counted (does not hold)",
        "  not for it: 43, 44 (not declared: webhook_in)",
    ]


class Sound(AdapterContract):
    module = "ccroute_acme"
    platform: ClassVar[type[SimulatedPbx]] = SimulatedPbx

    def make_platform(self, time: Time) -> SimulatedPbx:
        return self.platform(time)

    def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
        return acme("pbx", config)


def driven_by(platform: type[SimulatedPbx], *numbers: int) -> ContractReport:
    tried = type("Tried", (Sound,), {"platform": platform})
    return try_contract(tried, numbers)


def test_what_a_driver_cannot_is_skipped_only_with_a_reason() -> None:
    class Lazy(SimulatedPbx):
        async def steal_session(self) -> None:
            raise NotImplementedError

    class Without(Lazy):
        cannot: ClassVar[Mapping[str, str]] = {"steal_session": "anybody may come in twice"}

    assert driven_by(SimulatedPbx, 31).passed == {31}
    assert "the driver does not steal_session" in driven_by(Lazy, 31).failed[31]
    assert driven_by(Without, 31).skipped == {31: "cannot steal_session: anybody may come in twice"}


def test_what_a_capability_promises_has_no_excuse() -> None:
    class Lazy(SimulatedPbx):
        cannot: ClassVar[Mapping[str, str]] = {"dial_code": "no phone here has keys"}

        async def dial_code(self, address: str, wish: str) -> None:
            raise NotImplementedError

    assert "the driver does not dial_code: write it" in driven_by(Lazy, 47).failed[47]


def test_an_error_of_the_adapter_is_no_excuse_either() -> None:
    class Unfinished(Sound):
        def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
            adapter = acme("pbx", config)

            async def execute(instruction: object) -> None:
                raise NotImplementedError("later")

            adapter.execute = execute  # type: ignore[method-assign, assignment]
            return adapter

    assert "NotImplementedError in execute: later" in try_contract(Unfinished, [7]).failed[7]


def test_a_broken_assertion_says_its_number_its_words_and_what_was_heard() -> None:
    class Silent(Sound):
        def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
            adapter = acme("pbx", config)
            adapter._push = lambda link, event: None  # type: ignore[method-assign]
            return adapter

    with pytest.raises(ContractBroken) as caught:
        Silent().test_06_a_customer_who_comes_is_told_once()
    assert caught.value.number == 6
    told = str(caught.value)
    assert told.startswith(f"assertion 6 ({ASSERTIONS[6]})")
    assert "nothing of it was heard" in told
    assert "LinkUp(" in told


TESTS = """
import pytest
from ccroute.testing import AdapterContract, SimulatedPbx
from ccroute_acme import acme

class TestIt(AdapterContract):
    module = "ccroute_acme"
    def make_platform(self, time):
        return SimulatedPbx(time)
    def make_adapter(self, config):
        return acme("pbx", config)

class TestReplaced(TestIt):
    def test_06_a_customer_who_comes_is_told_once(self):
        pass

@pytest.mark.skip("not declared: today")
class TestSkipped(TestIt):
    pass
"""


def run_pytest(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return ran.stdout


def test_pytest_closes_with_the_level_and_what_was_not_tried(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["ccroute.testing.pytest_plugin"]\n')
    told = run_pytest(tmp_path, "-k", "06 or 07 or 08 or 09 or 43")
    whole, replaced, skipped = told.split("ccroute adapter contract")[1:]
    assert "TestIt: no level (4 of 50 hold, 1 not for it)" in whole
    for number in (6, 7, 8, 9):
        assert f"lacks {number:02}" not in whole
    assert "  not for it: 43 (not declared: webhook_in)" in whole
    # What the author replaced or skipped is not the contract's word.
    assert f"bronze lacks 06: {ASSERTIONS[6]} (was not tried)" in replaced
    assert "lacks 07" not in replaced
    assert "TestSkipped: no level (0 of 50 hold, 0 not for it)" in skipped


def test_without_the_plugin_nothing_is_printed_and_pytest_is_not_needed(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    told = run_pytest(tmp_path, "-k", "TestIt and 06")
    assert "1 passed" in told
    assert "contract" not in told
    code = "import sys, ccroute.testing; sys.exit('pytest' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert ran.returncode == 0
