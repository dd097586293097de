import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from pkh_graduation.contracts import Outcomes
from pkh_graduation.estimators.uplift import (
    AMATAN,
    UNDIAN,
    DRLearner,
    advised,
    ask_gate,
    calibrate_bounds,
    check_overlap,
    e_value,
    read_lots,
    study_lever,
    targeting_curve,
    tipping_odds,
)

N = 3000


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with threadpool_limits(1):
        yield


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def world(seed, effect, *, confounded=False, n=N):
    """Families, who took the lever, its chance, and what happened; ``effect`` (w, owns) -> log-odds."""
    rng = np.random.default_rng(seed)
    w, owns = rng.normal(size=n), rng.random(n) < 0.4
    X = pd.DataFrame({"w": w, "owns": owns.astype(float), "noise": rng.normal(size=n)})
    X.index = pd.MultiIndex.from_product(
        [[f"k{k}" for k in range(n)], [pd.Timestamp("2024-12-31")]], names=["kpm_id", "as_of"]
    )
    chance = sigmoid(1.2 * w - 0.3) if confounded else np.full(n, 0.5)
    treated = rng.random(n) < chance
    left = rng.random(n) < sigmoid(-1.5 + 0.9 * w + treated * effect(w, owns))
    return X, treated, chance, left


def signed(w, owns):
    return np.where(owns, 1.5, -1.0)


def nothing(w, owns):
    return np.zeros(len(w))


@pytest.fixture(scope="module")
def signed_study():
    X, treated, chance, left = world(1, signed)
    return study_lever("kur", X, treated, left, design=UNDIAN, together=1, n_folds=2, propensity=chance)


def test_a_lever_that_helps_some_and_harms_others_goes_to_those_it_helps(signed_study):
    fresh = world(2, signed)[0]
    told = advised(signed_study, fresh)
    owns = fresh["owns"].to_numpy() == 1
    assert signed_study.grade == "E3"
    assert told[owns].mean() > 0.8
    assert told[~owns].mean() < 0.02
    assert signed_study.curve.autoc_interval[0] > 0


def test_a_lever_of_no_effect_and_a_harmful_one_are_not_advised():
    for effect in (nothing, lambda w, owns: np.full(len(w), -0.8)):
        X, treated, chance, left = world(3, effect)
        study = study_lever("x", X, treated, left, design=UNDIAN, together=1, n_folds=2, propensity=chance)
        assert advised(study, X).mean() < 0.05
        assert abs(study.bounds.average) < 3 * study.bounds.average_se or study.bounds.average < 0


def test_a_lever_that_helps_nobody_has_some_bound_above_zero_no_more_often_than_one_bound_errs():
    """Effects of nothing, ranked by luck: over all families and windows together the bounds err as one may, in 2.5 %."""
    rng = np.random.default_rng(11)
    effect = rng.normal(size=(150, 1000))
    pseudo = rng.normal(size=effect.shape)
    told = [(calibrate_bounds(p, e).of(e)[1] > 0).any() for p, e in zip(pseudo, effect, strict=True)]
    passed = [ask_gate(p, e, together=4).passed for p, e in zip(pseudo, effect, strict=True)]
    assert np.mean(told) < 0.025 + 3 * np.sqrt(0.025 * 0.975 / 150)
    assert np.mean(passed) < 0.04


@pytest.mark.parametrize("n", [100, 400])
def test_few_clusters_pass_and_bound_no_more_often_than_many(n):
    """Five pendamping, each with an error of her own, and an effect of nothing: 5 % pass, 2.5 % have a bound above 0."""
    rng = np.random.default_rng(21)
    groups = np.arange(n) % 5
    effect = 0.1 + np.abs(rng.normal(size=n))
    passed, told = [], []
    for _ in range(250):
        pseudo = rng.normal(size=5)[groups] + 0.3 * rng.normal(size=n)
        passed.append(ask_gate(pseudo, effect, groups, together=1).passed)
        told.append((calibrate_bounds(pseudo, effect, groups).low > 0).any())
    assert np.mean(passed) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 250)
    assert np.mean(told) < 0.025 + 3 * np.sqrt(0.025 * 0.975 / 250)


def test_one_cluster_shows_nothing():
    rng = np.random.default_rng(22)
    pseudo, effect = rng.normal(0.5, 0.1, 200), np.arange(200.0)
    assert not ask_gate(pseudo, effect, np.zeros(200), together=1).passed
    with pytest.raises(ValueError, match="all 200 families are of one group"):
        calibrate_bounds(pseudo, effect, np.zeros(200))
    apart = calibrate_bounds(pseudo, effect, effect >= 100)
    assert apart.low.tolist() == [-1.0, -1.0], "what tells the groups apart is the cluster"
    assert apart.high.tolist() == [1.0, 1.0]
    assert apart.interval[1] - apart.average == pytest.approx(12.706 * apart.average_se, rel=1e-3)


def test_what_the_highest_gain_does_not_carry_to_those_in_the_middle_who_lose():
    """A quarter gains much and all others lose a little: along a straight line the middle would seem to gain too."""
    rng = np.random.default_rng(13)
    right, wrong = [], []
    for _ in range(30):
        rank = rng.random(4000)
        gains = rank > 0.75
        pseudo = np.where(gains, 1.0, -0.05) + rng.normal(0, 1.5, 4000)
        told = calibrate_bounds(pseudo, rank).of(rank)[1] > 0
        right.append(told[gains].mean())
        wrong.append(told[~gains].mean())
    assert np.mean(right) > 0.9
    assert np.mean(wrong) < 0.01


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(100, 1500), clusters=st.integers(2, 400))
def test_bounds_hold_their_effect_and_never_fall_along_the_ranking(seed, n, clusters):
    rng = np.random.default_rng(seed)
    pseudo, effect = rng.normal(0.1, 1, n), np.round(rng.normal(size=n), 1)
    found = calibrate_bounds(pseudo, effect, rng.integers(0, clusters, n))
    value, low, high = found.of(np.linspace(-5, 5, 200))
    assert (low <= value).all()
    assert (value <= high).all()
    assert (np.diff(value) >= 0).all()
    turned = calibrate_bounds(-pseudo, effect)
    assert (np.diff(turned.low) >= 0).all()
    assert len(found.edges) < max(n // 100, 1)


def test_an_order_that_the_outcomes_refute_lends_nothing():
    """Highest and lowest gain, the middle loses: together with the lowest it would gain, alone it is shown to lose."""
    rng = np.random.default_rng(14)
    effect = rng.random(6000)
    pseudo = np.select([effect < 0.5, effect < 0.7], [2.0, -1.0], 3.0) + rng.normal(size=6000)
    low = calibrate_bounds(pseudo, effect).of(np.array([0.6, 0.65, 0.85]))[1]
    assert (low[:2] < 0).all()
    assert low[2] > 0


def test_the_gate_of_a_study_closes_advice_and_evidence(signed_study):
    """Bounds of the families that lie above 0 do not count where the lever itself was not shown to help."""
    fresh = world(2, signed)[0]
    assert signed_study.gate.passed
    weak = dataclasses.replace(signed_study.gate, gain_se=signed_study.gate.gain)
    closed = dataclasses.replace(signed_study, gate=weak)
    assert not closed.gate.passed
    assert advised(signed_study, fresh).any()
    assert not advised(closed, fresh).any()
    families = closed.evidence(fresh, "x").families
    assert (families["low"] <= 0).all()
    pd.testing.assert_frame_equal(
        families[["effect", "high"]], signed_study.evidence(fresh, "x").families[["effect", "high"]]
    )


def test_a_lever_that_harms_as_many_as_it_helps_passes_its_gate():
    rng = np.random.default_rng(12)
    effect = rng.choice([-1.0, 1.0], 4000)
    gate = ask_gate(effect + rng.normal(0, 3, 4000), effect, together=4)
    assert gate.passed
    assert gate.gain == pytest.approx(0.5, abs=0.1)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), together=st.integers(1, 20))
def test_more_levers_together_ask_for_more_and_copies_add_nothing(seed, together):
    rng = np.random.default_rng(seed)
    pseudo, effect = rng.normal(0.1, 1, 300), rng.normal(size=300)
    one, more = ask_gate(pseudo, effect, together=together), ask_gate(pseudo, effect, together=together + 1)
    assert more.low < one.low < one.gain
    copies = ask_gate(np.repeat(pseudo, 3), np.repeat(effect, 3), np.repeat(np.arange(300), 3), together=together)
    assert copies.low == pytest.approx(one.low)
    nobody = ask_gate(pseudo, -np.abs(effect), together=together)
    assert nobody.gain == nobody.gain_se == 0.0
    assert not nobody.passed


def test_confounding_on_what_is_recorded_is_taken_out():
    X, treated, _, left = world(4, nothing, confounded=True, n=4000)
    study = study_lever("x", X, treated, left, design=AMATAN, together=1, n_folds=2)
    naive = left[treated].mean() - left[~treated].mean()
    assert naive > 0.1
    assert abs(study.bounds.average) < 3 * study.bounds.average_se
    assert study.overlap.difference < study.overlap.difference_before


def test_a_placebo_that_moves_costs_the_grade(signed_study):
    X, treated, chance, left = world(1, signed)
    quiet = np.random.default_rng(0).random(N) < 0.3
    told = {"last year": np.where(treated, quiet | (left & treated), quiet).astype(int), "coin": quiet.astype(int)}
    study = study_lever("kur", X, treated, left, design=UNDIAN, together=1, n_folds=2, propensity=chance, placebo=told)
    assert abs(study.placebo["coin"]) < 2.576 < abs(study.placebo["last year"])
    assert study.grade == "E0"
    assert "last year" in " ".join(study.reasons)
    assert study.evidence(X, "x") is None
    assert not advised(study, X).any()


def test_without_overlap_there_is_no_evidence():
    X, _, _, left = world(5, nothing)
    treated = X["w"].to_numpy() + np.random.default_rng(1).normal(0, 0.05, N) > 0
    study = study_lever("x", X, treated, left, design=AMATAN, together=1, n_folds=2)
    assert study.grade == "E0"
    assert study.overlap.share < 0.5


def test_evidence_holds_the_bounds_of_the_families_that_are_asked_about(signed_study):
    X = world(2, signed)[0].iloc[:50]
    told = signed_study.evidence(X, "KPM undian")
    assert told.grade == "E3"
    assert told.families.index.equals(X.index)
    assert (told.families["low"] < told.families["effect"]).all()
    assert (told.families["effect"] < told.families["high"]).all()
    assert ((told.families["low"] > 0).to_numpy() == advised(signed_study, X)).all()


def test_effects_of_a_fold_have_not_seen_the_fold():
    """Outcomes of one fold turned round change no effect of that fold's own rows by more than its nuisances do."""
    X, treated, chance, left = world(6, signed, n=1000)
    one = DRLearner(2, random_state=0).fit(X, treated, left, propensity=chance)
    own = one.fold_ == 0
    spoiled = left.copy()
    spoiled[own] = ~spoiled[own]
    two = DRLearner(2, random_state=0).fit(X, treated, spoiled, propensity=chance)
    np.testing.assert_array_equal(one.treated_[own], two.treated_[own])
    assert not np.array_equal(one.treated_[~own], two.treated_[~own])
    assert not np.array_equal(one.pseudo_[own], two.pseudo_[own])


def test_effects_do_not_remember_the_noise_of_their_own_rows():
    """Without any effect the ranking must know nothing of the pseudo-outcomes: else every bound would be too good."""
    X, treated, chance, left = world(9, nothing, n=1500)
    fitted = DRLearner(2).fit(X, treated, left, propensity=chance)
    assert np.corrcoef(fitted.effect_, fitted.pseudo_)[0, 1] < 3 / np.sqrt(1500)
    final = fitted.finals_[0].fit(X.to_numpy(), fitted.pseudo_)
    assert np.corrcoef(final.predict(X.to_numpy()), fitted.pseudo_)[0, 1] > 3 / np.sqrt(1500)


def test_a_feature_that_nobody_has_changes_nothing():
    X, treated, chance, left = world(7, signed, n=600)
    plain, more = (
        DRLearner(2).fit(frame, treated, left, propensity=chance) for frame in (X, X.assign(unknown=np.nan))
    )  # fmt: skip
    np.testing.assert_array_equal(plain.effect_, more.effect_)


def test_households_stay_in_one_fold_and_a_seed_gives_one_answer():
    X, treated, chance, left = world(7, signed, n=1000)
    groups = np.arange(1000) // 4
    one, two = (
        DRLearner(2, random_state=3).fit(X, treated, left, propensity=chance, groups=groups) for _ in range(2)
    )  # fmt: skip
    assert (pd.Series(one.fold_).groupby(groups).nunique() == 1).all()
    np.testing.assert_array_equal(one.effect_, two.effect_)


def test_bounds_are_the_averages_where_nobody_is_told_apart():
    rng = np.random.default_rng(0)
    pseudo = rng.normal(0.1, 1, 5000)
    bounds = calibrate_bounds(pseudo, np.zeros(5000))
    value, low, high = bounds.of(np.linspace(-1, 1, 50))
    np.testing.assert_allclose(value, pseudo.mean())
    np.testing.assert_allclose(
        (low, high), pseudo.mean() + np.outer([-1.96, 1.96], np.full(50, bounds.average_se)), rtol=0.1
    )
    np.testing.assert_allclose(bounds.average, pseudo.mean())
    np.testing.assert_allclose(bounds.average_se, pseudo.std(ddof=1) / np.sqrt(5000), rtol=1e-6)


def test_clustered_errors_of_copies_are_those_of_the_originals():
    rng = np.random.default_rng(1)
    pseudo, effect = rng.normal(0.05, 1, 800), rng.normal(size=800)
    one = calibrate_bounds(pseudo, effect)
    copies = calibrate_bounds(np.repeat(pseudo, 3), np.repeat(effect, 3), np.repeat(np.arange(800), 3))
    np.testing.assert_allclose(copies.average_se, one.average_se, rtol=1e-9)
    few = calibrate_bounds(np.repeat(pseudo, 3), np.repeat(effect, 3))
    assert copies.low[-1] < few.low[-1]
    with pytest.raises(ValueError, match="too few"):
        calibrate_bounds(pseudo[:99], effect[:99])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_constant_score_gains_nothing_and_the_reverse_order_loses(seed):
    rng = np.random.default_rng(seed)
    pseudo = rng.normal(size=200)
    flat = targeting_curve(np.ones(200), pseudo, draws=5)
    assert abs(flat.autoc) < 1e-12
    assert abs(flat.qini) < 1e-12
    best, worst = targeting_curve(pseudo, pseudo, draws=5), targeting_curve(-pseudo, pseudo, draws=5)
    assert best.autoc > 0 > worst.autoc
    assert best.qini > 0 > worst.qini
    assert abs(best.gain[-1]) < 1e-12
    shuffled = rng.permutation(200)
    np.testing.assert_allclose(targeting_curve(pseudo[shuffled], pseudo[shuffled], draws=5).autoc, best.autoc)


def test_the_interval_of_a_curve_covers_a_score_of_chance():
    rng = np.random.default_rng(2)
    curve = targeting_curve(rng.normal(size=3000), rng.normal(size=3000), draws=100)
    assert curve.autoc_interval[0] < curve.autoc < curve.autoc_interval[1]
    assert curve.qini_interval[0] < 0 < curve.qini_interval[1]


@given(ratio=st.floats(1.0, 50.0))
def test_an_e_value_explains_its_own_ratio(ratio):
    """A hidden trait of that strength on both sides biases by exactly the ratio (VanderWeele and Ding 2017)."""
    e = e_value(ratio)
    assert e * e / (2 * e - 1) == pytest.approx(ratio)
    assert e_value(1 / ratio) == pytest.approx(e)
    assert e >= ratio


def test_tipping_odds_grow_with_the_effect_and_are_one_without():
    rng = np.random.default_rng(3)
    treated, strata = rng.random(4000) < 0.5, rng.integers(0, 5, 4000)
    base = 0.2 + 0.05 * strata
    odds = [tipping_odds(treated, rng.random(4000) < base + gain * treated, strata) for gain in (-0.1, 0.08, 0.2)]
    assert odds[0] == 1.0
    assert 1.0 < odds[1] < odds[2] < 10
    with pytest.raises(ValueError, match="positive"):
        e_value(0.0)


def test_one_stratum_without_bias_is_the_mantel_haenszel_test():
    """At gamma 1 the large-sample mean is the hypergeometric one, and gamma 2 shifts it as the odds ratio says."""
    from pkh_graduation.estimators.uplift.sensitivity import _mean

    n, m, e = np.array([1000.0]), np.array([400.0]), np.array([300.0])
    assert _mean(n, m, e, 1.0)[0] == pytest.approx(120)
    x = _mean(n, m, e, 2.0)[0]
    assert x * (n - m - e + x) / ((m - x) * (e - x)) == pytest.approx(2.0)


def test_overlap_trims_and_names_what_still_differs():
    X = pd.DataFrame({"a": [0.0, 0.0, 1.0, 1.0] * 50, "b": np.nan})
    treated = np.array([0, 1, 0, 1] * 50)
    found = check_overlap(X, treated, np.where(np.arange(200) < 20, 0.01, 0.5), by_lot=False)
    assert found.kept.sum() == 180
    assert found.difference == pytest.approx(0.0, abs=1e-12)
    assert found.treated == found.untreated == 90
    assert found.holds
    assert not check_overlap(X, treated, np.full(200, 0.001), by_lot=True).holds


@pytest.mark.parametrize("n", [200, 2000])
def test_a_small_lot_may_differ_by_chance_but_not_by_choice(n):
    """Of 40 features some always differ by a tenth in a small lot; a lot that was not drawn as logged differs by more."""
    honest, fixed, chosen = [], [], []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        X = pd.DataFrame(rng.normal(size=(n, 40))).where(rng.random((n, 40)) < 0.7)
        X[0] = rng.random(n) < 0.05
        even = np.full(n, 0.3)
        drawn = rng.random(n) < even
        honest.append(check_overlap(X, drawn, even, by_lot=True))
        fixed.append(check_overlap(X, drawn, even, by_lot=False).holds)
        picked = rng.random(n) < sigmoid(1.5 * X[39].fillna(0.0) - 0.8)
        chosen.append(check_overlap(X, picked, even, by_lot=True).holds)
    assert np.mean([found.holds for found in honest]) > 0.9
    assert np.mean(fixed) < 0.5
    assert np.mean(chosen) < 0.05
    assert all(found.unexplained <= found.difference for found in honest)


def test_a_large_lot_may_differ_by_a_trifle():
    """What no lot of this size shows by chance, but also changes nothing, costs no grade."""
    rng = np.random.default_rng(15)
    X = pd.DataFrame({"a": rng.normal(size=40_000)})
    found = check_overlap(X, rng.random(40_000) < sigmoid(0.05 * X["a"]), np.full(40_000, 0.5), by_lot=True)
    assert 0.02 < found.unexplained == found.difference < 0.1
    assert found.holds


def test_wrong_inputs_are_refused():
    X, treated, chance, left = world(8, nothing, n=200)
    with pytest.raises(ValueError, match="needs the logged"):
        study_lever("x", X, treated, left, design=UNDIAN, together=1)
    with pytest.raises(ValueError, match="design must be"):
        study_lever("x", X, treated, left, design="ramalan", together=1)
    with pytest.raises(ValueError, match="at least 1"):
        ask_gate(np.zeros(10), np.zeros(10), together=0)
    with pytest.raises(ValueError, match="nothing can be learned"):
        DRLearner(2).fit(X, treated, np.arange(200) < 30, propensity=chance)
    for wrong, rows in ((chance * np.nan, 200), (chance + np.arange(200) * 0.005, 100), (np.r_[0.0, chance[1:]], 1)):
        with pytest.raises(ValueError, match=f"propensity of {rows} of 200 rows"):
            DRLearner(2).fit(X, treated, left, propensity=wrong)
    with pytest.raises(ValueError, match="must hold 200 chances"):
        DRLearner(2).fit(X, treated, left, propensity=chance[:100])
    with pytest.raises(ValueError, match=r"columns \['w'\] of X hold infinite values"):
        DRLearner(2).fit(X.assign(w=np.inf), treated, left, propensity=chance)
    with pytest.raises(ValueError, match=r"outside fold . all families are of one arm"):
        DRLearner(2).fit(X, treated, left, propensity=chance, groups=treated)
    with pytest.raises(ValueError, match="1 groups are too few for 2 folds"):
        DRLearner(2).fit(X, treated, left, propensity=chance, groups=np.zeros(200))
    with pytest.raises(ValueError, match="0 or 1"):
        DRLearner(2).fit(X, treated.astype(float) * 2, left, propensity=chance)
    with pytest.raises(ValueError, match="columns of the fit"):
        DRLearner(2).fit(X, treated, left, propensity=chance).predict(X[["w"]])


def program_rows(**change):
    """Four families drawn (two win), one case without a chance, one drawn twice, one row that was voided."""
    day = 19_723 + 20  # within the quarter after 2023-12-31
    row = {"program": "blk", "status": "diusulkan", "propensi": 0.5, "day": day, "known_day": day, "batal": False,
           "superseded_day": 2**31 - 1}  # fmt: skip
    rows = [
        {"kpm_id": "a", "program_key": 1}, {"kpm_id": "a", "program_key": 1, "status": "diterima", "day": day + 30},
        {"kpm_id": "b", "program_key": 2}, {"kpm_id": "b", "program_key": 2, "status": "ditolak", "day": day + 30},
        {"kpm_id": "c", "program_key": 3, "status": "selesai"}, {"kpm_id": "d", "program_key": 4},
        {"kpm_id": "e", "program_key": 5, "propensi": np.nan}, {"kpm_id": "f", "program_key": 6, "program": "kur"},
        {"kpm_id": "b", "program_key": 7, "status": "diterima", "day": day + 1},
        {"kpm_id": "d", "program_key": 4, "status": "diterima", "batal": True},
    ]  # fmt: skip
    return pd.DataFrame([row | own | change for own in rows])


def outcomes_of(way_out, known_by="2025-12-31", lag=100):
    days = pd.to_datetime(["2023-09-30", "2023-12-31", "2024-03-31"])
    index = pd.MultiIndex.from_product([list("abcdef"), days], names=["kpm_id", "as_of"])
    frame = pd.DataFrame({"way_out": "masih_peserta", "quarter": 4, "observed": 4}, index=index)
    for (kpm, day), (way, quarter) in way_out.items():
        frame.loc[(kpm, pd.Timestamp(day)), ["way_out", "quarter"]] = way, quarter
    return Outcomes(frame, pd.DataFrame(), dt.date.fromisoformat(known_by), lag, 4)


def test_lots_are_read_with_the_features_of_the_date_before_the_draw():
    y = outcomes_of({("a", "2023-12-31"): ("mandiri", 2), ("c", "2023-12-31"): ("administratif", 1)})
    told = read_lots(program_rows(), ["blk"], y)
    assert list(told.index.get_level_values("kpm_id")) == ["a", "b", "c", "d"]
    assert set(told.index.get_level_values("as_of")) == {pd.Timestamp("2023-12-31")}
    assert told.treated.tolist() == [1, 0, 1, 0]
    assert told.outcome.tolist() == [1, 0, 0, 0]
    assert (told.propensity == 0.5).all()
    with pytest.raises(ValueError, match="observed for 4 quarters, not 8"):
        read_lots(program_rows(), ["blk"], y, horizon=8)
    with pytest.raises(ValueError, match="there is no outcome"):
        read_lots(program_rows(), ["blk"], dataclasses.replace(y, frame=y.frame.iloc[:0]))


def test_families_gone_before_and_draws_not_yet_mature_or_not_yet_known_are_left_out():
    gone = outcomes_of(
        {
            ("a", "2023-12-31"): ("sudah_keluar", 0),
            ("b", "2023-12-31"): ("tersensor", 3),
            ("c", "2023-12-31"): ("tersensor", 4),
        }
    )
    assert list(read_lots(program_rows(), ["blk"], gone).index.get_level_values("kpm_id")) == ["c", "d"]
    assert len(read_lots(program_rows(), ["blk"], outcomes_of({}, known_by="2025-03-31")).index) == 0
    assert len(read_lots(program_rows(), ["blk"], outcomes_of({}, known_by="2025-04-10")).index) == 4
    assert len(read_lots(program_rows(known_day=30_000), ["blk"], outcomes_of({})).index) == 0
    assert len(read_lots(program_rows(day=19_000), ["blk"], outcomes_of({})).index) == 0
