"""What the made-up PBX is told: commands by name, each with the reply it gets."""

from collections.abc import Callable

from ccroute.testing._pbx._exchange import Call, Exchange, Json, Message, PhoneLeg

Verb = Callable[[Message], None]


class Refused(Exception):
    """The reply is no; the message is the word of the protocol."""


class Commands:
    """Carries out commands on an exchange; counts them by their ids."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.effects: dict[str, int] = {}
        self.asked: dict[str, list[float]] = {}
        self.rung: list[str] = []
        """The phones that were dialled, in order."""
        self.throttled = 0
        self.throttled_for = 0.0
        self._verbs: dict[str, Verb] = {
            "wait": self._wait,
            "play": self._play,
            "dial": lambda message: self._dial(message, "agent"),
            "consult": self._consult,
            "spy": self._spy,
            "drop": self._drop,
            "join": self._join,
            "call_out": self._call_out,
            "end": lambda message: self.exchange.end_call(self._call(message), "ended"),
            "hold": lambda message: self._hold(message, on=True),
            "unhold": lambda message: self._hold(message, on=False),
            "redirect": self._redirect,
            "conference": self._conference,
            "hand_over": self._hand_over,
            "record": lambda message: self._record(message, "started"),
            "record_pause": lambda message: self._record(message, "paused"),
            "record_resume": lambda message: self._record(message, "resumed"),
            "record_stop": lambda message: self._record(message, "stopped"),
            "lamp": self._lamp,
        }

    def carry_out(self, message: Message) -> dict[str, Json]:
        """Does it; returns the reply."""
        name = _text(message, "id")
        self.asked.setdefault(name, []).append(self.exchange.now)
        if self.throttled > 0:
            self.throttled -= 1
            return {"re": name, "ok": False, "error": "throttled", "after": self.throttled_for}
        try:
            self._verbs.get(_text(message, "do"), self._no_such_verb)(message)
        except Refused as refused:
            return {"re": name, "ok": False, "error": str(refused)}
        self.effects[name] = self.effects.get(name, 0) + 1
        return {"re": name, "ok": True}

    def listed(self) -> dict[str, Json]:
        """All calls, legs and phones, with the number of the last event."""
        exchange = self.exchange
        return {
            "now": exchange.clock(),
            "n": exchange.said,
            "calls": [
                {
                    "call": call.id, "first": call.first, "from": call.caller, "to": call.dialled,
                    "since": call.since, "state": call.state, "on_hold": call.on_hold,
                    "bridge": call.bridge, "tags": call.tags, "outgoing": call.outgoing,
                    "recordings": {
                        name: state for name, state in call.recordings.items() if state != "stopped"
                    },
                }
                for call in exchange.calls.values()
            ],
            "legs": [
                {
                    "leg": leg.id, "call": leg.call, "to": leg.phone, "role": leg.role,
                    "state": leg.state, "bridge": leg.bridge, "tags": leg.tags,
                }
                for leg in exchange.legs.values()
            ],
            "phones": [
                {"user": phone.user, "phone": phone.number, "state": phone.told}
                for phone in exchange.phones.values()
            ],
        }  # fmt: skip

    # -- Verbs --------------------------------------------------------------------------

    def _no_such_verb(self, message: Message) -> None:
        raise Refused("no_such_verb")

    def _wait(self, message: Message) -> None:
        call, music = self._call(message), message.get("music")
        call.music = music if isinstance(music, str) else None
        self.exchange.wait(call, _table(message, "tags"))

    def _play(self, message: Message) -> None:
        if self._call(message).state == "talking":
            raise Refused("not_now")

    def _dial(self, message: Message, role: str) -> None:
        # Who is to be called back has no call yet: the first phone that rings opens it.
        if message.get("open") is True and _text(message, "call") not in self.exchange.calls:
            if self.exchange.taken(_text(message, "call")):
                raise Refused("no_such_call")
            self.exchange.open_call(_text(message, "call"), _table(message, "keep"))
        call = self._call(message)
        leg = PhoneLeg(
            _text(message, "leg"), call.id, _text(message, "to"), role, _table(message, "tags")
        )
        if not self.exchange.dial(leg, _seconds(message, "for")):
            raise Refused("exists")
        self.rung.append(leg.phone)

    def _call_out(self, message: Message) -> None:
        call, leg = self._call(message), self._leg(message)
        if call.state != "open" or leg.state != "up":
            raise Refused("not_now")
        self.exchange.call_out(call, _text(message, "to"), leg, _seconds(message, "for"))

    def _consult(self, message: Message) -> None:
        self._talking(message)
        self._dial(message, "consult")
        self.exchange.hold(self._call(message), on=True)

    def _spy(self, message: Message) -> None:
        self._talking(message)
        if _text(message, "how") not in {"listen", "whisper", "barge"}:
            raise Refused("bad_value")
        self._dial(message, "spy")

    def _drop(self, message: Message) -> None:
        self.exchange.end_leg(self._leg(message), "dropped")

    def _join(self, message: Message) -> None:
        call, leg = self._call(message), self._leg(message)
        if leg.state != "up" or call.state in {"joining", "talking"}:
            raise Refused("not_now")
        self.exchange.join(call, leg)

    def _hold(self, message: Message, *, on: bool) -> None:
        self.exchange.hold(self._talking(message), on=on)

    def _redirect(self, message: Message) -> None:
        self.exchange.redirect(self._call(message), _text(message, "to"))

    def _conference(self, message: Message) -> None:
        call, leg = self._talking(message), self._leg(message)
        if leg.role != "consult" or leg.state != "up":
            raise Refused("not_now")
        self.exchange.confer(call, leg)

    def _hand_over(self, message: Message) -> None:
        call, leg = self._talking(message), self._leg(message)
        if leg.role not in {"consult", "conference"} or leg.state != "up":
            raise Refused("not_now")
        self.exchange.hand_over(call, leg)

    def _record(self, message: Message, state: str) -> None:
        call, recording = self._talking(message), _text(message, "recording")
        if (state == "started") == (recording in call.recordings):
            raise Refused("not_now")
        if state == "started" and isinstance(message.get("ask"), str):
            call.asked = recording
        else:
            self.exchange.record(call, recording, state)

    def _lamp(self, message: Message) -> None:
        user = _text(message, "user")
        if user not in {phone.user for phone in self.exchange.phones.values()}:
            raise Refused("no_such_user")
        # Told to everybody, also to the one who asked.
        self.exchange.say("lamp", user=user, lit=bool(message.get("lit")), by="command")

    # -- What a message is about --------------------------------------------------------

    def _call(self, message: Message) -> Call:
        call = self.exchange.calls.get(_text(message, "call"))
        if call is None:
            raise Refused("no_such_call")
        return call

    def _talking(self, message: Message) -> Call:
        call = self._call(message)
        if call.state != "talking":
            raise Refused("not_now")
        return call

    def _leg(self, message: Message) -> PhoneLeg:
        leg = self.exchange.legs.get(_text(message, "leg"))
        if leg is None:
            raise Refused("no_such_leg")
        return leg


def _text(message: Message, key: str) -> str:
    value = message.get(key)
    if not isinstance(value, str):
        raise Refused("bad_value")
    return value


def _seconds(message: Message, key: str) -> float:
    value = message.get(key)
    if not isinstance(value, int | float) or not 0 <= value <= 3600:
        raise Refused("bad_value")
    return float(value)


def _table(message: Message, key: str) -> Message:
    value = message.get(key, {})
    if not isinstance(value, dict):
        raise Refused("bad_value")
    return value
