"""Measures beyond accuracy: RecTools' values on a hand-made log, brute force, and lists whose measures are known."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.catalogue_columns import MISSING, column_names, item_groups
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, Split
from streamrec_core.data.storage import CATALOGUE_FILE, read_dataset
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.beyond_accuracy.exposure import exposure, most_and_least
from streamrec_core.evaluation.beyond_accuracy.lists import FLOORS, floor_lists, log_lists
from streamrec_core.evaluation.beyond_accuracy.measure import list_differences, measure_lists
from streamrec_core.evaluation.beyond_accuracy.measures import EMPTY, LIST_MEASURES, ListContext, list_context
from streamrec_core.evaluation.ranking import rank
from streamrec_core.models.popularity import popularity
from tests.worlds import catalogue_of, dataset_of, examples_at_last, log_of, written

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "rectools_golden.json").read_text(encoding="utf-8"))
SIZE = len(GOLDEN["categories"])


def filled(lists: list[list[int]]) -> np.ndarray:
    longest = max(map(len, lists))
    return np.array([[*row, *[EMPTY] * (longest - len(row))] for row in lists])


def golden_world() -> tuple[np.ndarray, ListContext]:
    """The log that RecTools measured: every user's items before, then the item taken next, which is not learned."""
    catalogue = Catalogue(
        tuple(f"i{row}" for row in range(SIZE)),
        tuple(f"T{row}" for row in range(SIZE)),
        np.array(GOLDEN["categories"]),
        ("a", "b", "c"),
        np.zeros(SIZE, bool),
    )
    log = log_of([[*items, target] for items, target in zip(GOLDEN["training"], GOLDEN["targets"], strict=True)])
    examples = examples_at_last(log)
    before = Examples(examples.sessions, examples.ends - 1)
    return filled(GOLDEN["lists"]), list_context(dataset_of(catalogue, log), before, examples)


def random_world(seed: int, sessions: int = 40, items: int = 30, k: int = 5) -> tuple[np.ndarray, ListContext]:
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.full(items, 0.5))
    lists = np.stack([rng.choice(items, k, replace=False, p=weights) for _ in range(sessions)])
    lists[rng.random((sessions, k)).cumsum(1) > 3] = EMPTY
    counts = rng.integers(0, 9, items)
    context = ListContext(
        counts,
        np.minimum(counts, 4),
        20,
        np.ones(items, bool),
        rng.integers(0, 4, items),
        rng.integers(0, items, sessions),
    )
    return lists, context


def test_every_measure_has_the_values_of_rectools() -> None:
    lists, context = golden_world()
    ours = measure_lists("golden", lists, context)
    assert ours.mean("coverage") == pytest.approx(GOLDEN["coverage"])
    for name in ("diversity", "novelty", "serendipity", "popularity"):
        np.testing.assert_allclose(ours.values[name], GOLDEN[name], atol=1e-12, err_msg=name)


@pytest.mark.parametrize("seed", range(5))
def test_coverage_and_gini_are_the_jackknife_of_brute_force(seed: int) -> None:
    """Leave each list out in turn: n times the whole less (n - 1) times the rest, centred on the whole."""
    lists, context = random_world(seed)

    def coverage(rows: np.ndarray) -> float:
        return len(set(rows[rows != EMPTY].tolist())) / len(context.counts)

    def gini(rows: np.ndarray) -> float:
        counts = np.bincount(rows[rows != EMPTY], minlength=len(context.counts))
        return float(np.abs(counts[:, None] - counts[None, :]).mean() / (2 * counts.mean()))

    ours = measure_lists("m", lists, context)
    for name, measure in {"coverage": coverage, "exposure_gini": gini}.items():
        without = np.array([measure(np.delete(lists, row, axis=0)) for row in range(len(lists))])
        pseudo_values = measure(lists) - (len(lists) - 1) * (without - without.mean())
        assert ours.mean(name) == pytest.approx(measure(lists))
        np.testing.assert_allclose(ours.values[name], pseudo_values, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("seed", range(5))
def test_values_of_lists_are_those_of_brute_force(seed: int) -> None:
    lists, context = random_world(seed)
    ours = measure_lists("m", lists, context)
    ranks = {count: 1 + number for number, count in enumerate(sorted({*context.counts.tolist()} - {0}, reverse=True))}
    for row, whole in enumerate(lists.tolist()):
        items = [item for item in whole if item != EMPTY]
        if not items:
            assert np.isnan(ours.values["novelty"][row])
            continue
        pairs = [context.category_of[a] != context.category_of[b] for a, b in combinations(items, 2)]
        assert ours.values["diversity"][row] == pytest.approx(np.mean(pairs) if pairs else 0)
        bits = [-np.log2(max(context.sessions_with[item], 1) / context.sessions) for item in items]
        assert ours.values["novelty"][row] == pytest.approx(np.mean(bits))
        assert ours.values["popularity"][row] == pytest.approx(np.mean(context.counts[items]) / context.counts.sum())
        size, credit = len(context.counts), 0.0
        for at, item in enumerate(items, start=1):
            count = int(context.counts[item])
            everybody = (size + 1 - ranks[count]) / size if count else 0.0
            credit += max((size + 1 - at) / size - everybody, 0) * (item == context.targets[row])
        assert ours.values["serendipity"][row] == pytest.approx(credit / len(items))


def test_one_list_for_all_is_narrow_and_its_intervals_have_no_width() -> None:
    _, context = random_world(0)
    same = measure_lists("same", np.tile(np.arange(5), (40, 1)), context)
    assert same.mean("coverage") == pytest.approx(5 / 30)
    assert same.mean("exposure_gini") == pytest.approx(1 - 5 / 30)
    assert all(high - low == pytest.approx(0) for name, (low, high) in same.intervals.items() if name != "serendipity")


def test_the_interval_of_coverage_holds_what_other_sessions_would_cover() -> None:
    """Lists are drawn from a known distribution; the expected coverage is that of many other draws."""
    rng, size, sessions = np.random.default_rng(1), 200, 100
    weights = rng.dirichlet(np.full(size, 0.5))
    _, context = random_world(0, sessions=sessions, items=size)

    def draw() -> np.ndarray:
        return np.argsort(np.log(weights) + rng.gumbel(size=(sessions, size)), axis=1)[:, -10:]

    expected = np.mean([len(np.unique(draw())) / size for _ in range(300)])
    holds = [
        low <= expected <= high
        for low, high in (measure_lists("m", draw(), context).intervals["coverage"] for _ in range(60))
    ]
    assert np.mean(holds) >= 0.9


def test_lists_do_not_differ_from_themselves_and_differ_from_others() -> None:
    lists, context = random_world(2)
    same, other = measure_lists("a", lists, context), measure_lists("b", np.roll(lists, 1, axis=0) // 2, context)
    assert set(list_differences(same, same).values()) == {(0.0, (0.0, 0.0))}
    difference, (low, high) = list_differences(same, other)["coverage"]
    assert difference == pytest.approx(same.mean("coverage") - other.mean("coverage"))
    assert 0 < low < difference < high


def test_lists_of_other_sessions_are_refused() -> None:
    lists, context = random_world(3)
    with pytest.raises(BadInput, match="39 lists for 40 sessions"):
        measure_lists("m", lists[1:], context)
    with pytest.raises(BadInput, match="nothing to any of 40 sessions"):
        measure_lists("m", np.full((40, 5), EMPTY), context)


def world(tmp_path: Path | None = None) -> tuple[DataSet, Split]:
    """Thirty sessions over twelve items and a home page; the first twenty are learned from."""
    rng = np.random.default_rng(4)
    rows = [[12, *rng.permutation(12)[: int(rng.integers(3, 9))].tolist()] for _ in range(30)]
    dataset = dataset_of(catalogue_of(12, 3, home=True), log_of(rows))
    if tmp_path is not None:
        dataset = written(dataset, tmp_path / "tiny")
    last = examples_at_last(dataset.log)
    learned, tested = last.take(np.arange(20)), last.take(np.arange(20, 30))
    return dataset, Split("session", learned, tested, tested)


def test_floors_are_random_popular_and_what_people_took() -> None:
    dataset, divided = world()
    floors = floor_lists(dataset, divided, divided.test)
    assert list(floors) == list(FLOORS)
    assert all(not (lists == 12).any() for lists in floors.values())  # home is never listed
    assert len({tuple(row) for row in floors["popularity lists"].tolist()}) == 1
    assert len({tuple(row) for row in floors["random lists"].tolist()}) == len(divided.test)
    np.testing.assert_array_equal(floors["the log itself"][:, 0], divided.test.targets(dataset.log))
    again = floor_lists(dataset, divided, divided.test)
    assert all(np.array_equal(floors[name], again[name]) for name in floors)


def test_lists_of_the_log_hold_each_title_once_the_latest_first() -> None:
    dataset = dataset_of(catalogue_of(6, 2, home=True), log_of([[0, 1, 6, 1, 2, 0, 3]]))
    assert log_lists(dataset, examples_at_last(dataset.log), 5).tolist() == [[3, 0, 2, 1, EMPTY]]


def test_a_list_holds_nothing_that_cannot_be_recommended() -> None:
    """Of six titles five were seen: one is left for the list of seven places."""
    dataset = dataset_of(catalogue_of(6, 2, home=True), log_of([[0, 1, 2, 3, 4, 5]]))
    examples = examples_at_last(dataset.log)
    model = popularity(dataset.log, dataset.catalogue, examples)
    assert rank(model, dataset, examples, filter_seen=True).lists.tolist() == [[5, *[EMPTY] * 6]]


def test_exposure_by_category_adds_up_and_names_what_random_lists_give() -> None:
    dataset, divided = world()
    context = list_context(dataset, divided.train, divided.test)
    lists = np.tile([0, 3, 6, 1], (10, 1))  # three of the first category, one of the second
    groups = exposure(lists, item_groups(dataset, "category"), context)
    assert [(group.label, group.lists) for group in groups] == [("Crime", 0.75), ("Drama", 0.25), ("Comedy", 0.0)]
    assert [group.catalogue for group in groups] == pytest.approx([1 / 3] * 3)
    assert sum(group.log for group in groups) == pytest.approx(1)
    assert groups[0].interval == (0.75, 0.75)


def test_exposure_by_item_is_bounded_to_the_most_and_the_least() -> None:
    dataset, divided = world()
    lists = rank(popularity(dataset.log, dataset.catalogue, divided.train), dataset, divided.test).lists
    items = exposure(lists, item_groups(dataset, "item"), list_context(dataset, divided.train, divided.test))
    assert len(items) == 12
    assert [group.label for group in most_and_least(items, 4)] == [items[row].label for row in (0, 1, 10, 11)]


def test_exposure_is_the_same_in_blocks_of_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, divided = world()
    lists = floor_lists(dataset, divided, divided.test)["random lists"]
    arguments = lists, item_groups(dataset, "item"), list_context(dataset, divided.train, divided.test)
    whole = exposure(*arguments)
    monkeypatch.setattr("streamrec_core.evaluation.beyond_accuracy.exposure.GROUPS_AT_ONCE", 5)
    assert exposure(*arguments) == whole


def test_any_column_of_the_catalogue_file_groups_items(tmp_path: Path) -> None:
    dataset, divided = world(tmp_path)
    assert dataset.folder is not None
    path = dataset.folder / CATALOGUE_FILE
    table = pq.read_table(path)
    country = pa.array(["SE", "NO", None, *["SE"] * (len(table) - 3)])
    pq.write_table(table.append_column("country", country), path)
    dataset = read_dataset(dataset.folder)
    assert column_names(dataset) == ("item", "category", "country")
    groups = item_groups(dataset, "country")
    assert groups.labels == ("SE", "NO", MISSING)
    shares = exposure(np.array([[0, 1, 2, 3]] * 10), groups, list_context(dataset, divided.train, divided.test))
    assert {group.label: group.lists for group in shares} == {"SE": 0.5, "NO": 0.25, MISSING: 0.25}
    with pytest.raises(BadInput, match="no column 'studio'; choose one of item, category, country"):
        item_groups(dataset, "studio")


def test_an_item_of_two_genres_belongs_to_each_by_half() -> None:
    plain = catalogue_of(3, 3)
    catalogue = Catalogue(
        plain.item_ids, plain.titles, plain.category_of, plain.categories, plain.neutral, ("Crime|Drama", "Drama", "")
    )
    groups = item_groups(dataset_of(catalogue, log_of([[0, 1, 2]])), "genres")
    assert groups.labels == ("Crime", "Drama", MISSING)
    assert groups.membership.toarray().tolist() == [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def test_every_measure_is_described() -> None:
    assert list(LIST_MEASURES) == ["coverage", "diversity", "novelty", "serendipity", "popularity", "exposure_gini"]
    assert all(measure.title and measure.help.endswith(".") for measure in LIST_MEASURES.values())
