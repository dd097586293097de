"""Tiny canonical records for the tests of time, and a plain-Python account of what was known when."""

import datetime as dt

import pandas as pd
from hypothesis import strategies as st

from pkh_graduation.contracts import Records, Snapshots
from pkh_graduation.programme.calendar import NEVER, day_of

START, END = day_of(dt.date(2019, 1, 1)), day_of(dt.date(2023, 12, 31))
FAMILIES = (1, 2, 3)


def day(text):
    return day_of(dt.date.fromisoformat(text))


def family(number):
    return f"k{number:015x}"


TEXT = {
    "peristiwa_status": ("kpm_id", "peristiwa_id", "kasus_id", "jenis", "tahap_proses"),
    "keluarga": ("kpm_id", "kode_wilayah", "kelompok_id", "pendamping_id"),
    "kelompok": ("kelompok_id", "pendamping_id"),
    "tautan_kpm": ("kpm_lama", "kpm_baru"),
}
NUMBERS = {"keluarga": ("tahun_masuk_pkh",), "kelompok": ("berlaku_sampai", "tanggal_diketahui_selesai"),
           "tautan_kpm": ("berlaku_sampai", "tanggal_diketahui_selesai")}  # fmt: skip


def table_of(name, rows):
    """A canonical table from dicts with ``key, day, known, batal`` and the table's columns."""
    frame = pd.DataFrame({"record_id": pd.Series(range(len(rows)), dtype="int64")})
    frame["row_key"] = pd.Series([row["key"] for row in rows], dtype="int64")
    frame["day"] = pd.Series([row["day"] for row in rows], dtype="Int32")
    frame["known_day"] = pd.Series([row["known"] for row in rows], dtype="int32")
    frame["batal"] = pd.Series([row.get("batal", False) for row in rows], dtype="bool")
    frame["diketahui_perkiraan"] = pd.Series([row.get("perkiraan", False) for row in rows], dtype="bool")
    ordered = frame.sort_values(["row_key", "known_day", "record_id"])
    following = ordered.groupby("row_key")["known_day"].shift(-1)
    frame["superseded_day"] = following.reindex(frame.index).fillna(NEVER).astype("int32")
    for column in TEXT[name]:
        frame[column] = pd.Series([row.get(column) for row in rows], dtype="str")
    for column in NUMBERS.get(name, ()):
        frame[column] = pd.Series([row.get(column) for row in rows], dtype="Int32")
    if "kpm_id" in frame:
        frame["kpm"] = pd.Series([int(text[1:], 16) for text in frame["kpm_id"]], dtype="int64")
    return frame


def records_of(peristiwa_status=(), keluarga=(), kelompok=(), tautan_kpm=()):
    tables = {
        "peristiwa_status": table_of("peristiwa_status", list(peristiwa_status)),
        "keluarga": table_of("keluarga", list(keluarga)),
        "kelompok": table_of("kelompok", list(kelompok)),
        "tautan_kpm": table_of("tautan_kpm", list(tautan_kpm)),
    }
    return Records(tables=tables, sintetis=True, digest="tes")


def event(number, kind, on, known=None, *, stage="efektif", key=None, case=None, batal=False):
    """One row of peristiwa_status; dates as ISO text or epoch days."""
    at = day(on) if isinstance(on, str) else on
    known = at if known is None else (day(known) if isinstance(known, str) else known)
    key = key if key is not None else hash((number, kind, at, stage, case)) % 2**40
    return {"key": key, "day": at, "known": known, "batal": batal, "kpm_id": family(number), "peristiwa_id": f"e{key:015x}",
            "kasus_id": case, "jenis": kind, "tahap_proses": stage}  # fmt: skip


def home(number, on, known=None, *, key=None, batal=False, **columns):
    at = day(on) if isinstance(on, str) else on
    known = at if known is None else (day(known) if isinstance(known, str) else known)
    return {"key": key if key is not None else number * 10**6 + at, "day": at, "known": known, "batal": batal,
            "kpm_id": family(number), **columns}  # fmt: skip


def group(name, lead, on, known=None, *, until=None, until_known=None, key=None):
    at = day(on)
    return {"key": key if key is not None else hash((name, at)) % 2**40, "day": at, "known": day(known) if known else at,
            "kelompok_id": name, "pendamping_id": lead, "berlaku_sampai": day(until) if until else None,
            "tanggal_diketahui_selesai": day(until_known) if until_known else None}  # fmt: skip


def link(old, new, on, known=None):
    at = day(on)
    return {"key": old * 1000 + new, "day": at, "known": day(known) if known else at,
            "kpm_lama": family(old), "kpm_baru": family(new)}  # fmt: skip


def panel(dates, families=FAMILIES, pendamping="d1"):
    """Snapshots of every family at every date, made by hand; ``pendamping`` is a name or a function of the family."""
    rows = [(family(number), pd.Timestamp(date), number) for date in dates for number in families]
    index = pd.MultiIndex.from_arrays(
        [pd.Index([row[0] for row in rows], dtype="str"), pd.DatetimeIndex([row[1] for row in rows]).as_unit("s")],
        names=["kpm_id", "as_of"],
    )
    frame = pd.DataFrame({"kpm": [row[2] for row in rows]}, index=index)
    lead = [pendamping(row[2]) if callable(pendamping) else pendamping for row in rows]
    for column in ("pendamping_id", "kelompok_id", "desa", "kecamatan", "kabupaten", "proses", "proses_jenis"):
        frame[column] = pd.Series(lead if column == "pendamping_id" else None, index=index, dtype="str")
    frame["masuk_day"] = frame["proses_day"] = pd.array([START] * len(frame), dtype="Int32")
    frame["masuk_perkiraan"] = False
    return Snapshots(frame)


# ---------------------------------------------------------------- random worlds
DAYS = st.integers(START, END)
LAGS = st.integers(-30, 220)
MOVES = st.sampled_from([("masuk", "efektif"), ("masuk_kembali", "efektif"), ("mandiri", "efektif"), ("ppse", "efektif"),
                         ("alamiah", "efektif"), ("desil", "efektif"), ("mandiri", "usulan"), ("mandiri", "ttd_pernyataan"),
                         ("mandiri", "ditolak"), ("ppse", "calon")])  # fmt: skip


@st.composite
def event_rows(draw, max_keys=9):
    rows = []
    for key in range(draw(st.integers(1, max_keys))):
        number = draw(st.sampled_from(FAMILIES))
        case = draw(st.sampled_from([None, "c1", "c2"]))
        case = f"{case}{number}" if case else None
        at = draw(DAYS)
        kind, stage = draw(MOVES)
        known = at + draw(LAGS)
        for version in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
            if version:
                known += draw(st.integers(0, 300))
                at = draw(st.sampled_from([at, at, at - 40, at + 130]))
                kind, stage = draw(st.sampled_from([(kind, stage), ("alamiah", "efektif")]))
            batal = bool(version) and draw(st.booleans())
            rows.append(event(number, kind, at, known, stage=stage, key=key, case=case, batal=batal))
    return draw(st.permutations(rows))


@st.composite
def home_rows(draw):
    rows = []
    for key in range(draw(st.integers(0, 6))):
        at = draw(DAYS)
        known = at + draw(LAGS)
        number = draw(st.sampled_from(FAMILIES))
        for version in range(draw(st.sampled_from([1, 1, 2]))):
            known += version * draw(st.integers(0, 200))
            rows.append(
                home(number, at, known, key=key, batal=bool(version) and draw(st.booleans()),
                     kode_wilayah=draw(st.sampled_from([None, "3201010001", "3202020", "99"])),
                     kelompok_id=draw(st.sampled_from([None, "g1", "g2"])),
                     pendamping_id=draw(st.sampled_from([None, "d7", "d8"])),
                     tahun_masuk_pkh=draw(st.sampled_from([None, 2017, 2020, 2022])))
            )  # fmt: skip
    return rows


@st.composite
def group_rows(draw):
    rows = []
    for key in range(draw(st.integers(0, 4))):
        at, end = draw(DAYS), draw(st.one_of(st.none(), DAYS))
        rows.append(
            {"key": key, "day": at, "known": max(0, at + draw(st.integers(-100, 100))),
             "kelompok_id": draw(st.sampled_from(["g1", "g2", "g3"])), "pendamping_id": draw(st.sampled_from(["d1", "d2"])),
             "berlaku_sampai": end,
             "tanggal_diketahui_selesai": None if end is None else end + draw(st.integers(-150, 150))}
        )  # fmt: skip
    return rows


@st.composite
def link_rows(draw):
    pairs = draw(st.lists(st.sampled_from([(1, 2), (2, 3), (1, 3), (2, 1)]), max_size=2, unique=True))
    rows = []
    for old, new in pairs:
        at = draw(DAYS)
        end = draw(st.sampled_from([None, None, at + 200]))
        rows.append(
            {"key": old * 10 + new, "day": at, "known": at + draw(LAGS), "kpm_lama": family(old), "kpm_baru": family(new),
             "berlaku_sampai": end, "tanggal_diketahui_selesai": None if end is None else end + draw(st.integers(-100, 100))}
        )  # fmt: skip
    return rows


@st.composite
def worlds(draw):
    """Row lists of the four tables: corrections, voids, moved dates, late and early news, links, group validity."""
    return {"peristiwa_status": draw(event_rows()), "keluarga": draw(home_rows()), "kelompok": draw(group_rows()),
            "tautan_kpm": draw(link_rows())}  # fmt: skip


# ---------------------------------------------------------------- the same truth, row by row
def seen(rows, t):
    """Rows visible at t, in total order; a row is (day, known, record id, dict)."""
    latest = {}
    for number, row in enumerate(rows):
        if row["known"] <= t:
            latest.setdefault(row["key"], []).append((row["known"], number))
    best = [max(versions)[1] for versions in latest.values()]
    kept = [
        (rows[i]["day"], rows[i]["known"], i, rows[i]) for i in best if not rows[i].get("batal") and rows[i]["day"] <= t
    ]
    return [row for *_, row in sorted(kept, key=lambda item: item[:3])]


def in_force(rows, t):
    def over(row):
        end, known = row.get("berlaku_sampai"), row.get("tanggal_diketahui_selesai")
        return end is not None and known is not None and known <= t and end < t

    return [row for row in seen(rows, t) if not over(row)]


def earliest(rows, t):
    """kpm_id -> earliest kpm_id, by the links in force at t; rings are ignored."""
    parent = {}
    for row in in_force(rows, t):
        parent.setdefault(row["kpm_baru"], row["kpm_lama"])

    def root(name):
        path = [name]
        while path[-1] in parent:
            if parent[path[-1]] in path:
                return name
            path.append(parent[path[-1]])
        return path[-1]

    return {family(number): root(family(number)) for number in FAMILIES}
