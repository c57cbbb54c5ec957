"""The names in a question, checked before anything is looked up: their types, whether they are
whole text, and whether there are such dimensions."""

from collections.abc import Iterable, Mapping

from ccroute._errors import ConfigError
from ccroute._wire import KpiAggregator
from ccroute.metrics._source import DIMENSIONS, Where


def one_name(name: object, what: str, example: str) -> str:
    """A name that is text.

    Raises:
        ConfigError: It is none, or holds half a character; the message has it and an example.

    >>> one_name("America/Bogota", "zone", "'UTC'")
    'America/Bogota'
    """
    if not isinstance(name, str):
        raise ConfigError(f"{what} {name!r}: a text, as {example}")
    if not name.isascii():
        try:
            name.encode()
        except UnicodeEncodeError:
            raise ConfigError(
                f"{what} {name!r} holds half a character (a lone surrogate): read it with the "
                "encoding it was written in"
            ) from None
    return name


def names(given: object, what: str, example: str) -> tuple[str, ...]:
    """One name, or several.

    Raises:
        ConfigError: As :func:`one_name`; or they are no names at all.

    >>> names("queue", "by", "['queue']"), names(["queue", "channel"], "by", "['queue']")
    (('queue',), ('queue', 'channel'))
    """
    if isinstance(given, str):
        return (one_name(given, what, example),)
    if isinstance(given, bytes | Mapping) or not isinstance(given, Iterable):
        raise ConfigError(f"{what} {given!r}: one name or several, as {example}")
    return tuple(one_name(name, f"{what} with", example) for name in given)


def only(where: object) -> Where | None:
    """The labels that ``where`` leaves, by dimension; one alone is meant as the only one.

    Raises:
        ConfigError: It is no mapping of names to labels.

    >>> only({"queue": "billing", "client": ["acme", None]})
    {'queue': ('billing',), 'client': ('acme', None)}
    """
    if where is None:
        return None
    if not isinstance(where, Mapping):
        raise ConfigError(f"where {where!r}: labels by dimension, as {_WHERE}")
    return {
        one_name(dimension, "where: dimension", _WHERE): _labels(dimension, labels)
        for dimension, labels in where.items()
    }


_WHERE = "{'queue': ['billing']}"


def _labels(dimension: str, labels: object) -> tuple[str | None, ...]:
    if labels is None or isinstance(labels, bytes | Mapping) or not isinstance(labels, Iterable):
        raise ConfigError(f"where: {dimension} {labels!r}: labels, as {_WHERE}, or [None]")
    several = (labels,) if isinstance(labels, str) else tuple(labels)
    what = f"where: {dimension} with"
    return tuple(None if label is None else one_name(label, what, _WHERE) for label in several)


def check_dimensions(asked: Iterable[str], aggregator: KpiAggregator, what: str) -> None:
    """Refuses a dimension that the aggregator does not have.

    Raises:
        ConfigError: There is none of that name; the message has those that there are.
    """
    strange = [name for name in asked if name not in DIMENSIONS]
    known = aggregator.dimensions() if strange else ()
    if unknown := [name for name in strange if name not in known]:
        raise ConfigError(
            f"{what}: no dimension {unknown[0]!r}: there are {', '.join((*DIMENSIONS, *known))}; "
            "more of one's own with KpiAggregator(dimensions=[…])"
        )
