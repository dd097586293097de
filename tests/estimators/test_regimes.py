import numpy as np
import pytest
from made_worlds import make_world

from pkh_graduation.estimators import GraduationModel, at_rate


@pytest.fixture(scope="module")
def made():
    world = make_world(n=600, quarters=6, seed=17, level=-3.0)
    model = GraduationModel(blend=1.0, n_members=2).fit(world.X, world.y)
    return model, world.X.iloc[-300:]


@pytest.mark.parametrize("rate", [0.003, 0.034, 0.25])
@pytest.mark.parametrize("horizon", [1, 4])
def test_the_mean_is_the_rate_and_nothing_else_moves(made, rate, horizon):
    model, now = made
    before = model.predict_incidence(now, horizon)
    moved = at_rate(model, now, rate, horizon)
    after = moved.predict_incidence(now, horizon)
    assert after.path[:, -1, 1].mean() == pytest.approx(rate, abs=1e-9)
    assert np.abs(after.path.sum(axis=2) - 1).max() <= 1e-9
    assert np.array_equal(after.margin, before.margin)
    signal = np.sort(model.mandiri_.signals(now).mean(axis=0))
    assert (np.diff(moved.mandiri_.hazard(signal, np.full(len(now), 8084), 1)[:, 0]) >= 0).all()
    # the given model is left as it was
    assert np.array_equal(model.predict_incidence(now, horizon).path, before.path)
    assert "level set to a mean of" in moved.notes_[-1]


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.0, float("nan")])
def test_an_impossible_rate_is_refused(made, rate):
    model, now = made
    with pytest.raises(ValueError, match="rate is a share of families above 0"):
        at_rate(model, now, rate)
    for horizon in (0, 5):
        with pytest.raises(ValueError, match=f"horizon must be 1 to 4 quarters, not {horizon}"):
            at_rate(model, now, 0.1, horizon)
    with pytest.raises(ValueError, match="no family"):
        at_rate(model, now.iloc[:0], 0.1)
