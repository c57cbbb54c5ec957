"""Every obstacle that keeps an agent from a contact: told from all sides, in both languages."""

import sys

import pytest
from tests.scenarios.busy import router_at
from tests.scenarios.routers import START, engaged, offer_of, staffed

from ccroute import Link

PHRASES = sys.modules["ccroute._explain._phrases"].PHRASES
LANGUAGES = ("en", "es")


def offline():
    router, _ = staffed("[queues.q]", ana={})
    router.sign_out("ana")
    return router


def other_queue():
    return staffed("[queues.q]\n[queues.r]", ana={"queues": ["r"]})[0]


def skills():
    return staffed("[queues.q]\nrequires.all_of.es = 5", ana={"skills": {"es": 4}})[0]


def rank():
    return staffed("[queues.q]\nranks.max = 3", ana={"queues": {"q": Link(rank=4)}})[0]


def not_ready():
    router, _ = staffed("[queues.q]", ana={})
    router.not_ready("ana")
    return router


def device():
    router, _ = staffed("[queues.q]", ana={})
    router.set_device("ana", "in_use")
    return router


def back_off():
    router, _ = staffed("[queues.q]\noffer = { back_off = { declined = '20s' } }", ana={})
    router.enqueue("before", queue="q")
    router.decline(offer_of(router, "before"))
    router.cancel("before")
    return router


def no_slot():
    router, _ = staffed("[queues.q]", ana={})
    engaged(router, "before")
    return router


def no_room():
    plan = "channels = ['voice', 'chat']\ncapacity.budget = 1\n[queues.q]"
    router, _ = staffed(plan, ana={"capacity": {"voice": 1, "chat": 1}})
    engaged(router, "before", channel="chat")
    return router


def not_yet():
    return staffed("[queues.q]", ana={"queues": {"q": Link(delay=60)}})[0]


def line():
    router, _ = staffed("[queues.q]\nlines = ['trunk']", ana={})
    router.set_line("trunk", up=False)
    return router


def others_first():
    return staffed("[queues.q]\npreferred.first = '30s'", ana={})[0]


def excluded():
    return staffed("[queues.q]", ana={})[0]


def kept_free():
    plan = "[queues.r]\n[queues.q]\nkeep_free = { agents = 1, for = ['r'] }"
    return staffed(plan, ana={"queues": ["q", "r"]})[0]


def other_rank():
    plan = "[queues.q]\noffer = { parallel = 2, one_rank = true }"
    return staffed(plan, bo={}, ana={"queues": {"q": Link(rank=1)}})[0]


OBSTACLES = [
    offline,
    other_queue,
    skills,
    rank,
    not_ready,
    device,
    back_off,
    no_slot,
    no_room,
    not_yet,
    line,
    others_first,
    excluded,
    kept_free,
    other_rank,
]


def obstructed(scenario):
    """The router of a scenario with a contact that ana is kept from."""
    router = scenario()
    more = {}
    if scenario is others_first:
        router.sign_in("bo", queues=["q"])
        more = {"preferred": ["bo"]}
    elif scenario is excluded:
        more = {"excluded": ["ana"]}
    router.enqueue("c1", queue="q", **more)
    return router


def test_every_obstacle_is_among_these():
    words = [scenario.__name__ for scenario in OBSTACLES]
    for kind in ("obstacle", "withheld"):
        named = [key.partition(".")[2] for key in PHRASES["en"] if key.startswith(f"{kind}.")]
        assert named == words
    assert len(words) == len(set(words)) == 15


@pytest.mark.parametrize("scenario", OBSTACLES, ids=lambda scenario: scenario.__name__)
def test_an_obstacle_is_told_from_all_sides_in_both_languages(scenario):
    router = obstructed(scenario)
    obstacle = scenario.__name__
    contact, agent = router.explain("c1"), router.explain_agent("ana")
    assert contact.eliminated[obstacle] == 1
    assert agent.withheld == {obstacle: 1}
    here = obstacle != "offline"
    if here:
        assert contact.nearest.agent == "ana"
    else:
        assert contact.nearest is None
    queue = router.explain_queue("q")
    if scenario is other_rank:
        assert (queue.waiting, queue.length, queue.groups) == (0, 1, ())
    else:
        (group,) = queue.groups
        assert group.eliminated.get(obstacle, 0) == here
    for language in LANGUAGES:
        phrases = PHRASES[language]
        one = f"1 {phrases['agent']}"
        assert f"\n  {phrases[f'obstacle.{obstacle}']}: {one}" in contact.text(language)
        assert f": {phrases[f'withheld.{obstacle}']}" in agent.text(language)
        if obstacle == "skills":
            lacks = phrases["contact.lacks"].format(skill="es", asked=5, held=4)
            assert contact.text(language).endswith(f"ana: {lacks}")
        elif here:
            why = phrases.get(f"nearest.{obstacle}", phrases[f"withheld.{obstacle}"])
            assert f"ana: {why}" in contact.text(language)
        for told in (contact, agent, queue):
            assert "{" not in told.text(language)
    assert str(contact) == contact.text("en")
    router.check()


@pytest.mark.parametrize("scenario", OBSTACLES, ids=lambda scenario: scenario.__name__)
def test_without_its_obstacle_the_agent_is_offered_the_contact(scenario):
    router = obstructed(scenario)
    remedies = {
        offline: lambda: (router.sign_in("ana", queues=["q"]), router.ready("ana")),
        other_queue: lambda: router.change_agent("ana", queues=["q"]),
        skills: lambda: router.change_agent("ana", skills={"es": 5}),
        rank: lambda: router.change_agent("ana", queues={"q": Link(rank=3)}),
        not_ready: lambda: router.ready("ana"),
        device: lambda: router.set_device("ana", "available"),
        back_off: lambda: router.ready("ana"),
        no_slot: lambda: router.release("before"),
        no_room: lambda: router.release("before"),
        not_yet: lambda: router.change_agent("ana", queues=["q"]),
        line: lambda: router.set_line("trunk", up=True),
        others_first: lambda: router.sign_out("bo"),
        excluded: lambda: router.readmit("c1", "ana"),
        kept_free: lambda: (router.sign_in("bo", queues=["r"]), router.ready("bo")),
        other_rank: lambda: router.change_agent("ana", queues=["q"]),
    }
    assert "ana" not in [chosen.agent for chosen in router.explain("c1").chosen]
    remedies[scenario]()
    assert "ana" in [chosen.agent for chosen in router.explain("c1").chosen]


def test_an_agent_who_is_left_alone_is_told_for_how_long():
    router = back_off()
    told = router.explain_agent("ana")
    assert told.back_off == START + 20
    assert "in a pause after a failure, 20.0 s more" in str(told)
    assert "en pausa tras un fallo, 20,0 s más" in told.text("es")


def test_explain_counts_each_agent_once_at_the_first_obstacle():
    router = router_at()
    spanish = {"skills": {"es": 8}, "queues": ["vip"]}
    router.sign_in("signed_out", **spanish)
    router.sign_out("signed_out")
    router.sign_in("elsewhere", skills={}, queues=["mail"])
    router.sign_in("unskilled", skills={"es": 4}, queues=["vip"])
    router.sign_in("resting", **spanish)
    for name, more in [("on_phone", {}), ("chatting", {"capacity": {"chat": 1}}), ("refuser", {})]:
        router.sign_in(name, **spanish, **more)
    for name in ("elsewhere", "unskilled", "on_phone", "chatting", "refuser"):
        router.ready(name)
    router.set_device("on_phone", "in_use")
    router.clock.at += 2.5
    router.enqueue("c0", queue="vip", band=1)
    router.decline(offer_of(router, "c0"))
    router.enqueue("c1", queue="vip", attributes={"tier": "gold"})
    router.decline(offer_of(router, "c1"))
    router.clock.at += 1
    why = router.explain("c1")
    obstacles = [
        "offline",
        "other_queue",
        "skills",
        "not_ready",
        "device",
        "no_slot",
        "excluded",
    ]
    assert list(why.eliminated.items()) == [(obstacle, 1) for obstacle in obstacles]
    assert sum(why.eliminated.values()) == len(router.names("agents"))
    assert (why.phase, why.ahead, why.since, why.chosen) == ("waiting", 1, START + 2.5, ())
    assert why.next_step == (1, START + 52.5)
    assert why.needs.all_of == {"es": 5}
    assert (
        str(why)
        == """\
contact c1 is waiting in vip, 1.0 s old, 1 ahead of it
  requirements: es >= 5; steps taken: 0
  step 1 is due in 49.0 s
  signed out: 1 agent
  not serving the queue: 1 agent
  without the skills: 1 agent
  not ready: 1 agent
  device busy or unreachable: 1 agent
  without a free slot: 1 agent
  excluded: just missed, declined or not connected, in wrap-up after it, or by the host: 1 agent
  nearest is refuser: the agent is excluded from it: just missed, declined or not connected, in\
 wrap-up after it, or by the host; passes by itself in 29.0 s"""
    )
