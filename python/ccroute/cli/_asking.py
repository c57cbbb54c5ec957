"""How commands ask a host that runs, by its control socket."""

import json
import socket
from pathlib import Path
from typing import Annotated, Any

import typer

from ccroute._errors import ConfigError
from ccroute.cli._console import fail
from ccroute.cli._reading import sentence
from ccroute.host import Centre

CentreFile = Annotated[
    Path, typer.Option("--centre", metavar="FILE", help="The document that the host runs.")
]
Socket = Annotated[
    Path | None,
    typer.Option("--socket", help="The host's control socket; else as the document says."),
]
Tenant = Annotated[str | None, typer.Option(help="Which tenant, where there are several.")]
USUAL = Path("centre.toml")

NOT_REACHABLE = 2
"""The exit code when no host answers."""
_LONGEST_LINE = 64 << 20


def ask(
    request: dict[str, object], centre: Path, place: Path | None, *, patience: float = 10.0
) -> tuple[dict[str, Any], bytes]:
    """The host's answer, and the bytes after it; else the program ends with a sentence."""
    path = _socket(centre, place)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(patience)
            line.connect(str(path))
            line.sendall(json.dumps(request).encode() + b"\n")
            with line.makefile("rb") as file:
                answer = json.loads(file.readline(_LONGEST_LINE))
                data = file.read(answer.get("bytes", 0))
    except (FileNotFoundError, ConnectionRefusedError):
        fail(
            f"no host runs at {path}: start one by `ccroute run`, or name --centre or --socket",
            NOT_REACHABLE,
        )
    except TimeoutError:
        fail(f"the host at {path} does not answer within {patience:g} s", NOT_REACHABLE)
    except OSError as error:
        # Only of a path that is too long Python says nothing more.
        words = error.strerror or f"{error}: give a shorter one by `control`, or by --socket"
        fail(f"{path}: {words}", NOT_REACHABLE)
    except (ValueError, AttributeError):
        fail(f"the host at {path} went away, or something else listens there", NOT_REACHABLE)
    if not answer.get("ok"):
        fail(str(answer.get("message")))
    if len(data) != answer.get("bytes", 0):
        fail(f"the host at {path} went away", NOT_REACHABLE)
    return answer, data


def _socket(centre: Path, place: Path | None) -> Path:
    if place is not None:
        return place
    try:
        return Centre.control_of(centre)
    except FileNotFoundError:
        fail(
            f"no file {centre}: name the document that the host runs by --centre, or its --socket",
            NOT_REACHABLE,
        )
    except (ConfigError, OSError) as error:
        fail(sentence(error, centre), NOT_REACHABLE)
