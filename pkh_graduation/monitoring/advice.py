"""Is it time to retrain? One answer with its reasons, in words, from drift of features, of scores and of labels.

The order is that of the evidence: labels that came out otherwise weigh most, then scores and features that moved, then age. An
answer never says why something moved: a new quota, a new ranking and a fault in the exports look alike from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pkh_graduation.monitoring.drift import SHIFT
from pkh_graduation.monitoring.label_shift import LabelShift

RETRAIN, CHECK_DATA, ROUTINE, WAIT, NOT_YET = (
    "latih_ulang",
    "periksa_data",
    "latih_rutin",
    "tunggu_label",
    "belum_perlu",
)
OLD_MONTHS = 12
"""Months after which a model with a full year of new labels is fitted again as a routine: assumed."""
MANY = 0.10
"""Share of shifted features from which the data are looked at first: assumed."""
_SHOWN = 5


@dataclass(frozen=True)
class Advice:
    """``code``: one of the five answers; ``indonesian`` and ``english``: the same sentences, answer first."""

    code: str
    indonesian: tuple[str, ...]
    english: tuple[str, ...]


_ANSWERS = {
    RETRAIN: (
        "Ya: periksa dulu apakah aturan atau kuota berubah, lalu latih ulang modelnya.",
        "Yes: see first whether rules or quota changed, then retrain.",
    ),
    CHECK_DATA: (
        "Belum: periksa dulu data yang masuk, sebelum daftar dipakai.",
        "Not yet: check the incoming data first, before lists are used.",
    ),
    ROUTINE: ("Ya, sebagai pekerjaan rutin: model sudah berumur dan labelnya sudah cukup.",
              "Yes, as a routine: the model is old and there are enough new labels."),
    WAIT: (
        "Belum dapat dikatakan: belum ada triwulan sejak model dilatih yang hasilnya sudah lengkap.",
        "Cannot be said: no quarter since the model was fitted has complete outcomes.",
    ),
    NOT_YET: ("Belum perlu: hasilnya sejauh ini sesuai perkiraan.", "Not needed: outcomes so far are as predicted."),
}  # fmt: skip


def advise(features: pd.DataFrame, scores: pd.DataFrame, labels: LabelShift, *, months: int) -> Advice:
    """Answer from the tables of `drift.compare` (features, and scores: one line), the label shift, and the model's age."""
    shifted = features.loc[features["verdict"] == SHIFT, "feature"].tolist()
    moved = bool((scores["verdict"] == SHIFT).any())
    reasons = [*_label_reasons(labels), *_feature_reasons(shifted, len(features)), *_score_reasons(scores, moved)]
    code = _code(labels, moved or len(shifted) > MANY * len(features), months)
    age = (f"Umur model: {months} bulan.", f"Age of the model: {months} months.")
    answer = _ANSWERS[code]
    pairs = [answer, *reasons, age]
    return Advice(code, tuple(one for one, _ in pairs), tuple(other for _, other in pairs))


def _code(labels: LabelShift, moved: bool, months: int) -> str:
    rules = (
        (labels.alarm, RETRAIN),
        (moved, CHECK_DATA),
        (months >= OLD_MONTHS and labels.judged >= 4, ROUTINE),
        (labels.judged == 0, WAIT),
    )
    return next((code for holds, code in rules if holds), NOT_YET)


def _label_reasons(labels: LabelShift) -> list[tuple[str, str]]:
    said = []
    for row in labels.periods[labels.periods["enough"]].itertuples():
        verdict = (
            ("berbeda dari perkiraan", "unlike the prediction") if row.alarm else ("sesuai perkiraan", "as predicted")
        )
        told, habit = f"{row.predicted:.0f}", f"{row.expected:.0f}"
        same = told == habit
        said.append(
            (
                f"{row.period}: {row.observed} keluarga graduasi mandiri; diperkirakan model {told}"
                f"{'' if same else f', menurut kebiasaan tahun sebelumnya {habit}'}: {verdict[0]}.",
                f"{row.period}: {row.observed} families left by mandiri; the model said {told}"
                f"{'' if same else f', at the habits of the year before {habit}'}: {verdict[1]}.",
            )
        )
    return said


def _feature_reasons(shifted: Sequence[str], n: int) -> list[tuple[str, str]]:
    names = ", ".join(shifted[:_SHOWN]) + (", ..." if len(shifted) > _SHOWN else "")
    if not shifted:
        return [(f"Dari {n} fitur, tidak ada yang bergeser.", f"Of {n} features none has shifted.")]
    return [
        (
            f"Dari {n} fitur, {len(shifted)} bergeser: {names}.",
            f"Of {n} features, {len(shifted)} have shifted: {names}.",
        )
    ]


def _score_reasons(scores: pd.DataFrame, moved: bool) -> list[tuple[str, str]]:
    if scores.empty:
        return []
    psi = float(scores["psi"].iloc[0])
    told = ("bergeser", "has shifted") if moved else ("tidak bergeser", "has not shifted")
    return [
        (
            f"Sebaran peluang {told[0]} (indeks {_comma(psi)}).",
            f"The spread of chances {told[1]} (index {psi:.2f}).",
        )
    ]


def _comma(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")
