"""What an export is about: the labels, the service levels, the caps. Checked before reading."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypedDict, runtime_checkable

import attrs

from ccroute._errors import ConfigError
from ccroute._wire import KpiAggregator
from ccroute.export._families import FAMILIES
from ccroute.metrics import BUILT_IN, DIMENSIONS, Asked, Registry, checked_targets

AGENT_LABELS = ("agent", "team")
VISIT_LABELS = tuple(label for label in DIMENSIONS if label not in AGENT_LABELS)
PARAMETER_LABELS = {"T": "threshold", "S": "short"}


class HasAggregator(Protocol):
    """Whatever reads from an aggregator: ``Metrics``, a router's ``metrics``."""

    @property
    def aggregator(self) -> KpiAggregator:
        """What counts."""
        ...


@runtime_checkable
class HasTargets(Protocol):
    """Whatever knows the targets of its queues."""

    @property
    def targets(self) -> Mapping[str, tuple[float, float]]:
        """Threshold T and short threshold S by queue, in seconds."""
        ...


@runtime_checkable
class HasRegistry(Protocol):
    """Whatever knows KPIs of its own."""

    @property
    def registry(self) -> Registry:
        """Where KPIs are looked up."""
        ...


class Choice(TypedDict, total=False):
    """The keywords that every export takes."""

    labels: Sequence[str]
    """What the figures of visits are split by: ``queue``, ``channel``, ``direction``,
    ``client``, ``campaign``, ``tenant`` or the aggregator's own dimensions. Default: queue
    and channel."""
    agents: Sequence[str]
    """What agents' time is split by: ``team``, ``agent``. Default: nothing."""
    variants: Sequence[str]
    """Service levels, as ``"sl.answered_within"`` (the default) or
    ``"sl.short_excluded(T=30, S=10)"``."""
    targets: Mapping[str, tuple[float, float]]
    """Threshold T and short threshold S by queue, in seconds, where a variant does not say
    them itself. Default: the source's own, where it has ``targets``, then those of the
    variant; a queue without a target has no service level where the aggregator does not
    count by these."""
    goals: Mapping[str, float]
    """The share of 1 that each queue is to reach."""
    registry: Registry
    """Where variants are looked up. Default: the source's own, where it has a ``registry``;
    else the built-in one."""
    most_values: int
    """Values of one label, or reasons, that keep their name; later ones are exported
    together, as ``__other__``. Default: 200."""
    basis: str
    """Which of the kept bases is read. Over all time they agree. Default: ``offered``."""


@attrs.frozen(kw_only=True)
class Selection:
    """A checked :class:`Choice`."""

    labels: tuple[str, ...]
    agents: tuple[str, ...]
    variants: tuple[Asked, ...]
    targets: Mapping[str, tuple[float, float]]
    goals: Mapping[str, float]
    most_values: int
    basis: str


def aggregator_of(source: KpiAggregator | HasAggregator) -> KpiAggregator:
    """What counts, of whatever leads to it."""
    return source if isinstance(source, KpiAggregator) else source.aggregator


def select(source: KpiAggregator | HasAggregator, choice: Choice) -> Selection:
    """Fills in the defaults.

    Raises:
        ConfigError: A label, variant, target, goal or cap that cannot be; the message says
            why.
    """
    labels = tuple(choice.get("labels", ("queue", "channel")))
    agents = tuple(choice.get("agents", ()))
    _check_labels("labels", labels, (*VISIT_LABELS, *aggregator_of(source).dimensions()))
    _check_labels("agents", agents, AGENT_LABELS)
    most_values = choice.get("most_values", 200)
    if most_values < 1:
        raise ConfigError(f"most_values = {most_values}: at least 1 value of a label has a name")
    goals = dict(choice.get("goals", {}))
    for queue, goal in goals.items():
        if not 0 < goal <= 1:
            raise ConfigError(f"the goal of queue {queue!r} is {goal}: give a share of 1, as 0.8")
    registry = choice.get(
        "registry", source.registry if isinstance(source, HasRegistry) else BUILT_IN
    )
    basis = choice.get("basis", "offered")
    known = source.targets if isinstance(source, HasTargets) else {}
    asked = tuple(registry.ask(name) for name in choice.get("variants", ("sl.answered_within",)))
    for each in asked:
        _check_variant(each, basis)
    return Selection(
        labels=labels,
        agents=agents,
        variants=asked,
        targets=checked_targets(choice.get("targets", known)),
        goals=goals,
        most_values=most_values,
        basis=basis,
    )


def _check_labels(what: str, labels: tuple[str, ...], known: tuple[str, ...]) -> None:
    reserved = {name for family in FAMILIES for name in family.labels} - {"queue"}
    for label in labels:
        if label not in known:
            raise ConfigError(f"{what}: no label {label!r}: give some of {', '.join(known)}")
        if label in reserved or label == "le":
            raise ConfigError(
                f"{what}: {label!r} is a label of the export itself: give the aggregator's "
                "dimension another name"
            )
    if len(set(labels)) < len(labels):
        raise ConfigError(f"{what}: {', '.join(labels)}: give each label once")


def _check_variant(asked: Asked, basis: str) -> None:
    kpi = asked.kpi
    formulas = (kpi.above, kpi.below)
    counts = all(formula is not None and formula.kinds() <= {"count"} for formula in formulas)
    if kpi.computed_by is not None or not counts or kpi.parameters.keys() - PARAMETER_LABELS.keys():
        raise ConfigError(
            f"variant {asked.name!r} is no share of contacts with thresholds T and S alone: "
            "give a service level, as sl.answered_within"
        )
    if kpi.bases and basis not in kpi.bases:
        raise ConfigError(
            f"variant {asked.name!r} means nothing on basis {basis!r}: give basis={kpi.bases[0]!r}"
        )
