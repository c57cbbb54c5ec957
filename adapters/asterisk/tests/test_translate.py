"""What lines come to mean, and which cannot be."""

from ccroute import Event, Recording
from ccroute_asterisk import read_queue_log


def read(*lines: str) -> Recording:
    return read_queue_log("\n".join(lines).encode() + b"\n")


def story(recording: Recording, *, contact: str | None = None) -> list[str]:
    """Events as words: time, kind, and what tells it from others of its kind."""
    return [
        _words(event) for event in recording.events if contact is None or event.contact == contact
    ]


def _words(event: Event) -> str:
    words = [f"{event.at:g}", event.kind, event.agent, event.cause, event.reason]
    queues = getattr(event, "queues", None)
    if queues is not None:
        words.append("+".join(queues))
    if event.visit > 1:
        words.append(f"visit {event.visit}")
    return " ".join(word for word in words if word)


ENTER = "10|c1|sales|NONE|ENTERQUEUE||555|1"
CONNECT = "14|c1|sales|Ann|CONNECT|4|p.1|3"


def test_answered_contact_is_offered_accepted_connected_released() -> None:
    recording = read(ENTER, CONNECT, "20|c1|sales|Ann|COMPLETEAGENT|4|6|1")
    assert story(recording, contact="c1") == [
        "10 contact_queued",
        "11 offer_made Ann",
        "14 offer_accepted Ann",
        "14 contact_connected Ann",
        "20 contact_released Ann agent",
    ]
    assert recording.faults == ()
    assert [event.sequence for event in recording.events] == [1, 2, 3, 4, 5, 6, 7]


def test_missed_offer_is_dated_back_by_its_ring_and_keeps_the_age() -> None:
    recording = read(ENTER, "16|c1|sales|Ann|RINGNOANSWER|4000")
    assert story(recording, contact="c1") == [
        "10 contact_queued",
        "12 offer_made Ann",
        "16 offer_missed Ann",
        "16 contact_requeued missed",
    ]
    assert recording.events[-1].since == 10  # type: ignore[attr-defined]


def test_offer_is_never_dated_before_the_entry() -> None:
    recording = read(ENTER, "12|c1|sales|Ann|RINGCANCELED|2999", "12|c1|sales|NONE|ABANDON|1|1|2")
    assert story(recording, contact="c1") == [
        "10 contact_queued",
        "10 offer_made Ann",
        "12 offer_withdrawn Ann customer",
        "12 contact_abandoned",
    ]


def test_phone_that_never_rang_is_no_missed_offer() -> None:
    recording = read(ENTER, "10|c1|sales|Ann|RINGNOANSWER|0", "10|c1|sales|Ann|RINGNOANSWER|0")
    assert story(recording, contact="c1")[1:] == 2 * [
        "10 offer_made Ann",
        "10 offer_withdrawn Ann failed",
        "10 contact_requeued failed",
    ]
    assert recording.faults == ()


def test_two_entries_under_one_id_are_two_visits() -> None:
    recording = read(
        ENTER,
        CONNECT,
        "20|c1|sales|Ann|BLINDTRANSFER|qsupport|transfer|4|6|1",
        "20|c1|support|NONE|ENTERQUEUE||555|1",
        "25|c1|support|NONE|EXITWITHTIMEOUT|1|1|5",
        "25|c1|sales|NONE|ENTERQUEUE||555|1",
    )
    assert story(recording, contact="c1")[4:] == [
        "20 contact_transferred Ann agent",
        "20 contact_queued visit 2",
        "25 contact_left timed_out visit 2",
        "25 contact_queued visit 3",
    ]
    assert recording.faults == ()


def test_abandon_of_a_call_that_lives_on_is_a_move() -> None:
    recording = read(
        ENTER, "13|c1|sales|NONE|ABANDON|1|1|3", "13|c1|support|NONE|ENTERQUEUE||555|1"
    )
    assert story(recording) == [
        "10 contact_queued",
        "13 contact_left transferred",
        "13 contact_queued visit 2",
    ]


def test_exits_are_told_apart() -> None:
    for line, cause in (
        ("EXITWITHTIMEOUT|1|1|5", "timed_out"),
        ("EXITEMPTY|1|1|5", "no_agents"),
        ("EXITWITHKEY|7|1|1|5", "exited_by_key"),
        ("WITHDRAW|1|1|5|lab", "withdrawn"),
    ):
        recording = read(ENTER, f"15|c1|sales|NONE|{line}")
        assert story(recording)[-1] == f"15 contact_left {cause}"


def test_nobody_is_blamed_for_a_call_without_talk() -> None:
    recording = read(ENTER, CONNECT, "14|c1|sales|Ann|COMPLETECALLER|4|0|1")
    assert story(recording)[-1] == "14 contact_released Ann"
    assert any("no talk at all" in note for note in recording.notes)


def test_dump_and_incompatible_codec_end_the_offer_and_not_the_wait() -> None:
    recording = read(ENTER, "12|c1|sales|Ann|AGENTDUMP|", "13|c1|sales|Bob|SYSCOMPAT|", CONNECT)
    assert story(recording, contact="c1") == [
        "10 contact_queued",
        "12 offer_made Ann",
        "12 offer_declined Ann",
        "12 contact_requeued declined",
        # The ring of three seconds that CONNECT tells began after the offer before it.
        "12 offer_made Ann",
        "13 offer_made Bob",
        "13 offer_withdrawn Bob failed",
        "13 contact_requeued failed",
        "14 offer_accepted Ann",
        "14 contact_connected Ann",
    ]


def test_member_of_two_queues_signs_in_once_and_out_once() -> None:
    recording = read(
        "10|MANAGER|sales|Ann|ADDMEMBER|",
        "10|MANAGER|support|Ann|ADDMEMBER|",
        "20|MANAGER|sales|Ann|REMOVEMEMBER|",
        "21|MANAGER|support|Ann|REMOVEMEMBER|",
    )
    assert story(recording) == [
        "10 agent_signed_in Ann sales",
        "10 agent_ready Ann",
        "10 agent_changed Ann sales+support",
        "20 agent_changed Ann support",
        "21 agent_signed_out Ann",
    ]


def test_pause_of_all_queues_and_its_single_lines_are_one() -> None:
    recording = read(
        "10|MANAGER|sales|Ann|ADDMEMBER|",
        "10|MANAGER|support|Ann|ADDMEMBER|",
        "12|NONE|NONE|Ann|PAUSEALL|lunch",
        "12|NONE|support|Ann|PAUSE|lunch",
        "12|NONE|sales|Ann|PAUSE|lunch",
        "15|NONE|NONE|Ann|UNPAUSEALL|",
        "15|NONE|support|Ann|UNPAUSE|",
        "15|NONE|sales|Ann|UNPAUSE|",
    )
    assert story(recording)[3:] == [
        "12 agent_not_ready Ann agent lunch",
        "15 agent_ready Ann",
    ]
    assert recording.faults == ()


def test_pause_in_one_of_two_queues_leaves_the_other() -> None:
    recording = read(
        "10|MANAGER|sales|Ann|ADDMEMBER|",
        "10|MANAGER|support|Ann|ADDMEMBER|PAUSED",
        "12|NONE|sales|Ann|PAUSE|call back",
        "13|NONE|support|Ann|UNPAUSE|",
    )
    assert story(recording) == [
        "10 agent_signed_in Ann sales",
        "10 agent_ready Ann",
        "12 agent_changed Ann sales+support",
        "12 agent_not_ready Ann agent call back",
        "13 agent_changed Ann support",
        "13 agent_ready Ann",
    ]


def test_automatic_pause_is_told_from_a_chosen_one() -> None:
    recording = read("10|M|sales|Ann|ADDMEMBER|", "12|NONE|NONE|Ann|PAUSEALL|Auto-Pause")
    assert story(recording)[-1] == "12 agent_not_ready Ann missed Auto-Pause"


def test_static_member_appears_at_the_first_ring() -> None:
    recording = read(ENTER, CONNECT)
    assert story(recording)[1:4] == [
        "11 agent_signed_in Ann sales",
        "11 agent_ready Ann",
        "11 offer_made Ann",
    ]
    assert any("first sight: Ann" in note for note in recording.notes)


def test_static_member_may_appear_paused() -> None:
    recording = read("12|NONE|NONE|Ann|PAUSEALL|lunch", "12|NONE|sales|Ann|PAUSE|lunch")
    assert story(recording) == [
        "12 agent_signed_in Ann sales",
        "12 agent_not_ready Ann agent lunch",
    ]


def test_agent_removed_while_the_phone_rings_takes_the_call_signed_out() -> None:
    recording = read(
        "9|MANAGER|sales|Ann|ADDMEMBER|", ENTER, "12|MANAGER|sales|Ann|REMOVEMEMBER|", CONNECT
    )
    kinds = [event.kind for event in recording.events]
    assert kinds.count("agent_signed_in") == 1
    assert kinds[-2:] == ["offer_accepted", "contact_connected"]
    assert recording.faults == ()


def test_agents_sign_in_by_name_too() -> None:
    recording = read(
        "9|NONE|NONE|Agent/7|AGENTLOGIN|SIP/7", "19|NONE|NONE|Agent/7|AGENTLOGOFF|SIP/7|10"
    )
    assert story(recording) == [
        "9 agent_signed_in Agent/7",
        "9 agent_ready Agent/7",
        "19 agent_signed_out Agent/7",
    ]


def test_restart_ends_every_live_contact() -> None:
    recording = read(
        ENTER, CONNECT, "15|c2|sales|NONE|ENTERQUEUE||556|1", "18|NONE|NONE|NONE|QUEUESTART|"
    )
    assert story(recording)[-2:] == ["18 contact_released Ann system", "18 contact_left failed"]


def test_lost_entry_is_rebuilt_from_the_wait() -> None:
    recording = read(CONNECT)
    assert story(recording, contact="c1")[0] == "10 contact_queued"
    assert any("without a usable line of entry" in note for note in recording.notes)


def test_lost_entry_and_connection_are_rebuilt_from_the_last_line() -> None:
    recording = read("20|c1|sales|Ann|COMPLETEAGENT|4|6|1")
    assert story(recording, contact="c1") == [
        "10 contact_queued",
        "14 contact_connected Ann",
        "20 contact_released Ann agent",
    ]


def test_entry_after_an_exit_without_a_line_is_another_visit() -> None:
    recording = read(ENTER, "30|c1|support|NONE|ENTERQUEUE||555|1")
    assert story(recording) == ["10 contact_queued", "30 contact_left", "30 contact_queued visit 2"]
    assert recording.faults == ()


def faults(recording: Recording) -> list[tuple[int, str]]:
    return [(fault.line, fault.reason) for fault in recording.faults]


def test_repeated_lines_of_a_contact_change_nothing() -> None:
    lines = [ENTER, CONNECT, "20|c1|sales|Ann|COMPLETEAGENT|4|6|1"]
    doubled = read(*(line for line in lines for _ in range(2)))
    assert story(doubled) == story(read(*lines))
    assert faults(doubled) == [
        (2, "repeats line 1"),
        (4, "repeats line 3"),
        (6, "repeats line 5"),
    ]


def test_repeated_lines_of_an_agent_change_nothing() -> None:
    lines = ["10|MANAGER|sales|Ann|ADDMEMBER|", "12|NONE|sales|Ann|PAUSE|lunch"]
    doubled = read(*(line for line in lines for _ in range(2)))
    assert story(doubled) == story(read(*lines))
    assert faults(doubled) == [(2, "repeats line 1"), (4, "repeats line 3")]


def test_asterisk_starts_once_in_a_second() -> None:
    start = "10|NONE|NONE|NONE|QUEUESTART|"
    assert faults(read(start, start, ENTER)) == [(2, "repeats line 1")]


def test_copy_of_a_log_repeats_the_first() -> None:
    lines = [ENTER, "14|c1|sales|Ann|CONNECT|4|p.1|1", "20|c1|sales|Ann|COMPLETEAGENT|4|6|1"]
    assert faults(read(*lines, *lines)) == [(n + 3, f"repeats line {n}") for n in (1, 2, 3)]


def test_pause_end_and_pause_in_one_second_are_no_repeat() -> None:
    recording = read(
        "10|MANAGER|sales|Ann|ADDMEMBER|",
        "12|NONE|sales|Ann|PAUSE|lunch",
        "12|NONE|sales|Ann|UNPAUSE|",
        "12|NONE|sales|Ann|PAUSE|lunch",
    )
    assert recording.faults == ()
    assert story(recording)[-1] == "12 agent_not_ready Ann agent lunch"


def test_ring_of_a_second_or_more_cannot_end_twice_in_one() -> None:
    recording = read(ENTER, *2 * ["14|c1|sales|Ann|RINGNOANSWER|4000"])
    assert faults(recording) == [(3, "repeats line 2")]


def test_lines_that_cannot_follow_say_why() -> None:
    recording = read(
        "9|c9|sales|Ann|RINGNOANSWER|4000",
        ENTER,
        "12|c1|support|NONE|ABANDON|1|1|2",
        "13|c1|sales|NONE|ABANDON|1|1|3",
        "14|c1|sales|Ann|CONNECT|4|p.1|3",
    )
    assert faults(recording) == [
        (1, "the call never entered a queue in this log"),
        (3, "the call waits in 'sales', not in 'support'"),
        (5, "the call has left already"),
    ]
    assert story(recording) == ["10 contact_queued", "13 contact_abandoned"]


def test_verbs_that_carry_nothing_are_no_faults() -> None:
    recording = read(
        "9|NONE|NONE|NONE|CONFIGRELOAD|",
        "9|NONE|sales|Ann|PENALTY|3",
        "9|NONE|sales|Ann|RINGINUSE|0",
        "9|c1|sales|Ann|OUTCALL|ANSWER|3|x",
    )
    assert (recording.events, recording.faults, recording.lines) == ((), (), 4)


def test_unknown_verb_is_counted_and_harmless() -> None:
    recording = read(ENTER, "11|c1|sales|NONE|SURVEY|800", "13|c1|sales|NONE|ABANDON|1|1|3")
    assert faults(recording) == [(2, "unknown verb 'SURVEY'")]
    assert story(recording) == ["10 contact_queued", "13 contact_abandoned"]


def test_conversation_before_the_entry_began_at_the_entry() -> None:
    recording = read(ENTER, "30|c1|sales|Ann|COMPLETEAGENT|4|25|1")
    assert story(recording) == [
        "10 contact_queued",
        "10 agent_signed_in Ann sales",
        "10 agent_ready Ann",
        "10 contact_connected Ann",
        "30 contact_released Ann agent",
    ]
