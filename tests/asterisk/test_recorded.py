"""The simulated Asterisk does what a real one was recorded to do: see the parity in `tests/pbx`."""

import asyncio
import json

import pytest
from tests.asterisk.scripts import RECORDED, SCRIPTS
from tests.asterisk.simulated import on_the_simulated
from tests.asterisk.stories import RECORDED as QUEUES
from tests.asterisk.stories import STORIES, simulated_story


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_does_as_the_real_one_did(name: str) -> None:
    real = json.loads(RECORDED.read_text())[name]
    simulated = asyncio.run(on_the_simulated(name))
    assert simulated["asked"] == real["asked"]
    assert simulated["told"] == real["told"]
    assert simulated["shapes"] == real["shapes"]


@pytest.mark.parametrize("name", STORIES)
def test_its_queues_tell_as_the_real_ones_did(name: str) -> None:
    assert asyncio.run(simulated_story(STORIES[name])) == json.loads(QUEUES.read_text())[name]
