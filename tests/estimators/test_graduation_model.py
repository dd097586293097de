import numpy as np
import pandas as pd
import pytest
from made_worlds import World, make_world, relabelled
from scipy.special import logit
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from threadpoolctl import threadpool_limits

from pkh_graduation.contracts import Contender, ContractError, Explainable, ExplainedPart
from pkh_graduation.estimators import GraduationModel, reference_models
from pkh_graduation.estimators.hazards import _SPREADS, model_matrix
from pkh_graduation.estimators.incidence import incidence_path
from pkh_graduation.estimators.person_period import dates_of, quarter_of
from pkh_graduation.programme.vocabulary import MANDIRI, STATES

SIGNS = {"w": 1, "owns": 1, "v": -1, "not_there": 1}


def small(**parameters) -> GraduationModel:
    return GraduationModel(**({"n_members": 3, "max_iter": 25, "signs": SIGNS} | parameters))


@pytest.fixture(scope="module")
def model(world) -> GraduationModel:
    return small().fit(world.X, world.y)


@pytest.fixture(scope="module")
def X_now(world) -> pd.DataFrame:
    """The families of one date, as they would be scored."""
    return world.X.loc[world.X.index.get_level_values("as_of") == "2020-12-31"].iloc[::3]


def part_margin(part: ExplainedPart) -> np.ndarray:
    if part.kind == "tree":
        return part.estimator.decision_function(part.matrix)
    return part.intercept + part.matrix @ part.coef


def test_it_keeps_the_contracts(model):
    assert isinstance(model, Contender)
    assert isinstance(model, Explainable)


@pytest.mark.parametrize("horizon", [1, 4])
def test_incidence_sums_to_one_and_grows(model, X_now, horizon):
    scores = model.predict_incidence(X_now, horizon)
    assert scores.path.shape == (len(X_now), horizon + 1, 4)
    assert np.abs(scores.path.sum(axis=2) - 1).max() <= 1e-9
    assert (np.diff(scores.path[:, :, 1:], axis=1) >= 0).all()
    assert scores.index.equals(X_now.index)
    mandiri = scores.frame[MANDIRI].to_numpy()
    assert (scores.low <= mandiri).all()
    assert (scores.high >= mandiri).all()
    assert (scores.low < scores.high).all()


def true_incidence(world: World, index: pd.MultiIndex, first: int, horizon: int) -> np.ndarray:
    rows, span = world.places(index), slice(first, first + horizon)
    return incidence_path(
        world.administratif[rows, span], world.alamiah[rows, span], world.mandiri[rows, span]
    )  # fmt: skip


def test_mean_incidence_is_true_under_random_censoring_and_not_when_the_censored_count_as_staying(censored_world):
    world = censored_world
    model = small().fit(world.X, world.y)
    now = world.X[world.X.index.get_level_values("as_of") == "2020-12-31"]  # opens quarter 7
    truth = true_incidence(world, now.index, 7, 4)[:, -1].mean(axis=0)
    honest = model.predict_incidence(now, 4).path[:, -1].mean(axis=0)
    assert honest[1] == pytest.approx(truth[1], rel=0.1)
    assert honest[2] == pytest.approx(truth[2], rel=0.25)
    assert honest[0] == pytest.approx(truth[0], rel=0.04)
    frame = world.y.frame.copy()
    frame.loc[frame["way_out"] == "tersensor", ["way_out", "quarter"]] = ["masih_peserta", 4]
    frame["observed"] = 4
    naive = small().fit(world.X, relabelled(world.y, frame.astype(world.y.frame.dtypes)))
    assert naive.predict_incidence(now, 4).path[:, -1, 1].mean() < 0.85 * truth[1]


def test_families_are_ranked_nearly_as_the_truth_would(model, world, X_now):
    truth = world.mandiri[world.places(X_now.index), 8]
    margin = pd.Series(model.explained_margin(X_now))
    assert margin.corr(pd.Series(truth), method="spearman") > 0.85


def test_the_recent_year_is_predicted_at_its_level():
    world = make_world(n=2500, seed=2)
    frame = world.y.frame.copy()
    leaves = quarter_of(dates_of(frame.index)) + frame["quarter"]
    quiet = (frame["way_out"] == MANDIRI) & (leaves < 4 * 2021)  # nine of ten exits before 2021 never happened
    quiet &= np.array([int(name[-6:], 16) % 10 > 0 for name in frame.index.get_level_values("kpm_id")])
    frame.loc[quiet, "way_out"] = "tersensor"
    frame.loc[quiet, "quarter"] = frame.loc[quiet, "observed"]
    model = small().fit(world.X, relabelled(world.y, frame))
    late = world.X[world.X.index.get_level_values("as_of") == "2020-12-31"]
    happened = (frame.loc[late.index, "way_out"] == MANDIRI).mean()
    long_run = (frame["way_out"] == MANDIRI).mean()
    assert model.predict_incidence(late, 4).path[:, -1, 1].mean() == pytest.approx(happened, rel=0.15)
    assert long_run < 0.7 * happened


def test_a_clone_fits_the_same_and_another_seed_does_not(model, world, X_now):
    twin = clone(model).fit(world.X, world.y).predict_incidence(X_now, 4)
    assert np.array_equal(twin.path, model.predict_incidence(X_now, 4).path)
    other = clone(model).set_params(random_state=1).fit(world.X, world.y).predict_incidence(X_now, 4)
    assert not np.array_equal(twin.path, other.path)


def test_neither_fit_nor_prediction_depends_on_the_order_of_rows_or_columns(model, world, X_now):
    shuffled = world.X.sample(frac=1, random_state=1)
    again = clone(model).fit(shuffled, world.y).predict_incidence(X_now, 4)
    assert np.array_equal(again.path, model.predict_incidence(X_now, 4).path)
    mixed = X_now.sample(frac=1, random_state=2)[sorted(X_now.columns)]
    order = X_now.index.get_indexer(mixed.index)
    assert np.array_equal(model.predict_incidence(mixed, 4).path, again.path[order])


def test_the_seed_holds_above_ten_thousand_lines():
    world = make_world(n=2500, quarters=10, seed=8, level=-2.5)
    one, two = (small(n_members=2, max_iter=8, negatives_per_event=6).fit(world.X, world.y) for _ in range(2))
    lines = sum(tree._predictors[0][0].nodes["count"][0] for tree in one.mandiri_.trees_)
    assert lines > 10_000
    now = world.X.iloc[:200]
    assert np.array_equal(one.predict_incidence(now, 4).path, two.predict_incidence(now, 4).path)


def test_a_smaller_spread_draws_the_ramps_together(world):
    """The bag's members agree more the less each may learn; without a spread the data choose among the usual ones."""
    free, held = (small(blend=1.0, ramp_spread=spread).fit(world.X, world.y).mandiri_ for spread in (None, 0.02))
    assert free.spread_ in _SPREADS and held.spread_ == 0.02
    apart, close = (np.ptp(one.coef_, axis=0).max() / np.abs(one.coef_).max() for one in (free, held))
    assert close < apart / 2


@pytest.mark.parametrize("calibration", ["none", "platt"])
def test_a_tight_prior_does_not_draw_the_chances_together(calibration):
    """A prior twenty times tighter than the data ask for: the log-odds still spread as the true ones do, and so the mean holds."""
    world = make_world(n=3000, seed=1, level=-3.6)
    last = world.X[world.X.index.get_level_values("as_of") == world.X.index.get_level_values("as_of").max()]
    model = small(blend=1.0, n_members=3, ramp_spread=0.02, calibration=calibration).fit(world.X, world.y)
    said, true = model.predict_incidence(last, 1).path[:, 1, 1], world.mandiri[world.places(last.index), -1]
    slope = np.polyfit(logit(said), logit(true), 1)[0]
    assert 0.75 < slope < 1.33
    assert 0.75 < said.mean() / true.mean() < 1.33


@pytest.mark.parametrize("blend", [0.0, 0.5, 1.0])
def test_signs_are_kept_by_both_halves(world, X_now, blend):
    model = small(blend=blend).fit(world.X, world.y)
    few = X_now.iloc[:50]
    grid = np.linspace(-4, 4, 25)
    margins = {
        name: np.array([model.explained_margin(few.assign(**{name: value})) for value in grid]) for name in ("w", "v")
    }
    assert (np.diff(margins["w"], axis=0) >= -1e-12).all()
    assert (np.diff(margins["v"], axis=0) <= 1e-12).all()
    assert np.ptp(margins["w"], axis=0).min() > 0.3


@pytest.mark.parametrize("blend", [0.0, 0.5, 1.0])
def test_parts_add_up_to_the_margin_and_the_margin_is_that_of_the_scores(world, blend):
    model = small(blend=blend).fit(world.X, world.y)
    now = world.X.sample(300, random_state=0)
    parts = model.explained_parts(now)
    total = sum(part.weight * part_margin(part) for part in parts)
    assert np.abs(total - model.explained_margin(now)).max() <= 1e-9
    assert np.array_equal(model.predict_incidence(now, 4).margin, model.explained_margin(now))
    owners = {name for part in parts for name in part.owner}
    assert owners <= {"waktu", *world.X.columns}
    assert {part.member for part in parts} == {0, 1, 2}


def test_each_member_explains_its_own_margin(model, X_now):
    parts = model.explained_parts(X_now)
    signals = model.mandiri_.signals(X_now)
    level = model.mandiri_.level_
    force = level.gain(np.arange(1, 5)).mean()
    own = [3 * sum(p.weight * part_margin(p) for p in parts if p.member == member) for member in range(3)]
    for member, other in ((0, 1), (1, 2)):
        assert own[member] - own[other] == pytest.approx(force * (signals[member] - signals[other]), abs=1e-9)


def test_the_margin_is_the_mean_log_odds_of_four_quarters(model, X_now):
    signal = model.mandiri_.signals(X_now).mean(axis=0)
    hazard = model.mandiri_.hazard(signal, np.full(len(X_now), 4 * 2020 + 3), 4)
    assert model.explained_margin(X_now) == pytest.approx(np.log(hazard / (1 - hazard)).mean(axis=1), abs=1e-9)


def test_labels_that_must_not_count_do_not(model, world, X_now):
    frame = world.y.frame.copy()
    extra = world.X.iloc[::5].copy()
    extra.index = extra.index.set_levels("z" + extra.index.levels[0].astype(str), level="kpm_id")
    gone = pd.DataFrame({"way_out": "sudah_keluar", "quarter": np.int16(1), "observed": np.int16(4)}, index=extra.index)
    immature = world.X.iloc[2::5].copy()
    immature.index = immature.index.set_levels("y" + immature.index.levels[0].astype(str), level="kpm_id")
    hidden = pd.DataFrame({"way_out": MANDIRI, "quarter": np.int16(1), "observed": np.int16(0)}, index=immature.index)
    y = relabelled(world.y, pd.concat([frame, gone, hidden]))
    again = clone(model).fit(pd.concat([world.X, extra, immature]), y)
    assert np.array_equal(again.predict_incidence(X_now, 4).path, model.predict_incidence(X_now, 4).path)


def test_missing_values_everywhere_are_no_obstacle(world, X_now):
    random = np.random.default_rng(0)
    holes = world.X.mask(random.random(world.X.shape) < 0.4)
    holes["w"] = np.nan
    model = small().fit(holes, world.y)
    assert "w" not in model.mandiri_.columns_
    nothing = X_now * np.nan
    assert np.isfinite(model.predict_incidence(nothing, 4).path).all()
    never_missing = small().fit(world.X, world.y)
    assert np.isfinite(never_missing.predict_incidence(nothing, 4).path).all()


def test_constant_features_leave_the_base_rate_and_a_note(world, X_now):
    constant = world.X * 0.0
    model = small().fit(constant.drop(columns=["komp_habis_hari", "komp_abadi"]), world.y)
    assert any("every column of X is constant or missing" in note for note in model.notes_)
    assert any("alamiah: X lacks" in note for note in model.notes_)
    assert np.ptp(model.explained_margin(X_now)) == 0


def test_too_few_exits_fall_back_to_the_base_rate():
    world = make_world(n=60, quarters=4, seed=4)
    model = small().fit(world.X, world.y)
    assert "exits to learn from (10 needed)" in model.notes_[0]
    scores = model.predict_incidence(world.X, 4)
    assert 0 < scores.path[0, -1, 1] < 0.5
    parts = model.explained_parts(world.X)
    total = sum(part.weight * part_margin(part) for part in parts)
    assert np.abs(total - model.explained_margin(world.X)).max() <= 1e-9


@pytest.mark.parametrize("n", [150, 300])
def test_small_data_do_not_crash(n):
    world = make_world(n=n, quarters=6, seed=n)
    scores = small().fit(world.X, world.y).predict_incidence(world.X, 4)
    assert np.isfinite(scores.path).all()


def test_outcomes_of_one_period_a_year_work_without_a_clock():
    world = make_world(n=1500, quarters=1, horizon=1, seed=6, level=-1.5)
    X = world.X.drop(columns=["komp_habis_hari", "komp_abadi"])
    model = small().fit(X, world.y)
    scores = model.predict_incidence(X, 1)
    happened = world.y.frame["way_out"].value_counts(normalize=True)
    assert scores.frame.mean()[list(STATES)].to_dict() == pytest.approx(happened[list(STATES)].to_dict(), rel=0.15)
    with pytest.raises(ValueError, match=r"horizon must be 1 to 1 quarters, not 4.*observed for 1"):
        model.predict_incidence(X, 4)


def test_family_weights_count(world, X_now):
    poor = (world.X["w"] < 0).to_numpy()
    model = small().fit(world.X, world.y, sample_weight=np.where(poor, 0.0, 1.0))
    rich = small().fit(world.X[~poor], relabelled(world.y, world.y.frame[~poor]))
    assert model.predict_incidence(X_now, 4).path[:, -1, 1].mean() == pytest.approx(
        rich.predict_incidence(X_now, 4).path[:, -1, 1].mean(), rel=0.1
    )
    halves = small().fit(world.X, world.y, sample_weight=pd.Series(np.where(poor, 0.5, 1.0), index=world.X.index))
    assert np.isfinite(halves.explained_margin(X_now)).all()


def test_inputs_are_rounded_to_what_float32_can_hold(world):
    X = world.X.iloc[:3].assign(w=[16_777_217.0, 1e300, -np.inf])
    assert model_matrix(X, ["w"])[:, 0].tolist() == [16_777_216.0, np.inf, -np.inf]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"blend": 1.5}, r"blend .* must lie in \[0, 1\], not 1.5"),
        ({"n_members": 0}, "n_members must be a whole number of at least 1, not 0"),
        ({"n_members": 2.5}, "n_members must be a whole number of at least 1, not 2.5"),
        ({"max_events": 0}, "max_events must be a whole number of at least 1, not 0"),
        ({"negatives_per_event": 0}, "negatives_per_event must be positive"),
        ({"negatives_per_event": float("nan")}, "negatives_per_event must be positive"),
        ({"ramp_spread": 0.0}, "ramp_spread must be positive log-odds, or None, not 0.0"),
        ({"signs": {"w": 2}}, r"signs must be -1, 0 or \+1; given {'w': 2}"),
    ],
)
def test_unusable_parameters_are_named(world, parameters, sentence):
    with pytest.raises(ValueError, match=sentence):
        small(**parameters).fit(world.X, world.y)


def test_errors_teach(model, world, X_now):
    with pytest.raises(NotFittedError):
        small().predict_incidence(X_now, 4)
    with pytest.raises(ContractError, match="X must be a pandas frame or series, not ndarray"):
        model.predict_incidence(X_now.to_numpy(), 4)
    for horizon in (0, 2.5, "4"):
        with pytest.raises(ValueError, match=f"horizon must be 1 to 4 quarters, not {horizon!r}"):
            model.predict_incidence(X_now, horizon)
    with pytest.raises(ValueError, match=r"X lacks 1 of the .* columns .*\['w'\].*same catalogue"):
        model.predict_incidence(X_now.drop(columns="w"), 4)
    with pytest.raises(ValueError, match=r"columns \['w'\] of X are not numeric"):
        small().fit(world.X.assign(w="kaya"), world.y)
    with pytest.raises(ValueError, match=r"columns \['w'\] of X are not numeric: .* not dates"):
        small().fit(world.X.assign(w=pd.Timestamp("2024-01-01")), world.y)
    with pytest.raises(ValueError, match=r"columns \['w'\] of X are not numeric: .* not dates"):
        model.predict_incidence(X_now.assign(w=pd.Timedelta(days=3)), 4)
    with pytest.raises(ValueError, match=r"X holds columns \['v'\] more than once"):
        small().fit(pd.concat([world.X, world.X[["v"]]], axis=1), world.y)
    with pytest.raises(ValueError, match=r"sample_weight is 0 for every row"):
        small().fit(world.X, world.y, sample_weight=np.zeros(len(world.X)))
    with pytest.raises(ValueError, match=r"sample_weight must hold .* finite numbers"):
        small().fit(world.X, world.y, sample_weight=np.full(len(world.X), -1.0))
    blind = relabelled(world.y, world.y.frame.assign(observed=np.int16(0)))
    with pytest.raises(ValueError, match="observed for a single mature quarter by 2022-"):
        small().fit(world.X, blind)


def test_references_stand_beside_the_model(world, X_now):
    for name, contender in reference_models(random_state=3).items():
        scores = clone(contender).fit(world.X, world.y).predict_incidence(X_now, 2)
        assert isinstance(contender, Contender), name
        assert (np.diff(scores.path[:, :, 1:], axis=1) >= 0).all()
        truth = pd.Series(world.mandiri[world.places(X_now.index), 8])
        assert pd.Series(scores.margin).corr(truth, method="spearman") > 0.5


def test_a_column_missing_in_all_of_a_members_families_is_no_obstacle(world, X_now):
    # recorded for a handful only: some member of the bag, and some fold, sees no value of it at all
    rare = pd.Series(np.nan, index=world.X.index)
    rare.iloc[:3] = [1.0, 2.0, 3.0]
    model = small(blend=0.0).fit(world.X.assign(jarang=rare), world.y)
    assert np.isfinite(model.predict_incidence(X_now.assign(jarang=2.0), 4).path).all()
    early = world.X.index.get_level_values("as_of") < "2020-01-01"
    never_then = world.X.assign(baru=np.where(early, np.nan, world.X["w"]))
    fold = small().fit(never_then[early], relabelled(world.y, world.y.frame[early]))
    assert "baru" not in fold.mandiri_.columns_
    assert np.array_equal(
        fold.predict_incidence(X_now.assign(baru=1.0), 4).path,
        fold.predict_incidence(X_now.assign(baru=np.nan), 4).path,
    )


def test_a_model_does_not_depend_on_the_number_of_threads(world):
    draw = np.random.default_rng(5)
    more = pd.DataFrame(draw.normal(size=(len(world.X), 60)), index=world.X.index).add_prefix("derau_")
    wide = pd.concat([world.X, more], axis=1)
    fitted = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            fitted.append(small(n_members=1, blend=1.0).fit(wide, world.y).mandiri_)
    assert (fitted[0].coef_ == fitted[1].coef_).all()
    assert fitted[0].level_.slope == fitted[1].level_.slope
