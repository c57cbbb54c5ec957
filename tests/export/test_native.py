"""Native histograms, read back by the protobuf library: the same buckets, to the last one."""

import math
from io import BytesIO
from types import SimpleNamespace

from google.protobuf import proto
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from ccroute import KpiAggregator
from ccroute.export import PROTOBUF_CONTENT_TYPE, Ratchet, families, openmetrics

TIMINGS = {
    ("ccroute_queue_wait_seconds", "answered"): "wait_answered",
    ("ccroute_queue_wait_seconds", "abandoned"): "wait_abandoned",
    ("ccroute_talk_seconds", ""): "talk",
    ("ccroute_handle_seconds", ""): "handle",
}


def read(client_model: SimpleNamespace, message: bytes):
    """The families of a delimited stream, by name."""
    found, stream = {}, BytesIO(message)
    while stream.tell() < len(message):
        family = proto.parse_length_prefixed(client_model.MetricFamily, stream)
        assert family.name not in found
        found[family.name] = family
    return found


def labels_of(metric) -> dict[str, str]:
    return {pair.name: pair.value for pair in metric.label if pair.value}


def buckets_of(histogram) -> dict[int, int]:
    """Count by Prometheus' bucket number, unfolded as the server does it."""
    counts, number, before = {}, 0, 0
    deltas = iter(histogram.positive_delta)
    for span in histogram.positive_span:
        number += span.offset
        for _ in range(span.length):
            before += next(deltas)
            counts[number] = before
            number += 1
    assert next(deltas, None) is None
    return counts


def number_of(micros: int) -> int:
    """Prometheus' bucket n of schema 6 holds 2^((n-1)/64) < seconds <= 2^(n/64), in integers:
    micros^64 <= 2^n * 10^384."""
    power, unit = micros**64, 10**384
    number = power.bit_length() - unit.bit_length() - 1
    while power > unit << number if number >= 0 else power << -number > unit:
        number += 1
    return number


def test_law_of_the_buckets_in_whole_numbers() -> None:
    assert [number_of(micros) for micros in (1_000_000, 1_000_001, 2_000_000, 2_000_001)] == [
        *(0, 1, 64, 65)
    ]
    assert number_of(1) == -1275


@given(st.lists(st.one_of(st.just(0), st.integers(1, 10**11)), min_size=1, max_size=600))
def test_native_buckets_are_those_of_the_durations(posted, client_model, micros: list[int]) -> None:
    counting = posted([wait / 1e6 for wait in micros])
    family = read(client_model, openmetrics(counting, native=True))["ccroute_queue_wait_seconds"]
    (metric,) = (each for each in family.metric if labels_of(each)["outcome"] == "answered")
    histogram = metric.histogram
    expected: dict[int, int] = {}
    for wait in filter(None, micros):
        expected[number_of(wait)] = expected.get(number_of(wait), 0) + 1
    assert buckets_of(histogram) == expected
    assert (histogram.schema, histogram.zero_threshold) == (6, 0.0)
    assert histogram.zero_count == micros.count(0)
    assert histogram.sample_count == len(micros)
    assert histogram.sample_sum == sum(micros) / 1e6


@given(st.lists(st.tuples(st.integers(0, 900_000_000), st.sampled_from([0, 1])), max_size=600))
def test_rebuilt_from_the_export_it_equals_the_core(posted, client_model, visits) -> None:
    counting = posted([wait / 1e6 for wait, _ in visits], courses=[course for _, course in visits])
    found = read(client_model, openmetrics(counting, native=True))
    for (name, outcome), timing in TIMINGS.items():
        rows = counting.distributions(("queue", "channel"), timing)
        metrics = [] if name not in found else found[name].metric
        mine = [each for each in metrics if labels_of(each).get("outcome", "") == outcome]
        mine = [each for each in mine if each.histogram.sample_count]
        rows = [row for row in rows if row[2] or row[4]]
        assert len(mine) == len(rows)
        for metric, (_, _, zeros, total, buckets) in zip(mine, rows, strict=True):
            histogram = metric.histogram
            rebuilt = {number - 1: n for number, n in buckets_of(histogram).items()}
            assert rebuilt == dict(buckets)
            assert histogram.zero_count == zeros
            assert histogram.sample_sum == total / 1e6


def test_protobuf_and_text_say_the_same(centre: KpiAggregator, client_model) -> None:
    found = read(client_model, openmetrics(centre, native=True, now=430.0))
    types = {"counter": 0, "gauge": 1, "info": 1, "histogram": 4}
    samples = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(openmetrics(centre, now=430.0))
        for sample in family.samples
    }
    seen = 0
    for mine in families():
        family = found.pop(mine.sample, None)
        if family is None:
            continue
        assert (family.type, family.help) == (types[mine.kind], mine.help)
        assert family.unit == mine.prometheus_unit
        for metric in family.metric:
            labels = frozenset((pair.name, pair.value) for pair in metric.label)
            if mine.kind == "histogram":
                classic = {b.upper_bound: b.cumulative_count for b in metric.histogram.bucket}
                for bound, count in classic.items():
                    key = f"{family.name}_bucket", labels | {("le", str(bound))}
                    assert samples[key] == count
                assert samples[f"{family.name}_count", labels] == metric.histogram.sample_count
                assert samples[f"{family.name}_sum", labels] == metric.histogram.sample_sum
                seen += len(classic) + 3  # the bucket of infinity, count and sum
            else:
                number = metric.counter if mine.kind == "counter" else metric.gauge
                assert samples[family.name, labels] == number.value
                seen += 1
    assert found == {}
    assert seen == len(samples)


def test_empty_native_histogram_is_told_from_a_classic_one(client_model) -> None:
    counting = KpiAggregator()
    counting.fold("contact_queued", 10.0, "c1", queue="q")
    found = read(client_model, openmetrics(counting, native=True))
    for metric in found["ccroute_queue_wait_seconds"].metric:
        (span,) = metric.histogram.positive_span
        assert (span.offset, span.length) == (0, 0)
        assert metric.histogram.HasField("zero_threshold")


def test_an_empty_aggregator_gives_no_family_without_metrics(client_model) -> None:
    found = read(client_model, openmetrics(KpiAggregator(), native=True))
    assert all(family.metric for family in found.values())
    assert "encoding=delimited" in PROTOBUF_CONTENT_TYPE


def test_after_a_correction_buckets_still_add_up_to_the_count(post, posted, client_model) -> None:
    counting, ratchet = posted([10.0, 10.0, 0.0]), Ratchet()
    openmetrics(counting, native=True, ratchet=ratchet)
    post(counting, [40.0], revision=2)
    found = read(client_model, openmetrics(counting, native=True, ratchet=ratchet))
    for metric in found["ccroute_queue_wait_seconds"].metric:
        histogram = metric.histogram
        counts = buckets_of(histogram).values()
        assert histogram.sample_count == histogram.zero_count + sum(counts)
        assert all(b.cumulative_count <= histogram.sample_count for b in histogram.bucket)


def test_folded_queues_share_one_histogram(post, client_model) -> None:
    counting = KpiAggregator()
    for number in range(3):
        post(counting, [1.0, 0.0, 3.0 + number], queue=f"q{number}", first=10 * number + 1)
    message = openmetrics(counting, native=True, labels=("queue",), most_values=1)
    family = read(client_model, message)["ccroute_queue_wait_seconds"]
    by_queue = {
        labels_of(metric)["queue"]: metric.histogram
        for metric in family.metric
        if labels_of(metric)["outcome"] == "answered"
    }
    other = by_queue["__other__"]
    assert (other.sample_count, other.zero_count) == (6, 2)
    one, four, five = (number_of(seconds * 1_000_000) for seconds in (1, 4, 5))
    assert buckets_of(other) == {one: 2, four: 1, five: 1}
    assert math.isclose(other.sample_sum, 11.0)
