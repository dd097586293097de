"""What only the EPH asks, as features of the ordinary engine: one more table in `Records`, one more source in the catalogue.

The plain columns of `reference` become the table ``survei`` with the clock of every table; each is read, like any other state of
the family, from the last interview visible on the as-of date.
"""

from __future__ import annotations

import dataclasses

import pandas as pd
from reference import KEY

from pkh_graduation.contracts import Records
from pkh_graduation.features import REAL, Catalogue, Feature, States, default_catalogue
from pkh_graduation.features.catalogue.calendar import HATCHES
from pkh_graduation.programme.calendar import NEVER

PREFIX = "eph_"
_THEME_OF = {
    "ent": "usaha", "income": "kesejahteraan", "n": "komponen", "age": "komponen", "paid": "program", "cash": "program",
    "scholarship": "program", "inkind": "program", "region": "wilayah", "quarter": "wilayah", "loan": "keuangan",
    "spent": "keuangan", "buys": "keuangan", "sold": "keuangan", "remittance": "keuangan", "rent": "keuangan",
    "business": "keuangan", "pension": "keuangan", "job": "kesejahteraan", "hours": "kesejahteraan", "hourly": "kesejahteraan",
    "employee": "kesejahteraan", "registered": "kesejahteraan", "head": "komponen", "partner": "komponen",
}  # fmt: skip
_SIGNS = {"income_decile": 1, "income_total_rel": 1, "income_pc_rel": 1, "income_pc_log": 1}


def with_survey(records: Records, columns: pd.DataFrame, family: pd.DataFrame) -> Records:
    """The records with the table ``survei``: plain columns by family.

    ``columns`` is indexed by ``(hh_id, t)``; ``family`` has ``hh_id, t, kpm, day`` (the surrogate and the epoch day).
    """
    rows = family.merge(columns.add_prefix(PREFIX).reset_index(), on=KEY, validate="1:1").drop(columns=KEY)
    clock = pd.DataFrame(
        {
            "record_id": range(len(rows)),
            "row_key": range(len(rows)),
            "known_day": rows["day"].astype("int32"),
            "superseded_day": pd.Series(NEVER, index=rows.index, dtype="int32"),
            "batal": False,
        },
        index=rows.index,
    )
    table = pd.concat([rows.astype({"day": "Int32"}), clock], axis=1)
    return dataclasses.replace(records, tables={**records.tables, "survei": table})


def survey_catalogue(names: list[str]) -> Catalogue:
    """The programme's own features, then one per plain column."""
    source = States("survei", {PREFIX + name: REAL for name in names}, entity="kpm")
    extra = [
        Feature(
            PREFIX + name,
            source.value(PREFIX + name),
            "EPH",
            f"kolom survei EPH {name}",
            f"EPH column {name}",
            _THEME_OF.get(name.split("_")[0], "rumah_aset"),
            sign=_SIGNS.get(name, 0),
        )
        for name in names
    ]
    compiled = default_catalogue().compiled
    return Catalogue.of([*compiled, *extra], HATCHES)
