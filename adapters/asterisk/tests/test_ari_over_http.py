"""Replies over HTTP."""

import asyncio

import httpx
import pytest

from ccroute import LinkError
from ccroute_asterisk.ari import over_http
from ccroute_asterisk.ari.over_http import _read


def test_an_endless_reply_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(over_http, "LONGEST_REPLY", 10)
    assert asyncio.run(_read(httpx.Response(200, content=b"x" * 10))) == b"x" * 10
    with pytest.raises(LinkError, match="longer than 10 bytes"):
        asyncio.run(_read(httpx.Response(200, content=b"x" * 11)))
