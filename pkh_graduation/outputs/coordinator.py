"""Coordinator: the tables of a kabupaten's or the nation's page and workbook, of hidden-proof texts, without any family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from pkh_graduation.outputs import words
from pkh_graduation.outputs.overview import NOTE, Overview, added, share, tile
from pkh_graduation.outputs.summary import COUNTS, GROUPS, MEASURES, STAGES
from pkh_graduation.outputs.suppression import HIDDEN, SMALL
from pkh_graduation.outputs.totals import EVERYWHERE, Totals
from pkh_graduation.outputs.views import safe_name

HEADS = {
    "dampingan": "Dampingan", "terdaftar": "Di daftar", "siap_dibahas": "Siap dibahas",
    "perlu_pendampingan_usaha": "Perlu pendampingan usaha", "belum_data_kurang": "Belum / data kurang",
    "dikecualikan": "Tidak diusulkan", "diproses": "Diproses",
}  # fmt: skip
SHARE = "Di daftar per 100 dampingan"
SUPPRESSED = (
    f"Angka 1 sampai {SMALL - 1} ditulis {HIDDEN}, begitu juga angka lain yang dapat membukanya lewat pengurangan; nol ditulis 0. "
    "Daftar tidak pernah diisi dari keluarga yang belum siap; tempat kosong adalah jawaban yang sah."
)


@dataclass(frozen=True)
class Table:
    """One table: heading, a note, names of the columns, and rows of texts.

    ``numbers`` are the columns that are set to the right, ``links`` (by row) lead from the first column, ``bars`` (by row)
    are shares from 0 to 1 for a small bar behind the last column, ``total``: the last row is a sum.
    """

    name: str
    title: str
    note: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    links: Sequence[str] = ()
    bars: Sequence[float | None] = ()
    total: bool = False


@dataclass(frozen=True)
class Summary:
    """One page: where it is about (empty for all), a sentence, a picture, and its tables. ``up`` leads to the page above."""

    place: str
    sentence: str
    overview: Overview
    tables: tuple[Table, ...]
    up: str = ""


def region_summary(
    totals: Totals,
    names: Mapping[str, str],
    kabupaten: str = "",
    quarantine: Mapping[str, Mapping[str, int]] | None = None,
) -> Summary:
    """One kabupaten's summary; ``kabupaten`` of several, whose page then lies one folder below the lists."""
    people, districts = (table[table["kabupaten"] == kabupaten] for table in (totals.people, totals.districts))
    whole = {name: str(text) for name, text in totals.regions.loc[kabupaten].items()}
    below = [("kecamatan", row) for row in districts.to_dict("records")]
    tables = (
        _target(totals, kabupaten, whole),
        _places(below, whole, names, "kecamatan", "Per kecamatan", "Kecamatan"),
        _people(people, names, "../" if totals.several else ""),
        _groups(totals, kabupaten),
        _reasons(totals, kabupaten),
        *([] if totals.several else _quarantine(quarantine)),
    )
    sentence = (
        f"Kuota setahun {whole['kuota']} keluarga, di daftar {whole['terdaftar']} dari "
        f"{whole['dampingan']} keluarga dampingan."
    )
    place = place_name(kabupaten, names) if totals.several else ""
    overview = _districts(below, people, names)
    return Summary(place, sentence, overview, tables, "../index.html" if totals.several else "")


def nation_summary(
    totals: Totals, names: Mapping[str, str], quarantine: Mapping[str, Mapping[str, int]] | None = None
) -> Summary:
    """The summary above all kabupaten: a row for each, with a link to its own page."""
    whole = {name: str(text) for name, text in totals.nation.iloc[0].items()}
    rows = [("kabupaten", {"kabupaten": code, **row}) for code, row in totals.regions.to_dict("index").items()]
    links = [f"kabupaten/{page_name(code)}.html" for code in totals.regions.index]
    tables = (
        _target(totals, EVERYWHERE, whole),
        _places(rows, whole, names, "kabupaten", "Per kabupaten/kota", "Kabupaten/kota", links),
        _groups(totals, EVERYWHERE),
        _reasons(totals, EVERYWHERE),
        *_quarantine(quarantine),
    )
    sentence = (
        f"{words.number(len(totals.people))} pendamping, kuota setahun {whole['kuota']} keluarga, di daftar "
        f"{whole['terdaftar']} dari {whole['dampingan']} keluarga dampingan."
    )
    return Summary("", sentence, _regions(rows, names, links), tables)


def _regions(rows: Sequence[tuple[str, Mapping[str, str]]], names: Mapping[str, str], links: Sequence[str]) -> Overview:
    """A tile per kabupaten."""
    tiles = (
        tile(place_name(row[key], names), row, quota=row["kuota"], listed=row["terdaftar"], link=link)
        for (key, row), link in zip(rows, links, strict=True)
    )
    return Overview("Kabupaten/kota sekali pandang", NOTE.format(kind="kabupaten/kota"), tuple(tiles))


def _districts(
    rows: Sequence[tuple[str, Mapping[str, str]]], people: pd.DataFrame, names: Mapping[str, str]
) -> Overview:
    """A tile per kecamatan; its places are those of the pendamping most of whose families live there."""
    tiles = []
    there = people.groupby("kecamatan").indices
    quotas, lists = (people[name].to_numpy(dtype=object) for name in ("kuota", "terdaftar"))
    for key, row in rows:
        own = there.get(row[key], [])
        tiles.append(tile(place_name(row[key], names), row, quota=added(quotas[own]), listed=added(lists[own])))
    return Overview("Kecamatan sekali pandang", NOTE.format(kind="kecamatan"), tuple(tiles))


def place_name(code: str, names: Mapping[str, str]) -> str:
    """What people call a kabupaten or kecamatan."""
    return names.get(code, code) or "tidak tercatat"


def page_name(kabupaten: str) -> str:
    """Folder and page of a kabupaten."""
    return safe_name(kabupaten or "tidak-tercatat")


def _percent(share: float | None) -> str:
    return "" if share is None else words.percent(share).removesuffix(" %")


def _scaled(shares: Sequence[float | None]) -> list[float | None]:
    """Shares as parts of the largest, for bars that can be compared."""
    largest = max((share for share in shares if share), default=1.0)
    return [None if share is None else share / largest for share in shares]


def _target(totals: Totals, code: str, whole: Mapping[str, str]) -> Table:
    stages = totals.groups[(totals.groups["tabel"] == STAGES) & (totals.groups["kabupaten"] == code)]
    by_stage = dict(zip(stages["isi"], stages["keluarga"], strict=True))
    steps = [("Kuota setahun", whole["kuota"]), ("Di daftar tahun ini", whole["terdaftar"])]
    known = [(f"Kasus: {label}", by_stage.pop(stage)) for stage, label in words.STAGE.items() if stage in by_stage]
    steps += [*known, *((f"Kasus: {stage}", count) for stage, count in sorted(by_stage.items()))]
    note = (
        "Kasus yang sedang berjalan pada tanggal daftar (laporan RHK 4: usulan, lalu surat pernyataan ditandatangani)."
    )
    shares = [share(count, whole["kuota"]) for _, count in steps]
    rows = [(name, count, _percent(share)) for (name, count), share in zip(steps, shares, strict=True)]
    return Table(
        "Target", "Perjalanan ke target", note, ("Langkah", "Keluarga", "Dari 100 tempat kuota"), rows,
        frozenset({1, 2}), bars=_scaled(shares),
    )  # fmt: skip


def _places(
    rows: Sequence[tuple[str, Mapping[str, str]]],
    whole: Mapping[str, str],
    names: Mapping[str, str],
    name: str,
    title: str,
    head: str,
    links: Sequence[str] = (),
) -> Table:
    shares = [share(row["terdaftar"], row["dampingan"]) for _, row in rows]
    shares.append(share(whole["terdaftar"], whole["dampingan"]))
    texts = [[place_name(row[key], names), *(row[count] for count in COUNTS)] for key, row in rows]
    texts.append(["Jumlah", *(whole[count] for count in COUNTS)])
    return Table(
        name.capitalize(),
        title,
        "",
        (head, *HEADS.values(), SHARE),
        [[*row, _percent(share)] for row, share in zip(texts, shares, strict=True)],
        frozenset(range(1, len(COUNTS) + 2)),
        links=links,
        bars=_scaled(shares),
        total=True,
    )


def _people(people: pd.DataFrame, names: Mapping[str, str], root: str) -> Table:
    told = people.to_dict("records")
    told.sort(key=lambda row: (row["kecamatan"], place_name(row["pendamping_id"], names)))
    rows = [
        [
            place_name(row["pendamping_id"], names), place_name(row["kecamatan"], names), row["kuota"],
            *(row[count] for count in COUNTS), row["sebab"], row["lantai"],
        ]
        for row in told
    ]  # fmt: skip
    columns = (
        "Pendamping",
        "Kecamatan",
        "Kuota",
        *HEADS.values(),
        "Mengapa ada tempat kosong",
        "Lantai tidak terpenuhi",
    )
    # A column that says nothing of anybody only takes room.
    kept = [place for place in range(len(columns)) if place < 3 or any(row[place] for row in rows)]
    rows, columns = [[row[place] for place in kept] for row in rows], tuple(columns[place] for place in kept)
    links = [f"{root}{row['berkas']}.html" for row in told]
    return Table("Pendamping", "Per pendamping", "", columns, rows, frozenset(range(2, len(COUNTS) + 3)), links=links)


def _groups(totals: Totals, code: str) -> Table:
    """Who is ready and who is listed, in groups that fairness asks about."""
    own = totals.groups[(totals.groups["tabel"] != STAGES) & (totals.groups["kabupaten"] == code)]
    wide = own.pivot(index=["tabel", "isi"], columns="ukuran", values="keluarga")
    order = [(title, name) for title, *names in GROUPS.values() for name in names]
    there = [key for key in order if key in wide.index]
    shares = [share(wide.at[key, "terdaftar"], wide.at[key, "dampingan"]) for key in there]
    rows = [
        [f"{key[0]}: {key[1]}", *(wide.at[key, measure] for measure in MEASURES), _percent(share)]
        for key, share in zip(there, shares, strict=True)
    ]
    note = "Perbedaan antar golongan dapat berasal dari pengaman (misalnya lansia) dan dari data; periksa sebelum menyimpulkan."
    heads = ("Golongan", *(HEADS[measure] for measure in MEASURES), SHARE)
    return Table("Kesetaraan", "Kesetaraan", note, heads, rows, frozenset({1, 2, 3, 4}), bars=_scaled(shares))


def _reasons(totals: Totals, code: str) -> Table:
    own = totals.reasons[totals.reasons["kabupaten"] == code]
    rows = list(zip(own["sebab"].tolist(), own["keluarga"].tolist(), strict=True))
    note = "Satu keluarga dapat mempunyai beberapa sebab."
    return Table("Sebab", "Mengapa tidak diusulkan", note, ("Sebab", "Keluarga"), rows, frozenset({1}))


def _quarantine(counts: Mapping[str, Mapping[str, int]] | None) -> list[Table]:
    """Rows set aside at ingest, per table of the exports; counts of rows, of which small ones are hidden as well."""
    if not counts:
        return []
    rows = [
        (table, _count(row["rows_in"]), _count(row["rows_quarantined"]))
        for table, row in sorted(counts.items())
        if row["rows_in"]
    ]
    note = "Baris yang tidak dapat diterima disimpan di karantina dengan sebabnya; perbaiki di sumbernya, lalu masukkan lagi."
    return [
        Table("Karantina", "Karantina data", note, ("Tabel", "Baris masuk", "Dikarantina"), rows, frozenset({1, 2}))
    ]


def _count(number: int) -> str:
    return HIDDEN if 0 < number < SMALL else words.number(number)
