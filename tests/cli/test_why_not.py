"""`why-not` and `explain --bring-in`: as text and JSON, with a file of filters; refused where nothing can be said."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from streamrec_core.data.storage import read_dataset
from tests.cli.conftest import Command


@pytest.fixture(scope="module")
def ranked(run_path: Path, data_folder: Path) -> dict[str, Any]:
    """A session, the title that the run ranks first there, and the one that it ranks last."""
    from streamrec_core.cli.models import open_model
    from streamrec_core.evaluation.ranked_catalogue import score_history

    model, dataset, _ = open_model(run_path, None, None)
    history = dataset.log.session(0).until(-1)
    order = score_history(model, dataset.catalogue, history, False).order
    ids = read_dataset(data_folder).catalogue.item_ids
    return {"session": history.session_id, "first": ids[order[0]], "last": ids[order[-1]]}


def test_a_low_rank_is_explained(command: Command, run_path: Path, ranked: dict[str, Any]) -> None:
    options = ("why-not", "--run", run_path, "--session", ranked["session"], "--item", ranked["last"])
    document = command(*options, "--json").json()
    assert (document["cause"], document["item_id"]) == ("ranked lower", ranked["last"])
    assert document["rank"] > document["items"] / 2
    assert document["bring_in"]["tried"] > 0
    assert document["text"] in command(*options).out
    assert command(*options, "--no-search", "--json").json()["bring_in"] is None


def test_a_file_of_filters_answers(command: Command, run_path: Path, ranked: dict[str, Any], tmp_path: Path) -> None:
    filters = tmp_path / "filters.csv"
    filters.write_text(f"session,item,reason,stage\n{ranked['session']},{ranked['first']},too violent,rule\n")
    options = ("why-not", "--run", run_path, "--session", ranked["session"], "--item", ranked["first"])
    document = command(*options, "--filters", filters, "--json").json()
    assert document["cause"] == "filtered"
    assert document["records"][0]["reason"] == "too violent"
    assert command(*options, "--json").json()["cause"] == "listed"


def test_filters_in_the_folder_of_the_data_set_are_read(
    command: Command, run_path: Path, data_folder: Path, ranked: dict[str, Any], tmp_path: Path
) -> None:
    folder = shutil.copytree(data_folder, tmp_path / "data")
    (folder / "filters.csv").write_text(f"item,reason\n{ranked['first']},too violent\n")
    options = ("why-not", "--run", run_path, "--session", ranked["session"], "--item", ranked["first"])
    document = command(*options, "--data", folder, "--json").json()
    assert [record["reason"] for record in document["records"]] == ["too violent"]
    other = tmp_path / "other.csv"
    other.write_text(f"item,reason\n{ranked['first']},not licensed\n")
    document = command(*options, "--data", folder, "--filters", other, "--json").json()
    assert [record["reason"] for record in document["records"]] == ["not licensed"]
    (folder / "filters.tsv").write_text("item\treason\n")
    several = command(*options, "--data", folder)
    assert (several.code, "filters.csv and filters.tsv; keep one" in several.err) == (2, True)


def test_bring_in_stands_in_explain(command: Command, run_path: Path, ranked: dict[str, Any]) -> None:
    options = ("explain", "--run", run_path, "--session", ranked["session"], "--bring-in")
    document = command(*options, ranked["last"], "--json").json()
    assert document["valid"] == (document["rank_after"] <= 10)
    assert document["model_calls"] > 0
    assert document["text"].split()[0] in command(*options, ranked["last"]).out
    listed = command(*options, ranked["first"])
    assert (listed.code, "among the first 10 already" in listed.err) == (2, True)


def test_bad_use_is_refused(command: Command, run_path: Path, ranked: dict[str, Any]) -> None:
    both = ("--session", ranked["session"], "--history", ranked["first"], "--item", ranked["last"])
    for wrong in (both, ("--item", ranked["last"]), ("--session", ranked["session"], "--item", "no such title")):
        assert command("why-not", "--run", run_path, *wrong).code == 2
