"""Selection: planted stops, deadlines, leniency and never-proposed groups are found; where there is nothing, nothing is said."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from evaluation_panel import KNOWN_BY, outcomes, panel_index
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pkh_graduation.contracts import Outcomes
from pkh_graduation.evaluation.lasting import lasting_by_score, lasting_exits
from pkh_graduation.evaluation.pendamping_effect import integrate_out, margin_given, pendamping_effect, share_of
from pkh_graduation.evaluation.proposals import overlap, proposal_propensity
from pkh_graduation.evaluation.selection import bunching, deadline_jump, most_at_target
from pkh_graduation.programme.calendar import NEVER, day_of

REPLICATES = 200
WIDE = 2**59


def counts_of(rng, pendamping, target, stops):
    """Exits of pendamping who differ (log-normal), a share of whom stops at the target."""
    families = rng.integers(200, 361, pendamping)
    rate = np.clip(12 / 285 * np.exp(rng.normal(-0.32, 0.8, pendamping)), 0, 0.4)
    counts = rng.binomial(families, rate)
    return np.where(rng.random(pendamping) < stops, np.minimum(counts, target), counts), families


def test_stopping_at_the_target_is_found_and_nothing_else_is():
    found = false = 0
    for seed in range(REPLICATES):
        rng = np.random.default_rng(seed)
        found += bunching(*_args(counts_of(rng, 200, 10, 0.35))).flagged
        false += bunching(*_args(counts_of(rng, 200, 10, 0.0))).flagged
    assert found >= 0.95 * REPLICATES
    assert false <= 0.05 * REPLICATES


def _args(drawn):
    counts, families = drawn
    return counts, np.full(len(counts), 10), families


def test_the_excess_is_the_share_that_was_stopped():
    rng = np.random.default_rng(0)
    families = np.full(40_000, 285)
    free = rng.binomial(families, 0.04)
    counts = np.where(rng.random(len(free)) < 0.35, np.minimum(free, 10), free)
    moved = ((counts == 10) & (free > 10)).mean()
    told = bunching(counts, 10, families)
    # stopping empties the count just above as well, so the excess is somewhat too large
    assert moved < told.excess < 1.25 * moved
    assert told.low < told.excess < told.high


@given(st.lists(st.floats(0.05, 60), min_size=1, max_size=6), st.integers(1, 40))
def test_no_mixture_of_poissons_exceeds_the_bound(means, target):
    pmf = stats.poisson.pmf(target + np.array([-1, 0, 1])[:, None], np.array(means)).mean(axis=1)
    total = pmf.sum()
    assert total == 0 or pmf[1] / total <= most_at_target(np.array([target]))[0] + 1e-9


def test_a_deadline_is_found_and_its_absence_seldom():
    found = false = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        habit = 2.5 * rng.gamma(1.5, 1 / 1.5, 100)
        found += deadline_jump(rng.poisson(1.6 * habit), rng.poisson(0.6 * habit), flips=499).flagged
        false += deadline_jump(rng.poisson(habit), rng.poisson(habit), flips=499).flagged
    assert found == 60
    # 60 at 5 %: more than 7 would come once in a hundred times
    assert false <= 7
    assert np.isnan(deadline_jump(np.array([3]), np.array([0])).ratio)


def test_a_missing_count_or_chance_is_no_number():
    with pytest.raises(ValueError, match="before is missing in 1 of 2"):
        deadline_jump(np.array([3, np.nan]), np.array([0, 1]))
    for drawn in (([np.nan, 9.0], 10), ([9, 10], [np.nan, 10]), ([9, 10], 10, [np.nan, 300])):
        with pytest.raises(ValueError, match="missing in 1 of 2"):
            bunching(*map(np.array, drawn))
    chance, label, who, _ = world(0, 0.8, pendamping=4)
    chance[3] = np.nan
    with pytest.raises(ValueError, match="1 of 600 families lack a chance or a label"):
        pendamping_effect(chance, label, who)
    assert pendamping_effect(chance, label, who.where(np.arange(600) != 3)).rows == 599


def world(seed, spread, pendamping=50, each=150):
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(pendamping), each)
    margin = rng.normal(-2.5, 1, len(who))
    u = rng.normal(0, spread, pendamping)
    label = rng.random(len(who)) < 1 / (1 + np.exp(-(margin + 0.3 + u[who])))
    return 1 / (1 + np.exp(-margin)), label, pd.Series([f"d{number:03d}" for number in who]), u


def test_the_pendamping_share_is_recovered_and_none_is_none():
    inside, spreads = 0, []
    for seed in range(6):
        chance, label, who, u = world(seed, 0.8)
        told = pendamping_effect(chance, label, who)
        inside += told.low <= share_of(0.8) <= told.high
        spreads.append(told.spread)
        assert told.p_value < 1e-3
        assert told.level == pytest.approx(0.3 + u.mean(), abs=0.35)
        assert np.corrcoef(told.effects, u)[0, 1] > 0.7
    assert inside >= 5
    assert np.mean(spreads) == pytest.approx(0.8, abs=0.1)
    chance, label, who, _ = world(7, 0.0)
    nothing = pendamping_effect(chance, label, who)
    assert nothing.low == 0
    assert nothing.p_value > 0.01
    assert nothing.share < 0.02


def test_an_effect_is_integrated_out_as_sampling_says():
    rng = np.random.default_rng(1)
    margin = np.array([-6.0, -3.0, 0.0, 2.0])
    drawn = 1 / (1 + np.exp(-(margin[:, None] + rng.normal(0, 0.8, 200_000))))
    assert integrate_out(margin, 0.8) == pytest.approx(drawn.mean(axis=1), rel=0.01)
    assert integrate_out(margin, 0.0) == pytest.approx(1 / (1 + np.exp(-margin)))
    assert (integrate_out(margin[:2], 0.8) > 1 / (1 + np.exp(-margin[:2]))).all()
    chance = np.array([0.001, 0.2, 0.9])
    assert integrate_out(margin_given(chance, 0.8), 0.8) == pytest.approx(chance)
    with pytest.raises(ValueError, match="spread"):
        integrate_out(margin, -1)


def test_a_group_that_is_never_proposed_has_no_overlap():
    rng = np.random.default_rng(2)
    index = panel_index(3000, [dt.date(2024, 12, 31)])
    never = rng.random(3000) < 0.3
    X = pd.DataFrame({"w": rng.normal(size=3000), "jauh": never.astype(float), "kosong": np.nan}, index=index)
    proposed = rng.random(3000) < np.where(never, 0.0, 1 / (1 + np.exp(2 - 1.5 * X["w"])))
    who = pd.Series([f"d{number % 12}" for number in range(3000)], index=index)
    told = proposal_propensity(X, proposed, who)
    again = rng.permutation(3000)
    shuffled = proposal_propensity(X.iloc[again], proposed[again], who)
    pd.testing.assert_series_equal(told, shuffled.sort_index())
    seen = overlap(told, proposed, pd.Series(np.where(never, "jauh", "dekat"), index=index))
    groups = seen.groups.set_index("group")
    assert groups.loc["jauh", "without"] > 0.8
    assert groups.loc["dekat", "without"] < 0.2
    assert seen.auc > 0.8
    assert seen.effective <= seen.proposed
    with pytest.raises(ValueError, match="only 3 proposals"):
        proposal_propensity(X, np.arange(3000) < 3, who)
    with pytest.raises(ValueError, match="folds must be 2 or more"):
        proposal_propensity(X, proposed, who, folds=1)
    assert proposal_propensity(X, np.ones(3000, dtype=bool), who).min() > 0.99


def exits(rows):
    """(kpm, peran, way_out, ISO day, known, superseded); numbers of families are as wide as the store's, and tell apart late."""
    frame = pd.DataFrame(rows, columns=["kpm", "peran", "way_out", "day", "known_day", "superseded_day"])
    frame["kpm"] += WIDE
    for name in ("day", "known_day", "superseded_day"):
        frame[name] = [day_of(dt.date.fromisoformat(one)) if isinstance(one, str) else NEVER for one in frame[name]]
    return frame.assign(batal=False)


def told(rows):
    index = panel_index(1, [dt.date(2023, 9, 30)])
    plain = outcomes(index, ["masih_peserta"], [4], [4])
    return Outcomes(plain.frame, exits(rows), KNOWN_BY, 30, 4)


def test_an_exit_lasts_only_once_a_year_has_passed_and_nobody_came_back():
    found = lasting_exits(
        told(
            [
                (1, "keluar", "mandiri", "2022-06-01", "2022-07-01", None),
                (2, "keluar", "mandiri", "2022-06-01", "2022-07-01", None),
                (2, "masuk", None, "2023-05-31", "2023-06-30", None),
                (3, "keluar", "mandiri", "2022-06-01", "2022-07-01", None),
                (3, "masuk", None, "2023-06-02", "2023-06-30", None),
                (4, "keluar", "mandiri", "2024-02-01", "2024-02-03", None),
                (5, "keluar", "alamiah", "2022-06-01", "2022-07-01", None),
                (6, "keluar", "mandiri", "2022-06-01", "2022-07-01", "2022-09-01"),
                (7, "keluar", "mandiri", "2022-06-01", "2022-07-01", None),
                (7, "masuk", None, "2022-03-01", "2022-07-01", None),
            ]
        )
    )
    lasted = found.exits.assign(kpm=found.exits["kpm"] - WIDE).set_index("kpm")["bertahan"]
    assert lasted.index.tolist() == [1, 2, 3, 4, 7]
    assert lasted[[1, 3, 7]].all()
    assert not lasted[2]
    assert lasted.isna()[4]
    assert (found.mature, found.immature, found.share) == (4, 1, 0.75)
    before = pd.Series({WIDE + 1: 0.9, WIDE + 2: 0.1, WIDE + 3: 0.2, WIDE + 4: 0.5})
    bands = lasting_by_score(found, before, bands=2)
    assert bands["exits"].tolist() == [1, 2]
    assert bands["lasting"].tolist() == [0, 2]
