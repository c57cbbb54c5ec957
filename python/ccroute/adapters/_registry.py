"""Finding adapters: by the entry-point group ``ccroute.adapters``, or registered at runtime.

One that is broken is named, and is in nobody's way: nothing is loaded before it is asked for.
"""

from collections.abc import Mapping
from importlib.metadata import entry_points

from ccroute._errors import AdapterError, ConfigError
from ccroute.adapters._adapter import Adapter, AdapterFactory, Setting
from ccroute.adapters._info import ADAPTER_API

ADAPTERS_GROUP = "ccroute.adapters"


class Adapters:
    """The adapters a program knows: all that are installed, and those it registers itself.

    >>> Adapters().build("nobody", link="pbx", config={})
    Traceback (most recent call last):
    ...
    ccroute._errors.AdapterError: no adapter 'nobody' (...): install the distribution ...
    """

    def __init__(self) -> None:
        self._registered: dict[str, AdapterFactory] = {}

    def register(self, name: str, factory: AdapterFactory) -> None:
        """Adds an adapter of this program's own; it goes before an installed one of the name.

        Raises:
            ConfigError: the name is registered already.
        """
        if name in self._registered:
            raise ConfigError(f"adapter {name!r} is registered already: give another name")
        self._registered[name] = factory

    def names(self) -> tuple[str, ...]:
        """The names of all, sorted; nothing is loaded."""
        installed = {point.name for point in entry_points(group=ADAPTERS_GROUP)}
        return tuple(sorted(installed | self._registered.keys()))

    def factory(self, name: str) -> AdapterFactory:
        """The factory of a name.

        Raises:
            AdapterError: there is none, or it cannot be loaded.
        """
        if name in self._registered:
            return self._registered[name]
        points = list(entry_points(group=ADAPTERS_GROUP, name=name))
        if not points:
            known = ", ".join(self.names()) or "none"
            raise AdapterError(
                f"no adapter {name!r} (known: {known}): install the distribution that "
                "brings it, or register it"
            )
        try:
            loaded: AdapterFactory = points[0].load()
        except Exception as error:
            # A broken plug-in is its own fault, told by name, whatever it raised.
            raise AdapterError(
                f"the adapter {name!r} ({points[0].value}) cannot be loaded: {error}"
            ) from error
        if not callable(loaded):
            raise AdapterError(
                f"the adapter {name!r} ({points[0].value}) is no factory: "
                "let the entry point name a function of link and config"
            )
        return loaded

    def build(self, name: str, *, link: str, config: Mapping[str, Setting]) -> Adapter:
        """A new adapter for a link.

        Raises:
            AdapterError: it is not there, cannot be loaded, broke, or speaks another version of
                the contract.
            ConfigError: its settings can never work.
        """
        try:
            adapter = self.factory(name)(link, config)
        except (AdapterError, ConfigError):
            raise
        except Exception as error:
            raise AdapterError(
                f"the adapter {name!r} cannot be made for link {link!r}: {error}"
            ) from error
        check_api(adapter)
        return adapter


def check_api(adapter: Adapter) -> None:
    """Refuses an adapter that was written for another version of the contract.

    Raises:
        AdapterError: naming both versions.
    """
    info = adapter.info
    if info.api != ADAPTER_API:
        raise AdapterError(
            f"adapter {info.name!r} {info.version} speaks version {info.api} of the contract, "
            f"this ccroute version {ADAPTER_API}: install releases that go together"
        )
