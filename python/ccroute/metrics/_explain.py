"""Why a figure is what it is: formula, source, inputs and the arithmetic, in plain text."""

from collections.abc import Mapping

from ccroute.metrics._expression import Number
from ccroute.metrics._fields import BASES
from ccroute.metrics._kpi import Kpi, Value, bracketed
from ccroute.metrics._printing import shown
from ccroute.metrics._table import Row
from ccroute.metrics.registry import BUILT_IN, Registry, first_contact_named


def explain(
    kpi: str | Kpi | Value, row: Row | None = None, *, registry: Registry = BUILT_IN
) -> str:
    """A KPI in words; with a ``row`` of a report also its numbers and what comes of them.

    Args:
        kpi: An id or alias, with parameters if any; the KPI itself; or a figure, which is
            explained by what it carries.
        row: A row of a report that was asked for the KPI.
        registry: Where the KPI is looked up.

    Raises:
        ConfigError: There is no such KPI, or the report was not asked for it.

    >>> print(explain("sl.asterisk"))
    Service level: answered within T of answered
      id:         sl.answered_only (sl.asterisk)
      formula:    within(wait_answered, T) / answered
      parameters: T = 20 s
      bases:      all but split
      source:     Asterisk, apps/app_queue.c: ServicelevelPerf; ICMI, Queue Tips 2005: Service \
Level Calculations, second, advised against
      edge cases: Blind to abandons: rises when callers give up. Asterisk counts A when the \
call ends, which is the basis completion.
    """
    if isinstance(kpi, Value):
        return _explain_value(kpi, registry)
    if row is not None:
        name = kpi.id if isinstance(kpi, Kpi) else kpi
        column = row.table.column(name)
        setting = column.parameters[int(column.setting[row.place])]
        return "\n".join(
            [
                *_definition(column.kpi, setting),
                *_figure(arithmetic(column.kpi, row.inputs(name), setting), row[name]),
            ]
        )
    if isinstance(kpi, Kpi):
        return "\n".join(_definition(kpi, kpi.parameters))
    asked = registry.ask(kpi)
    return "\n".join(_definition(asked.kpi, asked.kpi.settled(asked.parameters)))


def arithmetic(
    kpi: Kpi, inputs: Mapping[str, Number | None], given: Mapping[str, Number] | None = None
) -> str:
    """The formula with the numbers put in: ``860 / (1000 + 60)``; durations in seconds."""
    parameters = kpi.settled(given or {})
    above = kpi.above.filled(inputs, parameters)
    if kpi.below is None:
        return above
    return f"{bracketed(above)} / {bracketed(kpi.below.filled(inputs, parameters))}"


def _definition(kpi: Kpi, setting: Mapping[str, Number]) -> list[str]:
    aliases = f" ({', '.join(kpi.aliases)})" if kpi.aliases else ""
    lines = [shown(kpi.title), _line("id", kpi.id + aliases), _line("formula", kpi.formula())]
    parts = [f"{name} = {text}" for name, text in kpi.names.items()]
    lines += [_line("where" if not place else "", part) for place, part in enumerate(parts)]
    if setting:
        lines.append(_line("parameters", kpi.spelt(setting, wide=True)))
    if kpi.computed_by is not None:
        lines.append(_line("given by", kpi.computed_by))
    elif kpi.bases != BASES:
        lines.append(_line("bases", kpi.bases_in_words()))
    lines.append(_line("source", kpi.source))
    if kpi.edge_cases:
        lines.append(_line("edge cases", kpi.edge_cases))
    return lines


def _explain_value(value: Value, registry: Registry) -> str:
    """The definition by the variant's name, and the two numbers the figure carries."""
    stem = value.variant.partition("(")[0]
    kpi = registry.get(stem) or first_contact_named(stem) or registry.find(stem)
    setting = registry.ask(value.variant).parameters if kpi.parameters else {}
    words = "-" if value.numerator is None else f"{value.numerator:g}"
    if isinstance(value.numerator, int):
        words = str(value.numerator)
    if value.denominator is not None:
        words += f" / {value.denominator}"
    if kpi.computed_by is None and kpi.above.scale():
        words += " (durations in µs, amounts in millionths)"
    return "\n".join([*_definition(kpi, kpi.settled(setting)), *_figure(words, value)])


def _figure(words: str, value: Value) -> list[str]:
    result = str(value)
    if value.reason is not None:
        result += f" ({value.reason})"
    count = "not counted" if value.n is None else str(value.n)
    final = "yes" if value.final else "no"
    if value.revision:
        times = "once" if value.revision == 1 else f"{value.revision} times"
        final += f", corrected {times} since"
    lines = [
        _line("numbers", f"{words} = {result}"),
        _line("basis", value.basis),
        _line("n", count),
        _line("final", final),
    ]
    return lines if value.exact else [*lines, _line("exact", "no: an estimate")]


def _line(name: str, text: str) -> str:
    return f"  {name + ':' if name else '':<11} {shown(text)}"
