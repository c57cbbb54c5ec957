"""Chat and e-mail of Pigeon, a messaging service that does not exist, for ccroute."""

from collections.abc import Mapping

from ccroute.adapters import Setting
from ccroute_pigeon.adapter import PigeonAdapter
from ccroute_pigeon.settings import ChannelSettings, PigeonSettings
from ccroute_pigeon.transport import send

__all__ = ["ChannelSettings", "PigeonAdapter", "PigeonSettings", "pigeon"]


def pigeon(link: str, config: Mapping[str, Setting]) -> PigeonAdapter:
    """The factory that the entry point names: an adapter that asks Pigeon by HTTP.

    Raises:
        ConfigError: a setting that cannot be.
    """
    return PigeonAdapter(link, config, send)
