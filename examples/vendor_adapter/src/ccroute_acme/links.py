"""What the entry point names: from a document's settings to an adapter."""

from collections.abc import Mapping

from ccroute.adapters import Setting, read_settings
from ccroute_acme.adapter import AcmeAdapter, AcmeSettings
from ccroute_acme.observing import AcmeObserver


def acme(link: str, config: Mapping[str, Setting]) -> AcmeAdapter:
    """A link that routes, or looks on.

    Raises:
        ConfigError: an unknown key, or a value that can never work.
    """
    settings = read_settings(AcmeSettings, config, link=link)
    kind = AcmeObserver if settings.mode == "observe" else AcmeAdapter
    return kind(link, settings)
