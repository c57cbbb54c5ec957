"""Reading formulas: from Python's syntax to ours, every refusal with what would do."""

import ast
import difflib
import json
from collections.abc import Mapping
from types import MappingProxyType

from ccroute._errors import ConfigError
from ccroute.metrics._expression import (
    Binary,
    Constant,
    Expression,
    Field,
    Ladder,
    Node,
    Parameter,
    to_micros,
)
from ccroute.metrics._fields import DISTRIBUTIONS, LADDERS, kind_of, known_fields
from ccroute.metrics._words import one_name

_LONGEST = 400
"""Parts of a formula; more would go too deep for those that walk over it."""

_SIGNS: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_FUNCTIONS = (
    "within",
    "below",
    "short",
    "passed",
    "quantile",
    "code",
    "score",
    "score_sum",
    "amount",
    "amounts",
    "rounded",
    "not_ready",
    "given",
    "given_seconds",
)


def parse(
    text: str,
    parameters: frozenset[str] | set[str] = frozenset(),
    names: Mapping[str, str] = MappingProxyType({}),
) -> Expression:
    """A formula from its text.

    ``parameters``: the names that stand for numbers given later. ``names``: named parts,
    each a formula itself, put in where the formula has the name.

    Names are fields (``answered``, ``left.timed_out``, ``talk.sum``); signs are ``+ - *``;
    functions: ``within(wait_answered, T)`` (waits <= T), ``below`` (< T), ``short(S)``
    (abandoned within S; none where S is 0), ``passed(T)``, ``quantile(talk, 0.9)``,
    ``code("sale")``, ``score("csat", 4, 5)`` (answers of 4 to 5; without numbers: all),
    ``score_sum("csat", 1, 5)``, ``amount("cost")``, ``amounts("cost")`` (how many),
    ``rounded("calls")`` (an amount as a whole number), ``not_ready("lunch")``,
    ``given("forecast")``, ``given_seconds("paid")``.

    Raises:
        ConfigError: The text is no formula, or has a name nobody knows; the message says
            what would do.

    >>> parse("within(wait_answered, T)", {"T"}).fields({"T": 20})
    ('wait_answered.within:20000000',)
    """
    return Expression(text, _Reader(text, frozenset(parameters), names).read())


class _Reader:
    """From Python's syntax to ours, with every refusal in one place."""

    def __init__(
        self, text: str, parameters: frozenset[str], names: Mapping[str, str], depth: int = 0
    ) -> None:
        self._text = text
        self._parameters = parameters
        self._names = names
        self._depth = depth

    def read(self) -> Node:
        try:
            tree = ast.parse(self._text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise self._refused(f"is no formula ({error})") from None
        if sum(1 for _ in ast.walk(tree)) > _LONGEST:
            raise self._refused("is too long: give its parts names")
        return self._node(tree.body)

    def _refused(self, why: str) -> ConfigError:
        return ConfigError(f"formula {self._text!r} {why}")

    def _node(self, node: ast.expr) -> Node:  # noqa: PLR0911 (a branch a form)
        match node:
            case ast.Constant(value=int(value)) if not isinstance(value, bool):
                return Constant(value)
            case ast.Constant(value=value):
                raise self._refused(f"has the value {value!r}: only whole numbers")
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() as op, right=right):
                return Binary(_SIGNS[type(op)], self._node(left), self._node(right))
            case ast.BinOp(op=ast.Div()):
                raise self._refused("divides: put what it divides by into the denominator")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Binary("-", Constant(0), self._node(operand))
            case ast.Name(id=name) if name in self._parameters:
                return Parameter(name)
            case ast.Name(id=name) if name in self._names:
                return self._part(name)
            case ast.Name() | ast.Attribute():
                return self._field(self._dotted(node), ast.unparse(node))
            case ast.Call(func=ast.Name(id=function), args=args, keywords=[]):
                return self._call(function, args)
            case _:
                raise self._refused(
                    f"has {ast.unparse(node)!r}: fields, whole numbers, + - *, brackets and "
                    f"the functions {', '.join(_FUNCTIONS)} are all there is"
                )

    def _part(self, name: str) -> Node:
        if self._depth > 20:
            raise self._refused(f"has the named part {name!r}, which is made of itself")
        text = self._names[name]
        return _Reader(text, self._parameters, self._names, self._depth + 1).read()

    def _dotted(self, node: ast.expr) -> str:
        match node:
            case ast.Name(id=name):
                return name
            case ast.Attribute(value=value, attr=attr):
                return f"{self._dotted(value)}.{attr}"
            case _:
                raise self._refused(f"has {ast.unparse(node)!r}, which is no field")

    def _field(self, name: str, written: str) -> Field:
        if kind_of(name) is not None:
            return Field(name, written)
        if name in DISTRIBUTIONS:
            raise self._refused(f"has {name!r}, a distribution: say {name}.sum, .count, .p90 …")
        known = [*known_fields(), *self._parameters, *self._names]
        near = difflib.get_close_matches(name, known, n=3) or [*sorted(self._parameters), "offered"]
        raise self._refused(f"has no such field or parameter: {name!r} (near: {', '.join(near)})")

    def _call(self, function: str, args: list[ast.expr]) -> Node:  # noqa: PLR0911 (one a function)
        match function:
            case "within" | "below":
                distribution, threshold = self._arguments(function, args, 2, "distribution, T")
                return Ladder(function, self._ladder(distribution), self._seconds(threshold))
            case "short":
                (threshold,) = self._arguments(function, args, 1, "S")
                return Ladder(function, "wait_abandoned", self._seconds(threshold))
            case "passed":
                (threshold,) = self._arguments(function, args, 1, "T")
                return Ladder(function, "", self._seconds(threshold))
            case "quantile":
                distribution, share = self._arguments(function, args, 2, "distribution, 0.9")
                return self._quantile(self._dotted(distribution), share)
            case "score" | "score_sum":
                return self._score(function, args)
            case "code" | "amount" | "given" | "given_seconds":
                (name,) = self._arguments(function, args, 1, '"name"')
                return self._named(function, f"{function}.{self._word(name)}", self._word(name))
            case "amounts":
                (name,) = self._arguments(function, args, 1, '"name"')
                return self._named(function, f"amount.{self._word(name)}.count", self._word(name))
            case "rounded":
                (name,) = self._arguments(function, args, 1, '"name"')
                amount = self._named(function, f"amount.{self._word(name)}", self._word(name))
                return Field(amount.name, amount.written, rounded=True)
            case "not_ready":
                (name,) = self._arguments(function, args, 1, '"reason"')
                return self._named(function, f"time.not_ready.{self._word(name)}", self._word(name))
            case _:
                near = difflib.get_close_matches(function, _FUNCTIONS, n=3) or list(_FUNCTIONS)
                raise self._refused(f"has no such function: {function!r} (near: {', '.join(near)})")

    def _named(self, function: str, field: str, word: str) -> Field:
        return self._field(field, f"{function}({json.dumps(word, ensure_ascii=False)})")

    def _arguments(
        self, function: str, args: list[ast.expr], count: int, wanted: str
    ) -> list[ast.expr]:
        if len(args) != count:
            raise self._refused(f"has {function} with {len(args)} arguments: {function}({wanted})")
        return args

    def _ladder(self, node: ast.expr) -> str:
        name = self._dotted(node)
        if name not in LADDERS:
            raise self._refused(f"counts {name!r} by threshold: only {', '.join(LADDERS)}")
        return name

    def _seconds(self, node: ast.expr) -> str | int:
        match node:
            case ast.Name(id=name) if name in self._parameters:
                return name
            case ast.Constant(value=int(value) | float(value)) if not isinstance(value, bool):
                return to_micros(value, "threshold")
            case _:
                there = ", ".join(sorted(self._parameters)) or "none"
                raise self._refused(
                    f"has the threshold {ast.unparse(node)!r}: seconds, or a parameter of the "
                    f"KPI (it has: {there})"
                )

    def _quantile(self, distribution: str, share: ast.expr) -> Field:
        match share:
            case ast.Constant(value=float(value)) if 0.0 < value < 1.0:
                whole, _, rest = f"{value * 100:.6f}".rstrip("0").partition(".")
                name = f"{distribution}.p{whole}" + (f"_{rest}" if rest else "")
                return self._field(name, f"{distribution}.p{whole}" + (f".{rest}" if rest else ""))
            case _:
                raise self._refused(
                    f"has the quantile {ast.unparse(share)!r}: a number between 0 and 1, as 0.9"
                )

    def _score(self, function: str, args: list[ast.expr]) -> Node:
        if function == "score" and len(args) == 1:
            return self._field(f"score.{self._word(args[0])}", f'score("{self._word(args[0])}")')
        if function == "score" and len(args) == 2:
            args = [*args, args[1]]
        name, low, high = self._arguments(function, args, 3, '"name", low, high')
        word, least, most = self._word(name), self._whole(low), self._whole(high)
        if not 0 <= least <= most <= least + 100:
            raise self._refused(f"has scores from {least} to {most}: low to high, at most 101")
        node: Node | None = None
        for points in range(least, most + 1):
            answers: Node = self._field(f"score.{word}.{points}", f'score("{word}", {points})')
            if function == "score_sum":
                answers = Binary("*", Constant(points), answers)
            node = answers if node is None else Binary("+", node, answers)
        assert node is not None
        return node

    def _word(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=str(word)) if word:
                return one_name(word, f"formula {self._text!r}: name", '"sale"')
            case _:
                raise self._refused(f"has {ast.unparse(node)!r} where a name in quotes belongs")

    def _whole(self, node: ast.expr) -> int:
        match node:
            case ast.Constant(value=int(value)) if not isinstance(value, bool):
                return value
            case _:
                raise self._refused(f"has {ast.unparse(node)!r} where a whole number belongs")
