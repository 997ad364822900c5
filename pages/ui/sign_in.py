"""Sign-in with an OpenID Connect provider: its settings in secrets.toml, and who the visitor is."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from pages.ui.escape import plain
from streamrec_core.config import open_to_everyone
from streamrec_core.errors import BadInput
from streamrec_core.extras import require
from streamrec_core.permissions import Person, Role, RoleRules

DEFAULT = "default"
"""What Streamlit calls the provider whose settings stand in `[auth]` itself."""
SHORTEST_SECRET = 32
OF_DASHBOARD = ("redirect_uri", "cookie_secret")
OF_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
COOKIE = USER_COOKIE_NAME


@dataclass(frozen=True)
class SignIn:
    """Settings of the sign-in.

    Attributes
    ----------
    rules : RoleRules
        Who has which role.
    providers : tuple of str
        Names that `st.login` takes.
    https : bool
        Whether the dashboard is opened by https, so that its cookies must not travel otherwise.
    """

    rules: RoleRules
    providers: tuple[str, ...]
    https: bool


@cache
def settings() -> SignIn | None:
    """Settings in secrets.toml as they were when the server started; None where nobody signs in.

    Raises
    ------
    BadInput
        A file cannot be read, or a setting is missing or unsafe.
    MissingExtra
        Authlib is not installed.
    """
    secrets: dict[str, Any] = {}
    origin = Path("secrets.toml")
    for file in map(Path, st.get_option("secrets.files")):
        if file.exists():
            secrets, origin = secrets | _read(file), file
    auth = secrets.get("auth")
    if auth is None:
        if "roles" in secrets:
            raise BadInput("has [roles] and no [auth]; add the identity provider", path=origin)
        return None
    require("authlib")
    rules, providers = _rules(secrets.get("roles"), origin), _providers(auth, origin)
    return SignIn(rules, providers, urlsplit(auth["redirect_uri"]).scheme == "https")


def is_configured() -> bool:
    """Whether people sign in."""
    return settings() is not None


def person() -> Person | None:
    """Who visits the page that is being drawn; None where nobody signs in, and for what the server does by itself."""
    sign_in, context = settings(), get_script_run_ctx(suppress_warning=True)
    if sign_in is None or context is None:
        return None
    claims: Mapping[str, Any] = context.user_info
    if not claims.get("is_logged_in") or has_expired(claims):
        return Person("", Role.RATER)
    return Person(sign_in.rules.name_of(claims), sign_in.rules.role_of(claims))


def has_expired(claims: Mapping[str, Any]) -> bool:
    """Whether an identity token is over; one without a time of expiry is."""
    expiry = claims.get("exp")
    return not isinstance(expiry, int | float) or expiry <= time.time()


def claims_in(cookies: Mapping[str, str]) -> Mapping[str, Any]:
    """The claims in the signed cookie that Streamlit sets; empty where it is missing, forged or over."""
    cookie = _get_signed_cookie_with_chunks(dict(cookies), COOKIE)
    claims = json.loads(cookie) if cookie else {}
    return {} if has_expired(claims) else claims


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot be read ({error}); nobody could sign in", path=file) from None


def _rules(roles: object, origin: Path) -> RoleRules:
    if roles is None:
        raise BadInput('has no [roles]; say who may do what, such as viewer = ["@example.org"]', path=origin)
    rules = RoleRules.parse(roles, origin=origin)
    if not (rules.viewer or rules.analyst or rules.admin):
        raise BadInput("gives nobody a role in [roles]; add a rule for viewer, analyst or admin", path=origin)
    return rules


def _providers(auth: Mapping[str, Any], origin: Path) -> tuple[str, ...]:
    """Check the settings of every provider; gives their names."""
    _require_keys(auth, "auth", OF_DASHBOARD, origin)
    providers = [name for name, table in auth.items() if isinstance(table, dict) and name != "client_kwargs"]
    if "client_id" in auth or not providers:
        providers.insert(0, DEFAULT)
    for name in providers:
        table = auth if name == DEFAULT else auth[name]
        _require_keys(table, "auth" if name == DEFAULT else f"auth.{name}", OF_PROVIDER, origin)
        _require_https(table, "server_metadata_url", origin)
    _require_https(auth, "redirect_uri", origin)
    if not urlsplit(auth["redirect_uri"]).path.endswith("/oauth2callback"):
        raise BadInput(": redirect_uri must be the address of the dashboard and end with /oauth2callback", path=origin)
    if len(auth["cookie_secret"]) < SHORTEST_SECRET:
        message = f": cookie_secret is shorter than {SHORTEST_SECRET} characters; make one with `openssl rand -hex 32`"
        raise BadInput(message, path=origin)
    return tuple(providers)


def _require_keys(table: Mapping[str, Any], name: str, keys: tuple[str, ...], origin: Path) -> None:
    missing = [key for key in keys if not isinstance(table.get(key), str) or not table[key]]
    if missing:
        raise BadInput(f": [{name}] has no {', '.join(missing)}; see docs/open-to-others.md", path=origin)


def _require_https(table: Mapping[str, Any], key: str, origin: Path) -> None:
    address = urlsplit(table[key])
    if address.scheme != "https" and address.hostname not in ("localhost", "127.0.0.1"):
        raise BadInput(f": {key} must begin with https://, except on this machine", path=origin)


def draw(visitor: Person) -> None:
    """In place of every page: the buttons that sign in, or that the visitor's account has no role."""
    with st.container(border=True, key="sign-in"):
        if visitor.name:
            st.title("No access yet", anchor=False)
            st.markdown(
                f"You are signed in as **{plain(visitor.name, 60)}**, but your account has no role here. Ask whoever "
                "runs this server for one."
            )
            st.button("Sign out", on_click=st.logout, key="sign-out", width="stretch")
            return
        st.title("Sign in to continue", anchor=False)
        st.markdown("StreamRec shows why something was recommended, and how well that explanation stands up to checks.")
        sign_in = settings()
        for name in sign_in.providers if sign_in else ():
            label = "Sign in" if name == DEFAULT else f"Sign in with {name.capitalize()}"
            st.button(label, type="primary", on_click=st.login, args=(name,), key=f"sign-in-{name}", width="stretch")


def account(visitor: Person | None) -> None:
    """In the sidebar: who is signed in and the way out, or that nobody has to sign in on this open server."""
    if visitor is not None:
        st.caption(f"{plain(visitor.name, 60)} · {visitor.role.name.lower()}")
        st.button("Sign out", on_click=st.logout, key="sign-out", type="tertiary", icon=":material/logout:")
    elif open_to_everyone():
        st.caption(":material/lock_open: Open to everyone who can reach this server, without sign-in")
