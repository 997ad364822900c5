"""Archive of explanations: one row each, the file whole or absent, resumed after a killed run; shares of outcomes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

import streamrec_core.explain.archive as archive
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput
from streamrec_core.explain import archive_parts
from streamrec_core.explain.archive import ArchiveJob, write_archive
from streamrec_core.explain.shares import explanation_shares, shares
from streamrec_core.explain.verified import verify_examples
from streamrec_core.models.protocol import SessionModel
from tests.worlds import OneHotModel, catalogue_of, dataset_of, examples_at_last, log_of

ITEMS = 40


@pytest.fixture
def world() -> tuple[SessionModel, DataSet]:
    """The history's largest item decides, and of small ones none says anything: the second session has no reason."""
    rng = np.random.default_rng(5)
    sessions = [rng.permutation(ITEMS)[:length].tolist() for length in (31, 6, 33, 32, 31, 35, 30)]
    sessions[1] = [3, 1, 4, 2, 5, 6]
    weights = -1e-6 * torch.arange(ITEMS).repeat(ITEMS, 1)  # a clear order where nothing is said
    for item in range(10, ITEMS):
        weights[item, (item + 1) % ITEMS] = 2 + 0.1 * item
    return OneHotModel(weights), dataset_of(catalogue_of(ITEMS, 3), log_of(sessions))


def job(**values: Any) -> ArchiveJob:
    made = {"model": "bag", "weights": "w", "events": "e", "part": "all", "targets": 7, "batch": 3}
    return ArchiveJob.parse({**made, **values}, "job")


def test_each_row_says_what_one_explanation_says(world: tuple[SessionModel, DataSet], tmp_path: Path) -> None:
    model, dataset = world
    examples = examples_at_last(dataset.log)
    seen: list[tuple[int, int]] = []
    out = write_archive(model, dataset, examples, job(), tmp_path / "all.parquet", lambda *at: seen.append(at))
    rows = pq.read_table(out).to_pylist()
    assert [row["session_id"] for row in rows] == [f"s{number}" for number in range(7)]
    assert seen == [(3, 7), (6, 7), (7, 7)]
    assert [row["verified_status"] for row in rows] == ["verified", "no reason holds", *["verified"] * 5]
    for row, verified in zip(rows, verify_examples(model, dataset, examples), strict=True):
        items = verified.first_look.history.items
        cause = int(items.argmax())
        if row["verified_status"] == "verified":
            assert row["candidate_id"] == dataset.catalogue.item_ids[(items[cause] + 1) % ITEMS]
            assert [cause] in [reason["positions"] for reason in row["reasons"]]
            (reason,) = [
                candidate_reason for candidate_reason in row["reasons"] if candidate_reason["positions"] == [cause]
            ]
            assert (reason["sub_histories"], reason["replacements"], reason["verdict"]) == (1.0, 1.0, "holds")
            assert reason["p_holm"] <= 0.05
        else:
            assert {reason["verdict"] for reason in row["dropped"]} <= {"too little"}
            assert {reason["sub_histories"] for reason in row["dropped"]} <= {None}
        assert row["explanation"] == row["verified"] != row["first_look"]
        assert [event["removal"] for event in row["evidence"]] == pytest.approx(
            verified.evidence.removal.effect.tolist(), abs=1e-5
        )
        assert {event["attention"] for event in row["evidence"]} == {None}
    assert list(tmp_path.iterdir()) == [out]


def test_a_killed_run_resumes_with_the_next_batch(
    world: tuple[SessionModel, DataSet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, dataset = world
    examples, out = examples_at_last(dataset.log), tmp_path / "all.parquet"
    explained: list[int] = []

    def dying(*words: Any) -> Any:
        if len(explained) == 2:
            raise KeyboardInterrupt
        explained.append(len(words[2]))
        return verify_examples(*words)

    monkeypatch.setattr(archive, "verify_examples", dying)
    with pytest.raises(KeyboardInterrupt):
        write_archive(model, dataset, examples, job(), out)
    assert not out.exists()
    explained.clear()
    write_archive(model, dataset, examples, job(), out)
    assert explained == [1]
    whole = write_archive(model, dataset, examples, job(batch=7), tmp_path / "at-once.parquet")
    assert (
        pq.read_table(out)
        .drop_columns(["evidence", "reasons", "dropped", "probability"])
        .equals(pq.read_table(whole).drop_columns(["evidence", "reasons", "dropped", "probability"]))
    )


def test_parts_of_another_job_and_files_in_the_way_are_refused(
    world: tuple[SessionModel, DataSet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, dataset = world
    examples, out = examples_at_last(dataset.log), tmp_path / "all.parquet"
    with monkeypatch.context() as patch:
        patch.setattr(archive, "verify_examples", lambda *words: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write_archive(model, dataset, examples, job(), out)
    with pytest.raises(BadInput, match="holds batches of another model, data set or setting; delete that folder"):
        write_archive(model, dataset, examples, job(weights="other"), out)
    out.write_text("mine")
    with pytest.raises(BadInput, match="exists already; choose another file, or delete it"):
        write_archive(model, dataset, examples, job(), out)
    with pytest.raises(BadInput, match="is missing; create it, or choose another folder"):
        write_archive(model, dataset, examples, job(), tmp_path / "no" / "all.parquet")


def test_a_run_that_was_killed_behind_its_file_leaves_nothing_once_the_folder_is_used_again(
    world: tuple[SessionModel, DataSet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, dataset = world
    examples, out = examples_at_last(dataset.log).take(np.arange(2)), tmp_path / "all.csv"
    with monkeypatch.context() as patch:
        patch.setattr(archive_parts, "remove_folder", lambda folder: None)  # killed there
        write_archive(model, dataset, examples, job(), out)
    assert (tmp_path / ".all.csv.parts").is_dir()
    with pytest.raises(BadInput, match="exists already"):
        write_archive(model, dataset, examples, job(), out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.csv"]


def test_failed_explanations_are_counted(world: tuple[SessionModel, DataSet]) -> None:
    model, dataset = world
    examples = examples_at_last(dataset.log)
    counts = shares(verify_examples(model, dataset, examples))
    assert (counts.failed.share, counts.verified.share) == (1 / 7, 6 / 7)
    assert (counts.first_look_wrong.share, counts.first_look_wrong.n) == (
        None,
        0,
    )  # no attention, so nothing was named
    progress: list[float] = []
    assert explanation_shares(model, dataset, examples, 7, progress=progress.append) == counts
    assert progress == [1.0]
    assert explanation_shares(model, dataset, examples, 4).verified.n == 4


def test_positions_are_those_of_the_session_where_the_window_is_shorter(tmp_path: Path) -> None:
    weights = torch.zeros(ITEMS, ITEMS)
    weights[30, 31] = 9.0
    sessions = [[*range(20), 30, 1, 2, 3], [30, 4, 5]]
    dataset = dataset_of(catalogue_of(ITEMS, 3), log_of(sessions))
    model = OneHotModel(weights)
    model.max_events = 5
    out = write_archive(model, dataset, examples_at_last(dataset.log), job(targets=2), tmp_path / "all.parquet")
    for row, items in zip(pq.read_table(out).to_pylist(), sessions, strict=True):
        events = {event["position"]: event["item_id"] for event in row["evidence"]}
        assert events == {position: f"i{items[position]}" for position in range(max(0, len(items) - 6), len(items) - 1)}
        for reason in (*row["reasons"], *row["dropped"]):
            named = {dataset.catalogue.item_ids[items[position]] for position in reason["positions"]}
            assert named == set(reason["items"])


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_a_file_is_what_its_ending_says(world: tuple[SessionModel, DataSet], tmp_path: Path, ending: str) -> None:
    model, dataset = world
    examples = examples_at_last(dataset.log)
    rows = pq.read_table(write_archive(model, dataset, examples, job(), tmp_path / "all.parquet")).to_pylist()
    text = write_archive(model, dataset, examples, job(), tmp_path / f"all{ending}").read_text(encoding="utf-8")
    if ending == ".jsonl":
        assert [json.loads(line) for line in text.splitlines()] == rows
    else:
        table = list(csv.DictReader(io.StringIO(text)))
        assert [row["candidate_id"] for row in table] == [row["candidate_id"] for row in rows]
        assert [json.loads(row["evidence"]) for row in table] == [row["evidence"] for row in rows]


def test_another_ending_is_refused(world: tuple[SessionModel, DataSet], tmp_path: Path) -> None:
    model, dataset = world
    with pytest.raises(BadInput, match=r"ends with none of .parquet, .pq, .csv, .jsonl"):
        write_archive(model, dataset, examples_at_last(dataset.log), job(), tmp_path / "all.xlsx")
