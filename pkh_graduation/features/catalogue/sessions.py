"""P2K2: what the group was offered (supply) apart from what the family made of it (attendance), and the economy module."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pkh_graduation.features.algebra import combine
from pkh_graduation.features.catalogue.sources import KEHADIRAN, SESI
from pkh_graduation.features.feature import Feature, over_windows

MODULES = {
    1: "pengasuhan dan pendidikan anak",
    2: "pengelolaan keuangan dan perencanaan usaha",
    3: "kesehatan dan gizi",
    4: "perlindungan anak",
    5: "kesejahteraan sosial",
    6: "pencegahan stunting",
}
ECONOMY, ECONOMY_SESSIONS = 2, 3
"""The economy module, and how many sessions complete it."""

PRESENT = KEHADIRAN.where(KEHADIRAN["hadir"] == "hadir")
RECORDED = KEHADIRAN.where(KEHADIRAN["hadir"].isin("hadir", "izin", "sakit", "alpa"))
"""Sheets that say who came; an unmarked sheet (``tidak_tercatat``) says nothing of a family."""

_f = partial(Feature, theme="p2k2")


def features() -> Iterator[Feature]:
    """Features of the meetings."""
    yield from _supply()
    yield from _attendance()
    yield from _modules()
    yield from _economy()


def _supply() -> Iterator[Feature]:
    held = SESI["terlaksana"] == 1
    yield _f(
        "sesi_terjadwal_12", SESI.count().over(12), "sesi", "sesi P2K2 yang dijadwalkan bagi kelompok dalam 12 bulan",
        "sessions scheduled for the group in 12 months",
    )  # fmt: skip
    yield _f(
        "sesi_terlaksana_12", SESI.where(held).count().over(12), "sesi", "sesi P2K2 kelompok yang terlaksana dalam 12 bulan",
        "sessions of the group held in 12 months",
    )  # fmt: skip
    yield _f(
        "sesi_terlaksana_bagian_12", SESI.share(held).over(12), "bagian", "bagian sesi terjadwal yang terlaksana dalam 12 bulan",
        "share of scheduled sessions held in 12 months",
    )  # fmt: skip
    economy = SESI.where(held & (SESI["modul"] == ECONOMY))
    yield _f(
        "sesi_ekonomi_24", economy.count().over(24), "sesi", "sesi modul ekonomi kelompok yang terlaksana dalam 24 bulan",
        "economy sessions of the group held in 24 months",
    )  # fmt: skip


def _attendance() -> Iterator[Feature]:
    yield from over_windows((3, 12), _f(
        "p2k2_hadir", PRESENT.count(), "sesi", "sesi P2K2 yang dihadiri dalam {m} bulan", "sessions attended in {m} months",
        lever=True, sign=1,
    ))  # fmt: skip
    yield from over_windows((12, 24), _f(
        "p2k2_hadir_bagian", RECORDED.share(KEHADIRAN["hadir"] == "hadir"), "bagian",
        "bagian sesi terlaksana yang dihadiri dalam {m} bulan", "share of held sessions attended in {m} months",
        lever=True, sign=1,
    ))  # fmt: skip
    yield _f(
        "p2k2_alpa_12", KEHADIRAN.where(KEHADIRAN["hadir"] == "alpa").count().over(12), "sesi",
        "sesi P2K2 yang ditinggalkan tanpa izin dalam 12 bulan", "sessions missed without excuse in 12 months", lever=True,
    )  # fmt: skip
    yield _f(
        "p2k2_tidak_tercatat_12", KEHADIRAN.where(KEHADIRAN["hadir"] == "tidak_tercatat").count().over(12), "sesi",
        "sesi tanpa catatan kehadiran dalam 12 bulan", "sessions with an unmarked sheet in 12 months",
    )  # fmt: skip
    yield _f(
        "p2k2_hari", PRESENT.days_since().over(24), "hari", "hari sejak terakhir hadir P2K2, bila dalam 24 bulan",
        "days since last attended, if within 24 months",
    )  # fmt: skip
    yield _f(
        "p2k2_modul_24", PRESENT.distinct("modul").over(24), "modul", "banyaknya modul yang dihadiri dalam 24 bulan",
        "modules attended in 24 months",
    )  # fmt: skip
    understood = KEHADIRAN.where(KEHADIRAN["pemahaman"].known())
    yield _f(
        "p2k2_paham_bagian_24", understood.share(KEHADIRAN["pemahaman"] == "baik").over(24), "bagian",
        "bagian sesi dengan pemahaman baik dalam 24 bulan", "share of sessions well understood in 24 months",
    )  # fmt: skip


def _modules() -> Iterator[Feature]:
    for module, title in MODULES.items():
        yield _f(
            f"p2k2_m{module}_hadir_n", PRESENT.count().at("modul", module), "sesi", f"sesi modul {title} yang dihadiri",
            f"sessions attended of module {module}", lever=module == ECONOMY,
        )  # fmt: skip
        yield _f(
            f"p2k2_m{module}_hadir_bagian", RECORDED.share(KEHADIRAN["hadir"] == "hadir").at("modul", module), "bagian",
            f"bagian sesi modul {title} yang dihadiri", f"share of held sessions attended of module {module}",
            lever=module == ECONOMY,
        )  # fmt: skip


def _economy() -> Iterator[Feature]:
    taken = PRESENT.where(KEHADIRAN["modul"] == ECONOMY).distinct("sesi")
    yield _f(
        "p2k2_ekonomi_n", taken, "sesi dari 3", "sesi modul ekonomi yang pernah dihadiri", "different economy sessions attended",
        lever=True, sign=1,
    )  # fmt: skip
    yield _f(
        "p2k2_ekonomi_lengkap", combine(lambda n: (n >= ECONOMY_SESSIONS).number(), taken), "0/1",
        "modul ekonomi sudah lengkap", "economy module complete", lever=True, sign=1,
    )  # fmt: skip
