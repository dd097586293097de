"""Whom an ingest leaves out: the forgotten, under whatever number they come back, and those whose time is over.

Tombstones (`stores.tombstones`) tell who was forgotten, so that no later export brings a family back; what is left is as if the
exports had never named it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation import stores, timeline
from pkh_graduation.contracts import Quarantine, Records
from pkh_graduation.programme.calendar import day_of
from pkh_graduation.records.digest import digest
from pkh_graduation.records.entities import Registry
from pkh_graduation.records.ingest import Ingested
from pkh_graduation.records.pseudonyms import digests
from pkh_graduation.stores.same_family import same_family
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Retention

REMOVED = ("forgotten", "forgotten_by_link", "expired", "names_expired")
"""Why an ingest leaves families out. Those known by a link alone are among the forgotten."""
_NO_LINKS = pd.DataFrame({name: pd.Series(dtype="str") for name in ("kpm_lama", "kpm_baru", "jenis")})


def honoured(done: Ingested, places: Places, key: bytes, retention: Retention) -> tuple[Ingested, dict[str, int]]:
    """What was read, without the forgotten and without those whose time is over; and how many families each took away.

    A forgotten family that comes back under a number that a link in force gives it (``forgotten_by_link``) is left out too, and
    gets a tombstone of its own.
    """
    gone, linked = _forgotten(done, places, key)
    done = without(done, gone) if gone else done
    expired = _silent(done, retention.records_years)
    done = without(done, expired) if expired else done
    nameless = _silent(done, retention.names_years)
    if nameless:
        done = dataclasses.replace(
            done,
            vault=rows_without(done.vault, "kpm_id", nameless),
            pairs=rows_without(done.pairs, "id", nameless),
        )
    return done, dict(zip(REMOVED, (len(gone), linked, len(expired), len(nameless)), strict=True))


def _forgotten(done: Ingested, places: Places, key: bytes) -> tuple[set[str], int]:
    """The forgotten families among those read, under every number of theirs; and how many were known by a link alone."""
    cipher = stores.Cipher.of(key)
    stones = stores.read_tombstones(places.vault, cipher)
    if not stones:
        return set(), 0
    links = done.records.tables.get("tautan_kpm", _NO_LINKS)
    # a link may be all that still names the family
    named = [done.vault["kpm_id"], links["kpm_lama"], links["kpm_baru"]]
    known = stores.forgotten(pd.concat(named).drop_duplicates(), done.pairs, stones, cipher)
    day = day_of(timeline.known_until(done.records))
    gone = same_family(timeline.valid(links, day), known) if len(links) else known
    more = gone - known
    if more:
        bury(places, more, done.pairs, key)
    return gone, len(more)


def bury(places: Places, families: Collection[str], pairs: pd.DataFrame, key: bytes) -> None:
    """Write the families' tombstones: for their pseudonyms, their other ids, and the pseudonyms that each of these alone gives.

    The last are how a link names a family of which an export says nothing else.
    """
    cipher = stores.Cipher.of(key)
    own = pairs[pairs["id"].isin(list(families)) & pairs["jenis"].isin(("kpm_id", "no_kk"))]
    bare = Registry("kpm", "kk", key, {}, {}, {})
    tokens = [
        bare.name_number(said) if kind == "no_kk" else bare.name_outside(said)
        for kind, said in zip(own["jenis"], own["asal"], strict=True)
    ]
    alone = {f"k{number:015x}" for number in digests(tokens, key).tolist()} if tokens else set()
    stores.add_tombstones(places.vault, stores.stones_of({*families, *alone}, own, cipher), cipher)


def _silent(done: Ingested, years: int | None) -> set[str]:
    if years is None:
        return set()
    return {f"k{number:015x}" for number in stores.silent_families(done.records.tables, years).tolist()}


def without(done: Ingested, families: Collection[str]) -> Ingested:
    """An ingest's yield as if it had never named these families (``kpm_id``); the counts of rows stay those of the exports."""
    numbers = stores.numbers_of(families)
    tables = {name: _table_without(table, numbers) for name, table in done.records.tables.items()}
    records = Records(tables, done.records.sintetis, digest(tables), done.records.missing)
    mine = done.sealed["kpm"].isin(numbers)
    rows = set(done.sealed.loc[mine, ["tabel", "berkas", "baris"]].itertuples(index=False, name=None))
    return dataclasses.replace(
        done,
        records=records,
        quarantine=Quarantine(lines_without(done.quarantine.frame, rows, "berkas"), done.quarantine.rows),
        vault=rows_without(done.vault, "kpm_id", families),
        pairs=rows_without(done.pairs, "id", families),
        findings=lines_without(done.findings, rows, "file"),
        sealed=done.sealed[~mine].reset_index(drop=True),
    )


def _table_without(table: pd.DataFrame, numbers: np.ndarray) -> pd.DataFrame:
    hit = np.zeros(len(table), dtype=bool)
    for column in ("kpm", "kpm_lama_key", "kpm_baru_key"):
        if column in table.columns:
            hit |= table[column].isin(numbers).to_numpy(dtype=bool)
    return table[~hit].reset_index(drop=True) if hit.any() else table


def rows_without(frame: pd.DataFrame, column: str, families: Collection[str]) -> pd.DataFrame:
    """Rows of a frame that are not of these families, whose pseudonyms stand in ``column``."""
    return frame[~frame[column].isin(list(families))].reset_index(drop=True)


def lines_without(lines: pd.DataFrame, rows: set[tuple[Any, ...]], file: str) -> pd.DataFrame:
    """Lines of the quarantine or of the findings that are not about some rows (table, file, row)."""
    if not rows:
        return lines
    index = pd.MultiIndex.from_frame(lines[["tabel", file, "baris"]])
    return lines[~index.isin(list(rows))].reset_index(drop=True)
