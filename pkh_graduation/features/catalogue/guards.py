"""Pagar: facts on which a family is kept off the list, and other facts for people. No model reads one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pkh_graduation.features.algebra import combine
from pkh_graduation.features.catalogue.shocks import DEATHS
from pkh_graduation.features.catalogue.sources import ANGGOTA, KELUARGA_ROWS, KUNJUNGAN, MASALAH
from pkh_graduation.features.expressions import Expr, months_ago
from pkh_graduation.features.feature import Feature

DIED = 2
"""Presence code of a member who died (code list 404)."""

_f = partial(Feature, model=False)


def features() -> Iterator[Feature]:
    """Guards that need no calendar, and what is known of visits."""
    yield _f(
        "pagar_kematian_bencana_6", combine(_any, *_losses(), lenient=True), "0/1", "kematian atau bencana dalam 6 bulan",
        "a death or disaster in 6 months", theme="guncangan",
    )  # fmt: skip
    flag = KELUARGA_ROWS.where(KELUARGA_ROWS["keberatan_profil"].known()).last("keberatan_profil")
    asked = KUNJUNGAN.where(KUNJUNGAN["keputusan_keluarga"].isin("setuju", "ragu", "tolak", "keberatan"))
    said = asked.last((KUNJUNGAN["keputusan_keluarga"] == "keberatan").number())
    # Said at a visit, an objection stands until a later visit says otherwise: a routine update of the record does not end it.
    yield _f(
        "pagar_keberatan", combine(_any, flag, said, lenient=True), "0/1", "keberatan atas pemrofilan otomatis",
        "objection to automated profiling", theme="kepesertaan",
    )  # fmt: skip
    # `belum` says that there was no visit yet.
    visited = KUNJUNGAN.where((KUNJUNGAN["hasil"] != "belum") | KUNJUNGAN["hasil"].is_null())
    yield _f(
        "kunjungan_hari", visited.days_since(), "hari", "hari sejak kunjungan terakhir", "days since the last visit",
        theme="kepesertaan",
    )  # fmt: skip
    yield _f(
        "kunjungan_hasil", visited.last("hasil"), "kata", "hasil kunjungan terakhir", "result of the last visit",
        theme="kepesertaan",
    )  # fmt: skip


def _losses() -> tuple:
    told = KELUARGA_ROWS["guncangan_12bl"]
    died, left = ANGGOTA["keberadaan"] == DIED, ANGGOTA["tanggal_keluar"]
    dated = ANGGOTA.where((died | (ANGGOTA["alasan_keluar"] == "meninggal")) & (left > months_ago(6)))
    # Without its date, a death counts by the day of the observation that found it; with it, later observations renew nothing.
    found = ANGGOTA.where(died & left.is_null() & (ANGGOTA["day"] > months_ago(6)))
    return (
        KELUARGA_ROWS.max((told.has("kematian") | told.has("bencana")).number()).over(6).or_else(0),
        dated.count(),
        found.count(),
        MASALAH.where(MASALAH["jenis"].isin(*DEATHS)).count().over(6),
    )


def _any(*counts: Expr) -> Expr:
    tests = " OR ".join(f"coalesce({count.sql}, 0) > 0" for count in counts)
    columns = frozenset().union(*(count.columns for count in counts))
    return Expr(f"(CASE WHEN {tests} THEN 1 ELSE 0 END)", counts[0].kind, columns)
