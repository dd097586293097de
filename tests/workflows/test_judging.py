"""What the model card says of the worst group against the others."""

import numpy as np
import pandas as pd
import pytest

from pkh_graduation.evaluation.fairness_groups import AXES
from pkh_graduation.evaluation.fairness_ratios import FDR_RATIO, LIMITS, RATIO_COLUMNS, WORST_PRECISION
from pkh_graduation.evaluation.model_card_words import LANGUAGES, read_words
from pkh_graduation.workflows import mending
from pkh_graduation.workflows.judging import lines_of, ratio_table


def line(axis: str, ratio: str, value: float, within: bool | None) -> dict[str, object]:
    known = {"value": value, "low": value - 0.1, "high": value + 0.1, "by_chance": 1.0, "limit": LIMITS[ratio]}
    return {"axis": axis, "ratio": ratio, **known, "within": within, "worst": "a", "best": "b", "groups": 2}


def test_only_axes_that_could_be_judged_are_shown_and_those_beyond_are_counted():
    table = pd.DataFrame(
        [
            line("kepala", FDR_RATIO, 1.5, False),
            line("kepala", WORST_PRECISION, 0.9, True),
            line("desa", FDR_RATIO, np.nan, None),
        ],
        columns=list(RATIO_COLUMNS),
    )
    shown = ratio_table(lines_of(table))
    assert shown.frame["axis"].tolist() == ["kepala", "kepala"]
    assert shown.frame["value"].tolist() == [1.5, 0.9]
    assert shown.note["id"].startswith("2 perbandingan, 1 di luar batasnya, 1 di antaranya")
    assert shown.note["en"].startswith("2 comparisons, 1 beyond their limit, 1 of them")


@pytest.mark.parametrize(("ratio", "value", "by_chance"), [(FDR_RATIO, 1.3, 1.5), (WORST_PRECISION, 0.5, 0.2)])
def test_what_chance_alone_does_is_not_called_more_than_chance(ratio, value, by_chance):
    told = lines_of(pd.DataFrame([{**line("kepala", ratio, value, False), "by_chance": by_chance}]))
    assert "1 beyond their limit, 0 of them" in ratio_table(told).note["en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_axis_and_column_has_words(language):
    words = read_words(language).data
    for axis in AXES:
        said = words["axes"][axis.name]
        assert said == axis.words if language == "id" else said != axis.name
    shown = [*ratio_table([]).frame.columns, *mending.COLUMNS[:-1]]
    assert set(shown) <= set(words["columns"])


def test_nothing_to_compare_is_a_table_without_lines():
    shown = ratio_table([])
    assert shown.frame.empty
    assert shown.note["en"].startswith("0 comparisons, 0 beyond")
