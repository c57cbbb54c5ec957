"""The plans in ``examples/plans``: each is valid without a finding, tells itself in English
and Spanish, and does at the characteristic moments of a day what its comments promise. What
those promise where kinds of work mix: ``test_example_plans_blended.py``.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.scenarios.day import Day, plan_of, utc

from ccroute import Plan, Rejected, openings

ROOT = Path(__file__).parents[1]
PLANS = sorted((ROOT / "examples" / "plans").glob("*.toml"))
LONGEST = 150

Attributes = dict[str, str | int | bool]


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
