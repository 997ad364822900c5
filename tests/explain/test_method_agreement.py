"""Agreement of methods: methods that give the first event opposite signs never agree."""

from __future__ import annotations

import numpy as np
import pytest

from streamrec_core.attribution.case import Case
from streamrec_core.attribution.evidence import AttributionEvidence
from streamrec_core.attribution.removal import Removal
from streamrec_core.explain.method_agreement import AgreementSettings, MethodAgreement, assess_agreement
from tests.worlds import session_of


def evidence(**values: list[float]) -> AttributionEvidence:
    """Evidence with these values of each method, all else empty."""
    arrays = {name: np.array(array, np.float64) for name, array in values.items()}
    length = len(arrays["removal"])
    nothing = np.zeros(0, np.int64)
    case = Case(session_of(range(length)), 50, nothing)
    removal = Removal("drop", (), 0.0, 0.0, 1, arrays["removal"], nothing, nothing)
    return AttributionEvidence(case, arrays, removal, None, None)


def badge(**values: list[float]) -> MethodAgreement:
    return assess_agreement(evidence(**values))


def test_a_first_event_with_opposite_signs_warns_where_the_sizes_agree() -> None:
    agreement = badge(attention=[0.7, 0.2, 0.1], integrated_gradients=[0.9, 0.3, 0.1], removal=[-0.8, 0.3, 0.1])
    assert agreement.warning
    assert agreement.key == "removal differs"
    assert [pair.opposed for pair in agreement.pairs] == [False, True, True]
    alike = badge(attention=[0.7, 0.2, 0.1], integrated_gradients=[0.9, 0.3, 0.1], removal=[0.8, 0.3, 0.1])
    assert (alike.key, alike.warning) == ("all agree", False)


def test_methods_differ_where_removing_the_most_attended_event_raises_the_title() -> None:
    agreement = badge(attention=[0.6, 0.3, 0.1], removal=[-0.1, 0.9, 0.2])
    assert (agreement.key, agreement.warning) == ("both differ", True)
    # Attention has no sign: that it looks at what speaks against a title is no contradiction.
    agreement = badge(attention=[0.5, 0.4, 0.1], removal=[0.3, -0.9, 0.1])
    assert [pair.opposed for pair in agreement.pairs] == [False]


def test_signs_are_compared_in_both_directions() -> None:
    agreement = badge(integrated_gradients=[0.9, 0.5, 0.1], removal=[0.4, -0.6, 0.1])
    assert [pair.opposed for pair in agreement.pairs] == [True]
    assert (agreement.key, agreement.warning) == ("both differ", True)


def test_contributions_replace_attention_and_are_signed() -> None:
    values = {"integrated_gradients": [0.9, 0.3, 0.1], "removal": [0.8, 0.3, 0.1]}
    agreement = badge(attention=[0.1, 0.2, 0.7], contribution=[0.7, 0.2, 0.1], **values)
    assert {pair.first for pair in agreement.pairs} == {"contribution", "gradients"}
    assert (agreement.key, agreement.warning) == ("all agree", False)
    agreement = badge(attention=[0.7, 0.2, 0.1], contribution=[-0.7, 0.2, 0.1], **values)
    assert (agreement.key, agreement.warning) == ("contributions differ", True)
    agreement = badge(contribution=[-0.9, 0.3, 0.1], integrated_gradients=[-0.8, 0.3, 0.1], removal=[0.8, 0.3, 0.1])
    assert (agreement.key, agreement.warning) == ("removal differs from contributions", True)


def test_orders_are_compared_with_their_signs() -> None:
    # Neither first event speaks the other way, and by size the orders are nearly the same; by sign they are not.
    agreement = badge(integrated_gradients=[0.45, 0.1, 0.2, 0.3, 0.4], removal=[0.40, -0.1, -0.2, -0.3, 0.41])
    (pair,) = agreement.pairs
    assert (pair.opposed, pair.same_first, pair.agree) == (False, False, False)
    assert pair.tau == pytest.approx(0.2)
    assert agreement.warning


@pytest.mark.parametrize(("least", "agree"), [(0.01, False), (0.0, True), (-0.5, True)])
def test_orders_without_any_relation_are_alike_where_zero_is_enough(least: float, agree: bool) -> None:
    unrelated = evidence(integrated_gradients=[0.1, 0.2, 0.3, 0.4], removal=[0.2, 0.4, 0.1, 0.3])
    (pair,) = assess_agreement(unrelated, AgreementSettings(tau=least)).pairs
    assert (pair.tau, pair.agree) == (0.0, agree)


@pytest.mark.parametrize(("removal", "warns"), [([0.5], False), ([-0.5], True), ([0.5, 0.2], False)])
def test_opposed_methods_warn_on_short_histories_too(removal: list[float], warns: bool) -> None:
    agreement = badge(integrated_gradients=[0.5, 0.2][: len(removal)], removal=removal)
    assert agreement.warning is warns
    assert (agreement.key == "too short") is not warns


def test_methods_are_not_opposed_where_no_event_has_an_effect() -> None:
    agreement = badge(attention=[0.7, 0.2, 0.1], removal=[0.0, 0.0, 0.0])
    assert (agreement.key, agreement.warning) == ("no effect", False)
