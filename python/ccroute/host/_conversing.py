"""What a snapshot says of conversations under way, beside what we know of them: who else is in
them, and what is recorded."""

from collections.abc import Callable, Iterator, Mapping

from ccroute._commands import Command, Join, Leave, Update
from ccroute._plan import Value
from ccroute.adapters import AdapterInfo, HeldContact
from ccroute.host._placement import Placed

Parts = Callable[[str], Mapping[str, str]]
"""The agents in a conversation, as the engine has them, with their roles."""
Attributes = Callable[[str], Mapping[str, Value]]
"""What is known of a contact."""

_JOIN = frozenset({"consult_transfer", "listen", "whisper", "barge"})
_RECORDED = {"started": "started", "resumed": "started", "paused": "paused"}
"""States of recordings that are not over, as snapshots have them."""


def takes_up(
    placed: Placed, it: HeldContact, info: AdapterInfo, parts: Parts, attributes: Attributes
) -> Iterator[Command]:
    """The commands by which others are in a conversation, and it is recorded, as the platform has
    it."""
    if not info.capabilities.isdisjoint(_JOIN):
        yield from _parties(placed.contact, it, parts)
    if info.can("record"):
        yield from _recording(placed, it, attributes)


def _parties(contact: str, it: HeldContact, parts: Parts) -> Iterator[Command]:
    known = {agent: role for agent, role in parts(contact).items() if role != "primary"}
    held = {party.agent: party.role for party in it.parties if party.agent != it.agent}
    for agent, role in known.items():
        goes_on = (role, held.get(agent)) == ("consult", "conference")
        if held.get(agent) != role and not goes_on:
            yield Leave(contact=contact, agent=agent)
    for agent, role in held.items():
        if known.get(agent) != role:
            yield Join(contact=contact, agent=agent, role=role)


def _recording(placed: Placed, it: HeldContact, attributes: Attributes) -> Iterator[Command]:
    known = attributes(placed.contact)
    state = _RECORDED.get(str(known.get("recording_state")))
    if it.recordings:
        recording = it.recordings[-1]
        placed.recording = recording.id
        if (known.get("recording"), state) == (recording.id, recording.state):
            return
        seen: dict[str, Value] = {"recording": recording.id, "recording_state": recording.state}
        yield Update(contact=placed.contact, attributes=seen)
    elif state is not None:
        # It ended in the gap, whichever way.
        yield Update(contact=placed.contact, attributes={"recording_state": "stopped"})
