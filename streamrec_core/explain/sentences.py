"""Verified explanations in sentences: each clause tied to its check, for three readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamrec_core.attribution.counterfactual import Counterfactual
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import NOUN, LogWords, either
from streamrec_core.data.shown_number import POINTS
from streamrec_core.data.shown_text import shown_text
from streamrec_core.explain.check_record import Check, Trials
from streamrec_core.explain.messages import Reader, check_reader, messages
from streamrec_core.explain.no_reason import Finding
from streamrec_core.explain.reasons import CandidateReason
from streamrec_core.explain.verified_record import CheckedReason, Verified


@dataclass(frozen=True)
class Clause:
    """One sentence about one reason, with its evidence.

    Attributes
    ----------
    label : str
        Name of the reason: "The most recent title: 'Night Shift'".
    text : str
        What its removal did or, for a rejected reason, why it was rejected.
    detail : str
        The random edits it passed; empty for a rejected reason.
    positions : tuple of int
        Events in the history to highlight.
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
        What may be read out: the clauses or, where no reason was confirmed, what is known instead.
    clauses : tuple of Clause
        The named reasons, at most three, largest effect first.
    rejected : tuple of Clause
        What was considered and is not claimed.
    findings : tuple of str
        Where no reason was confirmed: what is known, a sentence each.
    agreement : str
        How the methods agree.
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


def words(verified: Verified, catalogue: Catalogue, reader: str = "viewer") -> Words:
    """Put a verified explanation into words.

    Parameters
    ----------
    verified : Verified
    catalogue : Catalogue
    reader : str
        viewer, analyst or regulator.

    Returns
    -------
    Words

    Raises
    ------
    BadInput
        The reader is unknown.
    """
    return _Writer(verified, catalogue, check_reader(reader)).write()


def cannot_be_recommended(reader: str = "viewer", noun: str = NOUN) -> str:
    """Say that an item cannot be recommended, and so not verified.

    Parameters
    ----------
    reader : str
        viewer, analyst or regulator.
    noun : str
        Of the data set.

    Returns
    -------
    str

    Raises
    ------
    BadInput
        The reader is unknown.
    """
    return messages(LogWords(noun=noun)).say(check_reader(reader), "cannot")


class _Writer:
    def __init__(self, verified: Verified, catalogue: Catalogue, reader: Reader) -> None:
        self.verified, self.catalogue, self.reader = verified, catalogue, reader
        self.messages = messages(catalogue.words)

    def write(self) -> Words:
        """Write all words of the explanation."""
        clauses = tuple(self._named(checked) for checked in self.verified.named)
        findings = tuple(self._finding(finding) for finding in self.verified.findings)
        return Words(
            # Whole sentences in a row; none depends on its neighbours.
            sentence=" ".join([*self._lead(), *(clause.text for clause in clauses), *findings, *self._again()]),
            clauses=clauses,
            rejected=tuple(self._rejected(checked) for checked in self.verified.rejected),
            findings=findings,
            agreement=self.messages.say("badge", self.verified.agreement.key),
            warning=self.messages.say(self.reader, "warning") if self.verified.agreement.warning else "",
            counterfactual=self._counterfactual(self.verified.counterfactual),
        )

    def _lead(self) -> list[str]:
        """Say that no reason was confirmed; of an unlisted title none is claimed, so that this is not said either."""
        if self.verified.status != "no reason holds":
            return []
        tested = len(self.verified.confirmed) + len(self.verified.rejected)
        return [self.messages.say(self.reader, "nothing", count=tested)]

    def _again(self) -> list[str]:
        """Say that a recommended title is in the history already, unless a reason says so."""
        if self.verified.status == "not on the list" or not self.verified.in_history:
            return []
        if any(checked.reason.kind == "again" for checked in self.verified.named):
            return []
        return [self.messages.say(self.reader, "recommended again")]

    def _named(self, checked: CheckedReason) -> Clause:
        outcome = "falls" if checked.check.rank_after > checked.check.rank_before else "weakens"
        return Clause(
            label=self._label(checked),
            text=self._say(checked, "reason", _message(checked.reason), outcome=outcome),
            detail=self._say(checked, "passed", outcome=_tried(checked.check)),
            positions=checked.reason.positions,
            checked=checked,
        )

    def _rejected(self, checked: CheckedReason) -> Clause:
        text = self._say(checked, "rejected", checked.check.verdict, count=checked.check.sets)
        return Clause(self._label(checked), text, "", checked.reason.positions, checked)

    def _label(self, tested: CheckedReason) -> str:
        return self.messages.say("label", _message(tested.reason), count=_number(tested.reason), **self._items(tested))

    def _say(self, tested: CheckedReason, *path: str, outcome: str = "", count: int | None = None) -> str:
        """Write a reader's sentence about a reason."""
        values = {**self._items(tested), **self._figures(tested.check)}
        count = _number(tested.reason) if count is None else count
        return self.messages.say(self.reader, *path, count=count, outcome=outcome, **values)

    def _items(self, tested: CheckedReason) -> dict[str, str]:
        category = tested.reason.category
        return {
            "titles": self._titles(tested.reason.rows),
            "category": "" if category is None else shown_text(self.catalogue.categories[category]),
            "events": self._events(tested.reason.positions),
            **self._strong(tested.reason),
        }

    def _strong(self, reason: CandidateReason) -> dict[str, str]:
        """How the strong engagements of a reason are said: those that occur in it, of StreamRec's own all."""
        words = self.catalogue.words
        codes = list(range(words.strong, len(words)))
        if words.from_log:
            occurring = set(self.verified.case.history.engagements[list(reason.positions)].tolist())
            codes = [code for code in codes if code in occurring]
        strong = either([words.phrases[code] for code in codes])
        return {"strong": strong, "Strong": strong[:1].upper() + strong[1:]}

    def _figures(self, check: Check) -> dict[str, str]:
        say, settings = self.messages, self.verified.settings.checks
        before, after = say.percent(check.probability_before), say.percent(check.probability_after)
        return {
            "before": say.number(check.rank_before),
            "after": say.number(check.rank_after),
            "p_before": before,
            "p_after": after,
            "p_change": say.say("format", "stays" if before == after else "goes", first=before, second=after),
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
        say = self.messages
        return {
            "subs": say.number(trials.sub_histories_lower),
            "sub_count": say.number(trials.sub_histories),
            "replaced": say.number(trials.replacements_lower),
            "replace_count": say.number(trials.replacements),
            "p": say.p_value(trials.p_value),
            "p_holm": say.p_value(trials.p_holm),
        }

    def _finding(self, finding: Finding) -> str:
        say, figures, settings = self.messages, finding.figures, self.verified.settings
        empty, items = self.verified.empty, self.verified.case.history.items
        values = {
            "titles": self._titles([int(items[position]) for position in finding.positions]),
            "events": self._events(finding.positions),
            "rank": say.number(figures.get("rank", 0)),
            "rank_without": say.number(figures.get("rank_without", 0)),
            "change": say.number(-figures.get("effect", 0.0), 2, signed=True),
            "p_with": say.percent(figures.get("probability", 0.0)),
            "p_without": say.percent(figures.get("probability_without", 0.0)),
            "least_effect": say.number(settings.checks.least_effect, 2),
            "least_points": say.number(POINTS * settings.checks.least_effect),
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

    def _counterfactual(self, counterfactual: Counterfactual | None) -> str:
        if counterfactual is None:
            return ""
        say = self.messages
        figures = {
            "k": say.number(counterfactual.k),
            "before": say.number(counterfactual.rank),
            "after": say.number(counterfactual.rank_without),
            "tried": say.number(counterfactual.tried),
        }
        if counterfactual.positions is None:
            return say.say(self.reader, "counterfactual", "none", count=1, **figures)
        items = self.verified.case.history.items
        rows = list(dict.fromkeys(int(items[position]) for position in counterfactual.positions))
        return say.say(
            self.reader,
            "counterfactual",
            "found",
            # An analyst counts events; others count titles, each once.
            count=len(counterfactual.positions) if self.reader == "analyst" else len(rows),
            titles=self._titles(rows),
            events=self._events(counterfactual.positions),
            instead=self._titles(counterfactual.instead[:1]),
            **figures,
        )

    def _titles(self, rows: Sequence[int]) -> str:
        return self.messages.titles([self.catalogue.titles[row] for row in rows])

    def _events(self, positions: Sequence[int]) -> str:
        """List the numbers of events in the whole session, from 1, as people count."""
        number = self.verified.case.history.number
        return ", ".join(self.messages.number(number(position)) for position in positions)


def _message(reason: CandidateReason) -> str:
    """Key of the messages of a reason; strong engagements share theirs."""
    return "strong" if reason.kind in ("saved", "rated") else reason.kind


def _number(reason: CandidateReason) -> int:
    """Count what a sentence counts: occurrences for repeats, else titles, each once."""
    return len(reason.positions) if reason.kind in ("repeats", "again") else len(reason.rows)


def _tried(check: Check) -> str:
    """Name the random edits a check could make: of a whole history, none by leaving others out."""
    if check.trials is None or not check.trials.replacements:
        return "left out"
    return "both" if check.trials.sub_histories else "replaced"
