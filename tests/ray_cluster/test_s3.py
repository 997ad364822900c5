"""Amazon S3, played by moto's server on a free port: a log, and explanations, by their addresses."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import s3fs
from moto.server import ThreadedMotoServer

from streamrec_core.data.presets import make, open_data
from streamrec_core.errors import BadInput
from tests.ray_cluster.conftest import Cluster

BUCKET = "s3://streamrec-tests"


@pytest.fixture(scope="module")
def storage() -> Iterator[s3fs.S3FileSystem]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        system = s3fs.S3FileSystem()
        system.mkdir(BUCKET)
        yield system
    server.stop()


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "streamrec_core", *words], capture_output=True, text=True, check=False)


def test_workers_explain_a_log_on_s3_into_a_file_on_s3(
    storage: s3fs.S3FileSystem, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", ":".join(filter(None, sys.path)))
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(tmp_path / "workspace"))
    folder = make("streamrec", sessions=40, folder=tmp_path / "log").folder
    assert folder is not None
    for file in folder.iterdir():
        storage.put_file(str(file), f"{BUCKET}/logs/may/{file.name}")
    options = ["explain", "--all", "--sessions", "20"]
    local = command(*options, "--data", str(folder), "--out", str(tmp_path / "local.parquet"))
    assert local.returncode == 0, local.stderr
    ray = ["--engine", "ray", "--address", cluster.address]
    far = command(*options, "--data", f"{BUCKET}/logs/may", "--out", f"{BUCKET}/out/all.parquet", *ray)
    assert far.returncode == 0, far.stderr
    assert f"{BUCKET}/out/all.parquet" in far.stdout
    digests = {
        hashlib.sha256(content).hexdigest()
        for content in ((tmp_path / "local.parquet").read_bytes(), storage.cat_file(f"{BUCKET}/out/all.parquet"))
    }
    assert len(digests) == 1
    assert storage.ls(f"{BUCKET}/out", refresh=True) == [f"{BUCKET.removeprefix('s3://')}/out/all.parquet"]


def test_a_bucket_that_is_not_there_is_one_sentence(storage: s3fs.S3FileSystem) -> None:
    with pytest.raises(BadInput, match=r"^s3://no-such-bucket/may (is no data set|cannot be used)"):
        open_data("s3://no-such-bucket/may")
