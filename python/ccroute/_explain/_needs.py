"""What an agent must be able to do, in words."""

from collections.abc import Mapping

import attrs

from ccroute._explain._phrases import Words
from ccroute._table import Table
from ccroute._wire import NeedsRow


@attrs.frozen(kw_only=True)
class Needs:
    """What an agent must be able to do: skill names to least proficiency, 1–10, and conditions
    in CEL."""

    all_of: Mapping[str, int]
    any_of: tuple[Mapping[str, int], ...]
    none_of: Mapping[str, int]
    where: tuple[str, ...]

    @classmethod
    def of(cls, row: NeedsRow) -> "Needs":
        """Names what the engine said."""
        all_of, any_of, none_of, where = row
        return cls(
            all_of=Table(all_of),
            any_of=tuple(Table(group) for group in any_of),
            none_of=Table(none_of),
            where=tuple(where),
        )

    def text(self, words: Words) -> str:
        """In a language."""
        either = words.say("or")
        parts = [f"{skill} >= {level}" for skill, level in self.all_of.items()]
        parts += [either.join(f"{s} >= {n}" for s, n in group.items()) for group in self.any_of]
        parts += [words.say("not", what=f"{s} >= {n}") for s, n in self.none_of.items()]
        parts += self.where
        return ", ".join(parts) or words.say("nothing")

    def __str__(self) -> str:
        return self.text(Words("en"))
