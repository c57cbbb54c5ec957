"""Contact-centre routing and metrics, embeddable: ``import ccroute`` is the product."""

from ccroute._errors import (
    AdapterError,
    CcrouteError,
    ConfigError,
    DataUnavailable,
    EngineBroken,
    Rejected,
)
from ccroute._wire import __version__

__all__ = [
    "AdapterError",
    "CcrouteError",
    "ConfigError",
    "DataUnavailable",
    "EngineBroken",
    "Rejected",
    "__version__",
]
