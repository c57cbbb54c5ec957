"""The catalogue: complete, sourced, and every entry with an example that comes out."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.metrics.engine import build, parse

import ccroute.metrics
from ccroute import ConfigError
from ccroute.metrics import BUILT_IN, Kpi, Registry, kind_of
from ccroute.metrics.registry import SECTIONS

KPIS = list(BUILT_IN)
PAGE = Path(__file__).parents[2] / "docs" / "metrics" / "index.md"


class Told:
    """A source of one row, whose fields are what it is told; the others are 0."""

    def __init__(self, fields: Mapping[str, float]) -> None:
        self.fields = fields

    def query(self, by, fields, *, basis, edges, where, now):  # type: ignore[no-untyped-def]
        return {
            "interval": np.zeros(1, dtype=np.int64),
            "labels": {},
            "columns": {field: self.column(field) for field in fields},
            "final": np.ones(1, dtype=np.bool_),
            "revision": np.zeros(1, dtype=np.uint32),
        }

    def column(self, field: str) -> np.ndarray:
        number = self.fields.get(field, 0)
        match kind_of(field):
            case "seconds":
                return np.array([number], dtype=np.float64)
            case "duration" | "extreme" | "amount":
                return np.array([round(number * 1_000_000)])
            case _:
                return np.array([number], dtype=np.int64)

    def interval(self) -> float:
        return 900.0

    def set_target(self, queue: str, within: float) -> None:
        """No live view looks at it."""


def figure(kpi: Kpi, numbers: Mapping[str, float]) -> str:
    """What the KPI prints for a table of numbers by symbol."""
    symbols = kpi.above.symbols(kpi.parameters)
    for formula in (kpi.below, kpi.observations):
        symbols |= {} if formula is None else formula.symbols(kpi.parameters)
    for symbol in numbers:  # a table may have more than one formula needs, but no misspelling
        parse(symbol, {"T", "S"})
    fields = {field: numbers.get(symbol, 0) for symbol, field in symbols.items()}
    outside = {field for field in fields if field.startswith("given")}
    given = {field.partition(".")[2]: fields[field] for field in outside}
    length = fields.get("interval.length")
    bounds = {} if length is None else {"start": 0.0, "end": float(length)}
    row = build(Told(fields), by=(), kpis=[kpi], given=given, **bounds)[()]
    return str(row[kpi.id])


def computed(kpi: Kpi, numbers: Mapping[str, float]) -> str:
    """The same for inputs that are no fields: they are parameters here."""
    plain = Kpi(
        id="x",
        title="X",
        unit=kpi.unit,
        numerator=kpi.numerator,
        denominator=kpi.denominator,
        parameters=numbers,
    )
    return figure(plain, {})


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
def test_the_example_comes_out(kpi: Kpi) -> None:
    assert kpi.example is not None
    numbers = dict(kpi.example.numbers)
    if kpi.example.code is not None:
        names = {**vars(ccroute.metrics), "timedelta": timedelta}
        assert str(eval(kpi.example.code, names)) == kpi.example.printed
    elif kpi.computed_by is not None:
        assert computed(kpi, numbers) == kpi.example.printed
    else:
        assert figure(kpi, numbers) == kpi.example.printed


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
def test_every_entry_is_sourced_and_made_of_known_fields(kpi: Kpi) -> None:
    assert kpi.source
    assert kpi.edge_cases.endswith(".")
    assert kpi.number
    assert kpi.title
    if kpi.computed_by is None:
        assert all(kind_of(field) is not None for field in kpi.fields({}))


def test_every_row_of_the_catalogue_is_covered() -> None:
    assert {number for kpi in KPIS for number in kpi.number} == set(range(1, 80))


def test_ids_and_aliases_are_unique() -> None:
    names = BUILT_IN.names()
    assert len(names) == len(set(names))
    assert len(BUILT_IN) == sum(map(len, SECTIONS.values()))


def test_names_already_documented_stay() -> None:
    documented = set(re.findall(r"`((?:sl|abandon|occupancy)\.[a-z_]+)`", PAGE.read_text()))
    assert documented <= set(BUILT_IN.names())
    assert "sl.answered_within" in documented


@pytest.mark.parametrize(
    ("alias", "variant"),
    [
        ("sl.asterisk", "sl.answered_only"),
        ("sl.asterisk2", "sl.abandons_credited"),
        ("sl.cisco.ignore", "sl.late_abandons"),
        ("sl.cisco.negative", "sl.answered_within"),
        ("sl.cisco.positive", "sl.abandons_credited"),
    ],
)
def test_vendors_names_are_other_names_of_a_variant(alias: str, variant: str) -> None:
    assert BUILT_IN[alias] is BUILT_IN[variant]


@pytest.mark.parametrize(
    ("switches", "same"),
    [
        ({}, "sl.answered_within"),
        ({"flowouts": 1}, "sl.with_flow_outs"),
        ({"shorts": 0}, "sl.short_excluded"),
        ({"abandons": 0}, "sl.no_abandons"),
        ({"abandons": 0, "shorts": 0}, "sl.answered_only"),
    ],
)
def test_genesys_switches_give_the_plain_variants(switches: dict[str, int], same: str) -> None:
    numbers = {
        "answered": np.array([1000]),
        "abandoned": np.array([60]),
        "left": np.array([15]),
        "wait_answered.within:20000000": np.array([860]),
        "wait_abandoned.within:5000000": np.array([10]),
    }
    family, plain = BUILT_IN["sl.genesys"], BUILT_IN[same]
    assert family.below is not None
    assert plain.below is not None
    settled = family.settled(switches)
    assert (
        family.below.evaluate(numbers, settled, 1).tolist()
        == plain.below.evaluate(numbers, plain.parameters, 1).tolist()
    )


@pytest.mark.parametrize(
    ("kpi", "answered", "abandoned", "late", "expected"),
    [
        ("sl.cisco.ignore", 70, 10, 20, "77.8 %"),
        ("sl.cisco.negative", 70, 10, 20, "70.0 %"),
        ("sl.cisco.positive", 70, 10, 20, "80.0 %"),
    ],
)
def test_the_cisco_example(
    kpi: str, answered: int, abandoned: int, late: int, expected: str
) -> None:
    numbers = {
        "answered": answered + late,
        "abandoned": abandoned,
        "within(wait_answered, T)": answered,
        "within(wait_abandoned, T)": abandoned,
    }
    assert figure(BUILT_IN[kpi], numbers) == expected


def test_the_icmi_example() -> None:
    expected = {
        "sl.abandons_credited": "83.0 %",
        "sl.answered_only": "86.0 %",
        "sl.answered_within": "81.1 %",
        "sl.late_abandons": "82.7 %",
        "sl.short_credited": "82.1 %",
    }
    icmi = {"answered": 1000, "abandoned": 60, "short(S)": 10}
    icmi |= {"within(wait_answered, T)": 860, "within(wait_abandoned, T)": 20}
    assert {name: figure(BUILT_IN[name], icmi) for name in expected} == expected


def test_counts_add_up_and_ratios_do_not() -> None:
    assert BUILT_IN["offered"].additive
    assert BUILT_IN["time.talk"].additive
    for name in ("asa", "wait.p90", "wait.longest", "unique.customers", "sl.answered_within"):
        assert not BUILT_IN[name].additive


def mine(name: str = "my.rate") -> Kpi:
    return Kpi(id=name, title="Mine", unit="ratio", numerator="answered", denominator="offered")


def test_own_kpis_live_in_a_registry_of_their_own() -> None:
    own = BUILT_IN.child()
    own.add(mine())
    assert own["my.rate"].source == "own"
    assert "my.rate" not in BUILT_IN
    assert len(list(own)) == len(BUILT_IN) + 1
    assert "sl.asterisk" in own


def test_the_built_in_registry_is_closed() -> None:
    with pytest.raises(ConfigError, match="child"):
        BUILT_IN.add(mine())


def test_a_taken_name_is_refused() -> None:
    with pytest.raises(ConfigError, match="is taken"):
        BUILT_IN.child().add(mine("sl.asterisk"))


def test_an_unknown_name_is_told_what_comes_near() -> None:
    with pytest.raises(ConfigError, match=r"sl\.answered_within"):
        BUILT_IN.find("sl.answerd_within")
    with pytest.raises(ConfigError, match=r"near: sl\.answered_within"):
        BUILT_IN.find("sl")
    with pytest.raises(KeyError):
        BUILT_IN["nothing.at.all"]


def test_parameters_are_read_from_the_name() -> None:
    asked = BUILT_IN.ask("sl.short_excluded(T=30s, S=0)")
    assert asked.kpi.variant(asked.parameters) == "sl.short_excluded(T=30s, S=0s)"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("asa(T=20)", "has no parameter 'T'"),
        ("sl.answered_within(U=20)", "it has: T"),
        ("sl.answered_within(20)", "numbers by name"),
        ("sl.answered_within(T=20", "numbers by name"),
        ("sl.answered_within(T=-1)", "number of seconds"),
        ("sl.answered_within(T=20, T=30)", "numbers by name"),
        ("sl.answered_within(T=x)", "numbers by name"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        BUILT_IN.ask(text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"id": "My rate"}, "dotted words"),
        ({"unit": "percent"}, "has the unit"),
        ({"numerator": "answerd"}, "my.rate"),
        ({"bases": ("whenever",)}, "has the basis"),
        ({"denominator": "time.talk"}, "observations"),
        ({"parameters": {"T": float("nan")}}, "finite"),
    ],
)
def test_a_kpi_that_cannot_be_is_refused(changed: dict[str, object], words: str) -> None:
    plain = {"id": "my.rate", "title": "Mine", "unit": "ratio", "numerator": "answered"}
    with pytest.raises(ConfigError) as refused:
        Kpi(**{**plain, "denominator": "offered", **changed})  # type: ignore[arg-type]
    assert words in str(refused.value)


def test_an_empty_registry_says_so() -> None:
    with pytest.raises(ConfigError, match="iterate over the registry"):
        Registry().find("asa")
