"""Twenty lines: an agent signs in, a contact comes, is offered, answered and measured."""

from ccroute import ManualClock, OfferMade, Plan, Router

plan = Plan.from_toml("""
[queues.support]
strategy = "most_proficient"
requires = { all_of = { billing = 5 } }
wrap_up = { mode = "none" }
""")
clock = ManualClock(0.0)
router = Router(plan, clock=clock)
router.sign_in("ana", skills={"billing": 8}, queues=["support"], capacity={"voice": 1})
router.ready("ana")
router.enqueue("c1", queue="support", channel="voice")
for event in router.events():
    print(event.kind, event.contact, event.agent)
    if isinstance(event, OfferMade):
        router.accept(event.offer)
clock.advance(4)  # it rings, then they talk for three minutes
router.connected("c1")
clock.advance(180)
router.release("c1", by="customer")
print(router.metrics.report())
