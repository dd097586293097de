"""Scoring: who is scored at all."""

import pandas as pd
import pytest

from pkh_graduation.contracts import Facts
from pkh_graduation.features import dictionary
from pkh_graduation.workflows import scoring


@pytest.mark.parametrize("dtype", ["float64", "Int64"])
def test_only_families_known_not_to_object_are_scored(dtype):
    stamp = pd.Timestamp("2026-12-31")
    index = pd.MultiIndex.from_tuples([(f"k{n}", stamp) for n in range(3)], names=["kpm_id", "as_of"])
    values = pd.DataFrame({"pagar_keberatan": pd.array([0, 1, None], dtype="Int64").astype(dtype)}, index=index)
    willing = scoring.without_objection(Facts(values, values, dictionary()))
    assert willing.get_level_values("kpm_id").tolist() == ["k0"]
