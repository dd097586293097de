"""What the commands promise of a list, tried on an office whose backtest is done (such as that of `pkh-graduation demo`).

    python benchmarks/promises.py OUT [--as-of 2026-12-31] [--choose] [--members 2]

Prints, for several targets, the band *siap dibahas* of the last origin as calibrated on the first one: families that could be
listed, its size, and the share in it that did not leave by mandiri (one draw, no mean over replicates: those are in the tests);
then the groups that the list of the last origin leaves behind, with floors and costs. With ``--choose`` also the model set at six
origins, which fits eighteen models (some minutes).
"""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation import stores, timeline
from pkh_graduation.priorities import PastYear
from pkh_graduation.workflows import choosing, discovering, featuring, mending
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Recipe

TARGETS = (0.5, 0.7, 0.8, 0.85, 0.9, 0.95)


def could_be_listed(places: Places, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of one origin whose families could have been listed then."""
    clear = discovering.could_be_listed_at(places, dt.date.fromisoformat(rows["origin"].iloc[0]))
    return rows[pd.MultiIndex.from_frame(rows[["kpm_id", "as_of"]]).isin(clear)]


def bands(places: Places, rows: pd.DataFrame) -> pd.DataFrame:
    """The band of the last origin by the outcomes of the first, one line per target."""
    origins = sorted(rows["origin"].unique())
    then, now = (could_be_listed(places, rows[rows["origin"] == origin]) for origin in (origins[0], origins[-1]))
    year = PastYear.by_place(then["p_mandiri"].to_numpy(), then["label"].to_numpy())
    lines = []
    for target in TARGETS:
        found = year.discover_by_place(now["p_mandiri"].to_numpy(), target)
        ready = now["p_mandiri"] >= found.threshold
        false = 1 - now.loc[ready, "label"].mean() if ready.any() else np.nan
        lines.append({"target": target, "could be listed": len(now), "size": found.size, "false": false})
    return pd.DataFrame(lines)


def choice(places: Places, as_of: dt.date, members: int) -> choosing.Choice:
    """The model set at six origins."""
    recipe = Recipe(members=members)
    records = stores.read_store(places.store, timeline.READS)
    X, history, dictionary = featuring.load(places, as_of=as_of, recipe=recipe)
    y = timeline.observe_outcomes(records, history, horizon=recipe.horizon, known_by=as_of)
    models = choosing.models_of(recipe, dictionary)
    return choosing.choose(models, X, y, history, capacity=recipe.capacity, horizon=recipe.horizon)


def main() -> None:
    """Print the tables."""
    reader = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    reader.add_argument("out", type=Path)
    reader.add_argument("--as-of", type=dt.date.fromisoformat, default=dt.date(2026, 12, 31))
    reader.add_argument("--choose", action="store_true")
    reader.add_argument("--members", type=int, default=2)
    asked = reader.parse_args()
    places = Places(asked.out)
    rows = pd.read_parquet(places.report / "predictions.parquet")
    rows = rows[rows["contender"] == "model"]
    print(bands(places, rows).round(4).to_string(index=False))
    report: Any = SimpleNamespace(predictions=rows, test_origin=rows["origin"].max(), capacity=Recipe().capacity)
    found = mending.mend(places, report, model="model")
    print(found.lines.to_string(index=False))
    print(pd.DataFrame(found.costs).T.round(4).to_string())
    if asked.choose:
        chosen = choice(places, asked.as_of, asked.members)
        print(chosen.reason or f"champion {chosen.champion}, best {chosen.best}, {chosen.step} tahap apart")
        print(chosen.table.round(5).to_string())
        print(chosen.precision.round(4).to_string())


if __name__ == "__main__":
    main()
