"""What a host is given, made into one form, and refused where it cannot be."""

import re
from collections.abc import Iterable, Iterator, Mapping

from ccroute._errors import ConfigError
from ccroute._plan import Plan
from ccroute._router import Router
from ccroute.adapters import Adapter, HttpResponse, check_api
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


_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")


def sendable(response: object) -> HttpResponse:
    """An adapter's answer to a request.

    Raises:
        TypeError: it is none.
        ValueError: no server could send it.
    """
    if not isinstance(response, HttpResponse):
        raise TypeError(f"the answer is a {type(response).__name__}, not an HttpResponse")
    status: object = response.status
    body: object = response.body
    headers: Mapping[str, object] = response.headers
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise ValueError(f"status {status!r}: give one from 200 to 599")
    if not isinstance(body, bytes):
        raise TypeError(f"the body is a {type(body).__name__}, not bytes")
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or not isinstance(value, str) or _UNSENDABLE.search(value):
            raise ValueError(f"header {name!r}: give a name of letters and a text of one line")
    return response


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
    """Raises `ConfigError` for all that settings say of no queue of their plan."""
    wrong = [
        f"tenant {name!r}: {words}"
        for name, it in settings.items()
        for _, words in strange_queues(it, routers[name].plan)
    ]
    if wrong:
        raise ConfigError("\n".join(wrong))


def strange_queues(settings: TenantSettings, plan: Plan) -> Iterator[tuple[str, str]]:
    """Each setting that is of no queue of the plan, by its key, and what is wrong with it."""
    some = ", ".join(plan.queues)
    for key, queues in (
        ("treatments", settings.treatments),
        ("announcements", settings.announcements),
    ):
        if strange := sorted(queues.keys() - plan.queues.keys()):
            yield key, f"{key} for {', '.join(map(repr, strange))}: give some of {some}"
    fallback = settings.fallback_queue
    if fallback is not None and fallback not in plan.queues:
        words = f"fallback_queue {fallback!r} is no queue of its plan: give one of {some}"
        yield "fallback_queue", words
