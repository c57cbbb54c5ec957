"""The files: a folder a day (UTC, of the visits' end), a file a batch; written whole or not.

What stands in a row is not known here.
"""

import json
import os
import re
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import attrs
import pyarrow as pa
import pyarrow.parquet as pq

from ccroute._errors import ConfigError
from ccroute.history._rows import SCHEMA, Row, check_version, key_of, table_of
from ccroute.history._standing import standing

_DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1)
_FOLDER = re.compile(r"day=(\d{4}-\d{2}-\d{2})")
_FILE = re.compile(r"(?P<node>.+)-(?P<batch>\d{12})\.parquet")
_TEMPORARY = ".writing"


@attrs.frozen(kw_only=True)
class State:
    """How far a node is."""

    through_us: int | None = None
    """All visits over before this are written."""
    pending_us: Sequence[int] = ()
    """Where the cells begin that may change without a word."""


class Folder:
    """One folder of records; each node that writes into it has a name of its own."""

    def __init__(self, path: Path, node: str | None = None) -> None:
        if node is not None and not re.fullmatch(r"[A-Za-z0-9_.]+", node):
            raise ConfigError(f"node {node!r}: letters, digits, _ and . only; it names files")
        if path.exists() and not path.is_dir():
            raise ConfigError(f"{path} is a file: name the folder for the records")
        self.path, self._node = path, node

    # Reading ---------------------------------------------------------------------------

    def days(self) -> list[date]:
        """The days that have records, ascending."""
        if not self.path.is_dir():
            return []
        named = (_FOLDER.fullmatch(each.name) for each in self.path.iterdir())
        return sorted(date.fromisoformat(name[1]) for name in named if name)

    def read(self, days: Sequence[date], columns: Sequence[str] | None = None) -> pa.Table:
        """All rows written of some days, those that no longer stand included.

        Raises:
            ConfigError: A file holds no contact records, or of a later version.
        """
        tables = [self._read(path, columns) for day in days for path in self._files(day)]
        if not tables:
            wanted = SCHEMA if columns is None else pa.schema([SCHEMA.field(c) for c in columns])
            return wanted.empty_table()
        return pa.concat_tables(tables, promote_options="default")

    def batch(self) -> int:
        """The number of the last batch that was written."""
        names = (_FILE.fullmatch(path.name) for day in self.days() for path in self._files(day))
        return max((int(name["batch"]) for name in names if name), default=0)

    def state(self) -> State:
        """How far the node is: what :meth:`set_state` was given last."""
        try:
            return State(**json.loads(self._state.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return State()
        except (ValueError, TypeError):
            raise ConfigError(
                "no state of a recorder: remove it, and what is kept is written again",
                path=str(self._state),
            ) from None

    # Writing ---------------------------------------------------------------------------

    def write(self, rows: Sequence[Row], batch: int) -> int:
        """Writes rows, a file a day; gives the number of files."""
        by_day: dict[date, list[Row]] = {}
        for row in rows:
            at = row["completed_us"]
            assert isinstance(at, int)
            by_day.setdefault(day_of(at), []).append(row)
        for day, own in sorted(by_day.items()):
            self._write(table_of(sorted(own, key=key_of)), day, batch)
        return len(by_day)

    def compact(self, before: date) -> int:
        """Makes one file of a day's, where a node has several; gives the number of days."""
        done = 0
        for day in self.days():
            files = self._own(day)
            if day >= before or len(files) < 2:
                continue
            tables = [self._read(path, None) for path in files]
            last = _FILE.fullmatch(files[-1].name)
            assert last is not None
            # Under the name of the last, which is replaced; then the others are old copies.
            self._write(standing(pa.concat_tables(tables)), day, int(last["batch"]))
            for path in files[:-1]:
                path.unlink()
            done += 1
        return done

    def remove(self, before: date) -> int:
        """Removes the days before one, and what a crash left half written."""
        old = [day for day in self.days() if day < before]
        for day in old:
            folder = self._folder(day)
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()
        for path in self.path.glob(f"day=*/*{_TEMPORARY}"):
            name = path.name.removesuffix(_TEMPORARY)
            if (parts := _FILE.fullmatch(name)) and parts["node"] == self._node:
                path.unlink()
        return len(old)

    def set_state(self, state: State) -> None:
        """Remembers how far the node is."""
        self.path.mkdir(parents=True, exist_ok=True)
        temporary = self._state.with_name(self._state.name + _TEMPORARY)
        temporary.write_text(json.dumps(attrs.asdict(state)), encoding="utf-8")
        _settle(temporary, self._state)

    # Paths -----------------------------------------------------------------------------

    @property
    def _state(self) -> Path:
        return self.path / f"{self._node}.json"

    def _folder(self, day: date) -> Path:
        return self.path / f"day={day.isoformat()}"

    def _files(self, day: date) -> list[Path]:
        folder = self._folder(day)
        if not folder.is_dir():
            return []
        return sorted(path for path in folder.iterdir() if _FILE.fullmatch(path.name))

    def _own(self, day: date) -> list[Path]:
        named = ((path, _FILE.fullmatch(path.name)) for path in self._files(day))
        return [path for path, name in named if name and name["node"] == self._node]

    def _read(self, path: Path, columns: Sequence[str] | None) -> pa.Table:
        try:
            with pq.ParquetFile(path) as file:
                check_version(file.schema_arrow, str(path))
                return file.read(columns=None if columns is None else list(columns))
        except pa.ArrowInvalid as error:
            raise ConfigError(f"no Parquet file ({error}): remove it", path=str(path)) from None

    def _write(self, table: pa.Table, day: date, batch: int) -> None:
        folder = self._folder(day)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self._node}-{batch:012}.parquet"
        temporary = path.with_name(path.name + _TEMPORARY)
        pq.write_table(table, temporary, compression="zstd")
        _settle(temporary, path)


def _settle(temporary: Path, path: Path) -> None:
    """On the disk first, under its name then: a reader sees all of a file or none."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError:  # folders cannot be opened everywhere
        return
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def day_of(micros: int) -> date:
    """The day (UTC) of an instant."""
    return _EPOCH + timedelta(days=micros // _DAY_US)
