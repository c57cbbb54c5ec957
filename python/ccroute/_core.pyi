"""The extension's truth, held by stubtest; ``ccroute._wire`` is its only importer."""

__all__ = ["__version__"]

__version__: str
