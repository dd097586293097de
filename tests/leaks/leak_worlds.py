"""A tiny office for seeded leaks: payments and ranks with late news and corrections, exits reported late, families that move."""

import datetime as dt
import functools

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Records, Snapshots
from pkh_graduation.engines import DuckDBEngine
from pkh_graduation.features import Catalogue, build_features
from pkh_graduation.features.algebra import Peers
from pkh_graduation.features.catalogue.sources import PENYALURAN, PERINGKAT
from pkh_graduation.features.feature import Feature
from pkh_graduation.programme.calendar import NEVER, add_tahap, date_of, day_of, tahap_ends
from pkh_graduation.timeline import observe_outcomes, spine

FAMILIES = range(1, 61)
DATES = tahap_ends(dt.date(2019, 3, 1), dt.date(2022, 12, 31))
KNOWN_BY = dt.date(2023, 12, 31)
NOW = dt.date(2021, 6, 30)
CORRECTED, FINAL = 7, 910_000
"""A family whose one payment of the year was corrected, both versions known before `NOW`, and what it was in the end."""
MOVED = 5
"""A family that comes to another pendamping after 2021."""


def kpm_id(number):
    return f"k{number:015x}"


def table(rows):
    """A canonical table of dicts with ``key, day, known, batal`` and its own columns."""
    frame = pd.DataFrame(rows)
    frame.insert(0, "record_id", np.arange(len(frame), dtype="int64"))
    frame = frame.rename(columns={"key": "row_key", "known": "known_day"})
    if "batal" not in frame:
        frame["batal"] = False
    ordered = frame.sort_values(["row_key", "known_day", "record_id"])
    following = ordered.groupby("row_key")["known_day"].shift(-1)
    frame["superseded_day"] = following.reindex(frame.index).fillna(NEVER)
    types = {"row_key": "int64", "day": "Int32", "known_day": "int32", "superseded_day": "int32", "batal": bool}
    return frame.astype(types)


def family(number):
    return {"kpm_id": kpm_id(number), "kpm": number}


@functools.cache
def records():
    """Payments each quarter (some late, some corrected later), a yearly rank known 90 days later, exits 100 days late."""
    rng = np.random.default_rng(3)
    paid, ranked, moves = [], [], []
    for number in FAMILIES:
        moves.append(_move(number, "masuk", day_of(dt.date(2017, 1, 1)), 10))
        for turn, date in enumerate(DATES):
            day = day_of(date) - 20
            key = number * 1000 + turn
            if number != CORRECTED:
                paid.append(_payment(number, key, day, day + int(rng.choice([5, 60])), 500_000))
                if rng.random() < 0.3:
                    paid.append(_payment(number, key, day, day + int(rng.choice([100, 400])), 650_000))
            if turn % 4 == 0:
                ranked.append({**family(number), "key": key, "day": day, "known": day + 90,
                               "desil_nasional": int(rng.integers(1, 7))})  # fmt: skip
    day = day_of(NOW) - 100
    paid += [
        _payment(CORRECTED, CORRECTED * 1000, day, day + 5, 100_000),
        _payment(CORRECTED, CORRECTED * 1000, day, day + 30, FINAL),
    ]
    for number in FAMILIES:
        if number % 3 == 0:
            moves.append(
                _move(number, "mandiri" if number % 2 else "desil", day_of(dt.date(2019, 4, 1)) + 23 * number, 100)
            )
    home = [{**family(n), "key": n, "day": day_of(dt.date(2017, 1, 1)), "known": day_of(dt.date(2017, 1, 9)),
             "kode_wilayah": "9901010001", "kelompok_id": None, "pendamping_id": f"d{n % 6}", "tahun_masuk_pkh": 2017}
            for n in FAMILIES]  # fmt: skip
    tables = {
        "penyaluran": table(paid),
        "peringkat": table(ranked),
        "peristiwa_status": table(moves),
        "keluarga": table(home),
    }
    tables["peristiwa_status"]["diketahui_perkiraan"] = False
    return Records(tables, sintetis=True, digest="tiruan")


def _payment(number, key, day, known, amount):
    return {**family(number), "key": key, "day": day, "known": known, "penyaluran_id": f"b{key}", "bansos": "PKH",
            "status": "cair", "nominal": amount}  # fmt: skip


def _move(number, kind, day, lag):
    return {**family(number), "key": number * 10 + (kind != "masuk"), "day": day, "known": day + lag, "peristiwa_id": f"e{number}",
            "kasus_id": None, "jenis": kind, "tahap_proses": "efektif"}  # fmt: skip


def known_on(whole, day):
    """The records as an office had them on a day, told plainly."""
    tables = {}
    for name, rows in whole.tables.items():
        kept = rows[rows["known_day"] <= day].reset_index(drop=True)
        kept["superseded_day"] = kept["superseded_day"].mask(kept["superseded_day"] > day, NEVER)
        tables[name] = kept
    return Records(tables, sintetis=True, digest=f"sampai {day}")


def pendamping_of(number, date):
    return "d5" if number == MOVED and date > dt.date(2021, 1, 1) else f"d{number % 5}"


def snapshots(dates, families=FAMILIES):
    rows = [(kpm_id(number), pd.Timestamp(date), number, date) for date in dates for number in families]
    index = pd.MultiIndex.from_arrays(
        [[row[0] for row in rows], pd.DatetimeIndex([row[1] for row in rows]).as_unit("s")], names=["kpm_id", "as_of"]
    )
    frame = pd.DataFrame(dict.fromkeys(Snapshots.COLUMNS), index=index)
    frame["kpm"] = np.array([row[2] for row in rows], dtype="int64")
    frame["pendamping_id"] = [pendamping_of(row[2], row[3]) for row in rows]
    frame["kabupaten"] = [f"9{row[2] % 3:03d}" for row in rows]
    frame["desa"] = "9901010001"
    frame["kelompok_id"] = pd.Series(None, index=index, dtype="str")
    frame["masuk_day"] = pd.array([day_of(dt.date(2017, 1, 1))] * len(rows), dtype="Int32")
    return Snapshots(frame)


HISTORY = snapshots(DATES)
Y = observe_outcomes(records(), HISTORY, horizon=4, known_by=KNOWN_BY)
X = pd.DataFrame({"x": np.linspace(-1, 1, len(HISTORY.frame))}, index=HISTORY.frame.index)


def catalogue():
    about = {"theme": "kepesertaan"}
    paid = PENYALURAN.where(PENYALURAN["status"] == "cair")
    return Catalogue.of(
        [
            Feature("bayar", paid.sum("nominal").over(12), "rp", "bayar", "paid", **about),
            Feature("bayar_n", paid.count().over(12), "kali", "bayar", "paid", **about),
            Feature("desil", PERINGKAT.value("desil_nasional"), "desil", "desil", "decile", **about),
            Feature(
                "desil_tetangga", Peers(PERINGKAT.value("desil_nasional"), "desa"), "desil", "desil", "decile", **about
            ),
        ]
    )


def features(of, date=NOW):
    """Features at one date; a fresh engine, so that nothing is remembered."""
    with DuckDBEngine(threads=1) as engine:
        X, _ = build_features(
            of, snapshots([date]), engine=engine, spine=spine([date]), catalogue=catalogue(), facts=False
        )
    return X


def later(y, day, rng):
    """Outcomes in which everything known after a day is told otherwise: other days, other ways out."""
    exits = y.exits.copy()
    after = (exits["known_day"] > day_of(day)) & (exits["peran"] == "keluar")
    moved = rng.integers(-110, 0, len(exits))  # within the lag, so that every origin stays where it was
    exits["day"] = exits["day"].mask(after, exits["known_day"] + moved).astype("Int32")
    exits["way_out"] = exits["way_out"].mask(after, "alamiah")
    return exits


def quarter_end(as_of, ahead):
    return add_tahap(as_of.date() if hasattr(as_of, "date") else as_of, ahead)


__all__ = [
    "CORRECTED", "DATES", "FINAL", "HISTORY", "KNOWN_BY", "MOVED", "NOW", "X", "Y", "date_of", "features", "known_on", "kpm_id",
    "later", "quarter_end", "records", "snapshots",
]  # fmt: skip
