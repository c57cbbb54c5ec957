"""Customers who want to be called back, on a stage."""

from tests.host.stage import Stage

from ccroute import RequestCallback
from ccroute.adapters import CallCustomer
from ccroute.testing import TELEPHONE, settle

PLAN = """
[queues.billing]
wrap_up = { mode = "none" }
offer = { timeout = "15s" }
callback = { attempts = 2, connect_within = "30s", retry = { missed = "60s", busy = "60s" } }
"""
NUMBER = "+34600000001"
DESK = [it for it in TELEPHONE if it not in {"ring", "cancel_ring", "multi_ring"}]
"""Nobody is rung: the platform does it all, once an agent has accepted at the desk."""


async def wants_a_call(stage: Stage, contact: str = "c1", caller: str = NUMBER) -> None:
    await stage.call(contact, caller=caller)
    await stage.host.apply(RequestCallback(contact=f"pbx:{contact}"), actor="menu")
    await settle()
    assert contact not in stage.platform.callers  # off the line


async def offered(stage: Stage) -> None:
    """Ana is to call c1 back: her phone rings, where phones do."""
    await wants_a_call(stage)
    await stage.staff("ana")


async def dialled(stage: Stage, agent: str = "ana") -> CallCustomer:
    """The agent answers; the customer's phone is dialled."""
    stage.platform.answer(agent)
    await settle()
    return calls(stage)[-1]


async def reached(stage: Stage, native: str) -> None:
    """The customer answers, and they talk. ``native``: the call's id."""
    stage.platform.customer_answers(native)
    await settle()
    assert stage.phase("c1") == "engaged"


def calls(stage: Stage) -> list[CallCustomer]:
    return [it for it in stage.platform.told if isinstance(it, CallCustomer)]
