"""Plain columns, about 140 numbers per household and quarter, as an analyst would write them in an afternoon, and plain models.

In: a `Survey`. Out: one float64 row per household and quarter, from that quarter's interview alone. No engine, no catalogue, no
history: this is what the library is compared with, and where the survey's own columns for the library come from.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from panel import Survey
from sklearn.base import BaseEstimator, clone

from pkh_graduation.contracts import Contender, Outcomes, Scores
from pkh_graduation.estimators import PlainBoosting, reference_models

KEY = ["hh_id", "t"]
CODES = {
    "dwelling_type": (1, 2),
    "floor": (1, 2),
    "roof": (1, 2, 3, 4, 5, 7, 9),
    "water_source": (1, 2),
    "water_where": (1, 2),
    "bathroom_where": (1, 2),
    "drain": (1, 2, 3),
    "tenure": (1, 2, 3, 4, 6, 8),
    "cooking_fuel": (1, 2),
}
"""Unordered codes: one column for each of their frequent values."""
REGIONS = (1, 40, 41, 42, 43, 44)


def plain_columns(survey: Survey) -> pd.DataFrame:
    """All plain columns, indexed by ``(hh_id, t)``; money is relative to the quarter's median, unknown is NaN."""
    homes = survey.households.set_index(KEY).sort_index()
    unit = median_income(survey)
    parts = [
        _home(homes),
        _income(homes, unit),
        _people(survey.members, homes.index),
        _head(survey.members, 1, "head").reindex(homes.index),
        _head(survey.members, 2, "partner").reindex(homes.index),
        _work(survey.members, unit, homes.index),
        _enterprises(survey.enterprises, unit, homes.index),
        _payments(survey.payments, unit, homes.index),
    ]
    return pd.concat(parts, axis=1).astype("float64")


def median_income(survey: Survey) -> pd.Series:
    """Median total income of each quarter (index ``t``), over households that report one and receive assistance then.

    Households that the file holds only because they receive assistance later would let the future into the median.
    """
    told = survey.households
    told = told[told["cash_assistance"].fillna(False) & (told["income_total"] > 0) & told["income_decile"].notna()]
    return told.groupby("t")["income_total"].median()


def relative(money: pd.Series, unit: pd.Series) -> pd.Series:
    """Money in medians of its quarter; the frame's ``t`` is a column or an index level of ``money``."""
    quarters = money.index.get_level_values("t")
    return money.astype("float64") / unit.reindex(quarters).to_numpy()


def _home(homes: pd.DataFrame) -> pd.DataFrame:
    """Place, dwelling and sources of income at the interview."""
    plain = homes.select_dtypes(["boolean", "Int32"]).drop(columns=["income_decile", "cash_assistance", *CODES])
    plain = plain.astype("float64").mask(plain.isin([99]))
    codes = {f"{name}_{value}": homes[name] == value for name, values in CODES.items() for value in values}
    places = {f"region_{value}": homes["region"] == value for value in REGIONS}
    coded = pd.DataFrame(codes | places, index=homes.index).astype("float64")
    quarter = pd.Series(homes.index.get_level_values("t") % 4 + 1, index=homes.index, name="quarter_of_year")
    size = homes[["hh_size", "hh_size_u10"]].astype("float64")
    crowd = (size["hh_size"] / plain["hh_rooms"].where(plain["hh_rooms"] > 0)).rename("persons_per_room")
    return pd.concat([plain, coded, quarter, size, crowd], axis=1)


def _income(homes: pd.DataFrame, unit: pd.Series) -> pd.DataFrame:
    """Income in medians of the quarter, and the decile."""
    total = relative(homes["income_total"].where(homes["income_decile"].notna()), unit)
    head = relative(homes["income_pc"].where(homes["income_decile"].notna()), unit)
    return pd.DataFrame(
        {
            "income_decile": homes["income_decile"].astype("float64"),
            "income_total_rel": total,
            "income_pc_rel": head,
            "income_pc_log": np.log(head.where(head > 0)),
        }
    )


def _people(members: pd.DataFrame, index: pd.MultiIndex) -> pd.DataFrame:
    """Numbers of members by age, sex, schooling, cover and activity."""
    adult = members["age"] >= 18
    marks = {
        "n_0_2": members["age"] < 3,
        "n_3_5": members["age"].between(3, 5),
        "n_6_11": members["age"].between(6, 11),
        "n_12_14": members["age"].between(12, 14),
        "n_15_17": members["age"].between(15, 17),
        "n_under_18": ~adult,
        "n_18_29": members["age"].between(18, 29),
        "n_30_59": members["age"].between(30, 59),
        "n_60_plus": members["age"] >= 60,
        "n_women": adult & (members["sex"] == 2),
        "n_at_school": members["school"] == 1,
        "n_employed": members["activity"] == 1,
        "n_unemployed": members["activity"] == 2,
        "n_inactive_adult": adult & (members["activity"] == 3),
        "n_employer": members["job_category"] == 1,
        "n_own_account": members["job_category"] == 2,
        "n_employee": members["job_category"] == 3,
        "n_registered": members["pension_contrib"] == 1,
        "n_health_cover": members["health_cover"].isin([1, 2, 12]),
        "n_secondary": adult & members["edu_level"].isin([4, 5, 6]),
        "n_higher": adult & members["edu_level"].isin([5, 6]),
        "n_children_of_head": members["relation"] == 3,
        "n_grandchildren": members["relation"] == 5,
    }
    counts = pd.DataFrame({name: mark.fillna(False).astype(int) for name, mark in marks.items()})
    counts = counts.groupby([members["hh_id"], members["t"]]).sum().reindex(index)
    ages = (
        members.assign(age=members["age"].clip(lower=0))
        .groupby(KEY)["age"]
        .agg(age_mean="mean", age_youngest="min", age_oldest="max")
        .reindex(index)
    )
    workers = counts["n_employed"] / counts[["n_18_29", "n_30_59"]].sum(axis=1).replace(0, np.nan)
    dependants = counts["n_under_18"] / counts[["n_18_29", "n_30_59", "n_60_plus"]].sum(axis=1).replace(0, np.nan)
    return pd.concat([counts, ages, workers.rename("workers_share"), dependants.rename("dependants_ratio")], axis=1)


def _head(members: pd.DataFrame, relation: int, name: str) -> pd.DataFrame:
    """Traits of the head, or of the head's partner."""
    one = members[members["relation"] == relation].drop_duplicates(KEY).set_index(KEY)
    school = one["edu_level"].where(one["edu_level"] != 7, 0)
    traits = {
        "age": one["age"],
        "woman": one["sex"] == 2,
        "married": one["marital"].isin([1, 2]),
        "edu": school,
        "employed": one["activity"] == 1,
        "unemployed": one["activity"] == 2,
        "own_account": one["job_category"] == 2,
        "employee": one["job_category"] == 3,
        "registered": one["pension_contrib"].fillna(0) == 1,
        "hours": _hours(one["hours"]),
        "health_cover": one["health_cover"].isin([1, 2, 12]),
    }
    return pd.DataFrame({f"{name}_{trait}": column.astype("float64") for trait, column in traits.items()})


def _hours(hours: pd.Series) -> pd.Series:
    """Weekly hours; 999 is no answer."""
    return hours.astype("float64").where(hours < 168)


def _work(members: pd.DataFrame, unit: pd.Series, index: pd.MultiIndex) -> pd.DataFrame:
    """Earnings, pensions, transfers and hours, summed over the members."""
    by = members.set_index(KEY)
    money = {name: by[name].astype("float64").where(by[name] >= 0) for name in ("job_income", "pension_amount")}
    money |= {name: by[name].astype("float64") for name in ("cash_assistance_amount", "scholarship_amount")}
    money["employee_income"] = money["job_income"].where(by["job_category"] == 3, 0)
    money["registered_income"] = money["job_income"].where(by["pension_contrib"] == 1, 0)
    sums = pd.DataFrame(money).groupby(level=KEY).sum().reindex(index)
    rel = sums.apply(lambda column: relative(column, unit)).add_suffix("_rel")
    best = relative(money["job_income"].groupby(level=KEY).max().reindex(index), unit).rename("job_income_best_rel")
    unknown = (by["job_income"].isna() & (by["activity"] == 1)).groupby(level=KEY).sum().reindex(index)
    hours = _hours(by["hours"]).groupby(level=KEY).agg(["sum", "max"]).add_prefix("hours_").reindex(index)
    wage = (rel["job_income_rel"] * 100 / hours["hours_sum"].where(hours["hours_sum"] > 0)).rename("hourly_rel")
    return pd.concat([rel, best, unknown.rename("n_job_income_unknown"), hours, wage], axis=1)


def _enterprises(enterprises: pd.DataFrame, unit: pd.Series, index: pd.MultiIndex) -> pd.DataFrame:
    """Own-account and employer jobs of the household."""
    by = enterprises.set_index(KEY)
    marks = {
        "ent_n": by["kind"].notna(),
        "ent_employers": by["kind"] == "employer",
        "ent_own_equipment": by["equipment"] == 1,
        "ent_own_premises": by["premises"] == 1,
        "ent_own_vehicle": by["vehicle"] == 1,
        "ent_at_home": by["place"] == 6,
        "ent_over_five_years": by["age_band"] == 6,
        "ent_partners": by["partners"] == 1,
        "ent_trade": by["branch"].between(4500, 4899),
        "ent_building": by["branch"] == 4000,
    }
    counts = pd.DataFrame({name: mark.fillna(False).astype(int) for name, mark in marks.items()})
    counts = counts.groupby(level=KEY).sum().reindex(index, fill_value=0)
    persons = by["persons_working"].where(by["persons_working"] < 99).groupby(level=KEY).max().reindex(index)
    income = relative(by["income"].groupby(level=KEY).sum().reindex(index), unit)
    return pd.concat([counts, persons.rename("ent_persons"), income.rename("ent_income_rel")], axis=1)


def _payments(payments: pd.DataFrame, unit: pd.Series, index: pd.MultiIndex) -> pd.DataFrame:
    """What the programme paid that quarter."""
    by = payments.groupby(KEY)["amount"].agg(["sum", "size"]).reindex(index)
    return pd.DataFrame({"paid_rel": relative(by["sum"], unit), "paid_persons": by["size"]})


class OnColumns(BaseEstimator):
    """A contender that is shown only the columns whose names begin with ``prefix``, and of them those with some value."""

    def __init__(self, contender: Contender, prefix: str = "") -> None:
        self.contender = contender
        self.prefix = prefix

    def fit(self, X: pd.DataFrame, y: Outcomes, *, groups: pd.Series | None = None) -> OnColumns:
        """Fit a clone on its columns."""
        filled = X.notna().any()
        self.columns_ = [name for name in X if name.startswith(self.prefix) and filled[name]]
        self.fitted_ = clone(self.contender).fit(X[self.columns_], y, groups=groups)
        return self

    def predict_incidence(self, X: pd.DataFrame, horizon: int, *, groups: pd.Series | None = None) -> Scores:
        """Incidence by the clone."""
        return self.fitted_.predict_incidence(X[self.columns_], horizon, groups=groups)


class MeanOf(BaseEstimator):
    """The mean of two contenders' incidences: the simplest blend."""

    def __init__(self, first: Contender, second: Contender) -> None:
        self.first = first
        self.second = second

    def fit(self, X: pd.DataFrame, y: Outcomes, *, groups: pd.Series | None = None) -> MeanOf:
        """Fit a clone of each."""
        self.fitted_ = [clone(one).fit(X, y, groups=groups) for one in (self.first, self.second)]
        return self

    def predict_incidence(self, X: pd.DataFrame, horizon: int, *, groups: pd.Series | None = None) -> Scores:
        """The mean of the paths, margins and bounds."""
        both = [one.predict_incidence(X, horizon, groups=groups) for one in self.fitted_]
        path, margin, low, high = (
            np.mean([getattr(one, name) for one in both], axis=0) for name in ("path", "margin", "low", "high")
        )
        return Scores(X.index, path, margin, low, high)


def plain_models(prefix: str) -> dict[str, Contender]:
    """Plain boosting, a logistic, and the mean of both, on the columns whose names begin with ``prefix``."""
    boosting, logistic = PlainBoosting(), reference_models()["logistik"]
    return {
        "boosting_polos": OnColumns(boosting, prefix),
        "logistik_polos": OnColumns(logistic, prefix),
        "rataan_polos": OnColumns(MeanOf(boosting, logistic), prefix),
    }
