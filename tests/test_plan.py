"""The plan from Python: objects and TOML are one plan, checked by one reader.

What the reader accepts and says of the rest is tested beside it, in Rust.
"""

import copy
import doctest
import pickle
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scenarios.plans import FULL_TOML

import ccroute
from ccroute import (
    AgentPlan,
    ConfigError,
    OfferPolicy,
    Plan,
    QueuePlan,
    Requirement,
    ServiceTarget,
    Step,
    WrapUp,
)

BILLING = QueuePlan(
    strategy="most_proficient",
    requires=Requirement(
        all_of={"billing": 3}, any_of=[{"es": 5, "en": 5}], none_of={"trainee": 1}
    ),
    offer=OfferPolicy(timeout=12, connect_within=8, on_missed="stay_ready", exclude_for=45.5),
    wrap_up=WrapUp(mode="timed", limit=30, extension=90),
    dispositions=["sale", "no_sale"],
    service_level=ServiceTarget(within=25, short_abandon=4),
    escalation=[Step(after=30, drop=["en"], lower={"es": 3}), Step(after=60, drop=["es"])],
)
ANA = AgentPlan(
    skills={"es": 8, "billing": 5},
    queues=["after hours", "billing"],
    capacity={"voice": 1, "chat": 3},
)
FULL = Plan(
    skills=["es", "en", "billing", "trainee"],
    channels=["voice", "chat"],
    retention=3600,
    queues={"billing": BILLING, "after hours": QueuePlan()},
    agents={"ana": ANA},
)


def test_objects_and_toml_are_one_plan() -> None:
    plan = Plan.from_toml(FULL_TOML)
    assert plan == FULL
    assert list(plan.queues.items()) == [("billing", BILLING), ("after hours", QueuePlan())]
    assert plan.agents == {"ana": ANA}
    assert (plan.skills, plan.channels) == (("es", "en", "billing", "trainee"), ("voice", "chat"))
    assert plan.retention == 3600


@pytest.mark.parametrize("plan", [Plan(), FULL], ids=["empty", "full"])
def test_what_is_written_is_read_back(plan: Plan) -> None:
    assert Plan.from_toml(plan.to_toml()) == plan
    assert Plan.from_json(plan.to_json()) == plan
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert copy.deepcopy(plan) == plan


def test_written_toml_is_toml_for_others_too() -> None:
    written = tomllib.loads(FULL.to_toml())
    assert written["queues"]["billing"]["escalation"][1] == {"after": "1m", "drop": ["es"]}
    assert written["agents"]["ana"]["capacity"] == {"voice": 1, "chat": 3}


def test_defaults_of_the_classes_are_the_readers() -> None:
    plan = Plan.from_toml("[queues.a]\n[agents.ana]")
    assert plan.queues["a"] == QueuePlan()
    assert plan == Plan(queues={"a": QueuePlan()}, agents={"ana": AgentPlan()})
    assert plan.retention == Plan().retention == 600.0
    assert plan.channels == Plan().channels == ("voice", "chat", "email", "sms")
    assert plan.agents["ana"].capacity == {"voice": 1}


def test_plan_keeps_its_own_copy() -> None:
    levels = {"es": 5}
    requirement = Requirement(all_of=levels, any_of=[levels])
    plan = Plan(queues={"a": QueuePlan(requires=requirement)})
    levels["es"] = 9
    assert (
        plan.queues["a"].requires
        == requirement
        == Requirement(all_of={"es": 5}, any_of=[{"es": 5}])
    )


def queue(**parts: object) -> Plan:
    return Plan(queues={"a": QueuePlan(**parts)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: Plan(retention=float("nan")),
            'retention: "nan" is not a duration; valid: a duration such as',
        ),
        (
            lambda: queue(offer=OfferPolicy(timeout=float("inf"))),
            'queues.a.offer.timeout: "inf" is not a duration',
        ),
        (
            lambda: queue(offer=OfferPolicy(timeout=-1.5)),
            "queues.a.offer.timeout: `-1.5` is negative",
        ),
        (
            lambda: queue(wrap_up=WrapUp(mode="long")),  # type: ignore[arg-type]
            'queues.a.wrap_up.mode: is "long"; valid: none, optional, mandatory, timed',
        ),
        (
            lambda: queue(requires=Requirement(any_of=[{"es": 1}, {"en": 11}])),
            "queues.a.requires.any_of[1].en: is `11`; valid: a whole number from 1 to 10",
        ),
        (
            lambda: queue(requires=Requirement(all_of={"es": True})),
            "queues.a.requires.all_of.es: is `true`; valid: a whole number",
        ),
        (
            lambda: queue(requires=Requirement(all_of={"es": 5j})),  # type: ignore[dict-item]
            'queues.a.requires.all_of.es: is "5j"; valid: a whole number',
        ),
        (lambda: queue(requires=Requirement(any_of=[{}])), "nobody meets an empty group"),
        (lambda: queue(escalation=[Step(after=3)]), "queues.a.escalation[0]: the step changes"),
        (
            lambda: Plan(skills=["es"], agents={"ana": AgentPlan(skills={"en": 5})}),
            "unknown skill `en` in agents.ana.skills; the plan's skills are: es",
        ),
        (lambda: Plan(skills="es"), "a list of names is wanted, not the text 'es'"),
        (lambda: Plan(skills=["es", "es"]), "skills: `es` is named twice"),
        (lambda: Plan(queues={"": QueuePlan()}), "queues: a name is empty"),
        (lambda: Plan(skills=["\ud800"]), r"'\ud800' is half a character"),
        (lambda: Plan.from_toml("\ud800"), r"'\ud800' is half a character"),
        (lambda: Plan.from_json("{"), "not JSON: "),
        (lambda: Plan.from_json("[" * 1000), "not JSON: "),
        (lambda: Plan.from_json("[]"), "valid: a table"),
        (lambda: Plan.from_json("null"), "is nothing; valid: a table"),
        (lambda: Plan.from_json('{"agents": {"a": {}, "a": {}}}'), "agents.a: written twice"),
        (
            lambda: Plan.from_json('{"retention": 18446744073709551615}'),
            "retention: a number out of range is not a duration",
        ),
    ],
)
def test_what_is_wrong_is_told_by_path(build: object, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build()  # type: ignore[operator]
    assert message in str(caught.value)
    assert (caught.value.line, caught.value.path) == (None, None)


def test_toml_errors_have_their_line() -> None:
    with pytest.raises(ConfigError) as caught:
        Plan.from_toml("[queues.a]\nfrozen = 1\n[agents.ana]\nskill = 1")
    assert caught.value.line == 2
    first, second = str(caught.value).splitlines()
    assert first == "line 2: queues.a.frozen: is `1`; valid: true or false"
    valid = "skills, labels, queues, capacity, budget, lines"
    assert second == f"line 4: unknown key `skill` in agents.ana; valid: {valid}"


def test_load_names_the_file_and_the_line(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(FULL_TOML)
    assert Plan.load(path) == Plan.load(str(path)) == FULL
    path.write_text("a = 1\n\nb = 1")
    with pytest.raises(ConfigError) as caught:
        Plan.load(path)
    valid = (
        "in the plan; valid: skills, channels, retention, seed, order, capacity, classification, "
        "scores, calendars, assign_together, queues, agents"
    )
    assert (
        str(caught.value) == f"{path}:1: unknown key `a` {valid}\n{path}:3: unknown key `b` {valid}"
    )
    assert (caught.value.path, caught.value.line) == (str(path), 1)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_load_refuses_what_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(b"# caf\xc3\xa9\n# caf\xe9\n")
    with pytest.raises(ConfigError, match=r"plan.toml:2: not UTF-8: the byte 0xe9"):
        Plan.load(path)
    path.write_bytes(b"\xef\xbb\xbf[queues.a]\n")
    assert list(Plan.load(path).queues) == ["a"], "the mark that some editors set does no harm"


def test_load_leaves_missing_files_to_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Plan.load(tmp_path / "none.toml")


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (Plan.from_toml, Plan.from_json):
        try:
            plan = read(text)
        except ConfigError:
            continue
        assert Plan.from_toml(plan.to_toml()) == plan


@pytest.mark.parametrize("documented", [Plan, Requirement])
def test_examples_in_docstrings_run(documented: type) -> None:
    tests = doctest.DocTestFinder().find(documented, globs=vars(ccroute).copy())
    results = [doctest.DocTestRunner().run(test) for test in tests]
    assert sum(result.attempted for result in results) > 0
    assert sum(result.failed for result in results) == 0


def test_plan_in_hand_does_not_change() -> None:
    plan = Plan.from_toml('[queues.a]\n[agents.ana]\nskills = { es = 5 }\nqueues = ["a"]')
    changes = (
        lambda: plan.agents["ana"].skills.__setitem__("es", 1),
        lambda: plan.agents["ana"].skills.update(es=1),
        lambda: plan.queues.pop("a"),
        plan.queues.clear,
        lambda: plan.agents.__delitem__("ana"),
        lambda: plan.agents.__ior__({}),
    )
    for change in changes:
        with pytest.raises(TypeError, match="this does not change"):
            change()
    assert plan.agents["ana"].skills == {"es": 5}
    again = copy.deepcopy(pickle.loads(pickle.dumps(plan)))
    assert (again, hash(again)) == (plan, hash(plan))
