"""Ways out: hazards of every cause per family and quarter, cases with their stages, and return.

Within a quarter causes act in the order administrative, mandiri, alamiah: the mandiri hazard is conditional on no
administrative exit, as the incidence formula of the models has it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .families import DISABILITAS, LANSIA, Columns
from .marginals import Marginals

STAY, MANDIRI, ALAMIAH, DESIL, PAKSA, ADMIN = range(6)
CAUSES = ("", "mandiri", "alamiah", "desil", "paksa", "admin")
NOT_SIGNED, NOT_APPROVED, EFFECTIVE = 1, 2, 3
"""How a mandiri case ends."""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)


@dataclass(frozen=True)
class Calibration:
    """What the reference run fixes for every part: the mandiri intercept of each quarter and the decile's cut points."""

    intercept: np.ndarray
    edges: np.ndarray


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


def predictor(state: Columns, m: Marginals) -> np.ndarray:
    """What the family itself contributes to the log-odds of a mandiri case."""
    k = m.section("keluar")
    protected = (state["komponen"][:, LANSIA] + state["komponen"][:, DISABILITAS]) > 0
    return (
        k["w"] * state["w"]
        + k["usaha"] * state["usaha"]
        + k["omzet"] * state["log_omzet"]
        + k["m2"] * state["m2"]
        + k["kepesertaan"] * state["kepesertaan"]
        + k["perlindungan"] * protected
        + state["tuas"]
    )


def agreement(w: np.ndarray, m: Marginals) -> np.ndarray:
    """Chance that a family signs."""
    return sigmoid(m["keluar.setuju_pangkal"] + m["keluar.setuju_w"] * w)


def mandiri_rate(year: int, tahap: int, m: Marginals) -> float:
    """Mandiri exits per family at risk expected in a quarter."""
    years = m["keluar.mandiri_tahun"]
    rate = m["keluar.mandiri_laju"][min(max(years.index(year) if year in years else len(years) - 1, 0), len(years) - 1)]
    return float(rate) * float(m["keluar.musim"][tahap - 1]) / 4.0


def stop_loss(rate_per_year: float, m: Marginals) -> float:
    """Share of mandiri exits that remains when some pendamping stop at their target; solves for the rate itself."""
    spread = math.hypot(m["pendamping.kecenderungan_sd"], m["wilayah.efek_kabupaten_sd"])
    shape = np.exp(spread * _NODES)
    weight = _WEIGHTS / _WEIGHTS.sum()
    shape /= (weight * shape).sum()
    stops, target = m["pendamping.berhenti_di_target"], int(m["keluar.target_pendamping"])
    kept, counts = 1.0, np.arange(target)
    for _ in range(20):
        mean = shape * rate_per_year * m["pendamping.beban_rata"] / kept
        log_factorial = np.array([math.lgamma(n + 1.0) for n in counts])
        pmf = np.exp(counts * np.log(mean)[:, None] - mean[:, None] - log_factorial)
        limited = target - (pmf * (target - counts)).sum(axis=1)
        kept = float((weight * ((1 - stops) * mean + stops * limited)).sum() / (weight * mean).sum())
    return kept


def solve_intercept(own: np.ndarray, passing: np.ndarray, rate: float, m: Marginals) -> float:
    """Intercept at which families at risk leave at ``rate`` on average over pendamping, desa and kabupaten effects."""
    spread = math.sqrt(
        m["pendamping.kecenderungan_sd"] ** 2 + m["wilayah.efek_kabupaten_sd"] ** 2 + m["wilayah.efek_desa_sd"] ** 2
    )
    effects = spread * _NODES
    weight = _WEIGHTS / _WEIGHTS.sum()
    low, high = -20.0, 10.0
    for _ in range(50):
        middle = (low + high) / 2
        mean = (sigmoid(middle + own[:, None] + effects) @ weight * passing).mean()
        low, high = (middle, high) if mean < rate else (low, middle)
    return (low + high) / 2


def alamiah_hazard(components: np.ndarray, year: int, m: Marginals) -> np.ndarray:
    """Chance per quarter that a family without any component is cleared."""
    before, during, after = m["keluar.alamiah_per_tahun"]
    per_year = before if year < 2019 else during if year < 2021 else after
    return np.where(components == 0, 1.0 - (1.0 - per_year) ** 0.25, 0.0)


def desil_hazard(desil: np.ndarray, year: int, tahap: int, m: Marginals) -> np.ndarray:
    """Chance per quarter of removal after a ground check, from the second quarter of 2025."""
    quarter = 4 * year + tahap
    if quarter < 4 * 2025 + 2:
        return np.zeros(len(desil))
    check = m["keluar.desil_cek_tahun_pertama"] if quarter < 4 * 2026 + 2 else m["keluar.desil_cek_kemudian"]
    return np.where(desil > m["keluar.desil_maks"], float(check), 0.0)


def yearly_to_quarter(rate: float) -> float:
    """Chance per quarter of a chance per year."""
    return 1.0 - (1.0 - rate) ** 0.25


def draw_cases(rng: np.random.Generator, hazard: np.ndarray, w: np.ndarray, m: Marginals) -> np.ndarray:
    """End of each family's mandiri case in the quarter: 0 none, else `NOT_SIGNED`, `NOT_APPROVED`, `EFFECTIVE`."""
    u = rng.random((3, len(hazard)))
    signed = u[1] < agreement(w, m)
    end = np.where(signed, np.where(u[2] < m["keluar.disetujui"], EFFECTIVE, NOT_APPROVED), NOT_SIGNED)
    return np.where(u[0] < hazard, end, 0)


def stop_at_target(
    rng: np.random.Generator, ends: np.ndarray, post: np.ndarray, done: np.ndarray, stops: np.ndarray, target: int
) -> np.ndarray:
    """Drop effective cases of stopping pendamping beyond their target; ``done`` counts this year's per post and is updated."""
    effective = np.flatnonzero(ends == EFFECTIVE)
    effective = effective[rng.permutation(len(effective))]
    effective = effective[np.argsort(post[effective], kind="stable")]
    of = post[effective]
    first = np.searchsorted(of, of)
    place = np.arange(len(of)) - first + done[of]
    over = stops[of] & (place >= target)
    kept = ends.copy()
    kept[effective[over]] = 0
    done += np.bincount(of[~over], minlength=len(done))
    return kept


def return_chance(w: np.ndarray, shocks: np.ndarray, m: Marginals) -> np.ndarray:
    """Chance that a family that left comes back within 24 months; ``shocks``: number in the quarter of leaving."""
    k = m.section("keluar")
    return sigmoid(k["kembali_pangkal"] + k["kembali_w"] * w + k["kembali_guncangan"] * shocks)
