"""A request and an answer, of whatever web framework: for adapters that are spoken to by HTTP."""

from collections.abc import Iterable, Mapping

import attrs

from ccroute._table import Table


def _headers(given: Mapping[str, str] | Iterable[tuple[str, str]]) -> Mapping[str, str]:
    pairs = given.items() if isinstance(given, Mapping) else given
    return Table({name.lower(): value for name, value in pairs})


@attrs.frozen(kw_only=True)
class HttpRequest:
    """What came in. ``url``: whole, as the sender signed it; ``headers``: names in lower
    case; ``body``: as it came, byte for byte."""

    method: str
    url: str
    headers: Mapping[str, str] = attrs.field(factory=dict, converter=_headers)
    body: bytes = b""


@attrs.frozen(kw_only=True)
class HttpResponse:
    """What goes out."""

    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict, converter=_headers)
    body: bytes = b""
