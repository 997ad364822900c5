"""The share of verified explanations is shown with that of random reasons, or a note that it was not counted."""

from __future__ import annotations

from pathlib import Path

from streamrec_core.adapters import open_scorer
from streamrec_core.config import foreign_models_folder
from streamrec_core.data.splits import split
from streamrec_core.explain.nulls import NullShare, NullShares, NullSubject
from streamrec_core.explain.shares import SHARES_FILE, CountedShares, count_shares
from streamrec_core.report.collect import collect
from streamrec_core.report.document import Document
from streamrec_core.report.register import Register
from streamrec_core.report.sections.explanations import NOISE_NOT_COUNTED, NOT_STORED, noise, noise_comparison
from streamrec_core.report.subject import foreign_subject
from tests.adapters.stand_ins import scorer_of
from tests.adapters.test_attention import stand_in
from tests.report.conftest import SETTINGS
from tests.report.worlds import opened
from tests.worlds import chain_dataset


def counted_for(folders: dict[str, Path]) -> CountedShares:
    """Shares of the memory model, with given shares of random reasons."""
    subject = opened(folders, "memory")
    subjects = NullSubject(subject.model, None, subject.dataset, subject.divided)
    counts = count_shares(subjects, subject.card.weights_sha256, 2)
    row = NullShare(verified=0.125, n=8)
    nulls = NullShares(ours=row.model_copy(update={"verified": 0.75}), random_reason=row, shuffled=row)
    return counts.model_copy(update={"nulls": nulls})


def test_random_reasons_are_compared_with_a_note_on_shuffled_weights(folders: dict[str, Path]) -> None:
    register = Register()
    (text,) = noise(counted_for(folders).nulls, register)
    figures = {figure.id: figure for figure in register.figures()}
    assert [figures[f"explanations/nulls/{name}"].value for name in ("ours", "random_reason", "shuffled")] == [
        0.75,
        0.125,
        0.125,
    ]
    assert "explanations/nulls/untrained" not in figures
    assert "or more. This model, its own reasons: [[explanations/nulls/ours]]; this model, random reasons: [[" in text
    assert "it can be true of shuffled weights too" in text
    assert noise_comparison(figures).endswith("pass the same tests for [[explanations/nulls/random_reason]]")
    assert noise_comparison({}) == ""


def test_a_missing_comparison_is_stated(document: Document) -> None:
    (section,) = [each for each in document.sections if each.key == "explanations"]
    assert NOISE_NOT_COUNTED in section.says
    assert noise(None, Register()) == (NOISE_NOT_COUNTED,)


def test_a_model_of_another_library_is_reported_with_what_noise_and_shuffled_weights_get() -> None:
    dataset = chain_dataset(sessions=120, items=13)
    model = open_scorer(scorer_of(stand_in("OwnSoftmax", "left")), dataset.catalogue)
    document = collect(foreign_subject(model, dataset, "mine:load"), SETTINGS)
    figures = document.by_id()
    names = ("ours", "random_reason", "shuffled", "untrained")
    assert all(f"explanations/nulls/{name}" in figures for name in names)
    assert figures["explanations/nulls/shuffled"].n == SETTINGS.explained
    (section,) = [each for each in document.sections if each.key == "explanations"]
    assert NOISE_NOT_COUNTED not in section.says
    assert section.after == (NOT_STORED,)


def test_what_was_measured_of_a_model_with_a_name_is_in_its_report(workspace: Path) -> None:
    dataset = chain_dataset(sessions=120, items=13)
    model = open_scorer(scorer_of(stand_in("OwnSoftmax", "left")), dataset.catalogue)
    folder = foreign_models_folder() / "mine"
    folder.mkdir(parents=True)
    assert foreign_subject(model, dataset, "mine").counted is None
    subject = NullSubject(model, None, dataset, split(dataset))
    counted = count_shares(subject, model.fingerprint(), 2)
    counted.write(folder / SHARES_FILE)
    assert foreign_subject(model, dataset, "mine").counted == counted
    assert foreign_subject(model, dataset, "mine:load").counted is None
    assert foreign_subject(model, chain_dataset(sessions=121, items=13), "mine").counted is None  # other events
    assert foreign_subject(model, dataset, "mine").keeps_measurements
    assert not foreign_subject(model, dataset, "mine:load").keeps_measurements


def test_shares_of_other_weights_are_ignored(folders: dict[str, Path]) -> None:
    counted, folder = counted_for(folders), folders["memory"]
    try:
        counted.write(folder / SHARES_FILE)
        assert opened(folders, "memory").counted == counted
        counted.model_copy(update={"weights_sha256": "0" * 64}).write(folder / SHARES_FILE)
        assert opened(folders, "memory").counted is None
    finally:
        (folder / SHARES_FILE).unlink()
