"""Writing an incident bundle of a host that runs: what must be of one instant is copied between
two commands, all the rest is done in a thread."""

import asyncio
import os
import platform
import secrets
import time
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

import attrs

from ccroute._clock import ManualClock
from ccroute._commands import Advance, SetPlan
from ccroute._errors import ConfigError, DataUnavailable, EngineBroken
from ccroute._router import Router
from ccroute._wire import Restored, __version__
from ccroute.adapters import Secret
from ccroute.host._audit import AuditRecord
from ccroute.host._bundle import (
    Hashes,
    Incident,
    Json,
    TenantIncident,
    carried_out,
    entry_of,
    hash_of,
    line_of,
    packed,
    unhurried,
)
from ccroute.host._host import Host
from ccroute.host._placement import Placed
from ccroute.host._redacting import Redactor
from ccroute.host._tenant import Tenant
from ccroute.journal import Checkpoint, Entry, Measure, Respond

_SLICE = 500
_TRIES = 5


@attrs.frozen(kw_only=True)
class _Taken:
    """A tenant at one instant, between two commands. ``live``: its state, ``None`` when its engine
    is broken; ``pause``: seconds that taking it held the loop up."""

    name: str
    live: bytes | None
    sequence: int
    now: float
    bypassed: int
    broken: str | None
    gaps: tuple[tuple[str, float, float], ...]
    counters: dict[str, float]
    placed: tuple[Placed, ...]
    names: frozenset[str]
    pause: float
    checkpoints: tuple[Checkpoint, ...] = ()
    entries: tuple[Entry, ...] = ()


async def host_incident(
    host: Host, path: str | PathLike[str], *, hidden: Iterable[Secret] = ()
) -> None:
    """Writes a bundle into a new file that only its owner can read; the host goes on meanwhile.

    It holds, per tenant, the oldest state that the journal keeps, and the commands since; how the
    host and its links do; the audit. Everything personal in it is a pseudonym: contacts,
    customers, conversations, texts of attributes, numbers in attributes that no condition of the
    plan reads, free words, command ids; by a key that is thrown away. Plans, agents, queues,
    names of attributes and what conditions compare them with stay, and so do the texts of
    attributes that conditions look into (``size``, ``int``, one attribute with another) or that
    name skills, labels or rows of score tables, those rows, and requirements that come with a
    contact. ``hidden``: secrets, which are struck out
    wherever a message holds them.

    Raises:
        FileExistsError: there is a file already.
        OSError: it cannot be written.
        DataUnavailable: the journal keeps nothing of a tenant.
    """
    data = await incident_bundle(host, hidden=hidden)
    await asyncio.to_thread(_write, Path(path), data)


async def incident_bundle(host: Host, *, hidden: Iterable[Secret] = ()) -> bytes:
    """The bytes of a bundle: see `host_incident`.

    Raises:
        DataUnavailable: the journal keeps nothing of a tenant.
    """
    taken = []
    for tenant in host.tenants.values():
        taken.append(await _taken(host, tenant))
        await asyncio.sleep(0)
    probes = await asyncio.gather(*(link.probe() for link in host.links.values()))
    links: dict[str, dict[str, Json]] = {
        name: {
            "adapter": link.info.name,
            "version": link.info.version,
            "platform": link.info.platform,
            "capabilities": [*sorted(link.info.capabilities)],
            "up": link.up,
            "error": link.error,
            "waiting": len(link.sink),
            "refused": link.sink.refused,
            "counters": attrs.asdict(link.counters),
            "probe": attrs.asdict(probe),
        }
        for (name, link), probe in zip(host.links.items(), probes, strict=True)
    }
    health = attrs.asdict(host.health())
    del health["links"]
    audit = tuple(host.audit)
    return await asyncio.to_thread(_made, taken, host.now, links, health, audit, tuple(hidden))


async def _taken(host: Host, tenant: Tenant) -> _Taken:
    taken = _between_commands(tenant)
    for _ in range(_TRIES):
        checkpoints = [
            it
            for it in await host.journal.checkpoints(tenant.name)
            if it.sequence <= taken.sequence
        ]
        while checkpoints:
            try:
                entries = await _entries(host, tenant, checkpoints[0], taken)
            except DataUnavailable:
                del checkpoints[0]  # what leads on from it is no longer kept
                continue
            return attrs.evolve(taken, checkpoints=tuple(checkpoints), entries=entries)
    raise DataUnavailable(
        f"the journal keeps no state of tenant {tenant.name!r}: there is nothing to replay from"
    )


async def _entries(
    host: Host, tenant: Tenant, start: Checkpoint, taken: _Taken
) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    async for entry in host.journal.read(tenant.name, after=start.sequence):
        if entry.sequence > taken.sequence:
            break
        if isinstance(entry.command, Measure | Respond):
            continue  # it decided nothing, and names customers
        entries.append(entry)
        if len(entries) % _SLICE == 0:
            await asyncio.sleep(0)
    return tuple(entries)


def _between_commands(tenant: Tenant) -> _Taken:
    began = time.perf_counter()
    router = tenant.router
    live = None
    try:
        live = router.snapshot()
        names = frozenset(
            [*router.names("agents"), *router.names("queues"), *router.names("lines")]
        )
    except EngineBroken:
        names = frozenset()
    return _Taken(
        name=tenant.name,
        live=live,
        sequence=tenant.sequence,
        now=tenant.now,
        bypassed=tenant.counters.bypassed,
        broken=None if tenant.broken is None else type(tenant.broken).__name__,
        gaps=tuple(tenant.gaps),
        counters=attrs.asdict(tenant.counters),
        placed=tuple(attrs.evolve(it, rung=list(it.rung)) for it in tenant.placements),
        names=names,
        pause=time.perf_counter() - began,
    )


# -- In a thread ------------------------------------------------------------------------


def _made(
    taken: Sequence[_Taken],
    now: float,
    links: dict[str, dict[str, Json]],
    health: dict[str, Json],
    audit: Sequence[AuditRecord],
    hidden: Sequence[Secret],
) -> bytes:
    key = secrets.token_bytes(32)
    tenants, lines = {}, {}
    redactors = []
    for it in taken:
        start, replayed = _replayed(it)
        entries = [entry for entry in it.entries if entry.sequence > start.sequence]
        state = Restored(start.state)
        states = [state] if it.live is None else [state, Restored(it.live)]
        plans = [entry.command.plan for entry in entries if isinstance(entry.command, SetPlan)]
        redactor = Redactor(key, plans, states)
        redactors.append(redactor)
        mine = [record for record in audit if record.tenant == it.name]
        tenants[it.name], lines[it.name] = _tenant(it, start, entries, replayed, redactor, mine)
    versions: dict[str, Json] = {
        "ccroute": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }

    def scrubbed(value: Json) -> Json:
        match value:
            case str():
                for redactor in redactors:
                    value = redactor.scrubbed(value, hidden)
                return value
            case dict():
                return {name: scrubbed(item) for name, item in value.items()}
            case list() | tuple():
                return [scrubbed(item) for item in value]
            case _:
                return value

    return packed(
        Incident(
            at=now,
            versions=versions,
            health={name: scrubbed(it) for name, it in health.items()},
            links={
                name: {field: scrubbed(it) for field, it in link.items()}
                for name, link in links.items()
            },
            tenants=tenants,
        ),
        lines,
    )


def _replayed(taken: _Taken) -> tuple[Checkpoint, str | None]:
    """The oldest state from which the commands lead to the newer ones, and what they come to;
    ``None``: the engine breaks. A state that they do not lead to was changed behind the host's
    back: it is begun from anew."""
    start, *later = taken.checkpoints
    router = _router(start)
    try:
        for entry in unhurried(taken.entries):
            _carry_out(router, entry)
            while later and later[0].sequence <= entry.sequence:
                if later[0].sequence == entry.sequence and later[0].state_hash != (
                    router.state_hash()
                ):
                    start = later[0]
                    router = _router(start)
                later.pop(0)
        return start, router.state_hash()
    except EngineBroken:
        return start, None


def _carry_out(router: Router, entry: Entry) -> None:
    carried_out(router, entry)
    if entry.sequence % 1_000 == 0:
        router.events()  # or they are kept until somebody reads them


def _router(start: Checkpoint) -> Router:
    return Router.restore(start.state, clock=ManualClock(start.at))


def _tenant(
    taken: _Taken,
    start: Checkpoint,
    entries: Sequence[Entry],
    replayed: str | None,
    redactor: Redactor,
    audit: Sequence[AuditRecord],
) -> tuple[TenantIncident, list[bytes]]:
    state = redactor.state(Restored(start.state)).snapshot()
    router = _router(attrs.evolve(start, state=state))
    lines, unwritable, redacted = _written(redactor, entries, router)
    live = None if taken.live is None else Restored(taken.live).state_hash().hex()
    notes = [
        *(["the tenant has stopped: " + taken.broken] if taken.broken else []),
        *(
            [f"the router was used behind the host's back ({taken.bypassed} events)"]
            if taken.bypassed
            else []
        ),
        *([f"{unwritable} commands could not be written"] if unwritable else []),
    ]
    if start is not taken.checkpoints[0]:
        notes.append("older commands do not lead to this state, and were left out")
    if taken.live is None or replayed is None:
        notes.append("the engine is broken")
    elif replayed != live:
        notes.append("the commands do not lead to the live state")
    elif redacted != redactor.state(Restored(taken.live)).state_hash().hex():
        notes.append("without what is personal the commands lead elsewhere: a defect of ccroute")
    incident = TenantIncident(
        name=taken.name,
        state=state,
        first=start.sequence,
        since=start.at,
        last=taken.sequence,
        at=taken.now,
        commands=(),
        hashes=Hashes(live=live, replayed=replayed, redacted=redacted),
        notes=tuple(notes),
        gaps=taken.gaps,
        counters={**taken.counters, "pause": taken.pause},
        placed=tuple(_placed(redactor, it) for it in taken.placed),
        audit=tuple(redactor.audit(it, taken.names) for it in audit if it.at >= start.at),
    )
    return incident, lines


def _written(
    redactor: Redactor, entries: Sequence[Entry], router: Router
) -> tuple[list[bytes], int, str | None]:
    """The commands as they stand in the bundle, each carried out as its reader will do it; how many
    could not be written, in whose place time passes; and what they come to."""
    lines: list[bytes] = []
    unwritable = 0
    broken = False
    for entry in unhurried(entries):
        try:
            line = line_of(redactor.entry(entry))
        except (ConfigError, TypeError, ValueError):
            unwritable += 1
            line = line_of(Entry(sequence=entry.sequence, at=entry.at, command=Advance()))
        lines.append(line)
        try:
            if not broken:
                _carry_out(router, entry_of(line))
        except EngineBroken:
            broken = True
    return lines, unwritable, None if broken else hash_of(router.snapshot())


def _placed(redactor: Redactor, placed: Placed) -> dict[str, Json]:
    return {
        "contact": redactor.text(placed.contact),
        "link": placed.link,
        "queue": placed.queue,
        "engaged": placed.engaged,
        "gone": placed.gone,
        "legs": [
            {"offer": leg.offer, "agent": leg.agent, "state": leg.state, "awaited": leg.awaited}
            for leg in placed.rung
        ],
    }


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
