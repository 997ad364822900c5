"""What a link says and what a browser sends: taken where it fits, named or ignored otherwise, never an exception."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from pages.explore import matrix
from pages.explore.attention_view import AttentionView, Shape, from_browser, from_link, to_link
from pages.explore.url import VIEW_PARAMS
from pages.ui.url_state import declared
from pages.ui.url_widgets import join_names, split_names
from streamrec_core.data.history import compact, from_compact, parse_history
from streamrec_core.diagnosis.edits import apply_edits, read_edits, write_edits
from tests.fuzz.cases import counted, ends_in_words, fuzz
from tests.fuzz.values import changed, documents, texts
from tests.pages.conftest import Visit, checkpoints, visit, world  # noqa: F401
from tests.worlds import chain_dataset

SHAPE = Shape(layers=2, heads=4, events=16)
WORLD = chain_dataset()
CATALOGUE = WORLD.catalogue
SESSION = parse_history(";".join(CATALOGUE.item_ids[:5]), CATALOGUE)
PAGES = sorted(f"{path.parent.name}/page.py" for path in Path(matrix.__file__).parents[1].glob("*/page.py"))
parts = some.lists(texts | some.sampled_from(CATALOGUE.item_ids[:9]), max_size=4)
histories = some.tuples(some.sampled_from([";", "\n", ",", ".", "~"]), parts).map(lambda pair: pair[0].join(pair[1]))
edits = some.lists(
    some.builds(
        lambda name, position, item: f"{name}.{position}.{item}",
        some.sampled_from(["remove", "swap", "move", "insert", "replace", "engage", "r", "s"]),
        some.integers(-2, 9) | texts,
        some.sampled_from(CATALOGUE.item_ids[:9]) | some.integers(0, 7) | texts,
    ),
    max_size=3,
).map("_".join)


@fuzz("links")
@given(values=some.dictionaries(some.sampled_from(list(VIEW_PARAMS)), texts, max_size=4))
def test_the_view_of_a_link(values: dict[str, str]) -> None:
    with counted("links"):
        view, faults = from_link(values, SHAPE)
        written = {name: text for name, text in to_link(view, SHAPE).items() if text is not None}
        assert from_link(written, SHAPE) == (view, ())
        assert all(isinstance(fault, str) for fault in faults)


@fuzz("links")
@given(text=histories | texts | documents.map(json.dumps))
def test_the_history_of_a_link(text: str) -> None:
    with counted("links"):
        ends_in_words(lambda: parse_history(text, CATALOGUE))
        session = ends_in_words(lambda: from_compact(text, CATALOGUE))
        if session is not None:
            assert compact(from_compact(compact(session, CATALOGUE), CATALOGUE), CATALOGUE) == compact(
                session, CATALOGUE
            )


@fuzz("links")
@given(text=edits | texts)
def test_the_edits_of_a_link(text: str) -> None:
    with counted("links"):
        made = ends_in_words(lambda: read_edits(text))
        if made:
            assert read_edits(write_edits(made)) == made
            ends_in_words(lambda: apply_edits(SESSION, made, CATALOGUE))


@fuzz("links")
@given(names=some.lists(some.text(min_size=1, max_size=9), unique=True), text=texts)
def test_names_in_a_link(names: list[str], text: str) -> None:
    with counted("links"):
        split_names(text)
        if all(name.encode("utf-8", "replace").decode() == name for name in names):
            assert split_names(join_names(names)) == tuple(names)


@settings(parent=fuzz("pages"), suppress_health_check=list(HealthCheck))
@given(
    page=some.sampled_from(PAGES),
    link=some.dictionaries(some.sampled_from(sorted(declared())), histories | edits | texts, min_size=1, max_size=4),
)
def test_pages_open_whatever_the_link_says(
    visit: Visit,  # noqa: F811
    page: str,
    link: dict[str, str],
) -> None:
    with counted("pages"):
        plain = {name: text.encode("utf-8", "replace").decode() for name, text in link.items()}
        assert not visit(page, **plain).exception


messages = documents | changed({"key": "k", **AttentionView(head=1, event=2, heads=(0, 1)).plain()})


@fuzz("messages")
@given(message=messages)
def test_a_view_that_a_browser_sends(message: Any) -> None:
    with counted("messages"):
        view = from_browser(message, SHAPE)
        if view is not None:
            written = {name: text for name, text in to_link(view, SHAPE).items() if text is not None}
            assert from_link(written, SHAPE) == (view, ())


@settings(parent=fuzz("messages"), suppress_health_check=list(HealthCheck))
@given(message=messages)
def test_only_views_of_the_session_are_taken(message: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with counted("messages"), monkeypatch.context() as patch:
        state: dict[str, Any] = {"matrix": {"view": message, "edit": message}}
        links: list[Mapping[str, str | None]] = []
        patch.setattr(matrix, "st", SimpleNamespace(session_state=state))
        patch.setattr(matrix, "view_of_link", lambda shape: (AttentionView(), ()))
        patch.setattr(matrix, "update_url", links.append)
        patch.setattr(matrix, "url_value", lambda name: None)
        matrix.take_view("s", "k", SHAPE)
        matrix.take_edit(SimpleNamespace(), "k")  # type: ignore[arg-type]  # an edit of this session would ask for more
        if not isinstance(message, Mapping) or message.get("key") != "k":
            assert links == []
            assert set(state) == {"matrix"}
        elif links:
            assert from_link({name: text for name, text in links[0].items() if text}, SHAPE)[1] == ()
