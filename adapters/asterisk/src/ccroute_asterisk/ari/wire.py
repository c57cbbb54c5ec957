"""The only sockets of one link, until it ends: a WebSocket for events and requests, and HTTP.

A link ends once, for one reason; what waits for a reply then never gets one.
"""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
from websockets.exceptions import InvalidStatus, WebSocketException

from ccroute import ConfigError, LinkError
from ccroute.adapters import Secret, Time, within
from ccroute_asterisk.ari.codec import Reply, Request
from ccroute_asterisk.ari.deadlines import Deadlines
from ccroute_asterisk.ari.messages import Heard, RestResponse
from ccroute_asterisk.ari.over_http import NotSent, OverHttp
from ccroute_asterisk.ari.over_websocket import OverWebSocket
from ccroute_asterisk.ari.pace import Promptness, Slots
from ccroute_asterisk.ari.settings import AriSettings
from ccroute_asterisk.ari.shown import Shown
from ccroute_asterisk.ari.trust import trust_of
from ccroute_asterisk.ari.websocket import WebSocket

UPGRADES = "a proxy in between, if any, must let WebSockets through"
PATIENCE = 10.0
"""Seconds that connecting and each question at the beginning may take."""


class Wire:
    """One link, from its first byte to its end.

    ``framed``: requests go over the WebSocket too, once it is open, but for those that are too long
    or would have to wait there.
    """

    def __init__(self, name: str, settings: AriSettings, time: Time) -> None:
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.final = False
        self.framed = False
        self._began = time.now()
        self._name = name
        self._settings = settings
        self._time = time
        self._trust = trust_of(name, settings)
        self._ari = f"{settings.url.rstrip('/')}/ari"
        auth = httpx.BasicAuth(settings.user, settings.password.reveal())
        signed = next(auth.auth_flow(httpx.Request("GET", settings.url)))
        self._signed = Secret(signed.headers["Authorization"])
        self.shown = Shown(settings.password, self._signed)
        self._http = OverHttp(settings, self._trust, self._signed, repr(self))
        self._slots = Slots(settings.in_flight)
        self._promptness = Promptness()
        self._deadlines = Deadlines(time)
        self._socket: WebSocket | None = None
        self._frames: OverWebSocket | None = None
        self.pending = 0

    def __repr__(self) -> str:
        return f"<link {self._name!r} to Asterisk at {self._settings.url}>"

    @property
    def last_heard(self) -> float:
        """When the last bytes came over the WebSocket, for only there is told what happens."""
        return self._began if self._socket is None else self._socket.last_heard

    # -- Requests -----------------------------------------------------------------------

    async def ask(
        self, request: Request, deadline: float, *, rank: int = 0, name: str | None = None
    ) -> Reply:
        """A request's reply. ``rank``: the lower goes first when there are many; ``name``: of
        the instruction on whose behalf it is made, for who reads along.

        Raises:
            TimeoutError: none came until ``deadline``.
            NotSent: the request was not sent.
            LinkError: the link ended before.
        """
        self.pending += 1
        turn = self._slots.take(rank)
        try:
            if not turn.done():
                await self._its_turn(turn, deadline)
            if self.ended.done():
                raise NotSent(self.ended.result())
            if self._socket is not None and self._socket.is_closing():
                raise NotSent("the WebSocket is closed")
            frames = self._frames
            if self.framed and frames is not None and frames.has_room():
                framed = frames.framed(request, name)
                if framed is not None:
                    return self.shown.reply(await self._timed(frames.ask(*framed, deadline)))
            asking = self._by_http(request, name, deadline)
            # However long a list takes, that says nothing of the others.
            reply = await (asking if request.lists else self._timed(asking))
            return self.shown.reply(reply)
        finally:
            self._slots.give_back(turn)
            self.pending -= 1

    async def _timed(self, asking: Awaitable[Reply]) -> Reply:
        asked = self._time.now()
        self._promptness.asked(asked)
        reply = None
        try:
            reply = await asking
        finally:
            self._promptness.replied(asked, self._time.now(), said=reply is not None)
        return reply

    def is_slow(self) -> bool:
        """Whether replies come so late that nothing should be begun that can wait."""
        return self._promptness.is_slow(self._time.now())

    async def _its_turn(self, turn: "asyncio.Future[None]", deadline: float) -> None:
        """Waits for a slot, and gives up while there is still time to say so."""
        now = self._time.now()
        try:
            await self._deadlines.wait(turn, now + 0.8 * (deadline - now))
        except TimeoutError:
            raise NotSent("too many requests before it") from None
        except LinkError as error:
            raise NotSent(str(error)) from None

    async def _by_http(self, request: Request, name: str | None, deadline: float) -> Reply:
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        work = asyncio.ensure_future(self._http.ask(request, name))
        work.add_done_callback(lambda work: _hand_over(work, reply))
        try:
            return await self._deadlines.wait(reply, deadline)
        finally:
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    def replied(self, event: RestResponse) -> None:
        """A reply came over the WebSocket, if late: it is not in vain to ask there."""
        if self._frames is not None and self._frames.replied(event):
            self.framed = True

    # -- Events -------------------------------------------------------------------------

    async def listen(self, hear: Callable[[Heard], None]) -> None:
        """Opens the WebSocket, by which the application is ours; gives each message to ``hear``.

        Raises:
            ConfigError: Asterisk lets nobody in with this user and password.
            LinkError: it does not work now.
        """
        settings = self._settings
        address = f"ws{self._ari.removeprefix('http')}/events?app={settings.app}"
        socket = WebSocket(address, self._signed, self._time, hear)
        try:
            await within(self._time, self._time.now() + PATIENCE, socket.open(self._trust))
        except InvalidStatus as error:
            status = error.response.status_code
            raise refusal(self._name, settings, status, "events") from None
        except TimeoutError:
            told = f"no WebSocket: no answer in {PATIENCE:g} s, though requests have one"
            raise LinkError(f"{self!r}: {told}: {UPGRADES}") from None
        except (OSError, WebSocketException) as error:
            told = self.shown(f"no WebSocket: {type(error).__name__}: {error}")
            raise LinkError(f"{self!r}: {told}") from None
        except BaseException:
            socket.abort()  # it may have come about in this very moment
            raise
        self._socket = socket
        self._frames = OverWebSocket(socket, self._deadlines, self._time)
        # Whatever happens: a link that nobody reads must not look well.
        socket.closed.add_done_callback(lambda closed: self.end(closed.result()))
        if self.ended.done():
            socket.abort()

    def ping(self) -> None:
        """Asks whether somebody is there; the answer is noted when it comes."""
        if self._socket is not None:
            self._socket.ping()

    # -- The end ------------------------------------------------------------------------

    def end(self, reason: str, *, final: bool = False) -> None:
        """Cuts the link. ``final``: it must not be made anew."""
        if not self.ended.done():
            self.final = final
            reason = self.shown(reason)
            self.ended.set_result(reason)
            self._deadlines.fail(reason)
            if self._socket is not None:
                self._socket.abort()

    async def close(self) -> None:
        """Leaves no socket and no task behind."""
        self.end("closed")
        await self._http.close()
        if self._socket is not None:
            await asyncio.wait((self._socket.closed,))


def _hand_over(work: "asyncio.Future[Reply]", reply: "asyncio.Future[Reply]") -> None:
    """What became of the work is what was waited for; nobody's, when that is over."""
    error = None if work.cancelled() else work.exception()
    if reply.done() or work.cancelled():
        return
    if error is None:
        reply.set_result(work.result())
    else:
        reply.set_exception(error)


def refusal(name: str, settings: AriSettings, status: int, what: str) -> LinkError | ConfigError:
    """Why Asterisk does not let us in, and what is to be done about it."""
    told = f"links.{name}: Asterisk at {settings.url} "
    match status:
        case 401:
            return ConfigError(
                f"{told}refuses user {settings.user!r} or its password: give those of a section "
                "with `type = user` in ari.conf"
            )
        case 403:
            return ConfigError(
                f"{told}does not let user {settings.user!r} change anything ({what}): set "
                "`read_only = no` in its section of ari.conf"
            )
        case 404:
            return ConfigError(
                f"{told}has no ARI there: set `enabled = yes` in ari.conf and http.conf, load "
                "res_ari and res_stasis, and give the `prefix` of http.conf, if any, in `url`"
            )
        case _ if what == "events":
            return LinkError(f"{told}answered events with {status}: {UPGRADES}")
        case _:
            return LinkError(f"{told}answered {what} with {status}")
