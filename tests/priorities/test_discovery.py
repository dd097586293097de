import dataclasses
import json

import numpy as np
import pytest
from handmade_cases import Case
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.priorities import Bands, Cohort, Discovery, PastYear, Quota, could_be_listed, prioritise
from pkh_graduation.priorities.discovery import select
from pkh_graduation.programme.vocabulary import PERLU_PENDAMPINGAN, SIAP_DIBAHAS

chances = st.lists(st.floats(0, 1).map(lambda p: round(p, 2)), min_size=1, max_size=40)


def year(random: np.random.Generator, families: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Chances that a model says, and who left: about one in six, the model knowing half of the reasons."""
    known, hidden = random.normal(size=(2, families))
    true = 1 / (1 + np.exp(-(-2.6 + shift + 1.8 * known + hidden)))
    return 1 / (1 + np.exp(-(-2.4 + 1.7 * known))), random.random(families) < true


@pytest.mark.parametrize("target", [0.3, 0.5])
def test_the_mean_share_of_false_discoveries_stays_at_the_target(target):
    false, size = [], []
    for seed in range(200):
        random = np.random.default_rng([seed, int(100 * target)])
        past_year = PastYear.of(*year(random, 600))
        scores, left = year(random, 300)
        found = past_year.discover(past_year.tally(scores), target)
        ready = scores >= found.threshold
        assert ready.sum() == found.size
        false.append((~left[ready]).mean() if found.size else 0.0)
        size.append(found.size)
    error = np.std(false, ddof=1) / np.sqrt(200)
    assert np.mean(false) <= target + 2 * error
    # and not by calling nobody ready
    assert np.mean(size) > 5
    assert np.mean(false) > 0.5 * target


def test_a_year_of_lower_rates_breaks_the_promise():
    # the promise rests on exchangeable years; without that it must be seen to fail
    false = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        past_year = PastYear.of(*year(random, 600))
        scores, left = year(random, 300, shift=-1.0)
        ready = scores >= past_year.discover(past_year.tally(scores), 0.4).threshold
        false.append((~left[ready]).mean() if ready.any() else 0.0)
    assert np.mean(false) > 0.4 + 2 * np.std(false) / np.sqrt(200)


@settings(deadline=None)
@given(chances, st.data(), st.sampled_from([0.05, 0.2, 0.5, 0.9]))
def test_counts_say_what_p_values_would(past, data, target):
    left = data.draw(st.lists(st.booleans(), min_size=len(past), max_size=len(past)))
    now = np.array(data.draw(chances))
    past_year = PastYear.of(np.array(past), np.array(left))
    p = past_year.p_values(now)
    brute = [
        (1 + sum(score >= one and not gone for score, gone in zip(past, left, strict=True))) / (1 + len(past))
        for one in now
    ]
    assert p == pytest.approx(brute)
    found = past_year.discover(past_year.tally(now), target)
    assert np.array_equal(now >= found.threshold, select(p, target))
    assert found.size == select(p, target).sum()
    assert (found.judged, found.calibrated_on, found.target) == (len(now), len(past), target)


@given(chances, chances)
def test_parts_add_up(one, other):
    random = np.random.default_rng(0)
    past_year = PastYear.of(*year(random, 50))
    whole = past_year.tally(np.array([*one, *other]))
    assert np.array_equal(past_year.tally(np.array(one)) + past_year.tally(np.array(other)), whole)


def test_without_a_chance_nobody_is_counted():
    past_year = PastYear.of(np.array([0.2, 0.1]), np.array([0, 1]))
    assert past_year.tally(np.array([np.nan, 0.3, np.nan])).tolist() == [1, 0]


def test_little_evidence_leaves_the_band_empty():
    past_year = PastYear.of(np.array([0.5, 0.4, 0.3]), np.array([0, 0, 1]))
    found = past_year.discover(past_year.tally(np.array([0.9, 0.8])), 0.2)
    assert found == Discovery(float("inf"), 0, 2, 0.2, 3)
    assert past_year.discover(past_year.tally(np.array([])), 0.2).size == 0


def test_families_who_tie_with_a_false_one_stand_below_it():
    past = np.array([0.9, 0.5, *[0.1] * 97]), np.array([1, 0, *[0] * 97])
    past_year = PastYear.of(*past)
    found = past_year.discover(past_year.tally(np.array([0.95, 0.94, 0.5])), 0.017)
    assert 0.5 < found.threshold < 0.94
    assert found.size == 2


def test_bands_take_the_threshold_in_place_of_the_mean():
    p, no, yes = np.array([0.30, 0.10, 0.06]), np.zeros(3, bool), np.ones(3, bool)
    assert list(Bands(least=0.2).of(p, 0.05, hard=no, judged=yes)) == [SIAP_DIBAHAS] + [PERLU_PENDAMPINGAN] * 2
    assert SIAP_DIBAHAS not in Bands(least=float("inf")).of(p, 0.05, hard=no, judged=yes)
    assert list(Bands(least=0.0).of(p, 0.05, hard=no, judged=yes)) == [SIAP_DIBAHAS] * 3
    assert SIAP_DIBAHAS not in Bands(least=0.0).of(p, 0.05, hard=yes, judged=yes)
    # who is too unlikely even to be mentored is never ready
    assert SIAP_DIBAHAS not in Bands(least=0.0).of(p, 0.9, hard=no, judged=yes)


def places(p: np.ndarray) -> np.ndarray:
    return (p[:, None] >= p[None, :]).mean(axis=1)


def test_places_make_two_models_comparable_where_chances_are_not():
    # the model of then knew of a quota ten times smaller and was flatter: only its order is that of today's
    false = {"places": [], "chances": []}
    for seed in range(60):
        random = np.random.default_rng([5, seed])
        (then, left), (now, gone) = year(random, 500), year(random, 250)
        flatter = then**0.7 / 10
        for name, (past, today) in {"places": (places(flatter), places(now)), "chances": (flatter, now)}.items():
            past_year = PastYear.of(past, left)
            ready = today >= past_year.discover(past_year.tally(today), 0.4).threshold
            false[name].append((~gone[ready]).mean() if ready.any() else 0.0)
    error = np.std(false["places"], ddof=1) / np.sqrt(60)
    assert np.mean(false["places"]) <= 0.4 + 2 * error
    assert np.mean(false["chances"]) > 0.4 + 4 * error


@pytest.mark.parametrize(
    ("scores", "labels", "sentence"),
    [
        ([0.1, 0.2], [1], "two lists of the same families"),
        ([], [], "two lists of the same families"),
        ([-0.5], [1], "multiples of the mean, from 0"),
        ([np.nan], [1], "leave out families without one"),
        ([0.5], [2], "1 .left by mandiri. or 0"),
    ],
)
def test_unusable_evidence_is_refused(scores, labels, sentence):
    with pytest.raises(ValueError, match=sentence):
        PastYear.of(np.array(scores), np.array(labels))


def test_unusable_questions_are_refused():
    past_year = PastYear.of(np.array([0.5]), np.array([0]))
    with pytest.raises(ValueError, match="between 0 and 1, not 1"):
        past_year.discover(past_year.tally(np.array([0.5])), 1)
    with pytest.raises(ValueError, match="another past year"):
        past_year.discover(np.zeros(5, int), 0.2)
    with pytest.raises(ValueError, match="least is a chance"):
        Bands(least=float("nan"))


def barred(case: Case, random: np.random.Generator) -> np.ndarray:
    """Some families meet a hard guard: they are never ready, and nothing is measured on them."""
    hard = random.random(len(case.p)) < 0.2
    case.values["pagar_hamil"] = hard.astype(float)
    return hard


def called_ready(case: Case, kept: str, target: float, cuts: int) -> tuple[np.ndarray, Discovery]:
    """The way of the command: chances of parts in any cut, the past year as a bundle keeps it, bands, lists."""
    scores, facts, now = case.scores, case.facts, case.history
    cohort = Cohort.of(scores, facts, now)
    parts = []
    for number in range(cuts):
        own = np.arange(len(case.p)) % cuts == number
        part = dataclasses.replace(scores, index=scores.index[own], path=scores.path[own], margin=scores.margin[own],
                                   low=scores.low[own], high=scores.high[own])  # fmt: skip
        told = dataclasses.replace(facts, values=facts.values[own], known=facts.known[own])
        parts.append(could_be_listed(part, told, type(now)(now.frame[own]), cohort))
    found = PastYear.from_plain(json.loads(kept)).discover_by_place(np.concatenate(parts), target)
    lists = prioritise(scores, None, facts, now, quota=Quota("x", 0.1, 0, ""), bands=Bands(least=found.threshold))
    band = lists.frame.set_index("kpm_id")["kategori"].loc[case.index.get_level_values("kpm_id")]
    return (band == SIAP_DIBAHAS).to_numpy(), found


def simply(p: np.ndarray, hard: np.ndarray, kept: str, target: float) -> tuple[np.ndarray, Discovery]:
    """The same on bare numbers, cheap enough for many years."""
    found = PastYear.from_plain(json.loads(kept)).discover_by_place(p[~hard], target)
    band = Bands(least=found.threshold).of(p, float(p.mean()), hard=hard, judged=np.ones(len(p), bool))
    return band == SIAP_DIBAHAS, found


@pytest.mark.parametrize("seed", range(3))
def test_parts_guards_and_lists_say_what_the_bare_numbers_say(seed):
    random = np.random.default_rng(seed)
    case = Case(250, pendamping=3)
    case.p, _ = year(random, 250)
    hard = barred(case, random)
    kept = json.dumps(PastYear.by_place(*year(random, 500)).plain())
    expected, found = simply(case.p, hard, kept, 0.6)
    assert expected.any()
    assert not (expected & hard).any()
    for cuts in (1, 2, 7):
        ready, same = called_ready(case, kept, 0.6, cuts)
        assert np.array_equal(ready, expected)
        assert same == found


@pytest.mark.parametrize("target", [0.4, 0.6, 0.9])
def test_from_last_year_to_this_years_list_the_promise_is_kept(target):
    """Another model, another level of chances, guards: 200 replicates of the way that the test above ties to the command's."""
    false, size = [], []
    for seed in range(200):
        random = np.random.default_rng([seed, int(100 * target)])
        then, left = year(random, 600, shift=-1.0 if target > 0.8 else 0.0)
        kept = json.dumps(PastYear.by_place(then**0.7 / 10, left).plain())
        p, gone = year(random, 300, shift=-1.0 if target > 0.8 else 0.0)
        ready, found = simply(p, random.random(300) < 0.2, kept, target)
        # those below the cohort's mean are not called ready, even where the promise would allow it
        assert ready.sum() <= found.size
        false.append((~gone[ready]).mean() if ready.any() else 0.0)
        size.append(ready.sum())
    assert np.mean(false) <= target + 2 * np.std(false, ddof=1) / np.sqrt(200)
    assert np.mean(size) > 5
    assert np.mean(false) > 0.5 * target


def test_the_band_moves_no_place():
    random = np.random.default_rng(2)
    case = Case(250, pendamping=3)
    case.p, _ = year(random, 250)
    lists = [
        prioritise(case.scores, None, case.facts, case.history, quota=Quota("x", 0.1, 0, ""), bands=bands)
        for bands in (Bands(), Bands(least=0.5), Bands(least=float("inf")))
    ]
    same = [name for name in lists[0].frame.columns if name != "kategori"]
    for other in lists[1:]:
        assert other.frame[same].equals(lists[0].frame[same])
        assert other.shortfalls.equals(lists[0].shortfalls)
    assert set(lists[2].frame.loc[lists[2].frame["urutan"].notna(), "kategori"]) == {PERLU_PENDAMPINGAN}


@settings(deadline=None)
@given(chances, st.data(), st.sampled_from([0.3, 0.6, 0.9]))
def test_places_survive_the_file_and_ties_help_nobody(past, data, target):
    left = np.array(data.draw(st.lists(st.booleans(), min_size=len(past), max_size=len(past))))
    now = np.array(data.draw(chances))
    kept = PastYear.by_place(np.array(past), left)
    again = PastYear.from_plain(json.loads(json.dumps(kept.plain())))
    assert np.array_equal(again.false_scores, kept.false_scores)
    assert again.families == len(past)
    assert len(kept.false_scores) == (~left).sum()
    found = kept.discover_by_place(now, target)
    assert (now >= found.threshold).sum() == found.size
    assert kept.discover_by_place(now[::-1] * 0.5, target).size == found.size
    # told apart by luck, the tied would be called ready at random: all alike, all or nobody, and by the rate of last year alone
    alike = PastYear.by_place(np.full(len(past), 0.2), left).discover_by_place(np.full(len(now), 0.1), target)
    assert alike.size in (0, len(now))
    if alike.size:
        assert (1 + (~left).sum()) / (1 + len(past)) <= target


def test_among_equals_those_who_left_stand_lower():
    assert PastYear.by_place(np.array([0.2, 0.2, 0.1]), np.array([1, 0, 0])).plain() == {"families": 3, "left": [2]}


def test_a_damaged_past_year_is_refused():
    for told in ({"families": 3, "left": [4]}, {"families": 3, "left": [1, 1]}, {"families": 0, "left": []}):
        with pytest.raises(ValueError, match="different ranks"):
            PastYear.from_plain(told)
    with pytest.raises(ValueError, match="leave them out"):
        PastYear.from_plain({"families": 3, "left": [3]}).discover_by_place(np.array([np.nan]), 0.5)
