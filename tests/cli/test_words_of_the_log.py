"""A shop's log from import to report, without a map: every text is in the words of the shop."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from streamrec_core.data.presets import open_data
from streamrec_core.models.checkpoint import read_card
from streamrec_core.report.collect import collect
from streamrec_core.report.html import to_html
from streamrec_core.report.settings import ReportSettings
from streamrec_core.report.subject import open_subject
from tests.cli.conftest import SETS, Command

CASES = Path(__file__).parent.parent / "data" / "cases"
RETAILROCKET = ["--user-column", "visitorid", "--item-column", "itemid", "--time-column", "timestamp"]
TITLED = re.compile(r"\b([Tt]itles?|[Ww]atched|[Ss]aved|[Ss]hared|[Cc]licked)\b")


@pytest.fixture(autouse=True)
def own_workspace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(tmp_path / "workspace"))


def imported(command: Command, path: Path, name: str) -> str:
    answer = command("data", "import", "table", path, "--name", name, *RETAILROCKET, "--engagement-column", "event")
    assert answer.code == 0
    return " ".join(answer.out.split())


def test_a_shop_is_explained_and_reported_in_its_own_words(command: Command, tmp_path: Path) -> None:
    answer = imported(command, CASES / "events_retailrocket.csv", "shop")
    assert (
        "Engagements, weakest first: view “viewed” (309), addtocart “added to the cart” (43), transaction “bought” "
        "(10); an item is called product"
    ) in answer
    run = tmp_path / "run"
    assert command("train", "--data", "shop", "--run", run, "--epochs", 1, *SETS).code == 0
    assert read_card(run / "best").words.engagements == ("view", "addtocart", "transaction")
    text = command("explain", "--run", run, "--session", open_data("shop").log.session_ids[0]).out
    assert "product" in text
    assert not TITLED.search(text)
    settings = ReportSettings(weighed=20, looked_at=20, explained=20)
    document = collect(open_subject(run / "best", "shop"), settings)
    page = re.sub(r"<(style|script|svg|title)\b.*?</\1>|<[^>]*>", " ", to_html(document), flags=re.DOTALL)
    assert "viewed, added to the cart or bought" in page
    assert "product" in page
    assert not TITLED.search(page)


def test_a_word_that_the_model_never_saw_has_a_stand_in_that_is_said_and_counted(
    command: Command, tmp_path: Path
) -> None:
    path = CASES / "events_retailrocket.csv"
    imported(command, path, "shop")
    later = tmp_path / "later.csv"
    later.write_text(path.read_text(encoding="utf-8").replace(",transaction,", ",wishlist,"), encoding="utf-8")
    imported(command, later, "later")
    run = tmp_path / "run"
    assert command("train", "--data", "shop", "--run", run, "--epochs", 1, *SETS).code == 0
    evaluated: Any = command("evaluate", "--run", run, "--data", "later", "--json")
    assert evaluated.json()["unseen_engagements"] == {"wishlist": {"counts_as": "addtocart", "events": 10}}
    note = "wishlist counts as addtocart (10 events), the nearest in strength"
    assert note in " ".join(evaluated.err.split())
    session = open_data("later").log.session_ids[0]
    explained = command("explain", "--run", run, "--data", "later", "--session", session)
    assert explained.code == 0
    assert note in " ".join(explained.err.split())


def test_a_log_of_plays_alone_is_explained_and_reported(command: Command, tmp_path: Path) -> None:
    lines = [f"u{row // 12},t{row * 7 % 11},{1_700_000_000 + row * 60}" for row in range(360)]
    path = tmp_path / "plays.csv"
    path.write_text("\n".join(["userid,traid,timestamp", *lines]) + "\n", encoding="utf-8")
    columns = ["--user-column", "userid", "--item-column", "traid", "--time-column", "timestamp"]
    assert command("data", "import", "table", path, "--name", "plays", *columns).code == 0
    assert open_data("plays").catalogue.words.phrases == ("played",)
    run = tmp_path / "run"
    assert command("train", "--data", "plays", "--run", run, "--epochs", 1, *SETS).code == 0
    text = command("explain", "--run", run, "--session", "u3").out
    assert "track" in text
    assert not TITLED.search(text)
    document = collect(open_subject(run / "best", "plays"), ReportSettings(weighed=20, looked_at=20, explained=20))
    page = re.sub(r"<(style|script|svg|title)\b.*?</\1>|<[^>]*>", " ", to_html(document), flags=re.DOTALL)
    assert "the engagement (played)" in page
    assert not TITLED.search(page)
