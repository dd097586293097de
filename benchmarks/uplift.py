"""Advice against planted truth: levers T1 to T4, from randomised logs and from logs confounded on what is recorded.

    python benchmarks/uplift.py [--families 20000] [--rounds 8] [--base 0.099] [--seed 1]
    python benchmarks/uplift.py --placebos 200 [--families 3000]

Every round draws families, four logs of ``--families`` each (one per lever) and 20,000 fresh families that are advised. Effects
and offers are those of the made-up population, as log-odds of a mandiri exit within a year: T1 training +.2 for all and +.9 more
without skill and enterprise, T2 savings group 0, T3 KUR +.9 with an enterprise and -.4 without, T4 a second loan -.5. ``--base``
is the yearly rate (.099: every pendamping meets 10 %; .034: the year 2020). A lever is advised to a family if there is evidence,
the lever is shown to help somebody (one test a lever, corrected for the four), and the lower bound of the family's own effect is
above 0.

Prints, per design: value of the advice over the oracle's (all gainful levers to exactly those who gain), the share of the advised
families that are advised a lever that harms them, and one whose effect is zero; the same ``ungated``, by the families' own bounds
alone, and ``plain``, for a rule without bounds (a logistic regression with interactions, advising wherever its difference is
above 0); how often each lever passed its test (``gate``), its AUTOC and grade, and how often the 95 % interval of the average
effect covers the truth. ``se``: standard error of the mean over rounds. With ``--placebos``: how often a lever of no effect (T2)
is found to have one at 5 %, and how often it is advised to anybody, over that many logs.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from pkh_graduation.estimators.uplift import AMATAN, UNDIAN, Study, advised, study_lever

LEVERS = ("T1 pelatihan", "T2 tabungan", "T3 KUR", "T4 pinjaman kedua")
FRESH = 20_000
LOT = 0.5


@dataclass(frozen=True)
class World:
    """Families: what is recorded of them (X), log-odds without levers, the levers' log-odds (n, 4), who may take which."""

    X: pd.DataFrame
    eta: np.ndarray
    effects: np.ndarray
    offers: np.ndarray
    may: np.ndarray

    def gain(self) -> np.ndarray:
        """Change of the chance by each lever, shape (n, 4); 0 where the family may not take it."""
        base = sigmoid(self.eta)[:, None]
        return np.where(self.may, sigmoid(self.eta[:, None] + self.effects) - base, 0.0)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Logistic function."""
    return 1 / (1 + np.exp(-x))


def draw(rng: np.random.Generator, n: int, base: float) -> World:
    """Draw families; the intercept makes the mean chance ``base``."""
    w, skill, distance = rng.normal(0, 0.95, n), rng.normal(0, 1, n), rng.exponential(1, n)
    owns = rng.random(n) < sigmoid(-0.95 + 0.45 * w)
    turnover = owns * np.log1p(np.exp(rng.normal(14.6 + 0.35 * w, 0.75)) / 1e6)
    m2, tenure = rng.random(n) < 0.45 + 0.05 * w, rng.gamma(2.5, 2.4, n)
    protected, loan, u = rng.random(n) < 0.2, rng.random(n) < 0.3, rng.normal(0, 0.8, n)
    eta = 0.9 * w + 0.9 * owns + 0.25 * turnover + 0.35 * m2 + 0.07 * tenure - 0.8 * protected + u
    low, high = -20.0, 10.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if sigmoid(eta + middle).mean() < base else (low, middle)
    effects = np.column_stack(
        [0.2 + 0.9 * ((skill < 0) & ~owns), np.zeros(n), np.where(owns, 0.9, -0.4), np.full(n, -0.5)]
    )
    offers = np.column_stack(
        [-1.0 + 1.1 * w + 0.5 * owns + u, -0.6 + 0.8 * w - 0.2 * distance, -1.6 + 1.2 * w + 0.8 * owns, -1.2 + 0.3 * w]
    )
    may = np.column_stack([np.ones((n, 3), dtype=bool), loan])
    X = pd.DataFrame(
        {
            "kesejahteraan": w, "usaha": owns, "omzet": turnover, "m2": m2, "lama": tenure, "perlindungan": protected,
            "pinjaman": loan, "kecenderungan": u, "terampil": skill + rng.normal(0, 0.5, n),
            "jarak": distance + rng.normal(0, 0.3, n), "acak_1": rng.normal(size=n), "acak_2": rng.normal(size=n),
        }
    ).astype(float)  # fmt: skip
    return World(X, eta + middle, effects, offers, may)


def log_of(rng: np.random.Generator, world: World, lever: int, design: str) -> tuple[np.ndarray, ...]:
    """Rows that may take the lever, who took it, with which chance, and who left as mandiri within the year."""
    rows = np.flatnonzero(world.may[:, lever])
    chance = np.full(len(rows), LOT) if design == UNDIAN else sigmoid(world.offers[rows, lever])
    treated = rng.random(len(rows)) < chance
    left = rng.random(len(rows)) < sigmoid(world.eta[rows] + treated * world.effects[rows, lever])
    return rows, treated, chance, left


@dataclass(frozen=True)
class Plain:
    """The rule without bounds: a logistic regression with interactions."""

    fitted: LogisticRegression

    @staticmethod
    def columns(X: pd.DataFrame, treated: np.ndarray) -> np.ndarray:
        """Features, treatment, and their products."""
        a = np.asarray(treated, dtype=float)[:, None]
        return np.hstack([X.to_numpy(), a, a * X.to_numpy()])

    def advise(self, X: pd.DataFrame) -> np.ndarray:
        """Wherever the difference is above 0."""
        with_, without = (self.fitted.decision_function(self.columns(X, np.full(len(X), a))) for a in (1, 0))
        return np.asarray(with_ > without)


def study(
    rng: np.random.Generator, n: int, base: float, lever: int, design: str, seed: int
) -> tuple[Study, Plain, float]:
    """A study of one lever on families of its own, the plain rule on the same, and the true average effect."""
    world = draw(rng, n, base)
    rows, treated, chance, left = log_of(rng, world, lever, design)
    found = study_lever(
        LEVERS[lever], world.X.iloc[rows], treated, left, design=design, random_state=seed, together=len(LEVERS),
        propensity=chance if design == UNDIAN else None,
    )  # fmt: skip
    kept = rows[found.overlap.kept]
    plain = LogisticRegression(max_iter=1000).fit(Plain.columns(world.X.iloc[rows], treated), left)
    return found, Plain(plain), float(world.gain()[kept, lever].mean())


def one_round(seed: int, n: int, base: float, design: str) -> dict[str, float]:
    """One round: value, harm, zero, coverage and AUTOC."""
    rng = np.random.default_rng([seed, design == UNDIAN])
    studies = [study(rng, n, base, lever, design, seed) for lever in range(4)]
    fresh = draw(rng, FRESH, base)
    figures = judge(np.column_stack([advised(found, fresh.X) for found, _, _ in studies]), fresh, "")
    figures |= judge(np.column_stack([ungated(found, fresh.X) for found, _, _ in studies]), fresh, "ungated ")
    figures |= judge(np.column_stack([plain.advise(fresh.X) for _, plain, _ in studies]), fresh, "plain ")
    covers = [abs(found.bounds.average - truth) <= 1.96 * found.bounds.average_se for found, _, truth in studies]
    figures["covered"] = float(np.mean(covers))
    figures |= {f"gate {LEVERS[k]}": float(found.gate.passed) for k, (found, _, _) in enumerate(studies)}
    figures |= {f"autoc {LEVERS[k]}": found.curve.autoc for k, (found, _, _) in enumerate(studies)}
    return figures | {f"grade {LEVERS[k]}": float(found.grade[1]) for k, (found, _, _) in enumerate(studies)}


def ungated(study: Study, X: pd.DataFrame) -> np.ndarray:
    """Advice by the families' own bounds alone."""
    return np.asarray(study.bounds.of(study.learner.predict(X))[1] > 0) & (study.grade != "E0")


def judge(advice: np.ndarray, fresh: World, name: str) -> dict[str, float]:
    """Value over the oracle's, and shares of the advised families with a harmful lever and with a lever of no effect."""
    advice, gain = advice & fresh.may, fresh.gain()
    some = max(int(advice.any(axis=1).sum()), 1)
    return {
        f"{name}value": (advice * gain).sum() / np.maximum(gain, 0).sum(),
        f"{name}harmful": (advice & (gain < 0)).any(axis=1).sum() / some,
        f"{name}zero": (advice & fresh.may & (gain == 0)).any(axis=1).sum() / some,
        f"{name}advised": advice.any(axis=1).mean(),
    }


def placebos(rounds: int, n: int, base: float, seed: int) -> pd.DataFrame:
    """Logs of the lever without effect: share whose average effect is called real, and share in which it is advised."""
    rows = []
    for number in range(rounds):
        for design in (UNDIAN, AMATAN):
            rng = np.random.default_rng([seed, number, design == UNDIAN])
            world = draw(rng, n, base)
            _, treated, chance, left = log_of(rng, world, 1, design)
            known = chance if design == UNDIAN else None
            found = study_lever("T2", world.X, treated, left, design=design, n_folds=3, propensity=known,
                                together=len(LEVERS))  # fmt: skip
            z = found.bounds.average / found.bounds.average_se
            told, alone = advised(found, world.X).mean(), ungated(found, world.X).mean()
            rows.append({"design": design, "rejected": abs(z) > 1.96, "gate passed": found.gate.passed, "advised": told > 0,
                         "families advised": told, "ungated advised": alone > 0, "ungated families": alone})  # fmt: skip
    return pd.DataFrame(rows).groupby("design").mean()


def main() -> None:
    """Print the table."""
    reader = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    reader.add_argument("--families", type=int, default=20_000)
    reader.add_argument("--rounds", type=int, default=8)
    reader.add_argument("--base", type=float, default=0.099)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--placebos", type=int, default=0)
    asked = reader.parse_args()
    if asked.placebos:
        with threadpool_limits(1):
            print(placebos(asked.placebos, asked.families, asked.base, asked.seed).round(4).to_string())
        return
    with threadpool_limits(1):
        table = {
            design: pd.DataFrame(
                [one_round(asked.seed * 1000 + k, asked.families, asked.base, design) for k in range(asked.rounds)]
            )
            for design in (UNDIAN, AMATAN)
        }
    print(
        f"{asked.families} families per log, base {asked.base}, {asked.rounds} rounds, {FRESH} fresh families advised"
    )
    print(pd.concat({name: summary(frame) for name, frame in table.items()}, axis=1).round(4).to_string())


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean over rounds, its standard error, least and most."""
    found = frame.agg(["mean", "sem", "min", "max"]).T
    return found.rename(columns={"sem": "se"})


if __name__ == "__main__":
    main()
