"""The classes of plans and commands: what goes into them, what is refused at once, that they do
not change, and what a type checker says of them.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

import ccroute
from ccroute import (
    AgentPlan,
    CapacityPlan,
    ConfigError,
    ManualClock,
    Plan,
    QueuePlan,
    Requirement,
    Router,
    Step,
    WrapUp,
)

ROOT = Path(__file__).parents[1]


# What a type checker says

MORE_OF_THE_SAME = """
import ccroute

ccroute.QueuePlan(
    strategy=["most_proficient", "longest_idle"],
    escalation=[ccroute.Step(after=60, drop=["x"], widen=["y"])],
    dispositions=["sale"],
    help=[ccroute.Help(queues=["z"], kpi="sl", below=0.8, until=0.9)],
    keep_free=ccroute.KeepFree(agents=1, queues=["z"]),
    lines=["trunk"],
    admission=ccroute.Admission(staff_free_of=["paused"]),
)
ccroute.CapacityPlan(interrupted_by={"voice": ["chat"]})
ccroute.Calendar(zone="UTC", weekly={"mon": ["09:00-10:00"]}, special={"2026-12-31": []})
ccroute.Classification(
    rules=[ccroute.Rule(split=[ccroute.Split(queue="a", share=1)])],
    attach=[ccroute.Attachment(skill_of="language")],
)
ccroute.AgentPlan(lines=["trunk"], queues={"a": ccroute.Link()}, labels={"site": "lima"})
ccroute.ReadyAll(agents=["ana"])
ccroute.SignIn(agent="ana", lines=["trunk"], skills={"es": 5})
ccroute.Dispose(contact="c1", codes=["sale"])
ccroute.Enqueue(contact="c1", preferred=["ana"], attributes={"tier": "gold"})
ccroute.Reconcile(observed=[ccroute.Observed(contact="c1")])
ccroute.SetScores(table="fit", scores={"a": {"ana": 1.0}}, expires=5.0)
keys: tuple[ccroute.Strategy, ...] = ("ordered",)
queues: ccroute.Queues = ["a"]
label: ccroute.Value = True
"""

WRONG = """
import ccroute

ccroute.QueuePlan(escalation=[1])
ccroute.QueuePlan(escalation=ccroute.Step(after=60))
ccroute.Step(drop=[1])
ccroute.QueuePlan(offer=ccroute.WrapUp())
ccroute.ReadyAll(agents=[1])
ccroute.KeepFree(agents=1)
"""


def test_a_type_checker_takes_what_the_documents_show(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    page = (ROOT / "docs/plan.md").read_text()
    shown = re.findall(r"```python\n(.*?)```", page.partition("\n## In Python\n")[2], re.DOTALL)
    assert shown
    (tmp_path / "right.py").write_text("\n".join([*shown, MORE_OF_THE_SAME]))
    (tmp_path / "wrong.py").write_text(WRONG)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache")]
    ran = subprocess.run(
        [*command, str(tmp_path / "right.py"), str(tmp_path / "wrong.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in ran.stdout.splitlines() if ": error: " in line]
    assert [line for line in errors if "wrong.py" not in line] == []
    complained = {int(line.split("wrong.py:")[1].split(":")[0]) for line in errors}
    assert complained == set(range(4, 10)), ran.stdout


# What is refused at once


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Plan(queues={"a": WrapUp()}), r"^queues\.a: give a ccroute\.QueuePlan, not Wrap"),
        (lambda: Plan(agents={"a": 5}), r"^agents\.a: give a ccroute\.AgentPlan, not 5"),
        (lambda: Plan(capacity=None), r"^capacity: give a ccroute\.CapacityPlan, not None"),
        (lambda: QueuePlan(offer=WrapUp()), r"^offer: give a ccroute\.OfferPolicy, not WrapUp\("),
        (lambda: QueuePlan(callback=WrapUp()), r"^callback: give a ccroute\.CallbackRule, not W"),
        (lambda: QueuePlan(escalation=[WrapUp()]), r"^escalation\[0\]: give a ccroute\.Step, not"),
        (lambda: QueuePlan(help=[None]), r"^help\[0\]: give a ccroute\.Help, not None"),
        (lambda: QueuePlan(exits={"1": "b"}), r"^exits\.1: give a ccroute\.Exit, not 'b'"),
        (lambda: AgentPlan(queues={"a": 3}), r"^queues\.a: give a ccroute\.Link, not 3"),
        (
            lambda: Requirement(all_of=["billing"]),
            r"a table is wanted, not \['billing'\]; write \{",
        ),
        (lambda: Requirement(all_of=["es"]), r"a table is wanted, not \['es'\]; write \{"),
        (lambda: Requirement(any_of=[["es"]]), r"a table is wanted, not \['es'\]; write \{"),
        (lambda: Requirement(any_of={"es": 5}), r"a list is wanted, not \{'es': 5\}; write \["),
        (lambda: Plan(queues=5), "a table is wanted, not 5; write {"),
        (lambda: Plan(queues=None), "a table is wanted, not None; write {"),
        (lambda: Plan(skills=5), r"a list is wanted, not 5; write \["),
        (lambda: QueuePlan(escalation=Step(after=60)), r"a list is wanted, not Step\(.*; write \["),
        (lambda: QueuePlan(strategy=None), r"a list is wanted, not None; write \["),
        (lambda: QueuePlan(strategy={"ordered": 1}), "a list is wanted, not {"),
        (lambda: CapacityPlan(interrupted_by=["voice"]), r"a table is wanted, not \['voice'\]"),
        (lambda: CapacityPlan(interrupted_by={"voice": 5}), r"a list is wanted, not 5; write \["),
        (lambda: CapacityPlan(interrupted_by={"voice": "chat"}), "not the text 'chat'; write"),
        (lambda: AgentPlan(queues=5), r"a list is wanted, not 5; write \["),
    ],
)
def test_what_is_of_the_wrong_kind_is_refused_with_the_remedy(build, message) -> None:
    with pytest.raises(ConfigError, match=message):
        build()


def test_a_mapping_will_do_for_a_class() -> None:
    plan = Plan(queues={"a": {"offer": {"timeout": 5}}, "b": QueuePlan(callback={"attempts": 2})})
    assert plan.queues["a"].offer.timeout == 5
    assert plan.queues["b"].callback.attempts == 2


@pytest.mark.parametrize("kind", [ccroute.KeepFree, ccroute.Help])
def test_queues_that_must_be_given_have_no_default(kind) -> None:
    assert attrs.fields(kind).queues.default is attrs.NOTHING


# Equality


def test_the_order_of_queues_counts_and_that_of_agents_does_not() -> None:
    a, b = {"a": QueuePlan()}, {"b": QueuePlan()}
    assert Plan(queues={**a, **b}) == Plan(queues={**a, **b})
    assert Plan(queues={**a, **b}) != Plan(queues={**b, **a})
    ana, bo = {"ana": AgentPlan()}, {"bo": AgentPlan()}
    assert Plan(agents={**ana, **bo}) == Plan(agents={**bo, **ana})
    assert hash(Plan(agents={**ana, **bo})) == hash(Plan(agents={**bo, **ana}))


def test_a_label_that_is_true_is_not_one_that_is_1() -> None:
    assert AgentPlan(labels={"x": True}) != AgentPlan(labels={"x": 1})
    assert AgentPlan(labels={"x": 1, "y": "z"}) == AgentPlan(labels={"y": "z", "x": 1})
    assert len({AgentPlan(labels={"x": True}), AgentPlan(labels={"x": 1})}) == 2


def test_skills_that_were_collected_are_collected_anew_without_them() -> None:
    plan = Plan(queues={"a": QueuePlan(requires=Requirement(all_of={"es": 5}))})
    asks = {"a": QueuePlan(requires=Requirement(all_of={"en": 5}))}
    with pytest.raises(ConfigError, match="unknown skill `en`"):
        attrs.evolve(plan, queues=asks)
    assert attrs.evolve(plan, queues=asks, skills=()).skills == ("en",)


def test_json_with_the_mark_that_some_editors_set_is_read(tmp_path: Path) -> None:
    assert list(Plan.from_json('\ufeff{"queues": {"a": {}}}').queues) == ["a"]
    path = tmp_path / "plan.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"queues": {"a": {}}}).encode())
    assert list(Plan.load(path).queues) == ["a"]


# Commands

COMMANDS = [
    lambda: ccroute.Enqueue(
        contact="c1",
        attributes={"tier": "gold"},
        preferred={"ana": 5},
        excluded={"bo": None},
        requirement=Requirement(all_of={"es": 5}),
    ),
    lambda: ccroute.Adopt(contact="c1", preferred=["ana"], excluded=iter(["bo"])),
    lambda: ccroute.Update(contact="c1", attributes={"tier": "gold"}, preferred=["ana"]),
    lambda: ccroute.SignIn(agent="ana", skills={"es": 5}, queues=["q"], lines=["trunk"]),
    lambda: ccroute.ChangeAgent(
        agent="ana", labels={"a": True}, capacity={"voice": 1}, queues={"q": ccroute.Link()}
    ),
    lambda: ccroute.ReadyAll(agents=["ana"]),
    lambda: ccroute.Dispose(contact="c1", codes=["sale"]),
    lambda: ccroute.SetScores(table="fit", scores={"a": {"ana": 1.0}}, expires=5.0),
    lambda: ccroute.Reconcile(
        observed=[
            ccroute.Observed(contact="c1", known=ccroute.NewContact(contact="c1", preferred=["a"]))
        ]
    ),
    lambda: ccroute.SetPlan(plan=Plan(queues={"a": QueuePlan()})),
]


@pytest.mark.parametrize("make", COMMANDS)
def test_a_command_has_a_hash_and_does_not_change(make) -> None:
    assert make() == make()
    assert hash(make()) == hash(make())
    for field in attrs.fields(type(make())):
        value = getattr(make(), field.name)
        if isinstance(value, dict):
            with pytest.raises(TypeError, match="this does not change"):
                value["x"] = 1


def test_a_command_keeps_its_own_copy_and_can_be_applied_twice() -> None:
    attributes, agents = {"tier": "gold"}, ["ana", "bo"]
    command = ccroute.Enqueue(
        contact="c1", queue="q", attributes=attributes, preferred=(name for name in agents)
    )
    attributes["tier"] = "tin"
    for _ in range(2):
        router = Router(Plan.from_toml("[queues.q]\npreferred.first = '30s'"), clock=ManualClock(0))
        router.apply(ccroute.SignIn(agent="bo", queues=iter(["q"])))
        router.apply(ccroute.SignIn(agent="ana", queues=["q"]))
        router.apply(ccroute.SignIn(agent="cleo", queues=["q"]))
        router.apply(ccroute.ReadyAll(agents=("cleo",)))
        router.apply(command)
        assert router.attributes("c1") == {"tier": "gold"}
        assert router.explain("c1").eliminated == {"not_ready": 2, "others_first": 1}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            ccroute.Enqueue(contact="c1", preferred="ana"),
            "preferred: give a list of names, not str",
        ),
        (ccroute.Enqueue(contact="c1", attributes=5), "attributes: give a mapping, not int"),
        (ccroute.ReadyAll(agents="ana"), "agents: give a list of names, not str"),
        (ccroute.SignIn(agent="ana", queues="q"), "queues: give a list of names, not str"),
        (ccroute.SignIn(agent="ana", skills=5), "skills: give a mapping, not int"),
    ],
)
def test_what_a_command_cannot_take_is_refused_when_it_is_applied(command, words) -> None:
    with pytest.raises(TypeError, match=words):
        Router(Plan.from_toml("[queues.q]")).apply(command)
