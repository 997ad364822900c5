"""Each cause is planted in a session of its own and named; what the model got right is no miss."""

from __future__ import annotations

import numpy as np
import pytest

from streamrec_core.data.splits import Examples, Split
from streamrec_core.diagnosis.causes import CAUSES, CauseSettings, Facts, in_words, name_causes
from streamrec_core.diagnosis.misses import Misses, MissFilter, find_misses
from streamrec_core.errors import BadInput
from tests.diagnosis.planted import ITEMS, home_world, plant, trained_model
from tests.worlds import PlantedModel, catalogue_of, dataset_of, log_of

LIMIT = CauseSettings(rare_below=2, popular_share=0.5, crowd=8)


def facts(**changed: object) -> Facts:
    """One example to which no cause applies, with changes."""
    usual = {
        "repeat": [False],
        "target_count": [50],
        "target_popular": [False],
        "popular_in_ten": [0],
        "useful_outside": [False],
        "magnet_attention": [0.0],
        "order": [0.5],
        "steps": [9],
    }
    return Facts(**{name: np.array(changed.get(name, value)) for name, value in usual.items()})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cause", "changed"),
    [
        ("none", {}),
        ("repeat", {"repeat": [True]}),
        ("rare", {"target_count": [1]}),
        ("outside", {"useful_outside": [True]}),
        ("magnet", {"magnet_attention": [0.3]}),
        ("crowd", {"popular_in_ten": [8]}),
        ("none", {"popular_in_ten": [8], "target_popular": [True]}),
        ("noise", {"order": [-0.1]}),
        ("none", {"order": [-0.1], "steps": [3]}),
        ("repeat", {"repeat": [True], "target_count": [0], "popular_in_ten": [10]}),
    ],
)
def test_the_first_test_that_holds_names_the_cause(cause: str, changed: dict[str, object]) -> None:
    assert name_causes(facts(**changed), LIMIT) == (cause,)


def test_every_test_can_be_said_with_its_threshold() -> None:
    said = {name: in_words(name, LIMIT) for name in CAUSES}
    assert "fewer than 2 times" in said["rare"]
    assert "30%" in said["magnet"]
    assert not [words for words in said.values() if "{" in words]


def planted_misses() -> Misses:
    """Items 0 to 9 stand first whatever came before; the tests' targets are others, each missed for its reason.

    Categories of the training sessions alternate (0, 1, 0, 1), so that a session that stays in one is noise.
    """
    catalogue = catalogue_of(24, 2)
    train = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]] * 6
    tests = {
        "right": [10, 11, 3],
        "repeat": [12, 13, 14, 13],
        "rare": [10, 11, 23],
        "outside": [10, 11, 13, 15, 17, 11, 13, 14],  # the window of five sees odd items only, the target is even
        "crowd": [12, 13, 14, 15],
    }
    log = log_of([*train, *tests.values()])
    rows = np.arange(len(log))
    ends = log.lengths - 1
    split = Split("session", *(Examples(part, ends[part]) for part in (rows[:5], rows[5:6], rows[6:])))
    scores = [20.0 - row for row in range(24)]
    model = PlantedModel(scores, max_events=5)
    return find_misses(model, dataset_of(catalogue, log), settings=LIMIT, divided=split)


def test_planted_causes_are_named_and_the_worst_stands_first() -> None:
    found = planted_misses()
    assert (found.tested, len(found.found)) == (5, 4)
    assert [miss.rank for miss in found.found] == [24, 16, 15, 14]
    assert [miss.cause for miss in found.found] == ["rare", "crowd", "outside", "repeat"]
    assert found.by_cause == {"repeat": 1, "rare": 1, "outside": 1, "crowd": 1}
    assert found.share == pytest.approx(0.8)
    assert all(miss.first == 0 for miss in found.found)
    expected = np.log(np.exp(20.0 - 23) / np.exp(20.0 - np.arange(24)).sum())
    assert found.found[0].log_probability == pytest.approx(expected, abs=1e-5)


def test_misses_can_be_filtered() -> None:
    found = planted_misses()
    dataset = dataset_of(catalogue_of(24, 2), log_of([[0, 1]]))
    choose = lambda **wanted: [miss.cause for miss in MissFilter(**wanted).choose(found.found, dataset)]  # noqa: E731
    assert choose() == ["rare", "crowd", "outside", "repeat"]
    assert choose(cause="rare") == ["rare"]
    assert choose(category="Crime") == ["outside"]  # items of even number
    assert choose(events=(3, 4)) == ["crowd", "repeat"]
    with pytest.raises(BadInput, match="choose one of repeat"):
        choose(cause="weather")
    with pytest.raises(BadInput, match="no category"):
        choose(category="Weather")


def test_a_magnet_that_takes_the_attention_is_named() -> None:
    dataset = home_world(3)
    model = trained_model(dataset, 3)
    plant(model, ITEMS)
    limit = CauseSettings(miss_below=1, rare_below=1)
    known = find_misses(model, dataset, [ITEMS], limit)
    unknown = find_misses(model, dataset, [], limit)
    assert known.by_cause["magnet"] > 5
    assert "magnet" not in unknown.by_cause
    assert [miss.rank for miss in known.found] == [miss.rank for miss in unknown.found]
