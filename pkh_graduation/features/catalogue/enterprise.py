"""Usaha: the family's enterprises, by their last observation; one known to have closed no longer counts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pkh_graduation.features.algebra import Aggregate, Combine, combine, years, yes
from pkh_graduation.features.catalogue.sources import USAHA, USAHA_ROWS
from pkh_graduation.features.expressions import AS_OF, Expr, months_ago
from pkh_graduation.features.feature import Feature

_JUTA = 1_000_000
_BOUNDS = tuple(n * _JUTA for n in (5, 15, 25, 167, 1250, 4167))
"""Lower bounds of turnover classes 2 to 7 (code list 425), rupiah a month."""

ACTIVE = USAHA.where(USAHA.open)
ACTIVE_N = ACTIVE.count()

_f = partial(Feature, theme="usaha")


def features() -> Iterator[Feature]:
    """Features of the enterprises."""
    yield from _being()
    yield from _size()
    yield from _standing()
    yield from _capital()


def _being() -> Iterator[Feature]:
    started = USAHA["tanggal_mulai"]
    yield _f("usaha_aktif_n", ACTIVE_N, "usaha", "usaha yang berjalan", "active enterprises", lever=True, sign=1)
    yield _f(
        "usaha_lama_tahun", years(if_any(ACTIVE.max(AS_OF - started))), "tahun",
        "lama usaha tertua yang berjalan (0 bila tidak ada usaha)", "age of the oldest active enterprise (0 if none)",
    )  # fmt: skip
    yield _f(
        "usaha_baru_12_n", ACTIVE.where(started > months_ago(12)).count(), "usaha",
        "usaha yang dimulai dalam 12 bulan", "active enterprises started in 12 months",
    )  # fmt: skip
    yield _f(
        "usaha_tutup_24_n", USAHA.where(USAHA["tanggal_tutup"] > months_ago(24)).count(), "usaha",
        "usaha yang tutup dalam 24 bulan", "enterprises closed in 24 months",
    )  # fmt: skip
    yield _f(
        "usaha_data_umur_hari", USAHA_ROWS.days_since(), "hari", "umur catatan usaha terbaru",
        "age of the newest enterprise record",
    )  # fmt: skip
    farming = USAHA["sektor"].between(1, 6)
    yield _f(
        "usaha_tani_n",
        ACTIVE.where(farming).count(),
        "usaha",
        "usaha pertanian yang berjalan",
        "active farm enterprises",
    )
    yield _f(
        "usaha_dagang_n", ACTIVE.where(USAHA["sektor"] == 12).count(), "usaha", "usaha dagang yang berjalan",
        "active trading enterprises",
    )  # fmt: skip


def _size() -> Iterator[Feature]:
    known_class = USAHA["omzet_kelas"].otherwise(USAHA["omzet_rp"].steps(*_BOUNDS) + 1)
    yield _f(
        "usaha_omzet_kelas", if_any(ACTIVE.max(known_class)), "kelas 0-7",
        "kelas omzet usaha terbesar (0 bila tidak ada usaha)", "turnover class of the largest enterprise (0 if none)", sign=1,
    )  # fmt: skip
    yield _f(
        "usaha_omzet_rp", if_any(ACTIVE.where(USAHA["omzet_rp"].known()).sum("omzet_rp").or_unknown()), "rp/bulan",
        "jumlah omzet usaha per bulan (0 bila tidak ada usaha)", "monthly turnover of active enterprises (0 if none)",
        sign=1,
    )  # fmt: skip
    yield _f(
        "usaha_omzet_tren_24", USAHA_ROWS.trend("omzet_rp").over(24), "rp/bulan per tahun",
        "arah omzet dalam 24 bulan", "slope of turnover over 24 months",
    )  # fmt: skip
    yield _f(
        "usaha_laba_rp", ACTIVE.max("laba_bersih_est"), "rp/bulan", "perkiraan laba usaha terbaik",
        "estimated profit of the best enterprise",
    )  # fmt: skip
    yield _f(
        "usaha_pekerja_dibayar_n",
        ACTIVE.sum("pekerja_dibayar"),
        "orang",
        "pekerja yang dibayar",
        "paid workers",
        sign=1,
    )
    yield _f(
        "usaha_pekerja_keluarga_n", ACTIVE.sum("pekerja_keluarga"), "orang", "pekerja dari keluarga", "family workers"
    )


def _standing() -> Iterator[Feature]:
    licence, market, place = USAHA["izin"], USAHA["pasar"], USAHA["tempat_usaha"]
    reach = market.recode({1: ["tetangga"], 2: ["desa"], 3: ["kecamatan"], 4: ["online", "offtaker"]})
    yield _f(
        "usaha_izin",
        _any(~licence.isin(11)),
        "0/1",
        "ada usaha yang berizin",
        "some enterprise is licensed",
        lever=True,
        sign=1,
    )
    yield _f("usaha_nib", _any(licence == 4), "0/1", "ada usaha dengan NIB", "some enterprise has a NIB", lever=True)
    yield _f(
        "usaha_internet", _any(USAHA["pakai_internet"] > 0), "0/1", "usaha memakai internet", "uses the internet for business",
        lever=True,
    )  # fmt: skip
    yield _f(
        "usaha_tempat_tetap", _any(place.isin("kios", "pasar")), "0/1", "berjualan di kios atau pasar",
        "sells from a stall or a market",
    )  # fmt: skip
    yield _f(
        "usaha_pasar_level", if_any(ACTIVE.max(reach)), "level 0-4",
        "jangkauan pasar (1 tetangga, 2 desa, 3 kecamatan, 4 daring atau pembeli tetap; 0 tanpa usaha)",
        "reach of the market (1 neighbours .. 4 online or a buyer; 0 without enterprise)", lever=True, sign=1,
    )  # fmt: skip


def _capital() -> Iterator[Feature]:
    capital = USAHA["modal_sumber"]
    formal = capital.has("kur") | capital.has("mekaar") | capital.has("umi") | capital.has("koperasi")
    granted = capital.has("pena") | capital.has("ppse") | capital.has("kube")
    yield _f("usaha_modal_sendiri", _any(capital.has("sendiri")), "0/1", "modal usaha dari uang sendiri", "own capital")
    yield _f(
        "usaha_modal_kredit",
        _any(formal),
        "0/1",
        "modal usaha dari kredit resmi",
        "capital from formal credit",
        lever=True,
    )
    yield _f(
        "usaha_modal_rentenir", _any(capital.has("rentenir")), "0/1", "modal usaha dari rentenir",
        "capital from a moneylender", lever=True, sign=-1,
    )  # fmt: skip
    yield _f(
        "usaha_modal_bantuan",
        _any(granted),
        "0/1",
        "modal usaha dari bantuan (PENA, PPSE, KUBE)",
        "capital from a grant",
    )


def if_any(measure: Aggregate) -> Combine:
    """0 without an active enterprise; with one, the measure, missing where that is missing."""
    return combine(_zero_without, measure, ACTIVE_N)


def _zero_without(value: Expr, n: Expr) -> Expr:
    return Expr(f"(CASE WHEN {n.sql} = 0 THEN 0 ELSE {value.sql} END)", value.kind, value.columns | n.columns)


def _any(condition: Expr) -> Combine:
    return yes(ACTIVE.where(condition).count())
