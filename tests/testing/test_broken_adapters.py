"""The kit catches broken adapters, each by the assertion meant for it."""

import os
import sys
from pathlib import Path

import pytest
from tests.testing import broken_calls, broken_links, broken_parties
from tests.testing.broken import BROKEN, SLOW, TEN, contract_of

from ccroute.testing import ASSERTIONS, try_contract
from ccroute_acme import AcmeAdapter

assert broken_links  # imported for what they note
assert broken_parties

# -- The tests ------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "also", "broken"), BROKEN)
def test_a_broken_adapter_is_caught_by_the_assertion_meant_for_it(
    number: int,
    also: tuple[int, ...],
    broken: type[AcmeAdapter],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for where, name, value in getattr(broken, "patches", ()):
        monkeypatch.setattr(where, name, value)
    every = ASSERTIONS.keys() - (SLOW - {number})
    numbers = every if broken.__name__ in TEN else {number, *also}
    report = try_contract(contract_of(broken), sorted(numbers))
    while broken_calls.LEFT:
        broken_calls.LEFT.pop().close()
    told = "\n".join(f"{caught}: {text}" for caught, text in report.failed.items())
    assert report.caught == {number, *also}, told
    assert report.failed.keys() >= {number}, told


def test_an_import_that_configures_logging_is_caught(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = {
        "noisy": "import logging\nlogging.basicConfig()",
        "online": "import socket\nsocket.socket().connect(('127.0.0.1', 9))",
        "slow": "sum(range(10_000_000))",
    }
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    wrong = {}
    for name, text in lines.items():
        (tmp_path / f"{name}.py").write_text(text)
        tried = contract_of(AcmeAdapter)
        tried.module = name
        wrong[name] = try_contract(tried, [50]).failed.keys() == {50}
    assert wrong == {"noisy": True, "online": True, "slow": True}


def test_there_are_ten_and_more() -> None:
    assert {param.values[2].__name__ for param in BROKEN} >= TEN
    assert len(TEN) == 10
