"""The catalogue as pages of Markdown, whose examples run: one a section, and a list of all."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ccroute.metrics._fields import BASES
from ccroute.metrics._kpi import Example, Kpi

_MADE = "<!-- made by `python -m ccroute.metrics.registry docs/metrics`: edit the registry -->\n"
_UNITS: Mapping[str, str] = {
    "ratio": "a share, printed as a percentage",
    "s": "seconds",
    "n": "a number",
    "1/h": "per hour",
    "money": "money, in the currency that was fed",
    "points": "points",
    "-": "a bare number",
}
_WIDTH = 98


def pages(sections: Mapping[str, Sequence[Kpi]]) -> dict[str, str]:
    """The text of each page by its file's name."""
    listed = {_file(name): _page(name, kpis) for name, kpis in sections.items()}
    return {"catalogue.md": _catalogue(sections), **listed}


def _file(section: str) -> str:
    return "kpis-" + re.sub(r"[^a-z]+", "-", section.lower()) + ".md"


# The list ------------------------------------------------------------------------------


def _catalogue(sections: Mapping[str, Sequence[Kpi]]) -> str:
    where = {kpi.id: _file(name) for name, kpis in sections.items() for kpi in kpis}
    every = [kpi for kpis in sections.values() for kpi in kpis]
    numbers: dict[int, list[Kpi]] = {}
    for kpi in every:
        for number in kpi.number:
            numbers.setdefault(number, []).append(kpi)
    links = ", ".join(f"[{name.lower()}]({_file(name)})" for name in sections)
    about = (
        f"{len(every)} definitions of {len(numbers)} figures, each with its formula, source, edge "
        f"cases and an example that the tests run: {links}. `ccroute kpis` lists them at a "
        "prompt, `ccroute kpis sl.asterisk` explains one."
    )
    lines = [
        _MADE,
        "# All KPIs",
        "",
        *_wrapped(about),
        "",
        "## By figure",
        "",
        "Definitions that go by one name in the field share a number.",
        "",
        "| no. | definitions |",
        "|---|---|",
    ]
    for number in sorted(numbers):
        links = ", ".join(_link(kpi, where) for kpi in numbers[number])
        lines.append(f"| {number} | {links} |")
    lines += ["", "## By other names", "", "| name | is |", "|---|---|"]
    aliases = {alias: kpi for kpi in every for alias in kpi.aliases}
    lines += [f"| `{alias}` | {_link(aliases[alias], where)} |" for alias in sorted(aliases)]
    return "\n".join(lines) + "\n"


def _link(kpi: Kpi, where: Mapping[str, str]) -> str:
    return f"[`{kpi.id}`]({where[kpi.id]}#{_anchor(kpi.id)})"


def _anchor(title: str) -> str:
    """As the site makes it of a heading in backticks."""
    return re.sub(r"[^\w-]", "", title.lower())


# A section -----------------------------------------------------------------------------


def _page(section: str, kpis: Sequence[Kpi]) -> str:
    lines = [_MADE, f"# {section}", "", *_wrapped(_INTRODUCTION), ""]
    lines += ["```python", *_imports(kpis), "```", ""]
    for kpi in kpis:
        lines += [*_entry(kpi), ""]
    return "\n".join(lines)


_INTRODUCTION = (
    "T and S are thresholds in seconds: a queue's own where it has them. Every figure carries "
    "numerator, denominator, n, the variant's name, whether it is final, and its revision; "
    "nothing out of nothing is `None`. The words of the formulas are those of "
    "[the concepts](index.md)."
)


def _imports(kpis: Iterable[Kpi]) -> Iterator[str]:
    codes = [kpi.example.code for kpi in kpis if kpi.example is not None and kpi.example.code]
    words = {word for code in codes for word in re.findall(r"[a-z_]+(?=\()", code)}
    public = words & {"adherence", "conformance", "first_contact_resolution", "gini",
                      "occupancy_fairness", "peak_concurrency"}  # fmt: skip
    by_hand = words & {"calls", "kaplan_meier", "spans", "visits"} | {"worked"}
    if "timedelta" in words:
        yield "from datetime import timedelta"
        yield ""
    if public:
        yield f"from ccroute.metrics import {', '.join(sorted(public))}"
    yield f"from ccroute.metrics.examples import {', '.join(sorted(by_hand))}"


def _entry(kpi: Kpi) -> Iterator[str]:
    yield f"## `{kpi.id}`"
    yield ""
    yield from _wrapped(f"{kpi.title}.")
    yield ""
    yield from _item("formula", f"`{kpi.formula()}`")
    if kpi.names:
        parts = "; ".join(f"`{name}` is `{formula}`" for name, formula in kpi.names.items())
        yield from _item("where", parts)
    if kpi.parameters:
        yield from _item("parameters", kpi.spelt(kpi.parameters, wide=True))
    yield from _item("unit", _UNITS[kpi.unit])
    if kpi.computed_by is not None:
        yield from _item("given by", f"`{kpi.computed_by}`: it is no formula over cells")
    else:
        yield from _item("bases", re.sub("|".join(BASES), r"`\g<0>`", kpi.bases_in_words()))
        yield from _item("adding up", _sums(kpi))
    if kpi.aliases:
        yield from _item("also", ", ".join(f"`{alias}`" for alias in kpi.aliases))
    yield from _item("source", kpi.source)
    yield from _item("edge cases", kpi.edge_cases)
    if kpi.example is not None:
        yield ""
        yield "```python"
        yield from _example(kpi.id, kpi.example)
        yield "```"


def _sums(kpi: Kpi) -> str:
    if not kpi.additive:
        return "not the sum of its rows"
    apart = [f"`{basis}`" for basis in kpi.bases if not kpi.adds_up(basis)]
    touched = f"; not on {', '.join(apart)}, which counts cells touched" if apart else ""
    return "the rows of a report add up" + touched


def _example(name: str, example: Example) -> Iterator[str]:
    if example.code is not None:
        yield f'assert str({example.code}) == "{example.printed}"'
        return
    numbers = [f"{_quoted(symbol)}: {number:g}" for symbol, number in example.numbers.items()]
    if any(float(f"{number:g}") != number for number in example.numbers.values()):
        numbers = [f"{_quoted(symbol)}: {number!r}" for symbol, number in example.numbers.items()]
    line = f'assert str(worked("{name}", {{{", ".join(numbers)}}})) == "{example.printed}"'
    if len(line) <= _WIDTH:
        yield line
        return
    yield "numbers = {"
    yield from (f"    {number}," for number in numbers)
    yield "}"
    yield f'assert str(worked("{name}", numbers)) == "{example.printed}"'


def _quoted(symbol: str) -> str:
    return f"'{symbol}'" if '"' in symbol else f'"{symbol}"'


def _item(name: str, text: str) -> Iterator[str]:
    yield from _wrapped(f"- {name}: {text}", "  ")


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
