"""Taking what is personal out of commands and records: the same pseudonyms as in a redacted
state, so that both still fit together."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import attrs

from ccroute._commands import Command, SetPlan
from ccroute._models import NewContact, Observed
from ccroute._plan import Plan
from ccroute._wire import CAUSES, DEVICES, ROLES, Redaction, Restored
from ccroute.adapters import Secret
from ccroute.host._audit import AuditRecord
from ccroute.journal import Entry

Record = TypeVar("Record", bound=attrs.AttrsInstance)

NO_TEXT = "\ud800"
"""Stands for what is no text for the engine, half a character in it: neither is this."""
_DIGITS = re.compile(r"\d{4,}")
_STAYS = frozenset(
    {
        "agent", "agents", "at", "band", "budget", "capacity", "channel", "denominator",
        "entered_at", "excluded", "expires", "head_start", "kpi", "labels",
        "lasts", "line", "lines", "not_before", "numerator", "offer", "open", "plan",
        "preferred", "queue", "queues", "requirement", "skills", "table", "up", "version",
        "keep_age",
        # Score tables: by types of contacts, which the plan's conditions are about.
        "scores",
    }
)  # fmt: skip
"""Fields of commands with nothing personal: numbers, and names of the plan and of agents."""
_WORDS = frozenset([*CAUSES, *DEVICES, *ROLES])


class Redactor:
    """Gives pseudonyms under a ``key`` of 32 bytes, which nobody should keep.

    ``plans``: all that are in force at some time; what they compare stays comparable.
    """

    def __init__(self, key: bytes, plans: Iterable[Plan], states: Iterable[Restored]) -> None:
        self._redaction = Redaction(key)
        for state in states:
            self._redaction.heed_state(state)
        for plan in plans:
            self._redaction.heed(plan.checked())
        self._known: dict[str, str] = {}
        self._rules: dict[str, Callable[[object], object]] = {
            "contact": self._of(self.text),
            "customer": self._of(self._redaction.customer),
            "conversation": self._of(self._redaction.conversation),
            "previous": self._of(self._redaction.previous),
            "reason": self._of(self._redaction.reason),
            # Keys may be typed one after the other, as a card's number is.
            "key": self._of(self._redaction.reason),
            "codes": lambda codes: self._each(codes, self._of(self._redaction.reason)),
            **dict.fromkeys(("by", "cause", "device", "failure", "role"), self._word),
            "attributes": self._attributes,
            "among": self._among,
            "observed": lambda seen: self._each(seen, self._observed),
        }

    # -- Texts --------------------------------------------------------------------------

    def state(self, state: Restored) -> Restored:
        """A state, renamed."""
        return state.redacted(self._redaction)

    def text(self, text: str) -> str:
        """The pseudonym of an id or another personal text."""
        if text not in self._known:
            self._known[text] = _renamed(self._redaction.text, text)
        return self._known[text]

    def actor(self, actor: str | None) -> str | None:
        """Who asked: agents, links and the host stay."""
        return None if actor is None else _renamed(self._redaction.actor, actor)

    def words(self, reason: str | None) -> str | None:
        """Free words; those of a plan stay."""
        return None if reason is None else _renamed(self._redaction.reason, reason)

    def scrubbed(self, text: str, hidden: Iterable[Secret] = ()) -> str:
        """A message of ours or of a platform, without secrets, numbers of more than three digits
        and texts that were renamed so far."""
        for secret in hidden:
            text = secret.hide_in(text)
        for known, name in self._known.items():
            if len(known) > 3 and known in text:
                text = text.replace(known, name)
        return _DIGITS.sub("#", text)

    # -- Records ------------------------------------------------------------------------

    def entry(self, entry: Entry) -> Entry:
        """An entry of a journal. What was refused is refused again, in the same way."""
        return attrs.evolve(
            entry,
            command=self.command(entry.command),
            command_id=None if entry.command_id is None else self.text(entry.command_id),
            actor=self.actor(entry.actor),
            reason=self.words(entry.reason),
        )

    def command(self, command: Command) -> Command:
        """A command."""
        if isinstance(command, SetPlan):
            return command
        return self._record(command)

    def audit(self, record: AuditRecord, names: frozenset[str]) -> AuditRecord:
        """A record of the audit; ``names``: of agents, queues and lines, which stay."""
        is_offer = record.action in {"accept", "decline"} and record.about.isdigit()
        keeps = record.about in names or is_offer
        return attrs.evolve(
            record,
            actor=self.actor(record.actor) or "",
            reason=self.words(record.reason),
            about=record.about if keeps else self.text(record.about),
        )

    def _record(self, it: Record) -> Record:
        changes = {}
        for field in attrs.fields(type(it)):
            value = getattr(it, field.name)
            if value is None or field.name in _STAYS:
                continue
            changes[field.name] = self._rules[field.name](value)
        return attrs.evolve(it, **changes)  # type: ignore[misc]  # of whichever class it is

    def _observed(self, seen: object) -> object:
        if not isinstance(seen, Observed):
            return seen
        known = seen.known
        return attrs.evolve(
            seen,
            contact=self.text(seen.contact),
            known=self._record(known) if isinstance(known, NewContact) else known,
        )

    def _attributes(self, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        return {name: self._value(name, value) for name, value in given.items()}

    def _among(self, pair: object) -> object:
        match pair:
            case (str(name), value):
                return name, self._value(name, value)
            case _:
                return pair

    def _value(self, name: object, value: object) -> object:
        if not isinstance(name, str) or not isinstance(value, str | int):
            return value
        if isinstance(value, str):
            return self._of(lambda text: str(self._redaction.value(name, text)))(value)
        if not -(1 << 63) <= value < 1 << 63:
            return 1 << 63  # refused, as it was
        return self._redaction.value(name, value)

    def _word(self, word: object) -> object:
        return word if word in _WORDS else self._of(self.text)(word)

    def _each(self, given: object, rule: Callable[[object], object]) -> object:
        return tuple(map(rule, given)) if isinstance(given, Iterable) else given

    def _of(self, rename: Callable[[str], str]) -> Callable[[object], object]:
        def rule(text: object) -> object:
            if not isinstance(text, str):
                return text
            renamed = _renamed(rename, text)
            if renamed != text:
                self._known.setdefault(text, renamed)
            return renamed

        return rule


def _renamed(rename: Callable[[str], str], text: str) -> str:
    try:
        return rename(text)
    except UnicodeEncodeError:
        return NO_TEXT
