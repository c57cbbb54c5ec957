"""From an engine's rows to events as objects."""

from collections.abc import Iterable
from types import ModuleType

import attrs

from ccroute._events import _agents, _centre, _contacts, _offers
from ccroute._events._event import Event, word_of
from ccroute._wire import DEVICES, KINDS, EventRow


def _classes(*modules: ModuleType) -> dict[str, type[Event]]:
    """The classes of events in modules, by their words."""
    return {
        word_of(it.__name__): it
        for module in modules
        for it in vars(module).values()
        if isinstance(it, type) and issubclass(it, Event)
    }


def _numbered() -> dict[str, type[Event]]:
    classes = _classes(_agents, _centre, _contacts, _offers)
    return {word: classes[word] for word in KINDS}


EVENT_KINDS: dict[str, type[Event]] = _numbered()
"""Every kind by its word, in the order of its number in the engine."""

# Under which names the number and the time of a row are fields, where they are.
_NUMBERS = ("step", "band", "revision", "rule", "attempts", "device")
_TIMES = ("since", "until")


@attrs.frozen
class _Form:
    """What a kind makes of the row's offer, role, number and time."""

    kind: type[Event]
    offer: bool
    role: bool
    number: str | None
    time: str | None

    @classmethod
    def of(cls, kind: type[Event]) -> "_Form":
        fields = {field.name for field in attrs.fields(kind)}
        number, time = (
            next((name for name in names if name in fields), None) for names in (_NUMBERS, _TIMES)
        )
        return cls(kind, "offer" in fields, "role" in fields, number, time)


_FORMS = tuple(_Form.of(kind) for kind in EVENT_KINDS.values())


def read_events(source: str, rows: Iterable[EventRow]) -> list[Event]:
    """The events in an engine's rows, as objects."""
    return [_read(source, row) for row in rows]


def _read(source: str, row: EventRow) -> Event:
    head, (offer, cause, reason, role, number, time) = row
    code, sequence, at, contact, visit, queue, channel, agent = head
    form = _FORMS[code]
    more: dict[str, object] = {}
    if form.time is not None:
        more[form.time] = time
    if form.offer:
        more["offer"] = offer
    if form.role:
        more["role"] = role
    if form.number == "device":
        more["device"] = DEVICES[number]
    elif form.number is not None:
        # A band may be negative; it crosses as two's complement.
        more[form.number] = number - (1 << 32) if number >= 1 << 31 else number
    return form.kind(
        source=source,
        sequence=sequence,
        at=at,
        contact=contact,
        visit=visit,
        queue=queue,
        channel=channel,
        agent=agent,
        cause=None if cause == "none" else cause,
        reason=reason,
        **more,
    )
