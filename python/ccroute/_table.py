"""A mapping that cannot change, which the standard library has only as a view; and the way of
what callers give into objects that do not change."""

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, Self, TypeVar

import attrs

Key = TypeVar("Key")
Value = TypeVar("Value")


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("this does not change: make another, for instance with attrs.evolve")


class Table(dict[Key, Value]):
    """A dict that refuses every change and has a hash; equal to any dict of the same items.

    >>> {Table(es=5): "Spanish"}[Table(es=5)]
    'Spanish'
    """

    __setitem__ = __delitem__ = _refuse
    __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]  # dict itself has none
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[Self], tuple[Mapping[Key, Value]]]:
        return type(self), (dict(self),)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self


_PLAIN = frozenset({type(None), str, bytes, bool, int, float})


def unchanging(given: Any) -> Any:
    """A copy that does not change: of a mapping a `Table`, of anything else to go through a
    tuple. What is neither is passed on, to be refused by its name."""
    if type(given) in _PLAIN or isinstance(given, str | bytes):
        return given
    if isinstance(given, Mapping):
        return Table({name: unchanging(item) for name, item in given.items()})
    return tuple(given) if isinstance(given, Iterable) else given


def kept() -> Any:
    """A field for a mapping or for names, kept so that it does not change; ``None`` by
    default."""
    return attrs.field(default=None, converter=unchanging)


def names_kept(given: Iterable[str]) -> tuple[str, ...]:
    """Names, as `unchanging`."""
    names: tuple[str, ...] = unchanging(given)
    return names


def names_kept_or_none(given: Iterable[str] | None) -> tuple[str, ...] | None:
    """Names or ``None``, as `unchanging`."""
    names: tuple[str, ...] | None = unchanging(given)
    return names
