import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest
from fake_models import FEATURES, Linear, Model, catalogue
from sklearn.ensemble import HistGradientBoostingClassifier

from pkh_graduation.contracts import ContractError, ExplainedPart
from pkh_graduation.explanations import AdditivityError, Attributor, attribute, attributions
from pkh_graduation.explanations.attributions import load_shap

shap = load_shap()
THEME = catalogue()["theme"]


def test_base_and_values_are_the_models_margin_in_every_row(model, X):
    found = attribute(model, X, THEME)
    assert isinstance(found.explanation, shap.Explanation)
    total = found.explanation.base_values + found.explanation.values.sum(axis=1)
    assert np.abs(total - model.explained_margin(X)).max() <= 1e-9
    assert np.ptp(found.explanation.base_values) == 0


def test_time_is_kept_apart_and_only_if_it_matters(X):
    timeless = attribute(Model(time=False).fit(X), X, THEME)
    assert timeless.explanation.feature_names == list(FEATURES)
    assert timeless.explanation.values.shape == X.shape
    names = attribute(TimeMatters(np.ones((2, 6))), X, THEME).explanation.feature_names
    assert names == [*FEATURES, "waktu"]


class TimeMatters(Linear):
    def explained_parts(self, X):
        clock = ExplainedPart("linear", 1.0, np.ones((len(X), 1)), ("waktu",), 0, coef=np.ones(1), center=np.zeros(1))
        return [*super().explained_parts(X), clock]

    def explained_margin(self, X):
        return super().explained_margin(X) + 1.0


def test_linear_values_are_coefficient_times_distance_from_the_center(X):
    coefs = np.random.default_rng(0).normal(size=(3, 6))
    found = attribute(Linear(coefs), X, THEME)
    assert np.allclose(found.explanation.values, X.fillna(0.0).to_numpy() * coefs.mean(axis=0), atol=1e-12)
    money = [list(FEATURES).index(name) for name in ("pinjaman_rp", "utang_rentenir")]
    theme = found.contributions[:, found.themes.index("keuangan")]
    assert np.allclose(theme, found.explanation.values[:, money].sum(axis=1))
    assert found.features["keuangan"] == ("pinjaman_rp", "utang_rentenir")


def test_agreement_is_the_share_of_members_with_the_bags_sign(X):
    coefs = np.zeros((10, 6))
    coefs[:, 3] = [1.0] * 8 + [-0.1, -0.2]
    found = attribute(Linear(coefs), X, THEME)
    known = X["desil"].notna().to_numpy()
    assert np.allclose(found.agreement[known, found.themes.index("kesejahteraan")], 0.8)


def test_columns_of_one_owner_are_summed(model, X):
    by_hand = sum(
        part.weight * (part.coef * (part.matrix - part.center))[:, :2].sum(axis=1)
        for part in model.explained_parts(X)
        if part.kind == "linear"
    )
    only_linear = LinearHalf(model)
    values = attribute(only_linear, X, THEME).explanation.values
    assert np.allclose(values[:, list(FEATURES).index("desil")], by_hand, atol=1e-12)


class LinearHalf:
    def __init__(self, model):
        self.model = model

    def explained_parts(self, X):
        return [part for part in self.model.explained_parts(X) if part.kind == "linear"]

    def explained_margin(self, X):
        return sum(p.weight * (p.intercept + p.matrix @ p.coef) for p in self.explained_parts(X))


def test_blocks_of_families_change_nothing(model, X, monkeypatch):
    whole = attribute(model, X, THEME)
    monkeypatch.setattr(attributions, "BLOCK", 70)
    pieces = attribute(model, X, THEME)
    assert np.array_equal(whole.explanation.values, pieces.explanation.values)
    assert np.array_equal(whole.agreement, pieces.agreement)


def test_no_family_at_all_is_an_empty_explanation(X):
    assert attribute(Linear(np.ones((2, 6))), X.iloc[:0], THEME).explanation.values.shape == (0, 6)


def test_each_tree_is_read_once(model, X, monkeypatch):
    made = []
    monkeypatch.setattr(attributions, "tree_explainer", counting(attributions.tree_explainer, made))
    attribute(model, X, THEME)
    assert [len(bag) for bag in made] == [1] * model.members
    attributor = Attributor(X.columns)
    for block in (X.iloc[:50], X.iloc[50:]):
        attributor.values(model, block)
    assert len({id(estimator) for bag in made for estimator in bag}) == model.members
    assert len(made) == 2 * model.members


def counting(original, made):
    def make(estimators, **options):
        made.append(estimators)
        return original(estimators, **options)

    return make


def test_values_are_those_of_shap_and_the_coefficients(model, X):
    """Part by part with shap's own code, as slowly as it likes."""
    expected, place = np.zeros((len(X), len(FEATURES) + 1)), [*FEATURES, "waktu"]
    for part in model.explained_parts(X):
        if part.kind == "tree":
            explainer = shap.TreeExplainer(part.estimator, feature_perturbation="tree_path_dependent")
            own = explainer.shap_values(part.matrix, check_additivity=False)
        else:
            own = part.coef * (part.matrix - part.center)
        for column, name in enumerate(part.owner):
            expected[:, place.index(name)] += part.weight * own[:, column]
    assert np.abs(attribute(model, X, THEME).explanation.values - expected[:, :-1]).max() <= 1e-9
    values, base = Attributor(X.columns).values(model, X, margin=model.explained_margin(X))
    assert np.abs(values - expected).max() <= 1e-9
    assert np.abs(base + values.sum(axis=1) - model.explained_margin(X)).max() <= 1e-9
    assert (base.shape, values.shape) == ((len(X),), expected.shape)


class Shared:
    """A bag over one matrix, as the real model hands it over."""

    def __init__(self, model):
        self.model = model

    def explained_parts(self, X):
        matrix, basis = self.model._matrix(X, 1), self.model._linear(X)
        shared = {"tree": matrix, "linear": basis}
        return [dataclasses.replace(part, matrix=shared[part.kind]) for part in self.model.explained_parts(X)]

    def explained_margin(self, X):
        return sum(
            part.weight * (part.estimator.decision_function(part.matrix) if part.kind == "tree"
                           else part.intercept + part.matrix @ part.coef)
            for part in self.explained_parts(X)
        )  # fmt: skip


def test_trees_over_one_matrix_share_one_pass(model, X, monkeypatch):
    made, bag = [], Shared(model)
    monkeypatch.setattr(attributions, "tree_explainer", counting(attributions.tree_explainer, made))
    values, _ = Attributor(X.columns).values(bag, X, margin=bag.explained_margin(X))
    assert [len(estimators) for estimators in made] == [4 * model.members]
    assert np.abs(values[:, :-1] - attribute(bag, X, THEME).explanation.values).max() <= 1e-12


def test_blocks_and_order_change_no_bit_of_an_attributor(model, X):
    whole, _ = Attributor(X.columns).values(model, X)
    attributor = Attributor(X.columns)
    pieces = [attributor.values(model, X.iloc[rows])[0] for rows in (slice(0, 1), slice(1, 50), slice(50, None))]
    assert np.array_equal(np.concatenate(pieces), whole)
    assert np.array_equal(attributor.values(model, X.iloc[::-1])[0], whole[::-1])
    assert attributor.values(model, X.iloc[:0])[0].shape == (0, len(FEATURES) + 1)
    out = np.full((len(FEATURES) + 1, len(X)), 9.0)
    assert attributor.values(model, X, out=out)[0].base is out
    assert np.array_equal(out.T, whole)
    with pytest.raises(ContractError, match="out must be"):
        attributor.values(model, X.iloc[:5], out=out)


def test_the_real_model_is_additive_in_one_pass(X):
    """Six members, ramps and a level: the parts that `GraduationModel` really hands over."""
    from pkh_graduation.contracts import Outcomes
    from pkh_graduation.estimators import GraduationModel

    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_product(
        [[f"k{i:015x}" for i in range(400)], pd.to_datetime(["2023-12-31", "2024-12-31"]).as_unit("s")],
        names=["kpm_id", "as_of"],
    )
    wide = pd.DataFrame(
        rng.gamma(2, 2, (len(index), 6)).astype("float32").astype(float), index=index, columns=X.columns
    )
    wide = wide.mask(rng.random(wide.shape) < 0.15)
    leaves = rng.random(len(index)) < np.where(wide["desil"].fillna(0) > 4, 0.5, 0.1)
    frame = pd.DataFrame(
        {
            "way_out": np.where(leaves, "mandiri", "masih_peserta"),
            "quarter": np.where(leaves, rng.integers(1, 5, len(index)), 4).astype("int16"),
            "observed": np.int16(4),
        },
        index=index,
    )
    exits = pd.DataFrame({"kpm_id": [], "day": [], "known_day": [], "way_out": []})
    y = Outcomes(frame, exits, dt.date(2026, 6, 30), 30, 4)
    model = GraduationModel(n_members=3, max_iter=15, random_state=0).fit(wide, y)
    assert len(model.mandiri_.trees_) == 3
    scores = model.predict_incidence(wide, 4)
    values, base = Attributor(wide.columns).values(model, wide, margin=scores.margin)
    assert np.abs(base + values.sum(axis=1) - scores.margin).max() <= 1e-9
    assert np.abs(values[:, :-1] - attribute(model, wide, THEME).explanation.values[:, :6]).max() <= 1e-9
    with pytest.raises(AdditivityError, match="800 of 800 families"):
        Attributor(wide.columns).values(model, wide, margin=scores.margin + 1e-8)


def test_a_tampered_part_is_caught_without_showing_a_row(X):
    model = Model(tamper=1.0 + 1e-6).fit(X)
    with pytest.raises(AdditivityError, match=r"in \d+ of 120 families, by up to") as caught:
        attribute(model, X, THEME)
    assert isinstance(caught.value, ArithmeticError)
    assert "k0000" not in str(caught.value)


def test_a_missing_margin_is_not_additive(X):
    class Broken(Linear):
        def explained_margin(self, X):
            return np.full(len(X), np.nan)

    with pytest.raises(AdditivityError, match="120 of 120"):
        attribute(Broken(np.ones((2, 6))), X, THEME)


def test_native_categories_are_exact():
    rng = np.random.default_rng(0)
    matrix = np.column_stack([rng.integers(0, 4, 200), rng.normal(size=200)]).astype(float)
    tree = HistGradientBoostingClassifier(max_iter=5, categorical_features=[0]).fit(matrix, matrix[:, 0] == 2)
    frame = pd.DataFrame(matrix, columns=["desil", "komp_aktif_n"])

    class Native:
        def explained_parts(self, X):
            return [ExplainedPart("tree", 1.0, X.to_numpy(), tuple(X.columns), 0, estimator=tree)]

        def explained_margin(self, X):
            return tree.decision_function(X.to_numpy())

    values = attribute(Native(), frame, THEME).explanation.values
    assert np.abs(values[:, 0]).min() > 0.1


def test_a_tampered_part_is_caught_on_a_sample_and_on_every_row(X):
    model = Model(tamper=1.0 + 1e-6).fit(X)
    attributor = Attributor(X.columns)
    for margin in (None, model.explained_margin(X)):
        with pytest.raises(AdditivityError, match=r"in \d+ of 120 families"):
            attributor.values(model, X, margin=margin)


def test_unknown_owner_and_missing_theme_are_named(X):
    class Stranger(Linear):
        def explained_parts(self, X):
            return [
                ExplainedPart("linear", 1.0, np.ones((len(X), 1)), ("ghost",), 0, coef=np.ones(1), center=np.zeros(1))
            ]

    with pytest.raises(ContractError, match="ghost"):
        attribute(Stranger(np.ones((1, 6))), X, THEME)
    with pytest.raises(ContractError, match="perkotaan"):
        attribute(Linear(np.ones((1, 6))), X, THEME.drop("perkotaan"))
