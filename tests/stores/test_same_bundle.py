"""The same model is the same file: no address in memory and no clock is in it."""

import io
import json
import time
import zipfile

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from pkh_graduation.stores.skops_files import SCHEMA, dump_model, load_model


def test_a_model_fitted_twice_is_written_as_the_same_bytes(monkeypatch):
    X = np.random.default_rng(0).normal(size=(200, 3))

    def fitted() -> dict:
        member = HistGradientBoostingClassifier(max_iter=3, random_state=0).fit(X, X[:, 0] > 0)
        return {"a": member, "again": member, "rows": [X[:2], X[:2]]}

    first = dump_model(fitted())
    kept = [np.zeros(n) for n in range(1000)]  # other addresses
    later = time.localtime(time.time() + 10_000_000)
    monkeypatch.setattr(time, "localtime", lambda *words: later)
    assert dump_model(fitted()) == first
    assert kept
    back = load_model(first)
    assert back["a"] is back["again"]
    np.testing.assert_array_equal(back["a"].predict_proba(X), fitted()["a"].predict_proba(X))
    with zipfile.ZipFile(io.BytesIO(first)) as box:
        assert json.loads(box.read(SCHEMA))
        assert all(name == SCHEMA or name.split(".")[0].isdigit() for name in box.namelist())
