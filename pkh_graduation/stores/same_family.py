"""Which ids are one family: links of ids (``tautan_kpm``) that say that the same household goes on under another number.

A household that split (``pecah_kk``) or was joined to another (``gabung``) is not the same family, and a link whose kind is not
given proves nothing: such ids are named to whoever asks, and never acted on.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

_KINDS = ("ganti_nomor", "ganti_kepala")


def same_family(links: pd.DataFrame, families: Collection[str]) -> set[str]:
    """The families (``kpm_id``) and every id that is one of them under another number.

    ``links``: ``kpm_lama``, ``kpm_baru``, ``jenis``; only those in force, see `timeline.valid`.

    >>> links = pd.DataFrame([("a", "b", "ganti_nomor"), ("b", "c", "pecah_kk")], columns=["kpm_lama", "kpm_baru", "jenis"])
    >>> sorted(same_family(links, ["b"])), linked_otherwise(links, {"a", "b"})
    (['a', 'b'], ['c'])
    """
    found = set(families)
    own = links[links["jenis"].isin(_KINDS)] if "jenis" in links.columns else links.iloc[:0]
    while True:
        more = found | _touched(own, found)
        if more == found:
            return found
        found = more


def linked_otherwise(links: pd.DataFrame, families: Collection[str]) -> list[str]:
    """Ids that some link, of any kind and in force or not, ties to the families, and that are none of them."""
    return sorted(_touched(links, families) - set(families))


def _touched(links: pd.DataFrame, families: Collection[str]) -> set[str]:
    here = links[links["kpm_lama"].isin(list(families)) | links["kpm_baru"].isin(list(families))]
    return {*here["kpm_lama"].dropna(), *here["kpm_baru"].dropna()}
