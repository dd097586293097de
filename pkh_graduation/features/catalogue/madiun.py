"""Levels of the Madiun score, from the columns of the records by the published crosswalk (`programme.madiun`)."""

from __future__ import annotations

from collections.abc import Iterator

from pkh_graduation.features.catalogue.sources import KELUARGA, TERNAK_BESAR, TERNAK_KECIL
from pkh_graduation.features.expressions import Expr, case, total
from pkh_graduation.features.feature import Feature
from pkh_graduation.programme.madiun import bounds, criteria, crosswalk

_THEMES = {
    "penghasilan": "kesejahteraan",
    "pangan": "kesejahteraan",
    "pakaian": "kesejahteraan",
    "hutang": "keuangan",
}
_ENGLISH = {
    "rumah": "home tenure",
    "penghasilan": "monthly income",
    "hutang": "times indebted in a year",
    "pangan": "food share of income",
    "pakaian": "times clothes were bought in a year",
    "lantai": "floor",
    "dinding": "wall",
    "bab": "toilet",
    "penerangan": "lighting",
    "aset": "titles to assets",
}


def features() -> Iterator[Feature]:
    """One feature per criterion: its level, 1 (worst) to 4 (best)."""
    expressions = levels()
    for criterion in criteria():
        yield Feature(
            criterion.fitur,
            KELUARGA.value(expressions[criterion.nama]),
            "level 1-4",
            f"{criterion.arti.lower()}, level skor Madiun",
            f"{_ENGLISH[criterion.nama]}, level of the Madiun score",
            _THEMES.get(criterion.nama, "rumah_aset"),
            sign=1,
        )


def levels() -> dict[str, Expr]:
    """Criterion -> its level as an expression over a row of `keluarga`."""
    return {
        "rumah": _coded("rumah", "status_rumah"),
        "penghasilan": _stepped("penghasilan").otherwise(_coded("penghasilan_kelas", "penghasilan_kelas")),
        "hutang": _stepped("hutang"),
        "pangan": _stepped("pangan"),
        "pakaian": _stepped("pakaian"),
        "lantai": _coded("lantai", "jenis_lantai"),
        "dinding": _coded("dinding", "jenis_dinding"),
        "bab": _coded("fasilitas_bab", "fasilitas_bab").otherwise(_coded("jenis_kloset", "jenis_kloset")),
        "penerangan": _coded("penerangan", "penerangan")
        .otherwise(_coded("daya", "daya"))
        .otherwise(_coded("penerangan_tanpa_meteran", "penerangan")),
        "aset": titles().steps(*bounds("aset").nilai) + 1,
    }


def titles() -> Expr:
    """Kinds of titled assets: other land, other house, motorcycle, gold, livestock."""
    owned = ("lahan_lain", "rumah_lain", "aset_sepeda_motor", "aset_emas")
    livestock = total(*(KELUARGA[f"ternak_{name}"] for name in (*TERNAK_BESAR, *TERNAK_KECIL)))
    return total(*(KELUARGA[name] for name in owned), (livestock > 0).number())


def _coded(name: str, column: str) -> Expr:
    return KELUARGA[column].recode(crosswalk(name))


def _stepped(name: str) -> Expr:
    rule = bounds(name)
    reached = KELUARGA[rule.kolom].steps(*rule.nilai)
    return reached + 1 if rule.arah == "naik" else case(reached.known(), 4) - reached
