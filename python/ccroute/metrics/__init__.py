"""What all of it cost in time: KPIs by name, reports, the live view, contact records."""

from ccroute.metrics._audit import Audit, AuditRow, audit
from ccroute.metrics._calls import CALL_COLUMNS, CallFault, Calls, read_calls
from ccroute.metrics._explain import explain
from ccroute.metrics._fact_store import FactStore
from ccroute.metrics._fields import BASES, LADDERS, LEFT_CAUSES, is_given, kind_of, known_fields
from ccroute.metrics._given import Given
from ccroute.metrics._intervals import (
    Instant,
    Interval,
    Intervals,
    civil_intervals,
    micros_of,
    on_clock,
    zone_of,
)
from ccroute.metrics._kpi import Example, Kpi, Value
from ccroute.metrics._legal import LegalTarget, legal_targets, load_target
from ccroute.metrics._live import LiveAgent, LiveQueue, LiveView, Window
from ccroute.metrics._metrics import Change, Metrics
from ccroute.metrics._pairs import PairedVisits, pair_visits
from ccroute.metrics._partials import Partials, Stand
from ccroute.metrics._patience import Survival, kaplan_meier
from ccroute.metrics._printing import shown, shown_lines
from ccroute.metrics._records import (
    CONTACT_DTYPE,
    SPAN_DTYPE,
    Fairness,
    FirstContact,
    adherence,
    conformance,
    first_contact_resolution,
    gini,
    occupancy_fairness,
    patience,
    peak_concurrency,
    service_level_of_waiting,
)
from ccroute.metrics._source import DIMENSIONS, Where
from ccroute.metrics._table import Labels, ReportTable, Row
from ccroute.metrics._targets import checked_targets
from ccroute.metrics._visit_report import report_visits
from ccroute.metrics._visits import RECORDS_VERSION, Part, Visit, records, visit_table
from ccroute.metrics.registry import BUILT_IN, Asked, Registry, disposition

__all__ = [
    "BASES",
    "BUILT_IN",
    "CALL_COLUMNS",
    "CONTACT_DTYPE",
    "DIMENSIONS",
    "LADDERS",
    "LEFT_CAUSES",
    "RECORDS_VERSION",
    "SPAN_DTYPE",
    "Asked",
    "Audit",
    "AuditRow",
    "CallFault",
    "Calls",
    "Change",
    "Example",
    "FactStore",
    "Fairness",
    "FirstContact",
    "Given",
    "Instant",
    "Interval",
    "Intervals",
    "Kpi",
    "Labels",
    "LegalTarget",
    "LiveAgent",
    "LiveQueue",
    "LiveView",
    "Metrics",
    "PairedVisits",
    "Part",
    "Partials",
    "Registry",
    "ReportTable",
    "Row",
    "Stand",
    "Survival",
    "Value",
    "Visit",
    "Where",
    "Window",
    "adherence",
    "audit",
    "checked_targets",
    "civil_intervals",
    "conformance",
    "disposition",
    "explain",
    "first_contact_resolution",
    "gini",
    "is_given",
    "kaplan_meier",
    "kind_of",
    "known_fields",
    "legal_targets",
    "load_target",
    "micros_of",
    "occupancy_fairness",
    "on_clock",
    "pair_visits",
    "patience",
    "peak_concurrency",
    "read_calls",
    "records",
    "report_visits",
    "service_level_of_waiting",
    "shown",
    "shown_lines",
    "visit_table",
    "zone_of",
]
