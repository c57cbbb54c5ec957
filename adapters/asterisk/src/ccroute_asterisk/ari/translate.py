"""What Asterisk's words mean: causes, devices, the arguments of ``Stasis()``, what was kept."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from ccroute.adapters import AGENT_WISHES, AgentAsked, Arrived
from ccroute_asterisk.ari.messages import Channel, Json

CAUSES: Mapping[int, str] = MappingProxyType(
    {
        **dict.fromkeys((17, 32), "busy"),
        **dict.fromkeys((18, 19), "no_answer"),
        **dict.fromkeys((16, 21), "rejected"),
        26: "lost_race",
        **dict.fromkeys((1, 2, 3, 20, 22, 27, 28, 31, 34, 38, 41, 42, 44), "unreachable"),
        **dict.fromkeys((47, 58, 102), "unreachable"),
    }
)  # fmt: skip
"""Why a phone that was dialled went, by the cause of Q.850. Clearing as normal before the answer
is a phone that declines. What is not here is an error."""

DEVICES: Mapping[str, str] = MappingProxyType(
    {
        "NOT_INUSE": "available", "INUSE": "in_use", "BUSY": "in_use", "ONHOLD": "in_use",
        "RINGING": "ringing", "RINGINUSE": "in_use", "UNAVAILABLE": "unreachable",
        "INVALID": "unreachable", "UNKNOWN": "unknown",
    }
)  # fmt: skip
"""States of devices in the engine's words."""

CODE = "agent-code"
"""The first argument of ``Stasis()`` by which an agent's phone asks for something."""


def device_of(state: str) -> str:
    """A device's state as the engine has it."""
    return DEVICES.get(state, "unknown")


def pairs_of(args: Iterable[str]) -> dict[str, str]:
    """The arguments ``key=value``; one without ``=`` that comes first is the queue.

    >>> pairs_of(["sales", "tenant=acme", "vip=yes"])
    {'queue': 'sales', 'tenant': 'acme', 'vip': 'yes'}
    """
    found: dict[str, str] = {}
    for place, argument in enumerate(args):
        key, equals, value = argument.partition("=")
        if equals and key:
            found[key.strip()] = value
        elif place == 0 and argument:
            found["queue"] = argument
    return found


def arrived_of(channel: Channel, args: Iterable[str], now: float) -> Arrived:
    """A customer who came. What the dialplan says besides are attributes."""
    given = pairs_of(args)

    def taken(name: str) -> str | None:
        return given.pop(name, None) or None

    if channel.caller_name is not None:
        given.setdefault("caller_name", channel.caller_name)
    return Arrived(
        contact=channel.id,
        entered_at=now,
        tenant=taken("tenant"),
        queue=taken("queue"),
        channel=taken("channel"),
        customer=taken("customer"),
        conversation=taken("conversation"),
        previous=taken("previous"),
        dialled=taken("dialled") or channel.exten,
        caller=taken("caller") or channel.number,
        attributes=given or None,
    )


def kept_of(value: str | None) -> Mapping[str, Json]:
    """What a variable kept; nothing where it is missing or not ours."""
    try:
        return msgspec.json.decode(value, type=dict[str, object]) if value else {}
    except (ValueError, RecursionError):
        return {}


def arrived_again(
    channel: Channel, kept: Mapping[str, Json], entered_at: float, latest: float
) -> Arrived:
    """What the signal about a customer's coming would say now. ``entered_at``: unless one was
    kept that is not after ``latest``."""
    if not kept:
        return arrived_of(channel, channel.args, entered_at)
    texts = {key: it for key, it in kept.items() if isinstance(it, str)}
    entered, attributes = kept.get("entered_at"), kept.get("attributes")
    # What makes no sense, or is of a clock that was set back since, is not believed.
    if isinstance(entered, bool) or not isinstance(entered, int | float):
        entered = None
    if entered is not None and 0 < entered <= latest:
        entered_at = float(entered)
    found = attributes if isinstance(attributes, dict) else {}
    return Arrived(
        contact=texts.get("contact") or channel.id,
        entered_at=entered_at,
        tenant=texts.get("tenant"),
        queue=texts.get("queue"),
        channel=texts.get("channel"),
        customer=texts.get("customer"),
        conversation=texts.get("conversation"),
        previous=texts.get("previous"),
        dialled=texts.get("dialled", channel.exten),
        caller=texts.get("caller", channel.number),
        attributes={key: it for key, it in found.items() if isinstance(it, str | int)} or None,
    )


def asked_of(args: Iterable[str], agent: str | None, contact: str | None) -> AgentAsked | None:
    """What an agent's phone asks for: the wish, then ``key=value``. ``agent``: whose phone it is,
    as far as is known; ``contact``: whom that agent had last. ``None``: it makes no sense."""
    wish, *rest = [*args, ""]
    given = pairs_of(["", *rest])
    agent = given.get("agent") or agent
    if wish not in AGENT_WISHES or agent is None:
        return None
    codes = tuple(it for it in given.get("codes", "").split("+") if it)
    return AgentAsked(
        agent=agent, wish=wish, tenant=given.get("tenant") or None,
        reason=given.get("reason") or None, codes=codes if wish == "dispose" else (),
        contact=(given.get("contact") or contact) if wish == "dispose" else None,
    )  # fmt: skip
