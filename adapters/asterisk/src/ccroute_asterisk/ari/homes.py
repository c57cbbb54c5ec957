"""The bridges in which customers hear music, and who has a place in each."""

from collections.abc import Callable, Collection, Mapping

ROOM = 50
"""So many hear music in one bridge at most. With 500 to 600 in one, an Asterisk on two cores took
600 ms for a request; with 50 in each, 2 ms."""


class Homes:
    """Those of customers who wait and of those on hold, by use and music.

    A place is taken when somebody is sent there, so that of a hundred who come at once not all go
    to the same one. ``name``: makes the id of a bridge that there never was.
    """

    def __init__(self, name: Callable[[str, str], str]) -> None:
        self._name = name
        self._guests: dict[tuple[str, str], dict[str, set[str]]] = {}

    def lodge(self, channel: str, use: str, music: str) -> str:
        """The bridge in which a channel has a place from now on: the oldest with room."""
        homes = self._guests.setdefault((use, music), {})
        for bridge, guests in homes.items():
            if channel in guests:
                return bridge
        home = next((it for it, guests in homes.items() if len(guests) < ROOM), None)
        if home is None:
            home = self._name(use, music)
            homes[home] = set()
        homes[home].add(channel)
        return home

    def leave(self, channel: str, bridge: str | None = None) -> None:
        """A channel gives up its place in a bridge, or wherever it has one."""
        for homes in self._guests.values():
            for it in homes if bridge is None else homes.keys() & {bridge}:
                homes[it].discard(channel)

    def bridges(self, use: str, music: str) -> Collection[str]:
        """The bridges of a use and a music, the oldest first."""
        return self._guests.get((use, music), {}).keys()

    def broke_down(self, bridge: str) -> None:
        """A bridge is there no more: nobody is sent there."""
        for homes in self._guests.values():
            homes.pop(bridge, None)

    def start_from(self, made: Collection[str], inside: Mapping[str, Collection[str]]) -> None:
        """Only these bridges are there, with these channels in them."""
        self._guests = {
            key: {it: set(inside.get(it, ())) for it in homes if it in made}
            for key, homes in self._guests.items()
        }
