import datetime as dt

import numpy as np
import pytest
from evaluation_panel import outcomes, panel_index

from pkh_graduation.evaluation.labels import GONE, IMMATURE, LABELLED, labels_at

DATES = [dt.date(2023, 12, 31)]


def one(way_out, quarter, observed, horizon=4, **kwargs):
    row = labels_at(outcomes(panel_index(1, DATES), [way_out], [quarter], [observed], **kwargs), horizon).iloc[0]
    return row["status"], row["end"], row["label"]


@pytest.mark.parametrize(
    ("way_out", "quarter", "end", "label"),
    [
        ("mandiri", 1, "mandiri", 1),
        ("mandiri", 4, "mandiri", 1),
        ("mandiri", 5, "masih_peserta", 0),
        ("alamiah", 2, "alamiah", 0),
        ("administratif", 4, "administratif", 0),
        ("administratif", 6, "masih_peserta", 0),
        ("masih_peserta", 8, "masih_peserta", 0),
        ("tersensor", 4, "masih_peserta", 0),
    ],
)
def test_label_at_four_quarters(way_out, quarter, end, label):
    observed = max(4, quarter)
    kwargs = {"known_by": dt.date(2026, 12, 31), "max_horizon": 8}
    assert one(way_out, quarter, observed, **kwargs) == (LABELLED, end, label)


def test_gone_before_the_date_is_neither():
    status, end, label = one("sudah_keluar", 0, 4, known_by=dt.date(2026, 12, 31))
    assert status == GONE
    assert end != end
    assert label is np.nan or str(label) == "<NA>"


def test_maturity_needs_the_reporting_lag():
    just = dt.date(2025, 1, 30)  # horizon ends 2024-12-31; lag 30 days
    assert one("mandiri", 2, 2, known_by=just)[0] == LABELLED
    assert one("mandiri", 2, 2, known_by=just - dt.timedelta(days=1))[0] == IMMATURE


def test_early_exits_of_an_immature_date_are_not_labels():
    """Counting them while those who stay are not yet known would make the rate one."""
    index = panel_index(3, DATES)
    y = outcomes(index, ["mandiri", "tersensor", "tersensor"], [1, 2, 2], [2, 2, 2], known_by=dt.date(2024, 7, 30))
    assert labels_at(y, 4)["status"].tolist() == [IMMATURE] * 3
    assert labels_at(y, 2)["label"].tolist() == [1, 0, 0]


def test_a_censored_family_of_a_mature_date_is_not_a_negative():
    index = panel_index(2, DATES)
    y = outcomes(index, ["tersensor", "masih_peserta"], [1, 4], [1, 4], known_by=dt.date(2025, 6, 30))
    assert labels_at(y, 4)["status"].tolist() == [IMMATURE, LABELLED]


@pytest.mark.parametrize("horizon", [0, 5])
def test_horizon_must_have_been_observed(horizon):
    with pytest.raises(ValueError, match=r"observed for 1\.\.4 quarters"):
        one("mandiri", 1, 4, horizon=horizon)
