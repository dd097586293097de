"""Program: complementary programmes received, by the last status of each case. Proposals are no receipt."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pkh_graduation.features.algebra import combine, yes
from pkh_graduation.features.catalogue.sources import PROGRAM, PROGRAM_ROWS
from pkh_graduation.features.expressions import AS_OF
from pkh_graduation.features.feature import Feature, over_windows

_GOT = PROGRAM["status"].isin("diterima", "berjalan", "lunas", "selesai", "macet")
RECEIVED = PROGRAM.where(_GOT)
GRANTS = ("pena", "ppse", "kube", "uep")
"""Grants of productive capital."""
TRAINING = ("prakerja", "blk")

_ONE = {
    "pena": ("bantuan usaha PENA", "PENA business grant", True),
    "ppse": ("bantuan usaha PPSE", "PPSE business grant", True),
    "kube": ("kelompok usaha bersama (KUBE)", "joint business group (KUBE)", True),
    "uep": ("usaha ekonomi produktif (UEP)", "productive business grant (UEP)", True),
    "nib": ("pengurusan NIB", "help with a business number", True),
    "bpjs_tk": ("BPJS Ketenagakerjaan", "employment insurance", True),
    "sembako": ("Sembako/BPNT", "food aid", False),
    "pbi_jkn": ("PBI-JKN", "subsidised health insurance", False),
    "pip": ("PIP", "school aid", False),
    "kip_k": ("KIP Kuliah", "university aid", False),
    "atensi": ("ATENSI", "social rehabilitation aid", False),
    "blt_dd": ("BLT Dana Desa", "village-fund cash aid", False),
}

_f = partial(Feature, theme="program")


def features() -> Iterator[Feature]:
    """Features of programmes."""
    for name, (id_, en, lever) in _ONE.items():
        yield _f(
            f"program_{name}", yes(RECEIVED.count().at("program", name)), "0/1",
            f"pernah menerima {id_}", f"has received {en}", lever=lever,
        )  # fmt: skip
    yield _f(
        "program_rumah", yes(RECEIVED.where(PROGRAM["program"].isin("rst", "bsps")).count()), "0/1",
        "pernah menerima bantuan rumah", "has received a housing grant",
    )  # fmt: skip
    yield _f(
        "program_pelatihan_n", RECEIVED.where(PROGRAM["program"].isin(*TRAINING)).count(), "pelatihan",
        "pelatihan kerja yang diterima (Prakerja, BLK)", "job trainings received (Prakerja, BLK)", lever=True,
    )  # fmt: skip
    is_grant = PROGRAM["program"].isin(*GRANTS)
    grants = RECEIVED.where(is_grant)
    yield _f(
        "bantuan_usaha_rp", grants.sum("nominal"), "rp", "nilai bantuan usaha yang diterima", "business grants received"
    )
    # A grant dates from its first news of receipt: that it was completed since is no new grant.
    first_day = PROGRAM_ROWS.where(_GOT & is_grant).min("day").per("program_key", "max")
    yield _f(
        "bantuan_usaha_hari",
        combine(lambda day: AS_OF - day, first_day),
        "hari",
        "hari sejak bantuan usaha terakhir",
        "days since the last business grant",
    )
    yield from over_windows((12,), _f(
        "program_n", RECEIVED.distinct("program"), "program", "banyaknya program lain dengan kabar dalam {m} bulan",
        "programmes with news in {m} months",
    ))  # fmt: skip
    yield _f(
        "program_usul_sendiri_n", RECEIVED.where(PROGRAM["pengusul"] == "sendiri").count(), "program",
        "program yang diterima dan diurus sendiri oleh keluarga",
        "programmes received that the family itself applied for", lever=True,
    )  # fmt: skip
