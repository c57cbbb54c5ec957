"""What platforms that route by themselves say they did: into the journal, then into the metrics,
and never to the engine."""

import attrs

from ccroute._events import EVENT_KINDS, Event
from ccroute._router import Router
from ccroute.host._placement import scoped
from ccroute.journal import Entry, Measure

_KINDS = tuple(EVENT_KINDS.values())
_PLAIN = (str, int, float, type(None))


def measure(link: str, event: Event) -> Measure:
    """What is to be written down. The link stands before its source, as before a contact's id: two
    platforms may call and number theirs alike, and none is our router.

    Raises:
        TypeError: it is no event, or holds what no journal can keep.
    """
    if not isinstance(event, _KINDS):
        raise TypeError(f"a {type(event).__name__} was measured: give an event")
    for field in attrs.fields(type(event)):
        if not isinstance(getattr(event, field.name), _PLAIN):
            raise TypeError(f"{event.kind}.{field.name} is no plain value")
    return Measure(event=attrs.evolve(event, source=scoped(link, event.source)))


def carry_out(router: Router, entry: Entry) -> int | None:
    """Carries out what stands in the journal; returns and raises as `Router.apply`."""
    if isinstance(entry.command, Measure):
        router.metrics.fold(entry.command.event)
        return None
    return router.apply(entry.command, envelope=entry.envelope, at=entry.at)
