"""Penyaluran: what was paid, held back or failed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pkh_graduation.features.algebra import ratio
from pkh_graduation.features.catalogue.sources import PENYALURAN
from pkh_graduation.features.feature import Feature, over_windows

PKH = PENYALURAN.where(PENYALURAN["bansos"] == "PKH")
PAID = PKH.where(PENYALURAN["status"] == "cair")
"""Amounts of 0 are normal unless paid (ruling 11); what counts as received is ``cair``."""

_f = partial(Feature, theme="kepesertaan")


def features() -> Iterator[Feature]:
    """Features of payments."""
    yield from over_windows((12, 24), _f(
        "bayar_rp", PAID.sum("nominal"), "rp", "bantuan PKH yang cair dalam {m} bulan", "PKH paid out in {m} months"
    ))  # fmt: skip
    yield _f(
        "bayar_n_12", PAID.count().over(12), "kali", "berapa kali PKH cair dalam 12 bulan", "PKH payments in 12 months"
    )
    yield _f(
        "bayar_rerata_24", PAID.mean("nominal").over(24), "rp/tahap", "rata-rata PKH per tahap dalam 24 bulan",
        "mean PKH payment in 24 months",
    )  # fmt: skip
    yield _f(
        "bayar_simpangan_24", PAID.std("nominal").over(24), "rp/tahap", "naik turunnya PKH per tahap dalam 24 bulan",
        "standard deviation of PKH payments in 24 months",
    )  # fmt: skip
    yield _f(
        "bayar_tren_24", PAID.trend("nominal").over(24), "rp/tahap per tahun", "arah PKH per tahap dalam 24 bulan",
        "slope of PKH payments over 24 months",
    )  # fmt: skip
    yield _f("bayar_akhir_rp", PAID.last("nominal").over(12), "rp", "PKH terakhir yang cair", "last PKH payment")
    yield _f(
        "bayar_hari", PAID.days_since().over(24), "hari", "hari sejak PKH terakhir cair, bila dalam 24 bulan",
        "days since the last PKH payment, if within 24 months",
    )  # fmt: skip
    held = PKH.where(PENYALURAN["status"] == "tertahan")
    yield from over_windows((12,), _f(
        "bayar_tertahan_n", held.count(), "kali", "berapa kali PKH tertahan dalam {m} bulan", "PKH payments held in {m} months"
    ))  # fmt: skip
    failed = PKH.where(PENYALURAN["status"].isin("gagal", "retur"))
    yield _f(
        "bayar_gagal_n_24", failed.count().over(24), "kali", "berapa kali PKH gagal atau retur dalam 24 bulan",
        "PKH payments failed or returned in 24 months",
    )  # fmt: skip
    # By payment, not by row: one that was held and then paid has two rows.
    paid, told = (rows.distinct("penyaluran_id").over(12).or_unknown() for rows in (PAID, PKH))
    yield _f(
        "bayar_cair_bagian_12", ratio(paid, told), "bagian",
        "bagian penyaluran PKH yang cair dalam 12 bulan", "share of PKH payments paid out in 12 months",
    )  # fmt: skip
    yield _f(
        "bayar_tidak_diambil_24",
        held.where(PENYALURAN["alasan_tertahan"].isin("rekening_pasif", "tidak_hadir")).count().over(24),
        "kali",
        "PKH tertahan karena rekening pasif atau tidak hadir dalam 24 bulan",
        "PKH held for a passive account or absence in 24 months",
    )
    yield _f(
        "bayar_sanksi_24", held.where(PENYALURAN["alasan_tertahan"] == "sanksi").count().over(24), "kali",
        "PKH tertahan karena sanksi dalam 24 bulan", "PKH held as a sanction in 24 months",
    )  # fmt: skip
    food = PENYALURAN.where((PENYALURAN["bansos"] == "BPNT") & (PENYALURAN["status"] == "cair"))
    yield _f(
        "bpnt_n_12",
        food.count().over(12),
        "kali",
        "berapa kali Sembako/BPNT cair dalam 12 bulan",
        "food-aid payments in 12 months",
        theme="program",
    )
