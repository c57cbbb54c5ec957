"""The plan as objects: what a coordinator decides, in the words of the written form.

Nothing is checked here. A `Plan` hands what it was given to the engine's own reader, which
reads the TOML too, and keeps what comes back: the same plan, every default filled in.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Literal, Self

import attrs

from ccroute._errors import ConfigError
from ccroute._table import Table
from ccroute._wire import CheckedPlan

# Converters copy into tables, so that nothing the caller does afterwards changes a plan.


def _numbers(given: Mapping[str, int]) -> Mapping[str, int]:
    return Table(given)


def _groups(given: Iterable[Mapping[str, int]]) -> tuple[Mapping[str, int], ...]:
    return tuple(Table(group) for group in given)


def _names(given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        # Else "es" would be the two names "e" and "s".
        message = f"a list of names is wanted, not the text '{given}'; write ['{given}']"
        raise ConfigError(message)
    return tuple(given)


@attrs.frozen(kw_only=True)
class Requirement:
    """What an agent must be able to do: all of these, one of each group, none of those.

    Skills stand with their least proficiency, 1 to 10. Who has a skill of ``none_of`` at
    that level or better is not eligible.

    >>> Requirement(all_of={"billing": 3}, any_of=[{"es": 5, "en": 5}]).all_of
    {'billing': 3}
    """

    all_of: Mapping[str, int] = attrs.field(factory=Table, converter=_numbers)
    any_of: tuple[Mapping[str, int], ...] = attrs.field(default=(), converter=_groups)
    none_of: Mapping[str, int] = attrs.field(factory=Table, converter=_numbers)


@attrs.frozen(kw_only=True)
class OfferPolicy:
    """How a contact is proposed to an agent; durations in seconds, above zero.

    The agent has ``timeout`` to answer, the platform then ``connect_within`` to join the
    two. A missed offer makes the agent not ready, or leaves them ready; either way they
    are not offered the same contact again for ``exclude_for``.
    """

    timeout: float = 15.0
    connect_within: float = 10.0
    on_missed: Literal["not_ready", "stay_ready"] = "not_ready"
    exclude_for: float = 30.0


@attrs.frozen(kw_only=True)
class WrapUp:
    """What follows the conversation; durations in seconds.

    ``none``: the agent is free at once. ``optional``: the agent may end it at any time;
    ``mandatory``: once a disposition is given, of which the queue must have some;
    ``timed``: it lasts ``limit``. Extensions may add ``extension`` in all.
    """

    mode: Literal["none", "optional", "mandatory", "timed"] = "none"
    limit: float = 60.0
    extension: float = 120.0


@attrs.frozen(kw_only=True)
class ServiceTarget:
    """What a queue is measured against, in seconds.

    Answered ``within`` counts as in time; abandoned within ``short_abandon`` counts as a
    short abandon.
    """

    within: float = 20.0
    short_abandon: float = 5.0


@attrs.frozen(kw_only=True)
class Step:
    """One step of an escalation, due at the contact's age ``after`` (seconds).

    Skills in ``drop`` no longer matter; those in ``lower`` are needed at the level given
    only. Steps add up.
    """

    after: float
    drop: tuple[str, ...] = attrs.field(default=(), converter=_names)
    lower: Mapping[str, int] = attrs.field(factory=Table, converter=_numbers)


def _steps(given: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(given)


@attrs.frozen(kw_only=True)
class QueuePlan:
    """One queue: contacts waiting under one set of rules."""

    strategy: Literal["longest_idle", "most_proficient"] = "longest_idle"
    requires: Requirement = Requirement()
    offer: OfferPolicy = OfferPolicy()
    wrap_up: WrapUp = WrapUp()
    dispositions: tuple[str, ...] = attrs.field(default=(), converter=_names)
    service_level: ServiceTarget = ServiceTarget()
    escalation: tuple[Step, ...] = attrs.field(default=(), converter=_steps)


@attrs.frozen(kw_only=True)
class AgentPlan:
    """An agent the plan knows: skills with proficiency 1 to 10, queues, slots by channel.

    Without ``capacity`` the agent takes one contact at once on the plan's first channel.
    """

    skills: Mapping[str, int] = attrs.field(factory=Table, converter=_numbers)
    queues: tuple[str, ...] = attrs.field(default=(), converter=_names)
    capacity: Mapping[str, int] = attrs.field(factory=Table, converter=_numbers)


def _queues(given: Mapping[str, QueuePlan]) -> Mapping[str, QueuePlan]:
    return Table(given)


def _agents(given: Mapping[str, AgentPlan]) -> Mapping[str, AgentPlan]:
    return Table(given)


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

    skills: tuple[str, ...] = attrs.field(default=(), converter=_names)
    channels: tuple[str, ...] = attrs.field(default=(), converter=_names)
    retention: float = 600.0
    queues: Mapping[str, QueuePlan] = attrs.field(factory=Table, converter=_queues)
    agents: Mapping[str, AgentPlan] = attrs.field(factory=Table, converter=_agents)
    _checked: CheckedPlan = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # What JSON has no word for goes as its repr, to be refused with the key's path.
        text = json.dumps(_written(self), default=repr, ensure_ascii=False)
        checked = _check(CheckedPlan.from_json, text)
        form = json.loads(checked.to_json())
        queues, agents = form.get("queues", {}), form.get("agents", {})
        complete = {
            "skills": tuple(form.get("skills", ())),
            "channels": tuple(form["channels"]),
            "retention": form["retention"],
            "queues": Table({name: _queue(queue) for name, queue in queues.items()}),
            "agents": Table({name: AgentPlan(**agent) for name, agent in agents.items()}),
            "_checked": checked,
        }
        for name, value in complete.items():
            object.__setattr__(self, name, value)

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
        return cls._of(_check(CheckedPlan.from_json, text))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """The plan in a TOML file.

        Raises:
            ConfigError: with ``path`` and ``line``; each further problem is a line of the
                message.
            OSError: the file cannot be read.
        """
        data = Path(path).read_bytes()
        try:
            return cls.from_toml(data.decode())
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            message = f"not UTF-8: the byte 0x{data[error.start]:02x}; save the file as UTF-8"
            raise ConfigError(message, line, str(path)) from None
        except ConfigError as error:
            raise ConfigError(error.message, error.line, str(path)) from None

    def to_toml(self) -> str:
        """The plan in TOML, every setting spelt out; `from_toml` gives an equal plan."""
        return self._checked.to_toml()

    def to_json(self) -> str:
        """The plan in JSON, every setting spelt out; `from_json` gives an equal plan."""
        return self._checked.to_json()

    def checked(self) -> CheckedPlan:
        """The plan as the engine takes it."""
        return self._checked

    def __reduce__(self) -> tuple[Callable[[str], Self], tuple[str]]:
        return type(self).from_json, (self.to_json(),)

    @classmethod
    def _of(cls, checked: CheckedPlan) -> Self:
        return cls(**json.loads(checked.to_json()))


def _check(read: Callable[[str], CheckedPlan], text: str) -> CheckedPlan:
    try:
        return read(text)
    except UnicodeEncodeError as error:
        half = ascii(text[error.start : error.end])
        message = f"{half} is half a character; decode the text by its own encoding"
        raise ConfigError(message) from None


def _written(value: object) -> object:
    """A value in the words of the written form: objects are tables, what is empty is left out."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)  # no value of JSON
    if isinstance(value, Mapping):
        return {key: _written(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_written(item) for item in value]
    kind = type(value)
    if not attrs.has(kind):
        return value
    given = {at.name: getattr(value, at.name) for at in attrs.fields(kind) if at.init}
    return {
        name: _written(item)
        for name, item in given.items()
        if item or not isinstance(item, Mapping | tuple)
    }


def _queue(form: Mapping[str, Any]) -> QueuePlan:
    """A queue from the written form, every setting spelt out."""
    parts: dict[str, Any] = {
        "requires": Requirement(**form.get("requires", {})),
        "offer": OfferPolicy(**form["offer"]),
        "wrap_up": WrapUp(**form["wrap_up"]),
        "service_level": ServiceTarget(**form["service_level"]),
        "escalation": [Step(**step) for step in form.get("escalation", ())],
    }
    return QueuePlan(**{**form, **parts})
