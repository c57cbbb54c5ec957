"""What a host is given, made into one form, and refused where it cannot be."""

from collections.abc import Iterable, Mapping

from ccroute._errors import ConfigError
from ccroute._router import Router
from ccroute.adapters import Adapter, check_api
from ccroute.host._pumps import Pump
from ccroute.host._settings import TenantSettings


def named(adapters: Mapping[str, Adapter] | Iterable[Adapter]) -> dict[str, Adapter]:
    """Adapters by the names of their links.

    Raises:
        ConfigError: two of a name, or a name that cannot be.
        AdapterError: one speaks another version of the contract.
    """
    found: dict[str, Adapter] = {}
    pairs = adapters.items() if isinstance(adapters, Mapping) else _by_own_name(adapters)
    for name, adapter in pairs:
        if name in found:
            raise ConfigError(
                f"two adapters are called {name!r}: give a mapping with a name for each link"
            )
        if not name or ":" in name:
            raise ConfigError(f"link {name!r}: give a name without a colon")
        check_api(adapter)
        found[name] = adapter
    return found


def _by_own_name(adapters: Iterable[Adapter]) -> Iterable[tuple[str, Adapter]]:
    return ((adapter.info.name, adapter) for adapter in adapters)


def check_pumps(pumps: Iterable[Pump], routers: Mapping[str, Router]) -> None:
    """Raises `ConfigError` for a pump of no tenant."""
    for pump in pumps:
        if pump.tenant not in routers and not (pump.tenant is None and len(routers) == 1):
            raise ConfigError(
                f"{type(pump).__name__} for tenant {pump.tenant!r}: "
                f"give one of {', '.join(routers)}"
            )


def settings_of(
    given: TenantSettings | Mapping[str, TenantSettings] | None, routers: Mapping[str, Router]
) -> dict[str, TenantSettings]:
    """Settings by tenant.

    Raises:
        ConfigError: some are of no tenant.
    """
    if given is None or isinstance(given, TenantSettings):
        one = TenantSettings() if given is None else given
        return dict.fromkeys(routers, one)
    if strange := sorted(given.keys() - routers.keys()):
        raise ConfigError(f"settings for no tenant: {', '.join(map(repr, strange))}")
    return {name: given.get(name, TenantSettings()) for name in routers}


def check_queues(settings: Mapping[str, TenantSettings], routers: Mapping[str, Router]) -> None:
    """Raises `ConfigError` for a fallback, or announcements, of no queue of their plan."""
    for name, it in settings.items():
        if strange := sorted(it.announcements.keys() - routers[name].plan.queues.keys()):
            raise ConfigError(
                f"tenant {name!r}: announcements for {', '.join(map(repr, strange))}: "
                f"give some of {', '.join(routers[name].plan.queues)}"
            )
        if it.fallback_queue is not None and it.fallback_queue not in routers[name].plan.queues:
            raise ConfigError(
                f"tenant {name!r}: fallback_queue {it.fallback_queue!r} is no queue of its plan: "
                f"give one of {', '.join(routers[name].plan.queues)}"
            )
