"""Why: the answer to "why is this family (not) on the list", from the machine copy alone, in Bahasa, without a name.

Read are the lines of one caseload (domain records, 2.12). What the answer says is what the allocation did: guards come before
the open case, before readiness, before the quota.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pkh_graduation.contracts import check_columns
from pkh_graduation.programme.vocabulary import BELUM, DATA_DOUBTS, PERLU_PENDAMPINGAN, SIAP_DIBAHAS

BANDS: Mapping[str, str] = {
    SIAP_DIBAHAS: "siap dibahas",
    PERLU_PENDAMPINGAN: "perlu pendampingan usaha",
    BELUM: "belum / data kurang",
}
READ = (
    "kpm_id", "tanggal_acuan", "pendamping_id", "urutan", "kategori", "p_mandiri_12m", "p_bawah", "p_atas", "slot",
    "dikecualikan_karena", "peringatan", "cek", "proses",
)  # fmt: skip
_MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
LIMITS = "Daftar ini alat bantu, bukan keputusan. Graduasi mandiri hanya atas pernyataan keluarga."


class UnknownFamilyError(ValueError):
    """No caseload of the lists holds the family."""


def find_caseload(lists: pd.DataFrame, family: str) -> tuple[str, pd.DataFrame]:
    """A family by its ``kpm_id`` or by the ``row_id`` of its list: its pseudonym, and the lines of its pendamping's caseload.

    Raises:
        UnknownFamilyError: no line of the lists is about it; what was asked for is not repeated, it might be a number of a card.
    """
    check_columns(lists, READ, "machine copy of the lists")
    asked = family.strip()
    hit = lists["kpm_id"] == asked.casefold()
    if "row_id" in lists.columns:
        hit |= lists["row_id"] == asked.upper()
    if not hit.any():
        raise UnknownFamilyError(
            f"tidak ada keluarga dengan ID itu di {len(lists)} baris daftar. Pakai kpm_id (huruf k dan 15 tanda, bukan No. KK "
            "atau NIK) dari daftar/*.parquet, atau id_baris (10 tanda) dari daftar tanggal ini."
        )
    line = lists[hit].iloc[0]
    owner = line["pendamping_id"]
    own = lists["pendamping_id"].isna() if pd.isna(owner) else lists["pendamping_id"] == owner
    return str(line["kpm_id"]), lists[own]


def explain_place(caseload: pd.DataFrame, kpm_id: str, *, quota: int, shortfall: str = "") -> list[str]:
    """Sentences that say why a family is on the list or is not: place, readiness, guards, quota and cut-off, reasons, shortfall.

    ``caseload``: machine copy of all families of its pendamping (`READ` and, where there are any, ``alasan_*`` and
    ``penahan_*``). ``quota``: places of the year's list. ``shortfall``: cause of empty places, as the lists state it.
    """
    check_columns(caseload, READ, "machine copy of the lists")
    line = caseload.set_index("kpm_id").loc[kpm_id]
    listed = int(caseload["urutan"].notna().sum())
    on = pd.notna(line["urutan"])
    place = f"urutan {int(line['urutan'])} dari {listed}" if on else "tidak di daftar"
    said = [
        f"Keluarga {kpm_id}, daftar per {_date(line['tanggal_acuan'])}: {place} (kuota {quota}, dampingan {len(caseload)})."
    ]
    said += _on_list(line) if on else [_off_list(line, caseload, quota, listed)]
    said += _chance(line)
    for title, stem in (("Mengapa", "alasan_"), ("Yang menahan", "penahan_")):
        reasons = [_text(line[name]) for name in sorted(line.index) if name.startswith(stem) and _text(line[name])]
        said += [f"{title}: {'; '.join(reasons)}."] if reasons else []
    for title, name in (("Peringatan", "peringatan"), ("Cek saat kunjungan", "cek")):
        if _text(line[name]):
            said.append(f"{title}: {'; '.join(_text(line[name]).split('|'))}.")
    if listed < quota:
        cause = f" Sebab: {shortfall}." if shortfall else " Tempat kosong tidak diisi dari keluarga yang belum siap."
        said.append(f"Daftar ini terisi {listed} dari {quota} tempat.{cause}")
    return [*said, LIMITS]


def _on_list(line: pd.Series) -> list[str]:
    band = BANDS.get(_text(line["kategori"]), _text(line["kategori"]))
    if _text(line["slot"]) == "acak":
        return [f"Tempat ini dari undian (supaya daftar dapat dinilai), kesiapan: {band}."]
    return [f"Kesiapan: {band}; semua pengaman lolos dan masih ada tempat."]


def _off_list(line: pd.Series, caseload: pd.DataFrame, quota: int, listed: int) -> str:
    excluded, stage = _text(line["dikecualikan_karena"]), _text(line["proses"])
    if excluded:
        return f"Tidak diusulkan: {'; '.join(excluded.split('|'))}."
    if stage:
        return f"Sedang diproses (tahap: {stage.replace('_', ' ')}), jadi tidak diusulkan lagi sebagai usulan baru."
    if _text(line["slot"]) == "disisihkan":
        return "Disisihkan lewat undian supaya daftar dapat dinilai dengan jujur; tidak ditampilkan di daftar."
    band = _text(line["kategori"])
    doubts = [warning for warning in _text(line["peringatan"]).split("|") if warning in DATA_DOUBTS]
    if band == BELUM and doubts:
        return f"Tidak diusulkan karena datanya belum cukup ({'; '.join(doubts)}): lengkapi dulu, lalu keluarga dinilai lagi."
    if band == BELUM or (band != SIAP_DIBAHAS and listed < quota):
        return f"Kesiapan: {BANDS.get(band, band)}. Tempat hanya diisi dari keluarga yang peluangnya di atas rata-rata."
    return _crowded(line, caseload, quota, listed)


def _crowded(line: pd.Series, caseload: pd.DataFrame, quota: int, listed: int) -> str:
    chosen = caseload[caseload["urutan"].notna() & (caseload["slot"] == "model")]
    last, own = chosen["p_mandiri_12m"].min(), line["p_mandiri_12m"]
    band = BANDS.get(_text(line["kategori"]), "")
    said = f"{band.capitalize()}; tempat sudah penuh ({listed} dari {quota})."
    if pd.isna(last) or pd.isna(own):
        return said
    if own < last:
        return f"{said} Peluang terendah yang masih masuk {_percent(last)}, keluarga ini {_percent(own)}."
    return f"{said} Urutan tidak menurut peluang saja; tempat yang tersisa diberikan menurut aturan daftar."


def _chance(line: pd.Series) -> list[str]:
    if pd.isna(line["p_mandiri_12m"]):
        return ["Keluarga ini tidak diberi peluang."]
    low, high = line["p_bawah"], line["p_atas"]
    span = "" if pd.isna(low) or pd.isna(high) else f" (rentang {_percent(low)} sampai {_percent(high)})"
    return [f"Peluang graduasi mandiri 12 bulan: {_percent(line['p_mandiri_12m'])}{span}."]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %".replace(".", ",")


def _date(value: Any) -> str:
    day: dt.date = pd.Timestamp(value).date()
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
