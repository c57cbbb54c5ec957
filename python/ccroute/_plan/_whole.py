"""The plan as objects: what a coordinator decides, in the words of the written form.

Nothing is checked here. A `Plan` hands what it was given to the engine's own reader, which
reads the TOML too, and keeps what comes back: the same plan, every default filled in.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Self

import attrs

from ccroute._errors import ConfigError
from ccroute._plan._agents import AgentPlan
from ccroute._plan._fields import (
    all_are,
    converted,
    default_of,
    in_order,
    lists_of,
    named,
    names_of,
    part,
    parts,
    said_of,
    table,
    tuple_of,
    written,
)
from ccroute._plan._order import OrderPlan
from ccroute._plan._queue import QueuePlan
from ccroute._plan._requirement import Requirement
from ccroute._table import Table
from ccroute._wire import CheckedPlan, FindingRow


@attrs.frozen(kw_only=True)
class CapacityPlan:
    """What agents can hold, beside their slots.

    ``budget``: in all, in the coin of ``cost`` by channel (1 each where it is not written).
    ``interrupted_by``: which other channels may come in while an agent works on one.
    ``offers``: how many live offers an agent can have.
    """

    budget: int | None = None
    cost: Mapping[str, int] = table()
    interrupted_by: Mapping[str, tuple[str, ...]] = attrs.field(factory=Table, converter=lists_of)
    offers: int | None = None


@attrs.frozen(kw_only=True)
class Split:
    """A queue with its part of the sum of all shares."""

    queue: str
    share: int


# Named functions, which a type checker can read (as in `_queue`).
def _split_of(given: Iterable[Split]) -> tuple[Split, ...]:
    return tuple_of(given)


@attrs.frozen(kw_only=True)
class Rule:
    """Where contacts go for which ``when`` (CEL) holds: to ``queue``, or by shares to those of
    ``split``; and what they wait with."""

    name: str | None = None
    when: str | None = None
    queue: str | None = None
    split: tuple[Split, ...] = attrs.field(
        default=(), converter=_split_of, validator=all_are(Split), metadata=parts(Split)
    )
    band: int | None = None
    head_start: float | None = None
    slope: float | None = None
    requires: Requirement = part(Requirement)


@attrs.frozen(kw_only=True)
class Attachment:
    """What contacts are given to ask for besides: ``requires``, the skill that an attribute names
    (``skill_of``), or a label that equals an attribute (``label_of``)."""

    when: str | None = None
    requires: Requirement = part(Requirement)
    skill_of: str | None = None
    level: int = 1
    label_of: str | None = None
    label: str | None = None
    lasts: float | None = None


def _rules_of(given: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple_of(given)


def _attach_of(given: Iterable[Attachment]) -> tuple[Attachment, ...]:
    return tuple_of(given)


@attrs.frozen(kw_only=True)
class Classification:
    """Which contact goes where, when the host does not say: the first rule that matches."""

    rules: tuple[Rule, ...] = attrs.field(
        default=(), converter=_rules_of, validator=all_are(Rule), metadata=parts(Rule)
    )
    attach: tuple[Attachment, ...] = attrs.field(
        default=(), converter=_attach_of, validator=all_are(Attachment), metadata=parts(Attachment)
    )


@attrs.frozen(kw_only=True)
class ScoreTable:
    """A table of scores, which the host fills; ``by``: the attribute that says of which type a
    contact is."""

    by: str


@attrs.frozen(kw_only=True)
class Calendar:
    """Opening hours in the local time of ``zone``: intervals such as ``"09:00-13:00"`` by day of
    the ``weekly`` round (``mon`` to ``sun``), closed on public ``holidays`` (``"CO"``,
    ``"ES-MD"``) and the days on which they are observed, and days of their own in ``special``, by
    date."""

    zone: str
    weekly: Mapping[str, tuple[str, ...]] = attrs.field(factory=Table, converter=lists_of)
    holidays: str | None = None
    special: Mapping[str, tuple[str, ...]] = attrs.field(factory=Table, converter=lists_of)


@attrs.frozen(kw_only=True)
class Finding:
    """One thing about a plan: ``severity`` is ``"warning"`` or ``"note"`` (errors refuse the plan),
    ``code`` a word for machines, ``path`` the key, ``line`` its line where there was a text."""

    severity: str
    code: str
    path: str
    message: str
    line: int | None

    @classmethod
    def of(cls, row: FindingRow) -> Self:
        """Names what the engine said."""
        severity, code, path, message, line = row
        return cls(severity=severity, code=code, path=path, message=message, line=line)

    def __str__(self) -> str:
        return f"{self.severity}: {self.path}: {self.message}"


@attrs.frozen(kw_only=True)
class Plan:
    """Everything the engine needs to know before the first contact.

    Checked when made, so that a plan in hand is a plan that works: whatever is wrong
    raises `ConfigError` naming the key and what would be valid. Every default is filled
    in: without ``skills`` those that queues and agents name are collected, without
    ``channels`` there are voice, chat, email and sms. ``retention`` is in seconds. Queues
    keep their order.

    >>> plan = Plan(queues={"sales": QueuePlan(requires=Requirement(all_of={"es": 5}))})
    >>> plan.skills
    ('es',)
    >>> Plan.from_toml(plan.to_toml()) == plan
    True
    """

    skills: tuple[str, ...] = attrs.field(default=(), converter=names_of)
    channels: tuple[str, ...] = attrs.field(default=(), converter=names_of)
    retention: float = 600.0
    seed: int = 0
    order: OrderPlan = part(OrderPlan)
    capacity: CapacityPlan = part(CapacityPlan)
    classification: Classification = part(Classification)
    scores: Mapping[str, ScoreTable] = named(ScoreTable)
    calendars: Mapping[str, Calendar] = named(Calendar)
    assign_together: int = 0
    queues: Mapping[str, QueuePlan] = named(QueuePlan, eq=in_order)
    agents: Mapping[str, AgentPlan] = named(AgentPlan)
    _checked: CheckedPlan = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # What JSON has no word for goes as its repr, to be refused with the key's path.
        text = json.dumps(written(self), default=repr, ensure_ascii=False)
        self._take(_check(CheckedPlan.from_json, text))

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """The plan written in TOML (`docs/plan.md` has every key).

        Raises:
            ConfigError: with the ``line`` of the first problem; each further problem is a
                line of the message.
        """
        return cls._of(_check(CheckedPlan.from_toml, text))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The plan written in JSON, in the same words as the TOML.

        Raises:
            ConfigError: naming each key that is wrong.
        """
        # The mark that some editors set does no harm in TOML either.
        return cls._of(_check(CheckedPlan.from_json, text.removeprefix("\ufeff")))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """The plan in a file, in JSON where the name ends in ``.json``, else in TOML.

        Raises:
            ConfigError: with ``path`` and ``line``; each further problem is a line of the
                message.
            OSError: the file cannot be read.
        """
        data = Path(path).read_bytes()
        parse = cls.from_json if Path(path).suffix == ".json" else cls.from_toml
        try:
            return parse(data.decode())
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            message = f"not UTF-8: the byte 0x{data[error.start]:02x}; save the file as UTF-8"
            raise ConfigError(message, line, str(path)) from None
        except ConfigError as error:
            raise ConfigError(error.message, error.line, str(path)) from None

    def to_toml(self) -> str:
        """The plan in TOML, every setting spelt out that is not what it would be without it;
        `from_toml` gives an equal plan."""
        return self.checked().to_toml()

    def to_json(self) -> str:
        """The plan in JSON, as in TOML; `from_json` gives an equal plan."""
        return self.checked().to_json()

    @staticmethod
    def json_schema() -> str:
        """The JSON Schema (2020-12) of the written form, for editors and programs."""
        return CheckedPlan.json_schema()

    @staticmethod
    def reference() -> str:
        """Every key of a plan with its value, default and meaning, as tables in Markdown."""
        return CheckedPlan.reference()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is noteworthy about the plan, warnings first: a queue nobody can serve, a rule
        that never matches, a wait without an end.

        >>> [finding.code for finding in Plan(queues={"sales": QueuePlan()}).findings]
        ['endless_wait']
        """
        return tuple(Finding.of(row) for row in self.checked().findings())

    def checked(self) -> CheckedPlan:
        """The plan as the engine takes it."""
        return self._checked

    def __reduce__(self) -> tuple[Callable[[str], Self], tuple[str]]:
        return type(self).from_json, (self.to_json(),)

    @classmethod
    def _of(cls, checked: CheckedPlan) -> Self:
        plan = cls.__new__(cls)
        plan._take(checked)
        return plan

    def _take(self, checked: CheckedPlan) -> None:
        """Takes what the engine's reader made of the plan, every default filled in."""
        said = said_of(Plan, json.loads(checked.to_json()))
        for field in attrs.fields(Plan):
            if field.init:
                item = said[field.name] if field.name in said else default_of(field)
                object.__setattr__(self, field.name, converted(field, item))
        object.__setattr__(self, "_checked", checked)


def _check(read: Callable[[str], CheckedPlan], text: str) -> CheckedPlan:
    try:
        return read(text)
    except UnicodeEncodeError as error:
        half = ascii(text[error.start : error.end])
        message = f"{half} is half a character; decode the text by its own encoding"
        raise ConfigError(message) from None
