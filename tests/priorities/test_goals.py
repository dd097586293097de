import numpy as np
import pandas as pd
import pytest
from handmade_cases import Case, by_name

from pkh_graduation.priorities import GOALS, Quota, prioritise
from pkh_graduation.priorities.goals import need, stand, worth

TEN = Quota("instruksi_10pct", 0.10, 0, "test")


def lists_of(case: Case, **options):
    return prioritise(case.scores, None, case.facts, case.history, **{"quota": TEN, "exploration": 0.0, **options})


def on(lists) -> pd.DataFrame:
    return by_name(lists).dropna(subset="urutan")


def test_need_falls_with_the_decile_and_readiness_knows_no_need():
    deciles = np.arange(1.0, 11.0)
    assert (np.diff(need(deciles)) < 0).all() and need(np.array([np.nan])) == need(np.array([4.0]))
    values = pd.DataFrame({"desil": deciles})
    p = np.linspace(0.1, 0.9, 10)
    assert (worth(p, values, "readiness") == p).all()
    # The geometric middle of the two.
    assert np.allclose(worth(p, values, "hybrid") ** 2, p * worth(p, values, "need_weighted"))


@pytest.mark.parametrize("goal", list(GOALS))
def test_no_goal_moves_the_line_between_ready_and_not_ready(case, goal):
    case.values["desil"] = np.random.default_rng(1).integers(1, 11, 300).astype(float)
    case.p[:250] = 0.001
    case.values.loc[case.index[:250], "desil"] = 1.0
    plain, other = lists_of(case), lists_of(case, goal=goal)
    pd.testing.assert_series_equal(by_name(plain)["kategori"], by_name(other)["kategori"])
    assert set(on(other)["kategori"]) == {"siap_dibahas"}
    assert len(on(plain)) == len(on(other))


def test_need_weighted_lists_are_poorer_and_less_likely(case):
    case.values["desil"] = np.random.default_rng(1).integers(1, 11, 300).astype(float)
    chosen = {goal: on(lists_of(case, goal=goal)) for goal in GOALS}
    decile = {goal: case.values["desil"].droplevel("as_of")[list(frame.index)].mean() for goal, frame in chosen.items()}
    chance = {goal: frame["p_mandiri_12m"].sum() for goal, frame in chosen.items()}
    assert decile["readiness"] > decile["hybrid"] > decile["need_weighted"]
    assert chance["readiness"] > chance["hybrid"] > chance["need_weighted"]
    for goal, frame in chosen.items():
        desil = case.values["desil"].droplevel("as_of").loc[frame.index]
        key = worth(frame["p_mandiri_12m"].to_numpy(), pd.DataFrame({"desil": desil}), goal)
        assert (np.diff(key[np.argsort(frame["urutan"].to_numpy(dtype=int))]) <= 1e-15).all()


def test_standing_orders_and_keeps_off_but_never_changes_what_is_shown(case):
    ids = by_name(lists_of(case)).sort_values("p_mandiri_12m", ascending=False).index
    ready = by_name(lists_of(case)).loc[ids]
    ready = ready.index[ready["kategori"] == "siap_dibahas"]
    last, unready = (
        ready[-1],
        by_name(lists_of(case)).index[by_name(lists_of(case))["kategori"] == "belum_data_kurang"][0],
    )
    standing = pd.DataFrame(
        {
            "carry_over": {last: True, unready: True, ready[1]: True},
            "do_not_contact": {ready[0]: True},
            "holdout": {ready[2]: True},
            "bonus": {ready[31]: 1.0},
        },
        dtype=object,
    )
    lists = lists_of(case, standing=standing)
    frame, before = by_name(lists), by_name(lists_of(case))
    assert frame.loc[[ready[1], last], "urutan"].tolist() == [1, 2]
    assert pd.isna(frame.loc[unready, "urutan"])
    assert "keluarga minta tidak dihubungi" in frame.loc[ready[0], "dikecualikan_karena"]
    assert frame.loc[[ready[0], ready[2]], "urutan"].isna().all() and frame.loc[ready[2], "slot"] == "disisihkan"
    assert frame.loc[[ready[0], ready[2]], "propensi"].isna().all()
    assert frame.loc[ready[31], "urutan"] < frame.loc[ready[4], "urutan"]
    pd.testing.assert_series_equal(frame["p_mandiri_12m"], before["p_mandiri_12m"])
    assert lists.run_id != lists_of(case).run_id
    assert lists_of(case, standing=standing.iloc[:0]).run_id == lists_of(case).run_id


def test_wrong_goals_and_standings_are_refused(case):
    with pytest.raises(ValueError, match="goal is one of"):
        lists_of(case, goal="cepat")
    with pytest.raises(ValueError, match="not also"):
        stand(pd.DataFrame({"nilai": [1.0]}, index=["k"]), pd.Index(["k"]))
    with pytest.raises(ValueError, match="0 to 1"):
        stand(pd.DataFrame({"bonus": [2.0]}, index=["k"]), pd.Index(["k"]))
    with pytest.raises(ValueError, match="one line per kpm_id"):
        stand(pd.DataFrame({"bonus": [0.0, 0.1]}, index=["k", "k"]), pd.Index(["k"]))


@pytest.mark.parametrize("name", ["carry_over", "do_not_contact", "holdout"])
def test_a_flag_is_never_guessed(name):
    families = pd.Index(["k", "l", "m"])
    for yes, no in ((True, False), (1, 0), (1.0, 0.0)):
        found = stand(pd.DataFrame({name: [yes, no, None]}, index=families), families)
        assert found[name].tolist() == [True, False, False]
    for word in ("True", "ya", 2):
        with pytest.raises(ValueError, match=f"{name} of a standing is true or false"):
            stand(pd.DataFrame({name: [word]}, index=["k"]), families)
