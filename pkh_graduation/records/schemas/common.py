"""Columns that every table shares, and short makers of columns."""

from __future__ import annotations

from typing import Any

from pkh_graduation.records.schemas.columns import MAX_RUPIAH, Column


def clock() -> tuple[Column, ...]:
    """The known date, the version and the void mark, which any input table may carry."""
    return (
        Column("tanggal_diketahui", "date", "Tanggal diketahui", "Known date"),
        Column("versi", "int", "Versi", "Version", low=0, stored=False),
        Column("batal", "bool", "Baris dibatalkan", "Row voided", stored=False),
    )


def family(*, required: bool = True) -> tuple[Column, ...]:
    """The family a row is about: an outside id, or a No. KK that ingest replaces by the pseudonym."""
    return (
        Column("kpm_id", "id", "ID KPM", "Family id", required=required),
        Column("no_kk", "text", "Nomor KK", "Family card number", cls="K", form="kk", stored=False),
    )


def member(*, required: bool = True) -> tuple[Column, ...]:
    """The person a row is about: an outside id, or a NIK that ingest replaces by the pseudonym."""
    return (
        Column("anggota_id", "id", "ID anggota", "Member id", required=required),
        Column("nik", "text", "NIK", "Population number", cls="K", form="nik", stored=False),
    )


def validity() -> tuple[Column, ...]:
    """Since when and until when a reference row holds, and when its end became known."""
    return (
        Column("berlaku_sejak", "date", "Berlaku sejak", "Valid since", required=True),
        Column("berlaku_sampai", "date", "Berlaku sampai", "Valid until"),
        Column("tanggal_diketahui_selesai", "date", "Tanggal diketahui berakhir", "Known date of the end"),
        *clock(),
    )


def money(name: str, label_id: str, label_en: str, unit: str = "rp", **more: Any) -> Column:
    """A non-negative amount in rupiah, below the limit of one event."""
    return Column(name, "money", label_id, label_en, unit, low=0, high=MAX_RUPIAH, **{"cls": "X", **more})


def count(name: str, label_id: str, label_en: str, unit: str, high: int, **more: Any) -> Column:
    """A non-negative whole number."""
    return Column(name, "int", label_id, label_en, unit, **{"low": 0, **more}, high=high)


def year(name: str = "tahun", label_id: str = "Tahun", label_en: str = "Year", **more: Any) -> Column:
    """A year of the programme, which began in 2007."""
    return Column(name, "int", label_id, label_en, "tahun", low=2007, high=2100, **more)
