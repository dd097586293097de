"""`quarantine`: rows set aside become a workbook that people can mend, what they mended comes back, and counts are kept.

Beside the masked lines in ``store/karantina`` lie ``asli.tersegel`` (the values behind the masks and whose they are) and
``perbaikan.tersegel`` (what was mended), both sealed under the office's key, ``riwayat.json`` (rows per rule at each ingest), and
``tautan_dugaan.parquet`` (families that may be one).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

from pkh_graduation import stores
from pkh_graduation.records.findings import empty_sealed
from pkh_graduation.records.ingest import Ingested
from pkh_graduation.records.quarantine_book import Returned, lines_to_mend, make_book, read_book
from pkh_graduation.records.returned_rows import CORRECTION_COLUMNS, NO_CORRECTIONS, Corrections, merged
from pkh_graduation.stores.cipher import Cipher, CipherError, cipher_for
from pkh_graduation.stores.sealed import seal_frame, unseal_frame
from pkh_graduation.workflows.places import Places

PLAIN, FOUND, SEALED, MENDED, HISTORY, SUSPECTS = (
    "karantina.parquet", "temuan_baca.parquet", "asli.tersegel", "perbaikan.tersegel", "riwayat.json", "tautan_dugaan.parquet",
)  # fmt: skip
_CELL = ["tabel", "berkas", "baris", "kolom"]


def folder_of(places: Places) -> Path:
    """Where the quarantine lies."""
    return places.store / "karantina"


def read_corrections(places: Places, cipher: Cipher) -> Corrections:
    """What was mended so far.

    Raises:
        CipherError: sealed with another key, or changed.
    """
    path = folder_of(places) / MENDED
    return Corrections(unseal_frame(path, cipher, MENDED)) if path.is_file() else NO_CORRECTIONS


def write_corrections(places: Places, corrections: Corrections, cipher: Cipher) -> None:
    """Keep what was mended, sealed."""
    seal_frame(folder_of(places) / MENDED, corrections.frame[list(CORRECTION_COLUMNS)], cipher, MENDED)


def read_sealed(places: Places, cipher: Cipher) -> pd.DataFrame:
    """The values behind the masks (`findings.SEALED_COLUMNS`); none where nothing was sealed."""
    path = folder_of(places) / SEALED
    return unseal_frame(path, cipher, SEALED) if path.is_file() else empty_sealed()


def write_sealed(places: Places, sealed: pd.DataFrame, cipher: Cipher) -> None:
    """Keep the values behind the masks, sealed."""
    seal_frame(folder_of(places) / SEALED, sealed, cipher, SEALED)


def write_suspects(places: Places, suspects: pd.DataFrame) -> None:
    """Keep which families may be one under two ids (`records.linkage`); pseudonyms alone."""
    stores.write_frame(folder_of(places) / SUSPECTS, suspects)


def forget_suspects(places: Places, families: Collection[str]) -> int:
    """Take families (``kpm_id``) out of the suspicions; returns how many lines went."""
    path = folder_of(places) / SUSPECTS
    if not path.is_file():
        return 0
    lines = stores.read_frame(path)
    mine = lines["kpm_id"].isin(list(families)) | lines["kpm_lain"].isin(list(families))
    if mine.any():
        write_suspects(places, lines[~mine].reset_index(drop=True))
    return int(mine.sum())


def note_history(places: Places, done: Ingested) -> None:
    """Add the counts of an ingest to the history, unless they are those of the last one (the same exports again)."""
    path = folder_of(places) / HISTORY
    before = read_history(places)
    rows = {str(name): int(n) for name, n in done.quarantine.rows["rows_quarantined"].items()}
    line = {
        "sidik": stores.digest_of(done.records.digest, rows)[:16],
        "aturan": {str(rule): int(n) for rule, n in done.quarantine.counts().items()},
        "baris_masuk": int(done.quarantine.rows["rows_in"].sum()),
        "baris_karantina": sum(rows.values()),
    }
    if not before or before[-1]["sidik"] != line["sidik"]:
        stores.write_json(path, {"riwayat": [*before, line]})


def read_history(places: Places) -> list[dict[str, Any]]:
    """Counts of every ingest, in order: ``sidik`` (digest), ``aturan`` (rule -> rows), ``baris_masuk``, ``baris_karantina``."""
    path = folder_of(places) / HISTORY
    if not path.is_file():
        return []
    history: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["riwayat"]
    return history


def counts(places: Places) -> dict[str, Any]:
    """Rows per rule now, and how many ingests the history knows."""
    frame = _plain(places)
    rows = frame.drop_duplicates(["tabel", "berkas", "baris", "aturan"])["aturan"].value_counts()
    distinct = frame.drop_duplicates(["tabel", "berkas", "baris"])
    return {
        "rows_quarantined": len(distinct),
        "rules": {str(rule): int(n) for rule, n in rows.items()},
        "ingests": len(read_history(places)),
    }


def write_book(places: Places, file: Path, key: bytes | None = None) -> dict[str, Any]:
    """Write the workbook; with a key, originals stand in it as they were, and the file is its owner's only.

    Raises:
        StoreError: nothing was ingested. CipherError: the key is another one.
    """
    cipher = _cipher(places, key)
    lines = _lines(places, cipher)
    stores.write_bytes(file, make_book(lines, read_history(places), unmasked=cipher is not None), private=True)
    return {**counts(places), "xlsx": str(file), "lines": len(lines), "unmasked": cipher is not None}


def take_back(places: Places, file: Path, key: bytes | None = None) -> dict[str, Any]:
    """Read a returned workbook and keep what was mended; it is laid over the exports when they are ingested again.

    Returns:
        ``returned`` (lines filled in) = ``recorded`` + ``refused``; ``problems``, a sentence for each refused line.

    Raises:
        CipherError: no key, or another one. RecordsError: the file is not the quarantine's workbook.
    """
    cipher = _cipher(places, key)
    if cipher is None:
        raise CipherError("what was mended may name people, so it is kept sealed: give --key-file.")
    back = read_book(file)
    fresh, problems = _corrections(back, _lines(places, cipher), read_corrections(places, cipher))
    if len(fresh.frame):
        write_corrections(places, merged(read_corrections(places, cipher), fresh), cipher)
    return {
        "returned": back.filled,
        "recorded": len(fresh.frame),
        "refused": len(problems),
        "problems": problems,
    }


def after_return(places: Places, key: bytes | None = None) -> dict[str, int]:
    """Of all cells mended so far, how many stand in a row that is accepted now (``mended``), and how many not (``waiting``)."""
    cipher = _cipher(places, key)
    cells = (read_corrections(places, cipher) if cipher else NO_CORRECTIONS).frame
    rows = _plain(places)[["tabel", "berkas", "baris"]].drop_duplicates()
    waiting = len(cells.merge(rows, on=["tabel", "berkas", "baris"]))
    return {"mended": len(cells) - waiting, "waiting": waiting}


def _cipher(places: Places, key: bytes | None) -> Cipher | None:
    """The vault's cipher; None when there is no key, so that only masked values can be shown."""
    if not (places.vault / stores.VAULT_MANIFEST).is_file():
        return None if stores.key_at_hand(key) is None else cipher_for(key)
    if key is None and stores.demo_seed_of(places.vault) is None and stores.key_at_hand() is None:
        return None
    return stores.open_vault(places.vault, key).cipher


def _plain(places: Places) -> pd.DataFrame:
    stores.open_store(places.store)
    return stores.read_frame(folder_of(places) / PLAIN)


def _lines(places: Places, cipher: Cipher | None) -> pd.DataFrame:
    """Cells and rows to mend, with their originals and families where there is a key."""
    quarantine = _plain(places)
    found = stores.read_frame(folder_of(places) / FOUND).rename(columns={"file": "berkas", "pesan_id": "pesan"})
    sealed = read_sealed(places, cipher) if cipher else empty_sealed()
    return lines_to_mend(quarantine, found, sealed)


def _corrections(back: Returned, lines: pd.DataFrame, before: Corrections) -> tuple[Corrections, list[str]]:
    """What of a returned workbook fits the quarantine: a cell of it (or mended before), each once."""
    stood = pd.concat([lines[[*_CELL, "asli", "kpm"]].rename(columns={"asli": "nilai_lama"}),
                       before.frame[[*_CELL, "nilai_lama", "kpm"]]], ignore_index=True)  # fmt: skip
    stood = stood.drop_duplicates(_CELL, keep="last")
    joined = back.frame.merge(stood, on=_CELL, how="left", indicator=True)
    unknown = joined["_merge"] != "both"
    problems = [*back.problems]
    problems += [
        f"Lembar {sheet}, baris {row}: sel ini tidak (lagi) ada di karantina. Buat lembar baru, lalu isi di sana."
        for sheet, row in joined.loc[unknown, ["lembar", "baris_lembar"]].itertuples(index=False)
    ]
    kept = joined[~unknown]
    twice = kept.duplicated(_CELL, keep="last")
    problems += [
        f"Lembar {sheet}, baris {row}: sel yang sama diisi lebih dari sekali; isian terakhir yang dipakai."
        for sheet, row in kept.loc[twice, ["lembar", "baris_lembar"]].itertuples(index=False)
    ]
    return Corrections(kept.loc[~twice, list(CORRECTION_COLUMNS)].reset_index(drop=True)), problems
