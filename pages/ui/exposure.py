"""Where the dashboard may be reached: from this machine only, unless people sign in or `STREAMREC_OPEN=1` is set."""

from __future__ import annotations

import ipaddress
import sys

import streamlit as st

from pages.ui import sign_in
from streamrec_core.config import open_to_everyone
from streamrec_core.errors import StreamRecError

HINT = "set up sign-in (docs/open-to-others.md), or set STREAMREC_OPEN=1 to let everyone in who can reach it"


def refuse_unsafe_start() -> None:
    """End the program where it would serve other machines without sign-in, or where the sign-in is set up wrongly."""
    try:
        fault = exposure_fault(st.get_option("server.address"))
    except StreamRecError as error:
        fault = str(error)
    if fault:
        sys.stderr.write(f"Error: {fault}\n")
        raise SystemExit(2)


def is_loopback(address: str | None) -> bool:
    """Whether an address can be reached from this machine only; None stands for all addresses."""
    if not address:
        return False
    if address == "localhost":
        return True
    try:
        parsed = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def exposure_fault(address: str | None) -> str:
    """Why the dashboard must not answer at an address; empty where it may."""
    if sign_in.is_configured() or is_loopback(address) or open_to_everyone():
        return ""
    return f"Without sign-in the dashboard serves this machine only, not {address or 'every address'}; {HINT}."
