"""The host's state in a file: written whole or not at all, and read back as it was.

A zip archive, so that anything opens it: per tenant the router's snapshot, the aggregator's,
and what the host itself knew. The one before stays beside it, for the day on which the newest
cannot be read.
"""

import asyncio
import io
import json
import os
import re
import secrets
import stat
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import attrs

from ccroute._errors import ConfigError
from ccroute._events import OfferMade
from ccroute.host._live import LiveContact
from ccroute.host._locks import FileLock, lock_of
from ccroute.host._placement import Placed, Rung

_FORMAT = 1
_LONGEST = 242
"""Bytes of a file's name that leave room for what is put beside it, on most systems."""


@attrs.frozen(kw_only=True)
class SavedTenant:
    """One tenant's state. ``sequence``: of the last command in it, ``now``: its time; ``at``: when
    it was saved; ``gaps``: (link, since, until); ``epochs``: of each link's last snapshot;
    ``handled``: contacts with the agents who have, or lately had, a part in them."""

    router: bytes
    aggregator: bytes
    sequence: int
    now: float
    at: float
    placed: tuple[Placed, ...]
    contacts: tuple[LiveContact, ...]
    offers: tuple[OfferMade, ...]
    gaps: tuple[tuple[str, float, float], ...]
    epochs: Mapping[str, int]
    handled: tuple[tuple[str, tuple[str, ...]], ...]


def pack(tenants: Mapping[str, SavedTenant]) -> bytes:
    """The bytes of a file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        index = {"format": _FORMAT, "tenants": list(tenants)}
        archive.writestr("host.json", json.dumps(index))
        for number, saved in enumerate(tenants.values()):
            archive.writestr(f"{number}/router", saved.router)
            archive.writestr(f"{number}/aggregator", saved.aggregator)
            rest = attrs.asdict(
                saved, filter=lambda field, _: field.name not in {"router", "aggregator"}
            )
            archive.writestr(f"{number}/host.json", json.dumps(rest))
    return file.getvalue()


def unpack(data: bytes) -> dict[str, SavedTenant]:
    """The tenants in a file's bytes.

    Raises:
        ConfigError: they are damaged, or of another version.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            index = json.loads(archive.read("host.json"))
            if index["format"] != _FORMAT:
                raise ConfigError(
                    f"the state has format {index['format']}, this ccroute reads {_FORMAT}: "
                    "start without it, or with the release that wrote it"
                )
            return {name: _tenant(archive, number) for number, name in enumerate(index["tenants"])}
    except ConfigError:
        raise
    except Exception as error:  # damaged archives raise whatever they like
        raise ConfigError(f"the state is damaged: {error!r}") from error


def _tenant(archive: zipfile.ZipFile, number: int) -> SavedTenant:
    rest = json.loads(archive.read(f"{number}/host.json"))
    return SavedTenant(
        router=archive.read(f"{number}/router"),
        aggregator=archive.read(f"{number}/aggregator"),
        sequence=int(rest["sequence"]),
        now=float(rest["now"]),
        at=float(rest["at"]),
        placed=tuple(
            Placed(**{**it, "rung": [Rung(**rung) for rung in it["rung"]]}) for it in rest["placed"]
        ),
        contacts=tuple(LiveContact(**it) for it in rest["contacts"]),
        offers=tuple(OfferMade(**it) for it in rest["offers"]),
        gaps=tuple((str(link), float(since), float(until)) for link, since, until in rest["gaps"]),
        epochs={str(link): int(epoch) for link, epoch in rest["epochs"].items()},
        handled=tuple((contact, tuple(agents)) for contact, agents in rest["handled"]),
    )


def write(path: Path, data: bytes) -> None:
    """Puts the bytes into the file, whole or not at all; the ones before go beside it."""
    fresh = _fresh(path)
    try:
        _fill(fresh, data)
        if path.exists():
            path.replace(_before(path))
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)  # on a full disk each would take what room is left
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # or the names may be lost with the power
    finally:
        os.close(folder)


def _fill(path: Path, data: bytes) -> None:
    # Names and numbers of customers are in it: nobody else's business.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read(
    path: Path, check: Callable[[Mapping[str, SavedTenant]], None]
) -> tuple[dict[str, SavedTenant], str | None]:
    """The newest state that can be read and passes ``check``, and what was wrong with a newer one;
    nothing when there is none.

    Raises:
        ConfigError: there are states, but none that can be used.
    """
    wrong: list[str] = []
    unfinished = re.compile(re.escape(path.name) + r"\.[0-9a-f]{8}\.new")
    for left in path.parent.iterdir() if path.parent.is_dir() else ():
        if unfinished.fullmatch(left.name):
            left.unlink(missing_ok=True)  # of a host that died while it wrote
    for it in (path, _before(path)):
        try:
            saved = unpack(it.read_bytes())
            check(saved)
        except FileNotFoundError:
            continue
        except ConfigError as error:
            wrong.append(f"{it.name}: {error}")
        else:
            return saved, "; ".join(wrong) or None
    if wrong:
        raise ConfigError(
            "; ".join(wrong) + ": move the files away to start empty; callers are then "
            "adopted from the platforms",
            path=str(path),
        )
    return {}, None


class StateLock:
    """Keeps other hosts from a file, of this process too, until it is given back, or the tasks of
    the loop are cancelled, or the process dies. Never while ``saving`` is held."""

    def __init__(self, path: Path, saving: asyncio.Lock) -> None:
        self._path = path
        self._saving = saving
        self._lock = FileLock(lock_of(path))
        self._guard: asyncio.Task[None] | None = None

    async def hold(self) -> None:
        """Takes it, for as long as tasks run here: a host whose loop is gone holds nothing.

        Raises:
            ConfigError: as `take`.
        """
        self.take()
        self._guard = asyncio.get_running_loop().create_task(self._watch())
        await asyncio.sleep(0)

    async def _watch(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            async with self._saving:
                self._lock.give_back()

    def take(self) -> None:
        """Takes it, if it is not ours already.

        Raises:
            ConfigError: another host has it, or it is no file that a state can be kept in.
        """
        try:
            _check_files(self._path)
            ours = self._lock.take()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "no name of a file"
            raise ConfigError(
                f"{self._path.name!r} cannot be written there ({why}): give a file, with a name "
                f"of at most {_LONGEST} bytes, in a folder that exists and is ours",
                path=str(self._path),
            ) from error
        if not ours:
            raise ConfigError(
                f"{self._path.name} is in use by another host: stop that one, or give another file",
                path=str(self._path),
            )

    async def give_back(self) -> None:
        """Lets others have it. Twice is as good as once."""
        self._lock.give_back()
        if self._guard is not None:
            self._guard.cancel()
            await asyncio.gather(self._guard, return_exceptions=True)


def files_of(path: Path) -> tuple[Path, ...]:
    """The files of a state that have names of their own."""
    return path, _before(path), lock_of(path)


def _check_files(path: Path) -> None:
    for it in (*files_of(path), _fresh(path)):
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(it.stat().st_mode):
                raise ConfigError(
                    f"{str(it)!r} is no file but a folder, a pipe or the like: give the path of a "
                    "file, which need not exist",
                    path=str(it),
                )


def _fresh(path: Path) -> Path:
    # A name of its own: a host that was given up may still be writing.
    return path.parent / f"{path.name}.{secrets.token_hex(4)}.new"


def _before(path: Path) -> Path:
    return path.parent / f"{path.name}.before"
