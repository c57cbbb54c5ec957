"""A voice platform that speaks by webhooks, simulated, and an adapter for it."""

from ccroute.testing._cloud._adapter import CloudAdapter
from ccroute.testing._cloud._platform import SimulatedCloud

__all__ = ["CloudAdapter", "SimulatedCloud"]
