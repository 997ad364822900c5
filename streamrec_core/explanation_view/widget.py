"""Show one explanation in a notebook or save it as a file: the matrix that the dashboard draws, and its sentence."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamrec_core.attribution.contributions import Contributions, contributions
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput
from streamrec_core.explain.first_look import explain_session
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.verified import verify
from streamrec_core.explain.verified_record import Verified
from streamrec_core.explanation_view.assets import matrix_script, matrix_style
from streamrec_core.explanation_view.page import explanation_page, script_json
from streamrec_core.explanation_view.payload import MatrixOptions, matrix_payload
from streamrec_core.extras import require
from streamrec_core.files import write_atomically
from streamrec_core.models.protocol import AdditiveModel, SessionModel

FRAME_HEIGHT = 900
ESM = """
const source = new Blob([SOURCE], { type: "text/javascript" });
const module = import(URL.createObjectURL(source));
async function render({ model, el }) {
  el.innerHTML = "<div class='sr-matrix'></div>";
  const { default: draw } = await module;
  const again = () => draw({ data: model.get("payload"), parentElement: el, setTriggerValue: () => {},
    setStateValue: (name, value) => { model.set(name, value); model.save_changes(); } });
  model.on("change:payload", again);
  again();
}
export default { render };
"""
THEME = (
    "--st-font: system-ui, sans-serif; --st-primary-color: #3a78b5; "
    "--st-background-color: var(--jp-layout-color0, Canvas); --st-text-color: var(--jp-content-font-color1, CanvasText)"
)


@dataclass(frozen=True, eq=False)
class ExplanationView:
    """One explanation, to be looked at.

    Attributes
    ----------
    explanation : Explanation
    dataset : DataSet
    verified : Verified or None
        None where the title cannot be recommended.
    parts : Contributions or None
        What heads add, against the average title; None for a model that is not additive.
    """

    explanation: Explanation
    dataset: DataSet
    verified: Verified | None
    parts: Contributions | None

    def html(self) -> str:
        """Return a page of its own that needs no network."""
        return explanation_page(self.explanation, self.dataset, self.verified, self.parts)

    def save(self, path: Path | str) -> Path:
        """Write the page to a file; returns its path."""
        target = Path(path)
        write_atomically(target, self.html())
        return target

    def widget(self) -> Any:
        """Return an anywidget whose `view` holds the locked event and the open head.

        Raises
        ------
        MissingExtra
            The package anywidget is not installed.
        """
        require("anywidget")
        import anywidget
        import traitlets

        payload = matrix_payload(self.explanation, self.dataset, self.verified, self.parts, MatrixOptions())
        body = {
            "_esm": f"const SOURCE = {script_json(matrix_script())};{ESM}",
            "_css": f"{matrix_style()} .sr-matrix {{ {THEME} }}",
            "payload": traitlets.Dict(payload).tag(sync=True),
            "view": traitlets.Dict({}).tag(sync=True),
        }
        return type("ExplanationWidget", (anywidget.AnyWidget,), body)()

    def _repr_html_(self) -> str:
        """The page in a frame of its own: what it shows cannot reach the notebook."""
        frame = html.escape(self.html(), quote=True)
        style = f"border: 0; height: {FRAME_HEIGHT}px; width: 100%"
        return f'<iframe sandbox="allow-scripts" srcdoc="{frame}" style="{style}"></iframe>'


def show(
    model: SessionModel, dataset: DataSet, session: str | Explanation, candidate: int | str | None = None
) -> ExplanationView:
    """Explain and check one recommendation, and show it in a notebook.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    session : str or Explanation
        A session id, or what `explain_session` gave for one.
    candidate : int, str or None
        The title to explain, by catalogue row, id or title; None for the first recommendation.

    Returns
    -------
    ExplanationView
        Draws itself as the last line of a notebook's cell; `save` writes it as a file.

    Examples
    --------
    >>> from streamrec_core import load_model, open_data
    >>> data = open_data("streamrec")
    >>> model = load_model("streamrec-transformer", data)
    >>> show(model, data, "17").save("explanation.html").name
    'explanation.html'
    """
    row = dataset.catalogue.row(candidate) if isinstance(candidate, str) else candidate
    explanation = (
        session if isinstance(session, Explanation) else explain_session(model, dataset, session, candidate=row)
    )
    try:
        verified = verify(model, dataset, explanation)
    except BadInput:
        verified = None
    parts = None
    if isinstance(model, AdditiveModel):
        parts = contributions(model, explanation.history, [explanation.candidate.row], "average")
    return ExplanationView(explanation, dataset, verified, parts)
