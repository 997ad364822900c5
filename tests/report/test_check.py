"""The check of a pack names every change with both values, whether hashes were updated or not."""

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
    "settings.thresholds": [{"key": "coverage", "bound": "at_least", "limit": 0.3}],
    "settings.thresholds_file": "gate.toml",
    "settings.against": "another-model",
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


def test_the_list_of_fields_is_complete(pack: Path) -> None:
    flat = set()
    for name, value in manifest(pack).items():
        flat |= {f"{name}.{key}" for key in value} if name in ("hashes", "settings") else {name}
    # The audit log's entry is not derived from the figures; `audit log --check` compares it with the log.
    assert flat - {"files", "versions", "audit"} == set(FIELDS) - {"versions.torch"}
    assert {name.partition(".")[0] for name in FIELDS} | {"files", "audit", "signer"} == set(Manifest.model_fields)


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


def test_an_added_or_missing_version_is_named(pack: Path) -> None:
    values = manifest(pack)
    del values["versions"]["torch"]
    put(pack, values | {"versions": values["versions"] | {"magic": "1"}})
    faults = check_pack(pack)
    assert [fault.partition(":")[0] for fault in faults] == ["versions.magic", "versions.torch"]


def test_an_edited_report_with_an_updated_hash_is_named_with_both_texts(pack: Path) -> None:
    edit(pack, "report.html", lambda html: html.replace("It ranks titles", "It judges people"))
    (fault,) = check_pack(pack)
    assert fault.startswith("report.html, line ")
    assert "It judges people" in fault
    assert "It ranks titles" in fault


def test_an_edited_figure_of_the_report_is_named_with_both_values(pack: Path, document: Document) -> None:
    hit = document.by_id()["quality/model/hit@10"].value
    edit(pack, "report.html", lambda html: html.replace(f'value="{hit}"', 'value="0.999"'))
    (fault,) = check_pack(pack)
    assert 'value="0.999"' in fault
    assert f'value="{hit}"' in fault


def test_the_report_of_another_pack_is_refused(pack: Path, memory: Document) -> None:
    edit(pack, "report.html", lambda _: to_html(memory, content_hash(memory)))
    assert check_pack(pack)[0].startswith("report.html, line ")


def test_an_edited_table_with_an_updated_hash_is_named(pack: Path) -> None:
    edit(pack, "figures.csv", lambda table: table + "extra,line,1,,,,number,1,\n")
    (fault,) = check_pack(pack)
    assert fault.startswith("figures.csv, line ")
    assert "it says 'extra,line,1" in fault


def test_edited_figures_do_not_match_content_hash_report_and_table(pack: Path, document: Document) -> None:
    before = manifest(pack)["content"]
    hit = document.by_id()["quality/model/hit@10"]
    changed = [figure.model_copy(update={"value": 0.999}) if figure is hit else figure for figure in document.figures]
    figures = read_pack(pack).document.model_copy(update={"figures": tuple(changed)})
    edit(pack, "figures.json", lambda _: to_json(figures))
    content, html, table = check_pack(pack)
    assert content == f"content: manifest.json says '{before}', figures.json gives '{content_hash(figures)}'"
    assert html.startswith("report.html, line ")
    assert f'value="{hit.value}"' in html
    assert 'value="0.999"' in html
    assert f",{hit.value}," in table


def test_files_made_from_other_figures_do_not_match_the_old_content_hash(pack: Path) -> None:
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
def test_equal_figures_in_another_notation_are_named(name: str, change: Edit, pack: Path) -> None:
    edit(pack, name, change)
    assert check_pack(pack)[0].startswith(f"{name}, line ")


def test_a_repeated_key_in_the_manifest_is_named(pack: Path) -> None:
    path = pack / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace("{", '{"model": "better", ', 1), encoding="utf-8")
    (fault,) = check_pack(pack)
    assert fault.startswith('manifest.json, line 1: it says \'{"model": "better"')


def test_figures_that_make_no_report_are_a_fault_and_no_crash(pack: Path) -> None:
    broken = read_pack(pack).document.model_copy(update={"figures": ()})
    edit(pack, "figures.json", lambda _: to_json(broken))
    assert "figures.json makes no report" in check_pack(pack)[0]
    edit(pack, "figures.json", lambda _: "{")
    assert "not valid JSON" in check_pack(pack)[0]
    edit(pack, "figures.json", lambda _: '{"unknown": 1}')
    assert "figures.json" in check_pack(pack)[0]


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "report.pdf", "folder", "report.html.orig"])
def test_a_foreign_file_is_refused_listed_or_not(name: str, pack: Path) -> None:
    if name == "folder":
        (pack / name).mkdir()
    else:
        (pack / name).write_bytes(b"x")
    assert check_pack(pack) == (f"{name} is in the folder but not part of the pack",)
    if name != "folder":
        put(pack, manifest(pack) | {"files": manifest(pack)["files"] | {name: sha256(b"x")}})
        assert check_pack(pack)[0].startswith(f"manifest.json lists {name}")


@pytest.mark.parametrize("name", ["report.html", "figures.json", "figures.csv"])
def test_a_file_that_is_missing_changed_unlisted_or_a_link_is_named(name: str, pack: Path, tmp_path: Path) -> None:
    listed, content = manifest(pack)["files"][name], (pack / name).read_bytes()
    (pack / name).write_bytes(content + LINE)
    changed = f"manifest.json has SHA-256 {listed[:16]}…, the file {sha256(content + LINE)[:16]}…"
    assert check_pack(pack) == (f"{name} was changed: {changed}",)
    (pack / name).unlink()
    assert check_pack(pack) == (f"{name} is missing",)
    (tmp_path / "elsewhere").write_bytes(content)
    (pack / name).symlink_to(tmp_path / "elsewhere")
    assert check_pack(pack) == (f"{name} is a link or a folder, not a file",)
    put(pack, manifest(pack) | {"files": {key: value for key, value in manifest(pack)["files"].items() if key != name}})
    assert check_pack(pack)[0] == f"manifest.json does not list {name}"


def with_pdf(pack: Path, pdf: bytes) -> None:
    """Write the pack as though this PDF had been printed from it."""
    document = read_pack(pack).document.model_copy(update={"no_pdf": ""})
    (pack / "figures.json").write_text(to_json(document), encoding="utf-8")
    (pack / "report.pdf").write_bytes(pdf)
    files = {path.name: sha256(path.read_bytes()) for path in sorted(pack.iterdir()) if path.name != "manifest.json"}
    manifest_of(document, content_hash(document), files).write(pack / "manifest.json")


def test_a_pdf_must_be_unchanged_and_printed_from_this_report(pack: Path) -> None:
    label = content_label(manifest(pack)["content"])
    with_pdf(pack, f"%PDF-1.4\n1 0 obj\n<</Title (A model \\({label}\\))\n/Creator (x)>>".encode())
    assert check_pack(pack) == ()
    with_pdf(pack, f"%PDF-1.4\n1 0 obj\n<</Title (A model \\({content_label(OTHER)}\\))\n/A ({label})>>".encode())
    assert check_pack(pack) == (f"report.pdf was not printed from this report: its title does not name {label!r}",)
    (pack / "report.pdf").write_bytes(b"%PDF-")
    assert check_pack(pack)[0].startswith("report.pdf was changed")
    (pack / "report.pdf").unlink()
    assert check_pack(pack) == ("report.pdf is missing",)


def test_the_title_of_a_pdf_is_read_in_both_encodings_of_chromium() -> None:
    utf16 = "\ufeffWié (content 12ab)".encode("utf-16-be").hex()
    for spelling in (utf16, utf16.upper()):
        assert title_names(f"<</Title <{spelling}>\n/Creator (x)>>".encode(), "content 12ab")
    assert not title_names(f"<</Title <{utf16}>\n/Creator (x)>>".encode(), "content 34cd")
    assert not title_names(b"<</Creator (content 12ab)>>", "content 12ab")


def test_a_complete_forgery_passes_and_the_check_says_so(pack: Path) -> None:
    forged = read_pack(pack).document.model_copy(update={"model": "another"})
    write_pack(forged, pack, pdf=False)
    assert check_pack(pack) == ()
    assert "a forged figures.json with matching files passes" in NOT_CHECKED[0]


def test_the_report_states_the_limits_of_the_check(document: Document) -> None:
    assert any("A signature, where there is one" in point for point in document.section("limits").points)


def test_a_folder_without_a_manifest_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"manifest\.json is missing"):
        check_pack(tmp_path)


def test_table_and_report_follow_from_the_record_alone(pack: Path) -> None:
    record = Document.read(pack / "figures.json")
    assert to_csv(record) == (pack / "figures.csv").read_text(encoding="utf-8")
    assert to_html(record, content_hash(record)) == (pack / "report.html").read_text(encoding="utf-8")
