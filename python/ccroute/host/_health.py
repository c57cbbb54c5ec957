"""How a host does: for probes, for dashboards, for whoever is called at night."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import attrs

from ccroute.host._link import Link
from ccroute.host._tenant import Tenant

if TYPE_CHECKING:
    from ccroute.host._host import Host

_UNSAVED = 60.0
"""Seconds by which a save may be overdue."""
_STALLED = 5.0
"""Seconds after which a loop that does not turn, or a command that waits, is a failure."""


@attrs.frozen(kw_only=True)
class LinkReport:
    """One link. ``error``: why it will not come up by itself; ``waiting``: signals not handed on;
    ``counters``: by name."""

    up: bool
    error: str | None
    waiting: int
    refused: int
    counters: dict[str, int]


@attrs.frozen(kw_only=True)
class TenantReport:
    """One tenant. ``lag``: seconds the last command waited for its turn; ``depth``: how much waits;
    ``stuck``: contacts that we or the platform ended and of whose end nothing came."""

    broken: str | None
    lag: float
    depth: int
    contacts: int
    stuck: int
    sequence: int
    counters: dict[str, float]


@attrs.frozen(kw_only=True)
class Health:
    """All of it. ``alive``: the process is of use; if not, restart it. ``ready``: it can take
    contacts: every link is up and no tenant has stopped. ``why``: what is not as it should be."""

    at: float
    alive: bool
    ready: bool
    why: tuple[str, ...]
    loop_lag: float
    saved_at: float | None
    looked_up: int
    tenants: dict[str, TenantReport]
    links: dict[str, LinkReport]

    def to_openmetrics(self) -> str:
        """For ``GET /metrics``, beside the figures of `ccroute.export`; ends with ``# EOF``."""
        return "\n".join([*_families(self), "# EOF", ""])


def health_of(host: "Host") -> Health:
    """How a host does now."""
    tenants = {name: _tenant(it) for name, it in host.tenants.items()}
    links = {name: _link(it) for name, it in host.links.items()}
    broken = [f"tenant {it} has stopped: {its.broken}" for it, its in tenants.items() if its.broken]
    slow = [
        f"tenant {it} lags {its.lag:.1f} s" for it, its in tenants.items() if its.lag > _STALLED
    ]
    down = [
        f"link {it} is down: {its.error or 'trying'}" for it, its in links.items() if not its.up
    ]
    stalled = [f"the loop lags {host.loop_lag:.1f} s"] if host.loop_lag > _STALLED else []
    if host.unsaved_for > _UNSAVED:
        slow.append(f"the state is not saved, for {host.unsaved_for:.0f} s")
    stopped = [] if host.running else ["the host does not run"]
    return Health(
        at=host.now,
        alive=not (stalled or stopped or (broken and len(broken) == len(tenants))),
        ready=not (broken or slow or down or stalled or stopped),
        why=(*stopped, *stalled, *broken, *slow, *down),
        loop_lag=host.loop_lag,
        saved_at=host.saved_at,
        looked_up=host.looked_up,
        tenants=tenants,
        links=links,
    )


def _tenant(tenant: Tenant) -> TenantReport:
    return TenantReport(
        broken=None if tenant.broken is None else repr(tenant.broken),
        lag=tenant.lag,
        depth=tenant.depth(),
        contacts=len(tenant.placements),
        stuck=sum(it.gone and not it.callback for it in tenant.placements),
        sequence=tenant.sequence,
        counters=attrs.asdict(tenant.counters),
    )


def _link(link: Link) -> LinkReport:
    return LinkReport(
        up=link.up,
        error=link.error,
        waiting=len(link.sink),
        refused=link.sink.refused,
        counters=attrs.asdict(link.counters),
    )


def _families(health: Health) -> Iterator[str]:
    yield from _family("ccroute_host_ready", "Whether it can take contacts", "gauge",
                       [({}, int(health.ready))])  # fmt: skip
    yield from _family("ccroute_host_loop_lag_seconds", "How late the loop turns", "gauge",
                       [({}, health.loop_lag)])  # fmt: skip
    yield from _family("ccroute_host_looked_up", "Outcomes that were looked up", "counter",
                       [({}, health.looked_up)])  # fmt: skip
    if health.saved_at is not None:
        yield from _family("ccroute_host_saved_timestamp_seconds", "When the state was saved",
                           "gauge", [({}, health.saved_at)])  # fmt: skip
    for field, words in _TENANT.items():
        rows = [({"tenant": name}, getattr(it, field)) for name, it in health.tenants.items()]
        yield from _family(f"ccroute_host_{field}", words, "gauge", rows)
    yield from _counters("tenant", {name: it.counters for name, it in health.tenants.items()})
    rows = [({"link": name}, int(it.up)) for name, it in health.links.items()]
    yield from _family("ccroute_link_up", "Whether the link stands", "gauge", rows)
    rows = [({"link": name}, it.refused) for name, it in health.links.items()]
    yield from _family(
        "ccroute_link_refused", "Signals for which there was no room", "counter", rows
    )
    rows = [({"link": name}, it.waiting) for name, it in health.links.items()]
    yield from _family("ccroute_link_waiting", "Signals not handed on", "gauge", rows)
    yield from _counters("link", {name: it.counters for name, it in health.links.items()})


_TENANT = {
    "lag": "Seconds the last command waited for its turn",
    "depth": "Things that wait for their turn",
    "contacts": "Contacts on platforms",
    "stuck": "Contacts that ended, and of whose end nothing came",
}
_GAUGES = {"latest"}


def _counters(label: str, by_name: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    names = next((list(it) for it in by_name.values()), [])
    for field in names:
        rows = [({label: name}, counters[field]) for name, counters in by_name.items()]
        kind = "gauge" if field in _GAUGES else "counter"
        prefix = "ccroute_host_" if label == "tenant" else "ccroute_link_"
        yield from _family(f"{prefix}{field}", f"See {label} counters: {field}", kind, rows)


def _family(
    name: str, words: str, kind: str, rows: list[tuple[dict[str, str], float]]
) -> Iterator[str]:
    if not rows:
        return
    yield f"# HELP {name} {words}."
    yield f"# TYPE {name} {kind}"
    suffix = "_total" if kind == "counter" else ""
    for labels, value in rows:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{suffix}{{{inside}}} {value}" if inside else f"{name}{suffix} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
