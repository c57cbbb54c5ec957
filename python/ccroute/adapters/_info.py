"""What an adapter says of itself: its version of the contract, and what its platform can do."""

from collections.abc import Iterable
from types import MappingProxyType

import attrs

from ccroute._errors import ConfigError

ADAPTER_API = 0
"""The version of this contract. 0: it may still change, until three platforms hold it."""

CAPABILITIES = MappingProxyType(
    {
        "park": "keeps a waiting customer on the platform",
        "treatment": "plays music, or whatever a waiting customer gets, by name",
        "announce": "plays a prompt to a waiting customer",
        "ring": "rings agents' phones; without it agents accept at their desk",
        "client_leg_ids": "takes our id for a leg, and refuses it a second time",
        "cancel_ring": "stops ringing",
        "multi_ring": "rings several agents for one contact",
        "hold": "puts customers on hold",
        "blind_transfer": "sends a customer to an address outside",
        "consult_transfer": "rings a second agent while the customer is on hold",
        "conference": "lets the customer speak with both agents of a consultation",
        "hangup_party": "ends a contact",
        "call_customer": "calls customers back, under an id that we choose",
        "record": "records conversations, under an id that we choose",
        "record_pause": "pauses a recording, as for card data",
        "consent_prompt": "asks for consent before it records",
        "listen": "lets a supervisor listen",
        "whisper": "lets a supervisor speak to the agent alone",
        "barge": "lets a supervisor speak to both",
        "device_state": "says whether an agent's device is free",
        "agent_mirror": "shows an agent's availability on the platform",
        "agent_codes": "lets agents sign in, pause and dispose from their phones",
        "snapshot": "says what it holds now",
        "event_backfill": "says afterwards what happened during a gap",
        "native_seq": "numbers its own messages",
        "restart_detect": "tells a restart of the platform from a broken link",
        "webhook_in": "speaks by HTTP requests to the host",
        "server_initiated_link": "is connected to by the platform",
    }
)
"""The closed set of capabilities, and what each promises."""

MODES = ("control", "observe")
"""``control``: ccroute routes, the platform does; ``observe``: the platform routes, ccroute
measures. A link without ``control`` observes: it tells `Measured` and never a contact. An
adapter whose settings choose between the two says the one that was chosen."""


@attrs.frozen(kw_only=True)
class Limits:
    """What a platform bears; ``None``: nothing known.

    ``offers_per_second``: how many rings it starts in a second; ``in_flight``: how many
    instructions at once; ``ring``: the shortest and the longest ringing it knows, in seconds.
    """

    offers_per_second: float | None = None
    in_flight: int | None = None
    ring: tuple[float, float] | None = None


def _capabilities(given: Iterable[str]) -> frozenset[str]:
    names = frozenset(given)
    if unknown := sorted(names - CAPABILITIES.keys()):
        raise ConfigError(
            f"no capability {', '.join(map(repr, unknown))}: "
            f"give some of {', '.join(sorted(CAPABILITIES))}"
        )
    return names


def _modes(given: Iterable[str]) -> tuple[str, ...]:
    modes = tuple(given)
    if not modes or set(modes) - set(MODES):
        raise ConfigError(f"modes {modes!r}: give 'control', 'observe' or both")
    return modes


@attrs.frozen(kw_only=True)
class AdapterInfo:
    """An adapter's card. It never changes while the adapter lives.

    ``name``: of the adapter, as of its entry point; ``version``: its own; ``platform``: what it
    drives, for people; ``api``: the `ADAPTER_API` it was written for.

    Raises:
        ConfigError: a capability or mode that is not in the closed set.

    >>> AdapterInfo(name="x", version="1", platform="X", capabilities=["ring", "fly"])
    Traceback (most recent call last):
    ...
    ccroute._errors.ConfigError: no capability 'fly': give some of agent_codes, ...
    """

    name: str
    version: str
    platform: str
    api: int = ADAPTER_API
    modes: tuple[str, ...] = attrs.field(default=("control",), converter=_modes)
    capabilities: frozenset[str] = attrs.field(default=frozenset(), converter=_capabilities)
    limits: Limits = Limits()

    def can(self, capability: str) -> bool:
        """Whether the platform can do this."""
        return capability in self.capabilities

    @property
    def observes(self) -> bool:
        """Whether it measures only, and routes nothing."""
        return "control" not in self.modes
