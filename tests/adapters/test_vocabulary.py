"""What signals, instructions and snapshots can hold, and what they refuse."""

import attrs
import pytest

from ccroute import ROLES, ConfigError
from ccroute.adapters import (
    CAPABILITIES,
    CUSTOMER_FAILURES,
    INSTRUCTIONS,
    LIFECYCLE,
    PARTIES,
    AdapterInfo,
    Arrived,
    BoundedSink,
    CallCustomer,
    ContactInstruction,
    CustomerFailed,
    HeldContact,
    HeldParty,
    HeldRecording,
    Ringing,
    Wrote,
    failed,
)


def test_parties_are_the_roles_but_primary() -> None:
    assert set(PARTIES) == set(ROLES) - {"primary"}


def test_what_a_snapshot_says_of_a_contact_is_kept_as_it_was_given() -> None:
    held = HeldContact(
        arrival=Arrived(contact="1"),
        agent="ana",
        parties=[HeldParty(agent="bea", role="consult")],
        recordings=[HeldRecording(id="r1", state="paused")],
    )
    assert held.parties == (HeldParty(agent="bea", role="consult"),)
    assert held.recordings == (HeldRecording(id="r1", state="paused"),)
    assert (held.parked, held.calling) == (None, False)


@pytest.mark.parametrize(
    "make",
    [
        lambda: HeldParty(agent="bea", role="primary"),
        lambda: HeldRecording(id="r1", state="stopped"),
        lambda: CustomerFailed(contact="1", reason="missed"),
        lambda: Wrote(contact="1", by="robot"),
    ],
)
def test_words_outside_the_closed_sets_are_refused(make: object) -> None:
    with pytest.raises(ValueError, match="must be in"):
        make()  # type: ignore[operator]


def test_every_instruction_needs_a_capability_of_the_set() -> None:
    assert {kind.needs for kind in INSTRUCTIONS} <= CAPABILITIES.keys()
    assert CallCustomer.needs == "call_customer"
    assert issubclass(CallCustomer, ContactInstruction)


def test_what_was_written_and_who_was_not_reached_is_never_dropped() -> None:
    assert {Wrote, CustomerFailed} <= set(LIFECYCLE)
    sink = BoundedSink(room=2)
    assert sink.push(Wrote(contact="1", by="customer"))
    assert sink.push(Wrote(contact="1", by="customer"))
    assert not sink.push(CustomerFailed(contact="1", reason=CUSTOMER_FAILURES[0]))


def test_a_link_without_control_observes() -> None:
    card = AdapterInfo(name="x", version="1", platform="X", modes=["observe"])
    assert card.observes
    assert not attrs.evolve(card, modes=["control", "observe"]).observes


def test_a_signal_about_an_offer_may_name_its_contact() -> None:
    assert Ringing(offer=1).contact is None
    assert Ringing(offer=1, contact="1").contact == "1"


@pytest.mark.parametrize("pause", [-1.0, float("inf"), float("nan")])
def test_nobody_is_told_to_wait_for_no_time_or_for_ever(pause: float) -> None:
    with pytest.raises(ConfigError, match="give seconds, 0 or more, or None"):
        failed("throttled", retry_after=pause)
    assert failed("throttled", retry_after=0.0).retry_after == 0.0
