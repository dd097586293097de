"""Shortfalls: how many places of each list stayed empty, and why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pkh_graduation.priorities.quota import Quota

CAUSES = (
    "peluang di bawah rata-rata", "dikecualikan oleh pengaman", "data belum cukup", "kasus sedang diproses",
    "keluarga minta tidak dihubungi", "disisihkan untuk menilai daftar",
)  # fmt: skip


def shortfalls(families: pd.DataFrame, quota: Quota, floors: Sequence[str] | None = None) -> pd.DataFrame:
    """Per pendamping: caseload, quota, places filled, why some are empty (largest cause first, no counts), unmet floors.

    ``families`` tells of each ``pendamping_id, urutan, proses, pagar, boleh, berpeluang, do_not_contact, holdout``; those
    without a pendamping are in no caseload. ``floors``: what the list says of its floors, by pendamping in sorted order.
    """
    served = families[families["pendamping_id"].notna()]
    group, names = pd.factorize(served["pendamping_id"], sort=True)
    listed = served["urutan"].notna().to_numpy()
    open_case = served["proses"].notna().to_numpy()
    guarded, allowed, left_alone, held = (
        served[name].to_numpy(dtype=bool) for name in ("pagar", "boleh", "do_not_contact", "holdout")
    )
    rest = ~guarded & ~open_case & ~left_alone
    below = rest & allowed & ~served["berpeluang"].to_numpy(dtype=bool)
    aside = ~guarded & ~open_case & left_alone
    flags = (
        np.ones(len(served)), listed, below, guarded & ~open_case, rest & ~allowed & ~held, open_case, aside, rest & held,
    )  # fmt: skip
    counts = np.column_stack([np.bincount(group, weights=flag, minlength=len(names)) for flag in flags]).astype(int)
    rows = [
        (name, size, places := quota.of(size), filled, "" if filled >= places else _cause(causes), said)
        for name, (size, filled, *causes), said in zip(names, counts.tolist(), floors or [""] * len(names), strict=True)
    ]
    # Typed, so that a part without anybody served adds up with the others.
    kinds = {
        "pendamping_id": "str", "dampingan": "int64", "kuota": "int64", "terisi": "int64", "sebab": "str", "lantai": "str",
    }  # fmt: skip
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def _cause(counts: list[int]) -> str:
    words = [word for word, count in sorted(zip(CAUSES, counts, strict=True), key=lambda item: -item[1]) if count]
    return f"keluarga siap dibahas lebih sedikit dari kuota; lainnya: {', '.join(words)}"
