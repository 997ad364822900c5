"""The additions and swaps that bring a title on the list, as edits of a what-if."""

from __future__ import annotations

from streamrec_core.attribution.bring_in_record import BringIn
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.diagnosis.edits import Edit


def edits_that_bring_in(lift: BringIn, catalogue: Catalogue, events: int) -> list[Edit]:
    """Write what brings a title on the list as edits of the session.

    Parameters
    ----------
    lift : BringIn
    catalogue : Catalogue
    events : int
        Length of the whole history; additions stand after it.

    Returns
    -------
    list of Edit
        Empty where nothing that was tried does it.
    """
    edits = []
    for addition in lift.edits or ():
        item = catalogue.item_ids[addition.row]
        if (number := lift.number(addition)) is not None:
            edits.append(Edit("replace", number, item_id=item))
        else:
            events += 1
            edits.append(Edit("insert", events, item_id=item, engagement=catalogue.words.engagements[0]))
    return edits
