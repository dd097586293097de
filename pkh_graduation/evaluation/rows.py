"""Rows of a table by family and date, refused without a name where they are not there."""

from __future__ import annotations

import pandas as pd


def rows_at(frame: pd.DataFrame, index: pd.MultiIndex, what: str) -> pd.DataFrame:
    """The rows of ``frame`` at ``index``, in that order; ``what`` names the table to the reader.

    Raises:
        ValueError: rows that are not there, counted; who they are is not said.
    """
    try:
        return frame.loc[index]
    except KeyError:
        lacking = int((frame.index.get_indexer(index) < 0).sum())
    # Raised outside of the handler: the error of pandas lists pseudonyms, and would be shown as the context of ours.
    raise ValueError(
        f"{what} lacks {lacking} of the {len(index)} rows (kpm_id, as_of) that are asked of it: make it of the same families and "
        "dates as the outcomes."
    )
