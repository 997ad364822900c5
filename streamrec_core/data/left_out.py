"""Sessions that an import left out, each with the reason: so that a search for one says why it is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from streamrec_core.errors import BadInput

MOST_LISTED = 200_000
"""Sessions that are listed; those behind are only counted."""
TOTAL = b"left_out"


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Sessions of the source that are not in the log.

    Attributes
    ----------
    session_ids : arrow array of str
        The first `MOST_LISTED`.
    reasons : arrow dictionary array of str
        One a session, as it goes on after "because".
    total : int
        How many sessions were left out.
    """

    session_ids: pa.Array
    reasons: pa.Array
    total: int

    def reason(self, session_id: str) -> str:
        """Why a session was left out; empty where it is not listed.

        Examples
        --------
        >>> listed = left_out_sessions({"it has one event": ["anna", "ben"]})
        >>> listed.reason("ben"), listed.reason("carl")
        ('it has one event', '')
        """
        row = pc.index(self.session_ids, pa.scalar(session_id, pa.string())).as_py()
        return "" if row < 0 else str(self.reasons[row])

    def write(self, path: Path) -> None:
        """Write the list as a Parquet file."""
        table = pa.table({"session_id": self.session_ids, "reason": self.reasons})
        pq.write_table(table.replace_schema_metadata({TOTAL: str(self.total)}), path)


def left_out_sessions(sessions_by_reason: Mapping[str, Sequence[str]]) -> LeftOut:
    """List sessions by the reason for which they were left out.

    Parameters
    ----------
    sessions_by_reason : mapping of str to sequence of str
        Reason -> session ids.

    Returns
    -------
    LeftOut
    """
    reason_of = [reason for reason, sessions in sessions_by_reason.items() for _ in sessions[:MOST_LISTED]]
    ids = [session for sessions in sessions_by_reason.values() for session in sessions[:MOST_LISTED]]
    listed = pa.array(reason_of[:MOST_LISTED], pa.string()).dictionary_encode()
    return LeftOut(pa.array(ids[:MOST_LISTED], pa.string()), listed, sum(map(len, sessions_by_reason.values())))


def read_left_out(path: Path) -> LeftOut | None:
    """Read the list of a data set folder; None where it has none.

    Raises
    ------
    BadInput
        The file is damaged.
    """
    if not path.is_file():
        return None
    try:
        table = pq.read_table(path, columns=["session_id", "reason"]).combine_chunks()
        total = int((table.schema.metadata or {}).get(TOTAL, len(table)))
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise BadInput(f"is not readable as Parquet ({error}); import the data set again", path=path) from None
    return LeftOut(table["session_id"].combine_chunks(), table["reason"].combine_chunks(), total)
