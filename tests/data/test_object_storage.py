"""Object storage, in fsspec's memory: data sets by address, copied again when they change; files whole or absent."""

from __future__ import annotations

import errno
import secrets
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest

from streamrec_core import extras
from streamrec_core.data import object_storage
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.object_storage import KINDS, open_storage
from streamrec_core.data.presets import list_data, open_data
from streamrec_core.errors import BadInput, MissingExtra, Refused
from streamrec_core.explain import archive
from streamrec_core.explain.archive import ArchiveJob, write_archive
from streamrec_core.explain.verified import verify_examples
from tests.worlds import catalogue_of, chain_dataset, dataset_of, examples_at_last, log_of, small_transformer, written


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setitem(KINDS, "memory", "fsspec")
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(tmp_path / "workspace"))
    return f"memory://bucket-{secrets.token_hex(4)}"


def put(dataset: DataSet, address: str) -> None:
    assert dataset.folder is not None
    for file in dataset.folder.iterdir():
        fsspec.filesystem("memory").put_file(str(file), f"{address}/{file.name}")


def test_a_data_set_is_opened_by_its_address_and_copied_again_when_it_changed(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(chain_dataset(), tmp_path / "first")
    put(first, f"{bucket}/logs/may")
    opened = open_data(f"{bucket}/logs/may/")
    assert opened.card == first.card
    assert np.array_equal(opened.log.items, first.log.items)
    assert list_data() == ("streamrec", "case-study")  # the copy is none of the workspace's own
    copied: list[str] = []
    download = object_storage.Storage.download
    monkeypatch.setattr(
        object_storage.Storage, "download", lambda self, *words: (copied.append(words[0]), download(self, *words))
    )
    assert open_data(f"{bucket}/logs/may").folder == opened.folder
    assert copied == []
    second = written(chain_dataset(sessions=70), tmp_path / "second")
    put(second, f"{bucket}/logs/may")
    assert len(open_data(f"{bucket}/logs/may").log) == 70
    assert f"{bucket}/logs/may/events.parquet" in copied


def test_what_is_no_data_set_and_what_cannot_be_reached_is_one_sentence(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match=rf"^{bucket}/none is no data set: it has no dataset.json; check the address$"):
        open_data(f"{bucket}/none")
    for address in ("http://127.0.0.1/x", "file:///etc", "gs://bucket/x"):
        with pytest.raises(
            BadInput, match=rf"^'{address}' is no address .* used; it must begin with s3://, memory://$"
        ):
            open_data(address)

    def refuses(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Access Denied")

    monkeypatch.setattr(fsspec.filesystem("memory"), "ls", refuses)
    with pytest.raises(BadInput, match=rf"^{bucket}/none cannot be used \(.*Access Denied\); check the address, and"):
        open_data(f"{bucket}/none")
    monkeypatch.setattr(extras, "find_spec", lambda library: None)
    with pytest.raises(MissingExtra, match=r"^s3fs is not installed; install it with: pip install 'streamrec\[s3\]'$"):
        open_data("s3://bucket/may")


def test_a_changed_file_on_storage_is_refused_by_its_hash(bucket: str, tmp_path: Path) -> None:
    put(written(chain_dataset(), tmp_path / "may"), f"{bucket}/may")
    put(written(chain_dataset(seed=4), tmp_path / "june"), f"{bucket}/june")
    storage = open_storage(bucket)
    storage.write(f"{bucket}/may/events.parquet", storage.read(f"{bucket}/june/events.parquet"))
    with pytest.raises(Refused):
        open_data(f"{bucket}/may")


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_explanations_on_storage_are_those_on_disk_and_resume(
    bucket: str, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = catalogue_of(12, 3)
    model = small_transformer(catalogue)
    rng = np.random.default_rng(2)
    dataset = dataset_of(catalogue, log_of([rng.integers(0, 12, 6).tolist() for _ in range(5)]))
    examples = examples_at_last(dataset.log)
    values = {"model": "m", "weights": "w", "events": "e", "part": "all", "targets": 5, "batch": 2}
    job, out = ArchiveJob.parse(values, "job"), f"{bucket}/out/all.{ending}"
    local = write_archive(model, dataset, examples, job, tmp_path / f"all.{ending}")
    explained: list[int] = []

    def dying(*words: Any) -> Any:
        if len(explained) == 1:
            raise KeyboardInterrupt
        explained.append(len(words[2]))
        return verify_examples(*words)

    monkeypatch.setattr(archive, "verify_examples", dying)
    with pytest.raises(KeyboardInterrupt):
        write_archive(model, dataset, examples, job, out)
    storage = open_storage(bucket)
    assert storage.names(f"{bucket}/out/.all.{ending}.parts") == ["000000.parquet", "job.json"]
    assert not storage.exists(out)
    with pytest.raises(BadInput, match="holds batches of another model, data set or setting; delete that folder"):
        write_archive(model, dataset, examples, job.model_copy(update={"weights": "other"}), out)
    monkeypatch.undo()
    monkeypatch.setitem(KINDS, "memory", "fsspec")
    seen: list[int] = []
    assert write_archive(model, dataset, examples, job, out, lambda done, _: seen.append(done)) == out
    assert seen == [4, 5]
    assert storage.read(out) == local.read_bytes()
    assert storage.names(f"{bucket}/out/.all.{ending}.parts") == []
    with pytest.raises(BadInput, match=rf"^{out} exists already; choose another file, or delete it$"):
        write_archive(model, dataset, examples, job, out)
