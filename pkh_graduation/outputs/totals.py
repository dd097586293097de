"""Totals: the parts' summaries put together, and each count as the text that a coordinator may read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.outputs import words
from pkh_graduation.outputs.summary import BANDS, COUNTS, PartSummary
from pkh_graduation.outputs.suppression import HIDDEN, SMALL, hide

EVERYWHERE = "*"
"""Stands for all kabupaten together among the reasons."""
HOME = ("kabupaten", "kecamatan")
REASONS = "sebab"
"""The table of reasons among the tables of details; a family may have several, so they add up to more than their total."""
DETAIL = ["kabupaten", "tabel", "isi", "ukuran", "keluarga"]


@dataclass(frozen=True)
class Totals:
    """Four tables of texts, hidden-proof together.

    ``nation`` (one row), ``regions`` (by kabupaten), ``districts`` (with ``kabupaten, kecamatan``) and ``people`` (with
    ``pendamping_id, kabupaten, kecamatan, sebab, berkas``) have the columns `COUNTS`, all but districts also ``kuota``, which
    is a rule and no count of families. ``reasons`` is long:
    ``kabupaten`` (`EVERYWHERE` for all together), ``sebab, keluarga``, most frequent first; ``groups`` likewise with ``tabel,
    isi, ukuran, keluarga``. Without several kabupaten among the pendamping everything is under one empty code.
    """

    nation: pd.DataFrame
    regions: pd.DataFrame
    districts: pd.DataFrame
    people: pd.DataFrame
    reasons: pd.DataFrame
    groups: pd.DataFrame

    @property
    def several(self) -> bool:
        """Whether there is more than one kabupaten to tell apart."""
        return bool((self.regions.index != "").any())


def total(parts: Sequence[PartSummary]) -> Totals:
    """Add the parts and decide what is hidden, over all tables at once: no total betrays what another table hides.

    Raises:
        ValueError: no part, parts of different runs, or one pendamping in two of them.
    """
    _check(parts)
    people = _frame(
        parts, "pendamping", ["pendamping_id", "kabupaten", "kecamatan", "sebab", "lantai", "berkas", "kuota", *COUNTS]
    )
    if people["pendamping_id"].duplicated().any():
        raise ValueError("a pendamping is in two parts; a part holds whole caseloads. Cut the families by pendamping.")
    districts = _frame(parts, "kecamatan", ["kabupaten", "kecamatan", *COUNTS])
    reasons = _frame(parts, "sebab", ["kabupaten", "sebab", "keluarga"]).rename(columns={"sebab": "isi"})
    details = pd.concat(
        [reasons.assign(tabel=REASONS, ukuran="dikecualikan"), _frame(parts, "golongan", DETAIL)], ignore_index=True
    )
    if people.loc[people["kabupaten"] != "", "kabupaten"].nunique() <= 1:
        people, districts, details = (table.assign(kabupaten="") for table in (people, districts, details))
    people = people.sort_values("pendamping_id", ignore_index=True)
    districts = districts.groupby(list(HOME), as_index=False)[COUNTS].sum()
    regions = districts.groupby("kabupaten")[COUNTS].sum()
    regions["kuota"] = people.groupby("kabupaten")["kuota"].sum().reindex(regions.index, fill_value=0)
    everywhere = details.assign(kabupaten=EVERYWHERE)
    details = pd.concat([everywhere, details]).groupby(DETAIL[:-1], as_index=False)["keluarga"].sum()
    return _told(regions, districts, people, details)


def _check(parts: Sequence[PartSummary]) -> None:
    runs = {(part.as_of, part.run_id, part.model, part.tag) for part in parts}
    if len(runs) != 1:
        raise ValueError(
            f"the coordinators' pages are of one run; these {len(parts)} parts are of {len(runs)}: hand every part the same "
            "run_id, date and notes."
        )


def _frame(parts: Sequence[PartSummary], table: str, columns: list[str]) -> pd.DataFrame:
    rows = [row for part in parts for row in getattr(part, table)]
    return pd.DataFrame(rows, columns=columns)


def _told(regions: pd.DataFrame, districts: pd.DataFrame, people: pd.DataFrame, details: pd.DataFrame) -> Totals:
    """Stack the tables into one row of cells, hide, and cut them apart again as texts."""
    nation = regions.sum().to_frame().T
    tables = (nation, regions, districts, people)
    counts = np.concatenate([table[COUNTS].to_numpy(dtype=int) for table in tables])
    cells = np.split(np.arange(counts.size).reshape(counts.shape), np.cumsum([len(table) for table in tables])[:-1])
    values = np.concatenate([counts.ravel(), details["keluarga"].to_numpy(dtype=int)])
    small = (values > 0) & (values < SMALL)
    public = np.isin(np.arange(len(values)), _public(cells, regions, districts, people))
    lines = (*_sums(cells, regions, districts, people), *_detail_lines(cells, regions, details, counts.size))
    hidden = hide(values, small, lines, public)
    texts = np.array([words.number(value) for value in values.tolist()], dtype=object)
    texts[hidden] = HIDDEN
    nation, regions, districts, people = (
        table.assign(**dict(zip(COUNTS, texts[part].T, strict=True))) for table, part in zip(tables, cells, strict=True)
    )
    for table in (nation, regions, people):
        table["kuota"] = [words.number(int(places)) for places in table["kuota"]]
    # Hidden ones last: their place among the others would tell about how many they are.
    order = np.lexsort((details["isi"].to_numpy(dtype=str), -np.where(hidden, 0, values)[counts.size :]))
    told = details.assign(keluarga=texts[counts.size :])
    reasons = told.iloc[order].loc[lambda table: table["tabel"] == REASONS].rename(columns={"isi": "sebab"})
    groups = told[told["tabel"] != REASONS]
    return Totals(nation, regions, districts, people, reasons[["kabupaten", "sebab", "keluarga"]], groups)


def _public(
    cells: list[np.ndarray], regions: pd.DataFrame, districts: pd.DataFrame, people: pd.DataFrame
) -> np.ndarray:
    """Cells that everybody knows: a list without a shortfall is as long as its quota, and so are sums of such and empty lists.

    They can neither be hidden nor hide another; one under five is still not printed.
    """
    listed = COUNTS.index("terdaftar")
    full = (people["sebab"] == "").to_numpy()
    known = full | (people["terdaftar"] == 0).to_numpy()
    found = [cells[3][full, listed]]
    for above, table, keys in ((cells[1], regions.reset_index(), ["kabupaten"]), (cells[2], districts, list(HOME))):
        owner = _owner(table, people, keys)
        unknown, lists = (np.bincount(owner[who], minlength=len(table)) for who in (~known, known))
        found.append(above[(unknown == 0) & (lists > 0), listed])
    return np.concatenate([*found, cells[0][[bool(known.all())], listed]])


def _owner(above: pd.DataFrame, below: pd.DataFrame, keys: list[str]) -> np.ndarray:
    """Row of ``above`` to which each row of ``below`` belongs."""
    return pd.MultiIndex.from_frame(above[keys]).get_indexer(pd.MultiIndex.from_frame(below[keys]))


def _sums(
    cells: list[np.ndarray], regions: pd.DataFrame, districts: pd.DataFrame, people: pd.DataFrame
) -> Iterator[np.ndarray]:
    """Lines of the tables: the bands of each row, and every table under the one above it."""
    nation, region, district, person = cells
    bands = [COUNTS.index(name) for name in ("dampingan", *BANDS)]
    for table in cells:
        yield from table[:, bands]
    yield from np.vstack([nation, region]).T
    yield from _under(region, district, _owner(regions.reset_index(), districts, ["kabupaten"]))
    # Most families live where most of their caseload does: people add up to their kecamatan, or nearly.
    yield from _under(district, person, _owner(districts, people, list(HOME)))


def _under(above: np.ndarray, below: np.ndarray, owner: np.ndarray) -> Iterator[np.ndarray]:
    """A line per row above and column: its cell with those of the rows below that belong to it."""
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(len(above) + 1))
    for number, row in enumerate(above):
        yield from np.vstack([row, below[order[starts[number] : starts[number + 1]]]]).T


def _detail_lines(
    cells: list[np.ndarray], regions: pd.DataFrame, details: pd.DataFrame, start: int
) -> Iterator[np.ndarray]:
    """Lines of the details: those of one page under its total, those of every kabupaten under the nation's."""
    own = start + np.arange(len(details))
    for (code, _, measure), rows in details.groupby(["kabupaten", "tabel", "ukuran"]).indices.items():
        row = cells[0][0] if code == EVERYWHERE else cells[1][regions.index.get_loc(code)]
        yield np.append(row[COUNTS.index(measure)], own[rows])
    apart = (details["kabupaten"] != EVERYWHERE).to_numpy()
    for rows in details.groupby(["tabel", "isi", "ukuran"]).indices.values():
        yield own[rows[np.argsort(apart[rows], kind="stable")]]
