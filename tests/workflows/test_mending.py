"""Groups that a list leaves behind: found among those who could be listed, mended by floors, at the same places per list."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from pkh_graduation.evaluation.fairness_groups import SMALL_GROUP
from pkh_graduation.workflows import mending


def rows(
    seed: int = 0, n: int = 600, handicap: float = 0.6
) -> tuple[pd.DataFrame, pd.Series, pd.Series, dict[str, int]]:
    rng = np.random.default_rng(seed)
    words = pd.Series(np.where(rng.random(n) < 0.3, "perempuan", "laki-laki"))
    chance = rng.beta(2, 20, n) * np.where(words == "perempuan", handicap, 1.0)
    frame = pd.DataFrame(
        {
            "p_mandiri": chance,
            "pendamping_id": [f"d{number % 6}" for number in range(n)],
            "label": rng.random(n) < chance,
        }
    )
    could = pd.Series(rng.random(n) < 0.8)
    return frame, words, could, {f"d{number}": 10 for number in range(6)}


def test_a_group_that_is_behind_is_named_with_its_floor_and_its_cost():
    frame, words, could, room = rows()
    (line,), costs = mending.look(frame, words, could, room)
    assert line["group"] == "perempuan"
    assert line["certain"]
    assert line["could_be_listed"] == int((could & (words == "perempuan")).sum())
    assert line["ratio"] < mending.RATIO
    assert line["listed"] < line["floor"] <= line["listed_after"]
    assert costs["expected_after"] < costs["expected"]
    found = mending.Mended(
        "2025-06-30", pd.DataFrame([{"axis": "kepala", **line}])[list(mending.COLUMNS)], {"kepala": costs}
    )
    (sentence,) = found.sentences()
    assert "perempuan" in sentence
    assert 'exposure_axis = "kepala"' in sentence
    (table,) = mending.card_table(found.plain())
    assert len(table.frame) == 1
    assert re.search(r"head of the family \d+\.\d → \d+\.\d", table.note["en"])
    assert re.search(r"kepala keluarga \d+,\d → \d+,\d", table.note["id"])


def test_nobody_is_behind_where_all_are_alike_and_few_families_say_nothing():
    frame, words, could, room = rows(handicap=1.0)
    assert mending.look(frame, words, could, room)[0] == []
    few = words.where((words == "perempuan").cumsum() <= SMALL_GROUP // 2, "laki-laki")
    frame, _, could, room = rows(handicap=1e-6)
    assert mending.look(frame, few, could, room)[0] == []


def test_a_guardrail_is_no_disadvantage():
    """A group that no guard clears cannot be listed; among those who could be, it is not behind."""
    frame, words, could, room = rows(handicap=1.0)
    barred = could & ((words == "laki-laki") | (np.arange(len(could)) % 3 == 0))
    assert mending.look(frame, words, barred, room)[0] == []


def rivals(seed: int = 1) -> tuple[pd.DataFrame, pd.Series]:
    frame, words, _, _ = rows(seed)
    frame.index = pd.Index([f"k{number:04d}" for number in range(len(frame))], name="kpm_id")
    told = frame.rename(columns={"p_mandiri": "chance"}).assign(group=words.to_numpy())
    return told[["pendamping_id", "chance", "group"]], frame["pendamping_id"].value_counts()


@pytest.mark.parametrize("cuts", [1, 2, 5])
def test_the_lift_is_the_same_for_every_cut_and_reaches_the_floor(cuts):
    frame, sizes = rivals()
    parts = []
    for number in range(cuts):
        own = frame["pendamping_id"].str[1:].astype(int) % cuts == number
        parts.append((frame[own], frame.loc[own, "pendamping_id"].value_counts()))
    lift = mending.lift_of(lambda: parts, "kepala", 0.8, lambda size: size // 10)
    whole = mending.lift_of(lambda: [(frame, sizes)], "kepala", 0.8, lambda size: size // 10)
    assert lift.figures() == whole.figures()
    share = (frame["group"] == "perempuan").mean()
    assert whole.before["perempuan"] < 0.8 * share * 60 <= whole.after["perempuan"]
    assert sum(whole.after.values()) == sum(whole.before.values()) == 60
    assert set(whole.offsets) == {"perempuan"}
    assert whole.cost > 0


def test_without_an_axis_nothing_is_measured_and_nothing_lifted():
    lift = mending.lift_of(lambda: pytest.fail("measured"), "", 0.8, lambda size: size)
    assert lift.figures() is None
    assert not lift.offsets
    assert dataclasses.replace(lift, axis="kepala").figures()["offsets"] == {}
