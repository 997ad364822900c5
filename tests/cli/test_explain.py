"""`explain`: a session in, the sentence and what each head looked at out, under the names that scripts rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streamrec_core.cli.explain import history_of
from streamrec_core.data.dataset import read_dataset
from streamrec_core.data.engagement import ENGAGEMENTS
from streamrec_core.data.presets import make
from streamrec_core.errors import BadInput
from tests.cli.conftest import Command
from tests.worlds import catalogue_of

HEAD = {
    "layer",
    "head",
    "entropy",
    "recency_correlation",
    "same_category_weight",
    "top_positions",
    "top_weights",
    "type",
    "even_type",
    "effect",
}


def test_a_session_is_explained_under_the_names_that_scripts_rely_on(
    command: Command, run_path: Path, data_folder: Path
) -> None:
    found = command("explain", "--run", run_path, "--session", 17, "--json").json()
    assert {"session", "candidate", "target", "target_rank", "recommendations", "explanation", "heads"} <= set(found)
    dataset = read_dataset(data_folder)
    session = dataset.log.session(17)
    assert found["session"] == "17"
    assert found["target"]["item_id"] == dataset.catalogue.item_ids[session.items[-1]]
    assert found["target_rank"] == found["target"]["rank"] >= 1
    assert [item["rank"] for item in found["recommendations"]] == list(range(1, 11))
    assert found["candidate"] == found["recommendations"][0]
    assert set(found["candidate"]) == {"item_id", "title", "category", "rank", "probability"}
    assert found["explanation"].endswith(".")
    assert found["status"] == "first look, not checked"
    assert [(head["layer"], head["head"]) for head in found["heads"]] == [(n // 4, n % 4) for n in range(8)]
    for head in found["heads"]:
        assert set(head) == HEAD
        assert head["type"] in ("focused", "recency", "category", "distributed")
        assert all(0 <= place < len(session) - 1 for place in head["top_positions"])
        assert head["top_weights"] == sorted(head["top_weights"], reverse=True)


def without_effect(heads: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in head.items() if key != "effect"} for head in heads]


def test_any_item_can_be_asked_about_by_id_or_title(command: Command, run_path: Path, data_folder: Path) -> None:
    title = read_dataset(data_folder).catalogue.titles[99]
    by_id = command("explain", "--run", run_path, "--session", 3, "--item", 100, "--json").json()
    by_title = command("explain", "--run", run_path, "--session", 3, "--item", title.upper(), "--json").json()
    assert by_id["candidate"]["title"] == title
    assert by_id == by_title
    first = command("explain", "--run", run_path, "--session", 3, "--json").json()
    assert by_id["attention"] == first["attention"]  # the maps are the same for every candidate ...
    assert without_effect(by_id["heads"]) == without_effect(first["heads"])
    assert by_id["heads"] != first["heads"]  # ... and what a head does for it is not


def test_a_history_that_is_in_no_data_set_is_explained_without_a_target(
    command: Command, run_path: Path, data_folder: Path, tmp_path: Path
) -> None:
    title = read_dataset(data_folder).catalogue.titles[4]
    found = command("explain", "--run", run_path, "--history", f"1=save; {title}; 3", "--json").json()
    assert (found["target"], found["target_rank"]) == (None, None)
    (tmp_path / "history.txt").write_text(f"1=save\n{title}\n3\n", encoding="utf-8")
    again = command("explain", "--run", run_path, "--history", tmp_path / "history.txt", "--json").json()
    assert again == found
    plain = command("explain", "--run", run_path, "--history", f"1; {title}; 3", "--json").json()
    assert plain["recommendations"] != found["recommendations"]


def test_a_session_of_the_log_and_the_same_history_by_hand_give_the_same(
    command: Command, run_path: Path, data_folder: Path
) -> None:
    dataset = read_dataset(data_folder)
    session = dataset.log.session(5)
    events = zip(session.items[:-1], session.engagements[:-1], strict=True)
    history = ";".join(f"{dataset.catalogue.item_ids[item]}={ENGAGEMENTS[mark]}" for item, mark in events)
    by_hand = command("explain", "--run", run_path, "--history", history, "--json").json()
    by_log = command("explain", "--run", run_path, "--session", 5, "--json").json()
    for name in ("recommendations", "explanation", "heads", "reasons", "cards"):
        assert by_hand[name] == by_log[name]


def test_the_shipped_transformer_answers_when_nothing_is_named(
    command: Command, run_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "shipped" / "streamrec-transformer"
    shipped.mkdir(parents=True)
    card = json.loads((run_path / "best" / "card.json").read_text())
    card["data"]["name"] = "streamrec-40"
    (shipped / "card.json").write_text(json.dumps(card))
    (shipped / "weights.safetensors").write_bytes((run_path / "best" / "weights.safetensors").read_bytes())
    monkeypatch.setenv("STREAMREC_CHECKPOINTS", str(tmp_path / "shipped"))
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(tmp_path / "workspace"))
    make("streamrec", 40)
    assert command("explain", "--session", 39, "--json").json()["session"] == "39"


def test_people_read_the_sentence_its_standing_and_the_heads(
    command: Command, run_path: Path, data_folder: Path
) -> None:
    said = command("explain", "--run", run_path, "--session", 17)
    found = command("explain", "--run", run_path, "--session", 17, "--json").json()
    assert said.code == 0
    text = " ".join(said.out.split())
    assert found["explanation"] in text
    assert "(first look, not checked)" in text
    assert f"What came next: {found['target']['title']} (rank {found['target_rank']})" in text
    assert found["recommendations"][9]["title"] in text
    assert "Attention heads" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "name one session: --session ID, or --history with item ids or titles"),
        (["--session", "1", "--history", "2"], "name one session"),
        (["--session", "99999"], "no session '99999' among 60; ids look like 0, 1, 2"),
        (["--session", "1", "--item", "no such title"], "no item has the id or title 'no such title'"),
        (["--session", "1", "--item", "home"], "'Home page' is neutral and never recommended; choose another item"),
        (["--history", "1;lost"], "--history, event 2: no item has the id or title 'lost'"),
        (["--history", "1=like"], "--history, event 1: unknown engagement 'like'; known are click"),
        (["--history", " ; "], "--history is empty"),
    ],
)
def test_what_cannot_be_explained_ends_with_exit_code_2(
    words: list[str], message: str, command: Command, run_path: Path
) -> None:
    said = command("explain", "--run", run_path, *words)
    assert said.code == 2
    assert message in said.err
    assert said.out == ""


def test_a_history_longer_than_any_file_name_is_a_history() -> None:
    assert len(history_of(";".join(["Title 1"] * 60), catalogue_of(4, 2))) == 60


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "history.txt").write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(BadInput, match=r"history\.txt is not UTF-8 text"):
        history_of(str(tmp_path / "history.txt"), catalogue_of(4, 2))
