"""`ingest`: raw exports -> store, quarantine and vault, or only a report of what would happen."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pkh_graduation import records as room
from pkh_graduation import stores, timeline
from pkh_graduation.contracts import Progress, quiet
from pkh_graduation.records import linkage
from pkh_graduation.records.folder import SYNTHETIC
from pkh_graduation.records.ingest import Ingested
from pkh_graduation.records.mapping import read_mappings
from pkh_graduation.records.pseudonyms import find_key
from pkh_graduation.records.returned_rows import NO_CORRECTIONS
from pkh_graduation.workflows import leaving_out, quarantining
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Settings


def ingest(
    raw: Path | str,
    places: Places | None,
    *,
    key: bytes | None = None,
    mapping: str | Path | Sequence[str | Path] | None = None,
    fill: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Read exports; write store, quarantine and vault unless ``places`` is None (check only).

    ``raw``: a folder, or the address of a database. Answers from the field are read with the exports; cells that people mended
    are laid over them. Families that the folder's vault knows keep their pseudonyms. Families that asked to be forgotten, and
    those whose time is over, are left out; their rows stay counted as read.

    Returns:
        Figures per table (``tables``) and in all, notices, rows per rule, the tables whose quarantine is above its limit,
        families that may be one (``linkage``), and how many families were left out (``removed``).

    Raises:
        RecordsError: see `records.ingest`. CipherError: the folder's vault was sealed with another key.
    """
    settings = settings or Settings()
    read_mappings([mapping] if isinstance(mapping, str | Path) else mapping or (), fill)  # told before a missing key
    secret = find_key(key)
    cipher = stores.Cipher.of(secret)
    corrections, removed = NO_CORRECTIONS, dict.fromkeys(leaving_out.REMOVED, 0)
    demo_seed = _demo_seed(raw, secret)
    earlier: pd.DataFrame | None = None
    closed: Sequence[str] = ()
    if places is not None:
        _same_key(places, secret, cipher)
        corrections = quarantining.read_corrections(places, cipher)
        earlier, closed = stores.earlier_pairs(places.vault, secret)
    done = room.ingest(
        raw, key=secret, mapping=mapping, fill=fill, strict=settings.ingest.strict, corrections=corrections, earlier=earlier,
        more=(places.returned,) if places else (), progress=progress,
    )  # fmt: skip
    if places is not None:
        done, removed = leaving_out.honoured(done, places, secret, settings.retention)
    progress("memeriksa tautan keluarga")
    suspects = linkage.find_suspects(done.records, done.vault, linkage.last_day(done.records))
    doubts = linkage.count(suspects)
    if places is not None:
        progress("menulis penyimpanan")
        quarantining.write_suspects(places, suspects)
        _write(done, places, secret, demo_seed, settings.machine.families_per_bucket)
    rows = done.quarantine.rows.astype(int)
    share = rows["rows_quarantined"] / rows["rows_in"].clip(lower=1)
    total = rows.sum()
    return {
        **{name: int(total[name]) for name in ("rows_in", "rows_accepted", "rows_quarantined")},
        "tables": {str(name): {k: int(v) for k, v in row.items()} for name, row in rows.iterrows()},
        "rules": {str(rule): int(n) for rule, n in done.quarantine.counts().items()},
        "missing": list(done.records.missing),
        "notices": [*map(str, done.notices), *_new_names(closed), *linkage.sentences(doubts)],
        "linkage": doubts,
        "removed": removed,
        "above_limit": sorted(str(name) for name in share.index[share > settings.ingest.quarantine_limit]),
        "sintetis": done.records.sintetis,
        "digest": done.records.digest,
    }


def _write(done: Ingested, places: Places, key: bytes, demo_seed: int | None, per_bucket: int) -> None:
    """Vault and quarantine first, the store last: as long as its manifest is missing, nothing is taken for finished."""
    cipher = stores.Cipher.of(key)
    buckets = stores.assign(done.records, per_bucket)
    stores.write_vault(done.vault, done.pairs, places.vault, key=key, buckets=buckets, demo_seed=demo_seed)
    quarantining.write_sealed(places, done.sealed, cipher)
    stores.write_frame(quarantining.folder_of(places) / quarantining.FOUND, done.findings)
    quarantining.note_history(places, done)
    about = {
        "watched_since": timeline.watched_since(done.records).isoformat(),
        "known_until": timeline.known_until(done.records).isoformat(),
    }
    stores.write_store(done.records, done.quarantine, places.store, per_bucket=per_bucket, about=about)
    stores.clear_litter(places.store)
    stores.clear_litter(places.vault)


def _new_names(closed: Sequence[str]) -> list[str]:
    """What follows from pairs of the last ingest that cannot be read."""
    if not closed:
        return []
    return [
        f"Pasangan id dari ingest sebelumnya tidak terbaca ({', '.join(closed)}): keluarga yang nomornya diperbaiki sejak itu "
        "mendapat id baru, dan jawaban atas daftar lama di bawah id lamanya tidak ditemukan."
    ]


def _demo_seed(raw: Path | str, key: bytes) -> int | None:
    """The seed of made-up records whose key follows from it: such names need no secret. None for any other key."""
    try:
        seed = tomllib.loads((Path(raw) / SYNTHETIC).read_text(encoding="utf-8")).get("seed")
    except (OSError, ValueError):
        return None
    return seed if isinstance(seed, int) and stores.demo_key(seed) == key else None


def _same_key(places: Places, key: bytes, cipher: stores.Cipher) -> None:
    """Refuse another key than that of the folder's vault: no family would be recognised. A demo may follow another demo.

    Raises:
        CipherError: the vault, its tombstones or its corrections belong to another key.
    """
    if not (places.vault / stores.VAULT_MANIFEST).is_file():
        stores.read_tombstones(places.vault, cipher)
        return
    seed = stores.demo_seed_of(places.vault)
    if seed is None or stores.demo_key(seed) == key:
        stores.open_vault(places.vault, key)
        return
    mended = quarantining.folder_of(places) / quarantining.MENDED
    manifest = places.vault / stores.VAULT_MANIFEST  # last: as long as it is there, another key is known by it
    for path in (*places.vault.glob("*.pasangan"), places.vault / stores.TOMBSTONES, mended, manifest):
        path.unlink(missing_ok=True)


def template(folder: Path) -> int:
    """Write empty tables to fill; returns the number of files."""
    return len(room.write_template(folder))
