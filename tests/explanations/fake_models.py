"""A tiny explainable model, made of real boosting and linear parts, and facts that differ from X on purpose."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from pkh_graduation.contracts import ExplainedPart, Facts

FEATURES = {
    "usaha_lama_tahun": ("usaha", "tahun"),
    "pinjaman_rp": ("keuangan", "rp"),
    "utang_rentenir": ("keuangan", "0/1"),
    "desil": ("kesejahteraan", "desil"),
    "komp_aktif_n": ("komponen", "komponen"),
    "perkotaan": ("wilayah", "0/1"),
}
N, MEMBERS = 120, 5


def catalogue() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "theme": [theme for theme, _ in FEATURES.values()],
            "unit": [unit for _, unit in FEATURES.values()],
            "meaning_id": [name.replace("_", " ") for name in FEATURES],
            "meaning_en": "x", "lever": False, "sign": 0, "source": "x", "window": None, "model": True,
        },
        index=list(FEATURES),
    )  # fmt: skip


def make_X(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [[f"k{number:015x}" for number in range(N)], [pd.Timestamp("2025-09-30")]], names=["kpm_id", "as_of"]
    )
    frame = pd.DataFrame(
        {
            "usaha_lama_tahun": rng.gamma(2, 2, N),
            "pinjaman_rp": rng.integers(0, 5_000_000, N),
            "utang_rentenir": rng.random(N) < 0.3,
            "desil": rng.integers(1, 6, N),
            "komp_aktif_n": rng.integers(0, 4, N),
            "perkotaan": rng.random(N) < 0.5,
        },
        index=index,
    ).astype("float32")
    frame = frame.mask(rng.random(frame.shape) < 0.15)
    return frame.astype("float64")


def make_facts(X: pd.DataFrame) -> Facts:
    """Exact values: amounts that float32 cannot hold, which is how a test sees where a card's number comes from."""
    values = X.copy()
    values["pinjaman_rp"] = values["pinjaman_rp"].round() * 10 + 16_777_217
    values["pagar_keberatan"] = 0.0
    known = pd.DataFrame(
        np.arange(20_000, 20_000 + len(X))[:, None] + np.arange(values.shape[1])[None, :],
        index=values.index,
        columns=values.columns,
    ).astype("Int32")
    return Facts(values, known.mask(values.isna()), catalogue())


@dataclass
class Model:
    """Half trees, half a linear part, in a bag; trees also see a time input. `tamper` spoils one part's weight."""

    members: int = MEMBERS
    tamper: float = 1.0
    time: bool = True
    fitted: list = field(default_factory=list)

    def fit(self, X: pd.DataFrame) -> "Model":
        rng = np.random.default_rng(1)
        signal = np.nan_to_num(X["usaha_lama_tahun"].to_numpy()) / 2 - 3 * np.nan_to_num(X["utang_rentenir"].to_numpy())
        y = signal + rng.normal(size=len(X)) > np.median(signal)
        for _ in range(self.members):
            rows = rng.integers(0, len(X), len(X))
            matrix = self._matrix(X, 1)
            tree = HistGradientBoostingClassifier(max_iter=8, max_leaf_nodes=6, min_samples_leaf=10, random_state=0)
            tree.fit(matrix[rows], y[rows])
            coef = rng.normal(0, 0.1, 4) * [1, 0.2, 1, 1]
            self.fitted.append((tree, coef, rng.normal(size=4), float(rng.normal())))
        return self

    def _matrix(self, X: pd.DataFrame, quarter: int) -> np.ndarray:
        return np.column_stack([X.to_numpy(), np.full(len(X), quarter * self.time)])

    def _linear(self, X: pd.DataFrame) -> np.ndarray:
        desil, years = X["desil"].fillna(3).to_numpy(), X["usaha_lama_tahun"].fillna(0).to_numpy()
        return np.column_stack([desil, X["desil"].isna(), years, np.maximum(years - 2, 0)])

    def explained_parts(self, X: pd.DataFrame) -> list[ExplainedPart]:
        parts, weight = [], 0.5 / len(self.fitted)
        for member, (tree, coef, center, intercept) in enumerate(self.fitted):
            parts += [
                ExplainedPart(
                    "tree", weight / 4 * self.tamper, self._matrix(X, j), (*X.columns, "waktu"), member, estimator=tree
                )
                for j in (1, 2, 3, 4)
            ]
            owner = ("desil", "desil", "usaha_lama_tahun", "usaha_lama_tahun")
            parts.append(
                ExplainedPart(
                    "linear", weight, self._linear(X), owner, member, coef=coef, center=center, intercept=intercept
                )
            )
        return parts

    def explained_margin(self, X: pd.DataFrame) -> np.ndarray:
        total, weight = np.zeros(len(X)), 0.5 / len(self.fitted)
        for tree, coef, _, intercept in self.fitted:
            total += sum(weight / 4 * tree.decision_function(self._matrix(X, j)) for j in (1, 2, 3, 4))
            total += weight * (intercept + self._linear(X) @ coef)
        return total


@dataclass
class Linear:
    """A model that is only its members' coefficients: attributions are known by hand."""

    coefs: np.ndarray

    def explained_parts(self, X: pd.DataFrame) -> list[ExplainedPart]:
        zero = np.zeros(X.shape[1])
        matrix = X.fillna(0.0).to_numpy()
        return [
            ExplainedPart("linear", 1 / len(self.coefs), matrix, tuple(X.columns), member, coef=coef, center=zero)
            for member, coef in enumerate(self.coefs)
        ]

    def explained_margin(self, X: pd.DataFrame) -> np.ndarray:
        return X.fillna(0.0).to_numpy() @ self.coefs.mean(axis=0)
