"""Ids of people are recognised over whole data sets, and no export of any kind holds one of them."""

from __future__ import annotations

import hmac
import pickle
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.config import data_folder, workspace
from streamrec_core.data import log as log_module
from streamrec_core.data.pseudonyms import (
    KEY_FILE,
    PSEUDONYM,
    Pseudonyms,
    personal_kind,
    pseudonyms_for,
    pseudonyms_of_data,
    workspace_key,
)
from streamrec_core.data.string_column import StringColumn
from streamrec_core.errors import BadInput
from tests.worlds import catalogue_of, dataset_of, log_of, written

pytestmark = pytest.mark.usefixtures("workspace")

RNG = np.random.default_rng(5)
MOBILES = [str(number) for number in RNG.integers(9_100_000_000, 9_999_999_999, 200)]
COUNTED = [str(1_000_000_000_000 + number) for number in range(200)]
PERSONAL: dict[str, tuple[list[str], str]] = {
    "e-mail": (["anna@example.org", "ben.o'neil+shop@mail.example.co.uk"], "e-mail"),
    "one e-mail among counters": ([*map(str, range(5000)), "anna@example.org"], "e-mail"),
    "e-mail of cut sessions": (["anna@example.org-1", "anna@example.org-2"], "e-mail"),
    "e-mail and day": (["anna@example.org/2024-01-05"], "e-mail"),
    "address with umlauts": (["jürgen@müller.example"], "e-mail"),
    "international": (["+491701234567", "+1 (202) 555-0143", "tel:+44 20 7946 0958"], "phone"),
    "international, cut": (["+491701234567-3"], "phone"),
    "american": (["202-555-0143", "415.555.0199"], "phone"),
    "german": (["0170 1234567", "(030) 1234567", "0170/7654321"], "phone"),
    "digits alone": (MOBILES, "phone"),
    "digits alone, cut": ([f"{mobile}-{number}" for number, mobile in enumerate(MOBILES)], "phone"),
    "digits with a zero": ([f"0{mobile[1:]}" for mobile in MOBILES], "phone"),
}
PLAIN: dict[str, list[str]] = {
    "nothing": [],
    "counters": [str(number) for number in range(300)],
    "large counters": ["100200300", *(str(100_200_300 + number) for number in range(300))],
    "thirteen digits counted": COUNTED,
    "padded counters": [f"{number:012}" for number in range(300)],
    "seconds": [str(1_700_000_000 + 7_919 * number) for number in range(300)],
    "milliseconds": [str(1_700_000_000_000 + 7_919_000 * number) for number in range(300)],
    "long numbers": [str(number) for number in RNG.integers(10**17, 10**18, 300)],
    "dates": [f"2024-01-{day:02}" for day in range(1, 29)],
    "dates and times": [f"20240105-{number:06}" for number in range(300)],
    "uuids": ["6f1c2f6e-0b1e-4a77-9f62-8d2a1f0b7c11", "00000000-0000-0000-0000-000000000001"],
    "network addresses": ["192.168.10.25", "10.0.0.1"],
    "Google Analytics": ["1234567890.1670000000", "987654321.1680000000"],
    "handles": ["@anna", "ben@home", "user@10.0.0.1"],
    "words": ["sess-1", "visit 17", "A+B"],
}


@pytest.mark.parametrize("name", list(PERSONAL))
def test_ids_of_people_are_recognised(name: str) -> None:
    ids, kind = PERSONAL[name]
    assert personal_kind(ids) == kind


@pytest.mark.parametrize("name", list(PLAIN))
def test_other_ids_are_not(name: str) -> None:
    assert personal_kind(PLAIN[name]) == ""
    assert not pseudonyms_for(PLAIN[name])


def test_an_id_has_one_pseudonym_in_a_workspace_and_another_in_the_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ids = ["anna@example.org", "ben@example.org"]
    first = pseudonyms_for(ids)
    assert first.of("anna@example.org") == pseudonyms_for(ids, "always").of("anna@example.org")
    assert len({first.of(name) for name in ids}) == 2
    assert PSEUDONYM.fullmatch(first.of("anna@example.org"))
    assert first.of(first.of("anna@example.org")) == first.of("anna@example.org")
    assert stat.S_IMODE((workspace() / KEY_FILE).stat().st_mode) == 0o600
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(tmp_path / "other"))
    assert pseudonyms_for(ids).of("anna@example.org") != first.of("anna@example.org")


def test_a_session_is_found_by_its_pseudonym_and_first_by_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    people = ["anna@example.org", "jürgen@müller.example", "p-0123456789abcdef"]
    log = log_of([[0, 1]] * 3)
    log = replace(log, session_ids=StringColumn(people))
    pseudonyms = Pseudonyms(workspace_key())
    assert [log.row(pseudonyms.of(name)) for name in people] == [0, 1, 2]
    assert [log.row(name) for name in people] == [0, 1, 2]
    assert all(log.names_session(name) and log.names_session(pseudonyms.of(name)) for name in people)
    for unknown in ("p-0000000000000000", "p-ffffffffffffffff", "p-", "", "\ud800"):
        assert not log.names_session(unknown)
    with pytest.raises(BadInput, match="no session 'p-0000000000000000' among 3"):
        log.row("p-0000000000000000")


def test_all_ids_are_hashed_once_for_a_key_and_not_for_an_id_or_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[bytes] = []
    digest = hmac.digest
    monkeypatch.setattr(hmac, "digest", lambda key, text, kind: hashed.append(text) or digest(key, text, kind))
    log = log_of([[0, 1]] * 3)
    log.row("s2")
    assert not log.names_session("nobody")
    assert hashed == []
    assert not (workspace() / KEY_FILE).exists()
    first, second = Pseudonyms(b"1" * 32), Pseudonyms(b"2" * 32)
    for pseudonyms in (first, second):
        monkeypatch.setattr(log_module, "workspace_key", lambda key=pseudonyms.key: key)
        for _ in range(2):
            assert [log.row(pseudonyms.of(name)) for name in ("s2", "s0", "s1")] == [2, 0, 1]
    assert not log.names_session(first.of("s1"))  # of another workspace
    assert hashed == [b"s0", b"s1", b"s2"] * 2
    assert pickle.loads(pickle.dumps(log)).row(second.of("s1")) == 1


def test_the_choice_is_followed_and_a_wrong_one_refused() -> None:
    assert not pseudonyms_for(["anna@example.org"], "never")
    assert pseudonyms_for(["17"], "always").note == (
        "Session ids are replaced by pseudonyms, the same in all exports of this workspace."
    )
    assert pseudonyms_for(["anna@example.org"]).note.startswith("Session ids look like e-mail addresses: they are repl")
    with pytest.raises(BadInput, match="choose auto, always or never"):
        pseudonyms_for(["17"], "perhaps")


def test_a_server_that_stores_nothing_writes_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    assert workspace_key() == workspace_key()
    assert not (workspace() / KEY_FILE).exists()


def test_a_damaged_key_is_not_used() -> None:
    workspace().mkdir(parents=True, exist_ok=True)
    (workspace() / KEY_FILE).write_bytes(b"short")
    with pytest.raises(BadInput, match="restore it from a copy"):
        workspace_key()


LOCAL_PART = st.from_regex(r"[a-z0-9][a-z0-9._+-]{0,20}", fullmatch=True)
ADDRESS = st.builds(
    "{}@{}.{}".format,
    LOCAL_PART,
    st.from_regex(r"[a-z0-9-]{1,12}", fullmatch=True),
    st.sampled_from(["org", "de", "example"]),
)
NUMBER = st.from_regex(r"\+[1-9][0-9]{7,12}", fullmatch=True)


@given(
    st.lists(st.one_of(ADDRESS, NUMBER, st.integers(0, 10**6).map(str)), min_size=1, max_size=30),
    st.binary(min_size=32, max_size=32),
)
def test_a_pseudonym_holds_nothing_of_its_id(ids: list[str], key: bytes) -> None:
    replaced = Pseudonyms(key)
    if not any("@" in name or "+" in name for name in ids):
        return
    assert personal_kind(ids)
    for name in ids:
        assert name not in replaced.of(name) or len(name) < 6
        assert "@" not in replaced.of(name)
        assert "+" not in replaced.of(name)


def test_an_export_goes_by_all_ids_of_its_data_set_or_by_its_own_where_that_is_damaged() -> None:
    folder = data_folder() / "people"
    log = replace(log_of([[0, 1], [1, 2]]), session_ids=["17", "anna@example.org"])
    written(dataset_of(catalogue_of(3, 1), log), folder)
    assert pseudonyms_of_data("people", ["17"]).kind == "e-mail addresses"
    for name in ("people", "gone"):
        (folder / "sessions.parquet").write_bytes(b"damaged")
        assert not pseudonyms_of_data(name, ["17"])
        assert pseudonyms_of_data(name, ["ben@example.org"]).kind == "e-mail addresses"
