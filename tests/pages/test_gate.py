"""The gate before the server's routes and the addresses that it answers at, by hand and against a real process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from pages.ui import sign_in
from pages.ui.exposure import exposure_fault, is_loopback
from pages.ui.gate import Gate, empties_caches, is_closed, refusal
from pages.ui.headers import HEADERS
from streamrec_core.permissions import RoleRules
from tests import conftest as house

LAUNCHER = """
import streamlit as st
from starlette.responses import PlainTextResponse
from starlette.routing import Route
import app as real

def fault(request):
    raise RuntimeError("meant")

app = st.App("script.py", middleware=real.app._user_middleware, routes=[Route("/fault", fault)])
"""
SCRIPT = """
import itertools
import streamlit as st

@st.cache_resource
def calls():
    return itertools.count()

@st.cache_data
def counted():
    print("COMPUTED", flush=True)
    return 1

st.text(f"computed {counted()}")
"""
NO_NETWORK = """
import socket
connect = socket.socket.connect
def noted(self, address):
    print("REACHES", address, flush=True)
    return connect(self, address)
socket.socket.connect = noted
look_up = socket.getaddrinfo
def noted_name(host, *arguments, **options):
    print("REACHES", host, flush=True)
    return look_up(host, *arguments, **options)
socket.getaddrinfo = noted_name
"""


@contextmanager
def started(folder: Path, *options: str, **environment: str) -> Iterator[tuple[str, Path]]:
    """A small app behind the dashboard's middleware, served by a process; gives its address and its log."""
    (folder / "small.py").write_text(LAUNCHER)
    (folder / "script.py").write_text(SCRIPT)
    (folder / "sitecustomize.py").write_text(NO_NETWORK)
    port, log = house._free_port(), folder / "log.txt"
    paths = os.pathsep.join([str(folder), str(house.ROOT)])
    config = {"PYTHONPATH": paths, "STREAMLIT_SERVER_PORT": str(port), "STREAMLIT_SERVER_HEADLESS": "true"}
    shown = {"STREAMLIT_BROWSER_SERVER_ADDRESS": "localhost", "STREAMLIT_SERVER_ADDRESS": "127.0.0.1"}
    command = [sys.executable, "-m", "streamlit", "run", "small.py", *options]
    with log.open("wb") as sink:
        server = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | config | shown | environment,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        house._wait_until_healthy(server, f"http://127.0.0.1:{port}", log)
        yield f"127.0.0.1:{port}", log
    finally:
        house._end(server)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with started(tmp_path_factory.mktemp("small")) as server:
        yield server


def opened(host: str, origin: str | None = None) -> ClientConnection:
    return connect(f"ws://{host}/_stcore/stream", origin=origin, subprotocols=["streamlit"], max_size=None)  # type: ignore[arg-type, list-item]


def run(socket: ClientConnection) -> str:
    """Run the script once; gives the text that it drew."""
    message = BackMsg()
    message.rerun_script.query_string = ""
    socket.send(message.SerializeToString())
    text = ""
    while True:
        received = ForwardMsg.FromString(bytes(socket.recv(timeout=60)))  # type: ignore[arg-type]
        text += received.delta.new_element.text.body
        if received.WhichOneof("type") == "script_finished":
            return text


@pytest.mark.parametrize("origin", ["http://localhost:1", "http://127.0.0.1:1", "https://evil.example", "null"])
def test_another_origin_is_refused_without_a_look_up_of_an_outside_address(
    small: tuple[str, Path], origin: str
) -> None:
    host, log = small
    with pytest.raises(InvalidStatus) as refusal, opened(host, origin):
        pass
    assert refusal.value.response.status_code == 403
    assert {name: refusal.value.response.headers.get(name) for name in HEADERS} == HEADERS
    upload = httpx.put(f"http://{host}/_stcore/upload_file/a/b", headers={"origin": origin})
    assert (upload.status_code, upload.text) == (403, "The request comes from another site")
    reached = [line for line in log.read_text().splitlines() if line.startswith("REACHES")]
    assert not [line for line in reached if "127.0.0.1" not in line], reached


def test_nobody_empties_the_caches_of_all(small: tuple[str, Path]) -> None:
    host, log = small
    with opened(host, f"http://{host}") as socket:
        assert run(socket) == "computed 1"
        before = log.read_text().count("COMPUTED")
        socket.send(BackMsg(clear_cache=True).SerializeToString())
        assert run(socket) == "computed 1"
    assert log.read_text().count("COMPUTED") == before == 1


@pytest.mark.parametrize(
    "path", ["metrics", "agent/openapi.json", "agent/interact", "agent/mcp", "script-health-check", ""]
)
def test_routes_that_pages_do_not_need_are_closed(small: tuple[str, Path], path: str) -> None:
    for method in ("GET", "POST"):
        reply = httpx.request(method, f"http://{small[0]}/_stcore/{path}")
        assert (reply.status_code, reply.text) == (404, "Not found")


@pytest.mark.parametrize(
    "path", ["/", "/explore", "/_stcore/health", "/_stcore/metrics", "/media/no", "/fault", "/a.js"]
)
def test_every_answer_carries_the_security_headers(small: tuple[str, Path], path: str) -> None:
    reply = httpx.get(f"http://{small[0]}{path}", headers={"accept": "text/html"})
    assert {name: reply.headers.get(name) for name in HEADERS} == HEADERS
    assert path != "/fault" or (reply.status_code, reply.text) == (500, "Internal server error")


def test_the_dashboard_ends_where_it_would_serve_other_machines(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.port", "0"]
    environment = os.environ | {"STREAMLIT_SERVER_HEADLESS": "true", "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=house.ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "Error: Without sign-in the dashboard serves this machine only, not 0.0.0.0; set up sign-in "
        "(docs/open-to-others.md), or set STREAMREC_OPEN=1 to let everyone in who can reach it."
    )


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("::ffff:10.0.0.1", False),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("", False),
        (None, False),
    ],
)
def test_what_only_this_machine_can_reach(address: str | None, expected: bool) -> None:
    assert is_loopback(address) is expected


def test_an_open_server_says_so_by_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert exposure_fault("10.0.0.1")
    monkeypatch.setenv("STREAMREC_OPEN", "1")
    assert exposure_fault("10.0.0.1") == ""


def test_a_connection_to_an_outer_address_is_refused_whoever_serves_the_app() -> None:
    scope = {"type": "http", "path": "/", "method": "GET", "headers": [], "server": ("10.0.0.1", 8501)}
    status, message = refusal(scope)
    assert (status, message) == (403, exposure_fault("10.0.0.1"))
    assert refusal(scope | {"server": ("127.0.0.1", 8501)}) == (0, "")
    assert refusal(scope | {"server": ("/run/streamrec.sock", None)}) == (0, "")


@pytest.mark.parametrize("https", [True, False])
def test_cookies_are_secure_where_the_dashboard_is_opened_by_https(
    monkeypatch: pytest.MonkeyPatch, https: bool
) -> None:
    monkeypatch.setattr(sign_in, "settings", lambda: sign_in.SignIn(RoleRules(viewer=("*",)), ("default",), https))
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        cookies = [(b"set-cookie", b"a=1; Path=/"), (b"set-cookie", b"b=1; Secure"), (b"x-other", b"set")]
        await send({"type": "http.response.start", "status": 200, "headers": cookies})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/", "method": "GET", "headers": [], "server": ("127.0.0.1", 8501)}
    asyncio.run(Gate(app)(scope, None, send))  # type: ignore[arg-type]
    expected = b"a=1; Path=/; Secure" if https else b"a=1; Path=/"
    assert [text for _, text in sent[0]["headers"]] == [expected, b"b=1; Secure", b"set"]


@pytest.mark.parametrize(("cookies", "status"), [({}, 403), ({"signed": "in"}, 0)])
def test_files_that_pages_made_or_take_are_for_people_who_signed_in(
    monkeypatch: pytest.MonkeyPatch, cookies: dict[str, str], status: int
) -> None:
    monkeypatch.setattr(sign_in, "settings", lambda: sign_in.SignIn(RoleRules(viewer=("*",)), ("default",), https=True))
    monkeypatch.setattr(sign_in, "claims_in", lambda cookies: cookies)
    headers = [(b"cookie", f"{name}={text}".encode()) for name, text in cookies.items()]
    for path in ("/media/a.pdf", "/base/media/a.pdf", "/_stcore/upload_file/a/b"):
        scope = {"type": "http", "path": path, "method": "GET", "headers": headers, "server": ("127.0.0.1", 8501)}
        assert refusal(scope)[0] == status
    scope = {"type": "http", "path": "/explore", "method": "GET", "headers": [], "server": ("127.0.0.1", 8501)}
    assert refusal(scope) == (0, "")


def test_what_is_closed_below_a_base_path_and_what_is_open() -> None:
    assert is_closed("/shop/_stcore/metrics")
    assert is_closed("/_stcore")
    assert is_closed("/_stcore/healthy")
    for path in (
        "/",
        "/_stcore/stream",
        "/explore/_stcore/health",
        "/_stcore/upload_file/a/b",
        "/metrics",
        "/my_stcore/x",
    ):
        assert not is_closed(path)


def test_only_the_message_that_empties_caches_is_dropped() -> None:
    assert empties_caches(BackMsg(clear_cache=True).SerializeToString())
    both = BackMsg(stop_script=True).SerializeToString() + BackMsg(clear_cache=True).SerializeToString()
    assert empties_caches(both)  # the last of several counts, as for Streamlit
    for frame in (BackMsg(stop_script=True).SerializeToString(), b"\xff\xff", b"", None):
        assert not empties_caches(frame)
