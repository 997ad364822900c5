"""The key that signs reports built on this server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.ui.error_text import error_phrase
from streamrec_core.errors import StreamRecError
from streamrec_core.report.signature import configured_public_key, fingerprint

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SHORT = 16
"""Digits of a fingerprint that are shown."""


def server_key() -> tuple[Ed25519PublicKey | None, str]:
    """The public key of this server, None where it has none or cannot use it; and why it cannot."""
    try:
        return configured_public_key(), ""
    except StreamRecError as error:
        return None, error_phrase(error)


def signing_sentence() -> str:
    """What the form says about the signature of a report that is built now."""
    key, fault = server_key()
    if fault:
        return f"No report can be signed, and none is built: {fault}"
    if key is None:
        return "Reports are not signed on this server."
    return f"Reports are signed with this server's key {fingerprint(key)[:SHORT]}…."
