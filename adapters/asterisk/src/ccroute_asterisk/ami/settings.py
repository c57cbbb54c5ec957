"""What a document says of a link that observes an Asterisk."""

import re
from collections.abc import Mapping

import attrs

from ccroute.adapters import Secret, Setting, read_settings


def _positive(_: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if not value > 0:
        raise ValueError(f"{attribute.name} is {value}: give more than 0")


def _port(_: object, __: object, value: int) -> None:
    if not 0 < value < 65_536:
        raise ValueError(f"port is {value}: give that of manager.conf")


def _host(_: object, __: object, value: str) -> None:
    try:
        known = value.encode("idna").decode("ascii")
    except UnicodeError:
        known = ""
    if not known or re.search(r"[\s\x00-\x1f]", value):
        raise ValueError(f"host: {value!r} is no name of a host: give that of the manager")


def _line(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if re.search(r"[\x00-\x1f]", value):
        raise ValueError(f"{attribute.name}: {value!r} has a control character in it: give none")


def _length(_: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if not value >= 0:
        raise ValueError(f"{attribute.name} is {value}: give seconds")


@attrs.frozen(kw_only=True)
class ObserveSettings:
    """What a document says of a link.

    ``host`` and ``port``: of the manager; ``user`` and ``password``: of ``manager.conf``; ``tls``:
    whether the port speaks TLS, then ``ca`` is a file of certificates to be trusted in place
    of the system's own. ``queue_log``: the path of the log, where it can be read: it tells
    afterwards what AMI was not heard of.

    ``history``: how many seconds of the log to tell when the link is opened first; ``bookmark``: a
    file in which it is kept up to when all was told, so that a host that was restarted is told
    what happened meanwhile, and nothing twice. It goes before ``history`` once it is there.

    ``ping``: seconds between two; ``patience``: after which an answer is given up, and the link
    when it was a ping; ``longest_pause``: between two tries to connect; ``look``: seconds
    between two looks at the log; ``sweep``: seconds between two looks at Asterisk's own lists.
    """

    user: str = attrs.field(validator=_line)
    password: Secret
    host: str = attrs.field(default="127.0.0.1", validator=_host)
    port: int = attrs.field(default=5038, validator=_port)
    tls: bool = False
    ca: str = attrs.field(default="", validator=_line)
    mode: str = attrs.field(default="observe", validator=attrs.validators.in_(("observe",)))
    queue_log: str = attrs.field(default="", validator=_line)
    history: float = attrs.field(default=0.0, validator=_length)
    bookmark: str = attrs.field(default="", validator=_line)
    ping: float = attrs.field(default=10.0, validator=_positive)
    patience: float = attrs.field(default=5.0, validator=_positive)
    longest_pause: float = attrs.field(default=30.0, validator=_positive)
    look: float = attrs.field(default=0.5, validator=_positive)
    sweep: float = attrs.field(default=60.0, validator=_positive)

    def __attrs_post_init__(self) -> None:
        if self.history and not self.queue_log:
            raise ValueError("history without a queue_log: give its path")

    @classmethod
    def from_mapping(cls, config: Mapping[str, Setting], *, link: str) -> "ObserveSettings":
        """The settings of a document.

        Raises:
            ConfigError: a key that is none, or a value that can never work.
        """
        return read_settings(cls, config, link=link)
