"""Verified evidence in words: each clause a whole sentence tied to its check, for three readers in two languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamrec_core.attribution.counterfactual import Counterfactual
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.explain.checks import Check, Trials
from streamrec_core.explain.messages import Messages, Reader, check_reader, messages
from streamrec_core.explain.no_reason import Finding
from streamrec_core.explain.reasons import CandidateReason
from streamrec_core.explain.verified import CheckedReason, Verified


@dataclass(frozen=True)
class Clause:
    """One sentence about one reason, with its evidence.

    Attributes
    ----------
    label : str
        What the reason is: "The most recent title: 'Night Shift'".
    text : str
        What its removal did or, for a dropped reason, why it was dropped.
    detail : str
        The random edits it stood; empty for a dropped reason.
    positions : tuple of int
        Places in the history to light up.
    checked : CheckedReason
        The reason, its heads, effect, ranks before and after, trials.
    """

    label: str
    text: str
    detail: str
    positions: tuple[int, ...]
    checked: CheckedReason


@dataclass(frozen=True)
class Words:
    """A verified explanation in words.

    Attributes
    ----------
    sentence : str
        What may be read out: the clauses or, where no reason held, what is known instead.
    clauses : tuple of Clause
        The named reasons, at most three, largest effect first.
    rejected : tuple of Clause
        What was considered and is not claimed.
    findings : tuple of str
        Where no reason held: what is known, a sentence each.
    agreement : str
    warning : str
        Empty unless a method disagrees with removal.
    counterfactual : str
        Empty where none was searched.
    """

    sentence: str
    clauses: tuple[Clause, ...]
    rejected: tuple[Clause, ...]
    findings: tuple[str, ...]
    agreement: str
    warning: str
    counterfactual: str


def words(found: Verified, catalogue: Catalogue, reader: str = "viewer", language: str = "en") -> Words:
    """Put a verified explanation into words.

    Raises
    ------
    BadInput
        The reader or the language is unknown.
    """
    return _Writer(found, catalogue, check_reader(reader), messages(language)).write()


def cannot_be_recommended(reader: str = "viewer", language: str = "en") -> str:
    """What is said of an item that cannot be recommended, and so not verified."""
    return messages(language).say(check_reader(reader), "cannot")


class _Writer:
    def __init__(self, found: Verified, catalogue: Catalogue, reader: Reader, language: Messages) -> None:
        self.found, self.catalogue, self.reader, self.language = found, catalogue, reader, language

    def write(self) -> Words:
        """All words of the explanation."""
        clauses = tuple(self._named(one) for one in self.found.named)
        known = tuple(self._finding(one) for one in self.found.findings)
        tested = len(self.found.confirmed) + len(self.found.rejected)
        # Of a title that is not on the list nothing is claimed, so that no reason failed either.
        lead = (
            [self.language.say(self.reader, "nothing", count=tested)] if self.found.status == "no reason holds" else []
        )
        return Words(
            # Whole sentences one after another; none depends on its neighbours.
            sentence=" ".join([*lead, *(clause.text for clause in clauses), *known]),
            clauses=clauses,
            rejected=tuple(self._rejected(one) for one in self.found.rejected),
            findings=known,
            agreement=self.language.say("badge", self.found.agreement.key),
            warning=self.language.say(self.reader, "warning") if self.found.agreement.warning else "",
            counterfactual=self._counterfactual(self.found.counterfactual),
        )

    def _named(self, checked: CheckedReason) -> Clause:
        outcome = "falls" if checked.check.rank_after > checked.check.rank_before else "weakens"
        return Clause(
            label=self._label(checked),
            text=self._say(checked, "reason", checked.reason.kind, outcome=outcome),
            detail=self._say(checked, "tested", outcome=_tried(checked.check)),
            positions=checked.reason.positions,
            checked=checked,
        )

    def _rejected(self, checked: CheckedReason) -> Clause:
        text = self._say(checked, "dropped", checked.check.verdict, count=checked.check.sets)
        return Clause(self._label(checked), text, "", checked.reason.positions, checked)

    def _label(self, tested: CheckedReason) -> str:
        return self.language.say("label", tested.reason.kind, count=_number(tested.reason), **self._items(tested))

    def _say(self, tested: CheckedReason, *path: str, outcome: str = "", count: int | None = None) -> str:
        """A reader's sentence about a reason."""
        number = _number(tested.reason) if count is None else count
        values = {**self._items(tested), **self._figures(tested.check)}
        return self.language.say(self.reader, *path, count=number, outcome=outcome, **values)

    def _items(self, tested: CheckedReason) -> dict[str, str]:
        category = tested.reason.category
        return {
            "titles": self._titles(tested.reason.rows),
            "category": "" if category is None else self.catalogue.categories[category],
            "events": self._events(tested.reason.positions),
        }

    def _figures(self, check: Check) -> dict[str, str]:
        say, settings = self.language, self.found.settings.checks
        return {
            "before": say.number(check.rank_before),
            "after": say.number(check.rank_after),
            "p_before": say.percent(check.probability_before),
            "p_after": say.percent(check.probability_after),
            "effect": say.number(-check.effect, 2, signed=True),
            "list_effect": say.number(-check.list_effect, 2, signed=True),
            "least": say.percent(settings.least_share),
            "least_fall": say.number(settings.least_fall),
            "least_subs": say.percent(settings.least_sub_histories),
            "least_replaced": say.percent(settings.least_replacements),
            "alpha": say.number(settings.alpha, 2),
            **self._trials(check.trials or Trials(0, 0, 0, 0)),
        }

    def _trials(self, trials: Trials) -> dict[str, str]:
        say = self.language
        return {
            "subs": say.number(trials.sub_histories_lower),
            "sub_count": say.number(trials.sub_histories),
            "replaced": say.number(trials.replacements_lower),
            "replace_count": say.number(trials.replacements),
            "p": say.p_value(trials.p_value),
            "p_holm": say.p_value(trials.p_holm),
        }

    def _finding(self, finding: Finding) -> str:
        say, figures, settings = self.language, finding.figures, self.found.settings
        empty = self.found.empty
        rows = [int(self.found.case.history.items[at]) for at in finding.positions]
        values = {
            "titles": self._titles(rows),
            "events": self._events(finding.positions),
            "rank": say.number(figures.get("rank", 0)),
            "rank_without": say.number(figures.get("rank_without", 0)),
            "change": say.number(-figures.get("effect", 0.0), 2, signed=True),
            "p_with": say.percent(figures.get("probability", 0.0)),
            "p_without": say.percent(figures.get("probability_without", 0.0)),
            "least_effect": say.number(settings.checks.least_effect, 2),
            "first": say.number(figures.get("first", 0)),
            "p_before": say.percent(empty.probability_before),
            "p_empty": say.percent(empty.probability_after),
            "share": say.percent(figures.get("share", 0.0)),
            "limit": say.percent(settings.nothing.unsure_share),
            "together": say.number(-empty.effect, 2, signed=True),
            "largest": say.number(-figures.get("largest", 0.0), 2, signed=True),
            "p_largest": say.percent(figures.get("p_largest", 0.0)),
        }
        return say.say(self.reader, "finding", finding.kind, count=int(figures.get("count", 1)), **values)

    def _counterfactual(self, found: Counterfactual | None) -> str:
        if found is None:
            return ""
        say = self.language
        figures = {"k": say.number(found.k), "before": say.number(found.rank), "after": say.number(found.rank_without)}
        if found.positions is None:
            return say.say(self.reader, "counterfactual", "none", count=1, tried=say.number(found.tried), **figures)
        rows = list(dict.fromkeys(int(self.found.case.history.items[place]) for place in found.positions))
        return say.say(
            self.reader,
            "counterfactual",
            "found",
            # An analyst counts events; others count titles, each once.
            count=len(found.positions) if self.reader == "analyst" else len(rows),
            titles=self._titles(rows),
            events=self._events(found.positions),
            instead=self._titles(found.instead[:1]),
            **figures,
        )

    def _titles(self, rows: Sequence[int]) -> str:
        return self.language.titles([self.catalogue.titles[row] for row in rows])

    def _events(self, positions: Sequence[int]) -> str:
        """Places counted from 1, as people count."""
        return ", ".join(self.language.number(place + 1) for place in positions)


def _number(reason: CandidateReason) -> int:
    """How many a sentence counts: times for repeats, else titles, each once."""
    return len(reason.positions) if reason.kind in ("repeats", "again") else len(reason.rows)


def _tried(check: Check) -> str:
    """Which random edits a check could make: of a whole history, none by leaving others out."""
    if check.trials is None or not check.trials.replacements:
        return "left out"
    return "both" if check.trials.sub_histories else "replaced"
