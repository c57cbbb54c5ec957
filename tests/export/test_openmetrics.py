"""OpenMetrics text, read back by prometheus_client's parser: the same numbers, no more lines."""

import math
import random
import threading
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from ccroute import ConfigError, KpiAggregator
from ccroute.export import OPENMETRICS_CONTENT_TYPE, Ratchet, families, openmetrics
from ccroute.metrics import BUILT_IN, Kpi, Metrics

BOUNDS = [0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600]


def parsed(text):
    """(sample name, labels without empty ones) -> value."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = frozenset((name, value) for name, value in sample.labels.items() if value)
            assert (sample.name, labels) not in found, sample
            found[sample.name, labels] = sample.value
    return found


def value(found, name, **labels):
    return found[name, frozenset(labels.items())]


def test_a_small_centre_says_what_happened(centre: KpiAggregator) -> None:
    found = parsed(openmetrics(centre, now=430.0, goals={"billing": 0.8}))
    billing = {"queue": "billing", "channel": "voice"}
    outcomes = {"answered": 2, "abandoned": 1, "left": 1, "refused": 1}
    for outcome, count in outcomes.items():
        assert value(found, "ccroute_contacts_total", **billing, outcome=outcome) == count
    assert value(found, "ccroute_offered_contacts_total", **billing) == 4
    assert value(found, "ccroute_left_contacts_total", **billing, cause="timed_out") == 1
    assert value(found, "ccroute_refused_contacts_total", **billing, cause="full") == 1
    assert value(found, "ccroute_offers_total", **billing, outcome="accepted") == 2
    assert value(found, "ccroute_left_wait_seconds_total", **billing) == 33
    level = {"variant": "sl.answered_within", "threshold": "20"}
    assert value(found, "ccroute_sl_numerator_total", **billing, **level) == 2
    assert value(found, "ccroute_sl_denominator_total", **billing, **level) == 3
    assert value(found, "ccroute_sl_goal_ratio", queue="billing") == 0.8
    waits = {"ccroute_queue_wait_seconds_count": 2, "ccroute_queue_wait_seconds_sum": 12.5}
    for name, expected in waits.items():
        assert value(found, name, **billing, outcome="answered") == expected
    assert value(found, "ccroute_wrap_up_seconds_sum", **billing) == 19
    sales = {"queue": "sales", "channel": "chat"}
    assert value(found, "ccroute_queue_waiting", **sales) == 1
    assert value(found, "ccroute_queue_oldest_wait_seconds", **sales) == 30
    assert value(found, "ccroute_queue_waiting", **billing) == 0
    assert value(found, "ccroute_agents", state="idle") == 1
    assert value(found, "ccroute_agents", state="not_ready", reason="lunch") == 1
    assert value(found, "ccroute_agent_not_ready_seconds_total", reason="lunch") == 430
    assert value(found, "ccroute_agent_signed_in_seconds_total") == 860
    assert value(found, "ccroute_bad_data_total", kind="orphans") == 1
    assert value(found, "ccroute_events_total") == centre.counters()["events"]


def test_text_is_what_the_parser_would_call_valid(centre: KpiAggregator) -> None:
    text = openmetrics(centre, now=430.0)
    assert text.endswith("# EOF\n")
    assert text.count("# EOF") == 1
    assert "version=1.0.0" in OPENMETRICS_CONTENT_TYPE
    by_name = {family.prometheus: family for family in families()}
    read = list(text_string_to_metric_families(text))
    assert [family.name for family in read] == list(by_name)
    for family in read:
        mine = by_name[family.name]
        assert (family.type, family.unit) == (mine.kind, mine.prometheus_unit)
        assert family.documentation == mine.help
        assert mine.unit != "s" or family.name.endswith("_seconds")


def test_an_empty_aggregator_is_a_valid_exposition() -> None:
    found = parsed(openmetrics(KpiAggregator()))
    assert value(found, "ccroute_events_total") == 0
    assert value(found, "ccroute_agents", state="idle") == 0
    assert not [name for name, _ in found if name.startswith("ccroute_contacts")]
    assert not [name for name, _ in found if "watermark" in name]


def test_no_share_is_exported_but_a_goal_that_was_set(centre: KpiAggregator) -> None:
    shares = [family.name for family in families() if family.unit == "1"]
    assert shares == ["ccroute.sl.goal"]
    assert "percent" not in openmetrics(centre).lower()


@given(
    st.lists(
        st.one_of(
            st.integers(0, 700_000_000),
            st.sampled_from(BOUNDS).map(lambda seconds: seconds * 1_000_000),
            st.sampled_from(BOUNDS).map(lambda seconds: seconds * 1_000_000 + 1),
        ),
        max_size=400,
    ),
    st.integers(0, 3),
)
def test_classic_buckets_are_exact(posted, micros: list[int], copies: int) -> None:
    waits = micros * (copies + 1)
    found = parsed(openmetrics(posted([wait / 1e6 for wait in waits]), labels=("queue",)))
    if not waits:
        return
    labels = {"queue": "billing", "outcome": "answered"}
    for bound in BOUNDS:
        expected = sum(wait <= bound * 1_000_000 for wait in waits)
        bucket = value(found, "ccroute_queue_wait_seconds_bucket", **labels, le=f"{bound:.1f}")
        assert bucket == expected
    assert value(found, "ccroute_queue_wait_seconds_bucket", **labels, le="+Inf") == len(waits)
    assert value(found, "ccroute_queue_wait_seconds_count", **labels) == len(waits)
    assert value(found, "ccroute_queue_wait_seconds_sum", **labels) == sum(waits) / 1e6


def test_sums_are_exact_decimals(posted) -> None:
    text = openmetrics(posted([0.000001] * 3 + [123_456.654321]), labels=())
    line = next(line for line in text.splitlines() if 'wait_seconds_sum{outcome="answered' in line)
    assert Decimal(line.split()[1]) == Decimal("123456.654324")


def test_thresholds_of_ones_own_are_buckets_and_targets(post) -> None:
    counting = KpiAggregator([0.5, 7.0, 30.0])
    post(counting, [0.4, 0.5, 0.6, 7.0, 31.0])
    text = openmetrics(counting, targets={"billing": (7.0, 0.5)})
    assert 'le="0.5"} 2' in text
    assert 'le="7.0"} 4' in text
    level = {"queue": "billing", "variant": "sl.answered_within", "threshold": "7"}
    assert value(parsed(text), "ccroute_sl_numerator_total", **level) == 4
    with pytest.raises(ConfigError, match=r"T = 20 s was not counted by: give one of 0\.5, 7, 30"):
        openmetrics(counting)


def test_each_queue_goes_by_its_own_target_and_they_add_up(post, posted) -> None:
    counting = posted([10.0, 25.0], queue="billing")
    post(counting, [10.0, 25.0], queue="sales", first=10)
    targets = {"billing": (30.0, 5.0)}
    by_queue = parsed(openmetrics(counting, targets=targets))
    own = {"variant": "sl.answered_within", "threshold": "30"}
    usual = {"variant": "sl.answered_within", "threshold": "20"}
    assert value(by_queue, "ccroute_sl_numerator_total", queue="billing", **own) == 2
    assert value(by_queue, "ccroute_sl_numerator_total", queue="sales", **usual) == 1
    together = parsed(openmetrics(counting, targets=targets, labels=()))
    assert value(together, "ccroute_sl_numerator_total", **own) == 2
    assert value(together, "ccroute_sl_numerator_total", **usual) == 1


def test_variants_are_counted_as_their_formulas_say(posted) -> None:
    # ICMI's example: the five formulas give 83.0, 86.0, 81.1, 82.7 and 82.1 per cent.
    waits = [20.0] * 860 + [21.0] * 140 + [5.0] * 10 + [20.0] * 10 + [60.0] * 40
    counting = posted(waits, courses=[0] * 1000 + [1] * 60)
    shares = {
        "sl.abandons_credited": 83.0,
        "sl.answered_only": 86.0,
        "sl.answered_within": 81.1,
        "sl.late_abandons": 82.7,
        "sl.short_credited(T=20, S=5)": 82.1,
    }
    found = parsed(openmetrics(counting, variants=tuple(shares)))
    for asked, share in shares.items():
        own = {"variant": asked.partition("(")[0], "queue": "billing", "threshold": "20"}
        own |= {"short": "5"} if "S=" in asked else {}
        above = value(found, "ccroute_sl_numerator_total", **own)
        below = value(found, "ccroute_sl_denominator_total", **own)
        assert round(100 * above / below, 1) == share


NASTY = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.lists(NASTY, min_size=1, max_size=4, unique=True))
def test_nasty_names_come_back_as_they_were(names: list[str]) -> None:
    counting = KpiAggregator()
    for number, name in enumerate(names):
        counting.fold("contact_queued", 10.0 + number, f"c{number}", queue=name)
    found = parsed(openmetrics(counting, labels=("queue",)))
    for name in names:
        assert value(found, "ccroute_offered_contacts_total", queue=name) == 1


def test_quotes_backslashes_and_newlines_are_escaped() -> None:
    counting = KpiAggregator()
    counting.fold("contact_queued", 10.0, "c1", queue='a"b\\n\n} 7')
    text = openmetrics(counting, labels=("queue",))
    assert 'ccroute_offered_contacts_total{queue="a\\"b\\\\n\\n} 7"} 1\n' in text


def test_values_past_the_cap_count_together_and_the_first_keep_their_names(post) -> None:
    counting = KpiAggregator()
    for number in range(7):
        post(counting, [float(number)] * (number + 1), queue=f"q{number}", first=100 * number + 1)
    before = parsed(openmetrics(counting, labels=("queue",), most_values=3))
    names = {
        dict(labels).get("queue") for name, labels in before if name == "ccroute_queue_waiting"
    }
    assert names == {"q0", "q1", "q2", "__other__"}
    assert value(before, "ccroute_offered_contacts_total", queue="__other__") == 4 + 5 + 6 + 7
    assert value(before, "ccroute_folded_labels_total", label="queue") == 4
    wait = {"queue": "__other__", "outcome": "answered"}
    assert value(before, "ccroute_queue_wait_seconds_sum", **wait) == 3 * 4 + 4 * 5 + 5 * 6 + 6 * 7
    post(counting, [1.0], queue="a newcomer", first=5_000)
    after = parsed(openmetrics(counting, labels=("queue",), most_values=3))
    assert all(after[key] >= before[key] for key in before if key[0].endswith(("_total", "_count")))


def test_agents_have_no_label_unless_asked(centre: KpiAggregator) -> None:
    assert "ana" not in openmetrics(centre)
    found = parsed(openmetrics(centre, agents=("agent",), now=430.0))
    assert value(found, "ccroute_agent_time_seconds_total", agent="ben", state="not_ready") == 430


def test_states_add_up_to_the_time_signed_in(centre: KpiAggregator) -> None:
    found = parsed(openmetrics(centre, now=430.0))
    states = [n for (name, _), n in found.items() if name == "ccroute_agent_time_seconds_total"]
    assert math.fsum(states) == value(found, "ccroute_agent_signed_in_seconds_total")


def test_counters_never_fall_while_events_are_folded() -> None:
    draw = random.Random(20260101)
    counting, ratchet = KpiAggregator(), Ratchet()
    before: dict[object, float] = {}
    at = 1000.0
    for number in range(120):
        call, agent = f"c{number}", f"agent-{draw.randrange(3)}"
        at += draw.expovariate(0.1)
        counting.fold("contact_queued", at, call, queue=draw.choice(["a", "b"]))
        at += draw.choice([0.0, draw.expovariate(0.05)])
        if draw.random() < 0.7:
            counting.fold("contact_connected", at, call, agent=agent)
            at += draw.expovariate(0.02)
            counting.fold("contact_released", at, call, agent=agent, cause="customer")
            counting.fold("wrap_up_started", at, call, agent=agent)
            at += draw.expovariate(0.1)
            counting.fold("wrap_up_ended", at, call, agent=agent)
        else:
            counting.fold("contact_abandoned", at, call)
        if number % 5 == 0:
            after = parsed(openmetrics(counting, ratchet=ratchet))
            for key, was in before.items():
                if key[0].endswith(("_total", "_count", "_sum", "_bucket")):
                    assert after[key] >= was, key
            before = after


def test_a_correction_holds_a_counter_until_it_is_passed(post, posted) -> None:
    counting, ratchet = posted([10.0, 10.0]), Ratchet()
    level = {"queue": "billing", "variant": "sl.answered_within", "threshold": "20"}

    def numerator(**more):
        found = parsed(openmetrics(counting, **more))
        return value(found, "ccroute_sl_numerator_total", **level), value(
            found, "ccroute_export_held_series"
        )

    assert numerator(ratchet=ratchet) == (2, 0)
    post(counting, [40.0], revision=2)
    assert numerator() == (1, 0)
    height, held = numerator(ratchet=ratchet)
    assert height == 2
    assert held > 0
    post(counting, [1.0, 1.0], first=50)
    assert numerator(ratchet=ratchet) == (3, 0)


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(0, 90), st.sampled_from([0, 1])),
        min_size=1,
        max_size=12,
    )
)
def test_counters_never_fall_whatever_is_corrected(post, revisions) -> None:
    counting, ratchet = KpiAggregator(), Ratchet()
    before: dict[object, float] = {}
    for revision, (contact, wait, course) in enumerate(revisions, start=1):
        post(counting, [float(wait)], courses=[course], first=contact, revision=revision)
        after = parsed(openmetrics(counting, ratchet=ratchet))
        for key, height in after.items():
            if key[0].endswith(("_total", "_count", "_sum", "_bucket")):
                assert height >= before.get(key, 0), key
        before |= after


def test_a_scrape_may_come_from_another_thread_than_events() -> None:
    counting, ratchet = KpiAggregator(), Ratchet()

    def fold() -> None:
        for number in range(3_000):
            counting.fold("contact_queued", number / 10, f"c{number}", queue=f"q{number % 7}")
            counting.fold("contact_connected", number / 10, f"c{number}", agent="ana")

    worker = threading.Thread(target=fold)
    worker.start()
    before: dict[object, float] = {}
    while worker.is_alive():
        openmetrics(counting, native=True, ratchet=ratchet)
        after = parsed(openmetrics(counting, ratchet=ratchet))
        assert all(after[key] >= n for key, n in before.items() if key[0].endswith("_total"))
        before = after
    worker.join()
    found = parsed(openmetrics(counting, labels=(), ratchet=None))
    assert value(found, "ccroute_offered_contacts_total") == 3_000


def test_targets_of_the_source_are_the_default(posted) -> None:
    counting = posted([10.0, 25.0])
    source = SimpleNamespace(aggregator=counting, targets={"billing": (30.0, 5.0)})
    level = {"queue": "billing", "variant": "sl.answered_within", "threshold": "30"}
    assert value(parsed(openmetrics(source)), "ccroute_sl_numerator_total", **level) == 2


def test_a_snapshot_carries_the_counters_over_a_restart(centre: KpiAggregator) -> None:
    restored = KpiAggregator.restore(centre.snapshot())
    assert openmetrics(restored, now=430.0) == openmetrics(centre, now=430.0)


def test_metrics_can_be_given_for_their_aggregator(centre: KpiAggregator) -> None:
    assert openmetrics(Metrics(centre), now=430.0) == openmetrics(centre, now=430.0)


def test_a_dimension_of_ones_own_is_a_label() -> None:
    counting = KpiAggregator(dimensions=["site"])
    counting.describe("c1", [("site", "Bogotá")])
    counting.fold("contact_queued", 10.0, "c1", queue="q")
    found = parsed(openmetrics(counting, labels=("site",)))
    assert value(found, "ccroute_offered_contacts_total", site="Bogotá") == 1


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"labels": ("agent",)}, "no label 'agent': give some of queue, channel"),
        ({"labels": ("queue", "queue")}, "give each label once"),
        ({"agents": ("queue",)}, "no label 'queue': give some of agent, team"),
        ({"most_values": 0}, "at least 1 value"),
        ({"goals": {"billing": 80}}, "give a share of 1"),
        ({"variants": ("asa",)}, "is no share of contacts"),
        ({"variants": ("sl.nothing",)}, "no KPI 'sl.nothing'"),
        ({"targets": {"billing": (21.0, 5.0)}}, "T = 21 s of queue 'billing'"),
        ({"targets": {"billing": 20}}, "target of 'billing' is 20: T and S in seconds"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(choice: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("(", r"\(")):
        openmetrics(KpiAggregator(), **choice)


def test_own_kpis_are_those_of_the_source(post) -> None:
    metrics = Metrics()
    post(metrics.aggregator, [5.0, 25.0])
    own = Kpi(
        id="my.sl",
        title="Within T of all offered",
        unit="ratio",
        numerator="within(wait_answered, T)",
        denominator="offered",
        parameters={"T": 20.0},
    )
    metrics.registry.add(own)
    found = parsed(openmetrics(metrics, variants=["my.sl"]))
    labels = {"queue": "billing", "variant": "my.sl", "threshold": "20"}
    assert value(found, "ccroute_sl_numerator_total", **labels) == 1
    assert value(found, "ccroute_sl_denominator_total", **labels) == 2
    with pytest.raises(ConfigError, match=r"no KPI 'my.sl'"):
        openmetrics(metrics, variants=["my.sl"], registry=BUILT_IN)


def test_a_dimension_named_as_a_label_of_the_export_is_refused() -> None:
    with pytest.raises(ConfigError, match="another name"):
        openmetrics(KpiAggregator(dimensions=["outcome"]), labels=("outcome",))
