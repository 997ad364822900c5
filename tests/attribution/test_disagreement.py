"""Shares on one axis and disagreement between methods, by figures written down by hand."""

from __future__ import annotations

import numpy as np
import pytest

from streamrec_core.attribution.disagreement import DisagreementSettings, MethodDisagreement, disagreements, shares


def test_shares_keep_the_sign_and_add_up_in_size() -> None:
    assert shares(np.array([3.0, -1.0])).tolist() == [0.75, -0.25]
    assert shares(np.zeros(3)).tolist() == [0.0, 0.0, 0.0]


def test_a_decoy_that_is_looked_at_and_a_cause_that_is_not_are_both_marked() -> None:
    marked = disagreements({"attention": np.array([0.8, 0.1, 0.1]), "removal": np.array([0.0, 2.0, 0.0])})
    assert marked == (
        MethodDisagreement(1, "attention", "less", pytest.approx(0.1), 1.0),
        MethodDisagreement(0, "attention", "more", pytest.approx(0.8), 0.0),
        MethodDisagreement(2, "attention", "more", pytest.approx(0.1), 0.0),
    )


def test_methods_that_tell_the_same_in_different_units_do_not_disagree() -> None:
    figures = np.array([0.5, -0.3, 0.2])
    assert disagreements({"attention": np.abs(figures), "integrated_gradients": 7 * figures, "removal": figures}) == ()


def test_opposite_signs_count_only_where_both_are_worth_speaking_of() -> None:
    gradients, removal = np.array([0.5, -0.5]), np.array([0.5, 0.5])
    (marked,) = disagreements({"integrated_gradients": gradients, "removal": removal})
    assert (marked.position, marked.kind) == (1, "opposite")
    assert disagreements({"integrated_gradients": np.array([0.98, -0.02]), "removal": np.array([0.98, 0.02])}) == ()


def test_attention_has_no_sign_so_that_an_event_that_speaks_against_is_no_disagreement() -> None:
    assert disagreements({"attention": np.array([0.5, 0.5]), "removal": np.array([1.0, -1.0])}) == ()


def test_the_margin_is_a_setting() -> None:
    values = {"attention": np.array([0.7, 0.3]), "removal": np.array([0.4, 0.6])}
    assert len(disagreements(values)) == 2
    assert disagreements(values, DisagreementSettings(margin=0.35)) == ()
    assert disagreements(values, DisagreementSettings(times=2.1)) == ()  # 0.6 is only twice 0.3
