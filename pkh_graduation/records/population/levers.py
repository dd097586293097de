"""Planted levers T1-T4: who is offered one, by habit or by lot, who takes it, and what it does to the mandiri log-odds."""

from __future__ import annotations

import numpy as np

from .exits import sigmoid
from .families import Columns
from .marginals import Marginals

LEVERS = ("pelatihan", "tabungan", "kur", "pinjaman_kedua")
PROGRAM_OF = ("blk", "koperasi", "kur", "umi")
"""Programme that carries each lever in the records."""

NEVER = np.int64(10_000)


def effect(started: np.ndarray, quarter: int, state: Columns, m: Marginals) -> np.ndarray:
    """Sum of the levers' log-odds per family; ``started`` (n, 4): quarter of the start, acting from the next one on."""
    acting = started < quarter
    everyone, more = np.asarray(m["tuas.efek_semua"]), np.asarray(m["tuas.efek_tambahan"])
    chosen = np.stack(
        [
            (state["terampil"] < 0) & ~state["usaha"],
            np.zeros(len(acting), dtype=bool),
            state["usaha"],
            np.zeros(len(acting), dtype=bool),
        ],
        axis=1,
    )
    total: np.ndarray = (acting * (everyone + more * chosen)).sum(axis=1)
    return total


def offer(
    rng: np.random.Generator, quarter: int, state: Columns, u: np.ndarray, span: tuple[int, int], m: Marginals
) -> Columns:
    """Offers of a quarter, and their start in ``state["tuas_mulai"]``.

    Each family has one opportunity per lever; some are decided by lot with a logged chance, and lot winners always take it.
    Returns one row per opportunity: ``fam, tuas, acak, peluang, ditawari, diambil, hari``.
    """
    due = (state["kesempatan"] == quarter) & state["aktif"][:, None]
    due[:, 3] &= state["pinjaman"]
    fam, lever = np.nonzero(due)
    k = {name: np.asarray(values)[lever] for name, values in m.section("tuas").items() if isinstance(values, list)}
    logit = (
        k["tawar_pangkal"]
        + k["tawar_w"] * state["w"][fam]
        + k["tawar_usaha"] * state["usaha"][fam]
        + k["tawar_u"] * u[fam]
        + k["tawar_jarak"] * state["jarak"][fam]
    )
    draw = rng.random((3, len(fam)))
    lot = draw[0] < m["tuas.acak"]
    chance = np.where(lot, m["tuas.peluang_acak"], sigmoid(logit))
    offered = draw[1] < chance
    taken = offered & (lot | (draw[2] < k["ambil"]))
    state["tuas_mulai"][fam[taken], lever[taken]] = quarter
    got_loan = taken & (lever >= 2)
    state["pinjaman"][fam[got_loan]] = True
    day = rng.integers(span[0], span[0] + 60, len(fam))
    return {
        "fam": fam, "tuas": lever, "acak": lot, "peluang": chance, "ditawari": offered, "diambil": taken, "hari": day,
        "triwulan": np.full(len(fam), quarter),
    }  # fmt: skip
