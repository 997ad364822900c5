"""Stored settings of every kind, damaged in any way: read, or refused in words that name the file."""

from __future__ import annotations

import importlib
import json
import pkgutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

import streamrec_core
from streamrec_core.config import Settings
from streamrec_core.data.dataset import DataSetCard
from streamrec_core.models.card import ModelCard
from tests.fuzz.cases import counted, ends_in_words, fuzz
from tests.fuzz.values import changed, documents
from tests.worlds import chain_dataset

ROOT = Path(__file__).resolve().parents[2]


def _kinds(base: type[Settings]) -> list[type[Settings]]:
    return [each for kind in base.__subclasses__() for each in (kind, *_kinds(kind))]


for module in pkgutil.walk_packages(streamrec_core.__path__, "streamrec_core."):
    if not module.name.rpartition(".")[2].startswith("__"):
        importlib.import_module(module.name)
KINDS = sorted(
    {kind for kind in _kinds(Settings) if kind.__module__.startswith("streamrec_core.")},
    key=lambda kind: (kind.__module__, kind.__name__),
)
VALID: tuple[tuple[type[Settings], Any], ...] = (
    *((ModelCard, json.loads(path.read_text())) for path in sorted(ROOT.glob("checkpoints/*/card.json"))),
    (DataSetCard, chain_dataset().card.model_dump(mode="json", by_alias=True)),
)


def read(kind: type[Settings], content: bytes) -> Settings | None:
    with counted("cards"), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "card.json"
        path.write_bytes(content)
        return ends_in_words(lambda: kind.read(path), path.name)


@fuzz("cards")
@given(
    kind=some.sampled_from(KINDS),
    content=documents.map(lambda document: json.dumps(document).encode()) | some.binary(max_size=40),
)
def test_any_document_as_any_settings(kind: type[Settings], content: bytes) -> None:
    read(kind, content)


@fuzz("cards")
@given(case=some.sampled_from(VALID).flatmap(lambda valid: some.tuples(some.just(valid[0]), changed(valid[1]))))
def test_a_card_with_a_part_changed(case: tuple[type[Settings], Any]) -> None:
    kind, document = case
    read(kind, json.dumps(document).encode())


def test_cards_that_are_in_order_are_read() -> None:
    assert len(KINDS) > 15
    for kind, document in VALID:
        assert read(kind, json.dumps(document).encode()) is not None
