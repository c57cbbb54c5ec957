"""What ``ccroute doctor`` finds out about an Asterisk: by ARI for links that control it, by AMI for
those that observe it. It changes nothing there, and takes no application from anybody."""

from collections.abc import Mapping, Sequence

from ccroute import ConfigError
from ccroute.adapters import Finding, Setting, Time, read_settings


async def diagnose(link: str, config: Mapping[str, Setting], time: Time) -> Sequence[Finding]:
    """See `ccroute.adapters.Doctor`.

    Raises:
        ConfigError: a package is missing.
    """
    observes = config.get("mode", "control") == "observe"
    try:
        if observes:
            return await _by_ami(link, config, time)
        return await _by_ari(link, config, time)
    except ModuleNotFoundError as error:
        if error.name not in {"httpx", "msgspec"}:
            raise
        raise ConfigError(
            f"links.{link}: {error.name} is missing: pip install 'ccroute[asterisk]'"
        ) from None


async def _by_ari(link: str, config: Mapping[str, Setting], time: Time) -> Sequence[Finding]:
    from ccroute_asterisk.ari.settings import AriSettings  # noqa: PLC0415
    from ccroute_asterisk.ari.trust import trust_of  # noqa: PLC0415
    from ccroute_asterisk.doctor.by_ari import examine  # noqa: PLC0415  # brings httpx

    try:
        settings = read_settings(AriSettings, config, link=link)
        trust = trust_of(link, settings)
    except ConfigError as error:
        return [_never(error)]
    return await examine(settings, trust, time)


async def _by_ami(link: str, config: Mapping[str, Setting], time: Time) -> Sequence[Finding]:
    from ccroute_asterisk.ami.settings import ObserveSettings  # noqa: PLC0415
    from ccroute_asterisk.doctor.by_ami import examine  # noqa: PLC0415

    try:
        settings = ObserveSettings.from_mapping(config, link=link)
    except ConfigError as error:
        return [_never(error)]
    return await examine(settings, time)


def _never(error: ConfigError) -> Finding:
    remedy = "set it right in the document: nothing else was looked at"
    return Finding(check="settings", state="wrong", found=str(error), remedy=remedy)


__all__ = ["diagnose"]
