"""The document of `ccroute run`: what it can say, and how it is refused."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ccroute import AdapterError, ConfigError
from ccroute.adapters import Adapters, Secret, Setting
from ccroute.host import Announcement, Centre, HttpPart
from ccroute.testing import LoopbackAdapter, LoopbackPlatform


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "acme.toml").write_text("[queues.billing]\n")
    (tmp_path / "state").mkdir()
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "centre.toml"
    path.write_text(text)
    return path


FULL = """
snapshot = "state/centre.zip"
control = "run/c.sock"
log = "json"
log_level = "warning"
drain = 2

[http]
port = 9000
public_url = "https://acme.example"

[tenants.acme]
plan = "acme.toml"
destinations = ["+34*", "112"]
transfers_per_minute = 3
crm_url = "https://crm.example/{contact}"
treatments = { billing = "music" }
fallback_queue = "billing"
callback_number = "call_me_at"
announcements = { billing = { prompt = "place", every = 30, values = ["position"] } }

[tenants.acme.directory]
ana = { pbx = "200" }

[links.pbx]
adapter = "made_up"
host = "pbx.example"
password = { env = "PBX_PASSWORD" }
tls = { key = { file = "key.secret" }, verify = true }
ports = [1, 2]
"""


def test_document_says_all_of_it(folder: Path) -> None:
    (folder / "key.secret").write_text("opensesame\n")
    centre = Centre.load(write(folder, FULL), environ={"PBX_PASSWORD": "swordfish"})
    acme = centre.tenants["acme"]
    assert acme.plan == folder / "acme.toml"
    assert acme.settings.address("ana", "pbx") == "200"
    assert acme.settings.destination("+34600") == "+34600"
    assert (acme.settings.transfers_per_minute, acme.settings.treatments) == (
        3,
        {"billing": "music"},
    )
    assert acme.settings.fallback_queue == "billing"
    assert acme.settings.callback_number == "call_me_at"
    rule = Announcement(prompt="place", every=30.0, after=15.0, values=["position"])
    assert acme.settings.announcements == {"billing": rule}
    assert acme.settings.url({"contact": "c 1"}) == "https://crm.example/c%201"
    assert (centre.snapshot, centre.control) == (
        folder / "state/centre.zip",
        folder / "run/c.sock",
    )
    assert (centre.log, centre.log_level, centre.drain) == ("json", "warning", 2)
    assert centre.http == HttpPart(port=9000, public_url="https://acme.example")
    assert centre.secrets == (Secret("swordfish"), Secret("opensesame"))


def test_adapter_gets_its_settings_with_the_secrets_in_the_clear(folder: Path) -> None:
    (folder / "key.secret").write_text("opensesame\n")
    given: list[tuple[str, Mapping[str, Setting]]] = []

    def build(link: str, config: Mapping[str, Setting]) -> LoopbackAdapter:
        given.append((link, config))
        return LoopbackAdapter(LoopbackPlatform(), link)

    adapters = Adapters()
    adapters.register("made_up", build)
    centre = Centre.load(write(folder, FULL), environ={"PBX_PASSWORD": "swordfish"})
    host = centre.host(adapters)
    assert list(host.links) == ["pbx"]
    assert given == [
        (
            "pbx",
            {
                "host": "pbx.example",
                "password": "swordfish",
                "tls": {"key": "opensesame", "verify": True},
                "ports": [1, 2],
            },
        )
    ]


def test_secrets_are_not_shown_by_the_document(folder: Path) -> None:
    (folder / "key.secret").write_text("opensesame\n")
    centre = Centre.load(write(folder, FULL), environ={"PBX_PASSWORD": "swordfish"})
    assert "swordfish" not in repr(centre)
    assert "opensesame" not in repr(centre)


def test_what_an_adapter_says_of_a_secret_is_hidden(folder: Path) -> None:
    def build(link: str, config: Mapping[str, Setting]) -> LoopbackAdapter:
        raise ConfigError(f"links.{link}: {config['password']} is too short")

    adapters = Adapters()
    adapters.register("made_up", build)
    text = '[tenants.a]\nplan = "acme.toml"\n\n[links.pbx]\nadapter = "made_up"\n'
    path = write(folder, text + 'password = { env = "P" }\n')
    with pytest.raises(ConfigError) as refused:
        Centre.load(path, environ={"P": "swordfish"}).host(adapters)
    assert str(refused.value) == f"{path}:4: links.pbx: ... is too short"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_an_adapter_that_is_not_there_is_named_with_its_line(folder: Path) -> None:
    path = write(folder, '[tenants.a]\nplan = "acme.toml"\n[links.pbx]\nadapter = "nowhere"\n')
    with pytest.raises(AdapterError, match=r"centre.toml:3: links.pbx: no adapter 'nowhere'"):
        Centre.load(path, environ={}).host(Adapters())


def test_a_plan_that_is_not_there_is_named_with_its_line(folder: Path) -> None:
    path = write(folder, '[tenants.a]\nplan = "nowhere.toml"\n')
    with pytest.raises(ConfigError, match=r"centre.toml:2: tenants.a.plan: .*nowhere.toml: No su"):
        Centre.load(path, environ={}).host(Adapters())


def test_a_plan_that_is_wrong_is_named_with_its_own_line(folder: Path) -> None:
    (folder / "acme.toml").write_text("[queues.billing]\nwrapup = 3\n")
    path = write(folder, '[tenants.a]\nplan = "acme.toml"\n')
    with pytest.raises(ConfigError, match=r"acme.toml:2: unknown key `wrapup`"):
        Centre.load(path, environ={}).host(Adapters())


TENANT = '[tenants.a]\nplan = "acme.toml"\n'


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = \n", 1, "not TOML: Invalid value"),
        ("", None, "no tenant: give a table such as [tenants.acme]"),
        ("[tenants.a]\n", 1, "tenants.a: no `plan`: name the file of its plan"),
        ("[tenants.a]\nplan = 3\n", 2, "tenants.a.plan: give text, not 3"),
        (
            TENANT + 'snapshots = "x"\n',
            3,
            "unknown key `snapshots` in tenants.a; valid: plan, directory, destinations,",
        ),
        ("\nlogs = 1\n" + TENANT, 2, "unknown key `logs` in the document; valid: tenants, links"),
        ('log = "xml"\n' + TENANT, 1, "log: give one of text, json, not 'xml'"),
        ("drain = -1\n" + TENANT, 1, "drain: give a number from 0, not -1"),
        (TENANT + "destinations = [1]\n", 3, "tenants.a.destinations: give a list of texts"),
        (
            TENANT + "transfers_per_minute = 1.5\n",
            3,
            "tenants.a.transfers_per_minute: give a whole number, not 1.5",
        ),
        (TENANT + "[tenants.a.directory.ana]\npbx = '200'\n", 4, "no link `pbx`; known: none"),
        (
            TENANT + 'directory.ana = { "pbx" = "2\\u0000" }\n[links.pbx]\nadapter = "x"\n',
            3,
            "tenants.a.directory.ana.pbx: '2\\x00' is no address",
        ),
        (
            TENANT + 'announcements.q = { prompt = "p", every = 1 }\n',
            3,
            "tenants.a.announcements.q: every 1 seconds: give 5 or more",
        ),
        (
            TENANT + 'announcements.q = { prompt = "p", values = ["x"] }\n',
            3,
            "tenants.a.announcements.q: no value 'x': give some of position, wait",
        ),
        (
            TENANT + "announcements.q = { promt = 'p' }\n",
            3,
            "unknown key `promt` in tenants.a.announcements.q; valid: prompt, every, after, values",
        ),
        (TENANT + "crm_url = 'https://{'\n", 3, "tenants.a.crm_url 'https://{': "),
        (TENANT + "[links.pbx]\n", 3, "links.pbx: no `adapter`: give the name of one"),
        (
            TENANT + '[links.pbx]\nadapter = "x"\npassword = { env = "NOT_SET" }\n',
            5,
            "links.pbx.password: the environment has no NOT_SET: set it",
        ),
        (
            TENANT + '[links.pbx]\nadapter = "x"\npassword = { file = "not.there" }\n',
            5,
            "not.there: No such file or directory",
        ),
        (TENANT + "[links.pbx]\nadapter = 'x'\nat = 2026-01-01\n", 5, "links.pbx.at: give text"),
        ('control = "' + 120 * "x" + '"\n' + TENANT, 1, "control: the control socket's path has "),
        ('control = "a\\u0000b"\n' + TENANT, 1, "control: 'a\\x00b' is no path: it holds a NUL"),
        ('snapshot = "a\\u0000b"\n' + TENANT, 1, "snapshot: 'a\\x00b' is no path"),
        ('[tenants.a]\nplan = "\\u0000"\n', 2, "tenants.a.plan: '\\x00' is no path"),
        (
            TENANT + '[links.pbx]\nadapter = "x"\npassword = { file = "\\u0000" }\n',
            5,
            "no path",
        ),
        (TENANT + '[http]\nhost = "a\\u0000b"\n', 4, "http.host: 'a\\x00b' is no host: it holds"),
        (TENANT + "[http]\nport = 70000\n", 4, "http.port: give one from 0 to 65535, not 70000"),
        ('snapshot = "gone/x"\n' + TENANT, 1, "gone: make it"),
        (
            'snapshot = "s"\ncontrol = "x/../s"\n' + TENANT,
            1,
            "is the control socket's place: give another",
        ),
        (
            'snapshot = "s.lock"\ncontrol = "s"\n' + TENANT,
            1,
            "is the control socket's place: give another",
        ),
        (
            'snapshot = "s"\ncontrol = "s.before"\n' + TENANT,
            1,
            "is the control socket's place: give another",
        ),
        (
            'snapshot = "s"\ncontrol = "s.lock"\n' + TENANT,
            1,
            "is the control socket's place: give another",
        ),
        ('control = "state"\n' + TENANT, 1, "state is a folder: name a socket in it"),
        (TENANT + '[links."a:b"]\nadapter = "x"\n', 3, "link 'a:b': give a name without a colon"),
        ("links = 3\n" + TENANT, 1, "links: give a table, not 3"),
    ],
)
def test_what_is_wrong_is_told_with_key_line_and_remedy(
    folder: Path, text: str, line: int | None, message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        Centre.load(write(folder, text), environ={})
    assert message in refused.value.message
    assert (refused.value.line, refused.value.path) == (line, str(folder / "centre.toml"))


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_lines(folder: Path) -> None:
    path = write(folder, 'log = "xml"\ndrain = "x"\n[tenants.a]\nplans = 1\n')
    with pytest.raises(ConfigError) as refused:
        Centre.load(path, environ={})
    places = [
        line.removeprefix(f"{path}:").split(":")[0] for line in str(refused.value).split("\n")
    ]
    assert places == ["1", "2", "3", "4"]


def test_lines_are_found_behind_texts_and_lists_of_several_lines(folder: Path) -> None:
    text = (
        'log = """\nxml\n[tenants]"""\n' + TENANT + "destinations = [\n  '1',\n  '# ]',\n]\nx = 1\n"
    )
    with pytest.raises(ConfigError) as refused:
        Centre.load(write(folder, text), environ={})
    assert refused.value.line == 1
    assert "\nline 10: unknown key `x` in tenants.a" in refused.value.message


def test_a_document_that_is_not_utf_8_is_refused(folder: Path) -> None:
    (folder / "centre.toml").write_bytes(b'log = "\xff"')
    with pytest.raises(ConfigError, match="not UTF-8: save it as UTF-8"):
        Centre.load(folder / "centre.toml", environ={})


def test_socket_lies_beside_the_document_unless_it_says_otherwise(folder: Path) -> None:
    assert Centre.control_of(write(folder, TENANT)) == folder / "centre.sock"
    assert Centre.control_of(write(folder, 'control = "/run/x"\n')) == Path("/run/x")
