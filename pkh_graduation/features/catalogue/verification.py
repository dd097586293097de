"""Verifikasi komitmen: what the school and health checks found, pupil by pupil. Only unexcused absence counts against."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pkh_graduation.features.catalogue.sources import VERIFIKASI
from pkh_graduation.features.feature import Feature

SCHOOL = VERIFIKASI.where(VERIFIKASI["jenis"] == "pendidikan")

_f = partial(Feature, theme="komponen")


def features() -> Iterator[Feature]:
    """Features of the conditionality checks."""
    met = VERIFIKASI["memenuhi"] == 1
    yield _f(
        "komitmen_bagian_12", VERIFIKASI.where(VERIFIKASI["memenuhi"].known()).share(met).over(12), "bagian",
        "bagian komitmen yang dipenuhi dalam 12 bulan", "share of commitments met in 12 months", lever=True,
    )  # fmt: skip
    yield _f(
        "komitmen_gagal_n_12", VERIFIKASI.where(VERIFIKASI["memenuhi"] == 0).count().over(12), "kali",
        "komitmen yang tidak dipenuhi dalam 12 bulan", "commitments not met in 12 months", lever=True,
    )  # fmt: skip
    yield _f(
        "sekolah_alpa_12", SCHOOL.sum("alpa").over(12), "hari", "hari tidak masuk sekolah tanpa izin dalam 12 bulan",
        "school days missed without excuse in 12 months", lever=True,
    )  # fmt: skip
    yield _f(
        "sekolah_alpa_terburuk_12", SCHOOL.sum("alpa").over(12).per("anggota", "max"), "hari",
        "alpa terbanyak dari satu anak dalam 12 bulan", "unexcused absences of the worst pupil in 12 months", lever=True,
    )  # fmt: skip
    yield _f(
        "sekolah_sakit_12", SCHOOL.sum("sakit").over(12), "hari", "hari tidak masuk sekolah karena sakit dalam 12 bulan",
        "school days missed through illness in 12 months",
    )  # fmt: skip
    yield _f(
        "kesehatan_gagal_n_24", VERIFIKASI.where((VERIFIKASI["jenis"] == "kesehatan") & (VERIFIKASI["memenuhi"] == 0)).count()
        .over(24), "kali", "komitmen kesehatan yang tidak dipenuhi dalam 24 bulan", "health commitments not met in 24 months",
    )  # fmt: skip
