"""`explain`: a session in, the sentence and what each head looked at out, under the names that scripts rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from streamrec_core.attribution.event_value import VALUE_METHOD
from streamrec_core.cli.explain import history_of
from streamrec_core.data.engagement import ENGAGEMENTS
from streamrec_core.data.presets import make
from streamrec_core.data.storage import read_dataset
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
    assert found["status"] == found["verified_status"]
    assert found["explanation"] == found["verified"]
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
    for name in ("recommendations", "explanation", "heads", "reasons", "dropped", "cards", "evidence", "agreement"):
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
    assert text.startswith(found["explanation"])
    assert f"First look: {found['first_look']['explanation']} (first look, not checked)" in text
    assert f"What came next: {found['target']['title']} (rank {found['target_rank']})" in text
    assert found["recommendations"][9]["title"] in text
    assert "Attention heads" in text


EVIDENCE = {
    "position",
    "item_id",
    "title",
    "attention",
    "value",
    "integrated_gradients",
    "gradient_input",
    "removal",
    "rank_without",
}


def test_what_the_checks_found_stands_beside_the_first_look(
    command: Command, run_path: Path, data_folder: Path
) -> None:
    found = command("explain", "--run", run_path, "--session", 17, "--json").json()
    length = len(read_dataset(data_folder).log.session(17)) - 1
    assert found["first_look"]["explanation"] != found["explanation"] == found["verified"]
    assert found["first_look"]["status"] == "first look, not checked"
    assert found["verified_status"] in ("verified", "no reason holds")
    assert found["verified"].endswith(".")
    assert [set(event) for event in found["evidence"]] == [EVIDENCE] * length
    assert [event["position"] for event in found["evidence"]] == list(range(length))
    assert sum(event["attention"] for event in found["evidence"]) == pytest.approx(1, abs=1e-4)
    assert found["value_method"] == VALUE_METHOD
    assert not {"score", "base", "contributions"} & set(found)  # a plain model's score is no such sum
    assert found["agreement"]["words"]
    assert bool(found["reasons"]) == (found["verified_status"] == "verified")
    assert bool(found["findings"]) != bool(found["reasons"])
    for reason in (*found["reasons"], *found["dropped"]):
        assert all(0 <= place < length for place in reason["positions"])
        assert reason["rank_before"] == found["candidate"]["rank"]
        assert reason["sets_tested"] == len(found["reasons"]) + len(found["dropped"])
        assert reason["sub_histories"] is None or 0 <= reason["sub_histories"] <= 1
        assert "removal" not in reason["proposed_by"]
    for reason in found["reasons"]:
        assert reason["effect"] > reason["list_effect"]
        assert reason["p_value"] <= reason["p_holm"] <= 0.05
    assert {reason["verdict"] for reason in found["reasons"]} <= {"holds"}
    assert "holds" not in {reason["verdict"] for reason in found["dropped"]}
    assert found["counterfactual"]["k"] == 10
    single = {reason["positions"][0]: reason["effect"] for reason in found["dropped"] if len(reason["positions"]) == 1}
    for place, effect in single.items():
        assert effect == pytest.approx(found["evidence"][place]["removal"], abs=1e-4)


def test_readers_and_languages_word_the_same_checks(command: Command, run_path: Path) -> None:
    words = ("explain", "--run", run_path, "--session", 17, "--json")
    viewer = command(*words).json()
    analyst = command(*words, "--reader", "analyst", "--language", "de").json()
    assert (viewer["reader"], analyst["reader"], analyst["language"]) == ("viewer", "analyst", "de")
    assert viewer["verified"] != analyst["verified"]
    assert [one["positions"] for one in viewer["dropped"]] == [one["positions"] for one in analyst["dropped"]]
    assert viewer["evidence"] == analyst["evidence"]
    said = command("explain", "--run", run_path, "--session", 17, "--reader", "regulator")
    regulator = command(*words, "--reader", "regulator").json()
    text = " ".join(said.out.split())
    assert text.index(regulator["explanation"]) < text.index("First look: ")
    assert regulator["agreement"]["words"] in text


def test_what_a_reason_must_cost_is_a_setting(command: Command, run_path: Path, tmp_path: Path) -> None:
    words = ("explain", "--run", run_path, "--session", 17, "--json")
    usual, lenient, strict = (
        command(*words, *more).json() for more in ((), ("--least-share", 0.001), ("--least-share", 0.999))
    )
    checked = [*usual["reasons"], *usual["dropped"]]
    assert len(lenient["reasons"]) >= len(usual["reasons"]) >= len(strict["reasons"])
    assert {one["verdict"] for one in lenient["dropped"] if one["effect"] > 0.01} <= {
        "not about this title",
        "depends on the rest",
        "not under replacement",
        "chance",
    }
    assert len(checked) == len(lenient["reasons"]) + len(lenient["dropped"])
    out = tmp_path / "strict.parquet"
    asked = ("explain", "--run", run_path, "--all", "--out", out, "--sessions", 2, "--least-share", 0.001)
    assert command(*asked).code == 0
    assert len(pq.read_table(out)) == 2


def test_of_a_title_that_is_not_on_the_list_what_speaks_for_and_against_it_is_said(
    command: Command, run_path: Path
) -> None:
    last = command("explain", "--run", run_path, "--session", 17, "--json").json()
    off = next(
        found
        for item in range(100, 130)
        if (found := command("explain", "--run", run_path, "--session", 17, "--item", item, "--json").json())
        and found["candidate"]["rank"] > 10
    )
    assert (off["verified_status"], off["reasons"]) == ("not on the list", [])
    assert off["findings"][0]["kind"] == "not listed"
    assert {finding["kind"] for finding in off["findings"][1:]} <= {"speaks for", "speaks against", "nothing moves it"}
    assert f"it is at rank {off['candidate']['rank']:,}" in off["explanation"]
    assert last["verified_status"] != "not on the list"


def test_many_sessions_are_explained_into_one_file(
    command: Command, run_path: Path, data_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "explanations.parquet"
    said = command("explain", "--run", run_path, "--all", "--out", out, "--sessions", 5, "--json").json()
    assert (said["out"], said["explanations"]) == (str(out), 5)
    rows = pq.read_table(out).to_pylist()
    alone = command("explain", "--run", run_path, "--session", rows[2]["session_id"], "--json").json()
    assert rows[2]["explanation"] == alone["explanation"]
    assert rows[2]["verified_status"] == alone["verified_status"]
    assert [reason["kind"] for reason in rows[2]["reasons"]] == [reason["kind"] for reason in alone["reasons"]]
    again = command("explain", "--run", run_path, "--all", "--out", out)
    assert (again.code, "exists already" in again.err) == (2, True)


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
        (["--session", "1", "--reader", "king"], "unknown reader 'king'; choose one of viewer, analyst, regulator"),
        (["--session", "1", "--language", "fr"], "unknown language 'fr'; choose one of en, de"),
        (["--session", "1", "--least-share", "1"], "least_share: Input should be less than 1"),
        (["--all"], "--all explains many sessions: give --out FILE.parquet"),
        (["--all", "--out", "x.parquet", "--session", "1"], "and no --session, --history or --item"),
        (["--all", "--out", "x.parquet", "--split", "some"], "no part 'some' in a split"),
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
