"""The study beyond ranking: calibration, every way out, relapse, hold-outs, and households nothing was ever tried on.

    python benchmarks/eph/extended.py --data DIR [--write]

Nothing is chosen here: the configuration is that of `config.toml`. Part one looks again at the origins of `study.py`, which are
no longer untouched. Part two is: households first interviewed in 2023, of which no label had been computed before; since no
year has passed, their outcome is that of the *next quarter*, and everything learns from pairs one quarter apart. Prints
Markdown; ``--write`` puts it into README.md between its two marks.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # a checkout that is not installed

from afterwards import lasting, returns
from material import Material, OnlyFamilies, Panel, read_panel
from panel import after_exit, new_households, pair_up, quarter_name, read_survey, relapse
from probabilities import calibration, learnt_shares, ways_out
from reference import OnColumns
from regions import NewRegions
from settings import ORIGINS, make_model, parser, read_config
from study import (
    DECILE,
    FIGURES,
    LOGISTIC_ALL,
    MEAN,
    MODEL,
    PLAIN,
    PLAIN_ALL,
    POOLED,
    build,
    chosen,
    contenders,
    differences,
    judge,
    origins_of,
    replicate,
)

from pkh_graduation.estimators import PlainBoosting
from pkh_graduation.evaluation import BacktestReport
from pkh_graduation.programme.vocabulary import MANDIRI

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- extended.py writes from here -->", "<!-- extended.py writes to here -->"
MODEL_NEW, PLAIN_NEW = "model_wilayah_baru", "boosting_wilayah_baru"
FRESH_SINCE = 2023 * 4
FRESH_ORIGINS = tuple(range(FRESH_SINCE, FRESH_SINCE + 3))
RIVALS = [DECILE, PLAIN, PLAIN_ALL, LOGISTIC_ALL]


def main() -> None:
    """Print both parts, and write them where asked."""
    reader = parser(__doc__)
    reader.add_argument("--write", action="store_true", help="write the tables into README.md")
    options = reader.parse_args()
    config, panel = read_config(), read_panel(read_survey(options.data))
    text = "\n".join([*seen_origins(panel, config), "", *fresh_households(panel, config)])
    print(text)
    if options.write:
        page = README.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        README.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


def seen_origins(panel: Panel, config: dict[str, Any]) -> list[str]:
    """Part one: the origins of the study."""
    pairs = pair_up(panel.survey)
    material = build(panel, pairs, config)
    who = chosen(contenders(material, config), [MODEL, *RIVALS])
    region = region_of(material, panel)
    who[MODEL_NEW] = NewRegions(make_model(config["model"], material.dictionary), region)
    who[PLAIN_NEW] = NewRegions(OnColumns(PlainBoosting()), region)
    report = judge(material, who, origins_of(ORIGINS))
    return [
        "### Probabilities, at the origins of the study", "",
        *calibration_lines(report, [MODEL, LOGISTIC_ALL, PLAIN_ALL]), "",
        *ways_lines(report, learnt_shares(pairs, ORIGINS)), "",
        "### Afterwards", "", *after_lines(panel, pairs, report), "",
        "### Hold-outs", "", *overlap_lines(pairs), "", *region_lines(report, region), "",
        *same_columns_line(differences(report, [PLAIN_ALL]), "origins of the study"),
    ]  # fmt: skip


def fresh_households(panel: Panel, config: dict[str, Any]) -> list[str]:
    """Part two: households first interviewed in 2023, one quarter ahead."""
    pairs = pair_up(panel.survey, 1)
    material = build(panel, pairs, config, 1)
    new = panel.family[panel.family["hh_id"].isin(new_households(panel.survey, FRESH_SINCE))]
    folds = OnlyFamilies(origins_of(FRESH_ORIGINS, 1), frozenset(new["kpm_id"]))
    report = judge(material, chosen(contenders(material, config), [MODEL, *RIVALS]), folds)
    gaps = differences(report, RIVALS)
    learnt = [int(((pairs["t"] + 1 <= t) & pairs["way_out"].notna()).sum()) for t in FRESH_ORIGINS]
    rows = report.predictions[report.predictions["contender"] == MODEL]
    names = ", ".join(quarter_name(t) for t in FRESH_ORIGINS)
    return [
        "### Untouched: households first interviewed in 2023, one quarter ahead", "",
        f"Origins {names}; learnt from {', '.join(map(str, learnt))} pairs; judged {len(rows)} families, "
        f"{int(rows['label'].sum())} graduates.", "",
        *figure_lines(report, [MODEL, *RIVALS]), "", *gap_lines(gaps), "",
        *calibration_lines(report, [MODEL, LOGISTIC_ALL, PLAIN_ALL]), "",
        *ways_lines(report, learnt_shares(pairs, FRESH_ORIGINS, 1)), "",
        *same_columns_line(gaps, "untouched households"),
    ]  # fmt: skip


def region_of(material: Material, panel: Panel) -> pd.Series:
    """The survey's region of each row of X."""
    homes = panel.survey.households[["hh_id", "t", "region"]].merge(panel.family, on=["hh_id", "t"], validate="1:1")
    day = pd.to_datetime(homes["day"].astype("int64"), unit="D").astype("datetime64[s]")
    place = homes.set_index(pd.MultiIndex.from_arrays([homes["kpm_id"], day], names=["kpm_id", "as_of"]))["region"]
    return place.loc[material.X.index].astype("int64")


def calibration_lines(report: BacktestReport, names: list[str]) -> list[str]:
    """`mandiri`: the model per origin, the others pooled."""
    tables = {name: calibration(report, name, MANDIRI) for name in names}
    rows = [(MODEL, origin, row) for origin, row in tables[MODEL].iterrows()]
    rows += [(name, "pooled", tables[name].loc["pooled"]) for name in names if name != MODEL]
    return [
        "**mandiri**: predicted over observed, slope (1 is right), ECE and what chance alone explains 95 times in 100; "
        "intervals by household", "",
        "| contender | origin | families / exits | predicted / observed | slope | ECE | limit |", "|---|---|---|---|---|---|---|",
        *(
            f"| {name} | {origin} | {row['n']:.0f} / {row['events']:.0f} "
            f"| {row['ratio']:.2f} ({row['ratio_low']:.2f}, {row['ratio_high']:.2f}) "
            f"| {row['slope']:.2f} ({row['slope_low']:.2f}, {row['slope_high']:.2f}) | {row['ece']:.3f} | {row['ece_limit']:.3f} |"
            for name, origin, row in rows
        ),
    ]  # fmt: skip


def ways_lines(report: BacktestReport, shares: pd.DataFrame) -> list[str]:
    """Every way out of the model."""
    table = ways_out(report, MODEL, shares)
    rows = report.predictions[report.predictions["contender"] == MODEL]
    stays = 1.0 - rows[["p_mandiri", "p_alamiah", "p_administratif"]].sum(axis=1)
    return [
        "**Competing ways out**, model, all origins pooled. Brier skill: one minus the Brier score over that of telling every "
        f"family the share learned at the origin. Least chance of staying: {stays.min():.3f}.", "",
        "| way out | exits | predicted / observed | AUC | Brier skill |", "|---|---|---|---|---|",
        *(
            f"| {way} | {row['exits']:.0f} | {row['ratio']:.2f} | {row['auc']:.3f} ({row['auc_low']:.3f}, {row['auc_high']:.3f}) "
            f"| {row['skill']:+.3f} ({row['skill_low']:+.3f}, {row['skill_high']:+.3f}) |"
            for way, row in table.iterrows()
        ),
    ]  # fmt: skip


def after_lines(panel: Panel, pairs: pd.DataFrame, report: BacktestReport) -> list[str]:
    """Relapse by way out, and what a score knows of it."""
    table = returns(panel.survey, pairs)
    seen, fallen = relapse(panel.survey, pairs)
    told, judged, down = lasting(panel.survey, pairs, panel.family, report, [MODEL, LOGISTIC_ALL, DECILE])
    left = len(after_exit(panel.survey, pairs))
    return [
        f"Of all that left within a year, {left} were seen again one quarter later under the same head (all base quarters):", "",
        "| way out | seen again | back on assistance | share (95 %) |", "|---|---|---|---|",
        *(f"| {way} | {row['seen']:.0f} | {row['back']:.0f} | {row['share']:.2f} ({row['low']:.2f}, {row['high']:.2f}) |"
          for way, row in table.iterrows()), "",
        f"Graduates back on assistance *or* below decile 4: {fallen} of {seen} ({fallen / seen:.0%}).", "",
        f"Among the {judged} judged graduates seen again ({down} fell back), does P(mandiri) say who stays out? AUC: "
        + ", ".join(f"{name} {row['auc']:.3f} ({row['low']:.3f}, {row['high']:.3f})" for name, row in told.iterrows()) + ".",
    ]  # fmt: skip


def overlap_lines(pairs: pd.DataFrame) -> list[str]:
    """New households: how many of the judged were also learned from."""
    known = pairs[pairs["way_out"].notna()]
    shared = [
        f"{quarter_name(t)} {known.loc[known['t'] == t, 'hh_id'].isin(known.loc[known['t'] + 4 <= t, 'hh_id']).sum()} of "
        f"{(known['t'] == t).sum()}"
        for t in ORIGINS
    ]
    return [
        f"*New households.* Judged households that were also learned from: {'; '.join(shared)}. A household leaves the panel "
        "before a year has passed twice, so every figure of this study is one of new households in a future quarter."
    ]


def region_lines(report: BacktestReport, region: pd.Series) -> list[str]:
    """New regions: each region judged by a model that has seen only the others."""
    names = [MODEL, MODEL_NEW, PLAIN_ALL, PLAIN_NEW, DECILE]
    return [
        f"*New regions.* `_wilayah_baru`: each of the {region.nunique()} regions is judged by a model that has learned from the "
        "others only.", "", *figure_lines(report, names), "",
        *gap_lines(differences(report, [MODEL, PLAIN_NEW, DECILE], of=MODEL_NEW), of=MODEL_NEW),
    ]  # fmt: skip


def figure_lines(report: BacktestReport, names: list[str]) -> list[str]:
    """Pooled and mean figures of some contenders."""
    ones = np.ones((1, report.predictions["kpm_id"].nunique()))
    lines = [
        f"**mandiri**: {' / '.join(FIGURES.values())}",
        "",
        "| contender | pooled | mean of origins |",
        "|---|---|---|",
    ]
    for name in names:
        found = replicate(report, name, MANDIRI, ones)
        cells = [" / ".join(f"{found[over][key][0]:.3f}" for key in FIGURES) for over in (POOLED, MEAN)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def gap_lines(gaps: pd.DataFrame, of: str = MODEL) -> list[str]:
    """Paired differences as a table."""
    lines = [f"**mandiri**, {of} minus other, 95 % household bootstrap over all origins together", "",
             f"| against | over | {' | '.join(FIGURES.values())} |", "|---|---|" + "---|" * len(FIGURES)]  # fmt: skip
    for (other, over), rows in gaps.groupby(["against", "over"], sort=False):
        cells = [f"{r.difference:+.3f} ({r.low:+.3f}, {r.high:+.3f})" for r in rows.itertuples()]
        lines.append(f"| {other} | {over} | {' | '.join(cells)} |")
    return lines


def same_columns_line(gaps: pd.DataFrame, where: str) -> list[str]:
    """The target of the comparison with plain boosting on the same columns."""
    rows = gaps[(gaps["against"] == PLAIN_ALL) & (gaps["over"] == POOLED) & (gaps["figure"] == "auc")]
    gap = next(rows.itertuples())
    verdict = "met" if gap.low > 0 else "MISSED"
    return [
        f"Target on the {where}: lower bound of the pooled paired AUC difference to plain boosting on the same columns above 0: "
        f"**{verdict}**, {gap.difference:+.3f} ({gap.low:+.3f}, {gap.high:+.3f})."
    ]


if __name__ == "__main__":
    main()
