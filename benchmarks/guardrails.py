"""Guardrails, quota and floors on a million made-up families; floors beside the exact optimum; what a visit plan saves.

``python benchmarks/guardrails.py [--families 1000000] [--small 200]`` prints four tables. Facts are drawn at random, also
missing ones, so that every guard meets every other; violations are counted by reading facts and lists anew, not with the
library's own flags. Beside the floors stands the best choice that an integer programme (scipy's HiGHS) finds.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import time

import numpy as np
import pandas as pd
from scipy.optimize import LinearConstraint, milp

from pkh_graduation.contracts import INDEX, Facts, PriorityLists, Scores, Snapshots
from pkh_graduation.features import dictionary
from pkh_graduation.priorities import GOALS, HARD, NEEDED_FACTS, Cohort, Floors, prioritise, quota_on
from pkh_graduation.priorities.floors import groups, keep_floors

AS_OF = dt.date(2025, 9, 30)
CASELOADS = (20, 420)
"""Smallest and largest caseload, families."""


def make(first: int, pendamping: int, seed: int) -> tuple[Scores, Facts, Snapshots]:
    """Caseloads of every size, with guards that fire, stay unknown, and contradict each other."""
    rng = np.random.default_rng([seed, first])
    sizes = rng.integers(*CASELOADS, pendamping)
    owner = first + np.repeat(np.arange(pendamping), sizes)
    n = len(owner)
    ids = [f"k{first:08x}{number:07x}" for number in range(n)]
    index = pd.MultiIndex.from_arrays([ids, np.full(n, np.datetime64(AS_OF, "s"))], names=INDEX)
    values = pd.DataFrame(0.0, index=index, columns=list(dict.fromkeys([*NEEDED_FACTS, "aset_n"])))
    for name in HARD:
        values[name] = np.where(rng.random(n) < 0.02, np.nan, (rng.random(n) < 0.06) * 1.0)
    values["data_umur_hari"] = np.where(rng.random(n) < 0.03, np.nan, rng.integers(5, 800, n))
    values["penghasilan_umur_hari"] = np.where(rng.random(n) < 0.1, np.nan, rng.integers(5, 700, n))
    values["desil"] = np.where(rng.random(n) < 0.05, np.nan, rng.integers(1, 8, n))
    values["kepala_perempuan"] = (rng.random(n) < 0.17) * 1.0
    values["wilayah_sulit"] = (rng.random(pendamping) < 0.2)[owner - first] * (rng.random(n) < 0.5) * 1.0
    values["komp_habis_hari"] = rng.integers(-90, 4000, n)
    codes = {
        "pendamping_id": np.char.mod("d%015x", owner), "desa": np.char.mod("%d", owner * 10 + rng.integers(0, 6, n)),
        "kecamatan": np.char.mod("%d", owner // 5), "kabupaten": np.char.mod("%d", owner // 60),
        "kelompok_id": np.char.mod("g%d", rng.integers(0, 10, n)), "proses_jenis": None,
        "proses": np.where(rng.random(n) < 0.03, "usulan", None),
    }  # fmt: skip
    days = {name: pd.array([pd.NA] * n, dtype="Int32") for name in ("masuk_day", "proses_day")}
    frame = pd.DataFrame(codes, index=index, dtype="str").assign(kpm=np.arange(n), masuk_perkiraan=False, **days)
    facts = Facts(values, pd.DataFrame(index=index), dictionary())
    return (
        _scores(index, rng.beta(1, 20, n) * np.where(values["kepala_perempuan"] > 0, 0.6, 1.0)),
        facts,
        Snapshots(frame),
    )


def _scores(index: pd.MultiIndex, p: np.ndarray) -> Scores:
    grown, rest = np.linspace(0, 1, 5)[None, :] * p[:, None], np.linspace(0, 0.02, 5)[None, :] * np.ones((len(p), 1))
    return Scores(index, np.stack([1 - grown - 2 * rest, grown, rest, rest], axis=2), np.zeros(len(p)), p * 0.6, p)


def judge(lists: PriorityLists, facts: Facts, floors: Floors) -> dict[str, float]:
    """Count what must not be, from the facts and the lists alone."""
    frame = lists.frame.set_index(list(INDEX))
    values = facts.values.loc[frame.index]
    on = frame["urutan"].notna()
    clear = (values[list(HARD)] == 0).all(axis=1) & (values["data_umur_hari"] <= 730) & frame["proses"].isna()
    ready = clear & (frame["kategori"] == "siap_dibahas")
    short = lists.shortfalls.set_index("pendamping_id")
    filled = frame[on].groupby("pendamping_id").size().reindex(short.index, fill_value=0)
    unstated = ((filled < short["kuota"]) & (short["sebab"] == "")) | (filled > short["kuota"])
    wanted = {
        "setiap desa": ("desa", clear),
        "kepala keluarga perempuan": ("kepala_perempuan", None),
        "wilayah sulit": ("wilayah_sulit", None),
    }
    met = {name: _floor(name, frame, values, clear, on, short, floors) for name in wanted}
    silent = sum(int((~ok & ~short["lantai"].str.contains(name)).sum()) for name, ok in met.items())
    late = lists.frame.loc[on.to_numpy()].groupby(["pendamping_id", "rencana"]).size()
    return {
        "families": len(frame),
        "listed": int(on.sum()),
        "hard guard on a list": int((on & (values[list(HARD)] > 0).any(axis=1)).sum()),
        "unknown guard on a list": int((on & values[list(HARD)].isna().any(axis=1)).sum()),
        "not ready, by model": int((on & (frame["slot"] == "model") & ~ready).sum()),
        "'siap dibahas' under a hard guard": int(
            ((frame["kategori"] == "siap_dibahas") & ~clear & frame["proses"].isna()).sum()
        ),
        "objecting with a number": int((frame["p_mandiri_12m"].notna() & (values["pagar_keberatan"] > 0)).sum()),
        "quota missed in silence": int(unstated.sum()),
        "floor missed in silence": silent,
        "lists short of quota, stated": int((filled < short["kuota"]).sum()),
        "lists short of a floor, stated": int((short["lantai"] != "").sum()),
        "lists": len(short),
        "months over fifteen": int((late > 15).sum()),
    }


def _floor(
    name: str,
    frame: pd.DataFrame,
    values: pd.DataFrame,
    clear: pd.Series,
    on: pd.Series,
    short: pd.DataFrame,
    floors: Floors,
) -> pd.Series:
    """Whether each list meets a floor."""
    owner = frame["pendamping_id"]
    if name == "setiap desa":
        places = frame[clear].groupby("pendamping_id")["desa"].nunique()
        there = frame[on & clear].groupby("pendamping_id")["desa"].nunique()
        return (there.reindex(short.index, fill_value=0) >= places.reindex(short.index, fill_value=0)) | (
            floors.desa == 0
        )
    fact, share = ("kepala_perempuan", floors.perempuan) if "perempuan" in name else ("wilayah_sulit", floors.sulit)
    member = values[fact] > 0
    part = (member & clear).groupby(owner).sum() / clear.groupby(owner).sum().clip(lower=1)
    due = np.floor((share * short["kuota"] * part.reindex(short.index, fill_value=0)).round(9))
    return (member & on).groupby(owner).sum().reindex(short.index, fill_value=0) >= due


def optimum(small: int, seed: int) -> pd.DataFrame:
    """Small caseloads: the worth of our choice beside the best choice under the same quota and floors."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(small):
        n = int(rng.integers(30, 120))
        ready, value = rng.random(n) < 0.5, rng.beta(1, 8, n)
        values = pd.DataFrame(
            {"kepala_perempuan": (rng.random(n) < 0.2) * 1.0, "wilayah_sulit": (rng.random(n) < 0.3) * 1.0}
        )
        value = value * np.where(values["kepala_perempuan"] > 0, 0.4, 1.0)
        desa, k = pd.Series(rng.integers(0, 7, n).astype(str)), n // 8
        floors = groups(Floors(), np.zeros(n, dtype=int), desa, values, np.ones(n, dtype=bool), np.full(n, float(k)))
        rank = np.full(n, np.inf)
        rank[ready] = np.argsort(np.argsort(-value[ready])) + 1
        ours = keep_floors(rank <= k, rank, np.zeros(n, dtype=int), floors, ready, value)
        target = np.minimum(floors.wanted, floors.count(ready))
        member = np.array([(floors.of == row).any(axis=1) for row in range(len(target))]).astype(float)
        rules = [LinearConstraint(member, target, np.inf), LinearConstraint(np.ones((1, n)), ours.sum(), ours.sum())]
        best = milp(-value, constraints=rules, integrality=np.ones(n), bounds=(0, ready.astype(float)))
        met = bool((floors.count(ours) >= target).all())
        rows.append((best.success, met, value[ours].sum() / -best.fun if best.success and -best.fun > 0 else np.nan))
    return pd.DataFrame(rows, columns=["feasible", "met", "ratio"])


def trips(lists: PriorityLists) -> dict[str, float]:
    """Desa visited in the first month, and its worth, beside a month that takes the first fifteen places."""
    on = lists.frame[lists.frame["urutan"].notna()]
    long = on[on.groupby("pendamping_id")["urutan"].transform("max") > 15]
    plain, planned = long[long["urutan"] <= 15], long[long["rencana"] == 1]
    worth = planned["p_mandiri_12m"].sum() / plain["p_mandiri_12m"].sum()
    count = [frame.groupby("pendamping_id")["desa"].nunique().sum() for frame in (plain, planned)]
    return {"lists": long["pendamping_id"].nunique(), "trips saved": 1 - count[1] / count[0], "worth kept": worth}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=200, help="caseloads beside the integer programme")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", type=int, default=100, help="pendamping in a part")
    given = parser.parse_args()
    quota, floors = quota_on(AS_OF), Floors()
    goals, found, saved, cpu = list(GOALS), [], [], 0.0
    parts = range(0, round(given.families / np.mean(CASELOADS)) + given.part, given.part)
    cohort = sum((Cohort.of(*make(first, given.part, given.seed)) for first in parts), Cohort())
    for number, first in enumerate(parts):
        scores, facts, history = make(first, given.part, given.seed)
        clock = time.process_time()
        lists = prioritise(
            scores,
            None,
            facts,
            history,
            quota=quota,
            goal=goals[number % len(goals)],
            floors=floors,
            cohort=cohort,
            run_id="x",
        )
        cpu += time.process_time() - clock
        found.append(judge(lists, facts, floors))
        if goals[number % len(goals)] == "readiness":
            saved.append(trips(lists))
    total = pd.DataFrame(found).sum()
    print("| counted | number |\n|---|---|")
    print("\n".join(f"| {name} | {int(value):,} |" for name, value in total.items()))
    best = optimum(given.small, given.seed)
    feasible = best[best["feasible"]]
    print(
        f"\nbeside the integer programme: {len(best)} caseloads, {len(feasible)} where all floors can be met together, "
    )
    print(f"of these met {int(feasible['met'].sum())}; worth kept: mean {feasible['ratio'].mean():.4f}, ", end="")
    print(f"least {feasible['ratio'].min():.4f}, under 0.99 in {int((feasible['ratio'] < 0.99).sum())}")
    road = pd.DataFrame(saved)
    print(
        f"\nfirst month's plan ({int(road['lists'].sum()):,} lists): trips saved {road['trips saved'].mean():.1%}, ",
        end="",
    )
    print(f"worth kept {road['worth kept'].mean():.2%}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nallocation: {cpu / total['families'] * 1e6:.1f} microseconds CPU a family, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
