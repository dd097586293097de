import numpy as np
import pandas as pd
import pytest
from made_worlds import index_of, relabelled
from sklearn.base import clone

from pkh_graduation.contracts import Contender, ContractError
from pkh_graduation.estimators import PlainBoosting, todays_practice
from pkh_graduation.estimators.person_period import follow_up
from pkh_graduation.estimators.practice import Chance, ColumnRule, MadiunScore, Rule
from pkh_graduation.estimators.reference import mature_labels
from pkh_graduation.programme.madiun import criteria


@pytest.fixture(scope="module")
def X(world) -> pd.DataFrame:
    """The world's features with the columns that today's practice asks for."""
    random = np.random.default_rng(0)
    levels = {criterion.fitur: random.integers(1, 5, len(world.X)).astype(float) for criterion in criteria()}
    missing = pd.DataFrame(levels, index=world.X.index).mask(random.random((len(world.X), 10)) < 0.1)
    return world.X.assign(
        kepesertaan_tahun=random.integers(0, 12, len(world.X)) * 1.0, usaha_aktif_n=world.X["owns"] * 2
    ).join(missing)


def madiun(rows: dict[str, list[float]]) -> pd.DataFrame:
    """Families (name -> ten levels in the order of the criteria) at one date."""
    columns = [criterion.fitur for criterion in criteria()]
    index = index_of([(name, "2024-03-31") for name in rows])
    return pd.DataFrame(list(rows.values()), columns=columns, index=index)


def test_the_madiun_score_of_two_families_by_hand():
    # weights: house 10, income 20, debts 5, food 5, clothes 5, floor 10, wall 10, toilet 10, light 10, assets 5
    X = madiun({"k1": [4, 3, 4, 2, 2, 3, 2, 4, 3, 1], "k2": [2, 4, 2, 4, 2, 4, 4, 4, 2, 2]})
    one = 10 + 20 * 3 / 4 + 5 + 5 * 2 / 4 + 5 + 10 * 3 / 4 + 10 * 2 / 4 + 10 + 10 + 5 / 2
    two = 10 * 2 / 4 + 20 + 5 * 2 / 4 + 5 + 5 + 10 + 10 + 10 + 10 * 2 / 3 + 5
    assert MadiunScore().score_families(X) == pytest.approx([one, two])
    assert one == pytest.approx(72.5)
    assert two == pytest.approx(79 + 1 / 6)


def test_the_highest_level_is_that_of_the_pendampings_caseload():
    X = madiun({"k1": [2.0] * 10, "k2": [4.0] * 10, "k3": [1.0] * 10})
    alone = pd.Series(["d1", "d2", None], index=X.index)
    assert MadiunScore().score_families(X, alone).tolist() == [90, 90, 90]
    assert MadiunScore().score_families(X).tolist() == [45, 90, 22.5]
    assert MadiunScore().score_families(X, alone.iloc[::-1]).tolist() == [90, 90, 90]


def test_a_missing_level_counts_as_the_lowest():
    X = madiun({"k1": [np.nan] * 10, "k2": [4.0] * 10})
    assert MadiunScore().score_families(X).tolist() == [22.5, 90]


def test_equal_scores_are_ties_however_they_add_up():
    """Thirds add up to other last bits in another order; families whose weighted levels are equal in whole numbers tie."""
    levels = np.random.default_rng(5).integers(1, 4, (500, 10))
    levels[0] = 3
    X = madiun({f"k{row:03d}": list(map(float, line)) for row, line in enumerate(levels)})
    score = pd.Series(MadiunScore().score_families(X))
    weights = np.array([10, 20, 5, 5, 5, 10, 10, 10, 10, 5])
    assert (score.groupby(levels @ weights).nunique() == 1).all()
    assert MadiunScore().score_families(X.astype("Int64")).tolist() == score.tolist()


def test_groups_must_name_every_row():
    X = madiun({"k1": [2.0] * 10, "k2": [4.0] * 10})
    with pytest.raises(ValueError, match="groups must name the pendamping of every row of X"):
        MadiunScore().score_families(X, pd.Series(["d1"], index=X.index[:1]))
    with pytest.raises(ValueError, match="groups must name the pendamping of every row of X"):
        MadiunScore().score_families(X, pd.Series(["d1", "d2"], index=X.index.get_level_values("kpm_id")))


def test_the_ladder_has_its_five_rungs_and_all_are_contenders():
    ladder = todays_practice(random_state=4)
    assert list(ladder) == ["acak", "kepesertaan_terlama", "desil", "punya_usaha", "skor_madiun"]
    assert all(isinstance(rung, Contender) for rung in ladder.values())
    assert ladder["acak"].random_state == 4


@pytest.mark.parametrize("name", list(todays_practice()))
def test_probabilities_keep_the_order_of_the_rule_and_its_ties(world, X, name):
    rule = clone(todays_practice()[name]).fit(X, world.y)
    late = X.iloc[-800:]
    scores = rule.predict_incidence(late, 4)
    order = pd.Series(rule.score_families(late)).rank(method="dense")
    assert (pd.Series(scores.path[:, -1, 1]).rank(method="dense") == order).all()
    assert np.abs(scores.path.sum(axis=2) - 1).max() <= 1e-9
    assert (np.diff(scores.path[:, :, 1:], axis=1) >= 0).all()
    happened = (world.y.frame.loc[X.index.get_level_values("as_of") == "2020-12-31", "way_out"] == "mandiri").mean()
    assert scores.path[:, -1, 1].mean() == pytest.approx(happened, rel=0.4)


def test_a_rule_that_the_data_contradict_keeps_its_order(world, X):
    against = X.assign(desil=-X["w"])
    scores = ColumnRule("desil").fit(against, world.y).predict_incidence(against.iloc[:200], 4)
    order = pd.Series(against["desil"].iloc[:200].to_numpy()).rank(method="dense")
    assert (pd.Series(scores.path[:, -1, 1]).rank(method="dense") == order).all()


def test_the_decile_tells_more_than_chance(world, X):
    left = (world.y.frame["way_out"] == "mandiri").to_numpy()
    chances = {
        name: todays_practice()[name].fit(X, world.y).predict_incidence(X, 4).path[:, -1, 1]
        for name in ("acak", "desil")
    }
    lift = {name: chance[left].mean() / chance[~left].mean() for name, chance in chances.items()}
    assert lift["acak"] == pytest.approx(1, abs=0.05)
    assert lift["desil"] > 1.15


def test_chance_knows_families_and_not_rows(world):
    mixed = world.X.sample(frac=1, random_state=5)
    place = world.X.index.get_indexer(mixed.index)
    scores = Chance(1).score_families(world.X)
    assert np.array_equal(scores[place], Chance(1).score_families(mixed))
    assert not np.array_equal(scores, Chance(2).score_families(world.X))
    assert abs(scores.mean() - 0.5) < 0.02
    assert len(np.unique(scores)) == len(scores)


def test_missing_is_last_and_owning_asks_for_at_least_one(X):
    some = X.iloc[:4].assign(desil=[1, np.nan, 5, 1], usaha_aktif_n=[0, np.nan, 1, 3])
    assert ColumnRule("desil").score_families(some).argsort(kind="stable").tolist() == [1, 0, 3, 2]
    assert ColumnRule("usaha_aktif_n", at_least_one=True).score_families(some).tolist() == [0, 0, 1, 1]


def test_nothing_to_learn_from_is_no_crash(world, X):
    nobody = world.y.frame.assign(way_out="tersensor", quarter=np.int16(0), observed=np.int16(0))
    rule = ColumnRule("desil").fit(X, relabelled(world.y, nobody))
    assert np.isfinite(rule.predict_incidence(X.iloc[:5], 2).path).all()


def test_rules_teach(world, X):
    with pytest.raises(ValueError, match=r"ColumnRule needs \['desil'\].*leave this rule out"):
        ColumnRule("desil").fit(X.drop(columns="desil"), world.y)
    with pytest.raises(ValueError, match=r"ColumnRule: columns \['desil'\] of X hold infinite values"):
        ColumnRule("desil").fit(X.assign(desil=np.inf), world.y)
    with pytest.raises(ValueError, match="MadiunScore needs"):
        MadiunScore().fit(world.X, world.y)
    with pytest.raises(ValueError, match="horizon counts quarters and must be at least 1, not 0"):
        ColumnRule("desil").fit(X, world.y).predict_incidence(X, 0)
    with pytest.raises(ContractError, match="must be indexed by"):
        ColumnRule("desil").fit(X.reset_index(drop=True), world.y)
    with pytest.raises(NotImplementedError, match="Rule must say its score"):
        Rule().score_families(X)


def test_plain_boosting_learns_mature_labels_only(world):
    frame = world.y.frame.copy()
    short = frame["observed"] < 4
    follow = follow_up(world.X.index, world.y)
    row, label = mature_labels(follow, 4)
    known = frame.iloc[row]
    assert not (known["way_out"] == "tersensor").any()
    # a date is mature as a whole: of later ones those who left are known before those who stay
    date = frame.index.get_level_values("as_of")
    mature = date <= date[frame["observed"] == 4].max()
    assert mature.any()
    assert not mature.all()
    assert len(row) == (mature & (frame["way_out"] != "tersensor")).sum()
    assert label.sum() == (mature & (frame["way_out"] == "mandiri")).sum()
    assert (known["way_out"][known["observed"] < 4] != "masih_peserta").all()
    two = mature_labels(follow, 2)
    mature = date <= date[frame["observed"] >= 2].max()
    assert two[1].sum() == (mature & (frame["way_out"] == "mandiri") & (frame["quarter"] <= 2)).sum()
    assert len(two[0]) > len(row) - short.sum()


def test_plain_boosting_spreads_one_probability_over_the_quarters(world):
    model = PlainBoosting(horizon=4).fit(world.X, world.y)
    some = world.X.iloc[:100]
    four = model.predict_incidence(some, 4)
    assert four.path[:, -1, 1] == pytest.approx(1 / (1 + np.exp(-four.margin)))
    assert model.predict_incidence(some, 1).path[:, -1, 1] == pytest.approx(four.path[:, -1, 1] / 4)
    assert np.abs(four.path.sum(axis=2) - 1).max() <= 1e-9
    with pytest.raises(ValueError, match="horizon must be 1 to 4 quarters, not 5"):
        model.predict_incidence(some, 5)


def test_plain_boosting_says_when_no_label_is_mature(world):
    nobody = world.y.frame.assign(way_out="tersensor", quarter=np.int16(1), observed=np.int16(1))
    with pytest.raises(ValueError, match="no label is mature at 4 quarters"):
        PlainBoosting().fit(world.X, relabelled(world.y, nobody))
    with pytest.raises(ValueError, match="horizon must be 1 to 4 quarters, not 9"):
        PlainBoosting(horizon=9).fit(world.X, world.y)
    stayed = world.y.frame.assign(way_out="masih_peserta", quarter=np.int16(4), observed=np.int16(4))
    flat = PlainBoosting().fit(world.X, relabelled(world.y, stayed)).predict_incidence(world.X.iloc[:3], 4)
    assert (flat.path[:, -1, 1] < 0.001).all()
