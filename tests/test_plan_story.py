"""What ``ccroute plan explain`` says: every setting, in both languages, and only what is so."""

import copy
import importlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.scenarios.plans import EVERY_KEY, SCHEMA

from ccroute import ConfigError, Plan

LANGUAGES = ("en", "es")
story = importlib.import_module("ccroute.cli._story").story


def told(text: str, language: str = "en", queue: str | None = None) -> list[str]:
    return [line.strip() for line in story(Plan.from_toml(text), language, queue).splitlines()]


# Every key

# A plan with every key, and with those that another setting makes mute.
MORE = """
[queues.a]
wrap_up = { mode = "optional", limit = "90s", extension = "3m" }
admission = { longest = 40, staff_free_of = ["paused"] }
hours = "h"
closed = { waiting = "end" }
offer = { parallel = "all", on_missed = "stay_ready" }
strategy = "most_proficient"
[calendars.h]
zone = "UTC"
[agents.ana]
queues = ["a"]
"""

# Keys that need another beside them, or another in their stead.
BESIDE = "[scores.x]\nby = 'a'\n[scores.y]\nby = 'a'\n[calendars.h]\nzone = 'UTC'\n[queues.a]\n"
PAIRS = {
    ("queues", "hours"): ("", "hours = 'h'"),
    ("queues", "scores"): (
        "strategy = 'scores'\nscores = 'x'",
        "strategy = 'scores'\nscores = 'y'",
    ),
    ("queues", "weights"): (
        "strategy = 'weighted_score'\nweights = { es = 1 }",
        "strategy = 'weighted_score'\nweights = { es = 2 }",
    ),
    ("queues.exits", "end"): (
        "callback = {}\nexits = { 1 = { offer_callback = true } }",
        "callback = {}\nexits = { 1 = { end = true } }",
    ),
    ("queues.exits", "offer_callback"): (
        "callback = {}\nexits = { 1 = { end = true } }",
        "callback = {}\nexits = { 1 = { offer_callback = true } }",
    ),
    ("queues.escalation", "offer_callback"): (
        "callback = {}\nescalation = [{ after = 60, raise = { band = 1 } }]",
        "callback = {}\nescalation = [{ after = 60, raise = { band = 1 }, offer_callback = true }]",
    ),
}

UNTOLD = {
    ("queues", "preset"): "gone into the settings it stands for",
}


def keys(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Every key of the schema, with the path of its table."""
    for key, inner in schema.get("properties", {}).items():
        yield path, key
        yield from keys(inner, f"{path}.{key}" if path else key)
    for inner in (schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from keys(inner, path)
    for inner in schema.get("anyOf", ()):
        yield from keys(inner, path)


def places(schema: Mapping[str, Any], form: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every key in a plan's JSON, with the path of its table and the table itself."""
    if isinstance(form, list):
        for item in form:
            yield from places(schema.get("items", {}), item, path)
    if not isinstance(form, dict):
        return
    for inner in schema.get("anyOf", ()):
        yield from places(inner, form, path)
    known = schema.get("properties", {})
    for key, value in form.items():
        if key in known:
            yield path, key, form
            yield from places(known[key], value, f"{path}.{key}" if path else key)
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from places(schema["additionalProperties"], value, path)


def others(value: Any) -> Iterator[Any]:
    """Values instead of one, of which some will do."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value - 1, value / 2)
    elif isinstance(value, str):
        yield from ("after_hours", "billing", "chat", "other", "UTC", "contact.band < 6", "closed")
    elif isinstance(value, list):
        yield from (value[1:], [*value, "chat"], ["billing"], ["en"])


def otherwise(form: dict[str, Any], table: dict[str, Any], key: str) -> Iterator[Plan]:
    """Valid plans that differ from one in a single key; ``table`` is a part of ``form``."""
    plan = Plan.from_json(json.dumps(form))
    value = table.pop(key)
    try:
        for instead in (None, *others(value)):
            if instead is not None:
                table[key] = instead
            try:
                other = Plan.from_json(json.dumps(form))
            except ConfigError:
                continue
            if other != plan:
                yield other
    finally:
        table[key] = value


def test_whatever_a_plan_sets_is_told_in_both_languages() -> None:
    silent, heard = set(), set()
    for text in (EVERY_KEY, MORE):
        form = json.loads(Plan.from_toml(text).to_json())
        before = copy.deepcopy(form)
        plan = Plan.from_json(json.dumps(form))
        stories = {language: story(plan, language) for language in LANGUAGES}
        for path, key, table in list(places(SCHEMA, form)):
            for other in otherwise(form, table, key):
                if all(story(other, language) != stories[language] for language in LANGUAGES):
                    heard.add((path, key))
                else:
                    silent.add((path, key))
        assert form == before
    for place, texts in PAIRS.items():
        plans = [Plan.from_toml(BESIDE + text) for text in texts]
        if all(len({story(plan, language) for plan in plans}) == 2 for language in LANGUAGES):
            heard.add(place)
    # A table is told by what is in it; a requirement alike wherever it stands.
    heard |= {(path.rpartition(".")[0], path.rpartition(".")[2]) for path, _ in heard if path}
    heard |= {("requires", key) for path, key in heard if path.endswith("requires")}
    every = {("requires" if path.endswith("requires") else path, key) for path, key in keys(SCHEMA)}
    assert every - heard == set(UNTOLD), sorted(silent - heard)


# What is said is so


@pytest.mark.parametrize(
    ("offer", "english", "spanish"),
    [
        ("", "Who does not answer is set not ready.", "Quien no contesta pasa a no disponible."),
        (
            "offer.limits.missed = 3",
            "Who does not answer 3 times in a row is set not ready.",
            "Quien no contesta 3 veces seguidas pasa a no disponible.",
        ),
        ("offer.limits.missed = 0", "Who does not answer stays ready.", "Quien no contesta sigue"),
        ("offer.on_missed = 'stay_ready'", "Who does not answer stays ready.", "Quien no contesta"),
    ],
)
def test_what_becomes_of_who_does_not_answer_goes_by_the_limit(
    offer: str, english: str, spanish: str
) -> None:
    assert english in told(f"[queues.a]\n{offer}")
    assert any(line.startswith(spanish) for line in told(f"[queues.a]\n{offer}", "es"))


SENTENCES = [
    ("preferred.last_agent = '30m'", "less than 30 min ago.", "hace menos de 30 min."),
    ("callback.attempts = 1", "attempts: 1.", "intentos: 1."),
    ("admission.longest = 1", "up to 1 contact.", "hasta 1 contacto."),
    (
        "leaving.staff_free_of = ['paused']",
        "nobody has served it without: paused; as soon as nobody is there.",
        "nadie sin: paused; en cuanto no haya nadie.",
    ),
    ("exits = { 1 = { move_to = 'b' } }", "Key 1: to b.", "Tecla 1: a b."),
    (
        "escalation = [{ after = 60, raise = { band = -1, head_start = -60 } }]",
        "After 1 min: 1 band down; 1 min less head start",
        "Tras 1 min: baja 1 banda; 1 min menos de ventaja",
    ),
    (
        "escalation = [{ after = 60, raise = { band = 2, head_start = 90.5 } }]",
        "After 1 min: 2 bands up; 1 min 30.5 s more head start",
        "Tras 1 min: sube 2 bandas; 1 min 30,5 s más de ventaja",
    ),
    (
        "requires.all_of.es = 5\nescalation = [{ after = 60, lower = { es = 2 } }]",
        "After 1 min: es 2 is enough",
        "Tras 1 min: basta con es 2",
    ),
    (
        "requires.all_of = { es = 5, en = 5 }\nescalation = [{ after = 60, drop = ['es', 'en'] }]",
        "After 1 min: no longer asked for: es, en",
        "Tras 1 min: ya no se pide: es, en",
    ),
    (
        "ranks = { min = 1, raise = 3 }",
        "Agents: ranks from 1; lower ranks count as 3.",
        "Agentes: rangos desde 1; los rangos menores cuentan como 3.",
    ),
    (
        "strategy = ['most_proficient', 'longest_idle']",
        "the most proficient, then the longest idle.",
        "el más capaz, después el que lleva más tiempo libre.",
    ),
    (
        "",
        "Higher bands first; within a band, who has waited longest.",
        "Primero las bandas altas; dentro de cada una, quien más ha esperado.",
    ),
]


@pytest.mark.parametrize(("setting", "english", "spanish"), SENTENCES)
def test_a_setting_in_words(setting: str, english: str, spanish: str) -> None:
    text = f"[queues.a]\n{setting}\n[queues.b]"
    assert any(line.endswith(english) for line in told(text))
    assert any(line.endswith(spanish) for line in told(text, "es"))


def test_the_last_rule_is_for_everybody_else() -> None:
    rules = "[queues.a]\n[[classification.rules]]\n{}queue = 'a'\n"
    assert told(rules.format(""))[1] == "Rule 1: everybody, to a."
    assert told(rules.format(""), "es")[1] == "Regla 1: todos, a a."
    two = rules.format("when = 'x == 1'\n") + "[[classification.rules]]\nqueue = 'a'"
    assert told(two)[1:3] == ["Rule 1: if x == 1, to a.", "Rule 2: everybody else, to a."]
    assert told(two, "es")[2] == "Regla 2: todos los demás, a a."


def test_agents_are_told_one_by_one_and_many_as_a_summary() -> None:
    few = "[queues.a]\n" + "".join(
        f"[agents.n{number}]\nqueues = ['a']\nskills.es = {number}\n" for number in range(1, 10)
    )
    assert told(few)[-1] == "Agent n9: skills es 9; queues a."
    many = "[queues.a]\n" + "".join(f"[agents.n{number}]\nqueues = ['a']\n" for number in range(13))
    many += "skills.es = 3\ncapacity = { voice = 2 }"
    assert told(many)[-1] == (
        "Agents by skill: es 1. By queue: a 13. By what they hold at once: voice 1 (12),"
        " voice 2 (1)."
    )
    assert told(many, "es")[-1].startswith("Agentes por habilidad: es 1. Por cola: a 13. Por lo")


def test_a_plain_plan_is_told_in_a_few_words() -> None:
    assert told("[queues.a]") == [
        "The plan has 1 queue, 0 agents and 0 skills.",
        "",
        "Queue a, served by 0 agents of the plan:",
        "Higher bands first; within a band, who has waited longest.",
        "Of the agents who can take it: the longest idle.",
        "Rings 15 s.",
        "Who does not answer is set not ready.",
        "Target: answered within 20 s.",
    ]
