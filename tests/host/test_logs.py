"""Log lines for machines."""

import json
import logging
from typing import Any

from ccroute.adapters import Secret
from ccroute.host import JsonFormatter


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
