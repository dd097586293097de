"""Ingest: a folder of exports in; canonical records, quarantine, findings and vault out. Every row is accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Progress, Quarantine, Records, quiet
from pkh_graduation.records.canonical import canonical
from pkh_graduation.records.checks import check
from pkh_graduation.records.databases import Database, opened
from pkh_graduation.records.digest import digest
from pkh_graduation.records.entities import own_names
from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.findings import FINDING_COLUMNS, QUARANTINE_COLUMNS, empty_quarantine, empty_sealed
from pkh_graduation.records.folder import Export, read_parts, sort_out
from pkh_graduation.records.identify import Identities, identify, learn_identities
from pkh_graduation.records.income import one_income
from pkh_graduation.records.mapping import read_mappings
from pkh_graduation.records.pseudonyms import find_key
from pkh_graduation.records.raw import RawPart
from pkh_graduation.records.returned_rows import NO_CORRECTIONS, Corrections
from pkh_graduation.records.schemas import TABLES, TableSchema
from pkh_graduation.records.sessions import attend
from pkh_graduation.records.shelf import Shelf
from pkh_graduation.records.suspects import above_cap, inverted_assets, unmarked_sheets, vault_defaults
from pkh_graduation.records.typed import Typed, type_table
from pkh_graduation.records.vault import PAIR_COLUMNS, empty_vault, fill_vault, identity_rows, outside_pairs

_FIRST = ("identitas", "keluarga", "anggota", "indeks_bantuan")
"""Tables that others lean on: those from which names are learnt, and the index that bounds payments."""


@dataclass(frozen=True)
class Ingested:
    """All that one ingest yields.

    ``vault``: one line per version of a family's identifiers. ``pairs``: ``jenis, asal, id``, every outside id of a family,
    facilitator or group with its pseudonym; both hold identifiers and belong under another key than the records.
    ``findings``: cells that became missing or were noted (``tabel, file, baris, kolom, nilai_asli, aturan, pesan_id,
    tindakan``), masked. ``sealed``: the values that masks hide and the family of each line (`findings.SEALED_COLUMNS`); it holds
    identifiers too. ``notices``: what concerns whole files. ``summary``: rows per table (same as ``quarantine.rows``).
    """

    records: Records
    quarantine: Quarantine
    vault: pd.DataFrame
    pairs: pd.DataFrame
    findings: pd.DataFrame
    notices: tuple[str, ...]
    sealed: pd.DataFrame

    @property
    def summary(self) -> pd.DataFrame:
        """Rows in, accepted and quarantined; indexed by table."""
        return self.quarantine.rows


@dataclass
class _Harvest:
    """What the tables leave behind on their way."""

    tables: dict[str, pd.DataFrame]
    rows: dict[str, tuple[int, int, int]]
    quarantine: list[pd.DataFrame]
    findings: list[pd.DataFrame]
    pairs: list[pd.DataFrame]
    notices: list[str]
    vault: pd.DataFrame
    sealed: list[pd.DataFrame]


def read_records(
    folder: str | Path,
    *,
    key: bytes | None = None,
    mapping: str | Path | Sequence[str | Path] | None = None,
    fill: Mapping[str, str] | None = None,
    strict: bool = False,
) -> tuple[Records, Quarantine]:
    """Read a folder of exports: accepted tables in canonical form, and the rows set aside, each with its reason.

    See `ingest`, which also gives the vault and the findings.
    """
    result = ingest(folder, key=key, mapping=mapping, fill=fill, strict=strict)
    return result.records, result.quarantine


def ingest(
    folder: str | Path,
    *,
    key: bytes | None = None,
    mapping: str | Path | Sequence[str | Path] | None = None,
    fill: Mapping[str, str] | None = None,
    strict: bool = False,
    more: Sequence[Path] = (),
    corrections: Corrections = NO_CORRECTIONS,
    earlier: pd.DataFrame | None = None,
    progress: Progress = quiet,
) -> Ingested:
    """Read a folder with one file or folder per table (CSV, XLSX, Parquet, Stata, SPSS), named by table.

    ``folder`` may be the address of a database instead (`databases`). ``key``: key of the pseudonyms, else that of ``PKH_KEY`` or
    of the file named by ``PKH_KEY_FILE``. ``mapping``: other layouts, as TOML files or names of shipped ones (`mapping`);
    ``fill``: what they ask for. ``strict``: rows without a known date go to quarantine instead of taking the table's lag.
    ``more``: folders in our own layout whose rows are read with the export's, such as answers from the field.
    ``corrections``: mended cells, laid over what the files hold. ``earlier``: pairs (``jenis, asal, id``) of an earlier ingest
    under the same key; families that it named keep their pseudonyms.

    Raises:
        RecordsError: no key, no folder, an unreadable file, an unknown word in the mapping, or a required table missing.
    """
    secret = find_key(key)
    sources = [mapping] if isinstance(mapping, str | Path) else mapping or ()
    blocks = read_mappings(sources, fill)
    with opened(folder) as source:
        return _harvested(source, sort_out(source, blocks, more), secret, corrections, earlier, progress, strict=strict)


def _harvested(
    folder: Path | Database,
    export: Export,
    secret: bytes,
    corrections: Corrections,
    earlier: pd.DataFrame | None,
    progress: Progress,
    *,
    strict: bool,
) -> Ingested:
    """Every table of an export, in the order in which they lean on each other."""
    _require_tables(folder, export)
    harvest = _Harvest({}, {}, [], [], [], list(export.notices), empty_vault(), [])
    shelf = Shelf.of(export.files)
    early = {name: _read(folder, name, export, shelf, corrections, progress) for name in _FIRST if name in export.files}
    _require_tie(early["keluarga"], export)
    identities = learn_identities(early, secret, earlier)
    index = early.get("indeks_bantuan")
    for name in sorted(export.files, key=_turn):
        typed = early[name] if name in early else _read(folder, name, export, shelf, corrections, progress)
        progress(f"menyusun {name}")
        _finish(typed, identities, index, harvest, export, strict=strict)
        early.pop(name, None)
    return _collect(harvest, export)


def _turn(name: str) -> int:
    """Sessions come before attendance: the declared order already sees to it."""
    return list(TABLES).index(name)


def _read(
    folder: Path | Database, name: str, export: Export, shelf: Shelf, corrections: Corrections, progress: Progress
) -> Typed:
    found = (corrections.lay_over(name, part) for part in read_parts(folder, name, export, progress, shelf))
    parts = [one_income(part) for part in found]
    _require_columns(TABLES[name], parts)
    return check(type_table(TABLES[name], parts))


_INSTEAD = {"kpm_id": {"no_kk", "nik_pengurus"}, "anggota_id": {"nik", "tanggal_lahir"}}
"""Columns that may stand in for a required one."""


def _require_columns(schema: TableSchema, parts: Sequence[RawPart]) -> None:
    given = {name for part in parts for name in part.table.column_names}
    needed = [column.name for column in schema.columns if column.required]
    missing = [name for name in needed if not given & {name, *_INSTEAD.get(name, set())}]
    if missing:
        raise RecordsError(
            f"Table {schema.name!r} lacks the required columns {missing}. Add them to the export, or name the columns that "
            "hold them in a mapping (--mapping)."
        )


def _require_tables(folder: Path | Database, export: Export) -> None:
    missing = [name for name, schema in TABLES.items() if schema.required and name not in export.files]
    if missing:
        raise RecordsError(
            f"The folder {folder.name} has no file for the required tables {missing}; it has {list(export.files)}. "
            "Add them as CSV, XLSX or Parquet named by table, or name the files in a mapping (--mapping)."
        )


def _require_tie(families: Typed, export: Export) -> None:
    """What ties a family to its facilitator: groups, or a column of the families."""
    if "pendamping_id" in families.given or ("kelompok" in export.files and "kelompok_id" in families.given):
        return
    raise RecordsError(
        "Nothing ties a family to its pendamping. Add the table 'kelompok' with a column kelompok_id in 'keluarga', "
        "or a column pendamping_id in 'keluarga'."
    )


def _finish(
    typed: Typed, identities: Identities, index: Typed | None, harvest: _Harvest, export: Export, *, strict: bool
) -> None:
    """Identify one table's rows, bring them into their final form, and write down what was found."""
    name = typed.schema.name
    typed, surrogates = identify(typed, identities, harvest.tables.get("p2k2_sesi"))
    typed = _suspect(typed, surrogates, index, harvest)
    if typed.schema.vault:
        typed = vault_defaults(typed)
        harvest.vault = identity_rows(typed, surrogates["kpm_id"])
    else:
        harvest.tables[name] = canonical(typed, surrogates, strict=strict)
    harvest.pairs.append(outside_pairs(typed, surrogates))
    rejected = typed.findings.rejected()
    harvest.rows[name] = (len(rejected), int((~rejected).sum()), int(rejected.sum()))
    lines = typed.findings.lines([part.name for part in typed.parts], surrogates.get("kpm_id"))
    harvest.quarantine.append(lines.quarantine)
    harvest.findings.append(lines.findings)
    harvest.sealed.append(lines.sealed)
    harvest.notices.extend(typed.notices)


def _suspect(typed: Typed, surrogates: Mapping[str, np.ndarray], index: Typed | None, harvest: _Harvest) -> Typed:
    if typed.schema.name == "penyaluran":
        above_cap(typed, index)
    if typed.schema.name == "keluarga":
        return inverted_assets(typed)
    if typed.schema.name != "p2k2_kehadiran":
        return typed
    typed = unmarked_sheets(typed, surrogates["sesi_id"], typed.frame["tanggal_diketahui"])
    return attend(typed, surrogates["sesi_id"], harvest.tables.get("p2k2_sesi", _NO_SESSIONS))


_NO_SESSIONS = pd.DataFrame(
    {
        "sesi_key": pd.Series(dtype="int64"),
        "day": pd.Series(dtype="Int32"),
        "known_day": pd.Series(dtype="int32"),
        "record_id": pd.Series(dtype="int64"),
        "modul": pd.Series(dtype="Int64"),
        "sesi": pd.Series(dtype="Int64"),
        "batal": pd.Series(dtype="bool"),
    }
)


def _collect(harvest: _Harvest, export: Export) -> Ingested:
    missing = tuple(name for name, schema in TABLES.items() if name not in export.files and not schema.vault)
    if missing:
        harvest.notices.append(f"Tabel tidak ada, fiturnya tidak dihitung: {', '.join(missing)}.")
    records = Records(harvest.tables, export.synthetic, digest(harvest.tables), missing)
    rows = pd.DataFrame.from_dict(
        harvest.rows, orient="index", columns=["rows_in", "rows_accepted", "rows_quarantined"]
    )
    rows.index.name = "tabel"
    pairs = pd.concat(harvest.pairs, ignore_index=True).drop_duplicates(ignore_index=True)
    pairs = pairs[~own_names(pairs["asal"])].reset_index(drop=True)
    return Ingested(
        records,
        Quarantine(_joined(harvest.quarantine, QUARANTINE_COLUMNS), rows),
        fill_vault(harvest.vault, pairs),
        pairs[list(PAIR_COLUMNS)],
        _joined(harvest.findings, FINDING_COLUMNS),
        tuple(harvest.notices),
        pd.concat([empty_sealed(), *harvest.sealed], ignore_index=True),
    )


def _joined(frames: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    if filled:
        return pd.concat(filled, ignore_index=True)[list(columns)]
    empty = empty_quarantine().rename(columns={"berkas": "file", "pesan": "pesan_id"}).assign(tindakan="")
    return empty_quarantine() if columns == QUARANTINE_COLUMNS else empty[list(columns)]
