"""The catalogue: complete, sourced, and every entry with an example that comes out."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.metrics.engine import build, parse
from tests.metrics.telling import DAY, conversation, in_time, told, waited

import ccroute.metrics
from ccroute import ConfigError
from ccroute.metrics import (
    BASES,
    BUILT_IN,
    LEFT_CAUSES,
    Kpi,
    Metrics,
    Registry,
    Value,
    examples,
    kind_of,
    records,
)
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
        number = self.fields.get(field, int(field.endswith(".exact")))
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


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
def test_the_example_comes_out(kpi: Kpi) -> None:
    assert kpi.example is not None
    numbers = dict(kpi.example.numbers)
    if kpi.example.code is not None:
        names = {**vars(examples), **vars(ccroute.metrics), "timedelta": timedelta}
        assert str(eval(kpi.example.code, names)) == kpi.example.printed
    elif kpi.computed_by is not None:
        assert str(examples.worked(kpi, numbers)) == kpi.example.printed
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


@pytest.fixture(scope="module")
def given_by() -> dict[str, object]:
    """All that what gives the other KPIs is said to be made of."""
    metrics = Metrics()
    told(
        metrics.aggregator,
        *in_time(
            conversation("c1", 0.0), waited("c2", 1.0, 9.0), [("contact_queued", 2.0, "c3", None)]
        ),
    )
    whole = metrics.visits(DAY, DAY + 900.0)
    spans = examples.spans(("work", 0, 50))
    return {
        **vars(ccroute.metrics),
        "timedelta": timedelta,
        "live": lambda: metrics.live(DAY + 80.0),
        "counters": metrics.counters,
        "report": metrics.report(),
        "kpi": "sl.answered_within",
        "goal": 0.8,
        "queue": "billing",
        "minutes": 5,
        "within": 20.0,
        "now": DAY + 80.0,
        "records": records([visit for visit in whole if visit.wait is not None]),
        "states": spans,
        "schedule": spans,
        "handling": [60, 80],
        "there": [100, 100],
    }


@pytest.mark.parametrize(
    "kpi", [kpi for kpi in KPIS if kpi.computed_by is not None], ids=lambda kpi: kpi.id
)
def test_what_is_no_formula_is_read_off_what_is_named(
    kpi: Kpi, given_by: dict[str, object]
) -> None:
    assert kpi.computed_by is not None
    found = eval(kpi.computed_by, given_by)
    if kpi.id.startswith("data."):
        assert {kpi.numerator, kpi.denominator} <= found.keys()
    elif isinstance(found, Value):
        assert found.variant.startswith(kpi.id)
    else:
        assert found is None or isinstance(found, int | float)


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
    assert [basis for basis in BASES if not BUILT_IN["offered"].adds_up(basis)] == ["split"]
    assert BUILT_IN["time.talk"].adds_up("split")
    assert BUILT_IN["time.talk"].additive
    for name in ("asa", "wait.p90", "wait.longest", "unique.customers", "sl.answered_within"):
        assert not BUILT_IN[name].additive


def test_bases_follow_from_the_fields() -> None:
    assert BUILT_IN["answered"].bases == ("offered", "event", "completion", "sl_event")
    assert BUILT_IN["answered"].bases_in_words() == "all but split"
    assert BUILT_IN["unique.customers"].bases == ("offered",)
    for kpi in KPIS:
        if kpi.computed_by is None:
            passes = "passed(T)" in f"{kpi.numerator} {kpi.denominator}"
            assert (kpi.bases == ("sl_event",)) is passes
    on_split = {kpi.id for kpi in KPIS if kpi.computed_by is None and "split" in kpi.bases}
    assert {"offered", "conversations", "time.idle", "occupancy.handling"} <= on_split
    assert not {"answered", "asa", "att", "sl.answered_within", "wait.p90", "left"} & on_split


def test_every_cause_of_leaving_has_its_kpis() -> None:
    for cause in LEFT_CAUSES:
        assert BUILT_IN[f"left.{cause}"].numerator == f"left.{cause}"
        assert BUILT_IN[f"flow_out.{cause}"].denominator == "offered"


def test_callbacks_that_took_several_attempts_are_one_success() -> None:
    numbers = {"callbacks_taken": 1, "callbacks_failed": 3, 'code("callback.reached")': 1}
    assert figure(BUILT_IN["callback.success"], numbers) == "100.0 %"


def test_connects_service_level_is_of_all_that_was_decided() -> None:
    numbers = {"within(wait_answered, T)": 5, "within(wait_left, T)": 3, "passed(T)": 2}
    assert figure(BUILT_IN["sl.connect"], numbers) == "80.0 %"
    assert figure(BUILT_IN["sl.at_event"], numbers) == "71.4 %"


def test_the_sample_of_machine_detection_is_not_its_estimate() -> None:
    sample = {'code("dial.amd_false_positive")': 2, 'code("dial.amd_sampled")': 200}
    live = {'code("dial.live")': 1000, 'code("dial.live_abandoned")': 20}
    assert figure(BUILT_IN["amd.false_positive"], {**sample, **live}) == "1.0 %"
    assert figure(BUILT_IN["dialler.abandon_uk"], {**sample, **live}) == "2.0 %"
    estimated = {**live, 'rounded("dial.amd_estimated")': 10.4}
    assert figure(BUILT_IN["dialler.abandon_uk"], estimated) == "3.0 %"


def test_parameters_are_spelt_in_one_way() -> None:
    kpi = BUILT_IN["sl.genesys"]
    assert kpi.spelt(kpi.parameters) == "T=20s, S=5s, flowouts=0, shorts=1, abandons=1"
    assert kpi.spelt({"T": 30, "S": None}, wide=True) == "T = 30 s, S: own"


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
        ("sl.genesys(shorts=7)", "KPI 'sl.genesys': shorts = 7 is a switch: 0 or 1"),
        ("sl.genesys(flowouts=-1)", "flowouts = -1 is a switch"),
        ("sl.genesys(abandons=0.5)", "abandons = 0.5 is a switch"),
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
        ({"parameters": {"T": 2}, "switches": ("T",)}, "T = 2 is a switch"),
        ({"switches": ("on",)}, "'on' is none of its parameters"),
        ({"numerator": "talk.sum"}, "'my.rate' has the unit 'ratio', but 'talk.sum' is a duration"),
        ({"numerator": "wait_answered.p90"}, "a duration or amount and 'offered' a count"),
        ({"denominator": None, "unit": "s"}, "'answered' is a count and '1' a count"),
        ({"unit": "1/h"}, "the unit of that is 'ratio' or 'n'"),
        ({"bases": ("split",)}, "counted on offered and event and completion and sl_event"),
        ({"numerator": "passed(20)", "bases": ("event",)}, "are counted on sl_event"),
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
