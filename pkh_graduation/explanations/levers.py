"""What can be done: steps and rights that fit a family's record, each with the grade of what is known about it.

The panel *Apa yang bisa dilakukan*, apart from *Mengapa di daftar*. A step is advised on evidence alone. Without any, the model
is asked again with the family as it would be (never read off the sign of an attribution: Bilodeau et al. 2024, PNAS): that is
grade E0, similar families, a matter to talk about and no advice, and never a loan. That nothing is proven is an answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from pkh_graduation.contracts import ContractError, Evidence, Explainable, Facts, TreeMargins
from pkh_graduation.explanations.reasons import AGREEMENT, FLOOR, OBJECTION, objecting
from pkh_graduation.explanations.sentences import Phrasebook, read_phrasebook
from pkh_graduation.explanations.what_if import Inquiry, features_of
from pkh_graduation.programme.levers import GRADES, HAK, TINDAKAN, Lever, cautions, levers

PERINGATAN, TIDAK_ADA, BAHAN_BICARA = "peringatan", "tidak_ada", "bahan_bicara"
MOST = {TINDAKAN: 3, BAHAN_BICARA: 2, HAK: 2}
"""Rows of a kind shown at most, per family."""

COLUMNS = [
    "kpm_id", "as_of", "urutan", "jenis", "lever", "kalimat", "lembaga", "grade", "cek", "sumber",
    "perubahan", "bawah", "atas",
]  # fmt: skip
NEEDED_FACTS = tuple(
    sorted(
        {OBJECTION, *(name for lever in levers() for name in lever.facts)}
        | {condition.fakta for caution in cautions() for condition in caution.syarat}
    )
)
"""Facts that `suggest` reads."""
_ORDER = {PERINGATAN: 0, TINDAKAN: 1, TIDAK_ADA: 2, BAHAN_BICARA: 3, HAK: 4}


def suggest(
    model: Explainable,
    X: pd.DataFrame,
    facts: Facts,
    *,
    language: str = "id",
    evidence: Sequence[Evidence] = (),
    agreement: float = AGREEMENT,
    floor: float = FLOOR,
    tree_margins: TreeMargins | None = None,
) -> pd.DataFrame:
    """Rows of the panel for every family of X (all at one date), columns `COLUMNS`, in order of family and ``urutan``.

    All rows need the conditions of the catalogue to hold on the facts. ``jenis``: *peringatan* (before any loan); *tindakan*
    (its evidence has a lower bound above 0 for this family; ``perubahan`` in probability); *tidak_ada* (no step is proven);
    *bahan_bicara* (no evidence yet, no loan, and ``agreement`` of the bag agree that the margin rises by ``floor`` or more;
    ``perubahan`` in log-odds); *hak*. Families that object to profiling get no row. ``tree_margins``: see `Inquiry`.

    Raises:
        ContractError: several dates, families that ``facts`` lack, or a lever nobody can pull.
        SentenceError: no phrasebook in this language.
    """
    book = read_phrasebook(language)
    day = _one_day(X)
    if len(X.index.difference(facts.values.index)):
        raise ContractError(f"facts lack some of the {len(X)} families of X: build both together.")
    values = facts.values.reindex(X.index)
    speaks = ~objecting(values)
    known = {item.lever: item for item in evidence}
    rows, inquiry = [_cautions(values, speaks, book)], Inquiry(model, X, tree_margins=tree_margins)
    for place, lever in enumerate(levers(on=day)):
        fits = _fits(lever, values) & speaks
        if lever.jenis == HAK:
            rows.append(_rights(lever, np.flatnonzero(fits), place, book))
        elif set(features_of(lever)) <= set(X.columns):
            rows.append(_steps(inquiry, lever, fits, facts, known.get(lever.kode), place, book, (agreement, floor)))
    return _table(rows, X.index, speaks, book)


def _steps(
    inquiry: Inquiry,
    lever: Lever,
    fits: np.ndarray,
    facts: Facts,
    evidence: Evidence | None,
    place: int,
    book: Phrasebook,
    limits: tuple[float, float],
) -> pd.DataFrame:
    """Rows of one lever: families with evidence by their bound, the others by asking the model."""
    told = pd.DataFrame(index=inquiry.X.index, columns=["effect", "low", "high"], dtype=float)
    if evidence is not None:
        told = evidence.families.reindex(inquiry.X.index)
    proven = told["low"].notna().to_numpy()
    pieces = []
    if evidence is not None:
        good = np.flatnonzero(fits & proven & (told["low"].to_numpy() > 0))
        pieces.append(_proven(lever, evidence, told.iloc[good], good, place, book))
    ask = np.flatnonzero(fits & ~proven & (not lever.pinjaman))
    if len(ask):
        found = inquiry.what_if(lever, ask, catalogue=facts.catalogue)
        shown = (found.change >= limits[1]) & (found.agreement >= limits[0])
        sentence = _sentence(book, "E0", lever)
        pieces.append(_rows(lever, ask[shown], place, book, BAHAN_BICARA, "E0", sentence,
                            (found.change[shown], found.low[shown], found.high[shown])))  # fmt: skip
    return pd.concat(pieces) if pieces else _rows(lever, ask, place, book, BAHAN_BICARA, "E0", "")


def _proven(
    lever: Lever, evidence: Evidence, told: pd.DataFrame, rows: np.ndarray, place: int, book: Phrasebook
) -> pd.DataFrame:
    figures = told[["effect", "low", "high"]].to_numpy()
    points = [[_points(book, share) for share in line] for line in figures]
    sentences = [
        _sentence(book, evidence.grade, lever, efek=effect, bawah=low, atas=high, populasi=evidence.population)
        for effect, low, high in points
    ]
    return _rows(lever, rows, place, book, TINDAKAN, evidence.grade, sentences, tuple(figures.T))


def _points(book: Phrasebook, share: float) -> str:
    return book.actions["poin"].format(angka=book.notation.number(share * 100, 1))


def _rights(lever: Lever, rows: np.ndarray, place: int, book: Phrasebook) -> pd.DataFrame:
    return _rows(lever, rows, place, book, HAK, "", _sentence(book, "hak", lever))


def _sentence(book: Phrasebook, kind: str, lever: Lever, **figures: str) -> str:
    nama, serupa = lever.nama[book.language], lever.serupa.get(book.language, "")
    return book.actions[kind].format(nama=nama, serupa=serupa, **figures)


def _rows(
    lever: Lever,
    rows: np.ndarray,
    place: int,
    book: Phrasebook,
    kind: str,
    grade: str,
    sentence: str | Sequence[str],
    figures: tuple[np.ndarray, ...] = (),
) -> pd.DataFrame:
    """Rows of one lever, with its place in the catalogue and its strength for the order."""
    nothing = np.full(len(rows), np.nan)
    change, low, high = figures or (nothing, nothing, nothing)
    source = f"{lever.sumber} (keyakinan: {lever.keyakinan}; diperiksa {lever.diperiksa}; verifikasi ke Dinsos)"
    return pd.DataFrame(
        {
            "row": rows, "jenis": kind, "lever": lever.kode, "kalimat": sentence, "lembaga": lever.lembaga, "grade": grade,
            "cek": lever.cek[book.language], "sumber": source, "perubahan": change, "bawah": low, "atas": high,
            "tempat": place, "mutu": GRADES.index(grade) if grade else 0,
        }
    )  # fmt: skip


def _cautions(values: pd.DataFrame, speaks: np.ndarray, book: Phrasebook) -> pd.DataFrame:
    pieces = []
    for place, caution in enumerate(cautions()):
        met = np.ones(len(values), dtype=bool)
        for condition in caution.syarat:
            met &= np.asarray(condition.holds(_column(values, condition.fakta)), dtype=bool)
        pieces.append(
            _plain(np.flatnonzero(met & speaks), PERINGATAN, caution.kode, caution.kalimat[book.language], caution.sumber)
            .assign(tempat=place)
        )  # fmt: skip
    return pd.concat(pieces)


def _plain(rows: np.ndarray, kind: str, code: str, sentence: str, source: str) -> pd.DataFrame:
    words = {"jenis": kind, "lever": code, "kalimat": sentence, "sumber": source}
    empty = dict.fromkeys(("lembaga", "grade", "cek"), "")
    return pd.DataFrame(
        {"row": rows, **words, **empty, **dict.fromkeys(("perubahan", "bawah", "atas"), np.nan), "tempat": 0, "mutu": 0}
    )


def _table(rows: list[pd.DataFrame], index: pd.MultiIndex, speaks: np.ndarray, book: Phrasebook) -> pd.DataFrame:
    """All rows in order, at most `MOST` of a kind; families without a proven step get the row that says so."""
    found = pd.concat(rows, ignore_index=True)
    with_step = np.zeros(len(index), dtype=bool)
    with_step[found.loc[found["jenis"] == TINDAKAN, "row"]] = True
    none = _plain(np.flatnonzero(speaks & ~with_step), TIDAK_ADA, "", book.actions[TIDAK_ADA], "")
    found = pd.concat([found, none], ignore_index=True)
    # Steps by grade, then by strength; rights and warnings in the order of the catalogue.
    strength = found["perubahan"].fillna(0.0)
    found = found.assign(kuat=strength, kelas=found["jenis"].map(_ORDER)).sort_values(
        ["row", "kelas", "mutu", "kuat", "tempat"], ascending=[True, True, False, False, True], kind="stable"
    )
    number = found.groupby(["row", "jenis"]).cumcount()
    found = found[number < found["jenis"].map(MOST).fillna(len(levers())).to_numpy()].reset_index(drop=True)
    places = found["row"].to_numpy(dtype=np.int64)
    found["kpm_id"] = index.get_level_values("kpm_id")[places]
    found["as_of"] = index.get_level_values("as_of")[places]
    found["urutan"] = found.groupby("row").cumcount() + 1
    return found[COLUMNS]


def _fits(lever: Lever, values: pd.DataFrame) -> np.ndarray:
    return np.asarray(lever.fits(lambda name: _column(values, name)), dtype=bool)


def _column(values: pd.DataFrame, name: str) -> np.ndarray:
    if name not in values.columns:
        return np.full(len(values), np.nan)
    return values[name].to_numpy(dtype="float64", na_value=np.nan)


def _one_day(X: pd.DataFrame) -> dt.date | None:
    days = pd.unique(X.index.get_level_values("as_of"))
    if len(days) > 1:
        raise ContractError(f"what can be done is told at one date, not at {len(days)}.")
    return pd.Timestamp(days[0]).date() if len(days) else None
