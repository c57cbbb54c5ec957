"""Formulas over cell fields: parsed once, evaluated over whole columns in exact integers.

The syntax is Python's, read with ``ast`` and never executed. A formula knows which fields
it needs before anything is asked for. There is no division in here: a ratio is two
formulas, and divides once, when it is read.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute._errors import ConfigError
from ccroute.metrics._fields import BASES, Kind, bases_of, kind_of

Number: TypeAlias = int | float
Numbers: TypeAlias = NDArray[np.int64] | NDArray[np.float64] | NDArray[np.object_]
"""A column: int64; float64 (NaN: no value); or Python integers where int64 is too small."""

_MICROS = 1_000_000
_SMALLEST_OVERFLOW = 1 << 63


@attrs.frozen
class Constant:
    """A whole number."""

    value: int


@attrs.frozen
class Parameter:
    """A parameter of the KPI, used as a plain whole number: a switch or a factor."""

    name: str


@attrs.frozen
class Field:
    """A field of the cells, by its full name."""

    name: str
    written: str
    """As the formula has it, for printing."""
    rounded: bool = False
    """Whether an amount counts as a whole number, rounded to the nearest."""


@attrs.frozen
class Ladder:
    """A field that counts up to a threshold: ``within``, ``below``, ``passed``, ``short``."""

    function: str
    distribution: str
    threshold: str | int
    """A parameter in seconds, or microseconds."""


@attrs.frozen
class Binary:
    """Two formulas joined by ``+``, ``-`` or ``*``."""

    sign: str
    left: "Node"
    right: "Node"


Node: TypeAlias = Constant | Parameter | Field | Ladder | Binary


@attrs.frozen
class Expression:
    """A parsed formula: ``parse`` of ``ccroute.metrics._parsing`` makes one."""

    text: str
    root: Node = attrs.field(eq=False, repr=False)

    @classmethod
    def of_words(cls, text: str) -> "Expression":
        """A formula for reading only: it needs nothing and gives nothing."""
        return cls(text, Constant(0))

    def fields(self, parameters: Mapping[str, Number]) -> tuple[str, ...]:
        """The fields it needs when its parameters (thresholds in seconds) have these values.

        Raises:
            ConfigError: A threshold is negative or no whole number of microseconds.
        """
        names = (name_of(leaf, parameters) for leaf in self._fields())
        return tuple(dict.fromkeys(name for name in names if name is not None))

    def kinds(self) -> frozenset[Kind]:
        """What kinds of fields it is made of."""
        kinds = (_kind(leaf) for leaf in self._fields())
        return frozenset(kind for kind in kinds if kind is not None)

    def scale(self, *, figures: bool = False) -> int:
        """How often a millionth is in it as a factor: 1 for durations and amounts.

        ``figures``: what it is rather than how it is stored: quantiles, which come in whole
        seconds, are durations too.

        Raises:
            ConfigError: It adds what cannot be added, as a duration to a count.
        """
        return _scale(self.root, self.text, _FIGURES if figures else _MILLIONTHS)

    def bases(self) -> tuple[str, ...]:
        """The bases on which all of its fields are counted, whatever its parameters are."""
        names = [
            leaf.name if isinstance(leaf, Field) else f"{leaf.function}:" for leaf in self._fields()
        ]
        return tuple(basis for basis in BASES if all(basis in bases_of(name) for name in names))

    def symbols(self, parameters: Mapping[str, Number]) -> dict[str, str]:
        """Its fields as the formula writes them, with the core's name of each."""
        named = ((written(leaf), name_of(leaf, parameters)) for leaf in self._fields())
        return {symbol: name for symbol, name in named if name is not None}

    def thresholds(self) -> frozenset[str]:
        """The parameters that are durations, in seconds."""
        leaves = self._fields()
        return frozenset(
            leaf.threshold
            for leaf in leaves
            if isinstance(leaf, Ladder) and isinstance(leaf.threshold, str)
        )

    def _fields(self) -> Iterator[Field | Ladder]:
        return (leaf for leaf in _leaves(self.root) if isinstance(leaf, Field | Ladder))

    def evaluate(
        self, columns: Mapping[str, Numbers], parameters: Mapping[str, Number], length: int
    ) -> Numbers:
        """Its value per row: ``length`` rows of ``columns``, by the names :meth:`fields` gave.

        Exact: where int64 could overflow the result holds Python integers. With a column of
        float64 among them (quantiles) the result is float64, NaN where any of them is.
        """
        result, _ = _evaluate(self.root, columns, parameters)
        return result if result.ndim else np.full(length, result)

    def filled(self, values: Mapping[str, Number | None], parameters: Mapping[str, Number]) -> str:
        """The formula with one row's numbers put in; durations in seconds.

        >>> from ccroute.metrics._parsing import parse
        >>> parse("answered - below(wait_answered, T)", {"T"}).filled(
        ...     {"answered": 100, "wait_answered.below:20000000": 60}, {"T": 20}
        ... )
        '100 - 60'
        """
        return _print(self.root, lambda leaf: _fill(leaf, values, parameters), 0)

    def formula(self, parameters: Mapping[str, Number]) -> str:
        """The formula with its parameters put in.

        >>> from ccroute.metrics._parsing import parse
        >>> parse("within(wait_answered, T)", {"T"}).formula({"T": 20})
        'within(wait_answered, 20 s)'
        """
        return _print(self.root, lambda leaf: _named(leaf, parameters), 0)


def _kind(leaf: Field | Ladder) -> Kind | None:
    if isinstance(leaf, Ladder):
        return "count"
    # What was rounded is a number, and no longer adds up exactly.
    return "unique" if leaf.rounded else kind_of(leaf.name)


def name_of(leaf: Field | Ladder, parameters: Mapping[str, Number]) -> str | None:
    """The core's name of a field; ``None`` where a threshold of zero leaves nothing."""
    if isinstance(leaf, Field):
        return leaf.name
    micros = _threshold(leaf, parameters)
    match leaf.function:
        case "passed":
            return f"passed:{micros}"
        case "short":  # with a short threshold of nothing, nobody left early
            return f"{leaf.distribution}.within:{micros}" if micros else None
        case "below" if not micros:
            return None
        case "within" if not micros:
            return f"{leaf.distribution}.zero"
        case function:
            return f"{leaf.distribution}.{function}:{micros}"


def written(leaf: Field | Ladder) -> str:
    """A field as a formula writes it, thresholds by the name of their parameter."""
    if isinstance(leaf, Field):
        return leaf.written
    by = leaf.threshold if isinstance(leaf.threshold, str) else f"{leaf.threshold / _MICROS:g}"
    return _counted(leaf, by)


def _counted(leaf: Ladder, by: str) -> str:
    if leaf.function in {"passed", "short"}:
        return f"{leaf.function}({by})"
    return f"{leaf.function}({leaf.distribution}, {by})"


_MILLIONTHS: frozenset[Kind] = frozenset({"duration", "extreme", "amount"})
_FIGURES: frozenset[Kind] = _MILLIONTHS | {"seconds"}


def _scale(node: Node, text: str, scaled: frozenset[Kind]) -> int:
    match node:
        case Field():
            return int(_kind(node) in scaled)
        case Binary("*", left, right):
            return _scale(left, text, scaled) + _scale(right, text, scaled)
        case Binary(_, Constant(0), right):
            return _scale(right, text, scaled)
        case Binary(sign, left, right):
            one, other = _scale(left, text, scaled), _scale(right, text, scaled)
            if one != other:
                raise ConfigError(
                    f"formula {text!r} has {sign!r} between a duration or amount and a count"
                )
            return one
        case Constant() | Parameter() | Ladder():
            return 0


def _threshold(leaf: Ladder, parameters: Mapping[str, Number]) -> int:
    if isinstance(leaf.threshold, int):
        return leaf.threshold
    return to_micros(parameters[leaf.threshold], leaf.threshold)


def to_micros(seconds: Number, what: str) -> int:
    """A threshold in microseconds.

    Raises:
        ConfigError: It is negative, not finite or finer than a microsecond.
    """
    micros = round(seconds * _MICROS) if abs(seconds) < 1e12 else -1
    if micros < 0 or not math.isclose(micros, seconds * _MICROS, rel_tol=1e-12, abs_tol=1e-6):
        raise ConfigError(
            f"{what} = {seconds!r}: a threshold is a number of seconds, not negative, "
            "and whole in microseconds"
        )
    return micros


# Evaluating ----------------------------------------------------------------------------


def _leaves(node: Node) -> Iterator[Constant | Parameter | Field | Ladder]:
    if isinstance(node, Binary):
        yield from _leaves(node.left)
        yield from _leaves(node.right)
    else:
        yield node


def _evaluate(
    node: Node, columns: Mapping[str, Numbers], parameters: Mapping[str, Number]
) -> tuple[Numbers, int]:
    """The values, and a bound of their size: it decides whether int64 is still safe."""
    match node:
        case Binary(sign, left, right):
            one, most = _evaluate(left, columns, parameters)
            other, at_most = _evaluate(right, columns, parameters)
            bound = most * at_most if sign == "*" else most + at_most
            return _join(sign, one, other, bound), bound
        case Constant(value):
            return _scalar(value)
        case Parameter(name):
            given = parameters[name]
            if given != int(given):
                raise ConfigError(f"{name} = {given!r} stands for a whole number in this formula")
            return _scalar(int(given))
        case Field() | Ladder():
            field = name_of(node, parameters)
            if field is None:
                return _scalar(0)
            if isinstance(node, Field) and node.rounded:
                return _sized((columns[field] + _MICROS // 2) // _MICROS)
            return _sized(columns[field])


def _join(sign: str, one: Numbers, other: Numbers, bound: int) -> Numbers:
    floats = np.dtype(np.float64) in {one.dtype, other.dtype}
    if not floats and bound >= _SMALLEST_OVERFLOW:
        one, other = one.astype(np.object_), other.astype(np.object_)
    wide = np.dtype(np.object_) in {one.dtype, other.dtype}
    result = _OPERATIONS[sign](one, other)
    # Arrays without a dimension come back as bare numbers.
    if wide:
        return np.asarray(result, dtype=np.object_)
    return np.asarray(result, np.float64) if floats else np.asarray(result, np.int64)


_OPERATIONS: Mapping[str, Callable[[Numbers, Numbers], Numbers]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
}


def _scalar(value: int) -> tuple[Numbers, int]:
    if abs(value) < _SMALLEST_OVERFLOW:
        return np.asarray(value, dtype=np.int64), abs(value)
    return np.asarray(value, dtype=np.object_), abs(value)


def _sized(column: Numbers) -> tuple[Numbers, int]:
    if column.dtype == np.float64 or not column.size:
        return column, 0
    return column, max(abs(int(column.max())), abs(int(column.min())))


# Printing ------------------------------------------------------------------------------

_STRENGTH = {"+": 1, "-": 1, "*": 2}


def _print(node: Node, leaf: Callable[[Node], str], strength: int) -> str:
    if not isinstance(node, Binary):
        return leaf(node)
    own = _STRENGTH[node.sign]
    left = _print(node.left, leaf, own)
    right = _print(node.right, leaf, own + (node.sign == "-"))
    text = f"{left} {node.sign} {right}"
    return f"({text})" if own < strength else text


def _named(leaf: Node, parameters: Mapping[str, Number]) -> str:
    match leaf:
        case Ladder():
            return _counted(leaf, f"{_threshold(leaf, parameters) / _MICROS:g} s")
        case Field(_, written):
            return written
        case Parameter(name):
            return f"{parameters[name]:g}"
        case Constant(value):
            return str(value)
        case Binary():
            raise AssertionError("printed by its parts")


def _fill(leaf: Node, values: Mapping[str, Number | None], parameters: Mapping[str, Number]) -> str:
    if not isinstance(leaf, Field | Ladder):
        return _named(leaf, parameters)
    name = name_of(leaf, parameters)
    if name is None:
        return "0"
    value = values[name]
    if value is None or math.isnan(value):
        return "-"
    kind = _kind(leaf)
    if isinstance(leaf, Field) and leaf.rounded:
        value = (value + _MICROS // 2) // _MICROS
    if kind == "seconds":
        return f"{value:g} s"
    if kind in {"count", "unique"}:
        return str(value)
    amount = f"{value / _MICROS:.6f}".rstrip("0").rstrip(".")
    return amount if kind == "amount" else f"{amount} s"
