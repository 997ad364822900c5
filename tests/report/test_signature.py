"""Signed packs: every way to alter one has its own answer and exit code, and OpenSSL agrees about the signature."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from streamrec_core.audit_log import audit_file, record
from streamrec_core.errors import BadInput
from streamrec_core.report.document import Document
from streamrec_core.report.html import to_html
from streamrec_core.report.pack import Manifest, check_target, content_hash, read_pack, sha256, to_json, write_pack
from streamrec_core.report.signature import (
    PASSPHRASE,
    SIGNATURE_FILE,
    fingerprint,
    read_private_key,
    read_public_key,
    write_key_pair,
    write_signature,
)
from streamrec_core.report.verification import EXIT_CODES, Answer, PackVerification, verify_pack

Change = Callable[[Path], object]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Private and public keys of a signer and of somebody else."""
    folder = tmp_path_factory.mktemp("keys")
    signer, other = folder / "signer.pem", folder / "other.pem"
    return {
        "signer": signer,
        "signer public": write_key_pair(signer)[0],
        "other": other,
        "other public": write_key_pair(other)[0],
    }


@pytest.fixture(scope="module")
def made(document: Document, keys: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signed") / "pack"
    return write_pack(document, folder, pdf=False, key=read_private_key(keys["signer"])).folder


@pytest.fixture
def pack(made: Path, tmp_path: Path) -> Path:
    """A signed pack that a test may alter."""
    return shutil.copytree(made, tmp_path / "pack")


def verified(pack: Path, keys: dict[str, Path]) -> PackVerification:
    return verify_pack(pack, read_public_key(keys["signer public"]))


def edit_html(pack: Path) -> None:
    """Alter a sentence of the report, and nothing else."""
    path = pack / "report.html"
    path.write_text(path.read_text(encoding="utf-8").replace("It ranks titles", "It judges people"), encoding="utf-8")


def with_new_hashes(pack: Path) -> None:
    """Have the manifest list the files as they are now."""
    manifest = Manifest.read(pack / "manifest.json")
    files = {name: sha256((pack / name).read_bytes()) for name in manifest.files}
    manifest.model_copy(update={"files": files}).write(pack / "manifest.json")


def edit_and_rehash(pack: Path) -> None:
    edit_html(pack)
    with_new_hashes(pack)


def forge(pack: Path) -> None:
    """Other figures, and every file made from them as the program does: only the signature can tell."""
    forged = read_pack(pack).document.model_copy(update={"subtitle": "Better"})
    (pack / "figures.json").write_text(to_json(forged), encoding="utf-8")
    (pack / "report.html").write_text(to_html(forged, content_hash(forged)), encoding="utf-8")
    manifest = Manifest.read(pack / "manifest.json")
    manifest.model_copy(update={"content": content_hash(forged)}).write(pack / "manifest.json")
    with_new_hashes(pack)


def unsign(pack: Path) -> None:
    """Take the signature away, and the signer's name from the manifest."""
    (pack / SIGNATURE_FILE).unlink()
    Manifest.read(pack / "manifest.json").model_copy(update={"signer": ""}).write(pack / "manifest.json")


def truncate(pack: Path) -> None:
    path = pack / SIGNATURE_FILE
    path.write_bytes(path.read_bytes()[:-1])


def flip(pack: Path) -> None:
    content = bytearray((pack / SIGNATURE_FILE).read_bytes())
    content[0] ^= 1
    (pack / SIGNATURE_FILE).write_bytes(content)


ALTERATIONS: dict[str, tuple[Change, Answer, str]] = {
    "nothing": (lambda pack: None, "sound", ""),
    "a sentence": (edit_html, "files differ", "report.html was changed"),
    "a sentence and its hash": (edit_and_rehash, "files differ", "It judges people"),
    "an added file": (lambda pack: (pack / "more.txt").touch(), "files differ", "more.txt is in the folder"),
    "a missing file": (lambda pack: (pack / "figures.csv").unlink(), "files differ", "figures.csv is missing"),
    "a missing signature": (lambda pack: (pack / SIGNATURE_FILE).unlink(), "files differ", "manifest.sig is missing"),
    "a whole forgery": (forge, "invalid", "was changed after it was signed"),
    "no signature at all": (unsign, "unsigned", "the pack is not signed"),
    "a truncated signature": (truncate, "truncated", "is not a signature"),
    "an empty signature": (lambda pack: (pack / SIGNATURE_FILE).write_bytes(b""), "truncated", "is not a signature"),
    "a flipped bit in the signature": (flip, "invalid", "was changed after it was signed"),
}


@pytest.mark.usefixtures("workspace")  # whoever checks has another audit log than the signer
@pytest.mark.parametrize("name", ALTERATIONS)
def test_each_alteration_of_a_signed_pack_has_its_answer_and_exit_code(
    name: str, pack: Path, keys: dict[str, Path]
) -> None:
    change, answer, fault = ALTERATIONS[name]
    change(pack)
    verification = verified(pack, keys)
    assert (verification.answer, verification.exit_code) == (answer, EXIT_CODES[answer])
    assert fault in "; ".join(verification.faults)
    assert bool(verification.faults) == (answer != "sound")


def test_a_sentence_with_a_new_hash_breaks_the_signature_too(pack: Path, keys: dict[str, Path]) -> None:
    edit_and_rehash(pack)
    assert verified(pack, keys).signature == "invalid"
    assert verify_pack(pack).signature == "not verified"


def test_a_pack_signed_with_another_key_names_both(document: Document, keys: dict[str, Path], tmp_path: Path) -> None:
    pack = write_pack(document, tmp_path / "pack", pdf=False, key=read_private_key(keys["other"])).folder
    verification = verified(pack, keys)
    (fault,) = verification.faults
    assert (verification.answer, verification.signature) == ("another key", "another key")
    signer, other = (fingerprint(read_public_key(keys[f"{name} public"])) for name in ("signer", "other"))
    assert f"{other[:16]}…, not {signer[:16]}…" in fault
    # Whoever signs anew under the first signer's name has not the key for it.
    Manifest.read(pack / "manifest.json").model_copy(update={"signer": signer}).write(pack / "manifest.json")
    write_signature(pack / "manifest.json", read_private_key(keys["other"]))
    assert verified(pack, keys).answer == "invalid"


def test_the_output_says_who_is_not_known_without_a_key(pack: Path, keys: dict[str, Path], tmp_path: Path) -> None:
    assert "it is signed by" in verify_pack(pack).not_checked[0]
    assert any("is signed by the key" in sentence for sentence in verified(pack, keys).checked)
    unsign(pack)
    assert verify_pack(pack).not_checked[0] == "Who made the pack: it is not signed."
    assert "signer" not in (pack / "manifest.json").read_text(encoding="utf-8")


def test_openssl_verifies_the_signature(pack: Path, keys: dict[str, Path]) -> None:
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("openssl is not installed")
    words = ["pkeyutl", "-verify", "-pubin", "-rawin", "-inkey", keys["signer public"], "-in", pack / "manifest.json"]
    done = [openssl, *words, "-sigfile", pack / SIGNATURE_FILE]
    assert subprocess.run(done, capture_output=True, check=False).returncode == 0
    (pack / "manifest.json").write_bytes((pack / "manifest.json").read_bytes() + b"\n")
    assert subprocess.run(done, capture_output=True, check=False).returncode != 0


def test_a_signed_pack_may_be_replaced(pack: Path) -> None:
    check_target(pack)


def test_a_private_key_is_for_its_owner_alone_and_never_overwritten(keys: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    write_key_pair(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadInput, match="never overwritten"):
        write_key_pair(path)
    path.unlink()
    with pytest.raises(BadInput, match="never overwritten"):
        write_key_pair(path)  # the public key is still there
    assert not path.exists()
    shutil.copy(keys["signer"], path)
    for mode in (0o604, 0o640, 0o666):
        path.chmod(mode)
        with pytest.raises(BadInput, match=r"that others may open .*chmod 600"):
            read_private_key(path)


def test_what_is_no_key_is_refused_in_words(keys: dict[str, Path], tmp_path: Path) -> None:
    def file(content: bytes) -> Path:
        path = tmp_path / "key.pem"
        path.write_bytes(content)
        path.chmod(0o600)
        return path

    rsa = generate_private_key(65537, 2048)
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = rsa.private_bytes(pem, pkcs8, serialization.NoEncryption())
    public = rsa.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    for read, content, fault in (
        (read_private_key, b"", "is not a private key in PEM"),
        (read_private_key, keys["signer public"].read_bytes(), "is a public key"),
        (read_private_key, private, "another kind than Ed25519"),
        (read_public_key, b"\x00" * 100, "is not a public key in PEM"),
        (read_public_key, keys["signer"].read_bytes(), "is a private key, which its signer keeps"),
        (read_public_key, public, "another kind than Ed25519"),
    ):
        with pytest.raises(BadInput, match=fault):
            read(file(content))
    with pytest.raises(BadInput, match="does not exist"):
        read_public_key(tmp_path / "nothing.pem")


def test_an_encrypted_key_opens_with_its_passphrase(
    keys: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, path = read_private_key(keys["signer"]), tmp_path / "key.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    path.chmod(0o600)
    for wrong in ("", "guess"):
        monkeypatch.setenv(PASSPHRASE, wrong)
        with pytest.raises(BadInput, match=PASSPHRASE):
            read_private_key(path)
    monkeypatch.setenv(PASSPHRASE, "secret")
    assert fingerprint(read_private_key(path).public_key()) == fingerprint(key.public_key())


def test_the_audit_log_is_compared_where_it_has_the_pack(document: Document, tmp_path: Path, workspace: Path) -> None:
    record("import", "shop")
    pack = write_pack(document, tmp_path / "pack", pdf=False).folder
    record("train", "later")
    assert any("has its entry 2" in sentence for sentence in verify_pack(pack).checked)
    database = sqlite3.connect(audit_file())
    database.executescript("DROP TRIGGER no_delete; DELETE FROM entries WHERE number > 1;")
    database.close()
    elsewhere = verify_pack(pack)  # a cut tail looks like the log of another workspace
    assert (elsewhere.answer, "or the log was cut" in " ".join(elsewhere.not_checked)) == ("sound", True)
    inside = shutil.copytree(pack, workspace / "packs" / "pack")
    cut = verify_pack(inside)
    assert (cut.answer, "its tail was cut" in cut.faults[0]) == ("files differ", True)
    record("train", "instead")
    assert "audit log: the pack has" in verify_pack(inside).faults[0]


def test_the_entry_of_another_pack_does_not_vouch_for_this_one(
    document: Document, tmp_path: Path, workspace: Path
) -> None:
    pack = write_pack(document, tmp_path / "pack", pdf=False)
    other = record("report", "another", {"content": "0" * 64})
    pack.manifest.model_copy(update={"audit": other}).write(pack.folder / "manifest.json")
    assert "recorded another pack" in verify_pack(pack.folder).faults[0]
