"""Documents that are wrong in many places, or as no document ever was: what `ccroute run` says."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.scenarios.prompt import Prompt

from ccroute import AdapterError, ConfigError, Plan, Router
from ccroute.adapters import Adapters, Setting
from ccroute.host import Announcement, Centre, Host, TenantSettings
from ccroute.testing import LoopbackAdapter

PLAN = "[queues.billing]\n"
TENANT = '[tenants.a]\nplan = "a.toml"\n'


@pytest.fixture
def ccroute_at(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Prompt:
    return Prompt(monkeypatch, capsys)


def write(folder: Path, text: str, **plans: str) -> Path:
    for name, plan in {"a": PLAN, **plans}.items():
        (folder / f"{name}.toml").write_text(plan)
    path = folder / "centre.toml"
    path.write_text(text)
    return path


def picky(link: str, config: Mapping[str, Setting]) -> LoopbackAdapter:
    raise ConfigError(f"links.{link}.port: give a whole number, not {config['port']!r}")


MANY = """
log = "xml"
[tenants.a]
plan = "a.toml"
treatments = { nope = "music" }
fallback_queue = "nowhere"
[tenants.b]
plan = "b.toml"
[tenants.c]
plan = "gone.toml"
[tenants.d]
[links.x]
adapter = "picky"
port = "many"
[links.y]
adapter = "nowhere"
[links.z]
adapter = "picky"
port = { env = "NOT_SET" }
"""


def test_document_plans_and_adapters_are_told_of_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, MANY, b="[queues.q]\nzz = 1\nyy = 2\n")
    adapters = Adapters()
    adapters.register("picky", picky)
    with pytest.raises(ConfigError) as refused:
        Centre.load_host(path, environ={}, adapters=adapters)
    wanted = [
        (f"{path}:2: ", "log: give one of text, json, not 'xml'"),
        (f"{path}:5: ", "tenants.a.treatments for 'nope': give some of billing"),
        (f"{path}:6: ", "tenants.a.fallback_queue 'nowhere' is no queue of its plan"),
        (f"{path}:8: ", f"tenants.b.plan: {tmp_path / 'b.toml'}:2: unknown key `zz`"),
        (f"{tmp_path / 'b.toml'}:3: ", "unknown key `yy`"),
        (f"{path}:10: ", "gone.toml: No such file or directory"),
        (f"{path}:11: ", "tenants.d: no `plan`: name the file of its plan"),
        (f"{path}:12: ", "links.x.port: give a whole number, not 'many'"),
        (f"{path}:15: ", "links.y: no adapter 'nowhere'"),
        (f"{path}:19: ", "links.z.port: the environment has no NOT_SET"),
    ]
    lines = str(refused.value).split("\n")
    assert len(lines) == len(wanted), refused.value
    for line, (place, words) in zip(lines, wanted, strict=True):
        assert line.startswith(place)
        assert words in line


def test_check_says_all_of_it(tmp_path: Path, ccroute_at: Prompt) -> None:
    checked = ccroute_at("run", "--check", write(tmp_path, MANY, b="[queues.q]\nzz = 1\n"))
    assert (checked.code, len(checked.err.splitlines())) == (1, 9)
    assert "Traceback" not in checked.err


def test_what_was_told_is_not_told_again(tmp_path: Path) -> None:
    path = write(tmp_path, TENANT + '[links.x]\nadapter = "nowhere"\n')
    centre = Centre.load(path, environ={})
    told = []
    for _ in range(2):
        with pytest.raises(AdapterError) as refused:
            centre.host(Adapters())
        told.append(str(refused.value))
    assert told[0] == told[1]


def test_a_tenants_settings_name_queues_of_its_plan() -> None:
    settings = TenantSettings(
        treatments={"nope": "music"},
        announcements={"nope": Announcement(prompt="x")},
        fallback_queue="nope",
    )
    with pytest.raises(ConfigError) as refused:
        Host(Router(Plan.from_toml(PLAN)), settings=settings)
    assert str(refused.value).split("\n") == [
        "tenant 'main': treatments for 'nope': give some of billing",
        "tenant 'main': announcements for 'nope': give some of billing",
        "tenant 'main': fallback_queue 'nope' is no queue of its plan: give one of billing",
    ]


LINK = '[links.x]\nadapter = "acme"\nhost = '


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("drain = " + "9" * 5000 + "\n" + TENANT, "a whole number has more than 64 bits"),
        (
            "drain = 0x" + "f" * 5000 + "\n" + TENANT,
            ":1: drain: a whole number has more than 64 bits",
        ),
        (TENANT + LINK + "1" + "0" * 30 + "\n", ":5: links.x.host: a whole number has more"),
        (TENANT + LINK + "[" * 900 + "]" * 900 + "\n", "nested more than 50 deep: nest fewer"),
        (TENANT + LINK + "[" * 200 + "]" * 200 + "\n", ":5: links.x.host: tables and lists are"),
        (TENANT + LINK + "{a = " * 900 + "1" + "}" * 900 + "\n", "nested more than 50 deep"),
        (TENANT + '[http]\nhost = "a\\u0000b"\n', ":4: http.host: 'a\\x00b' is no host"),
    ],
    ids=["digits", "hex", "64 bits", "lists", "few lists", "tables", "NUL"],
)
def test_what_no_document_says_ends_in_a_sentence(
    tmp_path: Path, ccroute_at: Prompt, text: str, words: str
) -> None:
    path = write(tmp_path, text)
    for checked in (ccroute_at("run", "--check", path), ccroute_at("run", path)):
        assert (checked.code, len(checked.err.splitlines())) == (1, 1)
        assert words in checked.err


def test_who_asks_by_such_a_document_hears_it_too(tmp_path: Path, ccroute_at: Prompt) -> None:
    path = write(tmp_path, "drain = " + "9" * 5000 + "\n" + TENANT)
    asked = ccroute_at("health", "--centre", path)
    assert (asked.code, "more than 64 bits" in asked.err) == (2, True)
