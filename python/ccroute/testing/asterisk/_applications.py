"""Stasis applications: what each is subscribed to, what its filter lets through, who listens."""

from collections.abc import Iterable, Mapping
from typing import Protocol

import attrs

from ccroute.testing.asterisk._objects import Json

Event = dict[str, Json]


class Listener(Protocol):
    """The far side of an event WebSocket."""

    def send(self, event: Mapping[str, Json]) -> None:
        """Takes an event, to be sent."""
        ...


@attrs.define(eq=False)
class Application:
    """An application. The keys of its tables are ids in the order in which they came.

    ``everything``: it asked for ``subscribeAll``. ``listener`` is ``None`` while its WebSocket
    is away: what would be told then is told to nobody, ever.
    """

    name: str
    listener: Listener | None = None
    everything: bool = False
    channels: dict[str, int] = attrs.Factory(dict)
    bridges: dict[str, int] = attrs.Factory(dict)
    endpoints: dict[str, int] = attrs.Factory(dict)
    devices: dict[str, int] = attrs.Factory(dict)
    allowed: list[Json] = attrs.Factory(list)
    disallowed: list[Json] = attrs.Factory(list)

    def shown(self) -> dict[str, Json]:
        """As ARI shows it."""
        whole = {
            "channel_ids": "CHANNEL", "bridge_ids": "BRIDGE",
            "endpoint_ids": "ENDPOINT", "device_names": "DEVICE_STATE",
        }  # fmt: skip
        tables = self.channels, self.bridges, self.endpoints, self.devices
        listed: dict[str, Json] = {}
        for (key, topic), table in zip(whole.items(), tables, strict=True):
            listed[key] = [f"__AST_{topic}_ALL_TOPIC"] if self.everything else list(table)
        return {
            "name": self.name, **listed,
            "events_allowed": self.allowed, "events_disallowed": self.disallowed,
        }  # fmt: skip

    def lets_through(self, kind: str) -> bool:
        """Whether the filter lets events of a kind through; what is disallowed never is."""
        if any(isinstance(it, Mapping) and it.get("type") == kind for it in self.disallowed):
            return False
        named = [it.get("type") for it in self.allowed if isinstance(it, Mapping)]
        return not named or kind in named


class Applications:
    """All applications of one Asterisk."""

    def __init__(self) -> None:
        self.by_name: dict[str, Application] = {}
        self._devices: dict[str, dict[str, int]] = {}

    def connect(
        self, name: str, listener: Listener, farewell: Event, *, everything: bool = False
    ) -> None:
        """A WebSocket comes for an application; the one that was there hears the ``farewell``,
        stays open, and hears nothing more."""
        app = self.by_name.get(name)
        if app is None:
            # Of one that was forgotten, the devices alone are remembered.
            app = self.by_name[name] = Application(name, devices=self._devices.pop(name, {}))
        if app.listener is not None:
            self.tell_one(app, farewell)
        app.listener = listener
        app.everything = app.everything or everything

    def disconnect(self, listener: Listener) -> None:
        """A WebSocket is gone."""
        for app in list(self.by_name.values()):
            if app.listener is listener:
                app.listener = None
                self.forget_if_idle(app.name)

    def forget_if_idle(self, name: str) -> None:
        """Forgets an application, filter and all, that nobody listens for and that has no channel,
        bridge or endpoint."""
        app = self.by_name.get(name)
        if app is None or app.listener is not None:
            return
        if not (app.channels or app.bridges or app.endpoints):
            self._devices[name] = app.devices
            del self.by_name[name]

    def active(self, name: str) -> bool:
        """Whether ``Stasis(name)`` would be let in."""
        app = self.by_name.get(name)
        return app is not None and app.listener is not None

    def tell(
        self,
        event: Event,
        *,
        channel: str = "",
        watchers: Iterable[str] = (),
        bridge: str = "",
        device: str = "",
        endpoint: str = "",
    ) -> None:
        """An event for whoever is subscribed to what it is about, or watches it anyhow."""
        watching = set(watchers)
        for app in self.by_name.values():
            if (
                app.everything
                or app.name in watching
                or channel in app.channels
                or bridge in app.bridges
                or device in app.devices
                or endpoint in app.endpoints
            ):
                self.tell_one(app, event)

    def tell_one(self, app: Application, event: Event) -> None:
        """An event for one application, if somebody listens and the filter lets it."""
        if app.listener is not None and app.lets_through(str(event["type"])):
            app.listener.send({**event, "application": app.name})
