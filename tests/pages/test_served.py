"""Real servers: what each mode serves to each role by deep link, and that no page runs without the launcher."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.util import calc_hash
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value, generate_xsrf_token_string
from websockets.sync.client import connect

from pages.ui.sign_in import COOKIE
from streamrec_core.data.storage import write_dataset
from tests import conftest as house
from tests.worlds import chain_dataset

SECRET = "a secret of this test, long enough"
SECRETS = f"""
[auth]
redirect_uri = "http://127.0.0.1:8501/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "streamrec"
client_secret = "any"
server_metadata_url = "http://127.0.0.1:1/.well-known/openid-configuration"
[roles]
viewer = ["@shop.example"]
analyst = ["groups=data"]
admin = ["groups=operators"]
"""
CLAIMS = {"viewer": [], "analyst": ["data"], "admin": ["operators"]}
SEEN_BY_ALL = ["Compare", "Explore", "Heads", "Overview", "Report", "Trust"]
EVERY = sorted([*SEEN_BY_ALL, "Data set", "Debug", "Study", "Training"])
PATIENCE = 120
"""Seconds until an answer, on a slow machine."""
LACKS, SIGN_IN = "There is no page **{}** for your role", "Sign in to continue"
LEFT_OUT, RATERS = "{} is not part of this demonstration", "A study is running here"


@dataclass(frozen=True)
class Served:
    """A server with sign-in in one mode."""

    address: str

    def draw(self, page: str, role: str, query: str = "data=tiny") -> tuple[str, list[str]]:
        """Open a page by its address in a new connection; gives what it drew, and the menu."""
        cookies = [f"_streamlit_xsrf={(token := generate_xsrf_token_string())}"]
        if role:
            claims = {"email": f"{role}@shop.example", "email_verified": True, "groups": CLAIMS[role], "sub": role}
            claims |= {"iss": "x", "exp": time.time() + 600, "origin": self.address, "is_logged_in": True}
            cookies.append(f"{COOKIE}={create_signed_value(SECRET, COOKIE, json.dumps(claims)).decode()}")
        message, text, menu = BackMsg(), "", list[str]()
        message.rerun_script.page_script_hash = calc_hash(page)
        message.rerun_script.query_string = query
        with connect(
            self.address.replace("http", "ws") + "/_stcore/stream",
            origin=self.address,  # type: ignore[arg-type]
            subprotocols=["streamlit", token],  # type: ignore[list-item]
            additional_headers={"Cookie": "; ".join(cookies)},
            max_size=None,
            open_timeout=PATIENCE,
        ) as socket:
            socket.send(message.SerializeToString())
            while True:
                received = ForwardMsg.FromString(bytes(socket.recv(timeout=PATIENCE)))  # type: ignore[arg-type]
                text += str(received.delta)
                if received.WhichOneof("type") == "navigation" and received.navigation.position:
                    menu = [entry.page_name for entry in received.navigation.app_pages if not entry.is_hidden]
                if received.WhichOneof("type") == "script_finished":
                    return text, sorted(menu)


@contextmanager
def served(script: str, folder: Path, **environment: str) -> Iterator[str]:
    """A server for a script; gives its address."""
    port, log = house._free_port(), folder / "log.txt"
    settings = {"STREAMLIT_SERVER_HEADLESS": "true", "STREAMLIT_SERVER_PORT": str(port)}
    with log.open("wb") as sink:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", script],
            cwd=house.ROOT,
            env=os.environ | settings | environment,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        house._wait_until_healthy(server, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        house._end(server)


def in_mode(tmp_path_factory: pytest.TempPathFactory, variable: str) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "secrets.toml").write_text(SECRETS)
    write_dataset(chain_dataset(), folder / "workspace" / "data" / "tiny")
    environment = {
        variable: "1",
        "STREAMLIT_SECRETS_FILES": str(folder / "secrets.toml"),
        "STREAMREC_WORKSPACE": str(folder / "workspace"),
        "STREAMREC_CHECKPOINTS": str(folder),  # no models: pages are there at once
    }
    with served("app.py", folder, **environment) as address:
        yield Served(address)


def test_a_read_only_server_shows_each_role_its_pages_and_refuses_training(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    for server in in_mode(tmp_path_factory, "STREAMREC_READ_ONLY"):
        assert SIGN_IN in server.draw("training", "")[0]
        text, menu = server.draw("training", "viewer")
        assert (LACKS.format("Training") in text, "Train a model" in text, menu) == (True, False, SEEN_BY_ALL)
        for role in ("analyst", "admin"):
            text, menu = server.draw("training", role)
            assert menu == EVERY
            assert "STREAMREC_READ_ONLY" in text
            assert LACKS.format("Training") not in text
        assert LACKS.format("Overview") not in server.draw("", "viewer")[0]


def test_a_demonstration_shows_every_role_what_is_for_regulators(tmp_path_factory: pytest.TempPathFactory) -> None:
    for server in in_mode(tmp_path_factory, "STREAMREC_DEMONSTRATION"):
        assert SIGN_IN in server.draw("report", "")[0]
        assert LACKS.format("Training") in server.draw("training", "viewer")[0]
        for role in ("analyst", "admin"):
            for title in ("Training", "Data set", "Debug", "Study"):
                text, menu = server.draw(title.lower().replace(" ", ""), role)
                assert LEFT_OUT.format(title) in text
                assert menu == SEEN_BY_ALL
        text, menu = server.draw("report", "viewer")
        assert ("demonstration" in text, SIGN_IN in text, menu) == (False, False, SEEN_BY_ALL)


def test_a_server_for_raters_shows_nobody_more_than_the_task(tmp_path_factory: pytest.TempPathFactory) -> None:
    for server in in_mode(tmp_path_factory, "STREAMREC_RATERS_ONLY"):
        for role in ("", *CLAIMS):
            for page in ("", "training", "report"):
                text, menu = server.draw(page, role)
                assert (RATERS in text, menu) == (True, [])
                assert "Data set" not in text
            text, menu = server.draw("study", role, "data=tiny&code=nobody")
            assert (SIGN_IN in text, RATERS in text, "Create" in text, menu) == (False, False, False, [])


@pytest.mark.parametrize("script", ["pages/frame.py", "pages/explore/page.py"])
def test_a_page_that_is_started_without_the_launcher_does_not_run(
    tmp_path: Path, shared_workspace: Path, script: str
) -> None:
    with served(script, tmp_path) as address:
        for page in ("", "training"):
            text, _ = Served(address).draw(page, "")
            assert text.count("new_element") == 1
            assert "Start the dashboard with: streamlit run app.py" in text
    assert "Error: This file is a part of the dashboard" in (tmp_path / "log.txt").read_text()
