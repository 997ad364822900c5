"""Message catalogue: the same messages for all readers, with every placeholder filled."""

from __future__ import annotations

import pytest

from streamrec_core.errors import BadInput
from streamrec_core.explain.messages import READERS, check_reader, messages


def test_every_reader_has_the_same_kinds_of_messages() -> None:
    placeholders = dict(messages().flat())
    kinds = {
        reader: {tuple(path.split("/")[1:3]) for path in placeholders if path.startswith(f"{reader}/")}
        for reader in READERS
    }
    assert kinds["viewer"] == kinds["analyst"] == kinds["regulator"]
    assert placeholders["viewer/reason/recent/falls"] == {"titles", "before", "after"}


def test_every_message_is_a_whole_sentence_and_makes_no_claim_about_people() -> None:
    for path, _ in messages().flat():
        text = messages().raw(path)
        if path.split("/")[0] in READERS:
            assert text.endswith((".", "{instead}.")), path
            assert "!" not in text
        for word in ("you like", "you love", "your taste", "compliant"):
            assert word not in text


def test_numbers_shares_and_titles_are_written_as_in_a_text() -> None:
    english = messages()
    assert english.number(2465) == "2,465"
    assert (english.number(-1.5, 2, signed=True), english.number(1.5, 2, signed=True)) == ("−1.50", "+1.50")
    assert [english.percent(share) for share in (0.0, 0.00001, 0.0012, 0.012, 0.12, 1.0)] == [
        "0%",
        "under 0.01%",
        "0.12%",
        "1.2%",
        "12%",
        "100%",
    ]
    assert english.titles(["A"]) == "'A'"
    assert english.titles(["A", "B"]) == "'A' and 'B'"
    assert english.titles(["A", "B", "C", "D"]) == "'A', 'B' and 2 more"


def test_braces_in_a_title_are_not_placeholders() -> None:
    sentence = messages().say(
        "viewer", "reason", "item", outcome="falls", titles=messages().titles(["{before}"]), before="1", after="9"
    )
    assert sentence == "Without '{before}', this title would fall from rank 1 to rank 9."


def test_an_unknown_reader_is_named() -> None:
    with pytest.raises(BadInput, match="unknown reader 'king'; choose one of viewer, analyst, regulator"):
        check_reader("king")


def test_only_analysts_read_of_nats() -> None:
    table = messages()
    assert not [path for path, _ in table.flat() if " nats" in table.raw(path) and not path.startswith("analyst/")]
