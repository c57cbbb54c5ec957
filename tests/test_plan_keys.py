"""Every key a plan has, as object, in JSON and in the schema: none is missing anywhere.

The text with every key lies beside the reader, in Rust, where a test holds it complete.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import jsonschema
import pytest

import ccroute
from ccroute import ConfigError, Plan, QueuePlan

ROOT = Path(__file__).parents[1]
EVERY_KEY = (ROOT / "rust/ccroute-core/src/plan/tests/every_key.toml").read_text()
SCHEMA = json.loads(Plan.json_schema())
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


def ccroute_plan(folder: Path, *words: str) -> tuple[int, str, str]:
    command = [str(Path(sys.executable).with_name("ccroute")), "plan", *words]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout, ran.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plan.toml").write_text(EVERY_KEY)
    (tmp_path / "other.toml").write_text(
        EVERY_KEY.replace('after = "10m"', 'after = "11m"')
        .replace("seed = 7", "seed = 8")
        .replace('lines = ["trunk_b"]', "")
        .replace("frozen = true", "")
    )
    return tmp_path


def test_explain_tells_every_queue_in_both_languages(folder: Path) -> None:
    for language, words in (("en", "Queue billing, served by 2 agents"), ("es", "Cola billing")):
        code, told, wrong = ccroute_plan(folder, "explain", "-l", language, "plan.toml")
        assert (code, wrong) == (0, "")
        assert words in told
        assert len(told.splitlines()) > 40
        assert "{" not in told.replace('{"', "")
    code, told, _ = ccroute_plan(folder, "explain", "-q", "after_hours", "plan.toml")
    assert told.startswith("Queue after_hours, served by 1 agent of the plan:\n")
    code, told, wrong = ccroute_plan(folder, "explain", "-q", "sales", "plan.toml")
    assert (code, told) == (1, "")
    assert wrong == "ccroute: no queue 'sales' in plan.toml: it has billing, after_hours\n"


def test_diff_tells_what_is_otherwise(folder: Path) -> None:
    assert ccroute_plan(folder, "diff", "plan.toml", "plan.toml") == (0, "", "")
    code, told, wrong = ccroute_plan(folder, "diff", "plan.toml", "other.toml")
    assert (code, wrong) == (1, "")
    assert told.splitlines() == [
        "seed: 7 → 8",
        "queues.billing.escalation[2].after: 600.0 → 660.0",
        "- queues.billing.frozen = true",
        '- agents.ana.lines = ["trunk_b"]',
    ]
    (folder / "wrong.toml").write_text("a = 1")
    code, told, wrong = ccroute_plan(folder, "diff", "wrong.toml", "plan.toml")
    assert (code, told) == (2, "")
    assert wrong.startswith("ccroute: wrong.toml:1: unknown key `a`")
    code, told, wrong = ccroute_plan(folder, "diff", "plan.toml", "none.toml")
    assert (code, told, wrong) == (2, "", "ccroute: none.toml: No such file or directory\n")


def test_diff_tells_of_another_order_of_queues_and_another_kind_of_label(folder: Path) -> None:
    texts = (
        "[queues.a]\n[queues.b]\n[queues.gone]\n[agents.ana]\nlabels = { x = true, y = 1 }",
        "[queues.new]\n[queues.b]\n[queues.a]\n[agents.ana]\nlabels = { y = 1, x = 1 }",
    )
    for name, text in zip(("before.toml", "after.toml"), texts, strict=True):
        (folder / name).write_text(text)
    code, told, _ = ccroute_plan(folder, "diff", "before.toml", "after.toml")
    assert code == 1
    assert [line.partition(" = ")[0] for line in told.splitlines()] == [
        "queues: order a, b → b, a",
        "- queues.gone",
        "+ queues.new",
        "agents.ana.labels.x: true → 1",
    ]


def test_schema_and_keys_are_printed_for_others(folder: Path) -> None:
    code, told, _ = ccroute_plan(folder, "schema")
    assert (code, json.loads(told)) == (0, SCHEMA)
    assert ccroute_plan(folder, "keys") == (0, Plan.reference(), "")


def test_hours_are_printed_in_local_time(folder: Path) -> None:
    code, told, _ = ccroute_plan(
        folder, "hours", "plan.toml", "--since", "2026-12-24", "--days", "1"
    )
    assert code == 0
    assert told.splitlines() == [
        f"{at} {queue} {word}"
        for at, word in (
            ("Wed 2026-12-23 19:00 -0500", "is closed"),
            ("Thu 2026-12-24 08:00 -0500", "opens"),
            ("Thu 2026-12-24 12:00 -0500", "closes"),
        )
        for queue in ("billing", "after_hours")
    ]


def test_hours_that_cannot_be_are_one_sentence(folder: Path) -> None:
    for since in ("1969-12-31", "9999-01-01"):
        code, told, wrong = ccroute_plan(folder, "hours", "plan.toml", "--since", since)
        assert (code, told, len(wrong.splitlines())) == (1, "", 1)
        assert "give seconds since the Unix epoch" in wrong
    late = EVERY_KEY.replace("2026-12-31 = []", '9999-12-31 = ["10:00-24:00"]')
    (folder / "late.toml").write_text(late)
    code, told, wrong = ccroute_plan(folder, "hours", "late.toml")
    assert (code, told) == (1, "")
    assert wrong.startswith("ccroute: calendars.office.special: 9999-12-31 is too late; ")


def test_hours_say_when_no_queue_has_any(folder: Path) -> None:
    (folder / "open.toml").write_text("[queues.a]")
    told = "no queue of open.toml has hours: all are always open\n"
    assert ccroute_plan(folder, "hours", "open.toml") == (0, told, "")


def test_a_calendar_that_there_is_not_fails_validation(folder: Path) -> None:
    text = EVERY_KEY.replace("America/Bogota", "America/Macondo")
    (folder / "zone.toml").write_text(text)
    (folder / "days.toml").write_text(EVERY_KEY.replace('"CO"', '"XX"'))
    code, told, wrong = ccroute_plan(folder, "validate", "zone.toml", "days.toml")
    assert (code, wrong) == (1, "")
    first, second = told.splitlines()
    assert first.startswith("zone.toml: calendars.office.zone: no time zone 'America/Macondo'; ")
    assert second.startswith("days.toml: calendars.office.holidays: no holidays are known for 'XX'")
