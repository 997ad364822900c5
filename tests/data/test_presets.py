"""Data sets by name: presets made once and kept, the same for the same seed, and what else lies in the workspace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamrec_core.data import presets
from streamrec_core.data.presets import list_data, make, open_data, preset_name
from streamrec_core.data.storage import read_dataset
from streamrec_core.data.truth import read_truth
from streamrec_core.errors import BadInput


@pytest.mark.parametrize("preset", ["streamrec", "case-study"])
def test_the_same_seed_gives_the_same_sessions_and_another_seed_the_same_catalogue(preset: str, tmp_path: Path) -> None:
    first, again = (make(preset, 40, seed=1, folder=tmp_path / name) for name in ("a", "b"))
    other = make(preset, 40, seed=2, folder=tmp_path / "c")
    assert first.card == again.card
    assert first.card.hashes["events"] != other.card.hashes["events"]
    assert (
        first.card.hashes["catalogue"] == other.card.hashes["catalogue"] == read_dataset(tmp_path / "c").catalogue.hash
    )
    assert len(read_truth(tmp_path / "a", first.catalogue)) == 40


def test_cards_say_how_a_preset_is_learned_from_and_what_made_it(tmp_path: Path) -> None:
    printed = make("case-study", 20, folder=tmp_path / "a").card
    service = make("streamrec", 20, seed=7, home_page=True, folder=tmp_path / "b").card
    assert (printed.train_positions, service.train_positions) == ("last", "all")
    assert {printed.kind, service.kind} == {"synthetic"}
    assert {printed.filter_seen, service.filter_seen} == {False}
    assert service.name == "streamrec-home-20-seed7"
    assert service.generator is not None
    assert service.generator["home_page"] is True
    assert service.generator["settings"]["exploration"] == 0.3
    assert service.counts.categories == 20


def test_every_streamrec_set_knows_the_home_page_whether_or_not_it_is_visited(tmp_path: Path) -> None:
    plain = make("streamrec", 20, folder=tmp_path / "a")
    home = make("streamrec", 20, home_page=True, folder=tmp_path / "b")
    assert plain.catalogue.hash == home.catalogue.hash
    assert not plain.catalogue.neutral[plain.log.items].any()
    assert home.catalogue.neutral[home.log.items].any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"preset": "netflix"}, "unknown preset 'netflix'; choose one of streamrec, case-study"),
        ({"preset": "streamrec", "sessions": 9}, "9 sessions cannot be divided .*; make 10 or more"),
        ({"preset": "streamrec", "seed": -1}, "seed -1 is negative"),
        ({"preset": "case-study", "home_page": True}, "preset 'case-study' has no home page"),
    ],
)
def test_what_cannot_be_made_leaves_nothing_behind(arguments: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message):
        make(**arguments, folder=tmp_path / "set")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_names_tell_what_differs_from_the_usual() -> None:
    assert preset_name("streamrec") == "streamrec"
    assert preset_name("case-study", 100, 3) == "case-study-100-seed3"
    assert preset_name("streamrec", home_page=True) == "streamrec-home"


def test_a_bare_preset_is_made_once_and_made_again_when_its_generator_changed(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = workspace / "data" / "streamrec" / "events.parquet"
    first = open_data("streamrec")
    stamp = made.stat().st_mtime_ns
    assert (first.name, len(first.log), first.card.generator["seed"]) == ("streamrec", 20_000, 42)  # type: ignore[index]
    assert open_data("streamrec").log.hash() == first.log.hash()
    assert made.stat().st_mtime_ns == stamp
    monkeypatch.setattr(presets, "VERSION", 1_000)
    assert open_data("streamrec").card.generator["version"] == 1_000  # type: ignore[index]
    assert made.stat().st_mtime_ns != stamp


def test_data_sets_are_opened_by_folder_or_by_name_in_the_workspace(workspace: Path, tmp_path: Path) -> None:
    make("streamrec", 20, folder=tmp_path / "elsewhere")
    make("case-study", 20, seed=3)
    assert len(open_data(tmp_path / "elsewhere").log) == 20
    assert open_data("case-study-20-seed3").folder == workspace / "data" / "case-study-20-seed3"
    assert list_data() == ("streamrec", "case-study", "case-study-20-seed3")
    with pytest.raises(BadInput, match=r"no data set 'lost'; there are streamrec, case-study, case-study-20-seed3, or"):
        open_data("lost")


def test_a_preset_whose_card_was_damaged_is_named(workspace: Path) -> None:
    folder = workspace / "data" / "streamrec"
    folder.mkdir(parents=True)
    (folder / "dataset.json").write_text(json.dumps({"name": "streamrec"}))
    with pytest.raises(BadInput, match=r"dataset\.json: kind: Field required"):
        open_data("streamrec")
