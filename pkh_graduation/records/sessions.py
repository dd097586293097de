"""Attendance takes the date, module and session from its session: the version of it that was known first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkh_graduation.records.typed import Typed


def attend(typed: Typed, session: np.ndarray, sessions: pd.DataFrame) -> Typed:
    """Attendance rows with ``tanggal_sesi``, ``modul``, ``sesi`` and ``diketahui_sesi``, before which no attendance is known.

    ``session``: surrogate of the session per row; ``sessions``: the canonical table of sessions. Rows whose session is not
    there are reported as rejected.
    """
    firsts, place = _placed(session, sessions)
    found = place >= 0
    typed.report("sesi_tak_ada", "sesi_id", ~found & (session >= 0) & typed.accepted)
    frame = typed.frame.copy(deep=False)
    for name, source in (
        ("tanggal_sesi", "day"),
        ("modul", "modul"),
        ("sesi", "sesi"),
        ("diketahui_sesi", "known_day"),
    ):
        frame[name] = _taken(firsts[source], place)
    return typed.with_frame(frame)


def session_days(session: np.ndarray, sessions: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The day of each row's session and the day it became known, missing where the session is not there; Int64, shape (n,)."""
    firsts, place = _placed(session, sessions)
    return _taken(firsts["day"], place).astype("Int64"), _taken(firsts["known_day"], place).astype("Int64")


def _placed(session: np.ndarray, sessions: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """The version of each session that was known first, and the place of each row's session among them, -1 without one."""
    firsts = sessions.loc[~sessions["batal"]].sort_values(["known_day", "record_id"]).drop_duplicates("sesi_key")
    return firsts, pd.Index(firsts["sesi_key"]).get_indexer(pd.Index(session))


def _taken(values: pd.Series, place: np.ndarray) -> pd.Series:
    """Values at places, missing where the place is negative."""
    nullable = "Int64" if values.dtype in ("Int64", "int64") else "Int32"
    return values.astype(nullable).reset_index(drop=True).reindex(place).reset_index(drop=True)
