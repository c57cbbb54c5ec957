"""Text that is shown to nobody: passwords, tokens, keys."""

import json
from typing import NoReturn
from urllib.parse import quote


class Secret:
    """Holds a text that neither ``repr`` nor ``str`` nor pickle nor JSON gives away.

    >>> password = Secret("swordfish")
    >>> password
    Secret(...)
    >>> f"{password}"
    'Secret(...)'
    >>> password.reveal()
    'swordfish'
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"a secret is text, not {type(text).__name__}")
        self._text = text

    def reveal(self) -> str:
        """The text, where it is needed and nowhere else."""
        return self._text

    def hide_in(self, text: str) -> str:
        """``text`` without the secret, for messages of others that may hold it: as it is, or as
        Python, JSON or a URL writes it.

        >>> Secret("it's so").hide_in("no login with it%27s%20so")
        'no login with ...'
        """
        if not self._text:
            return text
        written = {
            self._text,
            repr(self._text)[1:-1],
            json.dumps(self._text)[1:-1],
            json.dumps(self._text, ensure_ascii=False)[1:-1],
            quote(self._text, safe="", errors="replace"),
        }
        for it in sorted(written, key=len, reverse=True):
            text = text.replace(it, "...")
        return text

    def __repr__(self) -> str:
        return "Secret(...)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled: read it anew where it is needed")
