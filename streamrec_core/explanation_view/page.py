"""One explanation as an HTML file that needs no network: sentence, ten, and matrix, drawn as in the dashboard."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

from streamrec_core.attribution.contributions import Contributions
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.nouns import in_noun
from streamrec_core.data.shown_number import POINTS_EXPLAINED
from streamrec_core.data.shown_text import shown_text
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.sentences import cannot_be_recommended, words
from streamrec_core.explain.verified_record import Verified
from streamrec_core.explanation_view.assets import matrix_script, matrix_style
from streamrec_core.explanation_view.payload import MatrixOptions, matrix_payload

THEME = """
:root { color-scheme: light dark; --st-font: system-ui, sans-serif; --st-primary-color: light-dark(#2b6399, #7fadd8);
  --st-background-color: light-dark(#fcfbf9, #0e1217); --st-text-color: light-dark(#12171e, #e6e9ed); }
body { background: var(--st-background-color); color: var(--st-text-color); font: 15px/1.45 var(--st-font);
  margin: 0 auto; max-width: 72rem; padding: 1.5rem; }
h1 { font-size: 1.25rem; margin: 0 0 .5rem; } h2 { font-size: .82rem; margin: 1.25rem 0 .25rem; }
ol.ten { columns: 2; margin: 0 0 1.25rem; }
p.sentence { font-size: 1.05rem; margin: 0 0 .25rem; } small, p.note { opacity: .8; } p.note { margin: .4rem 0; }
@media (max-width: 40rem) { ol.ten { columns: 1; } }
"""
MOUNT = """
const source = document.getElementById("matrix-script").textContent;
const data = JSON.parse(document.getElementById("matrix-data").textContent);
import(URL.createObjectURL(new Blob([source], { type: "text/javascript" }))).then((module) =>
  module.default({ data, parentElement: document.body, setStateValue: () => {}, setTriggerValue: () => {} }));
"""
HINT = "Point at a cell or an event to read it."
STATUS = {
    "verified": "Checked by removing events.",
    "no reason holds": "Checked by removing events: no reason is confirmed.",
    "not on the list": "This title is not on the list.",
}


def explanation_page(
    explanation: Explanation,
    dataset: DataSet,
    verified: Verified | None = None,
    parts: Contributions | None = None,
    notes: Sequence[str] = (),
) -> str:
    """Write one explanation as a page of its own.

    Parameters
    ----------
    explanation : Explanation
    dataset : DataSet
    verified : Verified or None
        None where the title cannot be recommended.
    parts : Contributions or None
        See `matrix_payload`.
    notes : sequence of str
        Paragraphs at the end, such as where the model and the data come from.

    Returns
    -------
    str
        HTML; titles stand in it as text only.
    """
    payload = matrix_payload(explanation, dataset, verified, parts, MatrixOptions(key="page", session="page"))
    payload["words"] = payload["words"] | {
        "hint": "Point at a cell to read it.",
        "hint_session": "Point at an event to read it.",
    }
    noun = dataset.catalogue.words.noun
    sentence = cannot_be_recommended(noun=noun) if verified is None else words(verified, dataset.catalogue).sentence
    status = "" if verified is None else in_noun(STATUS[verified.status], noun)
    title = f"Why {shown_text(explanation.candidate.title)}?"
    last = [in_noun(POINTS_EXPLAINED, noun)] if parts is not None else []
    return "".join(
        (
            "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
            "<meta name='viewport' content='width=device-width, initial-scale=1'>",
            f"<title>{html.escape(title)}</title><style>{THEME}{matrix_style()}</style></head><body>",
            f"<h1>{html.escape(title)}</h1><p class='sentence'>{html.escape(sentence)}</p>",
            f"<small>{html.escape(status)}</small>",
            _ten(explanation),
            "<div class='sr-matrix'></div>",
            *(f"<p class='note'>{html.escape(note)}</p>" for note in (*last, *notes)),
            f"<script type='application/json' id='matrix-data'>{script_json(payload)}</script>",
            f"<script type='text/plain' id='matrix-script'>{matrix_script()}</script>",
            f"<script type='module'>{MOUNT}</script></body></html>",
        )
    )


def script_json(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(value).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _ten(explanation: Explanation) -> str:
    lines = (
        f"<li>{html.escape(shown_text(item.title))} <small>{item.probability:.1%}</small></li>"
        for item in explanation.recommendations
    )
    heading = f"The first {len(explanation.recommendations)} of the list, and the probability of each"
    return f"<h2>{heading}</h2><ol class='ten'>{''.join(lines)}</ol>"
