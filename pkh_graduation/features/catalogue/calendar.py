"""Komponen: the component calendar as a hatch over each member's last observation."""

from __future__ import annotations

from functools import partial

import pandas as pd

from pkh_graduation.features.catalogue.sources import ANGGOTA
from pkh_graduation.features.components import COLUMNS, component_calendar
from pkh_graduation.features.feature import Feature
from pkh_graduation.features.hatch import Hatched, Moment, household_feature

_f = partial(Feature, theme="komponen")
_M = Hatched("anggota")

_KINDS = {
    "hamil": ("ibu hamil atau nifas", "pregnant or post-partum mothers"),
    "aud": ("anak usia dini", "early-childhood components"),
    "sd": ("anak SD", "pupils of primary school"),
    "smp": ("anak SMP", "pupils of lower secondary school"),
    "sma": ("anak SMA", "pupils of upper secondary school"),
    "lansia": ("lanjut usia", "elderly components"),
    "disabilitas": ("penyandang disabilitas berat", "severely disabled members"),
}
_GUARDS = {
    "hanya_lansia_disabilitas": ("hanya komponen lansia atau disabilitas", "only elderly or disability components"),
    "lansia_tunggal": ("lansia tinggal sendiri", "lone elderly person"),
    "disabilitas_berat": ("ada penyandang disabilitas berat", "a severely disabled member"),
    "hamil": ("ada ibu hamil atau nifas", "a pregnant or post-partum mother"),
    "anak_bawah_dua": ("ada anak di bawah dua tahun", "a child under two"),
}


@household_feature(
    ANGGOTA,
    columns=COLUMNS,
    features=[
        *(_f(f"komp_{kind}_n", _M, "orang", f"komponen {id_}", en) for kind, (id_, en) in _KINDS.items()),
        _f("komp_aktif_n", _M, "orang", "anggota dengan komponen PKH", "members with a component"),
        _f(
            "komp_habis_hari", _M, "hari", "hari sampai komponen terakhir berakhir", "days until the last component ends",
        ),
        _f("komp_abadi", _M, "0/1", "ada komponen yang tidak berakhir", "some component never ends"),
        _f(
            "komp_habis_day", _M, "hari (epoch)", "tanggal komponen terakhir berakhir", "day the last component ends", model=False
        ),
        *(_f(f"pagar_{name}", _M, "0/1", id_, en, model=False) for name, (id_, en) in _GUARDS.items()),
    ],
)  # fmt: skip
def components(rows: pd.DataFrame, moment: Moment) -> pd.DataFrame:
    """The calendar of `features.components` for the families of one date."""
    return component_calendar(rows, moment["as_of"])


HATCHES = (components,)
