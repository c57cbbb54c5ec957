"""The centre as it stands: who waits, the last minutes, what each agent does."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.telling import DAY, conversation, in_time, told, waited

from ccroute import KpiAggregator, Rejected
from ccroute.metrics import LiveView, Metrics


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(DAY + seconds, UTC)


def states(view: LiveView) -> dict[str, tuple[str, str | None]]:
    return {name: (agent.state, agent.reason) for name, agent in view.agents.items()}


def test_who_waits_and_for_how_long() -> None:
    metrics = Metrics()
    told(
        metrics.aggregator, ("contact_queued", 0.0, "c1", None), ("contact_queued", 7.0, "c2", None)
    )
    view = metrics.live(DAY + 30.0)
    assert view.at == at(30.0)
    queue = view.queues["billing"]
    assert (queue.queue, queue.waiting, queue.oldest_wait) == ("billing", 2, 30.0)
    assert [metrics.live(DAY + now).queues["billing"].overdue for now in (20.0, 21.0, 28.0)] == [
        0,
        1,
        2,
    ]
    assert queue.expected_wait is None  # nobody was answered
    told(metrics.aggregator, ("contact_abandoned", 31.0, "c1", None))
    assert metrics.live(DAY + 40.0).queues["billing"].oldest_wait == 33.0
    told(metrics.aggregator, ("contact_left", 41.0, "c2", None))
    queue = metrics.live(at(50.0)).queues["billing"]
    assert (queue.waiting, queue.oldest_wait) == (0, None)
    assert (queue.windows[5].abandoned, queue.windows[5].left) == (1, 1)


def test_windows_end_now() -> None:
    aggregator = KpiAggregator()
    for minute in (0, 10, 20, 40):
        told(aggregator, *waited(f"c{minute}", minute * 60.0, 6.0, "contact_connected"))
    windows = Metrics(aggregator).live(DAY + 45 * 60.0).queues["billing"].windows
    assert list(windows) == [5, 15, 30, 60]
    assert [windows[minutes].minutes for minutes in windows] == [5, 15, 30, 60]
    assert [window.offered for window in windows.values()] == [0, 1, 2, 4]
    assert [window.wait for window in windows.values()] == [0.0, 6.0, 12.0, 24.0]
    assert (windows[5].asa, windows[60].asa) == (None, 6.0)
    later = Metrics(aggregator).live(DAY + 86_400.0).queues["billing"].windows
    assert {window.offered for window in later.values()} == {0}


def test_the_rolling_service_level_counts_when_it_was_certain() -> None:
    metrics = Metrics(targets={"billing": (10.0, 5.0)})
    told(
        metrics.aggregator,
        *in_time(
            waited("met", 0.0, 10.0, "contact_connected"),
            waited("late", 0.0, 30.0, "contact_connected"),
            waited("early", 1.0, 5.0),
            waited("late and gone", 1.0, 25.0),
            [("contact_queued", 2.0, "waits", None)],
        ),
    )
    window = metrics.live(DAY + 60.0).queues["billing"].windows[5]
    assert (window.met, window.missed, window.early) == (1, 3, 1)
    assert window.service_level == pytest.approx(1 / 5)
    assert (window.answered, window.abandoned, window.abandon_rate) == (2, 2, 0.5)
    empty = metrics.live(DAY + 9_000.0).queues["billing"].windows[5]
    assert (empty.service_level, empty.abandon_rate) == (None, None)


def test_a_newcomer_expects_the_pace_of_the_last_quarter() -> None:
    aggregator = KpiAggregator()
    for number in range(9):
        told(aggregator, *waited(f"c{number}", number * 100.0, 1.0, "contact_connected"))
    told(aggregator, ("contact_queued", 880.0, "w1", None), ("contact_queued", 881.0, "w2", None))
    queue = Metrics(aggregator).live(DAY + 890.0).queues["billing"]
    # Nine answers in 15 minutes: one every 100 s; two wait before.
    assert queue.expected_wait == pytest.approx(300.0, rel=0.05)


def test_agents_by_state_and_reason() -> None:
    metrics = Metrics()
    events = [("agent_signed_in", 0.0, None, name) for name in ("ana", "ben", "eva", "leo")]
    events += [("agent_ready", 1.0, None, name) for name in ("ana", "ben")]
    told(metrics.aggregator, *events)
    metrics.aggregator.fold("agent_not_ready", DAY + 2.0, agent="eva", reason="lunch")
    told(metrics.aggregator, *conversation("c1", 3.0)[:4])
    told(metrics.aggregator, ("agent_signed_out", 8.0, None, "leo"))
    view = metrics.live(DAY + 20.0)
    assert states(view) == {
        "ana": ("talk", None),
        "ben": ("idle", None),
        "eva": ("not_ready", "lunch"),
        "leo": ("offline", None),
    }
    assert (view.agents["ana"].since, view.agents["ana"].contacts) == (at(7.0), 1)
    assert view.agents["ben"].since == at(1.0)
    assert view.agents_by_state() == {
        ("idle", None): 1,
        ("not_ready", "lunch"): 1,
        ("offline", None): 1,
        ("talk", None): 1,
    }


def test_every_step_of_a_conversation_is_a_state() -> None:
    metrics = Metrics()
    told(metrics.aggregator, ("agent_ready", 0.0, None, "ana"))
    seen = []
    for event in conversation("c1", 1.0):
        told(metrics.aggregator, event)
        seen.append(metrics.live().agents["ana"].state)
    assert seen == [
        "idle", "offered", "connecting", "talk", "hold", "talk", "idle", "wrap_up", "idle",
    ]  # fmt: skip


def test_nothing_is_an_empty_centre() -> None:
    view = Metrics().live(0.0)
    assert (view.queues, view.agents, view.agents_by_state()) == ({}, {}, {})
    with pytest.raises(Rejected, match="now -1"):
        Metrics().live(-1.0)


def test_a_look_changes_nothing_and_is_a_copy() -> None:
    metrics = Metrics()
    told(metrics.aggregator, ("contact_queued", 0.0, "c1", None))
    before = metrics.aggregator.snapshot()
    view = metrics.live(DAY + 3_000.0)
    assert metrics.aggregator.snapshot() == before
    told(metrics.aggregator, ("contact_abandoned", 30.0, "c1", None))
    assert view.queues["billing"].waiting == 1


def test_the_view_is_never_before_the_latest_event() -> None:
    metrics = Metrics()
    told(metrics.aggregator, ("agent_ready", 100.0, None, "ana"))
    view = metrics.live(DAY + 50.0)
    assert view.at == view.agents["ana"].since == at(100.0)


waits = st.lists(
    st.tuples(st.integers(0, 3_000), st.integers(0, 600), st.sampled_from(["answered", "gone"])),
    max_size=15,
)


@given(waits, st.integers(0, 5_000))
def test_windows_count_what_a_slow_look_finds(rows: list[tuple[int, int, str]], now: int) -> None:
    """To the pane: a window reaches back to a whole ten seconds."""
    aggregator = KpiAggregator()
    ends = {"answered": "contact_connected", "gone": "contact_abandoned"}
    stories = [waited(f"c{n}", s, w, ends[end]) for n, (s, w, end) in enumerate(rows)]
    told(aggregator, *in_time(*stories))
    now = max([now, *(start + wait for start, wait, _ in rows)])
    view = Metrics(aggregator).live(DAY + now)
    queue = view.queues.get("billing")
    for minutes, length in ((5, 300), (15, 900), (30, 1800), (60, 3600)) if queue else ():
        since = now // 10 * 10 + 10 - length
        window = queue.windows[minutes]
        assert window.offered == sum(start >= since for start, _, _ in rows)
        answered = [w for start, w, end in rows if end == "answered" and start + w >= since]
        assert (window.answered, window.wait) == (len(answered), sum(answered))
        gone = [w for start, w, end in rows if end == "gone" and start + w >= since]
        assert window.abandoned == len(gone)
        decided = [min(w, 20) + start >= since for start, w, _ in rows]
        assert window.met + window.missed + window.early == sum(decided)
