"""Measure a model and write its evidence pack, from a Python program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamrec_core.adapters import open_foreign_model
from streamrec_core.api.models import is_function
from streamrec_core.data.presets import open_data
from streamrec_core.errors import BadInput
from streamrec_core.models.checkpoint import checkpoint_folder

if TYPE_CHECKING:
    from streamrec_core.report.pack import Pack


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

    Returns
    -------
    Pack

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
    from streamrec_core.disk_faults import check_writable
    from streamrec_core.report.collect import collect
    from streamrec_core.report.pack import check_target, pack_name, packs_folder, write_pack
    from streamrec_core.report.settings import ReportSettings
    from streamrec_core.report.subject import foreign_subject, open_subject

    sizes = ReportSettings.parse(settings, "write_report")
    if folder is None:
        check_writable(packs_folder() / "pack")
    else:
        check_target(Path(folder).resolve())
    if is_function(checkpoint):
        if data is None:
            raise BadInput(f"{checkpoint} does not say which data it learned from; give data", fields=("data",))
        dataset = open_data(data, in_full=True)
        foreign = open_foreign_model(str(checkpoint), dataset.catalogue)
        subject = foreign_subject(foreign, dataset, str(checkpoint))
    else:
        subject = open_subject(checkpoint_folder(checkpoint), data)
    document = collect(subject, sizes, pseudonyms=pseudonyms)
    return write_pack(document, Path(folder).resolve() if folder else packs_folder() / pack_name(document), pdf)
