"""Log lines for machines."""

import asyncio
import json
import logging
from typing import Any

import pytest

from ccroute import Enqueue, Plan, Router
from ccroute.adapters import Park, Secret, failed, unknown
from ccroute.host import Host, JsonFormatter
from ccroute.testing import LoopbackAdapter, LoopbackPlatform, ManualTime


def line(formatter: JsonFormatter, **fields: object) -> dict[str, Any]:
    made = {"name": "ccroute.host", "levelname": "INFO", "created": 1.25, "msg": "x", **fields}
    text = formatter.format(logging.makeLogRecord(made))
    assert "\n" not in text
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def test_a_line_is_keyed_by_tenant_and_contact() -> None:
    said = {"tenant": "acme", "contact": "pbx:1", "link": "pbx", "actor": "agent:ana"}
    found = line(JsonFormatter(), msg="%s came", args=("pbx:1",), **said)
    assert found == {
        "at": "1970-01-01T00:00:01.250Z",
        "level": "info",
        "logger": "ccroute.host",
        "message": "pbx:1 came",
        **said,
    }


def test_what_is_not_of_the_keys_stays_out() -> None:
    found = line(JsonFormatter(), attributes={"name": "Eva"}, reason="dentist", tenant=None)
    assert found.keys() == {"at", "level", "logger", "message"}


def test_secrets_are_hidden_in_every_text() -> None:
    formatter = JsonFormatter([Secret("swordfish")])
    found = line(formatter, msg="signed in with swordfish", link="swordfish:5060")
    assert (found["message"], found["link"]) == ("signed in with ...", "...:5060")


def test_an_exception_is_named_with_its_place_and_without_its_words() -> None:
    try:
        raise ValueError("+34600111222 rang")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    found = line(JsonFormatter(), exc_info=info, msg="an adapter broke")
    assert (found["exception"], len(found["trace"])) == ("ValueError", 1)
    assert found["trace"][0].endswith(
        "test_an_exception_is_named_with_its_place_and_without_its_words"
    )
    assert "+34600111222" not in json.dumps(found)


def test_lines_break_nothing() -> None:
    assert line(JsonFormatter(), msg="a\nb\u2028")["message"] == "a\nb\u2028"


def test_what_the_host_says_is_keyed_by_tenant_link_and_contact(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        platform, time = LoopbackPlatform(), ManualTime()
        outcomes = {"c1": failed("rejected", "full"), "c2": unknown("late")}
        platform.answers = lambda it: outcomes.get(it.contact) if isinstance(it, Park) else None
        routers = {"acme": Router(Plan.from_toml("[queues.billing]"))}
        async with Host(routers, adapters=[LoopbackAdapter(platform)], time=time) as host:
            platform.call("c1", queue="billing", caller="+34600111222")
            platform.call("c2", queue="billing")
            platform.call("c3", queue="nowhere")
            await time.run(1.0)
            await host.apply(
                Enqueue(contact="c4", queue="billing"), actor="crm", reason="called twice"
            )

    caplog.set_level(logging.INFO, logger="ccroute")
    asyncio.run(run())
    said = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    told = {it["contact"]: it for it in said if "contact" in it and "instruction" in it}
    assert {"pbx:c1", "pbx:c2"} <= set(told)
    for contact in ("pbx:c1", "pbx:c2"):
        assert (told[contact]["tenant"], told[contact]["link"]) == ("acme", "pbx")
    (away,) = (it for it in said if "no place" in it["message"])
    assert (away["tenant"], away["link"], away["contact"]) == ("acme", "pbx", "pbx:c3")
    (audited,) = (it for it in said if it["logger"] == "ccroute.audit")
    assert (audited["tenant"], audited["actor"], audited["command"]) == ("acme", "crm", "enqueue")
    whole = json.dumps(said)
    assert "+34600111222" not in whole
    assert "called twice" not in whole


def test_what_cannot_be_shown_or_written_is_still_a_line() -> None:
    class Rude:
        def __str__(self) -> str:
            raise RuntimeError("no")

    found = line(JsonFormatter(), msg="%s and %s", args=(Rude(), 1), link=Rude())
    assert (found["message"], found["link"]) == ("%s and %s", "<Rude>")
    assert line(JsonFormatter(), msg=Rude())["message"] == "<Rude>"
    assert line(JsonFormatter(), msg="%d", args=("x",))["message"] == "%d"
    half = line(JsonFormatter(), msg="%s", args=("a\udc80b",), contact="pbx:\ud800")
    assert (half["message"], half["contact"]) == ("a\udc80b", "pbx:\ud800")
    made = {"name": "x", "levelname": "INFO", "created": 0.0, "msg": "\ud800"}
    JsonFormatter().format(logging.makeLogRecord(made)).encode()
