"""Every key a plan has, as object, in JSON and in the schema: none is missing anywhere."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import jsonschema
import pytest
from tests.scenarios.plans import EVERY_KEY, SCHEMA

import ccroute
from ccroute import ConfigError, Plan, QueuePlan

PRESETS = SCHEMA["properties"]["queues"]["additionalProperties"]["properties"]["preset"]["enum"]


def test_objects_say_every_key() -> None:
    plan = Plan.from_toml(EVERY_KEY)
    fields = {field.name: getattr(plan, field.name) for field in attrs.fields(Plan) if field.init}
    assert Plan(**fields) == plan
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.queues["billing"].exits["2"].offer_callback
    assert plan.agents["ana"].queues["after_hours"].help_when == ccroute.HelpWhen(
        waiting=5, waited=60.0
    )
    assert plan.agents["ana"].labels == {"site": "lima", "seniority": 4, "remote": True}
    assert plan.queues["billing"].escalation[0].only_if == "contact.band < 5"
    assert plan.queues["billing"].help[0].queues == ("after_hours",)


def tables(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every table of fixed keys in the schema, with its path."""
    if "properties" in schema:
        yield path, schema["properties"]
        for key, inner in schema["properties"].items():
            yield from tables(inner, f"{path}.{key}" if path else key)
    for inner in (schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from tables(inner, path)
    for inner in schema.get("anyOf", ()):
        yield from tables(inner, path)


CLASSES = {
    "": Plan,
    "order": ccroute.OrderPlan,
    "capacity": ccroute.CapacityPlan,
    "classification": ccroute.Classification,
    "classification.rules": ccroute.Rule,
    "classification.rules.split": ccroute.Split,
    "classification.rules.requires": ccroute.Requirement,
    "classification.attach": ccroute.Attachment,
    "classification.attach.requires": ccroute.Requirement,
    "scores": ccroute.ScoreTable,
    "calendars": ccroute.Calendar,
    "queues": QueuePlan,
    "queues.preferred": ccroute.PreferredRule,
    "queues.requires": ccroute.Requirement,
    "queues.ranks": ccroute.RankWindow,
    "queues.order": ccroute.OrderRule,
    "queues.order.cost": ccroute.MarginalCost,
    "queues.order.pick": ccroute.PickRule,
    "queues.offer": ccroute.OfferPolicy,
    "queues.offer.back_off": ccroute.BackOff,
    "queues.offer.limits": ccroute.FailureLimits,
    "queues.wrap_up": ccroute.WrapUp,
    "queues.service_level": ccroute.ServiceTarget,
    "queues.escalation": ccroute.Step,
    "queues.escalation.ranks": ccroute.RankChange,
    "queues.escalation.raise": ccroute.Raise,
    "queues.admission": ccroute.Admission,
    "queues.leaving": ccroute.Leaving,
    "queues.closed": ccroute.Closed,
    "queues.exits": ccroute.Exit,
    "queues.callback": ccroute.CallbackRule,
    "queues.callback.retry": ccroute.Retry,
    "queues.keep_free": ccroute.KeepFree,
    "queues.help": ccroute.Help,
    "agents": ccroute.AgentPlan,
    "agents.queues": ccroute.Link,
    "agents.queues.help_when": ccroute.HelpWhen,
}


def test_every_table_has_its_class_and_every_key_its_field() -> None:
    # Days of the week are keys of a mapping; a preset is gone into the settings it stands for.
    known = {path: set(keys) for path, keys in tables(SCHEMA) if path != "calendars.weekly"}
    assert set(known) == set(CLASSES)
    for path, kind in CLASSES.items():
        fields = {it.metadata.get("key", it.name) for it in attrs.fields(kind) if it.init}
        assert known[path] - {"preset"} == fields, path


def test_the_schema_takes_what_the_reader_takes() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.check_schema(SCHEMA)
    validator.validate(json.loads(Plan.from_toml(EVERY_KEY).to_json()))
    for preset in PRESETS:
        validator.validate({"queues": {"a": {"preset": preset}}})
    for wrong in (
        {"queue": {}},
        {"queues": {"a": {"strategy": "loudest"}}},
        {"queues": {"a": {"offer": {"timeout": -1}}}},
        {"queues": {"a": {"requires": {"all_of": {"es": 11}}}}},
        {"agents": {"ana": {"queues": 5}}},
        {"classification": {"rules": [{"when": 1, "queue": "a"}]}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            validator.validate(wrong)
        with pytest.raises(ConfigError):
            Plan.from_json(json.dumps(wrong))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_what_it_is_in_a_text(name: str) -> None:
    plan = Plan(queues={"a": QueuePlan.preset(name)})
    assert plan == Plan.from_toml(f'[queues.a]\npreset = "{name}"')
    assert Plan.from_toml(plan.to_toml()) == plan


def test_a_preset_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r'is "loud"; valid: asterisk\.ringall, '):
        QueuePlan.preset("loud")


def test_a_preset_gives_way_to_what_is_written() -> None:
    text = (
        '[queues.a]\npreset = "asterisk.ringall"\noffer = { parallel = 2, limits = { missed = 3 } }'
    )
    offer = Plan.from_toml(text).queues["a"].offer
    assert (offer.parallel, offer.one_rank, offer.on_missed, offer.limits.missed) == (
        *(2, True),
        "not_ready",
        3,
    )


def test_findings_have_lines_of_the_text_they_came_from() -> None:
    text = "[queues.a]\n\n[queues.b]\nrequires.all_of.es = 3\n[agents.ana]\nqueues = ['b']"
    plan = Plan.from_toml(text)
    found = [(it.severity, it.code, it.path, it.line) for it in plan.findings]
    assert found == [
        ("warning", "nobody_has", "skills", 1),
        ("warning", "nobody_serves", "queues.a", 1),
        ("warning", "nobody_able", "queues.b.requires", 4),
        ("note", "endless_wait", "queues.a", 1),
        ("note", "endless_wait", "queues.b", 3),
    ]
    of_objects = [it.line for it in Plan(queues=plan.queues, agents=plan.agents).findings]
    assert of_objects == [None] * 5
    assert str(plan.findings[1]).startswith("warning: queues.a: no agent of the plan serves")


def test_a_plan_in_json_is_loaded_from_its_file(tmp_path: Path) -> None:
    plan = Plan.from_toml(EVERY_KEY)
    path = tmp_path / "plan.json"
    path.write_text(plan.to_json())
    assert Plan.load(path) == plan
    path.write_text('{"queues": {"a": {"frozen": 1}}}')
    with pytest.raises(ConfigError, match=r"plan\.json: queues\.a\.frozen: is `1`"):
        Plan.load(path)
