"""``Router`` in arrays: events as rows, commands as rows, and what both must agree with:
the scalar calls and the metrics.
"""

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.telling import everything
from tests.scenarios.playing import Clock

from ccroute import (
    CAUSES,
    COMMAND_DTYPE,
    COMMAND_OPS,
    DEVICES,
    EVENT_DTYPE,
    KINDS,
    ROLES,
    STATUS_CODES,
    KpiAggregator,
    Plan,
    Rejected,
    Router,
)
from ccroute.metrics import Metrics

PLAN = Plan.from_toml("""
channels = ["voice", "chat"]
retention = "3s"
[queues.vip]
requires = { all_of = { es = 5 } }
offer = { timeout = "6s", connect_within = "4s", exclude_for = "5s" }
wrap_up = { mode = "optional", limit = "8s" }
dispositions = ["sale"]
escalation = [{ after = "9s", lower = { es = 2 } }]
[queues.mail]
offer = { timeout = "5s", on_missed = "stay_ready" }
[agents.ana]
skills = { es = 8 }
queues = ["vip"]
[agents.bo]
skills = { es = 3 }
queues = ["vip", "mail"]
capacity = { voice = 1, chat = 2 }
""")
NONE, SECOND = 2**32 - 1, 1_000_000


def staffed(clock, more=0):
    router = Router(PLAN, clock=clock)
    for agent in ("ana", "bo"):
        router.sign_in(agent)
        router.ready(agent)
    for number in range(more):
        router.sign_in(f"agent{number}", skills={"es": 8}, queues=["vip", "mail"])
    return router


def rows(*commands):
    """Commands given by op and fields, as an array."""
    array = np.zeros(len(commands), COMMAND_DTYPE)
    for row, (op, fields) in zip(array, commands, strict=True):
        row["op"] = COMMAND_OPS.index(op)
        for name, value in fields.items():
            row[name] = value
    return array


# Events as rows


def told_in_full():
    """A router whose pending events use every field."""
    clock = Clock(1.5)
    scout = staffed(clock)
    scout.enqueue("c1", queue="vip")
    offer = scout.events()[-1].offer
    router = staffed(clock)
    router.set_device("bo", "ringing")
    router.enqueue("c1", queue="vip", head_start=1.0)
    router.not_ready("bo", reason="lunch")
    router.enqueue("c2", queue="vip", channel="chat")
    router.reprioritise("c2", band=-3)
    clock.at = 2.25
    router.accept(offer)
    router.connected("c1")
    router.join("c1", "bo", role="monitor")
    router.transfer("c1", queue="mail")
    router.dispose("c1", ["sale"])
    clock.at = 12.0
    router.advance()
    return router


def number_of(event):
    for name in ("step", "band", "revision"):
        if hasattr(event, name):
            return getattr(event, name)
    return DEVICES.index(event.device) if hasattr(event, "device") else 0


def test_rows_of_events_say_what_objects_say():
    by_rows, by_objects = told_in_full(), told_in_full()
    table, events = by_rows.events_array(), by_objects.events()
    assert table.dtype == EVENT_DTYPE
    assert len(table) == len(events)
    lists = {kind: by_rows.names(f"{kind}s") for kind in ("agent", "queue", "reason")}
    channels, contacts = by_rows.names("channels"), {}
    for row, event in zip(table, events, strict=True):
        assert (row["sequence"], row["visit"]) == (event.sequence, event.visit)
        assert row["at_us"] == round(event.at * SECOND)
        assert (KINDS[row["kind"]], CAUSES[row["cause"]]) == (event.kind, event.cause or "none")
        assert ROLES[row["role"]] == getattr(event, "role", "primary")
        assert row["offer"] == getattr(event, "offer", 0)
        for kind, names in lists.items():
            name = None if row[kind] == NONE else names[row[kind]]
            assert name == getattr(event, kind)
        channel = None if row["channel"] == 255 else channels[row["channel"]]
        assert channel == event.channel
        assert contacts.setdefault(int(row["contact"]), event.contact) == event.contact
        time = getattr(event, "since", getattr(event, "until", None))
        assert row["time_us"] == (-1 if time is None else round(time * SECOND))
        assert row["number"].astype(np.int32) == number_of(event)
    assert contacts.pop(0) is None
    assert sorted(contacts.values()) == ["c1", "c2"]
    for field in ("offer", "cause", "role", "number", "reason", "time_us"):
        assert len(set(table[field].tolist())) > 1, field
    assert len(by_rows.events_array()) == len(by_objects.events()) == 0


# Commands as rows


def scalar(router, clock, row, offers):
    """The scalar call of one row; the word of its status. ``offers``: live, by contact."""
    clock.at = row["at_us"] / SECOND
    op, contact = COMMAND_OPS[row["op"]], str(row["contact"])
    queue, agent = named(router, "queues", row["queue"]), named(router, "agents", row["agent"])
    cause = CAUSES[row["cause"]] if row["cause"] < len(CAUSES) else "nonsense"
    head_start = row["value_us"] / SECOND
    calls = {
        "enqueue": lambda: router.enqueue(
            contact,
            queue=queue,
            channel=named(router, "channels", row["channel"]),
            band=int(row["band"]),
            head_start=head_start,
        ),
        "reprioritise": lambda: router.reprioritise(
            contact, band=int(row["band"]), head_start=head_start
        ),
        "cancel": lambda: router.cancel(contact, cause=cause),
        "release": lambda: router.release(contact, by=cause),
        "transfer": lambda: router.transfer(contact, queue=queue, keep_age=bool(row["flag"])),
        "end_wrap_up": lambda: router.end_wrap_up(agent, contact),
    }
    try:
        if op in calls:
            calls[op]()
        elif op in {"accept", "decline"}:
            answered(router, op, contact, row, offers)
        elif op in {"ready", "not_ready", "sign_out"}:
            getattr(router, op)(agent)
        elif op in {"connected", "hold", "resume"}:
            getattr(router, op)(contact)
        else:
            router.advance()
    except Rejected as refusal:
        return refusal.code
    return "accepted"


def named(router, kind, place):
    names = router.names(kind)
    return names[place] if place < len(names) else "nobody"


def answered(router, op, contact, row, offers):
    """Accepts or declines by offer or, with 0, by contact."""
    router.advance()
    offers.update(live_offers(router, offers))
    why = {"failure": failure_of(row)} if op == "decline" else {}
    if row["offer"]:
        getattr(router, op)(int(row["offer"]), **why)
    elif why.get("failure") != "nonsense" and router.explain(contact).phase == "offered":
        getattr(router, op)(offers["live"][contact], **why)
    else:
        getattr(router, op)(0, **why)


def failure_of(row):
    cause = CAUSES[row["cause"]] if row["cause"] < len(CAUSES) else "nonsense"
    if cause == "none":
        return "declined"
    return cause if cause in {"declined", "missed", "busy", "unreachable"} else "nonsense"


def live_offers(router, offers):
    """Reads events, keeps them, and knows the last offer of each contact."""
    events = router.events()
    offers["told"] += events
    made = {event.contact: event.offer for event in events if event.kind == "offer_made"}
    return {"live": offers["live"] | made}


# Commands that lead on come more often: else nobody would ever be connected.
OFTEN = ["enqueue", "ready", "release", "end_wrap_up"] * 3 + ["accept", "connected"] * 8
OPS = [COMMAND_OPS.index(op) for op in [*COMMAND_OPS, *OFTEN]]
USUAL = {
    "contact": [1, 2, 3, 4, 5],
    "offer": [0],
    "queue": [0, 1],
    "agent": [*range(4)],
    "band": [0, 0, 2, -2],
    "value_us": [0, 0, SECOND],
    "channel": [0, 0, 1],
    "cause": [CAUSES.index(word) for word in ("abandoned", "timed_out", "customer", "agent")] * 4
    + [CAUSES.index(word) for word in ("none", "busy")],
    "flag": [0, 1],
    "passed": [0, 1, SECOND // 2, SECOND, 2 * SECOND],
}
ODD = {
    "contact": [0, 2**64 - 1],
    "offer": [5, 1 << 32, (1 << 32) + 1, (2 << 32) + 1, 2**64 - 1],
    "queue": [2, NONE],
    "agent": [4, NONE],
    "band": [-32768, 32767],
    "value_us": [-1, 4 * 10**14, 2**63 - 1],
    "channel": [2, 255],
    "cause": [CAUSES.index("missed"), 250],
    "flag": [255],
    "passed": [-1, -SECOND, 7 * SECOND, 30 * SECOND],
}


def script_of(seed, length=250):
    """Commands of all kinds; one value in thirty is odd."""
    dice, now = random.Random(seed), 0
    table = np.zeros(length, COMMAND_DTYPE)
    for row in table:
        row["op"] = dice.choice(OPS)
        values = {
            name: dice.choice(usual if dice.randrange(30) else ODD[name])
            for name, usual in USUAL.items()
        }
        row["at_us"] = now + values.pop("passed")
        now = max(now, int(row["at_us"]))
        for name, value in values.items():
            row[name] = value
    return table


def compared(table):
    """Runs commands in one batch, in two and by scalar calls; what became of which op."""
    clock = Clock()
    whole, halves, one_by_one = (staffed(at, 2) for at in (Clock(), Clock(), clock))
    events, statuses = whole.apply_batch(table)
    assert (events.dtype, statuses.dtype, len(statuses)) == (EVENT_DTYPE, np.uint8, len(table))
    cut = len(table) // 2
    parts = [halves.apply_batch(table[:cut]), halves.apply_batch(table[cut:])]
    assert np.concatenate([part[0] for part in parts]).tobytes() == events.tobytes()
    assert np.concatenate([part[1] for part in parts]).tolist() == statuses.tolist()
    words = [STATUS_CODES[status] for status in statuses]
    offers = {"live": {}, "told": []}
    assert words == [scalar(one_by_one, clock, row, offers) for row in table]
    told = offers["told"] + one_by_one.events()
    assert [(e.sequence, e.kind, round(e.at * SECOND)) for e in told] == [
        (row["sequence"], KINDS[row["kind"]], row["at_us"]) for row in events
    ]
    assert whole.state_hash() == halves.state_hash() == one_by_one.state_hash()
    counters = [router.metrics.counters() for router in (whole, halves, one_by_one)]
    assert counters[0] == counters[1] == counters[2]
    assert counters[0]["events"] == len(told)
    for router in (whole, one_by_one):
        router.check()
    return {(COMMAND_OPS[row["op"]], word) for row, word in zip(table, words, strict=True)}


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_batch_is_the_scalar_calls_in_order(seed):
    compared(script_of(seed))


def test_generated_batches_reach_every_command_and_most_refusals():
    became = set().union(*(compared(script_of(seed)) for seed in range(60)))
    assert {op for op, word in became if word == "accepted"} == set(COMMAND_OPS)
    never = set(STATUS_CODES) - {word for _, word in became}
    assert never == {
        "agent_signed_in",
        "unknown_skill",
        "no_capacity",
        "already_joined",
        "wrap_up_rule",
        "unknown_disposition",
        # No row asks for these.
        "unknown_exit",
        "unknown_line",
        "unknown_kpi",
        "unknown_table",
        "no_callback",
        "not_serving",
        "unclassified",
    }


def test_a_batch_refuses_row_by_row_and_goes_on():
    table = rows(
        ("enqueue", {"contact": 7, "at_us": SECOND}),
        ("enqueue", {"contact": 7, "at_us": SECOND}),
        ("accept", {"contact": 7, "at_us": 2 * SECOND}),
        ("ready", {"agent": 9, "at_us": 2 * SECOND}),
        ("hold", {"contact": 7, "at_us": 2 * SECOND}),
        ("connected", {"contact": 7, "at_us": SECOND}),
        ("connected", {"contact": 7, "at_us": 3 * SECOND}),
        ("transfer", {"contact": 7, "queue": NONE, "at_us": 3 * SECOND}),
        ("enqueue", {"contact": 8, "value_us": 2**62, "at_us": 3 * SECOND}),
        ("advance", {"at_us": -3}),
        ("release", {"contact": 7, "cause": CAUSES.index("customer"), "at_us": 9 * SECOND}),
    )
    router = staffed(Clock())
    router.events()
    events, statuses = router.apply_batch(table)
    assert [STATUS_CODES[status] for status in statuses] == [
        "accepted",
        "duplicate_contact",
        "accepted",
        "unknown_agent",
        "wrong_phase",
        "time_backwards",
        "accepted",
        "unknown_queue",
        "invalid_value",
        "invalid_value",
        "accepted",
    ]
    assert [KINDS[row["kind"]] for row in events] == [
        "contact_queued",
        "offer_made",
        "offer_accepted",
        "contact_connected",
        "contact_released",
        "wrap_up_started",
    ]
    assert router.explain("7").phase == "closed"


def test_a_batch_gives_back_the_events_that_were_pending():
    router = staffed(Clock())
    pending = [event.sequence for event in staffed(Clock()).events()]
    events, statuses = router.apply_batch(rows())
    assert (events["sequence"].tolist(), len(statuses)) == (pending, 0)


def test_strided_and_read_only_commands_are_taken():
    table = rows(*(("enqueue", {"contact": number}) for number in range(6)))
    table.flags.writeable = False
    router = staffed(Clock())
    assert router.apply_batch(table[::-2])[1].tolist() == [0, 0, 0]
    assert [router.explain(contact).ahead for contact in ("5", "3", "1")] == [None, 0, 1]


BEYOND = rows(("advance", {}), ("advance", {}))
BEYOND["op"][1] = len(COMMAND_OPS)
MALFORMED = [
    (None, TypeError, "COMMAND_DTYPE"),
    ([(1, 2)], TypeError, "int64 with 2 dimensions: give one dimension"),
    (np.zeros(3), TypeError, "float64 with 1 dimensions: give one dimension"),
    (np.zeros(3, EVENT_DTYPE), TypeError, "COMMAND_DTYPE"),
    (np.zeros(3, COMMAND_DTYPE.newbyteorder(">")), TypeError, "COMMAND_DTYPE"),
    (np.zeros((1, 3), COMMAND_DTYPE), TypeError, "with 2 dimensions: give one dimension"),
    (np.zeros((), COMMAND_DTYPE), TypeError, "with 0 dimensions: give one dimension"),
    (BEYOND, ValueError, r"row 1: op 15 is none of 0 to 14 \(advance, enqueue, "),
]


@pytest.mark.parametrize(("commands", "error", "words"), MALFORMED)
def test_a_malformed_array_is_refused_whole(commands, error, words):
    router = staffed(Clock())
    with pytest.raises(error, match=words):
        router.apply_batch(commands)
    other = staffed(Clock())
    assert router.state_hash() == other.state_hash()
    assert router.events() == other.events()


# Metrics


def a_long_day(router):
    """Forty contacts: some are served, some missed, some give up."""
    commands, now = [], 0
    for number in range(1, 41):
        fields = {"contact": number, "queue": number % 2}
        story = ["enqueue", "accept", "connected", "release"] if number % 3 else ["enqueue"]
        if number % 5 == 0:
            story = ["enqueue", "cancel"]
        for op in [*story, "advance"]:
            now += 2 * SECOND
            cause = {"release": "customer", "cancel": "abandoned"}.get(op, "none")
            command = {**fields, "at_us": now, "cause": CAUSES.index(cause)}
            commands.append((op, command))
        commands += [("ready", {"agent": agent, "at_us": now}) for agent in (0, 1)]
    return router.apply_batch(rows(*commands))[0]


def test_metrics_count_what_the_events_say():
    router = staffed(Clock())
    kinds = {}
    for row in a_long_day(router):
        if row["queue"] != NONE:
            queue = router.names("queues")[row["queue"]]
            kinds.setdefault(queue, Counter())[KINDS[row["kind"]]] += 1
    events = {
        "offered": "contact_queued",
        "answered": "contact_connected",
        "abandoned": "contact_abandoned",
        "offers.made": "offer_made",
        "offers.missed": "offer_missed",
        "conversations": "contact_released",
    }
    report = router.metrics.report(kpis=[*events, "left", "waiting"])
    assert {row.labels["queue"] for row in report} == set(kinds) == {"vip", "mail"}
    for row in report:
        count = kinds[row.labels["queue"]]
        for kpi, kind in events.items():
            assert row[kpi].value == count[kind] > 0
        assert row["left"].value == count["contact_left"]
        parts = ("answered", "abandoned", "left", "waiting")
        assert row["offered"].value == sum(row[kpi].value for kpi in parts)


def test_the_same_events_folded_elsewhere_give_the_same_report():
    router = staffed(Clock())
    table = a_long_day(router)
    elsewhere = KpiAggregator()
    lists = {kind: router.names(kind) for kind in ("queues", "agents", "channels", "reasons")}
    elsewhere.fold_batch(table, source="router", **lists)
    assert everything(elsewhere) == everything(router.metrics.aggregator) != {}
    assert router.metrics.counters() == elsewhere.counters()
    assert router.metrics.counters()["events"] == len(table)


def test_events_read_as_objects_fold_to_the_same_report():
    router = told_in_full()
    elsewhere = Metrics()
    elsewhere.fold_all(router.events())
    assert everything(elsewhere.aggregator) == everything(router.metrics.aggregator) != {}
    assert elsewhere.counters() == router.metrics.counters()
