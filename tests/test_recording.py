"""Recordings: readers are found by name, and a broken one is told by name."""

import sys
from pathlib import Path

import pytest

from ccroute import AdapterError, read_recording, recording_readers


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution with two readers, one of which cannot be loaded."""
    info = tmp_path / "tape-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tape\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[ccroute.recordings]\ntape = tape_reader:read\nworn = tape_reader:gone\n"
    )
    (tmp_path / "tape_reader.py").write_text(
        "from ccroute import Recording\n"
        "def read(recording, *, progress=None):\n"
        "    content = recording if isinstance(recording, bytes) else recording.read_bytes()\n"
        "    return Recording(source='tape', events=(), lines=len(content))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "tape_reader", raising=False)
    return tmp_path


@pytest.mark.usefixtures("installed")
def test_reader_of_a_vendor_is_found_by_name() -> None:
    assert {"tape", "worn"} <= set(recording_readers())
    assert read_recording(b"abc", reader="tape").lines == 3


@pytest.mark.usefixtures("installed")
def test_reader_that_cannot_be_loaded_is_named() -> None:
    with pytest.raises(AdapterError, match=r"'worn' \(tape_reader:gone\) cannot be loaded"):
        read_recording(b"", reader="worn")


def test_unknown_reader_is_refused_with_those_installed() -> None:
    with pytest.raises(AdapterError, match=r"no reader 'disc' .*install the adapter"):
        read_recording(b"", reader="disc")


@pytest.mark.usefixtures("installed")
def test_path_may_be_text(installed: Path) -> None:
    file = installed / "recording"
    file.write_bytes(b"abcd")
    assert read_recording(str(file), reader="tape").lines == 4
    assert read_recording(file, reader="tape").lines == 4


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("given", [5, None, bytearray(b"abc")])
def test_neither_path_nor_bytes_is_refused(given: object) -> None:
    with pytest.raises(AdapterError, match=rf"{type(given).__name__}: give the path .* as bytes"):
        read_recording(given, reader="tape")  # type: ignore[arg-type]
