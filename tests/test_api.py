"""The package's functions take what people have at hand: session ids, titles, names of models, files."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import streamrec_core
from streamrec_core import (
    compare,
    contributions,
    counterfactual,
    evaluate,
    explain_session,
    import_data,
    load_model,
    open_data,
    recommend,
    train,
    verify,
    write_report,
)
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput
from streamrec_core.explain import first_look
from streamrec_core.models.sequence import SequenceModel

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "pandas", "numpy", "pydantic")


@pytest.fixture(scope="module")
def dataset() -> DataSet:
    return open_data("streamrec")


@pytest.fixture(scope="module")
def model(dataset: DataSet) -> SequenceModel:
    return load_model("streamrec-transformer", dataset)


def test_importing_the_package_loads_no_library() -> None:
    code = f"import sys, streamrec_core; print([name for name in {HEAVY} if name in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


def test_every_public_name_is_there_listed_and_documented() -> None:
    for name in streamrec_core.__all__:
        assert getattr(streamrec_core, name) is not None
        assert name in dir(streamrec_core)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        streamrec_core.nothing  # noqa: B018
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"(?:`|streamrec_core\.)(\w+)", text))
    assert [name for name in streamrec_core.__all__ if name not in documented] == []


def test_the_version_is_that_of_the_project_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert streamrec_core.__version__ == project["version"]


def test_recommendations_follow_a_session_id_a_history_and_titles_alike(dataset: DataSet, model: SequenceModel) -> None:
    history = dataset.log.session(dataset.log.row("17")).until(-1)
    titles = [dataset.catalogue.titles[row] for row in history.items.tolist()]
    by_id, by_history = recommend(model, dataset, "17", k=3), recommend(model, dataset, history, k=3)
    assert [item.rank for item in by_id.items] == [1, 2, 3]
    assert by_id == by_history
    assert len(recommend(model, dataset, titles).items) == 10
    with pytest.raises(BadInput, match="history, event 2: "):
        recommend(model, dataset, [titles[0], "no such title"])


def test_an_explanation_is_that_of_the_first_look_for_any_candidate(dataset: DataSet, model: SequenceModel) -> None:
    second = recommend(model, dataset, "17").items[1]
    explanation = explain_session(model, dataset, "17", second.title)
    expected = first_look.explain_session(model, dataset, "17", second.row)
    assert explanation.sentence == expected.sentence
    assert explanation.target == expected.target
    np.testing.assert_array_equal(explanation.maps, expected.maps)


def test_the_counterfactual_takes_the_title_off_the_list(dataset: DataSet, model: SequenceModel) -> None:
    explanation = explain_session(model, dataset, "17")
    smallest = counterfactual(model, dataset, explanation)
    assert smallest.positions is not None
    remaining = [at for at in range(len(explanation.history)) if at not in smallest.positions]
    history = type(explanation.history)(
        "17", explanation.history.items[remaining], explanation.history.engagements[remaining]
    )
    rows = [item.row for item in recommend(model, dataset, history).items]
    assert explanation.candidate.row not in rows
    assert smallest.titles == tuple(
        dataset.catalogue.titles[explanation.history.items[at]] for at in smallest.positions
    )


def log_file(folder: Path) -> Path:
    """A CSV log of 40 sessions of 5 events over 8 items."""
    lines = [f"{session},item {(session + step) % 8},{1700000000 + step}" for session in range(40) for step in range(5)]
    (folder / "clicks.csv").write_text("\n".join(["session,item,time", *lines]), encoding="utf-8")
    return folder / "clicks.csv"


COLUMNS: dict[str, Any] = {"session_column": "session", "item_column": "item", "time_column": "time"}


def test_from_a_file_to_a_report(workspace: Path, tmp_path: Path) -> None:
    dataset = import_data(log_file(tmp_path), "mine", **COLUMNS)
    assert open_data("mine").card == dataset.card
    seen: list[str] = []
    trained = train(dataset, "first", epochs=1, seed=1, width=16, on_event=lambda event: seen.append(event.kind))
    assert (trained.folder, seen[0], seen[-1]) == (workspace / "runs" / "first", "started", "done")
    model = load_model("first", dataset)
    explanation = explain_session(model, dataset, "0")
    assert verify(model, dataset, explanation).first_look is explanation
    assert evaluate(model, dataset).metrics() == trained.result.metrics
    assert [row.model for row in compare([model], dataset)] == ["first"]
    parts = contributions(model, explanation.history, [explanation.candidate.row])  # type: ignore[arg-type]
    assert parts.scores[0] == pytest.approx(explanation.score, abs=1e-4)
    with pytest.raises(BadInput, match="not empty"):
        train(dataset, "first")


def test_a_setting_that_is_none_is_refused_and_named(workspace: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"import_data: .*item_colum: Extra inputs"):
        import_data(log_file(tmp_path), "mine", item_colum="item")
    with pytest.raises(BadInput, match="unknown log_format 'csv'; choose one of table, movielens, recbole"):
        import_data(log_file(tmp_path), log_format="csv")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="epoch"):
        train(import_data(log_file(tmp_path), "mine", **COLUMNS), epoch=1)


@pytest.mark.parametrize("name", ["streamrec", "a/b", "taken", ""])
def test_a_name_that_cannot_be_used_is_refused_before_the_log_is_read(
    name: str, workspace: Path, tmp_path: Path
) -> None:
    log = log_file(tmp_path).rename(tmp_path / "taken.csv")
    import_data(log, **COLUMNS)
    log.write_text("no log at all")
    with pytest.raises(BadInput, match=r"choose another|cannot name a folder|already holds a data set"):
        import_data(log, name, **COLUMNS)


def test_a_report_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    pack = write_report(
        "streamrec-lstm", folder=tmp_path / "pack", pdf=False, weighed=20, looked_at=20, explained=2, sessions=("17",)
    )
    assert (tmp_path / "pack" / "report.html").is_file()
    assert pack.to_pandas()["file"].tolist() == list(pack.manifest.files)
    assert pack.manifest.content in pack._repr_html_()
