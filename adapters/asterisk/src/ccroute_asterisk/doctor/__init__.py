"""What ``ccroute doctor`` finds out about an Asterisk: by ARI for links that control it, by AMI for
those that observe it. It changes nothing there, and takes no application from anybody."""

from collections.abc import Mapping, Sequence

from ccroute import ConfigError
from ccroute.adapters import Finding, Setting, Time


async def diagnose(link: str, config: Mapping[str, Setting], time: Time) -> Sequence[Finding]:
    """See `ccroute.adapters.Doctor`.

    Raises:
        ConfigError: a package is missing.
    """
    if config.get("mode", "control") == "observe":
        from ccroute_asterisk.doctor.by_ami import examine as examine_ami  # noqa: PLC0415

        return await examine_ami(config, time)
    try:
        from ccroute_asterisk.doctor.by_ari import examine  # noqa: PLC0415  # brings httpx
    except ModuleNotFoundError as error:
        if error.name != "httpx":
            raise
        raise ConfigError(
            f"links.{link}: httpx is missing: pip install 'ccroute[asterisk]'"
        ) from None
    return await examine(config, time)


__all__ = ["diagnose"]
