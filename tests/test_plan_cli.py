"""``ccroute plan``: what it prints of a plan, and how it refuses."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenarios.plans import EVERY_KEY, FULL_TOML, SCHEMA
from tests.scenarios.prompt import Prompt

from ccroute import Plan

Answer = tuple[int, str, str]
Asked = Callable[..., Answer]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command runs: it holds two plans."""
    (tmp_path / "plan.toml").write_text(EVERY_KEY)
    (tmp_path / "other.toml").write_text(
        EVERY_KEY.replace('after = "10m"', 'after = "11m"')
        .replace("seed = 7", "seed = 8")
        .replace('lines = ["trunk_b"]', "")
        .replace("frozen = true", "")
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ccroute_plan(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Asked:
    prompt = Prompt(monkeypatch, capsys)

    def answer(*words: str) -> Answer:
        ran = prompt("plan", *words)
        return ran.code, ran.out, ran.err

    return answer


def as_installed(*words: str) -> Answer:
    """``ccroute plan`` by the script that pip made, in a process of its own."""
    command = [str(Path(sys.executable).with_name("ccroute")), "plan", *words]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout, ran.stderr


def test_explain_tells_every_queue_in_both_languages(ccroute_plan: Asked) -> None:
    for language, words in (("en", "Queue billing, served by 2 agents"), ("es", "Cola billing")):
        code, told, wrong = ccroute_plan("explain", "-l", language, "plan.toml")
        assert (code, wrong) == (0, "")
        assert words in told
        assert len(told.splitlines()) > 40
        assert "{" not in told.replace('{"', "")
    code, told, _ = ccroute_plan("explain", "-q", "after_hours", "plan.toml")
    assert told.startswith("Queue after_hours, served by 1 agent of the plan:\n")
    code, told, wrong = ccroute_plan("explain", "-q", "sales", "plan.toml")
    assert (code, told) == (1, "")
    assert wrong == "ccroute: no queue 'sales' in plan.toml: it has billing, after_hours\n"


def test_diff_tells_what_is_otherwise(folder: Path) -> None:
    assert as_installed("diff", "plan.toml", "plan.toml") == (0, "", "")
    code, told, wrong = as_installed("diff", "plan.toml", "other.toml")
    assert (code, wrong) == (1, "")
    assert told.splitlines() == [
        "seed: 7 → 8",
        "queues.billing.escalation[2].after: 600.0 → 660.0",
        "- queues.billing.frozen = true",
        '- agents.ana.lines = ["trunk_b"]',
    ]
    (folder / "wrong.toml").write_text("a = 1")
    code, told, wrong = as_installed("diff", "wrong.toml", "plan.toml")
    assert (code, told) == (2, "")
    assert wrong.startswith("ccroute: wrong.toml:1: unknown key `a`")
    code, told, wrong = as_installed("diff", "plan.toml", "none.toml")
    assert (code, told, wrong) == (2, "", "ccroute: none.toml: No such file or directory\n")


def test_diff_tells_of_another_order_of_queues_and_another_kind_of_label(
    ccroute_plan: Asked, folder: Path
) -> None:
    texts = (
        "[queues.a]\n[queues.b]\n[queues.gone]\n[agents.ana]\nlabels = { x = true, y = 1 }",
        "[queues.new]\n[queues.b]\n[queues.a]\n[agents.ana]\nlabels = { y = 1, x = 1 }",
    )
    for name, text in zip(("before.toml", "after.toml"), texts, strict=True):
        (folder / name).write_text(text)
    code, told, _ = ccroute_plan("diff", "before.toml", "after.toml")
    assert code == 1
    assert [line.partition(" = ")[0] for line in told.splitlines()] == [
        "queues: order a, b → b, a",
        "- queues.gone",
        "+ queues.new",
        "agents.ana.labels.x: true → 1",
    ]


def test_schema_and_keys_are_printed_for_others(ccroute_plan: Asked) -> None:
    code, told, _ = ccroute_plan("schema")
    assert (code, json.loads(told)) == (0, SCHEMA)
    assert ccroute_plan("keys") == (0, Plan.reference(), "")


def test_hours_are_printed_in_local_time(ccroute_plan: Asked) -> None:
    code, told, _ = ccroute_plan("hours", "plan.toml", "--since", "2026-12-24", "--days", "1")
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


def test_hours_that_cannot_be_are_one_sentence(ccroute_plan: Asked, folder: Path) -> None:
    for since in ("1969-12-31", "9999-01-01"):
        code, told, wrong = ccroute_plan("hours", "plan.toml", "--since", since)
        assert (code, told, len(wrong.splitlines())) == (1, "", 1)
        assert "give seconds since the Unix epoch" in wrong
    late = EVERY_KEY.replace("2026-12-31 = []", '9999-12-31 = ["10:00-24:00"]')
    (folder / "late.toml").write_text(late)
    code, told, wrong = ccroute_plan("hours", "late.toml")
    assert (code, told) == (1, "")
    assert wrong.startswith("ccroute: calendars.office.special: 9999-12-31 is too late; ")


def test_hours_say_when_no_queue_has_any(ccroute_plan: Asked, folder: Path) -> None:
    (folder / "open.toml").write_text("[queues.a]")
    told = "no queue of open.toml has hours: all are always open\n"
    assert ccroute_plan("hours", "open.toml") == (0, told, "")


def test_a_calendar_that_there_is_not_fails_validation(ccroute_plan: Asked, folder: Path) -> None:
    text = EVERY_KEY.replace("America/Bogota", "America/Macondo")
    (folder / "zone.toml").write_text(text)
    (folder / "days.toml").write_text(EVERY_KEY.replace('"CO"', '"XX"'))
    code, told, wrong = ccroute_plan("validate", "zone.toml", "days.toml")
    assert (code, wrong) == (1, "")
    first, second = told.splitlines()
    assert first.startswith("zone.toml: calendars.office.zone: no time zone 'America/Macondo'; ")
    assert second.startswith("days.toml: calendars.office.holidays: no holidays are known for 'XX'")


def test_validate_tells_of_every_file(ccroute_plan: Asked, folder: Path) -> None:
    (folder / "right.toml").write_text(FULL_TOML)
    (folder / "wrong.toml").write_text("\n[queues.a]\nfrozen = 1\n[agents]\na = 1")

    def validate(*words: str) -> tuple[int, list[str]]:
        code, told, wrong = ccroute_plan("validate", *words)
        assert wrong == ""
        return code, told.splitlines()

    right = [
        "right.toml: valid, 2 queues, 4 skills, 1 agent",
        (
            "right.toml:2: warning: skills: no agent of the plan has the skill `en`, which is "
            "asked for"
        ),
        *(
            f"right.toml:{line}: note: queues.{name}: nothing ends a wait here; where nobody may"
            " come, give `escalation` a last step with `end` or `move_to`"
            for line, name in ((6, "billing"), (18, '"after hours"'))
        ),
    ]
    assert validate("right.toml") == (0, right)
    assert validate("--strict", "right.toml") == (1, right)
    assert validate("right.toml", "wrong.toml", "none.toml") == (
        1,
        [
            *right,
            "wrong.toml:3: queues.a.frozen: is `1`; valid: true or false",
            "wrong.toml:5: agents.a: is `1`; valid: a table",
            "none.toml: No such file or directory",
        ],
    )


def test_a_language_there_is_not_is_refused_with_those_there_are(ccroute_plan: Asked) -> None:
    code, told, wrong = ccroute_plan("explain", "-l", "fr", "plan.toml")
    assert (code, told) == (1, "")
    assert wrong == "ccroute: no language 'fr': give en, es\n"
