"""A wrong type is a ``TypeError`` that names the argument, and changes nothing."""

import pytest
from tests.scenarios.busy import PLAN, at, busy, visible
from tests.scenarios.phases import in_every_phase

import ccroute
from ccroute import Envelope, NewContact, Observed, Requirement, Router

MISTYPED = [
    (lambda r: r.sign_in(5), "'int' object is not an instance of 'str'\n.*'agent'"),
    (lambda r: r.sign_in("n", skills=["es"]), "skills: give a mapping, not list"),
    (lambda r: r.sign_in("n", skills=0), "skills: give a mapping, not int"),
    (
        lambda r: r.sign_in("n", skills={"es": "high"}),
        "'skills': 'str' object cannot be interpreted as an integer",
    ),
    (
        lambda r: r.sign_in("n", skills={"es": 7.5}),
        "'skills': 'float' object cannot be interpreted as an integer",
    ),
    (lambda r: r.sign_in("n", queues="vip"), "queues: give a list of names, not str"),
    (lambda r: r.sign_in("n", queues=5), "queues: give a list of names, not int"),
    (lambda r: r.sign_in("n", queues=[None]), "'queues': .*'None' is not an instance of 'str'"),
    (lambda r: r.change_agent("bo", capacity=[("chat", 1)]), "capacity: give a mapping, not list"),
    (lambda r: r.ready("bo", envelope="k1"), "envelope: give a ccroute.Envelope, not str"),
    (
        lambda r: r.ready("bo", envelope=Envelope(command_id=5)),
        "'int' object is not an instance of 'str'\n.*'asked'",
    ),
    (
        lambda r: r.enqueue(b"c9", queue="vip"),
        "'contact': 'bytes' object is not an instance of 'str'",
    ),
    (
        lambda r: r.enqueue("n", queue="vip", band=0.5),
        "'band': 'float' object cannot be interpreted as an integer",
    ),
    (
        lambda r: r.enqueue("n", queue="vip", band="1"),
        "'band': 'str' object cannot be interpreted as an integer",
    ),
    (
        lambda r: r.enqueue("n", queue="vip", head_start="1"),
        "'head_start': must be real number, not str",
    ),
    (
        lambda r: r.enqueue("n", queue="vip", attributes={"tier": 1.5}),
        "'attributes': give a str, int or bool as a value, not float",
    ),
    (lambda r: r.enqueue("n", queue="vip", attributes="tier"), "attributes: give a mapping, not s"),
    (
        lambda r: r.enqueue("n", queue="vip", customer=7),
        "'customer': 'int' object is not an instance of 'str'",
    ),
    (
        lambda r: r.update("c3", requirement={"es": 5}),
        "requirement: give a ccroute.Requirement, not dict",
    ),
    (
        lambda r: r.transfer("c1", queue="mail", keep_age="yes"),
        "'str' object is not an instance of 'bool'\n.*'keep_age'",
    ),
    (lambda r: r.accept("o1"), "'str' object is not an instance of 'int'"),
    (lambda r: r.decline(1.0), "'float' object is not an instance of 'int'"),
    (
        lambda r: r.extend_wrap_up("dora", "done", by=None),
        "must be real number, not NoneType\n.*'by'",
    ),
    (lambda r: r.dispose("done", "sale"), "codes: give a list of names, not str"),
    (lambda r: r.not_ready("bo", reason=3), "'int' object is not an instance of 'str'\n.*'reason'"),
    (lambda r: r.apply("ready"), "command: give a command, not str"),
    (lambda r: r.apply(Requirement()), "command: give a command, not Requirement"),
    (lambda r: r.apply(ccroute.Command()), "command: give a command, not Command"),
    (
        lambda r: r.apply(ccroute.Ready(agent=7)),
        "'int' object is not an instance of 'str'\n.*'agent'",
    ),
    (lambda r: r.names(None), "'None' is not an instance of 'str'\n.*'kind'"),
    (at("now", lambda r: r.advance()), "must be real number, not str\n.*'now'"),
]


MISTYPED_BEYOND = [
    (lambda r: r.ready_all("ana"), "agents: give a list of names, not str"),
    (lambda r: r.ready_all([1]), "'int' object is not an instance of 'str'\n.*'agents'"),
    (lambda r: r.set_plan("[queues.desk]"), r"plan: give a ccroute\.Plan, not str"),
    (lambda r: r.set_plan(None), r"plan: give a ccroute\.Plan, not NoneType"),
    (lambda r: r.reconcile(["c1"]), r"observed: give a ccroute\.Observed, not str"),
    (lambda r: r.reconcile([NewContact(contact="n")]), r"give a ccroute\.Observed, not NewContact"),
    (lambda r: r.reconcile([Observed(contact="n", known={})]), r"ccroute\.NewContact, not dict"),
    (
        lambda r: r.reconcile([], among="site"),
        "'str' object is not an instance of 'tuple'\n.*'among'",
    ),
    (lambda r: r.set_line("north", up="yes"), "'str' object is not an instance of 'bool'\n.*'up'"),
    (
        lambda r: r.set_queue_open("night", open=1),
        "'int' object is not an instance of 'bool'\n.*'open'",
    ),
    (lambda r: r.observe_kpi("sl", 0.8), "numerator: give a whole number .*, not float"),
    (
        lambda r: r.enqueue("n", queue="desk", preferred="ana"),
        "preferred: give a list of names, not str",
    ),
    (
        lambda r: r.enqueue("n", queue="desk", excluded="ana"),
        "excluded: give a list of names, not str",
    ),
    (
        lambda r: r.enqueue("n", queue="desk", not_before="now"),
        "'not_before': must be real number, not str",
    ),
    (lambda r: r.suspend("c1", lasts="long"), "must be real number, not str\n.*'lasts'"),
    (lambda r: r.press("c1", 1), "'int' object is not an instance of 'str'\n.*'key'"),
]


@pytest.mark.parametrize(
    ("make", "call", "words"),
    [(busy, *row) for row in MISTYPED] + [(in_every_phase, *row) for row in MISTYPED_BEYOND],
)
def test_a_wrong_type_is_a_type_error_and_changes_nothing(make, call, words):
    router = make()
    with pytest.raises(TypeError, match=words):
        call(router)
    assert visible(router) == visible(make())


@pytest.mark.parametrize("plan", [None, "[queues.vip]", {"queues": {}}])
def test_a_router_wants_a_plan(plan):
    with pytest.raises(TypeError, match=r"plan: give a ccroute\.Plan, not"):
        Router(plan)


def test_a_router_wants_a_clock_that_is_one():
    with pytest.raises(TypeError, match=r"clock: give a ccroute\.Clock, not int"):
        Router(PLAN, clock=5)
