"""Redaction of commands and states together, over commands drawn at random: the same events but
for the pseudonyms, and the same state."""

import asyncio
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
from hypothesis import given, settings

from ccroute import (
    Accept,
    Cancel,
    CcrouteError,
    Command,
    Connected,
    Decline,
    Dispose,
    Enqueue,
    Event,
    Exclude,
    HandOver,
    Hold,
    Join,
    NotReady,
    Observed,
    Plan,
    Press,
    Ready,
    Reconcile,
    Release,
    Reprioritise,
    RequestCallback,
    Resume,
    Router,
    SetPlan,
    SetScores,
    SignIn,
    SignOut,
    Suspend,
    Transfer,
    Update,
)
from ccroute.host import Host, host_incident, read_incident
from ccroute.testing import ManualTime

FIRST = """
[[classification.rules]]
name = "gold"
when = 'segment in ["gold", "silver"] || caller.startsWith("+34") && !caller.endsWith("9")'
queue = "vip"
[[classification.rules]]
when = 'attributes.account > 500 || city < "m" || note.contains("angry")'
queue = "billing"
[[classification.rules]]
queue = "sales"
[[classification.attach]]
when = 'segment == "gold"'
label_of = "owner"
label = "name"
lasts = "5s"
[scores.fit]
by = "kind"
[queues.vip]
preferred.last_agent = "600s"
frozen = true
[[queues.vip.escalation]]
name = "late"
after = "5s"
if = 'contact.customer == "cust-1" || size(city) == 4'
raise = { head_start = "60s" }
[queues.billing]
strategy = ["scores"]
scores = "fit"
leaving.resume_within = "30s"
wrap_up = { mode = "optional", limit = "10s" }
dispositions = ["sold", "lost"]
callback = {}
[queues.billing.exits]
1 = { end = true }
2 = { offer_callback = true }
[queues.sales]
[agents.ana]
queues = ["vip", "billing", "sales"]
labels = { name = "cust-2" }
[agents.luis]
queues = ["billing", "sales"]
[agents.eva]
queues = ["vip", "sales"]
"""
SECOND = FIRST.replace('"+34"', '"+35"').replace('city < "m"', "city == customer")
PLANS = [Plan.from_toml(FIRST), Plan.from_toml(SECOND)]

CALLS = [f"call-{number}" for number in range(6)]
AGENTS = ["ana", "luis", "eva"]
contacts = st.sampled_from(CALLS)
agents = st.sampled_from(AGENTS)
customers = st.sampled_from(["cust-1", "cust-2", "cust-3", "+34600111229", ""])
texts = st.sampled_from(
    ["gold", "silver", "bronze", "+34600111222", "+34600111229", "+35600", "Lugo", "Zamora",
     "an angry one", "cust-2", "two\nlines", ""]
)  # fmt: skip
values = st.one_of(texts, st.sampled_from([1, 499, 501, 1 << 40]), st.booleans())
# What conditions look into stays; so nobody's name is put there.
looked_into = st.sampled_from(["gold", "Lugo", "Zamora", "cust-2", 7])
attributes = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(["segment", "caller", "account", "note", "pin"], values),
        **dict.fromkeys(["city", "customer", "owner", "kind"], looked_into),
    },
)
words = st.sampled_from([None, "lunch", "late", "saw the dentist"])
offers = st.integers(0, 12)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        Enqueue,
        contact=contacts,
        queue=st.sampled_from([None, None, "billing", "vip"]),
        attributes=attributes,
        customer=customers,
        conversation=customers,
        previous=st.one_of(st.none(), contacts),
    ),
    st.builds(SignIn, agent=agents),
    st.builds(Ready, agent=agents),
    st.builds(Ready, agent=agents),
    st.builds(NotReady, agent=agents, reason=words),
    st.builds(SignOut, agent=agents),
    st.builds(Accept, offer=offers),
    st.builds(Decline, offer=offers, reason=words),
    st.builds(Connected, contact=contacts),
    st.builds(Hold, contact=contacts),
    st.builds(Resume, contact=contacts),
    st.builds(Release, contact=contacts, by=st.sampled_from(["agent", "customer", "Gomez"])),
    st.builds(Cancel, contact=contacts, cause=st.sampled_from(["abandoned", "Gomez went"])),
    st.builds(Transfer, contact=contacts, queue=st.sampled_from(["vip", "billing", "x"])),
    st.builds(Update, contact=contacts, attributes=attributes),
    st.builds(Press, contact=contacts, key=st.sampled_from(["1", "2", "4111222233334444"])),
    st.builds(Dispose, contact=contacts, codes=st.lists(st.sampled_from(["sold", "hm"]))),
    st.builds(Reprioritise, contact=contacts, band=st.integers(0, 2)),
    st.builds(Suspend, contact=contacts, lasts=st.just(3.0)),
    st.builds(RequestCallback, contact=contacts),
    st.builds(Exclude, contact=contacts, agent=agents),
    st.builds(Join, contact=contacts, agent=agents, role=st.just("conference")),
    st.builds(HandOver, contact=contacts, agent=agents),
    st.builds(
        Reconcile,
        observed=st.lists(
            st.builds(Observed, contact=contacts, agent=st.one_of(st.none(), agents)), max_size=2
        ),
        among=st.one_of(st.none(), st.tuples(st.just("caller"), texts)),
    ),
    st.builds(
        SetScores,
        table=st.just("fit"),
        scores=st.just({"gold": {"luis": 2.0}, "7": {"ana": 1.0}}),
        expires=st.just(1_700_000_500.0),
    ),
    st.builds(SetPlan, plan=st.sampled_from(PLANS)),
)
steps = st.lists(
    st.tuples(commands, st.sampled_from([0.0, 0.0, 1.0, 4.0, 20.0]), words), min_size=5, max_size=60
)

Told = list[tuple[object, ...]]


def like(event: Event) -> tuple[object, ...]:
    """An event without what has a pseudonym."""
    known = ("offer", "role", "until", "band", "number", "since", "position")
    more = [getattr(event, name, None) for name in known]
    return (event.kind, event.sequence, event.at, event.visit, event.queue, event.agent,
            event.channel, event.cause, *more)  # fmt: skip


@settings(max_examples=60)
@given(steps=steps, checkpoint=st.sampled_from([5.0, 30.0, 1000.0]))
def test_decisions_are_the_same_without_what_is_personal(
    steps: list[tuple[Command, float, str | None]], checkpoint: float
) -> None:
    told: list[Event] = []

    async def run(path: Path) -> None:
        time = ManualTime()
        async with Host(Router(PLANS[0]), time=time, checkpoint_every=checkpoint) as host:
            host.tenants["main"].told.append(told.extend)
            for agent in AGENTS:
                await host.agent(agent).sign_in()
                await host.agent(agent).ready()
            for command, pause, reason in steps:
                with suppress(CcrouteError, TypeError, ValueError):
                    await host.apply(command, actor="desk-of-Gomez", reason=reason)
                await time.run(pause)
            await host_incident(host, path)

    with TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder) / "b.zip"))
        (it,) = read_incident(Path(folder) / "b.zip").tenants.values()
    assert (it.notes, it.faithful) == ((), True)
    router = it.router()
    again = [event for step in it.replay(router) for event in step.events]
    assert it.agrees(router)
    since = again[0].sequence if again else len(told) + 1
    assert [like(it) for it in again] == [like(it) for it in told if it.sequence >= since]
    names: dict[str, str] = {}
    for before, after in zip([it for it in told if it.sequence >= since], again, strict=True):
        if before.contact is not None and after.contact is not None:
            # One pseudonym for each, and never the contact itself.
            assert names.setdefault(before.contact, after.contact) == after.contact
            assert before.contact != after.contact
    left = b"".join([it.state, *(repr(entry).encode() for entry in it.commands)])
    personal = [
        *CALLS,
        "cust-3",
        "600111222",
        "saw the dentist",
        "Gomez",
        "4111222233334444",
        "bronze",
    ]
    assert [text for text in personal if text.encode() in left] == []
