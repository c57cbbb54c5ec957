"""What all events have in common."""

import functools
import re

import attrs


@attrs.frozen(kw_only=True)
class Event:
    """The envelope every event has; the classes of this package add what their kind says more.

    ``at`` and every other instant are float seconds since the Unix epoch.
    ``sequence`` counts from 1 per ``source``. ``visit`` counts a contact's stays in a
    queue from 1, and is 0 without a contact. ``cause`` is a word of the closed list
    `ccroute.CAUSES`; ``reason`` is in the host's or platform's own words. What a kind
    does not concern, or the source does not know, is ``None``.

    >>> from ccroute import ContactAbandoned
    >>> ContactAbandoned(source="log", sequence=3, at=12.0, contact="c1", visit=1).kind
    'contact_abandoned'
    """

    source: str
    sequence: int
    at: float
    contact: str | None = None
    visit: int = 0
    queue: str | None = None
    channel: str | None = None
    agent: str | None = None
    cause: str | None = None
    reason: str | None = None

    @property
    def kind(self) -> str:
        """The name of the kind, as in logs and arrays: ``contact_queued`` and so on."""
        return word_of(type(self).__name__)


@functools.cache
def word_of(name: str) -> str:
    """The name of a kind, from that of its class."""
    return _WORD_START.sub("_", name).lower()


_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")
