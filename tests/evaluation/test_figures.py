"""Charts hold their words: nothing is cut off at the edge of the picture."""

import numpy as np
import pandas as pd
import pytest

from pkh_graduation.evaluation import figures

LONG = "kepesertaan terlama"


@pytest.fixture
def drawn(monkeypatch):
    """The figures that charts are made of, as they are handed to the serialiser."""
    kept = []
    monkeypatch.setattr(figures, "_svg", lambda figure, *words: kept.append(figure) or "")
    return kept


def draw_all(names):
    estimate = (-1.5, -3.0, 0.2, -3.1, 0.3)
    lines = [figures.Difference(name, name == "model", estimate, estimate) for name in names]
    figures.paired_chart(lines, rule=LONG)
    table = pd.DataFrame({"predicted": [0.01, 0.1], "observed": [0.02, 0.2], "low": [0.0, 0.1], "high": [0.04, 0.3]})
    figures.reliability_chart(table, name=LONG)
    shares = np.linspace(0.1, 0.5, 5)
    curves = {name: np.sqrt(shares) for name in names}
    figures.capture_chart(curves, shares, model="model", rule=LONG, names={name: name for name in names}, capacity=0.1)


@pytest.mark.parametrize("names", [("model", LONG), ("model", LONG, "skor madiun", "desil", "acak", "punya usaha")])
def test_no_word_of_a_chart_is_cut_off(drawn, names):
    draw_all(names)
    assert len(drawn) == 3
    for figure in drawn:
        figure.draw_without_rendering()
        held, whole = figure.get_tightbbox(), figure.bbox_inches
        assert held.x0 >= whole.x0 and held.x1 <= whole.x1 and held.y0 >= whole.y0 and held.y1 <= whole.y1
