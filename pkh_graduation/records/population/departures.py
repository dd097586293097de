"""Families leaving: all hazards of a quarter, cases, competing exits, and who will come back."""

from __future__ import annotations

import numpy as np

from . import exits
from .exits import ADMIN, ALAMIAH, DESIL, EFFECTIVE, MANDIRI, PAKSA
from .families import Columns
from .life import FAR, Run

_RECORDED = (
    "w", "usaha", "usaha_no", "usaha_mulai", "usaha_tutup", "omzet", "log_omzet", "m2", "kepesertaan", "tuas", "guncangan",
    "besar", "perempuan", "rentenir", "desil",
)  # fmt: skip
"""What the state of a quarter keeps for the tables and the truth."""


def leave(run: Run, q: int, span: tuple[int, int], year: int, tahap: int) -> Columns:
    """Tell the hazards of every family in a quarter, let causes act on those at risk, and return the record of the quarter."""
    state, m = run.state, run.m
    own = exits.predictor(state, m)
    effect = run.staff.u[state["post"], q]
    barred = m["keluar.tidak_diusulkan"] + m["keluar.tidak_diusulkan_siap"]
    habit = np.where(state["tak_diusulkan"], barred, 0.0)
    at_risk = state["aktif_awal"]
    h_desil = exits.desil_hazard(state["desil"], year, tahap, m)
    h_paksa = exits.yearly_to_quarter(m["keluar.paksa"])
    h_admin = exits.yearly_to_quarter(m["keluar.admin"])
    h_office = 1 - (1 - h_desil) * (1 - h_paksa) * (1 - h_admin)
    passing = exits.agreement(state["w"], m) * m["keluar.disetujui"]
    intercept = _intercept(run, q, year, tahap, (own + habit)[at_risk], (passing * (1 - h_office))[at_risk])
    eta = intercept + own + habit + effect + state["tempat"]
    stopped = _stopped(run, year)[state["post"]]
    hazard_case = np.where(stopped, 0.0, exits.sigmoid(eta))
    h_natural = exits.alamiah_hazard(state["komponen"].sum(axis=1), year, m)
    record = {
        **{name: state[name] for name in _RECORDED},
        "aktif": at_risk.copy(), "u": effect, "tempat": state["tempat"], "eta_keluarga": own, "eta": eta,
        "intersep": np.full(len(own), intercept), "berhenti": stopped, "h_kasus": hazard_case, "lolos": passing,
        "h_mandiri": hazard_case * passing, "h_mandiri_rt": exits.sigmoid(intercept + own) * passing,
        "h_alamiah": h_natural, "h_desil": h_desil, "h_administratif": h_office,
        "komponen": state["komponen"].astype(np.int8),
    }  # fmt: skip
    rng = run.rng("keluar", q)
    cases = exits.draw_cases(rng, hazard_case, state["w"], m)
    record["kasus"] = np.where(at_risk, cases, 0)
    cases = _decide(run, rng, q, span, year, cases, (h_desil, h_paksa, h_admin), h_natural)
    record["sebab"] = np.where(at_risk, state["sebab_kini"], 0)
    return {name: np.array(values) for name, values in record.items()}


def _intercept(run: Run, q: int, year: int, tahap: int, own: np.ndarray, passing: np.ndarray) -> float:
    if run.calibration is not None:
        value = float(run.calibration.intercept[q])
    else:
        rate = exits.mandiri_rate(year, tahap, run.m)
        has_target = year in run.m["keluar.target_tahun"]
        yearly = sum(exits.mandiri_rate(year, t, run.m) for t in (1, 2, 3, 4))
        kept = exits.stop_loss(yearly, run.m) if has_target else 1.0
        value = exits.solve_intercept(own, passing, rate / kept, run.m)
    run.intercepts.append(value)
    return value + (run.preset.geser_logit_2026 if year >= 2026 else 0.0)


def _stopped(run: Run, year: int) -> np.ndarray:
    """Posts that have reached their target and stop there."""
    if year not in run.m["keluar.target_tahun"]:
        return np.zeros(len(run.done), dtype=bool)
    stopped: np.ndarray = run.staff.stops & (run.done >= run.m["keluar.target_pendamping"])
    return stopped


def _decide(
    run: Run, rng: np.random.Generator, q: int, span: tuple[int, int], year: int, cases: np.ndarray,
    office: tuple[np.ndarray, float, float], natural: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Let causes compete, write the exits into the state, and log the cases."""
    state = run.state
    n = len(cases)
    at_risk = state["aktif_awal"]
    u = rng.random((4, n))
    by_office = np.select([u[0] < office[0], u[1] < office[1], u[2] < office[2]], [DESIL, PAKSA, ADMIN], 0)
    cases = np.where(at_risk & (by_office == 0), cases, 0)
    if year in run.m["keluar.target_tahun"]:
        target = int(run.m["keluar.target_pendamping"])
        cases = exits.stop_at_target(rng, cases, state["post"], run.done, run.staff.stops, target)
    cause = np.where(cases == EFFECTIVE, MANDIRI, by_office)
    cause = np.where((cause == 0) & (u[3] < natural), ALAMIAH, cause)
    cause = np.where(at_risk, cause, 0)
    day = rng.integers(span[0], span[1], n)
    state["sebab_kini"] = cause
    _log_cases(run, q, cases, day)
    _close(run, rng, q, cause, day)
    return cases


def _log_cases(run: Run, q: int, cases: np.ndarray, day: np.ndarray) -> None:
    fam = np.flatnonzero(cases)
    state = run.state
    run.logs["kasus"].append({"fam": fam, "triwulan": np.full(len(fam), q), "akhir": cases[fam], "hari": day[fam],
                               "mulai": state["mulai"][fam], "w": state["w"][fam]})  # fmt: skip


def _close(run: Run, rng: np.random.Generator, q: int, cause: np.ndarray, day: np.ndarray) -> None:
    state = run.state
    out = cause > 0
    again = state["kembali"] < FAR
    state["keluar"] = np.where(out, day, state["keluar"])
    for name, which in (("1", ~again), ("2", again)):
        state[f"keluar{name}"] = np.where(out & which, day, state[f"keluar{name}"])
        state[f"sebab{name}"] = np.where(out & which, cause, state[f"sebab{name}"])
    state["aktif"] = state["aktif"] & ~out
    chance = exits.return_chance(state["w"], np.bitwise_count(state["guncangan"]), run.m)
    draw = rng.random((2, len(cause)))
    able = out & ~again & (cause != ALAMIAH) & (state["komponen"].sum(axis=1) > 0) & (draw[0] < chance)
    state["kembali_triwulan"] = np.where(able, q + 1 + (8 * draw[1]).astype(np.int64), state["kembali_triwulan"])
