"""The kit for those who embed ccroute or write adapters: time that moves when told, simulated
platforms, and the contract as tests."""

from ccroute.testing._time import ManualTime, settle

__all__ = ["ManualTime", "settle"]
