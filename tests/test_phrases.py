"""The phrases that explanations and told plans are made of, in both languages."""

import importlib
import string

import pytest

EXPLAINED = importlib.import_module("ccroute._explain._phrases").PHRASES
TOLD = importlib.import_module("ccroute.cli._story._words").PHRASES
LANGUAGES = ("en", "es")
UNITS = {"span.s", "span.min", "span.h"}


def placeholders(phrase: str) -> list[str]:
    return sorted(field for _, field, _, _ in string.Formatter().parse(phrase) if field)


@pytest.mark.parametrize(
    ("phrases", "alike"),
    [
        # They have no words.
        pytest.param(
            EXPLAINED, {*UNITS, "contact.eliminated", "decision.candidate"}, id="explanations"
        ),
        pytest.param(TOLD, {"no"}, id="told plans"),  # it is the same word
    ],
)
def test_both_languages_have_the_same_phrases_with_the_same_placeholders_and_other_words(
    phrases: dict[str, dict[str, str]], alike: set[str]
) -> None:
    assert tuple(phrases) == LANGUAGES
    english, spanish = (
        {name: placeholders(phrase) for name, phrase in phrases[language].items()}
        for language in LANGUAGES
    )
    assert english == spanish
    assert all(phrase for each in phrases.values() for phrase in each.values())
    same = {name for name, phrase in phrases["en"].items() if phrases["es"][name] == phrase}
    assert same == alike


def test_no_phrase_of_explanations_is_replaced() -> None:
    for language in LANGUAGES:
        assert not EXPLAINED[language].keys() & TOLD[language].keys()
