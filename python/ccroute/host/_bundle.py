"""An incident bundle: a zip archive in which a tenant's last minutes can be looked at on another
machine. Per tenant a state, the commands since, and what a replay of them must come to.
"""

import io
import json
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import TypeAlias, TypeVar

import attrs

from ccroute._clock import ManualClock
from ccroute._errors import CcrouteError, ConfigError, EngineBroken
from ccroute._events import Event
from ccroute._router import Router
from ccroute._wire import Restored
from ccroute.host._audit import AuditRecord
from ccroute.journal import Entry, entry_from_json, entry_to_json

FORMAT = 1
_INDEX = "bundle.json"
_MOST_BYTES = 4 << 30
"""Of one part of a bundle, unpacked: what is bigger was made to do harm."""
_BREATH = 0.000_5
"""After so many seconds of work in the background the loop's thread has its turn."""

Item = TypeVar("Item")
Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


@attrs.frozen(kw_only=True)
class Hashes:
    """What states hash to, after the last command. ``live``: of the router itself; ``replayed``:
    of the state and the commands since, before anything was renamed; ``redacted``: of what is in
    the bundle, which every replay must come to. ``None``: the engine broke before it came to
    that."""

    live: str | None
    replayed: str | None
    redacted: str | None


@attrs.frozen(kw_only=True)
class ReplayedCommand:
    """A command of a replay with what came of it; ``refused``: the exception's or refusal's
    name."""

    entry: Entry
    events: tuple[Event, ...]
    refused: str | None


@attrs.frozen(kw_only=True)
class TenantIncident:
    """A tenant in a bundle. ``state``: a snapshot of its router after command ``first``, taken at
    ``since``; ``commands``: those after it, up to ``last``; ``gaps``: (link, since, until) in
    which nothing was heard; ``placed``: its contacts on platforms; ``notes``: what to know
    before trusting a replay."""

    name: str
    state: bytes
    first: int
    since: float
    last: int
    at: float
    commands: tuple[Entry, ...]
    hashes: Hashes
    notes: tuple[str, ...]
    gaps: tuple[tuple[str, float, float], ...]
    counters: Mapping[str, float]
    placed: tuple[Mapping[str, Json], ...]
    audit: tuple[AuditRecord, ...]

    @property
    def faithful(self) -> bool:
        """Whether the replay came to the live state where the bundle was written."""
        return self.hashes.live is not None and self.hashes.live == self.hashes.replayed

    def router(self, *, recall: int = 0) -> Router:
        """The router at the beginning, for `replay` or for a look of one's own.

        Raises:
            ConfigError: the state is damaged, or was written under other rules.
        """
        clock = ManualClock(self.since)
        return Router.restore(self.state, clock=clock, source=self.name, recall=recall)

    def replay(self, router: Router) -> Iterator[ReplayedCommand]:
        """Carries the commands out again, one at a time.

        Raises:
            EngineBroken: one of them breaks the engine.
        """
        for entry in self.commands:
            refused = carried_out(router, entry)
            yield ReplayedCommand(entry=entry, events=tuple(router.events()), refused=refused)

    def agrees(self, router: Router) -> bool:
        """Whether a router that has replayed the commands is in the state that the bundle
        states."""
        return hash_of(router.snapshot()) == self.hashes.redacted


@attrs.frozen(kw_only=True)
class Incident:
    """What a bundle holds. ``at``: when it was written, float seconds since the epoch;
    ``versions``: of ccroute, Python, the system and the adapters; ``health`` and ``links``: how
    the host and each link did."""

    at: float
    versions: Mapping[str, Json]
    health: Mapping[str, Json]
    links: Mapping[str, Mapping[str, Json]]
    tenants: Mapping[str, TenantIncident]


def carried_out(router: Router, entry: Entry) -> str | None:
    """Carries out a command of a journal; returns how it was refused, if it was."""
    try:
        router.apply(entry.command, envelope=entry.envelope, at=entry.at)
    except EngineBroken:
        raise
    except (CcrouteError, TypeError, ValueError) as refusal:
        return str(getattr(refusal, "code", type(refusal).__name__))
    return None


def unhurried(items: Iterable[Item]) -> Iterator[Item]:
    """The same, with turns for other threads in between."""
    since = time.perf_counter()
    for item in items:
        if time.perf_counter() - since > _BREATH:
            time.sleep(0)
            since = time.perf_counter()
        yield item


def line_of(entry: Entry) -> bytes:
    """An entry as a line of a bundle.

    Raises:
        ConfigError, TypeError, ValueError: it holds what has no word in JSON.
    """
    return f"{entry_to_json(entry)}\n".encode("utf-8", "surrogatepass")


def entry_of(line: bytes) -> Entry:
    """The entry in such a line.

    Raises:
        ConfigError: it is none.
    """
    return entry_from_json(line.decode("utf-8", "surrogatepass"))


def hash_of(state: bytes) -> str:
    """What a state hashes to without the sentences of refusals that it remembers, which name what
    was asked for."""
    return Restored(state).redacted(None).state_hash().hex()


# -- Writing ----------------------------------------------------------------------------


def packed(incident: Incident, lines: Mapping[str, Iterable[bytes]]) -> bytes:
    """The bytes of a bundle. ``lines``: the commands of each tenant as `line_of` writes them, which
    are taken instead of what stands in ``incident``."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        index = {
            "format": FORMAT,
            "at": incident.at,
            "versions": incident.versions,
            "health": incident.health,
            "links": incident.links,
            "tenants": list(incident.tenants),
        }
        archive.writestr(_INDEX, json.dumps(index, indent=1))
        for number, it in enumerate(incident.tenants.values()):
            archive.writestr(f"{number}/state", it.state)
            with archive.open(f"{number}/commands.jsonl", "w", force_zip64=True) as part:
                for line in unhurried(lines[it.name]):
                    part.write(line)
            audit = (json.dumps(attrs.asdict(record)) + "\n" for record in it.audit)
            archive.writestr(f"{number}/audit.jsonl", "".join(unhurried(audit)))
            rest = attrs.asdict(
                it,
                recurse=True,
                filter=lambda field, _: field.name not in {"state", "commands", "audit"},
            )
            archive.writestr(f"{number}/tenant.json", json.dumps(rest, indent=1))
    return file.getvalue()


# -- Reading ----------------------------------------------------------------------------


def is_bundle(path: str | PathLike[str]) -> bool:
    """Whether a file is an incident bundle, by its looks."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _INDEX in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def read_incident(path: str | PathLike[str]) -> Incident:
    """The bundle in a file. Read only bundles of people you trust: a state that somebody made up
    may break the engine.

    Raises:
        ConfigError: it is none, is damaged, or has another format.
        OSError: the file cannot be read.
    """
    where = str(path)
    try:
        with Path(path).open("rb") as file, zipfile.ZipFile(file) as archive:
            index = json.loads(_part(archive, _INDEX))
            if index["format"] != FORMAT:
                raise ConfigError(
                    f"the bundle has format {index['format']}, this ccroute reads {FORMAT}: use "
                    f"the release that wrote it, {index['versions'].get('ccroute')}",
                    path=where,
                )
            return Incident(
                at=index["at"],
                versions=index["versions"],
                health=index["health"],
                links=index["links"],
                tenants={
                    name: _tenant(archive, number) for number, name in enumerate(index["tenants"])
                },
            )
    except (ConfigError, FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:  # damaged archives raise whatever they like
        raise ConfigError(f"no incident bundle, or a damaged one: {error!r}", path=where) from error


def _tenant(archive: zipfile.ZipFile, number: int) -> TenantIncident:
    rest = json.loads(_part(archive, f"{number}/tenant.json"))
    lines = _part(archive, f"{number}/commands.jsonl").split(b"\n")
    audit = _part(archive, f"{number}/audit.jsonl").decode().splitlines()
    gaps = tuple((link, since, until) for link, since, until in rest.pop("gaps"))
    return TenantIncident(
        **{
            **rest,
            "hashes": Hashes(**rest["hashes"]),
            "notes": tuple(rest["notes"]),
            "placed": tuple(rest["placed"]),
        },
        gaps=gaps,
        state=_part(archive, f"{number}/state"),
        commands=tuple(entry_of(line) for line in lines if line),
        audit=tuple(AuditRecord(**json.loads(line)) for line in audit),
    )


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    size = archive.getinfo(name).file_size
    if size > _MOST_BYTES:
        raise ValueError(f"{name} has {size} bytes")
    return archive.read(name)
