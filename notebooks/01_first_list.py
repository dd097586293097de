# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1. A first list
#
# From raw exports to one pendamping's list, on a made-up population of 2,000 families. Nobody here is real: the No KK and NIK
# start with 99, which is no province. Every step is one public word of `pkh_graduation`.

# %%
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import pkh_graduation as pkh

here = Path(tempfile.mkdtemp())
exports = pkh.make_population(here, preset="mini", seed=7)
sorted(path.name for path in exports.iterdir())[:6]

# %% [markdown]
# ## Records
#
# Accepted rows and rejected ones; nothing is lost, nothing is mended in silence. Numbers of people become keyed pseudonyms.

# %%
records, quarantine = pkh.read_records(exports, key=b"for made-up people only")
quarantine.rows

# %%
quarantine.counts().head(8)

# %% [markdown]
# ## Time
#
# A snapshot is the caseload as the office knew it on a date. The way out of each family is told as far as it was known on a day.

# %%
AS_OF = "2025-T4"
history = pkh.take_snapshots(records, every="tahap", since="2024-T2", until=AS_OF)
history.frame.groupby("as_of").size()

# %%
y = pkh.observe_outcomes(records, history, horizon=4, known_by="2026-T4")
y.frame["way_out"].value_counts()

# %% [markdown]
# ## Features
#
# `X` is what the model sees; `facts` is what a person may read: the exact value behind each feature and the day it became known.

# %%
X, facts = pkh.build_features(records, history)
X.shape

# %%
facts.catalogue[["theme", "unit", "meaning_id", "lever"]].sample(6, random_state=1)

# %% [markdown]
# ## A model, judged against today's practice
#
# Rolling origins: at each, only what was known by then is learnt from. Precision is counted at 10 % *within* each
# pendamping's caseload.

# %%
model = pkh.GraduationModel(n_members=2, random_state=0)
report = pkh.run_backtest(
    {"model": model} | pkh.todays_practice(), X, y, history, folds=pkh.PanelFolds(n_origins=2, horizon=4), n_boot=50
)
report.at_capacity(0.10)

# %% [markdown]
# On 2,000 families such figures are noise with a point in the middle: look at the intervals, and run `pkh-graduation demo`
# for 20,000.
#
# ## The list

# %%
now = pkh.take_snapshots(records, at="2026-T4")
X_now, facts_now = pkh.build_features(records, now)
scores = model.fit(X, y).predict_incidence(X_now, horizon=4)
assert np.allclose(scores.frame.sum(axis=1), 1)
scores.frame.describe().loc[["mean", "min", "max"]]

# %%
reasons = pkh.explain(model, X_now, facts_now, language="id")
lists = pkh.prioritise(scores, reasons, facts_now, now, quota=pkh.quota_on("2026-T4"), random_state=0)
written = pkh.write_lists(lists, here / "lists")
assert len(written) > 4
len(written)

# %%
first = lists.frame[lists.frame["urutan"] == 1].iloc[0]
cards = reasons.cards[reasons.cards["kpm_id"] == first["kpm_id"]]
for arah, kalimat in zip(cards["arah"], cards["kalimat"], strict=True):
    print(f"{arah:10s} {kalimat}")

# %% [markdown]
# The list is an aid, not a decision: *graduasi mandiri* is the family's own statement. Open `index.html` in the folder below.

# %%
pd.Series([path.suffix for path in written]).value_counts()
