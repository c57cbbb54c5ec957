"""The simulated app_queue against a real one: of each caller the same events of AMI, in the same
order. What the real one told is kept as in `tests/pbx/test_parity`."""

import asyncio
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.asterisk.stories import RECORDED, STORIES, Story, as_told, simulated_story
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones

PATIENCE = 90.0
"""Seconds until all must have been heard; a loaded machine is late."""


@contextmanager
def listening(pbx: Asterisk) -> Iterator[Callable[[], bytes]]:
    """What the user of the adapter hears, over AMI."""
    with socket.create_connection(("127.0.0.1", pbx.ports["ami"]), timeout=10) as link:
        link.settimeout(0.5)
        heard = bytearray()
        deadline = time.monotonic() + PATIENCE

        def hear(last: bytes) -> bytes:
            """All up to ``last``, and what still comes after it."""
            while time.monotonic() < deadline:
                try:
                    data = link.recv(1 << 16)
                except TimeoutError:
                    if last in heard:
                        return bytes(heard)
                else:
                    assert data, "Asterisk closed the connection"
                    heard.extend(data)
            raise AssertionError(f"no {last!r} in {bytes(heard)!r}")

        def ask(action: str, last: bytes) -> bytes:
            link.sendall(action.replace("\n", "\r\n").encode() + b"\r\n\r\n")
            return hear(last)

        ask(f"Action: Login\nUsername: ccroute\nSecret: {pbx.secret}", b"Authentication accepted")
        yield lambda: ask("Action: Ping\nActionID: over", b"ActionID: over")


def real_story(story: Story, pbx: Asterisk, phones: Phones) -> list[str]:
    for number, mood, after, talks in story.phones:
        phones.agent(number, mood, delay=after, talk=talks)
        phones.action("QueueAdd", Queue="sales", Interface=f"Local/{number}@agents/n")
    with listening(pbx) as hear:
        given = {} if story.patience is None else {"QTIMEOUT": str(story.patience)}
        ref = phones.call("sales", context="queues", talk=story.leaves, **given)
        if story.key_at is not None:
            phones.wait_for("calls", ref=ref)
            time.sleep(story.key_at)
            phones.press(ref, "1")
        phones.wait_for("gone", role="caller", ref=ref)
        told = hear()
    for number, *_ in story.phones:
        phones.action("QueueRemove", Queue="sales", Interface=f"Local/{number}@agents/n")
    return as_told(told)


@pytest.mark.parametrize("name", STORIES)
def test_a_caller_is_told_of_as_by_the_real_one(name: str, pbx: Asterisk, phones: Phones) -> None:
    real = real_story(STORIES[name], pbx, phones)
    if os.environ.get("CCROUTE_RECORD"):
        kept = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
        kept = {it: kept.get(it) for it in STORIES} | {name: real}
        RECORDED.write_text(json.dumps(kept, indent=1) + "\n")
    assert asyncio.run(simulated_story(STORIES[name])) == real
