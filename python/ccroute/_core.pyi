"""The extension's truth, held by stubtest; ``ccroute._wire`` is its only importer."""

__version__: str
