"""What a KPI is, and what it comes to: definitions, values and how values are printed."""

import math
import re
from collections.abc import Mapping
from types import MappingProxyType

import attrs

from ccroute._errors import ConfigError
from ccroute.metrics._expression import Expression, Number
from ccroute.metrics._fields import ADDITIVE, BASES, adds_up
from ccroute.metrics._parsing import parse


@attrs.frozen(kw_only=True)
class Unit:
    """How a figure is scaled, once it is in seconds and whole money, and printed."""

    digits: int
    sign: str
    times: int = 1
    scales: tuple[int, ...] | None = None
    """How many more durations or amounts may be multiplied above the line than below it;
    ``None``: as one likes."""


UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        "ratio": Unit(digits=1, sign=" %", scales=(0,)),
        "s": Unit(digits=1, sign=" s", scales=(1,)),
        "n": Unit(digits=2, sign="", scales=(0,)),
        "1/h": Unit(digits=1, sign=" /h", times=3_600, scales=(-1,)),
        "money": Unit(digits=2, sign="", scales=(0, 1)),
        "points": Unit(digits=2, sign="", scales=(0, 1)),
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
    switches: tuple[str, ...] = ()
    """Those of the parameters that are 0 or 1 and nothing else."""
    names: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen_names)
    """Named parts of the formulas."""
    _bases: tuple[str, ...] = ()
    """Said by whoever wrote it, as ``bases``; empty: all on which its fields are counted."""
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
        self._check_scales()
        for name, value in self.parameters.items():
            if not math.isfinite(value):
                raise ConfigError(f"KPI {self.id!r}: parameter {name} is no finite number")
        if wrong := [name for name in self.switches if name not in self.parameters]:
            raise ConfigError(f"KPI {self.id!r}: switch {wrong[0]!r} is none of its parameters")
        self._check_switches(self.parameters)
        self._check_bases()

    def _check_scales(self) -> None:
        """A ratio of a duration and a count would print, and be no ratio."""
        allowed = UNITS[self.unit].scales
        if allowed is None or self.computed_by is not None:
            return
        above = self.above.scale(figures=True)
        below = 0 if self.below is None else self.below.scale(figures=True)
        if above - below not in allowed:
            raise ConfigError(
                f"KPI {self.id!r} has the unit {self.unit!r}, but {self.numerator!r} is "
                f"{_scaled(above)} and {self.denominator or '1'!r} {_scaled(below)}: the unit of "
                f"that is {_fitting(above - below)}"
            )

    def _check_switches(self, given: Mapping[str, Number]) -> None:
        for name in self.switches:
            if given.get(name, 0) not in {0, 1}:
                raise ConfigError(f"KPI {self.id!r}: {name} = {given[name]:g} is a switch: 0 or 1")

    def _check_bases(self) -> None:
        counted = self._counted()
        for basis in self._bases:
            if basis not in BASES:
                raise ConfigError(f"KPI {self.id!r} has the basis {basis!r}: {', '.join(BASES)}")
            if basis not in counted:
                raise ConfigError(
                    f"KPI {self.id!r} has the basis {basis!r}, but its fields are counted on "
                    f"{' and '.join(counted) or 'none together'}"
                )

    def _counted(self) -> tuple[str, ...]:
        formulas = [it for it in (self.above, self.below, self.observations) if it is not None]
        return tuple(basis for basis in BASES if all(basis in it.bases() for it in formulas))

    @property
    def bases(self) -> tuple[str, ...]:
        """The bases it means something in: all on which its fields are counted, or those of
        them that its author named."""
        return self._bases or self._counted()

    def bases_in_words(self) -> str:
        """``all``, ``all but split``, or their names."""
        left_out = [basis for basis in BASES if basis not in self.bases]
        if len(left_out) < 2:
            return "all" if not left_out else f"all but {left_out[0]}"
        return ", ".join(self.bases)

    def adds_up(self, basis: str) -> bool:
        """Whether the sum over a report's rows is the figure of the sum, on a basis."""
        fields = self.above.fields(self.parameters)
        return self.additive and all(adds_up(field, basis) for field in fields)

    def settled(self, given: Mapping[str, Number]) -> Mapping[str, Number]:
        """Its parameters, with those ``given`` in place of the defaults.

        Raises:
            ConfigError: A parameter it does not have.
        """
        if unknown := sorted(given.keys() - self.parameters.keys()):
            there = ", ".join(self.parameters) or "none"
            raise ConfigError(f"KPI {self.id!r} has no parameter {unknown[0]!r}; it has: {there}")
        self._check_switches(given)
        return {**self.parameters, **given}

    def fields(self, given: Mapping[str, Number]) -> tuple[str, ...]:
        """The fields it needs, with these parameters."""
        parameters = self.settled(given)
        formulas = (self.above, self.below, self.observations)
        needed = (formula.fields(parameters) for formula in formulas if formula is not None)
        return tuple(dict.fromkeys(name for names in needed for name in names))

    def variant(self, given: Mapping[str, Number]) -> str:
        """The id with its parameters: ``sl.answered_within(T=20s)``."""
        return f"{self.id}({self.spelt(self.settled(given))})" if self.parameters else self.id

    def spelt(self, setting: Mapping[str, Number | None], *, wide: bool = False) -> str:
        """Parameters with their values, ``T=20s, S=5s``, or ``wide``, ``T = 20 s, S = 5 s``;
        ``None`` for one that each row has its own of."""
        equals, space = (" = ", " ") if wide else ("=", "")
        units = dict.fromkeys(self.thresholds(), f"{space}s")
        return ", ".join(
            f"{name}: own" if value is None else f"{name}{equals}{value:g}{units.get(name, '')}"
            for name, value in setting.items()
        )

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


def _scaled(scale: int) -> str:
    words = {-1: "by a duration or amount", 0: "a count", 1: "a duration or amount"}
    return words.get(scale, f"a product of {scale} durations or amounts")


def _fitting(scale: int) -> str:
    fitting = [name for name, unit in UNITS.items() if unit.scales is None or scale in unit.scales]
    return " or ".join(map(repr, fitting))


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
    exact: bool = True
    """False: an estimate, as different customers past the set that is kept (standard error
    1.6 %) and percentiles of many (at most 0.55 % off)."""

    def __str__(self) -> str:
        return printed(self.value, self.unit, exact=self.exact)


def printed(value: float | None, unit: str, *, sign: bool = True, exact: bool = True) -> str:
    """A figure for people: ``81.1 %``, ``12.5 s``, ``~812`` for an estimate, ``-`` for none.

    >>> printed(7.0, "n"), printed(1.25, "n"), printed(12.54, "s", sign=False)
    ('7', '1.25', '12.5')
    """
    if value is None:
        return "-"
    shape = UNITS[unit]
    if unit == "ratio":
        value *= 100
    text = str(int(value)) if unit == "n" and value == int(value) else f"{value:.{shape.digits}f}"
    mark = "" if exact else "~"
    return f"{mark}{text}{shape.sign if sign else ''}"
