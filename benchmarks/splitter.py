"""Does the splitter tell the truth about the future? Its estimate beside what came, over many made-up worlds.

    python benchmarks/splitter.py [--seeds 20] [--families 2500]

In each world families leave by a known hazard, exits are reported up to 120 days late, and three columns are random numbers
that a family keeps for good: nothing but a name to remember it by. On the day *now* a plain boosting (scikit-learn's defaults)
is judged four ways with what is known by then: by `PanelFolds`, by rows at random, by families at random, and by panel folds
that peek at labels nobody knew yet. The truth is how the model fitted on that day ranks the families of that day in the four
quarters to come. Printed per world: AUC of each, then means and the mean distance from the truth with its standard error.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, KFold

from pkh_graduation.contracts import Contender, Fold, Outcomes, Records, Snapshots
from pkh_graduation.estimators.reference import PlainBoosting
from pkh_graduation.evaluation import labels_at
from pkh_graduation.evaluation.leakage_echoes import auc_of
from pkh_graduation.programme.calendar import NEVER, day_of, tahap_ends
from pkh_graduation.programme.vocabulary import MANDIRI
from pkh_graduation.timeline import PanelFolds, observe_outcomes

DATES = tahap_ends(dt.date(2017, 1, 1), dt.date(2022, 12, 31))
NOW, END = DATES[-6], dt.date(2024, 6, 30)
HORIZON, LAG = 4, 120
WAYS = ("panel", "baris acak", "keluarga acak", "mengintip label")


@dataclasses.dataclass(frozen=True)
class World:
    """Features and snapshots of every family and date, and the records that outcomes are told from."""

    X: pd.DataFrame
    history: Snapshots
    records: Records


def make_world(seed: int, families: int) -> World:
    """Families with a lasting strength and an enterprise, both seen with noise, and three numbers that mean nothing."""
    rng = np.random.default_rng([seed, 77])
    strength, owns = rng.normal(size=families), rng.random(families) < 0.3
    names = np.array([f"k{number:015x}" for number in rng.choice(16**6, families, replace=False)])
    hazard = 1 / (1 + np.exp(-(-4.1 + 0.8 * strength + 0.9 * owns)))
    quarter = np.ceil(np.log(rng.random(families)) / np.log1p(-hazard)).astype(int)
    leaves = quarter < len(DATES)
    day = np.array([day_of(DATES[min(q, len(DATES) - 1)]) for q in quarter]) - rng.integers(0, 85, families)
    gone = pd.DataFrame(
        {"kpm_id": names, "jenis": "mandiri", "day": day, "known": day + rng.integers(5, LAG, families)}
    )[leaves]
    came = pd.DataFrame(
        {"kpm_id": names, "jenis": "masuk", "day": day_of(DATES[0]) - 400, "known": day_of(DATES[0]) - 380}
    )
    events = pd.concat([came, gone], ignore_index=True)
    return World(
        _features(rng, names, strength, owns),
        _snapshots(names),
        Records({"peristiwa_status": _table(events)}, True, "x"),
    )


def _features(rng: np.random.Generator, names: np.ndarray, strength: np.ndarray, owns: np.ndarray) -> pd.DataFrame:
    n, dates = len(names), len(DATES)
    columns = {
        "skor": (strength[:, None] + rng.normal(size=(n, dates))).ravel(),
        "usaha": np.where(rng.random((n, dates)) < 0.1, ~owns[:, None], owns[:, None]).ravel(),
        "umur": (rng.integers(20, 60, n)[:, None] + np.arange(dates) / 4).ravel(),
    }
    columns |= {f"angka_{number}": np.repeat(rng.random(n), dates) for number in range(3)}
    return pd.DataFrame(columns, index=_index(names)).astype(np.float32).astype(float)


def _index(names: np.ndarray) -> pd.MultiIndex:
    return pd.MultiIndex.from_product([names, pd.DatetimeIndex(DATES).as_unit("s")], names=["kpm_id", "as_of"])


def _snapshots(names: np.ndarray) -> Snapshots:
    frame = pd.DataFrame(dict.fromkeys(Snapshots.COLUMNS), index=_index(names))
    frame["kpm"] = np.repeat([int(name[1:], 16) for name in names], len(DATES))
    frame["pendamping_id"] = np.repeat([f"d{number % 9}" for number in range(len(names))], len(DATES))
    return Snapshots(frame)


def _table(events: pd.DataFrame) -> pd.DataFrame:
    rows = events.rename(columns={"known": "known_day"}).assign(
        kpm=[int(name[1:], 16) for name in events["kpm_id"]], record_id=np.arange(len(events)), row_key=np.arange(len(events)),
        superseded_day=NEVER, batal=False, kasus_id=None, tahap_proses="efektif", diketahui_perkiraan=False,
    )  # fmt: skip
    return rows.astype({"day": "Int32", "known_day": "int32", "superseded_day": "int32", "kasus_id": "str"})


def one_world(
    seed: int, families: int, ways: Sequence[str] = WAYS, contender: Contender | None = None
) -> dict[str, float]:
    """AUC by each way of judging, and ``masa depan``: the truth."""
    world = make_world(seed, families)
    model = PlainBoosting(horizon=HORIZON) if contender is None else contender
    everything = observe_outcomes(world.records, world.history, horizon=HORIZON, known_by=END)
    index = world.X.index[world.X.index.get_level_values("as_of") <= pd.Timestamp(NOW)]
    X, history = world.X.loc[index], Snapshots(world.history.frame.loc[index])
    y = observe_outcomes(world.records, history, horizon=HORIZON, known_by=NOW)
    folds = PanelFolds(1, HORIZON)
    (fold,) = folds.split(X, y, history)
    peeked = _up_to(fold, y)
    anybody = pd.Series(True, index=world.X.index)
    judges = {
        "panel": lambda: _judged(model, fold, X),
        "baris acak": lambda: _at_random(model, X, y, KFold(5, shuffle=True, random_state=seed)),
        "keluarga acak": lambda: _at_random(model, X, y, GroupKFold(5)),
        "mengintip label": lambda: _judged(model, dataclasses.replace(fold, train=peeked, y_train=_of(y, peeked)), X),
    }
    found = {name: judges[name]() for name in ways}
    return found | {"masa depan": _judged(model, folds.fold_at(NOW, everything, anybody, anybody), world.X)}


def _of(y: Outcomes, index: pd.MultiIndex) -> Outcomes:
    return dataclasses.replace(y, frame=y.frame.loc[index])


def _up_to(fold: Fold, y: Outcomes) -> pd.MultiIndex:
    """Every row up to the origin, with whatever is known of it today."""
    frame = y.frame
    here = frame.index.get_level_values("as_of") <= pd.Timestamp(fold.origin)
    return frame.index[here & (frame["way_out"] != "sudah_keluar") & (frame["observed"] > 0)].difference(fold.test)


def _judged(model: Contender, fold: Fold, X: pd.DataFrame) -> float:
    fitted = clone(model).fit(X.loc[fold.train], fold.y_train)
    label = labels_at(fold.y_test, HORIZON).loc[fold.test, "label"]
    known = label.notna()
    score = fitted.predict_incidence(X.loc[fold.test], HORIZON).frame[MANDIRI]
    return auc_of(score[known].to_numpy(), (label[known] == 1).to_numpy())


def _at_random(model: Contender, X: pd.DataFrame, y: Outcomes, split: KFold | GroupKFold) -> float:
    """Cross-validation as it is usually done: over the rows whose label is known today."""
    label = labels_at(y, HORIZON)["label"]
    rows = X.loc[label.index[label.notna()]]
    score, positive = np.full(len(rows), np.nan), (label.loc[rows.index] == 1).to_numpy()
    families = {"groups": rows.index.get_level_values("kpm_id")} if isinstance(split, GroupKFold) else {}
    for learn, test in split.split(rows, positive, **families):
        fitted = clone(model).fit(rows.iloc[learn], _of(y, rows.index[learn]))
        score[test] = fitted.predict_incidence(rows.iloc[test], HORIZON).frame[MANDIRI].to_numpy()
    return auc_of(score, positive)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--families", type=int, default=2500)
    call = parser.parse_args()
    columns = (*WAYS, "masa depan")
    print("| benih | " + " | ".join(columns) + " |\n|" + "---|" * (len(columns) + 1))
    found = []
    for seed in range(call.seeds):
        found.append(one_world(seed, call.families))
        print(f"| {seed} | " + " | ".join(f"{found[-1][name]:.3f}" for name in columns) + " |", flush=True)
    table = pd.DataFrame(found)
    print("| rata-rata | " + " | ".join(f"{table[name].mean():.3f}" for name in columns) + " |")
    gap = table.sub(table["masa depan"], axis=0)
    error = gap.std(ddof=1) / np.sqrt(max(len(gap), 1))
    print("| selisih ± SE | " + " | ".join(f"{gap[name].mean():+.3f} ± {error[name]:.3f}" for name in columns) + " |")


if __name__ == "__main__":
    main()
