"""What an Asterisk replies to a frame on the WebSocket of the events, the simulated one and a real
one."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from websockets.asyncio.client import ClientConnection

Frame = Mapping[str, object] | str
PING = {"type": "RESTRequest", "request_id": "q", "method": "GET", "uri": "asterisk/ping"}
MADE = {**PING, "method": "POST", "content_type": "application/json"}
PATIENCE = 5.0

REPLIES: Mapping[str, tuple[Frame, int, str]] = {
    "sound": (PING, 200, "OK"),
    "no such resource": ({**PING, "uri": "nonsense"}, 404, "Resource not found"),
    "no such channel": ({**PING, "uri": "channels/x"}, 404, "Channel not found"),
    "another method": ({**PING, "method": "DELETE"}, 405, "Invalid method"),
    "a slash in front": ({**PING, "uri": "/channels"}, 405, "Invalid method"),
    "the prefix": ({**PING, "uri": "ari/channels"}, 404, "Resource not found"),
    "escaped": ({**PING, "uri": "deviceStates/Stasis%3Ax%2Fy"}, 200, "OK"),
    "a query": ({**PING, "method": "POST", "uri": "bridges/b1?name=a%20b&type=mixing"}, 200, "OK"),
    "a body": ({**MADE, "uri": "bridges/b2", "message_body": '{"type":"mixing"}'}, 200, "OK"),
    "a table as body": ({**MADE, "uri": "bridges/b3", "message_body": {"type": "mixing"}}, 200,
                        "OK"),
    "no JSON as body": (
        {**MADE, "uri": "bridges/b4", "message_body": "{bad"}, 400,
        "Unable to parse 'message_body' as 'application/json'.",
    ),
    "a body of no kind": (
        {**PING, "message_body": "{}"}, 400, "No 'content_type' for 'message_body'.",
    ),
    "no method": (
        {"type": "RESTRequest", "request_id": "q", "uri": "channels"}, 400,
        "Unknown or missing 'method' property.",
    ),
    "a method of none": ({**PING, "method": "BREW"}, 400, "Unknown or missing 'method' property."),
    "no path": (
        {"type": "RESTRequest", "request_id": "q", "method": "GET"}, 400,
        "Empty or missing 'uri' property.",
    ),
    "another type": ({"type": "Foo", "request_id": "q"}, 400, "Unknown request type."),
    "no type": ({}, 400, "No 'type' property."),
    "no table": ("[]", 400, "No 'type' property."),
    "no JSON": ("not json", 400, "Failed to parse request message JSON"),
}  # fmt: skip
"""By name: a frame, and the status and the words of the reply."""
OVERLONG = json.dumps({**PING, "transaction_id": "x" * 65_535})

Reply = dict[str, Any]
Ask = Callable[[Frame], Awaitable[Reply | None]]


def said(reply: Reply) -> str:
    """The words of a reply: of the body, or of the reply itself."""
    body = json.loads(reply.get("message_body") or "null")
    message = body.get("message") if isinstance(body, dict) else None
    return str(message or reply["reason_phrase"])


async def send(socket: ClientConnection, frame: Frame) -> None:
    """Sends a frame."""
    await socket.send(frame if isinstance(frame, str) else json.dumps(frame))


async def replied(socket: ClientConnection) -> Reply:
    """The next reply that comes."""
    while True:
        told = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
        if told["type"] == "RESTResponse":
            return dict(told)


async def check_replies(socket: ClientConnection) -> None:
    """Sends all frames; each has its reply."""
    for name, (frame, status, words) in REPLIES.items():
        await send(socket, frame)
        reply = await replied(socket)
        given = frame.get("request_id", "") if isinstance(frame, Mapping) else ""
        assert (reply["status_code"], said(reply)) == (status, words), name
        assert reply["request_id"] == given, name
        assert reply["transaction_id"] == "", name


async def check_filter(socket: ClientConnection) -> None:
    """Replies go through the filter of the application."""
    path = {"uri": "applications/ccroute/eventFilter", "method": "PUT"}
    for kinds, request in (["StasisStart"], "a"), (["StasisStart", "RESTResponse"], "b"):
        body = json.dumps({"allowed": [{"type": it} for it in kinds]})
        await send(socket, {**MADE, **path, "request_id": request, "message_body": body})
    assert (await replied(socket))["request_id"] == "b"


async def check_order(socket: ClientConnection, channel: str, stop: Ask) -> None:
    """A request that has to wait, for something is played to the channel, keeps those behind it
    waiting, until ``stop`` ends that by another way."""
    play = f"channels/{channel}/play/p?media=sound:tt-monkeys"
    for number, (method, uri) in enumerate(
        [("POST", f"channels/{channel}/answer"), ("POST", "bridges/b5?type=mixing"),
         ("POST", play), ("POST", f"bridges/b5/addChannel?channel={channel}"),
         ("GET", "asterisk/ping")]
    ):  # fmt: skip
        await send(socket, {**PING, "request_id": str(number), "method": method, "uri": uri})
    statuses = [(await replied(socket))["status_code"] for _ in range(3)]
    assert statuses == [204, 200, 201]
    later = asyncio.ensure_future(replied(socket))
    await asyncio.sleep(0.5)
    assert not later.done()
    await stop("playbacks/p")
    assert (await later)["request_id"] == "3"
    assert (await replied(socket))["request_id"] == "4"
