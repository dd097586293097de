"""Lists without a model: the rule that has something to go by, and words that promise no more than that."""

import numpy as np
import pandas as pd
import pytest

from pkh_graduation.monitoring import Office, first_steps
from pkh_graduation.monitoring.readiness import ENOUGH_EXITS, ENOUGH_TAHAP, WANTED
from pkh_graduation.workflows import cold_start
from pkh_graduation.workflows.settings import Lists


def known(**shares: float) -> pd.DataFrame:
    """Ten families; each column is known of a share of them."""
    return pd.DataFrame(
        {name: [1.0] * round(10 * share) + [np.nan] * round(10 * (1 - share)) for name, share in shares.items()}
    )


MADIUN = cold_start.RULES["skor_madiun"][1]


@pytest.mark.parametrize(
    ("X", "rule"),
    [
        (known(**dict.fromkeys(MADIUN, 0.5), desil=1.0), "skor_madiun"),
        (known(**dict.fromkeys(MADIUN, 0.4), desil=0.5), "desil"),
        (known(**dict.fromkeys(MADIUN[1:], 1.0), desil=0.4, kepesertaan_tahun=1.0), "kepesertaan_terlama"),
        (known(desil=0.0), "acak"),
    ],
)
def test_the_first_rule_with_enough_known_cells(X, rule):
    assert cold_start.choose_rule(X) == rule


@pytest.mark.parametrize(
    "asked",
    [{"language": "en"}, {"exposure_axis": "kepala"}, {"expected_rate": 0.04, "expected_rate_source": "target"},
     {"false_discovery": 0.5}],
)  # fmt: skip
def test_what_only_a_model_can_do_is_refused_by_name(asked):
    with pytest.raises(ValueError, match=f"without a model cannot follow lists.{next(iter(asked))}: leave it out"):
        cold_start.check(Lists(**asked))
    cold_start.check(Lists(monthly=3, holdout=0.2, goal="hybrid", rest_months=6))


def test_an_office_is_told_what_it_can_and_what_it_lacks():
    short = {"mandiri": ENOUGH_EXITS - 1, "alamiah": 900, "administratif": 0}
    office = Office(1234, short, ENOUGH_TAHAP, ("usaha",))
    said = first_steps(office, "desil tertinggi lebih dulu")
    assert not office.can_learn
    assert "1.234 keluarga" in said["Yang ada"][0]
    assert any("desil tertinggi lebih dulu" in line for line in said["Yang mungkin sekarang"])
    assert [line for line in said["Yang dicatat mulai sekarang"] if WANTED["usaha"] in line]
    assert not [line for line in said["Yang dicatat mulai sekarang"] if WANTED["penyaluran"] in line]
    ready = Office(1234, {**short, "mandiri": ENOUGH_EXITS}, ENOUGH_TAHAP, ())
    assert ready.can_learn
    assert "train" in first_steps(ready, "undian")["Yang mungkin sekarang"][0]
    assert not Office(1234, {"mandiri": ENOUGH_EXITS}, ENOUGH_TAHAP - 1, ()).can_learn
