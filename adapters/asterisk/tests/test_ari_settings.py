"""Settings of a link: what can never work is named, with the remedy; secrets are not shown."""

import subprocess
import sys

import pytest

from ccroute import ConfigError
from ccroute.adapters import Secret
from ccroute_asterisk import asterisk
from ccroute_asterisk.ari.settings import AriSettings

GIVEN = {"user": "ccroute", "password": "swordfish"}


def test_the_factory_makes_an_adapter_and_shows_no_secret() -> None:
    adapter = asterisk("pbx", {**GIVEN, "url": "http://pbx:8088"})
    assert repr(adapter) == "<AriAdapter 'pbx' to http://pbx:8088>"
    assert adapter.info.name == "asterisk"
    assert "swordfish" not in str(vars(adapter))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"pasword": "x"}, "links.pbx: no setting 'pasword'"),
        ({"url": "pbx"}, "give one such as 'http://127.0.0.1:8088'"),
        ({"url": "http://u:p@pbx"}, "without user or password"),
        ({"url": "http://pbx:80a88"}, "is no address of Asterisk's HTTP server"),
        ({"url": "http://pbx:99999"}, "is no address of Asterisk's HTTP server"),
        ({"url": "http://[pbx"}, "is no address of Asterisk's HTTP server"),
        ({"url": "http://:8088"}, "is no address of Asterisk's HTTP server"),
        ({"url": "http://192.168.1.300:8088"}, "is no address of Asterisk's HTTP server"),
        ({"url": "http://xn--a:8088"}, "is no address of Asterisk's HTTP server"),
        ({"url": "http://[::1]x:8088"}, "is no address of Asterisk's HTTP server"),
        ({"url": "http://pbx\0:8088"}, "is no address of Asterisk's HTTP server"),
        ({"url": "http://pbx..example"}, "is no address of Asterisk's HTTP server"),
        ({"url": f"http://{'p' * 64}:8088"}, "is no address of Asterisk's HTTP server"),
        ({"app": "a b"}, "the one that Stasis\\(\\) of the dialplan names"),
        ({"watchdog": 0.0}, "watchdog is 0.0: give more than 0"),
        ({"phones": {"ana": 301}}, "give tables of texts"),
        ({"mode": "both"}, "mode: give 'control' or 'observe'"),
        ({"outbound": "PJSIP/trunk"}, "outbound: 'PJSIP/trunk' has no {address}"),
        ({"in_flight": 0}, "in_flight"),
        ({"consent_key": "12"}, "consent_key: '12' is no key: give one of 0 to 9"),
        ({"consent_timeout": 0.0}, "consent_timeout is 0.0: give more than 0"),
        ({"requests": "grpc"}, r"'requests' must be in \(.*\) \(got 'grpc'\)$"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        asterisk("pbx", {**GIVEN, **wrong})  # type: ignore[dict-item]


@pytest.mark.parametrize("url", ["http://u:swordfish@pbx:8088", "http://pbx:8088/?key=swordfish"])
def test_a_password_in_the_address_is_not_shown(url: str) -> None:
    with pytest.raises(ConfigError, match="is no address") as refused:
        asterisk("pbx", {**GIVEN, "url": url})
    assert "swordfish" not in str(refused.value)


def test_the_mode_chooses_the_adapter() -> None:
    given = {**GIVEN, "mode": "observe", "host": "pbx"}
    assert asterisk("pbx", given).info.modes == ("observe",)
    assert asterisk("pbx", GIVEN).info.modes == ("control",)


def test_customers_are_called_back_where_an_address_can_be_dialled() -> None:
    assert not asterisk("pbx", GIVEN).info.can("call_customer")
    given = {**GIVEN, "outbound": "PJSIP/{address}@trunk"}
    assert asterisk("pbx", given).info.can("call_customer")


def test_prompts_are_media_with_values() -> None:
    settings = AriSettings(user="u", password=Secret("p"), prompts={"hi": "sound:hi number:{n}"})
    assert settings.media("position", {"position": 3}) == (
        "sound:queue-thereare,number:3,sound:queue-callswaiting"
    )
    assert settings.media("hi", {}) == "sound:hi"  # what is not known is not said
    assert settings.media("hi", {"n": "1,sound:rude"}) == "sound:hi,number:1 sound:rude"
    assert settings.media("welcome", {}) == "sound:welcome"
    odd = AriSettings(
        user="u", password=Secret("p"), prompts={"hi": "sound:hi number:{n.x} number:{n[x]}"}
    )
    assert odd.media("hi", {"n": 3}) == "sound:hi"


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    program = (
        "import sys, ccroute_asterisk; "
        "sys.exit(bool({'httpx', 'websockets', 'anyio'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("package", ["httpx", "msgspec", "websockets"])
def test_without_the_packages_the_extra_is_named(package: str) -> None:
    program = f"""
import sys, asyncio
sys.modules[{package!r}] = None
from ccroute import ConfigError
from ccroute.adapters import SystemTime
from ccroute_asterisk import asterisk
from ccroute_asterisk.doctor import diagnose
given = {{"url": "http://127.0.0.1:1", "user": "ccroute", "password": "swordfish"}}
try:
    asterisk("pbx", given)
except ConfigError as error:
    print(error)
try:
    asyncio.run(diagnose("pbx", given, SystemTime()))
except ConfigError as error:
    print(error)
"""
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert not said.stderr
    told = f"links.pbx: {package} is missing: pip install 'ccroute[asterisk]'"
    wanted = [told] if package == "websockets" else [told, told]  # which a doctor can do without
    assert said.stdout.splitlines() == wanted
