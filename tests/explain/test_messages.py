"""Message catalogues: the same messages in both languages, for all readers, with every placeholder filled."""

from __future__ import annotations

import pytest

from streamrec_core.errors import BadInput
from streamrec_core.explain.messages import LANGUAGES, READERS, check_reader, messages


def test_both_languages_have_the_same_messages_with_the_same_placeholders() -> None:
    english, german = (dict(messages(language).flat()) for language in LANGUAGES)
    assert english == german
    assert {path.split("/")[0] for path in english} >= set(READERS)
    assert english["viewer/reason/recent/falls"] == {"titles", "before", "after"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_a_whole_sentence_and_makes_no_claim_about_people(language: str) -> None:
    for path, _ in messages(language).flat():
        text = messages(language).raw(path)
        if path.split("/")[0] in READERS:
            assert text.endswith((".", "{instead}.")), path
            assert "!" not in text
        for word in ("you like", "you love", "your taste", "mögen Sie", "Ihr Geschmack", "compliant"):
            assert word not in text


def test_numbers_shares_and_titles_are_written_as_each_language_does() -> None:
    english, german = messages("en"), messages("de")
    assert (english.number(2465), german.number(2465)) == ("2,465", "2.465")
    assert (english.number(-1.5, 2, signed=True), german.number(1.5, 2, signed=True)) == ("−1.50", "+1,50")
    assert [english.percent(share) for share in (0.0, 0.00001, 0.0012, 0.012, 0.12, 1.0)] == [
        "0%",
        "under 0.01%",
        "0.12%",
        "1.2%",
        "12%",
        "100%",
    ]
    assert german.percent(0.012) == "1,2 %"
    assert english.titles(["A"]) == "'A'"
    assert english.titles(["A", "B"]) == "'A' and 'B'"
    assert german.titles(["A", "B", "C"]) == "„A“, „B“ und 1 weiterer"
    assert german.titles(["A", "B", "C", "D"]) == "„A“, „B“ und 2 weitere"


def test_braces_in_a_title_are_not_placeholders() -> None:
    sentence = messages("en").say(
        "viewer", "reason", "item", outcome="falls", titles=messages("en").titles(["{before}"]), before="1", after="9"
    )
    assert sentence == "Without '{before}', this title would fall from rank 1 to rank 9."


def test_unknown_readers_and_languages_are_named() -> None:
    with pytest.raises(BadInput, match="unknown language 'fr'; choose one of en, de"):
        messages("fr")
    with pytest.raises(BadInput, match="unknown reader 'king'; choose one of viewer, analyst, regulator"):
        check_reader("king")
