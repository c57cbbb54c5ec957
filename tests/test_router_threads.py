"""``Router`` from several threads at once: whoever comes first has the turn, nothing is lost."""

import itertools
import sys
import threading
from collections import Counter

import numpy as np

import ccroute
from ccroute import AgentPlan, ManualClock, Plan, QueuePlan, Router

SECOND = 1_000_000


class EveryLookIsLater:
    """A clock on which two commands in the wrong order cannot hide."""

    def __init__(self):
        self._looks = itertools.count(1)

    def now(self):
        return next(self._looks) / SECOND


def test_threads_that_read_metrics_never_lock_up_one_that_routes():
    """Three threads, each waiting for a gate or the interpreter that another one has."""
    router = Router(Plan.from_toml("[queues.vip]"), clock=EveryLookIsLater())
    router.sign_in("ana", queues=["vip"])
    done = threading.Event()

    def until_done(act):
        while not done.is_set():
            act()

    def route():
        for _ in range(2000):
            router.ready("ana")
            router.not_ready("ana")
        done.set()

    metrics = router.metrics
    readers = [metrics.counters, metrics.live, metrics.report, metrics.aggregator.snapshot]
    threads = [threading.Thread(target=until_done, args=(act,), daemon=True) for act in readers]
    threads.append(threading.Thread(target=route, daemon=True))
    for thread in threads:
        thread.start()
    assert done.wait(60), "the threads wait for each other"
    for thread in threads:
        thread.join()
    assert router.metrics.counters()["events"] == 4001


def test_threads_share_a_router_and_nothing_is_lost_or_doubled():
    rounds, router = 2000, Router(Plan.from_toml("[queues.vip]"), clock=EveryLookIsLater())
    started, told, failures = threading.Barrier(3), [], []

    def serve(name):
        started.wait()
        try:
            router.sign_in(name, queues=["vip"], capacity={"voice": rounds // 2})
            router.ready(name)
            for number in range(rounds):
                router.enqueue(f"{name}{number}", queue="vip", head_start=float(number))
        except ccroute.CcrouteError as failure:
            failures.append(failure)

    def read():
        started.wait()
        while any(server.is_alive() for server in servers):
            told.extend(router.events())
            router.state_hash()
            router.check()

    servers = [threading.Thread(target=serve, args=(name,)) for name in ("ana", "bo")]
    threads = [*servers, threading.Thread(target=read)]
    patience = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(patience)
    assert failures == []
    told.extend(router.events())
    assert [event.sequence for event in told] == list(range(1, len(told) + 1))
    kinds = Counter(event.kind for event in told)
    assert kinds == {
        "agent_signed_in": 2,
        "agent_ready": 2,
        "contact_queued": 2 * rounds,
        "offer_made": rounds,
    }
    agents = Counter(event.agent for event in told if event.kind == "offer_made")
    assert agents == {"ana": rounds // 2, "bo": rounds // 2}
    row = router.metrics.report(kpis=["offered", "offers.made", "waiting"])["vip"]
    assert [value.value for _, value in row] == [2 * rounds, rounds, 2 * rounds]
    assert router.metrics.counters()["events"] == len(told)


def test_a_batch_waits_for_the_turn_of_a_scalar_call():
    """Else a scalar call could look at the clock, be passed, and come too late."""
    router = Router(Plan.from_toml("[queues.vip]"), clock=ccroute.ManualClock(5.0))
    rows = np.zeros(1, ccroute.COMMAND_DTYPE)
    rows["at_us"] = 9_000_000
    batch = threading.Thread(target=router.apply_batch, args=(rows,), daemon=True)
    with router._turn.lock:
        batch.start()
        batch.join(0.05)
        assert batch.is_alive()
        router.enqueue("c", queue="vip")
    batch.join(60)
    assert not batch.is_alive()


class Gate:
    """A clock that stops whoever looks at it, until let through."""

    def __init__(self):
        self.shut = False
        self.reached, self.opened = threading.Event(), threading.Event()

    def now(self):
        if self.shut:
            self.shut = False
            self.reached.set()
            assert self.opened.wait(10)
        return 5.0


def test_an_agent_who_signs_in_while_a_plan_is_set_is_of_the_new_plan():
    def plan(level):
        agent = AgentPlan(skills={"es": level}, queues=["q"])
        return Plan(queues={"q": QueuePlan()}, agents={"ana": agent})

    clock = Gate()
    router = Router(plan(1), clock=clock)
    clock.shut = True
    sets = threading.Thread(target=router.set_plan, args=(plan(9),))
    signs = threading.Thread(target=router.sign_in, args=("ana",))
    sets.start()
    assert clock.reached.wait(10)
    signs.start()
    signs.join(0.2)
    assert signs.is_alive(), "no turn while another command has its own"
    clock.opened.set()
    sets.join(10)
    signs.join(10)
    assert router.plan == plan(9)
    kinds = [event.kind for event in router.events()]
    assert kinds == ["plan_changed", "agent_signed_in"]
    again = Router(plan(9), clock=ManualClock(5.0))
    again.set_plan(plan(9))
    again.sign_in("ana")
    assert router.state_hash() == again.state_hash(), "es 9, by the new plan"
