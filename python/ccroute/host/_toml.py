"""TOML with the lines of its keys, which the standard library's reader does not tell."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from ccroute._errors import AdapterError, CcrouteError, ConfigError

Keys = tuple[str, ...]

_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_DEEPEST = 50
_TOO_DEEP = f"tables and lists are nested more than {_DEEPEST} deep: nest fewer"
_TOO_LARGE = "a whole number has more than 64 bits: give a smaller one"
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class Document:
    """A document of tables. Whatever is wrong with it is collected, so that it is told at once."""

    def __init__(self, text: str, path: Path) -> None:
        self.path = path
        self._problems: list[tuple[Keys, str, type[CcrouteError]]] = []
        self._lines = dict(_lines(text))
        try:
            self.root: Mapping[str, object] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = _PLACE.search(str(error))
            line = int(found[1]) if found and found[1] else None
            words = _PLACE.sub("", str(error))
            raise ConfigError(f"not TOML: {words}", line, str(path)) from None
        except ValueError:  # Python reads no number that long
            raise ConfigError(_TOO_LARGE, path=str(path)) from None
        except RecursionError:
            raise ConfigError(_TOO_DEEP, path=str(path)) from None
        for keys, words in _unbearable(self.root):
            self.wrong(keys, f"{'.'.join(keys)}: {words}")
        self.settle()

    @classmethod
    def load(cls, path: Path) -> "Document":
        """The document in a file.

        Raises:
            ConfigError: it is not TOML, or not UTF-8.
            OSError: it cannot be read.
        """
        try:
            return cls(path.read_bytes().decode("utf-8-sig"), path)
        except UnicodeDecodeError:
            raise ConfigError("not UTF-8: save it as UTF-8", path=str(path)) from None

    def wrong(self, keys: Keys, message: str, kind: type[CcrouteError] = ConfigError) -> None:
        """Notes what is wrong at a key."""
        self._problems.append((keys, message, kind))

    def is_wrong(self, keys: Keys) -> bool:
        """Whether something was noted there or further inside."""
        return any(at[: len(keys)] == keys for at, _, _ in self._problems)

    def line(self, keys: Keys) -> int | None:
        """The line of a key, or of the nearest table around it."""
        for end in range(len(keys), 0, -1):
            if keys[:end] in self._lines:
                return self._lines[keys[:end]]
        return None

    def settle(self) -> None:
        """Raises what was noted, and forgets it.

        Raises:
            ConfigError: all of it, in the order of the lines; each further problem is a line of
                the message.
            AdapterError: the same, where nothing was noted but these.
        """
        problems, self._problems = self._problems, []
        if not problems:
            return
        numbered = [(self.line(keys), words) for keys, words, _ in problems]
        told = sorted(numbered, key=lambda it: it[0] or 0)
        (line, first), *others = told
        rest = [words if at is None else f"line {at}: {words}" for at, words in others]
        error = ConfigError("\n".join([first, *rest]), line, str(self.path))
        if all(kind is AdapterError for _, _, kind in problems):
            raise AdapterError(str(error)) from None
        raise error from None

    # -- Reading ------------------------------------------------------------------------

    def valid(self, given: Mapping[str, object], keys: Keys, allowed: tuple[str, ...]) -> None:
        """Notes the keys of a table that are none."""
        for key in given:
            if key not in allowed:
                place = ".".join(keys) or "the document"
                valid = ", ".join(allowed)
                self.wrong((*keys, key), f"unknown key `{key}` in {place}; valid: {valid}")

    def table(self, given: Mapping[str, object], keys: Keys) -> Mapping[str, object]:
        """The table under the last of ``keys``; empty without one."""
        value = given.get(keys[-1], {})
        if isinstance(value, dict):
            return value
        self.wrong(keys, f"{'.'.join(keys)}: give a table, not {_shown(value)}")
        return {}

    def tables(
        self, given: Mapping[str, object], keys: Keys
    ) -> Iterator[tuple[Keys, Mapping[str, object]]]:
        """Each table in the table under the last of ``keys``, with its own keys."""
        inside = self.table(given, keys)
        for name in inside:
            yield (*keys, name), self.table(inside, (*keys, name))

    def text(self, given: Mapping[str, object], keys: Keys) -> str | None:
        """The text under the last of ``keys``; ``None`` without one."""
        value = given.get(keys[-1])
        if value is None or (isinstance(value, str) and value):
            return value
        self.wrong(keys, f"{'.'.join(keys)}: give text, not {_shown(value)}")
        return None

    def word(
        self, given: Mapping[str, object], keys: Keys, words: tuple[str, ...], usual: str
    ) -> str:
        """One of ``words``, ``usual`` without any."""
        value = given.get(keys[-1], usual)
        if value in words:
            return str(value)
        self.wrong(keys, f"{'.'.join(keys)}: give one of {', '.join(words)}, not {_shown(value)}")
        return usual

    def number(self, given: Mapping[str, object], keys: Keys, usual: float) -> float:
        """A number of at least 0, ``usual`` without any."""
        value = given.get(keys[-1], usual)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
            return value
        self.wrong(keys, f"{'.'.join(keys)}: give a number from 0, not {_shown(value)}")
        return usual

    def whole(self, given: Mapping[str, object], keys: Keys, usual: int) -> int:
        """As `number`, a whole one."""
        value = self.number(given, keys, usual)
        if value == int(value):
            return int(value)
        self.wrong(keys, f"{'.'.join(keys)}: give a whole number, not {_shown(value)}")
        return usual

    def texts(self, given: Mapping[str, object], keys: Keys) -> tuple[str, ...]:
        """A list of texts; empty without one."""
        value = given.get(keys[-1], [])
        if isinstance(value, list) and all(isinstance(it, str) for it in value):
            return tuple(value)
        self.wrong(keys, f"{'.'.join(keys)}: give a list of texts, not {_shown(value)}")
        return ()

    def by_name(self, given: Mapping[str, object], keys: Keys) -> dict[str, str]:
        """A table of texts."""
        inside = self.table(given, keys)
        found = {name: self.text(inside, (*keys, name)) for name in inside}
        return {name: text for name, text in found.items() if text is not None}

    def file(self, given: Mapping[str, object], keys: Keys) -> Path | None:
        """A path, relative to the document's folder."""
        text = self.text(given, keys)
        if text is not None and "\0" in text:
            self.wrong(keys, f"{'.'.join(keys)}: {text!r} is no path: it holds a NUL")
            return None
        return None if text is None else self.path.parent / text


def _unbearable(root: Mapping[str, object]) -> Iterator[tuple[Keys, str]]:
    """Where something is that TOML allows and who reads it would break over, and what."""
    waiting: list[tuple[Keys, int, object]] = [((), 0, root)]
    while waiting:
        keys, depth, value = waiting.pop()
        if depth > _DEEPEST:
            yield keys, _TOO_DEEP
        elif isinstance(value, dict):
            waiting += [((*keys, key), depth + 1, it) for key, it in value.items()]
        elif isinstance(value, list):
            waiting += [(keys, depth + 1, it) for it in value]
        elif isinstance(value, int) and value.bit_length() > 64:
            yield keys, _TOO_LARGE


def _shown(value: object) -> str:
    return "a table" if isinstance(value, dict) else repr(value)


def _lines(text: str) -> Iterator[tuple[Keys, int]]:
    """Where each key stands, the last of two that are the same first; tables too."""
    found: dict[Keys, int] = {}
    header: Keys = ()
    fence: str | None = None
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        if fence is not None:
            fence = None if fence in line else fence
            continue
        if depth == 0:
            stripped = line.strip()
            if stripped.startswith("["):
                header = _keys(stripped.lstrip("["), "]") or header
                found.setdefault(header, number)
                continue
            keys = _keys(line, "=")
            for end in range(1, len(keys) + 1):
                found.setdefault((*header, *keys[:end]), number)
        bare = line
        for mark in ('"""', "'''"):
            if line.count(mark) == 1:
                fence, bare = mark, line[: line.index(mark)]
        bare = _TEXT.sub("", bare).partition("#")[0]
        depth = max(
            0, depth + bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")
        )
    yield from found.items()


def _keys(text: str, end: str) -> Keys:
    """The keys with dots between them at the beginning of ``text``, if ``end`` follows."""
    keys: list[str] = []
    at = 0
    while (part := _PART.match(text, at)) is not None:
        keys.append(next(it for it in part.groups() if it is not None))
        at = part.end()
        if text.startswith(end, at):
            return tuple(keys)
        if not text.startswith(".", at):
            break
        at += 1
    return ()
