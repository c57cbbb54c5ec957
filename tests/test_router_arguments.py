"""Arguments of the router that are easily taken for others."""

import numpy as np
import pytest
from tests.scenarios.routers import offers

from ccroute import (
    ConfigError,
    DataUnavailable,
    ManualClock,
    Plan,
    Rejected,
    Router,
)

PLAN = Plan.from_toml("[scores.fit]\nby = 'kind'\n[queues.q]")


def offered(recall=10):
    router = Router(PLAN, clock=ManualClock(5.0), recall=recall)
    router.sign_in("ana", queues=["q"])
    router.ready("ana")
    router.enqueue("c1", queue="q")
    (event,) = offers(router)
    return router, event


def test_an_offer_is_explained_by_its_event_or_the_sequence_of_it():
    router, event = offered()
    told = router.explain_offer(event)
    assert event.sequence != event.offer
    for sequence in (event.sequence, np.int64(event.sequence), np.uint64(event.sequence)):
        assert router.explain_offer(sequence) == told
    assert router.explain_offer(event_or_sequence=event) == told
    assert str(told).startswith(f"event {event.sequence}: ")
    assert told.text("es").startswith(f"evento {event.sequence}: ")
    with pytest.raises(DataUnavailable, match=f"event {event.offer} "):
        router.explain_offer(event.offer)
    for wrong in ("1", None, 1.0):
        with pytest.raises(TypeError, match=r"event_or_sequence: give a ccroute\.OfferMade or its"):
            router.explain_offer(wrong)


def test_a_recall_that_is_no_number_of_commands_is_refused_at_once():
    saved = Router(PLAN, clock=ManualClock(5.0)).snapshot()
    for make in (lambda it: Router(PLAN, recall=it), lambda it: Router.restore(saved, recall=it)):
        for wrong in (1.5, "x", None):
            with pytest.raises(TypeError, match="recall: give a whole number, not "):
                make(wrong)
        with pytest.raises(ConfigError, match="recall is -5: give 0 or the number of commands"):
            make(-5)
        make(np.int64(3))


def test_a_figure_goes_as_a_fraction():
    text = "[queues.r]\n[queues.q]\nhelp = [{ from = ['r'], kpi = 'sl', below = 0.8, until = 0.9 }]"
    router = Router(Plan.from_toml(text), clock=ManualClock(5.0))
    router.observe_kpi("sl", np.int64(79), np.int64(100))
    assert [event.kind for event in router.events()] == ["help_started"]
    router.observe_kpi("sl", np.int64(83), np.int64(100))
    for arguments, name in (((0.83,), "numerator"), ((83, 100.0), "denominator")):
        words = rf"{name}: give a whole number \(0\.83 goes as numerator 83 and denominator 100\)"
        with pytest.raises(TypeError, match=words):
            router.observe_kpi("sl", *arguments)


def test_a_score_table_that_there_is_not_is_refused_and_one_never_set_expires_never():
    router, _ = offered()
    assert router.scores_status("fit").expires is None
    router.set_scores("fit", {"a": {"ana": 1.0}}, expires=60.0)
    assert router.scores_status("fit").expires == 60.0
    for ask in (
        lambda: router.scores_status("nope"),
        lambda: router.set_scores("nope", {}, expires=60.0),
    ):
        with pytest.raises(Rejected, match=r"^no score table 'nope': the plan has fit$") as refused:
            ask()
        assert refused.value.code == "unknown_table"
