"""Where the share of verified explanations is shown, what noise gets stands beside it, or that nobody counted."""

from __future__ import annotations

from pathlib import Path

from streamrec_core.explain.nulls import NullShare, NullShares, NullSubject
from streamrec_core.explain.shares import SHARES_FILE, CountedShares, count_shares
from streamrec_core.report.document import Document
from streamrec_core.report.register import Register
from streamrec_core.report.sections.explanations import NOISE_NOT_COUNTED, beside_noise, noise
from tests.report.worlds import opened


def counted_for(places: dict[str, Path]) -> CountedShares:
    """Shares of the memory model, with figures of noise that are known."""
    subject = opened(places, "memory")
    asked = NullSubject(subject.model, None, subject.dataset, subject.divided)
    found = count_shares(asked, subject.card.weights_sha256, 2)
    row = NullShare(verified=0.125, interval=(0.1, 0.2), n=8)
    nulls = NullShares(ours=row.model_copy(update={"verified": 0.75}), random_reason=row, shuffled=row)
    return found.model_copy(update={"nulls": nulls})


def test_noise_stands_beside_the_share_that_holds_with_a_word_on_shuffled_weights(places: dict[str, Path]) -> None:
    register = Register()
    (text,) = noise(counted_for(places), register)
    known = {figure.id: figure for figure in register.figures()}
    assert [known[f"explanations/nulls/{name}"].value for name in ("ours", "random_reason", "shuffled")] == [
        0.75,
        0.125,
        0.125,
    ]
    assert "explanations/nulls/untrained" not in known
    assert "this model, random reasons: [[explanations/nulls/random_reason]]" in text
    assert "it can be true of shuffled weights too" in text
    assert beside_noise(known).endswith("pass the same tests for [[explanations/nulls/random_reason]]")
    assert beside_noise({}) == ""


def test_where_nobody_counted_the_pack_says_so(document: Document) -> None:
    (section,) = [one for one in document.sections if one.key == "explanations"]
    assert NOISE_NOT_COUNTED in section.says
    assert noise(None, Register()) == (NOISE_NOT_COUNTED,)


def test_what_was_counted_for_other_weights_is_not_told(places: dict[str, Path]) -> None:
    counted, folder = counted_for(places), places["memory"]
    try:
        counted.write(folder / SHARES_FILE)
        assert opened(places, "memory").counted == counted
        counted.model_copy(update={"weights_sha256": "0" * 64}).write(folder / SHARES_FILE)
        assert opened(places, "memory").counted is None
    finally:
        (folder / SHARES_FILE).unlink()
