"""``ccroute doctor``: what it prints, what it hides, and its exit codes."""

from pathlib import Path

import pytest
from tests.scenarios.prompt import Prompt

DOCTOR = """
from ccroute.adapters import Finding

async def diagnose(link, config, time):
    if config.get("broken"):
        raise RuntimeError(config["password"])
    fine = Finding(check="reachability", state="ok", found=f"{link} answers")
    state = config.get("state", "ok")
    other = Finding(check="rights", state=state, found="[b]may only look[/b]", remedy="let it")
    return [fine, other]
"""
CENTRE = """
[tenants.acme]
plan = "plan.toml"

[links.north]
adapter = "toy"
state = "warning"

[links.south]
adapter = "toy"
state = "wrong"
password = { env = "TOY_PASSWORD" }

[links.west]
adapter = "other"
"""


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """The command in a folder with a centre, where an adapter `toy` has a doctor."""
    (tmp_path / "toy_doctor.py").write_text(DOCTOR)
    info = tmp_path / "toy-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1\n")
    points = "[ccroute.doctors]\ntoy = toy_doctor:diagnose\nbroken = toy_doctor:nothing\n"
    (info / "entry_points.txt").write_text(points)
    (tmp_path / "centre.toml").write_text(CENTRE)
    (tmp_path / "plan.toml").write_text("[queues.sales]\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOY_PASSWORD", "swordfish")
    prompt = Prompt(monkeypatch, capsys)
    return lambda *words: prompt("doctor", *words)


def test_each_link_has_a_table_with_a_line_for_each_check(doctor) -> None:
    ran = doctor("toy")
    assert ran.code == 1
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines == [
        "link north found remedy",
        "reachability ok north answers",
        "rights warning [b]may only look[/b] let it",
        "link south found remedy",
        "reachability ok south answers",
        "rights wrong [b]may only look[/b] let it",
    ]


def test_a_warning_is_no_failure(doctor) -> None:
    assert doctor("toy", "--link", "north").code == 0


def test_json_has_every_finding(doctor) -> None:
    ran = doctor("toy", "--json")
    assert ran.code == 1
    assert ran.json["links"]["south"][1] == {
        "check": "rights", "state": "wrong", "found": "[b]may only look[/b]", "remedy": "let it",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("asterix",), "no link of adapter 'asterix'"),
        (("toy", "--link", "west"), "no link 'west' of adapter 'toy'"),
        (("other",), "the adapter 'other' has no doctor"),
        (("toy", "--centre", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_what_cannot_be_looked_at_is_a_sentence_and_code_2(doctor, words, told: str) -> None:
    ran = doctor(*words)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert "Traceback" not in ran.err


def test_a_doctor_that_breaks_is_named_and_tells_no_secret(doctor, tmp_path: Path) -> None:
    path = tmp_path / "centre.toml"
    path.write_text(CENTRE.replace('state = "wrong"', "broken = true"))
    ran = doctor("toy")
    assert ran.code == 2
    assert "south" in ran.err
    assert "swordfish" not in ran.out + ran.err
    path.write_text(CENTRE.replace('"toy"', '"broken"'))
    ran = doctor("broken")
    assert ran.code == 2
    assert "cannot be loaded" in ran.err
