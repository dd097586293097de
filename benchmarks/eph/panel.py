"""The EPH panel: its files, who is seen again a year later, and how the year ended.

In: the folder of the EPH extract (households, members, enterprises and payments as Parquet). Out: `Survey`, and one row per
household and base quarter with its way out, and what became of those that left. Everything about labels is decided here and
nowhere else.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pkh_graduation.programme.calendar import tahap_end
from pkh_graduation.programme.vocabulary import ADMINISTRATIF, ALAMIAH, MANDIRI, MASIH_PESERTA

FILES = ("households", "members", "enterprises", "payments")
YEAR = 4
"""Quarters between the two interviews of a pair."""
GRADUATE_DECILE = 4
"""A household without assistance counts as graduated from this decile upwards."""


@dataclass(frozen=True)
class Survey:
    """The four files; each carries ``t``, its quarter counted from year 0, so that quarters subtract."""

    households: pd.DataFrame
    members: pd.DataFrame
    enterprises: pd.DataFrame
    payments: pd.DataFrame


def quarter_number(quarter: pd.Series) -> pd.Series:
    """``2022Q2`` as the number of quarters since year 0."""
    return quarter.str[:4].astype(int) * 4 + quarter.str[5].astype(int) - 1


def quarter_end(t: int) -> dt.date:
    """Last day of a numbered quarter: its as-of date."""
    return tahap_end(t // 4, t % 4 + 1)


def quarter_name(t: int) -> str:
    """``2022Q2`` of a numbered quarter."""
    return f"{t // 4}Q{t % 4 + 1}"


def read_survey(folder: Path) -> Survey:
    """Read the four files.

    Raises:
        FileNotFoundError: names the folder and what is missing from it.
    """
    missing = [name for name in FILES if not (folder / f"{name}.parquet").is_file()]
    if missing:
        raise FileNotFoundError(
            f"the folder {folder} lacks {[f'{name}.parquet' for name in missing]}; "
            "name the folder of the EPH extract with --data or PKH_EPH_DATA."
        )
    frames = (pd.read_parquet(folder / f"{name}.parquet") for name in FILES)
    return Survey(*(frame.assign(t=quarter_number(frame["quarter"])) for frame in frames))


def interviews(survey: Survey) -> pd.DataFrame:
    """One row per household and quarter: what the labels need (assistance, decile, head's sex and age, children)."""
    key = ["hh_id", "t"]
    heads = survey.members.loc[survey.members["relation"] == 1, [*key, "sex", "age"]]
    children = survey.members.loc[survey.members["age"] < 18].groupby(key).size().rename("children").reset_index()
    seen = survey.households[[*key, "quarter", "agglomeration", "weight", "cash_assistance", "income_decile"]]
    seen = seen.merge(heads, on=key, how="left", validate="1:1").merge(children, on=key, how="left", validate="1:1")
    return seen.assign(children=seen["children"].fillna(0).astype(int)).sort_values(key, ignore_index=True)


def same_head(sex: pd.Series, age: pd.Series, sex_later: pd.Series, age_later: pd.Series) -> pd.Series:
    """Same sex, and an age moved by -2 to +3 years: else another family lives at the address."""
    return (sex == sex_later) & (age_later - age).between(-2, 3)


def pair_up(survey: Survey, ahead: int = YEAR) -> pd.DataFrame:
    """Households with assistance and a decile, seen again ``ahead`` quarters later under the same head, and their way out.

    Returns:
        One row per household and base quarter; ``way_out`` is missing when the later decile or assistance is unknown.
    """
    seen = interviews(survey)
    base = seen[seen["cash_assistance"].fillna(False) & seen["income_decile"].notna()]
    later = seen.drop(columns=["quarter", "agglomeration", "weight"]).assign(t=seen["t"] - ahead)
    pairs = base.merge(later, on=["hh_id", "t"], suffixes=("", "_later"), validate="1:1")
    same = same_head(pairs["sex"], pairs["age"], pairs["sex_later"], pairs["age_later"])
    pairs = pairs[same].reset_index(drop=True)
    return pairs.assign(way_out=_way_out(pairs))


def known_by(survey: Survey, origin: int) -> pd.DataFrame:
    """Pairs with a known way out whose later interview had been held by quarter ``origin``."""
    pairs = pair_up(survey)
    return pairs[(pairs["t"] + YEAR <= origin) & pairs["way_out"].notna()].reset_index(drop=True)


def _way_out(pairs: pd.DataFrame) -> pd.Series:
    """Name the state a year later, in the order of the rules; missing when it was not recorded."""
    known = pairs["income_decile_later"].notna() & pairs["cash_assistance_later"].notna()
    decile = pairs["income_decile_later"].fillna(0).astype(int)
    rules = [
        ~known,
        pairs["cash_assistance_later"].fillna(False).astype(bool),
        decile >= GRADUATE_DECILE,
        (pairs["children"] > 0) & (pairs["children_later"] == 0),
    ]
    names = np.select([rule.to_numpy(bool) for rule in rules], ["", MASIH_PESERTA, MANDIRI, ALAMIAH], ADMINISTRATIF)
    return pd.Series(names, index=pairs.index).where(known)


def new_households(survey: Survey, since: int) -> pd.Index:
    """Households (``hh_id``) whose first interview on file was held in quarter ``since`` or later."""
    first = survey.households.groupby("hh_id")["t"].min()
    return first.index[first >= since]


def after_exit(survey: Survey, pairs: pd.DataFrame) -> pd.DataFrame:
    """Families that left and were seen once more, one quarter after, under the same head.

    Returns:
        The pairs' ``hh_id, t, way_out``, with ``back`` (on assistance again, missing if not recorded) and ``below`` (decile
        under the line, missing if not recorded).
    """
    left = pairs.loc[pairs["way_out"].notna() & (pairs["way_out"] != MASIH_PESERTA)]
    left = left[["hh_id", "t", "way_out", "sex_later", "age_later"]]
    after = interviews(survey)[["hh_id", "t", "sex", "age", "cash_assistance", "income_decile"]]
    both = left.merge(after.assign(t=after["t"] - YEAR - 1), on=["hh_id", "t"], validate="1:1")
    both = both[same_head(both["sex_later"], both["age_later"], both["sex"], both["age"])].reset_index(drop=True)
    told = both[["hh_id", "t", "way_out"]]
    return told.assign(back=both["cash_assistance"], below=both["income_decile"] < GRADUATE_DECILE)


def fell_back(after: pd.DataFrame) -> pd.Series:
    """Back on assistance or below the decile; missing when neither is known to be so and the decile was not recorded."""
    back = after["back"].fillna(False).astype(bool)
    return (back | after["below"].fillna(False).astype(bool)).astype("boolean").where(back | after["below"].notna())


def relapse(survey: Survey, pairs: pd.DataFrame) -> tuple[int, int]:
    """Graduates seen once more, one quarter after, and how many of them are back on aid or below the decile.

    Returns:
        (seen, relapsed); a household whose later decile is unknown counts only if it is back on aid.
    """
    after = after_exit(survey, pairs)
    fallen = fell_back(after[after["way_out"] == MANDIRI]).dropna()
    return len(fallen), int(fallen.sum())


def check_figures(pairs: pd.DataFrame) -> dict[str, int]:
    """The figures by which a reading of the data is checked (base quarters 2021Q2 to 2022Q4)."""
    counts = pairs["way_out"].value_counts()
    return {
        "pairs": len(pairs),
        "unknown": int(pairs["way_out"].isna().sum()),
        "known": int(pairs["way_out"].notna().sum()),
        **{way: int(counts.get(way, 0)) for way in (MANDIRI, ALAMIAH, ADMINISTRATIF)},
    }
