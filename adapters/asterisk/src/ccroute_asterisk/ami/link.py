"""The one socket: an AMI connection on asyncio, from the greeting to its end."""

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

import attrs

from ccroute import ConfigError, LinkError
from ccroute.adapters import Secret, Time, within
from ccroute_asterisk.ami.codec import Packet
from ccroute_asterisk.ami.messages import banner_complaint, challenge_key
from ccroute_asterisk.ami.session import UNKNOWN, AmiSession, Reply, Settled

_CHUNK = 1 << 18


@attrs.frozen(kw_only=True)
class AmiLogin:
    """Where an Asterisk's manager is and who signs in there.

    ``ca``: a file of certificates to be trusted, where ``tls`` is on and the system's own are
    not to be; ``patience``: seconds until an answer is given up.
    """

    host: str
    port: int
    user: str
    secret: Secret
    tls: bool = False
    ca: str = ""
    patience: float = 10.0


Hear: TypeAlias = Callable[[Packet], None]


class AmiLink:
    """A signed-in connection. Made by `connect`; it never comes back by itself.

    ``hear`` gets each event at once; until somebody sets it they are kept in ``early``.
    ``ended``: set when the connection is gone, with ``reason`` for people.
    """

    def __init__(self, login: AmiLogin, session: AmiSession, time: Time) -> None:
        self._login, self._session, self._time = login, session, time
        self._waiting: dict[str, asyncio.Future[Reply]] = {}
        self._reader: asyncio.Task[None] | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.early: list[Packet] = []
        self.hear: Hear = self.early.append
        self.ended = asyncio.Event()
        self.reason = ""
        self.heard_at = time.now()
        """When bytes came last, by our clock."""
        self.offset = 0.0
        """Seconds that Asterisk's clock is ahead of ours, by the last ping that told."""
        self.lag: float | None = None
        """Seconds that an answer took, by the last ping."""

    @property
    def counters(self) -> Counter[str]:
        """Those of the codec and the session."""
        return self._session.counters

    @property
    def pending(self) -> int:
        """How many actions wait for their answer."""
        return self._session.pending

    def now(self) -> float:
        """The time by Asterisk's clock."""
        return self._time.now() + self.offset

    async def ask(
        self, name: str, fields: Mapping[str, str] | None = None, *, listing: bool = False
    ) -> Reply:
        """Asks, and waits until it is answered, given up or the connection gone: the verdict
        of the last two is unknown.

        Raises:
            ConfigError: a header holds a line end.
        """
        if self.ended.is_set() or self._streams is None:
            return UNKNOWN
        action_id, data = self._session.ask(name, fields, listing=listing)
        future = asyncio.get_running_loop().create_future()
        self._waiting[action_id] = future
        try:
            self._streams[1].write(data)
            late = self._time.now() + self._login.patience
            return await within(self._time, late, future)
        except TimeoutError:
            return UNKNOWN
        except OSError as error:
            self.end(str(error))
            return UNKNOWN
        finally:
            self._session.give_up(action_id)
            self._waiting.pop(action_id, None)

    async def ping(self) -> bool:
        """Whether Asterisk answers; its clock is compared with ours."""
        asked = self._time.now()
        reply = await self.ask("Ping")
        if not reply.done:
            return False
        now = self._time.now()
        self.lag = now - asked
        with contextlib.suppress(KeyError, ValueError):
            self.offset = float(reply.fields["Timestamp"]) - (asked + now) / 2
        return True

    async def close(self, reason: str = "closed") -> None:
        """Ends it; nothing is left behind."""
        self.end(reason)
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._streams is not None:
            self._streams[1].close()
            with contextlib.suppress(OSError, ssl.SSLError):
                await self._streams[1].wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while data := await reader.read(_CHUNK):
                self.heard_at = self._time.now()
                self._told(data)
            self.end("Asterisk closed the connection")
        except OSError as error:
            self.end(str(error))
        finally:
            # However reading ends, nobody must take a deaf link for a quiet one.
            self.end("reading came to an end")

    def _told(self, data: bytes) -> None:
        for told in self._session.receive_data(data):
            if isinstance(told, Settled):
                self._settle(told)
            else:
                self.hear(told)

    def _settle(self, settled: Settled) -> None:
        future = self._waiting.get(settled.action_id)
        if future is not None and not future.done():
            future.set_result(settled.reply)

    def end(self, reason: str) -> None:
        """Takes the connection for gone; `close` tidies up."""
        if self.ended.is_set():
            return
        self.reason = self._login.secret.hide_in(reason)
        self.ended.set()
        for settled in self._session.lost():
            self._settle(settled)

    # Coming in ---------------------------------------------------------------------------

    async def open(self) -> None:
        """Connects and signs in.

        Raises:
            ConfigError: it can never work so; the message names the remedy.
            LinkError: it does not work now.
        """
        login = self._login
        place = f"{login.host}:{login.port}"
        late = self._time.now() + login.patience
        try:
            connecting = asyncio.open_connection(login.host, login.port, ssl=_tls(login))
            self._streams = await within(self._time, late, connecting)
        except TimeoutError:
            raise LinkError(f"no AMI at {place}: it does not answer") from None
        except ssl.SSLError as error:
            raise ConfigError(
                f"AMI at {place}: no TLS ({error.reason}): give the port of `tlsbindaddr`, and "
                "its certificate as `ca`"
            ) from error
        except OSError as error:
            raise LinkError(f"no AMI at {place}: {error.strerror or error}") from error
        await self._greeted(self._streams[0], place, late)
        self._reader = asyncio.ensure_future(self._read(self._streams[0]))
        await self._sign_in(place)

    async def _greeted(self, reader: asyncio.StreamReader, place: str, late: float) -> None:
        try:
            while self._session.decoder.banner is None:
                data = await within(self._time, late, reader.read(_CHUNK))
                if not data:
                    raise LinkError(f"AMI at {place}: closed before it greeted: see `permit`")
                self._told(data)
        except TimeoutError:
            raise LinkError(f"AMI at {place}: no greeting; give its port, and `tls`") from None
        except OSError as error:
            raise LinkError(f"AMI at {place}: {error}") from error
        complaint = banner_complaint(self._session.decoder.banner)
        if complaint is not None:
            raise ConfigError(f"AMI at {place}: {complaint}")

    async def _sign_in(self, place: str) -> None:
        challenge = await self.ask("Challenge", {"AuthType": "MD5"})
        if challenge.done:
            key = challenge_key(challenge.fields.get("Challenge", ""), self._login.secret.reveal())
            proof = {"AuthType": "MD5", "Username": self._login.user, "Key": key}
            reply = await self.ask("Login", proof)
            if reply.done:
                return
            challenge = reply
        if challenge is UNKNOWN:
            raise LinkError(f"AMI at {place}: {self.reason or 'no answer to our sign-in'}")
        raise ConfigError(
            f"AMI at {place} does not let {self._login.user!r} in "
            f"({challenge.message or 'refused'}): check user, secret and `permit` in manager.conf"
        )


def _tls(login: AmiLogin) -> ssl.SSLContext | None:
    if not login.tls:
        return None
    try:
        return ssl.create_default_context(cafile=login.ca or None)
    except OSError as error:
        raise ConfigError(f"ca {login.ca!r} cannot be read: {error}") from error


async def connect(
    login: AmiLogin,
    time: Time,
    *,
    prefix: str,
    wanted: Mapping[str, str],
    ignored: Collection[str] = (),
) -> AmiLink:
    """A connection that is signed in.

    Raises:
        ConfigError: it can never work so; the message names the remedy.
        LinkError: it does not work now.
    """
    link = AmiLink(login, AmiSession(prefix, wanted, ignored), time)
    try:
        await link.open()
    except BaseException:
        await link.close()
        raise
    return link
