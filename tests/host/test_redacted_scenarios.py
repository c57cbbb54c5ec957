"""Every scenario of the engine in an incident bundle: the same state without what is personal.

The scenarios have every command and every rule; here they are asked of a host.
"""

import asyncio
from collections import deque
from contextlib import suppress
from pathlib import Path

import attrs
import pytest
from tests.scenarios.playing import Player
from tests.scenarios.reading import read

import ccroute
from ccroute import (
    CcrouteError,
    Command,
    Event,
    OfferMade,
    Router,
    SignIn,
)
from ccroute.host import Host, host_incident, read_incident
from ccroute.testing import ManualTime

FOLDER = Path(__file__).parents[2] / "rust/ccroute-core/tests/scenarios"
FILES = sorted(FOLDER.rglob("*.txt"))
KINDS = {
    kind.verb: kind
    for kind in vars(ccroute).values()
    if isinstance(kind, type) and issubclass(kind, Command) and kind is not Command
}


class Noting:
    """Stands for a router, and makes of each call the command that it is."""

    def __init__(self) -> None:
        self.asked: list[tuple[Command, str | None]] = []

    def __getattr__(self, verb: str):
        kind = KINDS[verb]
        names = [field.name for field in attrs.fields(kind)]

        def note(*given: object, envelope: ccroute.Envelope | None = None, **more: object) -> None:
            fields = {**dict(zip(names, given, strict=False)), **more}
            self.asked.append((kind(**fields), envelope and envelope.command_id))

        return note


class Reader(Player):
    """Reads lines of a scenario as commands."""

    def __init__(self, plans) -> None:
        self.plans = plans
        self.router = Noting()
        self.offers: list[int] = []

    def hear(self, events: list[Event]) -> None:
        self.offers += [it.offer for it in events if isinstance(it, OfferMade)]


@pytest.mark.parametrize("file", FILES, ids=[path.stem for path in FILES])
def test_a_bundle_of_a_scenario_comes_to_the_same_state(file: Path, tmp_path: Path) -> None:
    plans, lines = read(file.read_text())
    contacts: set[str] = set()

    async def run() -> None:
        time, reader = ManualTime(0.0), Reader(plans)
        # A state is kept in mid-story, so that redaction begins with somebody in the queues.
        async with Host(Router(plans[None]), time=time, checkpoint_every=7.0) as host:
            tenant = host.tenants["main"]
            tenant.told.append(reader.hear)
            for agent in plans[None].agents:
                await host.apply(SignIn(agent=agent), actor="host")
            for line in lines:
                await time.run(max(0.0, line.at - time.now()))
                with suppress(CcrouteError, TypeError, ValueError):
                    reader.command(deque(line.words), line.command_id and _envelope(line))
                for command, command_id in reader.router.asked:
                    contacts.add(getattr(command, "contact", ""))
                    with suppress(CcrouteError, TypeError, ValueError):
                        await tenant.ask(
                            command, actor="desk", reason="because", command_id=command_id
                        )
                reader.router.asked.clear()
            kept = list(await host.journal.checkpoints("main"))
            # From the first, and from one in the midst as if it were the oldest.
            for start in {it.sequence for it in (kept[0], kept[len(kept) // 2])}:
                later = _From(host, start)
                await host_incident(later, tmp_path / f"{start}.zip")  # type: ignore[arg-type]

    asyncio.run(run())
    for bundle in sorted(tmp_path.iterdir()):
        (it,) = read_incident(bundle).tenants.values()
        router = it.router()
        for _ in it.replay(router):
            pass
        router.check()
        assert (it.notes, it.faithful, it.agrees(router)) == ((), True, True)
        assert len(it.commands) == it.last - it.first
        names = {getattr(entry.command, "contact", "") for entry in it.commands}
        assert names & contacts <= {""}


def _envelope(line) -> ccroute.Envelope:
    return ccroute.Envelope(command_id=line.command_id)


class _From:
    """A host whose journal begins with a state."""

    def __init__(self, host: Host, first: int) -> None:
        self._host, self._first = host, first

    def __getattr__(self, name: str):
        return self if name == "journal" else getattr(self._host, name)

    def read(self, domain: str, *, after: int):
        return self._host.journal.read(domain, after=after)

    async def checkpoints(self, domain: str):
        return [it for it in await self._host.journal.checkpoints(domain)
                if it.sequence >= self._first]  # fmt: skip
