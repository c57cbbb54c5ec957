"""`SimulatedAsterisk`: the simulated PBX on loopback ports, with its phones and its accidents."""

import asyncio
import functools
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Concatenate, ParamSpec, TypeVar

from ccroute._extras import of_extra
from ccroute.adapters import Time
from ccroute.testing.asterisk._ami import AmiDesk, AmiUser
from ccroute.testing.asterisk._ami_server import AmiServer
from ccroute.testing.asterisk._asgi import AriApp, EventSocket
from ccroute.testing.asterisk._dialling import Dialling
from ccroute.testing.asterisk._framed import takes_requests
from ccroute.testing.asterisk._media import Media
from ccroute.testing.asterisk._objects import Channel, Json, Phone, Request
from ccroute.testing.asterisk._requests import Faults
from ccroute.testing.asterisk._rest import Pbx, Rest, System
from ccroute.testing.asterisk._rest_bridges import BRIDGES
from ccroute.testing.asterisk._rest_channels import CHANNELS
from ccroute.testing.asterisk._rest_system import MODULES, SYSTEM
from ccroute.testing.asterisk._switch import Switch
from ccroute.testing.asterisk._wire import Wire

Given = ParamSpec("Given")
Result = TypeVar("Result")

WEBSOCKET = b"GET /ari/events"
"""How the event WebSocket's first bytes begin."""
VERSION = "22.10.1"


def _acting(
    method: "Callable[Concatenate[SimulatedAsterisk, Given], Result]",
) -> "Callable[Concatenate[SimulatedAsterisk, Given], Result]":
    """Before it, all that was due happens; after it, what follows is seen to."""

    @functools.wraps(method)
    def acts(self: "SimulatedAsterisk", *args: Given.args, **given: Given.kwargs) -> Result:
        self.advance()
        result = method(self, *args, **given)
        self.happen()
        return result

    return acts  # type: ignore[return-value]  # `self` is positional in both


class SimulatedAsterisk:
    """An Asterisk 22 that is none, on loopback ports; deterministic under `ManualTime`.

    It speaks ARI at `url` (REST, and a WebSocket for events and, while `takes_requests`, for
    requests), and AMI at `ami_port`, with app_queue behind it. What it answers and tells, and in
    which order, was measured on a real one, with which ``tests/pbx`` compares it. Phones are given
    as addresses (``PJSIP/101``) and do what they are told.

    Args:
        time: When things happen.
        phones: Addresses of phones that are registered.
        users: Passwords by user, for ARI and AMI.
        app: The application to which the dialplan sends callers.
        arguments: What ``Stasis()`` gives it, before the number dialled.
        version: The release it pretends to be.
    """

    def __init__(
        self,
        time: Time,
        *,
        phones: Iterable[str] = ("PJSIP/101", "PJSIP/102", "PJSIP/103"),
        users: Mapping[str, str] | None = None,
        app: str = "ccroute",
        arguments: Sequence[str] = (),
        version: str = VERSION,
    ) -> None:
        self.time = time
        self.switch = Switch([Phone(it) for it in phones], version)
        self.dialling = Dialling(self.switch, app, arguments)
        self.media = Media(self.switch)
        known = dict(users or {"ccroute": "swordfish"})
        self.system = System(users=known, modules=set(MODULES))
        self.ami = AmiDesk(self.switch, self.signed_in)
        self.ami.users = {name: AmiUser(secret=secret) for name, secret in known.items()}
        self.ami.modules = self.system.modules
        self.ami.dialplan = self.dialling.steps
        self.switch.witnesses.append(self.ami)
        self.queues = self.ami.queues
        pbx = Pbx(switch=self.switch, dialling=self.dialling, media=self.media, system=self.system)
        self.rest = Rest(pbx, (*CHANNELS, *BRIDGES, *SYSTEM))
        self.faults = Faults()
        self.requests: list[Request] = []
        self.sign_ins: list[float] = []
        self.sockets: set[EventSocket] = set()
        self.ari_enabled = True
        self.takes_requests = takes_requests(version)
        self.stopping = False
        self.wire = Wire(0, self.signed_in)
        self.ami_wire = Wire(0, self.signed_in)
        self._ami_server = AmiServer(self.ami, self.advance, self.happen)
        self._server: Any = None
        self._listening: socket.socket | None = None
        self._timer: asyncio.Task[None] | None = None
        self._changes: list[asyncio.Future[None]] = []

    # -- Coming and going ---------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where ARI is, as ``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self.wire.port}"

    @property
    def ami_port(self) -> int:
        """Where AMI is, on 127.0.0.1."""
        return self.ami_wire.port

    async def start(self) -> None:
        """Listens on free ports of the loopback.

        Raises:
            ConfigError: a package of the extra ``testing`` is missing.
        """
        uvicorn: Any = of_extra("uvicorn", extra="testing", purpose="SimulatedAsterisk")
        of_extra("websockets", extra="testing", purpose="SimulatedAsterisk")
        self.advance()
        # With its protocol named, or asyncio leaves Nagle's delays on.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.bind(("127.0.0.1", 0))
        listening.listen(256)
        self._listening = listening
        config = uvicorn.Config(
            AriApp(self), log_config=None, access_log=False, lifespan="off", http="h11",
            server_header=False, ws="websockets-sansio", ws_ping_interval=None,
            timeout_keep_alive=3600, ws_per_message_deflate=False,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._server.capture_signals = nullcontext  # a test's signals are its own
        config.load()
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup(sockets=[self._listening])
        self.wire.target = listening.getsockname()[1]
        await self.wire.start()
        await self._ami_server.start()
        self.ami_wire.target = self._ami_server.port
        await self.ami_wire.start()

    async def stop(self) -> None:
        """Cuts everything, and leaves no task behind."""
        if self._timer is not None:
            self._timer.cancel()
            await asyncio.gather(self._timer, return_exceptions=True)
            self._timer = None
        self.stopping, self.faults = True, Faults()
        self._wake()
        await self.wire.stop()
        await self.ami_wire.stop()
        await self._ami_server.stop()
        if self._server is not None:
            await self._server.shutdown(sockets=[self._listening])
            self._server = None

    # -- Time ---------------------------------------------------------------------------

    def advance(self) -> None:
        """Lets everything happen that is due."""
        self.switch.advance(self.time.now())

    def happen(self) -> None:
        """Wakes whoever waits for a change, and itself when the next thing is due."""
        self.advance()
        self._wake()
        due = self.switch.next_deadline()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else asyncio.ensure_future(self._until(due))

    def _wake(self) -> None:
        waiting, self._changes = self._changes, []
        for it in waiting:
            if not it.done():
                it.set_result(None)

    async def _until(self, due: float) -> None:
        await self.time.sleep_until(due)
        self._timer = None
        self.happen()

    async def changed(self) -> None:
        """Returns when something has happened."""
        change = asyncio.get_running_loop().create_future()
        self._changes.append(change)
        await change

    async def sleep(self, seconds: float) -> None:
        """Returns in so many seconds."""
        await self.time.sleep_until(self.time.now() + seconds)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Does it in so many seconds."""
        self.switch.later(seconds, action)

    def signed_in(self) -> None:
        """Somebody tried to come in."""
        self.sign_ins.append(self.time.now())

    # -- Customers ----------------------------------------------------------------------

    @_acting
    def call(
        self,
        *,
        caller: str = "+34600000001",
        dialled: str = "900100",
        channel: str | None = None,
        name: str = "",
        answered: bool = False,
        variables: Mapping[str, str] | None = None,
        args: Sequence[str] | None = None,
        place: str = "PJSIP/carrier",
    ) -> str:
        """A customer calls; returns the id of the channel. ``answered``: by the dialplan, before
        ``Stasis()``; ``args``: what ``Stasis()`` is given instead of the usual; ``place``: where
        the call comes from, the beginning of the channel's name."""
        made = self.dialling.call_in(
            caller, dialled, name=name, channel=channel, answered=answered,
            variables=variables, args=args, place=place,
        )  # fmt: skip
        return made.id

    @_acting
    def call_queue(
        self, queue: str, *, caller: str = "+34600000001", patience: float | None = None
    ) -> str:
        """A customer calls, and the dialplan runs ``Queue()``; returns the id of the channel.
        ``patience``: seconds after which the queue lets the caller go."""
        made = self.switch.make(
            "PJSIP/carrier", state="Up", caller=("", caller), dialplan=("queues", queue, 1)
        )
        self.queues.join(made, queue, patience)
        return made.id

    @_acting
    def leave_queue(self, channel: str, why: str) -> None:
        """The queue lets a caller go. ``why``: timeout, no_agents, key or withdrawn."""
        visit = self.queues.visit_of(channel)
        if visit is not None:
            self.queues.exit(visit, why)

    @_acting
    def hang_up(self, channel: str) -> None:
        """The far end of a channel hangs up; nothing when it is gone."""
        found = self.switch.channels.get(channel)
        if found is not None:
            self.dialling.far_end_leaves(found)

    @_acting
    def rename(self, channel: str) -> str:
        """Another channel takes the place of this one; returns its id."""
        return self.dialling.rename(self.switch.channels[channel]).id

    @_acting
    def press(self, channel: str, keys: str) -> None:
        """The far end presses keys."""
        found = self.switch.channels[channel]
        for key in keys:
            self.switch.say("ChannelDtmfReceived", found, digit=key, duration_ms=100)

    # -- Phones -------------------------------------------------------------------------

    @_acting
    def set_phone(
        self,
        address: str,
        mood: str = "ring",
        *,
        after: float = 1.0,
        talks: float | None = None,
        in_use: bool | None = None,
    ) -> None:
        """What a phone does from now on: see `Phone`. One that is new is registered."""
        phone = self.switch.phones.setdefault(address, Phone(address))
        phone.mood, phone.after, phone.talks = mood, after, talks
        if in_use is not None:
            phone.in_use = in_use
        self.switch.look_at(address)

    @_acting
    def answer(self, address: str) -> None:
        """The phone that rings is picked up; nothing when it does not ring."""
        for channel in self.at(address, "Ringing"):
            if self.queues.rings(channel):
                self.queues.answer(channel)
            else:
                self.dialling.answer(channel)

    @_acting
    def reject(self, address: str) -> None:
        """The call that rings is rejected."""
        for channel in self.at(address, "Ringing"):
            if self.queues.rings(channel):
                self.queues.fail(channel, 21)
            else:
                self.dialling.fail(channel, 21)

    @_acting
    def hang_up_phone(self, address: str) -> None:
        """Whoever talks at a phone hangs up."""
        for channel in self.at(address, "Up"):
            self.dialling.far_end_leaves(channel)

    def at(self, address: str, *states: str) -> list[Channel]:
        """The channels to a phone, in the states named or in any."""
        return [
            it
            for it in self.switch.channels.values()
            if it.address == address and (not states or it.state in states)
        ]

    @_acting
    def set_device(self, device: str, state: str) -> None:
        """A device of the dialplan's (``Custom:lamp1``) has a state, in Asterisk's words."""
        self.switch.set_device(device, state)

    @_acting
    def call_from(self, address: str, *args: str) -> str:
        """Somebody at a phone dials a number whose dialplan runs ``Stasis()`` with ``args``, such
        as a code; returns the id of the channel."""
        phone = self.switch.phones[address]
        made = self.dialling.call_in(
            phone.resource, "code", answered=True, args=args, place=address
        )
        return made.id

    # -- Accidents ----------------------------------------------------------------------

    def lose_websockets(self) -> None:
        """The event WebSockets are cut; whoever tries again comes in."""
        self.wire.cut(WEBSOCKET)

    @_acting
    def restart(self) -> None:
        """It restarts: every call is gone, and every connection cut."""
        self.switch.restart()
        self.media.forget()
        self.queues.forget()
        self.wire.cut()
        self.ami_wire.cut()

    @_acting
    def steal(self, app: str) -> None:
        """Another program takes an application over."""
        self.switch.listen(app, EventSocket(self))

    @_acting
    def make_ghost(self, bridge: str) -> None:
        """A bridge is there and is not, as after an overrun: it cannot be made, and not used."""
        self.switch.bridges[bridge].ghost = True

    @_acting
    def say(self, kind: str, /, **fields: Json) -> None:
        """Every application that is listened for hears an event of this kind, filter or not."""
        for app in self.switch.apps.by_name.values():
            if app.listener is not None:
                app.listener.send({"type": kind, "application": app.name, **fields})
