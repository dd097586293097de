"""The data dictionary: every feature with its unit, meaning, theme and source, as one frame."""

from __future__ import annotations

import pandas as pd

from pkh_graduation.features.catalogue import Catalogue, default_catalogue
from pkh_graduation.features.feature import Feature, leaves
from pkh_graduation.features.hatch import Hatched


def dictionary(catalogue: Catalogue | None = None) -> pd.DataFrame:
    """One row per feature, indexed by its name, in the order of the columns.

    Columns: ``theme, unit, meaning_id, meaning_en, lever, sign, source, window`` (Int64 months; missing: all that is
    visible), ``fill`` (Int64: what "no record" means; missing: unknown), ``model``.

    >>> dictionary().loc["desil", ["theme", "unit"]].to_list()
    ['kesejahteraan', 'desil']
    """
    listed = (catalogue or default_catalogue()).features
    frame = pd.DataFrame([_row(feature) for feature in listed], index=pd.Index([f.name for f in listed], name="fitur"))
    return frame.astype({"window": "Int64", "fill": "Int64", "lever": bool, "model": bool, "sign": "int64"})


def _row(feature: Feature) -> dict[str, object]:
    return {
        "theme": feature.theme,
        "unit": feature.unit,
        "meaning_id": feature.id,
        "meaning_en": feature.en,
        "lever": feature.lever,
        "sign": feature.sign,
        "source": _source(feature),
        "window": feature.window,
        "fill": _fill(feature),
        "model": feature.model,
    }


def _source(feature: Feature) -> str:
    if isinstance(feature.measure, Hatched):
        return feature.measure.table
    return "+".join(dict.fromkeys(leaf.source.table for leaf in leaves(feature.measure)))


def _fill(feature: Feature) -> int | None:
    fills = {leaf.fill for leaf in leaves(feature.measure)}
    return fills.pop() if len(fills) == 1 else None
