"""From the EPH's files to an export folder that `read_records` reads with `mapping.toml`.

What a mapping cannot say is done here: families (another head at the address is another family), dates from quarters, births from
ages, money without inflation, members, enterprises and programmes that are gone at the next interview, and entries and exits,
which the EPH shows only as a yes or no at each interview. Code values stay the EPH's own; `mapping.toml` translates them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from panel import GRADUATE_DECILE, Survey, interviews, quarter_end, same_head
from reference import median_income

RUPIAH_PER_MEDIAN = 2_000_000
"""What the median income of a quarter is called in the canonical money columns. Prices doubled each year, so pesos of different
quarters cannot be compared; only ratios to the median carry meaning, and this constant merely gives them a readable size."""

SENIOR_AGE = 15
"""From this age a pupil of the secondary school (five or six years long) is counted with SMA, before with SMP."""

ENTERPRISE_YEARS = {1: 0.04, 2: 0.15, 3: 0.4, 4: 0.75, 5: 3.0, 6: 10.0}
"""Middle of the EPH's bands for how long an enterprise has existed, in years."""

PROGRAMMES = {"inkind_assistance": "sembako", "scholarship": "pip"}
"""Yes-or-no columns of the household that are other programmes: aid in kind, and school grants."""

_CLOCK = ["family", "day", "known"]


def families(survey: Survey) -> pd.DataFrame:
    """Which family lived at the address: ``hh_id, t, family``; a new one starts where the head is not the same person.

    Decided by comparing each interview with the one before, so that a family's name never depends on later ones.
    """
    seen = interviews(survey)[["hh_id", "t", "sex", "age"]]
    before = seen.groupby("hh_id")[["sex", "age"]].shift()
    moved = before["age"].notna() & ~same_head(before["sex"], before["age"], seen["sex"], seen["age"])
    number = moved.groupby(seen["hh_id"]).cumsum()
    return seen[["hh_id", "t"]].assign(family="eph-" + seen["hh_id"].astype(str) + "-" + number.astype(str))


def write_export(survey: Survey, folder: Path) -> None:
    """Write one Parquet file per table into ``folder``."""
    family = families(survey)
    unit = median_income(survey)
    tables = {
        "homes": homes(survey, family, unit),
        "ranks": ranks(survey, family),
        "people": people(survey, family),
        "jobs": jobs(survey, family, unit),
        "paid": paid(survey, family, unit),
        "programmes": programmes(survey, family),
        "turns": turns(survey, family),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)


def homes(survey: Survey, family: pd.DataFrame, unit: pd.Series) -> pd.DataFrame:
    """Household rows: dwelling in the EPH's codes, place and income."""
    rows = _dated(survey.households, family)
    told = rows["income_decile"].notna()
    rows = rows.assign(
        place=rows["region"].astype(str).str.zfill(2) + rows["agglomeration"].astype(str).str.zfill(2),
        office="aglomerado-" + rows["agglomeration"].astype(str),
        income=_rupiah(rows["income_total"].where(told), rows["t"], unit),
        income_day=rows["day"].where(told),
    )
    codes = ["tenure", "floor", "roof", "water_source", "cooking_fuel", "bathroom_where", "drain"]
    return rows[[*_CLOCK, "place", "office", "hh_size", "income", "income_day", *codes]]


def ranks(survey: Survey, family: pd.DataFrame) -> pd.DataFrame:
    """National income decile of each interview that gave an income; the EPH's 0 is no income at all, the first decile."""
    rows = _dated(survey.households[["hh_id", "t", "quarter", "income_decile"]].dropna(), family)
    return rows.assign(decile=rows["income_decile"].clip(lower=1))[[*_CLOCK, "quarter", "decile"]]


def people(survey: Survey, family: pd.DataFrame) -> pd.DataFrame:
    """Member rows, and one more for whoever is gone at the family's next interview.

    The birthday is not known: it is set so that the age in years is right at the interview.
    """
    rows = _dated(survey.members, family)
    age = rows["age"].clip(lower=0)  # the EPH writes -1 for children below one year
    pupil, attended = rows["school"] == 1, rows["level_attended"]
    senior = (attended == 5) | ((attended == 4) & (age >= SENIOR_AGE))
    junior = (attended == 3) | ((attended == 4) & (age < SENIOR_AGE))
    level = np.select([pupil & (attended == 2), pupil & junior, pupil & senior], ["sd", "smp", "sma"], "")
    rows = rows.assign(
        member=rows["family"] + "-" + rows["person"].astype(str),
        born=rows["day"] - pd.to_timedelta((age * 365.25 + 180).round(), unit="D"),
        works=rows["activity"].map({1: "ya", 2: "tidak", 3: "tidak", 4: "tidak"}),
        hours=rows["hours"].where(rows["hours"] < 168).round().astype("Int64"),
        level=level,
    )
    codes = ["sex", "relation", "marital", "level_attended", "edu_level", "school", "job_category", "health_cover"]
    rows = rows[["t", *_CLOCK, "member", "born", "works", "hours", "level", *codes]]
    return _with_ends(rows, family, "member").drop(columns="t")


def jobs(survey: Survey, family: pd.DataFrame, unit: pd.Series) -> pd.DataFrame:
    """Enterprises (own-account and employer jobs), with an end when the owner has none at the family's next interview."""
    rows = _dated(survey.enterprises, family)
    years = rows["age_band"].map(ENTERPRISE_YEARS).astype("float64")
    owner = rows["family"] + "-" + rows["person"].astype(str)
    rows = rows.assign(
        job=owner + "-job",
        owner=owner,
        started=rows["day"] - pd.to_timedelta((years * 365.25).round(), unit="D"),
        turnover=_rupiah(rows["income"], rows["t"], unit),
        helpers=(rows["persons_working"].where(rows["persons_working"] < 99) - 1).clip(lower=0),
        sector=np.select([rows["branch"].between(4500, 4899), rows["branch"] == 4000], ["12", "11"], ""),
    )
    rows = rows[["t", *_CLOCK, "job", "owner", "started", "turnover", "helpers", "sector", "place"]]
    return _with_ends(rows, family, "job").drop(columns="t")


def paid(survey: Survey, family: pd.DataFrame, unit: pd.Series) -> pd.DataFrame:
    """What the programme paid, per receiving member and quarter."""
    rows = _dated(survey.payments[survey.payments["amount"] > 0], family)
    rows = rows.assign(
        payment=rows["family"] + "-" + rows["person"].astype(str) + "-" + rows["quarter"],
        year=rows["t"] // 4,
        stage=rows["t"] % 4 + 1,
        value=_rupiah(rows["amount"], rows["t"], unit),
    )
    return rows[[*_CLOCK, "payment", "year", "stage", "value"]]


def programmes(survey: Survey, family: pd.DataFrame) -> pd.DataFrame:
    """Other programmes: running when the interview says yes, over when it no longer does."""
    rows = _dated(survey.households, family).sort_values(["family", "t"])
    parts = []
    for column, name in PROGRAMMES.items():
        now = rows[column].fillna(False).astype(bool)
        before = now.groupby(rows["family"]).shift(fill_value=False)
        part = rows[_CLOCK].assign(programme=name, status=np.where(now, "berjalan", "selesai"))
        parts.append(part[now | before])
    found = pd.concat(parts, ignore_index=True)
    return found.assign(case=found["family"] + "-" + found["programme"])


def turns(survey: Survey, family: pd.DataFrame) -> pd.DataFrame:
    """Entries and exits of each family: where assistance is first seen, where it is gone, where it is back.

    They tell who is in the cohort at each date. The outcomes that are learnt and judged are the pairs of `panel.pair_up`.
    """
    seen = _dated(interviews(survey), family)
    seen = seen[seen["cash_assistance"].notna()].sort_values(["family", "t"])
    who, on = seen["family"], seen["cash_assistance"].astype(bool)
    was_on = on.groupby(who).shift(fill_value=False)
    never_before = on.astype(int).groupby(who).cumsum() - on == 0
    grown = (seen["children"].groupby(who).shift(fill_value=0) > 0) & (seen["children"] == 0)
    left = ~on & was_on
    up = seen["income_decile"].fillna(0) >= GRADUATE_DECILE
    kind = np.select(
        [on & never_before, on & ~was_on, left & up, left & grown, left],
        ["masuk", "masuk_kembali", "mandiri", "alamiah", "admin"],
        "",
    )
    rows = seen.assign(kind=kind, event=who + "-" + seen["quarter"])
    return rows.loc[rows["kind"] != "", [*_CLOCK, "event", "kind"]]


def _dated(frame: pd.DataFrame, family: pd.DataFrame) -> pd.DataFrame:
    """Add the family and the day of the interview: by convention the quarter's last, and known that same day."""
    days = {t: pd.Timestamp(quarter_end(t)) for t in sorted(frame["t"].unique())}
    rows = frame.merge(family, on=["hh_id", "t"], how="inner", validate="m:1")
    day = rows["t"].map(days)
    return rows.assign(day=day, known=day)


def _rupiah(money: pd.Series, t: pd.Series, unit: pd.Series) -> pd.Series:
    """Pesos in medians of their quarter, called rupiah."""
    ratio = money.astype("float64") / t.map(unit)
    return (ratio * RUPIAH_PER_MEDIAN).round().astype("Int64")


def _with_ends(rows: pd.DataFrame, family: pd.DataFrame, who: str) -> pd.DataFrame:
    """Add a row, dated at the family's next interview, for each ``who`` that is not met again there: its end, then news."""
    visits = family.sort_values(["family", "t"])
    visits = visits.assign(next_t=visits.groupby("family")["t"].shift(-1)).dropna(subset="next_t")
    due = rows.merge(visits[["family", "t", "next_t"]], on=["family", "t"])
    met = pd.MultiIndex.from_frame(rows[[who, "t"]])
    gone = due[~pd.MultiIndex.from_frame(due[[who, "next_t"]].astype({"next_t": int})).isin(met)]
    day = gone["next_t"].map({t: pd.Timestamp(quarter_end(int(t))) for t in gone["next_t"].unique()})
    ended = gone.assign(day=day, known=day, end=day).drop(columns="next_t")
    return pd.concat([rows.assign(end=pd.NaT), ended], ignore_index=True)
