"""ARI's REST requests, without a socket: a method, a path and what was given in, a status and a
document out. Resources stand in modules of their own."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import attrs

from ccroute.testing.asterisk._dialling import Dialling, Refused
from ccroute.testing.asterisk._media import Media
from ccroute.testing.asterisk._objects import Bridge, Channel, Json
from ccroute.testing.asterisk._switch import Switch


class Blocked(Exception):
    """Something is played to the channel: the request waits until that is over."""


@attrs.define
class System:
    """What an Asterisk is, beside its calls. ``users``: passwords by name; ``readers``: users who
    may only look; ``modules``: those that run."""

    users: dict[str, str]
    readers: set[str] = attrs.Factory(set)
    modules: set[str] = attrs.Factory(set)


@attrs.frozen(kw_only=True)
class Pbx:
    """All parts of a simulated Asterisk that requests are about."""

    switch: Switch
    dialling: Dialling
    media: Media
    system: System


@attrs.frozen
class Ask:
    """A request. ``names``: what stood in the path; ``given``: query and body in one."""

    pbx: Pbx
    names: Mapping[str, str]
    given: Mapping[str, Json]

    def text(self, key: str, otherwise: str = "") -> str:
        """A parameter as text."""
        value = self.given.get(key)
        return otherwise if value is None else str(value)

    def must(self, key: str) -> str:
        """A parameter that must be there.

        Raises:
            Refused: it is not.
        """
        if not self.text(key):
            raise Refused(400, f"Missing parameter {key}")
        return self.text(key)

    def channel(self, *, idle: bool = False, app: bool = False, up: bool = False) -> Channel:
        """The channel of the path. ``idle``: nothing may be playing; ``app``: it must be in an
        application; ``up``: and neither down nor ringing.

        Raises:
            Refused: it is not there, or in no application.
            Blocked: something is playing.
        """
        found = self.pbx.switch.channels.get(self.names["channel"])
        if found is None:
            raise Refused(404, "Channel not found")
        if app and found.app is None:
            raise Refused(409, "Channel not in Stasis application")
        if up and found.state in {"Down", "Ringing"}:
            raise Refused(412, "Channel in invalid state")
        if idle and found.playbacks:
            raise Blocked
        return found

    def bridge(self) -> Bridge:
        """The bridge of the path.

        Raises:
            Refused: it is not there.
        """
        found = self.pbx.switch.bridges.get(self.names["bridge"])
        if found is None or found.ghost:
            raise Refused(404, "Bridge not found")
        return found

    def whole(self, key: str, otherwise: int) -> int:
        """A parameter as a number; what is none counts as nothing given."""
        try:
            return int(self.text(key))
        except ValueError:
            return otherwise


@attrs.frozen
class Reply:
    """What is answered; no ``document``: nothing but the status."""

    status: int
    document: Json = None


Handler: TypeAlias = Callable[[Ask], Reply]
Route: TypeAlias = tuple[str, str, Handler]


class Rest:
    """Finds out who answers a request."""

    def __init__(self, pbx: Pbx, routes: Sequence[Route]) -> None:
        self.pbx = pbx
        self._routes = [
            (method, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", pattern)), handler)
            for method, pattern, handler in routes
        ]

    def answer(
        self, method: str, parts: Sequence[str], given: Mapping[str, Json], *, reader: bool
    ) -> Reply:
        """The answer. ``parts``: the path behind ``/ari/``, with whatever was escaped.

        Raises:
            Blocked: it must wait.
        """
        escaped = "/".join(part.replace("/", "\0") for part in parts)
        known = False
        for wanted, pattern, handler in self._routes:
            found = pattern.fullmatch(escaped)
            if found is None:
                continue
            known = True
            if wanted != method:
                continue
            if reader and method != "GET":
                return Reply(403, {"message": "Write access denied"})
            names = {key: value.replace("\0", "/") for key, value in found.groupdict().items()}
            try:
                return handler(Ask(self.pbx, names, given))
            except Refused as refused:
                return Reply(refused.status, {refused.key: refused.message})
        if known:
            return Reply(405, {"message": "Invalid method"})
        return Reply(404, {"message": "Resource not found"})
