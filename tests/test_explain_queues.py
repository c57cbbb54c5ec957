"""Explanations of queues: who waits for what, who is idle, which change would help most."""

import pytest
from tests.scenarios.routers import START, staffed

from ccroute import Link, Requirement


def test_a_queue_groups_those_who_wait_by_what_they_ask_the_most_first():
    router, clock = staffed(
        "skills = ['es', 'en', 'de']\n[queues.q]\n[queues.r]",
        ana={"skills": {"es": 4}},
        bo={"skills": {"en": 2}},
        cleo={"queues": ["r"]},
    )
    router.sign_in("dora", queues=["q"], skills={"en": 9})
    for number, needs in enumerate([{"en": 5}, {"es": 5}, {"en": 5}, {"de": 1}, {"en": 5}]):
        router.enqueue(f"c{number}", queue="q", requirement=Requirement(all_of=needs))
        clock.advance(1)
    told = router.explain_queue("q")
    assert [(group.waiting, group.needs.all_of) for group in told.groups] == [
        (3, {"en": 5}),
        (1, {"es": 5}),
        (1, {"de": 1}),
    ]
    assert [group.since for group in told.groups] == [START, START + 1, START + 3]
    assert told.groups[0].eliminated == {"other_queue": 1, "skills": 2, "not_ready": 1}
    assert (told.open, told.waiting, told.length, told.idle, told.staff) == (True, 5, 5, 3, 3)
    assert told.idle_kept == {"other_queue": 1, "skills": 2}
    assert (told.queue, told.at) == ("q", START + 5)
    head, most, more, *_ = str(told).splitlines()
    assert head == ("queue q is open: 5 waiting, 5 in it, 3 of its agents signed in, 3 idle in all")
    assert most == (
        "  3 contacts, requirements: en >= 5; the first waiting for 5.0 s;"
        " not serving the queue: 1; without the skills: 2; not ready: 1"
    )
    assert more == (
        "  1 contact, requirements: es >= 5; the first waiting for 4.0 s;"
        " not serving the queue: 1; without the skills: 3"
    )
    assert told.text("es").splitlines()[0] == (
        "la cola q está abierta: 5 en espera, 5 en ella, agentes suyos conectados: 3,"
        " libres en total: 3"
    )
    assert told.text("es").splitlines()[1] == (
        "  3 contactos, requisitos: en >= 5; el primero espera desde hace 5,0 s;"
        " sin asignación a la cola: 1; sin las habilidades: 2; en no disponible: 1"
    )
    assert told.text("es").splitlines()[-3] == "  libres: 1 agente, sin asignación a la cola"


def test_only_the_greatest_groups_are_printed():
    router, _ = staffed("skills = ['es']\n[queues.q]")
    for level in range(1, 8):
        router.enqueue(f"c{level}", queue="q", requirement=Requirement(all_of={"es": level}))
    told = router.explain_queue("q")
    assert len(told.groups) == 7
    assert len(str(told).splitlines()) == 1 + 5 + 1
    assert str(told).splitlines()[-1].strip() == "…"
    assert "; no agent signed in" in str(told)
    assert "; ningún agente conectado" in told.text("es")


def test_a_queue_where_nothing_is_amiss_proposes_nothing():
    router, _ = staffed("[queues.q]\n[queues.r]", ana={})
    told = router.explain_queue("q")
    assert (told.waiting, told.groups, told.idle_kept, told.change) == (0, (), {}, None)
    assert len(str(told).splitlines()) == 1


CHANGES = [
    (
        "[queues.q]\nrequires.all_of.es = 5",
        {"ana": {"skills": {"es": 3}}, "bo": {"skills": {"es": 3}}},
        2,
        ("lower", "es", 3, None, 2),
        "ask for es 3 only; contacts that could be taken: 2",
        "pedir solo es 3; contactos que se podrían tomar: 2",
    ),
    (
        "[queues.q]\nrequires.all_of.es = 5",
        {"ana": {}},
        2,
        ("drop", "es", None, None, 1),
        "no longer ask for es; contacts that could be taken: 1",
        "dejar de pedir es; contactos que se podrían tomar: 1",
    ),
    (
        "[queues.q]\n[queues.r]",
        {"ana": {"queues": ["r"]}, "bo": {"queues": ["r"]}, "cleo": {"queues": ["r"]}},
        2,
        ("link", None, None, 2, 2),
        "assign this queue to 2 agents of other queues; contacts that could be taken: 2",
        "asignar esta cola a 2 agentes de otras colas; contactos que se podrían tomar: 2",
    ),
    (
        "[queues.q]\n[queues.r]",
        {"ana": {"queues": ["r"]}},
        2,
        ("link", None, None, 1, 1),
        "assign this queue to 1 agent of other queues; contacts that could be taken: 1",
        "asignar esta cola a 1 agente de otras colas; contactos que se podrían tomar: 1",
    ),
    (
        "[queues.q]",
        {"ana": None, "bo": None},
        3,
        ("ready", None, None, 2, 2),
        "set 2 agents ready; contacts that could be taken: 2",
        "poner en disponible a 2 agentes; contactos que se podrían tomar: 2",
    ),
    (
        "[queues.q]",
        {"ana": None},
        1,
        ("ready", None, None, 1, 1),
        "set 1 agent ready; contacts that could be taken: 1",
        "poner en disponible a 1 agente; contactos que se podrían tomar: 1",
    ),
]


@pytest.mark.parametrize(("plan", "agents", "waiting", "change", "english", "spanish"), CHANGES)
def test_the_change_that_would_help_most_is_proposed(
    plan, agents, waiting, change, english, spanish
):
    ready = {name: given for name, given in agents.items() if given is not None}
    router, _ = staffed(plan, **ready)
    for name in agents.keys() - ready.keys():
        router.sign_in(name, queues=["q"])
    for number in range(waiting):
        router.enqueue(f"c{number}", queue="q")
    told = router.explain_queue("q")
    what = told.change
    assert (what.what, what.skill, what.level, what.agents, what.frees) == change
    assert str(told).splitlines()[-1] == f"  what would help most: {english}"
    assert told.text("es").splitlines()[-1] == f"  lo que más ayudaría: {spanish}"


def test_of_changes_that_free_as_many_the_smallest_is_proposed():
    """To lower what is asked is less than not to ask, and less than to move agents."""
    router, _ = staffed(
        "[queues.q]\nrequires.all_of.es = 5\n[queues.r]",
        ana={"skills": {"es": 4}},
        bo={"queues": ["r"], "skills": {"es": 9}},
    )
    router.sign_in("cleo", queues=["q"], skills={"es": 9})
    router.enqueue("c1", queue="q")
    change = router.explain_queue("q").change
    assert (change.what, change.skill, change.level, change.frees) == ("lower", "es", 4, 1)
    router.enqueue("c2", queue="q")
    router.sign_in("dora", queues=["r"], skills={"es": 9})
    router.ready("dora")
    change = router.explain_queue("q").change
    assert (change.what, change.agents, change.frees) == ("link", 2, 2)


def test_a_level_that_frees_more_is_proposed_before_asking_for_nothing():
    router, _ = staffed(
        "[queues.q]\nrequires.all_of.es = 5",
        ana={"skills": {"es": 4}},
        bo={"skills": {"es": 3}},
    )
    router.enqueue("c1", queue="q")
    router.enqueue("c2", queue="q")
    change = router.explain_queue("q").change
    assert (change.what, change.skill, change.level, change.frees) == ("lower", "es", 3, 2)


def test_an_agent_who_could_not_take_it_anyway_is_not_to_be_made_ready():
    router, _ = staffed("channels = ['voice', 'chat']\n[queues.q]", ana={"capacity": {"chat": 1}})
    router.not_ready("ana")
    router.sign_in("bo", queues=["q"])
    router.set_device("bo", "unreachable")
    router.enqueue("c1", queue="q", channel="voice")
    assert router.explain("c1").eliminated == {"not_ready": 2}
    assert router.explain_queue("q").change is None


HARD = "[queues.q]\nrequires.all_of.es = 5\n"


@pytest.mark.parametrize(
    ("plan", "ana", "contact"),
    [
        (HARD, {}, {"excluded": ["ana"]}),
        (HARD + "preferred.first = '30s'", {}, {"preferred": ["bo"]}),
        (HARD + "lines = ['trunk']\n[queues.r]\nlines = ['other']", {"lines": ["other"]}, {}),
        (HARD, {"queues": {"q": Link(delay=60)}}, {}),
        (HARD + "ranks.max = 2", {"queues": {"q": Link(rank=3)}}, {}),
        (
            HARD + "keep_free = { agents = 1, for = ['r'] }\n[queues.r]",
            {"queues": ["q", "r"]},
            {},
        ),
    ],
    ids=["excluded", "others_first", "line", "not_yet", "rank", "kept_free"],
)
def test_asking_for_less_is_not_proposed_where_something_else_stands_in_the_way(plan, ana, contact):
    router, _ = staffed(plan, ana={"skills": {"es": 3}, **ana})
    router.sign_in("bo", queues=["q"])
    router.enqueue("c1", queue="q", **contact)
    change = router.explain_queue("q").change
    assert change is None or change.what not in {"lower", "drop"}
