"""An adapter's settings: from what a document says to an attrs class, unknown keys refused."""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import TypeVar, Union, get_args, get_origin

import attrs

from ccroute._errors import ConfigError
from ccroute.adapters._adapter import Setting
from ccroute.adapters._secret import Secret

Settings = TypeVar("Settings", bound=attrs.AttrsInstance)


def read_settings(kind: type[Settings], config: Mapping[str, Setting], *, link: str) -> Settings:
    """The settings of class ``kind`` for a link: every key is a field, of the field's type.

    A field of type `Secret` is given as text, which no message shows.

    Raises:
        ConfigError: a key that is no field, one that is missing, or a value of another type.

    >>> @attrs.frozen(kw_only=True)
    ... class Pbx:
    ...     host: str
    ...     password: Secret
    ...     port: int = 4000
    >>> read_settings(Pbx, {"host": "pbx", "password": "swordfish"}, link="pbx")
    Pbx(host='pbx', password=Secret(...), port=4000)
    """
    attrs.resolve_types(kind)
    fields = {field.name: field for field in attrs.fields(kind)}
    if unknown := sorted(config.keys() - fields.keys()):
        raise ConfigError(
            f"links.{link}: no setting {', '.join(map(repr, unknown))}: "
            f"give some of {', '.join(fields)}"
        )
    required = {name for name, field in fields.items() if field.default is attrs.NOTHING}
    if missing := sorted(required - config.keys()):
        raise ConfigError(f"links.{link}: {', '.join(missing)} must be given")
    given = {name: _value(fields[name], value, link) for name, value in config.items()}
    try:
        return kind(**given)
    except (TypeError, ValueError) as error:
        # What attrs' own validators raise has more in it than words.
        words = error.args[0] if error.args else error
        raise ConfigError(f"links.{link}: {words}") from error


def _value(field: "attrs.Attribute[object]", value: Setting, link: str) -> object:
    kind = field.type
    if get_origin(kind) in {Union, UnionType}:
        # `Secret | None` and the like: `None` is not given, it is left out.
        kind = next((it for it in get_args(kind) if it is not NoneType), kind)
    if kind is Secret:
        if not isinstance(value, str):
            raise ConfigError(f"links.{link}.{field.name}: give text")
        return Secret(value)
    wanted = (int, float) if kind is float else kind
    plain = isinstance(kind, type) and kind in {str, int, float, bool}
    # A truth value is no number, though Python takes it for one.
    if plain and (
        not isinstance(value, wanted)  # type: ignore[arg-type]
        or (isinstance(value, bool) and kind is not bool)
    ):
        raise ConfigError(f"links.{link}.{field.name}: give {_words(kind)}, not {value!r}")
    return value


def _words(kind: object) -> str:
    words = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    return next(word for it, word in words.items() if it is kind)
