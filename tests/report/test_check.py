"""The check of a pack: whatever is swapped in it, hashes updated or not, is named with both values."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streamrec_core.errors import BadInput
from streamrec_core.report.check import NOT_CHECKED, check_pack
from streamrec_core.report.document import Document
from streamrec_core.report.html import content_label, to_html
from streamrec_core.report.pack import (
    Manifest,
    content_hash,
    manifest_of,
    read_pack,
    sha256,
    to_csv,
    to_json,
    write_pack,
)
from streamrec_core.report.pdf import title_names

Edit = Callable[[str], str]
OTHER, LINE = "0" * 64, b"\n"
FIELDS: dict[str, Any] = {
    "title": "Better",
    "model": "another-model",
    "data": "other-data",
    "made": "1999-12-31",
    "command": "python -m streamrec_core report --data other",
    "content": OTHER,
    "hashes.weights": OTHER,
    "hashes.catalogue": OTHER,
    "hashes.events": OTHER,
    "hashes.learned_from": OTHER,
    "settings.sessions": ["s1"],
    "settings.weighed": 20_000,
    "settings.looked_at": 20_000,
    "settings.explained": 20_000,
    "settings.seed": 7,
    "versions.torch": "9.9",
    "pdf": "it could not be had",
}
"""Every field of a manifest, `files` apart, with something else that it could say."""


@pytest.fixture(scope="module")
def made(document: Document, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(document, tmp_path_factory.mktemp("check") / "pack", pdf=False).folder


@pytest.fixture
def pack(made: Path, tmp_path: Path) -> Path:
    """A sound pack that a test may spoil."""
    return shutil.copytree(made, tmp_path / "pack")


def manifest(pack: Path) -> dict[str, Any]:
    return json.loads((pack / "manifest.json").read_text(encoding="utf-8"))


def put(pack: Path, values: dict[str, Any]) -> None:
    """Write a manifest as the program does."""
    Manifest.parse(values, "a test").write(pack / "manifest.json")


def edit(pack: Path, name: str, change: Edit) -> None:
    """Edit a file and update its line in the manifest."""
    before = (pack / name).read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    (pack / name).write_text(after, encoding="utf-8")
    reseal(pack)


def reseal(pack: Path) -> None:
    """Have the manifest name the files as they are now."""
    values = manifest(pack)
    put(pack, values | {"files": {name: sha256((pack / name).read_bytes()) for name in values["files"]}})


def test_a_sound_pack_has_no_faults(pack: Path) -> None:
    assert check_pack(pack) == ()


def test_the_list_of_fields_leaves_none_out(pack: Path) -> None:
    flat = set()
    for name, value in manifest(pack).items():
        flat |= {f"{name}.{key}" for key in value} if name in ("hashes", "settings") else {name}
    assert flat - {"files", "versions"} == set(FIELDS) - {"versions.torch"}
    assert {name.partition(".")[0] for name in FIELDS} | {"files"} == set(Manifest.model_fields)


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_the_manifest_is_compared_with_the_figures(field: str, pack: Path) -> None:
    values = manifest(pack)
    name, _, key = field.partition(".")
    before = values[name][key] if key else values[name]
    if key:
        values[name][key] = FIELDS[field]
    else:
        values[name] = FIELDS[field]
    assert before != FIELDS[field]
    put(pack, values)
    fault = check_pack(pack)[0]
    assert fault == f"{field}: manifest.json says {FIELDS[field]!r}, figures.json gives {before!r}"


def test_a_version_that_is_added_or_left_out_is_named(pack: Path) -> None:
    values = manifest(pack)
    del values["versions"]["torch"]
    put(pack, values | {"versions": values["versions"] | {"magic": "1"}})
    faults = check_pack(pack)
    assert [fault.partition(":")[0] for fault in faults] == ["versions.magic", "versions.torch"]


def test_the_report_edited_with_its_line_updated_is_named_with_both_texts(pack: Path) -> None:
    edit(pack, "report.html", lambda html: html.replace("It is for ranking titles", "It is for judging people"))
    (fault,) = check_pack(pack)
    assert fault.startswith("report.html, line ")
    assert "It is for judging people" in fault
    assert "It is for ranking titles" in fault


def test_a_figure_edited_in_the_report_is_named_with_both_values(pack: Path, document: Document) -> None:
    hit = document.by_id()["quality/model/hit@10"].value
    edit(pack, "report.html", lambda html: html.replace(f'value="{hit}"', 'value="0.999"'))
    (fault,) = check_pack(pack)
    assert 'value="0.999"' in fault
    assert f'value="{hit}"' in fault


def test_the_report_of_another_pack_is_no_report_of_this_one(pack: Path, memory: Document) -> None:
    edit(pack, "report.html", lambda _: to_html(memory, content_hash(memory)))
    assert check_pack(pack)[0].startswith("report.html, line ")


def test_the_table_edited_with_its_line_updated_is_named(pack: Path) -> None:
    edit(pack, "figures.csv", lambda table: table + "extra,line,1,,,,number,1,\n")
    (fault,) = check_pack(pack)
    assert fault.startswith("figures.csv, line ")
    assert "it says 'extra,line,1" in fault


def test_figures_edited_with_their_line_updated_do_not_give_the_content_hash_report_and_table(
    pack: Path, document: Document
) -> None:
    before = manifest(pack)["content"]
    hit = document.by_id()["quality/model/hit@10"]
    changed = [one.model_copy(update={"value": 0.999}) if one is hit else one for one in document.figures]
    figures = read_pack(pack).document.model_copy(update={"figures": tuple(changed)})
    edit(pack, "figures.json", lambda _: to_json(figures))
    content, html, table = check_pack(pack)
    assert content == f"content: manifest.json says '{before}', figures.json gives '{content_hash(figures)}'"
    assert html.startswith("report.html, line ")
    assert f'value="{hit.value}"' in html
    assert 'value="0.999"' in html
    assert f",{hit.value}," in table


def test_all_files_made_from_other_figures_do_not_give_the_old_content_hash(pack: Path) -> None:
    other = read_pack(pack).document.model_copy(update={"subtitle": "Better"})
    for name, text in (
        ("report.html", to_html(other, manifest(pack)["content"])),
        ("figures.json", to_json(other)),
    ):
        edit(pack, name, lambda _, text=text: text)  # type: ignore[misc]
    (fault,) = check_pack(pack)
    assert fault.startswith("content: ")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("figures.json", lambda text: text.replace("{", '{"title": "Better", ', 1)),  # the later of two keys counts
        ("figures.json", lambda text: text.replace("  ", "\t")),
        ("figures.json", lambda text: text.replace('"made"', ' "made"')),
    ],
)
def test_figures_that_read_the_same_and_are_written_otherwise_are_named(name: str, change: Edit, pack: Path) -> None:
    edit(pack, name, change)
    assert check_pack(pack)[0].startswith(f"{name}, line ")


def test_a_manifest_that_says_two_things_is_named(pack: Path) -> None:
    path = pack / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace("{", '{"model": "better", ', 1), encoding="utf-8")
    (fault,) = check_pack(pack)
    assert fault.startswith('manifest.json, line 1: it says \'{"model": "better"')


def test_figures_of_which_no_report_can_be_made_are_a_fault_and_no_crash(pack: Path) -> None:
    broken = read_pack(pack).document.model_copy(update={"figures": ()})
    edit(pack, "figures.json", lambda _: to_json(broken))
    assert "no report can be made from figures.json" in check_pack(pack)[0]
    edit(pack, "figures.json", lambda _: "{")
    assert "not valid JSON" in check_pack(pack)[0]
    edit(pack, "figures.json", lambda _: '{"unknown": 1}')
    assert "figures.json" in check_pack(pack)[0]


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "report.pdf", "folder", "report.html.orig"])
def test_a_file_too_many_is_refused_listed_or_not(name: str, pack: Path) -> None:
    if name == "folder":
        (pack / name).mkdir()
    else:
        (pack / name).write_bytes(b"x")
    assert check_pack(pack) == (f"{name} lies in the folder and is no part of the pack",)
    if name != "folder":
        put(pack, manifest(pack) | {"files": manifest(pack)["files"] | {name: sha256(b"x")}})
        assert check_pack(pack)[0].startswith(f"manifest.json lists {name}")


@pytest.mark.parametrize("name", ["report.html", "figures.json", "figures.csv"])
def test_a_file_that_is_missing_changed_unlisted_or_a_link_is_named(name: str, pack: Path, tmp_path: Path) -> None:
    listed, content = manifest(pack)["files"][name], (pack / name).read_bytes()
    (pack / name).write_bytes(content + LINE)
    changed = f"manifest.json names SHA-256 {listed[:16]}…, the file has {sha256(content + LINE)[:16]}…"
    assert check_pack(pack) == (f"{name} was changed: {changed}",)
    (pack / name).unlink()
    assert check_pack(pack) == (f"{name} is missing",)
    (tmp_path / "elsewhere").write_bytes(content)
    (pack / name).symlink_to(tmp_path / "elsewhere")
    assert check_pack(pack) == (f"{name} is a link or a folder, not a file",)
    put(pack, manifest(pack) | {"files": {key: value for key, value in manifest(pack)["files"].items() if key != name}})
    assert check_pack(pack)[0] == f"manifest.json lists no {name}"


def with_pdf(pack: Path, pdf: bytes) -> None:
    """Write the pack as though this PDF had been printed from it."""
    document = read_pack(pack).document.model_copy(update={"no_pdf": ""})
    (pack / "figures.json").write_text(to_json(document), encoding="utf-8")
    (pack / "report.pdf").write_bytes(pdf)
    files = {path.name: sha256(path.read_bytes()) for path in sorted(pack.iterdir()) if path.name != "manifest.json"}
    manifest_of(document, content_hash(document), files).write(pack / "manifest.json")


def test_a_pdf_must_be_there_unchanged_and_name_the_report_that_it_was_printed_from(pack: Path) -> None:
    label = content_label(manifest(pack)["content"])
    with_pdf(pack, f"%PDF-1.4\n1 0 obj\n<</Title (A model \\({label}\\))\n/Creator (x)>>".encode())
    assert check_pack(pack) == ()
    with_pdf(pack, f"%PDF-1.4\n1 0 obj\n<</Title (A model \\({content_label(OTHER)}\\))\n/A ({label})>>".encode())
    assert check_pack(pack) == (f"report.pdf was not printed from this report: its title does not name {label!r}",)
    (pack / "report.pdf").write_bytes(b"%PDF-")
    assert check_pack(pack)[0].startswith("report.pdf was changed")
    (pack / "report.pdf").unlink()
    assert check_pack(pack) == ("report.pdf is missing",)


def test_the_title_of_a_pdf_is_read_in_both_of_chromiums_spellings() -> None:
    utf16 = "\ufeffWié (content 12ab)".encode("utf-16-be").hex()
    for spelling in (utf16, utf16.upper()):
        assert title_names(f"<</Title <{spelling}>\n/Creator (x)>>".encode(), "content 12ab")
    assert not title_names(f"<</Title <{utf16}>\n/Creator (x)>>".encode(), "content 34cd")
    assert not title_names(b"<</Creator (content 12ab)>>", "content 12ab")


def test_who_writes_the_whole_pack_anew_leaves_no_trace_and_the_check_says_so(pack: Path) -> None:
    forged = read_pack(pack).document.model_copy(update={"model": "another"})
    write_pack(forged, pack, pdf=False)
    assert check_pack(pack) == ()
    assert "no signature" in NOT_CHECKED[0]
    assert "leaves no trace" in NOT_CHECKED[0]


def test_the_limits_of_the_check_stand_in_the_pack(document: Document) -> None:
    assert any("no signature" in point for point in document.section("limits").points)


def test_a_folder_without_a_manifest_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"manifest\.json is missing"):
        check_pack(tmp_path)


def test_the_table_and_report_are_made_from_the_record_alone(pack: Path) -> None:
    record = Document.read(pack / "figures.json")
    assert to_csv(record) == (pack / "figures.csv").read_text(encoding="utf-8")
    assert to_html(record, content_hash(record)) == (pack / "report.html").read_text(encoding="utf-8")
