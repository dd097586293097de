"""Keuangan: savings, debts, instalments, formal credit and arrears."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pkh_graduation.features.algebra import combine, ratio
from pkh_graduation.features.catalogue.sources import KELUARGA, PROGRAM
from pkh_graduation.features.feature import Feature

LOANS = ("kur", "mekaar", "umi", "koperasi", "kdmp")
"""Programmes that lend."""

OWED = ("diterima", "berjalan", "macet")
"""A loan without an end is running (ruling 11)."""

_f = partial(Feature, theme="keuangan")


def features() -> Iterator[Feature]:
    """Features of money owed and saved."""
    yield from _family()
    yield from _loans()


def _family() -> Iterator[Feature]:
    savings = {0: ["tidak"], 1: ["di_bawah_500rb"], 2: ["500rb_2jt"], 3: ["di_atas_2jt"]}
    yield _f(
        "tabungan_level", KELUARGA.value(KELUARGA["tabungan"].recode(savings)), "level 0-3",
        "jumlah tabungan (0 tidak ada, 3 di atas 2 juta)", "savings (0 none, 3 above 2 million)", lever=True, sign=1,
    )  # fmt: skip
    yield _f(
        "utang_rentenir", KELUARGA.value("utang_rentenir"), "0/1", "punya utang kepada rentenir", "owes a moneylender",
        lever=True, sign=-1,
    )  # fmt: skip
    yield _f(
        "hutang_n_12", KELUARGA.value("jumlah_hutang_12bl"), "kali", "berapa kali berutang dalam 12 bulan",
        "times indebted in 12 months", sign=-1,
    )  # fmt: skip
    instalment = KELUARGA.value("angsuran_bulan")
    yield _f("angsuran_rp", instalment, "rp/bulan", "angsuran per bulan", "monthly instalments")
    yield _f(
        "angsuran_bagian", ratio(instalment, KELUARGA.value("penghasilan_rp"), 100), "% penghasilan",
        "angsuran terhadap penghasilan", "instalments as a share of income", sign=-1,
    )  # fmt: skip
    yield _f(
        "rekening_aktif", KELUARGA.value(KELUARGA["rekening_aktif"].isin(1, 2, 3)), "0/1",
        "punya rekening yang aktif", "has an active bank account", lever=True,
    )  # fmt: skip
    yield _f(
        "rekening_usaha", KELUARGA.value(KELUARGA["rekening_aktif"].isin(1, 3)), "0/1",
        "punya rekening untuk usaha", "has a bank account for business", lever=True,
    )  # fmt: skip


def _loans() -> Iterator[Feature]:
    loans = PROGRAM.where(PROGRAM["program"].isin(*LOANS))
    owed = loans.where(PROGRAM["status"].isin(*OWED))
    for name in ("kur", "mekaar", "umi"):
        yield _f(
            f"{name}_berjalan_n", owed.count().at("program", name), "pinjaman",
            f"pinjaman {name.upper()} yang berjalan", f"running {name.upper()} loans", lever=True,
        )  # fmt: skip
    yield _f(
        "koperasi_berjalan_n", owed.where(PROGRAM["program"].isin("koperasi", "kdmp")).count(), "keanggotaan",
        "simpan pinjam koperasi yang berjalan", "running savings-and-loan memberships of a cooperative", lever=True,
    )  # fmt: skip
    running = owed.count()
    yield _f("pinjaman_berjalan_n", running, "pinjaman", "pinjaman resmi yang berjalan", "running formal loans")
    yield _f(
        "pinjaman_ganda", combine(lambda n: (n >= 2).number(), running), "0/1",
        "dua pinjaman atau lebih berjalan bersamaan", "two or more formal loans at once", lever=True,
    )  # fmt: skip
    yield _f("pinjaman_rp", owed.sum("nominal"), "rp", "nilai pinjaman yang berjalan", "value of running loans")
    yield _f(
        "pinjaman_angsuran_rp", owed.sum("angsuran_bulan"), "rp/bulan", "angsuran pinjaman resmi per bulan",
        "monthly instalments of formal loans",
    )  # fmt: skip
    yield _f(
        "tunggakan_n", loans.where(PROGRAM["status"] == "macet").count(), "pinjaman", "pinjaman macet", "loans in arrears",
        lever=True, sign=-1,
    )  # fmt: skip
    yield _f(
        "pinjaman_lunas_n", loans.where(PROGRAM["status"].isin("lunas", "selesai")).count(), "pinjaman",
        "pinjaman yang sudah lunas", "loans repaid", sign=1,
    )  # fmt: skip
