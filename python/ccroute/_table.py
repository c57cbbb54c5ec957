"""A mapping that cannot change, which the standard library has only as a view."""

from collections.abc import Mapping
from typing import NoReturn, Self, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("a plan does not change: make another, for instance with attrs.evolve")


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
