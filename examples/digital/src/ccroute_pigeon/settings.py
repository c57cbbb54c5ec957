"""Settings of a link to Pigeon."""

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from ccroute.adapters import Secret, Setting

WORDS = "Are you still there? We close this conversation if we do not hear from you."


@attrs.frozen(kw_only=True)
class ChannelSettings:
    """What becomes of customers who write nothing, by channel; times in seconds.

    ``silence``: after so long the conversation ends and the agent's slot is free, ``None``:
    never; ``warning``: so long before that the customer is told ``text``, ``None``: not.
    """

    silence: float | None = None
    warning: float | None = None
    text: str = WORDS

    def __attrs_post_init__(self) -> None:
        for name in ("silence", "warning"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1e9:
                raise ValueError(f"{name} {value!r}: give seconds above zero, or leave it out")
        if self.warning is not None and (self.silence is None or self.warning >= self.silence):
            raise ValueError(f"warning {self.warning!r}: give less than silence {self.silence!r}")


CHANNELS = MappingProxyType({"chat": ChannelSettings(silence=600.0, warning=120.0)})
"""Chats end after ten minutes, with a word after eight; e-mails wait for ever."""


def _channels(
    given: "Mapping[str, Setting] | Mapping[str, ChannelSettings]",
) -> Mapping[str, ChannelSettings]:
    return {name: _channel(name, value) for name, value in given.items()}


def _channel(name: str, value: "Setting | ChannelSettings") -> ChannelSettings:
    if isinstance(value, ChannelSettings):
        return value
    known = [field.name for field in attrs.fields(ChannelSettings)]
    if not isinstance(value, Mapping) or set(value) - set(known):
        raise ValueError(f"channels.{name}: give a table of {', '.join(known)}")
    silence, warning = (_seconds(f"channels.{name}.{key}", value.get(key)) for key in known[:2])
    text = value.get("text", WORDS)
    if not isinstance(text, str):
        raise ValueError(f"channels.{name}.text: give text")
    try:
        return ChannelSettings(silence=silence, warning=warning, text=text)
    except ValueError as error:
        raise ValueError(f"channels.{name}.{error}") from None


def _seconds(name: str, value: "Setting | None") -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{name}: give seconds")
    return float(value)


@attrs.frozen(kw_only=True)
class PigeonSettings:
    """``url``: where Pigeon is asked; ``callback``: our address, as Pigeon writes it in what it
    signs; ``key``: of the account, for both ways; ``channels``: by name, see `ChannelSettings`.

    ``timeout``: seconds until a request is given up; ``poll``: seconds between two looks at all
    that Pigeon holds; ``patience``: seconds for which a missing message is waited for.
    """

    url: str
    callback: str
    key: Secret
    channels: Mapping[str, ChannelSettings] = attrs.field(default=CHANNELS, converter=_channels)
    timeout: float = attrs.field(default=5.0, validator=attrs.validators.gt(0))
    poll: float = attrs.field(default=30.0, validator=attrs.validators.gt(0))
    patience: float = attrs.field(default=10.0, validator=attrs.validators.gt(0))

    def of_channel(self, channel: str | None) -> ChannelSettings:
        """Of a channel; of one that is not written, nobody is hurried."""
        return self.channels.get(channel or "", ChannelSettings())
