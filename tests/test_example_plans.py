"""The plans in ``examples/plans``: each is valid without a finding, tells itself in English
and Spanish, and does at the characteristic moments of a day what its comments promise.
"""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ccroute import Event, ManualClock, Plan, Rejected, Router, openings

ROOT = Path(__file__).parents[1]
PLANS = sorted((ROOT / "examples" / "plans").glob("*.toml"))
LONGEST = 150

Attributes = dict[str, str | int | bool]


def plan_of(name: str) -> Plan:
    return Plan.from_toml((ROOT / "examples" / "plans" / f"{name}.toml").read_text())


class Day:
    """A router under one of the plans, its clock, and everything that has happened.

    Instants are seconds from the start, at which every queue is open.
    """

    def __init__(self, plan: str) -> None:
        self.plan = plan_of(plan)
        self.clock = ManualClock()
        self.router = Router(self.plan, clock=self.clock)
        self._events: list[Event] = []
        self._told = 0
        for name, queue in self.plan.queues.items():
            if queue.hours is not None:
                self.router.set_queue_open(name, True)

    def at(self, seconds: float) -> None:
        self.clock.set(seconds)
        self.router.advance()

    def quiet_until(self, seconds: float) -> None:
        """Nobody is offered anything before."""
        self.at(seconds - 0.001)
        assert self.offers() == []
        self.at(seconds)

    def staff(self, *agents: str) -> None:
        for agent in agents:
            self.router.sign_in(agent)
            self.router.ready(agent)

    def come(self, contact: str, **attributes: str | int | bool) -> None:
        """A contact by the rules of the plan."""
        self.router.enqueue(contact, attributes=attributes)

    def events(self) -> list[Event]:
        self._events += self.router.events()
        return self._events

    def all_of(self, *kinds: str) -> list[Event]:
        return [event for event in self.events() if event.kind in kinds]

    def offers(self) -> list[tuple[str | None, str | None]]:
        """Contact and agent of the offers made since this was last asked."""
        fresh = self.events()[self._told :]
        self._told = len(self._events)
        return [(event.contact, event.agent) for event in fresh if event.kind == "offer_made"]

    def last(self, kind: str, *fields: str) -> tuple[Any, ...]:
        """What the last event of the kind says in these fields."""
        event = self.all_of(kind)[-1]
        return tuple(getattr(event, field) for field in fields)

    def offer_of(self, contact: str) -> int:
        made = [e for e in self.all_of("offer_made") if e.contact == contact]
        offer: int = getattr(made[-1], "offer")  # noqa: B009
        return offer

    def talk(self, contact: str) -> None:
        """The last offer of the contact is accepted, unless it was at once, and joined."""
        if contact not in {event.contact for event in self.all_of("offer_accepted")}:
            self.router.accept(self.offer_of(contact))
        self.router.connected(contact)

    def queue_of(self, contact: str) -> str | None:
        queued = self.all_of("contact_queued")
        return [event.queue for event in queued if event.contact == contact][-1]


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


# --- All of them -----------------------------------------------------------------------------


def test_the_six_are_there() -> None:
    assert [path.stem for path in PLANS] == [
        *("bilingual_support", "blended", "channels", "collections", "follow_the_sun"),
        "tourism_sales",
    ]


def command(*arguments: str | Path) -> str:
    program = [sys.executable, "-c", "from ccroute.cli import main; main()", *arguments]
    ran = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_plan_is_valid_without_any_finding_and_short(path: Path) -> None:
    (line,) = command("plan", "validate", "--strict", path).splitlines()
    assert ": valid, " in line
    text = path.read_text()
    assert text.startswith("# ")
    assert text.count("\n") <= LONGEST
    assert max(map(len, text.splitlines())) <= 110


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    ("language", "queue", "step"), [("en", "Queue ", "After "), ("es", "Cola ", "Tras ")]
)
def test_plan_explains_itself(path: Path, language: str, queue: str, step: str) -> None:
    plan = Plan.from_toml(path.read_text())
    lines = command("plan", "explain", "-l", language, path).splitlines()
    told = [line.split(",")[0] for line in lines if line.startswith(queue)]
    assert told == [queue + name for name in plan.queues]
    steps = sum(len(it.escalation) for it in plan.queues.values())
    assert sum(line.strip().startswith(step) for line in lines) == steps
    assert plan.classification is not None
    for rule in plan.classification.rules:
        assert (
            sum(line.startswith((f"Rule {rule.name}: ", f"Regla {rule.name}: ")) for line in lines)
            == 1
        )


@pytest.mark.parametrize(
    ("plan", "agent", "attributes", "after"),
    [
        ("bilingual_support", "bo", {"language": "english"}, 40),
        ("bilingual_support", "dora", {"topic": "billing", "language": "spanish"}, 60),
        ("bilingual_support", "cleo", {"topic": "technical", "language": "spanish"}, 40),
        ("tourism_sales", "cleo", {"product": "package", "language": "english"}, None),
        ("tourism_sales", "cleo", {"product": "package", "language": "french"}, 180),
        ("tourism_sales", "bo", {"product": "hotel", "language": "spanish"}, 45),
        ("tourism_sales", "cleo", {"product": "hotel", "language": "portuguese"}, 0),
        ("tourism_sales", "cleo", {"product": "hotel", "language": "french"}, 180),
        ("tourism_sales", "summer", {"product": "package", "language": "spanish"}, 90),
        ("collections", "dora", {"direction": "in", "days_past_due": 40}, 20),
        ("collections", "bo", {"direction": "in", "days_past_due": 40}, 30),
        ("collections", "supervisor", {"direction": "in", "days_past_due": 140}, 120),
        ("blended", "bo", {"topic": "cancel"}, 20),
        ("blended", "eva", {"topic": "bill"}, 30),
        ("blended", "cleo", {"topic": "buy"}, 45),
        ("blended", "ana", {"topic": "bill"}, 60),
        ("follow_the_sun", "bo", {"region": "europe", "language": "spanish"}, 20),
        ("follow_the_sun", "ana", {"region": "asia", "language": "english"}, 20),
        ("follow_the_sun", "dora", {"region": "europe", "language": "spanish"}, 60),
    ],
)
def test_the_only_agent_there_is_asked_after_a_while(
    plan: str, agent: str, attributes: Attributes, after: int | None
) -> None:
    """As the steps and delays say; 0: at once; None: never."""
    day = Day(plan)
    day.staff(agent)
    day.come("c1", **attributes)
    if after:
        day.quiet_until(after)
    day.at(after if after is not None else 600)
    assert day.offers() == ([] if after is None else [("c1", agent)])


# --- Bilingual support -------------------------------------------------------------------------


@pytest.mark.parametrize(("freed", "next_one"), [(88, "plain"), (92, "vip")])
@pytest.mark.parametrize(("topic", "agent"), [("", "eva"), ("billing", "bo"), ("technical", "bo")])
def test_vip_overtakes_after_half_a_minute(
    topic: str, agent: str, freed: float, next_one: str
) -> None:
    """Three times as fast: at 90 s, (90 - 60) x 3 is what the other has waited."""
    day = Day("bilingual_support")
    day.come("plain", language="spanish", topic=topic)
    day.at(60)
    day.come("vip", language="spanish", topic=topic, segment="vip")
    day.at(freed)
    day.staff(agent)
    assert day.offers() == [(next_one, agent)]


def test_complaint_is_never_for_the_trainee() -> None:
    day = Day("bilingual_support")
    day.staff("dora")
    day.come("c1", topic="billing", language="spanish", complaint=True)
    day.quiet_until(600)
    assert day.queue_of("c1") == "messages"


def test_who_rings_again_gets_the_same_agent_for_ten_seconds() -> None:
    day = Day("bilingual_support")
    day.staff("ana")
    day.router.enqueue("first", customer="maria", attributes={"topic": "billing"})
    day.talk("first")
    day.at(100)
    day.router.release("first")
    day.router.dispose("first", ["explained"])
    day.router.end_wrap_up("ana", "first")
    day.staff("bo")
    day.router.not_ready("ana")
    day.at(200)
    day.offers()
    day.router.enqueue("again", customer="maria", attributes={"topic": "billing"})
    day.quiet_until(210)
    assert day.offers() == [("again", "bo")]


def test_support_after_hours_leaves_a_message() -> None:
    day = Day("bilingual_support")
    day.staff("voicemail", "ana")
    for queue, topic in (("billing", "billing"), ("technical", "technical"), ("general", "")):
        day.router.set_queue_open(queue, False)
        day.come(queue, topic=topic)
        assert day.last("contact_refused", "queue", "cause") == (queue, "closed")
        assert day.queue_of(queue) == "messages"
        assert day.last("offer_accepted", "contact", "agent") == (queue, "voicemail")


def test_callback_keeps_age_and_knowledge_and_comes_back_to_who_tried() -> None:
    day = Day("bilingual_support")
    day.at(5)
    day.come("c1", topic="billing", language="spanish")
    day.at(184)
    assert day.all_of("callback_offered") == []
    day.at(185)
    assert day.last("callback_offered", "contact") == ("c1",)
    day.router.request_callback("c1")
    assert day.last("contact_queued", "queue", "since") == ("callbacks", 5.0)
    day.staff("eva", "cleo")  # neither knows bills
    assert day.offers() == []
    day.staff("ana")
    assert day.offers() == [("c1", "ana")]
    day.router.accept(day.offer_of("c1"))
    day.router.fail_callback("c1", cause="busy")
    assert day.last("contact_scheduled", "until") == (185 + 300,)
    day.staff("bo")
    day.at(485)
    assert day.offers() == [("c1", "ana")]


# --- Tourism sales -----------------------------------------------------------------------------


def test_high_season_goes_before_older_low_season() -> None:
    day = Day("tourism_sales")
    day.come("may", product="package", travel_month=5, language="spanish")
    day.at(30)
    day.come("july", product="package", travel_month=7, language="spanish")
    day.staff("ana")
    assert day.offers() == [("july", "ana")]


@pytest.mark.parametrize(("package_at", "next_one"), [(10, "package"), (30, "hotel")])
def test_a_minute_for_a_package_costs_half_as_much_again(package_at: int, next_one: str) -> None:
    """6 / 8 a minute against 2 / 4: at 60 s the package must have waited 40 s."""
    day = Day("tourism_sales")
    day.come("hotel", product="hotel", language="english")
    day.at(package_at)
    day.come("package", product="package", travel_month=5, language="english")
    day.at(60)
    day.staff("bo")
    assert day.offers() == [(next_one, "bo")]


def test_best_seller_in_the_customers_language_goes_first() -> None:
    day = Day("tourism_sales")
    day.staff("cleo", "bo", "ana")
    day.come("c1", product="package", travel_month=5, language="spanish")
    day.come("c2", product="package", travel_month=5, language="french")
    day.come("c3", product="package", travel_month=5, language="portuguese")
    # 2 x 9 + 10 + 7 for ana; bo's Spanish is too weak, but his French will do.
    assert day.offers() == [("c1", "ana"), ("c2", "bo"), ("c3", "cleo")]


def test_holy_week_is_open_from_seven_to_eleven() -> None:
    thursday = {}
    for day in ("2027-03-18", "2027-03-25"):
        since, until = utc(f"{day}T05:00"), utc(f"{day}T05:00") + 86_399  # a day in Cancun
        thursday[day] = [
            ((at - since) / 3600, command.open)
            for at, command in openings(plan_of("tourism_sales"), since=since, until=until)
            if command.queue == "packages" and at > since
        ]
    assert thursday["2027-03-18"] == [(9.0, True), (19.0, False)]
    assert thursday["2027-03-25"] == [(7.0, True), (23.0, False)]


def test_after_hours_the_ivr_takes_a_number_for_the_morning() -> None:
    day = Day("tourism_sales")
    day.router.set_queue_open("packages", False)
    day.come("late", product="package", travel_month=7)
    assert day.last("contact_refused", "cause") == ("closed",)
    day.staff("bo", "ana")
    morning = 13 * 3600.0
    day.router.enqueue("late-2", queue="tomorrow", not_before=morning, preferred=["ana"])
    day.quiet_until(morning)
    assert day.offers() == [("late-2", "ana")]


# --- Collections -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "queue"),
    [
        ({"direction": "out", "right_party": True, "days_past_due": 12}, "reminder"),
        ({"direction": "out", "right_party": True, "days_past_due": 31}, "agreement"),
        ({"direction": "out", "right_party": True, "days_past_due": 91}, "settlement"),
        ({"direction": "out", "days_past_due": 91}, "verification"),
        ({"direction": "out", "right_party": False, "days_past_due": 5}, "verification"),
        ({"direction": "in", "days_past_due": 5}, "agreement"),
        ({"direction": "in", "days_past_due": 120}, "settlement"),
        ({"direction": "in", "days_past_due": 120, "disputed": True}, "compliance"),
        ({"direction": "out", "do_not_call": True}, "compliance"),
    ],
)
def test_stage_and_right_party_decide_who_speaks(attributes: Attributes, queue: str) -> None:
    day = Day("collections")
    day.come("c1", **attributes)
    assert day.queue_of("c1") == queue


def test_the_right_party_goes_on_to_the_owner_of_the_account() -> None:
    day = Day("collections")
    day.staff("cleo", "ana", "dora")
    day.router.enqueue("c1", attributes={"direction": "out", "days_past_due": 100})
    assert day.offers() == [("c1", "cleo")]
    day.talk("c1")
    day.router.update("c1", attributes={"right_party": True})
    day.router.transfer("c1", queue="settlement")
    assert day.offers() == [("c1", "dora")]


def test_settlement_waits_two_minutes_for_the_owner() -> None:
    day = Day("collections")
    day.staff("dora", "supervisor")
    attributes: Attributes = {"direction": "in", "days_past_due": 120}
    day.router.enqueue("busy", attributes=attributes)
    day.talk("busy")
    day.offers()
    day.router.enqueue("c1", attributes=attributes, preferred=["dora"])
    day.quiet_until(120)
    assert day.offers() == [("c1", "supervisor")]


def test_agent_about_whom_the_customer_complained_is_left_out() -> None:
    day = Day("collections")
    day.staff("ana", "bo")
    attributes: Attributes = {"direction": "in", "days_past_due": 40}
    day.router.enqueue("c1", attributes=attributes, excluded=["ana"])
    day.at(29)
    assert day.offers() == []  # bo's 4 is not yet enough
    day.at(30)
    assert day.offers() == [("c1", "bo")]


def test_outbound_costs_nobody_their_turn() -> None:
    day = Day("collections")
    day.staff("ana", "cleo")
    for contact, at in (("c1", 10.0), ("c2", 60.0)):
        day.at(at)
        day.come(contact, direction="out")
        assert day.offers() == [(contact, "ana")]
        day.talk(contact)
        day.router.release(contact)
        with pytest.raises(Rejected, match="cannot end"):
            day.router.end_wrap_up("ana", contact)
        day.router.dispose(contact, ["wrong_number"])
        day.router.end_wrap_up("ana", contact)


def test_promised_call_comes_at_its_hour_to_who_agreed_it() -> None:
    day = Day("collections")
    day.router.enqueue("c1", attributes={"direction": "in", "days_past_due": 40}, preferred=["ana"])
    day.at(60)
    assert day.last("callback_offered", "contact") == ("c1",)
    day.router.request_callback("c1", at=7200.0)
    day.staff("dora", "ana")
    day.quiet_until(7200)
    assert day.offers() == [("c1", "ana")]
    assert day.queue_of("c1") == "promises"


def test_when_the_allowed_hours_end_nobody_is_called_any_more() -> None:
    day = Day("collections")
    day.router.enqueue("c1", queue="agreement")
    for name, queue in day.plan.queues.items():
        if queue.hours == "allowed":
            day.router.set_queue_open(name, False)
    assert day.last("contact_left", "contact", "cause") == ("c1", "closed")
    day.staff("ana", "cleo")
    day.come("c2", direction="out", right_party=True, days_past_due=40)
    day.come("c3", direction="out")
    assert day.queue_of("c2") == "compliance"
    assert day.last("contact_refused", "contact", "cause") == ("c3", "closed")
    assert day.offers() == []


def test_allowed_hours_end_on_saturday_at_three_and_leave_out_holidays() -> None:
    """From Saturday 14 November 2026; Monday 16 is a holiday in Colombia."""
    since = utc("2026-11-14T05:00")  # midnight in Bogota
    changes = [
        ((at - since) / 3600, change.open)
        for at, change in openings(plan_of("collections"), since=since, until=since + 4 * 86_400)
        if change.queue == "agreement" and at > since
    ]
    tuesday = 3 * 24
    assert changes == [(8, True), (15, False), (tuesday + 7, True), (tuesday + 19, False)]


# --- Blended -------------------------------------------------------------------------------------


def test_two_agents_stay_free_for_inbound() -> None:
    day = Day("blended")
    day.staff("dora", "ana", "bo", "cleo")
    for number in range(3):
        day.come(f"out{number}", direction="out", campaign="renewals")
    # dora never serves inbound; with ana gone, bo and cleo are the two to be kept.
    assert day.offers() == [("out0", "dora"), ("out1", "ana")]
    day.at(10)
    assert day.last("contact_left", "contact", "cause") == ("out2", "failed")
    day.come("in", topic="bill")
    assert day.offers() == [("in", "bo")]


def test_inbound_goes_before_callbacks_however_old() -> None:
    day = Day("blended")
    day.router.enqueue("back", queue="callbacks")
    day.at(600)
    day.come("in", topic="bill")
    day.staff("cleo")
    assert day.offers() == [("in", "cleo")]
    day.talk("in")
    day.staff("bo")
    assert day.offers() == []  # one must stay free
    day.staff("ana")
    assert day.offers() == [("back", "bo")]


def test_outbound_helps_below_eighty_percent_until_ninety() -> None:
    day = Day("blended")
    day.staff("dora")
    day.come("in1")
    assert day.offers() == []
    day.router.observe_kpi("service_level", 79, 100)
    assert day.offers() == [("in1", "dora")]
    day.router.accept(day.offer_of("in1"))
    day.at(5)
    day.router.connected("in1")
    day.at(60)
    day.router.observe_kpi("service_level", 95, 100)
    day.at(299)
    assert day.all_of("help_ended") == []
    day.at(300)
    assert day.last("help_ended", "queue") == ("service",)
    day.router.release("in1")
    day.at(400)
    day.come("in2")
    assert day.offers() == []


def test_a_seller_is_left_to_buyers() -> None:
    day = Day("blended")
    day.come("service")
    day.at(30)
    day.come("buyer", topic="buy")
    day.staff("bo")
    assert day.offers() == [("buyer", "bo")]


def test_who_wants_to_leave_rings_all_sellers_after_twenty_seconds() -> None:
    day = Day("blended")
    day.staff("ana", "bo")
    day.come("c1", topic="cancel")
    assert day.offers() == [("c1", "ana")]
    day.at(10)  # missed; ana stays ready, but is not rung again before the next step
    assert day.offers() == []
    day.at(20)
    assert day.offers() == [("c1", "ana"), ("c1", "bo")]
    day.talk("c1")
    assert [event.agent for event in day.all_of("offer_lost")] == ["ana"]


# --- Channels ------------------------------------------------------------------------------------


def in_hand(day: Day, contact: str, channel: str, **attributes: str | int) -> None:
    """A contact that whoever is alone ready works on now."""
    day.router.enqueue(contact, channel=channel, attributes=attributes)
    day.talk(contact)


@pytest.mark.parametrize(
    ("busy_with", "comes", "gets_it"),
    [
        (["email"], "voice", True),
        (["email"], "chat", True),
        (["chat"], "voice", False),
        (["chat"], "sms", True),
        (["chat"], "email", False),
        (["voice"], "chat", False),
        (["voice"], "sms", False),
        (["voice"], "email", False),
        (["email", "voice"], "sms", False),
        (["chat", "chat"], "chat", True),
        (["chat", "chat", "chat"], "chat", False),
        (["chat", "chat", "chat"], "sms", True),
        (["chat", "chat", "chat", "sms"], "sms", False),
        (["sms"], "chat", True),
        (["sms"], "voice", False),
        (["email"], "email", False),
    ],
)
def test_what_may_come_in_while_an_agent_works(
    busy_with: list[str], comes: str, gets_it: bool
) -> None:
    day = Day("channels")
    day.staff("bo")
    for number, channel in enumerate(busy_with):
        in_hand(day, f"b{number}", channel)
    day.offers()
    day.router.enqueue("next", channel=comes)
    assert day.offers() == ([("next", "bo")] if gets_it else [])


@pytest.mark.parametrize(("waited", "next_one"), [(4 * 3600 - 10, "mail"), (4 * 3600 - 30, "call")])
def test_whose_promise_runs_out_first_goes_next(waited: int, next_one: str) -> None:
    """The call has 15 of its 20 seconds left."""
    day = Day("channels")
    day.router.enqueue("mail", channel="email")
    day.at(waited - 5)
    day.router.enqueue("call", channel="voice")
    day.at(waited)
    day.staff("bo")
    assert day.offers() == [(next_one, "bo")]


def test_claim_that_is_overdue_goes_before_everything() -> None:
    day = Day("channels")
    day.router.enqueue("claim", channel="email", attributes={"topic": "claim"})
    day.staff("bo")
    assert day.offers() == []
    day.router.sign_out("bo")
    assert day.queue_of("claim") == "claims"
    day.at(24 * 3600 - 60)
    day.router.enqueue("call", channel="voice")  # overdue for longer than the claim
    day.at(24 * 3600 + 60)
    day.staff("ana")
    assert day.offers() == [("claim", "ana")]


def test_chat_draws_in_orders_and_becomes_a_mail_with_its_age() -> None:
    day = Day("channels")
    day.router.enqueue("c1", channel="chat")
    day.router.enqueue("c2", channel="chat")
    day.at(59)
    day.staff("dora")
    assert day.offers() == []
    day.at(60)
    assert day.offers() == [("c1", "dora")]
    day.router.connected("c1")
    day.at(300)
    assert day.last("contact_queued", "contact", "queue", "since") == ("c2", "mail", 0.0)


def test_mail_that_lies_there_costs_no_readiness_and_waits_half_an_hour() -> None:
    day = Day("channels")
    day.staff("bo")
    day.router.enqueue("mail", channel="email")
    assert day.offers() == [("mail", "bo")]
    day.at(300)
    assert day.last("offer_missed", "agent") == ("bo",)
    assert day.all_of("agent_not_ready") == []
    day.quiet_until(2100)
    assert day.offers() == [("mail", "bo")]


def test_each_channel_is_measured_against_its_own_promise() -> None:
    day = Day("channels")
    for channel in ("voice", "chat", "email"):
        day.router.enqueue(channel, channel=channel)
    day.at(30)
    day.staff("bo")
    day.talk("voice")  # after 30 s: too late for a call
    day.router.release("voice")
    day.at(61)  # wrap-up is over; too late for a chat, in time for an e-mail
    for channel in ("chat", "email"):
        day.talk(channel)
        day.router.release(channel)
        if channel == "chat":
            day.router.end_wrap_up("bo", channel)
    rows = {row.queue: row for row in day.router.metrics.report().rows}
    levels = {name: (row.within, row.service_level.value) for name, row in rows.items()}
    assert levels["telephone"] == (20.0, 0.0)
    assert levels["chat"] == (45.0, 0.0)
    assert levels["mail"] == (4 * 3600.0, 1.0)


# --- Follow the sun ------------------------------------------------------------------------------


def test_at_closing_time_who_waits_goes_on_with_the_time_waited() -> None:
    day = Day("follow_the_sun")
    day.router.sign_in("bo")
    day.at(100)
    day.come("old", region="europe", language="spanish")
    day.at(110)
    day.come("young", region="south_america", language="spanish")
    day.at(115)
    day.router.set_queue_open("europe", False)
    moved = day.last("contact_queued", "contact", "queue", "cause", "since")
    assert moved == ("old", "worldwide", "overflowed", 100.0)
    day.router.ready("bo")
    assert day.offers() == [("old", "bo")]
    day.come("late", region="europe")
    assert day.queue_of("late") == "worldwide"


def test_line_that_fails_gives_way_to_the_second_and_then_to_the_other_site() -> None:
    day = Day("follow_the_sun")
    day.staff("ana", "bo")
    day.at(100)
    day.come("c1", region="europe", language="spanish")
    assert day.last("offer_made", "contact", "agent", "reason") == ("c1", "ana", "madrid_1")
    day.at(105)
    day.router.set_line("madrid_1", False)
    assert day.last("offer_withdrawn", "cause") == ("line_down",)
    assert day.last("offer_made", "contact", "agent", "reason") == ("c1", "ana", "madrid_2")
    day.at(110)
    day.router.set_line("madrid_2", False)
    day.router.not_ready("bo")
    day.come("c2", region="europe", language="spanish")
    assert day.last("contact_requeued", "contact", "since") == ("c1", 100.0)
    day.offers()
    day.quiet_until(131)
    day.router.ready("bo")
    assert day.last("offer_made", "contact", "agent", "reason") == ("c1", "bo", "bogota")
    day.router.accept(day.offer_of("c1"))
    day.router.set_line("madrid_1", True)
    assert day.last("offer_made", "contact", "agent", "reason") == ("c2", "ana", "madrid_1")


def test_when_all_sleep_nobody_is_let_in_and_who_waits_leaves_after_a_minute() -> None:
    day = Day("follow_the_sun")
    for site in ("europe", "americas", "asia"):
        day.router.set_queue_open(site, False)
    day.router.sign_in("cleo")
    day.come("c1", region="europe", language="spanish")
    day.at(10)
    day.router.sign_out("cleo")
    day.come("c2", region="asia")
    refusals = [(event.queue, event.cause) for event in day.all_of("contact_refused")]
    assert refusals[-2:] == [("asia", "closed"), ("worldwide", "no_agents")]
    day.at(69)
    assert day.all_of("contact_left") == []
    day.at(70)
    assert day.last("contact_left", "contact", "cause") == ("c1", "no_agents")


def test_outage_goes_before_what_has_waited_longer() -> None:
    day = Day("follow_the_sun")
    day.router.sign_in("ana")
    day.come("c1", region="europe", language="spanish")
    day.at(15)
    day.come("c2", region="asia", topic="outage", language="spanish")
    day.router.ready("ana")
    assert day.offers() == [("c2", "ana")]


def test_from_monday_to_friday_some_site_is_always_open() -> None:
    """From Madrid's Monday to Bogota's Friday evening, in a week without holidays."""
    since, until = utc("2026-11-23T07:00"), utc("2026-11-27T22:59")
    sites: set[str] = set()
    states: dict[float, set[str]] = {}
    for at, change in openings(plan_of("follow_the_sun"), since=since, until=until):
        sites = sites | {change.queue} if change.open else sites - {change.queue}
        states[at] = sites
    assert min(map(len, states.values())) == 1
    assert max(map(len, states.values())) == 2
