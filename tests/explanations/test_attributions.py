import numpy as np
import pandas as pd
import pytest
from fake_models import FEATURES, Linear, Model, catalogue
from sklearn.ensemble import HistGradientBoostingClassifier

from pkh_graduation.contracts import ContractError, ExplainedPart
from pkh_graduation.explanations import AdditivityError, attribute, attributions
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
    monkeypatch.setattr(shap, "TreeExplainer", counting(shap.TreeExplainer, made))
    attribute(model, X, THEME)
    assert len(made) == len(set(map(id, made))) == model.members


def counting(original, made):
    def make(estimator, **options):
        assert options == {"feature_perturbation": "tree_path_dependent"}
        made.append(estimator)
        return original(estimator, **options)

    return make


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


def test_native_categories_are_refused_in_a_sentence():
    rng = np.random.default_rng(0)
    matrix = np.column_stack([rng.integers(0, 4, 200), rng.normal(size=200)]).astype(float)
    tree = HistGradientBoostingClassifier(max_iter=2, categorical_features=[0]).fit(matrix, rng.random(200) < 0.5)
    frame = pd.DataFrame(matrix, columns=["desil", "komp_aktif_n"])

    class Native:
        def explained_parts(self, X):
            return [ExplainedPart("tree", 1.0, X.to_numpy(), tuple(X.columns), 0, estimator=tree)]

        def explained_margin(self, X):
            return tree.decision_function(X.to_numpy())

    with pytest.raises(ContractError, match="fit it on numeric codes"):
        attribute(Native(), frame, THEME)


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
