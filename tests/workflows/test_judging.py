"""What the model card says of the worst group against the others."""

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.fairness_ratios import FDR_RATIO, LIMITS, RATIO_COLUMNS, WORST_PRECISION
from pkh_graduation.workflows.judging import lines_of, ratio_table


def line(axis: str, ratio: str, value: float, within: bool | None) -> dict[str, object]:
    known = {"value": value, "low": value - 0.1, "high": value + 0.1, "by_chance": 1.4, "limit": LIMITS[ratio]}
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
    assert shown.note["id"].startswith("2 perbandingan, 1 di luar")
    assert shown.note["en"].startswith("2 comparisons, 1 beyond")


def test_nothing_to_compare_is_a_table_without_lines():
    shown = ratio_table([])
    assert shown.frame.empty
    assert shown.note["en"].startswith("0 comparisons, 0 beyond")
