"""Leaks on purpose. For each: the promise, told as a check of the library as it is, and the same library without its defence.

A check that cannot fail protects nobody, so every check is run twice: as it is, where it must pass, and with the leak planted,
where it must fail.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import leak_worlds as world
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit

from pkh_graduation.contracts import ContractError, Fold, Scores
from pkh_graduation.estimators import GraduationModel
from pkh_graduation.estimators import practice as practice_module
from pkh_graduation.estimators import ramps as ramps_module
from pkh_graduation.evaluation import backtest as backtest_module
from pkh_graduation.evaluation import labels as labels_module
from pkh_graduation.evaluation import labels_at, leakage_echoes, leakage_names, leakage_time, run_backtest
from pkh_graduation.evaluation.leakage import Roles, inspect_table
from pkh_graduation.features import compiler as compiler_module
from pkh_graduation.features import feature as feature_module
from pkh_graduation.features.algebra import FeatureError, States
from pkh_graduation.features.expressions import INT
from pkh_graduation.features.feature import FORBIDDEN, Feature
from pkh_graduation.programme.calendar import add_tahap, day_of
from pkh_graduation.timeline import NewUnits, PanelFolds
from pkh_graduation.timeline import folds as folds_module
from pkh_graduation.timeline import holdouts as holdouts_module
from pkh_graduation.timeline import outcomes as outcomes_module


@dataclass(frozen=True)
class Leak:
    """A kind of leak: what must hold, and how the defence is taken away."""

    name: str
    check: Callable[[], None]
    plant: Callable[[pytest.MonkeyPatch], None]


class Column(BaseEstimator):
    """Ranks by one column; missing values take the mean of what it was fitted on."""

    def __init__(self, column="x"):
        self.column = column

    def fit(self, X, y, *, groups=None):
        self.mean_ = float(X[self.column].mean())
        return self

    def predict_incidence(self, X, horizon, *, groups=None):
        chance = 0.4 / (1 + np.exp(-X[self.column].fillna(self.mean_).to_numpy()))
        path = np.zeros((len(X), horizon + 1, 4))
        path[:, :, 1] = chance[:, None] * np.arange(horizon + 1) / horizon
        path[:, :, 0] = 1 - path[:, :, 1]
        return Scores(X.index, path, chance, chance, chance)


# ---------------------------------------------------------------- features: the date of knowledge
def news_of_tomorrow_changes_no_feature():
    whole, cut = world.records(), world.known_on(world.records(), day_of(world.NOW))
    pd.testing.assert_frame_equal(world.features(whole), world.features(cut))


def event_date_instead_of_known_date(monkeypatch):
    monkeypatch.setattr(compiler_module, "VISIBLE", compiler_module.VISIBLE.replace("t.known_day <= :as_of AND ", ""))


def latest_version_instead_of_the_one_known(monkeypatch):
    last = ("t.known_day <= :as_of AND t.superseded_day > :as_of", "t.superseded_day = 2147483647")
    monkeypatch.setattr(compiler_module, "VISIBLE", compiler_module.VISIBLE.replace(*last))


def a_corrected_payment_counts_once_and_as_corrected():
    row = world.features(world.records()).xs(world.kpm_id(world.CORRECTED), level="kpm_id").iloc[0]
    assert (row["bayar_n"], row["bayar"]) == (1, world.FINAL)


def corrections_ignored(monkeypatch):
    monkeypatch.setattr(
        compiler_module, "VISIBLE", compiler_module.VISIBLE.replace("t.superseded_day > :as_of AND ", "")
    )


# ---------------------------------------------------------------- labels: told as of the origin
def folds(**options):
    return list(PanelFolds(3, 4, **options).split(world.X, world.Y, world.HISTORY))


def a_rewritten_future_changes_no_training_label():
    before = folds()
    exits = world.later(world.Y, before[0].origin, np.random.default_rng(0))
    changed = outcomes_module._tell(
        world.Y.frame.index, world.HISTORY.frame["kpm"].to_numpy(), exits, world.KNOWN_BY, world.Y.max_horizon
    )
    assert not changed.frame.equals(world.Y.frame), "the future must really be another one"
    again = PanelFolds(3, 4).fold_at(before[0].origin, changed, *[pd.Series(True, index=world.X.index)] * 2)
    pd.testing.assert_frame_equal(before[0].y_train.frame, again.y_train.frame)


def label_peeking(monkeypatch):
    monkeypatch.setattr(folds_module, "outcomes_known_by", lambda y, date: y)


def what_counts_as_observed_is_never_told_otherwise_later():
    for fold in folds():
        told, later = fold.y_train.frame, world.Y.frame.loc[fold.train]
        until = told["observed"]
        left_later = later["way_out"].isin(["mandiri", "alamiah", "administratif"]) & (later["quarter"] <= until)
        left_then = told["way_out"].isin(["mandiri", "alamiah", "administratif"])
        pd.testing.assert_series_equal(left_then, left_later, check_names=False)


def immature_quarters_in_training(monkeypatch):
    monkeypatch.setattr(outcomes_module, "learn_lag", lambda exits, known_by: 0)


def no_label_before_horizon_and_lag_are_over():
    status = labels_at(dataclasses.replace(world.Y, known_by=dt.date(2023, 2, 1)), 4)["status"]
    dates = status.index.get_level_values("as_of")
    ripe = np.array(
        [day_of(add_tahap(date.date(), 4)) + world.Y.lag_days <= day_of(dt.date(2023, 2, 1)) for date in dates]
    )
    short = world.Y.frame["observed"].to_numpy() < 4
    assert (status[~ripe & short] != "terlabel").all() and (status[ripe] != "belum_matang").all()


def immature_labels_judged(monkeypatch):
    monkeypatch.setattr(labels_module, "_date_is_mature", lambda y, horizon: np.ones(len(y.frame), dtype=bool))


def families_already_gone_teach_nothing():
    for fold in folds():
        assert not (fold.y_train.frame["way_out"] == "sudah_keluar").any()
        assert not (fold.y_test.frame.loc[fold.test, "way_out"] == "sudah_keluar").any()


def families_already_gone_stay(monkeypatch):
    monkeypatch.setattr(folds_module, "SUDAH_KELUAR", "tidak ada")


# ---------------------------------------------------------------- fields written after the decision
def no_model_reads_what_the_decision_wrote():
    for table, columns in FORBIDDEN.items():
        for column in columns:
            source = States(table, {column: INT}, entity="kpm")
            with pytest.raises(FeatureError, match="holds or echoes the decision"):
                Feature("bocor", source.value(column), "0/1", "bocor", "leak", theme="kepesertaan")


def decision_fields_allowed(monkeypatch):
    monkeypatch.setattr(feature_module, "_refuse_forbidden", lambda feature: None)


def small_table(seed=0, families=300, dates=4):
    """An honest table: one fair feature, one label, families that come back at several dates."""
    rng = np.random.default_rng(seed)
    n = families * dates
    skill = np.repeat(rng.normal(size=families), dates)
    label = (rng.random(n) < 1 / (1 + np.exp(2.2 - 0.9 * skill))).astype(int)
    table = pd.DataFrame(
        {
            "kpm_id": np.repeat([world.kpm_id(k) for k in range(families)], dates),
            "as_of": np.tile(world.DATES[:dates], families), "desil": np.clip(np.round(2.5 + skill + rng.normal(size=n)), 1, 10),
            "usaha": rng.integers(0, 3, n), "label": label,
        }
    )  # fmt: skip
    return table.sample(frac=1, random_state=seed, ignore_index=True)


ROLES = Roles(as_of="as_of", entity="kpm_id", label="label")


def codes(table, **roles):
    return {(finding.code, finding.column) for finding in inspect_table(table, dataclasses.replace(ROLES, **roles))}


def the_doctor_finds_the_signed_statement():
    table, rng = small_table(), np.random.default_rng(1)
    assert codes(table) == set()
    signed = (table["label"] == 1) & (rng.random(len(table)) < 0.4)
    assert ("pure_value", "berkas_3") in codes(table.assign(berkas_3=signed.astype(int)))
    calon = table["label"].where(rng.random(len(table)) < 0.97, 1 - table["label"])
    assert ("echo", "kode_9") in codes(table.assign(kode_9=calon))
    surat = pd.Series(np.where(table["label"] == 1, 3.5, np.nan))
    assert ("missing_echo", "isian_2") in codes(table.assign(isian_2=surat))


def echoes_not_looked_for(monkeypatch):
    monkeypatch.setattr(leakage_echoes, "findings", lambda table, checked: iter(()))


# ---------------------------------------------------------------- folds
class ShuffledRows:
    """Looks like panel folds, and cuts rows at random."""

    horizon = 4

    def split(self, X, y, history):
        rng = np.random.default_rng(0)
        at_random = rng.permutation(len(X)) < len(X) // 2
        train, test = X.index[at_random], X.index[~at_random]
        now = test[test.get_level_values("as_of") == pd.Timestamp(world.NOW)]
        known = dataclasses.replace(y, frame=y.frame.loc[train], known_by=world.NOW)
        yield Fold(world.NOW, train, now, known, dataclasses.replace(y, frame=y.frame.loc[now]))


def random_rows_are_refused():
    with pytest.raises(ContractError, match="training rows lie after the origin"):
        run_backtest({"model": Column()}, world.X, world.Y, world.HISTORY, ShuffledRows(), n_boot=0)


def folds_not_checked(monkeypatch):
    monkeypatch.setattr(backtest_module, "check_fold", lambda fold: None)


def splitters_of_rows_are_refused_with_a_reason():
    for splitter in (KFold(3), GroupKFold(3), TimeSeriesSplit(3), [(np.arange(5), np.arange(5, 9))]):
        try:
            run_backtest({"model": Column()}, world.X, world.Y, world.HISTORY, splitter, n_boot=0)
        except ContractError as refusal:
            assert "PanelFolds" in str(refusal)
        except Exception as accident:  # any other end is no refusal
            raise AssertionError(f"{type(splitter).__name__} was not refused, but broke: {accident}") from accident
        else:
            raise AssertionError(f"{type(splitter).__name__} was let through")


def splitters_not_refused(monkeypatch):
    monkeypatch.setattr(backtest_module, "refuse_timeless", lambda folds: None)
    monkeypatch.setattr(backtest_module, "check_is_fold", lambda fold: None)


def new_units(**options):
    return [
        fold
        for seed in range(6)
        for fold in NewUnits(PanelFolds(2, 4), random_state=seed, **options).split(world.X, world.Y, world.HISTORY)
    ]


def a_family_judged_as_new_was_never_learnt_from():
    units = world.HISTORY.frame
    moved = 0
    for fold in new_units(kinds=("pendamping",), fraction=0.4):
        judged, learnt = (set(part.get_level_values("kpm_id")) for part in (fold.test, fold.train))
        assert not judged & learnt
        assert not set(units.loc[fold.test, "pendamping_id"]) & set(units.loc[fold.train, "pendamping_id"])
        moved += world.kpm_id(world.MOVED) in judged
    assert moved, "the family that changed its pendamping must be judged at least once, or nothing was checked"


def household_in_both_folds(monkeypatch):
    def by_unit_only(units, new, held):
        return np.logical_or.reduce([units[holdouts_module.HOLDOUTS[kind]].isin(names) for kind, names in held.items()])

    monkeypatch.setattr(holdouts_module, "_barred", by_unit_only)


# ---------------------------------------------------------------- what is learnt from whom
def a_units_score_does_not_know_later_dates():
    rng = np.random.default_rng(5)
    weights = [criterion.fitur for criterion in practice_module.criteria()]
    rows = world.HISTORY.frame[world.HISTORY.frame.index.get_level_values("as_of") <= pd.Timestamp(world.NOW)]
    X = pd.DataFrame(rng.integers(1, 5, (len(rows), len(weights))).astype(float), index=rows.index, columns=weights)
    first = X[X.index.get_level_values("as_of") == pd.Timestamp(world.DATES[0])] * 0.5
    whole = pd.concat([first, X.drop(first.index)])
    groups = world.HISTORY.frame["pendamping_id"]
    rule = practice_module.MadiunScore()
    alone = rule.score_families(first, groups.loc[first.index])
    np.testing.assert_array_equal(alone, rule.score_families(whole, groups.loc[whole.index])[: len(first)])


def unit_statistics_over_all_dates(monkeypatch):
    dates_kept = practice_module.MadiunScore.score_families

    def over_all_dates(self, X, groups=None):
        one_date = np.full(len(X), np.datetime64("2020-03-31", "s"))
        names = [f"{name}|{number}" for number, name in enumerate(X.index.get_level_values("kpm_id"))]
        index = pd.MultiIndex.from_arrays([names, one_date], names=X.index.names)
        return dates_kept(self, X.set_axis(index), None if groups is None else groups.set_axis(index))

    monkeypatch.setattr(practice_module.MadiunScore, "score_families", over_all_dates)


def a_chance_does_not_depend_on_who_is_scored_beside():
    rng = np.random.default_rng(2)
    columns = {name: rng.normal(size=len(world.X)) for name in ("a", "b")}
    X = pd.DataFrame(columns | {"komp_habis_hari": 4000.0, "komp_abadi": 0.0}, index=world.X.index)
    X["b"] = X["b"].where(rng.random(len(X)) < 0.6)
    model = GraduationModel(blend=1.0, n_members=1, random_state=0).fit(X, world.Y)
    crowd = X[X.index.get_level_values("as_of") == pd.Timestamp(world.NOW)]
    crowd = crowd.assign(b=crowd["b"] + 10)
    alone = crowd[crowd["b"].isna()].iloc[:1]
    together = model.predict_incidence(crowd, 4).frame.loc[alone.index]
    np.testing.assert_allclose(model.predict_incidence(alone, 4).frame, together, rtol=0, atol=1e-12)


def imputation_from_those_who_are_scored(monkeypatch):
    learnt = ramps_module.RampBasis.transform

    def transform(self, values):
        self.median_ = np.array([np.median(c[np.isfinite(c)]) if np.isfinite(c).any() else 0.0 for c in values.T])
        return learnt(self, values)

    monkeypatch.setattr(ramps_module.RampBasis, "transform", transform)


# ---------------------------------------------------------------- what remembers families
def the_doctor_names_identifiers_and_order():
    table, rng = small_table(), np.random.default_rng(4)
    codes_of_families = pd.factorize(table["kpm_id"])[0]
    numbers = rng.permutation(10**6)[:300]
    assert ("fingerprint", "angka") in codes(table.assign(angka=numbers[codes_of_families]))
    assert ("fingerprint", "acak") in codes(table.assign(acak=rng.normal(size=300)[codes_of_families]))
    assert ("personal", "nomor") in codes(table.assign(nomor=9_901_010_101_900_000 + numbers[codes_of_families]))
    assert ("unit", "kode_desa") in codes(table.assign(kode_desa=codes_of_families % 7))
    assert ("identifier", "baris") in codes(table.assign(baris=np.arange(len(table))))


def identifiers_not_looked_for(monkeypatch):
    monkeypatch.setattr(leakage_names, "findings", lambda table, checked: iter(()))


def the_doctor_finds_news_from_after_the_date():
    table = small_table()
    as_of = pd.to_datetime(table["as_of"])
    on_time = as_of - pd.Timedelta(days=3)
    assert codes(table.assign(kabar=on_time), known=("kabar",)) == set()
    late = on_time.mask(table.index < 9, as_of + pd.Timedelta(days=1))
    assert ("known_later", "kabar") in codes(table.assign(kabar=late), known=("kabar",))
    assert ("date_later", "tanggal_x") in codes(table.assign(tanggal_x=late.dt.strftime("%Y-%m-%d")))
    young = {"horizon": 4, "cutoff": dt.date(2020, 11, 1), "lag_days": 120}
    assert ("immature_label", "label") in codes(table, **young)
    assert ("immature_label", "label") not in codes(table, **young | {"cutoff": dt.date(2021, 12, 31)})


def dates_not_looked_at(monkeypatch):
    monkeypatch.setattr(leakage_time, "findings", lambda table, checked: iter(()))


LEAKS = (
    Leak("event date instead of known date", news_of_tomorrow_changes_no_feature, event_date_instead_of_known_date),
    Leak("a later version", news_of_tomorrow_changes_no_feature, latest_version_instead_of_the_one_known),
    Leak("ignored corrections", a_corrected_payment_counts_once_and_as_corrected, corrections_ignored),
    Leak("label peeking", a_rewritten_future_changes_no_training_label, label_peeking),
    Leak("immature quarters in training", what_counts_as_observed_is_never_told_otherwise_later, immature_quarters_in_training),
    Leak("immature labels judged", no_label_before_horizon_and_lag_are_over, immature_labels_judged),
    Leak("already gone", families_already_gone_teach_nothing, families_already_gone_stay),
    Leak("decision fields", no_model_reads_what_the_decision_wrote, decision_fields_allowed),
    Leak("signed statement in a table", the_doctor_finds_the_signed_statement, echoes_not_looked_for),
    Leak("random rows", random_rows_are_refused, folds_not_checked),
    Leak("KFold and its kind", splitters_of_rows_are_refused_with_a_reason, splitters_not_refused),
    Leak("household in both folds", a_family_judged_as_new_was_never_learnt_from, household_in_both_folds),
    Leak("unit statistics of the test period", a_units_score_does_not_know_later_dates, unit_statistics_over_all_dates),
    Leak("imputation fitted on all", a_chance_does_not_depend_on_who_is_scored_beside, imputation_from_those_who_are_scored),
    Leak("identifier-like columns", the_doctor_names_identifiers_and_order, identifiers_not_looked_for),
    Leak("news from after the date in a table", the_doctor_finds_news_from_after_the_date, dates_not_looked_at),
)  # fmt: skip
