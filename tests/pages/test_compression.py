"""What the server sends compressed or for good: Streamlit's scripts, and the sources of components."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import brotli
import pytest
from starlette.requests import Request

from pages.ui.component import ROUTE, address, register, serve
from pages.ui.compression import STATIC, CompressedStaticFiles, accepts_brotli, static_file

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
    asyncio.run(CompressedStaticFiles(app)(scope, None, send))  # type: ignore[arg-type]
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
