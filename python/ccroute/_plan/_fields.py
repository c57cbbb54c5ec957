"""Between a plan's objects and its written form: what each field is called there, and what
becomes of its value. The written form is JSON's: tables, lists, texts, numbers.

Only kinds are checked here, table, list or class: a value that cannot be right goes through,
to be refused by its key.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, TypeVar

import attrs

from ccroute._errors import ConfigError
from ccroute._table import Table

Made = TypeVar("Made")

Value = str | int | bool
"""What an attribute of a contact or a label of an agent can be."""

Check: TypeAlias = Callable[[Any, "attrs.Attribute[Any]", Any], None]
"""A validator of attrs."""

# Converters copy into tables and tuples, so that nothing the caller does afterwards
# changes a plan. What is no list and no table at all is refused by them, at once.


def names_of(given: Iterable[str]) -> tuple[str, ...]:
    """A list of names."""
    if isinstance(given, str):
        # Else "es" would be the two names "e" and "s".
        message = f"a list of names is wanted, not the text '{given}'; write ['{given}']"
        raise ConfigError(message)
    return tuple_of(given)


def word_or_names(given: str | Iterable[str]) -> str | tuple[str, ...]:
    """One word, or a list of them."""
    return given if isinstance(given, str) else tuple_of(given)


def tuple_of(given: Iterable[Made]) -> tuple[Made, ...]:
    """A list of anything."""
    if isinstance(given, Mapping | str | bytes) or not isinstance(given, Iterable):
        raise ConfigError(f"a list is wanted, not {given!r}; write [...]")
    return tuple(given)


def table_of(given: Mapping[str, Made]) -> Mapping[str, Made]:
    """A table of anything."""
    if not isinstance(given, Mapping):
        raise ConfigError(f"a table is wanted, not {given!r}; write {{name: value}}")
    return Table(given)


def lists_of(given: Mapping[str, Iterable[str]]) -> Mapping[str, tuple[str, ...]]:
    """A table of lists of names."""
    return Table({name: names_of(items) for name, items in table_of(given).items()})


def groups_of(given: Iterable[Mapping[str, int]]) -> tuple[Mapping[str, int], ...]:
    """A list of tables of numbers."""
    return tuple(table_of(group) for group in tuple_of(given))


def exactly(given: Mapping[str, Value]) -> Mapping[str, tuple[type, Value]]:
    """By what tables of values are equal: true is not 1."""
    return Table({name: (type(value), value) for name, value in given.items()})


def in_order(given: Mapping[str, Made]) -> tuple[tuple[str, Made], ...]:
    """By what tables are equal whose order decides something."""
    return tuple(given.items())


# Makers of fields. Those whose value is converted from something wider (lists from any
# iterable) are written out in the classes, so that a type checker sees the converter; for
# their written form there is `parts`.


def key(default: Any, *, called: str) -> Any:
    """A field whose name in the written form is a word that Python keeps for itself."""
    return attrs.field(default=default, metadata=named_in_text(called))


def table(*, eq: Callable[[Any], Any] | bool = True) -> Any:
    """A table of numbers, or of whatever the annotation says; empty by default. ``eq``: by what
    two of them are equal."""
    return attrs.field(factory=Table, converter=table_of, eq=eq)


def part(kind: type[Any], *, called: str | None = None) -> Any:
    """A table with keys of its own, by default without any."""
    metadata = {"read": _reader(kind), **({} if called is None else named_in_text(called))}
    return attrs.field(default=kind(), validator=_one(kind), metadata=metadata)


def part_or_none(kind: type[Any]) -> Any:
    """As :func:`part`, or nothing, which is the default."""
    validator = attrs.validators.optional(_one(kind))
    return attrs.field(default=None, validator=validator, metadata={"read": _reader(kind)})


def named(kind: type[Any], *, eq: Callable[[Any], Any] | bool = True) -> Any:
    """A table of tables, empty by default; ``eq``: by what two of them are equal."""
    read = _reader(kind)

    def entries(forms: Any) -> Mapping[str, Any]:
        return Table({name: read(form) for name, form in forms.items()})

    return attrs.field(
        factory=Table,
        converter=table_of,
        validator=all_are(kind),
        eq=eq,
        metadata={"read": entries},
    )


def named_in_text(called: str) -> dict[str, Any]:
    """What a field of another name in the written form says of itself."""
    return {"key": called}


def parts(kind: type[Any]) -> dict[str, Any]:
    """What a field of a list of tables says of itself."""
    read = _reader(kind)

    def items(forms: Any) -> tuple[Any, ...]:
        return tuple(read(form) for form in forms)

    return {"read": items}


def all_are(kind: type[Any]) -> Check:
    """Refuses a list or table with anything but objects of a class, or mappings, in it."""

    def check(_: Any, field: "attrs.Attribute[Any]", given: Any) -> None:
        if isinstance(given, Mapping):
            for name, item in given.items():
                _must_be(kind, f"{field.name}.{name}", item)
        else:
            for at, item in enumerate(given):
                _must_be(kind, f"{field.name}[{at}]", item)

    return check


def _one(kind: type[Any]) -> Check:
    return lambda _, field, given: _must_be(kind, field.name, given)


def _must_be(kind: type[Any], what: str, given: object) -> None:
    if not isinstance(given, kind | Mapping):
        raise ConfigError(f"{what}: give a ccroute.{kind.__name__}, not {given!r:.80}")


def said_of(kind: type[Any], form: Mapping[str, Any]) -> dict[str, Any]:
    """What a table of the written form says, by field."""
    said = {}
    for field in attrs.fields(kind):
        called = field.metadata.get("key", field.name)
        if field.init and called in form:
            item = form[called]
            said[field.name] = field.metadata["read"](item) if "read" in field.metadata else item
    return said


def read(kind: type[Made], form: Mapping[str, Any]) -> Made:
    """The object that a table of the written form describes."""
    return kind(**said_of(kind, form))


def written(value: object) -> object:
    """A value in the written form; what is as by default is left out."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)  # no value of JSON
    if isinstance(value, Mapping):
        return {name: written(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [written(item) for item in value]
    kind = type(value)
    if not attrs.has(kind):
        return value
    form = {}
    for field in attrs.fields(kind):
        item = getattr(value, field.name) if field.init else default_of(field)
        if not _is_default(item, default_of(field)):
            form[field.metadata.get("key", field.name)] = written(item)
    return form


def _reader(kind: type[Any]) -> Callable[[Any], Any]:
    return lambda form: read(kind, form)


def default_of(field: "attrs.Attribute[Any]") -> Any:
    """What a field is without being given; `attrs.NOTHING` where it must be."""
    default: Any = field.default
    return default.factory() if hasattr(default, "factory") else default


def converted(field: "attrs.Attribute[Any]", item: Any) -> Any:
    """A value as the field keeps it."""
    convert: Any = field.converter
    return item if convert is None else convert(item)


def _is_default(item: object, default: Any) -> bool:
    # True is not 1 here, and 1 not 1.0: whether it will do is the engine's to say.
    return type(item) is type(default) and bool(item == default)
