"""The extension's truth, held by stubtest; ``ccroute._wire`` is its only importer."""

from typing import final

__version__: str

@final
class Plan:
    """A checked plan, ready for a router. `ccroute.Plan` is its readable side."""

    @staticmethod
    def from_toml(text: str) -> Plan: ...
    @staticmethod
    def from_json(text: str) -> Plan: ...
    def to_toml(self) -> str: ...
    def to_json(self) -> str: ...
