"""The kit for those who embed ccroute or write adapters: time that moves when told, simulated
platforms, and the contract as tests."""

from ccroute.testing._assertions import ASSERTIONS, LEVELS, ContractBroken
from ccroute.testing._cloud import CloudAdapter, SimulatedCloud
from ccroute.testing._contract import AdapterContract
from ccroute.testing._driver import EXCUSABLE, Leg, PlatformDriver
from ccroute.testing._loopback import (
    TELEPHONE,
    LoopbackAdapter,
    LoopbackCaller,
    LoopbackPlatform,
)
from ccroute.testing._pbx import SimulatedPbx
from ccroute.testing._report import ContractReport, try_contract
from ccroute.testing._scenario import HostScenario, ScenarioFailed
from ccroute.testing._time import ManualTime, settle

__all__ = [
    "ASSERTIONS",
    "EXCUSABLE",
    "LEVELS",
    "TELEPHONE",
    "AdapterContract",
    "CloudAdapter",
    "ContractBroken",
    "ContractReport",
    "HostScenario",
    "Leg",
    "LoopbackAdapter",
    "LoopbackCaller",
    "LoopbackPlatform",
    "ManualTime",
    "PlatformDriver",
    "ScenarioFailed",
    "SimulatedCloud",
    "SimulatedPbx",
    "settle",
    "try_contract",
]
