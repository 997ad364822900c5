"""Results that several pages show, cached and bounded; what one page shows is cached in its folder.

Records are shared between visitors; `shared_cache` sees to it that nobody can change them. A cached function takes the
workbench or the data set whole, and `HASH_FUNCS` gives their keys. Arguments with a leading underscore are no part of
the key.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pages.ui.example_sessions import SEARCHED, ExampleSession, find_example_sessions
from pages.ui.session_split import SessionSplit, split_sessions
from pages.ui.shared_cache import shared_cache
from pages.ui.turns import turn_to_compute
from pages.ui.workbench import HASH_FUNCS, Workbench
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Split, split
from streamrec_core.explain.explain_request import Request
from streamrec_core.explain.first_look import explain_many, explain_session
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.shares import SHARES_FILE, CountedShares, read_shares
from streamrec_core.files import file_stamp

MOST_RANKED, RANKED_SEED = 10_000, 11
"""Test sessions that a page ranks at most: 95% intervals of a share over them are within one percentage point."""


@shared_cache(max_entries=3, show_spinner="Dividing the sessions …", hash_funcs=HASH_FUNCS)
def dataset_split(dataset: DataSet) -> Split:
    """The data set divided as its card says; dividing a long log takes seconds."""
    return split(dataset)


def ranked_split(dataset: DataSet) -> Split:
    """The same with at most `MOST_RANKED` of the test sessions, sampled evenly, for what ranks every one of them."""
    divided = dataset_split(dataset)
    return divided if len(divided.test) <= MOST_RANKED else _ranked_split(dataset)


@shared_cache(max_entries=3, show_spinner=False, hash_funcs=HASH_FUNCS)
def _ranked_split(dataset: DataSet) -> Split:
    divided = dataset_split(dataset)
    return replace(divided, test=divided.test.sample(MOST_RANKED, RANKED_SEED))


@shared_cache(max_entries=3, show_spinner=False, hash_funcs=HASH_FUNCS)
def session_split(dataset: DataSet) -> SessionSplit:
    """Which sessions are for training and which for testing."""
    return split_sessions(dataset.log, dataset_split(dataset))


@shared_cache(max_entries=256, show_spinner=False, hash_funcs=HASH_FUNCS)
def explanation(bench: Workbench, session_id: str, item: int | None) -> Explanation:
    """One explained recommendation; `item` is a catalogue row, None for the first recommendation."""
    with turn_to_compute(bench):
        return explain_session(bench.loaded_model, bench.dataset, session_id, candidate=item)


@shared_cache(max_entries=8, show_spinner="Choosing example sessions …", hash_funcs=HASH_FUNCS)
def example_sessions(bench: Workbench) -> tuple[ExampleSession, ...]:
    """An example session for each kind of reader."""
    rows = session_split(bench.dataset).test_rows[:SEARCHED].tolist()
    sessions = [bench.dataset.log.session(row) for row in rows]
    ids = [session.session_id for session in sessions]
    requests = [Request(session.until(-1), int(session.items[-1])) for session in sessions]
    explanations = explain_many(bench.loaded_model, bench.dataset, requests)
    return find_example_sessions(ids, dict(zip(ids, explanations, strict=True)).__getitem__)


def explanation_shares(folder: Path, weights: str) -> CountedShares | None:
    """Shares of a model's explanations in words that were confirmed; None where there are none for these weights."""
    shares = _explanation_shares(folder, file_stamp(folder / SHARES_FILE))
    return shares if shares is not None and shares.weights_sha256 == weights else None


@shared_cache(max_entries=32, show_spinner=False)
def _explanation_shares(folder: Path, stamp: tuple[int, ...]) -> CountedShares | None:
    return read_shares(folder)
