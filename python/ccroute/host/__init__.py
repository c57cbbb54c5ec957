"""The host: what runs routers on real platforms, in a program of one's own, on asyncio."""

from ccroute.host._audit import Audit, AuditRecord
from ccroute.host._centre import Centre, HttpPart, LinkPart, TenantPart
from ccroute.host._control import ControlSocket
from ccroute.host._desk import AgentDesk, DeskEvent, DeskState
from ccroute.host._health import Health, LinkReport, TenantReport
from ccroute.host._host import Host
from ccroute.host._live import LiveContact
from ccroute.host._pumps import Figure, Ranker
from ccroute.host._logs import JsonFormatter
from ccroute.host._settings import TenantSettings
from ccroute.host._supervisor import Supervisor, WaitingContact

__all__ = [
    "AgentDesk",
    "Audit",
    "AuditRecord",
    "Centre",
    "ControlSocket",
    "DeskEvent",
    "DeskState",
    "Figure",
    "Health",
    "Host",
    "HttpPart",
    "JsonFormatter",
    "LinkPart",
    "LinkReport",
    "LiveContact",
    "Ranker",
    "Supervisor",
    "TenantPart",
    "TenantReport",
    "TenantSettings",
    "WaitingContact",
]
