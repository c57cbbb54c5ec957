"""Who did what, when and why: every action of a person, with what became of it."""

import logging
from collections import deque
from collections.abc import Callable, Iterator

import attrs

_log = logging.getLogger("ccroute.audit")


@attrs.frozen(kw_only=True)
class AuditRecord:
    """One action. ``at``: float seconds since the epoch; ``action``: the command's verb, or the
    instruction's kind; ``about``: the contact, agent or queue; ``outcome``: done, or the code of
    what stood in the way."""

    at: float
    tenant: str
    actor: str
    reason: str | None
    action: str
    about: str
    outcome: str


class Audit:
    """The last ``most`` actions; ``listeners`` hear each one, as to keep it for good. Each is
    logged too, by the logger ``ccroute.audit``."""

    def __init__(self, most: int = 100_000) -> None:
        self._kept: deque[AuditRecord] = deque(maxlen=most)
        self.listeners: list[Callable[[AuditRecord], None]] = []

    def note(self, record: AuditRecord) -> None:
        """Keeps an action. A listener that breaks is nobody else's trouble."""
        self._kept.append(record)
        _log.info(
            "%s %s %s: %s",
            _one_line(record.actor),
            record.action,
            _one_line(record.about),
            record.outcome,
            extra={
                "tenant": record.tenant,
                "actor": record.actor,
                "command": record.action,
                "reason": record.reason,
            },
        )
        for listener in self.listeners:
            try:
                listener(record)
            except Exception:  # theirs, whatever it is
                _log.exception("a listener of the audit broke")

    def __iter__(self) -> Iterator[AuditRecord]:
        return iter(list(self._kept))

    def __len__(self) -> int:
        return len(self._kept)


def _one_line(text: str) -> str:
    """What somebody called themselves must not look like another line."""
    return "".join(it if it.isprintable() else repr(it)[1:-1] for it in text)
