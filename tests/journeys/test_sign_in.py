"""Sign-in, end to end: a local identity provider, a cold server, a browser, and web sockets that go around the menu."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.util import calc_hash
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value, generate_xsrf_token_string
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from pages.ui.sign_in import COOKIE
from tests import conftest as house
from tests.journeys.visits import PATIENCE, settled, visit

SECRET = "a secret of this test, long enough"
CLAIMS = {
    "ana": {"email": "ana@shop.example", "email_verified": True},
    "ben": {"email": "ben@shop.example", "email_verified": True, "groups": ["data"]},
    "eve": {"email": "ana@shop.example", "email_verified": False},
}
SECRETS = """
[auth]
redirect_uri = "{dashboard}/oauth2callback"
cookie_secret = "{secret}"
client_id = "streamrec"
client_secret = "any"
server_metadata_url = "{provider}/.well-known/openid-configuration"
[roles]
viewer = ["@shop.example"]
analyst = ["groups=data"]
"""
PAGES = ["Overview", "Explore", "Trust", "Heads", "Compare", "Report"]


@dataclass(frozen=True)
class Guarded:
    """A dashboard where people sign in, and its identity provider."""

    address: str
    provider: str
    log: Path


@contextmanager
def process(command: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the end of the block."""
    with log.open("wb") as sink:
        server = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=house.ROOT,
            env=os.environ | environment,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield server
    finally:
        house._end(server)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, shared_workspace: Path) -> Iterator[Guarded]:
    """A cold server on which nobody has opened a page."""
    folder = tmp_path_factory.mktemp("sign-in")
    port, provider_port = house._free_port(), house._free_port()
    address, provider = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{provider_port}"
    (folder / "secrets.toml").write_text(SECRETS.format(dashboard=address, provider=provider, secret=SECRET))
    users = [word for sub, claims in CLAIMS.items() for word in ("--user-claims", json.dumps({"sub": sub, **claims}))]
    environment = {
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_SECRETS_FILES": str(folder / "secrets.toml"),
        "STREAMREC_WORKSPACE": str(shared_workspace),  # a data set that is there already is not made again
        "STREAMREC_CHECKPOINTS": str(folder),  # no models: pages are there at once
    }
    log = folder / "log.txt"
    identities = process(["oidc_provider_mock", "--port", str(provider_port), *users], folder / "provider.txt", {})
    with identities, process(["streamlit", "run", "app.py"], log, environment) as server:
        house._wait_until_healthy(server, address, log)
        yield Guarded(address, provider, log)


def cookie(guarded: Guarded, sub: str, seconds: float = 600, secret: str = SECRET) -> str:
    """The cookie that a sign-in sets, for a token that ends in some seconds."""
    claims = CLAIMS[sub] | {"sub": sub, "iss": guarded.provider, "exp": time.time() + seconds}
    payload = claims | {"origin": guarded.address, "is_logged_in": True, "provider": "default"}
    return f"{COOKIE}={create_signed_value(secret, COOKIE, json.dumps(payload)).decode()}"


def opened(guarded: Guarded, signed_in: str) -> ClientConnection:
    token = generate_xsrf_token_string()
    return connect(
        guarded.address.replace("http", "ws") + "/_stcore/stream",
        origin=guarded.address,  # type: ignore[arg-type]
        subprotocols=["streamlit", token],  # type: ignore[list-item]
        additional_headers={"Cookie": f"{signed_in}; _streamlit_xsrf={token}"},
        max_size=None,
        open_timeout=PATIENCE / 1000,
    )


def run(socket: ClientConnection, page: str) -> tuple[str, list[str]]:
    """Ask for a page by its hash, as a rerun does; gives what it drew as text, and the names in the menu."""
    message = BackMsg()
    message.rerun_script.page_script_hash = calc_hash(page)
    socket.send(message.SerializeToString())
    text, menu = "", []
    while True:
        received = ForwardMsg.FromString(bytes(socket.recv(timeout=PATIENCE / 1000)))  # type: ignore[arg-type]
        text += str(received.delta)
        if received.WhichOneof("type") == "navigation":
            menu = [entry.page_name for entry in received.navigation.app_pages if not entry.is_hidden]
        if received.WhichOneof("type") == "script_finished":
            return text, menu


def test_a_page_that_a_role_lacks_does_not_run_by_web_socket_on_a_cold_server(guarded: Guarded) -> None:
    with opened(guarded, cookie(guarded, "ana")) as socket:
        text, menu = run(socket, "training")
        assert "There is no page **Training** for your role" in text
        assert "Queue training" not in text
        assert menu == PAGES
        assert "There is no page" not in run(socket, "")[0]
    with opened(guarded, cookie(guarded, "ben")) as socket:
        text, menu = run(socket, "training")
        assert "There is no page" not in text
        assert len(menu) == 10


@pytest.mark.parametrize(
    "options", [{"sub": "ben", "seconds": -1}, {"sub": "ben", "secret": "another secret"}, {"sub": "eve"}]
)
def test_a_token_that_is_over_forged_or_without_a_verified_address_opens_no_page(
    guarded: Guarded, options: dict[str, Any]
) -> None:
    with opened(guarded, cookie(guarded, **options)) as socket:
        text, _ = run(socket, "training")
    assert "Sign in to continue" in text or "your account has no role here" in text
    assert "There is no page" not in text
    assert "Data set" not in text


def test_a_connection_ends_with_the_token(guarded: Guarded) -> None:
    signed_in, end = cookie(guarded, "ben", seconds=2), time.time() + 2
    with opened(guarded, signed_in) as socket:
        while time.time() <= end:
            time.sleep(0.05)
        with pytest.raises(ConnectionClosed):
            run(socket, "")


def test_sign_in_a_page_that_the_role_lacks_and_sign_out(guarded: Guarded, page: Page) -> None:
    visit(page, f"{guarded.address}/training")
    expect(page.get_by_role("heading", name="Sign in to continue")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(0)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="ana", exact=True).click()
    sidebar = page.get_by_test_id("stSidebar")
    expect(
        sidebar.get_by_text(re.compile(r"ana@.?shop\.example · viewer"))
    ).to_be_visible()  # @ is kept from being a link
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_text(PAGES)

    visit(page, f"{guarded.address}/training")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    expect(page.get_by_role("button", name="Queue training")).to_have_count(0)

    settled(page)
    sidebar.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert [c for c in page.context.cookies() if c["name"] == COOKIE] == []
