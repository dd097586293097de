"""The parcels that rooms exchange: frozen, checked when made, without verbs.

In: nothing. Out: `Records`, `Quarantine`, `Snapshots`, `Outcomes`, `Facts`, `Scores`, `Reasons`, `PriorityLists`, and the
protocols under which one room is handed another's thing. May import: programme. May not: any room.

Two words recur. *Index*: frames about families at a date are indexed by ``(kpm_id, as_of)``, the pseudonym (str) and a
``datetime64[s]`` date, unique and in any order. *Day*: an int32 epoch day (see `programme.calendar`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from pkh_graduation.programme.vocabulary import STATES, SUDAH_KELUAR, TERSENSOR, WAYS_OUT

INDEX = ("kpm_id", "as_of")
CLOCK = ("record_id", "row_key", "day", "known_day", "superseded_day", "batal")
"""Columns that every canonical table carries: the two clocks, and which row of a business key is the last known."""


class ContractError(ValueError):
    """A parcel was made from the wrong thing: our mistake, or a frame built by hand."""


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ContractError(message)


def check_index(frame: pd.DataFrame | pd.Series, what: str) -> None:
    """Refuse a frame whose index is not the unique ``(kpm_id, as_of)``.

    Raises:
        ContractError: names what was given and what is expected; never shows a row.
    """
    kind = type(frame).__name__
    _require(isinstance(frame, (pd.DataFrame, pd.Series)), f"{what} must be a pandas frame or series, not {kind}.")
    names = tuple(frame.index.names)
    _require(names == INDEX, f"{what} must be indexed by {INDEX}, not by {names}.")
    _require(frame.index.is_unique, f"{what} holds the same family and date twice; each may occur once.")


def check_columns(frame: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    """Refuse a frame that lacks columns.

    Raises:
        ContractError: names the missing columns and those that are there.
    """
    missing = [column for column in columns if column not in frame.columns]
    _require(not missing, f"{what} lacks {missing}; it has {list(frame.columns)}.")


@dataclass(frozen=True)
class Records:
    """Accepted tables in canonical form.

    Each table has its own columns (`records.schemas`), ``kpm`` (int64, the surrogate of ``kpm_id``) where it concerns a
    family, and the clock: ``record_id`` (int64), ``row_key`` (int64, one value per business key), ``day`` (Int32 event
    day), ``known_day`` (int32), ``superseded_day`` (int32, the known day of the next row of the same business key, `NEVER`
    if none), ``batal`` (bool). A row is visible at t when ``known_day <= t < superseded_day``, not ``batal``, ``day <= t``.

    ``sintetis`` is true for made-up records only; ``digest`` is a SHA-256 over all accepted content.
    """

    tables: Mapping[str, pd.DataFrame]
    sintetis: bool
    digest: str
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, table in self.tables.items():
            check_columns(table, CLOCK, f"table {name!r}")


@dataclass(frozen=True)
class Quarantine:
    """Rejected rows, one line per reason: table, file, row, column, original value (masked for identifiers), rule, message.

    ``rows`` counts rows per table as ``rows_in``, ``rows_accepted``, ``rows_quarantined``.
    """

    frame: pd.DataFrame
    rows: pd.DataFrame

    COLUMNS = ("tabel", "berkas", "baris", "kolom", "nilai_asli", "aturan", "pesan")

    def __post_init__(self) -> None:
        check_columns(self.frame, self.COLUMNS, "quarantine")
        check_columns(self.rows, ("rows_in", "rows_accepted", "rows_quarantined"), "quarantine.rows")
        lost = self.rows["rows_in"] - self.rows["rows_accepted"] - self.rows["rows_quarantined"]
        _require(
            not lost.any(),
            f"rows were lost in {list(self.rows.index[lost != 0])}: in = accepted + quarantined must hold.",
        )

    def counts(self) -> pd.Series:
        """Rejected rows per rule, most frequent first."""
        rows = self.frame.drop_duplicates(["tabel", "berkas", "baris", "aturan"])
        return rows["aturan"].value_counts().rename("baris")


@dataclass(frozen=True)
class Snapshots:
    """Who was at risk at each as-of date, as the office knew it then, and who her pendamping was.

    ``frame`` is indexed by `INDEX`; columns: ``kpm`` (int64), ``pendamping_id``, ``kelompok_id``, ``desa``, ``kecamatan``,
    ``kabupaten`` (str, missing allowed), ``masuk_day`` (Int32, start of the current membership), ``masuk_perkiraan``
    (bool), ``proses`` (str: the stage of an open case visible at the date, else missing), ``proses_jenis``, ``proses_day``.
    These columns travel beside the model's inputs; none is ever one of them.
    """

    frame: pd.DataFrame

    COLUMNS = (
        "kpm", "pendamping_id", "kelompok_id", "desa", "kecamatan", "kabupaten",
        "masuk_day", "masuk_perkiraan", "proses", "proses_jenis", "proses_day",
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_index(self.frame, "snapshots")
        check_columns(self.frame, self.COLUMNS, "snapshots")

    @property
    def dates(self) -> list[dt.date]:
        """The as-of dates, in order."""
        return [stamp.date() for stamp in sorted(self.frame.index.get_level_values("as_of").unique())]


@dataclass(frozen=True)
class Outcomes:
    """How and when each family of the snapshots left, as far as known at ``known_by``.

    ``frame`` is indexed by `INDEX`; columns: ``way_out`` (one of `WAYS_OUT`, `masih_peserta` when seen staying for all of
    ``max_horizon``, `tersensor` when seen for less, `sudah_keluar` when gone before the date though not yet known),
    ``quarter`` (int16: of the exit, counted from 1; else the number of quarters fully observed, which may be 0), and
    ``observed`` (int16: quarters whose outcome is mature at ``known_by``; an exit in a quarter not yet mature does not count).
    ``exits`` keeps every version of every exit with its known days, so that the same outcomes can be told as of an earlier day.
    """

    frame: pd.DataFrame
    exits: pd.DataFrame
    known_by: dt.date
    lag_days: int
    max_horizon: int

    def __post_init__(self) -> None:
        check_index(self.frame, "outcomes")
        check_columns(self.frame, ("way_out", "quarter", "observed"), "outcomes")
        strange = set(self.frame["way_out"].unique()) - {*STATES, TERSENSOR, SUDAH_KELUAR}
        _require(
            not strange,
            f"outcomes hold unknown ways out {sorted(strange)}; known are {[*STATES, TERSENSOR, SUDAH_KELUAR]}.",
        )


@dataclass(frozen=True)
class Facts:
    """What a person may read: the exact value behind each feature, and the day on which it became known.

    ``values`` and ``known`` share the index and the columns; ``known`` holds Int32 days. ``catalogue`` is the data
    dictionary: one row per feature name with ``theme, unit, meaning_id, meaning_en, lever, sign, source, window, model``
    (``sign``: -1, 0 or +1, the monotone constraint that policy asks for; ``model``: whether the feature is a column of X).
    """

    values: pd.DataFrame
    known: pd.DataFrame
    catalogue: pd.DataFrame

    def __post_init__(self) -> None:
        check_index(self.values, "facts")
        check_columns(
            self.catalogue,
            ("theme", "unit", "meaning_id", "meaning_en", "lever", "sign", "source", "window", "model"),
            "catalogue",
        )


_ROUNDING = 1e-9
"""By how much sums of probabilities may miss."""


@dataclass(frozen=True)
class Scores:
    """Incidence of every way out.

    ``path`` has shape (n_families, horizon + 1, 4): the probability of each of `STATES` (in that order on the last axis)
    after 0, 1, ... horizon quarters; position 0 is now, where staying is 1. Each row sums to one. ``margin`` (n_families,)
    is the explained quantity: the mandiri hazard's log-odds, mean over quarters ahead 1..4 and over the bag. ``low`` and
    ``high`` (n_families,) bound P(mandiri by horizon) over the bag.
    """

    index: pd.MultiIndex
    path: np.ndarray
    margin: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def __post_init__(self) -> None:
        n = len(self.index)
        _require(self.path.ndim == 3 and self.path.shape[0] == n and self.path.shape[2] == len(STATES),
                 f"path must have shape ({n}, horizon + 1, {len(STATES)}), not {self.path.shape}.")  # fmt: skip
        _require(
            bool(np.allclose(self.path.sum(axis=2), 1.0, rtol=0, atol=_ROUNDING)),
            "staying and every way out must sum to one in each row.",
        )
        _require(bool((self.path >= -_ROUNDING).all()), "a probability is below 0: mend the model that gave it.")
        _require(
            bool((np.diff(self.path[:, :, 1:], axis=1) >= -_ROUNDING).all()),
            "who has left has left: no incidence of a way out may fall from one quarter to the next.",
        )
        _require(self.index.is_unique, "scores hold a row (kpm_id, as_of) twice: score each family once.")

    @property
    def horizon(self) -> int:
        """Quarters ahead of the last position."""
        return self.path.shape[1] - 1

    @property
    def frame(self) -> pd.DataFrame:
        """Incidence at the horizon: one column per state, one row per family."""
        return pd.DataFrame(self.path[:, -1, :], index=self.index, columns=list(STATES))


@dataclass(frozen=True)
class Reasons:
    """Why the model says what it says.

    ``explanation`` is a ``shap.Explanation`` (values (n_families, n_features), in log-odds of the mandiri hazard), None where
    the cards alone were asked for.
    ``cards`` is long, one line per shown reason: ``kpm_id, as_of, arah`` (mendukung or menahan), ``urutan`` (1..3),
    ``tema, fitur, nilai`` (exact, from the facts), ``tanggal_diketahui`` (day), ``kontribusi`` (log-odds of the theme),
    ``kalimat`` (the sentence).
    """

    explanation: Any
    cards: pd.DataFrame

    def __post_init__(self) -> None:
        check_columns(
            self.cards,
            (
                "kpm_id",
                "as_of",
                "arah",
                "urutan",
                "tema",
                "fitur",
                "nilai",
                "tanggal_diketahui",
                "kontribusi",
                "kalimat",
            ),
            "reasons.cards",
        )


@dataclass(frozen=True)
class PriorityLists:
    """Every pendamping's list: who to talk with first, and who must not be on it and why.

    ``frame``: one line per family of every caseload, columns ``kpm_id, as_of, pendamping_id, desa, kecamatan, kabupaten,
    kelompok_id, urutan`` (Int32 place on the year's list, missing when not on it), ``kategori`` (the three bands),
    ``p_mandiri_12m, p_bawah, p_atas, p_alamiah_12m, p_administratif_12m`` (missing for an objecting family),
    ``slot`` (model, acak; disisihkan: held out), ``propensi``, ``dikecualikan_karena, peringatan, cek, rujukan`` (words joined
    by ``|``), ``proses``, ``rencana`` and ``kunjungan_ke`` (Int32: month of the year's plan and visit within it, from 1;
    missing when on no list), ``daftar_lain`` (lists apart: perlindungan_berkelanjutan, persiapan_alamiah, joined by ``|``) and
    ``lanjut`` (what may continue after the last component, joined by ``|``). ``cards`` are the reasons of the families.
    ``shortfalls``: one line per pendamping with ``pendamping_id, dampingan, kuota, terisi, sebab, lantai`` (floors not met, and
    why). ``run_id`` is a hash of the inputs. ``actions``: what a listed family can do, one line each with ``kpm_id, tindakan,
    kalimat, lembaga, tingkat_bukti, cek, sumber``; None or empty where nothing is proven, which the lists then say.
    """

    frame: pd.DataFrame
    cards: pd.DataFrame
    shortfalls: pd.DataFrame
    run_id: str
    as_of: dt.date
    catalogue: pd.DataFrame
    facts: Facts
    notes: Mapping[str, str] = field(default_factory=dict)
    actions: pd.DataFrame | None = None

    @cached_property
    def facts_rows(self) -> np.ndarray:
        """Where each family of ``frame`` stands in the facts (n,); -1 where they lack it."""
        families = pd.MultiIndex.from_frame(self.frame[list(INDEX)])
        return np.asarray(self.facts.values.index.get_indexer(families))


@dataclass(frozen=True)
class StoredTable:
    """A table that stays in Parquet files: the engine reads only ``columns`` (name -> SQL type to cast to) of ``paths``.

    The types are of the kind both engines know: INT, BIGINT, DOUBLE, STRING. A boolean cast to INT is 0 or 1.
    """

    paths: tuple[str, ...]
    columns: Mapping[str, str]

    def __post_init__(self) -> None:
        _require(bool(self.paths), "a stored table needs at least one Parquet file.")
        strange = sorted(set(self.columns.values()) - {"INT", "BIGINT", "DOUBLE", "STRING"})
        _require(not strange, f"stored columns may be INT, BIGINT, DOUBLE or STRING, not {strange}.")

    @property
    def projection(self) -> list[str]:
        """SQL of the columns, cast."""
        return [f"CAST({name} AS {kind}) AS {name}" for name, kind in self.columns.items()]


class Engine(Protocol):
    """Where SQL runs. One call computes one SELECT over the named tables at one as-of date."""

    def run(self, sql: str, tables: Mapping[str, Any]) -> pd.DataFrame:
        """Run ``sql`` over ``tables`` (name -> pandas frame, Arrow table or `StoredTable`) and return a frame."""


TreeMargins = Callable[[Sequence[Any], np.ndarray], np.ndarray]
"""Margins of several fitted tree models on the same rows: (models, matrix (n, p)) -> (len(models), n), in log-odds."""


@runtime_checkable
class Contender(Protocol):
    """A way to choose families: a model, or a rule of today's practice."""

    def fit(self, X: pd.DataFrame, y: Outcomes, *, groups: pd.Series | None = None) -> Contender:
        """Learn from features and outcomes with the same index; ``groups`` names each family's pendamping."""

    def predict_incidence(self, X: pd.DataFrame, horizon: int, *, groups: pd.Series | None = None) -> Scores:
        """Incidence of each way out after 0..horizon quarters."""


@dataclass(frozen=True)
class ExplainedPart:
    """One additive part of the explained margin: ``margin = sum of weight * part margin`` over parts.

    ``matrix`` has shape (n_families, p); ``owner`` names, for each of its columns, the feature that is credited (``waktu``
    for inputs that are time and no trait of a family). A ``tree`` part is a fitted scikit-learn HistGradientBoosting model
    whose part margin is its ``decision_function(matrix)``. A ``linear`` part has ``coef`` and ``center`` (p,) and
    ``intercept``; its part margin is ``intercept + matrix @ coef``, and column values are ``coef * (matrix - center)``.
    ``member`` numbers the bag's member the part belongs to, so that the agreement of signs can be counted.
    """

    kind: str
    weight: float
    matrix: np.ndarray
    owner: tuple[str, ...]
    member: int
    estimator: Any = None
    coef: np.ndarray | None = None
    center: np.ndarray | None = None
    intercept: float = 0.0

    def __post_init__(self) -> None:
        _require(self.kind in ("tree", "linear"), f"a part is 'tree' or 'linear', not {self.kind!r}.")
        _require(self.matrix.shape[1] == len(self.owner), "owner must name a feature for each column of matrix.")


@runtime_checkable
class Explainable(Protocol):
    """A model whose mandiri margin can be taken apart exactly."""

    def explained_margin(self, X: pd.DataFrame) -> np.ndarray:
        """Log-odds of the mandiri hazard, mean over quarters ahead 1..4 and over the bag; shape (n_families,)."""

    def explained_parts(self, X: pd.DataFrame) -> list[ExplainedPart]:
        """The parts that add up to `explained_margin`."""


@dataclass(frozen=True)
class Evidence:
    """What data say about a lever's effect on P(mandiri within four quarters).

    ``lever``: its code in `programme.levers`. ``grade``: E1, E2 or E3 (`programme.levers.GRADES`). ``effect, low, high``: mean
    over the families it was learned from, in probability, and its 95 % interval. ``population``: whom it was learned from, in
    the words of the panel. ``families``: columns ``effect, low, high``, indexed by `INDEX`; a family that is absent, or whose
    values are missing, has no evidence.
    """

    lever: str
    grade: str
    effect: float
    low: float
    high: float
    population: str
    families: pd.DataFrame

    def __post_init__(self) -> None:
        check_index(self.families, "evidence")
        check_columns(self.families, ("effect", "low", "high"), "evidence")
        _require(self.grade in ("E1", "E2", "E3"), f"evidence has grade E1, E2 or E3, not {self.grade!r}.")


@dataclass(frozen=True)
class Fold:
    """One origin of a backtest: what may be learnt from by then, and what is judged.

    ``newness``, where units were held out, says of each row of ``test`` what training had never seen: ``kpm``,
    ``pendamping`` or ``kabupaten``.
    """

    origin: dt.date
    train: pd.MultiIndex
    test: pd.MultiIndex
    y_train: Outcomes
    y_test: Outcomes
    newness: pd.Series | None = None


class Folds(Protocol):
    """Anything that cuts a panel in time."""

    def split(self, X: pd.DataFrame, y: Outcomes, history: Snapshots) -> Iterator[Fold]:
        """Folds in the order of their origins."""


Progress = Callable[[str], None]
"""Called with one short line when a long work moves on; the default says nothing."""


def quiet(message: str) -> None:
    """Report no progress."""


__all__ = [
    "CLOCK",
    "INDEX",
    "WAYS_OUT",
    "Contender",
    "ContractError",
    "Engine",
    "Evidence",
    "Explainable",
    "ExplainedPart",
    "Facts",
    "Fold",
    "Folds",
    "Outcomes",
    "PriorityLists",
    "Progress",
    "Quarantine",
    "Reasons",
    "Records",
    "Scores",
    "Snapshots",
    "StoredTable",
    "TreeMargins",
    "check_columns",
    "check_index",
    "quiet",
]
