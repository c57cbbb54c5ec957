"""What all of it cost in time: KPIs by name, reports, the live view, contact records."""

from ccroute.metrics._audit import Audit, AuditRow, audit
from ccroute.metrics._calls import CALL_COLUMNS, CallFault, Calls, read_calls
from ccroute.metrics._explain import explain
from ccroute.metrics._fields import kind_of, known_fields
from ccroute.metrics._intervals import Interval, Intervals, civil_intervals
from ccroute.metrics._kpi import Kpi, Value
from ccroute.metrics._legal import LegalTarget, legal_targets, load_target
from ccroute.metrics._live import LiveAgent, LiveQueue, LiveView, Window
from ccroute.metrics._metrics import Change, Metrics
from ccroute.metrics._partials import Partials, Stand
from ccroute.metrics._patience import Survival, kaplan_meier
from ccroute.metrics._records import (
    CONTACT_DTYPE,
    SPAN_DTYPE,
    Fairness,
    FirstContact,
    adherence,
    calls,
    conformance,
    first_contact_resolution,
    gini,
    occupancy_fairness,
    patience,
    peak_concurrency,
    spans,
    visits,
)
from ccroute.metrics._table import ReportTable, Row
from ccroute.metrics._visits import RECORDS_VERSION, Part, Visit, records
from ccroute.metrics.registry import BUILT_IN, Registry

__all__ = [
    "BUILT_IN",
    "CALL_COLUMNS",
    "CONTACT_DTYPE",
    "RECORDS_VERSION",
    "SPAN_DTYPE",
    "Audit",
    "AuditRow",
    "CallFault",
    "Calls",
    "Change",
    "Fairness",
    "FirstContact",
    "Interval",
    "Intervals",
    "Kpi",
    "LegalTarget",
    "LiveAgent",
    "LiveQueue",
    "LiveView",
    "Metrics",
    "Part",
    "Partials",
    "Registry",
    "ReportTable",
    "Row",
    "Stand",
    "Survival",
    "Value",
    "Visit",
    "Window",
    "adherence",
    "audit",
    "calls",
    "civil_intervals",
    "conformance",
    "explain",
    "first_contact_resolution",
    "gini",
    "kaplan_meier",
    "kind_of",
    "known_fields",
    "legal_targets",
    "load_target",
    "occupancy_fairness",
    "patience",
    "peak_concurrency",
    "read_calls",
    "records",
    "spans",
    "visits",
]
