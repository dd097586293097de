"""Rivals: what cannot be compared is said, not counted as a bad list. Their figures are tested where models are promoted."""

import numpy as np
import pytest

from pkh_graduation.evaluation.rivals import compare_rivals


def test_a_side_without_chances_is_refused(report):
    own = report.predictions[report.predictions["contender"] == "model"]
    holed = own.assign(p_mandiri=own["p_mandiri"].where(np.arange(len(own)) > 3))
    for pair, side in (((holed, own), "champion"), ((own, holed), "challenger")):
        with pytest.raises(ValueError, match=f"the {side} has no chance .* for 4 of {len(own)}"):
            compare_rivals(*pair, capacity=0.1, n_boot=5)
