"""The metrics for monitoring systems: Prometheus, OpenMetrics, OpenTelemetry."""

from ccroute.export._dashboards import dashboards
from ccroute.export._families import Family, families
from ccroute.export._openmetrics import (
    OPENMETRICS_CONTENT_TYPE,
    PROTOBUF_CONTENT_TYPE,
    openmetrics,
)
from ccroute.export._otlp import OtlpExporter, otlp
from ccroute.export._ratchet import Ratchet
from ccroute.export._selection import Choice

__all__ = [
    "OPENMETRICS_CONTENT_TYPE",
    "PROTOBUF_CONTENT_TYPE",
    "Choice",
    "Family",
    "OtlpExporter",
    "Ratchet",
    "dashboards",
    "families",
    "openmetrics",
    "otlp",
]
