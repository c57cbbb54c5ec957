"""Which releases of Asterisk can do what we ask for."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from ccroute import ConfigError
from ccroute_asterisk.ari.settings import AriSettings

OLDEST = 16
"""The oldest that has all we ask for by HTTP."""
TAKES_REQUESTS: Mapping[int, int] = MappingProxyType({20: 15, 21: 10, 22: 5})
"""The first release of each branch that takes requests over the WebSocket; later branches do."""


def check_release(link: str, settings: AriSettings, version: str) -> None:
    """Whether a release can do what the settings want. One whose number is unknown is believed.

    Raises:
        ConfigError: it cannot.
    """
    found = re.match(r"(?:certified[-/])?(\d+)(?:\.(\d+))?", version)
    if found is None:
        return
    major, minor = int(found[1]), int(found[2] or 0)
    if major < OLDEST:
        raise ConfigError(f"links.{link}: Asterisk {version} is too old: install {OLDEST} or later")
    takes = major >= min(TAKES_REQUESTS) and minor >= TAKES_REQUESTS.get(major, 0)
    if settings.requests == "websocket" and not takes:
        raise ConfigError(
            f"links.{link}.requests: Asterisk {version} takes none over the WebSocket: give 'http'"
        )
