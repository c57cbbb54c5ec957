"""Explanations: why a contact waits, what keeps an agent from work; as data and in the words of
both languages. Each obstacle: ``test_explain_obstacles.py``; queues: ``test_explain_queues.py``;
that it is all true: ``test_explanations_are_true.py``.
"""

import pytest
from tests.scenarios.busy import router_at
from tests.scenarios.routers import START, engaged, offer_of, routed, staffed

import ccroute
from ccroute import Link, Rejected, Requirement


def test_a_language_there_is_not_is_refused_with_those_there_are():
    router, _ = staffed("[queues.q]", ana={})
    router.enqueue("c1", queue="q")
    for told in (router.explain("c1"), router.explain_agent("ana"), router.explain_queue("q")):
        with pytest.raises(ValueError, match="no language 'fr': give en, es"):
            told.text("fr")


def test_long_times_are_told_in_hours_and_minutes():
    router, clock = staffed("[queues.q]")
    router.enqueue("c1", queue="q")
    for seconds, english, spanish in (
        (59.9, "59.9 s", "59,9 s"),
        (59.96, "1 min", "1 min"),
        (266_461, "74 h 1 min 1 s", "74 h 1 min 1 s"),
    ):
        clock.set(START + seconds)
        told = router.explain("c1")
        assert f", {english} old, first in line" in str(told)
        assert f"desde hace {spanish}, primero de la cola" in told.text("es")


def test_explanations_do_not_change_and_have_a_hash():
    router, _ = staffed("[queues.q]\nrequires.all_of.es = 5\n[queues.r]", ana={}, bo={})
    router.enqueue("c1", queue="q")
    contact, agent, queue = (
        router.explain("c1"),
        router.explain_agent("ana"),
        router.explain_queue("q"),
    )
    assert contact.nearest.missing == {"es": (5, 0)}
    for told in (contact, agent, queue):
        assert hash(told) == hash(told)
    for table in (
        contact.eliminated,
        contact.nearest.missing,
        contact.needs.all_of,
        agent.withheld,
        queue.groups[0].eliminated,
        queue.idle_kept,
    ):
        with pytest.raises(TypeError, match="does not change"):
            table["es"] = 1


# Contacts


def test_the_nearest_agent_is_the_one_stopped_last_and_what_they_lack_is_named():
    router, _ = staffed(
        "[queues.q]\nrequires.all_of = { billing = 3, es = 5 }\n[queues.r]",
        far={"queues": ["r"], "skills": {"billing": 5, "es": 9}},
        low={"skills": {"billing": 2, "es": 3}},
    )
    router.enqueue("c1", queue="q")
    nearest = router.explain("c1").nearest
    assert (nearest.agent, nearest.obstacles) == ("low", ("skills",))
    assert (nearest.missing, nearest.until) == ({"billing": (3, 2), "es": (5, 3)}, None)
    assert str(router.explain("c1")).endswith(
        "nearest is low: lacks billing 3 (has 2); lacks es 5 (has 3)"
    )
    assert (
        router.explain("c1")
        .text("es")
        .endswith("es low: le falta billing 3 (tiene 2); le falta es 5 (tiene 3)")
    )
    router.sign_in("rests", queues=["q"], skills={"billing": 3, "es": 5})
    nearest = router.explain("c1").nearest
    assert (nearest.agent, nearest.obstacles, nearest.missing) == ("rests", ("not_ready",), {})


def test_an_agent_of_other_queues_is_not_told_to_serve_this_one_later():
    router, _ = staffed("[queues.q]\n[queues.r]", ana={"queues": ["r"]})
    router.enqueue("c1", queue="q")
    assert router.explain("c1").nearest.obstacles == ("other_queue",)


def test_of_agents_equally_near_the_one_idle_longest_is_named():
    router, clock = routed("[queues.q]\nrequires.all_of.es = 5")
    for name in ("late", "early"):
        router.sign_in(name, queues=["q"])
    router.ready("early")
    clock.advance(1)
    router.ready("late")
    router.enqueue("c1", queue="q")
    assert router.explain("c1").nearest.agent == "early"


def test_what_passes_by_itself_says_when():
    router, clock = staffed(
        "[queues.q]\noffer = { back_off = { declined = '20s' }, exclude_for = '45s' }", ana={}
    )
    router.enqueue("c1", queue="q")
    router.decline(offer_of(router, "c1"))
    clock.advance(5)
    nearest = router.explain("c1").nearest
    assert (nearest.obstacles, nearest.until) == (("back_off", "excluded"), START + 45)
    assert "passes by itself in 40.0 s" in str(router.explain("c1"))
    assert "se resuelve solo en 40,0 s" in router.explain("c1").text("es")
    clock.set(START + 30)
    router.advance()
    assert router.explain("c1").nearest.obstacles == ("excluded",)
    clock.set(START + 45)
    router.advance()
    assert router.explain("c1").phase == "offered"


def test_when_preferred_agents_have_had_their_time_is_told():
    router, clock = staffed("[queues.q]\npreferred.first = '30s'", ana={})
    router.sign_in("bo", queues=["q"])
    router.enqueue("c1", queue="q", preferred=["bo"])
    clock.advance(10)
    told = router.explain("c1")
    assert told.eliminated == {"not_ready": 1, "others_first": 1}
    # Nobody stands as near as ana: only time is missing.
    assert told.until == START + 30
    assert router.explain_queue("q").idle_kept == {"others_first": 1}
    router.exclude("c1", "ana")
    router.sign_out("bo")
    assert router.explain("c1").eliminated == {"offline": 1, "excluded": 1}


def test_a_link_that_opens_later_says_when_it_does_and_no_sooner():
    """The nearest agent's own link counts, not the first of any agent's that opens."""
    router, _ = routed("[queues.q]")
    router.sign_in("slow", queues={"q": Link(delay=60)})
    router.sign_in("quick", queues={"q": Link(delay=10)})
    router.ready("slow")
    router.enqueue("c1", queue="q", excluded=["quick"])
    nearest = router.explain("c1").nearest
    assert (nearest.agent, nearest.obstacles) == ("slow", ("not_yet",))
    assert nearest.until == START + 60


def test_a_link_that_only_opens_by_number_does_not_pass_by_itself():
    router, _ = routed("[queues.q]\npreferred.first = '30s'")
    router.sign_in("ana", queues={"q": Link(help_when=ccroute.HelpWhen(waiting=3))})
    router.sign_in("bo")
    router.ready("ana")
    router.enqueue("c1", queue="q", preferred=["ana"])
    nearest = router.explain("c1").nearest
    assert (nearest.agent, nearest.obstacles) == ("ana", ("not_yet",))
    assert nearest.until is None


def test_the_next_step_and_when_it_is_due_are_told():
    router, clock = staffed(
        "[queues.q]\nrequires.all_of.es = 5\nranks.max = 0\n"
        "escalation = [{ after = '30s', lower = { es = 3 } },"
        " { after = '50s', drop = ['es'], ranks = { max = 2 } }]",
        ana={"queues": {"q": Link(rank=2)}},
    )
    router.enqueue("c1", queue="q")
    clock.advance(10)
    told = router.explain("c1")
    assert (told.steps, told.next_step) == (0, (1, START + 30))
    assert (told.needs.all_of, told.ranks, told.eliminated) == ({"es": 5}, (0, 0), {"skills": 1})
    assert "step 1 is due in 20.0 s" in str(told)
    assert "el paso 1 se cumple en 20,0 s" in told.text("es")
    clock.set(START + 30)
    router.advance()
    told = router.explain("c1")
    assert (told.steps, told.next_step, told.needs.all_of) == (1, (2, START + 50), {"es": 3})
    router.change_agent("ana", skills={"es": 3})
    assert router.explain("c1").eliminated == {"rank": 1}
    assert "of agents of rank 0 to 0" in str(router.explain("c1"))
    clock.set(START + 50)
    router.advance()
    told = router.explain("c1")
    assert (told.phase, told.steps, told.ranks) == ("offered", 2, (0, 2))
    assert (told.needs.all_of, told.next_step) == ({}, None)
    assert [chosen.agent for chosen in told.chosen] == ["ana"]


def test_needs_say_all_that_is_asked():
    router, _ = routed(
        "skills = ['a', 'b', 'c', 'd']\n[queues.q]\nrequires.where = 'skills.d >= 2'"
    )
    router.sign_in("ana", queues=["q"])
    own = Requirement(all_of={"a": 3}, any_of=[{"b": 2, "c": 4}], none_of={"d": 9})
    router.enqueue("c1", queue="q", requirement=own)
    needs = router.explain("c1").needs
    assert (needs.all_of, needs.any_of, needs.none_of) == ({"a": 3}, ({"b": 2, "c": 4},), {"d": 9})
    assert needs.where == ("skills.d >= 2",)
    assert str(needs) == "a >= 3, b >= 2 or c >= 4, without d >= 9, skills.d >= 2"
    assert "\n  requisitos: a >= 3, b >= 2 o c >= 4, sin d >= 9, skills.d >= 2; pasos" in (
        router.explain("c1").text("es")
    )
    router.update("c1", requirement=Requirement())
    router.transfer("c1", queue="q")
    assert router.explain("c1").needs.all_of == {}


PHASES = {
    "scheduled": ("scheduled", "waits for its time, 30.0 s from now", "espera su hora"),
    "waiting": ("waiting", ", 1 ahead of it", "con 1 por delante"),
    "offered": ("offered", "runs out in 5.0 s", "vence en 5,0 s"),
    "connecting": ("connecting", "with ana", "con ana"),
    "engaged": ("engaged", "with ana", "con ana"),
    "held": ("held", "with ana", "con ana"),
    "suspended": ("suspended", "out of matching for 20.0 s more", "fuera del reparto durante 20,0"),
    "closed": ("closed", "closed in q, 10.0 s old", "cerrado en q, desde hace 10,0 s"),
}


@pytest.mark.parametrize("phase", PHASES)
def test_every_phase_is_told_with_what_follows(phase):
    router, clock = staffed("[queues.q]", ana={})
    if phase == "scheduled":
        router.enqueue("c1", queue="q", not_before=START + 40)
    elif phase in {"waiting", "suspended"}:
        router.not_ready("ana")
        router.enqueue("c0", queue="q")
        router.enqueue("c1", queue="q")
        if phase == "suspended":
            router.suspend("c1", lasts=30)
    else:
        router.enqueue("c1", queue="q")
        offer = offer_of(router, "c1")
        if phase != "offered":
            router.accept(offer)
        if phase in {"engaged", "held", "closed"}:
            router.connected("c1")
        if phase == "held":
            router.hold("c1")
        if phase == "closed":
            router.release("c1")
    clock.advance(10)
    told = router.explain("c1")
    word, english, spanish = PHASES[phase]
    assert told.phase == word
    assert english in str(told)
    assert spanish in told.text("es")
    assert told.agent == ("ana" if phase in {"connecting", "engaged", "held"} else None)
    assert told.at == START + 10
    assert (told.ahead is None) is (phase != "waiting")


def test_what_is_overdue_is_told_as_due_now():
    router, clock = staffed("[queues.q]", ana={})
    router.enqueue("c1", queue="q")
    router.enqueue("c2", queue="q", not_before=START + 5)
    router.enqueue("c3", queue="q")
    router.suspend("c3", lasts=5)
    clock.advance(100)  # and nobody advanced the router
    assert "runs out in 0.0 s" in str(router.explain("c1"))
    assert "waits for its time, 0.0 s from now" in str(router.explain("c2"))
    assert "out of matching for 0.0 s more at most" in str(router.explain("c3"))


def test_explain_names_the_chosen_agent_and_what_decided():
    router = router_at()
    for name in ("ana", "bo"):
        router.sign_in(name)
        router.ready(name)
        router.clock.at += 10
    router.enqueue("c1", queue="vip")
    router.clock.at += 5
    why = router.explain("c1")
    (chosen,) = why.chosen
    assert (chosen.agent, chosen.eligible, chosen.idle_since) == ("ana", 2, START)
    assert chosen.until == START + 35
    assert "offered to ana of 2 eligible, idle 25.0 s; runs out in 10.0 s" in str(why)
    router.accept(offer_of(router, "c1"))
    assert (router.explain("c1").phase, router.explain("c1").agent) == ("connecting", "ana")
    router.connected("c1")
    router.hold("c1")
    assert str(router.explain("c1")).splitlines()[:2] == [
        "contact c1 is held in vip, 5.0 s old",
        "  with ana",
    ]
    router.release("c1")
    assert router.explain("c1").phase == "closed"


# Agents


def test_an_agent_in_every_state_is_told_so():
    plan = "channels = ['voice', 'chat']\n[queues.q]\nwrap_up = { mode = 'optional' }"
    router, clock = staffed(plan, ana={"capacity": {"voice": 1, "chat": 2}})
    told = router.explain_agent("ana")
    assert (told.availability, told.activity, told.open) == ("ready", "idle", ("voice", "chat"))
    assert told.idle_since == START
    assert str(told) == "agent ana is ready, idle, device unknown\n  open on: voice, chat"
    assert told.text("es") == (
        "el agente ana está disponible, libre, dispositivo desconocido\n"
        "  disponible en: voice, chat"
    )
    router.enqueue("c1", queue="q")
    assert router.explain_agent("ana").activity == "offered"
    router.accept(offer_of(router, "c1"))
    assert router.explain_agent("ana").activity == "connecting"
    router.connected("c1")
    router.set_device("ana", "in_use")
    told = router.explain_agent("ana")
    assert (told.activity, told.device, told.open) == ("engaged", "in_use", ("chat",))
    router.release("c1")
    assert router.explain_agent("ana").activity == "wrapping"
    clock.advance(5)
    router.end_wrap_up("ana", "c1")
    assert router.explain_agent("ana").idle_since == START + 5
    router.sign_out("ana")
    told = router.explain_agent("ana")
    assert (told.availability, told.open) == ("offline", ())
    assert str(told).endswith("open on: no channel")


def test_what_an_agent_would_take_next_is_what_they_take():
    router, clock = staffed(
        "[queues.q]\nrequires.all_of.es = 5\n[queues.r]", ana={"queues": ["q", "r"]}
    )
    router.not_ready("ana", reason="lunch")
    router.enqueue("hard", queue="q")
    clock.advance(1)
    router.enqueue("first", queue="r")
    router.enqueue("last", queue="r")
    told = router.explain_agent("ana")
    assert (told.next, told.withheld) == ("first", {"skills": 1, "not_ready": 2})
    assert "would take first next, were they free" in str(told)
    assert "tomaría first a continuación si estuviera libre" in told.text("es")
    assert "ana is not ready (lunch)" in str(told)
    router.ready("ana")
    assert router.explain("first").phase == "offered"


def test_what_an_agent_would_take_next_goes_by_the_ranks_of_their_queues():
    router, clock = routed("[queues.q]\n[queues.r]")
    router.sign_in("ana", queues={"q": Link(rank=1), "r": Link(rank=0)})
    router.enqueue("older", queue="q")
    clock.advance(1)
    router.enqueue("ranked", queue="r")
    told = router.explain_agent("ana").next
    router.ready("ana")
    assert router.explain("ranked").phase == "offered"
    assert told == "ranked"


def test_explain_agent_says_what_is_withheld_and_why():
    router = router_at()
    router.sign_in("bo", skills={"es": 4})
    router.not_ready("bo", reason="lunch")
    router.enqueue("c1", queue="vip")
    router.enqueue("c2", queue="fixed")
    router.enqueue("c3", queue="mail")
    router.enqueue("c4", queue="mail", requirement=Requirement(none_of={"es": 4}))
    why = router.explain_agent("bo")
    assert (why.availability, why.reason, why.activity) == ("not_ready", "lunch", "idle")
    assert why.withheld == {"other_queue": 1, "skills": 2, "not_ready": 1}
    assert (
        str(why)
        == """\
agent bo is not ready (lunch), idle, device unknown
  open on: no channel
  1 waiting contact withheld: in queues the agent does not serve
  2 waiting contacts withheld: the agent lacks the skills
  1 waiting contact withheld: the agent is not ready
  would take c3 next, were they free"""
    )


# Who is not there


@pytest.mark.parametrize(
    ("ask", "code", "words"),
    [
        (lambda r: r.explain("zoe"), "unknown_contact", "'zoe': it never came"),
        (lambda r: r.explain(""), "unknown_contact", "''"),
        (lambda r: r.explain_agent("zoe"), "unknown_agent", "'zoe': sign it in"),
        (lambda r: r.explain_queue("zoe"), "unknown_queue", "'zoe': .* has q, r"),
        (lambda r: r.wait("zoe"), "unknown_contact", "'zoe': it never came"),
        (lambda r: r.foretold_waits("zoe"), "unknown_queue", "'zoe': .* has q, r"),
    ],
)
def test_an_unknown_name_is_refused_with_the_remedy(ask, code, words):
    router, _ = staffed("[queues.q]\n[queues.r]", ana={})
    before = router.state_hash()
    with pytest.raises(Rejected, match=words) as refused:
        ask(router)
    assert refused.value.code == code
    assert router.state_hash() == before


def test_a_contact_past_retention_is_unknown():
    router, clock = staffed("retention = '60s'\n[queues.q]", ana={})
    engaged(router, "c1")
    router.release("c1")
    assert router.explain("c1").phase == "closed"
    clock.advance(60)
    router.advance()
    with pytest.raises(Rejected, match="'c1'"):
        router.explain("c1")


def test_explaining_changes_nothing():
    router, _ = staffed("[queues.q]\nrequires.all_of.es = 5", ana={"skills": {"es": 4}})
    router.enqueue("c1", queue="q")
    before, due = router.state_hash(), router.next_deadline()
    for ask in (router.explain, router.explain_agent, router.explain_queue):
        name = {router.explain: "c1", router.explain_agent: "ana"}.get(ask, "q")
        assert ask(name) == ask(name)
        assert hash(str(ask(name)))
    assert (router.state_hash(), router.next_deadline()) == (before, due)
    assert [event.kind for event in router.events()][-1] == "contact_queued"
