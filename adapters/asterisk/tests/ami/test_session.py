"""Actions and their answers, without a socket."""

from ccroute.adapters import Verdict
from ccroute_asterisk.ami.codec import Packet
from ccroute_asterisk.ami.session import AmiSession, Settled

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


def packet(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def test_answers_find_their_actions_in_any_order_and_events_pass_between() -> None:
    session = AmiSession("a")
    first, said = session.ask("Ping")
    second, _ = session.ask("QueuePause", {"Interface": "x"})
    assert said == b"Action: Ping\r\nActionID: a1\r\n\r\n"
    told = session.receive_data(
        BANNER
        + packet("Response: Error", f"ActionID: {second}", "Message: Permission denied")
        + packet("Event: Hangup", "Uniqueid: 1")
        + packet("Response: Success", f"ActionID: {first}", "Ping: Pong")
    )
    refused, event, done = told
    assert isinstance(refused, Settled)
    assert refused.action_id == second
    assert refused.reply.verdict is Verdict.FAILED
    assert refused.reply.message == "Permission denied"
    assert isinstance(event, Packet)
    assert isinstance(done, Settled)
    assert done.reply.done
    assert session.pending == 0


def test_a_list_is_gathered_until_it_is_complete() -> None:
    session = AmiSession("a")
    asked, _ = session.ask("QueueStatus", listing=True)
    of = f"ActionID: {asked}"
    assert session.receive_data(BANNER + packet("Response: Success", of, "EventList: start")) == []
    assert session.receive_data(packet("Event: QueueParams", of, "Queue: sales")) == []
    assert len(session.receive_data(packet("Event: QueueMemberPause", "Queue: sales"))) == 1
    assert session.receive_data(packet("Event: QueueMember", of, "Queue: sales")) == []
    done = packet("Event: QueueStatusComplete", of, "EventList: Complete", "ListItems: 2")
    (settled,) = session.receive_data(done)
    assert isinstance(settled, Settled)
    assert [item.event for item in settled.reply.items] == ["QueueParams", "QueueMember"]
    assert settled.reply.whole


def test_a_list_that_lacks_items_says_so_and_a_refused_one_is_over() -> None:
    session = AmiSession("a")
    short, _ = session.ask("QueueStatus", listing=True)
    refused, _ = session.ask("CoreShowChannels", listing=True)
    told = session.receive_data(
        BANNER
        + packet("Response: Success", f"ActionID: {short}")
        + packet("Event: X", f"ActionID: {short}", "EventList: Complete", "ListItems: 7")
        + packet("Response: Error", f"ActionID: {refused}", "Message: Permission denied")
    )
    first, second = [it.reply for it in told if isinstance(it, Settled)]
    assert (first.done, first.whole, second.done) == (True, False, False)


def test_what_was_given_up_answers_nobody() -> None:
    session = AmiSession("a")
    asked, _ = session.ask("QueueStatus", listing=True)
    session.give_up(asked)
    late = packet("Response: Success", f"ActionID: {asked}")
    item = packet("Event: QueueMember", f"ActionID: {asked}")
    assert session.receive_data(BANNER + late + item) == []
    assert session.counters["late"] == 2
    assert session.receive_data(packet("Response: Success", "ActionID: of another")) == []
    assert session.counters["strange"] == 1


def test_when_the_link_goes_what_pends_is_unknown() -> None:
    session = AmiSession("a")
    asked = {session.ask("Ping")[0] for _ in range(3)}
    lost = session.lost()
    assert {it.action_id for it in lost} == asked
    assert {it.reply.verdict for it in lost} == {Verdict.UNKNOWN}
    assert session.pending == 0


def test_an_event_about_an_action_is_an_event() -> None:
    session = AmiSession("a")
    asked, _ = session.ask("Originate", {"Async": "true"})
    told = session.receive_data(
        BANNER
        + packet("Response: Success", f"ActionID: {asked}", "Message: Originate queued")
        + packet("Event: OriginateResponse", f"ActionID: {asked}", "Response: Failure")
    )
    assert isinstance(told[0], Settled)
    assert isinstance(told[1], Packet)
    assert told[1].event == "OriginateResponse"
