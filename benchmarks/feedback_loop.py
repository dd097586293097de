"""Eight rounds of listing, learning from what the list made happen, and listing again: does a forgotten group stay forgotten?

    python benchmarks/feedback_loop.py [--pendamping 100] [--caseload 300] [--rounds 8] [--seeds 3]

Made-up families, our own allocation (`priorities.prioritise`) and our own learner (`GraduationModel`, two members). Two families in
five belong to a group that pendamping hardly ever proposed (proposal log-odds -2.5) though it is readier than the others (+0.2).
A family that is not listed does not graduate, so the records of a list say nothing about those it left out. Round 0 is today's
practice without logged chances; from then on each arm lists 10 % of every caseload and learns from its own records:

* ``naif``: every family of all rounds, those not listed counted as "did not graduate"; no random slots;
* ``acak``: the same, with random slots (10 %), unweighted;
* ``acak, hanya terdaftar``: random slots (10 %); learns only from families that were listed, unweighted;
* ``acak+bobot``: random slots (10 %); learns only from families that were listed, each weighted by 1 / logged propensity;
* ``acak+bobot, semua``: the same, but lots may fall on every family that the guards clear, also below the mentoring band;
* ``acak 5 %+bobot, semua``: the same with half the slots.

Printed per arm: share of the group among the listed and the mean true chance of the listed (expected precision) in each round;
beside them what the true chances themselves would list. Last, the off-policy value of the last ``semua`` list told from its logs
by `list_value`, against the truth.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Facts, Outcomes, Scores, Snapshots
from pkh_graduation.estimators import GraduationModel
from pkh_graduation.evaluation.off_policy import ListValue, list_value
from pkh_graduation.priorities import HARD, NEEDED_FACTS, Bands, Quota, prioritise

QUOTA = Quota("simulasi", 0.10, 0, "benchmarks/feedback_loop.py")
TRAITS = ("w", "usaha", "jauh")
NEUTRAL = {"desil": 3.0, "penghasilan_umur_hari": 100.0, "komp_habis_hari": 2000.0, "data_umur_hari": 60.0}
READINESS_OF_GROUP, PROPOSAL_OF_GROUP, SHARE_OF_GROUP = 0.2, -2.5, 0.4


@dataclass(frozen=True)
class Arm:
    """One way to go on: share of random slots, whether only the listed are learned from, by weight, and who may be drawn."""

    name: str
    exploration: float
    listed_only: bool
    weighted: bool
    bands: Bands


ARMS = (
    Arm("naif", 0.0, False, False, Bands()),
    Arm("acak", 0.10, False, False, Bands()),
    Arm("acak, hanya terdaftar", 0.10, True, False, Bands()),
    Arm("acak+bobot", 0.10, True, True, Bands()),
    Arm("acak+bobot, semua", 0.10, True, True, Bands(mentoring=0.0)),
    Arm("acak 5 %+bobot, semua", 0.05, True, True, Bands(mentoring=0.0)),
)


@dataclass(frozen=True)
class Cohort:
    """One round's families: inputs, true chance of graduating if listed, whether of the group, and whose."""

    X: pd.DataFrame
    ready: np.ndarray
    far: np.ndarray
    history: Snapshots
    date: dt.date


@dataclass(frozen=True)
class Log:
    """What a round left behind: who was listed, with which chance, and what came."""

    cohort: Cohort
    listed: np.ndarray
    propensity: np.ndarray
    came: np.ndarray


def draw_cohort(round_: int, pendamping: int, caseload: int, seed: int) -> Cohort:
    """Families of a round; each arm meets the same ones."""
    rng = np.random.default_rng([seed, round_])
    n = pendamping * caseload
    date = dt.date(2016 + round_, 12, 31)
    w, owns, far = rng.normal(size=n), (rng.random(n) < 0.3).astype(float), rng.random(n) < SHARE_OF_GROUP
    ready = 1 / (1 + np.exp(-(-2.2 + 0.9 * w + 0.7 * owns + READINESS_OF_GROUP * far)))
    ids = [f"k{round_:02d}{number:013x}" for number in range(n)]
    index = pd.MultiIndex.from_product([ids, [pd.Timestamp(date).as_unit("s")]], names=["kpm_id", "as_of"])
    X = pd.DataFrame({"w": w, "usaha": owns, "jauh": far.astype(float)}, index=index)
    X = X.astype(np.float32).astype(np.float64)
    frame = pd.DataFrame({name: pd.Series([None] * n, index=index, dtype="str") for name in Snapshots.COLUMNS})
    frame["kpm"] = np.arange(n)
    frame["pendamping_id"] = pd.Series([f"d{number // caseload:05d}" for number in range(n)], index=index, dtype="str")
    return Cohort(X, ready, far, Snapshots(frame), date)


def facts_of(cohort: Cohort) -> Facts:
    """Facts under which every guard is known and silent."""
    X = cohort.X
    values = X.assign(**dict.fromkeys([name for name in NEEDED_FACTS if name not in X], 0.0))
    values = values.assign(**NEUTRAL, **dict.fromkeys(HARD, 0.0))
    columns = {
        "theme": "usaha",
        "unit": "x",
        "meaning_id": "x",
        "meaning_en": "x",
        "lever": False,
        "sign": 0,
        "source": "x",
    }
    catalogue = pd.DataFrame(
        {**columns, "window": None, "model": [name in TRAITS for name in values]}, index=list(values)
    )
    return Facts(values, pd.DataFrame(index=X.index), catalogue)


def practice(cohort: Cohort, seed: int) -> Log:
    """Round 0: pendamping propose about a tenth by what they see, and hardly ever the group; no chance is logged."""
    rng = np.random.default_rng([seed, 99])
    margin = 0.9 * cohort.X["w"].to_numpy() + 0.5 * cohort.X["usaha"].to_numpy() + PROPOSAL_OF_GROUP * cohort.far
    listed = rng.random(len(margin)) < 1 / (1 + np.exp(-(margin - 1.8)))
    return Log(cohort, listed, np.full(len(margin), np.nan), listed & (rng.random(len(margin)) < cohort.ready))


def outcomes_of(cohort: Cohort, came: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> Outcomes:
    """Outcomes of some rows: mandiri in one of four quarters, or staying for all of them."""
    quarter = np.where(came, rng.integers(1, 5, len(came)), 4)[rows].astype("int16")
    way = pd.array(np.where(came, "mandiri", "masih_peserta")[rows], dtype="str")
    observed = np.full(int(rows.sum()), 4, dtype="int16")
    frame = pd.DataFrame({"way_out": way, "quarter": quarter, "observed": observed}, index=cohort.X.index[rows])
    return Outcomes(frame, pd.DataFrame(), dt.date(2030, 12, 31), 0, 4)


def learn(logs: list[Log], arm: Arm, seed: int) -> GraduationModel:
    """Fit on the records of the rounds before, as the arm reads them."""
    rng = np.random.default_rng([seed, len(logs), 7])
    logged = [log for log in logs if not np.isnan(log.propensity).all()]
    listed_only = arm.listed_only and bool(logged)
    own = logged if listed_only else logs
    X, frames, weights = [], [], []
    for log in own:
        rows = log.listed if listed_only else np.ones(len(log.listed), dtype=bool)
        y = outcomes_of(log.cohort, log.came, rows, rng)
        X.append(log.cohort.X[rows])
        frames.append(y.frame)
        weights.append(1 / log.propensity[rows] if arm.weighted and listed_only else np.ones(int(rows.sum())))
    whole = dataclasses.replace(y, frame=pd.concat(frames))
    model = GraduationModel(n_members=2, max_iter=40, random_state=seed)
    return model.fit(pd.concat(X), whole, sample_weight=np.concatenate(weights))


def run_arm(arm: Arm, *, pendamping: int, caseload: int, rounds: int, seed: int) -> tuple[pd.DataFrame, list[Log]]:
    """All rounds of one arm; one line per round: ``round, group, precision``."""
    logs = [practice(draw_cohort(0, pendamping, caseload, seed), seed)]
    lines = []
    for round_ in range(1, rounds + 1):
        cohort = draw_cohort(round_, pendamping, caseload, seed)
        model = learn(logs, arm, seed)
        scores = model.predict_incidence(cohort.X, 4)
        logs.append(one_round(cohort, scores, arm, seed))
        listed = logs[-1].listed
        lines.append({"round": round_, "group": cohort.far[listed].mean(), "precision": cohort.ready[listed].mean()})
    return pd.DataFrame(lines), logs


def one_round(cohort: Cohort, scores: Scores, arm: Arm, seed: int) -> Log:
    """List, and see what comes of the listed."""
    lists = prioritise(
        scores, None, facts_of(cohort), cohort.history, quota=QUOTA, exploration=arm.exploration, bands=arm.bands,
        random_state=seed,
    )  # fmt: skip
    frame = lists.frame.set_index(["kpm_id", "as_of"])
    frame = frame.iloc[frame.index.get_indexer(cohort.X.index)]
    listed = frame["urutan"].notna().to_numpy()
    rng = np.random.default_rng([seed, cohort.date.year])
    came = listed & (rng.random(len(listed)) < cohort.ready)
    return Log(cohort, listed, frame["propensi"].to_numpy(dtype=float), came)


def truth(cohort: Cohort, caseload: int) -> tuple[float, float]:
    """Share of the group on the list of the true chances, and their mean there."""
    people = cohort.history.frame["pendamping_id"].to_numpy()
    rank = pd.Series(-cohort.ready).groupby(people).rank(method="first").to_numpy()
    best = rank <= QUOTA.of(caseload)
    return float(cohort.far[best].mean()), float(cohort.ready[best].mean())


def value_of(logs: list[Log], model: GraduationModel, caseload: int) -> tuple[ListValue, float]:
    """Value of the list of the last model, told from the log of the last round, and its true value.

    The model that serves as the outcome's expectation learned from the rounds before, so it saw none of these families.
    """
    last = logs[-1]
    expected = model.predict_incidence(last.cohort.X, 4).frame["mandiri"].to_numpy()
    rank = pd.Series(-expected).groupby(last.cohort.history.frame["pendamping_id"].to_numpy()).rank(method="first")
    target = (rank <= QUOTA.of(caseload)).to_numpy(dtype=float)
    units = pd.factorize(last.cohort.history.frame["pendamping_id"])[0]
    told = list_value(last.came, last.listed, last.propensity, target, expected=expected, units=units)
    return told, float((target * last.cohort.ready).sum() / target.sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("pendamping", 100), ("caseload", 300), ("rounds", 8), ("seeds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    size = {"pendamping": asked.pendamping, "caseload": asked.caseload, "rounds": asked.rounds}
    best = [
        truth(draw_cohort(asked.rounds, asked.pendamping, asked.caseload, s), asked.caseload)
        for s in range(asked.seeds)
    ]
    print(
        f"true chances list {np.mean([one[0] for one in best]):.3f} of the group, precision {np.mean([one[1] for one in best]):.3f}"
    )
    print(f"{'arm':<24}" + "".join(f"   round {number}  " for number in range(1, asked.rounds + 1)))
    for arm in ARMS:
        done = [run_arm(arm, seed=seed, **size) for seed in range(asked.seeds)]
        mean = pd.concat([table for table, _ in done]).groupby("round").mean()
        print(f"{arm.name:<24}" + "".join(f"  {row.group:.2f}/{row.precision:.3f}" for row in mean.itertuples()))
        if arm.name == "acak+bobot, semua":
            kept = done
    print("group's share of the list / expected precision, mean of", asked.seeds, "seeds")
    for seed, (_, logs) in enumerate(kept):
        told, real = value_of(logs, learn(logs[:-1], ARMS[0], seed), asked.caseload)
        print(
            f"value of the naive list told from the log of round {asked.rounds}, seed {seed}: SNIPS {told.snips:.3f} "
            f"({told.snips_low:.3f} to {told.snips_high:.3f}), DR {told.dr:.3f} ({told.dr_low:.3f} to {told.dr_high:.3f}), "
            f"truth {real:.3f}, effective {told.effective:.0f} of {told.places:.0f} places"
        )


if __name__ == "__main__":
    main()
