"""The family's rights over its data (UU 27/2022): to be told all that is held, to be forgotten, and not to be kept for ever.

`forget` leaves a tombstone (`stores.tombstones`), so that no later export brings the family back; `without` is what `ingest` does
with tombstones and with families whose time is over.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation import stores
from pkh_graduation.contracts import Progress, Quarantine, Records, quiet
from pkh_graduation.records.digest import digest
from pkh_graduation.records.ingest import Ingested
from pkh_graduation.records.returned_rows import Corrections
from pkh_graduation.workflows import quarantining
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Retention

KPM_ID = re.compile(r"k[0-9a-f]{15}")
KEPT_APART = ("records", "truth", "vault", "store")
"""Folders with their own way to forget, or that no command but the demo writes: raw exports belong to the office."""


class SubjectError(ValueError):
    """No such family here."""


def honoured(
    done: Ingested, places: Places, cipher: stores.Cipher, retention: Retention
) -> tuple[Ingested, dict[str, int]]:
    """What was read, without the forgotten and without those whose time is over; and how many families each took away."""
    stones = stores.read_tombstones(places.vault, cipher)
    gone = stores.forgotten(done.vault["kpm_id"], done.pairs, stones, cipher)
    done = without(done, gone) if gone else done
    expired = _silent(done, retention.records_years)
    done = without(done, expired) if expired else done
    nameless = _silent(done, retention.names_years)
    if nameless:
        done = dataclasses.replace(
            done,
            vault=_rows_without(done.vault, "kpm_id", nameless),
            pairs=_rows_without(done.pairs, "id", nameless),
        )
    return done, {"forgotten": len(gone), "expired": len(expired), "names_expired": len(nameless)}


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
        vault=_rows_without(done.vault, "kpm_id", families),
        pairs=_rows_without(done.pairs, "id", families),
        findings=lines_without(done.findings, rows, "file"),
        sealed=done.sealed[~mine].reset_index(drop=True),
    )


def _table_without(table: pd.DataFrame, numbers: np.ndarray) -> pd.DataFrame:
    hit = np.zeros(len(table), dtype=bool)
    for column in ("kpm", "kpm_lama_key", "kpm_baru_key"):
        if column in table.columns:
            hit |= table[column].isin(numbers).to_numpy(dtype=bool)
    return table[~hit].reset_index(drop=True) if hit.any() else table


def _rows_without(frame: pd.DataFrame, column: str, families: Collection[str]) -> pd.DataFrame:
    return frame[~frame[column].isin(list(families))].reset_index(drop=True)


def lines_without(lines: pd.DataFrame, rows: set[tuple[Any, ...]], file: str) -> pd.DataFrame:
    """Lines of the quarantine or of the findings that are not about some rows (table, file, row)."""
    if not rows:
        return lines
    index = pd.MultiIndex.from_frame(lines[["tabel", file, "baris"]])
    return lines[~index.isin(list(rows))].reset_index(drop=True)


def find_family(places: Places, said: str, key: bytes | None = None) -> tuple[stores.Vault, str]:
    """The vault and the pseudonym of a family that is named by it, or by No. KK or the office's own id.

    Raises:
        SubjectError: nobody is known by it. FileNotFoundError, CipherError: see `stores.open_vault`.
    """
    vault = stores.open_vault(places.vault, key)
    if KPM_ID.fullmatch(said):
        return vault, said
    for bucket in vault.buckets:
        pairs = vault.pairs(bucket)
        found = pairs.loc[pairs["asal"] == said, "id"].unique()
        if len(found) == 1:
            return vault, str(found[0])
    raise SubjectError(
        f"no family is known in {places.out} by the id given. Give its kpm_id as it stands in the lists' machine copy, or "
        "its No. KK on standard input (KPM_ID '-')."
    )


def together(places: Places, family: str) -> list[str]:
    """The family's pseudonym and those that are the same family under an earlier or later id (table `tautan_kpm`)."""
    store = stores.open_store(places.store)
    found = {family}
    if "tautan_kpm" not in store.tables:
        return [family]
    links = stores.read_frame(store.files(store.buckets[0])["tautan_kpm"], columns=["kpm_lama", "kpm_baru"])
    while True:
        touched = links[links["kpm_lama"].isin(found) | links["kpm_baru"].isin(found)]
        more = found | {*touched["kpm_lama"].dropna(), *touched["kpm_baru"].dropna()}
        if more == found:
            return sorted(found)
        found = more


def forget(places: Places, said: str, *, key: bytes | None = None, progress: Progress = quiet) -> dict[str, Any]:
    """Take a family out of vault, store, quarantine, features, scores, lists and all else, and leave a tombstone.

    The tombstone is written first: whatever stops the work, the family does not return, and the command can be given again.

    Returns:
        What was removed where; ``traces``: files in which an id of the family still stands (none, unless something unknown lies
        in the folder). Models fitted before keep what they learnt from all families together; raw exports are the office's own.

    Raises:
        SubjectError: nobody is known by that id, and no such family was ever forgotten here.
    """
    vault, family = find_family(places, said, key)
    cipher = vault.cipher
    families = together(places, family)
    homes = [(bucket, vault.read(families, buckets=[bucket]), vault.pairs(bucket)) for bucket in vault.buckets]
    pairs = pd.concat([pairs for _, _, pairs in homes], ignore_index=True)
    own = pairs[pairs["id"].isin(families)]
    known = bool(len(own)) or any(len(lines) for _, lines, _ in homes)
    if not known and cipher.stone("id", family) not in stores.read_tombstones(places.vault, cipher):
        raise SubjectError(f"no family {family} is held in {places.out}.")
    stores.add_tombstones(places.vault, stores.stones_of(families, own, cipher), cipher)
    progress("menghapus daftar, skor, fitur")
    files = _lists_of(places, families, own, homes)
    for path in files:
        path.unlink()
    erased = stores.erase_from_outputs(places.out, families, KEPT_APART)
    progress("menghapus karantina dan penyimpanan")
    lines = _forget_quarantine(places, families, cipher)
    rows = stores.erase_from_store(places.store, families)
    progress("menghapus brankas")
    names = 0
    for bucket, mine, paired in homes:
        if len(mine) or paired["id"].isin(families).any():
            names += len(mine)
            rest = _rows_without(vault.read(buckets=[bucket]), "kpm_id", families)
            vault.write(bucket, rest, _rows_without(paired, "id", families))
    left = stores.traces(places.out, [*families, *own["asal"]], ("records", "truth"))
    return {
        "families": families,
        "vault_rows": names,
        "store_rows": rows,
        "quarantine_lines": lines,
        "list_files": len(files),
        **erased,
        "traces": [str(path) for path in left],
        "next": "give the command lists again: the files of the family's pendamping were removed" if files else "",
    }


def _lists_of(
    places: Places, families: list[str], pairs: pd.DataFrame, homes: list[tuple[str, pd.DataFrame, pd.DataFrame]]
) -> list[Path]:
    """Files for people that hold the family: those of its pendamping's lists, and any other in which an id of it stands."""
    copies = [
        stores.read_frame(path, columns=["kpm_id", "pendamping_id"]) for path in places.lists.rglob("daftar/*.parquet")
    ]
    owners = {str(who) for copy in copies for who in copy.loc[copy["kpm_id"].isin(families), "pendamping_id"].dropna()}
    words = [*families, *pairs["asal"]]
    people = [path for path in places.lists.rglob("*") if path.is_file() and path.suffix not in (".parquet", ".json")]
    found = set(stores.traces(places.lists, words, ())) if places.lists.is_dir() else set()
    return sorted(path for path in people if path in found or any(who in path.name for who in owners))


def _forget_quarantine(places: Places, families: Collection[str], cipher: stores.Cipher) -> int:
    """Take the family's lines out of quarantine, findings and corrections; returns how many there were."""
    numbers = stores.numbers_of(families)
    folder = quarantining.folder_of(places)
    sealed = quarantining.read_sealed(places, cipher)
    corrections = quarantining.read_corrections(places, cipher)
    mended = corrections.frame["kpm"].isin(numbers)
    mine = sealed["kpm"].isin(numbers)
    rows = set(sealed.loc[mine, ["tabel", "berkas", "baris"]].itertuples(index=False, name=None))
    removed = int(mended.sum()) + quarantining.forget_suspects(places, families)
    for name, file in ((quarantining.PLAIN, "berkas"), (quarantining.FOUND, "file")):
        if (folder / name).is_file() and rows:
            lines = stores.read_frame(folder / name)
            kept = lines_without(lines, rows, file)
            removed += len(lines) - len(kept)
            stores.write_frame(folder / name, kept)
    if mended.any():
        quarantining.write_corrections(places, Corrections(corrections.frame[~mended].reset_index(drop=True)), cipher)
    if mine.any():
        quarantining.write_sealed(places, sealed[~mine].reset_index(drop=True), cipher)
    return removed
