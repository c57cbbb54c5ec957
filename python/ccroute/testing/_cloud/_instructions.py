"""Which request an instruction is, and what its reply means."""

from collections.abc import Mapping
from urllib.parse import quote

from ccroute.adapters import (
    CancelRing,
    Connect,
    ContactInstruction,
    HangUp,
    HttpResponse,
    Instruction,
    Outcome,
    Park,
    Ring,
    SendAway,
    StartHold,
    StopHold,
    Time,
    done,
    failed,
    unknown,
)
from ccroute.testing._cloud._client import CloudClient, NotHeard, NotSent, told_by
from ccroute.testing._cloud._messages import Json


def label_of(tenant: str, offer: int) -> str:
    """The label of the leg for an offer: chosen by us, so that it can be looked up."""
    return f"{tenant}.{offer}"


async def carry_out(instruction: Instruction, client: CloudClient, time: Time) -> Outcome:
    """Sends the request that an instruction is; what became of it."""
    if not isinstance(instruction, ContactInstruction):
        return failed("unsupported")
    method, path, told = _request(instruction, time)
    path = f"contacts/{quote(instruction.contact, safe='')}{path}"
    try:
        reply = await client.ask_patiently(
            method, path, told, until=instruction.deadline, request_id=instruction.id
        )
    except NotSent as error:
        return failed("link_down", str(error))
    except NotHeard as error:
        heard = await _looked_up(instruction, client)
        return heard or unknown(str(error))
    if isinstance(reply, Outcome):
        return reply
    return await _outcome(instruction, reply, client)


def _request(  # noqa: PLR0911  # one request an instruction
    instruction: ContactInstruction, time: Time
) -> tuple[str, str, Mapping[str, Json] | None]:
    match instruction:
        case Park():
            told: dict[str, Json] = {
                "queue": instruction.queue,
                "treatment": instruction.treatment,
                "attributes": dict(instruction.attributes or {}),
            }
            return "POST", "/waiting", told
        case Ring():
            return "POST", "/legs", _leg(instruction, time)
        case CancelRing():
            label = quote(label_of(instruction.tenant, instruction.offer), safe="")
            return "DELETE", f"/legs/{label}", None
        case Connect():
            return "POST", "/bridge", {"label": label_of(instruction.tenant, instruction.offer)}
        case StartHold() | StopHold():
            return "POST", "/hold", {"on": isinstance(instruction, StartHold)}
        case SendAway():
            return "POST", "/transfer", {"to": instruction.address}
        case HangUp():
            return "DELETE", "", None
        case _:
            raise AssertionError(f"{type(instruction).__name__} is declared and has no request")


def _leg(ring: Ring, time: Time) -> dict[str, Json]:
    return {
        "label": label_of(ring.tenant, ring.offer),
        "to": ring.address,
        "timeout": max(1.0, ring.until - time.now()),
        "attributes": dict(ring.attributes or {}),
        "tags": {
            "offer": ring.offer,
            "agent": ring.agent,
            "tenant": ring.tenant,
            "instruction": ring.id,
        },
    }


async def _outcome(
    instruction: ContactInstruction, reply: HttpResponse, client: CloudClient
) -> Outcome:
    if 200 <= reply.status < 300:
        return done()
    if reply.status in {404, 410}:
        return failed("gone", "there is no such contact or leg")
    if reply.status in {409, 422}:
        # The label is taken: by this very instruction, or by another.
        found = await _looked_up(instruction, client) if isinstance(instruction, Ring) else None
        return found or failed("rejected", f"the cloud answered {reply.status}")
    if reply.status >= 500:
        found = await _looked_up(instruction, client)
        return found or unknown(f"the cloud answered {reply.status}")
    return failed("invalid", f"the cloud answered {reply.status}")


async def _looked_up(instruction: ContactInstruction, client: CloudClient) -> Outcome | None:
    """Done, where the leg that an instruction makes is there; ``None``: nobody knows. Whatever
    it finds, nothing is sent again."""
    if not isinstance(instruction, Ring):
        return None
    contact = quote(instruction.contact, safe="")
    label = quote(label_of(instruction.tenant, instruction.offer), safe="")
    try:
        reply = await client.ask("GET", f"contacts/{contact}/legs/{label}")
        tags = told_by(reply).get("tags") if reply.status == 200 else None
    except (NotSent, NotHeard, ValueError):
        return None
    made = isinstance(tags, dict) and tags.get("instruction") == instruction.id
    return done("found by its label") if made else None
