"""A session with nobody behind it: the test says what Asterisk says, and when."""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress

from ccroute.adapters import Connect, Instruction, Outcome, Park, Ring, Secret, Verdict
from ccroute_asterisk.ari.calls import Ids
from ccroute_asterisk.ari.codec import Reply, Request
from ccroute_asterisk.ari.errands import Patient, Pause
from ccroute_asterisk.ari.messages import read_event
from ccroute_asterisk.ari.orders import Orders, Turn
from ccroute_asterisk.ari.session import Session
from ccroute_asterisk.ari.settings import AriSettings

Between = Mapping[str, Callable[[], None]]
NOW = 1_700_000_000.0
OK = Reply(204)


class Stage:
    """``asked``: the last part of the path of each request, in order, with the errands'."""

    def __init__(self, **settings: object) -> None:
        given = AriSettings(user="u", password=Secret("swordfish"), **settings)  # type: ignore[arg-type]
        self.session = Session(Ids("ccroute", "run"), given, Counter())
        self.orders = Orders(self.session)
        self.asked: list[Request] = []
        self.paused: list[tuple[Patient, float]] = []
        self.replies: dict[str, Reply] = {}
        self.between: dict[str, Callable[[], None]] = {}
        self._ids = itertools.count(1)

    # -- What Asterisk says -------------------------------------------------------------

    def say(self, kind: str, channel: str, **more: object) -> None:
        """An event about a channel."""
        about = {"id": channel, "name": f"Local/{channel}-01;1", "state": more.pop("state", "Up")}
        key = "peer" if kind == "Dial" else "channel"
        self.hear({"type": kind, key: about, **more})

    def hear(self, event: Mapping[str, object]) -> None:
        """An event as Asterisk writes it."""
        self.session.hear(read_event(json.dumps(event).encode()), NOW)

    def enter(self, channel: str, bridge: str) -> None:
        """A channel is in a bridge."""
        self.say("ChannelEnteredBridge", channel, bridge={"id": bridge})

    def told(self) -> list[str]:
        """The kinds of the signals since the last look, with what tells them apart."""
        found = []
        for it in self.session.signals:
            more = [getattr(it, name) for name in ("phase", "by", "reason", "cause", "to")
                    if getattr(it, name, None) is not None]  # fmt: skip
            found.append(" ".join([type(it).__name__, *map(str, more)]))
        self.session.signals.clear()
        return found

    # -- What is asked of it -------------------------------------------------------------

    def reply(self, request: Request) -> Reply:
        """What Asterisk replies, after what happens in between has been heard."""
        self.asked.append(request)
        named = len(request.path) == 2 and request.path[-1] != "create"
        verb = f"{request.method} {request.path[0]}" if named else request.path[-1]
        self.between.pop(verb, lambda: None)()
        return self.replies.get(verb, OK)

    def run_errands(self) -> None:
        """Does what is to be done meanwhile, and what follows from it."""
        while self.session.errands:
            self._run(self.session.errands.pop(0))

    def _run(self, errand: Patient, reply: Reply | None = None) -> None:
        with suppress(StopIteration):
            step = next(errand) if reply is None else errand.send(reply)
            while not isinstance(step, Pause):
                step = errand.send(self.reply(step))
            self.paused.append((errand, step.seconds))

    def wait(self) -> list[float]:
        """The pauses of errands are over; how long they were."""
        waited, self.paused = self.paused, []
        for errand, _ in waited:
            self._run(errand, OK)
        return [seconds for _, seconds in waited]

    def give(self, instruction: Instruction) -> Outcome:
        """Gives an instruction; its outcome."""
        order = self.orders.of(instruction)
        try:
            step = next(order)
            while True:
                step = order.send(OK if isinstance(step, Turn) else self.reply(step))
        except StopIteration as stop:
            return stop.value

    def targets(self) -> list[str]:
        """The requests so far, for people."""
        return [f"{it.method} {'/'.join(it.path)}" for it in self.asked]

    # -- How far it has come --------------------------------------------------------------

    def head(self) -> dict[str, object]:
        """What each instruction needs."""
        return {"id": f"i{next(self._ids)}", "deadline": NOW + 10, "tenant": "acme"}

    def waiting(self, contact: str = "c1") -> None:
        """A customer who came and was parked."""
        self.say("StasisStart", contact, state="Ring", args=["sales"])
        self.give(Park(contact=contact, queue="sales", **self.head()))  # type: ignore[arg-type]
        self.enter(contact, self.asked[-1].path[1])
        self.run_errands()
        self.told()

    def starting(self, head: Mapping[str, object]) -> str:
        """The leg that an instruction is going to make; it is ours at once."""
        leg = self.session.ids.leg(str(head["id"]))
        self.between["create"] = lambda: self.say("StasisStart", leg, state="Down", args=["leg"])
        return leg

    def rung(self, offer: int = 1, agent: str = "ana", contact: str = "c1") -> str:
        """An agent's phone that rings; the leg's channel."""
        head = self.head()
        ring = Ring(
            contact=contact, offer=offer, agent=agent, address=f"PJSIP/{agent}", until=NOW + 20,
            **head,  # type: ignore[arg-type]
        )  # fmt: skip
        leg = self.starting(head)
        assert self.give(ring).failure is None
        self.say("ChannelStateChange", leg, state="Ringing")
        return leg

    def answered(self, offer: int = 1, agent: str = "ana") -> str:
        """An agent who answered."""
        leg = self.rung(offer, agent)
        self.say("ChannelStateChange", leg, state="Up")
        self.told()
        return leg

    def connect(self, offer: int = 1, agent: str = "ana") -> Outcome:
        """Joins the customer with an agent who answered."""
        return self.give(Connect(contact="c1", offer=offer, agent=agent, **self.head()))  # type: ignore[arg-type]

    def home(self, use: str) -> str:
        """The first bridge of those who wait (``wait``) or are on hold (``held``)."""
        return next(iter(self.session.homes.bridges(use, "default")))

    def talk(self) -> str:
        """The bridge of the conversation."""
        found = self.session.contacts["c1"].talk
        assert found is not None
        return found

    def both_enter(self, leg: str) -> None:
        """Agent and customer are in the bridge of their conversation."""
        self.enter(leg, self.talk())
        self.enter("c1", self.talk())

    @classmethod
    def talking(cls) -> "tuple[Stage, str]":
        """A stage with a conversation, and the agent's leg in it; what led to it is forgotten."""
        stage = cls()
        stage.waiting()
        leg = stage.answered()
        stage.between["addChannel"] = lambda: stage.both_enter(leg)
        assert stage.connect().verdict is Verdict.DONE
        assert stage.told() == ["Bridged"]
        stage.asked.clear()
        return stage, leg
