"""A pin in a link: whatever the names are, they come back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pages.explore.pin import IN_LOG, WRITTEN, Pin, read_pin

names = some.text(some.characters(exclude_categories=["Cs"]), max_size=20)


@given(some.sampled_from([IN_LOG, WRITTEN]), names, names, names)
def test_a_pin_comes_back_as_it_was(kind: str, session: str, model: str, item: str) -> None:
    pin = Pin(kind, session, model, item)
    assert read_pin(pin.text()) == pin


@pytest.mark.parametrize("text", ["", "session", "session|a|b", "session|a|b|c|d", "other|a|b|c"])
def test_what_is_no_pin_is_none(text: str) -> None:
    assert read_pin(text) is None
