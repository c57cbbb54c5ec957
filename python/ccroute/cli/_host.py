"""``ccroute explain`` and ``ccroute health``: what a host that runs says of itself."""

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

from ccroute.cli._asking import USUAL, CentreFile, Socket, Tenant, ask
from ccroute.metrics import shown_lines


class What(StrEnum):
    """What can be explained."""

    queue = "queue"
    contact = "contact"
    agent = "agent"


class Tongue(StrEnum):
    """In which language."""

    en = "en"
    es = "es"


_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def explain(
    what: Annotated[What, typer.Argument(help="What the name is of.")],
    name: Annotated[str, typer.Argument(help="Such as billing, pbx:1234 or ana.")],
    tenant: Tenant = None,
    language: Annotated[Tongue, typer.Option("--language", "-l")] = Tongue.en,
    as_json: _Json = False,
    centre: CentreFile = USUAL,
    socket: Socket = None,
) -> None:
    """Why contacts wait, where a contact stands, or what an agent could take, now."""
    asked = {
        "ask": "explain",
        "what": what.value,
        "name": name,
        "tenant": tenant,
        "language": language.value,
    }
    answer, _ = ask(dict(asked), centre, socket)
    if as_json:
        print(json.dumps(answer["explanation"], indent=1, ensure_ascii=False))
    else:
        print(shown_lines(answer["text"]))


def health(as_json: _Json = False, centre: CentreFile = USUAL, socket: Socket = None) -> None:
    """Whether the host can take contacts: code 0 it can, 1 it cannot, 2 it is not reachable."""
    answer, _ = ask({"ask": "health"}, centre, socket)
    found = answer["health"]
    if as_json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        print(shown_lines("\n".join(_lines(found))))
    if not found["ready"]:
        raise typer.Exit(1)


def _lines(found: dict[str, Any]) -> list[str]:
    lines = ["ready" if found["ready"] else "not ready"]
    lines += [f"  {why}" for why in found["why"]]
    for name, link in found["links"].items():
        state = "up" if link["up"] else "down"
        lines.append(f"link {name}: {state}, {link['waiting']} signals wait")
    for name, tenant in found["tenants"].items():
        state = "stopped" if tenant["broken"] else f"{tenant['contacts']} contacts"
        lines.append(
            f"tenant {name}: {state}, {tenant['sequence']} commands, {tenant['depth']} wait, "
            f"lag {tenant['lag'] * 1000:.0f} ms"
        )
    return lines
