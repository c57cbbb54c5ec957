"""The simulated Asterisk does what a real one was recorded to do: see `tests/pbx/test_parity`."""

import asyncio
import json

import pytest
from tests.asterisk.scripts import RECORDED, SCRIPTS
from tests.asterisk.simulated import on_the_simulated


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_does_as_the_real_one_did(name: str) -> None:
    real = json.loads(RECORDED.read_text())[name]
    simulated = asyncio.run(on_the_simulated(name))
    assert simulated["asked"] == real["asked"]
    assert simulated["told"] == real["told"]
    assert simulated["shapes"] == real["shapes"]
