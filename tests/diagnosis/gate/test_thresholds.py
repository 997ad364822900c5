"""Files of thresholds: both formats, what is refused, and outcomes by the interval."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from streamrec_core.diagnosis.gate.threshold_keys import KEYS, MODEL_KEYS, PAIR_KEYS
from streamrec_core.diagnosis.gate.thresholds import Estimate, Threshold, exit_code, judge, needed, read_thresholds
from streamrec_core.errors import BadInput

TOML = """
# one model
coverage = 0.3
explanations_failed = 0.1
diversity = { at_least = 0.2, at_most = 0.9 }
# two models
hit_at_10_drop = 0.01
"""
READ = (
    Threshold("coverage", "at_least", 0.3),
    Threshold("explanations_failed", "at_most", 0.1),
    Threshold("diversity", "at_least", 0.2),
    Threshold("diversity", "at_most", 0.9),
    Threshold("hit_at_10_drop", "at_most", 0.01),
)


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text(TOML)
    values = {
        "coverage": 0.3,
        "explanations_failed": 0.1,
        "diversity": {"at_least": 0.2, "at_most": 0.9},
        "hit_at_10_drop": 0.01,
    }
    (tmp_path / "gate.json").write_text(json.dumps(values))
    assert read_thresholds(tmp_path / "gate.toml") == READ
    assert read_thresholds(tmp_path / "gate.json") == READ


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("gate.toml", "coverege = 0.3", "no known figure with 'coverege'; known are hit_at_10, .*new_attention_sinks"),
        ("gate.toml", "", "holds no threshold"),
        ("gate.json", "[0.3]", "holds no threshold"),
        ("gate.toml", "coverage = 'high'", "gate.toml: coverage = 'high' is no limit; write a number"),
        ("gate.toml", "coverage = true", "is no limit"),
        ("gate.toml", "coverage = nan", "is no limit"),
        ("gate.toml", "coverage = {}", "is no limit"),
        ("gate.toml", "coverage = { minimum = 0.3 }", "is no limit"),
        ("gate.toml", "coverage: 0.3", "is not valid TOML"),
        ("gate.json", "coverage = 0.3", "is not valid JSON"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput, match=message) as refused:
        read_thresholds(tmp_path / name)
    assert refused.value.path == tmp_path / name


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        read_thresholds(tmp_path / "gone.toml")
    with pytest.raises(BadInput, match="cannot be used: is a folder"):
        read_thresholds(tmp_path)


@pytest.mark.parametrize(
    ("bound", "limit", "outcome"),
    [
        ("at_least", 0.25, "met"),
        ("at_least", 0.3, "met"),
        ("at_least", 0.35, "not decided"),
        ("at_least", 0.45, "not met"),
        ("at_most", 0.45, "met"),
        ("at_most", 0.4, "met"),
        ("at_most", 0.35, "not decided"),
        ("at_most", 0.25, "not met"),
    ],
)
def test_the_whole_interval_decides(bound: str, limit: float, outcome: str) -> None:
    estimate = Estimate(0.35, 0.3, 0.4, 100)
    (judgement,) = judge((Threshold("coverage", bound, limit),), {"coverage": estimate})  # type: ignore[arg-type]
    assert judgement.outcome == outcome
    assert judgement.as_plain()[bound] == limit


def test_a_count_without_an_interval_is_decided() -> None:
    sinks = {"new_attention_sinks": Estimate(1, None, None, 100)}
    outcomes = [judge((Threshold("new_attention_sinks", "at_most", limit),), sinks)[0].outcome for limit in (0, 1)]
    assert outcomes == ["not met", "met"]


def test_what_was_not_measured_is_not_judged_and_exit_codes_tell_the_worst() -> None:
    coverage = {"coverage": Estimate(0.35, 0.3, 0.4, 100)}
    met, open_, failed = (Threshold("coverage", "at_least", limit) for limit in (0.2, 0.35, 0.5))
    assert judge((Threshold("mrr", "at_least", 0.1),), coverage) == ()
    assert exit_code(judge((met,), coverage)) == 0
    assert exit_code(judge((met, open_), coverage)) == 3
    assert exit_code(judge((met, open_, failed), coverage)) == 1


def test_what_must_be_measured_follows_from_the_names() -> None:
    assert needed(READ, pair=False) == {"explanations"}
    pair = (Threshold("new_attention_sinks", "at_most", 0), Threshold("parameter_moved", "at_most", 1))
    assert needed(pair, pair=False) == set()
    assert needed(pair, pair=True) == {"sinks", "parameters"}


def test_every_figure_has_its_test_by_name() -> None:
    assert not set(MODEL_KEYS) & set(PAIR_KEYS)
    assert all(key.title and key.test for key in KEYS.values())


def test_the_docs_list_every_name_and_their_example_can_be_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "release-gate.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    listed = [name for line in rows for name in re.findall(r"`(\w+)`", line.split("|")[1])]
    assert listed == list(KEYS)
    for line in rows[:5]:
        bound = line.split("|")[2].strip().replace(" ", "_")
        assert {MODEL_KEYS[name].bound for name in re.findall(r"`(\w+)`", line)} == {bound}
    example = re.search(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    assert example is not None
    (tmp_path / "gate.toml").write_text(example[1])
    assert len(read_thresholds(tmp_path / "gate.toml")) == 7
