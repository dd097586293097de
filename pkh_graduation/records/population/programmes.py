"""Table `program_komplementer`: the planted levers as the office saw them, and background receipt."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .clocks import Draft, lagged
from .columns import decimal, numbered, pick, whole
from .families import NONE, SD, SMA, Columns, component, lansia_age
from .labels import Labels
from .levers import PROGRAM_OF
from .life import Life

PROGRAMS = (*PROGRAM_OF, "mekaar", "sembako", "pbi_jkn", "pip")
MEKAAR, SEMBAKO, PBI, PIP = range(4, 8)
STATUS = ("diusulkan", "diterima", "ditolak", "berjalan", "lunas", "macet", "selesai")
DIUSULKAN, DITERIMA, DITOLAK, BERJALAN, LUNAS, MACET, SELESAI = range(7)
PROPOSERS = ("pendamping", "sendiri", "dinsos")
AMOUNT = np.array([0, 0, 10_000_000, 5_000_000, 3_000_000, 200_000, 42_000, 450_000])
LOANS = (2, 3, MEKAAR)


def program(life: Life, labels: Labels) -> Draft:
    """The draft of table `program_komplementer`: one row per case and status."""
    rng = life.stream("program")
    cases = _join([_lever_cases(life), _background(rng, life)])
    n = len(cases["fam"])
    stages = _stages(rng, life, cases)
    case, status, day = stages["kasus"], stages["status"], stages["hari"]
    keep = (day >= life.preset.starts[0] - 400) & (day <= life.preset.cutoff)
    case, status, day = case[keep], status[keep], day[keep]
    kind, lot = cases["program"][case], cases["acak"][case]
    loan = np.isin(kind, LOANS)
    proposer = np.where(cases["program"] < 4, np.where(cases["acak"], 2, rng.integers(0, 2, n)), 2)
    frame = pd.DataFrame(
        {
            "program_id": numbered(f"R99-{labels.part}", case, 7),
            "kpm_id": pick(labels.kpm, cases["fam"][case]),
            "anggota_id": pick(labels.anggota, cases["anggota"][case]),
            "program": pick(PROGRAMS, kind),
            "status": pick(STATUS, status),
            "nominal": whole(AMOUNT[kind], AMOUNT[kind] > 0),
            "angsuran_bulan": whole(np.round(AMOUNT[kind] * 0.09 / 1000) * 1000, loan & (status >= BERJALAN)),
            "pengusul": pick(PROPOSERS, proposer[case]),
            "propensi": decimal(cases["peluang"][case], 3, lot),
        }
    )
    known = lagged(rng, day, life.preset.numbers["tanggal_diketahui.program"], life.preset.numbers)
    return Draft(frame, day, known, "tanggal_status")


def _join(parts: list[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _lever_cases(life: Life) -> Columns:
    """Offers that left a trace: those made, and those lost in a lot."""
    log = life.logs["tawaran"]
    rows = np.flatnonzero(log["ditawari"] | log["acak"])
    return {
        "fam": log["fam"][rows], "anggota": np.full(len(rows), -1), "program": log["tuas"][rows], "acak": log["acak"][rows],
        "peluang": log["peluang"][rows], "diambil": log["diambil"][rows], "hari": log["hari"][rows],
    }  # fmt: skip


def _background(rng: np.random.Generator, life: Life) -> Columns:
    """Receipt that says nothing about graduation: Sembako, PBI, PIP, and Mekaar loans of owners."""
    m = life.preset.numbers
    everyone = np.arange(life.n)
    entry = life.fam["masuk"]
    begin = int(life.preset.starts[0])
    pupil, start = _pupils(life)
    pupil_fam = life.people["fam"][pupil]
    chosen = rng.random(len(pupil)) < m["program.pip"]
    groups = [
        (everyone[rng.random(life.n) < m["program.sembako"]], SEMBAKO, None),
        (everyone[rng.random(life.n) < m["program.pbi"]], PBI, None),
        (everyone[life.fam["mekaar"]], MEKAAR, None),
        (pupil_fam[chosen], PIP, (pupil[chosen], start[chosen])),
    ]
    parts = []
    for fam, kind, member in groups:
        day = np.maximum(entry[fam], begin - 300) + rng.integers(0, 90, len(fam)) if member is None else member[1]
        none = np.full(len(fam), -1)
        parts.append({"fam": fam, "anggota": none if member is None else member[0], "program": np.full(len(fam), kind),
                      "acak": np.zeros(len(fam), dtype=bool), "peluang": np.zeros(len(fam)),
                      "diambil": np.ones(len(fam), dtype=bool), "hari": day})  # fmt: skip
    return _join(parts)


def _pupils(life: Life) -> tuple[np.ndarray, np.ndarray]:
    """Members who attend school while their family is in, with the first third-quarter day on which they do."""
    members, days = [], []
    for quarter in range(life.preset.quarters):
        if life.preset.year_tahap(quarter)[1] != 3:
            continue
        day = int(life.preset.starts[quarter]) + 45
        code = component(life.people, day, lansia_age(day, life.preset.numbers))
        attends = (code >= SD) & (code <= SMA) & (code > NONE)
        inside = life.member_on(life.people["fam"], np.full(len(code), day))
        who = np.flatnonzero(attends & inside)
        members.append(who)
        days.append(np.full(len(who), day))
    empty = [np.zeros(0, dtype=np.int64)]
    who, first = np.unique(np.concatenate(members or empty), return_index=True)
    return who, np.concatenate(days or empty)[first]


def _stages(rng: np.random.Generator, life: Life, cases: Columns) -> Columns:
    """Status rows of every case, in time order; loans end paid or in arrears."""
    n = len(cases["fam"])
    kind, taken, start = cases["program"], cases["diambil"], cases["hari"]
    lever = kind < 4
    gap = rng.integers(10, 40, (2, n))
    length = np.where(np.isin(kind, LOANS), rng.integers(300, 720, n), rng.integers(60, 180, n))
    bad = rng.random(n) < life.preset.numbers["keuangan.macet"]
    loan = np.isin(kind, LOANS)
    answer = start + gap[0]
    running = np.where(lever, answer + gap[1], start)
    ends = loan | (kind == 0)
    last = np.where(loan, np.where(bad, MACET, LUNAS), SELESAI)
    number = np.arange(n)
    rows = [
        (number[lever], np.full(lever.sum(), DIUSULKAN), start[lever]),
        (number[lever], np.where(taken, DITERIMA, DITOLAK)[lever], answer[lever]),
        (number[taken], np.full(taken.sum(), BERJALAN), running[taken]),
        (number[taken & ends], last[taken & ends], (running + length)[taken & ends]),
    ]
    case, status, day = (np.concatenate(column) for column in zip(*rows, strict=True))
    return {"kasus": case, "status": status, "hari": day}
