"""Which releases of Asterisk can do what we ask for."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from ccroute import ConfigError
from ccroute_asterisk.ari.settings import AriSettings

OLDEST = 16
"""The oldest that has all we ask for."""
_DIGITS = 4
"""Of a number in a version, at most."""
TAKES_REQUESTS: Mapping[int, int] = MappingProxyType({20: 15, 21: 10, 22: 5})
"""The first release of each branch that takes requests over the WebSocket; later branches do."""


def release_of(version: str) -> tuple[int, int] | None:
    """The branch, and the release of it; ``None``: that is no version."""
    found = re.match(r"(?:certified[-/])?(\d+)(?:\.(\d+))?", version)
    if found is None or len(found[1]) > _DIGITS or len(found[2] or "") > _DIGITS:
        return None
    return int(found[1]), int(found[2] or 0)


def can_take_requests(version: str) -> bool:
    """Whether a release takes requests over the WebSocket. One that is unknown is believed."""
    release = release_of(version)
    if release is None:
        return True
    branch, number = release
    return branch >= min(TAKES_REQUESTS) and number >= TAKES_REQUESTS.get(branch, 0)


def goes_by_websocket(requests: str, version: str) -> bool:
    """Whether requests go over the WebSocket, as the settings want it; ``auto``: of a release that
    is known to take them.

    >>> goes_by_websocket("auto", "22.10.1"), goes_by_websocket("auto", "GIT-master")
    (True, False)
    """
    if requests == "auto":
        return release_of(version) is not None and can_take_requests(version)
    return requests == "websocket"


def check_release(link: str, settings: AriSettings, version: str) -> None:
    """Whether a release can do what the settings want. One that is unknown is believed.

    Raises:
        ConfigError: it cannot.
    """
    release = release_of(version)
    if release is not None and release[0] < OLDEST:
        raise ConfigError(f"links.{link}: Asterisk {version} is too old: install {OLDEST} or later")
    if settings.requests == "websocket" and not can_take_requests(version):
        raise ConfigError(
            f"links.{link}.requests: Asterisk {version} takes none over the WebSocket: give 'auto'"
        )
