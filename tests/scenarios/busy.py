"""A plan and a router under it with somebody in every state, on a clock that goes anywhere."""

from tests.scenarios.playing import Clock
from tests.scenarios.routers import START, engaged

from ccroute import Plan, Requirement, Router

PLAN = Plan.from_toml("""
skills = ["es", "en"]
channels = ["voice", "chat"]
retention = "60s"
[queues.vip]
requires = { all_of = { es = 5 } }
wrap_up = { mode = "optional", limit = "30s", extension = "60s" }
dispositions = ["sale", "no_sale"]
escalation = [{ after = "50s", lower = { es = 2 } }]
[queues.mail]
offer = { on_missed = "stay_ready" }
[queues.fixed]
wrap_up = { mode = "timed", limit = "40s" }
[agents.ana]
skills = { es = 8 }
queues = ["vip", "mail", "fixed"]
[agents.bo]
skills = { es = 6, en = 3 }
queues = ["vip", "mail"]
capacity = { voice = 1, chat = 3 }
""")


class Timed(Router):
    """A router and its clock."""

    def __init__(self, plan, clock):
        super().__init__(plan, clock=clock)
        self.clock = clock


def router_at(at=START):
    return Timed(PLAN, Clock(at))


def in_conversation(router, contact, agent, queue="vip"):
    """Brings a contact to an agent who is the only one ready."""
    router.ready(agent)
    engaged(router, contact, queue=queue)


def busy():
    """A router with somebody in every state: ``done`` is over and ``fixed`` too, with wrap-up
    under two rules; ``c1`` talks, ``c2`` rings, ``c3`` waits; nothing was read since.
    """
    router = router_at()
    router.sign_in("ana")
    in_conversation(router, "fixed", "ana", "fixed")
    router.release("fixed")
    router.sign_in("dora", skills={"es": 9}, queues=["vip"])
    in_conversation(router, "done", "dora")
    router.release("done")
    router.sign_in("eva", skills={"es": 9}, queues=["vip"])
    in_conversation(router, "c1", "eva")
    router.sign_in("cleo")
    router.sign_out("cleo")
    router.sign_in("bo")
    router.clock.at += 1
    router.events()
    router.ready("bo")
    router.enqueue("c2", queue="vip")
    router.enqueue("c3", queue="vip", requirement=Requirement(any_of=[{"en": 2, "es": 7}]))
    return router


def at(instant, call):
    """A call at another instant."""

    def later(router):
        router.clock.at = instant
        call(router)

    return later


def visible(router):
    """All that a host can see of a router; reading it takes the pending events away."""
    return router.state_hash(), router.next_deadline(), router.metrics.counters(), router.events()
