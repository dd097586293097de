"""Shortfalls: how many places of each list stayed empty, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkh_graduation.priorities.quota import Quota
from pkh_graduation.programme.vocabulary import SIAP_DIBAHAS

CAUSES = ("peluang di bawah rata-rata", "dikecualikan oleh pengaman", "data belum cukup", "kasus sedang diproses")


def shortfalls(families: pd.DataFrame, quota: Quota) -> pd.DataFrame:
    """Per pendamping: caseload, quota, places filled, and why some are empty (largest cause first, no counts).

    ``families`` tells of each ``pendamping_id, urutan, proses, pagar, boleh, kategori``; those without a pendamping are in
    no caseload.
    """
    served = families[families["pendamping_id"].notna()]
    group, names = pd.factorize(served["pendamping_id"], sort=True)
    listed = served["urutan"].notna().to_numpy()
    open_case = served["proses"].notna().to_numpy()
    guarded, allowed = served["pagar"].to_numpy(dtype=bool), served["boleh"].to_numpy(dtype=bool)
    rest = ~guarded & ~open_case
    below = rest & allowed & (served["kategori"] != SIAP_DIBAHAS).to_numpy()
    flags = (np.ones(len(served)), listed, below, guarded & ~open_case, rest & ~allowed, open_case)
    counts = np.column_stack([np.bincount(group, weights=flag, minlength=len(names)) for flag in flags]).astype(int)
    rows = [
        (name, size, places := quota.of(size), filled, "" if filled >= places else _cause(causes))
        for name, (size, filled, *causes) in zip(names, counts.tolist(), strict=True)
    ]
    # Typed, so that a part without anybody served adds up with the others.
    kinds = {"pendamping_id": "str", "dampingan": "int64", "kuota": "int64", "terisi": "int64", "sebab": "str"}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def _cause(counts: list[int]) -> str:
    words = [word for word, count in sorted(zip(CAUSES, counts, strict=True), key=lambda item: -item[1]) if count]
    return f"keluarga siap dibahas lebih sedikit dari kuota; lainnya: {', '.join(words)}"
