"""The `explain` command: explanations, heads and evidence under the JSON names that scripts rely on."""

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
    document = command("explain", "--run", run_path, "--session", 17, "--json").json()
    assert {"session", "candidate", "target", "target_rank", "recommendations", "explanation", "heads"} <= set(document)
    dataset = read_dataset(data_folder)
    session = dataset.log.session(17)
    assert document["session"] == "17"
    assert document["target"]["item_id"] == dataset.catalogue.item_ids[session.items[-1]]
    assert document["target_rank"] == document["target"]["rank"] >= 1
    assert [item["rank"] for item in document["recommendations"]] == list(range(1, 11))
    assert document["candidate"] == document["recommendations"][0]
    assert set(document["candidate"]) == {"item_id", "title", "category", "rank", "probability"}
    assert document["explanation"].endswith(".")
    assert document["status"] == document["verified_status"]
    assert document["explanation"] == document["verified"]
    assert [(head["layer"], head["head"]) for head in document["heads"]] == [(n // 4, n % 4) for n in range(8)]
    for head in document["heads"]:
        assert set(head) == HEAD
        assert head["type"] in ("focused", "recency", "category", "distributed")
        assert all(0 <= position < len(session) - 1 for position in head["top_positions"])
        assert head["top_weights"] == sorted(head["top_weights"], reverse=True)


def without_effect(heads: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in head.items() if key != "effect"} for head in heads]


def test_any_item_can_be_explained_by_id_or_title(command: Command, run_path: Path, data_folder: Path) -> None:
    title = read_dataset(data_folder).catalogue.titles[99]
    by_id = command("explain", "--run", run_path, "--session", 3, "--item", 100, "--json").json()
    by_title = command("explain", "--run", run_path, "--session", 3, "--item", title.upper(), "--json").json()
    assert by_id["candidate"]["title"] == title
    assert by_id == by_title
    first = command("explain", "--run", run_path, "--session", 3, "--json").json()
    assert by_id["attention"] == first["attention"]  # the maps are the same for every candidate ...
    assert without_effect(by_id["heads"]) == without_effect(first["heads"])
    assert by_id["heads"] != first["heads"]  # ... and what a head does for it is not


def test_a_typed_history_is_explained_without_a_target(
    command: Command, run_path: Path, data_folder: Path, tmp_path: Path
) -> None:
    title = read_dataset(data_folder).catalogue.titles[4]
    document = command("explain", "--run", run_path, "--history", f"1=save; {title}; 3", "--json").json()
    assert (document["target"], document["target_rank"]) == (None, None)
    (tmp_path / "history.txt").write_text(f"1=save\n{title}\n3\n", encoding="utf-8")
    again = command("explain", "--run", run_path, "--history", tmp_path / "history.txt", "--json").json()
    assert again == document
    plain = command("explain", "--run", run_path, "--history", f"1; {title}; 3", "--json").json()
    assert plain["recommendations"] != document["recommendations"]


def test_a_session_and_the_same_typed_history_have_the_same_explanation(
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


def test_the_shipped_transformer_is_the_default_model(
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


def test_the_text_output_has_the_sentence_its_status_and_the_heads(
    command: Command, run_path: Path, data_folder: Path
) -> None:
    output = command("explain", "--run", run_path, "--session", 17)
    document = command("explain", "--run", run_path, "--session", 17, "--json").json()
    assert output.code == 0
    text = " ".join(output.out.split())
    assert text.startswith(document["explanation"])
    assert f"First look: {document['first_look']['explanation']} (first look, not checked)" in text
    assert f"Next item in the log: {document['target']['title']} (rank {document['target_rank']})" in text
    assert document["recommendations"][9]["title"] in text
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


def test_the_results_of_the_checks_are_beside_the_first_look(
    command: Command, run_path: Path, data_folder: Path
) -> None:
    document = command("explain", "--run", run_path, "--session", 17, "--json").json()
    length = len(read_dataset(data_folder).log.session(17)) - 1
    assert document["first_look"]["explanation"] != document["explanation"] == document["verified"]
    assert document["first_look"]["status"] == "first look, not checked"
    assert document["verified_status"] in ("verified", "no reason holds")
    assert document["verified"].endswith(".")
    assert [set(event) for event in document["evidence"]] == [EVIDENCE] * length
    assert [event["position"] for event in document["evidence"]] == list(range(length))
    assert sum(event["attention"] for event in document["evidence"]) == pytest.approx(1, abs=1e-4)
    assert document["value_method"] == VALUE_METHOD
    assert not {"score", "base", "contributions"} & set(document)  # a plain model's score is no such sum
    assert document["agreement"]["words"]
    assert bool(document["reasons"]) == (document["verified_status"] == "verified")
    assert bool(document["findings"]) != bool(document["reasons"])
    for reason in (*document["reasons"], *document["dropped"]):
        assert all(0 <= position < length for position in reason["positions"])
        assert reason["rank_before"] == document["candidate"]["rank"]
        assert reason["sets_tested"] == len(document["reasons"]) + len(document["dropped"])
        assert reason["sub_histories"] is None or 0 <= reason["sub_histories"] <= 1
        assert "removal" not in reason["proposed_by"]
    for reason in document["reasons"]:
        assert reason["effect"] > reason["list_effect"]
        assert reason["p_value"] <= reason["p_holm"] <= 0.05
    assert {reason["verdict"] for reason in document["reasons"]} <= {"holds"}
    assert "holds" not in {reason["verdict"] for reason in document["dropped"]}
    assert document["counterfactual"]["k"] == 10
    single = {
        reason["positions"][0]: reason["effect"] for reason in document["dropped"] if len(reason["positions"]) == 1
    }
    for position, effect in single.items():
        assert effect == pytest.approx(document["evidence"][position]["removal"], abs=1e-4)


def test_every_reader_is_told_the_same_checks(command: Command, run_path: Path) -> None:
    words = ("explain", "--run", run_path, "--session", 17, "--json")
    viewer = command(*words).json()
    analyst = command(*words, "--reader", "analyst").json()
    assert (viewer["reader"], analyst["reader"], analyst["language"]) == ("viewer", "analyst", "en")
    assert viewer["verified"] != analyst["verified"]
    assert [reason["positions"] for reason in viewer["dropped"]] == [
        reason["positions"] for reason in analyst["dropped"]
    ]
    assert viewer["evidence"] == analyst["evidence"]
    output = command("explain", "--run", run_path, "--session", 17, "--reader", "regulator")
    regulator = command(*words, "--reader", "regulator").json()
    text = " ".join(output.out.split())
    assert text.index(regulator["explanation"]) < text.index("First look: ")
    assert regulator["agreement"]["words"] in text


def test_the_loss_that_confirms_a_reason_is_a_setting(command: Command, run_path: Path, tmp_path: Path) -> None:
    words = ("explain", "--run", run_path, "--session", 17, "--json")
    usual, lenient, strict = (
        command(*words, *more).json() for more in ((), ("--least-share", 0.001), ("--least-share", 0.999))
    )
    checked = [*usual["reasons"], *usual["dropped"]]
    assert len(lenient["reasons"]) >= len(usual["reasons"]) >= len(strict["reasons"])
    assert {reason["verdict"] for reason in lenient["dropped"] if reason["effect"] > 0.01} <= {
        "not about this title",
        "depends on the rest",
        "not under replacement",
        "chance",
    }
    assert len(checked) == len(lenient["reasons"]) + len(lenient["dropped"])
    out = tmp_path / "strict.parquet"
    arguments = ("explain", "--run", run_path, "--all", "--out", out, "--sessions", 2, "--least-share", 0.001)
    assert command(*arguments).code == 0
    assert len(pq.read_table(out)) == 2


def test_a_title_outside_the_top_ten_is_described_without_a_reason(command: Command, run_path: Path) -> None:
    last = command("explain", "--run", run_path, "--session", 17, "--json").json()
    off = next(
        document
        for item in range(100, 130)
        if (document := command("explain", "--run", run_path, "--session", 17, "--item", item, "--json").json())
        and document["candidate"]["rank"] > 10
    )
    assert (off["verified_status"], off["reasons"]) == ("not on the list", [])
    assert off["findings"][0]["kind"] == "not listed"
    assert {finding["kind"] for finding in off["findings"][1:]} <= {"speaks for", "speaks against", "nothing moves it"}
    assert f"it is at rank {off['candidate']['rank']:,}" in off["explanation"]
    assert last["verified_status"] != "not on the list"


def test_many_sessions_are_explained_in_one_file(
    command: Command, run_path: Path, data_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "explanations.parquet"
    output = command("explain", "--run", run_path, "--all", "--out", out, "--sessions", 5, "--json").json()
    assert (output["out"], output["explanations"]) == (str(out), 5)
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
        ([], "give either --session ID or --history with item ids or titles"),
        (["--session", "1", "--history", "2"], "give either --session ID or --history"),
        (["--session", "99999"], "no session '99999' among 60; ids look like 0, 1, 2"),
        (["--session", "1", "--item", "no such title"], "no item has the id or title 'no such title'"),
        (["--session", "1", "--item", "home"], "'Home page' is neutral and never recommended; choose another item"),
        (["--history", "1;lost"], "--history, event 2: no item has the id or title 'lost'"),
        (["--history", "1=like"], "--history, event 1: unknown engagement 'like'; known are click"),
        (["--history", " ; "], "--history is empty"),
        (["--session", "1", "--reader", "king"], "unknown reader 'king'; choose one of viewer, analyst, regulator"),
        (["--session", "1", "--least-share", "1"], "least_share: Input should be less than 1"),
        (["--all"], "--all needs --out FILE (.parquet, .csv or .jsonl)"),
        (["--all", "--out", "x.parquet", "--session", "1"], "without --session, --history and --item"),
        (["--all", "--out", "x.parquet", "--split", "some"], "no part 'some' in a split"),
    ],
)
def test_what_cannot_be_explained_ends_with_exit_code_2(
    words: list[str], message: str, command: Command, run_path: Path
) -> None:
    output = command("explain", "--run", run_path, *words)
    assert output.code == 2
    assert message in output.err
    assert output.out == ""


def test_a_history_longer_than_any_file_name_is_a_history() -> None:
    assert len(history_of(";".join(["Title 1"] * 60), catalogue_of(4, 2))) == 60


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "history.txt").write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(BadInput, match=r"history\.txt is not valid UTF-8 .*; give UTF-8 text"):
        history_of(str(tmp_path / "history.txt"), catalogue_of(4, 2))
