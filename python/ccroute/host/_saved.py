"""The host's state in a file: written whole or not at all, and read back as it was.

A zip archive, so that anything opens it: per tenant the router's snapshot, the aggregator's,
and what the host itself knew. The one before stays beside it, for the day on which the newest
cannot be read.
"""

import fcntl
import io
import json
import os
import re
import secrets
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

from ccroute._errors import ConfigError
from ccroute._events import OfferMade
from ccroute.host._live import LiveContact
from ccroute.host._placement import Placed, Rung

_FORMAT = 1


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
    # A name of its own: a host that was given up may still be writing.
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    # Names and numbers of customers are in it: nobody else's business.
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        path.replace(_before(path))
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # or the names may be lost with the power
    finally:
        os.close(folder)


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


def lock(path: Path) -> int:
    """Keeps other hosts from the file, of this process too, until the descriptor that is returned
    is closed or the process dies.

    Raises:
        ConfigError: another host has it.
    """
    try:
        file = os.open(path.with_name(path.name + ".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no name of a file"
        raise ConfigError(
            f"{path.name!r} cannot be written there ({why}): give a file in a folder "
            "that exists and is ours",
            path=str(path),
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        raise ConfigError(
            f"{path.name} is in use by another host: stop that one, or give another file",
            path=str(path),
        ) from error
    return file


def _before(path: Path) -> Path:
    return path.with_name(path.name + ".before")
