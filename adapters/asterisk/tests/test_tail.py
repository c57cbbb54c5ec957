"""A queue_log that is being written, rotated, cut and moved away meanwhile."""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccroute_asterisk.tail import QueueLogTail


def line(at: int, call: str = "c1") -> str:
    return f"{at}|{call}|sales|NONE|ENTERQUEUE||1|1\n"


def calls(tail: QueueLogTail) -> list[str]:
    return [found.uniqueid for found in tail.poll()]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "queue_log"


@pytest.fixture
def tail(log: Path) -> Iterator[QueueLogTail]:
    tail = QueueLogTail(log)
    yield tail
    tail.close()


def add(log: Path, text: str) -> None:
    with log.open("a") as file:
        file.write(text)


def test_lines_come_when_they_are_complete(log: Path, tail: QueueLogTail) -> None:
    assert calls(tail) == []
    add(log, line(1, "a") + "2|b|sales|NO")
    assert calls(tail) == ["a"]
    assert calls(tail) == []
    add(log, "NE|ENTERQUEUE||1|1\n")
    assert calls(tail) == ["b"]


def test_a_file_that_is_renamed_is_read_to_its_end_first(log: Path, tail: QueueLogTail) -> None:
    add(log, line(1, "a"))
    assert calls(tail) == ["a"]
    log.rename(log.with_name("queue_log.1"))
    add(log.with_name("queue_log.1"), line(2, "b"))
    assert calls(tail) == ["b"]
    add(log.with_name("queue_log.1"), line(3, "c") + line(4, "d").rstrip("\n"))
    add(log, line(5, "e"))
    assert calls(tail) == ["c", "d", "e"]
    assert tail.rotations == 1


def test_a_file_that_is_cut_is_read_from_its_start(log: Path, tail: QueueLogTail) -> None:
    add(log, line(1, "a") * 3)
    assert calls(tail) == ["a"] * 3
    os.truncate(log, 0)
    add(log, line(2, "b"))
    assert calls(tail) == ["b"]
    assert tail.rotations == 1


def test_history_reaches_into_rotated_files(log: Path, tail: QueueLogTail) -> None:
    old = log.with_name("queue_log.2.gz")
    with gzip.open(old, "wt") as file:
        file.write(line(50, "older") + line(150, "old"))
    os.utime(old, (151, 151))
    add(log.with_name("queue_log.1"), line(160, "yesterday"))
    os.utime(log.with_name("queue_log.1"), (160, 160))
    far = log.with_name("queue_log.3")
    add(far, line(20, "long ago"))
    os.utime(far, (20, 20))
    add(log, line(200, "today"))
    found = [it.uniqueid for part in tail.history(100.0) for it in part]
    assert found == ["old", "yesterday", "today"]
    add(log, line(201, "now"))
    assert calls(tail) == ["now"]


def test_what_lies_beside_the_log_and_cannot_be_read_costs_nothing_else(
    log: Path, tail: QueueLogTail
) -> None:
    whole = gzip.compress("".join(line(at, f"c{at}") for at in range(100, 9_000)).encode())
    log.with_name("queue_log.3.gz").write_bytes(whole[:-30])  # being packed
    log.with_name("queue_log.2.gz").write_bytes(whole[:20] + b"\xff" * 400)
    log.with_name("queue_log.old").mkdir()
    log.with_name("queue_log.1").symlink_to("nowhere")
    add(log, line(20_000, "today"))
    found = [it.uniqueid for part in tail.history(50.0) for it in part]
    assert (found, tail.damaged, tail.faults) == (["today"], 2, 0)


def test_a_long_log_is_not_read_from_its_start(log: Path, tail: QueueLogTail) -> None:
    log.write_text("".join(line(at, f"c{at}") for at in range(1, 100_000)))
    found = [it.uniqueid for part in tail.history(99_990.0) for it in part]
    assert found == [f"c{at}" for at in range(99_990, 100_000)]
    assert tail.faults == 0


def test_what_is_no_line_is_counted(log: Path, tail: QueueLogTail) -> None:
    log.write_bytes(line(1, "a").encode() + b"\xff\xfe|x\nnonsense\n" + line(2, "b").encode())
    assert calls(tail) == ["a", "b"]
    assert tail.faults == 2


def test_a_log_that_is_no_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError):  # noqa: PT011  # whatever the system calls it
        QueueLogTail(tmp_path).poll()


def test_a_log_that_goes_and_comes_back(log: Path, tail: QueueLogTail) -> None:
    add(log, line(1, "a"))
    assert calls(tail) == ["a"]
    log.unlink()
    assert calls(tail) == []
    add(log, line(2, "b"))
    assert calls(tail) == ["b"]
    tail.close()
    tail.close()
