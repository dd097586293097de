"""Features: what was true of a family on a date, as far as known on that date.

A feature is data: source x condition x aggregate x window, with a unit, a meaning in two languages and a theme. One
compiler turns all of them into SQL; the author never writes an as-of predicate, so the future cannot leak in.

In: `Records`, `Snapshots`, a spine, an engine. Out: X (numbers for models) and `Facts` (exact values and known days for
people), the data dictionary. May import: contracts, programme, numpy, pandas. May not: any other room, duckdb.
"""

from pkh_graduation.features.algebra import (
    Events,
    FeatureError,
    Intervals,
    Peers,
    Source,
    States,
    combine,
    ratio,
    years,
    yes,
)
from pkh_graduation.features.build import build_features, make_facts, model_matrix, moments_of
from pkh_graduation.features.catalogue import Catalogue, default_catalogue
from pkh_graduation.features.compiler import bind, compile_features
from pkh_graduation.features.dictionary import dictionary
from pkh_graduation.features.expressions import (
    AS_OF,
    INT,
    REAL,
    TEXT,
    Expr,
    ExpressionError,
    age,
    case,
    months_ago,
    total,
)
from pkh_graduation.features.feature import Feature, over_windows
from pkh_graduation.features.hatch import Hatch, Hatched, household_feature
from pkh_graduation.features.plan import FeaturePlan, compute, merge_totals, place_totals, plan_features
from pkh_graduation.features.tables import links, stored_tables

__all__ = [
    "AS_OF", "INT", "REAL", "TEXT", "Catalogue", "Events", "Expr", "ExpressionError", "Feature", "FeatureError",
    "FeaturePlan", "Hatch", "Hatched", "Intervals", "Peers", "Source", "States", "age", "bind", "build_features",
    "case", "combine", "compile_features", "compute", "default_catalogue", "dictionary", "household_feature", "links", "make_facts",
    "merge_totals", "model_matrix", "moments_of", "months_ago", "over_windows", "place_totals", "plan_features",
    "ratio", "stored_tables", "total", "years", "yes",
]  # fmt: skip
