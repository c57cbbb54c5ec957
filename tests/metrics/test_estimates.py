"""Figures that are estimates past a bound, and say so wherever they are shown."""

import json

import pytest
from tests.metrics.engine import build
from tests.metrics.fake import CALLS, Fake

from ccroute import KpiAggregator
from ccroute.metrics import Kpi, Metrics, explain, read_calls

HEAD = "contact,queue,entered,outcome,wait,customer,agent"
PER_CUSTOMER = Kpi(
    id="my.calls_per_customer",
    title="Calls per customer",
    unit="n",
    numerator="offered",
    denominator="unique.customers",
)
KPIS = ["offered", "unique.customers", "wait.p90", PER_CUSTOMER]


def counted(queue: str, customers: int, aggregator: KpiAggregator) -> KpiAggregator:
    rows = (f"{queue}{n},{queue},{n},answered,{n % 90 + 1},{n},ana" for n in range(customers))
    read_calls([HEAD, *rows], source=queue).post(aggregator)
    return aggregator


@pytest.fixture
def metrics() -> Metrics:
    aggregator = counted("busy", 700, KpiAggregator())
    return Metrics(counted("quiet", 512, counted("small", 200, aggregator)))


def test_a_figure_of_many_customers_says_that_it_is_an_estimate(metrics: Metrics) -> None:
    table = metrics.report(kpis=KPIS)
    exact = {
        queue: [value.exact for _, value in table[queue]] for queue in ("busy", "quiet", "small")
    }
    assert exact == {
        "busy": [True, False, False, False],
        "quiet": [True, True, False, True],
        "small": [True, True, True, True],
    }
    assert table["busy"]["unique.customers"].value == pytest.approx(700, rel=0.05)


def test_an_estimate_is_marked_in_print(metrics: Metrics) -> None:
    table = metrics.report(kpis=KPIS, end=1_800.0)
    value = table["busy"]["unique.customers"]
    assert str(value) == f"~{value.value:.0f}"
    assert f"~{value.value:.0f}" in str(table)
    assert "; ~ estimate" in str(table).splitlines()[0]
    small = metrics.report(kpis=KPIS, where={"queue": ["small"]})
    assert "~" not in str(small)
    words = explain("unique.customers", table["busy"])
    assert words.endswith("exact:      no: an estimate")
    assert "no: an estimate" not in explain("unique.customers", table["small"])
    assert "no: an estimate" in explain(value)


def test_an_estimate_says_so_wherever_the_table_goes(metrics: Metrics) -> None:
    table = metrics.report(kpis=["unique.customers", "offered"])
    assert table.to_csv().splitlines()[:3] == [
        "queue,unique.customers,unique.customers.exact,offered,final,revision",
        f"busy,{table['busy']['unique.customers'].numerator},false,700,false,0",
        "quiet,512,true,512,false,0",
    ]
    assert table.to_numpy()["unique.customers.exact"].tolist() == [False, True, True]
    (busy, *_) = json.loads(table.to_json())["rows"]
    assert {name: kpi["exact"] for name, kpi in busy["kpis"].items()} == {
        "unique.customers": False,
        "offered": True,
    }
    (last, *_) = table.sorted("unique.customers", descending=True)
    assert not last["unique.customers"].exact


def test_what_is_not_counted_is_not_estimated() -> None:
    table = build(Fake(*CALLS), by=["agent"], kpis=["handled", "wait.p90"])
    assert table.column("wait.p90").lacking is not None
    assert all(row["wait.p90"].exact for row in table)
    # Rows that only another roll-up has hold nothing, exactly.
    rows = metrics_of_two_roll_ups()
    assert all(value.exact for row in rows for _, value in row)


def metrics_of_two_roll_ups() -> list[object]:
    aggregator = counted("small", 20, KpiAggregator())
    aggregator.fold("agent_signed_in", 1e6, agent="ben", source="small")
    aggregator.advance(1.1e6, source="small")
    return list(Metrics(aggregator).report((), interval="day", kpis=["time.signed_in", "wait.p90"]))


def test_the_share_of_rows_that_met_a_goal_is_as_exact_as_the_rows(metrics: Metrics) -> None:
    repeated = Kpi(
        id="my.repeated",
        title="Calls of customers who had called",
        unit="ratio",
        numerator="offered - unique.customers",
        denominator="offered",
    )
    table = metrics.report(kpis=[repeated])
    assert not table.attainment("my.repeated", 0.5).exact
    assert table.select("quiet").attainment("my.repeated", 0.5).exact
