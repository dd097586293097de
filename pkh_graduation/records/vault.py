"""The vault: who a pseudonym is. Kept apart from the records, and opened only when a list is written for the people who visit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pkh_graduation.records.canonical import id_column
from pkh_graduation.records.identifiers import GANDA, KOSONG, NOTASI, PANJANG, UTUH
from pkh_graduation.records.schemas import TABLES, Column
from pkh_graduation.records.typed import Typed

PAIR_COLUMNS = ("jenis", "asal", "id")
_PAIRED = ("kpm_id", "pendamping_id", "kelompok_id")


def identity_rows(typed: Typed, kpm: np.ndarray) -> pd.DataFrame:
    """One line per accepted row of ``identitas``: ``kpm_id, kpm_asal``, the identifiers, ``mutu_no_kk, mutu_nik``, the day known.

    Voided rows are left out. A family has as many lines as it has versions, in the order in which they became known.
    """
    frame = typed.frame
    columns = {"kpm_id": id_column(np.where(kpm < 0, -1, kpm), "k"), "kpm_asal": frame["kpm_id"].astype("str")}
    for column in typed.schema.columns:
        if column.cls == "K":
            columns[column.name] = frame[column.name].astype("str")
    columns["mutu_no_kk"] = _quality(typed, "no_kk")
    columns["mutu_nik"] = _quality(typed, "nik_pengurus")
    columns["tanggal_diketahui"] = frame["tanggal_diketahui"].fillna(frame["tanggal_pemutakhiran"] + typed.schema.lag)
    kept = typed.accepted & ~frame["batal"].fillna(False).to_numpy(dtype=bool)
    lines = pd.DataFrame(columns, copy=False).loc[kept]
    return lines.sort_values(["kpm_id", "tanggal_diketahui"], kind="stable", ignore_index=True)


def _quality(typed: Typed, column: str) -> pd.Series:
    values = typed.frame[column]
    quality = np.where(values.isna(), KOSONG, UTUH).astype(object)
    given = values.dropna().astype("str")
    twice = given.index[given.duplicated(keep=False)] if column == "nik_pengurus" else given.index[:0]
    quality[twice] = GANDA
    reasons = {f"nomor_{NOTASI}": NOTASI, f"nomor_{PANJANG}": PANJANG, "no_kk_ganda_kpm": GANDA}
    for hit in typed.findings.hits:
        if hit.column == column and hit.rule in reasons:
            quality[hit.positions] = reasons[hit.rule]
    return pd.Series(quality, dtype="str")


def outside_pairs(typed: Typed, surrogates: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Distinct pairs of outside id and pseudonym in the accepted rows: ``jenis`` (column), ``asal``, ``id``."""
    kept = typed.accepted
    frames = []
    for name in _PAIRED:
        if name in surrogates and name in typed.given:
            frames.append(_pairs(name, typed.frame[name][kept], surrogates[name][kept], typed.schema[name]))
    if "kpm_id" in surrogates and "no_kk" in typed.given:
        pairs = _pairs("no_kk", typed.frame["no_kk"][kept], surrogates["kpm_id"][kept], typed.schema["kpm_id"])
        frames.append(pairs)
    return pd.concat(frames, ignore_index=True) if frames else _no_pairs()


def _pairs(kind: str, outside: pd.Series, numbers: np.ndarray, column: Column) -> pd.DataFrame:
    distinct = pd.DataFrame({"code": outside.cat.codes.to_numpy(), "number": numbers})
    distinct = distinct[(distinct["code"] >= 0) & (distinct["number"] >= 0)].drop_duplicates()
    asal = outside.cat.categories.take(distinct["code"].to_numpy())
    ids = id_column(distinct["number"].to_numpy(), column.prefix)
    return pd.DataFrame(
        {"jenis": kind, "asal": asal.to_numpy(dtype=object), "id": ids.to_numpy(dtype=object)}, dtype="str"
    )


def names_told(pairs: pd.DataFrame) -> pd.DataFrame:
    """What pairs say of families: ``asal``, whether that is a No. KK (``nomor``), and the number of the pseudonym (``surrogat``).

    Ids come before numbers: of two pseudonyms that became one family's, that of her id stays.
    """
    own = pairs[pairs["jenis"].isin(["kpm_id", "no_kk"])].sort_values(["jenis", "asal", "id"], kind="stable")
    numbers = np.array([int(text[1:], 16) for text in own["id"]], dtype=np.int64)
    columns = {"asal": own["asal"].astype(object), "nomor": own["jenis"].eq("no_kk"), "surrogat": numbers}
    return pd.DataFrame(columns).reset_index(drop=True)


def _no_pairs() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in PAIR_COLUMNS})


def fill_vault(lines: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """The vault's lines, with a line for every family that ``identitas`` does not name but another table does."""
    others = pairs[(pairs["jenis"] == "kpm_id") & ~pairs["id"].isin(lines["kpm_id"])]
    extra = pd.DataFrame({"kpm_id": others["id"], "kpm_asal": others["asal"]}).drop_duplicates("kpm_id")
    return pd.concat([lines, extra], ignore_index=True) if len(extra) else lines


def empty_vault() -> pd.DataFrame:
    """A vault without lines, with its columns."""
    identifiers = [column.name for column in TABLES["identitas"].columns if column.cls == "K"]
    names = ["kpm_id", "kpm_asal", *identifiers, "mutu_no_kk", "mutu_nik"]
    return pd.DataFrame({name: pd.Series(dtype="str") for name in names}).assign(
        tanggal_diketahui=pd.Series(dtype="Int32")
    )
