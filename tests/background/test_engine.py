"""The engine of a command: names, addresses, and the sentence for a missing extra; none of it needs Ray."""

from __future__ import annotations

import socket

import pytest

from streamrec_core import extras
from streamrec_core.background.engine import LOCAL, choose_engine
from streamrec_core.background.ray_cluster import _check_answers, check_versions, versions
from streamrec_core.background.ray_workers import _Attempt, _Progress
from streamrec_core.errors import BadInput, MissingExtra


@pytest.fixture
def with_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(extras, "find_spec", lambda library: object())


@pytest.mark.usefixtures("with_ray")
def test_the_address_is_that_of_the_option_then_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_engine("ray").address is None
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    assert choose_engine("ray").address == "head:6379"
    assert choose_engine("ray", "auto").address == "auto"
    assert choose_engine("local") is LOCAL  # whatever the environment says


def test_unknown_engines_and_addresses_without_one_are_refused() -> None:
    with pytest.raises(BadInput, match=r"^unknown engine 'spark'; choose one of local, ray$") as unknown:
        choose_engine("spark")
    assert unknown.value.fields == ("engine",)
    with pytest.raises(BadInput, match=r"^only the engine ray has an address; choose it, or leave the address out$"):
        choose_engine("local", "head:6379")


def test_without_ray_one_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda library: None)
    with pytest.raises(MissingExtra, match=r"^ray is not installed; install it with: pip install 'streamrec\[ray\]'$"):
        choose_engine("ray")


@pytest.mark.parametrize("address", ["127.0.0.1:{}", "ray://127.0.0.1:{}", "127.0.0.1:99999"])
def test_an_address_where_nothing_listens_is_refused_at_once(address: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))  # bound, and not listening
        named = address.format(listener.getsockname()[1])
        with pytest.raises(BadInput, match=rf"^no Ray cluster answers at '{named}'; check the address$"):
            _check_answers(named)
        listener.listen()
        _check_answers(f"127.0.0.1:{listener.getsockname()[1]}")
    _check_answers("auto")


def test_a_worker_with_other_libraries_is_refused() -> None:
    check_versions(versions())
    with pytest.raises(
        BadInput, match=r"^a worker of the Ray cluster has torch 2\.0, this machine [\d.+a-z]+; install"
    ):
        check_versions(versions() | {"torch": "2.0"})
    assert versions().keys() == {"streamrec", "python", "numpy", "torch"}


def test_chunks_are_drawn_a_few_ahead_and_answers_come_in_order() -> None:
    progress = _Progress(iter("abcdef"))
    drawn = [progress.next_attempt(3) for _ in range(4)]
    assert [attempt and attempt.chunk for attempt in drawn] == ["a", "b", "c", None]
    assert not progress.exhausted
    progress.answers |= {1: "B", 2: "C"}
    assert list(progress.in_order()) == []
    progress.answers[0] = "A"
    assert list(progress.in_order()) == ["A", "B", "C"]
    progress.again.append(_Attempt(3, "again"))
    again = progress.next_attempt(3)
    assert again is not None
    assert again.chunk == "again"  # before anything new
    assert [progress.next_attempt(9) for _ in range(4)][-1] is None
    assert progress.exhausted
