"""Entries as plain data and back: what a durable journal writes, and what leaves the house."""

import json
from collections.abc import Mapping
from typing import TypeAlias

import attrs

import ccroute._commands as commands
from ccroute._commands import Command
from ccroute._errors import ConfigError
from ccroute._events import EVENT_KINDS
from ccroute._models import NewContact, Observed
from ccroute._plan import Link, Plan, Requirement
from ccroute.journal._journal import Entry, Measure, Respond

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"

_VERBS: dict[str, type[Command]] = {
    kind.verb: kind
    for kind in [*vars(commands).values(), Measure, Respond]
    if isinstance(kind, type) and issubclass(kind, Command) and kind is not Command
}
# What commands hold that is no plain data, by name.
_PARTS: dict[str, type[attrs.AttrsInstance]] = {
    kind.__name__: kind for kind in (Link, NewContact, Observed, Requirement, *EVENT_KINDS.values())
}
_KIND = "is"
_ASKER = ("command_id", "actor", "reason")


def entry_to_json(entry: Entry) -> str:
    """One line of JSON.

    >>> from ccroute import Ready
    >>> entry_to_json(Entry(sequence=1, at=0.5, command=Ready(agent="ana")))
    '{"n":1,"at":0.5,"ask":"ready","with":{"agent":"ana"}}'
    """
    plain: dict[str, Plain] = {
        "n": entry.sequence,
        "at": entry.at,
        "ask": entry.command.verb,
        "with": _fields(entry.command),
    }
    plain |= {name: it for name in _ASKER if (it := getattr(entry, name)) is not None}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def entry_from_json(text: str) -> Entry:
    """The entry in a line of JSON.

    Raises:
        ConfigError: it is none.
    """
    try:
        plain = json.loads(text)
        kind = _VERBS[plain["ask"]]
        given = {name: _part(value) for name, value in plain["with"].items()}
        asker = {name: plain[name] for name in _ASKER if name in plain}
        return Entry(sequence=plain["n"], at=plain["at"], command=kind(**given), **asker)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"no entry of a journal: {text[:80]!r}: {error!r}") from error


def _fields(it: attrs.AttrsInstance) -> dict[str, Plain]:
    """What an object holds, without what is as if it had not been said."""
    return {
        field.name: _plain(value)
        for field in attrs.fields(type(it))
        if (value := getattr(it, field.name)) is not None
    }


def _plain(value: object) -> Plain:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Plan):
        return {_KIND: "Plan", "json": value.to_json()}
    if attrs.has(type(value)):
        return {_KIND: type(value).__name__, "with": _fields(value)}  # type: ignore[arg-type]
    if isinstance(value, Mapping):
        # In a list: a name could be anything, also the word for a kind.
        return {_KIND: "table", "rows": [[key, _plain(item)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise ConfigError(f"a {type(value).__name__} in a command: give plain data")


def _part(plain: Plain) -> object:
    if isinstance(plain, list):
        return tuple(_part(item) for item in plain)
    if not isinstance(plain, dict):
        return plain
    match plain:
        case {"is": "Plan", "json": str(text)}:
            return Plan.from_json(text)
        case {"is": "table", "rows": list(rows)}:
            pairs = (row for row in rows if isinstance(row, list))
            return {key: _part(item) for key, item in pairs}
        case {"is": str(name), "with": dict(given)}:
            return _PARTS[name](**{key: _part(item) for key, item in given.items()})
        case _:
            raise KeyError(f"{plain!r}"[:80])
