"""What the queue_log adds, on bad days: it is away, comes late, or the clock was set back."""

import json
from pathlib import Path

import pytest

from ccroute import ContactQueued
from ccroute.adapters import Secret
from ccroute_asterisk.ami.history import History
from ccroute_asterisk.ami.observer import Observer
from ccroute_asterisk.ami.settings import ObserveSettings


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "queue_log"


def history(log: Path, bookmark: Path | None = None) -> History:
    return History(
        ObserveSettings(
            user="u", password=Secret("p"), queue_log=str(log), bookmark=str(bookmark or "")
        )
    )


def line(at: int, call: str) -> str:
    return f"{at}|{call}|sales|NONE|ENTERQUEUE||1|1\n"


def queued(at: float) -> ContactQueued:
    return ContactQueued(source="q", sequence=0, at=at, contact="a", visit=1, since=at)


def test_a_log_that_is_away_covers_nothing(log: Path) -> None:
    observer, kept = Observer("app_queue"), history(log)
    assert not kept.fill(observer, 1_000.0, first=True)
    assert not kept.fill(observer, 1_010.0, first=False)
    assert kept.counters()["unreadable_log"] == 2
    log.write_text("")
    assert kept.fill(observer, 1_020.0, first=False)
    kept.close()


@pytest.mark.parametrize("away", [True, False])
def test_a_log_that_comes_late_tells_nothing_of_the_past(log: Path, away: bool) -> None:
    if not away:
        log.mkdir()  # there, and cannot be read
    observer, kept = Observer("app_queue"), history(log)
    kept.fill(observer, 1_000.0, first=True)
    if not away:
        log.rmdir()
    log.write_text(line(100, "old") + line(1_005, "new"))
    assert kept.poll(observer)
    assert [it.contact for it in observer.drain()] == ["new"]
    kept.close()


def test_a_bookmark_of_a_time_to_come_is_of_no_use(log: Path, tmp_path: Path) -> None:
    log.write_text(line(980, "old") + "990|old|sales|NONE|ABANDON|1|1|10\n")
    mark = tmp_path / "bookmark"
    mark.write_text(json.dumps({"at": 90_000.0, "lately": [[90_000.0, "x"]]}))
    observer, kept = Observer("app_queue"), history(log, mark)
    assert kept.fill(observer, 1_000.0, first=True)
    assert observer.drain() == []
    assert kept.counters()["bookmarks_ahead"] == 1
    assert not kept.knows(queued(1_001.0))
    kept.told(queued(1_001.0))
    kept.close()
    assert json.loads(mark.read_text())["at"] == 1_001.0
