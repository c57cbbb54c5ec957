"""Events as objects: the engine's vocabulary, kind for kind."""

import re
from pathlib import Path

import attrs
import pytest

import ccroute
from ccroute import EVENT_KINDS, AgentReady, ContactQueued, Event

ENGINE = Path(__file__).parents[1] / "rust" / "ccroute-core" / "src" / "event.rs"


def engine_kinds() -> list[tuple[str, str]]:
    """(variant, word) of every kind, as the engine's source has them."""
    block = ENGINE.read_text().split("EventKind {", 1)[1].split("\n    }\n", 1)[0]
    return re.findall(r'^\s+(\w+) = "(\w+)",$', block, flags=re.MULTILINE)


def test_kinds_are_the_engines_in_name_and_order() -> None:
    assert [(kind.__name__, word) for word, kind in EVENT_KINDS.items()] == engine_kinds()


def test_every_kind_is_public_and_knows_its_word() -> None:
    for word, kind in EVENT_KINDS.items():
        assert getattr(ccroute, kind.__name__) is kind
        extra = {
            field.name: 0
            for field in attrs.fields(kind)
            if field.default is attrs.NOTHING and field.name not in ("source", "sequence", "at")
        }
        event = kind(source="x", sequence=1, at=0.0, **extra)
        assert isinstance(event, Event)
        assert event.kind == word


def test_events_are_values() -> None:
    event = AgentReady(source="x", sequence=1, at=2.5, agent="ana")
    assert event == AgentReady(source="x", sequence=1, at=2.5, agent="ana")
    assert event != attrs.evolve(event, sequence=2)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.at = 3.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        ContactQueued("x", 1, 2.5)  # type: ignore[misc]
