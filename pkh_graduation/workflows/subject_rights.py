"""The family's right to be forgotten (UU 27/2022), and who it is that asks.

`forget` leaves a tombstone (`stores.tombstones`), so that no later export brings the family back (`leaving_out`). A family's other
numbers go with it, those of another household never.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation import stores, timeline
from pkh_graduation.contracts import Progress, quiet
from pkh_graduation.programme.calendar import day_of
from pkh_graduation.records.findings import empty_sealed
from pkh_graduation.records.returned_rows import Corrections
from pkh_graduation.stores.erasure import noted
from pkh_graduation.stores.same_family import linked_otherwise, same_family
from pkh_graduation.workflows import quarantining
from pkh_graduation.workflows.leaving_out import bury, lines_without, rows_without
from pkh_graduation.workflows.places import Places

KPM_ID = re.compile(r"k[0-9a-f]{15}")
KEPT_APART = ("records", "truth", "vault", "store")
"""Folders with their own way to forget, or that no command but the demo writes: raw exports belong to the office."""


class SubjectError(ValueError):
    """No such family here."""


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


def together(places: Places, family: str) -> tuple[list[str], list[str]]:
    """The pseudonyms of the family, its own first and those a link in force gives it (`stores.same_family`); and others linked.

    The others are other households, or their link was voided or has ended: they are told, and left alone.

    Raises:
        StoreError: no finished store. DamagedError: the links cannot be read, so nobody can tell who is the same family.
    """
    store = stores.open_store(places.store)
    if "tautan_kpm" not in store.tables:
        return [family], []
    links = stores.read_frame(store.files(store.buckets[0])["tautan_kpm"])
    if links.empty:
        return [family], []
    until = store.about.get("known_until")
    day = day_of(dt.date.fromisoformat(until)) if until else int(links["known_day"].max())
    families = same_family(timeline.valid(links, day), [family])
    return sorted(families), linked_otherwise(links, families)


def forget(places: Places, said: str, *, key: bytes | None = None, progress: Progress = quiet) -> dict[str, Any]:
    """Take a family out of vault, store, quarantine, features, scores, lists and all else, and leave a tombstone.

    The tombstone is written first: whatever stops the work, the family does not return, and the command can be given again, by
    pseudonym. Vault and store come next; a file that cannot be read then stops nothing.

    Returns:
        What was removed where; ``traces``: files to be looked at by hand, in which an id of the family still stands, or which
        could not be read or changed (none, unless something unknown or damaged lies in the folder); ``linked``: ids that a link
        names beside the family, and that were left alone. Models fitted before keep what they learnt from all families
        together; raw exports are the office's own.

    Raises:
        SubjectError: nobody is known by that id, and no such family was ever forgotten here. StoreError: no finished store.
        CipherError: see `stores.open_vault`. DamagedError: the links of families cannot be read. DiskError: the vault or the
        tombstones cannot be written.
    """
    vault, family = find_family(places, said, key)
    cipher = vault.cipher
    families, linked = together(places, family)
    homes = [(bucket, vault.read(families, buckets=[bucket]), vault.pairs(bucket)) for bucket in vault.buckets]
    pairs = pd.concat([pairs for _, _, pairs in homes], ignore_index=True)
    own = pairs[pairs["id"].isin(families)]
    known = bool(len(own)) or any(len(lines) for _, lines, _ in homes)
    if not known and cipher.stone("id", family) not in stores.read_tombstones(places.vault, cipher):
        raise SubjectError(f"no family {family} is held in {places.out}.")
    bury(places, families, own, _secret(places, key))
    unread: list[Path] = []
    progress("menghapus brankas")
    names = _forget_names(vault, families, homes)
    progress("menghapus penyimpanan dan karantina")
    rows = stores.erase_from_store(places.store, families, unread)
    lines = _forget_quarantine(places, families, cipher, unread)
    progress("menghapus daftar, skor, fitur")
    files = _lists_of(places, families, own, unread)
    for path in files:
        with noted(path, unread):
            path.unlink()
    for litter in places.out.glob("features/as_of=*/.spark"):
        shutil.rmtree(litter)  # half a table of a broken run
    erased = stores.erase_from_outputs(places.out, families, KEPT_APART, unread)
    left = {*unread, *stores.traces(places.out, [*families, *own["asal"]], ("records", "truth"))}
    return {
        "families": families,
        "vault_rows": names,
        "store_rows": rows,
        "quarantine_lines": lines,
        "list_files": len(files),
        **erased,
        "traces": sorted(map(str, left)),
        "linked": linked,
        "next": "; ".join(_next(places, bool(files), bool(left), bool(linked))),
    }


def _secret(places: Places, key: bytes | None) -> bytes:
    """The key that opened the vault."""
    seed = stores.demo_seed_of(places.vault)
    found = stores.demo_key(seed) if key is None and seed is not None else stores.key_at_hand(key)
    if found is None:
        raise stores.CipherError("no key was given: use the key of the ingest (--key-file FILE).")
    return found


def _next(places: Places, lists: bool, left: bool, linked: bool) -> list[str]:
    """What the operator still has to do."""
    told = []
    if lists:
        told.append("give the command lists again: the files of the family's pendamping were removed")
    if left:
        told.append("look at the files under traces by hand: each names the family, or could not be read or changed")
    if _masks_alone(places):
        told.append(
            f"{quarantining.folder_of(places) / quarantining.SEALED} is missing, so nobody can tell which lines of the quarantine "
            "are the family's: ingest the exports again"
        )
    if linked:
        told.append(
            "the ids under linked are other families, or their link is void or over: give the command for each that asks"
        )
    return told


def _forget_names(vault: stores.Vault, families: list[str], homes: list[tuple[str, pd.DataFrame, pd.DataFrame]]) -> int:
    """Take the family's identifiers out of the vault; returns how many lines there were."""
    names = 0
    for bucket, mine, paired in homes:
        if len(mine) or paired["id"].isin(families).any():
            names += len(mine)
            rest = rows_without(vault.read(buckets=[bucket]), "kpm_id", families)
            vault.write(bucket, rest, rows_without(paired, "id", families))
    return names


def _lists_of(places: Places, families: list[str], pairs: pd.DataFrame, unread: list[Path]) -> list[Path]:
    """Files for people that hold the family: those of its pendamping's lists, and any other in which an id of it stands."""
    copies = []
    for path in places.lists.rglob("daftar/*.parquet"):
        with noted(path, unread):
            copies.append(stores.read_frame(path, columns=["kpm_id", "pendamping_id"]))
    owners = {str(who) for copy in copies for who in copy.loc[copy["kpm_id"].isin(families), "pendamping_id"].dropna()}
    words = [*families, *pairs["asal"]]
    people = [path for path in places.lists.rglob("*") if path.is_file() and path.suffix not in (".parquet", ".json")]
    found = set(stores.traces(places.lists, words, (), unread)) if places.lists.is_dir() else set()
    return sorted(path for path in people if path in found or any(who in path.name for who in owners))


def _forget_quarantine(places: Places, families: Collection[str], cipher: stores.Cipher, unread: list[Path]) -> int:
    """Take the family's lines out of quarantine, findings and corrections; returns how many there were."""
    numbers = stores.numbers_of(families)
    folder = quarantining.folder_of(places)
    removed = _forget_corrections(places, numbers, cipher, unread)
    with noted(folder / quarantining.SUSPECTS, unread):
        removed += quarantining.forget_suspects(places, families)
    sealed = empty_sealed()
    with noted(folder / quarantining.SEALED, unread):
        sealed = quarantining.read_sealed(places, cipher)
    if _masks_alone(places):
        unread.extend(folder / name for name in (quarantining.PLAIN, quarantining.FOUND) if (folder / name).is_file())
    mine = sealed["kpm"].isin(numbers)
    rows = set(sealed.loc[mine, ["tabel", "berkas", "baris"]].itertuples(index=False, name=None))
    for name, file in ((quarantining.PLAIN, "berkas"), (quarantining.FOUND, "file")):
        if (folder / name).is_file() and rows:
            with noted(folder / name, unread):
                lines = stores.read_frame(folder / name)
                kept = lines_without(lines, rows, file)
                stores.write_frame(folder / name, kept)
                removed += len(lines) - len(kept)
    if mine.any():
        quarantining.write_sealed(places, sealed[~mine].reset_index(drop=True), cipher)
    return removed


def _masks_alone(places: Places) -> bool:
    """Whether there are masked lines without the sealed originals, which alone tell whose they are."""
    folder = quarantining.folder_of(places)
    return not (folder / quarantining.SEALED).is_file() and (folder / quarantining.PLAIN).is_file()


def _forget_corrections(places: Places, numbers: np.ndarray, cipher: stores.Cipher, unread: list[Path]) -> int:
    with noted(quarantining.folder_of(places) / quarantining.MENDED, unread):
        cells = quarantining.read_corrections(places, cipher).frame
        mine = cells["kpm"].isin(numbers)
        if mine.any():
            quarantining.write_corrections(places, Corrections(cells[~mine].reset_index(drop=True)), cipher)
        return int(mine.sum())
    return 0
