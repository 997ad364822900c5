"""Writers of tiny logs in other people's formats; every figure in them is invented."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from streamrec_core.data.importers.movielens import GENRES_100K

Rating = tuple[object, object, object, object]

ITEMS = {
    "10": ("Paper Boats (1995)", ("Animation", "Children's", "Comedy")),
    "20": ("Évreux, The (1994)", ("Crime", "Thriller")),
    "30": ("Cold Harbour (1995)", ("Action", "Crime", "Thriller")),
    "40": ("Untold (2001)", ()),
}
RATINGS: tuple[Rating, ...] = (
    (1, 10, 5, 978300100),
    (2, 20, 3, 978300050),
    (1, 30, 4, 978300090),
    (1, 20, 1, 978300100),
    (2, 10, 2, 978300050),
    (3, 10, 4, 978300010),
    (1, 40, 3, 978300095),
)
"""By user and time: user 1 sees 30, 40, 10, 20 (the last two at the same time), user 2 sees 20, 10, user 3 one item."""


def lines(rows: Sequence[Sequence[object]], delimiter: str) -> str:
    return "".join(delimiter.join(str(cell) for cell in row) + "\n" for row in rows)


def movielens_100k(folder: Path, ratings: Sequence[Sequence[object]] = RATINGS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "u.data").write_text(lines(ratings, "\t"), encoding="latin-1")
    items = [
        [number, title, "01-Jan-1995", "", "http://example.org", *(int(name in genres) for name in GENRES_100K)]
        for number, (title, genres) in ITEMS.items()
    ]
    (folder / "u.item").write_text(lines(items, "|"), encoding="latin-1")
    return folder


def movielens_1m(folder: Path, ratings: Sequence[Sequence[object]] = RATINGS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ratings.dat").write_text(lines(ratings, "::"), encoding="latin-1")
    items = [[number, title, "|".join(genres)] for number, (title, genres) in ITEMS.items()]
    (folder / "movies.dat").write_text(lines(items, "::"), encoding="latin-1")
    return folder


def movielens_20m(folder: Path, ratings: Sequence[Sequence[object]] = RATINGS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + lines(ratings, ","), encoding="utf-8")
    items = [
        [number, f'"{title}"' if "," in title else title, "|".join(genres) or "(no genres listed)"]
        for number, (title, genres) in ITEMS.items()
    ]
    (folder / "movies.csv").write_text("movieId,title,genres\n" + lines(items, ","), encoding="utf-8")
    return folder


def atomic(folder: Path, ratings: Sequence[Sequence[object]] = RATINGS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    header = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    (folder / "tiny.inter").write_text(header + lines(ratings, "\t"), encoding="utf-8")
    items = [[number, title[:-7], title[-5:-1], " ".join(genres)] for number, (title, genres) in ITEMS.items()]
    header = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    (folder / "tiny.item").write_text(header + lines(items, "\t"), encoding="utf-8")
    return folder
