"""Signatures of packs: Ed25519 over the bytes of `manifest.json`, which holds the hash of every other file.

The signature is the 64 raw bytes, so that OpenSSL can verify it without this program.
"""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from streamrec_core.config import report_key_file
from streamrec_core.errors import BadInput
from streamrec_core.extras import require
from streamrec_core.files import file_stamp, read_bytes, replacing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE_FILE = "manifest.sig"
SIGNATURE_BYTES = 64
KEY_LIMIT = 1 << 16
"""Bytes of the largest key file that is read."""
PASSPHRASE = "STREAMREC_KEY_PASSPHRASE"
"""Environment variable with the passphrase of an encrypted private key."""
MAKE_KEY = "make a pair of keys with: streamrec report-key FILE"

Verdict = Literal["valid", "unsigned", "truncated", "another key", "invalid"]
"""How a signature stands to a key."""


def write_key_pair(path: Path) -> tuple[Path, str]:
    """Make a key pair: the private key that only this account may read, and the public key beside it.

    Parameters
    ----------
    path : Path
        Of the private key; the public key has the same name with `.pub.pem` as its ending.

    Returns
    -------
    (Path, str)
        The public key's file, and its fingerprint.

    Raises
    ------
    BadInput
        One of the two files exists.
    """
    require("cryptography")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public_path = path.with_name(f"{path.name.removesuffix('.pem')}.pub.pem")
    for existing in (path, public_path):
        if os.path.lexists(existing):
            raise BadInput("exists already, and a key is never overwritten; choose another name", path=existing)
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for file, text, mode in ((path, private, 0o600), (public_path, public, 0o644)):
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            stream.write(text)
    return public_path, fingerprint(key.public_key())


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key from a PEM file.

    Raises
    ------
    BadInput
        Others may read the file, or it holds no Ed25519 private key that can be opened.
    """
    require("cryptography")
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = _read(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        message = f"is a private key that others may open (mode {mode:o}); set its mode to 600 (chmod 600)"
        raise BadInput(message, path=path, fields=["sign"])
    passphrase = os.environ.get(PASSPHRASE, "").encode() or None
    encrypted = b"ENCRYPTED" in content
    try:
        key = load_pem_private_key(content, passphrase if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        message = (
            f"cannot be opened with the passphrase in {PASSPHRASE}" if encrypted else _not_a_key(content, "private")
        )
        raise BadInput(message, path=path, fields=["sign"]) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(f"holds a key of another kind than Ed25519; {MAKE_KEY}", path=path, fields=["sign"])
    return key


def configured_key() -> Ed25519PrivateKey | None:
    """The private key that `STREAMREC_REPORT_KEY` names; None where it names none.

    Raises
    ------
    BadInput
        As `read_private_key`.
    """
    path = report_key_file()
    return None if path is None else read_private_key(path)


def configured_public_key() -> Ed25519PublicKey | None:
    """The public key that belongs to `configured_key`; raises as that does."""
    path = report_key_file()
    return None if path is None else _public_key_of(path, file_stamp(path))


@lru_cache(maxsize=4)
def _public_key_of(path: Path, stamp: tuple[int, ...]) -> Ed25519PublicKey:
    """Opening an encrypted private key is slow by design, so that this happens once for a file of this stamp."""
    return read_private_key(path).public_key()


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key from a PEM file.

    Raises
    ------
    BadInput
        The file holds no Ed25519 public key.
    """
    require("cryptography")
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    content = _read(path)
    try:
        key = load_pem_public_key(content)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadInput(_not_a_key(content, "public"), path=path, fields=["key"]) from None
    if not isinstance(key, Ed25519PublicKey):
        raise BadInput("holds a key of another kind than Ed25519; ask for the signer's key", path=path, fields=["key"])
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 of a public key in DER, as `openssl pkey -pubin -outform DER | sha256sum` prints it."""
    import hashlib

    from cryptography.hazmat.primitives import serialization

    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def write_signature(manifest: Path, key: Ed25519PrivateKey) -> None:
    """Sign a manifest; the signature is written beside it.

    Parameters
    ----------
    manifest : Path
    key : Ed25519PrivateKey
    """
    signature = key.sign(manifest.read_bytes())
    with replacing(manifest.with_name(SIGNATURE_FILE)) as part:
        part.write_bytes(signature)


def judge_signature(manifest: Path, signer: str, key: Ed25519PublicKey) -> Verdict:
    """Compare the signature beside a manifest with a public key.

    Parameters
    ----------
    manifest : Path
    signer : str
        Fingerprint that the manifest names; empty: none.
    key : Ed25519PublicKey

    Returns
    -------
    Verdict
        `another key` where the manifest names another one, `invalid` where it was changed after it was signed.
    """
    from cryptography.exceptions import InvalidSignature

    path = manifest.with_name(SIGNATURE_FILE)
    if not os.path.lexists(path):
        return "unsigned"
    if path.is_symlink() or not path.is_file() or path.stat().st_size != SIGNATURE_BYTES:
        return "truncated"
    try:
        key.verify(path.read_bytes(), manifest.read_bytes())
    except InvalidSignature:
        return "invalid" if signer in ("", fingerprint(key)) else "another key"
    return "valid"


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)[:KEY_LIMIT]
    except FileNotFoundError:
        raise BadInput("does not exist; check the path of the key", path=path) from None


def _not_a_key(content: bytes, kind: str) -> str:
    """What is wrong with a file that should hold a key of this kind."""
    if kind == "public" and b"PRIVATE KEY-----" in content:
        return "is a private key, which its signer keeps; give the public key that belongs to it"
    if kind == "private" and b"PUBLIC KEY-----" in content:
        return "is a public key; sign with the private key that belongs to it"
    return f"is not a {kind} key in PEM; " + (MAKE_KEY if kind == "private" else "ask the signer for the .pem file")
