"""Kepesertaan: how long the family has been in the programme, and whether it has left and come back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pkh_graduation.features.algebra import CohortDay, years
from pkh_graduation.features.catalogue.sources import KELUARGA, MASUK
from pkh_graduation.features.feature import Feature

_f = partial(Feature, theme="kepesertaan")


def features() -> Iterator[Feature]:
    """Features of the membership."""
    entered = CohortDay("masuk_day", witness=MASUK.last("day"))
    yield _f(
        "kepesertaan_tahun",
        years(entered),
        "tahun",
        "lama menjadi peserta PKH",
        "years since the current membership began",
    )
    yield _f(
        "masuk_kembali_n", MASUK.where(MASUK["jenis"] == "masuk_kembali").count(), "kali",
        "berapa kali masuk kembali setelah pernah keluar", "times the family re-entered after leaving",
    )  # fmt: skip
    yield _f(
        "ketua_kelompok", KELUARGA.value(KELUARGA["status_kelompok"] == "ketua"), "0/1",
        "pengurus menjadi ketua kelompok", "the registered mother leads her group", theme="p2k2",
    )  # fmt: skip
