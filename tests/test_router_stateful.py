"""A ``Router`` driven through meaningful and stale commands, and what must hold from outside.

The model reads nothing but the events: it follows each contact, offer and agent, and
complains when one is lost, doubled or overfull. A snapshot taken and restored at any time
must change nothing, and the whole log, played again, must give the same events.
"""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.scenarios.playing import Clock

from ccroute import Envelope, Plan, Rejected, Requirement, Router

PLAN = Plan.from_toml("""
skills = ["es", "en"]
channels = ["voice", "chat"]
retention = "20s"
[queues.vip]
requires = { all_of = { es = 5 } }
wrap_up = { mode = "mandatory", limit = "12s" }
dispositions = ["sale", "no_sale"]
escalation = [{ after = "8s", lower = { es = 2 } }, { after = "20s", drop = ["es"] }]
[queues.mail]
strategy = "most_proficient"
offer = { timeout = "6s", connect_within = "4s", on_missed = "stay_ready", exclude_for = "5s" }
wrap_up = { mode = "optional", limit = "9s", extension = "10s" }
[queues.plain]
[agents.ana]
skills = { es = 8 }
queues = ["vip", "plain"]
[agents.bo]
skills = { es = 3, en = 5 }
queues = ["vip", "mail"]
capacity = { voice = 1, chat = 3 }
[agents.cleo]
queues = ["mail", "plain"]
capacity = { voice = 2 }
""")
AGENTS, QUEUES, CHANNELS = ["ana", "bo", "cleo", "dan"], ["vip", "mail", "plain"], ["voice", "chat"]

agents, queues = st.sampled_from(AGENTS), st.sampled_from(QUEUES)
small_levels = st.dictionaries(st.sampled_from(["es", "en"]), st.integers(1, 9), max_size=2)
wishes = st.none() | st.builds(Requirement, all_of=small_levels)
ids = st.none() | st.sampled_from(["k1", "k2", "k3"])


class Outside:
    """What the events tell: where each contact is, which offers live, who holds what."""

    def __init__(self):
        self.sequence, self.last_at = 0, 0.0
        self.phase, self.offers, self.kept = {}, {}, {}
        self.held = Counter()  # slots of (agent, channel)
        self.capacity = {}
        self.parts, self.wrapping = {}, set()

    def of(self, *phases):
        return [contact for contact, phase in self.phase.items() if phase.startswith(phases)]

    def see(self, event):
        self.sequence += 1
        assert event.sequence == self.sequence, "no gap, none twice"
        assert event.at >= self.last_at
        self.last_at = event.at
        follow = getattr(self, event.kind, None)
        if follow is not None:
            follow(event)

    def goes(self, event, came_from, to):
        assert self.phase.get(event.contact) in came_from, (event, self.phase.get(event.contact))
        self.phase[event.contact] = to

    def take(self, event):
        self.held[event.agent, event.channel] += 1

    def give_back(self, event):
        self.held[event.agent, event.channel] -= 1
        assert self.held[event.agent, event.channel] >= 0, event

    def end_offer(self, event):
        agent, contact = self.offers.pop(event.offer)
        assert (agent, contact) == (event.agent, event.contact)

    def contact_queued(self, event):
        if event.visit == 1:
            self.goes(event, {None, "gone"}, "waiting")
        else:
            self.goes(event, {"left"}, "waiting")

    def offer_made(self, event):
        self.goes(event, {"waiting"}, "offered")
        assert event.offer not in self.offers
        self.offers[event.offer] = (event.agent, event.contact)
        self.take(event)
        limit = self.capacity[event.agent].get(event.channel, 0)
        assert self.held[event.agent, event.channel] <= limit, event

    def offer_accepted(self, event):
        self.end_offer(event)
        self.goes(event, {"offered"}, f"connecting {event.agent}")

    def offer_ended(self, event):
        self.end_offer(event)
        self.goes(event, {"offered"}, "back")
        self.give_back(event)

    offer_declined = offer_missed = offer_withdrawn = offer_ended

    def contact_requeued(self, event):
        phase = self.phase[event.contact]
        if phase.startswith("connecting "):
            agent = phase.removeprefix("connecting ")
            self.held[agent, event.channel] -= 1
        else:
            assert phase == "back", event
        self.phase[event.contact] = "waiting"

    def contact_left(self, event):
        phase = self.phase[event.contact]
        if event.agent is not None:
            assert phase == f"connecting {event.agent}"
            self.give_back(event)
        else:
            assert phase in {"waiting", "back"}, event
        self.phase[event.contact] = "left" if event.cause == "transferred" else "gone"

    contact_abandoned = contact_left

    def contact_connected(self, event):
        self.goes(event, {f"connecting {event.agent}"}, f"with {event.agent}")

    def contact_transferred(self, event):
        to = "handing over" if event.cause == "handed_over" else "left"
        self.goes(event, {f"with {event.agent}"}, to)
        self.give_back(event)

    def contact_released(self, event):
        self.goes(event, {f"with {event.agent}"}, "gone")
        assert not any(contact == event.contact for contact, _ in self.parts)
        self.give_back(event)

    def agent_joined(self, event):
        if event.role == "primary":
            self.goes(event, {"handing over"}, f"with {event.agent}")
            assert self.parts.pop((event.contact, event.agent)) in {"consult", "conference"}
            return
        assert self.phase[event.contact].startswith("with ")
        before = self.parts.get((event.contact, event.agent))
        if event.role == "conference" and before == "consult":
            self.parts[event.contact, event.agent] = "conference"  # with the same slot
            return
        assert before is None
        self.parts[event.contact, event.agent] = event.role
        if event.role != "monitor":
            self.take(event)
            limit = self.capacity[event.agent].get(event.channel, 0)
            assert self.held[event.agent, event.channel] <= limit, event

    def agent_left(self, event):
        assert self.parts.pop((event.contact, event.agent)) == event.role
        if event.role != "monitor":
            self.give_back(event)

    def wrap_up_started(self, event):
        assert (event.agent, event.contact, event.visit) not in self.wrapping
        self.wrapping.add((event.agent, event.contact, event.visit))
        self.take(event)  # given back the instant before, by the same command

    def wrap_up_ended(self, event):
        self.wrapping.remove((event.agent, event.contact, event.visit))
        self.give_back(event)

    def agent_signed_in(self, event):
        self.capacity[event.agent] = self.kept[event.agent]

    def agent_changed(self, event):
        self.capacity[event.agent] = self.kept[event.agent]


def settled(outside):
    """Between two commands nobody is on the way."""
    return not {"back", "left", "handing over"} & set(outside.phase.values())


def having(*phases):
    return precondition(lambda self: self.outside.of(*phases))


class Centre(RuleBasedStateMachine):
    """Draws commands; every one goes into a log and through one router."""

    def __init__(self):
        super().__init__()
        self.clock = Clock(100.0)
        self.router = Router(PLAN, clock=self.clock)
        self.outside = Outside()
        self.log, self.told, self.answers, self.number = [], [], [], 0
        for agent in AGENTS:
            self.sign_in(agent, None)
        for queue in [*QUEUES, *QUEUES]:
            self.enqueue(queue, "voice", 0, None, again=False)
        self.everybody_gets_ready()
        self.everybody_answers()

    def command(self, call, *given, **named):
        """Carries out one command, logs it, and shows the model what came of it."""
        self.log.append((self.clock.at, call, given, named))
        answer = carried_out(self.router, call, given, named)
        events = self.router.events()
        for event in events:
            self.outside.see(event)
        self.told += events
        self.answers.append(answer)
        return answer

    def some(self, data, *phases):
        """Mostly a contact in one of these phases; one time in ten any, or none at all."""
        known = list(self.outside.phase)
        chosen = self.outside.of(*phases)
        if data.draw(st.integers(0, 9)) == 9 or not chosen:
            chosen = [*known, "nobody"]
        return data.draw(st.sampled_from(chosen))

    @rule()
    def everybody_gets_ready(self):
        for agent in AGENTS:
            self.sign_in(agent, None)
            self.command("set_device", agent, "available")
            self.command("ready", agent)

    @rule()
    def everybody_answers(self):
        for offer, (_, contact) in list(self.outside.offers.items()):
            self.command("accept", offer)
            self.command("connected", contact)

    @rule(agent=agents, capacity=st.none() | st.just({"voice": 2}))
    def sign_in(self, agent, capacity):
        planned = PLAN.agents.get(agent)
        default = {"voice": 1} if planned is None else dict(planned.capacity)
        before = self.outside.kept.get(agent)
        self.outside.kept[agent] = default if capacity is None else capacity
        if self.command("sign_in", agent, capacity=capacity)[0] == "refused" and before:
            self.outside.kept[agent] = before

    @rule(agent=agents)
    def sign_out(self, agent):
        self.command("sign_out", agent)

    @rule(agent=agents, command_id=ids)
    def ready(self, agent, command_id):
        envelope = None if command_id is None else Envelope(command_id=command_id)
        self.command("ready", agent, envelope=envelope)

    @rule(agent=agents, reason=st.none() | st.sampled_from(["lunch", ""]))
    def not_ready(self, agent, reason):
        self.command("not_ready", agent, reason=reason)

    @rule(agent=agents, device=st.sampled_from(["unknown", "available", "in_use", "unreachable"]))
    def set_device(self, agent, device):
        self.command("set_device", agent, device)

    @rule(
        agent=agents,
        skills=st.none() | small_levels,
        serves=st.none() | st.lists(queues, unique=True),
        capacity=st.none() | st.dictionaries(st.sampled_from(CHANNELS), st.integers(0, 2)),
    )
    def change_agent(self, agent, skills, serves, capacity):
        before = self.outside.kept.get(agent)
        if capacity is not None:
            self.outside.kept[agent] = capacity
        given = {"skills": skills, "queues": serves, "capacity": capacity}
        if self.command("change_agent", agent, **given)[0] == "refused" and before is not None:
            self.outside.kept[agent] = before

    @rule(
        queue=queues,
        channel=st.sampled_from(["voice", "voice", "chat"]),
        band=st.integers(-1, 1),
        requirement=wishes,
        again=st.booleans(),
    )
    def enqueue(self, queue, channel, band, requirement, again):
        self.number += not again or not self.number
        more = {"channel": channel, "band": band, "requirement": requirement}
        self.command("enqueue", f"c{self.number}", queue=queue, **more)

    @having("waiting", "offered", "connecting")
    @rule(data=st.data(), cause=st.sampled_from(["abandoned", "timed_out", "limit"]))
    def cancel(self, data, cause):
        self.command("cancel", self.some(data, "waiting", "offered"), cause=cause)

    @having("waiting", "offered")
    @rule(data=st.data(), band=st.integers(-2, 2), head_start=st.sampled_from([0.0, 30.0]))
    def reprioritise(self, data, band, head_start):
        contact = self.some(data, "waiting", "offered")
        self.command("reprioritise", contact, band=band, head_start=head_start)

    @rule(data=st.data(), requirement=wishes, attributes=st.just({"tier": "gold"}))
    def update(self, data, requirement, attributes):
        contact = self.some(data, "waiting", "offered", "with")
        self.command("update", contact, requirement=requirement, attributes=attributes)

    def answer(self, data, call, **named):
        live = list(self.outside.offers)
        offer = data.draw(st.sampled_from([*live, *live, *live, 1 << 32, 2 << 32, 7]))
        self.command(call, offer, **named)

    @having("offered")
    @rule(data=st.data())
    def accept(self, data):
        self.answer(data, "accept")

    @having("offered")
    @rule(data=st.data())
    def decline(self, data):
        self.answer(data, "decline", reason="busy")

    @having("connecting")
    @rule(data=st.data())
    def connected(self, data):
        self.command("connected", self.some(data, "connecting"))

    @having("with")
    @rule(data=st.data(), call=st.sampled_from(["hold", "resume"]))
    def hold_or_resume(self, data, call):
        self.command(call, self.some(data, "with"))

    @rule(data=st.data(), queue=queues, keep_age=st.booleans())
    def transfer(self, data, queue, keep_age):
        self.command("transfer", self.some(data, ""), queue=queue, keep_age=keep_age)

    @having("with")
    @rule(data=st.data(), agent=agents, role=st.sampled_from(["consult", "conference", "monitor"]))
    def join(self, data, agent, role):
        self.command("join", self.some(data, "with"), agent, role=role)

    @precondition(lambda self: self.outside.parts)
    @rule(data=st.data(), agent=agents, call=st.sampled_from(["leave", "hand_over"]))
    def leave_or_hand_over(self, data, agent, call):
        part = data.draw(st.sampled_from(sorted(self.outside.parts)))
        stale = data.draw(st.integers(0, 9)) == 9
        self.command(call, *((self.some(data, "with"), agent) if stale else part))

    @having("with")
    @rule(data=st.data(), by=st.sampled_from(["customer", "agent", "system", "missed"]))
    def release(self, data, by):
        self.command("release", self.some(data, "with"), by=by)

    @precondition(lambda self: self.outside.wrapping)
    @rule(data=st.data(), agent=agents, by=st.sampled_from([None, 0.0, 4.0, 30.0]))
    def end_or_extend_wrap_up(self, data, agent, by):
        who, contact, _ = data.draw(st.sampled_from(sorted(self.outside.wrapping)))
        stale = data.draw(st.integers(0, 9)) == 9
        pair = (agent, self.some(data, "gone")) if stale else (who, contact)
        if by is None:
            self.command("end_wrap_up", *pair)
        else:
            self.command("extend_wrap_up", *pair, by=by)

    @having("with", "gone")
    @rule(data=st.data(), codes=st.sampled_from([["sale"], ["sale", "no_sale"], [], ["gift"]]))
    def dispose(self, data, codes):
        self.command("dispose", self.some(data, "gone", "with"), codes)

    @rule(seconds=st.sampled_from([0.000001, 0.5, 1.0, 3.0, 10.0, 40.0]))
    def time_passes(self, seconds):
        self.clock.at += seconds
        self.command("advance")

    @rule()
    def the_next_deadline_comes(self):
        due = self.router.next_deadline()
        if due is not None:
            self.clock.at = due
            self.command("advance")
            assert self.router.next_deadline() is None or self.router.next_deadline() > due

    @rule()
    def the_process_restarts(self):
        before = self.router.state_hash()
        self.router = Router.restore(self.router.snapshot(), clock=self.clock)
        assert self.router.state_hash() == before

    @invariant()
    def it_holds_from_outside(self):
        self.router.check()
        assert settled(self.outside)
        for contact, phase in self.outside.phase.items():
            if phase == "gone":
                continue
            told = self.router.explain(contact)
            word = phase.partition(" ")[0]
            assert told.phase in ({"engaged", "held"} if word == "with" else {word})
            if told.agent is not None:
                assert phase.endswith(f" {told.agent}")
        live = {(one.agent, contact) for contact, chosen in self.chosen() for one in chosen}
        assert live == set(self.outside.offers.values())

    def chosen(self):
        for contact, phase in self.outside.phase.items():
            if phase == "offered":
                yield contact, self.router.explain(contact).chosen

    def teardown(self):
        clock = Clock(100.0)
        again, told, answers = Router(PLAN, clock=clock), [], []
        for at, call, given, named in self.log:
            clock.at = at
            answers.append(carried_out(again, call, given, named))
            told += again.events()
        assert answers == self.answers
        assert told == self.told
        assert again.state_hash() == self.router.state_hash()


def carried_out(router, call, given, named):
    try:
        return "accepted", getattr(router, call)(*given, **named)
    except Rejected as refusal:
        return "refused", refusal.code, str(refusal)


Centre.TestCase.settings = settings(max_examples=250, stateful_step_count=60)
TestCentre = Centre.TestCase
