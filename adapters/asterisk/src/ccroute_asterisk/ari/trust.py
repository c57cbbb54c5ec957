"""Whom to believe that it is Asterisk."""

import ssl

from ccroute import ConfigError
from ccroute_asterisk.ari.settings import AriSettings


def trust_of(link: str, settings: AriSettings) -> ssl.SSLContext | None:
    """Whose certificates are believed; ``None`` where nothing is encrypted.

    Raises:
        ConfigError: the file of certificates cannot be used.
    """
    if not settings.url.startswith("https:"):
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca or None)
    except OSError as error:
        raise ConfigError(
            f"links.{link}.ca: {settings.ca}: {error}: give a file of certificates in PEM"
        ) from None
