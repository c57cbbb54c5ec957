"""What a KPI is, and what it comes to: definitions, values and how values are printed."""

import math
import re
from collections.abc import Mapping
from types import MappingProxyType

import attrs

from ccroute._errors import ConfigError
from ccroute.metrics._expression import Expression, Number
from ccroute.metrics._fields import ADDITIVE
from ccroute.metrics._parsing import parse

BASES = ("offered", "event", "completion", "split", "sl_event")


@attrs.frozen(kw_only=True)
class Unit:
    """How a figure is scaled, once it is in seconds and whole money, and printed."""

    digits: int
    sign: str
    times: int = 1


UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        "ratio": Unit(digits=1, sign=" %"),
        "s": Unit(digits=1, sign=" s"),
        "n": Unit(digits=2, sign=""),
        "1/h": Unit(digits=1, sign=" /h", times=3_600),
        "money": Unit(digits=2, sign=""),
        "points": Unit(digits=2, sign=""),
        "-": Unit(digits=3, sign=""),
    }
)
"""``ratio`` is a share of 1, printed as a percentage; ``1/h`` a count by a duration; ``-`` a
bare number."""

_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*)*")


def _frozen(value: Mapping[str, Number]) -> Mapping[str, Number]:
    return MappingProxyType(dict(value))


def _frozen_names(value: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True)
class Example:
    """A row of numbers and what the KPI prints for it; or a line of Python that shows it.

    ``numbers``: by what the formula has there (``"within(wait_answered, T)"``), durations
    in seconds, amounts in money. ``code``: an expression over the functions of
    ``ccroute.metrics`` instead, for what is no formula over cells.
    """

    printed: str
    numbers: Mapping[str, Number] = attrs.field(factory=dict, converter=_frozen)
    code: str | None = None


def _rows(value: int | tuple[int, ...]) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else tuple(value)


@attrs.frozen(kw_only=True)
class Kpi:
    """One definition: a formula over cell fields, with its name, source and edge cases.

    ``numerator`` and ``denominator`` are formulas (``ccroute.metrics._parsing.parse`` has
    the syntax); without a denominator the KPI is a count, a sum or a quantile. Ratios are
    made of the sums of all cells behind a row, and divide once.

    >>> rate = Kpi(id="my.rate", title="Answer rate", unit="ratio",
    ...            numerator="answered", denominator="offered")
    >>> rate.additive, rate.fields({})
    (False, ('answered', 'offered'))
    """

    id: str
    """Dotted words, as ``sl.answered_within``: the variant's name."""
    title: str
    unit: str
    """One of ``UNITS``."""
    numerator: str
    denominator: str | None = None
    source: str = "own"
    """Who counts so: product and document."""
    edge_cases: str = ""
    number: tuple[int, ...] = attrs.field(default=(), converter=_rows)
    """Its row or rows of the catalogue."""
    parameters: Mapping[str, Number] = attrs.field(factory=dict, converter=_frozen)
    """Defaults: thresholds in seconds, switches 0 or 1."""
    names: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen_names)
    """Named parts of the formulas."""
    bases: tuple[str, ...] = ()
    """The bases it means something in; empty: all."""
    aliases: tuple[str, ...] = ()
    """Other names of the same formula, mostly vendors'."""
    n: str | None = None
    """How many observations are behind it. Default: the denominator, if it is a count; of a
    quantile or maximum the count of its distribution."""
    heading: str | None = None
    """What stands above it in a printed table; default: its id."""
    computed_by: str | None = None
    """What gives it, where it is no formula over cells: then ``numerator`` and
    ``denominator`` are for reading, over inputs that ``edge_cases`` or names explain."""
    example: Example | None = None
    above: Expression = attrs.field(init=False, repr=False, eq=False)
    """The numerator, parsed."""
    below: Expression | None = attrs.field(init=False, repr=False, eq=False)
    """The denominator, parsed."""
    observations: Expression | None = attrs.field(init=False, repr=False, eq=False)
    """``n``, parsed; ``None``: what the KPI divides by."""
    additive: bool = attrs.field()
    """Whether the sum over rows is the figure of the sum: true of counts and sums only."""

    @above.default
    def _parse_above(self) -> Expression:
        return self._parsed(self.numerator)

    @below.default
    def _parse_below(self) -> Expression | None:
        return None if self.denominator is None else self._parsed(self.denominator)

    @observations.default
    def _parse_observations(self) -> Expression | None:
        if self.n is not None:
            return self._parsed(self.n)
        fields = () if self.computed_by else self.above.fields(self.parameters)
        stem, _, part = fields[0].partition(".") if len(fields) == 1 else ("", "", "")
        if self.denominator is None and re.fullmatch(r"max|deviation|p\d.*", part):
            return self._parsed(f"{stem}.count")
        if self.below is not None and self.below.kinds() - {"count", "unique"}:
            raise ConfigError(
                f"KPI {self.id!r} divides by {self.denominator!r}, which is no count: "
                'say how many observations are behind it, n="…"'
            )
        return None

    @additive.default
    def _is_additive(self) -> bool:
        return self.denominator is None and (
            self.computed_by is None and self.above.kinds() <= ADDITIVE
        )

    def _parsed(self, text: str) -> Expression:
        if self.computed_by is not None:
            return Expression.of_words(text)
        try:
            return parse(text, frozenset(self.parameters), self.names)
        except ConfigError as error:
            raise ConfigError(f"KPI {self.id!r}: {error.message}") from None

    def __attrs_post_init__(self) -> None:
        for name in (self.id, *self.aliases):
            if not _ID.fullmatch(name):
                raise ConfigError(f"KPI {name!r}: an id is dotted words of a-z, 0-9 and _")
        if self.unit not in UNITS:
            raise ConfigError(f"KPI {self.id!r} has the unit {self.unit!r}: {', '.join(UNITS)}")
        self.factors()
        if odd := [name for name, value in self.parameters.items() if not math.isfinite(value)]:
            raise ConfigError(f"KPI {self.id!r}: parameter {odd[0]} is no finite number")
        if wrong := [basis for basis in self.bases if basis not in BASES]:
            raise ConfigError(f"KPI {self.id!r} has the basis {wrong[0]!r}: {', '.join(BASES)}")

    def settled(self, given: Mapping[str, Number]) -> Mapping[str, Number]:
        """Its parameters, with those ``given`` in place of the defaults.

        Raises:
            ConfigError: A parameter it does not have.
        """
        if unknown := sorted(given.keys() - self.parameters.keys()):
            there = ", ".join(self.parameters) or "none"
            raise ConfigError(f"KPI {self.id!r} has no parameter {unknown[0]!r}; it has: {there}")
        return {**self.parameters, **given}

    def fields(self, given: Mapping[str, Number]) -> tuple[str, ...]:
        """The fields it needs, with these parameters."""
        parameters = self.settled(given)
        formulas = (self.above, self.below, self.observations)
        needed = (formula.fields(parameters) for formula in formulas if formula is not None)
        return tuple(dict.fromkeys(name for names in needed for name in names))

    def variant(self, given: Mapping[str, Number]) -> str:
        """The id with its parameters: ``sl.answered_within(T=20s)``."""
        if not self.parameters:
            return self.id
        durations = self.thresholds()
        words = (
            f"{name}={value:g}{'s' if name in durations else ''}"
            for name, value in self.settled(given).items()
        )
        return f"{self.id}({', '.join(words)})"

    def thresholds(self) -> frozenset[str]:
        """Which of its parameters are durations."""
        below = frozenset[str]() if self.below is None else self.below.thresholds()
        return self.above.thresholds() | below

    def factors(self) -> tuple[int, int]:
        """What numerator and denominator are multiplied by, that the quotient has its unit."""
        micros = self.above.scale() - (0 if self.below is None else self.below.scale())
        times = UNITS[self.unit].times
        return times * 10 ** (6 * max(0, -micros)), 10 ** (6 * max(0, micros))

    def formula(self, given: Mapping[str, Number] | None = None) -> str:
        """The formula as one line; with ``given`` its parameters put in."""
        if given is None or self.computed_by is not None:
            above, below = self.numerator, self.denominator
        else:
            parameters = self.settled(given)
            above = self.above.formula(parameters)
            below = None if self.below is None else self.below.formula(parameters)
        return above if below is None else f"{bracketed(above)} / {bracketed(below)}"


def bracketed(formula: str) -> str:
    """A formula as one side of a division."""
    return (
        f"({formula})" if re.search(r"[-+*,/] ", re.sub(r"\w+\([^()]*\)", "", formula)) else formula
    )


@attrs.frozen(kw_only=True)
class Value:
    """What a KPI came to, with everything needed to check it.

    ``numerator`` and ``denominator`` as counted: durations in microseconds, amounts in
    millionths; the ``numerator`` of a quantile in seconds.

    >>> str(Value(value=0.811, numerator=860, denominator=1060, n=1060, unit="ratio",
    ...           variant="sl.answered_within(T=20s)"))
    '81.1 %'
    """

    value: float | None
    """In the KPI's unit; a ratio as a share of 1. ``None``: see ``reason``."""
    numerator: Number | None
    denominator: int | None
    """``None`` where nothing is divided by."""
    n: int | None
    """How many observations are behind it."""
    variant: str
    """The id with its parameters."""
    unit: str
    basis: str = "offered"
    final: bool = True
    """Whether nothing more is expected; a late correction may still change it."""
    revision: int = 0
    """How often its cells were corrected after they were final: the greatest of them."""
    reason: str | None = None
    """Why there is no value."""

    def __str__(self) -> str:
        return printed(self.value, self.unit)


def printed(value: float | None, unit: str, *, sign: bool = True) -> str:
    """A figure for people: ``81.1 %``, ``12.5 s``, ``-`` for none.

    >>> printed(7.0, "n"), printed(1.25, "n"), printed(12.54, "s", sign=False)
    ('7', '1.25', '12.5')
    """
    if value is None:
        return "-"
    shape = UNITS[unit]
    if unit == "ratio":
        value *= 100
    text = str(int(value)) if unit == "n" and value == int(value) else f"{value:.{shape.digits}f}"
    return text + shape.sign if sign else text
