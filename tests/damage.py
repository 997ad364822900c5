"""Damage to files, as disks, editors and half copies do it; and a workspace in which every file has all of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from streamrec_core.background.queue import QUEUE_FILE
from streamrec_core.config import data_folder, jobs_folder, runs_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.storage import read_dataset
from streamrec_core.diagnosis.flagged_cases import cases_file
from streamrec_core.files import TEXT_LIMIT
from streamrec_core.report.making import MAKING
from streamrec_core.report.pack import HTML_FILE, JSON_FILE, MANIFEST_FILE, packs_folder
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from tests.worlds import SMALL, written


def _replaced(content: bytes) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.write_bytes(content)

    return damage


def _cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(TEXT_LIMIT + 10)  # a hole: it takes no room


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _broken_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nothing"))


def _link_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "empty": _replaced(b""),
    "cut": _cut,
    "bytes": _replaced(bytes(range(256)) * 4),
    "zeros": _replaced(bytes(3000)),
    "deep": _replaced(b"[" * 200_000),
    "list": _replaced(b"[]"),
    "digits": _replaced(b'{"name": ' + b"9" * 10_000 + b"}"),
    "other": _replaced(b'{"name": null, "epoch": {"a": []}, "nowhere": 1e400}'),
    "huge": _huge,
    "folder": _folder,
    "lost-link": _broken_link,
    "loop": _link_loop,
}
"""By name, what is done to a file."""


RUN_FILES = ("config.json", "status.json", "launch.json", "events.jsonl", "best/card.json", "best/weights.safetensors")


def damaged_workspace(world: DataSet, checkpoints: Path, study: Path, pack: Path) -> list[Path]:
    """Beside whole ones, a copy of everything that is stored for each kind of damage to each of its files.

    Parameters
    ----------
    world : DataSet
        The data set `tiny`.
    checkpoints : Path
        Folder of the shipped models.
    study, pack : Path
        A study's file and a pack's folder, both whole.

    Returns
    -------
    list of Path
        The damaged files.
    """
    run = RunFolder(runs_folder() / "whole")
    settings = {**{f"architecture.{name}": value for name, value in SMALL.items()}, "epochs": 1}
    stored = read_dataset(data_folder() / "tiny")
    run.begin(new_run("whole", stored, "transformer", "plain", settings))
    list(train(run, stored))
    (run.path / "launch.json").write_text('{"pid": 1, "start_ticks": 1, "host": "elsewhere"}')
    written(world, data_folder() / "whole")
    origins = {
        run.path: (
            "config.json",
            "status.json",
            "launch.json",
            "events.jsonl",
            "best/card.json",
            "best/weights.safetensors",
        ),
        checkpoints / "a-transformer": ("card.json", "weights.safetensors"),
        data_folder() / "whole": ("dataset.json", "events.parquet", "catalogue.parquet", "sessions.parquet"),
        pack: (MANIFEST_FILE, JSON_FILE, HTML_FILE),
    }
    damaged = []
    for origin, files in origins.items():
        for number, file in enumerate(files):
            for name, damage in DAMAGES.items():
                copy = origin.with_name(f"{name}-{number}")
                shutil.copytree(origin, copy)
                damage(copy / file)
                damaged.append(copy / file)
    for name, damage in DAMAGES.items():
        copy = study.with_name(f"{name}{study.suffix}")
        shutil.copy(study, copy)
        damage(copy)
        damaged.append(copy)
    return damaged


def damage_single_files(name: str) -> list[Path]:
    """Damage the single files that pages read whatever is open; gives those files."""
    files = {
        runs_folder() / QUEUE_FILE: '{"names": []}',
        cases_file(): "x" * 5000,
        packs_folder() / MAKING / "x" / "state.json": '{"stage": "done", "said": "x"}',
        jobs_folder() / "job-x" / "request.json": '{"kind": "table", "name": "x"}',
    }
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        path.unlink(missing_ok=True)
        path.write_text(content)
        DAMAGES[name](path)
    return list(files)
