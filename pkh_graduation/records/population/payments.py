"""Table `penyaluran`: what each family is entitled to per tahap, and what became of the payment."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .clocks import Draft, lagged
from .columns import numbered, pick, whole
from .labels import Labels
from .life import Life
from .marginals import Marginals

STATUS = ("cair", "tertahan", "gagal", "retur")
REASONS = ("rekening_pasif", "data_tidak_padan", "kks_bermasalah", "sanksi", "tidak_hadir")
BANKS = ("BRI", "BNI", "MANDIRI", "BTN", "BSI", "POS")


def entitlement(components: np.ndarray, year: int, tahap: int, m: Marginals) -> np.ndarray:
    """Rupiah of a tahap per family: the dearest four of its components; flat in 2018, with 550,000 more in 2019 tahap 1."""
    k = m.section("penyaluran")
    counts = components[:, 1:].astype(np.int64).copy()
    counts[:, 1] = np.minimum(counts[:, 1], k["maks_aud"])
    if year < 2019:
        return np.where(counts.sum(axis=1) > 0, round(k["rata_2018"] * 1e6 / 4), 0)
    index = np.asarray(k["indeks_2019"] if year < 2021 else k["indeks_2021"]) * 1e6
    left = np.full(len(counts), k["maks_orang"])
    total = np.zeros(len(counts))
    for column in np.argsort(-index, kind="stable"):
        paid = np.minimum(counts[:, column], left)
        total += paid * index[column]
        left -= paid
    extra = k["bantuan_tetap_2019"] if (year, tahap) == (2019, 1) else 0
    return np.where(total > 0, np.round(total / 4) + extra, 0).astype(np.int64)


def penyaluran(life: Life, labels: Labels) -> Draft:
    """The draft of table `penyaluran`: one row per payment and status."""
    m = life.preset.numbers
    rng = life.stream("penyaluran")
    fam, q, amount = _due(life)
    wave = rng.integers(0, 3, len(fam))
    day = life.preset.starts[q] + 20 + 14 * wave + rng.integers(0, 14, len(fam))
    keep = life.member_on(fam, day) | _leaked(rng, life, fam, q)
    fam, q, amount, wave, day = fam[keep], q[keep], amount[keep], wave[keep], day[keep]
    n = len(fam)
    late = (rng.random(n) >= m["penyaluran.langsung_cair"]) | (amount == 0)
    status = np.where(late, 1 + np.searchsorted([0.5, 0.8], rng.random(n)), 0)
    status = np.where(amount == 0, 1, status)
    reason = np.where(amount == 0, 1, rng.integers(0, len(REASONS), n))
    later = np.flatnonzero(late & (amount > 0) & (rng.random(n) < m["penyaluran.akhirnya_cair"]))
    row = np.concatenate([np.arange(n), later])
    day = np.concatenate([day, day[later] + rng.integers(14, 80, len(later))])
    status = np.concatenate([status, np.zeros(len(later), dtype=np.int64)])
    year, tahap = np.array([life.preset.year_tahap(k) for k in range(life.preset.quarters)]).T
    bank = np.where(life.fam["sulit"][fam], BANKS.index("POS"), BANKS.index(life.region.bank))
    frame = pd.DataFrame(
        {
            "penyaluran_id": numbered(f"B99-{labels.part}", row, 8),
            "kpm_id": pick(labels.kpm, fam[row]),
            "tahun": whole(year[q[row]]),
            "tahap": whole(tahap[q[row]]),
            "gelombang": pick(["1", "2", "3"], wave[row]),
            "bansos": pick(["PKH"], np.zeros(len(row), dtype=np.int64)),
            "bank": pick(list(BANKS), bank[row]),
            "nominal": whole(amount[row]),
            "status": pick(list(STATUS), status),
            "alasan_tertahan": pick(list(REASONS), np.where(status == 1, reason[row], -1)),
        }
    )
    known = lagged(rng, day, m["tanggal_diketahui.penyaluran"], m)
    return Draft(frame, day, known, "tanggal_penyaluran")


def _due(life: Life) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Family, quarter and amount of every payment that may be made."""
    active = life.quarters["aktif"]
    after = np.zeros_like(active)
    after[:, 1:] = active[:, :-1] & ~active[:, 1:]
    fam, q = np.nonzero(active | after)
    amount = np.zeros(len(fam), dtype=np.int64)
    for quarter in range(life.preset.quarters):
        rows = q == quarter
        year, tahap = life.preset.year_tahap(quarter)
        amount[rows] = entitlement(life.quarters["komponen"][fam[rows], quarter], year, tahap, life.preset.numbers)
    return fam, q, amount


def _leaked(rng: np.random.Generator, life: Life, fam: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Planted leakage: a payment in the quarter after a family left."""
    gone = ~life.quarters["aktif"][fam, q]
    leaked: np.ndarray = gone & (rng.random(life.n) < life.preset.numbers["penyaluran.sesudah_keluar"])[fam]
    return leaked
