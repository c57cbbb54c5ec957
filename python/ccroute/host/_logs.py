"""Log lines for machines: one line of JSON each, keyed by tenant and contact."""

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime

from ccroute.adapters import Secret

KEYS = (
    "tenant", "contact", "link", "agent", "queue", "actor", "offer", "command", "instruction",
    "adapter",
)  # fmt: skip
"""What a record may say besides, by ``extra``; whatever else is in it stays out of the line."""


class JsonFormatter(logging.Formatter):
    """One line of JSON for a record: ``at`` (RFC 3339, UTC), ``level``, ``logger``, ``message``,
    and of ``extra`` the keys tenant, contact, link, agent, queue, actor, offer, command,
    instruction and adapter, where a record has them.

    Attributes of contacts and free words of people are never in it. Of an exception it says the
    ``exception``'s name and where it was raised (``trace``), not its message, which may hold
    anything. ``secrets`` are hidden wherever they turn up. What cannot be shown (its ``__str__``
    raises) stands there by its type, and then the message without its arguments.

    >>> record = logging.makeLogRecord(
    ...     {"msg": "link %s is down", "args": ("pbx",), "name": "ccroute.host",
    ...      "levelname": "WARNING", "created": 0.5, "link": "pbx", "attributes": {"vip": 1}})
    >>> print(JsonFormatter().format(record))
    {"at":"1970-01-01T00:00:00.500Z","level":"warning","logger":"ccroute.host",\
"message":"link pbx is down","link":"pbx"}
    """

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        said = vars(record)
        line |= {key: said[key] for key in KEYS if said.get(key) is not None}
        if record.exc_info is not None and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["trace"] = _trace(record.exc_info[1])
        hidden = {key: self._hide(value) for key, value in line.items()}
        text = json.dumps(hidden, ensure_ascii=False, default=_shown, separators=(",", ":"))
        # Half a character cannot be written; escaped it is what it was.
        return text.encode("utf-8", "backslashreplace").decode()

    def _hide(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        for secret in self._secrets:
            value = secret.hide_in(value)
        return value


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # whatever is logged may raise when it is asked for its words
        return str(record.msg) if isinstance(record.msg, str) else _shown(record.msg)


def _shown(thing: object) -> str:
    try:
        return str(thing)
    except Exception:
        return f"<{type(thing).__name__}>"


def _trace(error: BaseException | None) -> list[str]:
    """Where it was raised, innermost last."""
    places = []
    at = None if error is None else error.__traceback__
    while at is not None:
        code = at.tb_frame.f_code
        places.append(f"{at.tb_frame.f_globals.get('__name__')}:{at.tb_lineno} {code.co_name}")
        at = at.tb_next
    return places
