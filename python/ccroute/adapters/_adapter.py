"""The contract between the host and an adapter."""

from collections.abc import Mapping
from typing import Protocol, TypeAlias

from ccroute.adapters._held import LinkHealth, PlatformSnapshot
from ccroute.adapters._http import HttpRequest, HttpResponse
from ccroute.adapters._info import AdapterInfo
from ccroute.adapters._instructions import Instruction
from ccroute.adapters._outcome import Outcome
from ccroute.adapters._sink import Sink
from ccroute.adapters._time import Time


class Adapter(Protocol):
    """A link to one platform.

    Everything runs on one asyncio loop and bears being cancelled. Time comes from the `Time`
    given to `open`. An adapter configures no logging, reads no environment, installs no
    signal handler, starts no thread and keeps nothing global. Of exceptions only those of
    ccroute leave it; the platform's own are their ``__cause__``.
    """

    @property
    def info(self) -> AdapterInfo:
        """What it is and what its platform can do; always the same."""
        ...

    async def open(self, sink: Sink, time: Time) -> None:
        """Connects, signs in, subscribes; returns when `LinkUp` was pushed and the first snapshot
        given to ``sink.resync``. Afterwards the link is the adapter's own business: it comes up
        again by itself, with growing pauses, and tells `LinkDown`, `LinkUp`, `Gap`, a snapshot.

        Raises:
            ConfigError: it can never work so: wrong credentials, rights or versions.
            LinkError: it does not work now.
        """
        ...

    async def close(self, drain: float) -> None:
        """Takes no more instructions, gives those under way ``drain`` seconds, then leaves no
        task and no socket behind. Twice is as good as once."""
        ...

    async def execute(self, instruction: Instruction) -> Outcome:
        """Tells the platform and says what became of it: when it was taken, not when it was
        carried through, which signals tell. Never raises for what a platform does; an id that
        was executed before gets its outcome again, and nothing happens."""
        ...

    async def snapshot(self) -> PlatformSnapshot:
        """What the platform holds now.

        Raises:
            LinkError: it cannot be asked now.
        """
        ...

    async def probe(self) -> LinkHealth:
        """How the link does."""
        ...

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        """Answers the platform's request; only asked of adapters with ``webhook_in``."""
        ...


Setting: TypeAlias = str | int | float | bool | list["Setting"] | Mapping[str, "Setting"]
"""What a document of settings can hold."""


class AdapterFactory(Protocol):
    """What an entry point of the group ``ccroute.adapters`` must load to."""

    def __call__(self, link: str, config: Mapping[str, Setting]) -> Adapter:
        """A new adapter. ``link``: its name in the host; ``config``: what the document says.
        Opens nothing, and imports what is heavy only now.

        Raises:
            ConfigError: an unknown key, or a value that can never work.
        """
        ...
