"""Names as people see them: what would move a terminal's cursor is written out.

Only what is printed goes through here; CSV, JSON and arrays carry names as they are.
"""

import re
from collections.abc import Iterable, Iterator

# Controls (C0, DEL, C1), line and paragraph separators, what turns the direction of writing,
# and halves of characters.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069"
                      "\ud800-\udfff]")  # fmt: skip


def shown(text: str) -> str:
    r"""A name in one line that a terminal prints and does not obey.

    >>> print(shown("vip\x1b[31m\n"))
    vip\x1b[31m\n
    """
    return _UNSHOWN.sub(lambda found: repr(found[0])[1:-1], text)


def shown_lines(text: str) -> str:
    """The same for a text of several lines, which stay lines.

    Also for what names were put into before: what is printed of it is the same again.
    """
    return "\n".join(map(shown, text.split("\n")))


def aligned(table: Iterable[Iterable[str]], named: int) -> Iterator[str]:
    """Lines of columns; the first ``named``, which hold names, to the left, figures to the
    right."""
    rows = [list(map(shown, words)) for words in table]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for words in rows:
        pairs = enumerate(zip(words, widths, strict=True))
        cells = (w.ljust(n) if place < named else w.rjust(n) for place, (w, n) in pairs)
        yield "  ".join(cells).rstrip()
