"""Who can be compared on a data set, trained models and rules that need no training, and how they did."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from pages.compare import cached
from pages.ui import cached as ui_cached
from pages.ui.workbench import Workbench, lay, model_folders, readable_cards
from streamrec_core.charts.slices import Column
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.evaluation.compare import Row
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.paired import Lift
from streamrec_core.evaluation.slices import SliceScore
from streamrec_core.models.card import ModelCard
from streamrec_core.models.protocol import SessionModel

NEIGHBOURS = "item neighbours"
USUAL_RULES = (NEIGHBOURS, "popularity")
USUAL_MODELS = 3
"""How many of the trained models stand side by side before anybody chooses."""


@dataclass(frozen=True)
class Entrant:
    """One who can be compared.

    Attributes
    ----------
    number : int
        Place in the list of all; it fixes the colour.
    key : str
        Hash and stamp of the weights, or the name of the rule; part of every cache key.
    rule : str
        Name of the simple rule; empty for a checkpoint, which Explore can open.
    doubt : str
        Why its figures may flatter it; empty where nothing is known against them.
    """

    name: str
    number: int
    key: str
    rule: str = ""
    doubt: str = ""


def entrants(bench: Workbench) -> dict[str, Entrant]:
    """All who can be compared, by name: trained models first, then the simple rules."""
    cards = readable_cards()
    found = [
        Entrant(name, number, _weights(name, cards[name]), doubt=_doubt(cards[name], bench))
        for number, name in enumerate(bench.fitting)
    ]
    for rule in cached.simple_rules(bench.events_hash, bench.dataset):
        # A run may have taken the name of a rule.
        name = f"{rule} (simple rule)" if rule in bench.fitting else rule
        found.append(Entrant(name, len(found), f"rule {rule}", rule))
    return {one.name: one for one in found}


def _weights(name: str, card: ModelCard) -> str:
    """Hash and stamp: a file that was changed is opened again, and then refused."""
    return f"{card.weights_sha256} {ui_cached.weights_stamp(model_folders()[name])}"


def usual(known: dict[str, Entrant]) -> tuple[str, ...]:
    """Who stands side by side before anybody chooses: the first trained models, neighbours and popularity."""
    trained = [one.name for one in known.values() if not one.rule][:USUAL_MODELS]
    return (*trained, *(one.name for one in known.values() if one.rule in USUAL_RULES))


def neighbours(known: dict[str, Entrant]) -> str:
    """Who the others are measured against before anybody chooses: collaborative filtering."""
    return next(one.name for one in known.values() if one.rule == NEIGHBOURS)


def evaluated(entrant: Entrant, bench: Workbench) -> Evaluation:
    """Its results on the test sessions; raises `StreamRecError` where a checkpoint is damaged."""
    found = cached.evaluation(entrant.key, bench.events_hash, partial(_open, entrant, bench), bench.dataset)
    return replace(found, model=entrant.name)


def _open(entrant: Entrant, bench: Workbench) -> SessionModel:
    if entrant.rule:
        return cached.simple_rules(bench.events_hash, bench.dataset)[entrant.rule]
    opened = lay(bench.data_name, entrant.name)
    if opened.model is None:
        raise BadInput(opened.refusal)
    return opened.model


@dataclass(frozen=True)
class Field:
    """Everybody's results on the same test sessions, and what is read off them; all of it is cached.

    Attributes
    ----------
    results : dict of str to (Entrant, Evaluation)
        By name, in the order of the list of all.
    faults : dict of str to str
        Who could not be tested, and why.
    """

    bench: Workbench
    results: dict[str, tuple[Entrant, Evaluation]]
    faults: dict[str, str]

    def standings(self) -> list[Row]:
        """All metrics of everybody."""
        events = self.bench.events_hash
        return [cached.standing(who.key, events, found) for who, found in self.results.values()]

    def lifts(self, base: str, metric: str) -> dict[str, Lift]:
        """How much better everybody else is than `base`."""
        below, reference = self.results[base]
        events = self.bench.events_hash
        return {
            name: cached.lift((who.key, below.key), events, metric, found, reference)
            for name, (who, found) in self.results.items()
            if name != base
        }

    def columns(self, by: str, metric: str) -> list[Column]:
        """Everybody on every slice of the way called `by`."""
        events = self.bench.events_hash
        parts = cached.slicing(by, events, self.bench.dataset)
        return [
            Column(who.name, who.number, cached.slice_scores(who.key, events, by, metric, found, parts))
            for who, found in self.results.values()
        ]

    def differences(self, by: str, metric: str, base: str) -> list[Column]:
        """Everybody else's difference from `base` on every slice."""
        below, reference = self.results[base]
        events = self.bench.events_hash
        parts = cached.slicing(by, events, self.bench.dataset)
        others = [pair for name, pair in self.results.items() if name != base]
        found = {
            who: cached.slice_differences((who.key, below.key), events, (by, metric), (result, reference), parts)
            for who, result in others
        }
        return [Column(who.name, who.number, scores) for who, scores in found.items()]

    def ceilings(self, by: str, metric: str) -> tuple[SliceScore, ...]:
        """The best that can be expected on every slice, where it is known."""
        if metric != "hit@10":
            return ()
        events = self.bench.events_hash
        parts = cached.slicing(by, events, self.bench.dataset)
        _, found = next(iter(self.results.values()))
        return cached.slice_ceilings(events, by, found, parts)


def hold(known: dict[str, Entrant], names: tuple[str, ...], bench: Workbench) -> Field:
    """Test everybody who is named, one after the other, with a sign of progress."""
    results, faults = {}, {}
    for number, name in enumerate(names, start=1):
        try:
            with st.spinner(f"Testing models on the test sessions ({number} of {len(names)}) …"):
                results[name] = known[name], evaluated(known[name], bench)
        except StreamRecError as error:
            faults[name] = str(error)
    return Field(bench, results, faults)


def _doubt(card: ModelCard, bench: Workbench) -> str:
    if card.data.events_hash != bench.dataset.card.hashes["events"]:
        return f"learned from other events ({card.data.name}), which may hold these test sessions"
    measured = card.metrics.get("validation") or card.metrics.get("test", {})  # no validation where that part is empty
    divided = measured.get("split_kind", bench.dataset.card.split)
    if divided != bench.dataset.card.split:
        return f"was trained on a {divided} split, so it may have learned from these test sessions"
    return ""
