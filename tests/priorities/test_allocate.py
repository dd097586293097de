import dataclasses

import numpy as np
import pandas as pd
import pytest
from handmade_cases import Case, by_name, make_scores
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.contracts import ContractError, Scores, Snapshots
from pkh_graduation.priorities import HARD, Bands, Quota, prioritise
from pkh_graduation.programme.vocabulary import BELUM, SIAP_DIBAHAS

TEN = Quota("instruksi_10pct", 0.10, 0, "test")


def lists_of(case: Case, **options):
    return prioritise(case.scores, case.reasons, case.facts, case.history, **{"quota": TEN, **options})


@st.composite
def cases(draw) -> Case:
    """Any mix of guards, missing values, open cases, lost pendamping and skewed chances."""
    case = Case(draw(st.integers(1, 120)), pendamping=draw(st.integers(1, 4)), seed=draw(st.integers(0, 10)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share = draw(st.sampled_from([0.0, 0.05, 0.3, 1.0]))
    for name in HARD:
        case.values[name] = np.where(rng.random(len(case.index)) < share / 3, 1.0, case.values[name])
        case.values[name] = np.where(rng.random(len(case.index)) < 0.02, np.nan, case.values[name])
    case.values["data_umur_hari"] = np.where(rng.random(len(case.index)) < 0.1, 900.0, 60.0)
    case.proses = case.proses.mask(rng.random(len(case.index)) < 0.1, "usulan")
    case.people = case.people.mask(rng.random(len(case.index)) < 0.05)
    return case


@settings(max_examples=30, deadline=None)
@given(cases(), st.sampled_from([0.0, 0.05, 0.3]), st.integers(0, 3), st.sampled_from([0, 4]))
def test_whatever_the_caseloads_the_promises_hold(case, exploration, seed, minimum):
    quota = Quota("x", 0.10, minimum, "test")
    lists = lists_of(case, quota=quota, exploration=exploration, random_state=seed)
    frame, values = by_name(lists), case.values.droplevel("as_of")
    on = frame[frame["urutan"].notna()]
    assert len(frame) == len(case.index)
    # No hard guard, no unknown guard, no open case, no poor data and no unready family is ever on a list.
    assert (values.loc[on.index, list(HARD)] == 0).all(axis=None)
    assert on["proses"].isna().all()
    assert (on["kategori"] != BELUM).all()
    assert (on.loc[on["slot"] == "model", "kategori"] == SIAP_DIBAHAS).all()
    # Chances of being listed are logged for every listed family and lie in (0, 1].
    assert on["propensi"].notna().all()
    assert frame["propensi"].dropna().between(0, 1, inclusive="right").all()
    # The quota is met exactly, or the shortfall is stated.
    for _, line in lists.shortfalls.iterrows():
        mine = on[on["pendamping_id"] == line["pendamping_id"]]
        assert len(mine) == line["terisi"] <= line["kuota"] == quota.of(line["dampingan"])
        assert bool(line["sebab"]) == (line["terisi"] < line["kuota"])
        assert sorted(mine["urutan"]) == list(range(1, len(mine) + 1))
        assert mine.sort_values("urutan")["p_mandiri_12m"].is_monotonic_decreasing
    # An objecting family carries no number and no card.
    objecting = values.index[values["pagar_keberatan"] == 1]
    assert (
        frame.loc[objecting, ["p_mandiri_12m", "p_bawah", "p_atas", "p_alamiah_12m", "propensi"]].isna().all(axis=None)
    )
    assert not set(objecting) & set(lists.cards["kpm_id"])


@settings(max_examples=8, deadline=None)
@given(cases(), st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_nothing(case, seed):
    shuffle = np.random.default_rng(seed).permutation(len(case.index))
    scores, facts, history = case.scores, case.facts, case.history
    turned = prioritise(
        Scores(
            scores.index[shuffle], *(array[shuffle] for array in (scores.path, scores.margin, scores.low, scores.high))
        ),
        dataclasses.replace(case.reasons, cards=case.reasons.cards.iloc[shuffle]),
        dataclasses.replace(facts, values=facts.values.iloc[shuffle[::-1]], known=facts.known.iloc[shuffle[::-1]]),
        Snapshots(history.frame.iloc[shuffle]),
        quota=TEN,
    )
    plain = lists_of(case)
    pd.testing.assert_frame_equal(plain.frame, turned.frame)
    pd.testing.assert_frame_equal(plain.cards, turned.cards)
    pd.testing.assert_frame_equal(plain.shortfalls, turned.shortfalls)
    assert plain.run_id == turned.run_id


def test_best_chances_fill_the_quota_exactly(case):
    frame = by_name(lists_of(case, exploration=0.0))
    best = frame["p_mandiri_12m"].sort_values(ascending=False).index[:30]
    assert set(frame.index[frame["urutan"].notna()]) == set(best)
    assert list(frame.loc[best, "urutan"]) == list(range(1, 31))
    assert (frame.loc[best, "propensi"] == 1.0).all()
    assert frame["propensi"].notna().sum() == 30


def test_quota_is_kept_inside_each_caseload():
    case = Case(200, pendamping=4)
    case.p = np.where(case.people.to_numpy() == "d000000000000000", 0.2, 0.1)
    listed = lists_of(case, bands=Bands(ready=0.5)).frame.dropna(subset="urutan")
    assert listed["pendamping_id"].value_counts().to_dict() == {f"d{number:015x}": 5 for number in range(4)}


def test_stop_rule_leaves_places_empty_and_says_why(case):
    case.p = np.full(300, 0.001)
    case.p[:4] = 0.9
    lists = lists_of(case, exploration=0.0)
    line = lists.shortfalls.iloc[0]
    assert (line["kuota"], line["terisi"]) == (30, 4)
    assert "peluang di bawah rata-rata" in line["sebab"]
    assert "pengaman" not in line["sebab"]


def test_the_largest_cause_of_a_shortfall_comes_first(case):
    case.values.loc[case.index[:250], "pagar_hamil"] = 1.0
    case.values.loc[case.index[250:290], "data_umur_hari"] = np.nan
    case.proses.iloc[290:] = "usulan"
    sebab = lists_of(case).shortfalls["sebab"].iloc[0]
    assert sebab.split("; lainnya: ")[1] == "dikecualikan oleh pengaman, data belum cukup, kasus sedang diproses"


def test_open_cases_are_shown_but_take_no_place(case):
    best = case.index[np.argsort(-case.p)[:10]]
    case.proses.loc[best] = "ttd_pernyataan"
    frame = by_name(lists_of(case))
    assert frame.loc[best.get_level_values(0), "urutan"].isna().all()
    assert (frame.loc[best.get_level_values(0), "proses"] == "ttd_pernyataan").all()
    assert frame["urutan"].notna().sum() == 30


def test_random_slots_are_drawn_with_the_logged_chance():
    """Over many seeds the share of lists on which a family stands agrees with its propensity (4 standard errors)."""
    case, rounds = Case(60), 40
    seen = sum(by_name(lists_of(case, random_state=seed, exploration=0.3))["urutan"].notna() for seed in range(rounds))
    chance = by_name(lists_of(case, exploration=0.3))["propensi"].fillna(0.0)
    error = 4 * np.sqrt(chance * (1 - chance) / rounds) + 1e-12
    assert ((seen / rounds - chance).abs() <= error).all()
    assert 0 < chance[chance > 0].min() < 1


def test_about_one_place_in_twenty_is_drawn_by_lot():
    case = Case(3000, pendamping=10)
    slots = lists_of(case).frame["slot"].value_counts()
    assert slots.sum() == 300
    assert 10 <= slots["acak"] <= 20


def test_ties_are_broken_by_the_seed_alone(case):
    case.p = np.full(300, 0.05)
    first, again, other = (
        set(lists_of(case, random_state=seed, exploration=0.0).frame.dropna(subset="urutan")["kpm_id"])
        for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_a_family_without_pendamping_or_score_is_told_apart(case):
    case.people.iloc[0] = np.nan
    lists = prioritise(make_scores(case.index[2:], case.p[2:]), None, case.facts, case.history, quota=TEN)
    frame = by_name(lists)
    assert frame["dikecualikan_karena"].iloc[0] == "belum ada pendamping tercatat"
    assert frame["peringatan"].iloc[1] == "belum dinilai model"
    assert frame["kategori"].iloc[1] == BELUM
    assert lists.shortfalls["dampingan"].sum() == 299
    assert lists.cards.empty


def test_range_is_given_only_for_the_twelve_months_it_belongs_to(case):
    longer = prioritise(make_scores(case.index, case.p, horizon=8), None, case.facts, case.history, quota=TEN).frame
    assert longer[["p_bawah", "p_atas"]].isna().all(axis=None)
    assert np.allclose(longer.set_index("kpm_id").sort_index()["p_mandiri_12m"], case.p / 2)


def test_run_id_follows_every_input_and_nothing_else(case):
    plain = lists_of(case).run_id
    assert plain == lists_of(case, notes={"model": "x"}).run_id
    assert plain == prioritise(case.scores, None, case.facts, case.history, quota=TEN).run_id
    moved = Case(300)
    moved.p[5] += 1e-12
    guarded = Case(300)
    guarded.values.iloc[0, guarded.values.columns.get_loc("pagar_hamil")] = 1.0
    others = [
        lists_of(case, random_state=1), lists_of(case, exploration=0.1), lists_of(case, bands=Bands(ready=2)),
        lists_of(case, quota=Quota("x", 0.1, 0, "test")), lists_of(moved), lists_of(guarded),
    ]  # fmt: skip
    assert len({plain, *(lists.run_id for lists in others)}) == 7


def test_inputs_are_left_as_they_were(case):
    before = case.values.copy(), case.reasons.cards.copy()
    history = case.history
    frame = history.frame.copy()
    prioritise(case.scores, case.reasons, case.facts, history, quota=TEN)
    pd.testing.assert_frame_equal(case.values, before[0])
    pd.testing.assert_frame_equal(history.frame, frame)


def test_wrong_parcels_are_refused_in_a_sentence(case):
    with pytest.raises(ContractError, match="predict with horizon=4"):
        prioritise(make_scores(case.index, case.p, horizon=2), None, case.facts, case.history, quota=TEN)
    fewer = dataclasses.replace(case.facts, values=case.values.iloc[:10])
    with pytest.raises(ContractError, match="lack 290 of the 300"):
        prioritise(case.scores, None, fewer, case.history, quota=TEN)
    twice = case.history.frame.rename(index={pd.Timestamp("2025-09-30"): pd.Timestamp("2025-06-30")}, level=1)
    with pytest.raises(ContractError, match="holds 2"):
        prioritise(case.scores, None, case.facts, Snapshots(pd.concat([case.history.frame, twice])), quota=TEN)
    with pytest.raises(ContractError, match="10 scored families are not in history"):
        prioritise(case.scores, None, case.facts, Snapshots(case.history.frame.iloc[10:]), quota=TEN)
    with pytest.raises(ValueError, match="exploration"):
        lists_of(case, exploration=1.0)
