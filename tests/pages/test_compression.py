"""What the server sends compressed or for good: Streamlit's scripts, and the sources of components."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import brotli
import pytest
from starlette.requests import Request

from pages.ui import compression, icons
from pages.ui.component import ROUTE, address, register, serve
from pages.ui.compression import STATIC, SmallFrontEnd, accepts_brotli, static_file

SCRIPT = next((STATIC / "static" / "js").glob("index.*.js"))
PATH = f"/static/js/{SCRIPT.name}"


def answer(path: str, method: str = "GET", **headers: str) -> tuple[list[dict[str, Any]], bool]:
    """Messages sent for a request, and whether it was passed on."""
    sent: list[dict[str, Any]] = []
    passed: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["path"])

    async def send(message: Any) -> None:
        sent.append(message)

    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": lines}
    asyncio.run(SmallFrontEnd(app)(scope, None, send))  # type: ignore[arg-type]
    return sent, bool(passed)


def test_a_script_of_streamlit_comes_compressed_whole_and_for_good() -> None:
    sent, passed = answer(PATH, accept_encoding="gzip, deflate, br")
    headers = dict(sent[0]["headers"])
    assert not passed
    assert headers[b"content-encoding"] == b"br"
    assert b"immutable" in headers[b"cache-control"]
    body = sent[1]["body"]
    assert brotli.decompress(body) == SCRIPT.read_bytes()
    assert len(body) < len(SCRIPT.read_bytes()) / 2


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (PATH, {}),
        (PATH, {"accept_encoding": "gzip"}),
        (PATH, {"accept_encoding": "br;q=0, gzip"}),
        (PATH, {"accept_encoding": "br", "range": "bytes=0-10"}),
        ("/static/js/absent.js", {"accept_encoding": "br"}),
        ("/static/../config.js", {"accept_encoding": "br"}),
        ("/static/index.html", {"accept_encoding": "br"}),
        ("/explore", {"accept_encoding": "br"}),
    ],
)
def test_everything_else_is_passed_on(path: str, headers: dict[str, str]) -> None:
    assert answer(path, **headers) == ([], True)


FONT = f"/static/media/{icons.streamlit_font().name}"


def test_the_icon_font_is_small_and_asked_for_again_each_time() -> None:
    sent, passed = answer(FONT)
    headers = dict(sent[0]["headers"])
    assert not passed
    assert sent[1]["body"] == icons.SUBSET.read_bytes()
    assert (headers[b"content-type"], headers[b"cache-control"]) == (b"font/woff2", b"no-cache")
    again, _ = answer(FONT, if_none_match=headers[b"etag"].decode())
    assert (again[0]["status"], again[1]["body"]) == (304, b"")


def test_the_whole_icon_font_is_sent_where_the_small_one_does_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "subset_of", lambda font: None)
    assert answer(FONT) == ([], True)


def page(
    body: bytes, font: str | None, monkeypatch: pytest.MonkeyPatch, **headers: str
) -> tuple[dict[str, str], bytes]:
    """What a browser gets for a page that Streamlit answers with `body`."""
    compression.first_page.cache_clear()
    monkeypatch.setattr("streamlit.get_option", lambda name: font)
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert not any(name in (b"accept-encoding", b"if-none-match") for name, _ in scope["headers"])
        lines = [(b"content-type", b"text/html; charset=utf-8"), (b"etag", b"1"), (b"content-length", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": lines})
        await send({"type": "http.response.body", "body": body[:100], "more_body": True})
        await send({"type": "http.response.body", "body": body[100:]})

    async def send(message: Any) -> None:
        sent.append(message)

    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/explore", "headers": [(b"accept", b"text/html,*/*"), *lines]}
    asyncio.run(SmallFrontEnd(app)(scope, None, send))  # type: ignore[arg-type]
    compression.first_page.cache_clear()
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}, sent[1]["body"]


INDEX = (STATIC / "index.html").read_bytes()


def test_the_first_page_asks_for_no_text_font_and_comes_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert b'as="font"' in INDEX
    headers, body = page(INDEX, "system-ui, Arial", monkeypatch, accept_encoding="br", if_none_match="1")
    assert headers["content-encoding"] == "br"
    assert "etag" not in headers
    assert int(headers["content-length"]) == len(body) < len(INDEX) / 2
    html = brotli.decompress(body)
    assert b'as="font"' not in html
    assert b"font-family: system-ui, Arial !important" in html
    assert html.count(b"<link") == INDEX.count(b"<link") - 1
    assert page(INDEX, "system-ui, Arial", monkeypatch)[1] == html


@pytest.mark.parametrize("font", [None, "sans-serif"])
def test_a_theme_in_streamlits_own_font_keeps_it(font: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert page(INDEX, font, monkeypatch)[1] == INDEX


def test_no_font_name_can_end_the_style(monkeypatch: pytest.MonkeyPatch) -> None:
    _, body = page(INDEX, "a, b</style><script>alert(1)</script>;}", monkeypatch)
    assert body.count(b"<script") == INDEX.count(b"<script")


def test_any_other_page_is_sent_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    headers, body = page(b"<p>an export</p>" * 20, "system-ui, Arial", monkeypatch, accept_encoding="br")
    assert (headers["etag"], body) == ("1", b"<p>an export</p>" * 20)


def test_other_methods_are_passed_on() -> None:
    assert answer(PATH, "POST", accept_encoding="br") == ([], True)


def test_no_path_leads_out_of_the_folder() -> None:
    assert static_file("/static/../../../../../../etc/passwd.js") is None
    assert static_file(f"/static/{Path('/etc/passwd')}.css") is None


def test_brotli_is_read_from_the_list() -> None:
    assert accepts_brotli({"type": "http", "headers": [(b"accept-encoding", b"gzip, br;q=0.9")]})


def fetched(file: str) -> Any:
    return asyncio.run(serve(Request({"type": "http", "path_params": {"file": file}, "headers": []})))


def test_a_components_file_is_served_under_the_hash_of_what_it_holds() -> None:
    first, again = address("part", "let a = 1;", ".js"), address("part", "let a = 1;", ".js")
    changed = address("part", "let a = 2;", ".js")
    assert first == again != changed
    reply = fetched(first.removeprefix(ROUTE))
    assert (reply.body, reply.media_type) == (b"let a = 1;", "text/javascript")
    assert "immutable" in reply.headers["cache-control"]


def test_an_unknown_file_is_not_found() -> None:
    assert fetched("../../app.py").status_code == 404


def test_what_a_run_sends_of_a_component_is_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, Any] = {}
    monkeypatch.setattr("streamlit.components.v2.component", lambda name, **sources: sent.update(sources))
    register("ten", "<div></div>", ("bus.js", "ten.js"), "ten.css")
    assert len(sent["js"]) + len(sent["css"]) < 300
    assert "import" in sent["js"]
