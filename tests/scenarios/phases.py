"""A plan for the commands beyond queueing and talking, and a router under it with a contact in
every phase.
"""

from tests.scenarios.routers import START, connecting

from ccroute import Link, ManualClock, Plan, Router

PLAN = Plan.from_toml("""
skills = ["es", "en"]
channels = ["voice", "chat"]
[[classification.rules]]
name = "gold"
when = 'segment == "gold"'
queue = "vip"
band = 2
[[classification.rules]]
name = "tin"
when = 'segment == "tin"'
queue = "desk"
[scores.fit]
by = "segment"
[queues.desk]
suspension = "10m"
preferred = { first = "20s" }
offer = { back_off = { declined = "5s" } }
callback = { queue = "calls", attempts = 2, retry = { busy = "10s" }, owner_first = "5s" }
help = [{ from = ["vip"], kpi = "sl", below = 0.8, until = 0.9, hold = "30s" }]
frozen = true
[queues.desk.exits]
1 = { move_to = "vip" }
2 = { offer_callback = true }
3 = { end = true }
4 = { move_to = "gone" }
[queues.vip]
strategy = "scores"
scores = "fit"
[queues.calls]
[queues.lined]
lines = ["north", "south"]
wrap_up = { mode = "optional" }
[queues.night]
hours = "office"
closed = { otherwise = "vip" }
[queues.gone]
[calendars.office]
zone = "UTC"
""")


def in_every_phase():
    """A router with a contact in every phase: c1 waits, c2 is offered, c3 connecting, c4 engaged,
    c5 closed, c6 suspended, c7 scheduled, c8 wrapped up after by dora and waiting again."""
    router = Router(PLAN, clock=ManualClock(START))
    router.sign_in("dora", queues=["lined"], capacity={"voice": 2})
    router.ready("dora")
    router.enqueue("c8", queue="lined")
    connecting(router, "c8")
    router.connected("c8")
    router.transfer("c8", queue="lined")
    router.not_ready("dora")
    for contact, agent in (("c2", "ana"), ("c3", "bo"), ("c4", "cleo")):
        router.sign_in(agent, queues=["desk", "vip"])
        router.ready(agent)
        router.enqueue(contact, queue="desk")
        if contact != "c2":
            connecting(router, contact)
    router.connected("c4")
    router.sign_in("far", queues=["calls"])
    router.sign_in("late", queues={"desk": Link(delay=50)})
    router.sign_in("mute", queues=["desk"], capacity={"chat": 1})
    router.sign_in("away", queues=["desk"])
    router.sign_out("away")
    router.enqueue("c1", queue="desk")
    router.enqueue("c5", queue="desk")
    router.cancel("c5")
    router.enqueue("c6", queue="desk")
    router.suspend("c6")
    router.enqueue("c7", queue="desk", not_before=START + 500)
    router.enqueue("c9", queue="calls")
    router.enqueue("c10", queue="lined")
    router.set_line("north", up=False)
    router.set_line("south", up=False)
    router.events()
    return router
