"""Reading features back: which families are drawn, and what is refused."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation import stores
from pkh_graduation.contracts import Quarantine, Records
from pkh_graduation.workflows import featuring
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Recipe

AS_OF = dt.date(2026, 12, 31)


@given(st.integers(0, 2**32), st.floats(0.05, 0.95))
def test_a_draw_takes_about_its_share_and_the_same_families_whatever_else_is_there(seed, share):
    kpm = np.random.default_rng(seed).integers(0, 2**60, 4000)
    drawn = featuring._drawn(kpm, share)
    assert abs(drawn.mean() - share) < 0.05
    some = np.arange(0, len(kpm), 3)
    assert (featuring._drawn(kpm[some], share) == drawn[some]).all()
    assert featuring._drawn(kpm, 1.0).all()


@pytest.fixture
def office(tmp_path):
    places = Places(tmp_path)
    rows = pd.DataFrame({name: [] for name in ("rows_in", "rows_accepted", "rows_quarantined")})
    nothing = Quarantine(pd.DataFrame(columns=Quarantine.COLUMNS), rows)
    stores.write_store(Records({}, True, "satu"), nothing, places.store, about={"watched_since": "2026-01-01"})
    return places


def test_no_training_date_lies_before_exits_were_recorded(office):
    store = stores.open_store(office.store)
    assert featuring.asked_dates(store, AS_OF, Recipe())[0] == dt.date(2026, 3, 31)
    assert featuring.asked_dates(store, AS_OF, Recipe(), only=True) == [AS_OF]


def test_features_of_one_date_alone_or_of_other_records_are_not_trained_on(office):
    for day in featuring.training_dates(AS_OF, Recipe())[-4:]:
        stores.write_json(office.features(day) / "manifest.json", {"store": "dua", "parts": {}})
    with pytest.raises(FileNotFoundError, match="other records: 2026-03-31"):
        featuring.load(office, as_of=AS_OF, recipe=Recipe())
    stores.write_json(office.features(AS_OF) / "manifest.json", {"store": "satu", "parts": {}})
    with pytest.raises(FileNotFoundError, match="lacks features of 3 training dates"):
        featuring.load(office, as_of=AS_OF, recipe=Recipe())
