"""OTLP, through opentelemetry's own protobuf messages and back."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from ccroute import ConfigError, KpiAggregator
from ccroute.export import OtlpExporter, families, otlp

CUMULATIVE, DELTA = 2, 1


def metrics_of(request):
    """By name, after a way through bytes."""
    read = ExportMetricsServiceRequest.FromString(request.SerializeToString())
    (resource,) = read.resource_metrics
    (scope,) = resource.scope_metrics
    assert len({metric.name for metric in scope.metrics}) == len(scope.metrics)
    return {metric.name: metric for metric in scope.metrics}


def attributes_of(point):
    return {pair.key: pair.value.string_value for pair in point.attributes}


def points_of(metric):
    return getattr(metric, metric.WhichOneof("data")).data_points


def point(metrics, name, **attributes):
    wanted = {f"ccroute.{key}": value for key, value in attributes.items()}
    (found,) = (each for each in points_of(metrics[name]) if attributes_of(each) == wanted)
    return found


def buckets_of(spread):
    first = spread.positive.offset
    return {first + n: count for n, count in enumerate(spread.positive.bucket_counts) if count}


def answered(request):
    """The waits of the answered, or ``None``."""
    found = metrics_of(request).get("ccroute.queue.wait")
    for spread in points_of(found) if found is not None else ():
        if attributes_of(spread)["ccroute.outcome"] == "answered":
            return spread
    return None


@given(st.lists(st.one_of(st.just(0), st.integers(1, 10**11)), max_size=500))
def test_exponential_histograms_are_the_cores(posted, micros: list[int]) -> None:
    counting = posted([wait / 1e6 for wait in micros])
    spread = answered(otlp(counting, now=2_000_000_000.0, start=1_000.0))
    if not micros:
        assert spread is None
        return
    ((_, _, zeros, total, buckets),) = counting.distributions(("queue",), "wait_answered")
    assert spread.scale == 6
    assert buckets_of(spread) == dict(buckets)
    assert (spread.zero_count, spread.zero_threshold) == (zeros, 0.0)
    assert (spread.count, spread.sum) == (len(micros), total / 1e6)
    assert spread.max == max(micros) / 1e6
    assert spread.start_time_unix_nano == 1_000 * 10**9
    assert spread.time_unix_nano == 2 * 10**18


@given(st.lists(st.integers(1, 10**11), min_size=1, max_size=300), st.sampled_from([2, 20, 160]))
def test_fewer_buckets_hold_the_same_counts(posted, micros: list[int], most: int) -> None:
    counting = posted([wait / 1e6 for wait in micros])
    fine = buckets_of(answered(otlp(counting, now=2e9)))
    coarse = answered(otlp(counting, now=2e9, most_buckets=most))
    assert len(coarse.positive.bucket_counts) <= most
    shift = 6 - coarse.scale
    expected: dict[int, int] = {}
    for index, count in fine.items():
        expected[index >> shift] = expected.get(index >> shift, 0) + count
    assert buckets_of(coarse) == expected
    if shift:  # no coarser than it must be
        finer = [index >> (shift - 1) for index in fine]
        assert max(finer) - min(finer) >= most


def test_numbers_have_their_kind_and_unit(centre: KpiAggregator) -> None:
    metrics = metrics_of(otlp(centre, now=430.0, goals={"billing": 0.8}))
    contacts = metrics["ccroute.contacts"]
    assert (contacts.unit, contacts.sum.is_monotonic) == ("{contact}", True)
    assert contacts.sum.aggregation_temporality == CUMULATIVE
    billing = {"queue": "billing", "channel": "voice"}
    assert point(metrics, "ccroute.contacts", **billing, outcome="answered").as_int == 2
    assert point(metrics, "ccroute.left_wait", **billing).as_double == 33
    sales = {"queue": "sales", "channel": "chat"}
    assert point(metrics, "ccroute.queue.oldest_wait", **sales).as_double == 30
    assert point(metrics, "ccroute.sl.goal", queue="billing").as_double == 0.8
    assert metrics["ccroute.queue.waiting"].WhichOneof("data") == "gauge"


def test_every_metric_emitted_is_in_the_catalogue(centre: KpiAggregator) -> None:
    catalogue = {family.name: family for family in families()}
    metrics = metrics_of(otlp(centre, now=430.0, agents=("team", "agent"), goals={"q": 0.5}))
    data = {"counter": "sum", "gauge": "gauge", "info": "gauge"}
    for name, metric in metrics.items():
        family = catalogue[name]
        assert (metric.unit, metric.description) == (family.unit, family.help)
        assert metric.WhichOneof("data") == data.get(family.kind, "exponential_histogram")
        slices = {"visits": {"queue", "channel"}, "agents": {"team", "agent"}, "none": set()}
        allowed = {f"ccroute.{label}" for label in slices[family.slices] | set(family.labels)}
        for each in points_of(metric):
            assert attributes_of(each).keys() <= allowed


def test_prometheus_would_give_them_the_names_of_the_scrape() -> None:
    suffixes = {"s": "_seconds", "1": "_ratio"}
    for family in families():
        if family.kind != "info":  # OTLP has none
            total = "_total" if family.kind == "counter" else ""
            name = family.name.replace(".", "_") + suffixes.get(family.unit, "") + total
            assert family.sample == name


def test_differences_add_up_to_the_totals(post) -> None:
    counting = KpiAggregator()
    exporter = OtlpExporter(counting, temporality="delta", start=5.0)
    whole = OtlpExporter(counting)
    batches = [[0.0, 3.0, 3.0], [], [700.0, 0.0], [3.0]]
    count, total, zeros, first, before = 0, 0.0, 0, 1, 5
    buckets: dict[int, int] = {}
    offered = 0
    for turn, waits in enumerate(batches):
        now = 10.0 * (turn + 1)
        post(counting, waits, first=first)
        first += len(waits)
        request = exporter.export(now)
        spread = answered(request)
        assert spread.start_time_unix_nano == before * 10**9
        assert spread.time_unix_nano == now * 10**9
        assert not spread.HasField("max")
        before = int(now)
        count, total, zeros = count + spread.count, total + spread.sum, zeros + spread.zero_count
        for index, n in buckets_of(spread).items():
            buckets[index] = buckets.get(index, 0) + n
        metric = metrics_of(request)["ccroute.offered_contacts"]
        assert metric.sum.aggregation_temporality == DELTA
        offered += metric.sum.data_points[0].as_int
        cumulative = answered(whole.export(now))
        assert (count, total, zeros) == (cumulative.count, cumulative.sum, cumulative.zero_count)
        assert buckets == buckets_of(cumulative)
    assert (count, offered) == (6, 6)


def test_no_difference_is_negative_after_a_correction(post, posted) -> None:
    counting = posted([10.0, 10.0])
    exporter = OtlpExporter(counting, temporality="delta")
    exporter.export(10.0)
    post(counting, [40.0], revision=2)
    for metric in metrics_of(exporter.export(20.0)).values():
        if metric.WhichOneof("data") == "sum":
            assert all(each.as_int >= 0 and each.as_double >= 0 for each in points_of(metric))
    assert answered(exporter.export(30.0)).count == 0


def test_resource_says_who_we_are(centre: KpiAggregator) -> None:
    resource = {"service.name": "desk", "host.id": 7, "primary": True, "load": 0.5}
    request = otlp(centre, now=430.0, resource=resource)
    pairs = request.resource_metrics[0].resource.attributes
    found = {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
    assert found == resource
    (plain,) = otlp(centre, now=430.0).resource_metrics[0].resource.attributes
    assert (plain.key, plain.value.string_value) == ("service.name", "ccroute")


def test_without_the_extra_the_message_says_what_to_install(monkeypatch) -> None:
    for name in list(sys.modules):
        if name.startswith(("opentelemetry", "ccroute.export._otlp_messages")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(sys.modules["ccroute.export"], "_otlp_messages", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(
        ConfigError, match=r"opentelemetry is missing: pip install 'ccroute\[otel\]'"
    ):
        OtlpExporter(KpiAggregator())


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"temporality": "monthly"}, "temporality 'monthly'"),
        ({"most_buckets": 1}, "most_buckets = 1: give at least 2"),
        ({"labels": ("agent",)}, "no label 'agent'"),
    ],
)
def test_what_cannot_be_is_refused(keywords: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        OtlpExporter(KpiAggregator(), **keywords)


@pytest.mark.parametrize(
    "start", [float("nan"), float("inf"), -float("inf"), -1.0, True, "0", None, 1e30]
)
def test_a_start_that_is_no_time_is_refused(start: object) -> None:
    for make in (OtlpExporter, lambda source, **given: otlp(source, now=5.0, **given)):
        with pytest.raises(ConfigError, match="when counting began, in seconds since the epoch"):
            make(KpiAggregator(), start=start)
    assert OtlpExporter(KpiAggregator(), start=np.int64(5)).export(6.0) is not None
