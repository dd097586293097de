import dataclasses

import numpy as np
import pandas as pd
import pytest
from handmade_cases import AS_OF, CATALOGUE, Case, by_name
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.contracts import ContractError, Facts, Reasons, Scores, Snapshots
from pkh_graduation.priorities import HARD, NEEDED_FACTS, Cohort, Quota, add_reasons, could_be_listed, prioritise

TEN = Quota("instruksi_10pct", 0.10, 0, "test")


def part(case: Case, own: np.ndarray) -> tuple[Scores, Facts, Snapshots]:
    """The families of some pendamping, with all that belongs to them."""
    s, facts = case.scores, case.facts
    scores = Scores(s.index[own], s.path[own], s.margin[own], s.low[own], s.high[own])
    return (
        scores,
        dataclasses.replace(facts, values=facts.values[own], known=facts.known[own]),
        Snapshots(case.history.frame[own]),
    )


@st.composite
def cuts(draw) -> tuple[Case, list[np.ndarray]]:
    """A cohort with guards, gaps and lost pendamping, cut into parts of whole caseloads in any way."""
    people = draw(st.integers(1, 6))
    case = Case(draw(st.integers(people, 90)), pendamping=people, seed=draw(st.integers(0, 5)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    for name in HARD:
        case.values[name] = np.where(rng.random(len(case.index)) < 0.05, 1.0, case.values[name])
    first = (case.people == "d000000000000000").to_numpy()
    # A source that only one pendamping's families have: a part without it must still know that the cohort has it.
    case.values["tunggakan_n"] = np.where(first, 0.0, np.nan)
    case.values.loc[rng.random(len(case.index)) < 0.3, "desil"] = np.nan
    case.people = case.people.mask(rng.random(len(case.index)) < 0.05)
    names = case.people.fillna("none").unique()
    place = dict(zip(names, rng.integers(0, 3, len(names)), strict=True))
    owner = case.people.fillna("none").map(place).to_numpy()
    return case, [owner == number for number in range(3) if (owner == number).any()]


@settings(max_examples=10, deadline=None)
@given(cuts(), st.integers(0, 3))
def test_part_by_part_every_family_has_the_line_it_has_at_once(given_cut, seed):
    case, owners = given_cut
    parts = [part(case, own) for own in owners]
    options = {"quota": TEN, "random_state": seed, "exploration": 0.3}
    whole = prioritise(case.scores, case.reasons, case.facts, case.history, **options)
    cohort = sum((Cohort.of(*each) for each in parts), Cohort())
    assert cohort == Cohort.of(case.scores, case.facts, case.history)
    lists = [
        prioritise(scores, case.reasons, facts, now, cohort=cohort, run_id="run", **options)
        for scores, facts, now in parts
    ]
    together = pd.concat([each.frame for each in lists])
    order = ["pendamping_id", "urutan", "kpm_id"]
    pd.testing.assert_frame_equal(
        together.sort_values(order, ignore_index=True), whole.frame.sort_values(order, ignore_index=True)
    )
    for each in lists:
        served = each.frame["pendamping_id"].dropna().unique()
        same = whole.frame[whole.frame["pendamping_id"].isin(served)].reset_index(drop=True)
        pd.testing.assert_frame_equal(each.frame.dropna(subset="pendamping_id").reset_index(drop=True), same)
    shortfalls = pd.concat([each.shortfalls for each in lists]).sort_values("pendamping_id", ignore_index=True)
    pd.testing.assert_frame_equal(shortfalls, whole.shortfalls)
    cards = pd.concat([each.cards for each in lists]).sort_values("kpm_id", ignore_index=True)
    pd.testing.assert_frame_equal(cards, whole.cards)
    assert {each.run_id for each in lists} == {"run"}


def test_a_part_alone_would_judge_otherwise():
    """Why the cohort has to be measured: alone, the weak half of it would find its best families ready."""
    case = Case(200, pendamping=2)
    weak = (case.people == "d000000000000001").to_numpy()
    case.p = np.where(weak, 0.01, 0.2)
    scores, facts, now = part(case, weak)
    alone = prioritise(scores, None, facts, now, quota=TEN).frame
    cohort = Cohort.of(case.scores, case.facts, case.history)
    told = prioritise(scores, None, facts, now, quota=TEN, cohort=cohort).frame
    assert alone["urutan"].notna().sum() == 10
    assert told["urutan"].isna().all()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.integers(0, 50))
def test_the_mean_chance_is_exact_and_the_same_for_every_cut(chances, cut):
    case = Case(len(chances), pendamping=2)
    case.p = np.array(chances) * 0.9
    whole = Cohort.of(case.scores, case.facts, case.history)
    first = np.arange(len(chances)) < cut
    parts = [Cohort.of(*part(case, own)) for own in (first, ~first) if own.any()]
    assert sum(parts, Cohort()) == whole
    assert whole.base == pytest.approx(case.p.mean(), rel=1e-12, abs=1e-15)


def test_who_objects_or_has_no_score_does_not_count():
    case = Case(4)
    case.values.loc[case.index[0], "pagar_keberatan"] = 1.0
    case.p = np.array([0.9, 0.1, 0.2, 0.3])
    cohort = Cohort.of(dataclasses.replace(case.scores, index=case.index), case.facts, case.history)
    assert (cohort.scored, cohort.base) == (3, pytest.approx(0.2))
    assert cohort.columns == ("desil", "tunggakan_n")
    assert Cohort().base == float("inf")


def test_an_average_family_is_ready_whatever_the_rounding():
    case = Case(30)
    case.p = np.full(30, 1 / 3)
    assert (
        prioritise(case.scores, None, case.facts, case.history, quota=TEN).frame["kategori"] == "siap_dibahas"
    ).all()


def test_needed_facts_and_the_models_columns_are_all_that_is_read(case):
    case.values["utang_rentenir"] = 1.0
    wide = case.facts
    wide = dataclasses.replace(wide, values=wide.values.assign(keterangan="x", lain=np.nan))
    names = [name for name in wide.values if name in {*NEEDED_FACTS, *CATALOGUE.index[CATALOGUE["model"]]}]
    narrow = Facts(wide.values[names], pd.DataFrame(index=case.index), wide.catalogue)
    one, two = (prioritise(case.scores, None, facts, case.history, quota=TEN) for facts in (wide, narrow))
    pd.testing.assert_frame_equal(one.frame, two.frame)
    assert one.run_id == two.run_id


def test_facts_without_a_column_that_the_cohort_counts_are_refused(case):
    cohort = Cohort.of(case.scores, case.facts, case.history)
    narrow = dataclasses.replace(case.facts, values=case.values.drop(columns="desil").assign(lain=0.0))
    with pytest.raises(ContractError, match=r"lacks \['desil'\]"):
        prioritise(case.scores, None, narrow, case.history, quota=TEN, cohort=cohort)
    with pytest.raises(ContractError, match="pagar_keberatan"):
        Cohort.of(case.scores, dataclasses.replace(case.facts, values=case.values[["desil"]]), case.history)


def test_reasons_added_later_make_the_same_lists(case):
    case.values.loc[case.index[0], "pagar_keberatan"] = 1.0
    options = {"quota": TEN, "notes": {"model": "m"}}
    at_once = prioritise(case.scores, case.reasons, case.facts, case.history, **options)
    draft = prioritise(case.scores, None, case.facts, case.history, **options)
    later = add_reasons(draft, case.reasons)
    pd.testing.assert_frame_equal(later.cards, at_once.cards)
    assert case.index[0][0] not in set(later.cards["kpm_id"])
    assert (later.run_id, later.notes) == (at_once.run_id, at_once.notes)
    assert draft.cards.empty
    other_day = case.reasons.cards.assign(as_of=pd.Timestamp(AS_OF) - pd.Timedelta(days=1))
    assert add_reasons(draft, Reasons(None, other_day)).cards.empty


def test_a_draw_belongs_to_its_family_whoever_else_is_there(case):
    """The lot of a family and the rounding of its list come from seed, date and id alone."""
    more = Case(600, pendamping=2)
    more.people = pd.Series(["d000000000000000"] * 300 + ["d999"] * 300, index=more.index, dtype="str")
    more.p[:300] = case.p
    cohort = Cohort.of(case.scores, case.facts, case.history)
    options = {"quota": TEN, "exploration": 0.3, "cohort": cohort}
    alone = by_name(prioritise(case.scores, None, case.facts, case.history, **options))
    beside = by_name(prioritise(more.scores, None, more.facts, more.history, **options)).loc[alone.index]
    pd.testing.assert_frame_equal(alone, beside)


@pytest.mark.parametrize("seed", range(4))
def test_what_each_family_has_may_be_counted_before(seed):
    """Sparse families, and a column that nobody has: the counts say what the columns themselves say."""
    random = np.random.default_rng(seed)
    case, columns = Case(120), [f"x{number}" for number in range(10)]
    there = random.random((120, 10)) < random.uniform(0.1, 0.9, (120, 1))
    there[:, 0] = False
    case.values[columns] = np.where(there, 1.0, np.nan)
    model = pd.DataFrame(CATALOGUE.iloc[:1].to_dict("records") * 10, index=columns).assign(model=True)
    catalogue = pd.concat([CATALOGUE.assign(model=False), model])
    facts = dataclasses.replace(case.facts, catalogue=catalogue)
    cohort = Cohort.of(case.scores, facts, case.history)
    assert cohort.columns == tuple(columns[1:])
    bare = dataclasses.replace(facts, values=case.values.drop(columns=columns))
    counts = pd.Series(there.sum(axis=1), index=case.index)
    whole = could_be_listed(case.scores, facts, case.history, cohort)
    assert 0 < len(whole) < 120
    pd.testing.assert_series_equal(whole, could_be_listed(case.scores, bare, case.history, cohort, counts))


def test_scores_that_are_no_probabilities_are_refused():
    made = Case(6).scores
    last = made.path.shape[1] - 1

    def changed(**given) -> Scores:
        return dataclasses.replace(made, **given)

    negative, falling = made.path.copy(), made.path.copy()
    negative[0, last, :2] += [0.5 + negative[0, last, 1], -0.5 - negative[0, last, 1]]
    falling[0, last, :2] = [falling[0, last, :2].sum(), 0.0]
    falling[0, last - 1, :2] = [falling[0, last - 1, :2].sum() - 0.2, 0.2]
    with pytest.raises(ContractError, match="below 0"):
        changed(path=negative)
    with pytest.raises(ContractError, match="who has left has left"):
        changed(path=falling)
    with pytest.raises(ContractError, match="twice"):
        changed(index=made.index[[0, 0, 2, 3, 4, 5]])
    assert changed(path=made.path).horizon == last


def test_a_family_of_whom_nobody_knows_whether_it_objects_carries_no_number():
    case = Case(30)
    case.values.loc[case.index[:3], "pagar_keberatan"] = np.nan
    frame = by_name(prioritise(case.scores, None, case.facts, case.history, quota=TEN))
    own = frame.loc[case.index[:3].get_level_values("kpm_id")]
    assert own["p_mandiri_12m"].isna().all()
    assert own["urutan"].isna().all()
    assert frame["p_mandiri_12m"].notna().sum() == 27
