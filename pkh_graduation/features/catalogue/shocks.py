"""Guncangan: what struck the family, as recorded in its observations and in reported problems."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pkh_graduation.features.algebra import combine
from pkh_graduation.features.catalogue.sources import KELUARGA_ROWS, MASALAH
from pkh_graduation.features.expressions import Expr
from pkh_graduation.features.feature import Feature

SHOCKS = {
    "sakit": ("sakit berat", "serious illness"),
    "phk": ("kehilangan pekerjaan", "job loss"),
    "bencana": ("bencana", "disaster"),
    "gagal_panen": ("gagal panen", "crop failure"),
    "kematian": ("kematian anggota", "a death in the family"),
}
DEATHS = ("meninggal", "pengurus_meninggal", "komponen_meninggal")

_f = partial(Feature, theme="guncangan")


def features() -> Iterator[Feature]:
    """Features of shocks and problems. A shock counts by the observation that tells of it."""
    kinds = {name: KELUARGA_ROWS.max(KELUARGA_ROWS["guncangan_12bl"].has(name)).over(12).or_else(0) for name in SHOCKS}
    yield _f(
        "guncangan_n_12", combine(_sum, *kinds.values()), "jenis", "jenis guncangan yang tercatat dalam 12 bulan",
        "kinds of shock recorded in 12 months", sign=-1,
    )  # fmt: skip
    for name, (id_, en) in SHOCKS.items():
        yield _f(
            f"guncangan_{name}_12",
            kinds[name],
            "0/1",
            f"{id_} tercatat dalam 12 bulan",
            f"{en} recorded in 12 months",
            sign=-1,
        )
    still = MASALAH.where(~MASALAH["status"].isin("selesai"))
    yield _f("masalah_terbuka_n", still.count(), "masalah", "masalah yang belum selesai", "problems still open")
    yield _f(
        "masalah_mendesak_n", still.where(MASALAH["prioritas"].isin("tinggi", "kritis")).count(), "masalah",
        "masalah mendesak yang belum selesai", "urgent problems still open",
    )  # fmt: skip
    yield _f(
        "masalah_rtlh", still.where(MASALAH["jenis"] == "rtlh").count(), "masalah",
        "rumah tidak layak huni yang dilaporkan dan belum selesai", "unfit house reported and still open", theme="rumah_aset",
    )  # fmt: skip
    yield _f(
        "masalah_putus_sekolah_n", still.where(MASALAH["jenis"] == "anak_putus_sekolah").count(), "masalah",
        "anak putus sekolah yang dilaporkan dan belum selesai", "school drop-out reported and still open", theme="komponen",
    )  # fmt: skip


def _sum(*flags: Expr) -> Expr:
    added = flags[0]
    for flag in flags[1:]:
        added = added + flag
    return added
