"""From tenants to what is saved of them, and back."""

import logging
from collections.abc import Collection, Mapping
from pathlib import Path

import attrs

from ccroute._commands import Cancel, Release, SetPlan, Suspend
from ccroute._plan import Plan
from ccroute._wire import KpiAggregator, Restored
from ccroute.host._live import LiveContacts
from ccroute.host._saved import SavedTenant, pack, write
from ccroute.host._tenant import Tenant

_log = logging.getLogger("ccroute.host")


def state_of(tenant: Tenant, live: LiveContacts, at: float) -> SavedTenant:
    """What there is to be saved of a tenant, at one instant; nothing in it changes any more."""
    return SavedTenant(
        router=tenant.router.snapshot(),
        aggregator=tenant.router.metrics.aggregator.snapshot(),
        sequence=tenant.sequence,
        now=tenant.now,
        at=at,
        placed=tuple(
            attrs.evolve(it, rung=[attrs.evolve(rung) for rung in it.rung])
            for it in tenant.placements
        ),
        contacts=tuple(attrs.evolve(it, parts=dict(it.parts)) for it in live),
        offers=tuple(live.offers.values()),
        gaps=tuple(tenant.gaps),
        epochs=dict(tenant.epochs),
        handled=live.saved_handled(),
    )


def write_states(path: Path, states: Mapping[str, SavedTenant]) -> None:
    """In a thread: what takes long, and touches nothing that changes."""
    write(path, pack(states))


def check_saved(saved: Mapping[str, SavedTenant]) -> None:
    """Raises `ConfigError` for states that no engine or aggregator can be made of."""
    for it in saved.values():
        Restored(it.router)
        KpiAggregator.restore(it.aggregator)


def resume(
    tenant: Tenant,
    live: LiveContacts,
    saved: SavedTenant,
    *,
    links: Collection[str],
    silent: Collection[str],
    plan: Plan,
    now: float,
) -> None:
    """Puts a tenant, whose router is restored already, where it was. ``links``: those on which
    contacts can be; ``silent``: those that will not say afterwards what happened meanwhile."""
    tenant.now = saved.now
    tenant.epochs.update(saved.epochs)
    for gap in saved.gaps:
        tenant.note_gap(*gap)
    for placed in saved.placed:
        tenant.placements.restore(placed)
    live.restore(saved.contacts, saved.offers, saved.handled)
    # What these hold is asked before anything is due: a phone may have been answered, or rung.
    tenant.unheard = {placed.link for placed in saved.placed if placed.link in links}
    for link in silent:
        tenant.note_gap(link, min(saved.at, now), now)  # nobody listened
    if plan != tenant.router.plan:
        tenant.insert(SetPlan(plan=plan), actor="host")
    # Before the plan: what is inserted goes before what was.
    for placed in saved.placed:
        if placed.link not in links and placed.off_line:
            tenant.placements.drop(placed.contact)  # an agent calls back by hand
        elif placed.link not in links:
            _strand(tenant, placed.contact)
    for placed in tenant.placements:
        there = placed.callback or not placed.gone
        if there and not placed.engaged and not any(placed.live()):
            # Nobody is offered it before its platform has spoken.
            tenant.insert(Suspend(contact=placed.contact), actor="host")


def _strand(tenant: Tenant, contact: str) -> None:
    """Its link is not there any more: nobody will ever say what became of it."""
    _log.warning(
        "tenant %s: contact %s is on a link that is gone",
        tenant.name,
        contact,
        extra={"tenant": tenant.name, "contact": contact},
    )
    tenant.placements.drop(contact)
    tenant.insert(Cancel(contact=contact, cause="failed"), actor="host")
    tenant.insert(Release(contact=contact, by="system"), actor="host")
