"""What is measured and none of the engine's business: what platforms do that route by themselves,
and when agents wrote. Into the journal, then into the metrics."""

import attrs

from ccroute._events import EVENT_KINDS, Event
from ccroute._router import Router
from ccroute.host._placement import scoped
from ccroute.journal import Entry, Measure, Respond

RESPONSE = "first_response"
"""The name of the mark by which a first response is known."""
_LATEST = 1 << 31
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
    match entry.command:
        case Measure(event=event):
            router.metrics.fold(event)
            return None
        case Respond():
            _respond(router, entry.command, entry.at)
            return None
        case _:
            pass
    return router.apply(entry.command, envelope=entry.envelope, at=entry.at)


def _respond(router: Router, said: Respond, at: float) -> None:
    # Of two the earlier one counts, in whatever order they are said: after a restart from a file, a
    # host may take a later word for the first.
    revision = max(1, _LATEST - round(said.wait * 1000))
    router.metrics.aggregator.mark(
        said.contact, RESPONSE, at, visit=said.visit, response=said.wait, source=said.source,
        revision=revision,
    )  # fmt: skip
