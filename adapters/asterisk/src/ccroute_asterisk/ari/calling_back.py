"""Customers who are called back: the agent first, then the customer, then both in one bridge.

The contact has an id that the host chose. Until the customer's phone is dialled it has no channel;
what must be known of it is kept with the agent's leg.
"""

from typing import TYPE_CHECKING

import attrs

from ccroute.adapters import Arrived, CallCustomer, CustomerFailed, Outcome, Ring, done, failed
from ccroute_asterisk.ari import errands, requests
from ccroute_asterisk.ari.calls import Call, Leg
from ccroute_asterisk.ari.errands import Errand
from ccroute_asterisk.ari.translate import CAUSES

if TYPE_CHECKING:
    from collections.abc import Generator

    from ccroute_asterisk.ari.codec import Reply, Request
    from ccroute_asterisk.ari.going import Going

_FAILURES = {
    "no_answer": "no_answer",
    "busy": "busy",
    "rejected": "busy",
    "unreachable": "unreachable",
}


def begun(ring: Ring, now: float) -> Call:
    """A customer who is to be called back, when the first phone is rung for it."""
    arrival = Arrived(
        contact=ring.contact, tenant=ring.tenant, entered_at=now, attributes=ring.attributes
    )
    return Call(channel="", arrival=arrival, calling=True)


def call(session: "Going", it: CallCustomer) -> "Generator[Request, Reply, Outcome]":
    """Dials the customer; what becomes of it events tell."""
    call = session.contacts.get(it.contact)
    leg = None if call is None else _answered(call, it)
    if call is None or call.is_over() or leg is None:
        return failed("gone", f"nobody has answered for offer {it.offer}")
    if call.channel:
        return done("it is dialled already")
    call.winner, call.until = leg.id, it.until
    call.channel = session.ids.customer(it.id)
    call.arrival = attrs.evolve(
        call.arrival, attributes=it.attributes or call.arrival.attributes, dialled=it.address
    )
    session.calls[call.channel] = call
    endpoint = session.settings.outbound.replace("{address}", it.address)
    reply = yield requests.create_customer(call, session.settings.app, endpoint)
    if reply.status == 409 and (yield requests.channel(call.channel)).ok:
        return done("it is there already")
    if not reply.ok and not call.is_over():
        failed_to_reach(session, call, "unreachable")
    elif reply.ok and call.is_over():
        yield requests.hang_up(call.channel)
    return done(reply.said)


def _answered(call: Call, it: CallCustomer) -> Leg | None:
    for leg in call.legs.values():
        if (leg.offer, leg.tenant) == (it.offer, it.tenant) and leg.state == "answered":
            return None if leg.leaving else leg
    return None


def dial(call: Call, now: float) -> Errand:
    """The customer's phone rings."""
    reply = yield requests.dial(call.channel, max(round(call.until - now), 1))
    if not reply.ok and reply.status != 404:
        yield requests.hang_up(call.channel)


def join(session: "Going", call: Call) -> Errand:
    """The customer answered: both come into one bridge."""
    leg = session.legs.get(call.winner or "")
    if leg is None or call.is_over() or call.talk is not None:
        return
    call.talk = talk = session.new_bridge("talk", leg.agent)
    reply = yield requests.create_bridge(talk, "mixing", call.contact)
    if reply.ok and not call.is_over():
        reply = yield requests.add(talk, leg.id, call.channel)
    if not reply.ok and not call.is_over() and not call.bridged:
        failed_to_reach(session, call, "error")


def went(session: "Going", call: Call, cause: int) -> None:
    """The customer's phone is gone, and there was no conversation; ``cause`` of Q.850."""
    reason = "error" if call.up else _FAILURES.get(CAUSES.get(cause, ""), "error")
    failed_to_reach(session, call, reason)


def failed_to_reach(session: "Going", call: Call, reason: str) -> None:
    """Calling the customer came to nothing: the agent is let go."""
    session.tell(CustomerFailed(contact=call.contact, reason=reason))
    session.release_legs(call, "caller_gone")
    over(session, call)


def over(session: "Going", call: Call) -> None:
    """A call back that came to nothing is over."""
    call.ending = "failed"
    if call.channel:
        session.send(errands.hang_up(call.channel))
    session.gone(call, "failed")
