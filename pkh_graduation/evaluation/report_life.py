"""The report's tables about hold-outs and about lists as they live, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pkh_graduation.evaluation.backtest_report import BacktestReport
from pkh_graduation.evaluation.report_tables import Cell, Line
from pkh_graduation.evaluation.wording import NOTHING, SMALL, TOO_FEW, date, number, percent, span
from pkh_graduation.programme.vocabulary import STATES

_HOLDOUTS = {
    "masa_depan": ("masa depan", "keluarga dan pendampingnya pernah dipelajari"),
    "keluarga_baru": ("masa depan + keluarga baru", "keluarga ini belum pernah dipelajari"),
    "pendamping_baru": ("masa depan + pendamping baru", "tidak satu pun binaannya pernah dipelajari"),
    "kabupaten_baru": ("masa depan + kabupaten baru", "tidak satu pun keluarganya pernah dipelajari"),
}
_WAYS = {
    "sekali": "sekali untuk setahun",
    "berulang": "tiap tahap, tanpa mengulang keluarga",
    "tanpa_ingatan": "tiap tahap, boleh berulang",
}
_STATES = {"masih_peserta": "masih peserta"}

HOLDOUT_HEADS = (
    "Keluarga", "Graduasi mandiri", "Ketepatan model", "Ketepatan aturan", "Kali lipat aturan", "Model yang mengenal mereka",
    "AUC pergeseran", "Fitur bergeser",
)  # fmt: skip
YEAR_HEADS = ("Keluarga berbeda", "Ketepatan", "Daya tangkap", "Tempat terpakai ulang")
PLAN_HEADS = (
    "Tempat per pendamping",
    "Graduasi mandiri",
    "Ketepatan",
    "Daya tangkap",
    "Kunjungan per pendamping",
    "Kerugian terburuk",
)


def holdout_lines(report: BacktestReport) -> list[Line]:
    """One line per hold-out; none where hold-outs were not run."""
    if report.holdouts is None:
        return []
    return [_holdout(row) for row in report.holdouts.to_dict("records")]


def _holdout(row: Mapping[str, Any]) -> Line:
    head, tag = _HOLDOUTS[row["holdout"]]
    sizes = (Cell(number(row["families"], 0)), _count(row["n_positive"]))
    if row["n_positive"] < SMALL:
        return Line(head, (*sizes, *[Cell(TOO_FEW, quiet=True)] * 4, *_shift(row)), tag)
    known = row["precision_known"]
    figures = (
        Cell(number(100 * row["precision"], 1), span(row["low"], row["high"], 1, scale=100)),
        Cell(number(100 * row["rule_precision"], 1)),
        Cell(number(row["ratio"], 2), span(row["ratio_low"], row["ratio_high"], 2)),
        Cell(number(100 * known, 1)) if known == known else Cell(NOTHING, quiet=True),
    )
    return Line(head, (*sizes, *figures, *_shift(row)), tag)


def _shift(row: Mapping[str, Any]) -> tuple[Cell, Cell]:
    if row["shift_auc"] != row["shift_auc"]:
        return Cell(NOTHING, quiet=True), Cell(NOTHING, quiet=True)
    return Cell(number(row["shift_auc"], 2)), Cell(number(row["shifted_features"], 0))


def life_view(
    report: BacktestReport, names: Mapping[str, str], model: str, meanings: Mapping[str, str]
) -> dict[str, Any] | None:
    """Tables of `ListLife` as text; nothing where it was not made. ``meanings``: column -> what it says, in words."""
    life = report.life
    if life is None:
        return None
    return {
        "year": _year(life.year, names),
        "tahap": number(life.year["tahap"].max(), 0) if len(life.year) else "",
        "plan": _plan(life.plan, names, model),
        "outcomes": _outcomes(life.outcomes, names),
        "states": [_STATES.get(state, state) for state in STATES],
        "profile": _profile(life.profile, meanings),
        "overlap": _overlap(life.overlap, names, model),
        "between": _between(life.tahap, names),
        "cost": number(life.cost_ratio, 0 if life.cost_ratio == round(life.cost_ratio) else 1),
        "visits": number(life.visits_per_family, 0 if life.visits_per_family == round(life.visits_per_family) else 1),
    }


def _year(table: pd.DataFrame, names: Mapping[str, str]) -> list[Line]:
    lines = []
    for row in table.to_dict("records"):
        few = row["graduates"] < SMALL
        shares = [
            Cell(TOO_FEW, quiet=True) if few else Cell(number(100 * row[key], 1)) for key in ("precision", "recall")
        ]
        cells = (Cell(number(row["families"], 0)), *shares, Cell(number(row["listed_again"], 0)))
        lines.append(Line(names[row["contender"]], cells, _WAYS[row["cara"]]))
    return lines


def _plan(table: pd.DataFrame, names: Mapping[str, str], model: str) -> list[Line]:
    lines = []
    for row in table.to_dict("records"):
        graduates = row["found"] / row["recall"] if row["recall"] else 0.0
        few = not graduates >= SMALL
        found = [Cell(TOO_FEW, quiet=True)] * 3 if few else [
            Cell(number(row["found"], 1)), Cell(number(100 * row["precision"], 1)), Cell(number(100 * row["recall"], 1)),
        ]  # fmt: skip
        cells = (
            Cell(number(row["places_per_pendamping"], 1)), *found, Cell(number(row["visits_per_pendamping"], 1)),
            Cell(TOO_FEW, quiet=True) if few else Cell(number(row["harm"], 0)),
        )  # fmt: skip
        head = f"{percent(row['share'])} · {names[row['contender']]}"
        lines.append(Line(head, cells, role="model" if row["contender"] == model else "rule"))
    return lines


def _outcomes(table: pd.DataFrame, names: Mapping[str, str]) -> list[Line]:
    lines = []
    for row in table.to_dict("records"):
        shares = [
            Cell(number(100 * row[state] / row["families"], 1)) if row["families"] else Cell(NOTHING, quiet=True)
            for state in STATES
        ]
        tag = "di daftar" if row["listed"] else "di luar daftar"
        lines.append(Line(names[row["contender"]], (Cell(number(row["families"], 0)), *shares), tag))
    return lines


def _profile(table: pd.DataFrame, meanings: Mapping[str, str]) -> list[Line]:
    return [
        Line(
            meanings.get(row["feature"], row["feature"].replace("_", " ")),
            (
                Cell(number(row["mean_listed"], 2)), Cell(number(row["mean_other"], 2)),
                Cell(number(row["difference"], 2, signed=True)), Cell(number(100 * row["missing_listed"], 1)),
                Cell(number(100 * row["missing_other"], 1)),
            ),
            row["feature"] if row["feature"] in meanings else "",
        )
        for row in table.to_dict("records")
    ]  # fmt: skip


def _overlap(table: pd.DataFrame, names: Mapping[str, str], model: str) -> list[Line]:
    pairs = [
        (row["other"] if row["contender"] == model else row["contender"], row["jaccard"])
        for row in table.to_dict("records")
    ]
    return [Line(names[name], (Cell(number(value, 2)),)) for name, value in sorted(pairs, key=lambda pair: -pair[1])]


def _between(table: pd.DataFrame, names: Mapping[str, str]) -> list[Line]:
    return [
        Line(
            f"{date(row['origin'])} – {date(row['next_origin'])}",
            (Cell(number(row["jaccard"], 2)),),
            names[row["contender"]],
        )
        for row in table.to_dict("records")
    ]


def _count(n: float) -> Cell:
    return Cell(TOO_FEW, quiet=True) if n < SMALL else Cell(number(n, 0))
