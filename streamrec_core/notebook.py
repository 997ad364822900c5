"""Results in notebooks: an HTML table in the notebook's own colours, and a pandas frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 30


class NotebookResult(ABC):
    """A result that a notebook shows as a table and that converts to pandas.

    The HTML sets no colour, so that it reads in light and dark notebooks; titles, ids and categories come from other
    people's files and are escaped.
    """

    @abstractmethod
    def to_pandas(self) -> pd.DataFrame:
        """The result as one table."""

    @abstractmethod
    def summary(self) -> tuple[str, ...]:
        """Sentences that stand above the table, the most important first."""

    def shown_rows(self) -> pd.DataFrame:
        """The rows that a notebook shows: the first 30 of `to_pandas`."""
        return self.to_pandas().head(MOST_ROWS)

    def _repr_html_(self) -> str:
        import pandas as pd

        rows = self.shown_rows()
        with pd.option_context("display.max_colwidth", None):
            table = rows.to_html(escape=True, index=False, border=0, na_rep="–", float_format="{:.4g}".format)
        first, *others = self.summary()
        lines = [f"<p><strong>{escape(first)}</strong></p>", *(f"<p>{escape(line)}</p>" for line in others)]
        return f'<div class="streamrec-result">{"".join(lines)}{table if len(rows) else ""}</div>'
