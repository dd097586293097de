import dataclasses

import numpy as np
import pandas as pd
import pytest
from timeline_worlds import family, panel

from pkh_graduation.timeline import NewUnits, PanelFolds, observe_outcomes
from pkh_graduation.timeline.holdouts import LARGEST_FIRST

FAMILIES = range(1, 121)
COLUMN = {"kpm": "kpm_id", "pendamping": "pendamping_id", "kabupaten": "kabupaten"}


@pytest.fixture(scope="module")
def office():
    """Three kabupaten of four pendamping each; family 10 moved to another kabupaten in 2022."""
    from test_timeline_folds import DATES, KNOWN_BY, RECORDS

    history = panel(DATES, FAMILIES, lambda number: f"d{number % 12}")
    frame = history.frame.copy()
    frame["kabupaten"] = ("b" + (frame["kpm"] % 12 // 4).astype(str)).astype("str")
    moved = (frame["kpm"] == 10) & (frame.index.get_level_values("as_of") >= pd.Timestamp("2021-06-30"))
    frame.loc[moved, ["pendamping_id", "kabupaten"]] = ["d0", "b0"]
    history = dataclasses.replace(history, frame=frame)
    y = observe_outcomes(RECORDS, history, horizon=4, known_by=KNOWN_BY)
    return pd.DataFrame({"x": 0.0}, index=frame.index), y, history


def split(office, n_origins=2, **options):
    return list(NewUnits(PanelFolds(n_origins, 4), **options).split(*office))


@pytest.mark.parametrize("seed", range(4))
def test_training_has_seen_nothing_of_what_is_new(office, seed):
    history = office[2].frame.reset_index("kpm_id")
    for fold in split(office, random_state=seed):
        assert fold.newness.index.equals(fold.test)
        learnt = history.set_index("kpm_id", append=True).swaplevel().loc[fold.train].reset_index()
        for kind, column in COLUMN.items():
            rows = fold.test[(fold.newness == kind).to_numpy()]
            new = office[2].frame.reset_index().set_index(["kpm_id", "as_of"], drop=False).loc[rows, column]
            assert len(rows) and not set(new) & set(learnt[column])
        assert not set(fold.test.get_level_values("kpm_id")) & set(learnt["kpm_id"])


def test_newness_is_told_by_the_largest_unit(office):
    (fold,) = split(office, n_origins=1)
    units = office[2].frame.loc[fold.test]
    of = {kind: set(units.loc[(fold.newness == kind).to_numpy(), COLUMN[kind]]) for kind in ("pendamping", "kabupaten")}
    assert set(fold.newness) == set(LARGEST_FIRST)
    assert not units.loc[(fold.newness == "pendamping").to_numpy(), "kabupaten"].isin(of["kabupaten"]).any()
    smaller = units[(fold.newness == "kpm").to_numpy()]
    assert (
        not smaller["kabupaten"].isin(of["kabupaten"]).any()
        and not smaller["pendamping_id"].isin(of["pendamping"]).any()
    )


def test_a_family_that_came_over_takes_its_past_along(office):
    """Family 10 came to d0: when d0 is new, none of its rows are learnt from, not those from before it came either."""
    seen = 0
    for seed in range(12):
        (fold,) = split(office, n_origins=1, kinds=("pendamping",), fraction=0.3, random_state=seed)
        if family(10) in fold.test.get_level_values("kpm_id"):
            seen += 1
            assert family(10) not in fold.train.get_level_values("kpm_id")
    assert seen


def test_plain_holdouts_keep_families_on_one_side_too(office):
    seen = 0
    for seed in range(12):
        folds = PanelFolds(1, 4, holdout={"pendamping"}, fraction=0.3, random_state=seed)
        (fold,) = folds.split(*office)
        judged, learnt = (set(rows.get_level_values("kpm_id")) for rows in (fold.test, fold.train))
        assert not judged & learnt
        seen += family(10) in judged
    assert seen


def test_parts_take_turns(office):
    judged = [
        set(split(office, n_origins=1, kinds=("pendamping",), fraction=0.25, part=part)[0].test) for part in range(4)
    ]
    whole = next(PanelFolds(1, 4).split(*office)).test
    assert set.union(*judged) == set(whole)
    assert sum(map(len, judged)) == len(whole)


def test_no_part_is_empty_where_there_are_units_for_all(office):
    """Twelve pendamping in fifths: 3, 2, 3, 2, 2, and everyone once."""
    parts = [split(office, n_origins=1, kinds=("pendamping",), part=part)[0].test for part in range(5)]
    held = [set(office[2].frame.loc[rows, "pendamping_id"]) for rows in parts]
    assert sorted(map(len, held)) == [2, 2, 2, 3, 3] and len(set().union(*held)) == 12


def test_what_came_later_decides_nothing(office):
    """Other pendamping and kabupaten after the origin: the same folds."""
    X, y, history = office
    frame = history.frame.copy()
    (before,) = split(office, n_origins=1)
    after = frame.index.get_level_values("as_of") > pd.Timestamp(before.origin)
    number = frame.loc[after, "kpm"]
    frame.loc[after, "pendamping_id"] = ("baru" + number.astype(str)).to_numpy()
    frame.loc[after, "kabupaten"] = ("baru" + (number % 9).astype(str)).to_numpy()
    assert after.any()
    later = (X, y, dataclasses.replace(history, frame=frame))
    for seed in range(3):
        (one,), (other,) = split(office, n_origins=1, random_state=seed), split(later, n_origins=1, random_state=seed)
        assert other.train.equals(one.train) and other.newness.equals(one.newness)


def test_order_of_rows_changes_nothing(office):
    X, y, history = office
    order = np.random.default_rng(0).permutation(len(X))
    mixed = (X.iloc[order], y, dataclasses.replace(history, frame=history.frame.iloc[order[::-1]]))
    for one, other in zip(split(office), split(mixed), strict=True):
        assert one.train.equals(other.train) and one.newness.equals(other.newness)


def test_one_kabupaten_cannot_be_new(office):
    X, y, history = office
    alone = dataclasses.replace(history, frame=history.frame.assign(kabupaten="b0"))
    (fold,) = split((X, y, alone), n_origins=1)
    assert set(fold.newness) == {"pendamping", "kpm"}
    with pytest.raises(ValueError, match="fewer than two units"):
        split((X, y, alone), n_origins=1, kinds=("kabupaten",))


def test_few_units_are_all_held_out_once_over_the_parts_and_a_part_without_any_says_so(office):
    X, y, history = office
    two = dataclasses.replace(
        history, frame=history.frame.assign(kabupaten=np.where(history.frame["kpm"] % 2, "b1", "b0"))
    )
    held, empty = [], 0
    for part in range(5):
        try:
            (fold,) = split((X, y, two), n_origins=1, kinds=("kabupaten",), fraction=0.2, part=part)
        except ValueError as error:
            assert f"too few of them for part {part} in shares of 0.2" in str(error)
            empty += 1
        else:
            held += sorted(set(two.frame.loc[fold.test, "kabupaten"]))
    assert sorted(held) == ["b0", "b1"] and empty == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [({"kinds": ("desa",)}, "kinds knows"), ({"kinds": ()}, "nothing to hold out"), ({"fraction": 0.0}, "between 0 and 1"),
     ({"part": 5}, "part must lie")],
)  # fmt: skip
def test_impossible_requests_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        NewUnits(PanelFolds(1, 4), **options)
