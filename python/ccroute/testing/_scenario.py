"""Scenario files for hosts: what people and callers do on the left, what platforms are told on
the right."""

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import attrs

from ccroute._errors import CcrouteError, Rejected
from ccroute._plan import Plan
from ccroute._router import Router
from ccroute.adapters import ContactInstruction, Instruction, MirrorAgent
from ccroute.host import AgentDesk, Host, TenantSettings
from ccroute.testing._loopback import LoopbackAdapter, LoopbackPlatform
from ccroute.testing._time import ManualTime, settle

_LINE = re.compile(r"^at (?P<at>[0-9.]+)s\s+(?P<doing>.+?)\s*->\s*(?P<told>.*)$")
_LINK = "pbx"


class ScenarioFailed(AssertionError):
    """A line of a scenario whose right side is not what came; the message names it."""


@attrs.frozen(kw_only=True)
class Step:
    """A line: its number, from 1; when, seconds from the beginning; what is done; what platforms
    are told then."""

    line: int
    at: float
    doing: str
    told: tuple[str, ...]


@attrs.frozen(kw_only=True)
class HostScenario:
    """A plan, and what happens under it.

    ```text
    # A caller who hangs up while it rings frees the agent.
    [queues.billing]
    [agents.ana]
    queues = ["billing"]

    at 0s  desk ana ready        -> nothing
    at 1s  call c1 on billing    -> park c1; ring c1 ana
    at 4s  hang_up c1            -> nothing
    ```

    Everything before the first line that begins with ``at`` is the plan; its agents are signed in
    at 0s, and each has a phone. What can be done: ``call C [on Q] [as CUSTOMER]``,
    ``answer AGENT``, ``refuse AGENT REASON``, ``hang_up C [by WHO]``; ``cut`` and ``mend`` the
    link; ``kill`` the host, which is started again from its file (``save`` writes it); ``wait``;
    ``desk AGENT VERB …`` and ``supervisor VERB …`` with the words of `AgentDesk` and `Supervisor`,
    names and ``name=value``; contacts are named without the link, and an offer by its contact.
    What is told: the kind of the instruction, the contact, the agent where it names one, with
    ``;`` between; ``nothing``; ``refused CODE`` at the end. What is due before a line's time is
    told on that line. `MirrorAgent` is not listed.
    """

    plan: str
    steps: tuple[Step, ...]

    @classmethod
    def read(cls, text: str) -> "HostScenario":
        """Reads a scenario.

        Raises:
            ScenarioFailed: a line that is none.
        """
        lines = text.splitlines()
        first = next((n for n, it in enumerate(lines) if it.startswith("at ")), len(lines))
        return cls(plan="\n".join(lines[:first]), steps=tuple(_steps(lines, first)))

    def play(self) -> None:
        """Plays it, and checks the engine after every line.

        Raises:
            ScenarioFailed: something else came.
        """
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(_Play(self, Path(folder) / "state").run())


def _steps(lines: list[str], first: int) -> Iterator[Step]:
    for number, line in enumerate(lines[first:], first + 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None:
            raise ScenarioFailed(
                f"line {number}: {line!r}: give `at 0s DOING -> TOLD; TOLD`, or `-> nothing`"
            )
        told = [it.strip() for it in match["told"].split(";")]
        yield Step(
            line=number,
            at=float(match["at"]),
            doing=match["doing"],
            told=() if told == ["nothing"] else tuple(told),
        )


class _Play:
    def __init__(self, scenario: HostScenario, state: Path) -> None:
        self._scenario = scenario
        self._state = state
        self._time = ManualTime()
        self._began = self._time.now()
        self._platform = LoopbackPlatform()
        self._heard = 0
        self._host = self._fresh()

    def _fresh(self) -> Host:
        plan = Plan.from_toml(self._scenario.plan)
        phones = {agent: {_LINK: f"phone/{agent}"} for agent in [*plan.agents, "supervisor"]}
        return Host(
            Router(plan, clock=self._time),
            adapters={_LINK: LoopbackAdapter(self._platform)},
            settings=TenantSettings(directory=phones),
            time=self._time,
            snapshot=self._state,
            snapshot_every=1e9,
        )

    async def run(self) -> None:
        await self._host.start()
        for agent in self._host.router().plan.agents:
            await self._host.agent(agent).sign_in()
        await self._host.save()
        for step in self._scenario.steps:
            await self._step(step)
        await self._host.stop()

    async def _step(self, step: Step) -> None:
        ahead = self._began + step.at - self._time.now()
        if ahead < 0:
            raise ScenarioFailed(f"line {step.line}: {step.at}s is over: times only grow")
        await self._time.run(ahead)
        refused = await self._do(step)
        await settle()
        told = [_words(it) for it in self._platform.told[self._heard :] if _listed(it)]
        self._heard = len(self._platform.told)
        if refused is not None:
            told.append(f"refused {refused}")
        self._host.router().check()
        if tuple(told) != step.told:
            came = "; ".join(told) or "nothing"
            raise ScenarioFailed(f"line {step.line}: {step.doing}: told {came}")

    async def _do(self, step: Step) -> str | None:
        word, *rest = step.doing.split()
        try:
            match word:
                case "call" | "answer" | "refuse" | "hang_up":
                    self._callers(word, rest)
                case "cut":
                    self._platform.cut()
                case "mend":
                    self._platform.mend()
                case "wait":
                    pass
                case "save":
                    await self._host.save()
                case "kill":
                    await self._kill()
                case "desk":
                    desk = self._host.agent(rest[0])
                    await self._ask(desk, rest[0], rest[1:])
                case "supervisor":
                    await self._ask(self._host.supervise(), "", rest)
                case _:
                    raise ScenarioFailed(f"line {step.line}: nobody can {word!r}")
        except Rejected as error:
            return error.code
        except CcrouteError as error:
            return type(error).__name__
        except (AttributeError, IndexError, KeyError, StopIteration, TypeError) as error:
            raise ScenarioFailed(f"line {step.line}: {step.doing}: {error!r}") from error
        return None

    def _callers(self, word: str, rest: list[str]) -> None:
        more = dict(zip(rest[1::2], rest[2::2], strict=False))
        match word:
            case "call":
                self._platform.call(rest[0], queue=more.get("on"), customer=more.get("as"))
            case "answer":
                self._platform.answer(rest[0])
            case "refuse":
                self._platform.refuse(rest[0], rest[1])
            case _:
                self._platform.hang_up(rest[0], by=more.get("by", "customer"))

    async def _ask(self, whose: object, agent: str, words: list[str]) -> None:
        verb, *given = words
        method: Callable[..., Awaitable[object]] = getattr(whose, verb)
        named = dict(it.split("=", 1) for it in given if "=" in it)
        plain = [self._named(it, agent, verb) for it in given if "=" not in it]
        await method(*plain, **named)

    def _named(self, word: str, agent: str, verb: str) -> str | int:
        """What a word of a line stands for: an offer by its contact, a contact with its link."""
        if verb in {"accept", "decline"} and isinstance(self._host.agent(agent), AgentDesk):
            offers = self._host.agent(agent).state().offers
            wanted = f"{_LINK}:{word}"
            made = {it.event.contact: it.offer for it in offers}
            return made.get(wanted) or 0
        known = self._platform.callers.keys() | {it.contact for it in self._callers_told()}
        return f"{_LINK}:{word}" if word in known else word

    def _callers_told(self) -> Iterator[ContactInstruction]:
        return (it for it in self._platform.told if isinstance(it, ContactInstruction))

    async def _kill(self) -> None:
        """As kill -9: nothing is saved, drained or closed."""
        mine = asyncio.current_task()
        for task in asyncio.all_tasks():
            if task is not mine:
                task.cancel()
        with suppress(asyncio.CancelledError):
            await settle()
        self._host = self._fresh()
        await self._host.start()


def _listed(instruction: Instruction) -> bool:
    return not isinstance(instruction, MirrorAgent)


def _words(instruction: Instruction) -> str:
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(instruction).__name__).lower()
    parts = [kind]
    for name in ("contact", "agent", "supervisor"):
        value = getattr(instruction, name, None)
        if value is not None:
            parts.append(str(value))
    return " ".join(parts)
