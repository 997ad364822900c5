"""Numbers as people read them: a true minus sign, zero without a sign, intervals, and points of a score.

Downloads and JSON hold plain numbers with a hyphen; what stands on a page, in a chart or in a pack is written here.
"""

from __future__ import annotations

MINUS = "−"
"""U+2212, as wide as a plus sign; a hyphen is shorter, and screen readers skip it."""
POINTS = 100
"""Points in one unit of a score (a nat): ten points make a title about a tenth more likely, seventy double its odds."""
POINTS_EXPLAINED = "Points: ten more make a title about 10% more likely against the others, seventy double its odds."


def shown_number(value: float, spec: str = ".2f") -> str:
    """Write a number with a true minus sign; what rounds to zero has no sign.

    Parameters
    ----------
    value : float
    spec : str
        Python's format specification, such as `+.1f` or `.0%`.

    Returns
    -------
    str

    Examples
    --------
    >>> shown_number(-0.123, "+.1%"), shown_number(0.5, "+.1f"), shown_number(-0.001)
    ('−12.3%', '+0.5', '0.00')
    """
    text = format(value, spec)
    if not text.strip("+-0.,% "):
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def shown_interval(bounds: tuple[float, float], spec: str = ".2f") -> str:
    """Write both bounds of an interval.

    Parameters
    ----------
    bounds : tuple of two float
    spec : str
        Python's format specification of each.

    Returns
    -------
    str

    Examples
    --------
    >>> shown_interval((-0.02, 0.1), "+.0%")
    '−2% to +10%'
    """
    low, high = bounds
    return f"{shown_number(low, spec)} to {shown_number(high, spec)}"


def shown_count(number: int, noun: str) -> str:
    """Write a number of things, one of them in the singular.

    Parameters
    ----------
    number : int
    noun : str
        In the singular; its plural ends in s.

    Returns
    -------
    str

    Examples
    --------
    >>> shown_count(1, "event"), shown_count(2000, "event")
    ('1 event', '2,000 events')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def points_text(points: float) -> str:
    """Write whole points of a score with their sign.

    Examples
    --------
    >>> points_text(12.4), points_text(-3.0), points_text(0.2)
    ('+12', '−3', '0')
    """
    return shown_number(points, "+,.0f")


def in_points(nats: float, spec: str = "+,.0f") -> str:
    """Write a difference of scores or log-probabilities in points.

    Parameters
    ----------
    nats : float
    spec : str
        Python's format specification of the number.

    Returns
    -------
    str

    Examples
    --------
    >>> in_points(-0.7), in_points(0.0123, "+.1f")
    ('−70 points', '+1.2 points')
    """
    return f"{shown_number(POINTS * nats, spec)} points"
