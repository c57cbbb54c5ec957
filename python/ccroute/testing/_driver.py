"""Who plays the platform's customers, agents and accidents: written by an adapter's author."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

import attrs

from ccroute.adapters import Adapter, HttpRequest, Instruction, Setting

EXCUSABLE = frozenset(
    {
        "drop_link", "restore_link", "half_open", "steal_session", "stall_replies", "inject_raw",
        "malformed", "fragment", "skew_clock", "rename_contact", "throttle", "storm",
        "unknown_event", "fail_creates", "forge", "refused_settings", "wrong_settings",
    }
)  # fmt: skip
"""What no capability promises, so that a platform may be without it. Whoever is says why in
`PlatformDriver.cannot`."""


@attrs.frozen(kw_only=True)
class Leg:
    """A leg as the platform has it. ``kind``: customer, agent (supervisors too) or outside;
    ``who``: a customer's handle as `PlatformDriver.place_call` gave it, or an agent's address;
    ``bridge``: the conversation it is in, ``None`` while it rings or waits."""

    kind: str = attrs.field(validator=attrs.validators.in_(("customer", "agent", "outside")))
    who: str
    bridge: str | None = None


class PlatformDriver(ABC):
    """Plays the part of everybody but the adapter, on a simulated or on a real platform.

    The abstract methods everyone needs. The others raise `NotImplementedError`, which is right
    where no declared capability asks for them, or where ``cannot`` says why there is no such
    thing on this platform; else it fails the assertion.
    """

    cannot: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Names of methods (only those of no capability) and the reason why there is no such thing."""
    secrets: ClassVar[tuple[str, ...]] = ()
    """The secrets in the settings: nothing may show them."""

    # -- The platform -------------------------------------------------------------------

    @abstractmethod
    async def start(self) -> None:
        """Starts the platform, or makes sure that it is there and empty."""

    @abstractmethod
    async def stop(self) -> None:
        """Stops it, and leaves no task behind."""

    @abstractmethod
    def settings(self) -> Mapping[str, Setting]:
        """Settings that work, for mode ``control`` where the adapter can."""

    def observe_settings(self) -> Mapping[str, Setting]:
        """Settings for mode ``observe``."""
        raise NotImplementedError("observe_settings")

    def wrong_settings(self) -> Mapping[str, Setting]:
        """Settings with a wrong password, or whatever lets nobody in."""
        raise NotImplementedError("wrong_settings")

    def refused_settings(self) -> Mapping[str, Setting]:
        """Settings with a port where nobody listens."""
        raise NotImplementedError("refused_settings")

    async def attach(self, adapter: Adapter) -> None:  # noqa: B027  # few need it
        """Told of each adapter before it is opened: a platform that speaks by HTTP requests
        gives them to ``adapter.handle_http`` from now on."""

    @abstractmethod
    def addresses(self) -> Mapping[str, str]:
        """Three agents at least, by name, with the addresses of their phones."""

    def outside(self) -> str:
        """An address out of the house, for transfers."""
        raise NotImplementedError("outside")

    def customer_address(self) -> str:
        """An address out of the house at which a customer is called back: `answer`, `busy`,
        `unreachable` and `ignore` take it as well as those of agents."""
        raise NotImplementedError("customer_address")

    # -- Customers ----------------------------------------------------------------------

    @abstractmethod
    async def place_call(self, *, caller: str = "+34600000001", dialled: str = "900100") -> str:
        """A customer comes: calls, or writes. Returns a handle for the methods below."""

    @abstractmethod
    async def hang_up(self, call: str) -> None:
        """The customer leaves; nothing when it is gone already. The handle of one who is called
        back is the contact's id."""

    async def answer_consent(self, call: str, *, agrees: bool) -> None:
        """The customer, who is asked whether the conversation may be recorded, says yes or no."""
        raise NotImplementedError("answer_consent")

    async def leave_queue(self, call: str, why: str) -> None:
        """The platform's own queue lets the customer go. ``why``: timeout or no_agents."""
        raise NotImplementedError("leave_queue")

    # -- Agents -------------------------------------------------------------------------

    async def answer(self, address: str) -> None:
        """The agent takes the call that rings."""
        raise NotImplementedError("answer")

    async def reject(self, address: str) -> None:
        """The agent rejects the call that rings."""
        raise NotImplementedError("reject")

    async def ignore(self, address: str) -> None:
        """From now on the phone rings and nobody answers, as at the start."""
        raise NotImplementedError("ignore")

    async def busy(self, address: str) -> None:
        """From now on the phone is busy."""
        raise NotImplementedError("busy")

    async def unreachable(self, address: str) -> None:
        """From now on the phone cannot be reached."""
        raise NotImplementedError("unreachable")

    async def hang_up_agent(self, address: str) -> None:
        """The agent hangs up."""
        raise NotImplementedError("hang_up_agent")

    async def set_device(self, address: str, device: str) -> None:
        """The agent's device changes. ``device``: a word of `ccroute.DEVICES`, available or
        in_use."""
        raise NotImplementedError("set_device")

    async def dial_code(self, address: str, wish: str) -> None:
        """The agent dials the code for a wish of `ccroute.adapters.AGENT_WISHES`."""
        raise NotImplementedError("dial_code")

    # -- The truth ----------------------------------------------------------------------

    @abstractmethod
    async def legs(self) -> Sequence[Leg]:
        """What the platform has now, by its own account and not by the adapter's."""

    async def treatment(self, call: str) -> str | None:
        """What a waiting customer gets, by its name; ``None``: whatever the platform gives."""
        raise NotImplementedError("treatment")

    @abstractmethod
    async def side_effects(self, instruction: Instruction) -> int:
        """How often the platform carried this instruction out."""

    @abstractmethod
    async def links(self) -> int:
        """How many connections, sessions or subscriptions of ours it has now."""

    @abstractmethod
    async def sign_ins(self) -> Sequence[float]:
        """When somebody tried to come in, by the test's clock, successful or not."""

    async def attempts(self, instruction: Instruction) -> Sequence[float]:
        """When it was asked to carry this instruction out, by the test's clock, refused or not."""
        raise NotImplementedError("attempts")

    # -- Accidents ----------------------------------------------------------------------

    async def drop_link(self) -> None:
        """Cuts the link and lets nobody in until `restore_link`; the calls go on."""
        raise NotImplementedError("drop_link")

    async def half_open(self) -> None:
        """The link looks well and carries no bytes; it is cut for good by `restore_link`, which
        lets a new one in."""
        raise NotImplementedError("half_open")

    async def restore_link(self) -> None:
        """All is well again, replies too; what was stalled is let go."""
        raise NotImplementedError("restore_link")

    async def stall_replies(self) -> None:
        """From now on instructions are carried out and not replied to, until `restore_link`."""
        raise NotImplementedError("stall_replies")

    async def restart_platform(self) -> None:
        """It restarts: every call is lost."""
        raise NotImplementedError("restart_platform")

    async def steal_session(self) -> None:
        """Somebody else takes our place on the platform."""
        raise NotImplementedError("steal_session")

    async def throttle(self, times: int, retry_after: float) -> None:
        """The next ``times`` instructions are refused as too many, to be tried again after so
        many seconds."""
        raise NotImplementedError("throttle")

    async def fail_creates(self, times: int) -> None:
        """The next ``times`` legs or messages are made, and an error is replied."""
        raise NotImplementedError("fail_creates")

    async def storm(self, events: int) -> None:
        """So many events at once, mostly about states; returns when all are sent."""
        raise NotImplementedError("storm")

    async def fragment(self, size: int) -> None:
        """From now on every message comes in pieces of ``size`` bytes."""
        raise NotImplementedError("fragment")

    async def inject_raw(self, data: bytes) -> None:
        """The adapter gets these bytes, as if the platform had sent them."""
        raise NotImplementedError("inject_raw")

    def malformed(self) -> Mapping[str, bytes]:
        """By name, bytes that no sound platform sends: not UTF-8, a megabyte without an end,
        a key twice, line ends inside, a body cut short, a wrong length."""
        raise NotImplementedError("malformed")

    async def unknown_event(self) -> None:
        """The platform says something well formed that this adapter has never heard of."""
        raise NotImplementedError("unknown_event")

    async def skew_clock(self, seconds: float) -> None:
        """Sets the platform's clock so far ahead of ours."""
        raise NotImplementedError("skew_clock")

    async def rename_contact(self, call: str) -> None:
        """The platform gives the customer's leg another id."""
        raise NotImplementedError("rename_contact")

    # -- Platforms that speak by HTTP requests -------------------------------------------

    async def hold_requests(self) -> None:
        """From now on requests are kept instead of given to the adapter."""
        raise NotImplementedError("hold_requests")

    def requests(self) -> Sequence[HttpRequest]:
        """All requests so far, as they were signed: given to the adapter or kept."""
        raise NotImplementedError("requests")

    def forge(self, request: HttpRequest, how: str) -> HttpRequest | None:
        """``request`` with a bad ``signature``, with another ``body`` under the same
        signature, or by a weaker ``algorithm``; ``None``: there is no such thing."""
        raise NotImplementedError("forge")
