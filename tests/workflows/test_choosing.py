"""The model set at six origins: the simplest good one is chosen, a short history chooses nothing, `train` takes the choice up."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from typer.testing import CliRunner

from pkh_graduation.cli.app import app
from pkh_graduation.contracts import Outcomes, Scores, Snapshots
from pkh_graduation.programme.calendar import add_tahap
from pkh_graduation.workflows import choosing
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.provenance import Provenance
from pkh_graduation.workflows.settings import Recipe

DATES = [add_tahap(dt.date(2019, 3, 31), step) for step in range(24)]
FAMILIES = 60


class Ranker(BaseEstimator):
    """Ranks by the trait, with some noise of its own."""

    def __init__(self, blend: float, noise: float) -> None:
        self.blend = blend
        self.noise = noise

    def fit(self, X, y, *, groups=None):
        self.seen_ = len(X)
        return self

    def predict_incidence(self, X, horizon, *, groups=None):
        luck = pd.util.hash_array(X.index.get_level_values("kpm_id").to_numpy(dtype=object)) / 2.0**64
        p = 0.5 * np.clip((1 - self.noise) * X["sifat"].to_numpy() + self.noise * luck, 0, 1)
        share = np.linspace(0, 1, horizon + 1)
        path = np.zeros((len(X), horizon + 1, 4))
        path[:, :, 1] = p[:, None] * share
        path[:, :, 0] = 1 - path[:, :, 1]
        return Scores(X.index, path, p, p, p)


def panel(dates=DATES):
    rng = np.random.default_rng(0)
    stamps = pd.DatetimeIndex(pd.to_datetime(dates)).as_unit("s")
    index = pd.MultiIndex.from_product([[f"k{n:03d}" for n in range(FAMILIES)], stamps], names=["kpm_id", "as_of"])
    X = pd.DataFrame({"sifat": rng.random(len(index))}, index=index)
    last = add_tahap(dates[-1], 1)
    mature = np.array([sum(add_tahap(day, j) <= last for j in range(1, 5)) for day in dates])
    observed = np.tile(mature, FAMILIES)
    gone = (X["sifat"].to_numpy() > 0.8) & (observed >= 1)
    frame = pd.DataFrame(
        {"way_out": np.where(gone, "mandiri", np.where(observed == 4, "masih_peserta", "tersensor")),
         "quarter": np.where(gone, 1, observed), "observed": observed}, index=index,
    )  # fmt: skip
    exits = pd.DataFrame({name: [] for name in ("known_day", "superseded_day")})
    places = pd.DataFrame(dict.fromkeys(Snapshots.COLUMNS), index=index)
    places["pendamping_id"] = [f"d{int(kpm[1:]) % 3}" for kpm in index.get_level_values("kpm_id")]
    return X, Outcomes(frame, exits, last, 0, 4), Snapshots(places)


@pytest.fixture
def plain_folds(monkeypatch):
    """Outcomes of the panel are known a quarter later, so telling them as of an earlier day is a cut by date."""

    def told(y, day):
        frame = y.frame.copy()
        ends = pd.Series([add_tahap(stamp.date(), 1) for stamp in frame.index.get_level_values("as_of")])
        frame["observed"] = np.where((ends <= day).to_numpy(), frame["observed"].clip(upper=1), 0)
        return Outcomes(frame[frame["observed"] > 0], y.exits, day, 0, 4)

    monkeypatch.setattr("pkh_graduation.timeline.folds.outcomes_known_by", told)


def chosen(dates=DATES, **noise):
    models = {
        name: Ranker({"logistik": 1.0, "pohon": 0.0, "campuran": 0.5}[name], level) for name, level in noise.items()
    }
    return choosing.choose(models, *panel(dates), capacity=0.1, horizon=4)


def test_the_simplest_among_equals_and_the_best_where_it_is_better(plain_folds):
    alike = chosen(logistik=0.0, pohon=0.0, campuran=0.0)
    assert (alike.champion, alike.blend, len(alike.origins)) == ("logistik", 1.0, 6)
    better = chosen(logistik=0.9, pohon=0.9, campuran=0.0)
    assert (better.champion, better.best, better.blend) == ("campuran", "campuran", 0.5)
    assert choosing.with_choice(Recipe(blend=0.3), better).blend == 0.5
    told = json.loads(json.dumps(better.plain(), allow_nan=False))
    assert [line["model"] for line in told["table"]] == ["logistik", "pohon", "campuran"]
    assert set(told["precision"]) == set(better.origins)
    (table,) = choosing.card_table(told)
    assert "campuran" in table.note["id"]
    assert len(table.frame) == 3


@pytest.mark.parametrize(("n", "step"), [(36, 4), (32, 4), (28, 3), (24, 2), (18, 1)])
def test_origins_lie_as_far_apart_as_the_history_allows(n, step):
    dates = [add_tahap(dt.date(2015, 3, 31), number) for number in range(n)]
    _, y, history = panel(dates)
    folds = choosing.origins_of(y, history, 4)
    assert folds.step == step
    origins = folds.origins(y)
    assert len(origins) == 6
    assert sum(day < origins[0] for day in dates) >= choosing.PAST


def test_a_short_history_chooses_nothing_and_says_why():
    short = chosen(DATES[:12], logistik=0.0, pohon=0.0)
    assert short.champion is None
    assert "12 as-of dates are too few for 6 origins" in short.reason
    recipe = Recipe(blend=0.3)
    assert choosing.with_choice(recipe, short) is recipe
    told = json.loads(json.dumps(short.plain(), allow_nan=False))
    assert "too few" in choosing.sentences(told)[0]
    assert choosing.sentences(None) == []


def provenance(recipe: Recipe) -> Provenance:
    return Provenance(
        True, dt.date(2025, 12, 31), recipe, "catatan", "data", "fitur", "program", 10, "2020-03-31", "2025-12-31", "2025-12-31", 90
    )  # fmt: skip


def test_train_takes_up_what_was_chosen_on_the_same_data_alone(tmp_path):
    places, own = Places(tmp_path), provenance(Recipe(blend=0.5))
    assert choosing.taken_up(places, own) is own
    places.report.mkdir()

    def say(choice, origin):
        (places.report / "metrics.json").write_text(json.dumps({"context": origin.digests(), "choice": choice}))

    chosen = provenance(Recipe(blend=1.0))
    say({"blend": 1.0}, chosen)
    assert choosing.taken_up(places, own).recipe.blend == 1.0
    assert choosing.taken_up(places, own).digests() == chosen.digests()
    # another recipe, or no choice: what is written counts
    other = provenance(Recipe(blend=0.5, members=9))
    assert choosing.taken_up(places, other) is other
    for choice in (None, {"blend": None}):
        say(choice, chosen)
        assert choosing.taken_up(places, own) is own


@pytest.mark.parametrize(("words", "choose"), [([], False), (["--choose"], True)])
def test_the_command_line_asks_for_a_choice(monkeypatch, tmp_path, words, choose):
    asked = {}

    def backtest(places, **options):
        asked.update(options)
        return {}

    monkeypatch.setattr("pkh_graduation.workflows.learning.backtest", backtest)
    done = CliRunner().invoke(app, ["backtest", "--as-of", "2026-T4", "--out", str(tmp_path), *words])
    assert done.exit_code == 0, done.stderr
    assert asked["choose"] is choose
