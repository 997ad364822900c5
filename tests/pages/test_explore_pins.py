"""Explore: a pinned session or another model beside this one."""

from __future__ import annotations

import pytest

from streamrec_core.data.dataset import DataSet
from tests.pages.conftest import Visit
from tests.pages.explore_visits import PAGE, data_of, first_look, matrix, press, sent, words


def test_a_pinned_session_is_beside_the_next_one(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3", mode="expert", detail="model")
    press(visitor, "Pin this view")
    press(visitor, "Next")
    assert data_of(visitor, "matrix-pinned")["session"] == "tiny|s3|"
    assert matrix(visitor)["session"] != "tiny|s3|"
    assert data_of(visitor, "matrix-pinned")["marks"] is None  # a pinned session is not edited
    assert data_of(visitor, "top-ten-pinned")["fixed"]
    assert len(first_look(visitor)) == 2
    press(visitor, "Unpin")
    assert len(sent(visitor, "matrix")) == 1


def test_another_model_is_beside_this_one_on_the_same_session(visit: Visit) -> None:
    visitor = press(visit(PAGE, session="s3", mode="expert", detail="model"), "b\\-lstm")
    assert [data["session"] for data in sent(visitor, "matrix")] == ["tiny|s3|", "tiny|s3|"]
    assert "This model has no attention heads" in words(visitor)


@pytest.mark.parametrize(
    ("pin", "fault"),
    [
        ("nonsense", "cut off or damaged"),
        ("session|s3|gone|", "gone"),
        ("session|nope|a-transformer|", "nope"),
        ("session|s3|a-transformer|lost", "lost"),
        ("own|zzz|a-transformer|", "Event 1 of the link"),
    ],
)
def test_a_pin_that_cannot_be_opened_is_named_and_leaves_the_page_whole(visit: Visit, pin: str, fault: str) -> None:
    visitor = visit(PAGE, session="s3", pin=pin)
    assert "The pinned view cannot be shown" in words(visitor)
    assert fault in words(visitor)
    assert len(sent(visitor, "matrix")) == 1
    press(visitor, "Unpin")
    assert "pin" not in visitor.query_params
