"""Text from data in markdown widgets: shown exactly as it stands, whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pages.ui.escape import plain

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ALPHABET = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))
MARKS = st.sampled_from("\\`*_{}[]()#+-.!|~$<>&:@=/ \n1aw\"'")


def shown(markdown: str) -> str:
    """The text a reader sees; fails where anything but one plain paragraph is rendered."""
    tokens = PARSER.parse(markdown)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    inline = tokens[1].children or []
    assert {token.type for token in inline} <= {"text", "text_special"}
    return "".join(token.content for token in inline).replace("\u2060", "")


@given(st.text(ALPHABET | MARKS))
@example("![](https://example.org/pixel.png)")
@example("[click](javascript:alert(1))")
@example("<img src=x onerror=alert(1)>")
@example("1. not a list")
@example("# not a heading")
@example("a -> b, 3 < 4 & $5$")
def test_markdown_shows_what_was_written(text: str) -> None:
    one_line = " ".join(text.replace("\u2060", "").split())
    if one_line:
        assert shown(plain(text.replace("\u2060", ""))) == one_line


@pytest.mark.parametrize(
    "text", [":red[danger]", ":material/home:", ":+1:", "www.example.org", "https://example.org", "me@example.org"]
)
def test_what_has_no_escape_is_broken_by_a_word_joiner(text: str) -> None:
    escaped = plain(text)
    assert "\u2060" in escaped
    assert not any(whole in escaped for whole in (":red", ":material", ":+1", "www", "://", "@example"))


def test_a_long_title_ends_with_an_ellipsis() -> None:
    assert plain("abcdefgh", 5) == "abcd…"
    assert plain("abcde", 5) == "abcde"


def test_a_title_of_nothing_is_called_untitled() -> None:
    assert plain(" \n ") == "untitled"
