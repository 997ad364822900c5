"""An import keeps whole histories: what is seen and what is popular is counted on them, whatever a model reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.describe import describe
from streamrec_core.data.importers.imported import save
from streamrec_core.data.importers.movielens import import_movielens
from streamrec_core.data.importers.notes import earlier_note
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.splits import Examples, split
from streamrec_core.data.storage import read_dataset
from streamrec_core.evaluation.ranked_catalogue import score_history
from streamrec_core.evaluation.ranking import rank
from streamrec_core.models.popularity import popularity
from tests.data import import_files as files

ITEMS, PEOPLE, EVENTS = 140, 8, 120


def long_log(folder: Path) -> Path:
    """Everybody rates 120 of 140 films, each another 120; person p skips films p, p + 7, p + 14 ..."""
    ratings = []
    for person in range(1, PEOPLE + 1):
        films = [film for film in np.random.default_rng(person).permutation(ITEMS) if film % 7 != person % 7]
        ratings += [(person, film + 1, 1 + film % 5, 978_300_000 + at) for at, film in enumerate(films[:EVENTS])]
    files.movielens_1m(folder, ratings)
    films = [(film + 1, f"Film {film + 1} (1999)", "Drama") for film in range(ITEMS)]
    (folder / "movies.dat").write_text(files.lines(films, "::"), encoding="latin-1")
    return folder


def imported(folder: Path, **settings: int) -> DataSet:
    log = import_movielens(long_log(folder / "ml"), RatingSettings(min_item_ratings=1, **settings))
    return save(log, folder / "out")


def test_every_rating_is_in_the_data_set(tmp_path: Path) -> None:
    dataset = imported(tmp_path)
    assert dataset.card.counts.events == PEOPLE * EVENTS == pq.read_metadata(tmp_path / "out/events.parquet").num_rows
    assert read_dataset(tmp_path / "out").log.lengths.tolist() == [EVENTS] * PEOPLE
    assert describe(dataset).earlier_events == 0


def test_nothing_that_was_ever_seen_is_recommended(tmp_path: Path) -> None:
    dataset = imported(tmp_path)
    test = split(dataset).test
    model = popularity(dataset.log, dataset.catalogue, split(dataset).train)
    assert model.max_events < EVENTS
    tops = rank(model, dataset, test).top
    for row, history, top in zip(range(PEOPLE), test.histories(dataset.log), tops, strict=True):
        seen = set(history.items.tolist())
        assert len(seen) == EVENTS - 1
        assert not seen & set(top.tolist())
        assert len(score_history(model, dataset.catalogue, history, True).order) == ITEMS - len(seen), row


def test_popularity_counts_the_whole_log(tmp_path: Path) -> None:
    dataset = imported(tmp_path)
    whole = Examples(np.arange(PEOPLE), np.full(PEOPLE, EVENTS - 1))
    scores = popularity(dataset.log, dataset.catalogue, whole)._scores.numpy()
    by_hand = [sum(film in dataset.log.session(row).items for row in range(PEOPLE)) for film in range(ITEMS)]
    assert np.allclose(scores, np.log(np.array(by_hand) + 0.5))


def test_a_limit_says_what_it_threw_away(tmp_path: Path) -> None:
    log = import_movielens(long_log(tmp_path / "ml"), RatingSettings(min_item_ratings=1, max_events=50))
    lost = PEOPLE * (EVENTS - 51)
    assert log.report.earlier_events == lost
    assert earlier_note(log.report) == (
        f"{lost} events (58%) were thrown away by the limit on events of a session: they count neither as seen nor "
        "as popular",
    )
    assert describe(save(log, tmp_path / "out")).earlier_events == lost
