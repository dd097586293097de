"""Ten thousand cards read back by another program: does each sentence say what the record says?

    python benchmarks/cards.py [--cards 10000] [--seed 7]

A made-up office (preset mini) gives exact facts with their days; models with random coefficients, so that every feature gets its
turn, give reasons in every language. A reader that shares no code with the writer takes each sentence apart (number, money, length
of time, coded word, comparison, date) and compares it with the facts. Counted, and each must be 0: values that differ, comparisons
that differ from the cohort, days that differ or lie after the date of the list, signs that differ from the attribution, more than
3 + 2 reasons, causal verbs and other forbidden words, raw feature names, and reasons that differ between languages.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import re
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

import pkh_graduation as pkh
from pkh_graduation.contracts import ExplainedPart, Facts
from pkh_graduation.explanations.linter import lint
from pkh_graduation.explanations.sentences import languages

AS_OF = ("2025-12-31", "2026-09-30")
KEY = b"only made-up people live here, so this key protects nobody"
MEMBERS, AVERAGE_YEAR = 5, 365.25
SPOKEN = {"id": (".", ",", "juta", "miliar"), "en": (",", ".", "million", "billion")}
LENGTHS = {
    "id": ("tahun", "bulan", "hari", "kurang dari 1 bulan"),
    "en": ("years?", "months?", "days?", "less than 1 month"),
}
MONTHS = {
    "id": [
        "Januari", "Februari", "Maret", "April", "Mei", "Juni",
        "Juli", "Agustus", "September", "Oktober", "November", "Desember",
    ],
    "en": [
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ],
}  # fmt: skip
RISE = {"id": ("naik", "turun"), "en": ("up", "down")}
AGAINST = {"id": r", (.+) daripada (\d+) dari 100 keluarga", "en": r", (.+) than (\d+) of 100 families"}
USUAL = {"id": ", kira-kira seperti keluarga pada umumnya", "en": ", about as in most families"}
KNOWN = {"id": r"(.+) \(data (.+)\)", "en": r"(.+) \(data of (.+)\)"}


@dataclasses.dataclass
class Bag:
    """A linear model: a bag of coefficients over standardised features."""

    coef: np.ndarray
    centre: np.ndarray

    def explained_parts(self, X: pd.DataFrame) -> list[ExplainedPart]:
        """One linear part per member."""
        matrix = np.where(X.isna(), self.centre, X.to_numpy())
        share = 1 / len(self.coef)
        return [
            ExplainedPart("linear", share, matrix, tuple(X.columns), member, coef=own, center=self.centre)
            for member, own in enumerate(self.coef)
        ]

    def explained_margin(self, X: pd.DataFrame) -> np.ndarray:
        """The mean over the bag."""
        return np.where(X.isna(), self.centre, X.to_numpy()) @ self.coef.mean(axis=0)


def random_model(X: pd.DataFrame, rng: np.random.Generator) -> Bag:
    """Random signs and sizes, a few large, the members of the bag alike but not equal."""
    spread = X.std().fillna(0).replace(0, 1).to_numpy()
    size = rng.normal(size=X.shape[1]) * (rng.random(X.shape[1]) < 0.3)
    bag = (size + rng.normal(0, 0.1, (MEMBERS, X.shape[1])) * np.abs(size)) / spread
    return Bag(bag, X.mean().fillna(0).to_numpy())


def read_number(text: str, language: str) -> float:
    """A number as written."""
    thousands, point, *_ = SPOKEN[language]
    return float(text.replace(thousands, "").replace(point, "."))


def spans(text: str, unit: str, language: str) -> Iterator[tuple[float, float]]:
    """Ranges of values that a text may stand for, by every reading it allows."""
    million, billion = SPOKEN[language][2:]
    number = r"-?[\d.,]*\d"
    if found := re.fullmatch(
        rf"(?:({RISE[language][0]}|{RISE[language][1]}) )?Rp ({number})(?: ({million}|{billion}))?.*", text
    ):
        size = {million: 1e6, billion: 1e9}.get(found[3], 1.0)
        value = read_number(found[2], language) * size * (-1 if found[1] == RISE[language][1] else 1)
        yield value - 0.5, value + 0.5
    elif found := re.fullmatch(rf"({number}) ?%.*", text):
        value = read_number(found[1], language)
        yield (value - 0.5, value + 0.5) if unit.startswith("%") else ((value - 0.5) / 100, (value + 0.5) / 100)
    elif found := re.match(rf"({RISE[language][0]}|{RISE[language][1]}) ({number})", text):
        value = read_number(found[2], language) * (-1 if found[1] == RISE[language][1] else 1)
        yield value - 0.05, value + 0.05
    else:
        yield from _lengths(text, unit, language)
        if found := re.match(rf"({number})(?: |$)", text):
            value = read_number(found[1], language)
            yield value - 0.05, value + 0.05


def _lengths(text: str, unit: str, language: str) -> Iterator[tuple[float, float]]:
    years, months, days, short = LENGTHS[language]
    if unit not in ("tahun", "hari"):
        return
    scale = 1 / 12 if unit == "tahun" else AVERAGE_YEAR / 12
    if text == short:
        yield 0.0, scale
    elif found := re.fullmatch(rf"(\d+) {days}", text):
        yield float(found[1]) - 0.5, float(found[1]) + 0.5
    elif found := re.fullmatch(rf"(?:(\d+) {years})? ?(?:(\d+) {months})?", text):
        whole = 12 * int(found[1] or 0) + int(found[2] or 0)
        yield whole * scale, (whole + 1) * scale


def says(text: str, entry: Mapping[str, Any], line: pd.Series, value: float, language: str) -> str | None:
    """The comparison's words if the text says the value, by one of the feature's templates; None if it does not."""
    for key in ("kalimat", "mendukung", "menahan", "nol", "nol_mendukung", "nol_menahan", "negatif"):
        template = entry.get(key, "")
        pattern = (
            re.escape(template).replace(r"\{nilai\}", "(?P<nilai>.+?)").replace(r"\{banding\}", "(?P<banding>, .+)?")
        )
        found = re.fullmatch(pattern, text, re.IGNORECASE) if template else None
        if found is None or (key.startswith("nol") and value != 0) or (key == "negatif" and value >= 0):
            continue
        groups = found.groupdict()
        if "nilai" in groups and not _means(groups["nilai"], entry, line, value, language):
            continue
        if "nilai" not in groups and key == "kalimat" and value == 0:
            continue
        return groups.get("banding") or ""
    return None


def _means(text: str, entry: Mapping[str, Any], line: pd.Series, value: float, language: str) -> bool:
    codes = {word.lower(): float(code) for code, word in entry.get("kata", {}).items()}
    if text.lower() in codes:
        return codes[text.lower()] == value
    room = 1e-9 * max(1.0, abs(value))
    return any(
        low - room <= value <= high + room
        for low, high in spans(text.lower().replace("rp", "Rp"), line["unit"], language)
    )


def compared(words: str, entry: Mapping[str, Any], value: float, cohort: np.ndarray, language: str) -> bool:
    """Whether the comparison holds in the cohort, counted anew."""
    others = cohort[~np.isnan(cohort)]
    own = np.float32(value)
    below, above = float((others < own).mean()), float((others > own).mean())
    if words == USUAL[language]:
        return max(below, above) < 0.55
    found = re.fullmatch(AGAINST[language], words)
    if found is None or found[1] not in (entry["lebih"], entry["kurang"]):
        return False
    share = below if found[1] == entry["lebih"] else above
    return share >= 0.55 and int(found[2]) == min(99, int(share * 100))


def read_day(text: str, language: str) -> int:
    """A date as days since 1970."""
    day, month, year = text.split()
    return (dt.date(int(year), MONTHS[language].index(month) + 1, int(day)) - dt.date(1970, 1, 1)).days


def check(
    cards: pd.DataFrame, facts: Facts, columns: Mapping[str, np.ndarray], language: str, today: int
) -> Counter[str]:
    """Faults of one run's cards, by kind."""
    text = resources.files("pkh_graduation.explanations").joinpath(f"sentences.{language}.toml").read_text("utf-8")
    book = tomllib.loads(text)["fitur"]
    faults: Counter[str] = Counter(dict.fromkeys(("value", "comparison", "day", "missing sentence"), 0))
    keys = pd.MultiIndex.from_frame(cards[["kpm_id", "as_of"]])
    rows = facts.values.index.get_indexer(keys)
    for card, row in zip(cards.itertuples(), rows, strict=True):
        value, known = facts.values[card.fitur].iloc[row], facts.known[card.fitur].iloc[row]
        found = re.fullmatch(KNOWN[language], card.kalimat)
        if found is None or card.fitur not in book:
            faults["missing sentence"] += 1
            continue
        words = says(found[1], book[card.fitur], facts.catalogue.loc[card.fitur], float(value), language)
        faults["value"] += words is None or card.nilai != value
        faults["comparison"] += bool(words) and not compared(
            words, book[card.fitur], value, columns[card.fitur], language
        )
        day = today if pd.isna(known) else int(known)
        faults["day"] += not read_day(found[2], language) == card.tanggal_diketahui == day <= today
    return faults


def whole(cards: pd.DataFrame, explanation: Any, index: pd.MultiIndex, theme: pd.Series) -> Counter[str]:
    """Faults that are not of a single sentence: signs against the attribution, and too many reasons."""
    place = {name: number for number, name in enumerate(explanation.feature_names)}
    rows = index.get_indexer(pd.MultiIndex.from_frame(cards[["kpm_id", "as_of"]]))
    own = explanation.values[rows, cards["fitur"].map(place)]
    side = np.where(cards["arah"] == "mendukung", 1.0, -1.0)
    values = pd.DataFrame(explanation.values, columns=explanation.feature_names).T.groupby(theme).sum().T
    of_theme = values.to_numpy()[rows, values.columns.get_indexer(cards["tema"])]
    many = cards.groupby(["kpm_id", "as_of", "arah"]).size()
    most = many.index.get_level_values("arah").map({"mendukung": 3, "menahan": 2})
    return Counter({
        "sign of feature": int((np.sign(own) != side).sum()),
        "sign of theme": int((np.sign(of_theme) != side).sum()),
        "contribution": int((~np.isclose(of_theme, cards["kontribusi"], rtol=1e-9, atol=1e-12)).sum()),
        "too many": int((many > np.asarray(most)).sum()),
    })  # fmt: skip


def main() -> None:
    """Print the table."""
    reader = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    reader.add_argument("--cards", type=int, default=10_000)
    reader.add_argument("--seed", type=int, default=7)
    asked = reader.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        records, _ = pkh.read_records(pkh.make_population(folder, preset="mini", seed=asked.seed), key=KEY)
    rng = np.random.default_rng(asked.seed)
    parts = []
    for day in AS_OF:
        now = pkh.take_snapshots(records, at=day)
        X, facts = pkh.build_features(records, now)
        parts.append((day, X.astype("float64"), facts))
    table: dict[str, Counter[str]] = {language: Counter() for language in languages()}
    total, told = 0, set()
    while total < asked.cards:
        for day, X, facts in parts:
            model, some = random_model(X, rng), X.sample(min(400, len(X)), random_state=int(rng.integers(1 << 31)))
            columns = {name: facts.values[name].to_numpy(np.float32, na_value=np.nan) for name in X.columns}
            today = (dt.date.fromisoformat(day) - dt.date(1970, 1, 1)).days
            runs = {language: pkh.explain(model, some, facts, language=language) for language in languages()}
            first = runs["id"].cards
            total, told = total + len(first), told | set(first["fitur"])
            for language, reasons in runs.items():
                faults = table[language]
                faults["cards"] += len(reasons.cards)
                faults.update(check(reasons.cards, facts, columns, language, today))
                faults.update(whole(reasons.cards, reasons.explanation, some.index, facts.catalogue["theme"]))
                words = dict(enumerate(reasons.cards["kalimat"]))
                faults["forbidden words"] += len(lint({str(key): text for key, text in words.items()}, language))
                same = reasons.cards.drop(columns="kalimat").equals(first.drop(columns="kalimat"))
                faults["differs between languages"] += int(not same)
    print(pd.DataFrame(table).fillna(0).astype(int).to_string())
    print(f"features told: {len(told)}")


if __name__ == "__main__":
    main()
