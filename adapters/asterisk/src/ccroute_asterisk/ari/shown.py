"""What the other side says, as it may be shown: in reasons, errors and logs."""

from collections.abc import Mapping

import attrs

from ccroute.adapters import Secret
from ccroute.metrics import shown
from ccroute_asterisk.ari.codec import Reply

_WORDS = ("message", "error")
_BASIC = "Basic "


class Shown:
    r"""Hides the password, also as HTTP carries it, and writes out what a terminal would obey.

    >>> fit = Shown(Secret("pw"), Secret("Basic dTpwdw=="))
    >>> fit("user u:pw (dTpwdw==)" + chr(10))
    'user u:... (...)\\n'
    """

    def __init__(self, password: Secret, signed: Secret) -> None:
        self._secrets = (password, Secret(signed.reveal().removeprefix(_BASIC)))

    def __call__(self, text: str) -> str:
        """``text``, fit to be shown."""
        for secret in self._secrets:
            text = secret.hide_in(text)
        return shown(text)

    def reply(self, reply: Reply) -> Reply:
        """A reply whose words are so."""
        body = reply.body
        if not isinstance(body, Mapping) or not any(name in body for name in _WORDS):
            return reply
        words = {name: self(str(body[name])) for name in _WORDS if name in body}
        return attrs.evolve(reply, body={**body, **words})
