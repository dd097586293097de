"""Columns that name a family or a decision: identifiers, places and people, and fields that are written after the decision."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.leakage import MODERATE, SEVERE, Checked, Finding, read_dates

PERSONAL = re.compile(
    r"(^|_)(nik|no_?kk|nokk|nama|name|alamat|address|hp|no_?hp|telepon|phone|email|lat|lon|latitude|longitude)(_|$)",
    re.I,
)
UNIT = re.compile(
    r"((kode|id|nama)_)?(wilayah|pendamping|kelompok|desa|kelurahan|kecamatan|kabupaten|village|district)(_id|_kode)?",
    re.I,
)
DECISION = re.compile(
    r"(calon|graduasi|graduat|surat|ttd|pernyataan|keputusan|usulan|disetujui|ditolak|status_kepesertaan|tahap_proses|"
    r"alasan_keluar|tanggal_keluar|way_out|outcome|updated_?at|decision|approved)", re.I
)  # fmt: skip
SIXTEEN = re.compile(r"\s*'?\d{16}\s*")
LEAST_ROWS, LEAST_ENTITIES = 50, 50
UNIQUE, CONSTANT = 0.95, 0.99


def findings(table: pd.DataFrame, checked: Checked) -> Iterator[Finding]:
    """At most one finding per feature for what it names, and one for the decision it may echo by its name."""
    for name in checked.features:
        column = table[name]
        yield from _identity(str(name), column, checked)
        if str(name) in checked.roles.forbidden or DECISION.search(str(name)):
            known = str(name) in checked.roles.forbidden
            said = "is known to hold or echo the decision." if known else "is named like something of the decision."
            yield Finding(
                "decision", SEVERE if known else MODERATE, str(name), f"{name!r} {said}",
                "Leave it out of the features, whatever it does for the figures: on the day of use it is empty.",
            )  # fmt: skip


def _identity(name: str, column: pd.Series, checked: Checked) -> Iterator[Finding]:
    if PERSONAL.search(name) or _sixteen_digits(column):
        yield Finding(
            "personal", SEVERE, name, f"{name!r} looks like what names a person (a number, a name or an address).",
            "Take it out of the table; keep it apart under a pseudonym. It also lets a model remember families.",
        )  # fmt: skip
    elif UNIT.fullmatch(name):
        yield Finding(
            "unit", MODERATE, name, f"{name!r} names a place, a group or a pendamping: a model learns whose families were "
            "proposed, and fails where it has not been.",
            "Keep it beside the features, for hold-outs and lists, and describe the place by what was known of it.",
        )  # fmt: skip
    else:
        yield from _fingerprint(name, column, checked)


def _fingerprint(name: str, column: pd.Series, checked: Checked) -> Iterator[Finding]:
    """A value that nobody else has: per row, or constant over all rows of an entity."""
    known = column.dropna()
    if len(known) < LEAST_ROWS or read_dates(column) is not None:
        return
    counted = not pd.api.types.is_float_dtype(known) or bool((known == np.floor(known)).all())
    codes = pd.factorize(known)[0]
    if counted and codes.max() + 1 >= UNIQUE * len(known):
        yield Finding(
            "identifier", SEVERE, name, f"{name!r} differs in nearly every row, as a running number or an id does.",
            "Leave it out: it tells nothing of a family, and much of how the table was made.",
            {"distinct_share": float((codes.max() + 1) / len(known))},
        )  # fmt: skip
        return
    if checked.entity is None:
        return
    entity = checked.entity.loc[known.index].to_numpy()
    pairs = np.unique(entity.astype(np.int64) * (int(codes.max()) + 1) + codes)
    entities = len(np.unique(entity))
    constant = 1 - (len(pairs) - entities) / entities
    distinct = (codes.max() + 1) / entities
    if entities >= LEAST_ENTITIES and len(known) >= 1.5 * entities and constant >= CONSTANT and distinct >= UNIQUE:
        yield Finding(
            "fingerprint", SEVERE if counted else MODERATE, name,
            f"{name!r} never changes within an entity and hardly two entities share it: it is as good as a name, and a model "
            "can remember by it how an entity ended.",
            "Leave it out, or round it until many share a value; never split such a table by rows.",
            {"constant_share": float(constant), "distinct_share": float(distinct)},
        )  # fmt: skip


def _sixteen_digits(column: pd.Series) -> bool:
    """Whether half of what is there looks like a NIK or a KK."""
    known = column.dropna().head(2000)
    if known.empty or pd.api.types.is_bool_dtype(known):
        return False
    if pd.api.types.is_numeric_dtype(known):
        values = known.to_numpy(dtype=float)
        return bool(((values >= 1e15) & (values < 1e16) & (values == np.floor(values))).mean() >= 0.5)
    return bool(known.astype(str).map(lambda text: SIXTEEN.fullmatch(text) is not None).mean() >= 0.5)
