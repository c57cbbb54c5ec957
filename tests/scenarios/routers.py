"""Routers with staff, and what a test does with them again and again."""

from ccroute import ManualClock, OfferMade, Plan, Router

START = 1000.0


def routed(plan):
    """A router and its clock."""
    clock = ManualClock(START)
    return Router(Plan.from_toml(plan), clock=clock), clock


def staffed(plan, **agents):
    """A router with ready agents, who serve the queue q where nothing else is said."""
    router, clock = routed(plan)
    for name, given in agents.items():
        router.sign_in(name, **{"queues": ["q"], **given})
    router.ready_all(agents)
    return router, clock


def staff(router, *agents, queues):
    """Signs agents in and readies them; nothing that came of it is left to read."""
    for agent in agents:
        router.sign_in(agent, queues=queues)
    router.ready_all(agents)
    router.events()


def offers(router):
    """The offers among the events that were not read yet."""
    return [event for event in router.events() if isinstance(event, OfferMade)]


def offer_of(router, contact):
    """The key of the last of them to be made for a contact."""
    return [event.offer for event in offers(router) if event.contact == contact][-1]


def connecting(router, contact):
    """Accepts the offer of a contact."""
    router.accept(offer_of(router, contact))


def engaged(router, contact, **new):
    """Brings a new contact, of the queue q where nothing else is said, to whom it is offered."""
    router.enqueue(contact, **{"queue": "q", **new})
    connecting(router, contact)
    router.connected(contact)
