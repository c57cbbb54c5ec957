"""What the entry point ``asterisk`` of ``ccroute.adapters`` names."""

from collections.abc import Mapping

from ccroute import ConfigError
from ccroute.adapters import Adapter, Setting


def asterisk(link: str, config: Mapping[str, Setting]) -> Adapter:
    """An adapter for a link to an Asterisk, by ``mode``: ``control`` (by ARI, the default) or
    ``observe`` (by AMI). Nothing heavy is imported before.

    Raises:
        ConfigError: an unknown key, a value that can never work, or a package that is missing.
    """
    mode = config.get("mode", "control")
    if mode == "observe":
        from ccroute_asterisk.ami.adapter import ObserveAdapter  # noqa: PLC0415  # not before

        return ObserveAdapter(link, config)
    if mode != "control":
        raise ConfigError(f"links.{link}.mode: give 'control' or 'observe', not {mode!r}")
    try:
        from ccroute_asterisk.ari.adapter import ari  # noqa: PLC0415  # brings what it needs
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in {"httpx", "msgspec", "websockets"}:
            raise
        raise ConfigError(
            f"links.{link}: {package} is missing: pip install 'ccroute[asterisk]'"
        ) from None
    return ari(link, config)
