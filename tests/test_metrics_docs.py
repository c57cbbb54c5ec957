"""The pages of the catalogue: made from the registry, complete, and not stale."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ccroute import KpiAggregator
from ccroute.metrics import BUILT_IN, DIMENSIONS, Metrics
from ccroute.metrics.examples import worked

FOLDER = Path(__file__).parents[1] / "docs" / "metrics"
FIGURES = set(range(1, 80))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("made")
    command = [sys.executable, "-m", "ccroute.metrics.registry", str(folder)]
    subprocess.run(command, check=True)
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_the_pages_are_those_that_the_registry_makes(made: dict[str, str]) -> None:
    there = [*FOLDER.glob("kpis-*.md"), FOLDER / "catalogue.md"]
    assert {path.name for path in there} == made.keys()
    stale = [path.name for path in there if path.read_text() != made[path.name]]
    assert stale == [], "write them anew: python -m ccroute.metrics.registry docs/metrics"


def test_every_figure_has_a_definition(made: dict[str, str]) -> None:
    listed = {
        int(number) for number in re.findall(r"^\| (\d+) \|", made["catalogue.md"], re.MULTILINE)
    }
    assert listed == FIGURES


def test_every_definition_is_told_whole(made: dict[str, str]) -> None:
    told = "\n".join(text for name, text in made.items() if name != "catalogue.md")
    entries = dict(re.findall(r"^## `([^`]+)`\n(.*?)(?=^## |\Z)", told, re.MULTILINE | re.DOTALL))
    assert entries.keys() == {kpi.id for kpi in BUILT_IN}
    parts = ("- formula: ", "- unit: ", "- source: ", "- edge cases: ", "```python\n", "assert ")
    lacking = {
        (name, part) for name, entry in entries.items() for part in parts if part not in entry
    }
    assert lacking == set()


def test_every_link_of_the_list_has_its_heading(made: dict[str, str]) -> None:
    for name, anchor in re.findall(r"\((kpis-[\w-]+\.md)#([\w-]+)\)", made["catalogue.md"]):
        headings = re.findall(r"^## `(.+)`$", made[name], re.MULTILINE)
        assert anchor in {re.sub(r"[^\w-]", "", heading) for heading in headings}


def test_every_counter_is_told() -> None:
    page = (FOLDER / "counting.md").read_text()
    told = set(
        re.findall(r"^\| `(\w+)` \|", page.partition("## What cannot be counted")[2], re.MULTILINE)
    )
    assert told == KpiAggregator().counters().keys()


def test_every_basis_and_dimension_is_told() -> None:
    page = (FOLDER / "counting.md").read_text()
    for word in (*KpiAggregator().bases(), *DIMENSIONS):
        assert f"`{word}`" in page
    for dimension in DIMENSIONS:
        assert f"``{dimension}``" in (Metrics.report.__doc__ or "")
        assert len(Metrics().report(dimension)) == 0, "the aggregator knows it"


def test_numbers_by_hand_come_to_the_figure() -> None:
    numbers = {"within(wait_answered, T)": 860, "answered": 1000, "abandoned": 60}
    value = worked("sl.answered_within(T=30)", numbers)
    assert (str(value), value.variant) == ("81.1 %", "sl.answered_within(T=30s)")
    assert (value.numerator, value.denominator, value.n) == (860, 1060, 1060)
    assert worked("sl.live", {"waiting": 0, "waiting_past_T": 0}).value is None
