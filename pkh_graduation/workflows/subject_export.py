"""`export-subject`: everything an output folder holds about one family, in one file that is handed to the family."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from pkh_graduation import features, stores
from pkh_graduation.records.schemas import TABLES
from pkh_graduation.records.subject_book import make_subject_book, section
from pkh_graduation.workflows import quarantining, subject_rights
from pkh_graduation.workflows.places import Places

_WORDS = (
    "Ini semua data keluarga Anda yang disimpan dalam sistem alat bantu graduasi PKH pada folder ini. Anda berhak meminta "
    "perbaikan, penghapusan, dan menolak pemrofilan otomatis (UU 27/2022). Angka peluang adalah perkiraan alat bantu, bukan "
    "keputusan; graduasi mandiri hanya atas pernyataan keluarga."
)
_OTHER = "keluarga lain"


def export_subject(places: Places, said: str, file: Path, *, key: bytes | None = None) -> dict[str, Any]:
    """Write all that is held about a family to a JSON or XLSX file, readable by its owner only.

    ``said``: pseudonym, No. KK or the office's own id. The original of what quarantine masks is shown, since it is the
    family's own.

    Returns:
        ``families``: its pseudonyms; ``linked``: ids that a link names beside it, of other families, and of which nothing is
        told; ``sections``, ``rows``, ``file``.

    Raises:
        SubjectError: nobody is known by that id. ValueError: the file is neither .json nor .xlsx. DamagedError: a table cannot
        be read, so the answer would not be whole.
    """
    if file.suffix.casefold() not in (".json", ".xlsx"):
        raise ValueError(f"{file.name} must end in .json or .xlsx.")
    vault, family = subject_rights.find_family(places, said, key)
    families, linked = subject_rights.together(places, family)
    words = _meanings()
    sections = {
        "identitas": section("Identitas (brankas)", vault.read(families), "identitas"),
        "nomor": section("Nomor yang merujuk keluarga ini", _pairs(vault, families)),
        **_tables(places, families),
        **_set_aside(places, families, vault.cipher),
        **{
            name: section(f"Hasil olahan: {name}", frame, words=words)
            for name, frame in stores.rows_about(places.out, families, subject_rights.KEPT_APART).items()
        },
    }
    rows = sum(len(content["baris"]) for content in sections.values())
    if not rows:
        raise subject_rights.SubjectError(f"nothing is held about {family} in {places.out}.")
    if file.suffix.casefold() == ".json":
        content = json.dumps(
            {"penjelasan": _WORDS, "kpm_id": families, "bagian": sections}, ensure_ascii=False, indent=1
        )
        stores.write_bytes(file, content.encode(), private=True)
    else:
        cover = {"penjelasan": {"judul": _WORDS, "baris": [{"kpm_id": one} for one in families]}}
        stores.write_bytes(file, make_subject_book({**cover, **sections}), private=True)
    return {"families": families, "linked": linked, "sections": len(sections), "rows": rows, "file": str(file)}


def _meanings() -> dict[str, str]:
    """What the columns made of the records mean; their names stay beside it."""
    meanings = features.dictionary()["meaning_id"].items()
    return {name: f"{meaning} ({name})" for plain, meaning in meanings for name in (str(plain), f"fakta.{plain}")}


def _pairs(vault: stores.Vault, families: list[str]) -> pd.DataFrame:
    pairs = pd.concat([vault.pairs(bucket) for bucket in vault.buckets], ignore_index=True)
    return pairs[pairs["id"].isin(families)]


def _tables(places: Places, families: list[str]) -> dict[str, Any]:
    """Rows of the store, by table."""
    found = stores.rows_about(places.store, families, ("karantina",))
    tables: dict[str, list[pd.DataFrame]] = {}
    for name, frame in found.items():
        tables.setdefault(Path(name).stem, []).append(_others_hidden(frame, families))
    return {
        name: section(TABLES[name].label_id if name in TABLES else name, pd.concat(frames), name)
        for name, frames in sorted(tables.items())
    }


def _others_hidden(frame: pd.DataFrame, families: list[str]) -> pd.DataFrame:
    """Rows of links without the number of the other family: the file is handed to this one."""
    ends = [name for name in ("kpm_lama", "kpm_baru") if name in frame.columns]
    return frame.assign(**{name: frame[name].where(frame[name].isin(families), _OTHER) for name in ends})


def _set_aside(places: Places, families: list[str], cipher: stores.Cipher) -> dict[str, Any]:
    """Lines of quarantine and findings, and corrections."""
    numbers = stores.numbers_of(families)
    sealed = quarantining.read_sealed(places, cipher)
    mine = sealed[sealed["kpm"].isin(numbers)]
    mended = quarantining.read_corrections(places, cipher).frame
    return {
        "karantina dan temuan": section("Baris di karantina dan temuan baca", mine),
        "perbaikan": section("Perbaikan", mended[mended["kpm"].isin(numbers)]),
    }
