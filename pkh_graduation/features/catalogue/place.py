"""Wilayah: what kind of place the family lives in, and how its neighbours and its group fare. Never a code of a place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pkh_graduation.features.algebra import Peers, yes
from pkh_graduation.features.catalogue.enterprise import ACTIVE_N
from pkh_graduation.features.catalogue.madiun import levels
from pkh_graduation.features.catalogue.sessions import PRESENT
from pkh_graduation.features.catalogue.sources import KELUARGA, PERINGKAT
from pkh_graduation.features.feature import Feature

_f = partial(Feature, theme="wilayah")


def features() -> Iterator[Feature]:
    """Features of the place; means leave the family itself out."""
    yield _f("perkotaan", KELUARGA.value("perkotaan"), "0/1", "tinggal di perkotaan", "lives in an urban area")
    yield _f(
        "wilayah_sulit", KELUARGA.value("wilayah_sulit"), "0/1", "tinggal di wilayah sulit", "lives in a remote area"
    )
    yield _f(
        "tetangga_desil", Peers(PERINGKAT.value("desil_nasional"), "desa"), "desil", "rata-rata desil peserta lain sedesa",
        "mean decile of the other members in the village",
    )  # fmt: skip
    yield _f(
        "tetangga_usaha_bagian", Peers(yes(ACTIVE_N), "desa"), "bagian", "bagian peserta lain sedesa yang punya usaha",
        "share of the other members in the village with an enterprise",
    )  # fmt: skip
    yield _f(
        "tetangga_penghasilan", Peers(KELUARGA.value(levels()["penghasilan"]), "desa"), "level 1-4",
        "rata-rata level penghasilan peserta lain sedesa", "mean income level of the other members in the village",
    )  # fmt: skip
    yield _f(
        "kelompok_hadir_12", Peers(PRESENT.count().over(12), "kelompok"), "sesi",
        "rata-rata kehadiran P2K2 anggota lain sekelompok dalam 12 bulan", "mean attendance of the rest of the group in 12 months",
        theme="p2k2",
    )  # fmt: skip
    yield _f(
        "kelompok_usaha_bagian", Peers(yes(ACTIVE_N), "kelompok"), "bagian", "bagian anggota lain sekelompok yang punya usaha",
        "share of the rest of the group with an enterprise",
    )  # fmt: skip
