"""`ingest`: raw exports -> store, quarantine and vault, or only a report of what would happen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pkh_graduation import records as room
from pkh_graduation import stores, timeline
from pkh_graduation.contracts import Progress, quiet
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Settings


def ingest(
    raw: Path,
    places: Places | None,
    *,
    key: bytes | None = None,
    mapping: Path | None = None,
    settings: Settings | None = None,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Read exports; write store, quarantine and vault unless ``places`` is None (check only).

    Returns:
        Figures per table (``tables``) and in all, notices, rows per rule, and the tables whose quarantine is above its limit.
    """
    settings = settings or Settings()
    done = room.ingest(raw, key=key, mapping=mapping, strict=settings.ingest.strict, progress=progress)
    if places is not None:
        progress("menulis penyimpanan")
        about = {"watched_since": timeline.watched_since(done.records).isoformat()}
        per_bucket = settings.machine.families_per_bucket
        stores.write_store(done.records, done.quarantine, places.store, per_bucket=per_bucket, about=about)
        stores.write_frame(places.store / "karantina" / "temuan_baca.parquet", done.findings)
        stores.write_vault(done.vault, done.pairs, places.vault)
    rows = done.quarantine.rows.astype(int)
    share = rows["rows_quarantined"] / rows["rows_in"].clip(lower=1)
    total = rows.sum()
    return {
        **{name: int(total[name]) for name in ("rows_in", "rows_accepted", "rows_quarantined")},
        "tables": {str(name): {k: int(v) for k, v in row.items()} for name, row in rows.iterrows()},
        "rules": {str(rule): int(n) for rule, n in done.quarantine.counts().items()},
        "missing": list(done.records.missing),
        "notices": [str(notice) for notice in done.notices],
        "above_limit": sorted(str(name) for name in share.index[share > settings.ingest.quarantine_limit]),
        "sintetis": done.records.sintetis,
        "digest": done.records.digest,
    }


def template(folder: Path) -> int:
    """Write empty tables to fill; returns the number of files."""
    return len(room.write_template(folder))
