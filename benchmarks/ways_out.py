"""Incidence of every way out, against planted truth and against others, at 2, 4 and 8 quarters.

    python benchmarks/ways_out.py                      # three made-up panels x three kinds of censoring: about 12 CPU minutes
    python benchmarks/ways_out.py --seeds 1 --families 3000 --without boosting
    python benchmarks/ways_out.py --first-seed 2000 --seeds 36 --full-seeds 3 --without boosting naive    # seeds of your own

Panels: ``straight`` (log-odds linear in traits), ``bent`` (thresholds and an interaction), ``regime`` (four times as many
leave by mandiri in one of the three years learned from). Censoring: ``none``; ``random``; ``informative``: families with
little of two observed traits are lost sooner. Learned from all dates up to the origin, told as known then; judged on the
families at risk there.

Printed per panel, censoring and contender, mean over seeds: mean predicted over mean planted incidence (``bias``) of each
way out after 2, 4 and 8 quarters; the integrated Brier score of each way out over quarters 1..8, weighted by the inverse
probability of not being censored (Graf and others 1999), as a ratio to the best contender's; the largest distance of the
mean incidence from the Aalen-Johansen curve of the judged families themselves. Then the two targets for ``model``: biases under
random and informative censoring within 5 % (mean over seeds, with the standard error of that mean), and each Brier score at most
1.01 times the best contender's, ``naive`` aside, on the seeds where all were run.

Contenders: the library's three (blend, ramps only, trees only); ``aalen_johansen``, one curve for all; ``boosting``:
SurvivalBoost of ``hazardous`` (extra `bench`), its setting chosen once per panel, on the first
censoring and seed, among those of ``SETTINGS`` by the date two years before the origin, then fitted anew each time; ``naive``:
the library's model told that censored families stayed, which has to look bad. All contenders run on the first ``--full-seeds``,
the model and Aalen-Johansen on all ``--seeds``: biases need more families than one seed has.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pkh_graduation.contracts import Outcomes
from pkh_graduation.estimators import GraduationModel
from pkh_graduation.estimators.incidence import incidence_path
from pkh_graduation.programme.calendar import tahap_end
from pkh_graduation.programme.vocabulary import ADMINISTRATIF, ALAMIAH, MANDIRI, MASIH_PESERTA, STATES, TERSENSOR

HORIZON, QUARTERS, ORIGIN = 8, 20, 12
CAUSES = {MANDIRI: 1, ALAMIAH: 2, ADMINISTRATIF: 3}
CLOCK = 365.25 / 4
SETTINGS = [
    {"n_iter": n_iter, "learning_rate": 0.1, "max_leaf_nodes": leaves, "min_samples_leaf": 100}
    for n_iter in (30, 60)
    for leaves in (4, 16)
]
TUNING_LINES, LEARNING_LINES = 3_000, 5_000
"""Lines on which a setting is tried, and at most learned from in the end: boosting costs minutes beyond."""
EVERY_SEED = ("model", "aalen_johansen")
"""Cheap enough for the seeds that only serve the biases."""


@dataclasses.dataclass(frozen=True)
class Panel:
    """Features and outcomes of training and judging, and the planted path of the judged families."""

    kind: str
    X: pd.DataFrame
    y: Outcomes
    X_now: pd.DataFrame
    duration: np.ndarray
    cause: np.ndarray
    truth: np.ndarray


def hazards(kind: str, traits: np.ndarray, ends: np.ndarray) -> dict[str, np.ndarray]:
    """Planted hazards per family and quarter, each (n, QUARTERS)."""
    w, v, owns = traits[:, 0], traits[:, 1], (traits[:, 2] > 0.6).astype(float)
    step = np.arange(QUARTERS)
    eta = 0.9 * w + 0.8 * owns
    if kind == "bent":
        eta = 1.2 * (w > 0.5) + 0.9 * owns * (v > 0) + 0.5 * np.sin(2 * v) + 0.4 * w
    season = np.log([0.7, 0.9, 1.0, 1.4])[step % 4]
    level = -4.0 + (np.log(4.0) * (step // 4 == 1) if kind == "regime" else 0.0) + season
    past = np.clip((step + 1) - ends[:, None] / CLOCK, 0.0, 1.0)
    return {
        ADMINISTRATIF: np.repeat(1 / (1 + np.exp(4.4 - 0.6 * v))[:, None], QUARTERS, axis=1),
        ALAMIAH: -np.expm1(-0.23 * past),
        MANDIRI: 1 / (1 + np.exp(-(level + eta[:, None]))),
    }


def make_panel(kind: str, censoring: str, n: int, seed: int) -> Panel:
    random = np.random.default_rng([seed, len(kind), len(censoring)])
    traits = random.normal(size=(n, 8))
    ends = np.where(random.random(n) < 0.2, np.inf, random.integers(-200, 3000, n))
    planted = hazards(kind, traits, ends)
    exit_, cause = np.full(n, 10**6), np.zeros(n, dtype=int)
    for k in range(QUARTERS):
        for name in (ADMINISTRATIF, ALAMIAH, MANDIRI):
            goes = (exit_ == 10**6) & (random.random(n) < planted[name][:, k])
            exit_[goes], cause[goes] = k, CAUSES[name]
    lost = np.full(n, 10**6)
    if censoring != "none":
        tilt = 0.0 if censoring == "random" else -0.9 * traits[:, 0] - 0.6 * traits[:, 1]
        lost = random.geometric(1 / (1 + np.exp(-(-3.0 + tilt + np.zeros(n)))))
    names = np.array([f"k{place:015x}" for place in range(n)])
    parts, labels = [], []
    for k in range(ORIGIN + 1):
        here = np.flatnonzero((exit_ >= k) & (lost > k))
        never, left = np.isinf(ends[here]), ends[here] - CLOCK * k
        frame = pd.DataFrame(traits[here], columns=[f"sifat_{place}" for place in range(8)])
        frame["komp_habis_hari"], frame["komp_abadi"] = np.where(never, np.nan, left), never * 1.0
        date = np.full(len(here), np.datetime64(tahap_end(2018 + (k + 3) // 4, (k + 3) % 4 + 1), "s"))
        frame.index = pd.MultiIndex.from_arrays([names[here], date], names=["kpm_id", "as_of"])
        until = np.minimum(HORIZON, np.minimum(lost[here], ORIGIN if k < ORIGIN else QUARTERS) - k)
        gone = exit_[here] - k + 1 <= until
        parts.append(frame.astype(np.float32).astype(np.float64))
        labels.append((np.where(gone, exit_[here] - k + 1, until), np.where(gone, cause[here], 0), until, here))
    X, told = pd.concat(parts[:-1]), [np.concatenate(column) for column in zip(*labels[:-1], strict=True)]
    duration, reason, until = told[:3]
    words = np.array([MASIH_PESERTA, *CAUSES], dtype=object)[reason]
    words[(reason == 0) & (until < HORIZON)] = TERSENSOR
    frame = pd.DataFrame({"way_out": words, "quarter": duration.astype(np.int16), "observed": until.astype(np.int16)})
    frame.index = X.index
    y = Outcomes(frame, pd.DataFrame(), tahap_end(2018 + (ORIGIN + 3) // 4, (ORIGIN + 3) % 4 + 1), 0, HORIZON)
    duration, reason, _, here = labels[-1]
    span = slice(ORIGIN, ORIGIN + HORIZON)
    truth = incidence_path(*(planted[name][here, span] for name in (ADMINISTRATIF, ALAMIAH, MANDIRI)))
    return Panel(kind, X, y, parts[-1], duration, reason, truth)


def curves(duration: np.ndarray, cause: np.ndarray) -> np.ndarray:
    """Aalen-Johansen: incidence of each state after 0..HORIZON quarters, shape (HORIZON + 1, 4); cause 0 is censored."""
    path = np.zeros((HORIZON + 1, len(STATES)))
    path[0, 0] = 1.0
    for j in range(1, HORIZON + 1):
        at_risk = max(1, int((duration >= j).sum()))
        rate = [((duration == j) & (cause == code)).sum() / at_risk for code in (1, 2, 3)]
        path[j, 1:] = path[j - 1, 1:] + path[j - 1, 0] * np.array(rate)
        path[j, 0] = 1.0 - path[j, 1:].sum()
    return path


def integrated_brier(path: np.ndarray, duration: np.ndarray, cause: np.ndarray) -> np.ndarray:
    """Mean over quarters 1..HORIZON of the Brier score of each way out (3,), by inverse probability of censoring.

    A family is weighed by one over the chance of not having been lost before its exit, or before the quarter judged.
    """
    kept = np.ones(HORIZON + 1)
    for j in range(1, HORIZON + 1):
        # lost after quarter j: seen through j without leaving, and no further
        risk = (duration >= j) & ~((duration == j) & (cause > 0))
        lost = (duration == j) & (cause == 0) & (j < HORIZON)
        kept[j] = kept[j - 1] * (1.0 - lost.sum() / max(1, risk.sum()))
    scores = np.zeros((HORIZON, 3))
    for j in range(1, HORIZON + 1):
        left = (cause > 0) & (duration <= j)
        weight = np.where(left, 1 / kept[np.maximum(duration, 1) - 1], np.where(duration >= j, 1 / kept[j - 1], 0.0))
        for code in (1, 2, 3):
            happened = left & (cause == code)
            scores[j - 1, code - 1] = np.average((happened - path[:, j, code]) ** 2, weights=weight)
    return scores.mean(axis=0)


Contestant = Callable[[Panel], np.ndarray]


def ours(**setting: object) -> Contestant:
    def predict(panel: Panel) -> np.ndarray:
        signs = {"sifat_0": 1}
        model = GraduationModel(signs=signs, **setting).fit(panel.X, panel.y)
        return model.predict_incidence(panel.X_now, HORIZON).path

    return predict


def naive(panel: Panel) -> np.ndarray:
    frame = panel.y.frame.copy()
    lost = frame["way_out"] == TERSENSOR
    frame.loc[lost, "way_out"], frame.loc[lost, "quarter"], frame["observed"] = MASIH_PESERTA, HORIZON, HORIZON
    told = dataclasses.replace(panel.y, frame=frame.astype(panel.y.frame.dtypes))
    return GraduationModel().fit(panel.X, told).predict_incidence(panel.X_now, HORIZON).path


def one_curve(panel: Panel) -> np.ndarray:
    frame = panel.y.frame[panel.y.frame["observed"] > 0]
    code = frame["way_out"].map(CAUSES).fillna(0).to_numpy(dtype=int)
    path = curves(frame["quarter"].to_numpy(), code)
    return np.broadcast_to(path, (len(panel.X_now), *path.shape))


TUNED: dict[str, dict] = {}
"""The setting of boosting by kind of panel, chosen on the first panel of it."""


def survival_boost(panel: Panel) -> np.ndarray:
    """Tuned once a kind of panel: the setting with the least integrated Brier score on a date whose outcomes were known."""
    duration, code = observed(panel)
    if panel.kind not in TUNED:
        dates = panel.y.frame.index.get_level_values("as_of")
        cut = sorted(dates.unique())[-HORIZON]
        early, late = (duration > 0) & (dates < cut), (duration > 0) & (dates == cut)
        losses = []
        for setting in SETTINGS:
            path = boosted(panel, setting, early, TUNING_LINES, panel.X[late])
            losses.append(integrated_brier(path, duration[late], code[late]).sum())
        TUNED[panel.kind] = SETTINGS[int(np.argmin(losses))]
    return boosted(panel, TUNED[panel.kind], duration > 0, LEARNING_LINES, panel.X_now)


def observed(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Quarters seen and code of the way out, 0 for none, of the rows learned from."""
    frame = panel.y.frame
    return frame["quarter"].to_numpy(dtype=int), frame["way_out"].map(CAUSES).fillna(0).to_numpy(dtype=int)


def boosted(panel: Panel, setting: dict, lines: np.ndarray, most: int, X: pd.DataFrame) -> np.ndarray:
    """Path (n, HORIZON + 1, 4) of one setting, learned from at most so many of the lines.

    An exit is told in the middle of its quarter and a loss at the end, so that a curve of continuous time is read between two
    steps, not on one. Traits are rounded to 250 quantiles first: the trees see no more than 255, and scikit-learn looks for
    these with weights anew in each of the many fits, which costs minutes.
    """
    from hazardous import SurvivalBoost

    duration, code = observed(panel)
    edges = {name: np.unique(panel.X[name].dropna().quantile(np.linspace(0, 1, 251))) for name in panel.X}

    def rounded(frame: pd.DataFrame) -> np.ndarray:
        near = {name: edge[np.searchsorted(edge, frame[name]).clip(0, len(edge) - 1)] for name, edge in edges.items()}
        return pd.DataFrame(near, index=frame.index).mask(frame.isna()).to_numpy()

    learn = np.random.default_rng(0).permutation(np.flatnonzero(lines))[:most]
    target = pd.DataFrame({"event": code[learn], "duration": duration[learn] - 0.5 * (code[learn] > 0)})
    boost = SurvivalBoost(**setting, show_progressbar=False, random_state=0, n_time_grid_steps=16)
    boost.fit(rounded(panel.X.iloc[learn]), target)
    grid = np.arange(HORIZON + 1, dtype=float)
    return np.moveaxis(boost.predict_cumulative_incidence(rounded(X), times=grid), 1, 2)


CONTESTANTS: dict[str, Contestant] = {
    "model": ours(), "logistik": ours(blend=1.0), "pohon": ours(blend=0.0), "aalen_johansen": one_curve,
    "boosting": survival_boost, "naive": naive,
}  # fmt: skip


def judge(kind: str, censoring: str, n: int, seed: int, names: list[str]) -> pd.DataFrame:
    """One row per contender."""
    panel = make_panel(kind, censoring, n, seed)
    seen = curves(panel.duration[panel.duration > 0], panel.cause[panel.duration > 0])
    rows = []
    for name in names:
        began = time.process_time()
        path = CONTESTANTS[name](panel)
        row: dict[str, object] = {"panel": kind, "censoring": censoring, "seed": seed, "contender": name}
        for cause, code in CAUSES.items():
            for j in (2, 4, 8):
                row[f"bias {cause} {j}"] = path[:, j, code].mean() / panel.truth[:, j, code].mean()
        known = panel.duration > 0
        score = integrated_brier(path[known], panel.duration[known], panel.cause[known])
        row |= {f"ibs {cause}": score[code - 1] for cause, code in CAUSES.items()}
        row["distance to AJ"] = np.abs(path.mean(axis=0) - seen)[:, 1:].max()
        row["sum to one"] = np.abs(path.sum(axis=2) - 1).max()
        row["cpu_s"] = time.process_time() - began
        rows.append(row)
        print(kind, censoring, seed, name, f"{row['cpu_s']:.1f} s", file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", type=int, default=6000)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--full-seeds", type=int, default=2)
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--panels", nargs="+", default=["straight", "bent", "regime"])
    parser.add_argument("--censoring", nargs="+", default=["none", "random", "informative"])
    wanted = parser.parse_args()
    names = [name for name in CONTESTANTS if name not in wanted.without]
    with threadpool_limits(1):
        found = pd.concat(
            judge(kind, censoring, wanted.families, wanted.first_seed + place, raced(names, place < wanted.full_seeds))
            for kind in wanted.panels
            for censoring in wanted.censoring
            for place in range(wanted.seeds)
        )
    pd.set_option("display.width", 250)
    keys = ["panel", "censoring", "contender"]
    print_biases(found, keys)
    print_scores(found[found["seed"] < wanted.first_seed + max(1, wanted.full_seeds)], keys)
    if TUNED:
        print("\nboosting chose:", *(f"{name}: {setting}" for name, setting in TUNED.items()), sep="\n  ")


def raced(names: list[str], everyone: bool) -> list[str]:
    """All, or those that are run on every seed."""
    return [name for name in names if everyone or name in EVERY_SEED]


def print_biases(found: pd.DataFrame, keys: list[str]) -> None:
    """Mean over seeds of predicted over planted, and the target of 5 %."""
    biases = [column for column in found if column.startswith("bias")]
    by = found.groupby(keys, sort=False)[biases]
    mean, error = by.mean(), by.sem()
    print(mean.rename(columns=lambda name: name.removeprefix("bias ")).round(3).to_string())
    lost = mean.index.get_level_values("censoring") != "none"
    own = mean.index.get_level_values("contender") == "model"
    off = (mean - 1.0).abs()[lost & own].stack()
    if len(off):
        worst = off.idxmax()
        surely = off - 1.96 * error[lost & own].stack().reindex(off.index)
        print(
            f"\nbias of model under censoring: {(off > 0.05).sum()} of {len(off)} cells beyond 5 %, "
            f"{(surely > 0.05).sum()} by more than 1.96 standard errors; worst {mean.stack()[worst]:.3f} "
            f"(standard error {error.stack().get(worst, np.nan):.3f}) at {' '.join(worst)}"
        )
        print("mean over panels and censoring:", in_words(mean[lost & own].mean()))
        print("largest standard error of a cell:", in_words(error[lost & own].max()))


def in_words(cells: pd.Series) -> str:
    """Biases by their cell's name, in one line."""
    return ", ".join(f"{name.removeprefix('bias ')} {value:.3f}" for name, value in cells.items())


def print_scores(found: pd.DataFrame, keys: list[str]) -> None:
    """Integrated Brier scores as ratios to the best contender's, and the target of 1.01."""
    mean = found.groupby(keys, sort=False).mean(numeric_only=True).drop(columns="seed")
    scores = [column for column in mean if column.startswith("ibs")]
    honest = mean[mean.index.get_level_values("contender") != "naive"]
    ratio = (
        mean[scores] / honest[scores].groupby(["panel", "censoring"]).min().reindex(mean.index.droplevel(2)).to_numpy()
    )
    print("\nintegrated Brier score over the best contender's")
    print(ratio.join(mean[["distance to AJ", "sum to one", "cpu_s"]]).round(4).to_string())
    own = ratio.xs("model", level="contender").stack()
    print(
        f"\nmodel: {(own > 1.01).sum()} of {len(own)} ratios above 1.01; worst {own.max():.4f} at {' '.join(own.idxmax())}"
    )


if __name__ == "__main__":
    main()
