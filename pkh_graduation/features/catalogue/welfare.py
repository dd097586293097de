"""Kesejahteraan: the family's rank, income and spending, as registered, and how old that evidence is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pkh_graduation.features.algebra import combine, ratio
from pkh_graduation.features.catalogue import madiun
from pkh_graduation.features.catalogue.members import PRESENT
from pkh_graduation.features.catalogue.sources import KELUARGA, KELUARGA_ROWS, PERINGKAT, PERINGKAT_ROWS
from pkh_graduation.features.expressions import AS_OF, months_ago
from pkh_graduation.features.feature import Feature

_f = partial(Feature, theme="kesejahteraan")


def features() -> Iterator[Feature]:
    """Features of welfare as registered, the levels of the Madiun score included."""
    yield from _rank()
    yield from _income()
    yield from madiun.features()


def _rank() -> Iterator[Feature]:
    desil = PERINGKAT.value("desil_nasional")
    before = PERINGKAT_ROWS.where(PERINGKAT_ROWS["day"] <= months_ago(12)).last("desil_nasional")
    yield _f("desil", desil, "desil", "desil kesejahteraan", "welfare decile (1 poorest)", sign=1)
    yield _f(
        "desil_perubahan_12", combine(lambda now, then: now - then, desil, before), "desil",
        "perubahan desil dibanding 12 bulan lalu", "change of the decile against 12 months ago",
    )  # fmt: skip
    yield _f(
        "desil_min_24",
        PERINGKAT_ROWS.min("desil_nasional").over(24),
        "desil",
        "desil terendah dalam 24 bulan",
        "lowest decile in 24 months",
    )
    yield _f(
        "desil_tren_24", PERINGKAT_ROWS.trend("desil_nasional").over(24), "desil/tahun",
        "arah desil dalam 24 bulan", "slope of the decile over 24 months",
    )  # fmt: skip
    yield _f("skor_dtsen", PERINGKAT.value("skor_dtsen"), "skor", "skor DTSEN", "DTSEN score")
    yield _f(
        "desil_umur_hari", PERINGKAT_ROWS.days_since(), "hari", "umur data desil", "age of the decile", model=False
    )


def _income() -> Iterator[Feature]:
    income = KELUARGA.value("penghasilan_rp")
    yield _f("penghasilan_rp", income, "rp/bulan", "penghasilan per bulan", "monthly income", sign=1)
    yield _f(
        "penghasilan_per_orang", ratio(income, PRESENT.count().or_unknown()), "rp/bulan/orang",
        "penghasilan per bulan per anggota", "monthly income per member", sign=1,
    )  # fmt: skip
    yield _f(
        "penghasilan_umur_hari", KELUARGA.value(AS_OF - KELUARGA["tanggal_penghasilan"]), "hari",
        "umur bukti penghasilan", "age of the income evidence",
    )  # fmt: skip
    yield _f(
        "penghasilan_tren_24", KELUARGA_ROWS.trend("penghasilan_rp").over(24), "rp/bulan per tahun",
        "arah penghasilan dalam 24 bulan", "slope of income over 24 months",
    )  # fmt: skip
    yield _f(
        "pangan_pct",
        KELUARGA.value("pengeluaran_makan_pct"),
        "%",
        "porsi belanja makan",
        "food share of income",
        sign=-1,
    )
    yield _f(
        "pakaian_n_12", KELUARGA.value("pakaian_baru_12bl"), "kali",
        "berapa kali membeli pakaian dalam 12 bulan", "times clothes were bought in 12 months",
    )  # fmt: skip
    yield _f(
        "pbi_nasional",
        KELUARGA.value("pbi_nas"),
        "0/1",
        "menerima PBI nasional",
        "receives national health subsidy",
        theme="program",
    )
    yield _f(
        "pbi_pemda",
        KELUARGA.value("pbi_pemda"),
        "0/1",
        "menerima PBI pemda",
        "receives local health subsidy",
        theme="program",
    )
    yield _f(
        "data_umur_hari", KELUARGA_ROWS.days_since(), "hari", "umur data keluarga terbaru", "age of the newest family record",
        model=False,
    )  # fmt: skip
