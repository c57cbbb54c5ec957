"""What all of it cost in time: reports on queues, agents and intervals."""

from ccroute.metrics._metrics import Metrics
from ccroute.metrics._report import Report
from ccroute.metrics._rows import AgentRow, IntervalRow, QueueRow, Ratio

__all__ = ["AgentRow", "IntervalRow", "Metrics", "QueueRow", "Ratio", "Report"]
