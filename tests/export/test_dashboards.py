"""What is shipped for Grafana and Prometheus asks for nothing that is not exported.

Without Prometheus' own checker at hand, expressions are taken apart here: names, labels and
brackets, honestly but no further.
"""

import json
import re
from collections.abc import Iterator

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from ccroute import KpiAggregator
from ccroute.export import dashboards, families, openmetrics

FUNCTIONS = {
    *("sum", "max", "min", "avg", "count", "rate", "increase", "histogram_quantile"),
    *("time", "absent", "vector", "label_values"),
}
WORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless"}
GROUPS = r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)"
SELECTORS = re.compile(r"([a-zA-Z_:][\w:]*)\s*\{([^{}]*)\}")
DURATION = r"\d+(?:ms|[smhdwy])|\$[a-z_]+|\$__rate_interval"


def exported() -> dict[str, set[str]]:
    """Every name of a sample, with the labels it can have."""
    slices = {"visits": {"queue", "channel"}, "agents": set(), "none": set()}
    found = {}
    for family in families():
        labels = slices[family.slices] | set(family.labels)
        if family.kind == "histogram":
            found[f"{family.sample}_bucket"] = labels | {"le"}
            found |= {f"{family.sample}{end}": labels for end in ("", "_sum", "_count")}
        else:
            found[family.sample] = labels
    return found


def complaints(expression: str) -> list[str]:
    """What is wrong with an expression of PromQL."""
    known = exported()
    text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression)
    found = [*_unbalanced(text), *_matchers(text, known)]
    bare = SELECTORS.sub(r"\1", text)
    windows = re.findall(r"\[([^\]]*)\]", bare)
    found += [f"window [{each}]" for each in windows if not re.fullmatch(DURATION, each)]
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    names = set(re.findall(r"\bccroute_\w+", bare))
    everything = set().union(*(known.get(name, set()) for name in names))
    groups = [labels.split(",") for _, labels in re.findall(GROUPS, bare)]
    labels = {label.strip() for group in groups for label in group} - {""}
    found += [f"grouped by {label}, which nothing here has" for label in labels - everything]
    bare = re.sub(GROUPS, "", bare)
    bare = re.sub(r"label_values\((\w+), \w+\)", r"label_values(\1)", bare)
    words = set(re.findall(r"[a-zA-Z_$][\w:]*", bare)) - FUNCTIONS - WORDS - known.keys()
    return found + [f"{word} is not exported" for word in sorted(words)]


def _matchers(text: str, known: dict[str, set[str]]) -> Iterator[str]:
    for name, matchers in SELECTORS.findall(text):
        for matcher in filter(None, matchers.split(",")):
            match = re.fullmatch(r'\s*(\w+)\s*(=~|!~|!=|=)\s*""\s*', matcher)
            if match is None:
                yield f"{name}: matcher {matcher!r}"
            elif match[1] not in known.get(name, {match[1]}):
                yield f"{name} has no label {match[1]}"


def _unbalanced(text: str) -> Iterator[str]:
    closing, stack = {")": "(", "]": "[", "}": "{"}, []
    for letter in text:
        if letter in "([{":
            stack.append(letter)
        elif letter in closing and (not stack or stack.pop() != closing[letter]):
            yield f"unbalanced {letter}"
    if stack:
        yield f"open {stack[-1]}"


def dashboard() -> dict[str, object]:
    return json.loads(dashboards()["wallboard.json"])


def rules() -> list[dict[str, object]]:
    groups = yaml.safe_load(dashboards()["alerts.yaml"])["groups"]
    assert len({group["name"] for group in groups}) == len(groups)
    assert all(group.keys() <= {"name", "interval", "rules"} for group in groups)
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> list[tuple[str, str]]:
    board = dashboard()
    found = [
        (panel["title"], target["expr"]) for panel in board["panels"] for target in panel["targets"]
    ]
    asked = [each["definition"] for each in board["templating"]["list"] if "definition" in each]
    found += [(f"variable {text}", text) for text in asked]
    return found + [(rule["alert"], rule["expr"]) for rule in rules()]


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_expression_asks_for_what_is_exported(where: str, expression: str) -> None:
    assert complaints(expression) == [], where


def test_catalogue_is_what_is_emitted(centre: KpiAggregator) -> None:
    known = exported()
    text = openmetrics(centre, now=430.0, goals={"billing": 0.8}, variants=("sl.short_excluded",))
    emitted: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            emitted.setdefault(sample.name, set()).update(sample.labels)
    for name, labels in emitted.items():
        assert labels == known[name], name
    quiet = {"ccroute_first_response_seconds", "ccroute_hold_seconds", "ccroute_queue_expected"}
    silent = {
        *(family.sample for family in families() if family.kind != "histogram"),
        *(f"{family.sample}_count" for family in families() if family.kind == "histogram"),
    } - emitted.keys()
    assert {name for name in silent if not name.startswith(tuple(quiet))} == set()


def test_the_schema_is_the_catalogue() -> None:
    schema = json.loads(dashboards()["metrics.json"])
    assert schema["slices"] == {"visits": ["queue", "channel"], "agents": [], "none": []}
    assert schema["metrics"] == [
        {
            "prometheus": family.sample,
            "otlp": family.name,
            "kind": family.kind,
            "unit": family.unit,
            "slices": family.slices,
            "labels": list(family.labels),
            "attributes": [f"ccroute.{label}" for label in family.labels],
            "help": family.help,
        }
        for family in families()
    ]


def test_dashboard_is_whole() -> None:
    board = dashboard()
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    variables = {each["name"] for each in board["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(panels))) - {"__rate_interval"}
    assert used <= variables
    cells = set()
    for panel in panels:
        at = panel["gridPos"]
        mine = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not mine & cells, panel["title"]
        assert at["x"] + at["w"] <= 24
        assert panel["datasource"]["uid"] == "${datasource}"
        cells |= mine
    native = [text for _, text in expressions() if "histogram_quantile" in text]
    assert {"_bucket" in text for text in native} == {True, False}


def test_rules_have_what_an_alert_needs() -> None:
    wanted = {"ServiceLevelBelowGoal", "OldestWaitTooLong", "NobodyReadyWhileWaiting"}
    wanted |= {"OrphansRising", "FeedSilent"}
    found = rules()
    assert wanted <= {rule["alert"] for rule in found}
    for rule in found:
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(DURATION, rule["for"])
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "description"}
        for text in rule["annotations"].values():
            templates = re.findall(r"\{\{(.*?)\}\}", text)
            assert text.count("{{") == text.count("}}") == len(templates)
            for template in templates:
                label = re.search(r"\$labels\.(\w+)", template)
                grouped = label is None or re.search(rf"by \({label[1]}\)", rule["expr"])
                assert grouped, f"{rule['alert']} prints a label that its expression drops"


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("ccroute_contact_total", "is not exported"),
        ('ccroute_contacts_total{agent="a"}', "no label agent"),
        ("sum by (agent) (ccroute_contacts_total)", "grouped by agent"),
        ("sum(ccroute_contacts_total", "open ("),
        ("rate(ccroute_contacts_total[5x])", "window"),
        ("ccroute_contacts_total{queue=5}", "matcher"),
        ("ccroute_contacts_total{queue='q'}", "matcher"),
        ("total(ccroute_contacts_total)", "total is not exported"),
    ],
)
def test_the_reader_of_expressions_bites(expression: str, words: str) -> None:
    assert words in " ".join(complaints(expression))
