"""Rows: accepted answers as rows of the input tables, each with the day on which it became known, for the next ingest.

A visit becomes a row of `kunjungan`, a family that is proposed a row of `peristiwa_status` (stage ``usulan``). One row of a list
is one business key, so a later answer corrects an earlier one; what is taken back is voided (``batal``). A family that moved or
a death is told by the visit alone: neither is an exit by itself. All is derived from the history: same history, same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from pkh_graduation.contracts import check_columns
from pkh_graduation.monitoring.answers import ASKED, NOT_FOLLOWED, VISITED
from pkh_graduation.monitoring.desk import HISTORY
from pkh_graduation.programme.returns import OWN_MARK

PROPOSED = "diusulkan"
SOURCE = "pendamping"

VISIT_COLUMNS = (
    "kunjungan_id", "kpm_id", "pendamping_id", "hasil", "keputusan_keluarga", "tanggal_kunjungan", "tanggal_diketahui",
    "versi", "batal",
)  # fmt: skip
EVENT_COLUMNS = (
    "peristiwa_id", "kpm_id", "jenis", "tahap_proses", "sumber", "tanggal_peristiwa", "tanggal_diketahui", "versi", "batal",
)  # fmt: skip
DECISION_COLUMNS = (
    "run_id", "kpm_id", "keputusan", "alasan_menolak_saran", "oleh", "tanggal_keputusan", "tanggal_diketahui",
)  # fmt: skip


def visit_rows(history: pd.DataFrame) -> pd.DataFrame:
    """Rows of `kunjungan` (`VISIT_COLUMNS`, text; ``versi`` int64, ``batal`` bool): a version of an answer that tells of a visit.

    Families and facilitators are named by their pseudonyms with `OWN_MARK`, by which ingest knows its own.
    """
    lines = []
    for version, answer, before in _versions(history):
        tells = answer.hasil in VISITED or answer.keputusan_keluarga in ASKED
        source = answer if tells else before if _was_visit(before) else None
        if source is not None:
            result = source.hasil if source.hasil in VISITED else ""
            lines.append(
                (
                    _name(answer), _own(answer.kpm_id), _own(answer.pendamping_id), result, source.keputusan_keluarga,
                    source.tanggal_kunjungan, answer.tanggal_diketahui, version, not tells,
                )
            )  # fmt: skip
    return _table(lines, VISIT_COLUMNS)


def event_rows(history: pd.DataFrame) -> pd.DataFrame:
    """Rows of `peristiwa_status` (`EVENT_COLUMNS`), one per version of an answer that proposes a family, or takes that back.

    The day of the event is that of the visit, else that on which the answer was received.
    """
    lines = []
    for version, answer, before in _versions(history):
        proposed = answer.keputusan == PROPOSED
        source = answer if proposed else before if before is not None and before.keputusan == PROPOSED else None
        if source is not None:
            day = source.tanggal_kunjungan or source.tanggal_diketahui
            lines.append(
                (
                    _name(answer), _own(answer.kpm_id), "mandiri", "usulan", SOURCE, day, answer.tanggal_diketahui,
                    version, not proposed,
                )
            )  # fmt: skip
    return _table(lines, EVENT_COLUMNS)


def decisions(history: pd.DataFrame) -> pd.DataFrame:
    """`keputusan_daftar` (domain records, 2.12): every version of every decision, with the reason for not following the list."""
    check_columns(history, HISTORY, "history of answers")
    own = history[history["keputusan"] != ""].sort_values("nomor")
    day = own["tanggal_kunjungan"].where(own["tanggal_kunjungan"] != "", own["tanggal_diketahui"])
    reason = own["catatan"].where(own["keputusan"].isin(NOT_FOLLOWED), "")
    table = own.assign(alasan_menolak_saran=reason, oleh=own["pendamping_id"], tanggal_keputusan=day)
    return table[list(DECISION_COLUMNS)].reset_index(drop=True)


def _versions(history: pd.DataFrame) -> Iterator[tuple[int, Any, Any]]:
    """Each answer with its number among the versions of its row (from 1) and the version before, by the day known."""
    check_columns(history, HISTORY, "history of answers")
    ordered = history.sort_values(["list_id", "row_id", "tanggal_diketahui", "nomor"], kind="stable")
    version, before = 0, None
    for answer in ordered.itertuples(index=False):
        same = before is not None and (before.list_id, before.row_id) == (answer.list_id, answer.row_id)
        version, before = (version + 1, before) if same else (1, None)
        yield version, answer, before
        before = answer


def _was_visit(before: Any) -> bool:
    return before is not None and (before.hasil in VISITED or before.keputusan_keluarga in ASKED)


def _name(answer: Any) -> str:
    return f"balik-{answer.list_id}-{answer.row_id}"


def _own(pseudonym: str) -> str:
    return f"{OWN_MARK}{pseudonym}" if pseudonym else ""


def _table(lines: list[tuple[Any, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    kinds = {"versi": "int64", "batal": "bool"}
    frame = pd.DataFrame(lines, columns=list(columns))
    return frame.astype({name: kinds.get(name, "str") for name in columns})
