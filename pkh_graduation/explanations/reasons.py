"""Reasons: at most three themes that support and two that hold back, each told by one feature with its value and date.

A theme is shown only if its sign is the same in at least 90 % of the bag and its size is above a floor. Place and time
never count as a family's reason, and a family that objects to profiling gets none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from pkh_graduation.contracts import ContractError, Explainable, Facts, Reasons
from pkh_graduation.explanations.attributions import WAKTU, Attribution, Attributor, attribute
from pkh_graduation.explanations.sentences import Phrasebook, read_phrasebook, standings

SUPPORTING, HOLDING = "mendukung", "menahan"
MOST = {SUPPORTING: 3, HOLDING: 2}
"""Themes shown at most, per direction."""

AGREEMENT = 0.9
"""Share of the bag's members that must give a theme the same sign."""

FLOOR = 0.05
"""Smallest contribution of a theme that is shown, log-odds: about five per cent of the odds."""

NO_REASON = frozenset({"wilayah", WAKTU})
"""Themes that are circumstances of place and time, never a family's reason."""

_EPOCH = np.datetime64("1970-01-01", "D")
OBJECTION = "pagar_keberatan"
"""Fact of families that object to automated profiling."""
_COLUMNS = ["kpm_id", "as_of", "arah", "urutan", "tema", "fitur", "nilai", "tanggal_diketahui", "kontribusi", "kalimat"]


@dataclass(frozen=True)
class Choice:
    """What will be told, before it is worded.

    ``shown`` is long: ``row`` (position in ``index``), ``arah, urutan, tema, fitur, kontribusi``.
    """

    attribution: Attribution
    index: pd.MultiIndex
    shown: pd.DataFrame

    @property
    def features(self) -> set[str]:
        """The features that are told: `word` needs their exact values and days, and nobody else's."""
        return set(self.shown["fitur"])


def explain(
    model: Explainable,
    X: pd.DataFrame,
    facts: Facts,
    *,
    language: str = "id",
    cohort: Facts | None = None,
    agreement: float = AGREEMENT,
    floor: float = FLOOR,
) -> Reasons:
    """Explain the margin of every family of X, exactly, and word the strongest themes.

    Values on cards come from ``facts`` (never from X); ``cohort`` is whom a family is compared with, by default everyone
    in ``facts``.

    Raises:
        AdditivityError: the attributions do not add up to the model's margin.
        ContractError: X has a family or a column that ``facts`` lacks.
        SentenceError: no phrasebook in this language.
    """
    choice = choose(model, X, facts, language=language, agreement=agreement, floor=floor)
    return Reasons(choice.attribution.explanation, word(choice, facts, language=language, cohort=cohort))


def choose(
    model: Explainable,
    X: pd.DataFrame,
    facts: Facts,
    *,
    language: str = "id",
    agreement: float = AGREEMENT,
    floor: float = FLOOR,
    attributor: Attributor | None = None,
) -> Choice:
    """The first half of `explain`: of ``facts`` it needs to know which values are known, not how large they are.

    ``attributor``: see `attribute`. Raises as `explain` does.
    """
    book = read_phrasebook(language)
    _check_families(X.index, facts)
    attribution = attribute(model, X, facts.catalogue["theme"], attributor=attributor)
    _check_tellable(attribution, facts, book)
    shown = _choose(attribution, X, facts.values.reindex(X.index), book, agreement=agreement, floor=floor)
    return Choice(attribution, X.index, shown)


def tellable(theme_of: pd.Series, language: str = "id") -> list[str]:
    """Features that a card may ever tell; ``theme_of`` maps each to its theme."""
    book = read_phrasebook(language)
    return [name for name, theme in theme_of.items() if theme not in NO_REASON and book.shows(str(name))]


def word(choice: Choice, facts: Facts, *, language: str = "id", cohort: Facts | None = None) -> pd.DataFrame:
    """The second half of `explain`: the cards. ``facts`` hold the exact values and days of `Choice.features`.

    Raises:
        ContractError: ``facts`` lack a family.
    """
    _check_families(choice.index, facts)
    values, known = facts.values.reindex(choice.index), facts.known.reindex(choice.index)
    return _word(choice.shown, choice.index, values, known, facts, cohort or facts, read_phrasebook(language))


def _check_families(index: pd.Index, facts: Facts) -> None:
    lost = index.difference(facts.values.index)
    if len(lost):
        raise ContractError(f"facts lack {len(lost)} of the {len(index)} families and dates of X: build both together.")


def _check_tellable(attribution: Attribution, facts: Facts, book: Phrasebook) -> None:
    told = [name for theme in attribution.themes if theme not in NO_REASON for name in attribution.features[theme]]
    lost = [name for name in told if book.shows(name) and name not in facts.values.columns]
    if lost:
        raise ContractError(
            f"facts lack {len(lost)} features that a card may tell, such as {lost[:5]}: build them with the columns of X."
        )


def _choose(
    attribution: Attribution, X: pd.DataFrame, values: pd.DataFrame, book: Phrasebook, *, agreement: float, floor: float
) -> pd.DataFrame:
    """Long frame of what is shown: row (position in X), arah, urutan, tema, fitur, kontribusi."""
    objects = objecting(values)
    found = []
    for position, theme in enumerate(attribution.themes):
        if theme in NO_REASON:
            continue
        contribution = attribution.contributions[:, position]
        shown = (np.abs(contribution) >= floor) & (attribution.agreement[:, position] >= agreement) & ~objects
        found.append(_strongest(attribution, X, values, book, theme, contribution, shown))
    chosen = pd.concat(found, ignore_index=True)
    chosen["arah"] = np.where(chosen["kontribusi"] > 0, SUPPORTING, HOLDING)
    chosen["ukuran"] = chosen["kontribusi"].abs()
    # Ties between themes fall by name, so that the order of features in X decides nothing.
    chosen = chosen.sort_values(["row", "arah", "ukuran", "tema"], ascending=[True, False, False, True], kind="stable")
    chosen["urutan"] = chosen.groupby(["row", "arah"]).cumcount() + 1
    return chosen[chosen["urutan"] <= chosen["arah"].map(MOST).astype("int64")].reset_index(drop=True)


def _strongest(
    attribution: Attribution,
    X: pd.DataFrame,
    values: pd.DataFrame,
    book: Phrasebook,
    theme: str,
    contribution: np.ndarray,
    shown: np.ndarray,
) -> pd.DataFrame:
    """The feature that tells the theme: the strongest of the theme's sign whose value is known and may be shown."""
    owned = list(attribution.names)
    columns = sorted(name for name in attribution.features[theme] if book.shows(name))
    if not columns:
        return pd.DataFrame({"row": np.zeros(0, int), "tema": "", "fitur": "", "kontribusi": np.zeros(0)})
    places = [owned.index(name) for name in columns]
    strength = attribution.values[:, places] * np.sign(contribution)[:, None]
    strength = np.where(values[columns].notna().to_numpy(), strength, -np.inf)
    best = strength.argmax(axis=1)
    rows = np.flatnonzero(shown & (strength[np.arange(len(X)), best] > 0))
    return pd.DataFrame(
        {"row": rows, "tema": theme, "fitur": np.array(columns)[best[rows]], "kontribusi": contribution[rows]}
    )


def objecting(values: pd.DataFrame) -> np.ndarray:
    """Families (n,) that object to automated profiling, or of whom it is not known: nothing may be said of them."""
    if OBJECTION not in values.columns:
        return np.zeros(len(values), dtype=bool)
    return values[OBJECTION].fillna(1).to_numpy(dtype=float) != 0


def _word(
    chosen: pd.DataFrame,
    index: pd.Index,
    values: pd.DataFrame,
    known: pd.DataFrame,
    facts: Facts,
    cohort: Facts,
    book: Phrasebook,
) -> pd.DataFrame:
    """Add the exact value, its known day and the sentence to what was chosen."""
    pieces = []
    asked = (index.get_level_values("as_of").to_numpy("datetime64[D]") - _EPOCH).astype("int32")
    for feature, cards in chosen.groupby("fitur", sort=True):
        rows = cards["row"].to_numpy()
        own = values[feature].iloc[rows].to_numpy(dtype=float)
        # That nothing is recorded ("no enterprise") has no record's day: it is known on the as-of date itself.
        days = known[feature].iloc[rows].astype("Int32").fillna(pd.Series(asked[rows], index=known.index[rows]))
        told = cards.assign(nilai=own, tanggal_diketahui=days.to_numpy())
        # The others' values may come from X, where they are float32: one's own is compared in the same precision.
        others = cohort.values[feature].to_numpy(dtype=np.float32, na_value=np.nan)
        standing = standings(own.astype(np.float32), others)
        pieces.append(told.assign(kalimat=_sentences(told, standing, facts.catalogue.loc[feature], book)))
    return _table(pieces, index)


def _sentences(cards: pd.DataFrame, standing: np.ndarray, line: pd.Series, book: Phrasebook) -> list[str]:
    """One sentence per card of one feature; ``line`` is its line of the data dictionary.

    Where policy fixes a feature's sign, a comparison against it is left out: "above most families" under what holds back
    would read as a contradiction, though the model only misses what ready families have.
    """
    side = np.where(cards["arah"] == SUPPORTING, 1, -1) * int(line["sign"])
    odd = np.isnan(standing).any(axis=1) | (side * (standing[:, 0] - standing[:, 1]) < 0)
    feature, unit, meaning = str(line.name), str(line["unit"]), str(line[book.notation.arti])

    # Many families share a value, and more a day: each is worded once.
    @cache
    def stated(direction: str, value: float, compared: tuple[float, float] | None) -> str:
        return book.statement(feature, direction, value, unit=unit, meaning=meaning, standing=compared)

    dated = cache(book.dated)
    shares = (None if silent else tuple(pair) for silent, pair in zip(odd.tolist(), standing.tolist(), strict=True))
    columns = (cards[name].tolist() for name in ("arah", "nilai", "tanggal_diketahui"))
    return [
        f"{stated(direction, value, compared)} {dated(int(day))}"
        for direction, value, day, compared in zip(*columns, shares, strict=True)
    ]


def _table(pieces: list[pd.DataFrame], index: pd.Index) -> pd.DataFrame:
    if not pieces:
        return pd.DataFrame({name: [] for name in _COLUMNS})
    cards = pd.concat(pieces, ignore_index=True).sort_values(["row", "arah", "urutan"], ascending=[True, False, True])
    rows = cards["row"].to_numpy()
    cards["kpm_id"] = index.get_level_values("kpm_id")[rows]
    cards["as_of"] = index.get_level_values("as_of")[rows]
    return cards[_COLUMNS].reset_index(drop=True)
