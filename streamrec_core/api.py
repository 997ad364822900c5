"""The package's functions: import data, train and load models, recommend, explain, search counterfactuals, report.

`verify`, `evaluate`, `compare` and `contributions` stand where they are computed; the functions here accept what people
have at hand: a session id, item titles, a model's name, a file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from streamrec_core.adapters import ScoredModel, list_foreign_models, open_foreign_model
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.counterfactual import Counterfactual, CounterfactualSettings, smallest_removal
from streamrec_core.config import runs_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.folders import named_folder
from streamrec_core.data.history import history_of_items
from streamrec_core.data.importers.atomic import import_atomic
from streamrec_core.data.importers.imported import Imported, save
from streamrec_core.data.importers.movielens import import_movielens
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.log import Session
from streamrec_core.data.presets import open_data
from streamrec_core.defaults import DEFAULT_RECIPE
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranking import TOP, score_histories
from streamrec_core.explain import first_look
from streamrec_core.explain.record import Explanation, RankedItem
from streamrec_core.models.checkpoint import checkpoint_folder, load_checkpoint
from streamrec_core.models.protocol import SessionModel
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.notebook import NotebookResult
from streamrec_core.training import loop
from streamrec_core.training.events import EpochDone, Event, RunDone
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd

    from streamrec_core.report.pack import Pack

Events = str | Session | Sequence[str]
"""Events to recommend or explain after: a session id of the data set, a history, or ids or titles of items in order."""
LogFormat = Literal["table", "movielens", "recbole"]


@dataclass(frozen=True)
class Recommendations(NotebookResult):
    """The first titles that a model recommends after a history, best first."""

    model: str
    items: tuple[RankedItem, ...]

    def to_pandas(self) -> pd.DataFrame:
        """One row a title: rank, item id, title, category, probability."""
        import pandas as pd

        names = ("rank", "item_id", "title", "category", "probability")
        return pd.DataFrame({name: [getattr(item, name) for item in self.items] for name in names})

    def summary(self) -> tuple[str, ...]:
        """Which model recommends how many."""
        return (f"{len(self.items)} recommendations of {self.model}",)


@dataclass(frozen=True, eq=False)
class TrainedModel(NotebookResult):
    """A finished training run.

    Attributes
    ----------
    folder : Path
        The run folder; its name is enough for `load_model` and `--run`.
    model : SequenceModel
        Of the best epoch, ready to evaluate and explain.
    epochs : tuple of EpochDone
        Losses and validation metrics.
    result : RunDone
        Best epoch, why training ended, and its metrics on the test part.
    """

    folder: Path
    model: SequenceModel
    epochs: tuple[EpochDone, ...]
    result: RunDone

    def to_pandas(self) -> pd.DataFrame:
        """One row an epoch: training loss and the validation metrics."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"epoch": epoch.epoch, "train_loss": epoch.train_loss, "best": epoch.best}
                | {name: value for name, value in epoch.metrics.items() if isinstance(value, float)}
                for epoch in self.epochs
            ]
        )

    def summary(self) -> tuple[str, ...]:
        """The best epoch and its accuracy on the test part."""
        best = f"{self.folder.name}: best epoch {self.result.best_epoch}, {self.result.reason}"
        hit = self.result.metrics.get("hit@10")
        return (best,) if hit is None else (best, f"Hit@10 on the test part: {hit:.4f}")


def import_data(path: str | Path, name: str = "", log_format: LogFormat = "table", **settings: Any) -> DataSet:
    """Import a log and keep it in the workspace, where `open_data` finds it by name.

    Parameters
    ----------
    path : str or Path
        A CSV or Parquet file, or the folder of a MovieLens or RecBole data set.
    name : str
        What to call the data set; empty takes it from the file.
    log_format : str
        table, movielens or recbole.
    **settings
        Fields of `TableSettings` (`item_column`, `session_column`, `time_column` and so on) for a table, of
        `RatingSettings` for the others.

    Raises
    ------
    BadInput
        A setting is unknown, a column is missing, or a row cannot be read.

    Examples
    --------
    >>> import_data(
    ...     "events.csv", "mine", session_column="session", item_column="item", time_column="time"
    ... )  # doctest: +SKIP
    """
    source, values = Path(path), {**settings, "name": name}
    imported = _importer(log_format)(source, values)
    return save(imported, named_folder(imported.name))


def _importer(log_format: str) -> Callable[[Path, dict[str, Any]], Imported]:
    """What reads a log of this format."""
    importers: dict[str, Callable[[Path, dict[str, Any]], Imported]] = {
        "table": lambda path, values: import_table(path, TableSettings.parse(values, "import_data")),
        "movielens": lambda path, values: import_movielens(path, RatingSettings.parse(values, "import_data")),
        "recbole": lambda path, values: import_atomic(path, RatingSettings.parse(values, "import_data")),
    }
    if log_format not in importers:
        raise BadInput(f"unknown log_format {log_format!r}; choose one of {', '.join(importers)}")
    return importers[log_format]


def train(
    dataset: DataSet,
    name: str = "",
    model: str = "transformer",
    recipe: str = DEFAULT_RECIPE,
    on_event: Callable[[Event], None] | None = None,
    **settings: Any,
) -> TrainedModel:
    """Train a model in this process and load its best epoch.

    Parameters
    ----------
    dataset : DataSet
        One that lies in a folder: opened or imported.
    name : str
        Of the run folder in the workspace; empty names it after data, model, recipe and seed.
    model : str
        transformer or lstm.
    recipe : str
        Architecture and training together: additive, plain or case-study.
    on_event : callable
        Called with every step, epoch and end, for a progress bar.
    **settings
        What differs from the recipe, such as `epochs`, `seed`, `width`; `split` names another split.

    Raises
    ------
    BadInput
        A setting is unknown or out of range, or the run exists already.

    Examples
    --------
    >>> trained = train(open_data("streamrec"), name="mine", epochs=3)  # doctest: +SKIP
    >>> evaluate(trained.model, open_data("streamrec"))  # doctest: +SKIP
    """
    split = settings.pop("split", None)
    run_name = name or f"{dataset.name}-{model}-{recipe}-seed{settings.get('seed', 42)}"
    run = RunFolder(runs_folder() / run_name)
    run.begin(new_run(run_name, dataset, model, recipe, settings, split))
    events = []
    with run.lock():
        for event in loop.train(run, dataset):
            if on_event is not None:
                on_event(event)
            events.append(event)
    result = events[-1]
    if not isinstance(result, RunDone):
        raise BadInput(f"{run_name} was stopped before it was done; resume it with: streamrec runs resume {run_name}")
    epochs = tuple(event for event in events if isinstance(event, EpochDone))
    return TrainedModel(run.path, load_checkpoint(run.best, dataset.catalogue), epochs, result)


def load_model(checkpoint: str | Path, dataset: DataSet) -> SequenceModel | ScoredModel:
    """Load a model for the data it learned from, or other sessions of the same catalogue.

    Parameters
    ----------
    checkpoint : str or Path
        Name of a shipped model or a run, or a checkpoint folder; `streamrec models list` shows the names. Or
        `module:function` or a name in `models.toml`: a model of another library, whose code is run.
    dataset : DataSet

    Raises
    ------
    BadInput
        There is no such model.
    Refused
        It learned another catalogue, or its weights are not those of its card.

    Examples
    --------
    >>> from streamrec_core import load_model, open_data
    >>> load_model("streamrec-transformer", open_data("streamrec")).name
    'streamrec-transformer'
    """
    if _is_function(checkpoint):
        return open_foreign_model(str(checkpoint), dataset.catalogue)
    return load_checkpoint(checkpoint, dataset.catalogue)


def _is_function(checkpoint: str | Path) -> bool:
    """Whether `module:function` is meant, or a model of the settings file."""
    return not Path(checkpoint).exists() and (":" in str(checkpoint) or checkpoint in list_foreign_models().models)


def recommend(model: SessionModel, dataset: DataSet, events: Events, k: int = TOP) -> Recommendations:
    """The first k recommendations after some events.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    events : str, Session or sequence of str
        A session id of the data set (its last event, the target, is left out), a history, or ids or titles of items.
    k : int

    Raises
    ------
    BadInput
        There is no such session or item, or no event.

    Examples
    --------
    >>> from streamrec_core import load_model, open_data
    >>> data = open_data("streamrec")
    >>> model = load_model("streamrec-transformer", data)
    >>> recommend(model, data, "17", k=2).to_pandas()["title"].tolist()
    ['The Signal at Copper Creek, Episode 2: The Key', 'The Hour of Tarn End, Episode 7: Blind Spot']
    """
    history, _ = _history_and_target(dataset, events)
    (scored,) = score_histories(model, dataset.catalogue, [history], dataset.card.filter_seen)
    rows = scored.order[:k].tolist()
    return Recommendations(model.name, tuple(first_look.ranked_item(dataset.catalogue, scored, row) for row in rows))


def explain_session(
    model: SessionModel, dataset: DataSet, events: Events, candidate: int | str | None = None
) -> Explanation:
    """Explain a recommendation after some events: the first look, which `verify` checks.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    events : str, Session or sequence of str
        As for `recommend`.
    candidate : int, str or None
        The item to explain, by catalogue row, id or title; None: the first recommendation.

    Raises
    ------
    BadInput
        There is no such session or item, or the candidate cannot be recommended.

    Examples
    --------
    >>> from streamrec_core import load_model, open_data
    >>> data = open_data("streamrec")
    >>> model = load_model("streamrec-transformer", data)
    >>> explanation = explain_session(model, data, "17")
    >>> explanation.candidate.title
    'The Signal at Copper Creek, Episode 2: The Key'
    >>> explain_session(model, data, "17", "Zero Platform").candidate.rank > 1
    True
    """
    history, target = _history_and_target(dataset, events)
    row = dataset.catalogue.row(candidate) if isinstance(candidate, str) else candidate
    return first_look.explain(model, dataset, history, target, row)


def counterfactual(model: SessionModel, dataset: DataSet, explanation: Explanation, **settings: Any) -> Counterfactual:
    """The fewest events without which the explained title leaves the first ten.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    explanation : Explanation
    **settings
        Fields of `CounterfactualSettings`, such as `k` and `most_removed`.

    Raises
    ------
    BadInput
        The title is not among the first k to begin with.

    Examples
    --------
    >>> from streamrec_core import load_model, open_data
    >>> data = open_data("streamrec")
    >>> model = load_model("streamrec-transformer", data)
    >>> counterfactual(model, data, explain_session(model, data, "17")).titles
    ('The Signal at Copper Creek, Episode 1: The Bridge',)
    """
    case = case_of(explanation.every_event, explanation.candidate.row, model, dataset.card.filter_seen)
    limits = CounterfactualSettings.parse(settings, "counterfactual")
    return smallest_removal(model, dataset.catalogue, case, limits)


def write_report(
    checkpoint: str | Path,
    data: str | None = None,
    folder: str | Path | None = None,
    pdf: bool = True,
    pseudonyms: str = "auto",
    **settings: Any,
) -> Pack:
    """Measure a model and write its report: HTML, figures as JSON and CSV, a manifest, and a PDF where Chromium is.

    Parameters
    ----------
    checkpoint : str or Path
        As for `load_model`.
    data : str or None
        Preset, name or folder; None: the data that the model learned from, which is not known of `module:function`.
    folder : str, Path or None
        Where to write; None: the workspace's `packs` folder.
    pdf : bool
    pseudonyms : str
        Whether pseudonyms stand for session ids: auto (where these look like e-mail addresses or phone numbers),
        always or never.
    **settings
        Fields of `ReportSettings`, such as `sessions` and `explained`.

    Raises
    ------
    BadInput
        The model, the data or the folder cannot be used.
    MissingExtra
        `pip install 'streamrec[report]'` is needed.

    Examples
    --------
    >>> write_report("streamrec-transformer", folder="pack", sessions=("17",)).manifest.content  # doctest: +SKIP
    """
    from streamrec_core.report.collect import collect
    from streamrec_core.report.pack import check_target, check_writable, pack_name, packs_folder, write_pack
    from streamrec_core.report.settings import ReportSettings
    from streamrec_core.report.subject import foreign_subject, open_subject

    sizes = ReportSettings.parse(settings, "write_report")
    if folder is None:
        check_writable(packs_folder() / "pack")
    else:
        check_target(Path(folder).resolve())
    if _is_function(checkpoint):
        if data is None:
            raise BadInput(f"{checkpoint} does not say which data it learned from; give data", fields=("data",))
        dataset = open_data(data, in_full=True)
        foreign = open_foreign_model(str(checkpoint), dataset.catalogue)
        subject = foreign_subject(foreign, dataset, str(checkpoint))
    else:
        subject = open_subject(checkpoint_folder(checkpoint), data)
    document = collect(subject, sizes, pseudonyms=pseudonyms)
    return write_pack(document, Path(folder).resolve() if folder else packs_folder() / pack_name(document), pdf)


def _history_and_target(dataset: DataSet, events: Events) -> tuple[Session, int | None]:
    """The events before the target, and the target's catalogue row where it is known."""
    if isinstance(events, Session):
        return events, None
    if not isinstance(events, str):
        return history_of_items(events, dataset.catalogue), None
    session = dataset.log.session(dataset.log.row(events))
    if len(session) < 2:
        raise BadInput(f"session {events!r} has one event and so no history; choose a longer one")
    return session.until(-1), int(session.items[-1])
