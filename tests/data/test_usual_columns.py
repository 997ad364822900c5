"""The columns of public data sets are guessed by their names, or by their cells where the file has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core.data.importers.preview import PreviewSettings, preview_file
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.importers.usual_columns import columns_by_cells, is_row, usual_columns

SAMPLES: dict[str, tuple[str, dict[str, str]]] = {
    "RetailRocket.csv": (
        "timestamp,visitorid,event,itemid,transactionid\n"
        "1433221332117,257597,view,355908,\n1433224214164,257597,addtocart,248676,\n1433221999827,7,view,318965,\n",
        {"time": "timestamp", "user": "visitorid", "engagement": "event", "item": "itemid"},
    ),
    "OTTO.jsonl": (
        '{"session":0,"events":[{"aid":15,"ts":1659304800025,"type":"clicks"}]}\n'
        '{"session":1,"events":[{"aid":8,"ts":1659304900025,"type":"carts"},{"aid":9,"ts":1659305000025,'
        '"type":"orders"}]}\n',
        {"session": "session", "item": "events.aid", "time": "events.ts", "engagement": "events.type"},
    ),
    "REES46.csv": (
        "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
        "2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde\n"
        "2019-10-01 00:00:01 UTC,cart,3900821,2053013552326770905,appliances,aqua,33.20,554748717,9333dfbd\n"
        "2019-10-01 00:00:02 UTC,purchase,17200506,2053013559792632471,furniture.sofa,,543.10,519107250,566511c2\n",
        {
            "session": "user_session",
            "item": "product_id",
            "time": "event_time",
            "engagement": "event_type",
            "category": "category_code",
        },
    ),
    "Diginetica.csv": (
        "sessionId;userId;itemId;timeframe;eventdate\n1;NA;81766;526309;2016-05-09\n1;NA;31331;1031018;2016-05-09\n"
        "2;NA;32118;243569;2016-05-09\n",
        {"session": "sessionId", "item": "itemId", "time": "eventdate", "order": "timeframe"},
    ),
    "YooChoose.csv": (
        "session_id,timestamp,item_id,category\n1,2014-04-07T10:51:09.277Z,214536502,0\n"
        "1,2014-04-07T10:54:09.868Z,214536500,0\n2,2014-04-07T13:56:37.614Z,214662742,S\n",
        {"session": "session_id", "time": "timestamp", "item": "item_id", "category": "category"},
    ),
    "Last.fm.tsv": (
        "userid\ttimestamp\tartid\tartname\ttraid\ttraname\n"
        "user_000001\t2009-05-04T23:08:57Z\tf1b1cf71\tDeep Dish\tt1\tFuck Me Im Famous\n"
        "user_000001\t2009-05-04T13:54:10Z\ta7f7df4a\t坂本龍一\tt2\tComposition 0919\n"
        "user_000002\t2009-05-04T13:52:04Z\ta7f7df4a\t坂本龍一\tt3\tMc2\n",
        {"user": "userid", "time": "timestamp", "item": "traid", "title": "traname", "category": "artname"},
    ),
    "Steam.csv": (
        "user-id,game-title,behavior-name,value\n151603712,Fallout 4,purchase,1.0\n151603712,Fallout 4,play,87.0\n"
        "59945701,Spore,purchase,1.0\n",
        {"user": "user-id", "item": "game-title", "engagement": "behavior-name"},
    ),
    "H&M.csv": (
        "t_dat,customer_id,article_id,price,sales_channel_id\n2018-09-20,000058a1,0663713001,0.0508,2\n"
        "2018-09-20,000058a1,0541518023,0.0305,2\n2018-09-21,00007d2d,0505221004,0.0152,2\n",
        {"time": "t_dat", "user": "customer_id", "item": "article_id"},
    ),
    "Amazon.csv": (
        "user_id,parent_asin,rating,timestamp\nAGKHLEW2,B00YQ6X8EO,5.0,1588687728923\nAGKHLEW2,B081TJ8YS3,4.0,1588615855070\n"
        "AE74DYR3,B097R46CSY,5.0,1589665266052\n",
        {"user": "user_id", "item": "parent_asin", "rating": "rating", "time": "timestamp"},
    ),
    "Amazon reviews.jsonl": (
        '{"reviewerID":"A1","asin":"B1","overall":5.0,"reviewText":"good","title":"Nice!","unixReviewTime":1588687728}\n'
        '{"reviewerID":"A1","asin":"B2","overall":4.0,"reviewText":"fine","title":"Okay","unixReviewTime":1588687729}\n'
        '{"reviewerID":"A2","asin":"B1","overall":1.0,"reviewText":"bad","title":"No","unixReviewTime":1588687730}\n',
        {"user": "reviewerID", "item": "asin", "rating": "overall", "time": "unixReviewTime"},
    ),
}
NOUNS = {
    "RetailRocket.csv": "product",
    "OTTO.jsonl": "product",
    "REES46.csv": "product",
    "Diginetica.csv": "item",
    "YooChoose.csv": "item",
    "Last.fm.tsv": "track",
    "Steam.csv": "game",
    "H&M.csv": "product",
    "Amazon.csv": "product",
    "Amazon reviews.jsonl": "product",
}


def guessed(path: Path) -> dict[str, str]:
    """As the form takes the guesses: a session before a user, an engagement before a rating."""
    columns = usual_columns(preview_file(path).columns)
    for role, other in (("session_column", "user_column"), ("engagement_column", "rating_column")):
        if role in columns:
            columns.pop(other, None)
    return columns


@pytest.mark.parametrize("name", SAMPLES)
def test_a_public_data_set_is_imported_as_guessed(name: str, tmp_path: Path) -> None:
    text, roles = SAMPLES[name]
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    columns = guessed(path)
    assert {role.removesuffix("_column"): column for role, column in columns.items()} == roles
    if "user" in roles or name in ("OTTO.jsonl", "Diginetica.csv", "YooChoose.csv"):
        imported = import_table(path, TableSettings.parse(columns, "guess"))
        noun = imported.card["words"].noun if imported.card["words"] else "title"
        assert noun == NOUNS[name]
        if noun == "track":  # a log that does not say what was done
            assert imported.card["words"].phrases == ("played",)


def test_google_analytics_is_guessed_with_its_visits() -> None:
    cases = Path(__file__).parent / "cases"
    assert guessed(cases / "ga4_events.parquet") == {
        "session_column": "user_pseudo_id+event_params.ga_session_id",
        "item_column": "items.item_id",
        "time_column": "event_timestamp",
        "category_column": "items.item_category",
        "title_column": "items.item_name",
        "engagement_column": "event_name",
    }
    imported = import_table(
        cases / "ga4_events.parquet", TableSettings.parse(guessed(cases / "ga4_events.parquet"), "g")
    )
    assert imported.card["words"].noun == "product"


def test_a_file_without_a_header_is_noticed_and_guessed_by_its_cells(tmp_path: Path) -> None:
    path = tmp_path / "yoochoose-clicks.dat"
    path.write_text(SAMPLES["YooChoose.csv"][0].partition("\n")[2], encoding="utf-8")
    assert is_row(preview_file(path).columns)
    assert not any(is_row(preview_file(_written(tmp_path, name)).columns) for name in SAMPLES)
    preview = preview_file(path, PreviewSettings(has_header=False))
    assert columns_by_cells(preview.columns, preview.rows) == {
        "time_column": "2",
        "session_column": "1",
        "item_column": "3",
        "category_column": "4",
    }


def test_words_of_a_column_are_counted_in_every_kind_of_file(tmp_path: Path) -> None:
    assert preview_file(_written(tmp_path, "RetailRocket.csv"), PreviewSettings(words_of="event")).words == {
        "view": 2,
        "addtocart": 1,
    }
    otto = preview_file(_written(tmp_path, "OTTO.jsonl"), PreviewSettings(words_of="events.type"))
    assert otto.words == {"clicks": 1, "carts": 1, "orders": 1}
    analytics = Path(__file__).parent / "cases" / "ga4_events.parquet"
    assert sum(preview_file(analytics, PreviewSettings(words_of="event_name")).words.values()) > 1


def _written(folder: Path, name: str) -> Path:
    (folder / name).write_text(SAMPLES[name][0], encoding="utf-8")
    return folder / name
