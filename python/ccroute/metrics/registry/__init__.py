"""The catalogue of KPIs as data: one module a section, each entry with its source."""

from ccroute.metrics.registry._agents import AGENTS
from ccroute.metrics.registry._handling import HANDLING
from ccroute.metrics.registry._occupancy import OCCUPANCY
from ccroute.metrics.registry._outbound import OUTBOUND
from ccroute.metrics.registry._outcome import (
    OUTCOME,
    disposition,
    first_contact,
    first_contact_named,
)
from ccroute.metrics.registry._registry import Asked, Registry
from ccroute.metrics.registry._service_level import SERVICE_LEVEL
from ccroute.metrics.registry._volumes import VOLUMES
from ccroute.metrics.registry._waits import WAITS

SECTIONS = {
    "Service level": SERVICE_LEVEL,
    "Volumes": VOLUMES,
    "Waits": WAITS,
    "Handling": HANDLING,
    "Agents": (*OCCUPANCY, *AGENTS),
    "Outcome and cost": OUTCOME,
    "Outbound and data quality": OUTBOUND,
}
"""The catalogue in the order of the docs."""

BUILT_IN = Registry((kpi for section in SECTIONS.values() for kpi in section), closed=True)
"""All of them; closed, so that no program changes what a name means to another."""

__all__ = [
    "BUILT_IN",
    "SECTIONS",
    "Asked",
    "Registry",
    "disposition",
    "first_contact",
    "first_contact_named",
]
