"""Where KPIs are looked up: the built-in ones, and registries of users' own on top of them."""

import ast
import difflib
from collections.abc import Iterable, Iterator, Mapping

import attrs

from ccroute._errors import ConfigError
from ccroute.metrics._expression import Number
from ccroute.metrics._kpi import Kpi


@attrs.frozen(kw_only=True)
class Asked:
    """A KPI as somebody asked for it: by which name, with which parameters."""

    name: str
    """As written: an id, an alias, or either with parameters in brackets."""
    kpi: Kpi
    parameters: Mapping[str, Number]
    """Those given; they stand above a queue's targets and the defaults."""


class Registry:
    """KPIs by id and alias, in order.

    The built-in registry is closed. Users' own KPIs go into a registry of theirs:

    >>> from ccroute.metrics.registry import BUILT_IN
    >>> mine = BUILT_IN.child()
    >>> lost = Kpi(id="my.lost", title="Lost", unit="n", numerator="abandoned + left")
    >>> mine.add(lost) is lost
    True
    >>> mine["my.lost"].title, "my.lost" in BUILT_IN
    ('Lost', False)
    """

    def __init__(
        self, kpis: Iterable[Kpi] = (), *, parent: "Registry | None" = None, closed: bool = False
    ) -> None:
        self._parent = parent
        self._kpis: dict[str, Kpi] = {}
        self._names: dict[str, Kpi] = {}
        self._closed = False
        for kpi in kpis:
            self.add(kpi)
        self._closed = closed

    def child(self, kpis: Iterable[Kpi] = ()) -> "Registry":
        """A registry that has all of this one, and room for more."""
        return Registry(kpis, parent=self)

    def add(self, kpi: Kpi) -> Kpi:
        """Takes a KPI in, and gives it back.

        Raises:
            ConfigError: Its id or an alias is taken, or this registry is closed.
        """
        if self._closed:
            raise ConfigError(
                f"KPI {kpi.id!r} cannot be added to the built-in registry: "
                "add it to a child of it, registry.child()"
            )
        names = (kpi.id, *kpi.aliases)
        for name in names:
            if name in self or names.count(name) > 1:
                taken = self[name].title if name in self else kpi.title
                raise ConfigError(f"the KPI name {name!r} is taken ({taken}): choose another")
        self._kpis[kpi.id] = kpi
        self._names.update(dict.fromkeys(names, kpi))
        return kpi

    def get(self, name: str) -> Kpi | None:
        """The KPI of an id or alias, or ``None``."""
        own = self._names.get(name)
        return self._parent.get(name) if own is None and self._parent is not None else own

    def __getitem__(self, name: str) -> Kpi:
        kpi = self.get(name)
        if kpi is None:
            raise KeyError(self._unknown(name))
        return kpi

    def find(self, name: str) -> Kpi:
        """The KPI of an id or alias.

        Raises:
            ConfigError: There is none; the message names those that come near.
        """
        kpi = self.get(name)
        if kpi is None:
            raise ConfigError(self._unknown(name))
        return kpi

    def ask(self, text: str) -> Asked:
        """What ``text`` asks for: ``"asa"``, ``"sl.asterisk"``, ``"sl.answered_within(T=30)"``.

        Raises:
            ConfigError: No such KPI or parameter, or no number where one belongs.
        """
        if not isinstance(text, str):
            raise ConfigError(f"KPI {text!r}: its name, as 'asa' or 'sl.answered_within(T=30)'")
        name, bracket, rest = text.partition("(")
        kpi = self.find(name.strip())
        given = _given(text, f"f({rest}") if bracket else {}
        kpi.fields(given)  # a threshold that is none is refused here, not in the middle of a report
        return Asked(name=text, kpi=kpi, parameters=given)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[Kpi]:
        if self._parent is not None:
            yield from self._parent
        yield from self._kpis.values()

    def __len__(self) -> int:
        return len(self._kpis) + (0 if self._parent is None else len(self._parent))

    def names(self) -> tuple[str, ...]:
        """All ids and aliases."""
        above = () if self._parent is None else self._parent.names()
        return (*above, *self._names)

    def _unknown(self, name: str) -> str:
        names = self.names()
        near = difflib.get_close_matches(name, names, n=4, cutoff=0.5)
        near += [other for other in names if other.startswith(f"{name}.")][:4]
        words = ", ".join(dict.fromkeys(near)) or "none comes near; iterate over the registry"
        return f"no KPI {name!r}; near: {words}"


def _given(text: str, call: str) -> dict[str, Number]:
    """The parameters in brackets; seconds may carry an ``s``, as variants print them."""
    refused = ConfigError(f"{text!r}: parameters are numbers by name, as (T=30, S=5)")
    given: dict[str, Number] = {}
    if not call.rstrip().endswith(")"):
        raise refused
    inner = call.strip()[2:-1]
    for part in filter(None, (part.strip() for part in inner.split(","))):
        name, equals, word = (piece.strip() for piece in part.partition("="))
        if not (name.isidentifier() and equals) or name in given:
            raise refused
        try:
            value = ast.literal_eval(word.removesuffix("s").strip())
        except (ValueError, SyntaxError):
            raise refused from None
        if isinstance(value, bool):
            value = int(value)
        if not isinstance(value, int | float) or value != value or abs(value) > 1e12:  # noqa: PLR0124
            raise refused
        given[name] = value
    return given
