"""What a document says of a link to an Asterisk."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

import attrs
import httpx

from ccroute.adapters import Secret

PROMPTS: Mapping[str, str] = MappingProxyType(
    {
        "position": "sound:queue-thereare number:{position} sound:queue-callswaiting",
        "wait": "sound:queue-holdtime number:{minutes} sound:queue-minutes",
        "callback": "sound:queue-callback",
    }
)
"""What prompts are made of, unless `AriSettings.prompts` says else."""


def _url(_: object, __: object, value: str) -> None:
    if not (re.fullmatch(r"https?://[^/?#@\s]+(/[^?#\s]*)?", value) and _has_place(value)):
        # Whoever writes a password there, or a key, must not find it in the log.
        shown = "it" if set("@?#") & set(value) else repr(value)
        raise ValueError(
            f"url: {shown} is no address of Asterisk's HTTP server: give one such as "
            "'http://127.0.0.1:8088', without user or password"
        )


def _has_place(url: str) -> bool:
    """Whether it names a host that can be looked up, and a port that can be one, if any."""
    try:
        return bool(httpx.URL(url).host.encode("idna")) and urlsplit(url).port != 0
    except (ValueError, httpx.InvalidURL):
        return False


def _app(_: object, __: object, value: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", value):
        raise ValueError(
            f"app: {value!r} is no name of an application: give the one that Stasis() of the "
            "dialplan names, of letters, digits, dots and dashes"
        )


def _outbound(_: object, __: object, value: str) -> None:
    if value and "{address}" not in value:
        raise ValueError(
            f"outbound: {value!r} has no {{address}}: give an endpoint such as "
            "'PJSIP/{address}@trunk'"
        )


def _key(_: object, __: object, value: str) -> None:
    if not re.fullmatch(r"[0-9*#A-D]", value):
        raise ValueError(f"consent_key: {value!r} is no key: give one of 0 to 9, *, # and A to D")


def _positive(_: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if not value > 0:
        raise ValueError(f"{attribute.name} is {value}: give more than 0")


def _texts(given: Mapping[str, str]) -> Mapping[str, str]:
    if not (isinstance(given, dict) and all(isinstance(it, str) for it in given.values())):
        raise TypeError("phones and prompts: give tables of texts")
    return MappingProxyType(dict(given))


@attrs.frozen(kw_only=True)
class AriSettings:
    """What a document says of a link.

    ``url``: of Asterisk's HTTP server; ``user`` and ``password``: of ``ari.conf``; ``ca``: a
    file of certificates to believe, with ``https``, instead of the system's. ``app``: as in the
    dialplan's ``Stasis()``. ``music``: the class of music on hold for who gets no other
    treatment. ``transfer_context``: where in the dialplan the addresses outside are extensions.
    ``outbound``: the endpoint by which a customer is called back, with the ``{address}`` in it.
    ``phones``: devices by agent, such as ``{"ana": "PJSIP/301"}``: whose states are watched, and
    who it is that dials a feature code. ``prompts``: what an announcement plays, of ARI's media
    and ``{values}``. ``recording_format``: wav, or another that Asterisk writes; ``consent_key``:
    by which a customer agrees to be recorded, within ``consent_timeout`` seconds after the prompt.

    ``requests``: made over the ``websocket`` of the events, which Asterisk has since 20.15, 21.10
    and 22.5; over ``http``, which costs twenty times as much; ``auto``: as the release can, and
    over HTTP where the first is not answered. What is too long for a frame, there or back, or would
    have to wait behind a request that waits, goes over HTTP in any case.
    ``watchdog``: seconds of silence after which the link is dead; ``longest_pause``: between two
    tries to connect; ``sweep``: seconds between two looks at Asterisk's own list of channels;
    ``in_flight``: requests at once; ``offers_per_second``: phones rung in a second at most. An
    Asterisk on two cores breaks down between 120 and 160 calls in a second.
    """

    user: str
    password: Secret
    url: str = attrs.field(default="http://127.0.0.1:8088", validator=_url)
    ca: str = ""
    app: str = attrs.field(default="ccroute", validator=_app)
    mode: str = attrs.field(default="control", validator=attrs.validators.in_(("control",)))
    music: str = "default"
    transfer_context: str = "ccroute-transfer"
    outbound: str = attrs.field(default="", validator=_outbound)
    phones: Mapping[str, str] = attrs.field(factory=dict, converter=_texts)
    prompts: Mapping[str, str] = attrs.field(factory=dict, converter=_texts)
    recording_format: str = "wav"
    consent_key: str = attrs.field(default="1", validator=_key)
    consent_timeout: float = attrs.field(default=10.0, validator=_positive)
    requests: str = attrs.field(
        default="auto", validator=attrs.validators.in_(("auto", "http", "websocket"))
    )
    watchdog: float = attrs.field(default=30.0, validator=_positive)
    longest_pause: float = attrs.field(default=30.0, validator=_positive)
    sweep: float = attrs.field(default=30.0, validator=_positive)
    in_flight: int = attrs.field(default=8, validator=attrs.validators.ge(1))
    offers_per_second: float = attrs.field(default=100.0, validator=_positive)

    def media(self, prompt: str, values: Mapping[str, object]) -> str:
        """What a prompt plays, as ARI wants it. One that nobody defined is a sound of that
        name."""
        made = self.prompts.get(prompt) or PROMPTS.get(prompt) or f"sound:{prompt}"
        known = {name: str(value) for name, value in values.items()}
        parts = [_filled(part, known) for part in made.split()]
        return ",".join(part for part in parts if part is not None)


def _filled(part: str, values: Mapping[str, str]) -> str | None:
    """A part with its values; ``None``: one is not known, and is not said."""
    try:
        filled = part.format_map(values)
    except (KeyError, ValueError, IndexError, AttributeError, TypeError):
        return None
    # A comma would begin another part, of whatever kind.
    return filled.replace(",", " ")
