"""Chart labels: shorten titles and escape their markup."""

from __future__ import annotations

import html

from streamrec_core.data.shown_text import shown_text


def chart_label(text: str, width: int = 40) -> str:
    """Shorten and escape a title for a Plotly figure, which would render links and markup in it.

    Parameters
    ----------
    text : str
    width : int
        Characters at most, before escaping.

    Returns
    -------
    str
    """
    return html.escape(shown_text(text, width), quote=False)


def event_labels(titles: list[str], start: int = 0) -> list[str]:
    """Number the events of a session from 1: "3 · Night Shift".

    Parameters
    ----------
    titles : list of L str
    start : int
        Events of the session before these.

    Returns
    -------
    list of L str
    """
    return [f"{number} · {chart_label(title)}" for number, title in enumerate(titles, start + 1)]
