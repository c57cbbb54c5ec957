"""Who calls whom: customers who come, legs that are made and dialled, phones that answer or not."""

from collections.abc import Mapping, Sequence

from ccroute.testing.asterisk._objects import Channel, Json, Phone
from ccroute.testing.asterisk._switch import STASIS_AFTER, Switch

RINGS_AFTER = 0.05
"""Seconds from dialling to ringing."""
BUSY_AFTER = 0.2
"""Seconds from dialling to a busy tone."""
_STATUS = {17: "BUSY", 34: "CONGESTION"}


class Refused(Exception):
    """A REST request that Asterisk refuses. ``status``: of HTTP; ``message``: in its words, which
    stand under ``key``."""

    def __init__(self, status: int, message: str, key: str = "message") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.key = key


TAKEN = "Channel with given unique ID already exists"


class Dialling:
    """Makes legs and has them dialled.

    ``app``: where a customer who comes is sent by the dialplan, with the arguments ``arguments``
    and the number dialled after them. ``fallback``: what the dialplan does with a customer whom the
    application does not take: ``queue`` (keeps it), ``retry`` (comes back every ``retry_every``
    seconds) or ``hangup``. ``rings_first``: phones ring before it is told that they were dialled,
    as now and then on a real one. ``extensions``: where ``continue`` can lead, as ``exten`` or
    ``exten@context``; ``None``: everywhere.
    """

    def __init__(self, switch: Switch, app: str, arguments: Sequence[str]) -> None:
        self.switch = switch
        self.app = app
        self.arguments = tuple(arguments)
        self._refused_twice = False
        self.fallback = "queue"
        self.retry_every = 0.5
        self.rings_first = False
        self.extensions: frozenset[str] | None = None

    # -- Customers ----------------------------------------------------------------------

    def call_in(
        self,
        caller: str,
        dialled: str,
        *,
        name: str = "",
        channel: str | None = None,
        answered: bool = False,
        variables: Mapping[str, str] | None = None,
        args: Sequence[str] | None = None,
        place: str = "PJSIP/carrier",
    ) -> Channel:
        """A customer calls, and the dialplan runs ``Stasis()``. ``answered``: it had
        answered before; ``place``: where the call comes from."""
        made = self.switch.make(
            place, channel, state="Up" if answered else "Ring", caller=(name, caller),
            dialplan=("from-carrier", dialled, 2), variables=dict(variables or {}),
        )  # fmt: skip
        made.args = [*self.arguments, dialled] if args is None else list(args)
        self.into_stasis(made)
        return made

    def into_stasis(self, channel: Channel) -> None:
        """The dialplan runs ``Stasis()``, and what stands behind it when that is refused."""
        if channel.ended or self.switch.enter_stasis(channel, self.app, channel.args):
            return
        channel.variables["STASISSTATUS"] = "FAILED"
        channel.doing = "Queue", "fallback"
        if self.fallback == "retry":
            channel.doing = "MusicOnHold", "default"
            self.switch.later(self.retry_every, lambda: self.into_stasis(channel))
        elif self.fallback == "hangup":
            self.switch.later(STASIS_AFTER, lambda: self.switch.hang_up(channel, 16, asked=True))

    def steps(self) -> list[tuple[str, str]]:
        """What the dialplan does with a caller: applications, and what they are given."""
        behind = {
            "queue": [("Queue", "fallback")],
            "retry": [("MusicOnHold", f"default,{self.retry_every:g}"), ("Goto", "1")],
        }
        data = ",".join([self.app, *self.arguments, "${EXTEN}"])
        return [("Stasis", data), *behind.get(self.fallback, []), ("Hangup", "")]

    def go_on(self, channel: Channel, context: str, exten: str) -> None:
        """The channel goes back to the dialplan, at ``exten``."""
        self.switch.leave_stasis(channel)
        there = f"{exten}@{context}"
        known = self.extensions
        if exten and (known is None or known & {exten, there}):
            channel.kind = "outside"
            channel.waiting_for = exten
            channel.dialplan = context, exten, 1
            channel.doing = "Dial", exten
        else:
            self.switch.destroy(channel, 16)

    def rename(self, channel: Channel) -> Channel:
        """Another channel takes the place of this one, as after a transfer by phones."""
        switch = self.switch
        place = channel.name.rpartition("-")[0]
        made = switch.make(
            place, kind=channel.kind, state=channel.state, caller=channel.caller,
            phone=channel.phone, dialplan=channel.dialplan, doing=channel.doing,
            variables=dict(channel.variables), dialled=channel.dialled,
        )  # fmt: skip
        made.watchers = list(channel.watchers)
        app, bridge = channel.app, channel.bridge
        if app is not None:
            made.app = app
            switch.apps.by_name[app].channels[made.id] = 1
            switch.say("StasisStart", made, args=[], replace_channel=channel.shown())
        switch.leave_bridge(channel)
        if bridge is not None:
            switch.enter_bridge(made, bridge)
        switch.destroy(channel, 16)
        return made

    # -- Legs ---------------------------------------------------------------------------

    def make(
        self,
        endpoint: str,
        *,
        app: str,
        args: Sequence[str] = (),
        channel: str | None = None,
        originator: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Channel:
        """A leg in the application that is not dialled yet.

        Raises:
            Refused: the id is taken, or there is no such phone.
        """
        phone = self._phone(endpoint)
        if channel is not None:
            self.must_be_free(channel)
        kind = "outside" if phone.address not in self.switch.phones else "agent"
        name = f"{phone.technology}/{phone.resource.rpartition('@')[2]}"
        made = self.switch.make(
            name, channel, kind=kind, phone=phone, dialplan=("from-agent", phone.resource, 1),
            variables=_inherited(variables),
        )  # fmt: skip
        made.watchers = [app] if app else []
        maker = self.switch.channels.get(originator or "")
        if maker is not None and app and app not in maker.watchers:
            maker.watchers.append(app)
        if app:
            self.switch.later(STASIS_AFTER, lambda: self.switch.enter_stasis(made, app, args))
        return made

    def must_be_free(self, channel: str) -> None:
        """Refuses an id that is taken. From then on a phone that cannot be reached is refused in
        the same words, however free the id: Asterisk looks at an error that it had before.

        Raises:
            Refused: it is taken.
        """
        if channel in self.switch.channels:
            self._refused_twice = True
            raise Refused(409, TAKEN)

    def _phone(self, endpoint: str) -> Phone:
        technology, slash, resource = endpoint.partition("/")
        if not slash or not technology or not resource:
            raise Refused(400, "Invalid endpoint specified")
        address = endpoint.removesuffix("/n") if technology == "Local" else endpoint
        phone = self.switch.phones.get(address)
        if phone is None and "@" in resource and technology == "PJSIP":
            # Over a trunk: whoever is behind it answers at once.
            return Phone(address, mood="answer", after=0.5)
        if phone is None and technology == "Local":
            return Phone(address, mood="nowhere")
        if phone is None or phone.mood == "unreachable":
            raise Refused(409, TAKEN) if self._refused_twice else _no_channel()
        return phone

    def dial(self, channel: Channel, seconds: int, string: str) -> None:
        """Dials a leg, for so many whole seconds; 0: without end."""
        channel.dialled = True
        assert channel.phone is not None, f"{channel.id} has no far end"
        if channel.phone.mood == "nowhere":
            cause = 0 if channel.originated else 16
            self.switch.later(STASIS_AFTER, lambda: self.switch.destroy(channel, cause))
            return
        phone = channel.phone
        if self.rings_first and phone.mood in {"ring", "answer", "reject"}:
            self.switch.set_state(channel, "Ringing")
        self.say_dial(channel, "", string)
        others = [it for it in self.switch.channels.values() if it.phone is phone]
        busy = phone.in_use or any(it.dialled and it is not channel for it in others)
        later = self.switch.later
        if phone.mood == "congestion":
            later(STASIS_AFTER, lambda: self.fail(channel, 34))
        elif phone.mood == "busy" or busy:
            later(BUSY_AFTER, lambda: self.fail(channel, 17))
        else:
            later(RINGS_AFTER, lambda: self.ring(channel))
            if phone.mood == "answer":
                later(RINGS_AFTER + phone.after, lambda: self.answer(channel))
            elif phone.mood == "reject":
                later(RINGS_AFTER + phone.after, lambda: self.fail(channel, 21))
        if seconds > 0:
            later(seconds, lambda: self.time_out(channel))

    def say_dial(self, channel: Channel, status: str, string: str = "") -> None:
        """Tells how dialling does; who made the leg with originate hears the string each time."""
        told = string if channel.originated or not status else ""
        if channel.originated and not told:
            told = channel.variables.get("DIALSTRING", "")
        self.switch.say("Dial", channel, key="peer", dialstatus=status, forward="", dialstring=told)

    def ring(self, channel: Channel) -> None:
        """The phone rings."""
        if not channel.ended and channel.state in {"Down", "Ringing"}:
            self.switch.set_state(channel, "Ringing")
            self.say_dial(channel, "RINGING")

    def answer(self, channel: Channel) -> None:
        """The phone is picked up; a leg that was originated comes into its application now."""
        if channel.ended or channel.state == "Up":
            return
        self.switch.set_state(channel, "Up")
        self.say_dial(channel, "ANSWER")
        if channel.originated:
            app = channel.watchers[0] if channel.watchers else ""
            if not self.switch.enter_stasis(channel, app, channel.args):
                self.switch.destroy(channel, 16)
        phone = channel.phone
        if phone is not None and phone.talks is not None:
            self.switch.later(phone.talks, lambda: self.far_end_leaves(channel))

    def far_end_leaves(self, channel: Channel) -> None:
        """Whoever is at the phone hangs up."""
        if not channel.ended:
            self.switch.hang_up(channel, 16)

    def fail(self, channel: Channel, cause: int) -> None:
        """The phone does not take the call: busy, rejected, not reached."""
        if channel.ended or channel.state == "Up":
            return
        self.switch.say_hangup(channel, cause, soft=False)
        self._say_failed(channel, cause)
        self.switch.destroy(channel, cause)

    def time_out(self, channel: Channel) -> None:
        """Nobody answered in time."""
        if channel.ended or channel.state == "Up":
            return
        if not channel.originated:
            self.switch.say_hangup(channel, 32, soft=True)
        self.switch.destroy(channel, 19)

    def drop(self, channel: Channel, cause: int) -> None:
        """Asked for by us: the leg goes, in whatever state it is."""
        self.switch.say_hangup(channel, 32, soft=True)
        self._say_failed(channel, cause)
        self.switch.destroy(channel, cause)

    def _say_failed(self, channel: Channel, cause: int) -> None:
        if channel.originated and channel.state != "Up":
            self.say_dial(channel, _STATUS.get(cause, "NOANSWER"))


def _no_channel() -> Refused:
    return Refused(500, "Allocation failed", "error")


def _inherited(given: Mapping[str, Json] | None) -> dict[str, str]:
    """Variables as the new channel has them: ``__X`` is X there."""
    return {key.lstrip("_"): str(value) for key, value in (given or {}).items()}
