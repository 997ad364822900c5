"""The Report page: the outline, building a report and walking through it, hostile titles, read-only, demonstration."""

from __future__ import annotations

import json
import time
from functools import lru_cache, partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.report.outline import QUESTIONS
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.shown_number import POINTS_EXPLAINED
from streamrec_core.models.checkpoint import list_checkpoints
from streamrec_core.report import making
from streamrec_core.report.collect import collect
from streamrec_core.report.document import Document
from streamrec_core.report.making import list_making, start_making
from streamrec_core.report.pack import Pack, list_packs, pack_name, packs_folder, write_pack
from streamrec_core.report.settings import ReportSettings
from streamrec_core.report.signature import configured_key, write_key_pair
from streamrec_core.report.subject import open_subject
from tests.pages.conftest import Visit
from tests.pages.test_overview import words

PAGE = "report/page.py"
SMALL = ReportSettings(weighed=20, looked_at=5, explained=3)


@lru_cache(maxsize=1)
def _collected() -> Document:
    """The same in every test, since the world is."""
    return collect(open_subject(list_checkpoints()["a-transformer"], "tiny"), SMALL)


@pytest.fixture
def pack(world: DataSet) -> Pack:
    """A pack on the tiny transformer."""
    document = _collected()
    return write_pack(document, packs_folder() / pack_name(document), pdf=False)


def test_without_a_pack_the_page_shows_the_outline_and_a_button(visit: Visit) -> None:
    visitor = visit(PAGE)
    assert "what would people lose without profiling?" in words(visitor)
    assert [button.label for button in visitor.button if button.key == "make-it"] == ["Build report"]


def test_the_outline_lists_the_questions_that_a_report_answers(pack: Pack) -> None:
    assert [question for question, _, _ in QUESTIONS] == [section.question for section in pack.document.sections]


def test_a_pack_is_walked_through_in_order(visit: Visit, pack: Pack) -> None:
    visitor = visit(PAGE)
    assert "Summary" in [element.value for element in visitor.subheader]
    for section in pack.document.sections:
        visitor.button(key="walk-next").click().run()
        assert not visitor.exception
        assert visitor.query_params["question"] == section.key
        assert section.question in [element.value for element in visitor.header]
    assert "walk-next" not in [button.key for button in visitor.button]
    visitor.button(key="walk-back").click().run()
    assert visitor.query_params["question"] == "limits"


def test_a_link_opens_one_question_and_hostile_titles_stay_text(visit: Visit, pack: Pack) -> None:
    visitor = visit(PAGE, question="cases")
    assert "Why was this shown, case by case?" in [element.value for element in visitor.header]
    drawn = "".join(element.value for element in visitor.markdown)
    assert "danger" in drawn  # the title of the one case, `:red[danger] ... **bold**`
    assert ":red[danger]" not in drawn
    assert "**bold**" not in drawn
    assert "<script>" not in drawn
    assert "](javascript" not in drawn


def test_a_link_to_an_unknown_question_gets_a_warning(visit: Visit, pack: Pack) -> None:
    visitor = visit(PAGE, question="nonsense")
    assert any("nonsense" in element.value for element in visitor.warning)
    assert "Summary" in [element.value for element in visitor.subheader]


def test_the_pack_of_another_model_is_not_shown(visit: Visit, pack: Pack) -> None:
    visitor = visit(PAGE, model="b-lstm")
    assert "Build report" in [button.label for button in visitor.button]
    assert "Summary" not in [element.value for element in visitor.subheader]


def test_downloads_are_offered_and_files_are_verified(visit: Visit, pack: Pack) -> None:
    visitor = visit(PAGE)
    labels = [button.label for button in visitor.get("download_button")]
    assert labels == ["Everything (ZIP)", "Report (HTML)", "Figures (JSON)", "Figures (CSV)"]
    assert "Every file follows from figures.json" in words(visitor)
    (pack.folder / "figures.csv").write_text("nothing", encoding="utf-8")
    changed = visit(PAGE)
    assert any("was changed" in element.value for element in changed.error)


def test_a_pack_can_be_deleted_except_on_a_read_only_server(
    visit: Visit, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    assert "delete-pack" not in [button.key for button in visit(PAGE).button]
    monkeypatch.delenv("STREAMREC_READ_ONLY")
    visit(PAGE).button(key="delete-pack").click().run()
    assert list_packs() == ()


def test_an_unknown_session_is_refused_before_anything_is_built(visit: Visit) -> None:
    visitor = visit(PAGE)
    visitor.text_input(key="pack-sessions").set_value("nobody").run()
    visitor.button(key="make-it").click().run()
    assert any(element.value.startswith("No session") for element in visitor.error)
    assert list_making() == ()


def test_a_pack_is_built_in_a_background_process_signed_with_the_servers_key_and_then_shown(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STREAMREC_CHROMIUM", "/nowhere")
    _, number = _sign_with(tmp_path / "server.pem", monkeypatch)
    visitor = visit(PAGE)
    assert f"Reports are signed with this server's key {number[:16]}…" in words(visitor)
    visitor.button(key="make-it").click().run()
    assert "Building the report" in words(visitor)
    assert "make-it" not in [button.key for button in visitor.button]
    _wait()
    visitor.run()
    assert not visitor.exception
    assert "Summary" in [element.value for element in visitor.subheader]
    (built,) = list_packs()
    assert built.manifest.signer == number
    assert f"Signed with this server's key {number[:16]}…." in words(visitor)
    assert f"manifest.json is signed by the key {number[:16]}" in words(visitor)


def _sign_with(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """Make a key the server's; gives the public key and its fingerprint."""
    monkeypatch.setenv("STREAMREC_REPORT_KEY", str(path))
    return write_key_pair(path)


def test_the_page_says_what_it_knows_of_a_signature(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write = partial(write_pack, _collected(), packs_folder() / "pack", pdf=False)
    write()
    assert "Not signed." in words(visit(PAGE))
    assert "Reports are not signed on this server." in words(visit(PAGE))
    _, number = _sign_with(tmp_path / "first.pem", monkeypatch)
    pack = write(key=configured_key())
    monkeypatch.delenv("STREAMREC_REPORT_KEY")
    assert f"Signed with the key {number[:16]}…, as it says" in words(visit(PAGE))
    _sign_with(tmp_path / "second.pem", monkeypatch)
    assert f"Signed with the key {number[:16]}…, as it says" in words(visit(PAGE))
    monkeypatch.setenv("STREAMREC_REPORT_KEY", str(tmp_path / "first.pem"))
    assert f"Signed with this server's key {number[:16]}…." in words(visit(PAGE))
    (pack.folder / "manifest.sig").write_bytes(bytes(64))
    assert "Its signature does not hold: manifest.json was changed after it was signed" in words(visit(PAGE))


@pytest.mark.parametrize("content", [None, b"no key", b"open to others"])
def test_a_key_that_cannot_be_used_is_told_before_anything_is_built(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "server.pem"
    if content == b"open to others":
        _sign_with(path, monkeypatch)
        path.chmod(0o644)
    elif content is not None:
        path.write_bytes(content)
        path.chmod(0o600)
    monkeypatch.setenv("STREAMREC_REPORT_KEY", str(path))
    visitor = visit(PAGE)
    assert "none is built: server.pem" in words(visitor)
    assert str(tmp_path) not in words(visitor)
    visitor.button(key="make-it").click().run()
    assert any("server" in element.value for element in visitor.error)
    assert list_making() == ()


def test_a_report_compares_with_the_model_before_and_judges_the_thresholds(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMREC_CHROMIUM", "/nowhere")
    visitor = visit(PAGE)
    visitor.selectbox(key="pack-against").select("b-lstm").run()
    visitor.file_uploader(key="pack-thresholds").upload("gate.toml", b"lists_changed = 0\n", "text/plain").run()
    visitor.button(key="make-it").click().run()
    assert not visitor.error
    _wait()
    (pack,) = list_packs()
    assert (pack.manifest.settings.against, pack.manifest.settings.thresholds_file) == ("b-lstm", "gate.toml")
    shown = visit(PAGE, question="thresholds")
    assert "not met" in shown.table[0].value.to_string()
    assert "What is different from b\\-lstm?" in [element.value for element in visit(PAGE, question="changes").header]


def test_a_file_with_an_unknown_limit_is_refused_before_anything_is_built(visit: Visit) -> None:
    visitor = visit(PAGE)
    visitor.file_uploader(key="pack-thresholds").upload("gate.toml", b"hits = 1\n", "text/plain").run()
    visitor.button(key="make-it").click().run()
    assert any("known are hit_at_10" in element.value.replace("\\", "") for element in visitor.error)
    assert list_making() == ()


def _wait() -> None:
    deadline = time.monotonic() + 120
    while any(job.state.stage == "running" for job in list_making()) and time.monotonic() < deadline:
        time.sleep(0.2)


def test_a_read_only_server_builds_packs_that_are_not_stored(world: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMREC_CHROMIUM", "/nowhere")
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    start_making("tiny", "b-lstm", SMALL)
    _wait()
    (done,) = list_making()
    assert (done.state.stage, list_packs()) == ("done", ())
    assert [pack.name for pack in list_packs(making.target_folder())] == [done.state.message]
    making.dismiss(done)
    assert list_making() == ()


def test_a_build_process_that_dies_is_reported_as_failed(world: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamrec_core.background.process.sys.executable", "/bin/false")
    start_making("tiny", "b-lstm", SMALL)
    _wait()
    (dead,) = list_making()
    assert dead.state.stage == "failed"
    assert "ended before it was done" in dead.state.message


def test_a_demonstration_hides_what_is_not_for_regulators(visit: Visit, pack: Pack) -> None:
    visitor = visit(PAGE, demo="1")
    assert "choose_level" not in [element.key for element in visitor.get("button_group")]
    assert "leave-demonstration" in [button.key for button in visitor.button]
    assert "delete-pack" not in [button.key for button in visitor.button]
    hidden = visit("training/page.py", demo="1")
    assert [element.value for element in hidden.subheader] == ["Training is not part of this demonstration"]


def test_a_demonstration_by_setting_cannot_be_left_and_changes_nothing(
    visit: Visit, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMREC_DEMONSTRATION", "1")
    visitor = visit(PAGE)
    assert "leave-demonstration" not in [button.key for button in visitor.button]
    assert "delete-pack" not in [button.key for button in visitor.button]
    assert visit("study/page.py").subheader[0].value == "Study is not part of this demonstration"


def _table_with_a_bar() -> None:
    """A script: one row whose title is lost by 39 points, known to 30 to 48."""
    from pages.report.text import draw_table
    from streamrec_core.attribution.importance_record import Mean
    from streamrec_core.report.document import Row, Table
    from streamrec_core.report.register import Register

    register = Register()
    name = register.mean("recency", "Recency", Mean(0.39, 0.3, 0.48), "factor", 20)
    table = Table(id="t", title="Importance", columns=("", "Lost"), rows=(Row(label="Recency", cells=(name,)),), bar=0)
    draw_table(table, {figure.id: figure for figure in register.figures()})


def test_a_bar_is_the_points_of_its_figure_and_says_what_a_point_is() -> None:
    drawn = AppTest.from_function(_table_with_a_bar).run()
    (chart,) = drawn.get("plotly_chart")
    assert chart.proto.alt == "Importance: Recency 39.0 points"
    (bars,) = json.loads(chart.proto.spec)["data"]
    assert (bars["x"], bars["error_x"]["array"], bars["error_x"]["arrayminus"]) == ([39.0], [9.0], [9.0])
    assert [caption.value for caption in drawn.caption] == [POINTS_EXPLAINED]
