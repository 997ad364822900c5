"""Packs on disk are complete or absent, hashed in their manifest, and printed where Chromium is available."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from streamrec_core.errors import BadInput, Refused
from streamrec_core.report import pdf
from streamrec_core.report.check import check_pack
from streamrec_core.report.document import Document
from streamrec_core.report.html import to_html
from streamrec_core.report.pack import (
    check_target,
    content_hash,
    delete_pack,
    list_packs,
    pack_name,
    packs_folder,
    read_pack,
    sha256,
    to_csv,
    write_pack,
    zipped,
)


def test_the_manifest_lists_model_data_settings_and_every_file(document: Document, tmp_path: Path) -> None:
    pack = write_pack(document, tmp_path / "pack", pdf=False)
    assert set(pack.manifest.files) == {"report.html", "figures.json", "figures.csv"}
    for name, expected in pack.manifest.files.items():
        assert sha256((pack.folder / name).read_bytes()) == expected
    assert pack.manifest.content == content_hash(document)
    for name in ("title", "model", "data", "command", "hashes", "settings", "versions"):
        assert getattr(pack.manifest, name) == getattr(document, name)
    assert pack.manifest.command.startswith("python -m streamrec_core report --data")
    assert pack.manifest.pdf == "not requested"
    assert pack.document == document.model_copy(update={"made": pack.manifest.made, "no_pdf": "not requested"})
    assert check_pack(pack.folder) == ()


def test_the_date_is_in_the_report_but_not_in_the_content_hash(document: Document, tmp_path: Path) -> None:
    first = write_pack(document, tmp_path / "one", pdf=False, made="2026-01-01")
    other = write_pack(document, tmp_path / "other", pdf=False, made="2026-02-02")
    assert first.manifest.content == other.manifest.content
    assert first.manifest.files["report.html"] != other.manifest.files["report.html"]
    assert "2026-01-01" in (first.folder / "report.html").read_text(encoding="utf-8")


def test_the_content_hash_covers_figures_that_the_page_does_not_show(document: Document) -> None:
    hidden = next(figure for figure in document.figures if f'data-id="{figure.id}"' not in to_html(document))
    figures = tuple(
        figure.model_copy(update={"value": figure.value + 1} if figure is hidden else {}) for figure in document.figures
    )
    other = document.model_copy(update={"figures": figures})
    assert to_html(other) == to_html(document)
    assert content_hash(other) != content_hash(document)


def test_the_table_has_every_figure_and_no_formula(document: Document) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(document))))
    assert [row["id"] for row in rows] == [figure.id for figure in document.figures]
    assert [float(row["value"]) for row in rows] == [figure.value for figure in document.figures]
    assert not any(row[name].startswith(("=", "+", "-", "@")) for row in rows for name in ("id", "label", "as_read"))


def test_a_folder_with_other_files_is_refused_and_unchanged(document: Document, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(BadInput, match="is not a pack"):
        write_pack(document, tmp_path / "mine", pdf=False)
    write_pack(document, tmp_path / "pack", pdf=False)
    (tmp_path / "pack" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(BadInput, match=r"contains letter\.txt, which is not part of a pack"):
        write_pack(document, tmp_path / "pack", pdf=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "pack"]
    assert (tmp_path / "pack" / "letter.txt").is_file()


@pytest.mark.parametrize("name", ["pack", "a folder/with spaces", "Überraschung/päck", "100%#?/pack"])
def test_a_pack_is_written_to_any_folder_and_over_an_older_pack(
    name: str, document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for made in ("2026-01-01", "2026-02-02"):
        check_target(Path(name))
        pack = write_pack(document, Path(name), pdf=False, made=made)
        assert pack.folder == tmp_path / name
        assert read_pack(Path(name)).manifest.made == made
        assert check_pack(Path(name)) == ()
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.parametrize(("name", "why"), [("file/pack", "Not a directory"), ("x" * 300, "File name too long")])
def test_a_folder_that_cannot_be_written_is_refused_beforehand(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match=f"cannot be written .{why}"):
        check_target(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_checking_a_target_folder_leaves_nothing_behind(tmp_path: Path) -> None:
    check_target(tmp_path / "new" / "folder" / "pack")
    assert list(tmp_path.iterdir()) == []


def test_packs_are_listed_zipped_and_deleted(
    document: Document, memory: Document, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for report in (document, memory):
        write_pack(report, packs_folder() / pack_name(report), pdf=False)
    (packs_folder() / "broken").mkdir()
    (packs_folder() / "broken" / "manifest.json").write_text("{", encoding="utf-8")
    names = {pack.name for pack in list_packs()}
    assert names == {pack_name(document), pack_name(memory)}
    with zipfile.ZipFile(io.BytesIO(zipped(packs_folder() / pack_name(document)))) as archive:
        assert f"{pack_name(document)}/report.html" in archive.namelist()
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    with pytest.raises(Refused, match="deleting a pack"):
        delete_pack(pack_name(document))
    monkeypatch.delenv("STREAMREC_READ_ONLY")
    delete_pack(pack_name(document))
    assert {pack.name for pack in list_packs()} == {pack_name(memory)}
    with pytest.raises(BadInput, match="nothing was deleted"):
        delete_pack("../data")


def test_the_pack_says_that_chromium_is_missing(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMREC_CHROMIUM", "/nowhere")
    pack = write_pack(document, tmp_path / "pack")
    assert pack.manifest.pdf == pdf.ABSENT
    assert not (pack.folder / "report.pdf").exists()


def test_a_chromium_that_prints_nothing_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho out of luck >&2\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("STREAMREC_CHROMIUM", str(broken))
    (tmp_path / "page.html").write_text("<p>x", encoding="utf-8")
    assert "out of luck" in pdf.write_pdf(tmp_path / "page.html", tmp_path / "page.pdf")


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"manifest\.json is missing"):
        read_pack(tmp_path)
