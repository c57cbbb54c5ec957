"""The host: what runs routers on real platforms, in a program of one's own, on asyncio."""

from ccroute.host._asgi import asgi
from ccroute.host._audit import Audit, AuditRecord
from ccroute.host._blocking import BlockingDesk, BlockingHost, BlockingSupervisor, HostOptions
from ccroute.host._bundle import (
    Hashes,
    Incident,
    ReplayedCommand,
    TenantIncident,
    is_bundle,
    read_incident,
)
from ccroute.host._centre import Centre, HttpPart, LinkPart, TenantPart
from ccroute.host._control import ControlSocket
from ccroute.host._desk import AgentDesk, DeskEvent, DeskState
from ccroute.host._health import Health, LinkReport, TenantReport
from ccroute.host._host import Host
from ccroute.host._incident import host_incident, incident_bundle
from ccroute.host._live import LiveContact
from ccroute.host._logs import JsonFormatter
from ccroute.host._pumps import Figure, Ranker
from ccroute.host._settings import Announcement, TenantSettings
from ccroute.host._supervisor import Supervisor, WaitingContact

__all__ = [
    "AgentDesk",
    "Announcement",
    "Audit",
    "AuditRecord",
    "BlockingDesk",
    "BlockingHost",
    "BlockingSupervisor",
    "Centre",
    "ControlSocket",
    "DeskEvent",
    "DeskState",
    "Figure",
    "Hashes",
    "Health",
    "Host",
    "HostOptions",
    "HttpPart",
    "Incident",
    "JsonFormatter",
    "LinkPart",
    "LinkReport",
    "LiveContact",
    "Ranker",
    "ReplayedCommand",
    "Supervisor",
    "TenantIncident",
    "TenantPart",
    "TenantReport",
    "TenantSettings",
    "WaitingContact",
    "asgi",
    "host_incident",
    "incident_bundle",
    "is_bundle",
    "read_incident",
]
