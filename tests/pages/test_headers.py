"""Security headers: on every HTTP answer, strict, and with room for what Streamlit needs."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import Any

import pytest

from pages.ui.headers import HEADERS, INDEX, SecurityHeaders, content_security_policy, script_hashes

POLICY = HEADERS["Content-Security-Policy"]


def answered(scope: dict[str, Any], answer: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What reaches the client when the app behind the middleware sends `answer`."""
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in answer:
            await send(message)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(SecurityHeaders(app)(scope, None, send))  # type: ignore[arg-type]
    return sent


def test_every_http_answer_carries_them_and_keeps_its_own() -> None:
    start = {"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/html")]}
    answer, body = answered({"type": "http"}, [start, {"type": "http.response.body", "body": b"gone"}])
    headers = {name.decode().lower(): value.decode() for name, value in answer["headers"]}
    assert headers == {"content-type": "text/html"} | {name.lower(): value for name, value in HEADERS.items()}
    assert body["body"] == b"gone"


def test_a_web_socket_is_left_alone() -> None:
    accept = {"type": "websocket.accept", "headers": []}
    assert answered({"type": "websocket"}, [accept]) == [{"type": "websocket.accept", "headers": []}]


@pytest.mark.parametrize("source", ["'unsafe-eval'", "*", "http:", "https:"])
def test_no_unsafe_source_is_allowed(source: str) -> None:
    assert source not in POLICY.split()


def test_scripts_written_into_the_page_run_only_when_they_are_streamlits_own() -> None:
    script_sources = next(part for part in POLICY.split("; ") if part.startswith("script-src"))
    assert "'unsafe-inline'" not in script_sources
    assert script_hashes(INDEX.read_text(encoding="utf-8")) in script_sources


def test_the_hash_of_a_script_is_that_of_its_body() -> None:
    expected = base64.b64encode(hashlib.sha256(b" go() ").digest()).decode()
    assert script_hashes("<script> go() </script><script src='x.js'></script>") == f"'sha256-{expected}'"
    assert content_security_policy("").split("; ")[1].endswith("blob:")


def test_nobody_may_frame_the_dashboard() -> None:
    assert "frame-ancestors 'none'" in POLICY
    assert HEADERS["X-Content-Type-Options"] == "nosniff"
