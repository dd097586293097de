"""Rumah dan aset: the house, its services, and what the family owns, as last observed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial, reduce
from operator import add

from pkh_graduation.features.algebra import Combine, combine, ratio
from pkh_graduation.features.catalogue.madiun import levels
from pkh_graduation.features.catalogue.members import PRESENT
from pkh_graduation.features.catalogue.sources import ASET, KELUARGA, KELUARGA_ROWS, TERNAK_BESAR, TERNAK_KECIL
from pkh_graduation.features.expressions import Expr, months_ago, total
from pkh_graduation.features.feature import Feature

_ASSETS = {
    "lemari_es": ("lemari es", "a refrigerator"),
    "tabung_gas": ("tabung gas 5,5 kg ke atas", "a gas cylinder of 5.5 kg or more"),
    "tv_datar": ("TV layar datar", "a flat television"),
    "emas": ("emas perhiasan", "gold jewellery"),
    "komputer": ("komputer, laptop, atau tablet", "a computer"),
    "sepeda_motor": ("sepeda motor", "a motorcycle"),
    "mobil": ("mobil", "a car"),
    "smartphone": ("smartphone", "a smartphone"),
}

_f = partial(Feature, theme="rumah_aset")


def features() -> Iterator[Feature]:
    """Features of housing and assets."""
    yield from _house()
    yield from _services()
    yield from _assets()


def _house() -> Iterator[Feature]:
    area = KELUARGA.value("luas_lantai")
    yield _f("luas_lantai", area, "m2", "luas lantai", "floor area")
    yield _f(
        "luas_per_orang",
        ratio(area, PRESENT.count().or_unknown()),
        "m2/orang",
        "luas lantai per anggota",
        "floor area per member",
    )
    yield _f(
        "atap_layak", KELUARGA.value(KELUARGA["jenis_atap"].isin(1, 2, 3)), "0/1", "atap beton, genteng, atau seng",
        "roof of concrete, tile or metal",
    )  # fmt: skip
    yield _f(
        "lahan_sertifikat", KELUARGA.value(KELUARGA["bukti_lahan"].isin(1, 2, 3)), "0/1", "lahan bersertifikat hak milik",
        "land with a full title",
    )  # fmt: skip
    house = levels()
    quality = house["lantai"] + house["dinding"] + house["bab"] + house["penerangan"]
    yield _f(
        "rumah_perubahan_24", _change(quality), "level",
        "perubahan mutu rumah dibanding 24 bulan lalu", "change of housing quality against 24 months ago",
    )  # fmt: skip


def _services() -> Iterator[Feature]:
    flags: dict[str, tuple[Expr, str, str]] = {
        "air_layak": (KELUARGA["air_minum"].isin(1, 2, 3, 4, 5, 7), "air minum terlindung", "protected drinking water"),
        # Code 3 of the distance says that nobody knows it.
        "air_dekat_tinja": (
            KELUARGA["jarak_air"].recode({1: [1], 0: [2]}), "sumber air kurang dari 10 m dari tinja", "water within 10 m of sewage",
        ),
        "tangki_septik": (KELUARGA["pembuangan_tinja"].isin(1, 2), "tinja ke tangki septik atau IPAL", "septic tank or sewer"),
        "masak_bersih": (
            KELUARGA["bahan_bakar"].between(1, 6), "memasak dengan listrik atau gas", "cooks with electricity or gas",
        ),
        "internet_rumah": (KELUARGA["internet_rumah"] > 0, "ada internet di rumah", "internet at home"),
    }  # fmt: skip
    for name, (flag, id_, en) in flags.items():
        yield _f(name, KELUARGA.value(flag), "0/1", id_, en)
    yield _f(
        "daya_level", KELUARGA.value("daya"), "level 1-5", "daya listrik (1 450 W, 5 di atas 2.200 W)",
        "electric power (1 450 W, 5 above 2,200 W)", sign=1,
    )  # fmt: skip


def _assets() -> Iterator[Feature]:
    for name, (id_, en) in _ASSETS.items():
        yield _f(f"punya_{name}", KELUARGA.value(f"aset_{name}"), "0/1", f"punya {id_}", f"has {en}")
    owned = total(*(KELUARGA[f"aset_{name}"] for name in ASET))
    yield _f(
        "aset_n", KELUARGA.value(owned), "jenis", "banyaknya jenis aset bergerak", "kinds of movable assets", sign=1
    )
    yield _f(
        "aset_perubahan_24", _change(reduce(add, (KELUARGA[f"aset_{name}"] for name in ASET))), "jenis",
        "perubahan banyaknya aset dibanding 24 bulan lalu", "change of movable assets against 24 months ago",
    )  # fmt: skip
    yield _f("punya_lahan_lain", KELUARGA.value("lahan_lain"), "0/1", "punya lahan lain", "has other land")
    yield _f("punya_rumah_lain", KELUARGA.value("rumah_lain"), "0/1", "punya rumah lain", "has another house")
    large, small = (total(*(KELUARGA[f"ternak_{n}"] for n in kinds)) for kinds in (TERNAK_BESAR, TERNAK_KECIL))
    yield _f(
        "ternak_besar_n",
        KELUARGA.value(large),
        "ekor",
        "ternak besar (sapi, kerbau, kuda)",
        "cattle, buffaloes, horses",
    )
    yield _f(
        "ternak_kecil_n", KELUARGA.value(small), "ekor", "ternak kecil (kambing, domba, babi)", "goats, sheep, pigs"
    )


def _change(value: Expr) -> Combine:
    """Against 24 months ago. A value that misses a part is missing: what was not recorded has not got worse."""
    before = KELUARGA_ROWS.where(KELUARGA_ROWS["day"] <= months_ago(24)).last(value)
    return combine(lambda now, then: now - then, KELUARGA.value(value), before)
