"""Who may join a queue and who must leave it; callbacks; help between queues."""

from typing import Literal

import attrs

from ccroute._plan._fields import named_in_text, names_of, part, word_or_names


@attrs.frozen(kw_only=True)
class Admission:
    """Who may join: up to ``longest`` contacts, while somebody serves the queue who is free of
    all the reasons of ``staff_free_of`` (or ``"strict"``, ``"loose"``, as in Asterisk). The
    others go to the queue ``otherwise``, or are refused."""

    longest: int | None = None
    staff_free_of: str | tuple[str, ...] = attrs.field(default=(), converter=word_or_names)
    otherwise: str | None = None


@attrs.frozen(kw_only=True)
class Leaving:
    """Who must leave: those who have been in the queue for ``grace`` when nobody has served it
    for ``after`` who is free of the reasons of ``staff_free_of``. Who hangs up finds the
    place again within ``resume_within``. All in seconds."""

    staff_free_of: str | tuple[str, ...] = attrs.field(default=(), converter=word_or_names)
    after: float = 0.0
    grace: float = 0.0
    move_to: str | None = None
    resume_within: float = 0.0


@attrs.frozen(kw_only=True)
class Closed:
    """What happens while a queue is closed: where newcomers go (``None``: refused), and what
    becomes of those who wait."""

    otherwise: str | None = None
    waiting: Literal["stay", "end"] = "stay"
    move_to: str | None = None


@attrs.frozen(kw_only=True)
class Exit:
    """What a key of the customer's phone does: one of the three."""

    move_to: str | None = None
    offer_callback: bool = False
    end: bool = False


@attrs.frozen(kw_only=True)
class Retry:
    """How long after a failed attempt comes the next, in seconds, by what went wrong."""

    missed: float = 900.0
    busy: float = 300.0
    unreachable: float = 3_600.0


@attrs.frozen(kw_only=True)
class CallbackRule:
    """How customers are called back: in which ``queue`` they wait for it (``None``: the same),
    how often they are called, and how long (seconds) only the agent who tried may take the
    next attempt."""

    queue: str | None = None
    attempts: int = 3
    retry: Retry = part(Retry)
    owner_first: float = 30.0
    connect_within: float = 60.0


@attrs.frozen(kw_only=True)
class KeepFree:
    """So many ``agents`` who serve the queues ``queues`` must stay free on ``channel`` (``None``:
    the plan's first)."""

    agents: int
    queues: tuple[str, ...] = attrs.field(converter=names_of, metadata=named_in_text("for"))
    channel: str | None = None


@attrs.frozen(kw_only=True)
class Help:
    """Agents of the queues ``queues`` help while the figure ``kpi`` is ``below`` or ``above`` a
    threshold, ``until`` it has come back so far, and no shorter than ``hold`` seconds."""

    queues: tuple[str, ...] = attrs.field(converter=names_of, metadata=named_in_text("from"))
    kpi: str
    below: float | None = None
    above: float | None = None
    until: float
    hold: float = 300.0
