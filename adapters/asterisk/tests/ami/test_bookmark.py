"""Up to when all was told: across processes, in the very second too."""

from pathlib import Path

import pytest

from ccroute import ContactAbandoned, ContactQueued, Event
from ccroute_asterisk.ami.bookmark import Bookmark


def queued(at: float, contact: str) -> Event:
    return ContactQueued(source="q", sequence=0, at=at, contact=contact, visit=1, since=at)


def gone(at: float, contact: str) -> Event:
    return ContactAbandoned(source="q", sequence=0, at=at, contact=contact, visit=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bookmark"


def test_without_one_nothing_is_known(path: Path) -> None:
    mark = Bookmark(path)
    assert mark.at is None
    assert not mark.knows(queued(5.0, "a"))


def test_the_second_that_was_cut_is_told_by_its_events(path: Path) -> None:
    before = Bookmark(path)
    for event in (queued(90.0, "a"), gone(100.2, "a"), queued(100.4, "b")):
        before.told(event)
    before.write()
    mark = Bookmark(path)
    assert mark.at == 100.4
    # A log's stamps are whole seconds.
    assert mark.knows(queued(90.0, "a"))
    assert mark.knows(gone(100.0, "a"))
    assert mark.knows(queued(100.0, "b"))
    assert not mark.knows(gone(100.0, "b"))
    assert not mark.knows(queued(100.0, "c"))
    assert not mark.knows(queued(101.0, "b"))


def test_what_happened_twice_is_known_twice(path: Path) -> None:
    before = Bookmark(path)
    for _ in range(2):
        before.told(queued(7.0, "a"))
    before.write()
    mark = Bookmark(path)
    assert [mark.knows(queued(7.0, "a")) for _ in range(3)] == [True, True, False]


def test_a_clock_that_is_set_back_brings_nothing_again(path: Path) -> None:
    before = Bookmark(path)
    before.told(queued(5_000.0, "a"))
    before.write()
    mark = Bookmark(path)
    assert mark.knows(queued(5_000.0, "a"))
    assert not mark.knows(queued(5_060.0, "b"))
    assert not mark.knows(queued(4_000.0, "c"))  # by an hour, say: it is news


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"at": "x", "lately": []}', '{"at": 1}', '{"at": 1e999, "lately": []}',
     '{"at": NaN, "lately": []}', "[" * 100_000],
)  # fmt: skip
def test_a_file_that_is_no_bookmark_is_none(path: Path, text: str) -> None:
    path.write_text(text)
    assert not Bookmark(path).knows(queued(0.5, "a"))


def test_a_place_that_cannot_be_written_is_counted(tmp_path: Path) -> None:
    mark = Bookmark(tmp_path / "nowhere" / "bookmark")
    mark.told(queued(5.0, "a"))
    assert mark.failures == 1
